//! The logistic model: a sum of named contributions, and its probability.

/// σ(x) = 1 / (1 + e⁻ˣ).
pub fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

/// Rounds to 1e-6, as every number is that a person may add up.
pub fn round6(x: f64) -> f64 {
    nearest(x * 1e6) / 1e6
}

/// [`f64::round`], which on processors without an instruction for it is a call: halves away from zero.
fn nearest(x: f64) -> f64 {
    let whole = x as i64 as f64;
    let rest = x - whole;
    // From 2⁵² on every number is whole.
    if x.abs() < (1_u64 << 52) as f64 {
        whole + f64::from(u8::from(rest >= 0.5)) - f64::from(u8::from(rest <= -0.5))
    } else {
        x
    }
}

/// Contributions `weight × value`, each rounded to 1e-6.
pub fn contributions<const N: usize>(weights: &[f64; N], values: [f64; N]) -> [f64; N] {
    std::array::from_fn(|i| round6(weights[i] * round6(values[i])))
}

/// The log-odds: intercept plus the rounded contributions, summed in order, rounded.
pub fn log_odds(intercept: f64, contributions: &[f64]) -> f64 {
    round6(contributions.iter().fold(round6(intercept), |sum, c| sum + c))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn rounded_contributions_add_up_to_the_log_odds() {
        let c = contributions(&[2.0, -0.333_333_3], [0.123_456_789, 1.0]);
        assert_eq!(c, [0.246_914, -0.333_333]);
        assert!((log_odds(-1.0, &c) - (-1.0 + c[0] + c[1])).abs() < 1e-9);
        assert_eq!(sigmoid(0.0), 0.5);
    }

    proptest! {
        #[test]
        fn the_nearest_whole_number_is_that_of_the_library(bits: u64, small in -3e6..3e6_f64, halves in -9..9_i32) {
            for x in [f64::from_bits(bits), small, f64::from(halves) / 2.0, (f64::from(halves) / 2.0).next_down()] {
                prop_assert!(nearest(x) == x.round() || x.is_nan(), "{x}");
            }
        }
    }
}
