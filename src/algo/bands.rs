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

/// Pairs rows that share a band. In each bucket every member is paired with the `earliest` first
/// members: no cap ever removes a member, only pairs between late ones.
///
/// `signatures[i]` belongs to row `rows[i]`, rows ascending; those of another length than `bands × rows_per_band` are left out.
pub fn join(signatures: &[(u32, &[u32])], bands: usize, rows_per_band: usize, earliest: usize) -> Joined {
    let starts: Vec<usize> = (0..bands).step_by(TOGETHER).collect();
    let of_length = |s: &&(u32, &[u32])| s.1.len() == bands * rows_per_band;
    let signatures: Vec<(u32, &[u32])> = signatures.iter().filter(of_length).copied().collect();
    let parts: Vec<Joined> = starts
        .into_par_iter()
        .map(|first| {
            let mut part = Joined::default();
            let some = first..bands.min(first + TOGETHER);
            let keys = keys(&signatures, &some, rows_per_band);
            keys.chunks(signatures.len().max(1)).for_each(|keys| join_band(keys, &signatures, earliest, &mut part));
            part.pairs.sort_unstable();
            part.pairs.dedup();
            part
        })
        .collect();
    let mut all = Joined { pairs: Vec::new(), not_made: parts.iter().map(|p| p.not_made).sum() };
    all.pairs = parts.into_iter().flat_map(|p| p.pairs).collect();
    all.pairs.par_sort_unstable();
    all.pairs.dedup();
    all
}

/// Bands whose bins are read at once: those of three rows each that stand in one cache line.
const TOGETHER: usize = 5;

/// The keys of some bands, band by band, each parallel to the signatures.
fn keys(signatures: &[(u32, &[u32])], some: &Range<usize>, rows: usize) -> Vec<u64> {
    let n = signatures.len();
    let mut keys = vec![0; n * some.len()];
    for (i, (_, signature)) in signatures.iter().enumerate() {
        for (at, band) in some.clone().enumerate() {
            keys[at * n + i] = band_key(&signature[band * rows..(band + 1) * rows], band);
        }
    }
    keys
}

/// Joins the rows of one band by their keys. Most keys belong to one row alone: only those are sorted whose lowest bits come twice.
fn join_band(keys: &[u64], signatures: &[(u32, &[u32])], earliest: usize, out: &mut Joined) {
    let mut seen = vec![0_u8; (4 * keys.len()).next_power_of_two()];
    let mask = seen.len() - 1;
    let place = |key: u64| key as usize & mask;
    for key in keys {
        let seen = &mut seen[place(*key)];
        *seen = 2.min(*seen + 1);
    }
    let twice = keys.iter().zip(signatures).filter(|(key, _)| seen[place(**key)] > 1);
    let mut keyed: Vec<(u64, u32)> = twice.map(|(key, (row, _))| (*key, *row)).collect();
    keyed.sort_unstable();
    for bucket in keyed.chunk_by(|x, y| x.0 == y.0).filter(|b| b.len() > 1) {
        for (i, (_, b)) in bucket.iter().enumerate() {
            let made = i.min(earliest);
            out.pairs.extend(bucket[..made].iter().map(|(_, a)| (*a, *b)));
            out.not_made += (i - made) as u64;
        }
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

    proptest::proptest! {
        #[test]
        fn rows_are_paired_where_a_band_agrees(signatures in proptest::collection::vec(proptest::collection::vec(0_u32..3, 14), 0..40)) {
            let rows: Vec<(u32, &[u32])> = (0..).zip(signatures.iter().map(Vec::as_slice)).collect();
            let agree = |a: &[u32], b: &[u32]| a.chunks(2).zip(b.chunks(2)).any(|(x, y)| x == y);
            let all = rows.iter().flat_map(|(b, y)| rows[..*b as usize].iter().map(move |(a, x)| (*a, x, *b, y)));
            let mut pairs: Vec<(u32, u32)> = all.filter(|(_, x, _, y)| agree(x, y)).map(|(a, _, b, _)| (a, b)).collect();
            pairs.sort_unstable();
            proptest::prop_assert_eq!(join(&rows, 7, 2, 64).pairs, pairs);
        }
    }

    #[test]
    fn signatures_of_another_length_are_left_out() {
        assert!(join(&[(0, &[]), (1, &[])], 42, 3, 64).pairs.is_empty());
    }
}
