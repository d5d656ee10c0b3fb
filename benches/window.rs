//! What stored nights cost the night after them: `cargo bench --bench window -- --nights 7 --entries 200k`.
//!
//! A state is filled with nights of invented entries, and then read and indexed as a run that goes on from pairing does.
//! Printed are microseconds and bytes per stored entry.

#![allow(clippy::print_stdout)]

#[allow(dead_code)]
mod night;

use clap::Parser;
use cpu_time::ProcessTime;
use night::Night;
use night::plan::Days;
use night::words::Words;
use retold::algo::bands;
use retold::algo::lexicon::Lexicon;
use retold::algo::neighbours::{self, Index, Vectors};
use retold::engine;
use retold::error::{Error, Result};
use retold::model::lineage::Registry;
use retold::model::{Clock, ClockQuality, Entry, EntryId, Event, Lang, Link, Record, Row, Sketch};
use retold::settings::Settings;
use retold::stage::ingest::{self, SourceFacts};
use retold::stage::score::Evidence;
use retold::stage::{background, fingerprint, normalise, pair};
use retold::store::{self, ResultSet, RunRow, RunStatus, Store};
use rusqlite::Connection;
use rustc_hash::FxHashSet;
use std::borrow::Cow;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// As in the program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Fills a state with nights, reads them back and indexes them.
#[derive(Parser)]
struct Options {
    /// Nights in the state.
    #[arg(long, default_value_t = 7)]
    nights: u32,
    /// Entries of each: 20k, 200k or any number.
    #[arg(long, value_name = "N", default_value = "20k", value_parser = size)]
    entries: usize,
    /// Threads; 0 is one per core.
    #[arg(long, default_value_t = 0)]
    threads: usize,
    /// What chance is seeded with.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The state; one that is there is measured as it is [default: a file that is removed].
    #[arg(long, value_name = "PATH")]
    state: Option<PathBuf>,
    /// `cargo bench` says so to every benchmark.
    #[arg(long, hide = true)]
    bench: bool,
}

/// Midnight of 2026-01-14, UTC.
const START: i64 = 1_768_348_800;

fn main() -> Result<()> {
    let options = Options::parse();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(options.threads).build_global();
    pool.map_err(|e| Error::Usage(e.to_string()))?;
    let temporary = tempfile::tempdir().map_err(Error::io("make a folder in", &std::env::temp_dir()))?;
    let path = options.state.clone().unwrap_or_else(|| temporary.path().join("retold.sqlite"));
    let settings = Settings::defaults(temporary.path());
    if !path.exists() {
        fill(&path, &options, &settings)?;
    }
    measure(&path, &settings)
}

/// 20k, 1m, 2500.
fn size(text: &str) -> std::result::Result<usize, String> {
    let (digits, times) = match text.strip_suffix(['k', 'm']) {
        Some(digits) if text.ends_with('k') => (digits, 1_000),
        Some(digits) => (digits, 1_000_000),
        None => (text, 1),
    };
    digits.parse().map(|n: usize| n * times).map_err(|_| "say a number of entries, as in 20k, 1m or 2500".to_string())
}

/// The entries of a night, in global order.
fn night(number: u32, words: Words, options: &Options) -> Vec<Entry> {
    let days = Days { start: START + 86_400 * i64::from(number), days: 1 };
    let seed = options.seed + u64::from(number);
    let record = |told: night::Told| {
        let at = told.published.parse::<jiff::Timestamp>().map_or(START, jiff::Timestamp::as_second);
        let published = Clock { from: Some(at), span: 0, quality: ClockQuality::Exact, raw: None };
        let url = Some(format!("https://courier.example/{}", told.id));
        let (id, outlet) = (Some(told.id), Some(told.outlet));
        Record { id, outlet, url, title: told.title, body: told.text, published: Some(published), ..Record::default() }
    };
    let records = Night::new(options.entries, seed, words, &days).entries().map(record).collect();
    let facts = SourceFacts { name: "night".into(), outlet: None, owner: None, owners: Default::default() };
    let mut entries = ingest::entries(records, &format!("night-{number}.jsonl").as_str().into(), &facts);
    entries.sort_by_key(Entry::order);
    entries
}

