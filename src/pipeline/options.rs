//! What one run is asked to do, beside its settings.

use crate::model::Stage;
use jiff::Timestamp;

/// The options of one run.
#[derive(Clone, Debug, PartialEq)]
pub struct RunOptions {
    /// The stages to run, in running order; all of them unless some were chosen.
    pub stages: Vec<Stage>,
    /// Run them even where an earlier result still holds.
    pub force: bool,
    /// The only "now" there is; `None` for the start of the run.
    pub as_of: Option<Timestamp>,
    /// Nothing readable at all is no error.
    pub allow_empty: bool,
    /// The process ends with the run: what it holds need not be given back.
    pub last: bool,
}

impl Default for RunOptions {
    fn default() -> Self {
        RunOptions { stages: Stage::ALL.to_vec(), force: false, as_of: None, allow_empty: false, last: false }
    }
}

impl RunOptions {
    /// Whether only some of the stages were chosen.
    pub fn is_partial(&self) -> bool {
        self.stages.len() < Stage::ALL.len()
    }
}
