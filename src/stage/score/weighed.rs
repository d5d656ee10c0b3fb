//! What the terms of one entry weigh, looked up once for all of its pairs.

use crate::algo::lexicon::Idf;
use crate::model::sketch::Tf;
use crate::model::{Lang, Row, Sketch};

/// The idf of an entry's terms beside entries of one language; each list is parallel to the sketch's.
#[derive(Default)]
pub(super) struct Weighed {
    of: Option<(Row, Lang)>,
    pub(super) body: Vec<f64>,
    pub(super) caps: Vec<f64>,
    pub(super) numbers: Vec<f64>,
    pub(super) title: Vec<f64>,
    pub(super) lead: Vec<f64>,
}

impl Weighed {
    /// The entry's own, made anew where it held those of another or of another language.
    pub(super) fn of(&mut self, row: Row, lang: Lang, sketch: &Sketch, idf: &Idf) -> &Weighed {
        if self.of != Some((row, lang)) {
            self.of = Some((row, lang));
            for (to, from) in
                [(&mut self.body, &sketch.body), (&mut self.caps, &sketch.caps), (&mut self.numbers, &sketch.numbers)]
            {
                fill(to, from.iter().map(|tf: &Tf| tf.0), idf);
            }
            fill(&mut self.title, sketch.title.iter().copied(), idf);
            fill(&mut self.lead, sketch.lead.iter().copied(), idf);
        }
        self
    }
}

fn fill(to: &mut Vec<f64>, terms: impl Iterator<Item = u32>, idf: &Idf) {
    to.clear();
    to.extend(terms.map(|t| idf.of(t)));
}
