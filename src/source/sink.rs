//! Where readers put what they read: batches with their numbers, handed out by one thread or by several.

use super::reader::{Batch, To};
use crate::model::Record;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// Takes the batches of one file. Each has its number, from 0 on in the order of the file.
pub struct Sink<'a> {
    to: &'a To<'a>,
    /// Most words of a record.
    words: u64,
    next: AtomicU64,
    records: AtomicU64,
}

impl<'a> Sink<'a> {
    /// Hands on to `to`, but for records of more `words`, which are refused.
    pub fn new(to: &'a To<'a>, words: u64) -> Sink<'a> {
        Sink { to, words, next: AtomicU64::new(0), records: AtomicU64::new(0) }
    }

    /// The number of the batch that comes next in the file; one that is taken must be put.
    pub fn number(&self) -> u64 {
        self.next.fetch_add(1, Ordering::Relaxed)
    }

    /// The next batch of a file that is read by one thread.
    pub fn put(&self, batch: Batch) {
        self.put_as(self.number(), batch);
    }

    /// The batch of this number, from whichever thread has made it.
    pub fn put_as(&self, number: u64, batch: Batch) {
        let mut batch = batch.within(self.words);
        batch.records.iter_mut().for_each(Record::clear_nuls);
        self.records.fetch_add((batch.records.len() + batch.rejects.len()) as u64, Ordering::Relaxed);
        (self.to)(number, batch);
    }

    /// Records that were put, readable or not.
    pub fn records(&self) -> u64 {
        self.records.load(Ordering::Relaxed)
    }
}

/// Hands on what comes with numbers, from 0 on and each once, in the order of the numbers.
pub struct InOrder<T, F> {
    held: Mutex<Held<T, F>>,
}

struct Held<T, F> {
    /// The number that is handed on next.
    next: u64,
    early: BTreeMap<u64, T>,
    to: F,
}

impl<T, F: FnMut(T)> InOrder<T, F> {
    /// Hands on to `to`, one after the other: it must not wait for other threads, which may be waiting for it.
    pub fn new(to: F) -> InOrder<T, F> {
        InOrder { held: Mutex::new(Held { next: 0, early: BTreeMap::new(), to }) }
    }

    /// Takes what has this number, and hands on what is due.
    pub fn put(&self, number: u64, one: T) {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let held = &mut *held;
        held.early.insert(number, one);
        while let Some(one) = held.early.remove(&held.next) {
            held.next += 1;
            (held.to)(one);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_comes_in_any_order_is_handed_on_in_that_of_the_numbers(numbers in (0_u64..40).prop_flat_map(|n| Just((0..n).collect::<Vec<_>>()).prop_shuffle())) {
            let mut got = Vec::new();
            let order = InOrder::new(|one| got.push(one));
            numbers.iter().for_each(|number| order.put(*number, *number));
            drop(order);
            prop_assert!(got.iter().copied().eq(0..numbers.len() as u64));
        }
    }
}