/// Puts each night into the state as a run does, without its results; the last one's working set is all of them.
fn fill(path: &Path, options: &Options, settings: &Settings) -> Result<()> {
    let mut state = store::open(path)?;
    let (mut working, mut counted) = (Vec::new(), Lexicon::default());
    counted.add(background::shipped(), Lang::EN);
    for number in 0..options.nights {
        let entries = night(number, Words::invented(options.seed), options);
        let tables = engine::tables(settings, &entries, &settings.normalise);
        let text = |row: Row| normalise::text(&entries[row.at()], &tables, &settings.normalise);
        let (_, sketches) = fingerprint::fingerprint(entries.len(), text, &settings.fingerprint);
        counted.add(&fingerprint::counted_terms(&sketches), Lang::EN);
        working.extend(entries.iter().map(|e| (e.order(), e.id)));
        let run = state.begin(&format!("night-{number}"), START)?;
        state.put_entries(&entries)?;
        state.put_sketches(&entries.iter().map(|e| e.id).zip(&sketches).collect::<Vec<_>>())?;
        if number + 1 == options.nights {
            working.sort_unstable();
            let ids: Vec<EntryId> = working.iter().map(|(_, id)| *id).collect();
            engine::keep_tables(&mut *state, &tables, &counted)?;
            put_working_set(&mut *state, &ids)?;
        }
        state.commit(&row(run))?;
        state.published(run)?;
        println!("night {number}: {} entries in the state", entries.len());
    }
    working.sort_unstable();
    let ids: Vec<EntryId> = working.iter().map(|(_, id)| *id).collect();
    let run = state.begin("weighed", START)?;
    put_search_terms(&mut *state, &ids, &counted, settings)?;
    state.commit(&row(run))?;
    state.published(run)
}

/// Weighs the terms of all nights by the document frequencies of all, as nights of one window are.
fn put_search_terms(state: &mut dyn Store, ids: &[EntryId], counted: &Lexicon, settings: &Settings) -> Result<()> {
    for ids in ids.chunks(PART) {
        let lacking = || Error::Usage("the state lacks a sketch that was put there".into());
        let entries: Vec<Entry> = state.entries(ids)?.into_iter().flatten().collect();
        let mut window = state.window(ids)?.ok_or_else(lacking)?;
        state.put_terms_into(ids, &mut window.sketches)?;
        let langs = vec![Lang::EN; ids.len()];
        let vectors = vectors(&entries, langs, &window.sketches, counted, settings);
        state.put_search_terms(STAMP, ids, &vectors)?;
    }
    Ok(())
}

/// What all of some entries are searched by.
fn vectors(
    entries: &[Entry],
    langs: Vec<Lang>,
    sketches: &[Sketch],
    lexicon: &Lexicon,
    settings: &Settings,
) -> Vectors {
    let briefs = sketches.iter().map(Sketch::brief).collect();
    let evidence = Evidence::of_candidates(entries, langs, briefs, lexicon, &settings.score);
    let rows: Vec<u32> = (0..entries.len() as u32).collect();
    pair::vectors(&evidence, &|rows: Range<usize>| Cow::Borrowed(&sketches[rows]), &rows, &settings.pair)
}

/// Entries whose terms are weighed at a time.
const PART: usize = 100_000;

/// What the kept terms are told by.
const STAMP: u128 = 1;

fn put_working_set(state: &mut dyn Store, working: &[EntryId]) -> Result<()> {
    let registry = Registry::default();
    let (links, events): (Vec<Link>, Vec<Event>) = (Vec::new(), Vec::new());
    let (clusters, umbrellas, lineage, stamps) = (&[], &[], &[], &[]);
    let (links, events, registry) = (&links, &events, &registry);
    state.put_results(&ResultSet { working, links, clusters, umbrellas, events, registry, lineage, stamps })
}

fn row(number: u64) -> RunRow {
    RunRow {
        number,
        name: format!("night-{number}"),
        as_of: START,
        status: RunStatus::Open,
        inputs_hash: 0,
        settings: "{}".into(),
        out: String::new(),
    }
}

/// What a step took, printed per entry.
struct Meter {
    wall: Instant,
    cpu: ProcessTime,
    held: f64,
}

impl Meter {
    fn start() -> Meter {
        Meter { wall: Instant::now(), cpu: ProcessTime::now(), held: held() }
    }

