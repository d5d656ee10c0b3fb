//! The bodies that were folded last, a few for each thread: two questions to one text mostly follow one another.

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
        // The last is for threads of no pool.
        Recent { of_threads: (0..=rayon::current_num_threads()).map(|_| Mutex::default()).collect() }
    }
}

impl Recent {
    fn of_thread(&self) -> Option<&Mutex<VecDeque<(Row, String)>>> {
        self.of_threads.get(rayon::current_thread_index().unwrap_or(self.of_threads.len() - 1))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_bodies_are_given_once() {
        let recent = Recent::default();
        (1..4).for_each(|row| recent.keep(Row(row), format!("text {row}")));
        assert_eq!([1, 3, 3, 2].map(|row| recent.take(Row(row)).is_some()), [false, true, false, true]);
    }
}
