//! The files of a run's folder.

use super::passing::Passing;
use super::work::Work;
use crate::engine;
use crate::error::{Error, Result};
use crate::model::run::{RunInfo, RunResults, SourceCounts, StageResult};
use crate::model::told::{Flat, Told};
use crate::model::{Entry, EventId, Feature, Lang, Link, Reject, Row, Sketch};
use crate::render::{clusters, csv, html, jsonl};
use crate::settings::Settings;
use crate::stage::report::page::{PageInput, page, picked, worded};
use crate::stage::report::{Output, rows};
use crate::stage::score::Evidence;
use crate::store::Records;
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{self, BufWriter, Write};
use std::ops::Range;
use std::path::Path;
use std::sync::{Arc, Mutex};

/// What a folder is made of besides the work itself.
pub struct Facts<'a> {
    /// The settings.
    pub settings: &'a Settings,
    /// Stages that have ended.
    pub stages: &'a [StageResult],
    /// Per source.
    pub sources: &'a BTreeMap<String, SourceCounts>,
    /// What was not understood.
    pub rejects: &'a [Reject],
    /// Warnings.
    pub warnings: &'a [String],
    /// The run's "now", RFC 3339 UTC.
    pub as_of: &'a str,
}

/// Writes every result file that `[report] write` names, and the quarantine. Returns the rows written.
///
/// # Errors
/// The disk.
pub fn write(folder: &Path, work: &Work, facts: &Facts) -> Result<u64> {
    fs::create_dir_all(folder).map_err(Error::io("create", folder))?;
    let ids: Vec<EventId> = work.events.heads.iter().map(|e| e.id).collect();
    let events = rows::events_by_id(&ids);
    let (place, listed) = match facts.settings.report.write.iter().any(|o| matches!(o, Output::Links | Output::Html)) {
        true => placed_links(work, facts.settings),
        false => Default::default(),
    };
    let mut count = lines(folder, "quarantine.jsonl", facts.rejects)?;
    for output in &facts.settings.report.write {
        count += match output {
            Output::Entries => {
                let order = rows::by_id(&work.entries);
                let row = |i: usize| rows::entry_row(&work.entries[order[i].at()], &work.texts[order[i].at()]);
                file(folder, "entries.jsonl", |out| jsonl::write(out, order.len(), row))?;
                order.len() as u64
            }
            Output::Events => {
                let line = |i: usize, lines: &mut Vec<u8>| {
                    lines.extend_from_slice(&work.events.line(events[i]));
                    lines.push(b'\n');
                    Ok(())
                };
                file(folder, "events.jsonl", |out| jsonl::write_lines(out, events.len(), |_| (), line))?;
                events.len() as u64
            }
            Output::Csv => {
                file(folder, "events.csv", |out| csv::write(out, flat(work, &events)))?;
                events.len() as u64
            }
            Output::Clusters => {
                let fetch = |some: Range<usize>| rows::fetch(&work.entries, &work.clusters, &events[some]);
                let add = |i: usize, lines: &mut Vec<u8>| {
                    let rows = rows::cluster_rows(&work.entries, &work.clusters[events[i]], ids[events[i]]);
                    rows.iter().try_for_each(|row| clusters::add_line(row, lines))
                };
                file(folder, "clusters.jsonl", |out| jsonl::write_lines(out, events.len(), fetch, add))?;
                work.clusters.iter().flat_map(|c| &c.origins).map(|o| 1 + o.copies.len() as u64).sum()
            }
            Output::Umbrellas => {
                lines(folder, "umbrellas.jsonl", &rows::umbrella_rows(&work.entries, &work.umbrellas, &ids))?
            }
            Output::Links => {
                let sorted = rows::links_by_id(&listed, &work.entries);
                let row = |i: usize| rows::link_row(sorted[i], &work.entries, &place);
                file(folder, "links.jsonl", |out| jsonl::write(out, sorted.len(), row))?;
                sorted.len() as u64
            }
            Output::Lineage => lines(folder, "lineage.jsonl", &work.lineage)?,
            Output::Html => page_file(folder, work, facts, &listed)?,
        };
    }
    Ok(count)
}

