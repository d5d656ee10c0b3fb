//! Locality-sensitive join: rows whose signatures agree in all of a band's bins meet in a bucket.

use super::signature::mix;
use rayon::prelude::*;
use std::ops::Range;

/// What the join gave.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Joined {
    /// Pairs of rows, `a < b`, ascending, without repeats.
    pub pairs: Vec<(u32, u32)>,
    /// Pairs inside hot buckets that were not made.
    pub not_made: u64,
}

/// Most bands whose keys are made in one reading of the signatures: their bins are one line of the cache and a bit.
const TOGETHER: usize = 6;

/// Pairs rows that share a band. In each bucket every member is paired with the `earliest` first
/// members: no cap ever removes a member, only pairs between late ones.
///
/// `signatures[i]` belongs to row `rows[i]`, rows ascending; those of another length than `bands × rows_per_band` are left out.
pub fn join(signatures: &[(u32, &[u32])], bands: usize, rows_per_band: usize, earliest: usize) -> Joined {
    let together = bands.div_ceil(rayon::current_num_threads()).clamp(1, TOGETHER);
    let part = |i: usize| {
        let of = i * together..bands.min((i + 1) * together);
        join_bands(signatures, of, bands, rows_per_band, earliest)
    };
    let parts: Vec<Joined> = (0..bands.div_ceil(together)).into_par_iter().map(part).collect();
    let mut all = Joined { pairs: Vec::new(), not_made: parts.iter().map(|p| p.not_made).sum() };
    all.pairs = parts.into_iter().flat_map(|p| p.pairs).collect();
    all.pairs.par_sort_unstable();
    all.pairs.dedup();
    all
}

fn join_bands(signatures: &[(u32, &[u32])], of: Range<usize>, bands: usize, rows: usize, earliest: usize) -> Joined {
    let whole = || signatures.iter().filter(|(_, s)| s.len() == bands * rows);
    let mut keys: Vec<Vec<u64>> = of.clone().map(|_| Vec::with_capacity(signatures.len())).collect();
    for (_, signature) in whole() {
        for (keys, band) in keys.iter_mut().zip(of.clone()) {
            keys.push(band_key(&signature[band * rows..(band + 1) * rows], band));
        }
    }
    let (mut seen, mut keyed, mut out) = (Seen::of(signatures.len()), Vec::new(), Joined::default());
    for keys in keys {
        seen.see(&keys);
        keyed.clear();
        keyed.extend(keys.iter().zip(whole()).filter(|(key, _)| seen.twice(**key)).map(|(key, (row, _))| (*key, *row)));
        keyed.sort_unstable();
        join_buckets(&keyed, earliest, &mut out);
    }
    out.pairs.sort_unstable();
    out.pairs.dedup();
    out
}

/// `keyed` ascends.
fn join_buckets(keyed: &[(u64, u32)], earliest: usize, out: &mut Joined) {
    for bucket in keyed.chunk_by(|x, y| x.0 == y.0).filter(|b| b.len() > 1) {
        for (i, (_, b)) in bucket.iter().enumerate() {
            let made = i.min(earliest);
            out.pairs.extend(bucket[..made].iter().map(|(_, a)| (*a, *b)));
            out.not_made += (i - made) as u64;
        }
    }
}

/// Which keys may have been seen twice, a bit for each of many places: most keys are seen once, and need not be sorted.
struct Seen {
    once: Vec<u64>,
    again: Vec<u64>,
}

impl Seen {
    /// Eight places or more for each of so many keys.
    fn of(keys: usize) -> Seen {
        let words = (keys * 8).div_ceil(64).next_power_of_two();
        Seen { once: vec![0; words], again: vec![0; words] }
    }

    /// Sees these and no others.
    fn see(&mut self, keys: &[u64]) {
        self.once.fill(0);
        self.again.fill(0);
        for key in keys {
            let (word, bit) = self.place(*key);
            self.again[word] |= self.once[word] & bit;
            self.once[word] |= bit;
        }
    }

    fn twice(&self, key: u64) -> bool {
        let (word, bit) = self.place(key);
        self.again[word] & bit > 0
    }

    #[inline]
    fn place(&self, key: u64) -> (usize, u64) {
        ((key >> 6) as usize & (self.once.len() - 1), 1 << (key & 63))
    }
}

/// The bins of a band in one number; the rounds are those of a shingle's words.
fn band_key(bins: &[u32], band: usize) -> u64 {
    let mut h = band as u64;
    for bin in bins {
        h = mix(h, u64::from(*bin));
    }
    h
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn rows_that_share_a_band_are_paired_once() {
        let (a, b, c) = ([1, 2, 3, 4, 5, 6], [1, 2, 9, 4, 5, 9], [7, 7, 7, 7, 7, 7]);
        let joined = join(&[(0, &a), (1, &b), (2, &c)], 3, 2, 64);
        assert_eq!(joined.pairs, [(0, 1)]);
        assert_eq!(joined.not_made, 0);
    }

    #[test]
    fn a_hot_bucket_pairs_every_member_with_the_earliest_and_counts_the_rest() {
        let s = [1_u32, 2, 3];
        let rows: Vec<(u32, &[u32])> = (0..10).map(|i| (i, &s[..])).collect();
        let joined = join(&rows, 1, 3, 2);
        assert_eq!(joined.pairs.len(), 1 + 8 * 2);
        assert_eq!(joined.not_made, 45 - 17);
        assert!((1..10).all(|i| joined.pairs.contains(&(0, i))), "no cap removes a member");
    }

    proptest! {
        #[test]
        fn pairs_are_those_of_comparing_every_two(signatures in prop::collection::vec(prop::collection::vec(0_u32..6, 20..=20), 0..40), short in 0_usize..9) {
            let mut rows: Vec<(u32, &[u32])> = (0..).zip(&signatures).map(|(i, s)| (i * 2, &s[..])).collect();
            rows.iter_mut().skip(2).step_by(9).take(short).for_each(|(_, s)| *s = &s[..7]);
            let shared = |a: &[u32], b: &[u32]| a.len() == b.len() && a.chunks(2).zip(b.chunks(2)).any(|(x, y)| x == y);
            let whole: Vec<_> = rows.iter().filter(|(_, s)| s.len() == 20).collect();
            let mut pairs = Vec::new();
            for (i, (a, x)) in whole.iter().enumerate() {
                pairs.extend(whole[i + 1..].iter().filter(|(_, y)| shared(x, y)).map(|(b, _)| (*a, *b)));
            }
            let joined = join(&rows, 10, 2, usize::MAX);
            prop_assert_eq!(joined.pairs, pairs);
        }
    }

    #[test]
    fn signatures_of_another_length_are_left_out() {
        assert!(join(&[(0, &[]), (1, &[])], 42, 3, 64).pairs.is_empty());
    }
}
