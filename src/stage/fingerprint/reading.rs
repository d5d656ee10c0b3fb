//! A text cut into words, and what of them a sketch takes.

use super::{FingerprintSettings, TITLE_BELOW_WORDS, counted, distinct};
use crate::algo::stems::Terms;
use crate::algo::tokens::{Kind, Token, tokens};
use crate::model::excerpt::first_chars;
use crate::model::id::hash32;
use crate::model::sketch::Tf;
use crate::model::{Lang, Text};
use std::borrow::Cow;
use std::ops::Range;

/// Words of a first sentence that stands in for a missing title.
const FIRST_SENTENCE: usize = 25;

/// Words of a run inside quotation marks.
const QUOTE_RUN: usize = 4;

/// The words of a text as they are compared.
pub(super) struct Words<'a> {
    pub(super) text: &'a str,
    pub(super) tokens: Vec<Token>,
    /// Hashes of their lower-case forms.
    pub(super) hashes: Vec<u64>,
    /// The terms of those that are no stop words, …
    terms: Vec<u32>,
    /// … and which those are.
    places: Vec<u32>,
}

impl<'a> Words<'a> {
    /// `wanted` is asked with the place of a word, the terms before it and the word itself whether to look up its term.
    pub(super) fn of(
        text: &'a str,
        lang: Lang,
        terms: &mut Terms,
        wanted: impl Fn(usize, usize, Token) -> bool,
    ) -> Words<'a> {
        let tokens = tokens(text);
        let (hashes, terms, places) = terms.of_tokens((text, &tokens), lang, wanted);
        Words { text, tokens, hashes, terms, places }
    }

    pub(super) fn len(&self) -> usize {
        self.tokens.len()
    }

    /// The terms of its first words.
    pub(super) fn terms(&self, words: usize) -> &[u32] {
        &self.terms[..self.places.partition_point(|place| (*place as usize) < words)]
    }

    /// The same, each with its word.
    pub(super) fn with_terms(&self, words: usize) -> impl Iterator<Item = (Token, u32)> {
        let terms = self.terms(words).iter().zip(&self.places);
        terms.map(|(term, place)| (self.tokens[*place as usize], *term))
    }

    /// Where runs of four of its first words begin that stand inside one quotation.
    pub(super) fn quoted(&self, words: usize) -> impl Iterator<Item = Range<usize>> {
        let runs = self.tokens[..words].windows(QUOTE_RUN).enumerate();
        let inside = |run: &[Token]| run[0].quote > 0 && run.iter().all(|t| t.quote == run[0].quote);
        runs.filter(move |(_, run)| inside(run)).map(|(at, _)| at..at + QUOTE_RUN)
    }

    pub(super) fn quote_hash(&self, run: Range<usize>) -> u32 {
        let mut bytes = [0_u8; 8 * QUOTE_RUN];
        for (to, hash) in bytes.chunks_exact_mut(8).zip(&self.hashes[run]) {
            to.copy_from_slice(&hash.to_le_bytes());
        }
        hash32(&bytes)
    }
}

/// A text cut into words.
pub(super) struct Reading<'a> {
    pub(super) title: Words<'a>,
    pub(super) body: Words<'a>,
    /// How many words of the body terms are taken from.
    pub(super) head: usize,
}

impl<'a> Reading<'a> {
    pub(super) fn of(text: &'a Text, terms: &mut Terms, settings: &FingerprintSettings) -> Reading<'a> {
        Reading::with(text, terms, settings, |_, _, _| true)
    }

    /// Without the terms of the body's other words than its first, its numbers and those in capitals.
    pub(super) fn of_names(text: &'a Text, terms: &mut Terms, settings: &FingerprintSettings) -> Reading<'a> {
        Reading::with(text, terms, settings, |at, leading, token| {
            let first = at < FIRST_SENTENCE || leading < settings.lead_words;
            first || token.upper || token.kind == Kind::Number
        })
    }

    /// With the terms of those words of the body that are `wanted`, as [`Words::of`] asks.
    pub(super) fn with(
        text: &'a Text,
        terms: &mut Terms,
        settings: &FingerprintSettings,
        wanted: impl Fn(usize, usize, Token) -> bool,
    ) -> Reading<'a> {
        let title = Words::of(&text.title, text.lang, terms, |_, _, _| true);
        let body = Words::of(&text.body, text.lang, terms, wanted);
        let end = first_chars(&text.body, settings.head_chars).len();
        let head = body.tokens.iter().take(settings.head_words).take_while(|t| t.end as usize <= end).count();
        Reading { title, body, head }
    }

    /// Words of the title where it is compared with the body: before a short one.
    pub(super) fn titled(&self) -> usize {
        if self.body.len() < TITLE_BELOW_WORDS { self.title.len() } else { 0 }
    }

    /// Hashes of the words that copies are looked for in: the body's, with the title's before it where the body is short.
    pub(super) fn copied_hashes(&self) -> Cow<'_, [u64]> {
        match self.titled() {
            0 => Cow::Borrowed(&self.body.hashes),
            _ => Cow::Owned([&self.title.hashes[..], &self.body.hashes].concat()),
        }
    }

    pub(super) fn copied_terms(&self) -> impl Iterator<Item = u32> {
        self.title.terms(self.titled()).iter().chain(&self.body.terms).copied()
    }

    /// The terms of the title; of the first sentence where there is none.
    pub(super) fn title_terms(&self) -> impl Iterator<Item = u32> {
        let first = self.body.tokens.iter().skip(1).take(FIRST_SENTENCE - 1).take_while(|t| !t.opens).count() + 1;
        let stand_in = if self.title.len() == 0 { first.min(self.body.len()) } else { 0 };
        self.title.terms.iter().chain(self.body.terms(stand_in)).copied()
    }

    /// The terms of the title and of the first content words.
    pub(super) fn lead(&self, settings: &FingerprintSettings) -> Vec<u32> {
        distinct(self.title_terms().chain(self.body.terms(self.head).iter().take(settings.lead_words).copied()))
    }

    /// Capitalised words that stand inside a sentence, here or elsewhere in the entry.
    pub(super) fn caps(&self) -> Vec<Tf> {
        let (of, n) = if self.body.len() == 0 { (&self.title, self.title.len()) } else { (&self.body, self.head) };
        let upper = of.with_terms(n).filter(|(token, _)| token.upper);
        let upper: Vec<(u32, bool)> = upper.map(|(token, term)| (term, token.opens)).collect();
        let inside = distinct(upper.iter().filter(|(_, opens)| !opens).map(|(term, _)| *term));
        counted(upper.iter().map(|(term, _)| *term).filter(|term| inside.binary_search(term).is_ok()))
    }

    pub(super) fn numbers(&self) -> impl Iterator<Item = u32> {
        let all = self.title.with_terms(self.title.len()).chain(self.body.with_terms(self.head));
        all.filter(|(token, _)| token.kind == Kind::Number).map(|(_, term)| term)
    }

    /// Four-word runs inside one quotation, each with the text that has it.
    pub(super) fn quotes(&self) -> impl Iterator<Item = (&Words<'a>, Range<usize>)> {
        let all = [(&self.title, self.title.len()), (&self.body, self.head)];
        all.into_iter().flat_map(|(words, n)| words.quoted(n).map(move |run| (words, run)))
    }
}
