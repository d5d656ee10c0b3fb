//! What each hot function costs per entry, on one thread and on one invented night.
//!
//! A set of 1,000 entries is worked at a time: a millisecond of the printed times is a microsecond per entry.

#![allow(clippy::unwrap_used)]

#[allow(dead_code)]
mod night;

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use night::Night;
use retold::algo::linkage::{Edge, Rule, average_linkage};
use retold::algo::signature::{shingles, signature, word_hash};
use retold::algo::stems::Terms;
use retold::algo::tokens::tokens;
use retold::algo::{bands, lexicon::Lexicon};
use retold::engine;
use retold::model::{Entry, EntryId, Flags, Link, Pair, Row, Sketch, Text};
use retold::render::jsonl;
use retold::settings::Settings;
use retold::stage::report::rows::entry_row;
use retold::stage::score::Evidence;
use retold::stage::tongues::Tongues;
use retold::stage::{cluster, fingerprint, ingest, normalise, pair, score};
use retold::store::{RunRow, RunStatus, Sqlite, Store};
use std::borrow::Cow;
use std::ops::Range;
use std::path::Path;
use std::sync::LazyLock;
use tempfile::TempDir;

/// Entries of a set: so many that a millisecond is a microsecond per entry.
const ENTRIES: usize = 1_000;

fn main() {
    rayon::ThreadPoolBuilder::new().num_threads(1).build_global().unwrap();
    divan::main();
}

/// The night, worked up to its links.
struct Set {
    folder: TempDir,
    settings: Settings,
    entries: Vec<Entry>,
    texts: Vec<Text>,
    sketches: Vec<Sketch>,
    lexicon: Lexicon,
    pairs: Vec<Pair>,
    links: Vec<Link>,
}

static SET: LazyLock<Set> = LazyLock::new(Set::new);

impl Set {
    fn new() -> Set {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("night.jsonl");
        let mut lines = Vec::new();
        Night::invented(ENTRIES, 1).entries().for_each(|told| told.write(&mut lines).unwrap());
        std::fs::write(&file, lines).unwrap();
        let mut settings = Settings::defaults(folder.path());
        settings.replace_sources(&[file]).unwrap();
        let entries = ingest::settle(read(&settings), &Default::default(), &[], &Default::default()).entries;
        let tables = engine::tables(&settings, &entries, &settings.normalise);
        let text = |row: Row| normalise::text(&entries[row.at()], &tables, &settings.normalise);
        let (_, sketches) = fingerprint::fingerprint(entries.len(), text, &settings.fingerprint);
        let texts: Vec<Text> = (0..entries.len() as u32).map(|row| text(Row(row))).collect();
        let lexicon = fingerprint::lexicon(&sketches, &engine::langs(&texts), &settings.fingerprint);
        let (pairs, links) = (Vec::new(), Vec::new());
        let mut set = Set { folder, settings, entries, texts, sketches, lexicon, pairs, links };
        set.pairs = set.paired().pairs;
        set.links = score::judge(&set.evidence(), &set.pairs, &set.settings.score);
        set.links.retain(score::is_made);
        set
    }

    fn evidence(&self) -> Evidence<'_> {
        let langs = engine::langs(&self.texts);
        Evidence::new(&self.entries, langs, &self.sketches, &self.lexicon, &self.settings.score)
    }

    fn paired(&self) -> pair::Paired {
        let tongues = Tongues::of(&self.entries, &self.texts);
        let rows = self.settings.fingerprint.rows;
        let bands = self.settings.fingerprint.bands;
        let signatures = || (0..).zip(self.sketches.iter().map(|s| &s.signature[..]));
        let keys = |some| bands::Columns::of(signatures(), some, bands, rows);
        let keys = pair::Keys { bands, of: &keys };
        let evidence = self.evidence();
        let copied = pair::copied(&evidence, &tongues, keys, &self.settings.pair, &self.settings.score);
        let sketches = |rows: Range<usize>| Cow::Borrowed(&self.sketches[rows]);
        pair::pair(copied, &evidence, &tongues, (&sketches, None), &self.settings.pair)
    }

    /// Hashes of the words of each body.
    fn words(&self) -> Vec<Vec<u64>> {
        let words = |body: &str| tokens(body).iter().map(|token| word_hash(token.of(body).as_bytes())).collect();
        self.texts.iter().map(|text| words(&text.body)).collect()
    }

    fn shingles(&self) -> Vec<Vec<u64>> {
        self.words().iter().map(|words| shingles(words, self.settings.fingerprint.shingle)).collect()
    }
}

