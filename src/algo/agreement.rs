//! How far a clustering agrees with a gold one: B-cubed, pairwise, adjusted Rand, V-measure.
//!
//! All of them are read off the contingency table, in which a cell counts the items that one cluster and one gold
//! event share.
//!
//! - B-cubed: Bagga and Baldwin, "Entity-based cross-document coreferencing using the vector space model", COLING 1998;
//!   why it is the measure that counts here: Amigó, Gonzalo, Artiles and Verdejo, "A comparison of extrinsic clustering
//!   evaluation metrics based on formal constraints", Information Retrieval 12 (2009).
//! - Adjusted Rand index: Hubert and Arabie, "Comparing partitions", Journal of Classification 2 (1985).
//! - V-measure: Rosenberg and Hirschberg, "V-measure: a conditional entropy-based external cluster evaluation measure",
//!   EMNLP-CoNLL 2007.

use serde::Serialize;
use std::collections::BTreeMap;

/// What a clustering and a gold one have in common. Labels are any numbers; only their equality counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Contingency {
    both: BTreeMap<(u32, u32), u64>,
    clusters: BTreeMap<u32, u64>,
    gold: BTreeMap<u32, u64>,
    items: u64,
}

/// Precision, recall and their harmonic mean.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Prf {
    /// Of what was put together, the part that belongs together.
    pub p: f64,
    /// Of what belongs together, the part that was put together.
    pub r: f64,
    /// The harmonic mean of both.
    pub f1: f64,
}

impl Prf {
    /// Of precision and recall.
    pub fn of(p: f64, r: f64) -> Prf {
        Prf { p, r, f1: if p + r > 0.0 { 2.0 * p * r / (p + r) } else { 0.0 } }
    }
}

/// Every measure of one contingency table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Scores {
    /// Items.
    pub rows: u64,
    /// Gold events.
    pub events: u64,
    /// Clusters that hold an item.
    pub clusters: u64,
    /// B-cubed precision.
    pub b3_p: f64,
    /// B-cubed recall.
    pub b3_r: f64,
    /// B-cubed F1.
    pub b3_f1: f64,
    /// Pairwise precision; 1 where no pair was put together.
    pub pair_p: f64,
    /// Pairwise recall; 1 where no pair belongs together.
    pub pair_r: f64,
    /// Pairwise F1.
    pub pair_f1: f64,
    /// Adjusted Rand index: 0 is chance, 1 is perfect.
    pub ari: f64,
    /// V-measure.
    pub v: f64,
}

impl Scores {
    /// The names of the measures, in the order of [`Scores::values`].
    pub const NAMES: [&'static str; 8] = ["b3_p", "b3_r", "b3_f1", "pair_p", "pair_r", "pair_f1", "ari", "v"];

    /// The measures.
    pub fn values(&self) -> [f64; 8] {
        [self.b3_p, self.b3_r, self.b3_f1, self.pair_p, self.pair_r, self.pair_f1, self.ari, self.v]
    }

    /// The measure of that name.
    pub fn get(&self, name: &str) -> Option<f64> {
        Self::NAMES.iter().position(|n| *n == name).map(|at| self.values()[at])
    }
}

impl Contingency {
    /// Counts items given as (cluster, gold).
    pub fn of(items: impl IntoIterator<Item = (u32, u32)>) -> Contingency {
        let mut table = Contingency::default();
        for (cluster, gold) in items {
            *table.both.entry((cluster, gold)).or_default() += 1;
            *table.clusters.entry(cluster).or_default() += 1;
            *table.gold.entry(gold).or_default() += 1;
            table.items += 1;
        }
        table
    }

    /// Items counted.
    pub fn items(&self) -> u64 {
        self.items
    }

    /// Every measure; all zero without items.
    pub fn scores(&self) -> Scores {
        if self.items == 0 {
            return Scores::default();
        }
        let (_, b3) = self.b_cubed_where(|_| true);
        let pairs = self.pairwise();
        Scores {
            rows: self.items,
            events: self.gold.len() as u64,
            clusters: self.clusters.len() as u64,
            b3_p: b3.p,
            b3_r: b3.r,
            b3_f1: b3.f1,
            pair_p: pairs.p,
            pair_r: pairs.r,
            pair_f1: pairs.f1,
            ari: self.ari(),
            v: self.v(),
        }
    }

