//! What a run records of itself: run.json and run_results.json.

use super::Stage;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How a stage ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum StageStatus {
    /// It ran.
    Success,
    /// Its results of an earlier run still hold.
    Reused,
    /// It was not asked for.
    Skipped,
    /// It ran, and something deserves a look.
    Warn,
    /// It failed.
    Error,
}

/// One stage of one run.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct StageResult {
    /// Which.
    pub stage: Stage,
    /// How it ended.
    pub status: StageStatus,
    /// Wall time in seconds.
    pub wall_s: f64,
    /// CPU time of the whole process in seconds, all threads.
    pub cpu_s: f64,
    /// Most memory that the process has held by the end of the stage, in bytes; null where the system does not say.
    pub peak_rss_bytes: Option<u64>,
    /// Rows read.
    #[serde(rename = "in")]
    pub read: u64,
    /// Rows made.
    #[serde(rename = "out")]
    pub made: u64,
    /// Rows rejected.
    pub rejected: u64,
    /// Caps that bit: name to how often.
    pub caps: BTreeMap<String, u64>,
    /// Why it ran, or was reused, or what deserves a look.
    pub message: String,
}

/// What one source gave.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct SourceCounts {
    /// Records found, readable or not.
    pub records: u64,
    /// Entries not known before.
    pub new_entries: u64,
    /// New texts of known entries.
    pub new_versions: u64,
    /// Known entries with a known text.
    pub repeats: u64,
    /// Entries withdrawn by their outlet.
    pub withdrawals: u64,
    /// Records that were not understood.
    pub quarantined: u64,
}

impl SourceCounts {
    /// records = new entries + new versions + repeats + withdrawals + quarantined.
    pub fn balanced(&self) -> bool {
        self.records == self.new_entries + self.new_versions + self.repeats + self.withdrawals + self.quarantined
    }
}

/// One file that was read.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize, JsonSchema)]
pub struct InputFile {
    /// The source that names it.
    pub source: String,
    /// Relative to pipeline.toml.
    pub file: String,
    /// Its size in bytes, as stored.
    pub bytes: u64,
    /// Its hash (xxh3, 128 bits, hexadecimal), as stored.
    pub hash: String,
    /// Records in it, readable or not.
    pub records: u64,
}

/// run_results.json.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct RunResults {
    /// Version of this shape.
    pub schema_version: u32,
    /// The run.
    pub run: String,
    /// Per stage.
    pub stages: Vec<StageResult>,
    /// Per source.
    pub sources: BTreeMap<String, SourceCounts>,
    /// Warnings, in order.
    pub warnings: Vec<String>,
    /// Wall time of everything, seconds.
    pub wall_s: f64,
    /// CPU time of everything, seconds.
    pub cpu_s: f64,
    /// Peak resident memory, bytes; null where the system does not say.
    pub peak_rss_bytes: Option<u64>,
}

/// The state before and after a run.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct StateInfo {
    /// The database; null when nothing is kept.
    pub path: Option<String>,
    /// The run that wrote it last, before this one.
    pub before: Option<String>,
    /// Rows per table before this run.
    pub rows_before: BTreeMap<String, u64>,
    /// Entries of this run's working set.
    pub working_set: u64,
    /// Entries not known before.
    pub new_entries: u64,
    /// New texts of known entries.
    pub new_versions: u64,
}

/// run.json: what the run was made from.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct RunInfo {
    /// Version of this shape.
    pub schema_version: u32,
    /// The run: its start and a hash.
    pub run: String,
    /// The version of retold.
    pub retold: String,
    /// Version of each stage.
    pub stages: BTreeMap<String, u32>,
    /// When it started, RFC 3339 UTC.
    pub started: String,
    /// The only "now" it used, RFC 3339 UTC.
    pub as_of: String,
    /// Threads.
    pub threads: usize,
    /// Settings as resolved.
    pub settings: serde_json::Value,
    /// Every file that was read.
    pub inputs: Vec<InputFile>,
    /// The state.
    pub state: StateInfo,
}
