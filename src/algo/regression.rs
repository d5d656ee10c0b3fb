//! Logistic regression with an L2 penalty and signs held: Newton's method, projected on the allowed signs.

use super::logistic::sigmoid;

/// Which values a weight may take.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Bound {
    /// Any.
    Free,
    /// 0 and above.
    AtLeastZero,
    /// 0 and below.
    AtMostZero,
}

impl Bound {
    /// The nearest allowed value.
    fn project(self, x: f64) -> f64 {
        match self {
            Bound::Free => x,
            Bound::AtLeastZero => x.max(0.0),
            Bound::AtMostZero => x.min(0.0),
        }
    }

    /// Whether a weight of 0 with this slope of the loss would only be pushed out of bounds.
    fn holds_at_zero(self, slope: f64) -> bool {
        match self {
            Bound::Free => false,
            Bound::AtLeastZero => slope > 0.0,
            Bound::AtMostZero => slope < 0.0,
        }
    }
}

/// What is fitted on: parallel lists, one element per row.
#[derive(Clone, Copy, Debug)]
pub struct Rows<'a> {
    /// Values per row.
    pub width: usize,
    /// The values, row after row.
    pub values: &'a [f64],
    /// What is to be predicted.
    pub targets: &'a [bool],
    /// How much each row counts.
    pub weights: &'a [f64],
    /// Log-odds that each row starts from; empty for 0.
    pub base: &'a [f64],
}

/// An intercept and a weight per value.
#[derive(Clone, PartialEq, Debug)]
pub struct Model {
    /// Log-odds of a row of zeros.
    pub intercept: f64,
    /// Log-odds per unit of each value.
    pub weights: Vec<f64>,
}

impl Model {
    /// The log-odds of one row.
    pub fn log_odds(&self, values: &[f64]) -> f64 {
        self.weights.iter().zip(values).fold(self.intercept, |sum, (w, v)| sum + w * v)
    }

    /// The model whose log-odds are `offset + scale ×` those of this one.
    pub fn rescaled(&self, scale: f64, offset: f64) -> Model {
        Model { intercept: offset + scale * self.intercept, weights: self.weights.iter().map(|w| scale * w).collect() }
    }
}

/// Most steps; where both targets occur and `l2` is above 0, about ten suffice.
const MOST_STEPS: usize = 100;

/// Halvings of a step before it is given up as too small to matter.
const MOST_HALVINGS: usize = 50;

/// The part of the fall promised by the slope that a step has to bring.
const ENOUGH: f64 = 1e-4;

/// A step in which no weight moves by more than this is the last.
const STILL: f64 = 1e-11;

/// The weights that minimise the weighted log-loss plus `l2`/2 times the sum of their squares (the intercept is free of
/// charge), each within its bound. `None` when the rows that count are all of one kind: no finite intercept fits them.
pub fn fit(rows: &Rows, l2: f64, bounds: &[Bound]) -> Option<Model> {
    let has = |kind: bool| rows.targets.iter().zip(rows.weights).any(|(t, w)| *t == kind && *w > 0.0);
    if !has(true) || !has(false) {
        return None;
    }
    let mut at = vec![0.0; rows.width + 1];
    for _ in 0..MOST_STEPS {
        let moved = step(&mut at, rows, l2, bounds);
        if moved <= STILL {
            break;
        }
    }
    let intercept = at.pop().unwrap_or(0.0);
    Some(Model { intercept, weights: at })
}

/// The mean loss of predicted log-odds, in nats; 0 for no rows.
pub fn log_loss(predicted: impl Iterator<Item = (f64, bool, f64)>) -> f64 {
    let (sum, weight) = predicted.fold((0.0, 0.0), |(s, n), (z, target, w)| (s + w * loss(z, target), n + w));
    if weight > 0.0 { sum / weight } else { 0.0 }
}

/// −ln of the probability given to what was the case, without overflow.
fn loss(z: f64, target: bool) -> f64 {
    let against = if target { -z } else { z };
    against.max(0.0) + (-against.abs()).exp().ln_1p()
}

