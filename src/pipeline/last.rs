//! The last run's working set, taken from the state to be looked at: nothing is written.

use super::recovery::Say;
use super::signal::Signal;
use super::stamps::{self, Action, Step};
use super::work::Work;
use crate::engine;
use crate::error::{Error, Result};
use crate::model::Stage;
use crate::settings::{Settings, Written};
use crate::store::{self, RunRow, StageStamp, Store};

/// The last run, as far as it is in memory.
pub struct Last {
    /// The run.
    pub run: RunRow,
    /// Its working set, and what was made of it or taken from the state so far.
    pub work: Work,
    /// What each stage's results were made from.
    stamps: Vec<StageStamp>,
    inputs: u128,
    pub(super) store: Box<dyn Store>,
}

impl Last {
    /// Opens the state and takes the working set. `None` when no state is kept or nothing has run.
    ///
    /// # Errors
    /// The state fails, or a run ended while it was read.
    pub fn open(settings: &Settings) -> Result<Option<Last>> {
        let Some(path) = settings.state.as_ref().filter(|path| path.exists()) else { return Ok(None) };
        let store = store::open(path)?;
        let Some(run) = store.last_run()? else { return Ok(None) };
        let work = Work { entries: store.working_set()?, ..Work::default() };
        let (stamps, inputs) = (store.stamps()?, stamps::inputs(&work.entries));
        let mut last = Last { run, work, stamps, inputs, store };
        last.work.tables = engine::kept_tables(&last.sources_of(settings), &*last.store)?;
        last.still()?;
        Ok(Some(last))
    }

    /// Fails when another run has ended since: what was read before and after would not belong together.
    fn still(&self) -> Result<()> {
        let now = self.store.last_run()?;
        if now.is_some_and(|now| now.number == self.run.number) {
            return Ok(());
        }
        Err(Error::Check("another run ended while the state was read; try again".into()))
    }

    /// The settings this run was made with; `None` when another build wrote them.
    pub fn settings(&self, settings: &Settings) -> Option<Settings> {
        let written: Written = serde_json::from_str(&self.run.settings).ok()?;
        Some(settings.with(written))
    }

    /// These settings with the sources that the run had, which may have been files named on the command line.
    pub fn sources_of(&self, settings: &Settings) -> Settings {
        let mut settings = settings.clone();
        if let Some(then) = self.settings(&settings) {
            settings.sources = then.written.sources;
        }
        settings
    }

    /// Why what a stage made does not hold under these settings; `None` when it does.
    pub fn stale(&self, stage: Stage, settings: &Settings) -> Option<&'static str> {
        stamps::stale(stage, self.inputs, settings, &self.stamps)
    }

    /// Makes ready for `first` to run: what the stages before it made is taken from the state where it holds, and
    /// made again where it does not.
    ///
    /// # Errors
    /// The state fails, or lacks what its stamps promise.
    pub fn prepare(&mut self, first: Stage, settings: &Settings, say: Say) -> Result<()> {
        let steps = self.steps(first, settings);
        for step in steps.iter().filter(|s| s.stage < first && s.stage != Stage::Ingest) {
            if step.action == Action::Run {
                if step.stage > Stage::Normalise && self.stale(step.stage, settings).is_some() {
                    say(Signal::Note(format!("{} is done again in memory: {}", step.stage.name(), step.why)));
                }
                self.work.run(step.stage, settings, 0, &steps, &|_| ());
            } else {
                self.work.reuse(step.stage, &*self.store, &steps)?;
            }
        }
        self.still()
    }

    /// What a stage of this run made, taken from the state.
    ///
    /// # Errors
    /// The state fails, or lacks it.
    pub fn take(&mut self, stage: Stage) -> Result<()> {
        self.work.reuse(stage, &*self.store, &[])?;
        self.still()
    }

    /// Runs stages from `first` to `until` in memory.
    pub fn run_through(&mut self, first: Stage, until: Stage, settings: &Settings) {
        let steps = self.steps(first, settings);
        for step in steps.iter().filter(|s| first <= s.stage && s.stage <= until) {
            self.work.run(step.stage, settings, 0, &steps, &|_| ());
        }
    }

    /// What a run from `first` to `cluster` does: texts and candidates are not kept, so they are made again where
    /// a later stage needs them.
    fn steps(&self, first: Stage, settings: &Settings) -> Vec<Step> {
        let mut steps: Vec<Step> = Vec::new();
        for stage in Stage::ALL.into_iter().filter(|s| *s <= Stage::Cluster) {
            let stale = self.stale(stage, settings);
            let unkept = stage == Stage::Normalise || (stage == Stage::Pair && first == Stage::Score);
            let (action, why) = match stale {
                _ if stage >= first => (Action::Run, "it was asked for"),
                Some(why) if stage > Stage::Normalise => (Action::Run, why),
                _ if unkept => (Action::Run, "its results are not kept"),
                _ => (Action::Reuse, "what it made before still holds"),
            };
            steps.push(Step { stage, action, why: why.to_string() });
        }
        steps
    }
}
