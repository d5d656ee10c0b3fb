//! What weights are fitted on: the labelled candidates with their evidence, and how much each counts.

use super::gold::Gold;
use crate::algo::logistic::round6;
use crate::algo::regression::{Model, Rows, log_loss};
use crate::model::{Feature, Features, Link, Proposals};

/// How much the pairs of a set count beside those of another.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Balance {
    /// Each pair the same: the largest set rules.
    None,
    /// A pair of a set of n pairs counts 1/√n: a set four times as large counts twice as much.
    Sqrt,
    /// Each set the same.
    Equal,
}

impl Balance {
    /// Every choice.
    pub const ALL: [Balance; 3] = [Balance::None, Balance::Sqrt, Balance::Equal];

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Balance::None => "none",
            Balance::Sqrt => "sqrt",
            Balance::Equal => "equal",
        }
    }

    /// The choice of that name.
    pub fn from_name(name: &str) -> Option<Balance> {
        Balance::ALL.into_iter().find(|b| b.name() == name)
    }

    /// How much one of `n` pairs counts.
    fn each(self, n: f64) -> f64 {
        match self {
            Balance::None => 1.0,
            Balance::Sqrt => 1.0 / n.sqrt(),
            Balance::Equal => 1.0 / n,
        }
    }
}

/// What stands for a set where an entry of a pair is in none.
pub const NO_SET: u32 = u32::MAX;

/// What weights are fitted on besides the labelled pairs as they are.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Beside {
    /// Only pairs of one set.
    pub within: bool,
    /// What a pair of a labelled and an unlabelled entry counts beside a labelled pair, as two events: a night is
    /// mostly such pairs, and without them what share of the candidates is one event depends on which sets are given.
    pub unlabelled: f64,
    /// What a dated pair counts once more with its date hidden: so that what a missing date weighs is learnt from
    /// every set, not from those alone that lack dates.
    pub hidden_dates: f64,
    /// What a pair counts once more with its bodies cut to their first words: so that what the words of headlines and
    /// excerpts weigh is learnt from every set, not from those alone that have no more.
    pub cut_bodies: f64,
}

/// Labelled pairs, in the order of the candidates; after them what is fitted on beside them.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Sample {
    /// The values of the features, pair after pair.
    pub evidence: Vec<f64>,
    /// Whether both carry one label.
    pub same: Vec<bool>,
    /// The sets of both entries; a pair across two sets belongs to each by half.
    pub sides: Vec<[u32; 2]>,
    /// What each pair counts beside its fellows.
    pub factor: Vec<f64>,
    /// How many of the pairs are labelled pairs as they are: those before the others.
    pub labelled: usize,
    /// How many sets there are.
    pub sets: u32,
}

impl Sample {
    /// The judged candidates whose entries are both labelled, and what `beside` adds to them; `cut`, parallel to them,
    /// is their evidence with the bodies cut. Copies are left out: linkage never uses their probability. So are pairs that
    /// nothing but a band proposed: they are a draw of the hash, and another one would draw others.
    pub fn of(judged: &[Link], cut: &[Features], gold: &Gold, beside: Beside) -> Sample {
        let mut sample = Sample { sets: gold.sets.len() as u32, ..Sample::default() };
        let (mut half, mut short) = (Vec::new(), Vec::new());
        let drawn = |l: &Link| l.by == Proposals::BAND;
        for (link, cut) in judged.iter().zip(cut).filter(|(l, _)| !l.relation.is_copy() && !drawn(l)) {
            match (gold.marks[link.a.at()], gold.marks[link.b.at()]) {
                (Some(a), Some(b)) if a.set == b.set || !beside.within => {
                    sample.push(&link.features, a.label == b.label, [a.set, b.set], 1.0);
                    short.push((cut, a.label == b.label, [a.set, b.set], beside.cut_bodies));
                }
                (Some(one), None) | (None, Some(one)) if beside.unlabelled > 0.0 => {
                    half.push((&link.features, false, [one.set, NO_SET], beside.unlabelled));
                    short.push((cut, false, [one.set, NO_SET], beside.unlabelled * beside.cut_bodies));
                }
                _ => {}
            }
        }
        sample.labelled = sample.same.len();
        short.retain(|s| s.3 > 0.0);
        for (features, same, sides, factor) in half.into_iter().chain(short) {
            sample.push(features, same, sides, factor);
        }
        if beside.hidden_dates > 0.0 {
            sample.hide_dates(beside.hidden_dates);
        }
        sample
    }

