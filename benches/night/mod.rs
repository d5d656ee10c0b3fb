//! A night of invented news of any size, for measuring: the same seed gives the same bytes.
//!
//! What it has of a real night: all topics draw from one vocabulary and one set of names, both by Zipf's law, so that
//! postings grow with the night as they do in one language; most events have one account, a few have hundreds; accounts of one
//! event share a part of its names, numbers, places, quotes and words, the head of the text more than the rest; one entry in
//! seven is a copy, exact or edited; outlets differ in size by Zipf's law, and half of them end each text with their boilerplate;
//! a day has its hours, and minutes at which very much comes at once.
//!
//! What it has not: grammar, meaning, word order (runs of words come together by chance alone, so that no two different texts
//! share long ones), words that call for one another, stories that grow from day to day, round-ups, live pages, languages but
//! English, and texts of other lengths than 150 to 600 words. Figures of quality on it say nothing about quality on news;
//! figures of cost do, as far as lengths, counts and frequencies decide them.

pub mod account;
pub mod copies;
pub mod crawl;
pub mod dice;
pub mod plan;
pub mod words;

use account::Pen;
use copies::Edit;
use dice::{Dice, Weighted, mixed};
use plan::{Days, Slot, Topic};
use std::io::{self, Write};
use words::Words;

/// Outlets of a night.
const OUTLETS: usize = 300;

/// An entry with what is known of it.
pub struct Told {
    /// Its id.
    pub id: String,
    /// Who published it.
    pub outlet: String,
    /// Its title.
    pub title: String,
    /// Its text.
    pub text: String,
    /// When, as RFC 3339 writes it.
    pub published: String,
    /// The event it tells of.
    pub event: u32,
    /// The id of the account it is a copy of, and what was done to it.
    pub copy_of: Option<(String, Edit)>,
}

/// A night, before it is written.
pub struct Night {
    words: Words,
    topics: Vec<Topic>,
    slots: Vec<Slot>,
    outlets: Weighted,
    seed: u64,
}

impl Night {
    /// A night of this many entries in these words.
    pub fn new(entries: usize, seed: u64, words: Words, days: &Days) -> Night {
        let topics = plan::topics(&words, seed);
        let slots = plan::plan(entries, seed, days);
        Night { words, topics, slots, outlets: Weighted::zipf(OUTLETS, 4.0, 1.0), seed }
    }

    /// A night of two days in invented words.
    pub fn invented(entries: usize, seed: u64) -> Night {
        Night::new(entries, seed, Words::invented(seed), &Days::default())
    }

    /// Its entries by time, each made when it is asked for.
    pub fn entries(&self) -> impl Iterator<Item = Told> + '_ {
        let pen = Pen::new(&self.words, &self.topics, self.seed);
        self.slots.iter().map(move |slot| self.told(&pen, slot))
    }

    fn told(&self, pen: &Pen<'_>, slot: &Slot) -> Told {
        let of = [7, u64::from(slot.event), u64::from(slot.account), u64::from(slot.copy)];
        let mut dice = Dice::new(self.seed, &of);
        let outlet = self.outlets.draw(&mut dice);
        let mut article = pen.account(slot.event, slot.account);
        let frame = self.frame(outlet);
        let copy_of = (slot.copy > 0).then(|| {
            let edit = Edit::drawn(&mut dice);
            edit.apply(&mut article, &frame, &self.words, &mut dice);
            (self.id(&Slot { copy: 0, ..*slot }), edit)
        });
        if outlet.is_multiple_of(2) {
            article.text.push(frame);
        }
        Told {
            id: self.id(slot),
            outlet: self.outlet(outlet),
            title: article.title,
            text: article.text.join("\n"),
            published: jiff::Timestamp::from_second(slot.at).map(|t| t.to_string()).unwrap_or_default(),
            event: slot.event,
            copy_of,
        }
    }

    /// Different slots have different ids.
    fn id(&self, slot: &Slot) -> String {
        let packed = u64::from(slot.event) << 32 | u64::from(slot.account) << 16 | u64::from(slot.copy);
        format!("{:016x}", mixed(packed.wrapping_add(mixed(self.seed))))
    }

    fn outlet(&self, outlet: usize) -> String {
        let mut dice = Dice::new(self.seed, &[8, outlet as u64]);
        format!("{} Courier {outlet}", self.words.names.word(self.words.names.draw(&mut dice)))
    }

    /// The sentence that an outlet prints under its texts.
    fn frame(&self, outlet: usize) -> String {
        let mut dice = Dice::new(self.seed, &[9, outlet as u64]);
        let word = |dice: &mut Dice| self.words.content.word(self.words.content.draw(dice)).to_string();
        let said: Vec<String> = (0..12).map(|_| word(&mut dice)).collect();
        format!("Read more in the {} and sign up for our {}.", self.outlet(outlet), said.join(" "))
    }
}

