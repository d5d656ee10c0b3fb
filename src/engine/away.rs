//! Sketches put away as they are made: of a night that is read whole, few steps ask for all of them at once.

use super::Shelves;
use super::recent::Lately;
use crate::algo::bands::Columns;
use crate::error::Result;
use crate::model::marks::{BYTES, Marks};
use crate::model::{Brief, Row, Shelf, Sketch};
use crate::stage::score::Stretch;
use crate::store::{self, Unpacking};
use rayon::prelude::*;
use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

/// Rows that are packed and put away at a time.
const PART: usize = 1_024;

/// The sketches of a working set, on shelves.
#[derive(Default)]
pub struct Away {
    parts: Vec<Part>,
    /// What of each is at hand.
    pub briefs: Vec<Brief>,
    /// The marks of the shingles of each, until they are taken.
    pub marks: Vec<Marks>,
    bands: usize,
    /// Rows of a band.
    rows: usize,
    /// Those that were read last.
    terms: Lately<Sketch>,
}

struct Part {
    shelf: Arc<dyn Shelf>,
    at: u64,
    /// Where the sketch of each row ends.
    ends: Vec<u32>,
    /// The rows that have a signature, and where their keys are: all of the first band, all of the second …
    signed: Vec<u32>,
    keys: (Arc<dyn Shelf>, u64),
    /// Where the marks of its rows are, one after the other.
    marks: (Arc<dyn Shelf>, u64),
}

impl Away {
    /// None yet, of sketches whose signatures have so many bands of so many rows.
    pub fn new(bands: usize, rows: usize) -> Away {
        Away { bands, rows, ..Away::default() }
    }

    /// Puts the sketches of the next rows away. All but the last must be a multiple of 1,024.
    ///
    /// # Errors
    /// The disk.
    pub fn add(&mut self, sketches: &[Sketch], shelves: &mut Shelves) -> Result<()> {
        for part in sketches.chunks(PART) {
            let first = self.briefs.len() as u32;
            self.briefs.extend(part.iter().map(Sketch::brief));
            let marks: Vec<Marks> = part.par_iter().map(Sketch::marks).collect();
            let marked = shelves.put_bytes(marks.iter().flat_map(Marks::to_bytes).collect())?;
            self.marks.extend(marks);
            let signatures = (first..).zip(part.iter().map(|s| &s.signature[..]));
            let Columns { rows: signed, keys } = Columns::of(signatures, 0..self.bands, self.bands, self.rows);
            let keys = shelves.put_bytes(keys.iter().flatten().flat_map(|key| key.to_le_bytes()).collect())?;
            let packed: Vec<Vec<u8>> = part.par_iter().map(store::pack_sketch).collect();
            let ends = packed.iter().scan(0, |end, bytes| {
                *end += bytes.len() as u32;
                Some(*end)
            });
            let ends = ends.collect();
            let (shelf, at) = shelves.put_bytes(packed.concat())?;
            self.parts.push(Part { shelf, at, ends, signed, keys, marks: marked });
        }
        Ok(())
    }

    /// The keys of some bands.
    pub fn columns(&self, some: Range<usize>) -> Columns {
        let mut out = Columns { rows: Vec::new(), keys: vec![Vec::new(); some.len()] };
        for part in &self.parts {
            out.rows.extend_from_slice(&part.signed);
            let (len, (shelf, at)) = (4 * part.signed.len(), &part.keys);
            for (keys, band) in out.keys.iter_mut().zip(some.clone()) {
                let bytes = shelf.take(at + (band * len) as u64, len);
                keys.extend(bytes.as_chunks::<4>().0.iter().map(|key| u32::from_le_bytes(*key)));
            }
        }
        out
    }

