//! Runs of words that two texts share.

use rustc_hash::FxHashMap;
use std::cmp::Reverse;

/// A shared run: where it starts in each text, and how many words it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// Its first word in the one text.
    pub a: usize,
    /// Its first word in the other.
    pub b: usize,
    /// Its words.
    pub len: usize,
}

/// Places looked at per run of `least` words: a refrain is not followed everywhere.
const MOST_PLACES: usize = 64;

/// The runs of at least `least` words that stand in both texts, the longest first, then as they stand in `b`. None
/// overlaps another in either text.
pub fn shared_runs(a: &[u64], b: &[u64], least: usize) -> Vec<Run> {
    let mut found = maximal(a, b, least.max(1));
    found.sort_unstable_by_key(|r| (Reverse(r.len), r.b, r.a));
    let (mut in_a, mut in_b) = (vec![false; a.len()], vec![false; b.len()]);
    found.retain(|r| {
        // The runs kept so far are as long or longer, so an overlap covers an end of this one.
        let last = r.len - 1;
        let free = !in_a[r.a] && !in_a[r.a + last] && !in_b[r.b] && !in_b[r.b + last];
        if free {
            in_a[r.a..=r.a + last].fill(true);
            in_b[r.b..=r.b + last].fill(true);
        }
        free
    });
    found
}

/// Runs that cannot be made longer at either end.
fn maximal(a: &[u64], b: &[u64], least: usize) -> Vec<Run> {
    let mut places: FxHashMap<&[u64], Vec<usize>> = FxHashMap::default();
    for (i, run) in a.windows(least).enumerate() {
        let at = places.entry(run).or_default();
        if at.len() < MOST_PLACES {
            at.push(i);
        }
    }
    let mut found = Vec::new();
    let mut before: &[usize] = &[];
    for (j, run) in b.windows(least).enumerate() {
        let here = places.get(run).map_or(&[][..], Vec::as_slice);
        for &i in here.iter().filter(|i| i.checked_sub(1).is_none_or(|p| before.binary_search(&p).is_err())) {
            let more = a[i + least..].iter().zip(&b[j + least..]).take_while(|(x, y)| x == y).count();
            found.push(Run { a: i, b: j, len: least + more });
        }
        before = here;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_longest_run_comes_first_and_nothing_is_told_twice() {
        let a = [1, 2, 3, 4, 5, 9, 7, 8, 6];
        let b = [7, 8, 6, 0, 1, 2, 3, 4, 5];
        assert_eq!(shared_runs(&a, &b, 3), [Run { a: 0, b: 4, len: 5 }, Run { a: 6, b: 0, len: 3 }]);
        assert_eq!(shared_runs(&a, &a, 3), [Run { a: 0, b: 0, len: 9 }]);
        assert!(shared_runs(&a, &b, 6).is_empty());
        assert!(shared_runs(&[], &b, 3).is_empty());
    }

    #[test]
    fn a_refrain_is_quick() {
        assert_eq!(shared_runs(&[1; 20_000], &[1; 20_000], 3)[0].len, 20_000);
    }

    proptest! {
        #[test]
        fn runs_stand_in_both_texts_and_do_not_overlap(
            a in prop::collection::vec(0_u64..4, 0..60),
            b in prop::collection::vec(0_u64..4, 0..60),
        ) {
            let mut covered = vec![0; b.len()];
            for r in shared_runs(&a, &b, 2) {
                prop_assert_eq!(&a[r.a..r.a + r.len], &b[r.b..r.b + r.len]);
                covered[r.b..r.b + r.len].iter_mut().for_each(|n| *n += 1);
            }
            prop_assert!(covered.iter().all(|n| *n < 2));
        }
    }
}
