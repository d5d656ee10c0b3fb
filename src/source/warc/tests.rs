//! Archives whole and damaged: what is lost is what is damaged.

use crate::source::testing::{Case, source};
use crate::source::{Format, SourceSettings};
use proptest::prelude::*;
use std::io::Write;

fn record(kind: &str, url: &str, block: &str) -> String {
    format!(
        "WARC/1.0\r\nWARC-Type: {kind}\r\nWARC-Target-URI: <{url}>\r\nWARC-Date: 2026-01-14T10:00:00Z\r\n\
         Content-Type: application/http; msgtype={kind}\r\nContent-Length: {}\r\n\r\n{block}\r\n\r\n",
        block.len()
    )
}

fn page(n: usize) -> String {
    let words = "The ferry is late because the wind has turned, says the harbour office. ".repeat(4);
    let body = format!(
        "<html><head><title>Ferry {n} late</title></head><body><article><h1>Ferry {n} late</h1><p>{words}</p></article></body></html>"
    );
    record(
        "response",
        &format!("https://harbour.example/{n}"),
        &format!("HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n\r\n{body}"),
    )
}

fn gz(bytes: &[u8]) -> Vec<u8> {
    let mut to = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    to.write_all(bytes).unwrap();
    to.finish().unwrap()
}

fn zst(bytes: &[u8]) -> Vec<u8> {
    zstd::encode_all(bytes, 1).unwrap()
}

fn members(pack: fn(&[u8]) -> Vec<u8>, pages: usize) -> Vec<Vec<u8>> {
    let info = "WARC/1.0\r\nWARC-Type: warcinfo\r\nContent-Length: 4\r\n\r\ninfo\r\n\r\n".to_owned();
    std::iter::once(info).chain((1..=pages).map(page)).map(|r| pack(r.as_bytes())).collect()
}

fn urls(case: &Case) -> Vec<usize> {
    case.records.iter().map(|r| r.url.as_deref().unwrap().rsplit('/').next().unwrap().parse().unwrap()).collect()
}

fn plain(bytes: &[u8]) -> Vec<u8> {
    bytes.to_vec()
}

#[test]
fn pages_are_read_and_everything_else_is_counted() {
    let not_found =
        record("response", "https://x.example/", "HTTP/1.1 404 Not Found\r\nContent-Type: text/html\r\n\r\n<html>");
    let picture =
        record("response", "https://x.example/a.png", "HTTP/1.1 200 OK\r\nContent-Type: image/png\r\n\r\nPNG");
    let bad = record("response", "https://x.example/b", "no HTTP");
    let all =
        [record("request", "https://x.example/", "GET / HTTP/1.1\r\n\r\n"), page(1), not_found, picture, bad, page(2)];
    for pack in [plain, gz, zst] {
        let bytes: Vec<u8> = all.iter().flat_map(|r| pack(r.as_bytes())).collect();
        let case = Case::of(source(), bytes);
        assert_eq!((case.summary.format, urls(&case)), (Format::Warc, vec![1, 2]));
        assert_eq!(case.records.iter().map(|r| r.line).collect::<Vec<_>>(), [2, 6]);
        assert_eq!(case.rejects.iter().map(|r| r.0).collect::<Vec<_>>(), [5]);
        let passed: Vec<(&str, u64)> = case.summary.passed.iter().map(|(k, n)| (k.as_str(), *n)).collect();
        assert_eq!(passed, [("request", 1), ("response that is no page", 1), ("response without success", 1)]);
    }
    let one_member = gz(all.concat().as_bytes());
    assert_eq!(urls(&Case::of(source(), one_member)), [1, 2]);
}

#[test]
fn a_damaged_member_costs_itself_alone() {
    for (pack, checked) in [(gz as fn(&[u8]) -> Vec<u8>, true), (zst, false)] {
        let whole = members(pack, 9);
        for victim in [1, 5, 9] {
            let others: Vec<usize> = (1..=9).filter(|n| *n != victim).collect();
            let mut flipped = whole.clone();
            let middle = flipped[victim].len() / 2;
            flipped[victim][middle] ^= 0x55;
            let mut cut = whole.clone();
            cut[victim].truncate(middle);
            let mut garbage = whole.clone();
            garbage[victim] = vec![0x1f; 300];
            for (name, damaged) in [("flipped", flipped), ("cut", cut), ("garbage", garbage)] {
                let case = Case::of(source(), damaged.concat());
                let mut read = urls(&case);
                // A bit that changes no more than letters is noticed by the checksum alone, if there is one.
                if !checked {
                    read.retain(|n| *n != victim);
                }
                assert_eq!(read, others, "{name} {victim}: {:?}", case.rejects);
                assert!(!checked || (1..=2).contains(&case.rejects.len()), "{name}: {:?}", case.rejects);
            }
        }
    }
}

