//! Everything to rows: what the result files and the report page hold.

pub mod page;
pub mod rows;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A result file that `[report] write` can name.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Output {
    /// entries.jsonl
    Entries,
    /// events.jsonl
    Events,
    /// events.csv
    Csv,
    /// clusters.jsonl
    Clusters,
    /// umbrellas.jsonl
    Umbrellas,
    /// links.jsonl
    Links,
    /// lineage.jsonl
    Lineage,
    /// report/index.html
    Html,
}

impl Output {
    /// Every output, in the order in which they are written.
    pub const ALL: [Output; 8] = [
        Output::Entries,
        Output::Events,
        Output::Csv,
        Output::Clusters,
        Output::Umbrellas,
        Output::Links,
        Output::Lineage,
        Output::Html,
    ];
}

/// How much of the licensed texts the report page carries.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum PageText {
    /// Whole texts, as far as the budget goes.
    Full,
    /// The first 60 words.
    Excerpt,
    /// Titles only.
    None,
}

crate::knobs! {
    /// Reporting: what is written to the run's folder.
    pub struct ReportSettings in "report" {
        /// Result files to write; quarantine.jsonl, run.json and run_results.json always are.
        write: Vec<Output> = Output::ALL.to_vec();
        /// Largest report page in megabytes.
        max_mb: u32 = 25, 1..=1_000;
        /// Most events on the report page.
        max_events: usize = 20_000, 1..=1_000_000;
        /// How much of the texts the report page carries: full, excerpt or none.
        text: PageText = PageText::Full;
        /// Refused links within this of acceptance are listed in links.jsonl.
        near_miss: f64 = 0.05, 0.0..=1.0;
    }
}

/// The version of this stage: raised when the same input would give another result.
pub const VERSION: u32 = 1;
