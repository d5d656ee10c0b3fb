//! One run from sources to a published folder.

use super::aside::Keep;
use super::folder;
use super::meter::{Meter, peak_rss};
use super::options::RunOptions;
use super::output;
use super::recovery::{self, Say};
use super::signal::Signal;
use super::stamps::{self, Action, Step};
use super::work::{Told, Work};
use crate::engine::{self, Shelves};
use crate::error::{Error, Exit, Result};
use crate::model::run::{SourceCounts, StageResult, StageStatus};
use crate::model::{Entry, EntryId, Reject, Sketch, Stage};
use crate::settings::Settings;
use crate::stage::report::Output;
use crate::stage::withdrawn::Gone;
use crate::store::{self, Lock, Memory, RunRow, StageStamp, Store};
use jiff::Timestamp;
use std::cell::OnceCell;
use std::collections::BTreeMap;

/// A run in progress.
pub(super) struct Run<'a> {
    pub(super) settings: &'a Settings,
    pub(super) options: &'a RunOptions,
    pub(super) say: Say<'a>,
    pub(super) meter: Meter,
    pub(super) started: Timestamp,
    pub(super) as_of: Timestamp,
    pub(super) store: Box<dyn Store>,
    /// Number and name of this run in the state, once it has begun to write there, and the rows that stood there before.
    pub(super) begun: Option<Begun>,
    /// Whether entries have been written there.
    pub(super) entries_kept: bool,
    pub(super) kept: Vec<StageStamp>,
    pub(super) last: Option<RunRow>,
    /// Results are missing that only a new run can make.
    pub(super) lost: bool,
    /// Where the bodies of arrivals lie.
    pub(super) shelves: Shelves,
    pub(super) work: Work,
    /// New versions, besides the current ones of the working set.
    pub(super) older: Vec<Entry>,
    pub(super) new_text: Vec<bool>,
    /// Entries that their outlets have withdrawn, in this run or before, and whether one is in this.
    pub(super) gone: Gone,
    pub(super) news_gone: bool,
    pub(super) sources: BTreeMap<String, SourceCounts>,
    pub(super) rejects: Vec<Reject>,
    pub(super) inputs: Vec<crate::model::run::InputFile>,
    pub(super) warnings: Vec<String>,
    pub(super) lacking: Vec<String>,
    pub(super) stages: Vec<StageResult>,
    /// The hash of the entries, once it was asked for.
    hashed: OnceCell<u128>,
}

