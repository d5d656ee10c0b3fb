//! The state of a run that keeps nothing: the same promises, gone with the process.

use super::pack::{Damaged, Squeezer, Unpacked, Unsqueezer, sketch};
use super::{Known, Recovery, ResultSet, RunRow, RunStatus, StageStamp, Store, Window};
use crate::algo::neighbours::Vectors;
use crate::error::{Error, Result};
use crate::model::lineage::{LineageRow, Registry};
use crate::model::{Body, Cluster, Entry, EntryId, Event, Link, Marks, Row, Sketch, TextHash, Umbrella};
use rayon::prelude::*;
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// The state in memory. Bodies and sketches are packed as in the file.
#[derive(Default)]
pub struct Memory {
    runs: Vec<RunRow>,
    kept: Rows,
    /// Rows of the open run.
    open: Rows,
}

/// Rows of all committed runs, or of the open one.
#[derive(Default)]
struct Rows {
    versions: FxHashMap<EntryId, Vec<Version>>,
    /// Each with the marks of its shingles.
    sketches: FxHashMap<EntryId, (Vec<u8>, Marks)>,
    /// With their stamps.
    searched: FxHashMap<EntryId, (u128, Vec<(u32, f32)>)>,
    tables: BTreeMap<String, Vec<u8>>,
    results: Option<Results>,
    lineage: u64,
}

struct Version {
    older: bool,
    /// Its body is taken out.
    entry: Entry,
    body: Vec<u8>,
}

#[derive(Default)]
struct Results {
    working: Vec<EntryId>,
    links: Vec<Link>,
    clusters: Vec<Cluster>,
    umbrellas: Vec<Umbrella>,
    events: Vec<Event>,
    registry: Registry,
    lineage: Vec<LineageRow>,
    stamps: Vec<StageStamp>,
}

fn bad(doing: &'static str, words: String) -> Error {
    Error::State { doing, path: PathBuf::from("in memory"), source: words.into() }
}

fn damaged(_: Damaged) -> Error {
    bad("reading", "a packed value is damaged".into())
}

impl Memory {
    /// An empty state.
    pub fn new() -> Memory {
        Memory::default()
    }

    fn open_run(&self, doing: &'static str) -> Result<&RunRow> {
        let open = self.runs.last().filter(|r| r.status == RunStatus::Open);
        open.ok_or_else(|| bad(doing, "no run is open".into()))
    }

    fn has(&self, id: &EntryId) -> bool {
        self.kept.versions.contains_key(id) || self.open.versions.contains_key(id)
    }

    fn put(&mut self, doing: &'static str, batch: &[Entry], older: bool) -> Result<()> {
        self.open_run(doing)?;
        let pack = |zstd: &mut Squeezer, e: &Entry| {
            let body = zstd.squeeze(e.body.text().as_bytes())?;
            Ok(Version { older, entry: Entry { body: Body::default(), ..e.clone() }, body })
        };
        let packed: std::io::Result<Vec<Version>> = batch.par_iter().map_init(Squeezer::new, pack).collect();
        for version in packed.map_err(|e| bad(doing, e.to_string()))? {
            self.open.versions.entry(version.entry.id).or_default().push(version);
        }
        Ok(())
    }

    fn results<T: Clone>(&self, what: impl Fn(&Results) -> &Vec<T>) -> Result<Vec<T>> {
        Ok(self.kept.results.as_ref().map(|r| what(r).clone()).unwrap_or_default())
    }
}

impl Rows {
    /// Adds the rows of a run that is committed.
    fn add(&mut self, run: Rows) {
        for (id, mut versions) in run.versions {
            versions.sort_by_key(|v| !v.older);
            self.versions.entry(id).or_default().extend(versions);
        }
        self.sketches.extend(run.sketches);
        self.searched.extend(run.searched);
        self.tables.extend(run.tables);
        self.results = run.results.or(self.results.take());
        self.lineage += run.lineage;
    }

    fn entry(&self, zstd: &mut Unsqueezer, id: EntryId) -> Unpacked<Option<Entry>> {
        let versions = self.versions.get(&id).map_or(&[][..], Vec::as_slice);
        let Some(current) = versions.iter().rev().find(|v| !v.older).or(versions.last()) else { return Ok(None) };
        Ok(Some(Entry { body: zstd.text(&current.body)?.into(), ..current.entry.clone() }))
    }
}

impl Store for Memory {
    fn recover(&mut self) -> Result<Recovery> {
        self.open = Rows::default();
        let deleted = self.runs.extract_if(.., |r| r.status == RunStatus::Open).map(|r| r.name).collect();
        let to_publish = self.runs.last().filter(|r| r.status == RunStatus::Committed).cloned();
        Ok(Recovery { to_publish, deleted })
    }

