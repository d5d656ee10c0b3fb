//! Sketches as the later stages ask for them, wherever they lie: at hand, put away as they were made, or in the state.

use super::work::Work;
use crate::engine::{self, Lately};
use crate::model::{Row, Sketch};
use crate::settings::Settings;
use crate::stage::score::{Evidence, Lacking, Stretch};
use crate::stage::{fingerprint, pair};
use rayon::prelude::*;
use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

impl Work {
    /// The sketch of a row, wherever it lies; without signature and shingles where it was put away.
    pub fn sketch(&self, row: Row) -> Cow<'_, Sketch> {
        match &self.away {
            Some(away) => Cow::Owned(away.terms_of(row)),
            None => Cow::Borrowed(&self.sketches[row.at()]),
        }
    }

    /// The evidence of candidates, with nothing at hand; where the sketches were put away, `shelf` reads them.
    pub(super) fn of_candidates<'a>(&'a self, settings: &Settings, shelf: Lacking<'a>) -> Evidence<'a> {
        let briefs = match &self.away {
            Some(away) => (&away.briefs[..]).into(),
            None => self.sketches.iter().map(Sketch::brief).collect(),
        };
        let langs = engine::langs(&self.texts);
        let evidence = Evidence::of_candidates(&self.entries, langs, briefs, &self.lexicon, &settings.score);
        if self.lacks_shingles() { evidence.shelved(shelf) } else { evidence }
    }

    /// Whether the sketches are put away, or in the state, without their shingles.
    fn lacks_shingles(&self) -> bool {
        self.away.is_some() || self.marks.is_some()
    }

    /// The shingles of a row, made again where its sketch lacks them: few pairs ask for them.
    pub(super) fn shingles(&self, row: Row, settings: &Settings) -> Vec<u32> {
        let made = || fingerprint::shingled(&self.texts[row.at()].title, &self.body(row), &settings.fingerprint);
        if self.lacks_shingles() { self.shingled.of(row, made) } else { self.sketches[row.at()].shingles.to_vec() }
    }

    /// The sketches of some rows.
    pub(super) fn stretch(&self, rows: Range<usize>) -> Arc<Stretch<'_>> {
        let marks = || match &self.marks {
            Some(marks) => (&marks[rows.clone()]).into(),
            None => self.sketches[rows.clone()].par_iter().map(Sketch::marks).collect(),
        };
        let first = rows.start as u32;
        Arc::new(match &self.away {
            Some(away) => away.stretch(rows),
            None => Stretch { first, marks: marks(), sketches: (&self.sketches[rows.clone()]).into() },
        })
    }

    /// The sketches of some rows, of which nobody asks for shingles or signatures.
    pub(super) fn terms(&self, rows: Range<usize>) -> Cow<'_, [Sketch]> {
        match &self.away {
            Some(away) => away.terms(rows).into(),
            None => (&self.sketches[rows]).into(),
        }
    }

    /// Lets go what only pairs ask for.
    pub fn let_shingles_go(&mut self) {
        (self.marks, self.shingled) = (None, Lately::default());
    }

    /// Makes what entries are searched by.
    pub fn weigh(&mut self, settings: &Settings) {
        let (shingles, names) = (|row| self.shingles(row, settings), |row| self.sketch(row).into_owned());
        let evidence = self.of_candidates(settings, Lacking { shingles: &shingles, names: &names });
        let rows: Vec<u32> = (0..self.entries.len() as u32).collect();
        self.vectors = Some(pair::vectors(&evidence, &|rows| self.terms(rows), &rows, &settings.pair));
    }
}
