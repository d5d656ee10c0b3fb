//! The numbered dialect: `  N. Titlepublished at HH:MM zone [day month]`, bodies indented by four.

use super::days::{Days, Stamp};
use super::furniture::{alt_text, caption, ends_sentence, is_bullet, is_furniture};
use super::{Line, Post, blank_record, whole};
use crate::model::Record;
use crate::source::context::Context;

/// What is glued to a title, before the time.
pub const MARK: &str = "published at";

/// Labels that follow a title on the next line.
const LABELS: [&str; 12] = [
    "Analysis",
    "Breaking",
    "Breaking news",
    "Comment",
    "Eyewitness",
    "Explainer",
    "Fact check",
    "Latest",
    "Live",
    "Opinion",
    "Recap",
    "Update",
];
/// A label that fills the numbered line has at most this many words.
const LABEL_WORDS: usize = 4;
/// The lines of a byline are no longer than this.
const BYLINE_CHARS: usize = 100;

/// Whether a line starts a post: two spaces, a number, a full stop.
pub fn is_start(line: &[u8]) -> bool {
    after_number(line).is_some()
}

fn after_number(line: &[u8]) -> Option<&[u8]> {
    let line = line.strip_prefix(b"  ")?;
    let digits = line.iter().take_while(|b| b.is_ascii_digit()).count();
    let rest = line.get(digits..)?.strip_prefix(b".")?;
    let ends = rest.first().is_none_or(|b| b.is_ascii_whitespace());
    ((1..=5).contains(&digits) && ends).then_some(rest)
}

/// The posts of a page from its top; what stands before the first is the page's header.
pub fn posts(lines: &[Line<'_>], ctx: &Context<'_>) -> Vec<Post> {
    let starts: Vec<usize> =
        lines.iter().enumerate().filter(|(_, l)| is_start(l.text.as_bytes())).map(|(at, _)| at).collect();
    let ends = starts.iter().skip(1).copied().chain([lines.len()]);
    let mut days = Days::new(ctx);
    starts
        .iter()
        .zip(ends)
        .map(|(start, end)| post(lines.get(*start..end).unwrap_or_default(), ctx, &mut days))
        .collect()
}

fn post(lines: &[Line<'_>], ctx: &Context<'_>, days: &mut Days<'_, '_>) -> Post {
    let start = lines.first().map_or(0, |l| l.number);
    let texts: Vec<&str> = lines.iter().map(|l| l.text.trim()).collect();
    let heading = Heading::read(&texts);
    // A post that is refused still moves the day on: those below it count from its time.
    let clock = heading.as_ref().map(|h| days.clock(h.stamp));
    whole(lines, ctx)?;
    let (Some(heading), Some(clock)) = (heading, clock) else {
        return Err((start, format!("the post has no title with `{MARK} HH:MM` after it")));
    };
    if heading.title.is_empty() {
        return Err((start, format!("the post has no title before `{MARK}`")));
    }
    let mut record = blank_record(start, ctx);
    record.published = Some(clock);
    record.title = heading.title;
    record.labels.extend(heading.label.map(str::to_owned));
    let rest = texts.get(heading.lines..).unwrap_or_default();
    let rest = labels(rest, &mut record);
    let rest = byline(rest, &mut record);
    body(rest, &mut record);
    Ok(record)
}

/// The first lines of a post.
struct Heading<'t> {
    label: Option<&'t str>,
    title: String,
    stamp: &'t str,
    /// How many lines it takes.
    lines: usize,
}

impl<'t> Heading<'t> {
    /// The title stands on the numbered line, or on the next one that is not blank while a label
    /// fills the numbered one.
    fn read(texts: &[&'t str]) -> Option<Heading<'t>> {
        let numbered = texts.first()?.trim_start_matches(|c: char| c.is_ascii_digit());
        let numbered = numbered.strip_prefix('.')?.trim();
        if let Some((title, stamp)) = stamped(numbered) {
            return Some(Heading { label: None, title: title.to_owned(), stamp, lines: 1 });
        }
        let (at, next) = texts.iter().enumerate().skip(1).find(|(_, t)| !t.is_empty())?;
        let (title, stamp) = stamped(next).filter(|(_, stamp)| Stamp::parse(stamp).is_some())?;
        let is_label = (1..=LABEL_WORDS).contains(&numbered.split_whitespace().count());
        Some(match numbered {
            label if is_label => Heading { label: Some(label), title: title.to_owned(), stamp, lines: at + 1 },
            "" => Heading { label: None, title: title.to_owned(), stamp, lines: at + 1 },
            part => Heading { label: None, title: format!("{part} {title}"), stamp, lines: at + 1 },
        })
    }
}

/// A title and what is printed after the last `published at`.
fn stamped(line: &str) -> Option<(&str, &str)> {
    line.rsplit_once(MARK).map(|(title, stamp)| (title.trim(), stamp.trim()))
}

/// Takes labels on the lines right after the title.
fn labels<'l, 't>(mut rest: &'l [&'t str], record: &mut Record) -> &'l [&'t str] {
    while let [first, after @ ..] = rest
        && LABELS.iter().any(|l| l.eq_ignore_ascii_case(first))
    {
        record.labels.push((*first).to_owned());
        rest = after;
    }
    rest
}

/// Takes two adjacent lines, name and role, when nothing but blank lines stand before them.
fn byline<'l, 't>(rest: &'l [&'t str], record: &mut Record) -> &'l [&'t str] {
    let blank = rest.iter().take_while(|t| t.is_empty()).count();
    let Some([name, role, after @ ..]) = rest.get(blank..) else { return rest };
    let alone = after.first().is_none_or(|next| next.is_empty() || is_furniture(next));
    let fits = |line: &str| {
        !line.is_empty() && !is_furniture(line) && !is_bullet(line) && line.chars().count() <= BYLINE_CHARS
    };
    let prose = ends_sentence(role) || role.ends_with(':') || name.ends_with(['?', '!', ':']);
    if !alone || !fits(name) || !fits(role) || prose {
        return rest;
    }
    record.byline = Some(format!("{name}, {role}"));
    after
}

