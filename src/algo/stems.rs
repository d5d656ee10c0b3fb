//! Terms: lower case, no possessive, stemmed where Snowball knows the language, hashed to 32 bits.

use super::signature::word_hash;
use super::stopwords::{is_stop_pair, is_stopword};
use super::tokens::{self, Kind, Token, lower};
use crate::model::Lang;
use crate::model::id::hash32;
use rust_stemmers::{Algorithm, Stemmer};
use rustc_hash::FxHashMap;
use std::cell::Cell;

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
        "no" | "nb" | "nn" => Algorithm::Norwegian,
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

/// Makes terms of words, and remembers them: words repeat, stemming is dear. [`remembered`] lends the one of each thread.
#[derive(Default)]
pub struct Terms {
    langs: Vec<(Lang, Known)>,
    /// The language of the last word, by its place.
    last: usize,
    scratch: String,
}

/// What is known of one language.
struct Known {
    stemmer: Option<Stemmer>,
    /// The terms of words by the hash of their compared form.
    terms: FxHashMap<u64, Term>,
    /// Those last asked for, each in its place: most words of a text are few, and found here without going to memory.
    recent: Vec<(u64, Term)>,
}

/// Words of which the last is kept at hand: as many as the second cache of a core holds beside other things.
const RECENT: usize = 1 << 15;

/// Words fetched ahead of their use.
const AHEAD: usize = 16;

impl Known {
    fn new(lang: Lang) -> Known {
        // No hash of 1 has the first place, none of 0 another.
        let nobody = |place: usize| (u64::from(place == 0), None);
        Known {
            stemmer: algorithm(lang).map(Stemmer::create),
            terms: FxHashMap::default(),
            recent: (0..RECENT).map(nobody).collect(),
        }
    }

    /// The term of a token of a folded text, whose [`word_hash`] is known; `lowered` is room to work in.
    #[inline(always)]
    fn of_token(&mut self, (text, token): (&str, Token), hash: u64, lang: Lang, lowered: &mut String) -> Term {
        // Where it was asked for of late, the hash is enough.
        let (of, at_hand) = self.recent[hash as usize % RECENT];
        if of == hash && token.kind == Kind::Word {
            return at_hand;
        }
        lower(token.of(text), lowered);
        self.of_lowered(lowered, hash, token.kind, lang)
    }

    /// The term of a word in its compared form, whose [`word_hash`] is known.
    fn of_lowered(&mut self, lowered: &str, hash: u64, kind: Kind, lang: Lang) -> Term {
        match kind {
            Kind::Number => Some(hash32(lowered.as_bytes())),
            Kind::Bigram if is_stop_pair(lowered, lang) => None,
            Kind::Bigram => Some(hash32(lowered.as_bytes())),
            Kind::Word => {
                let (of, at_hand) = self.recent[hash as usize % RECENT];
                let term = if of == hash { at_hand } else { self.looked_up(lowered, hash, lang) };
                self.recent[hash as usize % RECENT] = (hash, term);
                term
            }
        }
    }

    /// Reads where a hash would be, so that its memory is waited for while others are looked up.
    #[inline(always)]
    fn fetch(&self, hash: u64) {
        std::hint::black_box(self.recent[hash as usize % RECENT].0);
    }

    fn looked_up(&mut self, lowered: &str, hash: u64, lang: Lang) -> Term {
        if let Some(term) = self.terms.get(&hash) {
            return *term;
        }
        let term = make_term(lowered, lang, self.stemmer.as_ref());
        if self.terms.len() >= REMEMBERED {
            self.terms.clear();
        }
        self.terms.insert(hash, term);
        term
    }
}

/// Words remembered of a language before the memory is emptied: what a Zipf vocabulary needs, in bounded space.
const REMEMBERED: usize = 1 << 20;

thread_local! {
    static OF_THREAD: Cell<Terms> = Cell::default();
}

/// Does something with what this thread has stemmed so far: a memory that lives as long as the thread is filled once.
pub fn remembered<T>(f: impl FnOnce(&mut Terms) -> T) -> T {
    let mut terms = OF_THREAD.take();
    let made = f(&mut terms);
    OF_THREAD.set(terms);
    made
}

impl Terms {
    /// The term of a word of a text in `lang`.
    pub fn term(&mut self, word: &str, kind: Kind, lang: Lang) -> Term {
        let mut scratch = std::mem::take(&mut self.scratch);
        lower(word, &mut scratch);
        let term = self.language(lang).of_lowered(&scratch, word_hash(scratch.as_bytes()), kind, lang);
        self.scratch = scratch;
        term
    }

