//! The rows whose sketches are at hand: all of a working set, or two stretches of a larger one.

use crate::model::{Marks, Row, Sketch};
use std::borrow::Cow;
use std::sync::Arc;

/// Sketches of rows that follow one another, with the marks of their shingles; either may lack.
#[derive(Clone, Debug, Default)]
pub struct Stretch<'a> {
    /// The first row.
    pub first: u32,
    /// From that row on.
    pub sketches: Cow<'a, [Sketch]>,
    /// Likewise.
    pub marks: Cow<'a, [Marks]>,
}

/// Two stretches of rows, the second behind the first; either may be empty.
#[derive(Clone, Debug, Default)]
pub struct Window<'a> {
    near: Arc<Stretch<'a>>,
    far: Arc<Stretch<'a>>,
}

impl<'a> Window<'a> {
    /// One stretch alone.
    pub fn one(near: Arc<Stretch<'a>>) -> Window<'a> {
        Window { near, far: Arc::new(Stretch { first: u32::MAX, ..Stretch::default() }) }
    }

    /// Two stretches.
    pub fn two(near: Arc<Stretch<'a>>, far: Arc<Stretch<'a>>) -> Window<'a> {
        Window { near, far }
    }

    /// The stretches.
    pub(super) fn stretches(&self) -> [Arc<Stretch<'a>>; 2] {
        [self.near.clone(), self.far.clone()]
    }

    #[inline]
    fn of(&self, row: Row) -> (&Stretch<'a>, usize) {
        let stretch = if row.0 < self.far.first { &self.near } else { &self.far };
        (stretch, row.0.wrapping_sub(stretch.first) as usize)
    }

    /// The sketch of a row, where it is at hand.
    #[inline]
    pub fn sketch(&self, row: Row) -> Option<&Sketch> {
        let (stretch, at) = self.of(row);
        stretch.sketches.get(at)
    }

    /// The marks of a row, where they are at hand.
    #[inline]
    pub fn marks(&self, row: Row) -> Option<&Marks> {
        let (stretch, at) = self.of(row);
        stretch.marks.get(at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_found_in_their_stretch_and_nowhere_else() {
        let stretch = |first: u32, n: u32| {
            let sketches: Vec<Sketch> = (first..first + n).map(|words| Sketch { words, ..Sketch::default() }).collect();
            Arc::new(Stretch { first, sketches: sketches.into(), marks: Cow::default() })
        };
        let window = Window::two(stretch(2, 2), stretch(6, 3));
        let found: Vec<u32> = (0..12).filter_map(|row| window.sketch(Row(row))).map(|s| s.words).collect();
        assert_eq!(found, [2, 3, 6, 7, 8]);
        assert!(Window::one(stretch(0, 3)).sketch(Row(3)).is_none());
    }
}
