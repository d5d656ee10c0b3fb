//! What the fuzz targets drive, and the suite on stable with the same seeds: every reader, and the whole way from bytes to sketches.

use retold::algo::stems::Terms;
use retold::engine;
use retold::settings::Settings;
use retold::source::{Dialect, Format, SourceSettings};
use retold::stage::fingerprint::sketch;
use retold::stage::normalise;
use std::collections::BTreeMap;
use std::path::Path;

/// Bytes a file may unpack to here, and a record may have: small, so that the limits bite too.
const FILE_BYTES: u64 = 1 << 20;
const RECORD_BYTES: u64 = 1 << 16;

/// Every target: the formats by name, and `whole`, where the format is recognised and what is read goes on to its sketch.
/// Parquet is only refused where retold is built without its feature.
pub fn targets() -> Vec<&'static str> {
    Format::ALL.iter().filter(|f| **f != Format::Auto).map(|f| f.name()).chain(["whole"]).collect()
}

/// Does with some bytes what a target is for.
///
/// # Panics
/// A promise of the readers does not hold.
pub fn drive(target: &str, bytes: &[u8]) {
    let format = Format::ALL.iter().find(|f| f.name() == target).copied().unwrap_or(Format::Auto);
    // The first byte chooses among what a source can say of itself.
    let told = bytes.first().copied().unwrap_or(0);
    let source = SourceSettings {
        name: "fuzz".into(),
        path: "-".into(),
        format,
        dialect: Dialect::ALL.get(usize::from(told % 3)).copied(),
        date: (told & 4 != 0).then(|| "2026-01-14".into()),
        page: (told & 8 != 0).then(|| "page".into()),
        ..SourceSettings::default()
    };
    let mut settings = Settings::defaults(Path::new(""));
    settings.ingest.max_record_bytes = RECORD_BYTES;
    settings.ingest.max_file_bytes = FILE_BYTES;
    let as_of = jiff::Timestamp::from_second(1_768_442_400).expect("a time of today");
    let read = engine::read_bytes(bytes.to_vec(), &source, &settings, as_of).expect("the source is a good one");
    let found: u64 = read.records.values().sum();
    assert!(found > 0, "a file is records, or one reject");
    assert!(read.arrivals.len() as u64 <= found);
    for entry in &read.arrivals {
        let fields = [&entry.title, &*entry.body.text(), &entry.key];
        let spoken = fields[..2].iter().any(|t| t.chars().any(char::is_alphanumeric));
        assert!(spoken, "an entry has words");
        for field in fields {
            assert!(!field.contains('\0'), "no field holds a NUL: {field:?}");
        }
    }
    if target == "whole" {
        let rules = &settings.normalise;
        let tables = normalise::tables(&read.arrivals, BTreeMap::new(), rules);
        let mut terms = Terms::default();
        for entry in &read.arrivals {
            let text = normalise::text(entry, &tables, rules);
            sketch(&text, &mut terms, &settings.fingerprint);
        }
    }
}
