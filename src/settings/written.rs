//! pipeline.toml as it is written: every section may be missing, and stands for its defaults then.

use super::hash::hash;
use super::run::RunSettings;
use crate::model::Stage;
use crate::model::knobs::{Knob, OutOfRange};
use crate::source::SourceSettings;
use crate::stage::{
    cluster::ClusterSettings, fingerprint::FingerprintSettings, ingest::IngestSettings, merge::MergeSettings,
    normalise::NormaliseSettings, pair::PairSettings, report::ReportSettings, score::ScoreSettings,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The version of pipeline.toml's shape that this build reads.
pub const SCHEMA_VERSION: u32 = 1;

/// The sections of the stages, each named here and nowhere else: what is written, its defaults, its check, its hash and
/// its knobs follow.
macro_rules! sections {
    ($($(#[$doc:meta])* $stage:ident => $name:ident: $settings:ty,)*) => {
        /// The configuration of retold: pipeline.toml.
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
        #[serde(default, deny_unknown_fields)]
        pub struct Written {
            /// Version of this file's shape; 1.
            pub schema_version: u32,
            /// Where results and state are kept.
            pub run: RunSettings,
            /// The places that entries come from.
            #[serde(rename = "source")]
            pub sources: Vec<SourceSettings>,
            /// Owners of outlets, each with the names or domains of its outlets; beside those that are shipped.
            pub owners: BTreeMap<String, Vec<String>>,
            $($(#[$doc])* pub $name: $settings,)*
        }

        impl Default for Written {
            fn default() -> Self {
                Written {
                    schema_version: SCHEMA_VERSION,
                    run: RunSettings::default(),
                    sources: Vec::new(),
                    owners: BTreeMap::new(),
                    $($name: <$settings>::default(),)*
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
                $(self.$name.check()?;)*
                Ok(())
            }

            /// A hash of what one stage's section says, the same for the same values however they were written.
            /// Sources are no part of it: [`Written::sources_hash`].
            pub fn stage_hash(&self, stage: Stage) -> u128 {
                match stage {
                    $(Stage::$stage => hash(&self.$name),)*
                }
            }
        }

        /// Every knob of every section, in the order of pipeline.toml.
        pub fn knobs() -> Vec<Knob> {
            [RunSettings::knobs(), $(<$settings>::knobs(),)*].concat()
        }
    };
}

sections! {
    /// Reading.
    Ingest => ingest: IngestSettings,
    /// Cleaning.
    Normalise => normalise: NormaliseSettings,
    /// Sketching.
    Fingerprint => fingerprint: FingerprintSettings,
    /// Candidates.
    Pair => pair: PairSettings,
    /// Scoring.
    Score => score: ScoreSettings,
    /// Clustering.
    Cluster => cluster: ClusterSettings,
    /// Merging.
    Merge => merge: MergeSettings,
    /// Reporting.
    Report => report: ReportSettings,
}

impl Written {
    /// A hash of the sources, in the order of their names.
    pub fn sources_hash(&self) -> u128 {
        let by_name: BTreeMap<&str, &SourceSettings> = self.sources.iter().map(|s| (s.name.as_str(), s)).collect();
        hash(&by_name)
    }
}

/// The JSON Schema of pipeline.toml.
pub fn schema() -> serde_json::Value {
    schemars::schema_for!(Written).to_value()
}
