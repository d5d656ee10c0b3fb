//! Entries to texts: folded, cleaned of furniture, in a known language where that is possible.

mod flags;
mod furniture;
mod language;
mod title;

pub use furniture::{Furniture, USUAL as USUAL_SENTENCES, add_hashes};

use crate::algo::fold::fold;
use crate::algo::tokens;
use crate::model::{Entry, Flag, Flags, Lang, Text};
use rayon::prelude::*;
use std::collections::BTreeMap;

crate::knobs! {
    /// Cleaning: what is taken out of titles and bodies before they are compared.
    pub struct NormaliseSettings in "normalise" {
        /// Take out sentences that an outlet repeats from text to text.
        furniture: bool = true;
        /// In how many of an outlet's texts, within `furniture_days`, a sentence must stand.
        furniture_texts: u32 = 10, 2..=100_000;
        /// In what share of an outlet's texts a sentence must stand.
        furniture_share: f64 = 0.01, 0.0..=1.0;
        /// Within how many days.
        furniture_days: u32 = 7, 1..=365;
        /// Detect the language of texts whose record does not say it.
        detect_language: bool = true;
        /// Fewest words for a detected language to count.
        detect_words: u32 = 20, 1..=10_000;
    }
}

/// The version of this stage: raised when the same input would give another result.
pub const VERSION: u32 = 3;

/// What normalising needs besides the entry.
#[derive(Clone, Debug, Default)]
pub struct Tables {
    /// Sentences that outlets repeat.
    pub furniture: Furniture,
    /// The usual language of each outlet that has one, as its entries show it.
    pub spoken: BTreeMap<String, Lang>,
    /// The usual language of each source, by its name, as it is configured.
    pub usual: BTreeMap<String, Lang>,
}

/// Makes the tables that normalising a working set needs. `usual`: the usual language per source.
pub fn tables(entries: &[Entry], usual: BTreeMap<String, Lang>, settings: &NormaliseSettings) -> Tables {
    let counted = || Furniture::count(entries, settings);
    tables_with(entries, usual, counted, settings)
}

/// As [`tables`], with furniture that is counted otherwise, if it is asked for.
pub fn tables_with(
    entries: &[Entry],
    usual: BTreeMap<String, Lang>,
    counted: impl FnOnce() -> Furniture,
    settings: &NormaliseSettings,
) -> Tables {
    let furniture = if settings.furniture { counted() } else { Furniture::default() };
    let spoken = language::spoken(entries, &furniture, settings);
    Tables { furniture, spoken, usual }
}

/// Normalises a slice of entries, and lets the bodies go; the result is parallel to it.
pub fn normalise(entries: &[Entry], tables: &Tables, settings: &NormaliseSettings) -> Vec<Text> {
    entries.par_iter().map(|e| Text { body: String::new(), ..text(e, tables, settings) }).collect()
}

/// Normalises one entry.
pub fn text(entry: &Entry, tables: &Tables, settings: &NormaliseSettings) -> Text {
    let text = uncounted(entry, tables, settings);
    let words = (tokens::count(&text.title) + tokens::count(&text.body)) as u32;
    Text { words, ..text }
}

/// As [`text`], with the words left at 0 for one who counts them anyway.
pub fn uncounted(entry: &Entry, tables: &Tables, settings: &NormaliseSettings) -> Text {
    read(entry, tables.furniture.out_of(entry), tables, settings)
}

/// As [`uncounted`], of an entry whose body is folded already, and without furniture.
pub fn read(entry: &Entry, body: String, tables: &Tables, settings: &NormaliseSettings) -> Text {
    let (text, label) = cleaned(entry, body, tables, settings);
    let flags = flags::of(entry, text.lang, &text.title, label.as_deref(), &text.body);
    Text { flags, ..text }
}

/// As [`read`], without flags.
pub fn unflagged(entry: &Entry, body: String, tables: &Tables, settings: &NormaliseSettings) -> Text {
    cleaned(entry, body, tables, settings).0
}

/// As [`uncounted`], with no other flag than that of umbrellas: clusters are made by no other.
pub fn clustered(entry: &Entry, tables: &Tables, settings: &NormaliseSettings) -> Text {
    read_clustered(entry, tables.furniture.out_of(entry), tables, settings)
}

/// As [`clustered`], of an entry whose body is folded already, and without furniture.
pub fn read_clustered(entry: &Entry, body: String, tables: &Tables, settings: &NormaliseSettings) -> Text {
    let mut text = unflagged(entry, body, tables, settings);
    if flags::is_umbrella(&text.title, text.lang) {
        text.flags.set(Flag::Umbrella);
    }
    text
}

/// The text but for its flags, and the label before its title.
fn cleaned(entry: &Entry, body: String, tables: &Tables, settings: &NormaliseSettings) -> (Text, Option<String>) {
    let title = fold(&entry.title);
    let lang = language::of(entry, &title, &body, tables, settings);
    let (title, label) = title::clean(&title, &entry.outlet, lang);
    let (body, byline, credit) = bare(body, lang);
    (Text { title, body, lang, words: 0, flags: Flags::default(), byline, credit }, label)
}

/// The language that an entry is read in where none is detected.
pub fn told_lang(entry: &Entry, tables: &Tables) -> Lang {
    language::told(entry, tables).unwrap_or_default()
}

/// The body that [`text`] makes of an entry in a language.
pub fn body(entry: &Entry, lang: Lang, tables: &Tables) -> String {
    bare(tables.furniture.out_of(entry), lang).0
}

/// The body that [`read`] makes of an entry whose body is folded already, and without furniture.
pub fn read_body(entry: &Entry, body: String, tables: &Tables, settings: &NormaliseSettings) -> String {
    let lang = language::of(entry, &fold(&entry.title), &body, tables, settings);
    bare(body, lang).0
}

/// A body without the byline and the dateline, which come with it.
fn bare(body: String, lang: Lang) -> (String, Option<String>, Option<String>) {
    let (body, byline) = title::split_byline(body, lang);
    let (body, credit) = title::split_dateline(body);
    (body, byline, credit)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stage::fixtures::entry;

    #[test]
    fn a_text_is_cleaned_but_keeps_what_it_says() {
        let mut e = entry("k", "LIVE: Ferry runs aground | Harbour Courier", "");
        e.body =
            "By the harbour desk\nPORT ELLERY (Coastwire) \u{2014} A ferry ran aground on \u{201c}calm\u{201d} water."
                .into();
        let t = text(&e, &Tables::default(), &NormaliseSettings::default());
        assert_eq!(t.title, "Ferry runs aground");
        assert_eq!(t.body, "A ferry ran aground on \"calm\" water.");
        assert_eq!(t.byline.as_deref(), Some("the harbour desk"));
        assert_eq!(t.credit.as_deref(), Some("Coastwire"));
    }
}
