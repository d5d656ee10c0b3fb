//! What a run tells those who watch it.

use crate::model::Stage;
use crate::model::run::StageResult;

/// One thing that happened in a run.
#[derive(Clone, Debug, PartialEq)]
pub enum Signal {
    /// A stage begins.
    StageStarted {
        /// Which.
        stage: Stage,
        /// How many steps it will take, where that is known.
        total: Option<u64>,
    },
    /// Some of its steps are done.
    StageAdvanced {
        /// Which.
        stage: Stage,
        /// How many more.
        by: u64,
    },
    /// A stage ended.
    StageEnded(StageResult),
    /// Something deserves a look.
    Warning(String),
    /// Something worth knowing.
    Note(String),
    /// The lines that a run ends with.
    Closing(Vec<String>),
}