    /// B-cubed over the items whose gold event is of a size that `size` accepts, against the whole clustering, and how
    /// many items and events those are.
    pub fn b_cubed_where(&self, size: impl Fn(u64) -> bool) -> ((u64, u64), Prf) {
        let events = self.gold.values().filter(|n| size(**n)).count() as u64;
        let (mut items, mut p, mut r) = (0, 0.0, 0.0);
        for ((cluster, gold), n) in self.both.iter().filter(|(k, _)| size(self.gold[&k.1])) {
            let square = (n * n) as f64;
            items += n;
            p += square / self.clusters[cluster] as f64;
            r += square / self.gold[gold] as f64;
        }
        let over = items.max(1) as f64;
        ((items, events), Prf::of(p / over, r / over))
    }

    /// Pairs in one cluster and one event, pairs in one cluster, pairs in one event.
    fn pairs(&self) -> (f64, f64, f64) {
        (
            self.both.values().map(pairs).sum(),
            self.clusters.values().map(pairs).sum(),
            self.gold.values().map(pairs).sum(),
        )
    }

    fn pairwise(&self) -> Prf {
        let (right, made, wanted) = self.pairs();
        let share = |of: f64| if of > 0.0 { right / of } else { 1.0 };
        Prf::of(share(made), share(wanted))
    }

    fn ari(&self) -> f64 {
        let (right, made, wanted) = self.pairs();
        let expected = if self.items > 1 { made * wanted / pairs(&self.items) } else { 0.0 };
        let most = (made + wanted) / 2.0;
        if most == expected { 1.0 } else { (right - expected) / (most - expected) }
    }

