//! Document frequencies of terms, and the weights made of them.

use super::frequencies::Frequencies;
use crate::model::Lang;
use rayon::prelude::*;
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;

/// How many documents hold each term.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Lexicon {
    documents: u32,
    frequency: Frequencies,
    /// Of the documents, those of each language that is known. A word is rare or common among the texts of its language:
    /// beside a large night in another one, every word would look rare.
    languages: BTreeMap<Lang, u32>,
}

impl Lexicon {
    /// Counts over documents; `terms` fills in the distinct terms of one.
    pub fn count<D: Sync>(documents: &[D], terms: impl Fn(&D, &mut Vec<u32>) + Sync) -> Lexicon {
        let add = |(mut map, mut of_one): (FxHashMap<u32, u32>, Vec<u32>), document: &D| {
            of_one.clear();
            terms(document, &mut of_one);
            of_one.iter().for_each(|t| *map.entry(*t).or_default() += 1);
            (map, of_one)
        };
        let counted =
            documents.par_iter().fold(Default::default, add).map(|(map, _)| map).reduce(FxHashMap::default, |a, b| {
                let (mut big, small) = if a.len() >= b.len() { (a, b) } else { (b, a) };
                small.into_iter().for_each(|(t, n)| *big.entry(t).or_default() += n);
                big
            });
        let frequency = counted.into_iter().collect();
        Lexicon { documents: documents.len() as u32, frequency, languages: BTreeMap::new() }
    }

    /// Counts other documents too.
    pub fn merge(&mut self, others: Lexicon) {
        self.documents += others.documents;
        others.languages.into_iter().for_each(|(lang, n)| *self.languages.entry(lang).or_default() += n);
        self.frequency.reserve(others.frequency.len());
        others.frequency.iter().for_each(|(term, n)| self.frequency.add(term, n));
    }

    /// Documents counted.
    pub fn documents(&self) -> u32 {
        self.documents
    }

    /// Documents that hold the term.
    pub fn frequency(&self, term: u32) -> u32 {
        self.frequency.get(term)
    }

    /// Inverse document frequency, ln(1 + (N − df + ½) / (df + ½)) (Robertson and Spärck Jones, in
    /// the form that is never negative). A term never counted weighs as one counted once.
    pub fn idf(&self, term: u32) -> f64 {
        idf(self.frequency(term), self.documents)
    }

    /// The same among the documents of a language, for many terms.
    pub fn weights(&self, lang: Lang) -> Idf<'_> {
        let documents = self.documents_in(lang);
        let known = (0..KNOWN.min(documents.saturating_add(1))).map(|df| idf(df, documents)).collect();
        Idf { frequency: &self.frequency, documents, known }
    }

    /// The idf of a term that this many documents hold.
    pub fn idf_of(&self, documents: u32) -> f64 {
        idf(documents, self.documents)
    }

    /// The same documents, of these languages.
    pub fn in_languages(mut self, langs: &[Lang]) -> Lexicon {
        for lang in langs.iter().filter(|l| **l != Lang::UNKNOWN) {
            *self.languages.entry(*lang).or_default() += 1;
        }
        self
    }

    /// Counts a background in a language too.
    pub fn add(&mut self, background: &Lexicon, lang: Lang) {
        self.documents += background.documents;
        *self.languages.entry(lang).or_default() += background.documents;
        self.frequency.reserve(background.frequency.len());
        background.frequency.iter().for_each(|(term, n)| self.frequency.add(term, n));
    }

    /// Documents counted in a language; all of them where it is unknown.
    pub fn documents_in(&self, lang: Lang) -> u32 {
        self.languages.get(&lang).copied().unwrap_or(self.documents)
    }

    /// Only the terms of at least `least` documents: a table of counts that tells less of any one document.
    pub fn pruned(self, least: u32) -> Lexicon {
        Lexicon { frequency: self.frequency.iter().filter(|(_, n)| *n >= least).collect(), ..self }
    }

    /// The counts, ascending by term: what the state keeps.
    pub fn rows(&self) -> Vec<(u32, u32)> {
        let mut rows: Vec<(u32, u32)> = self.frequency.iter().collect();
        rows.sort_unstable();
        rows
    }

    /// Documents per language, ascending.
    pub fn languages(&self) -> Vec<(Lang, u32)> {
        self.languages.iter().map(|(lang, n)| (*lang, *n)).collect()
    }

    /// A lexicon of kept counts.
    pub fn from_rows(documents: u32, languages: &[(Lang, u32)], rows: &[(u32, u32)]) -> Lexicon {
        let (frequency, languages) = (rows.iter().copied().collect(), languages.iter().copied().collect());
        Lexicon { documents, frequency, languages }
    }
}

