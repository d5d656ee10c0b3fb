//! What was read last, some for each thread: two questions to one text mostly follow one another.

use crate::model::{Row, Sketch};
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

/// What was read of rows; of those that fall into one place that of the last.
pub struct Lately<T> {
    of_threads: Vec<Mutex<Places<T>>>,
    /// Places of a thread, and bytes that it holds at most.
    places: usize,
    most: usize,
}

/// What was read, each in its place, with its row.
struct Places<T> {
    all: Vec<Option<(Row, T)>>,
    held: usize,
}

impl<T> Default for Places<T> {
    fn default() -> Places<T> {
        Places { all: Vec::new(), held: 0 }
    }
}

/// What takes room.
pub trait Held {
    /// In bytes, about.
    fn held(&self) -> usize;
}

impl Held for Vec<u32> {
    fn held(&self) -> usize {
        size_of_val(&self[..])
    }
}

impl Held for Sketch {
    fn held(&self) -> usize {
        let plain = self.signature.len() + self.shingles.len() + self.title.len() + self.lead.len() + self.quotes.len();
        size_of::<Sketch>() + 4 * plain + 8 * (self.body.len() + self.caps.len() + self.numbers.len())
    }
}

/// Shingles that are made again: among nearly equal pages each is asked for with a hundred others, all over the night.
impl Default for Lately<Vec<u32>> {
    fn default() -> Lately<Vec<u32>> {
        Lately::new(1 << 17, 128 << 20)
    }
}

/// Sketches: the candidates of a row come one after the other, and rows that are alike have the same.
impl Default for Lately<Sketch> {
    fn default() -> Lately<Sketch> {
        Lately::new(1 << 8, 8 << 20)
    }
}

impl<T: Clone + Held> Lately<T> {
    /// None yet, and so many in so many bytes at most, all threads together.
    pub fn new(places: usize, bytes: usize) -> Lately<T> {
        let of_threads: Vec<_> = of_threads();
        let threads = of_threads.len();
        Lately { of_threads, places: places.div_ceil(threads), most: bytes / threads }
    }

    /// That of a row, which is read where this thread has it no more.
    pub fn of(&self, row: Row, read: impl FnOnce() -> T) -> T {
        let Some(mut kept) = of_thread(&self.of_threads).and_then(|of| of.lock().ok()) else { return read() };
        let Places { all, held } = &mut *kept;
        all.resize_with(self.places, || None);
        let place = row.at() % self.places;
        if let Some((_, known)) = all[place].as_ref().filter(|(of, _)| *of == row) {
            return known.clone();
        }
        let new = read();
        *held = *held + new.held() - all[place].as_ref().map_or(0, |(_, old)| old.held());
        if *held > self.most {
            all.fill_with(|| None);
            *held = new.held();
        }
        all[place].insert((row, new)).1.clone()
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
    fn what_was_read_is_kept_while_its_place_is_not_taken_and_there_is_room() {
        let lately = Lately::new(64 * of_threads::<()>().len(), 100 * of_threads::<()>().len());
        let read = std::cell::Cell::new(0);
        let of = |row: u32, len: usize| {
            let again = || {
                read.set(read.get() + 1);
                vec![row; len]
            };
            lately.of(Row(row), again)
        };
        let read_by = |asked: &[(u32, usize)]| {
            let before = read.get();
            assert!(asked.iter().all(|(row, len)| of(*row, *len) == vec![*row; *len]));
            read.get() - before
        };
        assert_eq!(read_by(&[(1, 1), (2, 1), (1, 1), (2, 1), (65, 1), (1, 1)]), 4, "65 is in the place of 1");
        assert_eq!(read_by(&[(3, 20), (2, 1), (4, 20), (2, 1), (4, 20), (3, 20)]), 4, "3 and 4 are too much together");
        assert_eq!(read_by(&[(5, 200), (5, 200)]), 1, "of what is too much alone the last is there");
    }
}
