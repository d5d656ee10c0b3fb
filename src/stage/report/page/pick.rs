//! Which events the page offers, and which of them first.

use super::PageInput;
use crate::model::Cluster;

/// The events of the page, as indices: those of two entries and more before the rest; among them the
/// most doubtful and the largest take turns, so that a page cut short holds the top of both lists;
/// events of one entry follow, newest first. Ties go to the earlier event.
pub fn pick(input: &PageInput) -> Vec<usize> {
    let count = input.events.heads().len().min(input.clusters.len());
    let sizes: Vec<usize> = input.clusters.iter().map(|c| c.origins.iter().map(|o| 1 + o.copies.len()).sum()).collect();
    let (shared, mut single): (Vec<usize>, Vec<usize>) = (0..count).partition(|&at| sizes[at] >= 2);
    let mut doubtful = shared.clone();
    doubtful.sort_by_key(|&at| (doubt(input, at), at));
    let mut largest = shared;
    largest.sort_by_key(|&at| (std::cmp::Reverse(sizes[at]), at));
    single.sort_by_cached_key(|&at| (std::cmp::Reverse(newest(input, &input.clusters[at])), at));
    let mut seen = vec![false; count];
    let turns = doubtful.into_iter().zip(largest).flat_map(|(a, b)| [a, b]).chain(single);
    turns.filter(|&at| !std::mem::replace(&mut seen[at], true)).take(input.settings.max_events).collect()
}

/// Lowest for the most doubtful: what was marked for review first, then by the weakest link.
fn doubt(input: &PageInput, at: usize) -> (bool, u32) {
    let weakest = input.clusters[at].weakest.map_or(u32::MAX, |p| p.0);
    (!input.events.heads()[at].doubtful, weakest)
}

/// The newest clock among an event's entries, unix seconds.
pub fn newest(input: &PageInput, cluster: &Cluster) -> Option<i64> {
    let rows = cluster.origins.iter().flat_map(|o| o.rows());
    rows.filter_map(|r| input.entries.get(r.at())?.published.from).max()
}
