//! The unnumbered dialect: a heading, paragraphs, `Updated`; newest first, without times.
//!
//! A heading is a short line without a sentence's end. Right after `Updated`, or at the top, such a
//! line is the post's heading; a post that starts with a longer line has none. `Updated` closes a
//! post, but now and then it is missing. So a heading-like line further down starts a post too,
//! when it stands between prose: a finished sentence before it, and a paragraph after it. Items of
//! a list, and a line before `Updated` or before another short line, stay in the text.

use super::furniture::{ends_sentence, is_bullet};
use super::{Line, Post, blank_record, whole};
use crate::model::{Clock, ClockQuality, Record};
use crate::source::context::Context;
use crate::source::words::has_words;

/// The line that closes a post.
pub const CLOSE: &str = "Updated";

/// Headings are no longer than this.
const HEADING_CHARS: usize = 120;
const HEADING_WORDS: usize = 16;

/// The posts of a page from its top.
pub fn posts(lines: &[Line<'_>], ctx: &Context<'_>) -> Vec<Post> {
    let lines: Vec<Line<'_>> = lines.iter().filter(|l| !l.text.trim().is_empty()).cloned().collect();
    let mut posts = Vec::new();
    let mut start = 0;
    for (at, line) in lines.iter().enumerate() {
        let closes = line.text.trim() == CLOSE;
        if closes || starts_within(&lines, start, at) {
            posts.extend(lines.get(start..at).filter(|p| !p.is_empty()));
            start = if closes { at + 1 } else { at };
        }
    }
    posts.extend(lines.get(start..).filter(|p| !p.is_empty()));
    posts.into_iter().map(|lines| post(lines, ctx)).collect()
}

/// Whether the line at `at` starts a post although none was closed since the one at `start`.
fn starts_within(lines: &[Line<'_>], start: usize, at: usize) -> bool {
    let text = |at: usize| lines.get(at).map_or("", |l| l.text.trim());
    let prose = |line: &str| !line.is_empty() && line != CLOSE && !is_heading(line) && !is_bullet(line);
    let before = at > start + usize::from(is_heading(text(start))) && ends_sentence(text(at - 1));
    before && is_heading(text(at)) && prose(text(at + 1))
}

/// Whether a line is short and no sentence.
fn is_heading(line: &str) -> bool {
    line.chars().count() <= HEADING_CHARS
        && line.split_whitespace().count() <= HEADING_WORDS
        && has_words(line)
        && !ends_sentence(line)
        && !line.ends_with([':', ';', ','])
        && !is_bullet(line)
}

fn post(lines: &[Line<'_>], ctx: &Context<'_>) -> Post {
    let lines = whole(lines, ctx)?;
    let texts: Vec<&str> = lines.iter().map(|l| l.text.trim()).collect();
    let (title, body) = match texts.as_slice() {
        [first, rest @ ..] if is_heading(first) => (*first, rest),
        all => ("", all),
    };
    let day = ctx.source_day(ClockQuality::Day);
    Ok(Record {
        title: title.to_owned(),
        body: body.join("\n"),
        published: Some(day.unwrap_or_else(|| Clock::unknown(ctx.settings.date.clone()))),
        ..blank_record(lines.first().map_or(0, |l| l.number), ctx)
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::tests::page;
    use super::*;
    use crate::source::Dialect;
    use crate::source::testing::Case;
    use proptest::prelude::*;

    fn titles_and_bodies(text: &str) -> Vec<(String, String)> {
        let case = Case::of(page(Dialect::Unnumbered), text);
        assert_eq!(case.rejects, vec![]);
        case.records.into_iter().map(|r| (r.title, r.body)).collect()
    }

    fn pairs(of: &[(&str, &str)]) -> Vec<(String, String)> {
        of.iter().map(|(t, b)| (t.to_string(), b.to_string())).collect()
    }

    #[test]
    fn a_post_ends_with_updated_and_may_have_no_heading() {
        let got = titles_and_bodies(
            "Ferry late\nThe ferry is late.\nIt left at nine.\nUpdated\n\nThe port said “wait.”\nUpdated\nFerry back\nUpdated\n",
        );
        let want =
            [("Ferry late", "The ferry is late.\nIt left at nine."), ("", "The port said “wait.”"), ("Ferry back", "")];
        assert_eq!(got, pairs(&want));
    }

    #[test]
    fn a_heading_between_prose_starts_a_post_where_updated_is_missing() {
        let got = titles_and_bodies("Ferry late\nThe ferry is late.\nFerry back in port\nIt is back.\nUpdated\n");
        assert_eq!(got, pairs(&[("Ferry late", "The ferry is late."), ("Ferry back in port", "It is back.")]));
        let got = titles_and_bodies("The ferry is late.\nFerry back in port\nIt is back.\nUpdated\n");
        assert_eq!(got, pairs(&[("", "The ferry is late."), ("Ferry back in port", "It is back.")]));
    }

    #[test]
    fn lists_standfirsts_and_lines_that_lead_on_stay_in_the_text() {
        let text = "Ferry late\nStorm at sea\nThe ferry is late.\nWhat we know:\nNo one is hurt\nTrains run\nMore to come.\n• Ends\nUpdated\n";
        let [(title, body)] = &titles_and_bodies(text)[..] else { panic!() };
        assert_eq!(title, "Ferry late");
        assert_eq!(body.lines().count(), 7);
        assert_eq!(titles_and_bodies("Ferry late\nIt is late.\nMore soon\nUpdated\n").len(), 1);
    }

    #[test]
    fn posts_bear_the_day_of_the_source_and_their_place() {
        let case = Case::of(page(Dialect::Unnumbered), "A one\nB.\nUpdated\n\nC two\nD.\nUpdated\n");
        let day = case.records[0].published.clone().unwrap();
        assert_eq!(
            (day.quality, day.span, day.at().unwrap().to_string()),
            (ClockQuality::Day, 86_400, "2026-01-14T00:00:00Z".into())
        );
        assert_eq!(case.records.iter().map(|r| (r.line, r.age_rank)).collect::<Vec<_>>(), [(1, 1), (5, 0)]);
    }

    fn words(range: std::ops::Range<usize>) -> impl Strategy<Value = String> {
        prop::collection::vec("[a-z]{2,9}|Harbour|été|“quay”|5pm", range).prop_map(|w| w.join(" "))
    }

    fn prose() -> impl Strategy<Value = String> {
        (words(2..40), prop_oneof![Just("."), Just("?"), Just("!”"), Just(".)"), Just("’.”")]).prop_map(|(w, e)| w + e)
    }

    /// Body lines: prose, and within it lists that a colon or a bullet shows.
    fn body() -> impl Strategy<Value = Vec<String>> {
        let item = words(1..8).prop_map(|w| format!("• {w}"));
        let list = (words(1..8), prop::collection::vec(item, 1..4));
        let list = list.prop_map(|(lead, items)| [vec![lead + ":"], items].concat());
        let part = prop_oneof![4 => prose().prop_map(|p| vec![p]), 1 => list];
        (prose(), prop::collection::vec(part, 0..5), prose())
            .prop_map(|(first, parts, last)| [vec![first], parts.concat(), vec![last]].concat())
    }

    proptest! {
        #[test]
        fn a_page_is_read_as_it_was_written(
            posts in prop::collection::vec((prop::option::of(words(1..12)), body(), any::<bool>(), any::<bool>()), 1..8)
        ) {
            let (mut text, mut want) = (String::new(), Vec::new());
            for (at, (heading, body, updated, blank)) in posts.iter().enumerate() {
                let next_has_heading = posts.get(at + 1).is_none_or(|p| p.0.is_some());
                let lines = heading.iter().chain(body);
                text.extend(lines.map(|l| format!("{l}\n{}", if *blank { "\n" } else { "" })));
                text += if *updated || !next_has_heading { "Updated\n" } else { "" };
                want.push((heading.clone().unwrap_or_default(), body.join("\n")));
            }
            prop_assert_eq!(titles_and_bodies(&text), want, "{}", text);
        }
    }
}