    fn push(&mut self, features: &Features, same: bool, sides: [u32; 2], factor: f64) {
        self.evidence.extend(Feature::ALL.iter().map(|f| round6(features.get(*f))));
        self.same.push(same);
        self.sides.push(sides);
        self.factor.push(factor);
    }

    /// Adds each dated pair once more without its date.
    fn hide_dates(&mut self, factor: f64) {
        for i in 0..self.same.len() {
            let mut values = self.values(i).to_vec();
            if values[Feature::DateMissing as usize] > 0.0 {
                continue;
            }
            for dated in [Feature::DaysApart, Feature::OverOneDay] {
                values[dated as usize] = 0.0;
            }
            values[Feature::DateMissing as usize] = 1.0;
            self.evidence.extend(values);
            self.same.push(self.same[i]);
            self.sides.push(self.sides[i]);
            self.factor.push(self.factor[i] * factor);
        }
    }

    /// The values of one pair.
    pub fn values(&self, i: usize) -> &[f64] {
        &self.evidence[i * Feature::COUNT..(i + 1) * Feature::COUNT]
    }

    /// Whether any pair has some of a feature.
    pub fn has(&self, feature: Feature) -> bool {
        (0..self.labelled).any(|i| self.values(i)[feature as usize] != 0.0)
    }

    /// How far a pair belongs to a set: 0, a half or 1.
    pub fn share(&self, i: usize, set: u32) -> f64 {
        self.sides[i].iter().filter(|s| **s == set).count() as f64 / 2.0
    }

    /// Whether a pair touches none of these sets.
    pub fn is_clear_of(&self, i: usize, left_out: &[u32]) -> bool {
        !self.sides[i].iter().any(|s| left_out.contains(s))
    }

    /// The rows as the regression reads them.
    pub fn rows<'a>(&'a self, weights: &'a [f64]) -> Rows<'a> {
        Rows { width: Feature::COUNT, values: &self.evidence, targets: &self.same, weights, base: &[] }
    }

    /// How much each pair counts when some sets are left out: 0 where it touches one of them; elsewhere 1 on the average
    /// of the labelled pairs, and what stands beside them in proportion.
    pub fn weights(&self, balance: Balance, left_out: &[u32]) -> Vec<f64> {
        let used: Vec<bool> = (0..self.same.len()).map(|i| self.is_clear_of(i, left_out)).collect();
        let mut size = vec![0.0; self.sets as usize];
        for (sides, _) in self.sides[..self.labelled].iter().zip(&used).filter(|(_, used)| **used) {
            sides.iter().for_each(|s| size[*s as usize] += 0.5);
        }
        let side = |s: u32| size.get(s as usize).filter(|n| **n > 0.0).map_or(0.0, |n| balance.each(*n) / 2.0);
        let raw = |i: usize| self.factor[i] * self.sides[i].iter().map(|s| side(*s)).sum::<f64>();
        let mut weights: Vec<f64> = (0..used.len()).map(|i| if used[i] { raw(i) } else { 0.0 }).collect();
        let (sum, n) =
            (weights[..self.labelled].iter().sum::<f64>(), used[..self.labelled].iter().filter(|u| **u).count());
        weights.iter_mut().for_each(|w| *w *= n as f64 / sum.max(f64::MIN_POSITIVE));
        weights
    }

    /// The mean loss of a model on the pairs of a set.
    pub fn loss_on(&self, set: u32, model: &Model) -> f64 {
        let rows = (0..self.labelled).map(|i| (i, self.share(i, set))).filter(|(_, share)| *share > 0.0);
        log_loss(rows.map(|(i, share)| (model.log_odds(self.values(i)), self.same[i], share)))
    }

