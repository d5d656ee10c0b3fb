//! Reading one file: opened, unpacked, recognised, handed to its reader, counted.

use super::context::Context;
use super::csv::{self, Csv};
use super::decode::{self, Capped, Stored};
use super::detect::{self, HEAD};
use super::feed::Feed;
use super::files::Found;
use super::html::Html;
use super::json::{self, Json};
use super::jsonl::Jsonl;
use super::live_text::{self, LiveText};
use super::ninjs::Ninjs;
use super::settings::{Dialect, Format};
use super::sink::{InOrder, Sink};
use super::warc;
use crate::error::Result;
use crate::model::Record;
use std::collections::BTreeMap;
use std::io::{self, BufRead, Cursor, Read};

/// Some records of a file in its order, and what was not understood with its line and reason.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Batch {
    /// What was understood.
    pub records: Vec<Record>,
    /// What was not: line (from 1; 0 is the file as a whole) and reason.
    pub rejects: Vec<(u64, String)>,
}

impl Batch {
    /// A batch of one reject.
    pub fn reject(line: u64, reason: impl Into<String>) -> Batch {
        Batch { records: Vec::new(), rejects: vec![(line, reason.into())] }
    }

    /// Sorts what was understood from what was not; both keep their order.
    pub fn of(read: impl IntoIterator<Item = std::result::Result<Record, (u64, String)>>) -> Batch {
        let read = read.into_iter();
        let mut batch = Batch { records: Vec::with_capacity(read.size_hint().0), ..Batch::default() };
        for one in read {
            match one {
                Ok(record) => batch.records.push(record),
                Err(reject) => batch.rejects.push(reject),
            }
        }
        batch
    }

    /// Takes in another that follows.
    pub fn append(&mut self, mut other: Batch) {
        self.records.append(&mut other.records);
        self.rejects.append(&mut other.rejects);
    }

    /// Refuses records of more words than allowed.
    pub fn within(mut self, most: u64) -> Batch {
        let mut long = Vec::new();
        self.records.retain(|record| {
            // A word and the space behind it are two bytes.
            let words =
                if record.body.len() as u64 / 2 < most { 0 } else { record.body.split_whitespace().count() as u64 };
            if words > most {
                long.push((
                    record.line,
                    format!("the entry has {words} words; it may have {most} (ingest.max_entry_words)"),
                ));
            }
            words <= most
        });
        self.rejects.append(&mut long);
        self
    }
}

/// What was seen of one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileSummary {
    /// Its size as stored.
    pub bytes: u64,
    /// xxh3 of the stored bytes.
    pub hash: u128,
    /// Records in it, readable or not: as many as were handed out and rejected.
    pub records: u64,
    /// How it was read; `Auto` when nothing was recognised.
    pub format: Format,
    /// Which live-text it was.
    pub dialect: Option<Dialect>,
    /// Whether it had more bytes than allowed.
    pub capped: bool,
    /// What it holds that is no record of an entry, such as the requests of a web archive; how many of each.
    pub passed: BTreeMap<String, u64>,
}

/// Unpacked bytes, at most as many as allowed.
pub type Input<'a> = Capped<Box<dyn Read + Send + 'a>>;

/// Where and why reading ended.
#[derive(Debug)]
pub struct Ended {
    /// The line (from 1) after the last one that was understood or rejected.
    pub line: u64,
    /// Why the bytes ended early.
    pub damage: Option<io::Error>,
}

