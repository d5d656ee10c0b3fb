//! What the terms of one entry weigh and where they stand, looked up once for all of its pairs.

use crate::algo::keys::Keys;
use crate::algo::lexicon::Idf;
use crate::model::sketch::Tf;
use crate::model::{Lang, Row, Sketch};

/// The terms of an entry beside entries of one language; each list is parallel to the sketch's.
#[derive(Default)]
pub(super) struct Weighed {
    of: Option<(Row, Lang)>,
    pub(super) body: Terms<12>,
    pub(super) caps: Terms<10>,
    pub(super) numbers: Terms<8>,
    pub(super) title: Terms<8>,
    pub(super) lead: Terms<10>,
}

/// A list of terms in a table of `1 << BITS` slots, and the idf of each.
pub(super) struct Terms<const BITS: u32> {
    keys: Keys,
    idfs: Vec<f64>,
}

impl<const BITS: u32> Default for Terms<BITS> {
    fn default() -> Self {
        Terms { keys: Keys::with_bits(BITS), idfs: Vec::new() }
    }
}

impl Weighed {
    /// Makes it the entry's own, where it held those of another or of another language.
    pub(super) fn turn_to(&mut self, row: Row, lang: Lang, sketch: &Sketch, idf: &Idf) {
        if self.of != Some((row, lang)) {
            self.of = Some((row, lang));
            self.body.set(sketch.body.iter().map(|tf: &Tf| tf.0), idf);
            self.caps.set(sketch.caps.iter().map(|tf: &Tf| tf.0), idf);
            self.numbers.set(sketch.numbers.iter().map(|tf: &Tf| tf.0), idf);
            self.title.set(sketch.title.iter().copied(), idf);
            self.lead.set(sketch.lead.iter().copied(), idf);
        }
    }
}

impl<const BITS: u32> Terms<BITS> {
    fn set(&mut self, terms: impl Iterator<Item = u32> + Clone, idf: &Idf) {
        self.keys.set(terms.clone());
        self.idfs.clear();
        self.idfs.extend(terms.map(|t| idf.of(t)));
    }

    /// Calls `f` for each term that another list shares, in the order of that list, with the places in this and in that and
    /// its idf.
    pub(super) fn each_shared<T>(
        &mut self,
        others: &[T],
        term: impl Fn(&T) -> u32,
        mut f: impl FnMut(usize, usize, f64),
    ) {
        let idfs = &self.idfs;
        self.keys.each_shared(others, term, |i, j| f(i, j, idfs[i]));
    }
}

/// What two sets of terms share, by `weight`: it is given the idf of a term, and the term.
pub(super) fn mass<const BITS: u32>(a: &mut Terms<BITS>, b: &[u32], weight: impl Fn(f64, u32) -> f64) -> f64 {
    let mut sum = 0.0;
    a.each_shared(b, |t| *t, |_, j, idf| sum += weight(idf, b[j]));
    sum
}