/// One projected Newton step: weights that their bound holds at 0 stay, the others move along the curvature among
/// themselves, and the step is halved until the loss falls. Gives the largest move.
fn step(at: &mut [f64], rows: &Rows, l2: f64, bounds: &[Bound]) -> f64 {
    let slope = derivatives(at, rows, l2);
    let bound = |j: usize| bounds.get(j).copied().unwrap_or(Bound::Free);
    let free: Vec<usize> =
        (0..at.len()).filter(|j| at[*j] != 0.0 || !bound(*j).holds_at_zero(slope.first[*j])).collect();
    let direction = solve(&slope, &free);
    let slack = 1e-12 * (1.0 + slope.value.abs());
    let mut length = 1.0;
    for _ in 0..MOST_HALVINGS {
        let mut next = at.to_vec();
        free.iter().zip(&direction).for_each(|(j, d)| next[*j] = bound(*j).project(at[*j] - length * d));
        let promised: f64 = free.iter().map(|j| slope.first[*j] * (at[*j] - next[*j])).sum();
        if value(&next, rows, l2) <= slope.value - ENOUGH * promised.max(0.0) + slack {
            let moved = next.iter().zip(at.iter()).map(|(x, y)| (x - y).abs()).fold(0.0, f64::max);
            at.copy_from_slice(&next);
            return moved;
        }
        length /= 2.0;
    }
    0.0
}

/// The penalised loss at a point, with its first and second derivatives.
struct Slope {
    value: f64,
    first: Vec<f64>,
    /// Lower triangle, row after row.
    second: Vec<f64>,
}

/// Where (i, j ≤ i) stands in a lower triangle.
fn cell(i: usize, j: usize) -> usize {
    i * (i + 1) / 2 + j
}

/// The log-odds of each row, with its values, target and weight.
fn each<'a>(at: &'a [f64], rows: &'a Rows) -> impl Iterator<Item = (f64, &'a [f64], bool, f64)> {
    let intercept = at.last().copied().unwrap_or(0.0);
    let lists = rows.targets.iter().zip(rows.weights).enumerate();
    lists.map(move |(i, (target, weight))| {
        let values = &rows.values[i * rows.width..(i + 1) * rows.width];
        let start = intercept + rows.base.get(i).copied().unwrap_or(0.0);
        let z = values.iter().zip(at).fold(start, |sum, (v, b)| sum + v * b);
        (z, values, *target, *weight)
    })
}

fn penalty(at: &[f64], l2: f64) -> f64 {
    at.iter().rev().skip(1).map(|b| l2 / 2.0 * b * b).sum()
}

fn value(at: &[f64], rows: &Rows, l2: f64) -> f64 {
    penalty(at, l2) + each(at, rows).map(|(z, _, target, w)| w * loss(z, target)).sum::<f64>()
}

fn derivatives(at: &[f64], rows: &Rows, l2: f64) -> Slope {
    let width = rows.width;
    let mut slope =
        Slope { value: penalty(at, l2), first: vec![0.0; width + 1], second: vec![0.0; cell(width + 1, 0)] };
    let mut with_one = vec![1.0; width + 1];
    for (z, values, target, w) in each(at, rows) {
        let p = sigmoid(z);
        let (pull, curve) = (w * (p - f64::from(target)), w * p * (1.0 - p));
        slope.value += w * loss(z, target);
        with_one[..width].copy_from_slice(values);
        for (i, x) in with_one.iter().enumerate() {
            slope.first[i] += pull * x;
            let scaled = curve * x;
            let row = &mut slope.second[cell(i, 0)..=cell(i, i)];
            row.iter_mut().zip(&with_one).for_each(|(h, y)| *h += scaled * y);
        }
    }
    for (j, b) in at.iter().enumerate().take(width) {
        slope.first[j] += l2 * b;
        slope.second[cell(j, j)] += l2;
    }
    slope
}

/// Added to the diagonal, relative to its largest element, so that a value that never varies does no harm.
const JITTER: f64 = 1e-13;