    /// The [`word_hash`] of a token of a folded text in its compared form, and its term.
    #[inline]
    pub fn of_token(&mut self, text: &str, token: Token, lang: Lang) -> (u64, Term) {
        let mut scratch = std::mem::take(&mut self.scratch);
        let hash = tokens::hash(text, token, &mut scratch);
        let term = self.language(lang).of_token((text, token), hash, lang, &mut scratch);
        self.scratch = scratch;
        (hash, term)
    }

    /// As [`Self::of_token`], of all tokens of a text: the hash of each, and the terms with the places of their tokens. `wanted` is
    /// asked with the place of a token, the terms before it and the token whether to look its term up.
    pub fn of_tokens(
        &mut self,
        (text, tokens): (&str, &[Token]),
        lang: Lang,
        wanted: impl Fn(usize, usize, Token) -> bool,
    ) -> (Vec<u64>, Vec<u32>, Vec<u32>) {
        let mut scratch = std::mem::take(&mut self.scratch);
        let hashes: Vec<u64> = tokens.iter().map(|token| tokens::hash(text, *token, &mut scratch)).collect();
        let known = self.language(lang);
        let (mut terms, mut places, mut n) = (vec![0; tokens.len()], vec![0; tokens.len()], 0);
        for (at, (&token, &hash)) in tokens.iter().zip(&hashes).enumerate() {
            if let Some(next) = hashes.get(at + AHEAD) {
                known.fetch(*next);
            }
            if !wanted(at, n, token) {
                continue;
            }
            let term = known.of_token((text, token), hash, lang, &mut scratch);
            // Written in any case, counted if there is one: half of the words are stop words, and no branch foresees which.
            (terms[n], places[n]) = (term.unwrap_or(0), at as u32);
            n += usize::from(term.is_some());
        }
        terms.truncate(n);
        places.truncate(n);
        self.scratch = scratch;
        (hashes, terms, places)
    }

    fn language(&mut self, lang: Lang) -> &mut Known {
        if self.langs.get(self.last).is_none_or(|l| l.0 != lang) {
            self.last = self.langs.iter().position(|l| l.0 == lang).unwrap_or_else(|| {
                self.langs.push((lang, Known::new(lang)));
                self.langs.len() - 1
            });
        }
        &mut self.langs[self.last].1
    }
}

/// Most letters of an elided word: the "jusqu" of "jusqu'ici".
const ELIDED: usize = 6;

/// The word without what an apostrophe ties to it: an elided article ("l'acqua"), a Turkish case ("Ankara'da"), a possessive.
fn bare(word: &str, lang: Lang) -> &str {
    match (lang.code(), word.split_once('\'')) {
        (Some("fr" | "it" | "ca" | "oc"), Some((before, after))) if before.chars().count() <= ELIDED => after,
        (Some("tr" | "az"), Some((before, _))) => before,
        _ => word.strip_suffix("'s").unwrap_or(word),
    }
}

fn make_term(lowered: &str, lang: Lang, stemmer: Option<&Stemmer>) -> Term {
    let bare = bare(lowered, lang);
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
    fn each_language_has_its_own_endings_and_function_words() {
        let mut terms = Terms::default();
        let rows = [
            ("de", "Häfen", "Hafens", "nicht"),
            ("es", "pescadores", "pescador", "también"),
            ("ru", "гавани", "гаванью", "когда"),
            ("ar", "الميناء", "ميناء", "الذي"),
            ("fr", "l'équipage", "équipages", "qu'il"),
            ("it", "dell'acqua", "acqua", "della"),
            ("tr", "Ankara'da", "Ankara'nın", "ve"),
            ("nn", "hamnene", "hamnen", "ikke"),
        ];
        for (code, one, other, stop) in rows {
            let lang = Lang::from_code(code);
            assert_eq!(terms.term(one, Kind::Word, lang), terms.term(other, Kind::Word, lang), "{code}");
            assert_eq!(terms.term(stop, Kind::Word, lang), None, "{code}");
        }
        let ja = Lang::from_code("ja");
        assert_eq!(terms.term("した", Kind::Bigram, ja), None);
        assert!(terms.term("座礁", Kind::Bigram, ja).is_some());
        assert_eq!(terms.term("٤١", Kind::Number, Lang::EN), terms.term("41", Kind::Number, Lang::EN));
    }

    #[test]
    fn a_language_without_a_stemmer_keeps_its_words() {
        let mut terms = Terms::default();
        assert_ne!(terms.term("port", Kind::Word, Lang::UNKNOWN), terms.term("ports", Kind::Word, Lang::UNKNOWN));
    }
}
