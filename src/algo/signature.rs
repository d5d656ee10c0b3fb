//! Shingles and their one-permutation signature.

use std::sync::OnceLock;
use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

/// 64-bit hashes of the runs of `k` words, in order; one run of all words where there are fewer than `k`.
pub fn shingles(words: &[u64], k: usize) -> Vec<u64> {
    each_shingle(words, k).collect()
}

/// [`shingles`], one after the other.
pub fn each_shingle(words: &[u64], k: usize) -> impl ExactSizeIterator<Item = u64> {
    words.windows(k.min(words.len()).max(1)).map(|words| match words {
        // The usual length, unrolled.
        [a, b, c] => run(&[*a, *b, *c]),
        _ => run(words),
    })
}

/// Bytes of a word that is hashed in two registers.
pub const SHORT_WORD: usize = 16;

/// The hash of one word of a shingle.
#[inline]
pub fn word_hash(word: &[u8]) -> u64 {
    if word.len() > SHORT_WORD {
        return xxh3_64(word);
    }
    let mut bytes = [0; SHORT_WORD];
    bytes[..word.len()].copy_from_slice(word);
    short_hash(u128::from_le_bytes(bytes), word.len())
}

/// The [`word_hash`] of a short word: its bytes, the first lowest, and zeros behind them. A product of both halves
/// folded to 64 bits, as in wyhash (Wang Yi 2019).
#[inline(always)]
pub fn short_hash(word: u128, len: usize) -> u64 {
    let low = word as u64 ^ 0xa076_1d64_78bd_642f;
    let high = (word >> 64) as u64 ^ 0xe703_7ed1_a0b4_28db ^ len as u64;
    let product = u128::from(low) * u128::from(high);
    product as u64 ^ (product >> 64) as u64
}

/// A hash of bytes, sixteen at a time and two of these side by side; even one after the other took half of the time of xxh3 on a sentence.
#[inline]
pub fn sentence_hash(bytes: &[u8]) -> u64 {
    let (whole, rest) = bytes.as_chunks::<SHORT_WORD>();
    let (pairs, odd) = whole.as_chunks::<2>();
    let (even, other) = pairs.iter().fold((bytes.len() as u64, 0), |(x, y), [a, b]| (absorb(x, *a), absorb(y, *b)));
    let hash = odd.iter().fold(even ^ other.rotate_left(32), |h, chunk| absorb(h, *chunk));
    match (rest, bytes.last_chunk::<SHORT_WORD>()) {
        ([], _) => hash,
        // What was taken in already and the rest.
        (_, Some(last)) => absorb(hash, *last),
        (rest, None) => {
            let mut last = [0; SHORT_WORD];
            last[..rest.len()].copy_from_slice(rest);
            absorb(hash, last)
        }
    }
}

#[inline(always)]
fn absorb(h: u64, sixteen: [u8; SHORT_WORD]) -> u64 {
    short_hash(u128::from_le_bytes(sixteen) ^ u128::from(h) ^ u128::from(h.rotate_left(29)) << 64, 0)
}

#[inline(always)]
fn run(words: &[u64]) -> u64 {
    words.iter().fold(0x9e37_79b9_7f4a_7c15_u64, |h, w| mix(h, *w))
}

/// Takes one more number into a hash: a round of the finaliser of MurmurHash3 (Appleby 2011).
#[inline(always)]
pub fn mix(h: u64, number: u64) -> u64 {
    let h = (h ^ number).wrapping_mul(0xff51_afd7_ed55_8ccd);
    h ^ h >> 32
}

/// One-permutation MinHash (Li, Owen, Zhang 2012): each shingle falls into one of `bins` and each bin
/// keeps its smallest value; empty bins borrow by optimal densification (Shrivastava 2017). Two
/// signatures agree in a bin with a probability that is the Jaccard likeness of the shingle sets.
/// Empty for no shingles.
pub fn signature(shingles: &[u64], bins: usize) -> Vec<u32> {
    if shingles.is_empty() || bins == 0 {
        return Vec::new();
    }
    let mut least = vec![EMPTY; bins];
    shingles.iter().for_each(|shingle| take(*shingle, &mut least));
    densify(&mut least);
    least
}

/// A bin that no shingle fell into.
const EMPTY: u32 = u32::MAX;

/// What [`shingles`] and [`signature`] make of a text's words, in one pass: the hash of all of them as one run, and the signature
/// of its runs of `k`. The first is 0 for no words.
pub fn signed(words: &[u64], k: usize, bins: usize) -> (u64, Vec<u32>) {
    if k != 3 || words.len() < k || bins == 0 {
        let whole = each_shingle(words, words.len()).next().unwrap_or(0);
        return (whole, signature(&shingles(words, k), bins));
    }
    let mut least = vec![EMPTY; bins];
    // The run of all words, a word behind the shingles.
    let mut whole = run(&words[..2]);
    for w in words.windows(3) {
        take(run(&[w[0], w[1], w[2]]), &mut least);
        whole = mix(whole, w[2]);
    }
    densify(&mut least);
    (whole, least)
}

/// Lets a shingle fall into its bin.
#[inline(always)]
fn take(shingle: u64, least: &mut [u32]) {
    let bin = ((u128::from(shingle) * least.len() as u128) >> 64) as usize;
    let value = (shingle.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32) as u32;
    least[bin] = least[bin].min(value.min(EMPTY - 1));
}