    fn last_run(&self) -> Result<Option<RunRow>> {
        Ok(self.runs.iter().rfind(|r| r.status != RunStatus::Open).cloned())
    }

    fn known(&self, ids: &[EntryId]) -> Result<Vec<Option<Known>>> {
        let texts = |id: &EntryId| {
            let kept = self.kept.versions.get(id).into_iter().flatten();
            let open = || self.open.versions.get(id).into_iter().flatten();
            let open = open().filter(|v| v.older).chain(open().filter(|v| !v.older));
            let all: Vec<(TextHash, bool)> = kept.chain(open).map(|v| (v.entry.text_hash, v.older)).collect();
            Known::of(&all)
        };
        Ok(ids.iter().map(texts).collect())
    }

    fn begin(&mut self, name: &str, as_of: i64) -> Result<u64> {
        if let Ok(open) = self.open_run("") {
            let words = format!("the run {} is still open in it; recover before the next one begins", open.name);
            return Err(bad("opening a run", words));
        }
        let number = self.runs.last().map_or(1, |r| r.number + 1);
        let (settings, out) = (String::new(), String::new());
        self.runs.push(RunRow {
            number,
            name: name.into(),
            as_of,
            status: RunStatus::Open,
            inputs_hash: 0,
            settings,
            out,
        });
        Ok(number)
    }

    fn put_entries(&mut self, batch: &[Entry]) -> Result<()> {
        self.put("writing entries", batch, false)
    }

    fn put_versions(&mut self, older: &[Entry]) -> Result<()> {
        self.put("writing versions", older, true)
    }

    fn put_sketches(&mut self, batch: &[(EntryId, &Sketch)]) -> Result<()> {
        let doing = "writing sketches";
        self.open_run(doing)?;
        if let Some((id, _)) = batch.iter().find(|(id, _)| !self.has(id)) {
            return Err(bad(doing, format!("there is no entry {id} to keep a sketch of")));
        }
        let pack = |(id, s): &(EntryId, &Sketch)| (*id, (sketch::pack(s), s.marks()));
        let packed: Vec<(EntryId, (Vec<u8>, Marks))> = batch.par_iter().map(pack).collect();
        self.open.sketches.extend(packed);
        Ok(())
    }

    fn put_search_terms(&mut self, stamp: u128, ids: &[EntryId], vectors: &Vectors) -> Result<()> {
        let doing = "writing search terms";
        self.open_run(doing)?;
        if let Some(id) = ids.iter().find(|id| !self.has(id)) {
            return Err(bad(doing, format!("there is no entry {id} to keep a sketch of")));
        }
        let rows = (0..).zip(ids).map(|(row, id)| (*id, (stamp, vectors.of(row).to_vec())));
        self.open.searched.extend(rows);
        Ok(())
    }

    fn put_table(&mut self, name: &str, bytes: &[u8]) -> Result<()> {
        self.open_run("writing tables")?;
        self.open.tables.insert(name.into(), bytes.into());
        Ok(())
    }

    fn put_results(&mut self, set: &ResultSet) -> Result<()> {
        let doing = "writing results";
        self.open_run(doing)?;
        if self.open.results.is_some() {
            return Err(bad(doing, "this run has written its results already".into()));
        }
        let links: Vec<Link> =
            (0..set.working.len() as u32).flat_map(|row| set.links.of(Row(row)).into_owned()).collect();
        if links.len() != set.links.len() || links.iter().any(|l| l.b.at() >= set.working.len()) {
            return Err(bad(doing, "a link leaves the working set".into()));
        }
        if let Some(id) = set.working.iter().chain(set.registry.members.keys()).find(|id| !self.has(id)) {
            return Err(bad(doing, format!("there is no entry {id} for the working set or an event")));
        }
        self.open.lineage = set.lineage.len() as u64;
        let event = |at: usize| serde_json::from_slice(&set.events.line(at));
        let events: serde_json::Result<_> = (0..set.events.len()).map(event).collect();
        let events = events.map_err(|e| bad(doing, e.to_string()))?;
        self.open.results = Some(Results {
            working: set.working.to_vec(),
            links,
            clusters: set.clusters.to_vec(),
            umbrellas: set.umbrellas.to_vec(),
            events,
            registry: set.registry.clone(),
            lineage: set.lineage.to_vec(),
            stamps: set.stamps.to_vec(),
        });
        Ok(())
    }

    fn commit(&mut self, run: &RunRow) -> Result<()> {
        let doing = "committing";
        if self.open_run(doing)?.number != run.number {
            return Err(bad(doing, format!("run {} is not the one that is open", run.number)));
        }
        self.runs.pop();
        self.runs.push(RunRow { status: RunStatus::Committed, ..run.clone() });
        self.kept.add(std::mem::take(&mut self.open));
        Ok(())
    }

