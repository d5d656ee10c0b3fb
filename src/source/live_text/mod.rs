//! Live pages saved as plain text: one page, one file, posts from the newest to the oldest.

mod days;
mod furniture;
pub mod numbered;
pub mod unnumbered;

use super::context::Context;
use super::reader::{Batch, Ended, Input, Reader};
use super::settings::Dialect;
use super::sink::Sink;
use crate::model::Record;
use crate::source::words::has_words;
use std::borrow::Cow;
use std::io::{self, Read};

/// Most bytes of a page; more is no page.
const MAX_PAGE: u64 = 64 << 20;

/// The live-text format.
pub struct LiveText {
    /// Which dialect; `None` when it is neither named nor recognised.
    pub dialect: Option<Dialect>,
}

/// One line of a page.
#[derive(Clone, Debug)]
pub struct Line<'a> {
    /// Counted from 1.
    pub number: u64,
    /// Without its end; what is no UTF-8 is replaced.
    pub text: Cow<'a, str>,
    /// Whether something was replaced.
    pub broken: bool,
}

/// A post that was read, or its line and what was wrong with it.
pub type Post = Result<Record, (u64, String)>;

impl Reader for LiveText {
    fn read(&self, input: &mut Input<'_>, ctx: &Context<'_>, sink: &Sink<'_>) -> Ended {
        let mut bytes = Vec::new();
        let damage = input.by_ref().take(MAX_PAGE).read_to_end(&mut bytes).err();
        let longer = bytes.len() as u64 == MAX_PAGE && matches!(input.read(&mut [0]), Ok(1));
        let damage =
            damage.or_else(|| longer.then(|| io::Error::other(format!("a page of more than {MAX_PAGE} bytes"))));
        let cut = damage.is_some() || input.bit;
        match self.page(&bytes, ctx) {
            Ok(mut posts) => {
                let lost = if cut { posts.pop() } else { None };
                let line = lost.map_or(1, |p| p.map_or_else(|(line, _)| line, |record| record.line));
                sink.put(Batch::of(posts));
                Ended { line, damage }
            }
            Err(reason) => {
                if !bytes.is_empty() {
                    sink.put(Batch::reject(0, reason));
                }
                Ended { line: 0, damage }
            }
        }
    }
}

impl LiveText {
    /// The posts of a page; the error is why there is none.
    fn page(&self, bytes: &[u8], ctx: &Context<'_>) -> Result<Vec<Post>, String> {
        if !is_text(bytes) {
            return Err("the file is no text: it holds NUL bytes, or too much that is no UTF-8".into());
        }
        let lines = lines(bytes);
        let posts = match self.dialect {
            Some(Dialect::Numbered) => numbered::posts(&lines, ctx),
            Some(Dialect::Unnumbered) => unnumbered::posts(&lines, ctx),
            None => {
                return Err("the dialect is not recognised: no `  1. Title` with `published at`, no `Updated`".into());
            }
        };
        if posts.is_empty() {
            return Err("there is no post on the page".into());
        }
        let oldest = posts.len() - 1;
        Ok(posts.into_iter().enumerate().map(|(at, post)| checked(post, oldest - at)).collect())
    }
}

/// Counts the post from the oldest, and refuses one without words.
fn checked(post: Post, from_oldest: usize) -> Post {
    let record = post?;
    if ![&record.title, &record.body].iter().any(|t| has_words(t)) {
        return Err((record.line, "no words in title or text".into()));
    }
    Ok(Record { age_rank: u32::try_from(from_oldest).unwrap_or(u32::MAX), ..record })
}

/// The lines of one post; refused where they are too long or broken.
pub fn whole<'l, 'a>(lines: &'l [Line<'a>], ctx: &Context<'_>) -> Result<&'l [Line<'a>], (u64, String)> {
    let start = lines.first().map_or(0, |l| l.number);
    if let Some(line) = lines.iter().find(|l| l.broken) {
        return Err((start, format!("line {} is no UTF-8; save the page as UTF-8", line.number)));
    }
    let (bytes, most) = (lines.iter().map(|l| l.text.len() as u64 + 1).sum::<u64>(), ctx.limits.record_bytes);
    if bytes > most {
        return Err((start, format!("the post has {bytes} bytes; a record may have {most} (ingest.max_record_bytes)")));
    }
    Ok(lines)
}