impl Default for Days {
    fn default() -> Days {
        // Midnight of 2026-01-14, UTC.
        Days { start: 1_768_348_800, days: 2 }
    }
}

impl Told {
    /// The entry as a line of JSON.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn write(&self, to: &mut impl Write) -> io::Result<()> {
        let host: String = self.outlet.chars().filter(char::is_ascii_alphanumeric).collect();
        let url = format!("https://{}.example/{}", host.to_lowercase(), self.id);
        let fields = [
            ("{\"id\":", &self.id),
            (",\"outlet\":", &self.outlet),
            (",\"title\":", &self.title),
            (",\"text\":", &self.text),
            (",\"published\":", &self.published),
            (",\"url\":", &url),
        ];
        for (name, value) in fields {
            to.write_all(name.as_bytes())?;
            serde_json::to_writer(&mut *to, value)?;
        }
        to.write_all(b"}\n")
    }

    /// Its row of gold: its event, and of a copy the account it repeats.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn write_gold(&self, to: &mut impl Write) -> io::Result<()> {
        write!(to, "{{\"id\":\"{}\",\"gold\":\"event-{}\"", self.id, self.event)?;
        if let Some((of, edit)) = &self.copy_of {
            write!(to, ",\"copy_of\":\"{of}\",\"edit\":\"{}\"", edit.name())?;
        }
        to.write_all(b"}\n")
    }
}

// The integration test runs these; a benchmark compiles them without running them.
#[cfg(test)]
#[allow(clippy::unwrap_used, unused_imports)]
mod tests {
    use super::*;
    use std::collections::{BTreeMap, BTreeSet};

    fn bytes(night: &Night) -> (Vec<u8>, Vec<u8>) {
        let (mut out, mut gold) = (Vec::new(), Vec::new());
        for told in night.entries() {
            told.write(&mut out).unwrap();
            told.write_gold(&mut gold).unwrap();
        }
        (out, gold)
    }

    #[test]
    fn the_same_seed_gives_the_same_bytes_and_another_gives_others() {
        let first = bytes(&Night::invented(50, 7));
        assert_eq!(bytes(&Night::invented(50, 7)), first);
        assert_ne!(bytes(&Night::invented(50, 8)), first);
    }

    #[test]
    fn a_night_has_the_size_that_was_asked_for_and_is_in_order() {
        let night = Night::invented(3_000, 1);
        let told: Vec<Told> = night.entries().collect();
        assert_eq!(told.len(), 3_000);
        assert!(told.is_sorted_by_key(|t| t.published.clone()));
        assert_eq!(told.iter().map(|t| &t.id).collect::<BTreeSet<_>>().len(), 3_000);
        let mean = told.iter().map(|t| t.text.len()).sum::<usize>() / told.len();
        assert!((2_400..3_200).contains(&mean), "{mean}");
        let copies = told.iter().filter(|t| t.copy_of.is_some()).count();
        assert!((300..600).contains(&copies), "{copies}");
        assert!(told.iter().all(|t| (4..40).contains(&t.title.split(' ').count())));
    }

    #[test]
    fn every_copy_names_its_account_and_shares_its_event() {
        let night = Night::invented(3_000, 1);
        let told: BTreeMap<String, Told> = night.entries().map(|t| (t.id.clone(), t)).collect();
        let mut edits = BTreeMap::new();
        for copy in told.values() {
            let Some((of, edit)) = &copy.copy_of else { continue };
            let account = &told[of];
            assert_eq!((account.event, account.copy_of.is_none()), (copy.event, true));
            assert!(account.published < copy.published);
            *edits.entry(edit.name()).or_insert(0) += 1;
        }
        assert_eq!(edits.len(), 4, "{edits:?}");
    }

    #[test]
    fn words_are_counted_with_their_frequencies_and_names_apart() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("words.jsonl");
        let list: String = (0..2_000).map(|i| format!("w{} ", "abcdefghij".repeat(1 + i % 7) + &letters(i))).collect();
        let names: String = (0..200).map(|i| format!("N{} ", letters(i))).collect();
        let row = serde_json::json!({"title": "The the of", "text": format!("{list} {names} a of the")});
        std::fs::write(&path, format!("{row}\n")).unwrap();
        let night = Night::new(20, 1, Words::counted(&path).unwrap(), &Days::default());
        assert!(night.entries().all(|t| t.text.contains("the") && t.title.len() > 10));
        std::fs::write(&path, "too short").unwrap();
        assert!(Words::counted(&path).err().unwrap().to_string().contains("too few words"));
    }

    fn letters(n: usize) -> String {
        format!("{n:04}").bytes().map(|b| char::from(b - b'0' + b'a')).collect()
    }
}