/// Gives each empty bin the value of the first filled one on its own fixed random walk; one at least is filled.
fn densify(least: &mut [u32]) {
    // What is lent is lent to no other.
    let mut lent: Vec<(usize, u32)> = Vec::with_capacity(LENT);
    for (i, some) in least.chunks(LANES).enumerate() {
        // Most of them are filled.
        if some.iter().fold(false, |any, value| any | (*value == EMPTY)) {
            let bins = (i * LANES..).zip(some).filter(|(_, value)| **value == EMPTY);
            lent.extend(bins.map(|(bin, _)| (bin, borrowed(least, bin))));
        }
    }
    lent.into_iter().for_each(|(bin, value)| least[bin] = value);
}

/// Empty bins that there is room for at first, …
const LENT: usize = 16;

/// … and bins that are asked together whether one is empty.
const LANES: usize = 8;

fn borrowed(least: &[u32], bin: usize) -> u32 {
    let walks = WALKS.get_or_init(|| Walks::of(least.len()));
    let known = if walks.bins == least.len() { walks.starts.get(bin) } else { None };
    let first = known.and_then(|start| start.iter().map(|at| least[usize::from(*at)]).find(|value| *value != EMPTY));
    let attempts = if known.is_some() { STARTS as u64 + 1.. } else { 1.. };
    let later = || attempts.map(|attempt| least[step(bin, attempt, least.len())]).find(|value| *value != EMPTY);
    first.or_else(later).unwrap_or(EMPTY)
}

/// Where the walk of a bin is after so many steps.
fn step(bin: usize, attempt: u64, bins: usize) -> usize {
    let h = xxh3_64_with_seed(&(bin as u64).to_le_bytes(), attempt);
    ((u128::from(h) * bins as u128) >> 64) as usize
}

/// Steps of walks that are remembered: few go further.
const STARTS: usize = 8;

/// How the walks of the bins of a signature start.
struct Walks {
    bins: usize,
    starts: Vec<[u16; STARTS]>,
}

/// Those of the signatures that were asked for first: a run has one length of them.
static WALKS: OnceLock<Walks> = OnceLock::new();

impl Walks {
    fn of(bins: usize) -> Walks {
        let start = |bin: usize| std::array::from_fn(|i| step(bin, i as u64 + 1, bins) as u16);
        // Longer ones are none that are asked for.
        let starts = if bins <= usize::from(u16::MAX) { (0..bins).map(start).collect() } else { Vec::new() };
        Walks { bins, starts }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(range: std::ops::Range<u64>) -> Vec<u64> {
        range.map(|i| xxh3_64(&i.to_le_bytes())).collect()
    }

    #[test]
    fn agreement_of_signatures_estimates_jaccard() {
        let (a, b) = (signature(&set(0..900), 1024), signature(&set(300..1200), 1024));
        let same = a.iter().zip(&b).filter(|(x, y)| x == y).count() as f64 / 1024.0;
        assert!((same - 0.5).abs() < 0.06, "600 of 1200 are shared, estimated {same}");
    }

    #[test]
    fn short_words_hash_apart_whatever_their_length() {
        let words = (0..20_000_u32).map(|i| format!("w{i:x}")).chain((0..40).map(|n| "a".repeat(n)));
        let mut hashes: Vec<u64> = words.map(|w| word_hash(w.as_bytes())).collect();
        hashes.sort_unstable();
        let high: std::collections::BTreeSet<u64> = hashes.iter().map(|h| h >> 40).collect();
        hashes.dedup();
        assert_eq!(hashes.len(), 20_040);
        assert!(high.len() > 20_000, "the upper bits alone tell nearly all apart: {}", high.len());
    }

    proptest::proptest! {
        #[test]
        fn sentences_that_differ_hash_apart(bytes in proptest::collection::vec(0_u8..3, 0..70), at in 0_usize..70, by in 1_u8..9) {
            let hash = sentence_hash(&bytes);
            proptest::prop_assert_ne!(hash, sentence_hash(&[&bytes[..], &[0]].concat()));
            let mut other = bytes;
            if let Some(byte) = other.get_mut(at) {
                *byte = byte.wrapping_add(by);
                proptest::prop_assert_ne!(hash, sentence_hash(&other));
            }
        }

        #[test]
        fn one_pass_signs_like_several(words in proptest::collection::vec(0_u64..50, 0..200), k in 1_usize..5) {
            let whole = if words.is_empty() { 0 } else { shingles(&words, words.len())[0] };
            proptest::prop_assert_eq!(signed(&words, k, 126), (whole, signature(&shingles(&words, k), 126)));
        }
    }

    #[test]
    fn few_shingles_fill_every_bin() {
        let a = signature(&set(0..3), 126);
        assert_eq!(a.len(), 126);
        assert_eq!(a, signature(&set(0..3), 126));
        assert!(signature(&[], 126).is_empty());
    }

    #[test]
    fn order_of_words_matters_and_order_of_shingles_does_not() {
        let w: Vec<u64> = set(0..6);
        let mut turned = w.clone();
        turned.reverse();
        assert_ne!(shingles(&w, 3), shingles(&turned, 3));
        let mut s = shingles(&w, 3);
        let before = signature(&s, 16);
        s.reverse();
        assert_eq!(signature(&s, 16), before);
    }
}
