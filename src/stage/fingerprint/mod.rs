//! Texts to sketches, and document frequencies.

mod reading;

use super::background;
use crate::algo::lexicon::Lexicon;
use crate::algo::signature::{each_shingle, shingles, signature, signed};
use crate::algo::sort::sort_hashes;
use crate::algo::stems::{self, Terms};
use crate::algo::tokens;
use crate::model::sketch::Tf;
use crate::model::{Lang, List, Marks, Row, Sketch, Text};
use rayon::prelude::*;
use reading::Reading;
use rustc_hash::FxHashMap;
use std::ops::Range;

crate::knobs! {
    /// Sketching: what of a text is compared.
    pub struct FingerprintSettings in "fingerprint" {
        /// Bands of the signature; with `rows` this sets which copies are proposed.
        bands: usize = 42, 1..=128;
        /// Rows of a band.
        rows: usize = 3, 1..=8;
        /// Words in a shingle.
        shingle: usize = 3, 1..=8;
        /// Most characters of a body that terms are taken from.
        head_chars: usize = 7_000, 100..=1_000_000;
        /// Most words of a body that terms are taken from.
        head_words: usize = 600, 10..=100_000;
        /// Content words of the lead.
        lead_words: usize = 60, 1..=1_000;
        /// Count the shipped table of document frequencies of English headlines with those of the working set: a small
        /// night does not tell the rare words from the common.
        background: bool = true;
    }
}

/// The version of this stage: raised when the same input would give another result.
pub const VERSION: u32 = 4;

/// Texts of fewer words are compared with their title, longer ones without.
pub const TITLE_BELOW_WORDS: usize = 60;

/// Sketches `n` texts, each as it is made: what `text` makes of a row is sketched, its words are counted and its body
/// let go. Both results are parallel to the rows.
pub fn fingerprint(
    n: usize,
    text: impl Fn(Row) -> Text + Sync,
    settings: &FingerprintSettings,
) -> (Vec<Text>, Vec<Sketch>) {
    each(n, text, |text, terms| counting(text, terms, true, settings))
}

/// As [`fingerprint`], with only what proposes copies: a signature, and neither shingles nor terms nor names, but for
/// texts of fewer words than `short`.
pub fn fingerprint_copies(
    n: usize,
    text: impl Fn(Row) -> Text + Sync,
    short: u32,
    settings: &FingerprintSettings,
) -> (Vec<Text>, Vec<Sketch>) {
    each(n, text, |text, terms| sketch_copies(text, terms, short, settings))
}

/// As [`fingerprint_copies`], of one text; also the words of its title and body.
pub fn sketch_copies(text: &Text, terms: &mut Terms, short: u32, settings: &FingerprintSettings) -> (Sketch, u32) {
    let least = TITLE_BELOW_WORDS.max(short as usize);
    copied(text, least, settings).unwrap_or_else(|| counting(text, terms, true, settings))
}

/// Sketches whose lists lie side by side. A block of so many goes back to the system when it is let go; smaller ones would leave
/// holes among others.
pub const TOGETHER: usize = 1 << 16;

fn each(
    n: usize,
    text: impl Fn(Row) -> Text + Sync,
    sketch: impl Fn(&Text, &mut Terms) -> (Sketch, u32) + Sync,
) -> (Vec<Text>, Vec<Sketch>) {
    let mut made = (Vec::with_capacity(n), Vec::with_capacity(n));
    for start in (0..n).step_by(TOGETHER) {
        let (mut texts, mut sketches) = some(start..n.min(start + TOGETHER), &text, &sketch);
        Sketch::gather(&mut sketches);
        made.0.append(&mut texts);
        made.1.append(&mut sketches);
    }
    made
}

/// Sketches that are made, counted and put away before the next are.
pub const PART: usize = 1 << 14;

/// As [`fingerprint`], of some rows, each list on its own, and of shingles the marks alone.
pub fn part(
    rows: Range<usize>,
    text: impl Fn(Row) -> Text + Sync,
    settings: &FingerprintSettings,
) -> (Vec<Text>, Vec<Sketch>) {
    some(rows, text, |text, terms| counting(text, terms, false, settings))
}

fn some(
    rows: Range<usize>,
    text: impl Fn(Row) -> Text + Sync,
    sketch: impl Fn(&Text, &mut Terms) -> (Sketch, u32) + Sync,
) -> (Vec<Text>, Vec<Sketch>) {
    let one = |row: usize| {
        let text = text(Row(row as u32));
        let (made, words) = stems::remembered(|terms| sketch(&text, terms));
        (Text { body: String::new(), words, ..text }, made)
    };
    rows.into_par_iter().with_min_len(64).map(one).unzip()
}

