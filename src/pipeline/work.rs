//! What a run holds while it works, and one function per stage.

use super::recovery::Say;
use super::signal::Signal;
use super::stamps::{self, Action, Step};
use crate::algo::lexicon::Lexicon;
use crate::algo::marks::Marks;
use crate::algo::neighbours::Vectors;
use crate::algo::stems;
use crate::engine::{self, Away, Shelves};
use crate::error::{Error, Result};
use crate::model::lineage::{LineageRow, Registry};
use crate::model::{Cluster, Entry, Event, Flags, Link, Pair, Row, Sketch, Stage, Text, Umbrella};
use crate::settings::Settings;
use crate::stage::fingerprint::FingerprintSettings;
use crate::stage::merge::{MergeInput, merge, name};
use crate::stage::normalise::{NormaliseSettings, Tables};
use crate::stage::pair::Prints;
use crate::stage::score::{Crowds, Evidence, Lacking};
use crate::stage::tongues::Tongues;
use crate::stage::{cluster, fingerprint, normalise, pair, score};
use crate::store::{ReadShingles, Store};
use rayon::prelude::*;
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;

/// What a stage has to say of itself.
#[derive(Debug, Default)]
pub struct Told {
    /// Rows read.
    pub read: u64,
    /// Rows made.
    pub made: u64,
    /// Rows rejected.
    pub rejected: u64,
    /// Caps that bit.
    pub caps: BTreeMap<String, u64>,
    /// What else there is to say; empty for nothing.
    pub message: String,
}

/// A working set and everything made of it so far.
#[derive(Default)]
pub struct Work {
    /// The working set in global order.
    pub entries: Vec<Entry>,
    /// Tables for normalising.
    pub tables: Tables,
    /// Texts, without their bodies: [`Work::text`] makes a whole one.
    pub texts: Vec<Text>,
    /// Sketches.
    pub sketches: Vec<Sketch>,
    /// The sketches, once no pair is left to score.
    pub away: Away,
    /// The shingles, where they are not in the sketches: their marks, and where they lie.
    shingles: Option<(Vec<Marks>, Box<dyn ReadShingles>)>,
    /// What entries are searched by, where it is known before pairing.
    pub vectors: Option<Vectors>,
    /// Whether the sketches are not in the state yet.
    pub sketched: bool,
    /// Document frequencies.
    pub lexicon: Lexicon,
    /// Candidates, between pair and score.
    pairs: Vec<Pair>,
    /// Links.
    pub links: Vec<Link>,
    /// Clusters.
    pub clusters: Vec<Cluster>,
    /// Umbrellas.
    pub umbrellas: Vec<Umbrella>,
    /// Events, parallel to the clusters.
    pub events: Vec<Event>,
    /// Every id ever minted.
    pub registry: Registry,
    /// What became of earlier events.
    pub lineage: Vec<LineageRow>,
}

impl Work {
    /// A working set worked up to its candidates, whatever was kept of it.
    pub fn remade(entries: Vec<Entry>, settings: &Settings) -> Work {
        let steps = stamps::plan(stamps::inputs(&entries), settings, &[], &Stage::ALL, true);
        let mut work = Work { entries, ..Work::default() };
        for stage in [Stage::Normalise, Stage::Fingerprint, Stage::Pair] {
            work.run(stage, settings, 0, &steps, &|_| {});
        }
        work
    }

    /// Every candidate with its evidence, those included that make no link.
    pub fn judged(&self, settings: &Settings) -> Vec<Link> {
        self.of_pairs(self.evidence(settings), |evidence| score::judge(evidence, &self.pairs, &settings.score))
    }

    /// Clusters by these links in place of those at hand.
    pub fn regroup(&mut self, links: Vec<Link>, settings: &Settings) {
        self.links = links;
        self.cluster(settings);
    }

    /// Does a stage from `normalise` to `merge`.
    pub fn run(&mut self, stage: Stage, settings: &Settings, as_of: i64, steps: &[Step], say: Say) -> Told {
        match stage {
            Stage::Normalise => self.normalise(settings, steps),
            Stage::Fingerprint => self.fingerprint(settings),
            Stage::Pair => self.pair(settings),
            Stage::Score => self.score(settings, say),
            Stage::Cluster => self.cluster(settings),
            Stage::Merge => self.merge(settings, as_of),
            Stage::Ingest | Stage::Report => Told::default(),
        }
    }

