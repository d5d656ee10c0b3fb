//! A candidate: two entries that may belong together, and what proposed them.

use super::Row;
use serde::{Deserialize, Serialize};

/// What proposed a pair; several may have.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
pub struct Proposals(pub u8);

impl Proposals {
    /// Equal text.
    pub const EXACT: Proposals = Proposals(1);
    /// A shared band of the signature.
    pub const BAND: Proposals = Proposals(2);
    /// One is among the other's nearest neighbours.
    pub const NEIGHBOUR: Proposals = Proposals(4);
    /// A person's judgement.
    pub const JUDGEMENT: Proposals = Proposals(8);
    /// One address in two languages.
    pub const ADDRESS: Proposals = Proposals(16);
    /// Both say that they are a copy of one page, or one that it is a copy of the other.
    pub const CANONICAL: Proposals = Proposals(32);

    /// The union of both.
    pub fn and(self, other: Proposals) -> Proposals {
        Proposals(self.0 | other.0)
    }

    /// Whether all of `other` are in.
    pub fn has(self, other: Proposals) -> bool {
        self.0 & other.0 == other.0
    }

    /// The names of what proposed the pair.
    pub fn names(self) -> Vec<&'static str> {
        let all = [
            (Self::EXACT, "exact"),
            (Self::BAND, "band"),
            (Self::NEIGHBOUR, "neighbour"),
            (Self::JUDGEMENT, "judgement"),
            (Self::ADDRESS, "address"),
            (Self::CANONICAL, "canonical"),
        ];
        all.into_iter().filter(|(p, _)| self.has(*p)).map(|(_, n)| n).collect()
    }
}

/// Two rows, `a < b`, and what proposed them.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Pair {
    /// The earlier.
    pub a: Row,
    /// The later.
    pub b: Row,
    /// What proposed them.
    pub by: Proposals,
}

impl Pair {
    /// A pair in its canonical order.
    pub fn new(x: Row, y: Row, by: Proposals) -> Pair {
        Pair { a: x.min(y), b: x.max(y), by }
    }
}
