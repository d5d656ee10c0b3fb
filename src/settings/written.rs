//! pipeline.toml as it is written: every section may be missing, and stands for its defaults then.

use super::run::RunSettings;
use crate::model::knobs::{Knob, OutOfRange};
use crate::source::SourceSettings;
use crate::stage::{
    cluster::ClusterSettings, fingerprint::FingerprintSettings, ingest::IngestSettings, merge::MergeSettings,
    normalise::NormaliseSettings, pair::PairSettings, report::ReportSettings, score::ScoreSettings,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The version of pipeline.toml's shape that this build reads.
pub const SCHEMA_VERSION: u32 = 1;

/// The configuration of retold: pipeline.toml.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Written {
    /// Version of this file's shape; 1.
    pub schema_version: u32,
    /// Where results and state are kept.
    pub run: RunSettings,
    /// The places that entries come from.
    pub source: Vec<SourceSettings>,
    /// Reading.
    pub ingest: IngestSettings,
    /// Cleaning.
    pub normalise: NormaliseSettings,
    /// Sketching.
    pub fingerprint: FingerprintSettings,
    /// Candidates.
    pub pair: PairSettings,
    /// Scoring.
    pub score: ScoreSettings,
    /// Clustering.
    pub cluster: ClusterSettings,
    /// Merging.
    pub merge: MergeSettings,
    /// Reporting.
    pub report: ReportSettings,
}

impl Default for Written {
    fn default() -> Self {
        Written {
            schema_version: SCHEMA_VERSION,
            run: RunSettings::default(),
            source: Vec::new(),
            ingest: IngestSettings::default(),
            normalise: NormaliseSettings::default(),
            fingerprint: FingerprintSettings::default(),
            pair: PairSettings::default(),
            score: ScoreSettings::default(),
            cluster: ClusterSettings::default(),
            merge: MergeSettings::default(),
            report: ReportSettings::default(),
        }
    }
}

impl Written {
    /// Whether every number of every section lies in its range.
    ///
    /// # Errors
    /// The first that does not.
    pub fn check(&self) -> Result<(), OutOfRange> {
        self.run.check()?;
        self.ingest.check()?;
        self.normalise.check()?;
        self.fingerprint.check()?;
        self.pair.check()?;
        self.score.check()?;
        self.cluster.check()?;
        self.merge.check()?;
        self.report.check()
    }
}

/// Every knob of every section, in the order of pipeline.toml.
pub fn knobs() -> Vec<Knob> {
    [
        RunSettings::knobs(),
        IngestSettings::knobs(),
        NormaliseSettings::knobs(),
        FingerprintSettings::knobs(),
        PairSettings::knobs(),
        ScoreSettings::knobs(),
        ClusterSettings::knobs(),
        MergeSettings::knobs(),
        ReportSettings::knobs(),
    ]
    .concat()
}

/// The JSON Schema of pipeline.toml.
pub fn schema() -> serde_json::Value {
    schemars::schema_for!(Written).to_value()
}
