//! Sorting of hashes, which lie evenly over their range.

/// Fewer are sorted as anything is.
const FEW: usize = 48;
/// Most values that fall together; with more they are no hashes, or somebody chose them.
const TOGETHER: u32 = 24;
/// Bits of the largest number of places.
const MOST_BITS: u32 = 16;

/// Sorts hashes, ascending: each goes to the place that its upper bits say, about one to a place, and few are left to be put
/// right (a bucket sort). Values that do not lie evenly are sorted by comparing.
pub fn sort_hashes(values: &mut Vec<u32>) {
    let n = values.len();
    let bits = (usize::BITS - n.leading_zeros()).min(MOST_BITS);
    if n < FEW {
        values.sort_unstable();
        return;
    }
    let place = |value: u32| (value >> (u32::BITS - bits)) as usize;
    let mut next = vec![0_u32; 1 << bits];
    values.iter().for_each(|v| next[place(*v)] += 1);
    let (mut before, mut most) = (0, 0);
    for place in &mut next {
        most = most.max(*place);
        before += std::mem::replace(place, before);
    }
    if most > TOGETHER {
        values.sort_unstable();
        return;
    }
    let mut out = vec![0; n];
    for value in values.iter() {
        let next = &mut next[place(*value)];
        out[*next as usize] = *value;
        *next += 1;
    }
    for i in 1..n {
        let value = out[i];
        let mut at = i;
        while at > 0 && out[at - 1] > value {
            out[at] = out[at - 1];
            at -= 1;
        }
        out[at] = value;
    }
    *values = out;
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn hashes_are_sorted_whatever_they_are(hashes in prop::collection::vec(any::<u32>(), 0..600), near: u32) {
            let all_near: Vec<u32> = hashes.iter().map(|h| near.wrapping_add(h % 1_000)).collect();
            for mut values in [hashes, all_near] {
                let mut sorted = values.clone();
                sorted.sort_unstable();
                sort_hashes(&mut values);
                prop_assert_eq!(values, sorted);
            }
        }
    }
}
