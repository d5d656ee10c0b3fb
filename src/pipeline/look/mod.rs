//! Looking at what the last run left, for those who ask: show, explain, status, check. Nothing is written.

mod alone;
mod brief;
mod copies;
pub mod explain;
mod night;
mod sample;
mod score;
mod show;
mod status;
mod verdict;

pub use alone::{EntryLook, EventLook, LinkLook, OriginLook, OriginPlace, UmbrellaLook};
pub use brief::{EntryBrief, EventBrief};
pub use copies::{CopyLook, SharedRun};
pub use explain::{Explained, explain};
pub use night::Night;
pub use sample::{FileSample, SampleEntry, sample};
pub use score::{PairLook, ScoreLook, Term, by_ids};
pub use show::{Shown, ShownEntry, ShownEvent, show};
pub use status::{HeldLock, LastRun, StateLook, Status, status};
pub use verdict::{Apart, BestLink, Group, Step, Verdict};
