//! What sketches lack that propose copies alone, made where a pair asks for it.

use super::copies::Parts;
use crate::algo::marks::Marks;
use crate::model::{Row, Sketch};
use std::borrow::Cow;
use std::sync::OnceLock;

/// Makes what sketches lack that propose copies alone.
#[derive(Clone, Copy)]
pub struct Lacking<'a> {
    /// The shingles of a row.
    pub shingles: &'a (dyn Fn(Row) -> Vec<u32> + Sync),
    /// The names, numbers and opening of a row.
    pub names: &'a (dyn Fn(Row) -> Sketch + Sync),
}

/// Reads the shingles of a row.
pub type Shingles<'a> = dyn Fn(Row) -> Vec<u32> + Sync + 'a;

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
    pub(super) sketch: &'a Sketch,
    /// Where the sketch lacks something, who makes it of which row.
    pub(super) lacking: Option<(&'a Rest<'a>, Row)>,
    /// Where its shingles lie elsewhere, who reads them of which row.
    pub(super) shelved: Option<(&'a Shingles<'a>, Row)>,
    /// The marks of its shingles, where it lacks nothing.
    pub(super) marks: Option<&'a Marks>,
}

impl Parts for Side<'_> {
    fn sketch(&self) -> &Sketch {
        self.sketch
    }

    fn shingles(&self) -> Cow<'_, [u32]> {
        match (self.lacking, self.shelved) {
            (Some((rest, row)), _) => Cow::Borrowed(rest.shingles(row)),
            (None, Some((shelf, row))) => Cow::Owned(shelf(row)),
            (None, None) => Cow::Borrowed(&self.sketch.shingles),
        }
    }

    fn count(&self) -> u32 {
        match (self.shelved, self.marks) {
            (Some(_), Some(marks)) => marks.count(),
            _ => self.shingles().len() as u32,
        }
    }

    fn names(&self) -> &Sketch {
        self.lacking.map_or(self.sketch, |(rest, row)| rest.names(row))
    }

    fn marks(&self) -> Option<&Marks> {
        self.marks
    }
}