/// Sorts the other lines into text and captions.
fn body(rest: &[&str], record: &mut Record) {
    let mut text: Vec<&str> = Vec::new();
    let mut owned = false;
    for line in rest.iter().filter(|t| !t.is_empty()) {
        let aside = if let Some(alt) = alt_text(line) {
            owned = false;
            Some(alt)
        } else if let Some(glued) = caption(line) {
            owned = glued.is_empty();
            Some(glued)
        } else if owned {
            owned = false;
            Some(*line)
        } else {
            None
        };
        match aside {
            None => text.push(line),
            Some("") => {}
            Some(aside) => record.captions.push(aside.to_owned()),
        }
    }
    record.body = text.join("\n");
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::tests::page;
    use super::*;
    use crate::source::Dialect;
    use crate::source::testing::Case;
    use proptest::prelude::*;

    fn read(text: &str) -> Case {
        Case::of(page(Dialect::Numbered), text)
    }

    #[test]
    fn the_header_is_no_post_and_each_part_finds_its_field() {
        let case = read(concat!(
            "Summary\n\nMedia caption,\n\nThe quay at dawn\n\n",
            "  1. Ferries stop as storm nears harbourpublished at 10:40 GMT 14 January\n    Breaking\n\n",
            "    Marine editor\n    Harbour Courier, reporting from the quay\n\n",
            "    Boats at a quay. One is half sunk.Image source, Harbour Pictures\n    Image caption,\n\n",
            "    Two boats were lost\n\n",
            "    Ferries stop at 11:00 GMT, the port said.\n\n    What we know\n\n    • No one is hurt\n    • Trains run\n",
            "  2. Analysis\n\n    Why the wall held?published at 09:10 Greenwich Mean Time\n\n    It was raised.\n",
        ));
        assert_eq!(case.rejects, vec![]);
        let [first, second] = &case.records[..] else { panic!("{:?}", case.records) };
        assert_eq!(first.title, "Ferries stop as storm nears harbour");
        assert_eq!(first.labels, ["Breaking"]);
        assert_eq!(first.byline.as_deref(), Some("Marine editor, Harbour Courier, reporting from the quay"));
        assert_eq!(first.captions, ["Boats at a quay. One is half sunk.", "Two boats were lost"]);
        assert_eq!(
            first.body,
            "Ferries stop at 11:00 GMT, the port said.\nWhat we know\n• No one is hurt\n• Trains run"
        );
        assert_eq!((first.line, first.age_rank, first.parent.as_deref()), (7, 1, Some("harbour")));
        assert_eq!((second.title.as_str(), &second.labels[..]), ("Why the wall held?", &["Analysis".to_owned()][..]));
        assert_eq!(second.published.as_ref().unwrap().at().unwrap().to_string(), "2026-01-14T09:10:00Z");
        assert_eq!((second.line, second.url.as_deref()), (24, None));
    }

    #[test]
    fn a_post_without_title_or_time_is_refused_and_the_others_stay() {
        let case = read(concat!(
            "  1. Ferry latepublished at 10:40\n    Late.\n  2. No time here\n\n    At all.\n",
            "  3. published at 10:20\n\n    No title.\n  4.\n  5. Ferry backpublished at 99:99\n\n    Back.\n",
        ));
        assert_eq!(case.rejects.iter().map(|r| r.0).collect::<Vec<_>>(), [3, 6, 9]);
        assert!(case.rejects[0].1.contains("no title with `published at HH:MM`"));
        assert!(case.rejects[1].1.contains("no title before"));
        let titles: Vec<_> = case.records.iter().map(|r| r.title.as_str()).collect();
        assert_eq!(titles, ["Ferry late", "Ferry back"]);
        assert_eq!(case.records[1].published.as_ref().unwrap().raw.as_deref(), Some("99:99"));
    }

    #[test]
    fn windows_line_ends_a_byte_order_mark_and_times_in_bodies_change_nothing() {
        let text = "  1. Ferry latepublished at 10:40 GMT\n\n    It was published at 09:00 GMT\n\n    1. is no post\n";
        let (plain, windows) = (read(text), read(&format!("\u{feff}{}", text.replace('\n', "\r\n"))));
        assert_eq!(plain.records, windows.records);
        assert_eq!(plain.records[0].body, "It was published at 09:00 GMT\n1. is no post");
    }

    /// A post as its writer means it.
    #[derive(Clone, Debug)]
    struct Meant {
        title: String,
        front_label: bool,
        breaking: bool,
        byline: Option<(String, String)>,
        blocks: Vec<Block>,
        minutes_down: i64,
        printed_day: bool,
        blank_after: bool,
    }

    #[derive(Clone, Debug)]
    enum Block {
        Paragraph(String),
        SubHeading(String),
        Bullets(Vec<String>),
        Picture(String, Option<String>),
        Film(String),
    }

    fn words(range: std::ops::Range<usize>) -> impl Strategy<Value = String> {
        prop::collection::vec("[a-z]{2,8}|Harbour|12:30|£5|été", range).prop_map(|w| w.join(" "))
    }

    fn block() -> impl Strategy<Value = Block> {
        prop_oneof![
            4 => words(3..20).prop_map(|w| Block::Paragraph(format!("{w}."))),
            1 => words(1..5).prop_map(Block::SubHeading),
            1 => prop::collection::vec(words(1..6), 1..4).prop_map(Block::Bullets),
            1 => (words(1..9), prop::option::of(words(1..9))).prop_map(|(a, c)| Block::Picture(format!("{a}. {a}"), c)),
            1 => words(1..9).prop_map(Block::Film),
        ]
    }

    fn meant() -> impl Strategy<Value = Meant> {
        let byline = prop::option::of((words(1..4), words(1..5)));
        let head = (words(1..9), any::<bool>(), any::<bool>(), byline);
        let tail = (prop::collection::vec(block(), 1..6), 0..1_439i64, any::<bool>(), any::<bool>());
        (head, tail).prop_map(|((title, front_label, breaking, byline), (blocks, down, printed_day, blank_after))| {
            Meant {
                title,
                front_label,
                breaking: breaking && !front_label,
                byline,
                blocks,
                minutes_down: down,
                printed_day,
                blank_after,
            }
        })
    }

    /// Prints a page as the dialect has it, with the records that it means.
    fn print(posts: &[Meant]) -> (String, Vec<Record>) {
        let mut text = "Summary\n\nMedia caption,\n\nThe quay\n\n".to_owned();
        let mut records = Vec::new();
        let mut at: jiff::civil::DateTime = "2026-01-14T23:59".parse().unwrap();
        for (n, post) in posts.iter().enumerate() {
            at = at.checked_sub(jiff::SignedDuration::from_mins(post.minutes_down)).unwrap();
            let day = if post.printed_day { at.strftime(" %-d %B").to_string() } else { String::new() };
            let line = text.lines().count() as u64 + 1;
            let front = if post.front_label { "Analysis\n\n    " } else { "" };
            let stamp = at.strftime("%H:%M GMT").to_string() + &day;
            text += &format!("  {}. {front}{}published at {stamp}\n", n + 1, post.title);
            text += if post.breaking { "    Breaking\n\n" } else { "\n" };
            if let Some((name, role)) = &post.byline {
                text += &format!("    {name}\n    {role}\n\n");
            }
            let (mut body, mut captions) = (Vec::new(), Vec::new());
            for block in &post.blocks {
                text += &printed(block, &mut body, &mut captions);
            }
            text += if post.blank_after { "\n" } else { "" };
            let label = if post.front_label { Some("Analysis") } else { post.breaking.then_some("Breaking") };
            records.push(Record {
                title: post.title.clone(),
                labels: label.into_iter().map(str::to_owned).collect(),
                byline: post.byline.as_ref().map(|(n, r)| format!("{n}, {r}")),
                body: body.join("\n"),
                captions,
                published: Some(crate::model::Clock {
                    from: Some(at.to_zoned(jiff::tz::TimeZone::UTC).unwrap().timestamp().as_second()),
                    span: 60,
                    quality: crate::model::ClockQuality::Minute,
                    raw: Some(stamp),
                }),
                parent: Some("harbour".into()),
                age_rank: (posts.len() - 1 - n) as u32,
                line,
                ..Record::default()
            });
        }
        (text, records)
    }

    fn printed(block: &Block, body: &mut Vec<String>, captions: &mut Vec<String>) -> String {
        match block {
            Block::Paragraph(line) | Block::SubHeading(line) => {
                body.push(line.clone());
                format!("    {line}\n\n")
            }
            Block::Bullets(items) => {
                body.extend(items.iter().map(|i| format!("• {i}")));
                items.iter().map(|i| format!("    • {i}\n")).collect::<String>()
            }
            Block::Picture(alt, caption) => {
                captions.push(alt.clone());
                captions.extend(caption.clone());
                let below = caption.as_ref().map_or("\n".into(), |c| format!("    Image caption,\n\n    {c}\n\n"));
                format!("    {alt}Image source, Harbour Pictures\n{below}")
            }
            Block::Film(caption) => {
                captions.push(caption.clone());
                format!("    Media caption,\n\n    {caption}\n\n")
            }
        }
    }

    proptest! {
        #[test]
        fn a_page_is_read_as_it_was_written(posts in prop::collection::vec(meant(), 1..8)) {
            let (text, records) = print(&posts);
            let case = read(&text);
            prop_assert_eq!(case.rejects, vec![]);
            prop_assert_eq!(case.records, records, "{}", text);
        }
    }
}
