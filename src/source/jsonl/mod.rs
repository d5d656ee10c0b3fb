//! JSON Lines: one object per line, read in blocks, each of which a thread reads and parses.

mod lines;

use super::context::Context;
use super::object::{self, FieldMap};
use super::reader::{Batch, Ended, Input, Reader};
use super::sink::Sink;
use crate::model::Record;
use lines::{Block, Lines};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

/// The JSON Lines format.
pub struct Jsonl;

impl Reader for Jsonl {
    /// Each thread reads the next block and parses it, while it is in its near cache: no more than a block a thread is held.
    fn read(&self, input: &mut Input<'_>, ctx: &Context<'_>, sink: &Sink<'_>) -> Ended {
        let fields = FieldMap::new(&ctx.settings.fields);
        let lines = Mutex::new(Lines::new(input, ctx.limits.record_bytes));
        let held = || lines.lock().unwrap_or_else(PoisonError::into_inner);
        let next = |block| {
            let mut lines = held();
            // Numbered in the order of the file.
            lines.next_block(block).map(|block| (block, sink.number()))
        };
        let at_work: Vec<AtomicBool> = (0..rayon::current_num_threads()).map(|_| AtomicBool::new(false)).collect();
        let work = |first: Option<(Block, u64)>| {
            // A thread that waits for a part of its block may be given this again: the file's other blocks would come
            // before its own.
            let this = rayon::current_thread_index().and_then(|of| at_work.get(of));
            if this.is_some_and(|this| this.swap(true, Ordering::Relaxed)) {
                return;
            }
            let mut taken = first.or_else(|| next(Block::default()));
            while let Some((block, number)) = taken {
                sink.put_as(number, parsed(&block, &fields, ctx));
                taken = next(block);
            }
        };
        rayon::scope(|threads| {
            let first = next(Block::default());
            // The first block may be all.
            let more = !held().is_read();
            if more {
                (1..rayon::current_num_threads()).for_each(|_| threads.spawn(|_| work(None)));
            }
            work(first);
        });
        lines.into_inner().unwrap_or_else(PoisonError::into_inner).ended()
    }
}

fn parsed(block: &Block, fields: &FieldMap, ctx: &Context<'_>) -> Batch {
    Batch::of(block.lines.iter().map(|line| {
        match line.too_long {
            Some(bytes) => Err((line.number, too_long(line.number, bytes, ctx))),
            None => object::record(block.text(line), line.number, fields, ctx)
                .map(|record| Record { place: Some(block.place(line)), ..record })
                .map_err(|reason| (line.number, reason)),
        }
    }))
}