    /// Takes what an earlier run made of this working set.
    ///
    /// # Errors
    /// The state fails, or lacks what its stamps promise.
    pub fn reuse(&mut self, stage: Stage, store: &dyn Store, later: &[Step]) -> Result<Told> {
        let needed = |s: Stage| later.iter().any(|l| l.stage == s && l.action == Action::Run);
        match stage {
            Stage::Fingerprint => {
                self.lexicon = engine::kept_lexicon(store)?.ok_or_else(|| lacking(stage))?;
                if needed(Stage::Pair) || needed(Stage::Score) || needed(Stage::Report) {
                    let window = engine::kept_window(store, &self.entries)?.ok_or_else(|| lacking(stage))?;
                    self.sketches = window.sketches;
                    engine::kept_terms(store, &self.entries, &mut self.sketches)?;
                    self.shingles = Some((window.marks, window.shingles));
                }
            }
            Stage::Score => self.links = store.links()?,
            Stage::Cluster => (self.clusters, self.umbrellas) = (store.clusters()?, store.umbrellas()?),
            Stage::Merge => (self.events, self.lineage) = (store.events()?, store.lineage()?),
            _ => {}
        }
        Ok(Told { made: self.made(stage), ..Told::default() })
    }

    /// Candidates that wait to be scored.
    pub fn pairs_waiting(&self) -> u64 {
        self.pairs.len() as u64
    }

    /// The candidates that wait to be scored.
    pub fn pairs(&self) -> &[Pair] {
        &self.pairs
    }

    /// Lets candidates wait to be scored, as pairing once made them.
    pub fn put_pairs(&mut self, pairs: Vec<Pair>) {
        self.pairs = pairs;
    }

    fn made(&self, stage: Stage) -> u64 {
        let n = match stage {
            Stage::Ingest => self.entries.len(),
            Stage::Normalise => self.entries.len(),
            Stage::Fingerprint => self.sketches.len().max(self.entries.len()),
            Stage::Pair => self.pairs.len(),
            Stage::Score => self.links.len(),
            Stage::Cluster => self.clusters.len(),
            Stage::Merge | Stage::Report => self.events.len(),
        };
        n as u64
    }

    fn told(&self, stage: Stage, read: usize) -> Told {
        Told { read: read as u64, made: self.made(stage), ..Told::default() }
    }

    fn normalise(&mut self, settings: &Settings, steps: &[Step]) -> Told {
        // Furniture is counted with the sketches that rest on it; where those are reused, so is the count.
        // The texts themselves are made one by one as they are sketched, and here where they are not.
        let rules = read_rules(settings);
        if steps.iter().any(|s| s.stage == Stage::Fingerprint && s.action == Action::Run) {
            self.tables = engine::tables(settings, &self.entries, &rules);
        } else {
            self.texts = normalise::normalise(&self.entries, &self.tables, &rules);
        }
        let mut told = self.told(Stage::Normalise, self.entries.len());
        if !self.tables.furniture.is_empty() {
            told.message = format!("{} repeated sentences taken out", self.tables.furniture.len());
        }
        told
    }

    fn fingerprint(&mut self, settings: &Settings) -> Told {
        let (n, rules, print) = (self.entries.len(), read_rules(settings), &settings.fingerprint);
        let text = |row: Row| normalise::uncounted(&self.entries[row.at()], &self.tables, &rules);
        (self.texts, self.sketches) = match settings.copies_alone() {
            true => fingerprint::fingerprint_copies(n, text, settings.score.short_words, print),
            false => fingerprint::fingerprint(n, text, print),
        };
        if !settings.copies_alone() {
            self.lexicon = fingerprint::lexicon(&self.sketches, &engine::langs(&self.texts), print);
        }
        self.sketched = true;
        (self.shingles, self.vectors) = (None, None);
        self.told(Stage::Fingerprint, self.texts.len())
    }

