//! Pairs of different articles by chance, and which of them the rule calls copies.

use super::dice::Shuffled;
use super::{Called, TrialOptions, called};
use crate::model::{Entry, Row};
use crate::stage::score::{Evidence, ScoreSettings};
use rayon::prelude::*;
use serde::Serialize;

/// Pairs by chance.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Chance {
    /// Pairs looked at, each once.
    pub pairs: u64,
    /// All the pairs that there are.
    pub of: u64,
    /// Those that the rule calls copies; whether they are is for a person to read.
    pub called: Vec<Called>,
}

/// Looks at pairs of entries, each pair once, in an order by chance.
pub fn chance(entries: &[Entry], evidence: &Evidence, options: &TrialOptions, rules: &ScoreSettings) -> Chance {
    let n = entries.len() as u64;
    let of = n * n.saturating_sub(1) / 2;
    let pairs = options.pairs.min(of);
    let order = Shuffled::new(of, options.seed);
    let mut found: Vec<(Row, Row)> = (0..pairs)
        .into_par_iter()
        .map(|i| pair_at(order.at(i)))
        .filter(|(a, b)| evidence.copy(*a, *b, rules).is_some())
        .collect();
    found.sort_unstable();
    let called = found.into_iter().filter_map(|(a, b)| called(entries, evidence, a, b, rules)).collect();
    Chance { pairs, of, called }
}

/// The pair at a place of the list (0, 1), (0, 2), (1, 2), (0, 3) …
fn pair_at(place: u64) -> (Row, Row) {
    let mut b = ((1.0 + (1.0 + 8.0 * place as f64).sqrt()) / 2.0) as u64;
    // The root may be off by one.
    while b * (b - 1) / 2 > place {
        b -= 1;
    }
    while b * (b + 1) / 2 <= place {
        b += 1;
    }
    (Row((place - b * (b - 1) / 2) as u32), Row(b as u32))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pair_has_its_place() {
        let first: Vec<(u32, u32)> = (0..6).map(pair_at).map(|(a, b)| (a.0, b.0)).collect();
        assert_eq!(first, [(0, 1), (0, 2), (1, 2), (0, 3), (1, 3), (2, 3)]);
        let far = 3_000_000_000_u64 * 2_999_999_999 / 2;
        assert_eq!(pair_at(far).0.0, 0);
        assert_eq!(pair_at(far - 1), (Row(2_999_999_998), Row(2_999_999_999)));
    }
}