fn too_long(line: u64, bytes: u64, ctx: &Context<'_>) -> String {
    let most = ctx.limits.record_bytes;
    format!("line {line} has {bytes} bytes; a record may have {most} (ingest.max_record_bytes)")
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use crate::model::{Clock, ClockQuality};
    use crate::source::testing::{Case, source};
    use crate::source::{Fields, Format, SourceSettings};
    use proptest::prelude::*;
    use std::io::Write;

    fn jsonl() -> SourceSettings {
        SourceSettings { format: Format::Jsonl, ..source() }
    }

    fn read(bytes: impl Into<Vec<u8>>) -> Case {
        Case::of(jsonl(), bytes)
    }

    fn gz(bytes: &[u8]) -> Vec<u8> {
        let mut to = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        to.write_all(bytes).unwrap();
        to.finish().unwrap()
    }

    fn good(n: usize) -> String {
        format!("{{\"id\": \"e{n}\", \"title\": \"Ferry {n} late\", \"text\": \"It is late.\"}}\n")
    }

    #[test]
    fn every_field_finds_its_place_and_others_are_kept_aside() {
        let case = read(concat!(
            r#"{"id": 7, "outlet": "Harbour Courier", "title": "Ferry \"late\"", "text": "It is late.\nVery.", "#,
            r#""published": "2026-01-14T10:00:00Z", "updated": 1768388400, "url": "https://x.example/a", "lang": "en", "#,
            r#""credit": ["Port Agency", "Sea Wire"], "byline": "Marine editor", "gold": {"a": [1]}, "tags": ["x"]}"#,
        ));
        assert_eq!(case.rejects, vec![]);
        let r = &case.records[0];
        assert_eq!((r.id.as_deref(), r.outlet.as_deref()), (Some("7"), Some("Harbour Courier")));
        assert_eq!((r.title.as_str(), r.body.as_str()), ("Ferry \"late\"", "It is late.\nVery."));
        assert_eq!(r.published, Some(Clock::exact("2026-01-14T10:00:00Z".parse().unwrap())));
        assert_eq!((r.updated, r.lang.as_deref(), r.line), (Some(1_768_388_400), Some("en"), 1));
        assert_eq!((r.credit.as_deref(), r.byline.as_deref()), (Some("Port Agency, Sea Wire"), Some("Marine editor")));
        assert_eq!(r.extra.keys().collect::<Vec<_>>(), ["gold", "tags"]);
        assert_eq!((r.parent.clone(), r.url.as_deref()), (None, Some("https://x.example/a")));
    }

    #[test]
    fn a_field_map_may_rename_and_share_fields() {
        let fields = Fields { text: "body".into(), id: "url".into(), ..Fields::default() };
        let case = Case::of(SourceSettings { fields, ..jsonl() }, r#"{"url": "u1", "body": "Late.", "text": "aside"}"#);
        let r = &case.records[0];
        assert_eq!((r.id.as_deref(), r.url.as_deref(), r.body.as_str()), (Some("u1"), Some("u1"), "Late."));
        assert_eq!(r.extra["text"], "aside");
    }

    #[test]
    fn a_missing_date_is_taken_from_the_url_then_from_the_source_and_a_bad_one_is_kept() {
        let dated = SourceSettings { date: Some("2026-01-14".into()), ..jsonl() };
        let of = |settings: &SourceSettings, fields: &str| {
            let case = Case::of(settings.clone(), format!("{{\"title\": \"Ferry\"{fields}}}"));
            let clock = case.records[0].published.clone().unwrap();
            (clock.at().map(|t| t.to_string()[..10].to_owned()), clock.quality, clock.raw)
        };
        let inferred = |day: &str| (Some(day.to_owned()), ClockQuality::Inferred, None);
        let url = r#", "url": "https://x.example/2017/08/01/a", "published": "#;
        for missing in ["null", "\"\"", "\"None\"", "\"null\""] {
            assert_eq!(of(&dated, &format!("{url}{missing}")), inferred("2017-08-01"), "{missing}");
        }
        assert_eq!(of(&dated, ""), inferred("2026-01-14"));
        assert_eq!(of(&dated, r#", "url": "https://x.example/2050/08/01/a""#), inferred("2026-01-14"));
        assert_eq!(of(&jsonl(), ""), (None, ClockQuality::Unknown, None));
        for bad in ["soon", "0000-01-01", "9999-12-31"] {
            assert_eq!(of(&dated, &format!("{url}\"{bad}\"")), (None, ClockQuality::Unknown, Some(bad.into())));
        }
        assert_eq!(of(&dated, &format!("{url}[1]")), (None, ClockQuality::Unknown, Some("a list".into())));
        assert_eq!(of(&dated, &format!("{url}1e300")).1, ClockQuality::Unknown);
        assert_eq!(of(&dated, &format!("{url}1501574400")).1, ClockQuality::Exact);
    }

    #[test]
    fn a_bad_line_costs_itself_alone() {
        let deep = format!("{{\"title\": \"x\", \"a\": {}1{}}}", "[".repeat(100_000), "]".repeat(100_000));
        let deep_text = format!("{{\"title\": {}", "[".repeat(100_000));
        let bad: [(&[u8], &str); 13] = [
            (b"{\"id\": 1, \"title\": \"Ferry l", "cut off"),
            (b"erry late\"}", "no JSON object"),
            (b"[1, 2]", "no JSON object"),
            (b"\"text\"", "no JSON object"),
            (b"{\"title\": \"a\"} {\"title\": \"b\"}", "no JSON object"),
            (b"{\"title\": \"Caf\xe9\"}", "no UTF-8 from its byte 15 on"),
            (b"{\"title\": \"nul \x00\"}", "no JSON object"),
            (b"{\"text\": {\"a\": 1}}", "field \"text\" is an object; it must be text"),
            (b"{\"title\": \"t\", \"text\": [\"a\"]}", "is a list; it must be text"),
            (b"{\"title\": true}", "is true or false; it must be text"),
            (b"{\"title\": \"!?\", \"text\": \" \"}", "no words in title or text"),
            (deep.as_bytes(), "nested too deeply"),
            (deep_text.as_bytes(), "nested too deeply"),
        ];
        let mut bytes = Vec::new();
        for (n, (line, _)) in bad.iter().enumerate() {
            bytes.extend([good(n).as_bytes(), line, b"\r\n \r\n"].concat());
        }
        bytes.extend(good(99).trim_end().bytes());
        let case = read(bytes);
        assert_eq!(case.records.len(), bad.len() + 1);
        assert_eq!(case.rejects.len(), bad.len());
        for (n, ((line, reason), (_, part))) in case.rejects.iter().zip(&bad).enumerate() {
            assert_eq!(*line, n as u64 * 3 + 2);
            assert!(reason.contains(part), "{reason}");
        }
        assert_eq!(case.records[13].line, 40);
    }

    #[test]
    fn text_with_tags_becomes_plain_and_escaped_nuls_become_spaces() {
        let case = read(r#"{"title": "Rain &amp; <b>wind</b>", "text": "<p>One &amp; two</p><p>3 < 4</p>"}"#);
        assert_eq!(
            (case.records[0].title.as_str(), case.records[0].body.as_str()),
            ("Rain & wind", "One & two\n3 < 4")
        );
        let case = read(r#"{"title": "a\u0000b", "text": "5 < 6 &amp; 7"}"#);
        assert_eq!((case.records[0].title.as_str(), case.records[0].body.as_str()), ("a b", "5 < 6 &amp; 7"));
    }

    #[test]
    fn a_line_longer_than_allowed_is_skipped_and_named_with_its_size() {
        let long = format!("{{\"title\": \"{}\"}}", "x".repeat(5_000));
        let exact = format!("{{\"title\": \"{}\"}}", "x".repeat(1_000 - 13));
        let text = format!("{}{long}\n{exact}\n{}{long}", good(1), good(2));
        let case = Case::limited(jsonl(), text, 1_000, 1 << 20);
        assert_eq!(case.records.iter().map(|r| r.line).collect::<Vec<_>>(), [1, 3, 4]);
        assert_eq!(case.rejects[0].0, 2);
        assert!(case.rejects[0].1.contains("line 2 has 5014 bytes; a record may have 1000"), "{}", case.rejects[0].1);
        assert_eq!(case.rejects[1].0, 5);
    }

    #[test]
    fn two_hundred_megabytes_in_a_line_are_one_reject() {
        let mut bytes = good(1).into_bytes();
        bytes.extend(b"{\"title\": \"");
        bytes.resize(200 << 20, b'x');
        bytes.extend(b"\n");
        bytes.extend(good(2).bytes());
        let case = Case::of(source(), bytes);
        assert_eq!((case.records.len(), case.rejects.len()), (2, 1));
        assert_eq!(case.rejects[0].0, 2);
    }

    #[test]
    fn lines_come_in_their_order_however_many_threads_read_them() {
        // Several blocks, some of lines that take longer than others.
        let line = |n: usize| match n % 97 {
            0 => "no record\n".to_owned(),
            7 => format!("{{\"title\": \"<p>{}</p>\"}}\n", "word &amp; ".repeat(3_000)),
            _ => good(n),
        };
        let text: String = (0..20_000).map(line).collect();
        let read_by = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| read(text.as_bytes()))
        };
        let (one, four) = (read_by(1), read_by(4));
        assert!(one.records.is_sorted_by_key(|r| r.line) && one.rejects.is_sorted());
        assert_eq!((one.records.len(), one.rejects.len()), (20_000 - 207, 207));
        assert_eq!((one.records, one.rejects), (four.records, four.rejects));
    }

    #[test]
    fn packed_files_give_what_plain_ones_give() {
        let text: String = (0..2_000).map(good).collect();
        let plain = Case::of(source(), text.as_bytes());
        let (first, second) = text.split_at(30_000);
        let members = [gz(first.as_bytes()), gz(second.as_bytes())].concat();
        assert_eq!(Case::of(source(), members).records, plain.records);
        assert_eq!(Case::of(source(), zstd::encode_all(text.as_bytes(), 1).unwrap()).records, plain.records);
        assert_eq!(plain.records.len(), 2_000);
    }

    #[test]
    fn a_damaged_archive_keeps_what_stands_before_the_damage() {
        let text: String = (0..20_000).map(|n| good(n * 7919)).collect();
        let zst = zstd::encode_all(text.as_bytes(), 1).unwrap();
        for packed in [gz(text.as_bytes()), zst] {
            let case = Case::of(source(), &packed[..packed.len() / 2]);
            assert!(case.records.len() > 1_000, "{}", case.records.len());
            assert_eq!(case.rejects.len(), 1);
            assert!(case.rejects[0].1.contains("damaged"), "{}", case.rejects[0].1);
            assert_eq!(case.rejects[0].0, case.records.len() as u64 + 1);
            assert_eq!(case.summary.bytes, packed.len() as u64 / 2);
        }
        let tail = Case::of(source(), [gz(good(1).as_bytes()), b"garbage".to_vec()].concat());
        assert_eq!((tail.records.len(), tail.rejects.len()), (1, 1));
    }

    #[test]
    fn a_bomb_is_read_up_to_the_cap() {
        let mut text = good(1).into_bytes();
        text.resize(50 << 20, b'\n');
        let case = Case::limited(source(), gz(&text), 1_000, 1 << 20);
        assert!(case.summary.capped);
        assert_eq!((case.records.len(), case.rejects.len()), (1, 1));
        assert!(case.rejects[0].1.contains("more than 1048576 bytes; the rest is not read"));
        let cut = Case::limited(jsonl(), [good(1), good(2)].concat(), 1_000, good(1).len() as u64 + 5);
        assert_eq!((cut.records.len(), cut.rejects[0].0, cut.summary.capped), (1, 2, true));
        let whole = Case::limited(jsonl(), good(1), 1_000, good(1).len() as u64);
        assert_eq!((whole.records.len(), whole.rejects.len(), whole.summary.capped), (1, 0, false));
    }

    #[test]
    fn many_blocks_come_in_the_order_of_the_file() {
        let pad = "x".repeat(3_000);
        let text: String =
            (0..5_000).map(|n| format!("{{\"id\": {n}, \"title\": \"a\", \"text\": \"{pad}\"}}\n")).collect();
        let ids: Vec<u64> = read(text).records.iter().map(|r| r.line).collect();
        assert_eq!(ids, (1..=5_000).collect::<Vec<_>>());
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(rows in prop::collection::vec((".{0,20}", "[a-z]\\PC{0,60}"), 1..20), packed in any::<bool>()) {
            let mut text = String::new();
            for (id, body) in &rows {
                text += &serde_json::json!({"id": id, "text": body, "other": {"id": id}}).to_string();
                text += "\n";
            }
            let case = Case::of(jsonl(), if packed { gz(text.as_bytes()) } else { text.into_bytes() });
            prop_assert_eq!(case.rejects, vec![]);
            for (record, (id, body)) in case.records.iter().zip(&rows) {
                let (id, body) = (id.replace('\0', " "), crate::source::markup::plain(body));
                prop_assert_eq!(record.id.as_deref().unwrap_or(""), id.trim());
                prop_assert_eq!(record.body.as_str(), body.trim());
            }
            prop_assert_eq!(case.records.len(), rows.len());
        }
    }
}
