//! B-cubed: how well groups that were found fit groups that were expected.

use std::collections::BTreeMap;

/// Precision, recall and their harmonic mean.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Score {
    pub precision: f64,
    pub recall: f64,
    pub f1: f64,
}

/// Scores pairs of (group found, group expected), one per entry.
pub fn bcubed(pairs: &[(String, String)]) -> Score {
    let mut both: BTreeMap<(&str, &str), f64> = BTreeMap::new();
    let mut found: BTreeMap<&str, f64> = BTreeMap::new();
    let mut expected: BTreeMap<&str, f64> = BTreeMap::new();
    for (f, e) in pairs {
        *both.entry((f, e)).or_default() += 1.0;
        *found.entry(f).or_default() += 1.0;
        *expected.entry(e).or_default() += 1.0;
    }
    let n = pairs.len() as f64;
    let precision = both.iter().map(|((f, _), v)| v * v / found[f]).sum::<f64>() / n;
    let recall = both.iter().map(|((_, e), v)| v * v / expected[e]).sum::<f64>() / n;
    Score { precision, recall, f1: 2.0 * precision * recall / (precision + recall) }
}

#[test]
fn a_perfect_fit_is_one_and_everything_in_one_group_costs_precision_alone() {
    let pairs = |rows: &[(&str, &str)]| rows.iter().map(|(a, b)| (a.to_string(), b.to_string())).collect::<Vec<_>>();
    assert_eq!(bcubed(&pairs(&[("x", "a"), ("x", "a"), ("y", "b")])).f1, 1.0);
    let lump = bcubed(&pairs(&[("x", "a"), ("x", "a"), ("x", "b"), ("x", "b")]));
    assert_eq!((lump.precision, lump.recall), (0.5, 1.0));
}
