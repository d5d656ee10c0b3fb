//! Groups: copies of one text, and the origins of one event.

use super::{Overlap, Probability, Relation, Row};
use serde::{Deserialize, Serialize};

/// A copy in an origin, and how it relates to the leader.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct Member {
    /// The copy.
    pub row: Row,
    /// Its relation to the leader.
    pub relation: Relation,
    /// The shingles it shares with the leader.
    pub overlap: Overlap,
}

/// Copies of one text: one witness however many outlets print it. An entry without copies is an origin of one.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Origin {
    /// Its first member in global order.
    pub leader: Row,
    /// The other members, ascending; each is a verified copy of the leader.
    pub copies: Vec<Member>,
}

impl Origin {
    /// Leader first, then the copies.
    pub fn rows(&self) -> impl Iterator<Item = Row> + '_ {
        std::iter::once(self.leader).chain(self.copies.iter().map(|m| m.row))
    }
}

/// One step of the linkage: two groups of origins, each named by its first leader, became one.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Merge {
    /// First leader of the group that holds the earlier entry.
    pub a: Row,
    /// First leader of the other.
    pub b: Row,
    /// The average linkage at which they were joined.
    pub at: Probability,
}

/// The origins of one event. A cluster of one origin with one entry is an event of one report.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Cluster {
    /// Its origins, ascending by leader.
    pub origins: Vec<Origin>,
    /// How it was put together, in order.
    pub merges: Vec<Merge>,
    /// The link at which it would fall in two: the smallest on a maximum spanning tree. `None` for one origin.
    pub weakest: Option<Probability>,
    /// Links present over pairs of origins, 0 to 1; 1 for one origin.
    pub density: f64,
    /// Links whose removal would part the cluster.
    pub bridges: u32,
}

impl Cluster {
    /// Every row in it, ascending.
    pub fn rows(&self) -> Vec<Row> {
        let mut rows: Vec<Row> = self.origins.iter().flat_map(Origin::rows).collect();
        rows.sort_unstable();
        rows
    }
}

/// An entry that covers many events: linked to them, a member of none.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Umbrella {
    /// The entry.
    pub row: Row,
    /// Indices of the clusters it covers, ascending.
    pub clusters: Vec<u32>,
    /// The rule that made it one.
    pub rule: String,
}
