//! Locality-sensitive join: rows whose signatures agree in all of a band's bins meet in a bucket.

use super::signature::mix;
use rayon::prelude::*;

/// What the join gave.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Joined {
    /// Pairs of rows, `a < b`, ascending, without repeats.
    pub pairs: Vec<(u32, u32)>,
    /// Pairs inside hot buckets that were not made.
    pub not_made: u64,
}

/// Pairs rows that share a band; `keys` gives those of a band, each with its row. In each bucket every member is paired with the `earliest` first
/// members: no cap ever removes a member, only pairs between late ones.
pub fn join(bands: usize, keys: impl Fn(usize) -> Vec<(u64, u32)> + Sync, earliest: usize) -> Joined {
    let parts: Vec<Joined> = (0..bands).into_par_iter().map(|band| join_band(keys(band), earliest)).collect();
    let mut all = Joined { pairs: Vec::new(), not_made: parts.iter().map(|p| p.not_made).sum() };
    all.pairs = parts.into_iter().flat_map(|p| p.pairs).collect();
    all.pairs.par_sort_unstable();
    all.pairs.dedup();
    all
}

/// The keys of a band. `signatures` go with their rows; those of another length than `bands × rows` are left out.
pub fn keys<'a>(
    signatures: impl Iterator<Item = (u32, &'a [u32])>,
    band: usize,
    bands: usize,
    rows: usize,
) -> Vec<(u64, u32)> {
    let signed = signatures.filter(|(_, s)| s.len() == bands * rows);
    signed.map(|(row, s)| (key(&s[band * rows..(band + 1) * rows], band), row)).collect()
}

fn join_band(mut keyed: Vec<(u64, u32)>, earliest: usize) -> Joined {
    keyed.sort_unstable();
    let mut out = Joined::default();
    for bucket in keyed.chunk_by(|x, y| x.0 == y.0).filter(|b| b.len() > 1) {
        for (i, (_, b)) in bucket.iter().enumerate() {
            let made = i.min(earliest);
            out.pairs.extend(bucket[..made].iter().map(|(_, a)| (*a, *b)));
            out.not_made += (i - made) as u64;
        }
    }
    out
}

/// The bins of a band in one number; the rounds are those of a shingle's words.
pub fn key(bins: &[u32], band: usize) -> u64 {
    let mut h = band as u64;
    for bin in bins {
        h = mix(h, u64::from(*bin));
    }
    h
}

#[cfg(test)]
mod tests {
    use super::*;

    fn join(signatures: &[(u32, &[u32])], bands: usize, rows: usize, earliest: usize) -> Joined {
        super::join(bands, |band| keys(signatures.iter().copied(), band, bands, rows), earliest)
    }

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

    #[test]
    fn signatures_of_another_length_are_left_out() {
        assert!(join(&[(0, &[]), (1, &[])], 42, 3, 64).pairs.is_empty());
    }
}
