//! The keys of one list, made ready to be met by many others.

/// The keys of a list in a table of chains: the build side of a hash join, for a list whose other side is met once and whose
/// own is met again and again. Where two ascending lists are walked side by side every step waits for the one before, and
/// is half of the time mispredicted; here nearly all keys that are not shared fall on an empty slot.
#[derive(Debug)]
pub struct Keys {
    /// By hash, the place after which its chain begins; 0 for none.
    slots: Vec<u32>,
    /// The keys, each after the place of the next in its chain; a place is one more than the index.
    chains: Vec<(u32, u32)>,
    /// Which of the other list may be shared.
    likely: Vec<u32>,
    shift: u32,
}

impl Keys {
    /// None yet; a table of `1 << bits` slots, 1 to 31, of 4 bytes.
    pub fn with_bits(bits: u32) -> Keys {
        Keys { slots: vec![0; 1 << bits], chains: Vec::new(), likely: Vec::new(), shift: 32 - bits }
    }

    /// Takes the keys of another list in place of those it had. They are free of repeats.
    pub fn set(&mut self, keys: impl Iterator<Item = u32>) {
        for at in 0..self.chains.len() {
            let slot = self.slot(self.chains[at].1);
            self.slots[slot] = 0;
        }
        self.chains.clear();
        for key in keys {
            let slot = self.slot(key);
            self.chains.push((self.slots[slot], key));
            self.slots[slot] = self.chains.len() as u32;
        }
    }

    /// Calls `f` for each key that another list shares, in the order of that list, with the places in this and in that.
    pub fn each_shared<T>(&mut self, others: &[T], key: impl Fn(&T) -> u32, mut f: impl FnMut(usize, usize)) {
        if self.likely.len() < others.len() {
            self.likely.resize(others.len(), 0);
        }
        let mut n = 0;
        for (j, other) in others.iter().enumerate() {
            // Written in any case, counted if likely: a branch here would be mispredicted.
            self.likely[n] = j as u32;
            n += usize::from(self.slots[self.slot(key(other))] != 0);
        }
        for &j in &self.likely[..n] {
            let key = key(&others[j as usize]);
            let mut place = self.slots[self.slot(key)];
            while place != 0 {
                let (next, own) = self.chains[place as usize - 1];
                if own == key {
                    f(place as usize - 1, j as usize);
                    break;
                }
                place = next;
            }
        }
    }

    fn slot(&self, key: u32) -> usize {
        (key.wrapping_mul(0x9E37_79B1) >> self.shift) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    proptest! {
        #[test]
        fn what_is_met_is_the_intersection_in_order(lists in prop::collection::vec(prop::collection::btree_set(0_u32..300, 0..90), 1..6)) {
            let mut keys = Keys::with_bits(5);
            for own in &lists {
                let a: Vec<u32> = own.iter().copied().collect();
                keys.set(a.iter().copied());
                for other in &lists {
                    let b: Vec<u32> = other.iter().copied().collect();
                    let mut met = Vec::new();
                    keys.each_shared(&b, |k| *k, |i, j| met.push((a[i], b[j])));
                    let both: BTreeSet<u32> = own & other;
                    prop_assert_eq!(met, both.into_iter().map(|k| (k, k)).collect::<Vec<_>>());
                }
            }
        }
    }
}
