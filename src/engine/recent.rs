//! What was read last, some for each thread: two questions to one text mostly follow one another.

use crate::model::Row;
use std::collections::VecDeque;
use std::sync::Mutex;

/// Bodies of a thread.
const KEPT: usize = 2;

/// Bodies by row, without furniture, each for one who asks for it next.
pub struct Recent {
    of_threads: Vec<Mutex<VecDeque<(Row, String)>>>,
}

impl Default for Recent {
    /// None yet.
    fn default() -> Recent {
        Recent { of_threads: of_threads() }
    }
}

/// One for each thread of the pool, and one for threads of no pool.
fn of_threads<T: Default>() -> Vec<Mutex<T>> {
    (0..=rayon::current_num_threads()).map(|_| Mutex::default()).collect()
}

/// That of this thread.
fn of_thread<T>(of_threads: &[Mutex<T>]) -> Option<&Mutex<T>> {
    of_threads.get(rayon::current_thread_index().unwrap_or(of_threads.len() - 1))
}

impl Recent {
    fn of_thread(&self) -> Option<&Mutex<VecDeque<(Row, String)>>> {
        of_thread(&self.of_threads)
    }

    /// Keeps a body for a while.
    pub fn keep(&self, row: Row, body: String) {
        if let Some(mut kept) = self.of_thread().and_then(|of| of.lock().ok()) {
            kept.truncate(KEPT - 1);
            kept.push_front((row, body));
        }
    }

    /// The body of a row, if this thread has it.
    pub fn take(&self, row: Row) -> Option<String> {
        let mut kept = self.of_thread()?.lock().ok()?;
        let at = kept.iter().position(|(of, _)| *of == row)?;
        kept.remove(at).map(|(_, body)| body)
    }
}

/// What a thread keeps: the candidates of a row come one after the other, and rows that are alike have the same.
const PLACES: usize = 64;

/// What was read of rows; of those that fall into one place that of the last.
pub struct Lately<T> {
    of_threads: Vec<Mutex<Places<T>>>,
}

/// What was read, each in its place, with its row.
type Places<T> = Vec<Option<(Row, T)>>;

impl<T> Default for Lately<T> {
    /// None yet.
    fn default() -> Lately<T> {
        Lately { of_threads: of_threads() }
    }
}

impl<T: Clone> Lately<T> {
    /// That of a row, which is read where this thread has it no more.
    pub fn of(&self, row: Row, read: impl FnOnce() -> T) -> T {
        let Some(mut kept) = of_thread(&self.of_threads).and_then(|of| of.lock().ok()) else { return read() };
        kept.resize_with(PLACES, || None);
        match kept.get_mut(row.at() % PLACES) {
            Some(Some((of, known))) if *of == row => known.clone(),
            Some(place) => place.insert((row, read())).1.clone(),
            None => read(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_bodies_are_given_once() {
        let recent = Recent::default();
        (1..4).for_each(|row| recent.keep(Row(row), format!("text {row}")));
        assert_eq!([1, 3, 3, 2].map(|row| recent.take(Row(row)).is_some()), [false, true, false, true]);
    }

    #[test]
    fn what_was_read_is_kept_while_its_place_is_not_taken() {
        let (lately, read) = (Lately::default(), std::cell::Cell::new(0));
        let of = |row: u32| {
            lately.of(Row(row), || {
                read.set(read.get() + 1);
                row
            })
        };
        let rows = [1, 2, 1, 2, 1 + PLACES as u32, 1];
        assert!(rows.iter().all(|row| of(*row) == *row));
        assert_eq!(read.get(), 4, "1 and 2, the other in the place of 1, and 1 again");
    }
}
