//! Clusters to events: one canonical record each, ids kept from run to run.

mod counts;
mod fields;
mod figures;
mod first;
mod ids;
mod record;
mod view;
mod words;

use crate::algo::stems;
use crate::model::lineage::{LineageRow, Registry};
use crate::model::told::Head;
use crate::model::{Cluster, Entry, Event, Row, Text, Umbrella};
use rayon::prelude::*;
use std::convert::Infallible;
use view::View;

crate::knobs! {
    /// Merging: the canonical record of each event.
    pub struct MergeSettings in "merge" {
        /// Hours after which an event's entries no longer move on their own.
        settle_hours: u32 = 72, 1..=8_760;
        /// Most words of a summary.
        summary_words: usize = 60, 5..=1_000;
        /// An event whose weakest link is below this is doubtful.
        doubtful_below: f64 = 0.30, 0.0..=1.0;
    }
}

/// The version of this stage: raised when the same input would give another result.
pub const VERSION: u32 = 1;

/// What merging reads.
#[derive(Clone, Copy)]
pub struct MergeInput<'a> {
    /// The working set in global order: the index is the row.
    pub entries: &'a [Entry],
    /// Their texts, parallel; of these no body is read.
    pub texts: &'a [Text],
    /// Makes the body of a row's text.
    pub body: &'a (dyn Fn(Row) -> String + Sync),
    /// The clusters; each row is in at most one.
    pub clusters: &'a [Cluster],
    /// The entries that are members of none.
    pub umbrellas: &'a [Umbrella],
    /// The ids of earlier runs.
    pub registry: &'a Registry,
    /// The only "now" there is, unix seconds.
    pub as_of: i64,
}

/// What merging makes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Merged {
    /// One event per cluster, parallel to the clusters.
    pub events: Vec<Event>,
    /// The registry after this run, whole.
    pub registry: Registry,
    /// What became of each event, sorted.
    pub lineage: Vec<LineageRow>,
}

/// Names the clusters and writes their records.
pub fn merge(input: &MergeInput, settings: &MergeSettings) -> Merged {
    let mut all = Vec::with_capacity(input.clusters.len());
    let put = |mut events: Vec<Event>| -> Result<(), Infallible> {
        all.append(&mut events);
        Ok(())
    };
    match merge_in_parts(input, settings, put) {
        Ok(merged) => Merged { events: all, ..merged },
        Err(never) => match never {},
    }
}

/// Clusters whose records are made at a time.
const PART: usize = 4_096;

/// The same; `put` is given the records as they are made, in order, and the result holds none.
///
/// # Errors
/// Those of `put`.
pub fn merge_in_parts<E>(
    input: &MergeInput,
    settings: &MergeSettings,
    mut put: impl FnMut(Vec<Event>) -> Result<(), E>,
) -> Result<Merged, E> {
    let named = ids::assign(input);
    let mut names = named.names.into_iter();
    for part in input.clusters.chunks(PART) {
        let names: Vec<ids::Name> = names.by_ref().take(part.len()).collect();
        let event = |(cluster, name)| {
            let view = View::new(input, cluster);
            stems::remembered(|terms| record::event(&view, name, terms, settings))
        };
        put(part.par_iter().zip(names).map(event).collect())?;
    }
    Ok(Merged { events: Vec::new(), registry: named.registry, lineage: named.lineage })
}

/// Names the clusters, and writes nothing else of them, where no event is known from before and none will be remembered.
pub fn name(entries: &[Entry], clusters: &[Cluster]) -> Vec<Head> {
    let head = |cluster: &Cluster| Head {
        id: ids::first_of(entries, cluster),
        first: None,
        entries: cluster.origins.iter().map(|o| 1 + o.copies.len() as u32).sum(),
        doubtful: false,
    };
    clusters.par_iter().map(head).collect()
}

#[cfg(test)]
mod tests;
