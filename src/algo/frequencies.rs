//! Counts by the hash of a word, in a table made for nothing but looking them up: eight bytes a slot, most found in the first.

/// How often each key was counted.
#[derive(Clone, Debug, Default)]
pub struct Frequencies {
    /// A power of two of keys with their counts, or none; a count of 0 is an empty slot.
    slots: Vec<(u32, u32)>,
    held: usize,
}

/// Slots of ten that are filled at most.
const FULL: usize = 7;

/// Knuth's multiplicative hash: the keys may be small numbers.
const FACTOR: u32 = 0x9e37_79b1;

impl Frequencies {
    /// None yet, with room for so many keys.
    pub fn with_capacity(keys: usize) -> Frequencies {
        let slots = if keys == 0 { 0 } else { (keys * 10).div_ceil(FULL).max(8).next_power_of_two() };
        Frequencies { slots: vec![(0, 0); slots], held: 0 }
    }

    /// The count of a key; 0 for one that was never counted.
    #[inline]
    pub fn get(&self, key: u32) -> u32 {
        if self.slots.is_empty() { 0 } else { self.slots[self.slot(key)].1 }
    }

    /// The counts of many keys. The first slots of all are read before any is looked at, so that their memory is waited for
    /// all at once.
    pub fn get_all(&self, keys: impl Iterator<Item = u32> + Clone, out: &mut Vec<(u32, u32)>) {
        out.clear();
        if self.slots.is_empty() {
            out.extend(keys.map(|key| (key, 0)));
            return;
        }
        out.extend(keys.clone().map(|key| self.slots[self.first(key)]));
        for (found, key) in out.iter_mut().zip(keys) {
            if found.0 != key {
                *found = (key, if found.1 == 0 { 0 } else { self.get(key) });
            }
        }
    }

    /// Counts a key so often more.
    pub fn add(&mut self, key: u32, n: u32) {
        if n == 0 {
            return;
        }
        if (self.held + 1) * 10 > self.slots.len() * FULL {
            self.reserve(self.held + 1);
        }
        let at = self.slot(key);
        self.held += usize::from(self.slots[at].1 == 0);
        self.slots[at] = (key, self.slots[at].1.saturating_add(n));
    }

    /// Makes room for so many keys more. Whoever adds the keys of another table asks for it first: they come in the order of
    /// their slots, and would crowd the first slots of a table that is too small for all.
    pub fn reserve(&mut self, keys: usize) {
        let mut larger = Frequencies::with_capacity(self.held + keys);
        if larger.slots.len() > self.slots.len() {
            self.iter().for_each(|(key, n)| larger.add(key, n));
            *self = larger;
        }
    }

    /// How many keys.
    pub fn len(&self) -> usize {
        self.held
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.held == 0
    }

    /// Every key with its count, in no order.
    pub fn iter(&self) -> impl Iterator<Item = (u32, u32)> + '_ {
        self.slots.iter().copied().filter(|(_, n)| *n > 0)
    }

    /// Where a key is looked for first.
    #[inline]
    fn first(&self, key: u32) -> usize {
        ((u64::from(key.wrapping_mul(FACTOR)) * self.slots.len() as u64) >> 32) as usize
    }

    /// Where a key is, or would be: there always is an empty slot.
    #[inline]
    fn slot(&self, key: u32) -> usize {
        let last = self.slots.len() - 1;
        let mut at = self.first(key);
        while self.slots[at & last].1 > 0 && self.slots[at & last].0 != key {
            at += 1;
        }
        at & last
    }
}

impl FromIterator<(u32, u32)> for Frequencies {
    fn from_iter<I: IntoIterator<Item = (u32, u32)>>(rows: I) -> Frequencies {
        let rows: Vec<(u32, u32)> = rows.into_iter().collect();
        let mut all = Frequencies::with_capacity(rows.len());
        rows.into_iter().for_each(|(key, n)| all.add(key, n));
        all
    }
}

impl PartialEq for Frequencies {
    fn eq(&self, other: &Frequencies) -> bool {
        self.held == other.held && self.iter().all(|(key, n)| other.get(key) == n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    proptest! {
        #[test]
        fn counts_are_those_of_a_map(rows in prop::collection::vec((0_u32..50, 0_u32..4), 0..200), far: u32) {
            let mut map: BTreeMap<u32, u32> = BTreeMap::new();
            let mut counted = Frequencies::default();
            for (key, n) in rows {
                let key = if key % 3 == 0 { key.wrapping_mul(far) } else { key };
                counted.add(key, n);
                *map.entry(key).or_default() += n;
            }
            map.retain(|_, n| *n > 0);
            let mut all: Vec<(u32, u32)> = counted.iter().collect();
            all.sort_unstable();
            prop_assert_eq!(counted.len(), map.len());
            let mut found = Vec::new();
            counted.get_all(0..90, &mut found);
            prop_assert!((0..90).zip(found).all(|(key, found)| found == (key, counted.get(key))));
            prop_assert!(map.iter().all(|(key, n)| counted.get(*key) == *n) && counted.get(far ^ 77) == map.get(&(far ^ 77)).copied().unwrap_or(0));
            prop_assert_eq!(&counted, &all.iter().copied().collect::<Frequencies>());
            prop_assert_eq!(all, map.into_iter().collect::<Vec<_>>());
        }
    }
}