    /// The text of a row, whole.
    pub fn text(&self, row: Row, settings: &Settings) -> Text {
        normalise::text(&self.entries[row.at()], &self.tables, &settings.normalise)
    }

    /// The words behind the hashes of a row's sketch, for a person to read.
    pub fn surfaces(&self, row: Row, settings: &FingerprintSettings) -> FxHashMap<u32, String> {
        let text = Text { body: self.body(row), ..self.texts[row.at()].clone() };
        fingerprint::surfaces(&text, settings)
    }

    /// The body of a row's text, whose language is known.
    fn body(&self, row: Row) -> String {
        normalise::body(&self.entries[row.at()], self.texts[row.at()].lang, &self.tables)
    }

    /// Asks for the copies in this working set, of which only what tells copies was sketched.
    fn of_copies<T>(&self, settings: &Settings, ask: impl FnOnce(&Evidence) -> T) -> T {
        let rules = read_rules(settings);
        let shingles = |row: Row| {
            let body = normalise::read_body(&self.entries[row.at()], &self.tables, &rules);
            fingerprint::copied_shingles(&body, &settings.fingerprint)
        };
        let names = |row: Row| {
            stems::remembered(|terms| fingerprint::named(&self.text(row, settings), terms, &settings.fingerprint))
        };
        let lacking = Lacking { shingles: &shingles, names: &names };
        ask(&Evidence::of_copies(&self.entries, &self.sketches, &self.lexicon, lacking, &settings.score))
    }

    /// Puts the shingles away, where they are at hand: nearly all pairs are judged by their marks.
    ///
    /// # Errors
    /// The disk.
    pub fn put_shingles_away(&mut self, shelves: &mut Shelves) -> Result<()> {
        if self.shingles.is_none() {
            let marks = self.sketches.par_iter().map(|s| Marks::of(&s.shingles)).collect();
            self.shingles = Some((marks, Box::new(Away::shingles(&mut self.sketches, shelves)?)));
        }
        Ok(())
    }

    /// Lets go what only pairs ask for.
    ///
    /// # Errors
    /// It could not all be read, so that what was made of it does not count.
    pub fn let_shingles_go(&mut self) -> Result<()> {
        self.shingles.take().map_or(Ok(()), |(_, shingles)| shingles.check())
    }

    /// Puts the sketches away.
    ///
    /// # Errors
    /// The disk.
    pub fn put_sketches_away(&mut self, shelves: &mut Shelves) -> Result<()> {
        self.let_shingles_go()?;
        self.away = Away::sketches(std::mem::take(&mut self.sketches), shelves)?;
        Ok(())
    }

    /// Makes what entries are searched by.
    pub fn weigh(&mut self, settings: &Settings) {
        let langs = engine::langs(&self.texts);
        let evidence = Evidence::of_candidates(&self.entries, langs, &self.sketches, &self.lexicon, &settings.score);
        let rows: Vec<u32> = (0..self.sketches.len() as u32).collect();
        let vectors = pair::vectors(&evidence, &rows, &settings.pair);
        self.vectors = Some(vectors);
    }

    /// The same evidence, for one who will ask of many pairs whether they are copies.
    fn of_pairs<T>(&self, evidence: Evidence, ask: impl FnOnce(&Evidence) -> T) -> T {
        match &self.shingles {
            Some((marks, shingles)) => ask(&evidence.shelved(marks, &|row| shingles.of(row))),
            None => ask(&evidence.marked()),
        }
    }

    /// The sketch of a row, wherever it lies.
    pub fn sketch(&self, row: Row) -> Sketch {
        if self.away.is_empty() { self.sketches[row.at()].clone() } else { self.away.sketch(row) }
    }

