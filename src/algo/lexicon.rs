//! Document frequencies of terms, and the weights made of them.

use rayon::prelude::*;
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

/// How many documents hold each term.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Lexicon {
    documents: u32,
    frequency: FxHashMap<u32, u32>,
}

impl Lexicon {
    /// Counts over documents, each a list of distinct terms.
    pub fn count<'a, I>(documents: &'a [I]) -> Lexicon
    where
        I: Sync,
        &'a I: IntoIterator<Item = &'a u32>,
    {
        let frequency = documents
            .par_iter()
            .fold(FxHashMap::default, |mut map: FxHashMap<u32, u32>, doc| {
                doc.into_iter().for_each(|t| *map.entry(*t).or_default() += 1);
                map
            })
            .reduce(FxHashMap::default, |a, b| {
                let (mut big, small) = if a.len() >= b.len() { (a, b) } else { (b, a) };
                small.into_iter().for_each(|(t, n)| *big.entry(t).or_default() += n);
                big
            });
        Lexicon { documents: documents.len() as u32, frequency }
    }

    /// Documents counted.
    pub fn documents(&self) -> u32 {
        self.documents
    }

    /// Documents that hold the term.
    pub fn frequency(&self, term: u32) -> u32 {
        self.frequency.get(&term).copied().unwrap_or(0)
    }

    /// Inverse document frequency, ln(1 + (N − df + ½) / (df + ½)) (Robertson and Spärck Jones, in
    /// the form that is never negative). A term never counted weighs as one counted once.
    pub fn idf(&self, term: u32) -> f64 {
        self.idf_of(self.frequency(term))
    }

    /// The idf of a term that this many documents hold.
    pub fn idf_of(&self, documents: u32) -> f64 {
        let n = f64::from(self.documents.max(1));
        let df = f64::from(documents.max(1)).min(n);
        (1.0 + (n - df + 0.5) / (df + 0.5)).ln()
    }

    /// Counts a background too, to `share` (0 to 1) of its weight.
    pub fn add(&mut self, background: &Lexicon, share: f64) {
        let part = |n: u32| (f64::from(n) * share).round() as u32;
        self.documents += part(background.documents);
        for (term, n) in background.frequency.iter().map(|(t, n)| (*t, part(*n))).filter(|(_, n)| *n > 0) {
            *self.frequency.entry(term).or_default() += n;
        }
    }

    /// Only the terms of at least `least` documents: a table of counts that tells less of any one document.
    pub fn pruned(mut self, least: u32) -> Lexicon {
        self.frequency.retain(|_, n| *n >= least);
        self
    }

    /// The counts, ascending by term: what the state keeps.
    pub fn rows(&self) -> Vec<(u32, u32)> {
        let mut rows: Vec<(u32, u32)> = self.frequency.iter().map(|(t, n)| (*t, *n)).collect();
        rows.sort_unstable();
        rows
    }

    /// A lexicon of kept counts.
    pub fn from_rows(documents: u32, rows: &[(u32, u32)]) -> Lexicon {
        Lexicon { documents, frequency: rows.iter().copied().collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rare_terms_weigh_more_and_unknown_ones_as_much_as_the_rarest() {
        let docs = vec![vec![1, 2], vec![1], vec![1, 3]];
        let lexicon = Lexicon::count(&docs);
        assert_eq!((lexicon.documents(), lexicon.frequency(1), lexicon.frequency(9)), (3, 3, 0));
        assert!(lexicon.idf(2) > lexicon.idf(1) && lexicon.idf(1) > 0.0);
        assert_eq!(lexicon.idf(2), lexicon.idf(9));
        assert_eq!(Lexicon::from_rows(3, &lexicon.rows()), lexicon);
    }

    #[test]
    fn a_background_counts_to_its_share_and_makes_its_words_weigh_less() {
        let mut lexicon = Lexicon::count(&[vec![1, 2], vec![1, 3]]);
        let background = Lexicon::from_rows(100, &[(2, 50), (9, 1)]);
        lexicon.add(&background, 0.4);
        assert_eq!((lexicon.documents(), lexicon.frequency(2), lexicon.frequency(9)), (42, 21, 0));
        assert!(lexicon.idf(3) > lexicon.idf(2));
        assert_eq!(background.pruned(2).rows(), [(2, 50)]);
    }
}
