//! What was made of texts while they were at hand: where only copies are looked for, a text is read as it comes, and again only
//! if what came of the others says otherwise.

use crate::algo::bands::{NO_ROW, Part, Parts};
use crate::algo::fold::fold;
use crate::algo::stems;
use crate::model::list::{Cutter, List};
use crate::model::{Entry, Row, Sketch, Text};
use crate::settings::Settings;
use crate::stage::fingerprint::{self, FingerprintSettings};
use crate::stage::ingest;
use crate::stage::normalise::{self, Furniture, NormaliseSettings, Tables};
use rayon::prelude::*;
use std::hint::black_box;
use std::sync::Arc;

/// What was made of each arrival, and after [`Glances::settle`] of each row: as if its outlet repeated no sentence and had no
/// usual language.
pub struct Glances {
    /// How texts are looked at.
    pub eye: Arc<Eye>,
    texts: Vec<Text>,
    /// Without signatures.
    sketches: Vec<Sketch>,
    /// The keys of the bands of those that have one.
    keys: Parts,
    /// The hashes of sentences by which furniture is counted.
    sentences: Vec<List<u64>>,
}

/// How texts are looked at.
pub struct Eye {
    rules: NormaliseSettings,
    print: FingerprintSettings,
    short: u32,
    /// What is known before all is read.
    tables: Tables,
}

/// What was made of some arrivals.
pub struct Glance {
    texts: Vec<Text>,
    sketches: Vec<Sketch>,
    keys: Part,
    sentences: Vec<List<u64>>,
}

impl Eye {
    /// Looks at arrivals; their texts are needed no more.
    pub fn look(&self, entries: &[Entry]) -> Glance {
        let glance = |entry: &Entry| {
            let body = fold(&entry.body.text());
            let mut sentences = Vec::new();
            if self.rules.furniture {
                sentences.reserve_exact(normalise::USUAL_SENTENCES);
                normalise::add_hashes(&body, &mut sentences);
            }
            let text = normalise::read_clustered(entry, body, &self.tables, &self.rules);
            let sketched = |terms: &mut _| fingerprint::sketch_copies(&text, terms, self.short, &self.print);
            let (sketch, words) = stems::remembered(sketched);
            ((Text { words, ..text }.bare(), sketch), sentences)
        };
        let ((texts, mut sketches), sentences): ((Vec<_>, Vec<_>), Vec<_>) =
            entries.par_iter().with_min_len(LOOKED_AT).map(glance).unzip();
        let FingerprintSettings { bands, rows, .. } = self.print;
        let keys = Part::of((0..).zip(sketches.iter().map(|s: &Sketch| &s.signature[..])), bands, rows);
        sketches.iter_mut().for_each(|sketch| sketch.signature = List::default());
        let mut cutter = Cutter::new(sentences.concat());
        let sentences = sentences.iter().map(|s| cutter.cut(s.len() as u32)).collect();
        Glance { texts, sketches, keys, sentences }
    }
}

/// Fewest arrivals that a thread looks at: dividing a block of lines costs more than it gains while others are read beside it.
const LOOKED_AT: usize = 64;

impl Glances {
    /// None yet.
    pub fn new(settings: &Settings) -> Glances {
        let eye = Eye {
            rules: super::read_rules(settings),
            print: settings.fingerprint.clone(),
            short: settings.score.short_words,
            tables: Tables { usual: super::usual_languages(settings), ..Tables::default() },
        };
        Glances {
            eye: Arc::new(eye),
            texts: Vec::new(),
            sketches: Vec::new(),
            keys: Parts::default(),
            sentences: Vec::new(),
        }
    }

    /// Makes room for so many arrivals.
    pub fn reserve(&mut self, arrivals: usize) {
        let more = arrivals.saturating_sub(self.texts.len());
        self.texts.reserve_exact(more);
        self.sketches.reserve_exact(more);
        self.sentences.reserve_exact(more);
    }

    /// Keeps what was made of the next arrivals.
    pub fn keep(&mut self, mut of: Glance) {
        self.keys.push(of.keys, self.texts.len() as u32);
        self.texts.append(&mut of.texts);
        self.sketches.append(&mut of.sketches);
        self.sentences.append(&mut of.sentences);
    }

    /// Forgets all but the first arrivals.
    pub fn truncate(&mut self, arrivals: usize) {
        self.texts.truncate(arrivals);
        self.sketches.truncate(arrivals);
        self.sentences.truncate(arrivals);
        self.keys.rename(|row| if (row as usize) < arrivals { row } else { NO_ROW });
    }

    /// Brings what was made of these arrivals into their order, that of the rows, and forgets the others.
    pub fn settle(&mut self, arrivals: &[u32]) {
        ingest::bring_into(arrivals.iter().copied(), &mut self.texts);
        ingest::bring_into(arrivals.iter().copied(), &mut self.sketches);
        ingest::bring_into(arrivals.iter().copied(), &mut self.sentences);
        let mut row_of = vec![NO_ROW; self.texts.len()];
        (0..).zip(arrivals).for_each(|(row, arrival)| row_of[*arrival as usize] = row);
        self.keys.rename(|arrival| row_of.get(arrival as usize).copied().unwrap_or(NO_ROW));
        self.texts.truncate(arrivals.len());
        self.sketches.truncate(arrivals.len());
        self.sentences.truncate(arrivals.len());
    }

