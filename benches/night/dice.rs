//! Chance with a seed, and draws in which some things come more often than others.

/// A stream of throws (SplitMix64; Steele, Lea and Flood 2014).
pub struct Dice(u64);

impl Dice {
    /// A stream of its own for each list of numbers under a seed.
    pub fn new(seed: u64, of: &[u64]) -> Dice {
        Dice(of.iter().fold(mixed(seed), |state, n| mixed(state ^ n.wrapping_mul(0x9e37_79b9_7f4a_7c15))))
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

    /// A number from `low` to `high`, both included.
    pub fn between(&mut self, low: usize, high: usize) -> usize {
        low + self.below(high - low + 1)
    }

    /// A number from 0 to less than 1.
    pub fn unit(&mut self) -> f64 {
        (self.throw() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// `true` in this share of the throws.
    pub fn chance(&mut self, share: f64) -> bool {
        self.unit() < share
    }

    /// A whole number from `least` to `most` whose tail falls as a power: most are small, a few are large.
    pub fn heavy(&mut self, least: f64, most: usize, power: f64) -> usize {
        ((least * (1.0 - self.unit()).powf(-1.0 / power)) as usize).min(most)
    }
}

/// A number that looks like chance, from one that does not; different numbers stay different.
pub fn mixed(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// Draws of places by weight, each in two throws however many there are (the alias method; Vose 1991).
pub struct Weighted {
    keep: Vec<f64>,
    other: Vec<u32>,
}

impl Weighted {
    /// Draws the place `i` as often as `weights[i]` says.
    pub fn new(weights: &[f64]) -> Weighted {
        let mean = weights.iter().sum::<f64>() / weights.len() as f64;
        let mut keep: Vec<f64> = weights.iter().map(|w| w / mean).collect();
        let mut other: Vec<u32> = (0..weights.len() as u32).collect();
        let (mut small, mut large): (Vec<usize>, Vec<usize>) = (0..keep.len()).partition(|i| keep[*i] < 1.0);
        while let (Some(s), Some(l)) = (small.pop(), large.pop()) {
            other[s] = l as u32;
            keep[l] -= 1.0 - keep[s];
            if keep[l] < 1.0 { small.push(l) } else { large.push(l) }
        }
        small.into_iter().chain(large).for_each(|i| keep[i] = 1.0);
        Weighted { keep, other }
    }

    /// The law of Zipf and Mandelbrot: the place `r` has the weight 1 / (r + `shift`)^`power`.
    pub fn zipf(n: usize, shift: f64, power: f64) -> Weighted {
        Weighted::new(&(0..n).map(|r| (r as f64 + shift).powf(-power)).collect::<Vec<_>>())
    }

    /// A place.
    pub fn draw(&self, dice: &mut Dice) -> usize {
        let i = dice.below(self.keep.len());
        if dice.unit() < self.keep[i] { i } else { self.other[i] as usize }
    }
}
