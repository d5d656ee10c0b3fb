//! What is stale, run in order, recorded.

mod conserve;
pub mod fit;
mod finish;
mod folder;
mod intake;
pub mod look;
mod meter;
pub mod options;
mod output;
mod record;
mod recovery;
mod run;
pub mod signal;
mod stamps;
mod work;

pub use folder::{latest, run_folders};
pub use run::{plan, run};
pub use stamps::{Action, Step};