/// A run whose rows go to the state; nobody sees them until they are committed.
#[derive(Clone)]
pub(super) struct Begun {
    pub(super) number: u64,
    pub(super) name: String,
    pub(super) rows_before: BTreeMap<String, u64>,
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
    run.shelves = Shelves::new(Some(&settings.out));
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
    folder::lock_paths(settings).iter().map(|path| Lock::take(path)).collect()
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
            begun: None,
            entries_kept: false,
            kept: Vec::new(),
            last: None,
            lost: false,
            shelves: Shelves::new(None),
            work: Work::default(),
            older: Vec::new(),
            new_text: Vec::new(),
            gone: Gone::default(),
            news_gone: false,
            sources: BTreeMap::new(),
            rejects: Vec::new(),
            inputs: Vec::new(),
            warnings: Vec::new(),
            lacking: Vec::new(),
            stages: Vec::new(),
            hashed: OnceCell::new(),
        })
    }

    fn load(&mut self) -> Result<()> {
        self.last = self.store.last_run()?;
        self.kept = self.store.stamps()?;
        self.gone = engine::kept_gone(&*self.store)?;
        self.work.registry = self.store.registry()?;
        self.work.tables = engine::kept_tables(self.settings, &*self.store)?;
        Ok(())
    }

    /// The hash of the entries, after which they do not change.
    pub(super) fn inputs_hash(&self) -> u128 {
        *self.hashed.get_or_init(|| stamps::inputs(&self.work.entries))
    }

    pub(super) fn warn(&mut self, warning: String) {
        (self.say)(Signal::Warning(warning.clone()));
        self.warnings.push(warning);
    }

    /// The plan; refused when stages were left out whose results do not hold.
    fn steps(&self) -> Result<Vec<Step>> {
        let inputs = self.inputs_hash();
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
        let fresh = self.new_text.iter().any(|n| *n)
            || !self.older.is_empty()
            || self.news_gone
            || (reported && self.new_rejects());
        let asked = self.options.force || self.lost || self.last.is_none();
        let stale = if self.options.is_partial() {
            let inputs = self.inputs_hash();
            let stale = |s: &Step| stamps::stale(s.stage, inputs, self.settings, &self.kept).is_some();
            let kept = |s: &Step| !matches!(s.stage, Stage::Ingest | Stage::Normalise);
            steps.iter().any(|s| s.action == Action::Run && kept(s) && stale(s))
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
            self.let_go(step.stage, steps)?;
        }
        Ok(())
    }

    /// Keeps what was made, and lets go what no later step asks for.
    fn let_go(&mut self, ended: Stage, steps: &[Step]) -> Result<()> {
        let runs = |stage: Stage| steps.iter().any(|s| s.stage == stage && s.action == Action::Run);
        match ended {
            Stage::Fingerprint => {
                if self.work.sketched && self.settings.state.is_some() {
                    output::keep_tables(&mut *self.store, &self.work)?;
                }
                if runs(Stage::Pair) && self.settings.pair.same_event {
                    self.search_terms()?;
                }
            }
            Stage::Score => {
                self.work.let_shingles_go();
                if !self.settings.report.write.contains(&Output::Html) {
                    (self.work.sketches, self.work.away) = (Vec::new(), None);
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn step(&mut self, step: &Step, steps: &[Step]) -> Result<()> {
        let stage = step.stage;
        if stage == Stage::Fingerprint && step.action == Action::Run {
            // Sketches are kept as they are made, of entries that are there.
            self.keep_entries()?;
        }
        let meter = Meter::start();
        let later_runs = steps.iter().any(|s| s.stage > stage && s.action == Action::Run);
        // Texts are not kept: where the run starts after them, they are made again all the same.
        let run = step.action == Action::Run || (stage == Stage::Normalise && later_runs);
        let (status, told) = if run {
            let total = (stage == Stage::Score).then(|| self.work.pairs_waiting());
            (self.say)(Signal::StageStarted { stage, total });
            let (settings, as_of) = (self.settings, self.as_of.as_second());
            let keep: &mut Keep = &mut |entries, sketches| {
                if settings.state.is_none() {
                    return Ok(());
                }
                let batch: Vec<(EntryId, &Sketch)> = entries.iter().map(|e| e.id).zip(sketches).collect();
                self.store.put_sketches(&batch)
            };
            // Where only copies are looked for, little is made.
            let told = match settings.copies_alone() {
                true => self.work.run(stage, settings, as_of, steps, self.say),
                false => self.work.run_aside(stage, settings, (as_of, steps, self.say), (&mut self.shelves, keep))?,
            };
            (StageStatus::Success, told)
        } else {
            let status = if step.action == Action::Skip { StageStatus::Skipped } else { StageStatus::Reused };
            (status, self.work.reuse(stage, &*self.store, steps)?)
        };
        self.ended(stage, status, told, &meter, &step.why);
        self.shelves.check()
    }

    pub(super) fn ended(&mut self, stage: Stage, status: StageStatus, told: Told, meter: &Meter, why: &str) {
        let message = if told.message.is_empty() { why.to_string() } else { format!("{why}; {}", told.message) };
        let result = StageResult {
            stage,
            status,
            wall_s: meter.wall_s(),
            cpu_s: meter.cpu_s(),
            peak_rss_bytes: peak_rss(),
            read: told.read,
            made: told.made,
            rejected: told.rejected,
            caps: told.caps,
            message,
        };
        (self.say)(Signal::StageEnded(result.clone()));
        self.stages.push(result);
    }

    /// The exit code: failed when too much was quarantined or a required source gave nothing.
    pub(super) fn verdict(&mut self) -> Exit {
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
