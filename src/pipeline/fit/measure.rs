//! How well a clustering agrees with gold: B-cubed over the labelled rows.

use super::gold::Labelled;
use crate::algo::agreement::{Contingency, Prf};

/// Compares labels with places: `place` gives each row of the working set its cluster. What has none, and what is not
/// in the working set, is alone.
pub fn bcubed(labelled: &[Labelled], place: &[Option<u32>]) -> Prf {
    let n = place.len() as u32;
    let alone = |i: usize, row: &Labelled| n + row.row.map_or(n + i as u32, |r| r.0);
    let cluster = |i: usize, row: &Labelled| row.row.and_then(|r| place[r.at()]).unwrap_or_else(|| alone(i, row));
    let items = labelled.iter().enumerate().map(|(i, row)| (cluster(i, row), row.label));
    Contingency::of(items).b_cubed_where(|_| true).1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Row;

    fn of(labels: &[u32], place: &[Option<u32>]) -> Prf {
        let rows: Vec<Labelled> =
            labels.iter().enumerate().map(|(i, l)| Labelled { row: Some(Row(i as u32)), label: *l }).collect();
        bcubed(&rows, place)
    }

    #[test]
    fn the_figures_are_those_of_the_definition() {
        let found = of(&[1, 1, 1, 2], &[Some(0), Some(0), Some(1), Some(1)]);
        assert!((found.p - (1.0 + 1.0 + 0.5 + 0.5) / 4.0).abs() < 1e-12);
        assert!((found.r - (2.0 / 3.0 + 2.0 / 3.0 + 1.0 / 3.0 + 1.0) / 4.0).abs() < 1e-12);
        assert_eq!(of(&[1, 1, 2], &[Some(4), Some(4), Some(5)]).f1, 1.0);
    }

    #[test]
    fn what_is_in_no_cluster_is_alone() {
        assert_eq!(of(&[1, 1], &[None, None]).r, 0.5);
        let lost = [Labelled { row: None, label: 1 }, Labelled { row: None, label: 2 }];
        assert_eq!(bcubed(&lost, &[]).f1, 1.0);
    }
}