    /// Counts the furniture of a working set.
    pub fn furniture(&self, entries: &[Entry]) -> Furniture {
        let hashes = |row: Row, all: &mut Vec<u64>| all.extend_from_slice(&self.sentences[row.at()]);
        // They lie all over memory, and are waited for at once.
        let ahead = |rows: &[Row]| {
            let firsts = rows.iter().filter_map(|row| self.sentences[row.at()].first());
            black_box(firsts.fold(0, |all, one| all ^ one));
        };
        Furniture::count_by(entries, ahead, hashes, &self.eye.rules)
    }

    /// The texts, bare, and the sketches of a working set, these without signatures, whose keys come beside. Where
    /// its tables ask for it a text is read again.
    pub fn take(mut self, entries: &[Entry], tables: &Tables) -> (Vec<Text>, Vec<Sketch>, Parts) {
        let again = |entry: &Entry, text: &Text| {
            tables.furniture.may_be_in(entry) || normalise::told_lang(entry, tables) != text.lang
        };
        let rows = (0..entries.len()).into_par_iter().filter(|i| again(&entries[*i], &self.texts[*i]));
        let rows: Vec<usize> = rows.collect();
        let text = |row: Row| normalise::clustered(&entries[rows[row.at()]], tables, &self.eye.rules);
        let (of_rows, sketched) = fingerprint::fingerprint_copies(rows.len(), text, self.eye.short, &self.eye.print);
        if !rows.is_empty() {
            let again = |row: u32| rows.binary_search(&(row as usize)).is_ok();
            self.keys.rename(|row| if again(row) { NO_ROW } else { row });
            let signatures = rows.iter().zip(&sketched).map(|(row, s)| (*row as u32, &s.signature[..]));
            self.keys.push(Part::of(signatures, self.eye.print.bands, self.eye.print.rows), 0);
        }
        for ((at, text), sketch) in rows.iter().zip(of_rows).zip(sketched) {
            self.texts[*at] = text.bare();
            self.sketches[*at] = Sketch { signature: List::default(), ..sketch };
        }
        // Short texts have lists.
        for part in self.sketches.chunks_mut(fingerprint::TOGETHER) {
            Sketch::gather(part.iter_mut().filter(|sketch| !sketch.shingles.is_empty()));
        }
        (self.texts, self.sketches, self.keys)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::algo::bands::Columns;
    use crate::stage::fixtures::entry_of;
    use proptest::prelude::*;
    use std::path::Path;

    fn settings() -> Settings {
        let mut settings = Settings::defaults(Path::new("/x"));
        settings.written.pair.same_event = false;
        settings.written.report.write.clear();
        settings.state = None;
        settings
    }

    /// A text of so many words that follows a byline, a dateline or a sentence which its outlet repeats.
    fn arrival(at: usize, (words, before, lang): (usize, usize, usize)) -> Entry {
        let before = ["", "By the harbour desk\n", "PORT ELLERY (Coastwire) - ", "Follow us for more.\n"][before];
        let body = (0..words).map(|word| format!("w{} ", (at * 7 + word) % 97)).collect::<String>();
        let outlet = ["Harbour Courier", "Quay News"][at % 2];
        let mut entry =
            entry_of(outlet, &at.to_string(), "Ferry aground", &format!("{before}{body}."), Some(at as i64));
        entry.lang = ["en", "de", "fr"].get(lang).map(|code| code.to_string());
        entry
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]
        #[test]
        fn what_is_made_at_once_is_what_is_made_later(
            of in prop::collection::vec((0_usize..140, 0_usize..4, 0_usize..9), 0..70),
            part in 1_usize..30,
            turn: u64,
        ) {
            let settings = settings();
            prop_assert!(settings.copies_alone());
            let arrivals: Vec<Entry> = of.into_iter().enumerate().map(|(i, of)| arrival(i, of)).collect();
            let mut glances = Glances::new(&settings);
            arrivals.chunks(part).for_each(|part| glances.keep(glances.eye.look(part)));
            // Some of them, in another order.
            let mut order: Vec<u32> = (0..arrivals.len() as u32).filter(|i| turn >> (i % 64) & 3 != 0).collect();
            order.sort_by_key(|i| u64::from(*i).wrapping_mul(turn | 1).rotate_left(9));
            glances.settle(&order);
            let entries: Vec<Entry> = order.iter().map(|i| arrivals[*i as usize].clone()).collect();
            let rules = crate::engine::read_rules(&settings);
            let tables = crate::engine::tables(&settings, &entries, &rules);
            let seen = crate::engine::tables_seen(&settings, &entries, &rules, &glances);
            prop_assert_eq!(&seen.furniture, &tables.furniture);
            let text = |row: Row| normalise::clustered(&entries[row.at()], &tables, &rules);
            let (short, print) = (settings.score.short_words, &settings.fingerprint);
            let (texts, mut sketches) = fingerprint::fingerprint_copies(entries.len(), text, short, print);
            let columns = Columns::of((0..).zip(sketches.iter().map(|s| &s.signature[..])), 0..print.bands, print.bands, print.rows);
            sketches.iter_mut().for_each(|sketch| sketch.signature = List::default());
            let (of_glances, sketched, found) = glances.take(&entries, &seen);
            let mut found = found.some(0..print.bands);
            found.retain(|row| row != NO_ROW);
            prop_assert_eq!(of_glances, texts.into_iter().map(Text::bare).collect::<Vec<_>>());
            prop_assert_eq!(sketched, sketches);
            // The keys stand in the order of arrival.
            let mut places: Vec<usize> = (0..found.rows.len()).collect();
            places.sort_by_key(|at| found.rows[*at]);
            let rows = places.iter().map(|at| found.rows[*at]).collect();
            let keys = found.keys.iter().map(|keys| places.iter().map(|at| keys[*at]).collect()).collect();
            prop_assert_eq!(Columns { rows, keys }, columns);
        }
    }
}
