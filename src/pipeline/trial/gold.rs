//! Pairs that gold says report one event, and which of them the rule calls copies.

use super::{Called, called, part};
use crate::error::Result;
use crate::model::{Entry, Row};
use crate::pipeline::fit::gold::read;
use crate::stage::score::{Evidence, ScoreSettings};
use rayon::prelude::*;
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Pairs of one event.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct SameEvent {
    /// Pairs of entries that bear one label.
    pub pairs: usize,
    /// Those that the rule calls copies, as a share of all.
    pub share: f64,
    /// Those; whether they are is for a person to read.
    pub called: Vec<Called>,
}

/// Looks at every pair of entries of one label.
///
/// # Errors
/// A gold file is wrong, or none of its rows was read.
pub fn same_event(
    entries: &[Entry],
    evidence: &Evidence,
    files: &[PathBuf],
    rules: &ScoreSettings,
) -> Result<SameEvent> {
    let mut events: BTreeMap<u32, Vec<Row>> = BTreeMap::new();
    for (i, mark) in read(files, entries)?.marks.iter().enumerate() {
        if let Some(mark) = mark {
            events.entry(mark.label).or_default().push(Row(i as u32));
        }
    }
    let pairs: Vec<(Row, Row)> = events
        .values()
        .flat_map(|rows| rows.iter().enumerate().flat_map(|(i, a)| rows[i + 1..].iter().map(move |b| (*a, *b))))
        .collect();
    let called: Vec<Called> = pairs.par_iter().filter_map(|(a, b)| called(entries, evidence, *a, *b, rules)).collect();
    Ok(SameEvent { pairs: pairs.len(), share: part(called.len(), pairs.len()), called })
}
