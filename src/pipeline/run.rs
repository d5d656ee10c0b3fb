//! One run from sources to a published folder.

use super::folder;
use super::meter::{Meter, peak_rss};
use super::options::RunOptions;
use super::output::{self, Facts};
use super::recovery::{self, Say};
use super::signal::Signal;
use super::stamps::{self, Action, Step};
use super::work::{Told, Work};
use super::{conserve, record};
use crate::engine::{self, Reading};
use crate::error::{Error, Exit, Result};
use crate::model::run::{SourceCounts, StageResult, StageStatus, StateInfo};
use crate::model::{Entry, Reject, Stage};
use crate::settings::Settings;
use crate::stage::ingest;
use crate::store::{self, Lock, Memory, ResultSet, RunRow, RunStatus, StageStamp, Store};
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::path::PathBuf;
use xxhash_rust::xxh3::xxh3_64;

/// A run in progress.
struct Run<'a> {
    settings: &'a Settings,
    options: &'a RunOptions,
    say: Say<'a>,
    meter: Meter,
    started: Timestamp,
    as_of: Timestamp,
    store: Box<dyn Store>,
    kept: Vec<StageStamp>,
    last: Option<RunRow>,
    /// Results are missing that only a new run can make.
    lost: bool,
    work: Work,
    /// New versions, besides the current ones of the working set.
    older: Vec<Entry>,
    new_text: Vec<bool>,
    sources: BTreeMap<String, SourceCounts>,
    rejects: Vec<Reject>,
    inputs: Vec<crate::model::run::InputFile>,
    warnings: Vec<String>,
    lacking: Vec<String>,
    stages: Vec<StageResult>,
}

/// Runs the pipeline.
///
/// # Errors
/// The configuration, the disk, the state, or a broken promise; the last results stand as they did.
pub fn run(settings: &Settings, options: &RunOptions, say: Say) -> Result<Exit> {
    let _locks = lock(settings)?;
    let store = open(settings)?;
    let mut run = Run::new(settings, options, say, store)?;
    run.lost = recovery::finish(&mut *run.store, &settings.out, say)?;
    run.load()?;
    if let Some(exit) = run.ingest()? {
        return Ok(exit);
    }
    let steps = run.steps()?;
    if run.nothing_new(&steps) {
        return run.end_without_results();
    }
    run.work_through(&steps)?;
    run.finish(&steps)
}

/// What a run would do and why; reads the sources, writes nothing.
///
/// # Errors
/// As [`run`].
pub fn plan(settings: &Settings, options: &RunOptions, say: Say) -> Result<Vec<Step>> {
    let store: Box<dyn Store> = match &settings.state {
        Some(path) if path.exists() => store::open(path)?,
        _ => Box::new(Memory::new()),
    };
    let mut run = Run::new(settings, options, say, store)?;
    run.load()?;
    if run.ingest()?.is_some() {
        return Ok(Vec::new());
    }
    let mut steps = run.steps()?;
    if run.nothing_new(&steps) {
        let last = run.last.as_ref().map_or("-", |r| &r.name).to_string();
        for step in steps.iter_mut().filter(|s| s.action == Action::Run && s.stage != Stage::Ingest) {
            (step.action, step.why) = (Action::Reuse, format!("nothing new since {last}"));
        }
    }
    Ok(steps)
}

/// One run at a time per state and per folder of results.
fn lock(settings: &Settings) -> Result<Vec<Lock>> {
    let beside = |path: &PathBuf| {
        let mut name = path.as_os_str().to_os_string();
        name.push(".lock");
        PathBuf::from(name)
    };
    let state = settings.state.iter().map(beside);
    let paths = state.chain([settings.out.join(".lock")]);
    paths.map(|path| Lock::take(&path)).collect()
}

fn open(settings: &Settings) -> Result<Box<dyn Store>> {
    match &settings.state {
        Some(path) => store::open(path),
        None => Ok(Box::new(Memory::new())),
    }
}