/// What every post of a page has.
pub fn blank_record(line: u64, ctx: &Context<'_>) -> Record {
    Record { line, parent: Some(ctx.parent.clone()), ..Record::default() }
}

/// The dialect of a page, from its first bytes.
pub fn dialect(head: &[u8]) -> Option<Dialect> {
    let lines = || head.split(|b| *b == b'\n');
    let stamped = |line: &[u8]| line.windows(numbered::MARK.len()).any(|w| w == numbered::MARK.as_bytes());
    if lines().any(numbered::is_start) && lines().any(stamped) {
        Some(Dialect::Numbered)
    } else if lines().any(|l| l.trim_ascii() == unnumbered::CLOSE.as_bytes()) {
        Some(Dialect::Unnumbered)
    } else {
        None
    }
}

/// Whether bytes are text: no NUL, and at most one byte in twenty a control character or no UTF-8.
pub fn is_text(bytes: &[u8]) -> bool {
    let control = |c: char| c.is_control() && !matches!(c, '\t' | '\n' | '\r' | '\u{c}');
    let controls = |text: &str| match text.is_ascii() {
        true => text.bytes().filter(|b| control(char::from(*b))).count(),
        false => text.chars().filter(|c| control(*c)).count(),
    };
    let strange: usize = bytes.utf8_chunks().map(|c| c.invalid().len() + controls(c.valid())).sum();
    !bytes.contains(&0) && strange * 20 <= bytes.len()
}

fn lines(bytes: &[u8]) -> Vec<Line<'_>> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    bytes.split(|b| *b == b'\n').enumerate().map(|(at, line)| Line::new(at as u64 + 1, line)).collect()
}

