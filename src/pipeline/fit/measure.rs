//! How well a clustering agrees with gold: B-cubed over the labelled rows.

use super::gold::Labelled;
use serde::Serialize;
use std::collections::BTreeMap;

/// Precision, recall and F1 by B-cubed.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub struct Bcubed {
    /// Mean share of an entry's cluster that has its label.
    pub precision: f64,
    /// Mean share of an entry's label that is in its cluster.
    pub recall: f64,
    /// The harmonic mean of both.
    pub f1: f64,
}

/// Compares labels with places: `place` gives each row of the working set its cluster. What has none, and what is not
/// in the working set, is alone.
pub fn bcubed(labelled: &[Labelled], place: &[Option<u32>]) -> Bcubed {
    let cluster = |i: usize| match labelled[i].row.and_then(|r| place[r.at()]) {
        Some(cluster) => (0, cluster as usize),
        None => (1, labelled[i].row.map_or(place.len() + i, |r| r.at())),
    };
    let mut both: BTreeMap<((u8, usize), u32), f64> = BTreeMap::new();
    let (mut clusters, mut labels) = (BTreeMap::new(), BTreeMap::new());
    for (i, row) in labelled.iter().enumerate() {
        *both.entry((cluster(i), row.label)).or_default() += 1.0;
        *clusters.entry(cluster(i)).or_insert(0.0) += 1.0;
        *labels.entry(row.label).or_insert(0.0) += 1.0;
    }
    let n = labelled.len().max(1) as f64;
    let precision = both.iter().map(|((c, _), m)| m * m / clusters[c]).sum::<f64>() / n;
    let recall = both.iter().map(|((_, l), m)| m * m / labels[l]).sum::<f64>() / n;
    let sum = precision + recall;
    Bcubed { precision, recall, f1: if sum > 0.0 { 2.0 * precision * recall / sum } else { 0.0 } }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Row;

    fn of(labels: &[u32], place: &[Option<u32>]) -> Bcubed {
        let rows: Vec<Labelled> =
            labels.iter().enumerate().map(|(i, l)| Labelled { row: Some(Row(i as u32)), label: *l }).collect();
        bcubed(&rows, place)
    }

    #[test]
    fn the_figures_are_those_of_the_definition() {
        let found = of(&[1, 1, 1, 2], &[Some(0), Some(0), Some(1), Some(1)]);
        assert!((found.precision - (1.0 + 1.0 + 0.5 + 0.5) / 4.0).abs() < 1e-12);
        assert!((found.recall - (2.0 / 3.0 + 2.0 / 3.0 + 1.0 / 3.0 + 1.0) / 4.0).abs() < 1e-12);
        assert_eq!(of(&[1, 1, 2], &[Some(4), Some(4), Some(5)]).f1, 1.0);
    }

    #[test]
    fn what_is_in_no_cluster_is_alone() {
        assert_eq!(of(&[1, 1], &[None, None]).recall, 0.5);
        let lost = [Labelled { row: None, label: 1 }, Labelled { row: None, label: 2 }];
        assert_eq!(bcubed(&lost, &[]).f1, 1.0);
    }
}
