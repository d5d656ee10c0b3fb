//! What a run holds while it works, and one function per stage.

use super::first_look::FirstLook;
use super::recovery::Say;
use super::stamps::{self, Action, Step};
use crate::algo::bands::{Columns, Parts};
use crate::algo::lexicon::Lexicon;
use crate::algo::neighbours::Vectors;
use crate::algo::stems;
use crate::engine::{self, Away, Events, Glances, Lately, Links, Recent, read_rules};
use crate::error::{Error, Result};
use crate::model::lineage::{LineageRow, Registry};
use crate::model::{Cluster, Entry, Flags, Link, Marks, Pair, Row, Sketch, Stage, Text, Tie, Umbrella};
use crate::settings::Settings;
use crate::stage::fingerprint::FingerprintSettings;
use crate::stage::merge::{MergeInput, merge, name};
use crate::stage::normalise::Tables;
use crate::stage::score::{Evidence, Lacking, Stretch, Window};
use crate::stage::tongues::Tongues;
use crate::stage::{cluster, fingerprint, normalise, pair, score};
use crate::store::{self, Store};
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::ops::Range;
use std::sync::Arc;

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
    /// What was made of the texts as they came, until they are sketched.
    pub glances: Option<Glances>,
    /// Tables for normalising.
    pub tables: Tables,
    /// Texts, without their bodies: [`Work::text`] makes a whole one.
    pub texts: Vec<Text>,
    /// Sketches, unless they were put away.
    pub sketches: Vec<Sketch>,
    /// The keys of the bands of signatures that are not at hand, until they are joined.
    pub keys: Option<Parts>,
    /// The sketches that were put away as they were made.
    pub away: Option<Away>,
    /// Where sketches were kept, and are at hand without their shingles: the marks of these.
    pub(super) marks: Option<Vec<Marks>>,
    /// The shingles that were made again last.
    pub(super) shingled: Lately<Vec<u32>>,
    /// What entries are searched by, where it is known before pairing.
    pub vectors: Option<Vectors>,
    /// Whether the sketches are not in the state yet.
    pub sketched: bool,
    /// Document frequencies.
    pub lexicon: Lexicon,
    /// Candidates, between pair and score.
    pub(super) pairs: Vec<Pair>,
    /// Links, unless they were put away.
    pub links: Vec<Link>,
    /// The links that were put away as they were made.
    pub linked: Option<Links>,
    /// Clusters.
    pub clusters: Vec<Cluster>,
    /// Umbrellas.
    pub umbrellas: Vec<Umbrella>,
    /// Events, parallel to the clusters.
    pub events: Events,
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
        let (shingles, names) = (|row| self.shingles(row, settings), |row| self.sketch(row).into_owned());
        let evidence = self.of_candidates(settings, Lacking { shingles: &shingles, names: &names });
        let mut evidence = evidence.with_features(&self.entries, &|row| self.sketch(row));
        evidence.turn_to(Window::one(self.stretch(0..self.entries.len())));
        score::judge(&evidence, &self.pairs, &settings.score)
    }

    /// Clusters by these links in place of those at hand.
    pub fn regroup(&mut self, links: Vec<Link>, settings: &Settings) {
        self.links = links;
        self.cluster(settings);
    }

    /// Leaves the large lists to the system, which takes them back with the process in a fraction of the time.
    pub fn leave(self) {
        let Work { entries, texts, sketches, .. } = self;
        std::mem::forget((entries, texts, sketches));
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
                    (self.marks, self.shingled) = (Some(window.marks), Lately::default());
                }
            }
            Stage::Score => self.links = store.links()?,
            Stage::Cluster => (self.clusters, self.umbrellas) = (store.clusters()?, store.umbrellas()?),
            Stage::Merge => (self.events, self.lineage) = (store.events()?.into(), store.lineage()?),
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

    pub(super) fn made(&self, stage: Stage) -> u64 {
        let n = match stage {
            Stage::Ingest => self.entries.len(),
            Stage::Normalise => self.entries.len(),
            Stage::Fingerprint => self.sketches.len().max(self.entries.len()),
            Stage::Pair => self.pairs.len(),
            Stage::Score => self.made_links().len(),
            Stage::Cluster => self.clusters.len(),
            Stage::Merge | Stage::Report => self.events.heads.len(),
        };
        n as u64
    }

    /// The links, wherever they lie.
    pub fn made_links(&self) -> &dyn store::Links {
        self.linked.as_ref().map_or(&self.links, |linked| linked)
    }

    pub(super) fn told(&self, stage: Stage, read: usize) -> Told {
        Told { read: read as u64, made: self.made(stage), ..Told::default() }
    }

    fn normalise(&mut self, settings: &Settings, steps: &[Step]) -> Told {
        // Furniture is counted with the sketches that rest on it; where those are reused, so is the count.
        // The texts themselves are made one by one as they are sketched, and here where they are not.
        let rules = read_rules(settings);
        if steps.iter().any(|s| s.stage == Stage::Fingerprint && s.action == Action::Run) {
            self.tables = match &self.glances {
                Some(glances) => engine::tables_seen(settings, &self.entries, &rules, glances),
                None => engine::tables(settings, &self.entries, &rules),
            };
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
        let clustered = |row: Row| normalise::clustered(&self.entries[row.at()], &self.tables, &rules);
        (self.texts, self.sketches) = match (settings.copies_alone(), self.glances.take()) {
            (true, Some(glances)) => {
                let (texts, sketches, keys) = glances.take(&self.entries, &self.tables);
                self.keys = Some(keys);
                (texts, sketches)
            }
            (true, None) => {
                let (texts, sketches) =
                    fingerprint::fingerprint_copies(n, clustered, settings.score.short_words, print);
                (texts.into_iter().map(Text::bare).collect(), sketches)
            }
            (false, _) => fingerprint::fingerprint(n, text, print),
        };
        if !settings.copies_alone() {
            self.lexicon = fingerprint::lexicon(&self.sketches, &engine::langs(&self.texts), print);
        }
        self.sketched = true;
        (self.marks, self.shingled, self.vectors) = (None, Lately::default(), None);
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
    pub(super) fn body(&self, row: Row) -> String {
        normalise::body(&self.entries[row.at()], self.texts[row.at()].lang, &self.tables)
    }

    /// Asks for the copies in this working set, of which only what tells copies was sketched.
    fn of_copies<T>(&self, settings: &Settings, ask: impl FnOnce(&Evidence) -> T) -> T {
        let rules = read_rules(settings);
        let recent = Recent::default();
        let body = |row: Row| self.tables.furniture.out_of(&self.entries[row.at()]);
        let shingles = |row: Row| {
            let body = body(row);
            let text = normalise::read_body(&self.entries[row.at()], body.clone(), &self.tables, &rules);
            recent.keep(row, body);
            // Those that are compared with their titles have their shingles.
            fingerprint::shingled("", &text, &settings.fingerprint)
        };
        let names = |row: Row| {
            let body = recent.take(row).unwrap_or_else(|| body(row));
            let text = normalise::unflagged(&self.entries[row.at()], body, &self.tables, &settings.normalise);
            stems::remembered(|terms| fingerprint::named(&text, terms, &settings.fingerprint))
        };
        let lacking = Lacking { shingles: &shingles, names: &names };
        ask(&Evidence::of_copies(&self.entries, &self.sketches, &self.lexicon, lacking, &settings.score))
    }

    /// The evidence of this working set.
    pub fn evidence<'a>(&'a self, settings: &Settings) -> Evidence<'a> {
        Evidence::new(&self.entries, engine::langs(&self.texts), &self.sketches, &self.lexicon, &settings.score)
    }

    fn pair(&mut self, settings: &Settings) -> Told {
        let (marks, vectors) = (self.away.as_mut().map(|away| std::mem::take(&mut away.marks)), self.vectors.take());
        let (bands, rows) = (settings.fingerprint.bands, settings.fingerprint.rows);
        let signatures = || (0..).zip(self.sketches.iter().map(|s| &s.signature[..]));
        let of = |some: Range<usize>| match (&self.away, &self.keys) {
            (Some(away), _) => away.columns(some),
            (None, Some(keys)) => keys.some(some),
            (None, None) => Columns::of(signatures(), some, bands, rows),
        };
        let copied = |evidence: &Evidence, tongues: &Tongues| {
            pair::copied(evidence, tongues, pair::Keys { bands, of: &of }, &settings.pair, &settings.score)
        };
        let sketches = |rows: Range<usize>| self.terms(rows);
        let (shingles, names) = (|row| self.shingles(row, settings), |row| self.sketch(row).into_owned());
        let paired = if settings.copies_alone() {
            self.of_copies(settings, |evidence| {
                let none = Tongues::default();
                pair::pair(copied(evidence, &none), evidence, &none, (&sketches, None), &settings.pair)
            })
        } else {
            let mut evidence = self.of_candidates(settings, Lacking { shingles: &shingles, names: &names });
            evidence.turn_to(Window::one(match marks {
                Some(marks) => Arc::new(Stretch { marks: marks.into(), ..Stretch::default() }),
                None => self.stretch(0..self.entries.len()),
            }));
            let tongues = Tongues::of(&self.entries, &self.texts);
            let copied = copied(&evidence, &tongues);
            // The search reads neither marks nor the sketches at hand.
            evidence.turn_to(Window::default());
            pair::pair(copied, &evidence, &tongues, (&sketches, vectors), &settings.pair)
        };
        self.pairs = paired.pairs;
        self.keys = None;
        let mut told = self.told(Stage::Pair, self.entries.len());
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
        let mut links = Vec::new();
        let put = |_, mut part: Vec<Link>| -> std::result::Result<(), Infallible> {
            links.append(&mut part);
            Ok(())
        };
        let Ok(first) = self.first_look(&pairs, usize::MAX, (settings, say), put);
        self.links = first.settle(links, settings);
        self.told(Stage::Score, pairs.len())
    }

    /// Scores the candidates, block of so many rows against block; `put` gets the links of each block as they are before all are
    /// known.
    pub(super) fn first_look<E>(
        &self,
        pairs: &[Pair],
        block: usize,
        (settings, say): (&Settings, Say),
        put: impl FnMut(Range<usize>, Vec<Link>) -> std::result::Result<(), E>,
    ) -> std::result::Result<FirstLook, E> {
        let (shingles, names) = (|row| self.shingles(row, settings), |row| self.sketch(row).into_owned());
        let evidence = self.of_candidates(settings, Lacking { shingles: &shingles, names: &names });
        let evidence = evidence.with_features(&self.entries, &|row| self.sketch(row));
        FirstLook::at(evidence, (&|rows| self.stretch(rows), block), pairs, (settings, say), put)
    }

    fn cluster(&mut self, settings: &Settings) -> Told {
        let flags: Vec<Flags> = self.texts.iter().map(|t| t.flags).collect();
        let words: Vec<u32> = self.texts.iter().map(|t| t.words).collect();
        let made = match &self.linked {
            Some(linked) => {
                let looked_at =
                    |links: Vec<Link>| links.into_iter().filter(|l| cluster::looks_at(l, &settings.cluster));
                let mut ties: Vec<Tie> = Vec::with_capacity(self.made_links().len());
                ties.extend(linked.parts().flat_map(|(_, part)| looked_at(part)).map(|l| l.tie()));
                cluster::cluster(&flags, &words, ties, &settings.cluster)
            }
            None => cluster::cluster(&flags, &words, &self.links, &settings.cluster),
        };
        (self.clusters, self.umbrellas) = (made.clusters, made.umbrellas);
        let mut told = self.told(Stage::Cluster, self.made_links().len());
        told.message = format!("{} umbrellas", self.umbrellas.len());
        told
    }

    fn merge(&mut self, settings: &Settings, as_of: i64) -> Told {
        if settings.copies_alone() {
            self.events = Events::headed(name(&self.entries, &self.clusters));
            return self.told(Stage::Merge, self.clusters.len());
        }
        let body = |row| self.body(row);
        let input = self.merge_input(&body, as_of);
        let made = merge(&input, &settings.merge);
        (self.events, self.registry, self.lineage) = (made.events.into(), made.registry, made.lineage);
        self.told(Stage::Merge, self.clusters.len())
    }

    pub(super) fn merge_input<'a>(&'a self, body: &'a (dyn Fn(Row) -> String + Sync), as_of: i64) -> MergeInput<'a> {
        MergeInput {
            entries: &self.entries,
            texts: &self.texts,
            body,
            clusters: &self.clusters,
            umbrellas: &self.umbrellas,
            registry: &self.registry,
            as_of,
        }
    }
}

fn lacking(stage: Stage) -> Error {
    Error::Check(format!(
        "the state lacks what {} made, though it says that it holds; run again with --force",
        stage.name()
    ))
}
