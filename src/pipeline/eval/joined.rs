//! Gold joined with a clustering, and the tables that are made of it.

use super::clustering::{Clustering, Place};
use super::gold::Gold;
use crate::algo::agreement::{Contingency, Prf, Scores};
use rustc_hash::FxHashMap;
use serde::Serialize;
use std::ops::Range;

/// A labelled row of gold and where it was put.
#[derive(Clone, Copy, Debug)]
pub struct Item {
    /// Its gold event, by number.
    pub gold: u32,
    /// Its cluster, by number: that of the event it is in; else one of its own.
    pub cluster: u32,
    /// Where the run has it; `None` when the run has not read it.
    pub place: Option<Place>,
}

impl Item {
    fn is_umbrella(&self) -> bool {
        self.place.is_some_and(|p| p.event.is_none())
    }
}

/// Every labelled row of every gold file.
#[derive(Debug, Default)]
pub struct Items {
    /// The rows, file by file.
    pub all: Vec<Item>,
    /// Names of the gold events, by number; one name is one event, whatever the file.
    pub labels: Vec<String>,
    files: Vec<(String, Range<usize>)>,
}

/// The measures of one gold file, or of all together.
#[derive(Clone, Debug, Serialize)]
pub struct Table {
    /// The file's name up to its first dot, or `ALL`.
    pub name: String,
    /// The measures.
    #[serde(flatten)]
    pub scores: Scores,
    /// Labelled rows that the run made umbrellas; each counts as a cluster of its own.
    pub umbrellas: u64,
    /// Labelled rows that the run has not read; each counts as a cluster of its own.
    pub missing: u64,
    /// B-cubed by size of the gold event.
    pub sizes: Vec<Size>,
}

/// B-cubed over the rows of gold events of one size, each against the whole clustering.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Size {
    /// The sizes.
    pub size: &'static str,
    /// Labelled rows in such events.
    pub rows: u64,
    /// Such events.
    pub events: u64,
    /// Precision.
    pub b3_p: f64,
    /// Recall.
    pub b3_r: f64,
    /// F1.
    pub b3_f1: f64,
}

/// A class of sizes: its name, the least and the most.
const SIZES: [(&str, u64, u64); 6] =
    [("1", 1, 1), ("2", 2, 2), ("3-7", 3, 7), ("8+", 8, u64::MAX), ("2+", 2, u64::MAX), ("all", 1, u64::MAX)];

/// How judged pairs came out.
#[derive(Clone, Copy, Debug, Default, Serialize, PartialEq)]
pub struct Judged {
    /// Pairs.
    pub pairs: u64,
    /// Pairs that report one event.
    pub same: u64,
    /// Pairs that were put together.
    pub together: u64,
    /// Of the pairs put together, the part that reports one event; 1 when none was.
    pub judged_p: f64,
    /// Of the pairs that report one event, the part put together; 1 when there is none.
    pub judged_r: f64,
    /// F1 of both.
    pub judged_f1: f64,
}

impl Judged {
    /// The names of its measures.
    pub const NAMES: [&'static str; 3] = ["judged_p", "judged_r", "judged_f1"];

    /// The measure of that name.
    pub fn get(&self, name: &str) -> Option<f64> {
        let at = Self::NAMES.iter().position(|n| *n == name)?;
        Some([self.judged_p, self.judged_r, self.judged_f1][at])
    }

    /// Judged pairs of all files; `None` when there are none.
    pub fn of(gold: &[Gold], clustering: &Clustering) -> Option<Judged> {
        let mut counts = Judged::default();
        let mut right = 0;
        for (a, b, same) in gold.iter().flat_map(|g| &g.judged) {
            let together = together(clustering, a, b);
            counts.pairs += 1;
            counts.same += u64::from(*same);
            counts.together += u64::from(together);
            right += u64::from(together && *same);
        }
        let share = |of: u64| if of > 0 { right as f64 / of as f64 } else { 1.0 };
        let prf = Prf::of(share(counts.together), share(counts.same));
        let judged = Judged { judged_p: prf.p, judged_r: prf.r, judged_f1: prf.f1, ..counts };
        (counts.pairs > 0).then_some(judged)
    }
}

/// Whether two entries are in one event.
pub fn together(clustering: &Clustering, a: &str, b: &str) -> bool {
    let event = |name: &str| clustering.find(name).and_then(|p| p.event);
    a == b || (event(a).is_some() && event(a) == event(b))
}

impl Items {
    /// Joins gold with a clustering by the key of the entries.
    pub fn of(gold: &[Gold], clustering: &Clustering) -> Items {
        let mut items = Items::default();
        let (mut labels, mut alone) = (FxHashMap::default(), FxHashMap::default());
        let first_alone = clustering.places.iter().filter_map(|p| p.event).max().map_or(0, |most| most + 1);
        for file in gold.iter().filter(|g| !g.labelled.is_empty()) {
            let from = items.all.len();
            for (id, label) in &file.labelled {
                let gold = *labels.entry(label.as_str()).or_insert_with(|| {
                    items.labels.push(label.clone());
                    items.labels.len() as u32 - 1
                });
                let place = clustering.find(id);
                let next = first_alone + alone.len() as u32;
                let cluster = place.and_then(|p| p.event).unwrap_or_else(|| *alone.entry(id.as_str()).or_insert(next));
                items.all.push(Item { gold, cluster, place });
            }
            items.files.push((file.name.clone(), from..items.all.len()));
        }
        items
    }

    /// The contingency table of every row.
    pub fn contingency(&self) -> Contingency {
        contingency(&self.all)
    }

    /// One table per file, and `ALL`; empty when there are judged pairs alone.
    pub fn tables(&self) -> Vec<Table> {
        let each = self.files.iter().map(|(name, range)| table(name, &self.all[range.clone()]));
        let all = (!self.all.is_empty()).then(|| table("ALL", &self.all));
        each.chain(all).collect()
    }
}

fn contingency(items: &[Item]) -> Contingency {
    Contingency::of(items.iter().map(|i| (i.cluster, i.gold)))
}

fn table(name: &str, items: &[Item]) -> Table {
    let contingency = contingency(items);
    let count = |of: fn(&Item) -> bool| items.iter().filter(|i| of(i)).count() as u64;
    let size = |(size, least, most): (&'static str, u64, u64)| {
        let ((rows, events), b3) = contingency.b_cubed_where(|n| (least..=most).contains(&n));
        Size { size, rows, events, b3_p: b3.p, b3_r: b3.r, b3_f1: b3.f1 }
    };
    Table {
        name: name.to_string(),
        scores: contingency.scores(),
        umbrellas: count(Item::is_umbrella),
        missing: count(|i| i.place.is_none()),
        sizes: SIZES.into_iter().map(size).filter(|s| s.rows > 0).collect(),
    }
}
