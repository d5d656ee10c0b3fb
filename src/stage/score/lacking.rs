//! What sketches at hand lack, made or read where a pair asks for it.

use super::copies::Parts;
use crate::model::{Brief, Marks, Row, Sketch};
use std::borrow::Cow;
use std::cell::OnceCell;

/// Makes or reads what sketches at hand lack.
#[derive(Clone, Copy)]
pub struct Lacking<'a> {
    /// The shingles of a row.
    pub shingles: &'a (dyn Fn(Row) -> Vec<u32> + Sync),
    /// The names, numbers and opening of a row.
    pub names: &'a (dyn Fn(Row) -> Sketch + Sync),
}

/// What was made of some rows, once for each; it goes when all of their pairs are judged.
pub(super) struct Rest<'a> {
    lacking: Lacking<'a>,
    /// Ascending.
    rows: Vec<Row>,
    made: Vec<Made>,
}

#[derive(Clone, Default)]
struct Made {
    shingles: OnceCell<Box<[u32]>>,
    names: OnceCell<Box<Sketch>>,
}

impl<'a> Rest<'a> {
    /// Nothing made yet of the rows of these pairs.
    pub(super) fn of(lacking: Lacking<'a>, pairs: impl IntoIterator<Item = (Row, Row)>) -> Rest<'a> {
        let mut rows: Vec<Row> = pairs.into_iter().flat_map(|(a, b)| [a, b]).collect();
        rows.sort_unstable();
        rows.dedup();
        let made = vec![Made::default(); rows.len()];
        Rest { lacking, rows, made }
    }

    fn made(&self, row: Row) -> Option<&Made> {
        self.made.get(self.rows.binary_search(&row).ok()?)
    }

    fn shingles(&self, row: Row) -> Cow<'_, [u32]> {
        match self.made(row) {
            Some(made) => Cow::Borrowed(made.shingles.get_or_init(|| (self.lacking.shingles)(row).into())),
            None => Cow::Owned((self.lacking.shingles)(row)),
        }
    }

    fn names(&self, row: Row) -> Cow<'_, Sketch> {
        match self.made(row) {
            Some(made) => Cow::Borrowed(made.names.get_or_init(|| (self.lacking.names)(row).into())),
            None => Cow::Owned((self.lacking.names)(row)),
        }
    }
}

/// One side of a pair that may be copies.
#[derive(Clone, Copy)]
pub(super) struct Side<'a> {
    pub(super) row: Row,
    pub(super) brief: Brief,
    /// Where it is at hand.
    pub(super) sketch: Option<&'a Sketch>,
    /// Where the sketch lacks something, who makes it.
    pub(super) lacking: Option<&'a Rest<'a>>,
    /// Where its shingles lie elsewhere, and its lists if there is no sketch at hand, who reads them.
    pub(super) shelved: Option<Lacking<'a>>,
    /// The marks of its shingles, where it lacks nothing.
    pub(super) marks: Option<&'a Marks>,
}

impl Parts for Side<'_> {
    fn brief(&self) -> Brief {
        self.brief
    }

    fn shingles(&self) -> Cow<'_, [u32]> {
        match (self.lacking, self.shelved) {
            (Some(rest), _) => rest.shingles(self.row),
            (None, Some(shelf)) => Cow::Owned((shelf.shingles)(self.row)),
            (None, None) => self.sketch.map_or(Cow::default(), |s| Cow::Borrowed(&s.shingles[..])),
        }
    }

    fn count(&self) -> u32 {
        match (self.shelved, self.marks) {
            (Some(_), Some(marks)) => marks.count(),
            _ => self.shingles().len() as u32,
        }
    }

    fn names(&self) -> Cow<'_, Sketch> {
        match (self.lacking, self.sketch, self.shelved) {
            (Some(rest), ..) => rest.names(self.row),
            (None, Some(sketch), _) => Cow::Borrowed(sketch),
            (None, None, shelf) => shelf.map_or(Cow::default(), |shelf| Cow::Owned((shelf.names)(self.row))),
        }
    }

    fn marks(&self) -> Option<&Marks> {
        self.marks
    }
}