#[test]
fn a_wrong_length_costs_the_record_and_no_other() {
    for (pack, packed) in [(plain as fn(&[u8]) -> Vec<u8>, false), (gz, true)] {
        for wrong in [0_usize, 3, 1_500, 100_000, 99_999_999_999] {
            let mut all: Vec<String> = (1..=5).map(page).collect();
            let at = all[2].find("Content-Length: ").unwrap() + 16;
            let end = at + all[2][at..].find('\r').unwrap();
            all[2].replace_range(at..end, &wrong.to_string());
            let bytes: Vec<u8> = all.iter().flat_map(|r| pack(r.as_bytes())).collect();
            let case = Case::of(source(), bytes);
            let read: Vec<usize> = urls(&case).into_iter().filter(|n| *n != 3).collect();
            // Without members, what is said to be longer than a record may be is passed over to the end.
            let lost_tail = !packed && wrong > 99_999_999;
            assert_eq!(read, if lost_tail { vec![1, 2] } else { vec![1, 2, 4, 5] }, "{wrong}: {:?}", case.rejects);
            assert!(!case.rejects.is_empty());
        }
    }
    let lost = page(1) + "WARC/1.0\r\nWARC-Type: response\r\n\r\nno length\r\n\r\n" + &page(2) + "WARC/1.0 and no end";
    let case = Case::of(source(), lost);
    assert_eq!((urls(&case), case.rejects.len()), (vec![1, 2], 2), "{:?}", case.rejects);
}

#[test]
fn what_is_too_long_is_passed_over_and_the_cap_is_told() {
    let long = record("response", "https://x.example/", &"x".repeat(50_000));
    for pack in [plain, gz, zst] {
        let bytes: Vec<u8> = [page(1), long.clone(), page(2)].iter().flat_map(|r| pack(r.as_bytes())).collect();
        let case = Case::limited(source(), bytes.clone(), 10_000, 1 << 30);
        assert_eq!((urls(&case), case.rejects.len()), (vec![1, 2], 1), "{:?}", case.rejects);
        assert!(case.rejects[0].1.contains("ingest.max_record_bytes"));
        let capped = Case::limited(source(), bytes, 10_000, 2_000);
        assert!(capped.summary.capped && urls(&capped) == [1], "{:?}", capped.rejects);
        assert!(capped.rejects.iter().any(|r| r.1.contains("ingest.max_file_bytes")), "{:?}", capped.rejects);
    }
}

#[test]
fn a_dictionary_of_its_own_is_used() {
    let samples: Vec<Vec<u8>> = (1..200).map(|n| page(n).into_bytes()).collect();
    let dictionary = zstd::dict::from_samples(&samples, 4_096).unwrap();
    let mut bytes = vec![0x5d, 0x2a, 0x4d, 0x18];
    bytes.extend((dictionary.len() as u32).to_le_bytes());
    bytes.extend(&dictionary);
    for sample in &samples[..3] {
        let mut to = zstd::stream::Encoder::with_dictionary(Vec::new(), 3, &dictionary).unwrap();
        to.write_all(sample).unwrap();
        bytes.extend(to.finish().unwrap());
    }
    let case = Case::of(source(), bytes);
    assert_eq!((urls(&case), case.rejects), (vec![1, 2, 3], vec![]));
}

#[test]
fn many_false_beginnings_are_no_hang() {
    let warc = SourceSettings { format: Format::Warc, ..source() };
    for bomb in [
        &b"WARC/1.0\r\n"[..],
        b"\nWARC/1.0\r\nContent-Length: 9000\r\n\r\n",
        b"\x1f\x8b\x08\0",
        b"\x28\xb5\x2f\xfd",
        b"\r\n",
    ] {
        Case::limited(warc.clone(), bomb.repeat(20_000), 10_000, 1 << 30);
        Case::limited(warc.clone(), [gz(page(1).as_bytes()), bomb.repeat(20_000)].concat(), 10_000, 1 << 30);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn no_damage_is_too_strange(
        edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..3_u8), 1..8),
        packing in 0..3_usize,
    ) {
        let mut bytes = members([plain, gz, zst][packing], 4).concat();
        for (at, byte, how) in edits {
            let at = at.index(bytes.len());
            match how {
                0 => bytes[at] = byte,
                1 => drop(bytes.drain(at..(at + usize::from(byte)).min(bytes.len() - 1).max(at))),
                _ => bytes.insert(at, byte),
            }
        }
        let warc = SourceSettings { format: Format::Warc, ..source() };
        let case = Case::limited(warc, bytes, 5_000, 20_000);
        prop_assert!(case.records.len() <= 5);
    }
}