    /// The evidence of this working set.
    pub fn evidence<'a>(&'a self, settings: &Settings) -> Evidence<'a> {
        Evidence::new(&self.entries, engine::langs(&self.texts), &self.sketches, &self.lexicon, &settings.score)
    }

    fn pair(&mut self, settings: &Settings) -> Told {
        // Nothing later reads the signatures.
        let signatures: Vec<_> = self.sketches.iter_mut().map(|s| std::mem::take(&mut s.signature)).collect();
        let prints = Prints { signatures, band_rows: settings.fingerprint.rows, vectors: self.vectors.take() };
        let pair = |evidence: &Evidence, tongues: &Tongues| {
            pair::pair(evidence, tongues, prints, &settings.pair, &settings.score)
        };
        let paired = match settings.copies_alone() {
            true => self.of_copies(settings, |evidence| pair(evidence, &Tongues::default())),
            false => {
                let langs = engine::langs(&self.texts);
                let (entries, sketches, lexicon) = (&self.entries, &self.sketches, &self.lexicon);
                let evidence = Evidence::of_candidates(entries, langs, sketches, lexicon, &settings.score);
                self.of_pairs(evidence, |evidence| pair(evidence, &Tongues::of(entries, &self.texts)))
            }
        };
        self.pairs = paired.pairs;
        let mut told = self.told(Stage::Pair, self.sketches.len());
        told.caps = paired.caps;
        told.message = format!("{} postings read by {} entries", paired.postings, paired.searched);
        told
    }

    fn score(&mut self, settings: &Settings, say: Say) -> Told {
        let pairs = std::mem::take(&mut self.pairs);
        if settings.copies_alone() {
            self.links = self.of_copies(settings, |evidence| score::copies(evidence, &pairs, &settings.score));
            return self.told(Stage::Score, pairs.len());
        }
        self.links = self.of_pairs(self.evidence(settings), |evidence| scored(evidence, &pairs, settings, say));
        if !settings.pair.same_event {
            self.links.retain(|l| l.relation.is_copy());
        }
        self.told(Stage::Score, pairs.len())
    }

    fn cluster(&mut self, settings: &Settings) -> Told {
        let flags: Vec<Flags> = self.texts.iter().map(|t| t.flags).collect();
        let words: Vec<u32> = self.texts.iter().map(|t| t.words).collect();
        let made = cluster::cluster(&flags, &words, &self.links, &settings.cluster);
        (self.clusters, self.umbrellas) = (made.clusters, made.umbrellas);
        let mut told = self.told(Stage::Cluster, self.links.len());
        told.message = format!("{} umbrellas", self.umbrellas.len());
        told
    }

    fn merge(&mut self, settings: &Settings, as_of: i64) -> Told {
        let input = MergeInput {
            entries: &self.entries,
            texts: &self.texts,
            body: &|row| self.body(row),
            clusters: &self.clusters,
            umbrellas: &self.umbrellas,
            registry: &self.registry,
            as_of,
        };
        let made = if settings.copies_alone() { name(&input) } else { merge(&input, &settings.merge) };
        (self.events, self.registry, self.lineage) = (made.events, made.registry, made.lineage);
        self.told(Stage::Merge, self.clusters.len())
    }
}

/// The links of the candidates.
fn scored(evidence: &Evidence, pairs: &[Pair], settings: &Settings, say: Say) -> Vec<Link> {
    let (mut links, mut crowds) = (Vec::new(), Crowds::new(evidence.sketches.len()));
    for part in pairs.chunks(PART) {
        let looked = score::first_look(evidence, part, &settings.score);
        crowds.see(&looked);
        links.extend(looked.into_iter().filter(|l| score::may_be_made(l, &settings.score)));
        say(Signal::StageAdvanced { stage: Stage::Score, by: part.len() as u64 });
    }
    crowds.settle(&mut links, &settings.score.weights);
    links.retain(score::is_made);
    pair::vouched(evidence, pairs, links, &settings.score)
}

/// How texts are read: where only copies are looked for, no language is asked for.
fn read_rules(settings: &Settings) -> NormaliseSettings {
    let detect_language = settings.normalise.detect_language && !settings.copies_alone();
    NormaliseSettings { detect_language, ..settings.normalise.clone() }
}

/// Pairs scored between two signs of life.
pub const PART: usize = 1 << 16;

fn lacking(stage: Stage) -> Error {
    Error::Check(format!(
        "the state lacks what {} made, though it says that it holds; run again with --force",
        stage.name()
    ))
}
