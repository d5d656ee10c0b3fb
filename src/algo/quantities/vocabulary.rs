//! The words by which a language counts.

use super::english::ENGLISH;
use crate::model::Lang;

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

/// How long the words of some tables are, by their first letter: most words of a text are none of them, and that is seen
/// without a search.
pub(super) struct Lengths([u32; 256]);

impl Lengths {
    /// Of the words of these tables.
    pub fn of<T>(tables: &[&[(&str, T)]]) -> Lengths {
        let mut of = [0; 256];
        for word in tables.iter().flat_map(|t| t.iter()).map(|row| row.0.as_bytes()) {
            if let Some(first) = word.first() {
                of[usize::from(*first)] |= 1 << word.len().min(31);
            }
        }
        Lengths(of)
    }

    /// Whether one of the tables may hold a word; where not, none does.
    pub fn may_hold(&self, word: &str) -> bool {
        word.as_bytes().first().is_some_and(|first| self.0[usize::from(*first)] & 1 << word.len().min(31) != 0)
    }
}

/// Whether a sorted list holds a word.
pub(super) fn has(table: &[&str], word: &str) -> bool {
    table.binary_search(&word).is_ok()
}

/// The value beside a word in a sorted table.
pub(super) fn find<T: Copy>(table: &[(&str, T)], word: &str) -> Option<T> {
    table.binary_search_by(|row| row.0.cmp(word)).ok().map(|i| table[i].1)
}

/// The vocabulary of a language. A text whose language is unknown is read as English: where it is not, its words are
/// not found.
pub(super) fn vocabulary(lang: Lang) -> Option<&'static Vocabulary> {
    match lang.code() {
        None | Some("en") => Some(&ENGLISH),
        Some(_) => None,
    }
}
