//! Intersections of sorted lists.

/// How many values two ascending lists without repeats share.
pub fn shared(a: &[u32], b: &[u32]) -> u32 {
    let (mut i, mut j, mut n) = (0, 0, 0);
    while i < a.len() && j < b.len() {
        let (x, y) = (a[i], b[j]);
        n += u32::from(x == y);
        i += usize::from(x <= y);
        j += usize::from(y <= x);
    }
    n
}

/// As [`shared`], where it is at least so many; looks no further than it takes to tell that it is not.
pub fn shared_from(a: &[u32], b: &[u32], least: u32) -> Option<u32> {
    let (mut i, mut j, mut n) = (0, 0, 0);
    // A stretch at a time: what is left of the shorter list bounds what can still be shared.
    while n + (a.len() - i).min(b.len() - j) >= least as usize {
        for _ in 0..STRETCH {
            if i == a.len() || j == b.len() {
                return (n >= least as usize).then_some(n as u32);
            }
            let (x, y) = (a[i], b[j]);
            n += usize::from(x == y);
            i += usize::from(x <= y);
            j += usize::from(y <= x);
        }
    }
    None
}

/// Steps between two looks at what is left.
const STRETCH: usize = 32;

/// Calls `f` for each key that two ascending `(key, count)` lists share, with its places in both.
pub fn each_shared<A: Copy, B: Copy>(a: &[(u32, A)], b: &[(u32, B)], mut f: impl FnMut(usize, usize)) {
    let (mut i, mut j) = (0, 0);
    while i < a.len() && j < b.len() {
        let (x, y) = (a[i].0, b[j].0);
        if x == y {
            f(i, j);
        }
        i += usize::from(x <= y);
        j += usize::from(y <= x);
    }
}

/// Calls `f` for each value that two ascending lists share, with its place in the first.
pub fn each_common(a: &[u32], b: &[u32], mut f: impl FnMut(usize)) {
    let (mut i, mut j) = (0, 0);
    while i < a.len() && j < b.len() {
        let (x, y) = (a[i], b[j]);
        if x == y {
            f(i);
        }
        i += usize::from(x <= y);
        j += usize::from(y <= x);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    proptest! {
        #[test]
        fn shared_counts_the_intersection_and_is_symmetric(a: BTreeSet<u32>, b: BTreeSet<u32>) {
            let (x, y): (Vec<u32>, Vec<u32>) = (a.iter().copied().collect(), b.iter().copied().collect());
            prop_assert_eq!(shared(&x, &y) as usize, a.intersection(&b).count());
            prop_assert_eq!(shared(&x, &y), shared(&y, &x));
            for least in 0..=shared(&x, &y) + 2 {
                prop_assert_eq!(shared_from(&x, &y, least), Some(shared(&x, &y)).filter(|n| *n >= least));
            }
            let mut seen = Vec::new();
            each_common(&x, &y, |i| seen.push(x[i]));
            prop_assert_eq!(seen, a.intersection(&b).copied().collect::<Vec<_>>());
        }
    }
}
