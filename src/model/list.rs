//! A short list that may lie in one block with many others: a million entries have nine million lists.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

/// A list that does not change. A block lives as long as one of its lists.
#[derive(Clone)]
pub struct List<T> {
    block: Option<Arc<Vec<T>>>,
    start: u32,
    len: u32,
}

/// Moves lists into one block, side by side in this order.
pub fn gather<T: Copy>(mut lists: Vec<&mut List<T>>) {
    let all: usize = lists.iter().map(|l| l.len()).sum();
    if u32::try_from(all).is_err() {
        return;
    }
    let mut block: Vec<T> = Vec::with_capacity(all);
    lists.iter().for_each(|l| block.extend_from_slice(l));
    let block = Arc::new(block);
    let mut start = 0;
    for list in lists.iter_mut().filter(|l| !l.is_empty()) {
        let len = list.len;
        **list = List { block: Some(block.clone()), start, len };
        start += len;
    }
}

impl<T> List<T> {
    /// A part of a block.
    pub fn within(block: &Arc<Vec<T>>, start: u32, len: u32) -> List<T> {
        List { block: (len > 0).then(|| block.clone()), start, len }
    }
}

impl<T> Deref for List<T> {
    type Target = [T];

    #[inline]
    fn deref(&self) -> &[T] {
        match &self.block {
            Some(block) => &block[self.start as usize..][..self.len as usize],
            None => &[],
        }
    }
}

impl<T> From<Vec<T>> for List<T> {
    /// The first 2³² of so many.
    fn from(values: Vec<T>) -> List<T> {
        let len = u32::try_from(values.len()).unwrap_or(u32::MAX);
        List { block: (len > 0).then(|| Arc::new(values)), start: 0, len }
    }
}

impl<'a, T> IntoIterator for &'a List<T> {
    type Item = &'a T;
    type IntoIter = std::slice::Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<T> Default for List<T> {
    fn default() -> List<T> {
        List { block: None, start: 0, len: 0 }
    }
}

impl<T: PartialEq> PartialEq for List<T> {
    fn eq(&self, other: &List<T>) -> bool {
        **self == **other
    }
}

impl<T: fmt::Debug> fmt::Debug for List<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn gathered_lists_are_the_same_lists(lists in prop::collection::vec(prop::collection::vec(any::<u32>(), 0..9), 0..9)) {
            let mut gathered: Vec<List<u32>> = lists.iter().map(|l| l.clone().into()).collect();
            for _ in 0..2 {
                gather(gathered.iter_mut().collect());
                prop_assert!(gathered.iter().zip(&lists).all(|(g, l)| **g == **l));
            }
        }
    }
}