    fn published(&mut self, number: u64) -> Result<()> {
        if !self.runs.iter().any(|r| r.number == number && r.status != RunStatus::Open) {
            return Err(bad("noting the published run", format!("run {number} was not committed")));
        }
        for run in self.runs.iter_mut().filter(|r| r.number <= number) {
            run.status = RunStatus::Published;
        }
        Ok(())
    }

    fn working_set(&self) -> Result<Vec<Entry>> {
        let working = self.results(|r| &r.working)?;
        Ok(self.entries(&working)?.into_iter().flatten().collect())
    }

    fn entries(&self, ids: &[EntryId]) -> Result<Vec<Option<Entry>>> {
        let read = |zstd: &mut Unsqueezer, id: &EntryId| self.kept.entry(zstd, *id);
        let read: Unpacked<_> = ids.par_iter().map_init(Unsqueezer::new, read).collect();
        read.map_err(damaged)
    }

    fn sketches(&self, ids: &[EntryId]) -> Result<Vec<Option<Sketch>>> {
        let read = |id: &EntryId| self.kept.sketches.get(id).map(|(block, _)| sketch::unpack(block)).transpose();
        let read: Unpacked<_> = ids.par_iter().map(read).collect();
        read.map_err(damaged)
    }

    fn window(&self, ids: &[EntryId]) -> Result<Option<Window>> {
        let whole: Option<Vec<Sketch>> = self.sketches(ids)?.into_iter().collect();
        let marks: Option<Vec<Marks>> = ids.iter().map(|id| Some(self.kept.sketches.get(id)?.1.clone())).collect();
        Ok(whole.zip(marks).map(|(mut sketches, marks)| {
            sketches.iter_mut().for_each(|s| *s = std::mem::take(s).with_terms(Sketch::default()));
            Window { sketches, marks }
        }))
    }

    fn put_terms_into(&self, ids: &[EntryId], sketches: &mut [Sketch]) -> Result<()> {
        for (sketch, whole) in sketches.iter_mut().zip(self.sketches(ids)?) {
            *sketch = std::mem::take(sketch).with_terms(whole.unwrap_or_default());
        }
        Ok(())
    }

    fn search_terms(&self, stamp: u128, ids: &[EntryId]) -> Result<Option<Vectors>> {
        let mut vectors = Vectors::with_capacity(ids.len(), 0);
        for id in ids {
            let Some((_, terms)) = self.kept.searched.get(id).filter(|(made, _)| *made == stamp) else {
                return Ok(None);
            };
            vectors.push(terms);
        }
        Ok(Some(vectors))
    }

    fn table(&self, name: &str) -> Result<Option<Vec<u8>>> {
        Ok(self.kept.tables.get(name).cloned())
    }

    fn links(&self) -> Result<Vec<Link>> {
        self.results(|r| &r.links)
    }

    fn clusters(&self) -> Result<Vec<Cluster>> {
        self.results(|r| &r.clusters)
    }

    fn umbrellas(&self) -> Result<Vec<Umbrella>> {
        self.results(|r| &r.umbrellas)
    }

    fn events(&self) -> Result<Vec<Event>> {
        self.results(|r| &r.events)
    }

    fn registry(&self) -> Result<Registry> {
        Ok(self.kept.results.as_ref().map(|r| r.registry.clone()).unwrap_or_default())
    }

    fn stamps(&self) -> Result<Vec<StageStamp>> {
        self.results(|r| &r.stamps)
    }

    fn lineage(&self) -> Result<Vec<LineageRow>> {
        self.results(|r| &r.lineage)
    }

    fn counts(&self) -> Result<BTreeMap<String, u64>> {
        let none = Results::default();
        let results = self.kept.results.as_ref().unwrap_or(&none);
        let rows = [
            ("entry", self.kept.versions.len()),
            ("version", self.kept.versions.values().map(Vec::len).sum()),
            ("sketch", self.kept.sketches.len()),
            ("table", self.kept.tables.len()),
            ("link", results.links.len()),
            ("cluster", results.clusters.len()),
            ("umbrella", results.umbrellas.len()),
            ("event", results.events.len()),
            ("minted", results.registry.events.len()),
            ("member", results.registry.members.len()),
            ("run", self.runs.iter().filter(|r| r.status != RunStatus::Open).count()),
            ("judgement", 0),
        ];
        let counts = rows.into_iter().map(|(what, n)| (what.to_string(), n as u64));
        Ok(counts.chain([("lineage".to_string(), self.kept.lineage)]).collect())
    }
}