    /// The harmonic mean of homogeneity and completeness.
    fn v(&self) -> f64 {
        let n = self.items as f64;
        let entropy = |counts: &BTreeMap<u32, u64>| -> f64 { counts.values().map(|c| surprise(*c, n, n)).sum() };
        let (mut gold_left, mut clusters_left) = (0.0, 0.0);
        for ((cluster, gold), c) in &self.both {
            gold_left += surprise(*c, self.clusters[cluster] as f64, n);
            clusters_left += surprise(*c, self.gold[gold] as f64, n);
        }
        let explained = |left: f64, of: f64| if of > 0.0 { 1.0 - left / of } else { 1.0 };
        Prf::of(explained(gold_left, entropy(&self.gold)), explained(clusters_left, entropy(&self.clusters))).f1
    }
}

fn pairs(n: &u64) -> f64 {
    let n = *n as f64;
    n * (n - 1.0) / 2.0
}

/// (count / n) · ln(of / count): what `count` of `n` items add to an entropy given a group of size `of`.
fn surprise(count: u64, of: f64, n: f64) -> f64 {
    let count = count as f64;
    (count / n * (of / count).ln()).max(0.0)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn scores(clusters: &[u32], gold: &[u32]) -> Scores {
        Contingency::of(clusters.iter().copied().zip(gold.iter().copied())).scores()
    }

    fn near(x: f64, y: f64) -> bool {
        (x - y).abs() < 1e-9
    }

    #[test]
    fn the_examples_of_bagga_and_baldwin_come_out_as_printed() {
        let gold = [1, 1, 1, 1, 1, 2, 2, 3, 3, 3, 3, 3];
        let first = scores(&[1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2], &gold);
        let second = scores(&[1, 1, 1, 1, 1, 2, 2, 1, 1, 1, 1, 1], &gold);
        assert!((first.b3_p - 0.76).abs() < 0.005 && near(first.b3_r, 1.0), "{first:?}");
        assert!((second.b3_p - 0.58).abs() < 0.005 && near(second.b3_r, 1.0), "{second:?}");
    }

    #[test]
    fn one_event_in_two_clusters_has_the_known_values() {
        let split = scores(&[0, 0, 1, 2], &[0, 0, 1, 1]);
        assert!(near(split.ari, 4.0 / 7.0) && near(split.v, 0.8), "{split:?}");
        assert!(near(split.b3_p, 1.0) && near(split.b3_r, 0.75) && near(split.b3_f1, 6.0 / 7.0), "{split:?}");
        assert!(near(split.pair_p, 1.0) && near(split.pair_r, 0.5), "{split:?}");
        assert_eq!((split.rows, split.events, split.clusters), (4, 2, 3));
    }

    #[test]
    fn no_better_than_chance_is_an_adjusted_rand_index_of_nothing_or_less() {
        let all_in_one = scores(&[0; 4], &[0, 0, 1, 1]);
        assert!(near(all_in_one.ari, 0.0) && near(all_in_one.v, 0.0) && near(all_in_one.b3_p, 0.5));
        assert!(scores(&[0, 1, 0, 1], &[0, 0, 1, 1]).ari < 0.0);
    }

    #[test]
    fn degenerate_tables_have_values_too() {
        assert_eq!(scores(&[], &[]), Scores::default());
        let one = scores(&[7], &[9]);
        assert!(one.values().iter().all(|v| near(*v, 1.0)), "{one:?}");
        let apart = scores(&[1, 2, 3], &[1, 2, 3]);
        assert!(apart.values().iter().all(|v| near(*v, 1.0)), "{apart:?}");
    }

    #[test]
    fn sizes_are_those_of_the_gold_events() {
        let table = Contingency::of([(0, 0), (0, 0), (1, 1), (0, 2)]);
        let ((items, events), pairs) = table.b_cubed_where(|n| n == 2);
        assert_eq!((items, events), (2, 1));
        assert!(near(pairs.p, 2.0 / 3.0) && near(pairs.r, 1.0));
        assert_eq!(table.b_cubed_where(|n| n > 7), ((0, 0), Prf::default()));
    }

    #[test]
    fn a_measure_is_found_by_its_name() {
        let split = scores(&[0, 0, 1, 2], &[0, 0, 1, 1]);
        assert_eq!(split.get("v"), Some(split.v));
        assert_eq!(split.get("f1"), None);
    }

    fn items() -> impl Strategy<Value = Vec<(u32, u32)>> {
        prop::collection::vec((0_u32..6, 0_u32..6), 1..40)
    }

    proptest! {
        #[test]
        fn a_clustering_agrees_with_itself_entirely(labels in prop::collection::vec(0_u32..6, 1..40)) {
            for value in scores(&labels, &labels).values() {
                prop_assert!(near(value, 1.0), "{value}");
            }
        }

        #[test]
        fn gold_and_clustering_change_places(items in items()) {
            let there = Contingency::of(items.iter().copied()).scores();
            let back = Contingency::of(items.iter().map(|(c, g)| (*g, *c))).scores();
            prop_assert!(near(there.b3_p, back.b3_r) && near(there.b3_r, back.b3_p) && near(there.b3_f1, back.b3_f1));
            prop_assert!(near(there.pair_p, back.pair_r) && near(there.ari, back.ari) && near(there.v, back.v));
        }

        #[test]
        fn names_of_clusters_and_order_of_items_change_nothing(items in items(), turn in 0_usize..40, by in 1_u32..1000) {
            let plain = Contingency::of(items.iter().copied()).scores();
            let mut other: Vec<(u32, u32)> = items.iter().map(|(c, g)| ((c + 3) % 6 * by, (g + 5) % 6 * by)).collect();
            other.rotate_left(turn % items.len());
            for (x, y) in plain.values().into_iter().zip(Contingency::of(other).scores().values()) {
                prop_assert!(near(x, y), "{x} {y}");
            }
        }

        #[test]
        fn shares_lie_between_nothing_and_all(items in items()) {
            let scores = Contingency::of(items).scores();
            for name in Scores::NAMES.into_iter().filter(|n| *n != "ari") {
                let value = scores.get(name).unwrap();
                prop_assert!((-1e-9..=1.0 + 1e-9).contains(&value), "{name} {value}");
            }
            prop_assert!(scores.ari <= 1.0 + 1e-9);
        }

        #[test]
        fn the_whole_is_the_mean_of_the_sizes(items in items()) {
            let table = Contingency::of(items);
            let ((n1, _), single) = table.b_cubed_where(|n| n == 1);
            let ((n2, _), rest) = table.b_cubed_where(|n| n > 1);
            let mean = (single.p * n1 as f64 + rest.p * n2 as f64) / (n1 + n2) as f64;
            prop_assert!(near(mean, table.scores().b3_p));
        }
    }
}
