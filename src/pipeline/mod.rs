//! What is stale, run in order, recorded.

mod aside;
pub mod background;
mod conserve;
pub mod eval;
mod finish;
mod first_look;
pub mod fit;
mod folder;
mod intake;
mod last;
pub mod look;
mod meter;
pub mod options;
mod output;
mod passing;
mod record;
mod recovery;
mod run;
pub mod signal;
mod sketched;
mod stamps;
pub mod sweep;
pub mod trial;
mod work;

pub use folder::{latest, run_folders};
pub use run::{plan, run};
pub use stamps::{Action, Step};