/// Document frequencies of the terms of titles and bodies; `langs` is parallel to the sketches.
pub fn lexicon(sketches: &[Sketch], langs: &[Lang], settings: &FingerprintSettings) -> Lexicon {
    lexicon_of(counted_terms(sketches), langs, settings)
}

/// The same of terms that have been counted.
pub fn lexicon_of(counted: Lexicon, langs: &[Lang], settings: &FingerprintSettings) -> Lexicon {
    let mut lexicon = counted.in_languages(langs);
    if settings.background && langs.iter().any(|l| [Lang::EN, Lang::UNKNOWN].contains(l)) {
        lexicon.add(background::shipped(), Lang::EN);
    }
    lexicon
}

/// Document frequencies of the sketches alone.
pub fn counted_terms<'a>(sketches: impl IntoIterator<Item = &'a Sketch>) -> Lexicon {
    let sketches: Vec<&Sketch> = sketches.into_iter().collect();
    Lexicon::count(&sketches, |sketch, terms| {
        terms.extend(sketch.body.iter().map(|(t, _)| *t).chain(sketch.title.iter().copied()));
        terms.sort_unstable();
        terms.dedup();
    })
}

/// Sketches one text.
pub fn sketch(text: &Text, terms: &mut Terms, settings: &FingerprintSettings) -> Sketch {
    counting(text, terms, true, settings).0
}

/// The sketch of a text, with its shingles `listed` or marked, and the words of its title and body.
fn counting(text: &Text, terms: &mut Terms, listed: bool, settings: &FingerprintSettings) -> (Sketch, u32) {
    let read = Reading::of(text, terms, settings);
    let copied = read.copied_hashes();
    let runs = shingles(&copied, settings.shingle);
    let short = || shortened(runs.iter().copied());
    let body = counted(read.body.terms(read.head).iter().copied());
    // Where everything is the body's head, its terms are known already.
    let whole = copied.len() == read.head;
    let content = if whole { body.len() } else { distinct(read.copied_terms()).len() };
    let all_words = (read.title.len() + read.body.len()) as u32;
    let sketch = Sketch {
        exact: hash_words(&copied),
        signature: signature(&runs, settings.bands * settings.rows).into(),
        shingles: if listed { distinct(short()).into() } else { List::default() },
        marks: (!listed).then(|| Box::new(Marks::of_any(short()))),
        title_hash: hash_words(&read.title.hashes),
        words: copied.len() as u32,
        titled: read.titled() as u32,
        content: content as u32,
        body: body.into(),
        title: distinct(read.title_terms()).into(),
        lead: read.lead(settings).into(),
        caps: read.caps().into(),
        numbers: counted(read.numbers()).into(),
        quotes: distinct(read.quotes().map(|(of, run)| of.quote_hash(run))).into(),
    };
    (sketch, all_words)
}

/// The sketch of a text of `least` words and more by its body alone, without terms; `None` for a shorter one.
fn copied(text: &Text, least: usize, settings: &FingerprintSettings) -> Option<(Sketch, u32)> {
    let signed = tokens::hashes(&text.body, |words| {
        let signed = || signed(words, settings.shingle, settings.bands * settings.rows);
        (words.len() >= least).then(|| (words.len() as u32, signed()))
    });
    let (words, (exact, signature)) = signed?;
    let (exact, signature) = (exact.max(1), signature.into());
    let counted = words + tokens::count(&text.title) as u32;
    Some((Sketch { words, exact, signature, ..Sketch::default() }, counted))
}

/// The shingles of a text by its title and body, where its sketch lacks them.
pub fn shingled(title: &str, body: &str, settings: &FingerprintSettings) -> Vec<u32> {
    let of = |words: &[u64]| distinct(shortened(each_shingle(words, settings.shingle)));
    tokens::hashes(body, |body| match body.len() < TITLE_BELOW_WORDS {
        true => of(&[tokens::hashes(title, <[u64]>::to_vec), body.to_vec()].concat()),
        false => of(body),
    })
}

/// The names, numbers and opening of such a text, which its sketch lacks.
pub fn named(text: &Text, terms: &mut Terms, settings: &FingerprintSettings) -> Sketch {
    let read = Reading::of_names(text, terms, settings);
    Sketch {
        title: distinct(read.title_terms()).into(),
        lead: read.lead(settings).into(),
        caps: read.caps().into(),
        numbers: counted(read.numbers()).into(),
        ..Sketch::default()
    }
}

/// Shingles as sketches have them.
fn shortened(runs: impl ExactSizeIterator<Item = u64>) -> impl ExactSizeIterator<Item = u32> {
    runs.map(|h| (h >> 32) as u32)
}

