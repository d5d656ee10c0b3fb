//! A set of hashes in a few bits, by which most pairs of sets are seen to share too little.

/// Words of a set of marks.
const WORDS: usize = 32;

/// Bytes of a set of marks.
pub const BYTES: usize = 8 * WORDS + 4;

/// A set of evenly spread hashes: which of 2,048 places its values fall on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Marks {
    bits: [u64; WORDS],
    /// Values that fell where another had.
    more: u32,
}

impl Marks {
    /// The marks of distinct values.
    pub fn of(values: &[u32]) -> Marks {
        let mut marks = Marks { bits: [0; WORDS], more: 0 };
        for value in values {
            let (word, bit) = ((value >> 6) as usize % WORDS, 1 << (value & 63));
            marks.more += u32::from(marks.bits[word] & bit != 0);
            marks.bits[word] |= bit;
        }
        marks
    }

    /// The same of values in any order that may be there several times.
    pub fn of_any(values: impl ExactSizeIterator<Item = u32>) -> Marks {
        let (mut bits, mut first) = ([0_u64; WORDS], [0_u32; 64 * WORDS]);
        // Those that are not the first on their place.
        let (mut n, mut others) = (0, vec![0; values.len()]);
        for value in values {
            let place = value as usize % first.len();
            let (word, bit) = (place / 64, 1 << (place % 64));
            let free = bits[word] & bit == 0;
            bits[word] |= bit;
            // Written in any case, counted if another is there: a branch here would be mispredicted time and again.
            let there = if free { value } else { first[place] };
            first[place] = there;
            others[n] = value;
            n += usize::from(there != value);
        }
        others.truncate(n);
        others.sort_unstable();
        others.dedup();
        Marks { bits, more: others.len() as u32 }
    }

    /// The marks as bytes, lowest first.
    pub fn to_bytes(&self) -> [u8; BYTES] {
        let mut bytes = [0; BYTES];
        let (bits, more) = bytes.split_at_mut(8 * WORDS);
        bits.chunks_exact_mut(8).zip(self.bits).for_each(|(to, word)| to.copy_from_slice(&word.to_le_bytes()));
        more.copy_from_slice(&self.more.to_le_bytes());
        bytes
    }

    /// What [`Marks::to_bytes`] gave.
    pub fn from_bytes(bytes: &[u8; BYTES]) -> Marks {
        let word = |i: usize| bytes[8 * i..].first_chunk().map_or(0, |b| u64::from_le_bytes(*b));
        let more = bytes.last_chunk().map_or(0, |b| u32::from_le_bytes(*b));
        Marks { bits: std::array::from_fn(word), more }
    }

    /// How many values there are.
    pub fn count(&self) -> u32 {
        self.bits.iter().map(|bits| bits.count_ones()).sum::<u32>() + self.more
    }

    /// How many values two sets share at most: one on each place that both have marked, and those that fell where another
    /// had.
    pub fn most_shared(&self, other: &Marks) -> u32 {
        let both: u32 = self.bits.iter().zip(&other.bits).map(|(x, y)| (x & y).count_ones()).sum();
        both + self.more.min(other.more)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    proptest! {
        #[test]
        fn no_two_sets_share_more_than_their_marks_allow(
            a in prop::collection::btree_set(prop_oneof![0_u32..6_000, any::<u32>()], 0..900),
            b in prop::collection::btree_set(0_u32..6_000, 0..900),
        ) {
            let list = |set: &BTreeSet<u32>| set.iter().copied().collect::<Vec<_>>();
            let (x, y) = (list(&a), list(&b));
            prop_assert!(Marks::of(&x).most_shared(&Marks::of(&y)) >= a.intersection(&b).count() as u32);
            prop_assert_eq!(Marks::of(&x).most_shared(&Marks::of(&x)), x.len() as u32);
            prop_assert_eq!(Marks::of(&x).count(), x.len() as u32);
            prop_assert_eq!(Marks::from_bytes(&Marks::of(&x).to_bytes()), Marks::of(&x));
            let both: BTreeSet<u32> = a.union(&b).copied().collect();
            let any = [&y[..], &x, &y].concat();
            prop_assert_eq!(Marks::of_any(any.iter().rev().copied()), Marks::of(&list(&both)));
        }
    }
}