impl<'a> Line<'a> {
    fn new(number: u64, line: &'a [u8]) -> Self {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        Line { number, text: String::from_utf8_lossy(line), broken: std::str::from_utf8(line).is_err() }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
pub(crate) mod tests {
    use super::*;
    use crate::model::ClockQuality;
    use crate::source::testing::{Case, source};
    use crate::source::{Format, SourceSettings};

    /// Settings of a page in London on 14 January 2026.
    pub fn page(dialect: Dialect) -> SourceSettings {
        SourceSettings {
            format: Format::LiveText,
            dialect: Some(dialect),
            date: Some("2026-01-14".into()),
            timezone: Some("Europe/London".into()),
            page: Some("harbour".into()),
            ..source()
        }
    }

    fn capture(name: &str, date: &str, zone: &str) -> Option<Vec<Record>> {
        let Some(shared) = std::env::var_os("RETOLD_SHARED") else {
            eprintln!("skipped: RETOLD_SHARED does not name the folder of the captures");
            return None;
        };
        let path = std::path::Path::new(&shared).join("seeds").join(name);
        let settings = SourceSettings { date: Some(date.into()), timezone: Some(zone.into()), ..source() };
        let case = Case::of(settings, std::fs::read(path).unwrap());
        assert_eq!(case.rejects, vec![]);
        assert_eq!(case.summary.format, Format::LiveText);
        Some(case.records)
    }

    fn assert_clean(records: &[Record]) {
        for r in records {
            assert!(!r.body.contains("Image source,") && !r.body.contains("caption,"), "{}", r.title);
            assert!(!r.captions.iter().any(|c| r.body.contains(c.as_str())), "{}", r.title);
        }
    }

    #[test]
    fn the_captures_are_read_whole() {
        let Some(first) = capture("000_6a40261b8ce9010b.txt", "2025-08-14", "Europe/London") else { return };
        let last = capture("002_e5ab1c89dc28c0f9.txt", "2025-10-16", "Europe/London").unwrap();
        assert_eq!((first.len(), last.len()), (20, 20));
        for r in first.iter().chain(&last) {
            let clock = r.published.as_ref().unwrap();
            assert_eq!(clock.quality, ClockQuality::Minute);
            assert!(!r.title.is_empty() && !r.title.contains(numbered::MARK) && !r.body.is_empty());
        }
        assert_clean(&first);
        assert_clean(&last);
        let at = |r: &Record| r.published.as_ref().unwrap().at().unwrap().to_string();
        assert_eq!((at(&first[0]), at(&first[19])), ("2025-08-14T18:47:00Z".into(), "2025-08-14T13:17:00Z".into()));
        assert_eq!((at(&last[0]), at(&last[19])), ("2025-10-16T19:49:00Z".into(), "2025-10-16T16:06:00Z".into()));
        let count = |of: fn(&Record) -> usize| [&first, &last].map(|page| page.iter().map(of).sum::<usize>());
        assert_eq!(count(|r| usize::from(r.byline.is_some())), [8, 6]);
        assert_eq!(count(|r| r.labels.len()), [2, 4]);
        assert_eq!(count(|r| r.captions.len()), [12, 11]);
        assert!(first.iter().chain(&last).rev().zip((0..20).cycle()).all(|(r, rank)| r.age_rank == rank));
    }

    #[test]
    fn the_capture_without_numbers_is_read_whole() {
        let Some(posts) = capture("001_64ae0124ce83e0c6.txt", "2025-08-15", "America/Anchorage") else { return };
        assert_eq!(posts.len(), 13);
        assert_eq!(posts.iter().filter(|r| r.title.is_empty()).count(), 2);
        assert!(posts.iter().all(|r| !r.body.is_empty() && !r.body.lines().any(|l| l == unnumbered::CLOSE)));
        let day = posts[0].published.as_ref().unwrap();
        assert_eq!((day.quality, day.span), (ClockQuality::Day, 86_400));
        assert_eq!(day.at().unwrap().to_string(), "2025-08-15T08:00:00Z");
        assert_eq!((posts[0].age_rank, posts[12].age_rank), (12, 0));
    }

    #[test]
    fn bytes_that_are_no_text_are_refused_as_a_whole() {
        assert!(is_text("déjà vu\r\n\t".as_bytes()));
        assert!(is_text(b""));
        assert!(!is_text(b"a\0b"));
        assert!(!is_text(&[0xff; 40]));
        for bytes in [&b"  1. Ferry latepublished at 10:00\0"[..], &[0x89, b'P', b'N', b'G', 0, 1, 2]] {
            let case = Case::of(page(Dialect::Numbered), bytes.to_vec());
            assert_eq!((case.records.len(), case.rejects.len()), (0, 1));
            assert!(case.rejects[0].0 == 0 && case.rejects[0].1.contains("no text"));
        }
    }

    #[test]
    fn a_post_that_is_no_utf8_is_refused_and_its_neighbours_are_kept() {
        let mut bytes = Vec::new();
        let long = "The ferry ran late again on the northern line this morning. ".repeat(5);
        for (number, body) in [&b"Fine."[..], b"Caf\xe9 shut.", b"Fine too."].into_iter().enumerate() {
            bytes
                .extend(format!("  {number}. Ferry latepublished at 10:0{}\n\n    {long}\n\n    ", 9 - number).bytes());
            bytes.extend(body);
            bytes.extend(b"\n");
        }
        let case = Case::of(page(Dialect::Numbered), bytes);
        assert_eq!(case.records.len(), 2);
        assert_eq!(case.rejects, [(6, "line 10 is no UTF-8; save the page as UTF-8".into())]);
        assert_eq!(case.records.iter().map(|r| r.age_rank).collect::<Vec<_>>(), [2, 0]);
    }

    #[test]
    fn a_page_longer_than_allowed_loses_what_the_cut_goes_through() {
        let text = (0..9)
            .map(|n| format!("  {n}. Ferry {n} latepublished at 10:0{}\n\n    Late.\n", 9 - n))
            .collect::<String>();
        let case = Case::limited(page(Dialect::Numbered), text.into_bytes(), 1000, 100);
        assert!(case.summary.capped && !case.records.is_empty());
        assert_eq!(case.rejects.len(), 1);
        assert!(case.rejects[0].1.contains("more than 100 bytes"));
        assert_eq!(case.rejects[0].0, case.records.last().unwrap().line + 3);
    }
}
