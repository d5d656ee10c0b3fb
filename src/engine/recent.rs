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

/// Lists that a thread keeps: the candidates of a row come one after the other, and rows that are alike have the same.
const LISTS: usize = 64;

/// Lists by row; of those that fall into one place the last that was asked for.
pub struct Lately {
    of_threads: Vec<Mutex<Vec<Option<(Row, Vec<u32>)>>>>,
}

impl Default for Lately {
    /// None yet.
    fn default() -> Lately {
        Lately { of_threads: of_threads() }
    }
}

impl Lately {
    /// The list of a row, which is made or read where this thread has it no more.
    pub fn list(&self, row: Row, make: impl FnOnce() -> Vec<u32>) -> Vec<u32> {
        let Some(mut kept) = of_thread(&self.of_threads).and_then(|of| of.lock().ok()) else { return make() };
        kept.resize_with(LISTS, || None);
        match kept.get_mut(row.at() % LISTS) {
            Some(Some((of, list))) if *of == row => list.clone(),
            Some(place) => place.insert((row, make())).1.clone(),
            None => make(),
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
    fn lists_are_made_once_while_their_places_are_not_taken() {
        let (lately, made) = (Lately::default(), std::cell::Cell::new(0));
        let list = |row: u32| {
            lately.list(Row(row), || {
                made.set(made.get() + 1);
                vec![row]
            })
        };
        let rows = [1, 2, 1, 2, 1 + LISTS as u32, 1];
        assert!(rows.iter().all(|row| list(*row) == [*row]));
        assert_eq!(made.get(), 4, "1 and 2, the other in the place of 1, and 1 again");
    }
}