/// A format.
pub trait Reader {
    /// Puts the records of a file into the sink, in its order or with the numbers of its order. What the end of damaged or
    /// too many bytes cuts through is left to the caller, who rejects the rest of the file as one.
    fn read(&self, input: &mut Input<'_>, ctx: &Context<'_>, sink: &Sink<'_>) -> Ended;
}

/// Takes the batches of a file with their numbers, as [`Sink`] hands them out; several threads may call it at once.
pub type To<'a> = dyn Fn(u64, Batch) + Sync + 'a;

/// Reads one file. Fails only when the system does not deliver its bytes.
pub fn read(found: &Found, ctx: &Context<'_>, to: &To<'_>) -> Result<FileSummary> {
    let (stored, from) = Stored::open(found)?;
    read_stored(stored, from, ctx, to)
}

/// As [`read`], of bytes that are at hand.
pub fn read_bytes(bytes: Vec<u8>, found: &Found, ctx: &Context<'_>, to: &To<'_>) -> Result<FileSummary> {
    let (stored, from) = Stored::of(Box::new(Cursor::new(bytes)), &found.path);
    read_stored(stored, from, ctx, to)
}

/// As [`read_stored`], all batches in one.
pub fn read_whole(stored: Stored, from: io::BufReader<decode::Tap>, ctx: &Context<'_>) -> Result<(Batch, FileSummary)> {
    let mut whole = Batch::default();
    let order = InOrder::new(|part| whole.append(part));
    let summary = read_stored(stored, from, ctx, &|number, part| order.put(number, part));
    drop(order);
    Ok((whole, summary?))
}

/// As [`read`], from bytes that are open already.
pub fn read_stored(
    stored: Stored,
    mut from: io::BufReader<decode::Tap>,
    ctx: &Context<'_>,
    to: &To<'_>,
) -> Result<FileSummary> {
    let sink = Sink::new(to, ctx.limits.entry_words);
    let outcome = match whole(&mut from, ctx) {
        Some(Format::Warc) => read_archive(&mut from, ctx, &sink),
        Some(_) => read_table(&mut from, ctx, &sink),
        None => match decode::unpacked(&mut from) {
            Ok(unpacked) => read_unpacked(unpacked, ctx, &sink),
            Err(error) => {
                stored.check()?;
                sink.put(Batch::reject(0, format!("the file is damaged: {error}")));
                Outcome::of(ctx.settings.format)
            }
        },
    };
    drop(from);
    stored.check()?;
    let (bytes, hash) = stored.sum();
    if sink.records() == 0 {
        let empty = if bytes == 0 { "the file is empty" } else { "there is no record in the file" };
        let passed: Vec<String> = outcome.passed.iter().map(|(what, n)| format!("{what}: {n}")).collect();
        let only = if passed.is_empty() { String::new() } else { format!(", only {}", passed.join(", ")) };
        sink.put(Batch::reject(0, format!("{empty}{only}")));
    }
    let Outcome { format, dialect, capped, passed } = outcome;
    let records = sink.records();
    Ok(FileSummary { bytes, hash, records, format, dialect, capped, passed })
}

struct Outcome {
    format: Format,
    dialect: Option<Dialect>,
    capped: bool,
    passed: BTreeMap<String, u64>,
}

impl Outcome {
    fn of(format: Format) -> Outcome {
        Outcome { format, dialect: None, capped: false, passed: BTreeMap::new() }
    }
}

/// The format of what is read as it is stored, where it is one of these.
fn whole(from: &mut impl BufRead, ctx: &Context<'_>) -> Option<Format> {
    let head = from.fill_buf().ok().filter(|head| !head.is_empty())?;
    match ctx.settings.format {
        Format::Auto => detect::stored(head),
        named => [Format::Warc, Format::Parquet].into_iter().find(|format| *format == named),
    }
}

#[cfg(feature = "parquet")]
fn read_table(stored: &mut impl Read, ctx: &Context<'_>, sink: &Sink<'_>) -> Outcome {
    let (capped, ended) = super::parquet::read(stored, ctx, sink);
    if capped {
        sink.put(Batch::reject(ended.line, too_many(ctx)));
    }
    Outcome { capped, ..Outcome::of(Format::Parquet) }
}

#[cfg(not(feature = "parquet"))]
fn read_table(_: &mut impl Read, _: &Context<'_>, sink: &Sink<'_>) -> Outcome {
    sink.put(Batch::reject(0, crate::error::NO_PARQUET));
    Outcome::of(Format::Parquet)
}

/// An archive is read as it is stored: it unpacks each of its members itself.
fn read_archive(stored: &mut impl Read, ctx: &Context<'_>, sink: &Sink<'_>) -> Outcome {
    let (archive, ended) = warc::read(stored, ctx, sink);
    if archive.capped {
        sink.put(Batch::reject(ended.line, too_many(ctx)));
    }
    Outcome { capped: archive.capped, passed: archive.passed, ..Outcome::of(Format::Warc) }
}

fn too_many(ctx: &Context<'_>) -> String {
    let most = ctx.limits.file_bytes;
    format!("the file has more than {most} bytes; the rest is not read (ingest.max_file_bytes)")
}

fn read_unpacked(mut unpacked: Box<dyn Read + Send + '_>, ctx: &Context<'_>, sink: &Sink<'_>) -> Outcome {
    let (head, damage) = decode::head(&mut unpacked, HEAD);
    let (format, dialect) = chosen(&head, ctx);
    let rest: Box<dyn Read + Send> = match damage {
        None => unpacked,
        Some(error) => Box::new(Damaged(Some(error))),
    };
    let unknown = format == Format::Auto && !head.is_empty();
    let text = live_text::is_text(&head);
    let reader = reader_of(format, dialect, &head, ctx);
    let mut input: Input<'_> = Capped::new(Box::new(Cursor::new(head).chain(rest)), ctx.limits.file_bytes);
    let ended = match reader {
        Some(reader) => reader.read(&mut input, ctx, sink),
        None if unknown => {
            sink.put(Batch::reject(0, unrecognised(text)));
            return Outcome { dialect, ..Outcome::of(format) };
        }
        None => {
            let damage = input.read(&mut [0]).err();
            Ended { line: 0, damage }
        }
    };
    if let Some(error) = ended.damage {
        sink.put(Batch::reject(ended.line, format!("the file is damaged from here on, and ends: {error}")));
    } else if input.bit {
        sink.put(Batch::reject(ended.line, too_many(ctx)));
    }
    Outcome { dialect, capped: input.bit, ..Outcome::of(format) }
}

/// The configured format, or the one that is recognised.
fn chosen(head: &[u8], ctx: &Context<'_>) -> (Format, Option<Dialect>) {
    let named = ctx.settings.dialect;
    match ctx.settings.format {
        Format::LiveText => (Format::LiveText, named.or_else(|| live_text::dialect(head))),
        Format::Auto => match detect::recognise(head) {
            Some((Format::LiveText, found)) => (Format::LiveText, named.or(found)),
            Some(found) => found,
            None => (Format::Auto, None),
        },
        named => (named, None),
    }
}

/// The reader of a format; what it needs to know beforehand stands in the first bytes.
fn reader_of(format: Format, dialect: Option<Dialect>, head: &[u8], ctx: &Context<'_>) -> Option<Box<dyn Reader>> {
    let path = || json::shape::path(head, ctx.settings.records.as_deref());
    Some(match format {
        Format::Auto | Format::Warc | Format::Parquet => return None,
        Format::Jsonl => Box::new(Jsonl),
        Format::Json => Box::new(Json { path: path() }),
        Format::Ninjs => Box::new(Ninjs { path: path() }),
        Format::Feed => Box::new(Feed::of(head)),
        Format::Html => Box::new(Html),
        Format::Csv => Box::new(Csv { delimiter: csv::header(head, None).map_or(b',', |(delimiter, _)| delimiter) }),
        Format::Tsv => Box::new(Csv { delimiter: b'\t' }),
        Format::LiveText => Box::new(LiveText { dialect }),
    })
}

fn unrecognised(text: bool) -> String {
    if text {
        let names: Vec<&str> = Format::ALL.iter().filter(|f| **f != Format::Auto).map(|f| f.name()).collect();
        format!("the format is not recognised; say which it is, as in format = \"jsonl\": {}", names.join(", "))
    } else {
        "the file is no text: it holds NUL bytes, or too much that is no UTF-8".into()
    }
}

/// Bytes that end with an error.
struct Damaged(Option<io::Error>);

impl Read for Damaged {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        self.0.take().map_or(Ok(0), Err)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::testing::{Case, LIMITS, source};
    use super::*;
    use crate::source::SourceSettings;
    use proptest::prelude::*;
    use std::path::Path;

