//! What words weigh in the entries of a working set.

use crate::algo::lexicon::{Idf, Lexicon};
use crate::model::{Entry, Lang, Row, Sketch};
use crate::stage::fingerprint::counted_terms;
use rayon::prelude::*;
use rustc_hash::FxHashMap;
use std::borrow::Cow;

/// The idf that a word counts at most as a rare one, that of a word of one text in 8,000: where there are many more texts,
/// chance finds rarer words.
pub(super) const MOST_RARE: f64 = 9.0;

/// The weights of terms in each language of a working set, and where that is unknown.
pub(super) struct Idfs<'a>(Vec<(Lang, Idf<'a>)>);

impl<'a> Idfs<'a> {
    pub(super) fn of(lexicon: &'a Lexicon, langs: &[Lang]) -> Idfs<'a> {
        let mut all = langs.to_vec();
        all.push(Lang::UNKNOWN);
        all.sort_unstable();
        all.dedup();
        Idfs(all.into_iter().map(|lang| (lang, lexicon.weights(lang))).collect())
    }

    pub(super) fn get(&self, lang: Lang) -> &Idf<'a> {
        let at = self.0.iter().position(|(l, _)| *l == lang).unwrap_or(0);
        &self.0[at].1
    }
}

/// What words weigh in an entry: their idf, and in a post of a live page less, the more posts of the page hold them. What
/// the page is about tells none of its events from another.
#[derive(Clone, Copy)]
pub(super) struct Scale<'a> {
    pub(super) idf: &'a Idf<'a>,
    pub(super) page: Option<&'a Lexicon>,
}

impl Scale<'_> {
    /// What an idf is to be multiplied by so that a word of a single text is worth [`MOST_RARE`] however few texts there
    /// are: at least 1.
    pub(super) fn rarity(self) -> f64 {
        (MOST_RARE / self.idf.rarest()).max(1.0)
    }

    /// The idf of a term, times its share.
    pub(super) fn idf(self, term: u32) -> f64 {
        self.idf.of(term) * self.share(term)
    }

    /// The idf of a term within the page, in parts of that of a word of two posts; 1 at most, and without a page.
    pub(super) fn share(self, term: u32) -> f64 {
        self.page.map_or(1.0, |page| (page.idf(term) / page.idf_of(2)).min(1.0))
    }
}

/// The live pages of a working set.
#[derive(Default)]
pub(super) struct Pages {
    /// The page of each row.
    pub(super) of: Vec<Option<u32>>,
    /// Document frequencies within each page.
    lexicons: Vec<Lexicon>,
}

impl Pages {
    pub(super) fn of<'a>(entries: &[Entry], sketch: &(dyn Fn(Row) -> Cow<'a, Sketch> + Sync)) -> Pages {
        let mut numbers: FxHashMap<&str, u32> = FxHashMap::default();
        let mut posts: Vec<Vec<Row>> = Vec::new();
        let mut of = vec![None; entries.len()];
        for (row, page) in entries.iter().enumerate().filter_map(|(row, e)| Some((row, e.rare.parent.as_deref()?))) {
            let number = *numbers.entry(page).or_insert_with(|| {
                posts.push(Vec::new());
                posts.len() as u32 - 1
            });
            posts[number as usize].push(Row(row as u32));
            of[row] = Some(number);
        }
        let counted = |rows: &Vec<Row>| {
            let sketches: Vec<Cow<Sketch>> = rows.iter().map(|row| sketch(*row)).collect();
            counted_terms(sketches.iter().map(|s| &**s))
        };
        let lexicons = posts.par_iter().map(counted).collect();
        Pages { of, lexicons }
    }

    pub(super) fn page(&self, row: Row) -> Option<&Lexicon> {
        self.of[row.at()].map(|page| &self.lexicons[page as usize])
    }
}
