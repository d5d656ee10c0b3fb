//! Terms: lower case, no possessive, stemmed where Snowball knows the language, hashed to 32 bits.

use super::stopwords::is_stopword;
use super::tokens::{Kind, lower};
use crate::model::Lang;
use crate::model::id::hash32;
use rust_stemmers::{Algorithm, Stemmer};
use rustc_hash::FxHashMap;

/// The Snowball algorithm of a language.
fn algorithm(lang: Lang) -> Option<Algorithm> {
    Some(match lang.code()? {
        "ar" => Algorithm::Arabic,
        "da" => Algorithm::Danish,
        "nl" => Algorithm::Dutch,
        "en" => Algorithm::English,
        "fi" => Algorithm::Finnish,
        "fr" => Algorithm::French,
        "de" => Algorithm::German,
        "el" => Algorithm::Greek,
        "hu" => Algorithm::Hungarian,
        "it" => Algorithm::Italian,
        "no" | "nb" => Algorithm::Norwegian,
        "pt" => Algorithm::Portuguese,
        "ro" => Algorithm::Romanian,
        "ru" => Algorithm::Russian,
        "es" => Algorithm::Spanish,
        "sv" => Algorithm::Swedish,
        "ta" => Algorithm::Tamil,
        "tr" => Algorithm::Turkish,
        _ => return None,
    })
}

/// A word's term: `None` for a stop word.
pub type Term = Option<u32>;

/// Makes terms of words, and remembers them: words repeat, stemming is dear. One per thread.
#[derive(Default)]
pub struct Terms {
    stemmers: FxHashMap<Lang, Option<Stemmer>>,
    known: FxHashMap<(Lang, u64), Term>,
    scratch: String,
}

/// Words remembered before the memory is emptied: what a Zipf vocabulary needs, in bounded space.
const REMEMBERED: usize = 1 << 20;

impl Terms {
    /// The term of a word of a text in `lang`.
    pub fn term(&mut self, word: &str, kind: Kind, lang: Lang) -> Term {
        if kind != Kind::Word {
            return Some(hash32(word.as_bytes()));
        }
        lower(word, &mut self.scratch);
        let key = (lang, xxhash_rust::xxh3::xxh3_64(self.scratch.as_bytes()));
        if let Some(term) = self.known.get(&key) {
            return *term;
        }
        let stemmer = self.stemmers.entry(lang).or_insert_with(|| algorithm(lang).map(Stemmer::create));
        let term = make_term(&self.scratch, lang, stemmer.as_ref());
        if self.known.len() >= REMEMBERED {
            self.known.clear();
        }
        self.known.insert(key, term);
        term
    }
}

fn make_term(lowered: &str, lang: Lang, stemmer: Option<&Stemmer>) -> Term {
    let bare = lowered.strip_suffix("'s").unwrap_or(lowered);
    if is_stopword(bare, lang) || bare.chars().nth(1).is_none() {
        return None;
    }
    Some(match stemmer {
        Some(stemmer) => hash32(stemmer.stem(bare).as_bytes()),
        None => hash32(bare.as_bytes()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn possessives_cases_and_endings_fall_together() {
        let mut terms = Terms::default();
        let mut term = |w| terms.term(w, Kind::Word, Lang::EN);
        assert_eq!(term("Harbour's"), term("harbours"));
        assert_ne!(term("harbour"), term("ferry"));
        assert_eq!(term("the"), None);
        assert_eq!(term("The"), None);
    }

    #[test]
    fn a_language_without_a_stemmer_keeps_its_words() {
        let mut terms = Terms::default();
        assert_ne!(terms.term("port", Kind::Word, Lang::UNKNOWN), terms.term("ports", Kind::Word, Lang::UNKNOWN));
    }
}
