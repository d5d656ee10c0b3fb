//! The words by which a language counts.

use super::english::ENGLISH;
use crate::model::Lang;
use std::cmp::Ordering;

/// The words of one language. Tables are sorted by their word; they are looked up in lower-case ASCII.
pub(super) struct Vocabulary {
    pub numbers: &'static [(&'static str, f64)],
    pub scales: &'static [(&'static str, f64)],
    /// Between hundreds and the rest.
    pub and: &'static str,
    /// Before a scale that stands alone: a million.
    pub article: &'static str,
    /// Phrases before a number that make it rough.
    pub rough: &'static [&'static str],
    /// Phrases before a number that change nothing.
    pub exact: &'static [&'static str],
    /// Words before a number that make it a part, or an addition.
    pub partial: &'static [&'static str],
    /// Such words after it.
    pub partial_after: &'static [&'static str],
    pub units: &'static [(&'static str, &'static str)],
    pub unit_pairs: &'static [(&'static str, &'static str, &'static str)],
    /// Between a unit and what it is reckoned by: metres per second.
    pub rate: &'static str,
    pub units_before: &'static [(&'static str, &'static str)],
    /// What is counted but no quantity: times, durations, ages.
    pub not_counted: &'static [&'static str],
    pub months: &'static [&'static str],
    /// Nouns that say no more than "people".
    pub people: &'static [&'static str],
    /// Plurals that do not show it.
    pub plurals: &'static [&'static str],
    /// Words that look like plurals.
    pub not_plural: &'static [&'static str],
    /// Nouns that are no people.
    pub things: &'static [&'static str],
    /// Verbs before the number, with the class of those counted.
    pub active: &'static [(&'static str, &'static str)],
    /// Words after it.
    pub passive: &'static [(&'static str, &'static str)],
    pub toll: &'static str,
    pub toll_class: &'static str,
    /// Between "toll" or "number of injured" and the number.
    pub towards: &'static [&'static str],
    /// Between the noun and the class.
    pub auxiliaries: &'static [&'static str],
    /// After a verb that has an object, so that those before it did it.
    pub determiners: &'static [&'static str],
}

/// Which lengths and first letters the words of some tables have: most words of a text have others, and that is seen
/// without a search.
pub(super) struct Openings {
    /// By the length too.
    words: [u64; 32],
    /// By the letters alone, as a word begins that is two tied by a hyphen.
    tied: [u64; 32],
}

impl Openings {
    /// Of the words of these tables.
    pub fn of<T>(tables: &[&[(&str, T)]]) -> Openings {
        let (mut words, mut tied) = ([0; 32], [0; 32]);
        for word in tables.iter().flat_map(|t| t.iter()).map(|row| row.0.as_bytes()) {
            let mark = |bits: &mut [u64; 32], place: usize| bits[place / 64] |= 1 << (place % 64);
            mark(&mut words, Openings::place(word, word.len()));
            mark(&mut tied, Openings::place(word, 0));
        }
        Openings { words, tied }
    }

    /// Whether one of the tables may hold a word; where not, none does.
    #[inline]
    pub fn may_hold(&self, word: &str) -> bool {
        holds(&self.words, Openings::place(word.as_bytes(), word.len()))
    }

    /// Whether a word may be two of theirs tied by a hyphen, of which the first has three letters or more.
    #[inline]
    pub fn may_tie(&self, word: &str) -> bool {
        holds(&self.tied, Openings::place(word.as_bytes(), 0)) && word.contains('-')
    }

    /// One of 2,048 places, by the first three letters and a length.
    #[inline]
    fn place(word: &[u8], len: usize) -> usize {
        let letter = |i: usize| u32::from(word.get(i).copied().unwrap_or(0)) << (8 * i);
        let opening = letter(0) | letter(1) | letter(2) | (len as u32) << 24;
        (opening.wrapping_mul(0x9E37_79B1) >> 21) as usize
    }
}

#[inline]
fn holds(bits: &[u64; 32], place: usize) -> bool {
    bits[place / 64] & 1 << (place % 64) != 0
}

/// How a word of a table stands to another: mostly the first letters tell.
#[inline]
fn order(row: &str, word: &str) -> Ordering {
    row.as_bytes().first().cmp(&word.as_bytes().first()).then_with(|| row.cmp(word))
}

/// Whether a sorted list holds a word.
pub(super) fn has(table: &[&str], word: &str) -> bool {
    table.binary_search_by(|row| order(row, word)).is_ok()
}

/// The value beside a word in a sorted table.
pub(super) fn find<T: Copy>(table: &[(&str, T)], word: &str) -> Option<T> {
    table.binary_search_by(|row| order(row.0, word)).ok().map(|i| table[i].1)
}

/// The vocabulary of a language. A text whose language is unknown is read as English: where it is not, its words are
/// not found.
pub(super) fn vocabulary(lang: Lang) -> Option<&'static Vocabulary> {
    match lang.code() {
        None | Some("en") => Some(&ENGLISH),
        Some(_) => None,
    }
}
