//! Reading bytes in tests: one call, everything that came of it.

use super::context::{Context, Limits};
use super::decode::Stored;
use super::reader::{FileSummary, read_whole};
use super::settings::SourceSettings;
use crate::model::Record;
use std::io::Cursor;
use std::path::Path;

/// What came of some bytes.
#[derive(Debug)]
pub struct Case {
    /// What was understood.
    pub records: Vec<Record>,
    /// What was not.
    pub rejects: Vec<(u64, String)>,
    /// What was counted.
    pub summary: FileSummary,
}

/// Generous limits.
pub const LIMITS: Limits =
    Limits { record_bytes: 1 << 24, file_bytes: 1 << 30, page_entries: 5_000, depth: 512, entry_words: 100_000 };

/// A source with nothing set.
pub fn source() -> SourceSettings {
    SourceSettings { name: "test".into(), path: "-".into(), ..Default::default() }
}

impl Case {
    /// Reads bytes under generous limits.
    pub fn of(settings: SourceSettings, bytes: impl Into<Vec<u8>>) -> Case {
        Case::under(settings, bytes, LIMITS)
    }

    /// Reads bytes under the limits given.
    pub fn limited(settings: SourceSettings, bytes: impl Into<Vec<u8>>, record_bytes: u64, file_bytes: u64) -> Case {
        Case::under(settings, bytes, Limits { record_bytes, file_bytes, ..LIMITS })
    }

    /// Reads bytes under any limits.
    #[allow(clippy::unwrap_used)]
    pub fn under(settings: SourceSettings, bytes: impl Into<Vec<u8>>, limits: Limits) -> Case {
        let as_of = "2026-01-15T02:00:00Z".parse().unwrap();
        let ctx = Context::new(&settings, as_of, limits).unwrap();
        let (stored, from) = Stored::of(Box::new(Cursor::new(bytes.into())), Path::new("test"));
        let (super::Batch { records, rejects }, summary) = read_whole(stored, from, &ctx).unwrap();
        assert_eq!(summary.records, (records.len() + rejects.len()) as u64, "what was counted is what was handed out");
        Case { records, rejects, summary }
    }
}
