//! Sketches put away: their shingles before pairs are looked for, since few pairs ask for them; the rest once pairs are scored,
//! since the report page asks for a few thousand of a million.

use super::Shelves;
use crate::error::Result;
use crate::model::{Row, Shelf, Sketch};
use crate::store::{self, ReadShingles};
use rayon::prelude::*;
use std::borrow::Cow;
use std::mem::take;
use std::sync::Arc;

/// Rows that are packed and put away at a time.
const PART: usize = 1_024;

/// Something of each row, on shelves.
#[derive(Default)]
pub struct Away(Vec<Part>);

struct Part {
    shelf: Arc<dyn Shelf>,
    at: u64,
    /// Where what each row has ends.
    ends: Vec<u64>,
}

impl Away {
    /// Puts sketches away, parallel to the rows.
    ///
    /// # Errors
    /// The disk.
    pub fn sketches(mut sketches: Vec<Sketch>, shelves: &mut Shelves) -> Result<Away> {
        Away::put(&mut sketches, |sketch| store::pack_sketch(&take(sketch)), shelves)
    }

    /// Takes the shingles out of sketches and puts them away.
    ///
    /// # Errors
    /// The disk.
    pub fn shingles(sketches: &mut [Sketch], shelves: &mut Shelves) -> Result<Away> {
        let bytes = |sketch: &mut Sketch| take(&mut sketch.shingles).iter().flat_map(|s| s.to_le_bytes()).collect();
        Away::put(sketches, bytes, shelves)
    }

    fn put(
        sketches: &mut [Sketch],
        pack: impl Fn(&mut Sketch) -> Vec<u8> + Sync,
        shelves: &mut Shelves,
    ) -> Result<Away> {
        let mut parts = Vec::with_capacity(sketches.len().div_ceil(PART));
        for part in sketches.chunks_mut(PART) {
            let packed: Vec<Vec<u8>> = part.par_iter_mut().map(&pack).collect();
            let ends = packed.iter().scan(0, |end, bytes| {
                *end += bytes.len() as u64;
                Some(*end)
            });
            let ends = ends.collect();
            let (shelf, at) = shelves.put_bytes(packed.concat())?;
            parts.push(Part { shelf, at, ends });
        }
        Ok(Away(parts))
    }

    /// The sketch of a row; an empty one where the shelf gives something else, of which it knows.
    pub fn sketch(&self, row: Row) -> Sketch {
        let Some((part, bytes)) = self.bytes(row) else { return Sketch::default() };
        store::unpack_sketch(&bytes).unwrap_or_else(|| {
            part.shelf.damaged();
            Sketch::default()
        })
    }

    fn bytes(&self, row: Row) -> Option<(&Part, Cow<'_, [u8]>)> {
        let (part, i) = (self.0.get(row.at() / PART)?, row.at() % PART);
        let (start, end) = (if i == 0 { 0 } else { *part.ends.get(i - 1)? }, *part.ends.get(i)?);
        Some((part, part.shelf.take(part.at + start, (end - start) as usize)))
    }

    /// Whether nothing was put away.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl ReadShingles for Away {
    fn of(&self, row: Row) -> Vec<u32> {
        let bytes = self.bytes(row).map(|(_, bytes)| bytes).unwrap_or_default();
        bytes.chunks_exact(4).map(|c| u32::from_le_bytes([c[0], c[1], c[2], c[3]])).collect()
    }

    /// The shelves themselves tell what they could not give.
    fn check(&self) -> Result<()> {
        Ok(())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn sketches_put_away_read_back_equal() {
        let lists = |n: u32| (vec![(n, 2); n as usize % 5].into(), vec![n; n as usize % 3].into());
        let one = |n: u32| {
            let (body, shingles) = lists(n);
            Sketch { words: n, body, shingles, ..Sketch::default() }
        };
        let mut sketches: Vec<Sketch> = (0..2_500).map(one).collect();
        let shingles = Away::shingles(&mut sketches, &mut Shelves::new(None)).unwrap();
        assert!((0..2_500).all(|n| *shingles.of(Row(n)) == *lists(n).1));
        assert!(sketches.iter().all(|s| s.shingles.is_empty()));
        let away = Away::sketches(sketches.clone(), &mut Shelves::new(None)).unwrap();
        assert!((0..2_500).all(|row| away.sketch(Row(row)) == sketches[row as usize]));
        assert_eq!(away.sketch(Row(9_999)), Sketch::default());
    }
}