/// The Newton direction among `free`, by Cholesky's decomposition.
fn solve(slope: &Slope, free: &[usize]) -> Vec<f64> {
    let n = free.len();
    let most = free.iter().map(|j| slope.second[cell(*j, *j)]).fold(f64::MIN_POSITIVE, f64::max);
    let mut low = vec![0.0; cell(n, 0)];
    for i in 0..n {
        for j in 0..=i {
            let given = slope.second[cell(free[i].max(free[j]), free[i].min(free[j]))];
            let known: f64 = (0..j).map(|k| low[cell(i, k)] * low[cell(j, k)]).sum();
            let rest = given - known;
            low[cell(i, j)] =
                if i == j { (rest + JITTER * most).max(JITTER * most).sqrt() } else { rest / low[cell(j, j)] };
        }
    }
    let mut x: Vec<f64> = free.iter().map(|j| slope.first[*j]).collect();
    for i in 0..n {
        let known: f64 = (0..i).map(|k| low[cell(i, k)] * x[k]).sum();
        x[i] = (x[i] - known) / low[cell(i, i)];
    }
    for i in (0..n).rev() {
        let known: f64 = (i + 1..n).map(|k| low[cell(k, i)] * x[k]).sum();
        x[i] = (x[i] - known) / low[cell(i, i)];
    }
    x
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Numbers that look random and are always the same.
    fn noise(seed: u64) -> impl FnMut() -> f64 {
        let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        move || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 11) as f64 / (1_u64 << 53) as f64
        }
    }

    /// Owned rows.
    struct World {
        width: usize,
        values: Vec<f64>,
        targets: Vec<bool>,
        weights: Vec<f64>,
    }

    impl World {
        fn of(n: usize, truth: &[f64], intercept: f64, seed: u64) -> World {
            let mut next = noise(seed);
            let values: Vec<f64> = (0..n * truth.len()).map(|_| next()).collect();
            let z = |row: &[f64]| row.iter().zip(truth).map(|(v, w)| v * w).sum::<f64>() + intercept;
            let targets = values.chunks(truth.len()).map(|row| next() < sigmoid(z(row))).collect();
            World { width: truth.len(), values, targets, weights: vec![1.0; n] }
        }

        fn rows(&self) -> Rows<'_> {
            Rows { width: self.width, values: &self.values, targets: &self.targets, weights: &self.weights, base: &[] }
        }

        fn fit(&self, l2: f64, bounds: &[Bound]) -> Model {
            fit(&self.rows(), l2, bounds).unwrap()
        }
    }

    #[test]
    fn known_weights_are_recovered() {
        let truth = [3.0, -2.0, 0.5, 0.0];
        let model = World::of(40_000, &truth, -1.0, 7).fit(1.0, &[]);
        for (found, meant) in model.weights.iter().zip(truth) {
            assert!((found - meant).abs() < 0.15, "{found} for {meant}");
        }
        assert!((model.intercept + 1.0).abs() < 0.15);
    }

    #[test]
    fn the_derivatives_are_those_of_the_loss() {
        let world = World::of(200, &[2.0, -1.0, 0.3], 0.2, 3);
        let at = [0.4, -0.7, 1.1, -0.2];
        let slope = derivatives(&at, &world.rows(), 0.8);
        assert!((slope.value - value(&at, &world.rows(), 0.8)).abs() < 1e-9);
        let moved = |j: usize, by: f64| {
            let mut there = at;
            there[j] += by;
            derivatives(&there, &world.rows(), 0.8)
        };
        for j in 0..at.len() {
            let (up, down) = (moved(j, 1e-5), moved(j, -1e-5));
            assert!(((up.value - down.value) / 2e-5 - slope.first[j]).abs() < 1e-5, "slope {j}");
            for i in 0..at.len() {
                let curve = (up.first[i] - down.first[i]) / 2e-5;
                assert!((curve - slope.second[cell(i.max(j), i.min(j))]).abs() < 1e-4, "curve {i} {j}");
            }
        }
    }

    #[test]
    fn a_weight_that_would_get_the_wrong_sign_is_zero_and_the_rest_is_fitted_without_it() {
        let world = World::of(3_000, &[2.0, -1.5, 1.0], 0.0, 11);
        let held = world.fit(1.0, &[Bound::AtLeastZero, Bound::AtLeastZero, Bound::AtMostZero]);
        assert_eq!((held.weights[1], held.weights[2]), (0.0, 0.0));
        let alone = World { values: world.values.chunks(3).map(|r| r[0]).collect(), width: 1, ..world };
        let without = alone.fit(1.0, &[]);
        assert!((held.weights[0] - without.weights[0]).abs() < 1e-9);
        assert!((held.intercept - without.intercept).abs() < 1e-9);
    }

    #[test]
    fn bounds_that_do_not_bite_change_nothing() {
        let world = World::of(2_000, &[2.0, -1.5], 0.3, 5);
        let (free, held) = (world.fit(1.0, &[]), world.fit(1.0, &[Bound::AtLeastZero, Bound::AtMostZero]));
        free.weights.iter().zip(&held.weights).for_each(|(a, b)| assert!((a - b).abs() < 1e-9));
    }

    #[test]
    fn rows_of_one_kind_cannot_be_fitted_and_separable_ones_stay_finite() {
        let same = World { width: 1, values: vec![0.1, 0.9], targets: vec![true; 2], weights: vec![1.0; 2] };
        assert_eq!(fit(&same.rows(), 1.0, &[]), None);
        let apart = World { targets: vec![false, true], ..same };
        assert!(apart.fit(1.0, &[]).weights[0].is_finite());
        assert!(apart.fit(0.0, &[]).weights[0].is_finite(), "without a penalty the steps are counted");
    }

    #[test]
    fn rescaling_folds_scale_and_offset_into_the_model() {
        let model = Model { intercept: -1.0, weights: vec![2.0, 3.0] };
        let row = [0.5, 0.25];
        assert_eq!(model.rescaled(0.5, 0.125).log_odds(&row), 0.125 + 0.5 * model.log_odds(&row));
    }

    #[test]
    fn a_base_is_added_to_every_row() {
        let world = World::of(2_000, &[2.0], -0.5, 9);
        let base: Vec<f64> = world.values.iter().map(|v| 2.0 * v).collect();
        let rest = fit(&Rows { base: &base, ..world.rows() }, 0.0, &[]).unwrap();
        let whole = world.fit(0.0, &[]);
        assert!((rest.weights[0] + 2.0 - whole.weights[0]).abs() < 1e-8);
    }

    #[test]
    fn the_mean_loss_of_an_even_guess_is_ln_two() {
        let even = [(0.0, true, 1.0), (0.0, false, 3.0)];
        assert!((log_loss(even.into_iter()) - 2.0_f64.ln()).abs() < 1e-12);
        assert!(log_loss([(900.0, false, 1.0)].into_iter()) > 899.0);
        assert_eq!(log_loss(std::iter::empty()), 0.0);
    }

    #[test]
    fn thirty_thousand_rows_of_twenty_five_values_are_fitted() {
        let truth: Vec<f64> = (0..25).map(|i| f64::from(i % 7) - 3.0).collect();
        let world = World::of(30_000, &truth, -1.0, 1);
        let bounds = [Bound::AtLeastZero; 12];
        assert!(is_least(&world.fit(1.0, &bounds), &world, 1.0, &bounds));
    }

    /// Whether no allowed move makes the loss smaller: the slope is 0, or points out of bounds at 0.
    fn is_least(model: &Model, world: &World, l2: f64, bounds: &[Bound]) -> bool {
        let mut at = model.weights.clone();
        at.push(model.intercept);
        let slope = derivatives(&at, &world.rows(), l2).first;
        (0..at.len()).all(|j| {
            let held = at[j] == 0.0 && bounds.get(j).is_some_and(|b| b.holds_at_zero(slope[j]));
            held || slope[j].abs() < 1e-6
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]

        #[test]
        fn the_order_of_rows_changes_no_weight(seed in 1_u64..1_000_000, truth in prop::collection::vec(-3.0_f64..3.0, 1..5)) {
            let world = World::of(150, &truth, 0.1, seed);
            let mut order: Vec<usize> = (0..150).collect();
            let mut next = noise(seed + 1);
            (1..150).rev().for_each(|i| order.swap(i, (next() * (i + 1) as f64) as usize));
            let shuffled = World {
                values: order.iter().flat_map(|i| world.values[i * truth.len()..(i + 1) * truth.len()].to_vec()).collect(),
                targets: order.iter().map(|i| world.targets[*i]).collect(),
                ..World::of(150, &truth, 0.1, seed)
            };
            let bounds = vec![Bound::AtLeastZero; truth.len()];
            if let (Some(a), Some(b)) = (fit(&world.rows(), 1.0, &bounds), fit(&shuffled.rows(), 1.0, &bounds)) {
                prop_assert!((a.intercept - b.intercept).abs() < 1e-9);
                a.weights.iter().zip(&b.weights).for_each(|(x, y)| assert!((x - y).abs() < 1e-9));
            }
        }

        #[test]
        fn a_value_that_is_always_zero_gets_zero(seed in 1_u64..1_000_000, l2 in 0.0_f64..3.0) {
            let world = World::of(150, &[1.0, -1.0], 0.0, seed);
            let values: Vec<f64> = world.values.chunks(2).flat_map(|r| [r[0], 0.0, r[1]]).collect();
            let wider = Rows { width: 3, values: &values, ..world.rows() };
            let (plain, more) = (fit(&world.rows(), l2, &[]).unwrap(), fit(&wider, l2, &[]).unwrap());
            prop_assert_eq!(more.weights[1], 0.0);
            prop_assert!((plain.weights[0] - more.weights[0]).abs() < 1e-8);
            prop_assert!((plain.weights[1] - more.weights[2]).abs() < 1e-8);
        }

        #[test]
        fn signs_hold_and_nothing_allowed_is_better(
            seed in 1_u64..1_000_000,
            truth in prop::collection::vec(-4.0_f64..4.0, 1..7),
            kinds in prop::collection::vec(0_u8..3, 7),
        ) {
            let world = World::of(200, &truth, 0.0, seed);
            let bounds: Vec<Bound> = kinds.iter().take(truth.len())
                .map(|k| [Bound::Free, Bound::AtLeastZero, Bound::AtMostZero][usize::from(*k)]).collect();
            if let Some(model) = fit(&world.rows(), 0.5, &bounds) {
                for (w, b) in model.weights.iter().zip(&bounds) {
                    prop_assert_eq!(b.project(*w), *w);
                }
                prop_assert!(is_least(&model, &world, 0.5, &bounds), "{:?}", model);
            }
        }
    }
}