impl<'a> Run<'a> {
    fn new(settings: &'a Settings, options: &'a RunOptions, say: Say<'a>, store: Box<dyn Store>) -> Result<Run<'a>> {
        // Results are in whole seconds, and so is "now".
        let started = Timestamp::from_second(Timestamp::now().as_second()).unwrap_or(Timestamp::UNIX_EPOCH);
        Ok(Run {
            settings,
            options,
            say,
            meter: Meter::start(),
            started,
            as_of: options.as_of.unwrap_or(started),
            store,
            kept: Vec::new(),
            last: None,
            lost: false,
            work: Work::default(),
            older: Vec::new(),
            new_text: Vec::new(),
            sources: BTreeMap::new(),
            rejects: Vec::new(),
            inputs: Vec::new(),
            warnings: Vec::new(),
            lacking: Vec::new(),
            stages: Vec::new(),
        })
    }

    fn load(&mut self) -> Result<()> {
        self.last = self.store.last_run()?;
        self.kept = self.store.stamps()?;
        self.work.registry = self.store.registry()?;
        self.work.tables = engine::kept_tables(self.settings, &*self.store)?;
        Ok(())
    }

    fn warn(&mut self, warning: String) {
        (self.say)(Signal::Warning(warning.clone()));
        self.warnings.push(warning);
    }

    /// Reads the sources, or takes the last working set when the run starts later. `Some` when there is nothing to go
    /// on with.
    fn ingest(&mut self) -> Result<Option<Exit>> {
        let meter = Meter::start();
        if !self.options.stages.contains(&Stage::Ingest) {
            self.work.entries = self.store.working_set()?;
            self.new_text = vec![false; self.work.entries.len()];
            if self.work.entries.is_empty() {
                return Err(Error::Usage("the state holds no entries yet; run without --from or --stage first".into()));
            }
            let told = Told { made: self.work.entries.len() as u64, ..Told::default() };
            self.ended(Stage::Ingest, StageStatus::Skipped, told, &meter, "it was not asked for");
            return Ok(None);
        }
        (self.say)(Signal::StageStarted { stage: Stage::Ingest, total: None });
        let say = self.say;
        let advance = |by| say(Signal::StageAdvanced { stage: Stage::Ingest, by });
        let reading = engine::read(self.settings, self.as_of, &advance)?;
        if reading.inputs.is_empty() {
            return self.nothing_readable(reading).map(Some);
        }
        let told = self.settle(reading)?;
        let status = if self.warnings.is_empty() { StageStatus::Success } else { StageStatus::Warn };
        self.ended(Stage::Ingest, status, told, &meter, "the sources are read every time");
        Ok(None)
    }

    fn nothing_readable(&mut self, reading: Reading) -> Result<Exit> {
        reading.warnings.into_iter().for_each(|w| self.warn(w));
        if self.options.allow_empty {
            (self.say)(Signal::Note("no source could be read; nothing was done".into()));
            return Ok(Exit::Done);
        }
        Err(Error::Usage("no source could be read; `retold check` says what each would read".into()))
    }

    fn settle(&mut self, reading: Reading) -> Result<Told> {
        let Reading { arrivals, rejects, inputs, records, warnings, lacking, capped } = reading;
        let read = records.values().sum();
        let known = engine::known(&*self.store, &arrivals)?;
        let settled = ingest::settle(arrivals, &engine::known_texts(&known));
        (self.sources, self.older) = (settled.counts, settled.older);
        (self.work.entries, self.new_text) = (settled.entries, settled.new_text);
        engine::current(&*self.store, &mut self.work.entries, &mut self.new_text, &known)?;
        for reject in &rejects {
            self.sources.entry(reject.source.clone()).or_default().quarantined += 1;
        }
        // The readers' own count, so that a record lost on the way is noticed.
        for (source, n) in records {
            self.sources.entry(source).or_default().records = n;
        }
        (self.rejects, self.inputs, self.lacking) = (rejects, inputs, lacking);
        warnings.into_iter().for_each(|w| self.warn(w));
        conserve::records(&self.sources)?;
        let caps = if capped > 0 { BTreeMap::from([("max_file_bytes".to_string(), capped)]) } else { BTreeMap::new() };
        let made = self.work.entries.len() as u64;
        Ok(Told { read, made, rejected: self.rejects.len() as u64, caps, message: String::new() })
    }

    /// The plan; refused when stages were left out whose results do not hold.
    fn steps(&self) -> Result<Vec<Step>> {
        let inputs = stamps::inputs(&self.work.entries);
        let options = self.options;
        let steps = stamps::plan(inputs, self.settings, &self.kept, &options.stages, options.force || self.lost);
        let last = steps.iter().rfind(|s| s.action != Action::Skip).map_or(Stage::Ingest, |s| s.stage);
        let kept = |s: &&Step| !matches!(s.stage, Stage::Ingest | Stage::Normalise);
        let needed = |s: &&Step| s.action == Action::Skip && s.stage < last && kept(s);
        for step in steps.iter().filter(needed) {
            if let Some(why) = stamps::stale(step.stage, inputs, self.settings, &self.kept) {
                return Err(Error::Usage(format!(
                    "{} must run first: {why}; use --from {}",
                    step.stage.name(),
                    step.stage.name()
                )));
            }
        }
        Ok(steps)
    }

    /// Whether the last results already are what this run would make.
    fn nothing_new(&self, steps: &[Step]) -> bool {
        let reported = steps.iter().any(|s| s.stage == Stage::Report && s.action == Action::Run);
        let stands = !reported || folder::latest(&self.settings.out).is_some();
        let fresh = self.new_text.iter().any(|n| *n) || !self.older.is_empty() || (reported && self.new_rejects());
        let asked = self.options.force || self.lost || self.last.is_none();
        let always = |s: &Step| matches!(s.stage, Stage::Ingest | Stage::Normalise | Stage::Report);
        let stale = if self.options.is_partial() {
            steps.iter().any(|s| s.action == Action::Run && !always(s))
        } else {
            stamps::settings_changed(self.settings, &self.kept)
        };
        !fresh && !asked && !stale && stands
    }

    /// Whether a record was not understood that the last results do not list.
    fn new_rejects(&self) -> bool {
        let listed = folder::latest(&self.settings.out).map(|latest| output::rejects(&latest)).unwrap_or_default();
        self.rejects.iter().any(|r| !listed.contains(r))
    }

    fn end_without_results(mut self) -> Result<Exit> {
        let last = self.last.take().map_or("-".to_string(), |r| r.name);
        (self.say)(Signal::Note(format!("nothing new since {last}")));
        Ok(self.verdict())
    }

    fn work_through(&mut self, steps: &[Step]) -> Result<()> {
        folder::check_space(&self.settings.out, self.needed_bytes())?;
        for (i, step) in steps.iter().enumerate() {
            let last = steps[i..].iter().all(|s| s.action == Action::Skip);
            if matches!(step.stage, Stage::Ingest | Stage::Report) || last {
                continue;
            }
            self.step(step, steps)?;
        }
        Ok(())
    }

    fn step(&mut self, step: &Step, steps: &[Step]) -> Result<()> {
        let meter = Meter::start();
        let stage = step.stage;
        let later_runs = steps.iter().any(|s| s.stage > stage && s.action == Action::Run);
        // Texts are not kept: where the run starts after them, they are made again all the same.
        let run = step.action == Action::Run || (stage == Stage::Normalise && later_runs);
        let (status, told) = if run {
            let total = (stage == Stage::Score).then(|| self.work.pairs_waiting());
            (self.say)(Signal::StageStarted { stage, total });
            let told = self.work.run(stage, self.settings, self.as_of.as_second(), steps, self.say);
            (StageStatus::Success, told)
        } else {
            let status = if step.action == Action::Skip { StageStatus::Skipped } else { StageStatus::Reused };
            (status, self.work.reuse(stage, &*self.store, steps)?)
        };
        self.ended(stage, status, told, &meter, &step.why);
        Ok(())
    }

    fn ended(&mut self, stage: Stage, status: StageStatus, told: Told, meter: &Meter, why: &str) {
        let message = if told.message.is_empty() { why.to_string() } else { format!("{why}; {}", told.message) };
        let result = StageResult {
            stage,
            status,
            wall_s: meter.wall_s(),
            cpu_s: meter.cpu_s(),
            read: told.read,
            made: told.made,
            rejected: told.rejected,
            caps: told.caps,
            message,
        };
        (self.say)(Signal::StageEnded(result.clone()));
        self.stages.push(result);
    }

    /// Room for a folder and a state of about the size of the input.
    fn needed_bytes(&self) -> u64 {
        let text: usize = self.work.entries.iter().map(|e| e.body.len() + e.title.len() + 512).sum();
        (text as u64).saturating_mul(2) + 16_000_000
    }

    /// Writes the state and the folder, and publishes them in two steps.
    fn finish(mut self, steps: &[Step]) -> Result<Exit> {
        let reported = steps.iter().any(|s| s.stage == Stage::Report && s.action == Action::Run);
        let name = self.name();
        if steps.iter().any(|s| s.stage == Stage::Cluster && s.action != Action::Skip) {
            conserve::entries(self.work.entries.len(), &self.work.clusters, &self.work.umbrellas)?;
        }
        let before = self.store.counts()?;
        let number = self.keep(&name, steps)?;
        if reported {
            self.write_folder(&name, before)?;
        }
        let row = RunRow {
            number,
            name: name.clone(),
            as_of: self.as_of.as_second(),
            status: RunStatus::Committed,
            inputs_hash: stamps::inputs(&self.work.entries),
            settings: self.settings.to_json().to_string(),
            out: if reported { name.clone() } else { String::new() },
        };
        self.store.commit(&row)?;
        if reported {
            folder::publish(&self.settings.out, &name)?;
        }
        self.store.published(number)?;
        if reported {
            let keep = self.settings.run.keep_runs as usize;
            folder::remove_old(&self.settings.out, keep).into_iter().for_each(|w| self.warn(w));
            (self.say)(Signal::Closing(record::closing(&self.work, &self.sources, &self.inputs, &self.settings.out)));
        } else {
            (self.say)(Signal::Note(format!("run {name} kept its results in the state; no folder was asked for")));
        }
        Ok(self.verdict())
    }

    /// The run's name: its start and six digits of a hash, so that names sort by time and do not meet.
    fn name(&self) -> String {
        let stamp = self.started.strftime("%Y%m%dT%H%M%SZ").to_string();
        let seed = format!("{stamp}{}{:x}", self.as_of, stamps::inputs(&self.work.entries));
        let free = |n: &u32| {
            let name = format!("{stamp}-{:06x}", xxh3_64(format!("{seed}{n}").as_bytes()) & 0xff_ffff);
            (!folder::place(&self.settings.out, &name).exists()).then_some(name)
        };
        (0_u32..).find_map(|n| free(&n)).unwrap_or(stamp)
    }

    /// Writes what the run made to the state, under the run's number.
    fn keep(&mut self, name: &str, steps: &[Step]) -> Result<u64> {
        let number = self.store.begin(name, self.as_of.as_second())?;
        let fresh: Vec<Entry> =
            self.work.entries.iter().zip(&self.new_text).filter(|(_, new)| **new).map(|(e, _)| e.clone()).collect();
        self.store.put_entries(&fresh)?;
        self.store.put_versions(&self.older)?;
        if self.work.sketched {
            let sketches: Vec<_> = self.work.entries.iter().map(|e| e.id).zip(&self.work.sketches).collect();
            self.store.put_sketches(&sketches)?;
            output::keep_tables(&mut *self.store, &self.work)?;
        }
        let inputs = stamps::inputs(&self.work.entries);
        let last = steps.iter().rfind(|s| s.action != Action::Skip).map_or(Stage::Ingest, |s| s.stage);
        let stamps: Vec<StageStamp> = Stage::ALL
            .into_iter()
            .filter(|s| *s <= last)
            .map(|s| stamps::stamp(s, inputs, self.settings))
            .collect();
        let working: Vec<_> = self.work.entries.iter().map(|e| e.id).collect();
        self.store.put_results(&ResultSet {
            working: &working,
            links: &self.work.links,
            clusters: &self.work.clusters,
            umbrellas: &self.work.umbrellas,
            events: &self.work.events,
            registry: &self.work.registry,
            lineage: &self.work.lineage,
            stamps: &stamps,
        })?;
        Ok(number)
    }

    fn write_folder(&mut self, name: &str, rows_before: BTreeMap<String, u64>) -> Result<()> {
        let meter = Meter::start();
        (self.say)(Signal::StageStarted { stage: Stage::Report, total: None });
        let draft = folder::draft(&self.settings.out, name);
        let as_of = self.as_of.to_string();
        let facts = Facts {
            settings: self.settings,
            stages: &self.stages,
            sources: &self.sources,
            rejects: &self.rejects,
            warnings: &self.warnings,
            as_of: &as_of,
        };
        let made = output::write(&draft, &self.work, &facts)?;
        let told = Told { read: self.work.events.len() as u64, made, ..Told::default() };
        self.ended(Stage::Report, StageStatus::Success, told, &meter, "a run that does anything writes a new folder");
        output::write_info(&draft, &record::info(name, self.started, self.as_of, self.settings, &self.inputs, self.state(rows_before)))?;
        let results = record::results(name, &self.stages, &self.sources, &self.warnings, &self.meter, peak_rss());
        let log = record::log(&results);
        output::write_results(&draft, &results, &log)
    }

    fn state(&self, rows_before: BTreeMap<String, u64>) -> StateInfo {
        let sum = |f: fn(&SourceCounts) -> u64| self.sources.values().map(f).sum();
        StateInfo {
            path: self.settings.state.as_ref().map(|p| p.display().to_string()),
            before: self.last.as_ref().map(|r| r.name.clone()),
            rows_before,
            working_set: self.work.entries.len() as u64,
            new_entries: sum(|c| c.new_entries),
            new_versions: sum(|c| c.new_versions),
        }
    }

    /// The exit code: failed when too much was quarantined or a required source gave nothing.
    fn verdict(&mut self) -> Exit {
        let records: u64 = self.sources.values().map(|c| c.records).sum();
        let most = self.settings.ingest.max_rejects;
        let share = self.rejects.len() as f64 / records.max(1) as f64;
        let mut exit = Exit::Done;
        if share > most {
            let (n, share) = (self.rejects.len(), share * 100.0);
            self.warn(format!(
                "{n} of {records} records ({share:.1} %) were quarantined, more than [ingest] max_rejects = {most} allows; \
                 quarantine.jsonl says why"
            ));
            exit = Exit::Failed;
        }
        for source in std::mem::take(&mut self.lacking) {
            self.warn(format!("source {source} is required and gave nothing"));
            exit = Exit::Failed;
        }
        exit
    }
}