/// Document frequencies whose idf is computed once: those of nearly all terms.
const KNOWN: u32 = 1 << 16;

/// The idf of terms among the documents of one language.
#[derive(Clone, Debug)]
pub struct Idf<'a> {
    frequency: &'a Frequencies,
    documents: u32,
    known: Vec<f64>,
}

impl Idf<'_> {
    /// The idf of a term, as [`Lexicon::idf`] has it.
    pub fn of(&self, term: u32) -> f64 {
        self.of_frequency(self.frequency(term))
    }

    /// The idf of a term that so many documents hold.
    #[inline]
    pub fn of_frequency(&self, df: u32) -> f64 {
        self.known.get(df as usize).copied().unwrap_or_else(|| idf(df, self.documents))
    }

    /// Documents that hold the term.
    pub fn frequency(&self, term: u32) -> u32 {
        self.frequency.get(term)
    }

    /// Documents that hold each of some terms, behind the term.
    pub fn frequencies(&self, terms: impl Iterator<Item = u32> + Clone, out: &mut Vec<(u32, u32)>) {
        self.frequency.get_all(terms, out);
    }

    /// The idf of a term of a single document.
    pub fn rarest(&self) -> f64 {
        idf(1, self.documents)
    }
}

fn idf(df: u32, documents: u32) -> f64 {
    let n = f64::from(documents.max(1));
    let df = f64::from(df.max(1)).min(n);
    (1.0 + (n - df + 0.5) / (df + 0.5)).ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rare_terms_weigh_more_and_unknown_ones_as_much_as_the_rarest() {
        let docs = vec![vec![1, 2], vec![1], vec![1, 3]];
        let lexicon = Lexicon::count(&docs, |doc, terms| terms.extend(doc));
        assert_eq!((lexicon.documents(), lexicon.frequency(1), lexicon.frequency(9)), (3, 3, 0));
        assert!(lexicon.idf(2) > lexicon.idf(1) && lexicon.idf(1) > 0.0);
        assert_eq!(lexicon.idf(2), lexicon.idf(9));
        let weights = lexicon.weights(Lang::UNKNOWN);
        assert!((0..5).all(|t| weights.of(t) == lexicon.idf(t)));
        assert_eq!(Lexicon::from_rows(3, &[], &lexicon.rows()), lexicon);
    }

    #[test]
    fn documents_counted_in_parts_are_counted_as_one() {
        let docs = vec![vec![1, 2], vec![1], vec![1, 3]];
        let count = |docs: &[Vec<u32>]| Lexicon::count(docs, |doc, terms| terms.extend(doc)).in_languages(&[Lang::EN]);
        let mut parts = count(&docs[..1]);
        parts.merge(Lexicon::count(&docs[1..], |doc, terms| terms.extend(doc)));
        assert_eq!(parts, count(&docs));
    }

    #[test]
    fn a_background_makes_its_words_weigh_less_and_leaves_other_languages_alone() {
        let german = Lang::from_code("de");
        let mut lexicon = Lexicon::count(&[vec![1, 2], vec![1, 3], vec![4]], |doc, terms| terms.extend(doc))
            .in_languages(&[Lang::EN, Lang::EN, german]);
        let idf = |lexicon: &Lexicon, term: u32, lang: Lang| lexicon.weights(lang).of(term);
        let before = idf(&lexicon, 4, german);
        let background = Lexicon::from_rows(100, &[], &[(2, 50), (9, 1)]);
        lexicon.add(&background, Lang::EN);
        assert_eq!((lexicon.documents(), lexicon.documents_in(Lang::EN), lexicon.frequency(2)), (103, 102, 51));
        assert!(idf(&lexicon, 3, Lang::EN) > idf(&lexicon, 2, Lang::EN));
        assert_eq!(idf(&lexicon, 4, german), before);
        assert_eq!(idf(&lexicon, 4, Lang::UNKNOWN), lexicon.idf(4));
        assert_eq!(background.pruned(2).rows(), [(2, 50)]);
    }
}