    fn stop(self, what: &str, entries: usize) {
        let per = |s: f64| s * 1e6 / entries as f64;
        let (cpu, wall) = (per(self.cpu.elapsed().as_secs_f64()), per(self.wall.elapsed().as_secs_f64()));
        println!("{what:<44} {cpu:>8.2} {wall:>8.2} {:>8.0}", (held() - self.held) / entries as f64);
    }
}

/// Bytes of memory that the process holds, where the system says.
fn held() -> f64 {
    let pages = std::fs::read_to_string("/proc/self/statm").ok();
    let pages = pages.and_then(|statm| statm.split(' ').nth(1)?.parse::<f64>().ok());
    pages.unwrap_or(0.0) * 4_096.0
}

fn measure(path: &Path, settings: &Settings) -> Result<()> {
    let state = store::open(path)?;
    println!("\nper stored entry                               cpu us  wall us     held bytes");
    let meter = Meter::start();
    let entries = state.working_set()?;
    let n = entries.len();
    meter.stop("entries", n);

    let meter = Meter::start();
    let lexicon = engine::kept_lexicon(&*state)?.unwrap_or_default();
    meter.stop("document frequencies", n);

    let all = Meter::start();
    let meter = Meter::start();
    let lacking = || Error::Usage("the state lacks a sketch; it is not one of this benchmark".into());
    let mut window = engine::kept_window(&*state, &entries)?.ok_or_else(lacking)?;
    meter.stop("signatures, marks", n);

    let meter = Meter::start();
    let signatures: Vec<_> = window.sketches.iter_mut().map(|s| std::mem::take(&mut s.signature)).collect();
    // Of equal texts the first stands for all, as in a run.
    let mut met = FxHashSet::default();
    let first: Vec<bool> = window.sketches.iter().map(|s| met.insert(s.exact)).collect();
    let rows = (0..).zip(&signatures).zip(first).filter(|(_, first)| *first);
    let rows: Vec<(u32, &[u32])> = rows.map(|((row, s), _)| (row, &s[..])).collect();
    let (bands, band_rows) = (settings.fingerprint.bands, settings.fingerprint.rows);
    let columns = |some| bands::Columns::of(rows.iter().copied(), some, bands, band_rows);
    let joined = bands::join(bands, columns, settings.pair.bucket_earliest);
    meter.stop("bands of signatures, joined", n);
    drop(rows);
    drop(signatures);

    let meter = Meter::start();
    let ids: Vec<EntryId> = entries.iter().map(|e| e.id).collect();
    let vectors = state.search_terms(STAMP, &ids)?.ok_or_else(lacking)?;
    meter.stop("terms that are searched by", n);

    let meter = Meter::start();
    let postings: usize =
        neighbours::blocks(vectors.len()).into_iter().map(|block| Index::new(&vectors, block).len()).sum();
    meter.stop("postings of neighbours", n);
    all.stop("what a search needs, all together", n);

    let meter = Meter::start();
    engine::kept_terms(&*state, &entries, &mut window.sketches)?;
    meter.stop("terms of sketches, for scoring", n);

    let meter = Meter::start();
    let langs = vec![Lang::EN; n];
    let again = self::vectors(&entries, langs, &window.sketches, &lexicon, settings);
    meter.stop("terms that are searched by, made anew", n);
    println!("{n} entries, {} pairs of one band, {} postings", joined.pairs.len(), postings);
    if state.search_terms(STAMP, &ids)?.is_none_or(|kept| kept != again) {
        println!("what was kept is not what is made now");
    }
    drop(state);
    print_sizes(path, n)
}

/// Bytes of the tables that grow with the entries.
fn print_sizes(path: &Path, entries: usize) -> Result<()> {
    let failed = |e: rusqlite::Error| Error::State { doing: "measuring", path: path.to_path_buf(), source: e.into() };
    let db = Connection::open(path).map_err(failed)?;
    println!("\nin the state                                  bytes");
    let sql = "SELECT name, sum(pgsize) AS bytes FROM dbstat GROUP BY name HAVING bytes > 20 * ?1 ORDER BY bytes DESC";
    let mut select = db.prepare(sql).map_err(failed)?;
    let sizes = select.query_map([entries as i64], |r| Ok((r.get(0)?, r.get(1)?))).map_err(failed)?;
    for size in sizes {
        let (name, bytes): (String, f64) = size.map_err(failed)?;
        println!("{name:<44} {:>6.0}", bytes / entries as f64);
    }
    Ok(())
}
