//! The logistic model: a sum of named contributions, and its probability.

/// σ(x) = 1 / (1 + e⁻ˣ).
pub fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

/// Rounds to 1e-6, as every number is that a person may add up.
pub fn round6(x: f64) -> f64 {
    (x * 1e6).round() / 1e6
}

/// Contributions `weight × value`, each rounded to 1e-6.
pub fn contributions(weights: &[f64], values: impl Iterator<Item = f64>) -> Vec<f64> {
    weights.iter().zip(values).map(|(w, v)| round6(w * round6(v))).collect()
}

/// The log-odds: intercept plus the rounded contributions, summed in order, rounded.
pub fn log_odds(intercept: f64, contributions: &[f64]) -> f64 {
    round6(contributions.iter().fold(round6(intercept), |sum, c| sum + c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounded_contributions_add_up_to_the_log_odds() {
        let c = contributions(&[2.0, -0.333_333_3], [0.123_456_789, 1.0].into_iter());
        assert_eq!(c, [0.246_914, -0.333_333]);
        assert!((log_odds(-1.0, &c) - (-1.0 + c[0] + c[1])).abs() < 1e-9);
        assert_eq!(sigmoid(0.0), 0.5);
    }
}
