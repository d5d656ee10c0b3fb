//! What sketches at hand lack, made or read where a pair asks for it.

use super::copies::Parts;
use crate::model::{Brief, Marks, Row, Sketch};
use std::borrow::Cow;
use std::sync::OnceLock;

/// Makes or reads what sketches at hand lack.
#[derive(Clone, Copy)]
pub struct Lacking<'a> {
    /// The shingles of a row.
    pub shingles: &'a (dyn Fn(Row) -> Vec<u32> + Sync),
    /// The names, numbers and opening of a row.
    pub names: &'a (dyn Fn(Row) -> Sketch + Sync),
}

/// What was made, once for each row.
pub(super) struct Rest<'a> {
    lacking: Lacking<'a>,
    shingles: Vec<OnceLock<Box<[u32]>>>,
    names: Vec<OnceLock<Box<Sketch>>>,
}

impl<'a> Rest<'a> {
    /// Nothing made yet of so many rows.
    pub(super) fn new(lacking: Lacking<'a>, rows: usize) -> Rest<'a> {
        let (shingles, names) = (0..rows).map(|_| (OnceLock::new(), OnceLock::new())).unzip();
        Rest { lacking, shingles, names }
    }

    fn shingles(&self, row: Row) -> &[u32] {
        self.shingles[row.at()].get_or_init(|| (self.lacking.shingles)(row).into())
    }

    fn names(&self, row: Row) -> &Sketch {
        self.names[row.at()].get_or_init(|| (self.lacking.names)(row).into())
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
            (Some(rest), _) => Cow::Borrowed(rest.shingles(self.row)),
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
            (Some(rest), ..) => Cow::Borrowed(rest.names(self.row)),
            (None, Some(sketch), _) => Cow::Borrowed(sketch),
            (None, None, shelf) => shelf.map_or(Cow::default(), |shelf| Cow::Owned((shelf.names)(self.row))),
        }
    }

    fn marks(&self) -> Option<&Marks> {
        self.marks
    }
}