/// The cluster of each row, and the links that are listed.
fn placed_links(work: &Work, settings: &Settings) -> (Vec<Option<u32>>, Vec<Link>) {
    let place = rows::places(work.entries.len(), &work.clusters);
    let all: Box<dyn Iterator<Item = Link>> = match &work.linked {
        Some(linked) => Box::new(linked.parts().flat_map(|(_, part)| part)),
        None => Box::new(work.links.iter().copied()),
    };
    let listed = rows::listed_links(all, &place, settings.cluster.threshold, &settings.report);
    (place, listed)
}

/// Events in this order, read back some thousands at a time.
fn flat<'a>(work: &'a Work, order: &'a [usize]) -> impl Iterator<Item = io::Result<Flat>> + 'a {
    const TOGETHER: usize = 4_096;
    let damaged = || io::Error::new(io::ErrorKind::InvalidData, "an event is damaged");
    order
        .chunks(TOGETHER)
        .flat_map(move |part| part.par_iter().map(|at| work.events.flat(*at).ok_or_else(damaged)).collect::<Vec<_>>())
}

/// The quarantine of a published folder; what cannot be read of it counts as absent.
pub fn rejects(folder: &Path) -> BTreeSet<Reject> {
    let text = fs::read_to_string(folder.join("quarantine.jsonl")).unwrap_or_default();
    text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

/// Writes run.json.
///
/// # Errors
/// The disk.
pub fn write_info(folder: &Path, info: &RunInfo) -> Result<()> {
    json(folder, "run.json", info)
}

/// Writes run_results.json and logs/run.jsonl, and makes the folder durable.
///
/// # Errors
/// The disk.
pub fn write_results(folder: &Path, results: &RunResults, log: &[serde_json::Value]) -> Result<()> {
    json(folder, "run_results.json", results)?;
    let logs = folder.join("logs");
    fs::create_dir_all(&logs).map_err(Error::io("create", &logs))?;
    lines(&logs, "run.jsonl", log)?;
    super::folder::sync(folder)
}

fn json(folder: &Path, name: &str, value: &impl Serialize) -> Result<()> {
    file(folder, name, |out| {
        serde_json::to_writer_pretty(&mut *out, value)?;
        out.write_all(b"\n")
    })
}

fn lines<T: Serialize + Sync>(folder: &Path, name: &str, rows: &[T]) -> Result<u64> {
    file(folder, name, |out| jsonl::write(out, rows.len(), |i| &rows[i]))?;
    Ok(rows.len() as u64)
}

/// Writes one file and makes it durable.
fn file(folder: &Path, name: &str, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<()> {
    let path = folder.join(name);
    let body = || {
        let mut out = BufWriter::with_capacity(1 << 18, Passing::create(&path)?);
        write(&mut out)?;
        out.flush()?;
        out.get_ref().sync()
    };
    body().map_err(Error::io("write", &path))
}

fn page_file(folder: &Path, work: &Work, facts: &Facts, links: &[Link]) -> Result<u64> {
    let report = folder.join("report");
    fs::create_dir_all(&report).map_err(Error::io("create", &report))?;
    let settings = facts.settings;
    let heads = Told::new(work.events.heads.clone(), []);
    let input = PageInput {
        entries: &work.entries,
        texts: &work.texts,
        events: &heads,
        clusters: &work.clusters,
        umbrellas: &work.umbrellas,
        links,
        weights: &settings.score.weights.list(),
        intercept: settings.score.weights.intercept,
        stages: facts.stages,
        sources: facts.sources,
        rejects: facts.rejects,
        warnings: facts.warnings,
        as_of: facts.as_of,
        words_of: &|_, _, _| Vec::new(),
        settings: &settings.report,
    };
    let scene = Scene::of(work, worded(&input));
    let words = Words::new(work, &scene, settings);
    let words_of = |a: Row, b: Row, f: Feature| words.behind(a, b, f);
    let whole = picked(&input).into_par_iter().filter_map(|at| Some((at, work.events.whole(at)?)));
    let events = Told::new(work.events.heads.clone(), whole.collect::<Vec<_>>());
    let page = page(&PageInput { words_of: &words_of, events: &events, ..input });
    let most = u64::from(settings.report.max_mb) * 1_000_000;
    file(&report, "index.html", |out| html::render(&page, out, most).map(|_| ()))?;
    Ok(1)
}

/// Some rows of a working set with their sketches.
struct Scene {
    /// Ascending.
    rows: Vec<Row>,
    entries: Vec<Entry>,
    langs: Vec<Lang>,
    sketches: Vec<Sketch>,
}

impl Scene {
    /// These rows, and all posts of the live pages that they are posts of: what a word weighs goes by them.
    fn of(work: &Work, mut rows: Vec<Row>) -> Scene {
        let parent = |row: &Row| work.entries[row.at()].rare.parent.as_deref();
        let pages: FxHashSet<&str> = rows.iter().filter_map(parent).collect();
        let all = (0..work.entries.len() as u32).map(Row);
        rows.extend(all.filter(|row| parent(row).is_some_and(|page| pages.contains(page))));
        rows.sort_unstable();
        rows.dedup();
        Scene {
            entries: rows.iter().map(|row| work.entries[row.at()].clone()).collect(),
            langs: rows.iter().map(|row| work.texts[row.at()].lang).collect(),
            sketches: rows.par_iter().map(|row| work.sketch(*row).into_owned()).collect(),
            rows,
        }
    }

    fn row(&self, row: Row) -> Option<Row> {
        self.rows.binary_search(&row).ok().map(|at| Row(at as u32))
    }
}

/// The words behind a feature of a pair. An entry is read once for all its features.
struct Words<'a> {
    work: &'a Work,
    settings: &'a Settings,
    scene: &'a Scene,
    evidence: Evidence<'a>,
    read: Mutex<FxHashMap<Row, Arc<FxHashMap<u32, String>>>>,
}

/// Entries whose words are kept: an event is written at a time, and the words of an article take 20 KB.
const MOST_KEPT: usize = 1_024;

/// Most words listed behind one feature.
const MOST_WORDS: usize = 12;

impl<'a> Words<'a> {
    fn new(work: &'a Work, scene: &'a Scene, settings: &'a Settings) -> Words<'a> {
        let (langs, lexicon) = (scene.langs.clone(), &work.lexicon);
        let evidence = Evidence::new(&scene.entries, langs, &scene.sketches, lexicon, &settings.score);
        Words { work, settings, scene, evidence, read: Mutex::default() }
    }

    fn behind(&self, a: Row, b: Row, feature: Feature) -> Vec<String> {
        let Some((x, y)) = self.scene.row(a).zip(self.scene.row(b)) else { return Vec::new() };
        let terms = self.evidence.shared_terms(x, y, feature);
        let surfaces = self.surfaces(a);
        terms.iter().take(MOST_WORDS).filter_map(|t| surfaces.get(t).cloned()).collect()
    }

    fn surfaces(&self, row: Row) -> Arc<FxHashMap<u32, String>> {
        if let Some(found) = self.read.lock().ok().and_then(|known| known.get(&row).cloned()) {
            return found;
        }
        let made = Arc::new(self.work.surfaces(row, &self.settings.fingerprint));
        if let Ok(mut known) = self.read.lock() {
            if known.len() >= MOST_KEPT {
                known.clear();
            }
            known.insert(row, made.clone());
        }
        made
    }
}

/// What the state needs of the tables this run used.
///
/// # Errors
/// The state.
pub fn keep_tables(store: &mut dyn crate::store::Store, work: &Work) -> Result<()> {
    engine::keep_tables(store, &work.tables, &work.lexicon)
}