    #[test]
    fn an_empty_file_is_one_reject_whatever_its_format() {
        for format in Format::ALL {
            let case = Case::of(SourceSettings { format, ..source() }, "");
            assert_eq!(case.rejects, [(0, "the file is empty".to_owned())]);
            assert_eq!((case.summary.records, case.summary.bytes), (1, 0));
        }
        let blank = Case::of(SourceSettings { format: Format::Jsonl, ..source() }, "\n \n");
        assert_eq!(blank.rejects, [(0, "there is no record in the file".to_owned())]);
    }

    #[test]
    fn a_file_that_is_no_text_or_of_no_known_format_is_one_reject() {
        let png = Case::of(source(), [0x89, b'P', b'N', b'G', 0, 0, 7, 0xff]);
        assert_eq!((png.rejects.len(), png.rejects[0].0), (1, 0));
        assert!(png.rejects[0].1.contains("no text"));
        let letter = Case::of(source(), "A letter.\nWithout any form.\n");
        assert!(letter.rejects[0].1.contains("say which it is, as in format = \"jsonl\": live-text, jsonl"));
        let page = SourceSettings { format: Format::LiveText, ..source() };
        assert!(Case::of(page, "A letter.\n").rejects[0].1.contains("dialect is not recognised"));
        let broken = Case::of(source(), [0x1f, 0x8b, 0]);
        assert!(broken.rejects[0].1.contains("damaged"), "{:?}", broken.rejects);
    }