fn read(settings: &Settings) -> Vec<Entry> {
    engine::read(settings, jiff::Timestamp::from_second(1_768_600_000).unwrap(), engine::Aside::default(), &|_| {})
        .unwrap()
        .arrivals
}

/// Calls `f` for each of a set.
fn each<T>(bencher: Bencher, set: &[T], f: impl Fn(&T)) {
    bencher.counter(ItemsCount::new(set.len())).bench_local(|| set.iter().for_each(&f));
}

/// JSON Lines in: a file is read, parsed, checked, and made into entries.
#[divan::bench]
fn json_in(bencher: Bencher) {
    let settings = &SET.settings;
    bencher.counter(ItemsCount::new(ENTRIES)).bench_local(|| read(settings));
}

/// Entries to texts: folded, furniture and datelines out, language detected.
#[divan::bench]
fn normalised(bencher: Bencher) {
    let tables = engine::tables(&SET.settings, &SET.entries, &SET.settings.normalise);
    each(bencher, &SET.entries, |entry| drop(black_box(normalise::text(entry, &tables, &SET.settings.normalise))));
}

/// The body of each text cut into tokens.
#[divan::bench]
fn tokenise(bencher: Bencher) {
    each(bencher, &SET.texts, |text| drop(black_box(tokens(&text.body))));
}

/// The term of each token of each body: function words out, the others stemmed and hashed.
#[divan::bench]
fn terms(bencher: Bencher) {
    let read: Vec<_> = SET.texts.iter().map(|text| (text, tokens(&text.body))).collect();
    bencher.counter(ItemsCount::new(ENTRIES)).bench_local(|| {
        let mut terms = Terms::default();
        for (text, tokens) in &read {
            black_box(terms.of_tokens((&text.body, tokens), text.lang, |_, _, _| true));
        }
    });
}

/// Hashes of the runs of three words of each body, from hashes of its words.
#[divan::bench]
fn shingle(bencher: Bencher) {
    let words = SET.words();
    each(bencher, &words, |words| drop(black_box(shingles(words, 3))));
}

/// The signature of each body, from its shingles.
#[divan::bench]
fn signed(bencher: Bencher) {
    let runs = SET.shingles();
    let bins = SET.settings.fingerprint.bands * SET.settings.fingerprint.rows;
    each(bencher, &runs, |runs| drop(black_box(signature(runs, bins))));
}

/// Everything that is kept of a text for comparing: tokens, terms, shingles, signature, names, numbers, quotations.
#[divan::bench]
fn sketch(bencher: Bencher) {
    let settings = &SET.settings.fingerprint;
    let text = |row: Row| SET.texts[row.at()].clone();
    bencher.counter(ItemsCount::new(ENTRIES)).bench_local(|| fingerprint::fingerprint(ENTRIES, text, settings));
}

/// Pairs that share a band, from the signatures.
#[divan::bench]
fn band_join(bencher: Bencher) {
    let signatures: Vec<(u32, &[u32])> = (0..).zip(SET.sketches.iter().map(|s| &s.signature[..])).collect();
    let settings = &SET.settings;
    bencher.counter(ItemsCount::new(ENTRIES)).bench_local(|| {
        let (bands, rows) = (settings.fingerprint.bands, settings.fingerprint.rows);
        let columns = |some| bands::Columns::of(signatures.iter().copied(), some, bands, rows);
        bands::join(bands, columns, settings.pair.bucket_earliest)
    });
}