    /// The sketch of a row as it was packed.
    fn packed(&self, row: Row) -> Cow<'_, [u8]> {
        let (part, i) = (&self.parts[row.at() / PART], row.at() % PART);
        let (start, end) = part.span(i);
        part.shelf.take(part.at + start as u64, end - start)
    }

    /// The sketch of a row without signature; an empty one where the shelf gives something else, of which it
    /// knows.
    pub fn terms_of(&self, row: Row) -> Sketch {
        self.terms.of(row, || {
            let sketch = store::unpack_terms(&self.packed(row));
            self.parts[row.at() / PART].sound(sketch)
        })
    }

    /// The sketches of some rows, without signatures.
    pub fn terms(&self, rows: Range<usize>) -> Vec<Sketch> {
        self.read(rows, |part, within, buffer| {
            let (start, end) = (part.span(within.start).0, part.span(within.end - 1).1);
            let bytes = part.shelf.take_into(part.at + start as u64, end - start, buffer);
            let mut unpacking = Unpacking::with_capacity(within.len(), end - start);
            for i in within {
                let (from, to) = part.span(i);
                if unpacking.add(bytes.get(from - start..to - start).unwrap_or_default()).is_err() {
                    part.shelf.damaged();
                }
            }
            unpacking.sketches()
        })
    }

    /// The same with the marks of their shingles.
    pub fn stretch(&self, rows: Range<usize>) -> Stretch<'static> {
        let marks = self.read(rows.clone(), |part, within, buffer| {
            let (shelf, at) = &part.marks;
            let bytes = shelf.take_into(at + (within.start * BYTES) as u64, within.len() * BYTES, buffer);
            // What the shelf could not give, it knows of.
            let missing = within.len() - bytes.len() / BYTES;
            let marks = bytes.as_chunks::<BYTES>().0.iter().map(Marks::from_bytes);
            marks.chain(std::iter::repeat_n(Marks::of(&[]), missing)).collect()
        });
        Stretch { first: rows.start as u32, sketches: self.terms(rows).into(), marks: marks.into() }
    }

    /// What `of_part` reads of some rows, part by part, each with those of its rows that are among them.
    fn read<T: Send>(
        &self,
        rows: Range<usize>,
        of_part: impl Fn(&Part, Range<usize>, &mut Vec<u8>) -> Vec<T> + Sync,
    ) -> Vec<T> {
        let within = |buffer: &mut Vec<u8>, at: usize| {
            let (part, first) = (&self.parts[at], at * PART);
            of_part(part, rows.start.max(first) - first..(rows.end - first).min(part.ends.len()), buffer)
        };
        let parts = if rows.is_empty() { 0..0 } else { rows.start / PART..rows.end.div_ceil(PART) };
        let read: Vec<Vec<T>> = parts.into_par_iter().map_init(Vec::new, within).collect();
        let mut all = Vec::with_capacity(rows.len());
        read.into_iter().for_each(|mut part| all.append(&mut part));
        all
    }
}

impl Part {
    /// Where the sketch of its `i`th row starts and ends.
    fn span(&self, i: usize) -> (usize, usize) {
        (if i == 0 { 0 } else { self.ends[i - 1] as usize }, self.ends[i] as usize)
    }

    /// What was unpacked; where it could not be, nothing, and the shelf is told.
    fn sound<T: Default>(&self, unpacked: Option<T>) -> T {
        unpacked.unwrap_or_else(|| {
            self.shelf.damaged();
            T::default()
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn sketches_put_away_read_back_equal() {
        let one = |n: u32| Sketch {
            words: n,
            signature: vec![n % 7; if n.is_multiple_of(5) { 0 } else { 6 }].into(),
            body: vec![(n, 2); n as usize % 5].into(),
            shingles: vec![n; n as usize % 3].into(),
            ..Sketch::default()
        };
        let sketches: Vec<Sketch> = (0..9_000).map(one).collect();
        let mut away = Away::new(3, 2);
        let mut shelves = Shelves::new(None);
        sketches.chunks(2 * PART).for_each(|part| away.add(part, &mut shelves).unwrap());
        let bare = |n: u32| Sketch { signature: Default::default(), shingles: Default::default(), ..one(n) };
        assert!((0..9_000).all(|n| away.terms_of(Row(n)) == bare(n)));
        assert!(away.terms(4_000..8_500).into_iter().eq((4_000..8_500).map(bare)));
        let stretch = away.stretch(4_096..9_000);
        assert!(stretch.sketches.iter().cloned().eq((4_096..9_000).map(bare)));
        assert_eq!(stretch.marks[..], away.marks[4_096..]);
        let signatures = (0..).zip(sketches.iter().map(|s| &s.signature[..]));
        assert_eq!(away.columns(1..3), Columns::of(signatures, 1..3, 3, 2));
        assert_eq!(away.briefs[77], sketches[77].brief());
    }
}
