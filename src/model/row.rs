//! A place in the working set.

use serde::{Deserialize, Serialize};

/// The index of an entry in the working set, which is sorted in the **global order**: known
/// instant before unknown, instant, text hash, [`EntryId`](super::EntryId). So "earlier", every tie
/// and every cap are comparisons of rows.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Row(pub u32);

impl Row {
    /// The row as an index into a slice of the working set.
    pub fn at(self) -> usize {
        self.0 as usize
    }
}
