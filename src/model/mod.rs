//! The nouns: small structs without behaviour beyond their own arithmetic.

pub mod body;
pub mod clock;
pub mod cluster;
pub mod entry;
pub mod event;
pub mod excerpt;
pub mod id;
pub mod knobs;
pub mod lineage;
pub mod link;
pub mod list;
pub mod page;
pub mod pair;
pub mod record;
pub mod report;
pub mod row;
pub mod run;
pub mod sketch;
pub mod stage;
pub mod text;
pub mod told;

pub use body::{Body, Shelf};
pub use clock::{Clock, ClockQuality, Interval};
pub use cluster::{Cluster, Member, Merge, Origin, Umbrella};
pub use entry::{Entry, Position, Rare, RareFields};
pub use event::Event;
pub use excerpt::Excerpt;
pub use id::{EntryId, EventId, TextHash};
pub use link::{Feature, Features, Link, Overlap, Probability, Relation, Sign, Tie};
pub use list::List;
pub use pair::{Pair, Proposals};
pub use record::{Record, Reject};
pub use row::Row;
pub use sketch::{Brief, Sketch};
pub use stage::Stage;
pub use text::{Flag, Flags, Lang, Text};
