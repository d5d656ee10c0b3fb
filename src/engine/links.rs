//! The links of a run put away, row by row.

use super::Shelves;
use crate::error::Result;
use crate::model::{Link, Row, Shelf};
use crate::store;
use rayon::prelude::*;
use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

/// Rows whose links are put away and read back at a time.
const PART: usize = 1_024;

/// Links on shelves, ascending by (a, b).
#[derive(Default)]
pub struct Links {
    parts: Vec<Part>,
    len: usize,
}

struct Part {
    rows: Range<usize>,
    shelf: Arc<dyn Shelf>,
    at: u64,
    /// Where the links of each row end.
    ends: Vec<u32>,
}

impl Links {
    /// Puts the links of the next rows away; they ascend by (a, b).
    ///
    /// # Errors
    /// The disk.
    pub fn put(&mut self, rows: Range<usize>, links: &[Link], shelves: &mut Shelves) -> Result<()> {
        let before = |row: usize| links.partition_point(|l| l.a.at() < row);
        for start in rows.clone().step_by(PART) {
            let rows = start..rows.end.min(start + PART);
            let of_part = &links[before(rows.start)..before(rows.end)];
            let mut left = of_part;
            let mut each = Vec::with_capacity(rows.len());
            for row in rows.clone() {
                let (of_row, others) = left.split_at(left.partition_point(|l| l.a.at() <= row));
                each.push(of_row);
                left = others;
            }
            let packed: Vec<Vec<u8>> = each
                .par_iter()
                .map(|links| if links.is_empty() { Vec::new() } else { store::pack_links(links) })
                .collect();
            let ends = packed.iter().scan(0, |end, bytes| {
                *end += bytes.len() as u32;
                Some(*end)
            });
            let ends = ends.collect();
            let (shelf, at) = shelves.put_bytes(packed.concat())?;
            self.parts.push(Part { rows, shelf, at, ends });
            self.len += of_part.len();
        }
        Ok(())
    }

    /// All, some thousand rows at a time, with these rows.
    pub fn parts(&self) -> impl Iterator<Item = (Range<usize>, Vec<Link>)> + '_ {
        self.parts.iter().map(|part| {
            let all = part.span(part.rows.clone());
            let bytes = part.take(all.clone());
            let of_row = |row: usize| {
                let span = part.span(row..row + 1);
                let within = (span.start - all.start) as usize..(span.end - all.start) as usize;
                part.links(row, bytes.get(within).unwrap_or_default())
            };
            (part.rows.clone(), part.rows.clone().into_par_iter().flat_map_iter(of_row).collect())
        })
    }
}

impl store::Links for Links {
    fn len(&self) -> usize {
        self.len
    }

    fn of(&self, row: Row) -> Cow<'_, [Link]> {
        let at = self.parts.partition_point(|p| p.rows.end <= row.at());
        let Some(part) = self.parts.get(at) else { return Cow::default() };
        let span = part.span(row.at()..row.at() + 1);
        if span.is_empty() { Cow::default() } else { part.links(row.at(), &part.take(span)).into() }
    }
}

impl Part {
    /// Where the links of some of its rows lie.
    fn span(&self, rows: Range<usize>) -> Range<u64> {
        let end = |row: usize| if row == self.rows.start { 0 } else { u64::from(self.ends[row - self.rows.start - 1]) };
        self.at + end(rows.start)..self.at + end(rows.end)
    }

    fn take(&self, span: Range<u64>) -> Cow<'_, [u8]> {
        self.shelf.take(span.start, (span.end - span.start) as usize)
    }

    /// The links of a row; none where the shelf gives something else, of which it knows.
    fn links(&self, row: usize, bytes: &[u8]) -> Vec<Link> {
        if bytes.is_empty() {
            return Vec::new();
        }
        store::unpack_links(Row(row as u32), bytes).unwrap_or_else(|| {
            self.shelf.damaged();
            Vec::new()
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::model::{Features, Probability, Proposals, Relation};
    use crate::store::Links as _;

    #[test]
    fn links_put_away_read_back_equal() {
        let link = |a: u32, b: u32| Link {
            a: Row(a),
            b: Row(b),
            by: Proposals::NEIGHBOUR,
            relation: Relation::Different,
            p: Probability(a + b),
            features: Features([0.25; 15]),
            overlap: None,
        };
        let links: Vec<Link> = (0..9_000).flat_map(|a| (1..a % 4).map(move |b| link(a, a + b))).collect();
        let mut away = Links::default();
        let mut shelves = Shelves::new(None);
        for rows in [0..5_000, 5_000..9_003] {
            let first = |row: usize| links.partition_point(|l| l.a.at() < row);
            away.put(rows.clone(), &links[first(rows.start)..first(rows.end)], &mut shelves).unwrap();
        }
        assert_eq!(away.len(), links.len());
        assert!(away.parts().flat_map(|(_, part)| part).eq(links.iter().copied()));
        assert!((0..9_010).all(|row| away.of(Row(row)) == links.of(Row(row))));
    }
}
