//! Weights fitted with sets left out, and calibrated by what each set's pairs get from weights that never saw them.

use super::sample::{Balance, Sample};
use crate::algo::regression::{Bound, Model, Rows, fit};
use crate::model::{Feature, Sign};
use rayon::prelude::*;

/// How weights are fitted.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Rule {
    /// The penalty on their squares.
    pub l2: f64,
    /// How much the pairs of each set count.
    pub balance: Balance,
    /// Whether the calibration is folded into the weights.
    pub calibrate: bool,
}

/// What makes held-out log-odds honest: `offset + scale × log-odds`.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Calibration {
    /// Below 1, the weights were too sure of themselves.
    pub scale: f64,
    /// Above 0, one event was more frequent than they expected.
    pub offset: f64,
}

/// No change.
const AS_IT_IS: Calibration = Calibration { scale: 1.0, offset: 0.0 };

/// Weights fitted on all but some sets.
#[derive(Clone, PartialEq, Debug)]
pub struct Fold {
    /// The model, with the calibration folded in where the rule asks for it.
    pub model: Model,
    /// What would make the held-out log-odds fit.
    pub calibration: Calibration,
    /// The log-odds of each pair, calibrated where the rule asks for it, by weights that saw none of its sets; `None` where there are none.
    pub held: Vec<Option<f64>>,
}

/// Fits on the pairs that touch none of `left_out`, and finds the calibration by leaving each other set out in turn.
/// `None` when those pairs are all of one kind.
pub fn fold(sample: &Sample, rule: Rule, left_out: &[u32]) -> Option<Fold> {
    let model = without(sample, rule, left_out)?;
    let inner: Vec<Option<Model>> =
        (0..sample.sets).into_par_iter().map(|s| one_less(sample, rule, left_out, s)).collect();
    let mut held: Vec<Option<f64>> = (0..sample.labelled).map(|i| held_out(sample, i, &inner)).collect();
    let calibration = calibrated(sample, rule, &sample.weights(rule.balance, left_out), &held);
    let Calibration { scale, offset } = if rule.calibrate { calibration } else { AS_IT_IS };
    held.iter_mut().flatten().for_each(|z| *z = offset + scale * *z);
    Some(Fold { model: model.rescaled(scale, offset), calibration, held })
}

/// The bounds of the features' weights, in their order.
pub fn bounds() -> [Bound; Feature::COUNT] {
    Feature::ALL.map(|f| match f.sign() {
        Some(Sign::For) => Bound::AtLeastZero,
        Some(Sign::Against) => Bound::AtMostZero,
        None => Bound::Free,
    })
}

fn without(sample: &Sample, rule: Rule, left_out: &[u32]) -> Option<Model> {
    let weights = sample.weights(rule.balance, left_out);
    fit(&sample.rows(&weights), rule.l2, &bounds())
}

fn one_less(sample: &Sample, rule: Rule, left_out: &[u32], set: u32) -> Option<Model> {
    if left_out.contains(&set) {
        return None;
    }
    without(sample, rule, &[left_out, &[set]].concat())
}

/// A pair's log-odds by the weights that did not see its set; across two sets, the mean of both.
fn held_out(sample: &Sample, i: usize, inner: &[Option<Model>]) -> Option<f64> {
    let side = |set: u32| Some(inner.get(set as usize)?.as_ref()?.log_odds(sample.values(i)));
    let [a, b] = sample.sides[i];
    Some((side(a)? + side(b)?) / 2.0)
}

/// Scale and offset that make the held-out log-odds fit; the scale is drawn to 1 by the same penalty.
fn calibrated(sample: &Sample, rule: Rule, weights: &[f64], held: &[Option<f64>]) -> Calibration {
    let known: Vec<usize> = (0..held.len()).filter(|i| held[*i].is_some() && weights[*i] > 0.0).collect();
    let z: Vec<f64> = known.iter().filter_map(|i| held[*i]).collect();
    let targets: Vec<bool> = known.iter().map(|i| sample.same[*i]).collect();
    let weights: Vec<f64> = known.iter().map(|i| weights[*i]).collect();
    let rows = Rows { width: 1, values: &z, targets: &targets, weights: &weights, base: &z };
    let found = fit(&rows, rule.l2, &[]).map(|m| Calibration { scale: 1.0 + m.weights[0], offset: m.intercept });
    found.filter(|c| c.scale > 0.0 && c.scale.is_finite() && c.offset.is_finite()).unwrap_or(AS_IT_IS)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::sample::tests::sample;
    use super::*;

    const RULE: Rule = Rule { l2: 1.0, balance: Balance::Sqrt, calibrate: true };

    #[test]
    fn a_left_out_set_has_no_say() {
        let plain = sample(3, 40);
        let mut other = plain.clone();
        for i in 0..other.same.len() {
            other.same[i] ^= !plain.is_clear_of(i, &[1]);
        }
        assert_eq!(fold(&plain, RULE, &[1]).unwrap().model, fold(&other, RULE, &[1]).unwrap().model);
        assert_ne!(fold(&plain, RULE, &[]).unwrap().model, fold(&other, RULE, &[]).unwrap().model);
    }

    #[test]
    fn signs_hold_and_what_never_speaks_weighs_nothing() {
        let model = fold(&sample(3, 40), RULE, &[]).unwrap().model;
        assert!(model.weights[0] > 0.0);
        for (f, w) in Feature::ALL.iter().zip(&model.weights) {
            let allowed = match f.sign() {
                Some(Sign::For) => *w >= 0.0,
                Some(Sign::Against) => *w <= 0.0,
                None => true,
            };
            assert!(allowed, "{}: {w}", f.name());
        }
        assert_eq!(model.weights[Feature::TitleCosine as usize], 0.0);
    }

    #[test]
    fn held_out_log_odds_are_calibrated_to_what_was_the_case() {
        let sample = sample(4, 60);
        let rule = Rule { balance: Balance::None, ..RULE };
        let held = fold(&sample, rule, &[]).unwrap().held;
        let p = held.iter().map(|z| 1.0 / (1.0 + (-z.unwrap()).exp())).sum::<f64>();
        assert!((p - sample.same.iter().filter(|s| **s).count() as f64).abs() < 1e-6);
    }

    #[test]
    fn one_set_alone_is_fitted_as_it_is_and_one_kind_alone_not_at_all() {
        let alone = sample(1, 60);
        let fitted = fold(&alone, RULE, &[]).unwrap();
        assert_eq!(fitted.calibration, AS_IT_IS);
        assert!(fitted.held.iter().all(Option::is_none));
        assert_eq!(fold(&alone, RULE, &[0]), None);
        assert_eq!(fold(&Sample { same: vec![true; alone.same.len()], ..alone }, RULE, &[]), None);
    }
}
