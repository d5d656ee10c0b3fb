//! Chance with a seed: the same seed and names give the same throws, on every machine.

use xxhash_rust::xxh3::xxh3_64_with_seed;

/// A stream of throws (SplitMix64; Steele, Lea and Flood 2014).
pub struct Dice(u64);

impl Dice {
    /// A stream of its own for each name under a seed.
    pub fn new(seed: u64, name: &str) -> Dice {
        Dice(xxh3_64_with_seed(name.as_bytes(), seed))
    }

    /// The next throw.
    pub fn throw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mixed(self.0)
    }

    /// A number below `n`; 0 where `n` is 0.
    pub fn below(&mut self, n: usize) -> usize {
        ((u128::from(self.throw()) * n as u128) >> 64) as usize
    }

    /// The first `k` of `n` numbers in an order thrown for them.
    pub fn some_of(&mut self, n: usize, k: usize) -> Vec<usize> {
        let mut all: Vec<usize> = (0..n).collect();
        let k = k.min(n);
        for i in 0..k {
            let j = i + self.below(n - i);
            all.swap(i, j);
        }
        all.truncate(k);
        all
    }
}

/// A number that looks like chance, from one that does not.
fn mixed(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// An order of the numbers below `n` that can be asked for one place at a time: a Feistel network of four rounds,
/// walked on while it leads outside (Black and Rogaway 2002).
pub struct Shuffled {
    n: u64,
    half: u32,
    keys: [u64; 4],
}

impl Shuffled {
    /// Orders the numbers below `n`.
    pub fn new(n: u64, seed: u64) -> Shuffled {
        let bits = u64::BITS - n.saturating_sub(1).leading_zeros();
        let mut dice = Dice::new(seed, "pairs");
        Shuffled { n, half: bits.div_ceil(2).max(1), keys: std::array::from_fn(|_| dice.throw()) }
    }

    /// The number at a place; places and numbers are below `n`.
    pub fn at(&self, place: u64) -> u64 {
        let mut x = self.step(place);
        while x >= self.n {
            x = self.step(x);
        }
        x
    }

    fn step(&self, x: u64) -> u64 {
        let mask = (1_u64 << self.half) - 1;
        let (mut left, mut right) = (x >> self.half, x & mask);
        for key in self.keys {
            (left, right) = (right, left ^ (mixed(right ^ key) & mask));
        }
        left << self.half | right
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    proptest! {
        #[test]
        fn an_order_holds_every_number_once(n in 1_u64..500, seed: u64) {
            let order = Shuffled::new(n, seed);
            prop_assert_eq!((0..n).map(|i| order.at(i)).collect::<BTreeSet<_>>(), (0..n).collect());
        }

        #[test]
        fn some_of_many_are_different_and_below(n in 0_usize..60, k in 0_usize..60, seed: u64) {
            let some = Dice::new(seed, "x").some_of(n, k);
            prop_assert_eq!(some.len(), n.min(k));
            prop_assert!(some.iter().all(|i| *i < n));
            prop_assert_eq!(some.iter().collect::<BTreeSet<_>>().len(), some.len());
        }
    }

    #[test]
    fn names_and_seeds_have_throws_of_their_own() {
        let throw = |seed, name| Dice::new(seed, name).throw();
        assert_eq!(throw(1, "a"), throw(1, "a"));
        assert!(throw(1, "a") != throw(2, "a") && throw(1, "a") != throw(1, "b"));
    }
}
