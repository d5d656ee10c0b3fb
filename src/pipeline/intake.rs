//! The first part of a run: sources read and settled, or the last working set taken.

use super::conserve;
use super::meter::Meter;
use super::run::Run;
use super::signal::Signal;
use super::work::Told;
use crate::engine::{self, Aside, Glances, Reading};
use crate::error::{Error, Exit, Result};
use crate::model::Stage;
use crate::model::run::StageStatus;
use crate::stage::ingest;
use std::collections::BTreeMap;

impl Run<'_> {
    /// Reads the sources, or takes the last working set when the run starts later. `Some` when there is nothing to go
    /// on with.
    pub(super) fn ingest(&mut self) -> Result<Option<Exit>> {
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
        let alone = self.settings.copies_alone();
        let mut glances = alone.then(|| Glances::new(self.settings));
        let aside = Aside { glances: glances.as_mut(), shelves: Some(&mut self.shelves), again: alone };
        let reading = engine::read(self.settings, self.as_of, aside, &advance)?;
        if reading.inputs.is_empty() {
            return self.nothing_readable(reading).map(Some);
        }
        let told = self.settle(reading, glances)?;
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

    fn settle(&mut self, reading: Reading, glances: Option<Glances>) -> Result<Told> {
        let Reading { arrivals, withdrawals, rejects, inputs, records, warnings, lacking, passed, capped } = reading;
        let read = records.values().sum();
        // A state that goes with the process knows nothing.
        let known = match self.settings.state {
            Some(_) => engine::known(&*self.store, &arrivals)?,
            None => Default::default(),
        };
        self.news_gone = self.gone.add(&withdrawals);
        self.news_gone |= self.gone.back(&arrivals);
        let settled = ingest::settle(arrivals, &engine::known_texts(&known), &withdrawals, &self.gone);
        (self.sources, self.older) = (settled.counts, settled.older);
        (self.work.entries, self.new_text) = (settled.entries, settled.new_text);
        self.work.glances = glances.map(|mut glances| {
            glances.settle(&settled.arrivals);
            glances
        });
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
        Ok(Told { read, made, rejected: self.rejects.len() as u64, caps, message: passed_over(&passed) })
    }
}

/// What files hold that is no record of an entry, in words.
fn passed_over(passed: &BTreeMap<String, u64>) -> String {
    let each: Vec<String> = passed.iter().map(|(what, n)| format!("{what} {n}")).collect();
    if each.is_empty() { String::new() } else { format!("passed over: {}", each.join(", ")) }
}