/// The words behind the hashes of a sketch, for a person to read: each term's first form in the text,
/// each quotation run's words.
pub fn surfaces(text: &Text, settings: &FingerprintSettings) -> FxHashMap<u32, String> {
    let read = stems::remembered(|terms| Reading::of(text, terms, settings));
    let mut out = FxHashMap::default();
    for words in [&read.title, &read.body] {
        for (token, term) in words.with_terms(words.len()) {
            out.entry(term).or_insert_with(|| token.of(words.text).to_string());
        }
    }
    for (of, run) in read.quotes() {
        let words = || of.tokens[run.clone()].iter().map(|token| token.of(of.text)).collect::<Vec<_>>().join(" ");
        out.entry(of.quote_hash(run.clone())).or_insert_with(words);
    }
    out
}

/// One hash of a list of words; 0 for none.
fn hash_words(words: &[u64]) -> u64 {
    each_shingle(words, words.len()).next().map_or(0, |all| all.max(1))
}

fn distinct(values: impl Iterator<Item = u32>) -> Vec<u32> {
    let mut values = sorted(values);
    values.dedup();
    values.shrink_to_fit();
    values
}

fn counted(values: impl Iterator<Item = u32>) -> Vec<Tf> {
    let values = sorted(values);
    let runs = || values.chunk_by(|a, b| a == b);
    let mut counts = Vec::with_capacity(runs().count());
    counts.extend(runs().map(|run| (run[0], run.len().min(usize::from(u16::MAX)) as u16)));
    counts
}

/// Ascending, gathered without growing.
fn sorted(values: impl Iterator<Item = u32>) -> Vec<u32> {
    let mut all = Vec::with_capacity(values.size_hint().1.unwrap_or(0));
    all.extend(values);
    sort_hashes(&mut all);
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn shingles_made_again_are_those_of_the_sketch(title in "([a-zß]{1,7} ){0,9}", words in prop::collection::vec("[a-cß]{1,2}", 0..80)) {
            let body = words.join(" ");
            let again = shingled(&title, &body, &FingerprintSettings::default());
            prop_assert_eq!(again, sketch_of(&title, &body).shingles.to_vec());
        }
    }

    fn sketch_of(title: &str, body: &str) -> Sketch {
        let text = Text { title: title.into(), body: body.into(), lang: Lang::EN, ..Text::default() };
        sketch(&text, &mut Terms::default(), &FingerprintSettings::default())
    }

    #[test]
    fn layout_and_case_do_not_change_what_is_copied() {
        let a = sketch_of("A", "The ferry ran aground.\nAll safe");
        let b = sketch_of("A", "the Ferry ran aground - all SAFE!");
        assert_eq!(a.exact, b.exact);
        assert_eq!(a.shingles, b.shingles);
        assert_ne!(a.exact, sketch_of("A", "The ferry ran aground. All lost").exact);
    }

    #[test]
    fn without_a_title_the_first_sentence_stands_in() {
        let s = sketch_of("", "Ferry runs aground near port. Crew unhurt.");
        let t = sketch_of("Ferry runs aground near port", "");
        assert_eq!(s.title, t.title);
        assert!(sketch_of("", "").title.is_empty());
    }

    #[test]
    fn names_count_when_they_stand_inside_a_sentence() {
        let s = sketch_of("", "Ellery slept. The port of Ellery woke. Boats left.");
        assert_eq!(s.caps.len(), 1, "Boats only ever opens a sentence");
        assert_eq!(s.caps[0].1, 2);
    }

    #[test]
    fn quotations_give_runs_of_four_words() {
        let s = sketch_of("", "\"we will rebuild the pier\" she said");
        assert_eq!(s.quotes.len(), 2);
        assert!(sketch_of("", "we will rebuild the pier").quotes.is_empty());
    }

    proptest::proptest! {
        #[test]
        fn names_are_those_of_the_whole_sketch(title in "([A-Z]?[a-e]{0,3} ){0,4}", body in "([A-Z]?[a-e]{1,3}[.,]? |[0-9]{1,2} ){0,60}", lead_words in 1_usize..30) {
            let text = Text { title, body, lang: Lang::EN, ..Text::default() };
            let settings = FingerprintSettings { lead_words, ..FingerprintSettings::default() };
            let Sketch { title, lead, caps, numbers, .. } = sketch(&text, &mut Terms::default(), &settings);
            let whole = Sketch { title, lead, caps, numbers, ..Sketch::default() };
            proptest::prop_assert_eq!(named(&text, &mut Terms::default(), &settings), whole);
        }
    }

    #[test]
    fn every_term_has_a_surface() {
        let text = Text {
            title: "Ferries aground".into(),
            body: "Ferry 12 said \"all is well now\"".into(),
            lang: Lang::EN,
            ..Text::default()
        };
        let settings = FingerprintSettings::default();
        let words = surfaces(&text, &settings);
        let s = sketch(&text, &mut Terms::default(), &settings);
        assert!(
            s.body.iter().map(|t| t.0).chain(s.title.to_vec()).chain(s.quotes.to_vec()).all(|t| words.contains_key(&t))
        );
    }
}