    /// Pairs within or across a set, and those of one event among them.
    pub fn count(&self, set: u32) -> (usize, usize) {
        let touching = self.sides[..self.labelled].iter().zip(&self.same).filter(|(sides, _)| sides.contains(&set));
        touching.fold((0, 0), |(n, same), (_, s)| (n + 1, same + usize::from(*s)))
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A sample in which two features speak and one set is larger than the others.
    pub fn sample(sets: u32, per_set: u32) -> Sample {
        let mut sample = Sample { sets, ..Sample::default() };
        for set in 0..sets {
            for i in 0..per_set * (1 + set) {
                let (x, same) = (f64::from(i % 10) / 10.0, (i * 7 + set) % 10 < i % 10);
                let mut values = [0.0; Feature::COUNT];
                (values[0], values[Feature::DaysApart as usize]) = (x, f64::from(i % 4));
                sample.evidence.extend(values);
                sample.same.push(same);
                sample.sides.push([set, if i % 5 == 0 { (set + 1) % sets } else { set }]);
                sample.factor.push(1.0);
            }
        }
        sample.labelled = sample.same.len();
        sample
    }

    #[test]
    fn a_large_set_counts_more_than_a_small_one_by_the_root_of_its_size() {
        let mut sample = Sample { sets: 2, same: vec![true; 5], ..Sample::default() };
        sample.sides = vec![[0, 0], [1, 1], [1, 1], [1, 1], [1, 1]];
        (sample.factor, sample.labelled) = (vec![1.0; 5], 5);
        let of = |balance| sample.weights(balance, &[]);
        let ratio = |w: Vec<f64>| w[1..].iter().sum::<f64>() / w[0];
        assert!((ratio(of(Balance::None)) - 4.0).abs() < 1e-12);
        assert!((ratio(of(Balance::Sqrt)) - 2.0).abs() < 1e-12);
        assert!((ratio(of(Balance::Equal)) - 1.0).abs() < 1e-12);
        assert_eq!(sample.weights(Balance::Equal, &[1]), [1.0, 0.0, 0.0, 0.0, 0.0]);
    }

    #[test]
    fn what_stands_beside_the_labelled_pairs_counts_in_proportion_and_is_not_counted_as_labelled() {
        let mut with = sample(2, 10);
        let labelled = with.weights(Balance::Equal, &[]);
        with.push(&Features::default(), false, [1, NO_SET], 0.5);
        with.hide_dates(2.0);
        let n = labelled.len();
        let weights = with.weights(Balance::Equal, &[]);
        assert_eq!(weights[..n], labelled[..]);
        assert_eq!(
            (weights.len(), with.labelled, with.count(0), with.count(1).0),
            (2 * n + 2, n, sample(2, 10).count(0), sample(2, 10).count(1).0)
        );
        assert_eq!((weights[n + 1], weights[2 * n + 1]), (2.0 * weights[0], 2.0 * weights[n]));
        let hidden = with.values(n + 3);
        assert_eq!((hidden[Feature::DaysApart as usize], hidden[Feature::DateMissing as usize]), (0.0, 1.0));
        assert_eq!(with.weights(Balance::Equal, &[1])[n], 0.0, "a pair of a set that is left out is left out too");
    }

    #[test]
    fn every_balance_is_found_by_its_name() {
        assert!(Balance::ALL.into_iter().all(|b| Balance::from_name(b.name()) == Some(b)));
        assert_eq!(Balance::from_name("cube"), None);
    }

    proptest! {
        #[test]
        fn pairs_count_one_on_average_and_nothing_where_left_out(sets in 1_u32..5, per_set in 1_u32..20, out in 0_u32..5) {
            let sample = sample(sets, per_set);
            for balance in Balance::ALL {
                let weights = sample.weights(balance, &[out]);
                let used = (0..weights.len()).filter(|i| sample.is_clear_of(*i, &[out])).count();
                prop_assert!((weights.iter().sum::<f64>() - used as f64).abs() < 1e-6);
                prop_assert!((0..weights.len()).all(|i| (weights[i] > 0.0) == sample.is_clear_of(i, &[out])));
            }
        }
    }
}
