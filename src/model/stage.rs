//! The eight verbs, in running order.

use serde::{Deserialize, Serialize};

/// A stage of the pipeline.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Stage {
    /// Records to entries and versions.
    Ingest,
    /// Entries to texts.
    Normalise,
    /// Texts to sketches and document frequencies.
    Fingerprint,
    /// Sketches to candidate pairs.
    Pair,
    /// Pairs to links.
    Score,
    /// Links to clusters.
    Cluster,
    /// Clusters to events.
    Merge,
    /// Everything to files.
    Report,
}

impl Stage {
    /// Every stage, in running order.
    pub const ALL: [Stage; 8] = [
        Stage::Ingest,
        Stage::Normalise,
        Stage::Fingerprint,
        Stage::Pair,
        Stage::Score,
        Stage::Cluster,
        Stage::Merge,
        Stage::Report,
    ];

    /// The name used in pipeline.toml, on the command line and in the outputs.
    pub fn name(self) -> &'static str {
        match self {
            Stage::Ingest => "ingest",
            Stage::Normalise => "normalise",
            Stage::Fingerprint => "fingerprint",
            Stage::Pair => "pair",
            Stage::Score => "score",
            Stage::Cluster => "cluster",
            Stage::Merge => "merge",
            Stage::Report => "report",
        }
    }

    /// The stage of that name.
    pub fn from_name(name: &str) -> Option<Stage> {
        Stage::ALL.into_iter().find(|s| s.name() == name)
    }
}
