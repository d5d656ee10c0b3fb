//! What the fuzz targets drive, on the stable compiler: their seeds, and what becomes of these when they are cut, spliced and altered.

#[path = "../../fuzz/src/lib.rs"]
#[allow(clippy::expect_used)]
mod targets;

use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::TestRunner;
use std::path::Path;
use targets::{drive, targets};

/// Altered seeds per target.
const CASES: u32 = 200;

/// The seeds of a target, in the order of their names.
fn seeds(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds").join(target);
    let mut paths: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|e| e.unwrap().path()).collect();
    paths.sort();
    assert!(!paths.is_empty(), "{}", folder.display());
    paths.iter().map(|path| std::fs::read(path).unwrap()).collect()
}

/// What is done to a seed.
#[derive(Clone, Debug)]
enum Change {
    Cut(Index),
    Skip(Index),
    Set(Index, u8),
    Insert(Index, String),
    Twice(Index, Index),
    Splice(Index, Index),
}

/// What means something in one format or another.
const TOKEN: &str = concat!(
    "<[a-z]{1,8}|</[a-z]{1,8}>|<!\\[CDATA\\[|\\]\\]>|<!--|-->|&#[0-9]{1,9};|&[a-z]{1,5};|\\{|\\}|\\[|\\]|\"|",
    "\\\\u[0-9a-f]{4}|\r\n\r\n|,|;|\t|[0-9]{1,12}|Content-Length: |WARC/1\\.0|12:30 BST"
);

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        any::<Index>().prop_map(Change::Cut),
        any::<Index>().prop_map(Change::Skip),
        any::<(Index, u8)>().prop_map(|(at, byte)| Change::Set(at, byte)),
        (any::<Index>(), TOKEN).prop_map(|(at, what)| Change::Insert(at, what)),
        any::<(Index, Index)>().prop_map(|(from, to)| Change::Twice(from, to)),
        any::<(Index, Index)>().prop_map(|(at, other)| Change::Splice(at, other)),
    ]
}

fn changed(mut bytes: Vec<u8>, changes: &[Change], all: &[Vec<u8>]) -> Vec<u8> {
    for change in changes {
        let place = |at: &Index| at.index(bytes.len() + 1);
        match change {
            Change::Cut(at) => bytes.truncate(place(at)),
            Change::Skip(at) => drop(bytes.drain(..place(at))),
            Change::Set(at, byte) => {
                let at = place(at);
                bytes.splice(at..(at + 1).min(bytes.len()), [*byte]);
            }
            Change::Insert(at, what) => {
                let at = place(at);
                bytes.splice(at..at, what.bytes());
            }
            Change::Twice(from, to) => {
                let (from, to) = (place(from), place(to));
                bytes.extend_from_within(from.min(to)..from.max(to));
            }
            Change::Splice(at, other) => {
                bytes.truncate(place(at));
                bytes.extend(&all[other.index(all.len())]);
            }
        }
    }
    bytes
}

#[test]
fn seeds_and_what_becomes_of_them_are_read() {
    for target in targets() {
        let all = seeds(target);
        all.iter().for_each(|seed| drive(target, seed));
        let cases = (any::<Index>(), prop::collection::vec(change(), 1..6));
        let config = ProptestConfig { cases: CASES, failure_persistence: None, ..ProptestConfig::default() };
        let ran = TestRunner::new(config).run(&cases, |(seed, changes)| {
            drive(target, &changed(all[seed.index(all.len())].clone(), &changes, &all));
            Ok(())
        });
        assert!(ran.is_ok(), "{target}: {ran:?}");
    }
}

#[test]
fn every_target_has_a_program() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz");
    let package = std::fs::read_to_string(folder.join("Cargo.toml")).unwrap();
    for target in targets() {
        let name = target.replace('-', "_");
        let program = std::fs::read_to_string(folder.join(format!("fuzz_targets/{name}.rs"))).unwrap();
        assert!(program.contains(&format!("drive(\"{target}\", bytes)")), "{name}");
        assert!(package.contains(&format!("name = \"{name}\"")), "{name}");
    }
}