    #[test]
    fn a_page_may_be_packed_and_its_dialect_named() {
        let page = "  1. Ferry latepublished at 10:00\n\n    Late.\n";
        let case = Case::of(source(), zstd::encode_all(page.as_bytes(), 1).unwrap());
        assert_eq!((case.summary.format, case.summary.dialect), (Format::LiveText, Some(Dialect::Numbered)));
        assert_eq!(case.records.len(), 1);
        let named = SourceSettings { dialect: Some(Dialect::Unnumbered), ..source() };
        assert_eq!(Case::of(named, page).summary.dialect, Some(Dialect::Unnumbered));
    }

    #[test]
    fn a_file_is_read_with_its_size_and_hash_and_a_folder_or_nothing_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let settings = source();
        let ctx = Context::new(&settings, "2026-01-15T02:00:00Z".parse().unwrap(), LIMITS).unwrap();
        let path = folder.path().join("a.jsonl");
        std::fs::write(&path, "{\"title\": \"Ferry\"}\n").unwrap();
        let summary = read(&Found::new(&path, folder.path()), &ctx, &|_, _| {}).unwrap();
        assert_eq!((summary.bytes, summary.records), (19, 1));
        assert_eq!(summary.hash, xxhash_rust::xxh3::xxh3_128(b"{\"title\": \"Ferry\"}\n"));
        for path in [folder.path(), Path::new("/nowhere/at/all")] {
            let error = read(&Found::new(path, folder.path()), &ctx, &|_, _| {}).unwrap_err();
            assert!(error.to_string().starts_with("cannot read "), "{error}");
        }
    }

    #[test]
    fn ten_thousand_equal_records_and_equal_ids_all_come_through() {
        let line = "{\"id\": \"a\", \"title\": \"Ferry late\"}\n";
        assert_eq!(Case::of(source(), line.repeat(10_000)).records.len(), 10_000);
    }

    fn bytes() -> impl Strategy<Value = Vec<u8>> {
        let piece = prop_oneof![
            prop::collection::vec(any::<u8>(), 0..30),
            "(  [0-9]{1,3}\\. |published at |12:30 BST|Updated|Breaking|Image source,|Image caption,|\n|\r\n|    |•|a b c|\\.|é)"
                .prop_map(String::into_bytes),
            "(\\{\"title\": |\"text\": |\"id\": |\"published\": |\"a\"|1e999|null|\\[|\\]|\\}|,|\\\\u0000|\\\\ud800|<p>|\n)"
                .prop_map(String::into_bytes),
            "(<item>|</item>|<entry>|<rss>|<feed xmlns=\"http://www.w3.org/2005/Atom\">|<title>|</title>|<!\\[CDATA\\[|\\]\\]>|<!--|-->)"
                .prop_map(String::into_bytes),
            "(<description>|</description>|<guid>|&amp;|&lol;|&#x41;|<pubDate>|<link href=\"x\"/>|<a:b c='d'>|<!DOCTYPE|id,title,text\n|,|;|\"\"|\t)"
                .prop_map(String::into_bytes),
            "(\"uri\": |\"headlines\": |\"items\": |\"pubstatus\": \"canceled\"|\\{\"uri\": \"a\",|\"bodies\": \\[)"
                .prop_map(String::into_bytes),
            Just(vec![0x1f, 0x8b, 8, 0]),
            Just(vec![0x28, 0xb5, 0x2f, 0xfd]),
        ];
        prop::collection::vec(piece, 0..40).prop_map(|p| p.concat())
    }

    proptest! {
        #[test]
        fn no_bytes_are_too_strange(bytes in bytes(), format in 0..Format::ALL.len(), dialect in 0..3usize, cap in 1..2_000u64) {
            let settings = SourceSettings {
                format: Format::ALL[format],
                dialect: Dialect::ALL.get(dialect).copied(),
                date: Some("2026-01-14".into()),
                ..source()
            };
            let case = Case::limited(settings, bytes.clone(), 200, cap);
            prop_assert!(case.summary.records > 0);
            prop_assert_eq!(case.summary.bytes, bytes.len() as u64);
            super::super::detect(&bytes);
        }
    }
}
