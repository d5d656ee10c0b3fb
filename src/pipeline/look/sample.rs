//! What a run would read in a file: its format, its records, and what the first of them say.

use super::brief::title;
use crate::engine;
use crate::error::Result;
use crate::model::Entry;
use crate::settings::Settings;
use crate::source::{self, Context, Found, Limits, Peek, SourceSettings};
use crate::stage::ingest::{self, SourceFacts};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

/// Unpacked bytes that are read of a file.
const HEAD_BYTES: u64 = 2_000_000;
/// Entries that are shown of a file.
const SAMPLES: usize = 3;
/// Words of a body that are shown.
const WORDS: usize = 12;

/// What the beginning of a file holds.
#[derive(Clone, PartialEq, Debug, Serialize, JsonSchema)]
pub struct FileSample {
    /// The file, as the results name it.
    pub file: String,
    /// How it is read; `auto` when nothing was recognised.
    pub format: &'static str,
    /// Which live-text it is.
    pub dialect: Option<&'static str>,
    /// Records in it, readable or not; with `partial`, in its first two megabytes.
    pub records: u64,
    /// Whether there is more in the file than was read for this.
    pub partial: bool,
    /// What it holds that is no record of an entry, and how many of each.
    pub passed: BTreeMap<String, u64>,
    /// Records that were not understood.
    pub rejected: u64,
    /// The first of them: line and reason.
    pub first_reject: Option<(u64, String)>,
    /// The first entries.
    pub samples: Vec<SampleEntry>,
}

/// An entry as it would be read.
#[derive(Clone, PartialEq, Debug, Serialize, JsonSchema)]
pub struct SampleEntry {
    /// RFC 3339 UTC; null when unknown.
    pub published: Option<String>,
    /// Its outlet.
    pub outlet: String,
    /// Its title.
    pub title: String,
    /// The first words of its text.
    pub words: String,
}

/// Reads the beginning of a source's file.
///
/// # Errors
/// The settings of the source are wrong, or the file cannot be read.
pub fn sample(settings: &Settings, source: &SourceSettings, path: &Path, now: Timestamp) -> Result<FileSample> {
    let file_bytes = HEAD_BYTES.min(settings.ingest.max_file_bytes);
    let limits = Limits { file_bytes, ..engine::limits(&settings.ingest) };
    let found = Found::new(path, &settings.base);
    let Peek { mut batch, summary, partial } = source::peek(&found, &Context::new(source, now, limits)?)?;
    batch.records.retain(|record| !record.withdrawn);
    batch.records.truncate(SAMPLES);
    let facts = SourceFacts {
        name: source.name.as_str().into(),
        outlet: source.outlet.as_deref().map(Into::into),
        owner: source.owner.as_deref().map(Into::into),
        owners: Arc::default(),
    };
    Ok(FileSample {
        file: found.name.to_string(),
        format: summary.format.name(),
        dialect: summary.dialect.map(|d| d.name()),
        records: summary.records,
        partial,
        passed: summary.passed,
        rejected: batch.rejects.len() as u64,
        first_reject: batch.rejects.into_iter().next(),
        samples: ingest::entries(batch.records, &found.name, &facts).iter().map(entry).collect(),
    })
}

fn entry(entry: &Entry) -> SampleEntry {
    let body = entry.body.text();
    let words: Vec<&str> = body.split_whitespace().take(WORDS).collect();
    SampleEntry {
        published: entry.published.at().map(|t| t.to_string()),
        outlet: entry.outlet.to_string(),
        title: title(&entry.title, ""),
        words: words.join(" "),
    }
}