/// Candidates: copies by hashes and bands, then the nearest neighbours of each leader. It grows with the night; the benchmark of
/// whole runs says how.
#[divan::bench]
fn neighbours(bencher: Bencher) {
    bencher.counter(ItemsCount::new(ENTRIES)).bench_local(|| SET.paired());
}

/// Scores of the candidates; an item is a pair.
#[divan::bench]
fn pair_score(bencher: Bencher) {
    let evidence = SET.evidence();
    bencher
        .counter(ItemsCount::new(SET.pairs.len()))
        .bench_local(|| score::judge(&evidence, &SET.pairs, &SET.settings.score));
}

/// Average linkage of the links; an item is a link.
#[divan::bench]
fn linkage(bencher: Bencher) {
    let edge = |l: &Link| Edge { a: l.a.0, b: l.b.0, p: (l.p.value() * 1e6).round() as u32 };
    let edges: Vec<Edge> = SET.links.iter().map(edge).collect();
    let rule = Rule { threshold: 315_000, cap: 10 };
    bencher.counter(ItemsCount::new(edges.len())).bench_local(|| average_linkage(ENTRIES, &edges, &[], rule));
}

/// Links to clusters: umbrellas, origins, linkage.
#[divan::bench]
fn clustered(bencher: Bencher) {
    let flags: Vec<Flags> = SET.texts.iter().map(|t| t.flags).collect();
    let words: Vec<u32> = SET.texts.iter().map(|t| t.words).collect();
    bencher
        .counter(ItemsCount::new(ENTRIES))
        .bench_local(|| cluster::cluster(&flags, &words, &SET.links, &SET.settings.cluster));
}

/// JSON Lines out: the rows of entries.jsonl, written to memory.
#[divan::bench]
fn json_out(bencher: Bencher) {
    bencher.counter(ItemsCount::new(ENTRIES)).bench_local(|| {
        let mut out: Vec<u8> = Vec::new();
        jsonl::write(&mut out, ENTRIES, |i| entry_row(&SET.entries[i], &SET.texts[i])).unwrap();
        out
    });
}

/// Entries and their sketches written to a new state and committed.
#[divan::bench(sample_count = 20)]
fn state_write(bencher: Bencher) {
    let file = || tempfile::tempdir_in(SET.folder.path()).unwrap();
    bencher.counter(ItemsCount::new(ENTRIES)).with_inputs(file).bench_local_refs(|folder| filled(folder.path()));
}

/// Entries and their sketches read back by id.
#[divan::bench]
fn state_read(bencher: Bencher) {
    let folder = tempfile::tempdir_in(SET.folder.path()).unwrap();
    let store = filled(folder.path());
    let ids: Vec<EntryId> = SET.entries.iter().map(|e| e.id).collect();
    bencher
        .counter(ItemsCount::new(ENTRIES))
        .bench_local(|| (store.entries(&ids).unwrap(), store.sketches(&ids).unwrap()));
}

/// A state that holds the set.
fn filled(folder: &Path) -> Sqlite {
    let mut store = Sqlite::open(&folder.join("state.sqlite")).unwrap();
    store.recover().unwrap();
    let number = store.begin("bench", 0).unwrap();
    store.put_entries(&SET.entries).unwrap();
    let sketches: Vec<(EntryId, &Sketch)> = SET.entries.iter().map(|e| e.id).zip(&SET.sketches).collect();
    store.put_sketches(&sketches).unwrap();
    let (name, settings, out) = ("bench".to_string(), String::new(), String::new());
    let status = RunStatus::Open;
    store.commit(&RunRow { number, name, as_of: 0, status, inputs_hash: 0, settings, out }).unwrap();
    store
}
