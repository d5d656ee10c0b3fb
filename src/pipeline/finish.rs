//! The last part of a run: the state's rows and the folder written, then published in two steps.

use super::folder;
use super::meter::{Meter, peak_rss};
use super::output::{self, Facts};
use super::run::{Begun, Run};
use super::signal::Signal;
use super::stamps::{self, Action, Step};
use super::work::Told;
use super::{conserve, record};
use crate::engine;
use crate::error::{Exit, Result};
use crate::model::run::{SourceCounts, StageStatus, StateInfo};
use crate::model::{Entry, Stage};
use crate::store::{ResultSet, RunRow, RunStatus, StageStamp};
use std::collections::BTreeMap;
use xxhash_rust::xxh3::xxh3_64;

impl Run<'_> {
    /// Room for a folder and a state of one and two times the size of the input, and for three times that put aside meanwhile.
    pub(super) fn needed_bytes(&self) -> u64 {
        let text: usize = self.work.entries.iter().map(|e| e.body.len() + e.title.len() + 512).sum();
        (text as u64).saturating_mul(6) + 16_000_000
    }

    /// Writes the state and the folder, and publishes them in two steps.
    pub(super) fn finish(mut self, steps: &[Step]) -> Result<Exit> {
        let reported = steps.iter().any(|s| s.stage == Stage::Report && s.action == Action::Run);
        if steps.iter().any(|s| s.stage == Stage::Cluster && s.action != Action::Skip) {
            conserve::entries(self.work.entries.len(), &self.work.clusters, &self.work.umbrellas)?;
        }
        let Begun { number, name, rows_before } = self.keep(steps)?;
        if reported {
            self.write_folder(&name, rows_before)?;
        }
        let row = RunRow {
            number,
            name: name.clone(),
            as_of: self.as_of.as_second(),
            status: RunStatus::Committed,
            inputs_hash: self.inputs_hash(),
            settings: self.settings.to_json().to_string(),
            out: if reported { name.clone() } else { String::new() },
        };
        self.shelves.check()?;
        self.store.commit(&row)?;
        if reported {
            folder::publish(&self.settings.out, &name)?;
        }
        self.store.published(number)?;
        if reported {
            let keep = self.settings.run.keep_runs as usize;
            folder::remove_old(&self.settings.out, keep).into_iter().for_each(|w| self.warn(w));
            (self.say)(Signal::Closing(record::closing(&self.work, &self.sources, &self.inputs, self.settings)));
        } else {
            (self.say)(Signal::Note(format!("run {name} kept its results in the state; no folder was asked for")));
        }
        let verdict = self.verdict();
        if self.options.last {
            std::mem::take(&mut self.work).leave();
        }
        Ok(verdict)
    }

    /// The run's name: its start and six digits of a hash, so that names sort by time and do not meet.
    fn name(&self) -> String {
        let stamp = self.started.strftime("%Y%m%dT%H%M%SZ").to_string();
        let seed = format!("{stamp}{}{:x}", self.as_of, self.inputs_hash());
        let free = |n: &u32| {
            let name = format!("{stamp}-{:06x}", xxh3_64(format!("{seed}{n}").as_bytes()) & 0xff_ffff);
            (!folder::place(&self.settings.out, &name).exists()).then_some(name)
        };
        (0_u32..).find_map(|n| free(&n)).unwrap_or(stamp)
    }

    /// Begins the run in the state.
    fn begin(&mut self) -> Result<Begun> {
        if let Some(begun) = &self.begun {
            return Ok(begun.clone());
        }
        let (name, rows_before) = (self.name(), self.store.counts()?);
        let number = self.store.begin(&name, self.as_of.as_second())?;
        let begun = Begun { number, name, rows_before };
        self.begun = Some(begun.clone());
        Ok(begun)
    }

    /// Writes the entries to the state, under the run's number: those whose text is new, and older versions.
    pub(super) fn keep_entries(&mut self) -> Result<()> {
        self.begin()?;
        if self.settings.state.is_none() || self.entries_kept {
            return Ok(());
        }
        self.entries_kept = true;
        if self.new_text.iter().all(|new| *new) {
            self.store.put_entries(&self.work.entries)?;
        } else {
            let fresh = self.work.entries.iter().zip(&self.new_text).filter(|(_, new)| **new);
            let fresh: Vec<Entry> = fresh.map(|(e, _)| e.clone()).collect();
            self.store.put_entries(&fresh)?;
        }
        self.store.put_versions(&self.older)
    }

    /// Takes what entries are searched by from the state, where it was made of the same; else makes it, and writes it there.
    pub(super) fn search_terms(&mut self) -> Result<()> {
        if self.settings.state.is_none() {
            return Ok(());
        }
        let stamp = stamps::searched(self.inputs_hash(), self.settings);
        let ids: Vec<_> = self.work.entries.iter().map(|e| e.id).collect();
        if !self.work.sketched {
            self.work.vectors = self.store.search_terms(stamp, &ids)?;
        }
        if self.work.vectors.is_none() {
            self.work.weigh(self.settings);
            self.keep_entries()?;
            if let Some(vectors) = &self.work.vectors {
                self.store.put_search_terms(stamp, &ids, vectors)?;
            }
        }
        Ok(())
    }

    /// Writes what the run made to the state.
    fn keep(&mut self, steps: &[Step]) -> Result<Begun> {
        let begun = self.begin()?;
        if self.settings.state.is_none() {
            return Ok(begun);
        }
        self.keep_entries()?;
        engine::keep_gone(&mut *self.store, &self.gone)?;
        let inputs = self.inputs_hash();
        let last = steps.iter().rfind(|s| s.action != Action::Skip).map_or(Stage::Ingest, |s| s.stage);
        let stamps: Vec<StageStamp> =
            Stage::ALL.into_iter().filter(|s| *s <= last).map(|s| stamps::stamp(s, inputs, self.settings)).collect();
        let working: Vec<_> = self.work.entries.iter().map(|e| e.id).collect();
        self.store.put_results(&ResultSet {
            working: &working,
            links: self.work.made_links(),
            clusters: &self.work.clusters,
            umbrellas: &self.work.umbrellas,
            events: &self.work.events,
            registry: &self.work.registry,
            lineage: &self.work.lineage,
            stamps: &stamps,
        })?;
        Ok(begun)
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
        let told = Told { read: self.work.events.heads.len() as u64, made, ..Told::default() };
        self.ended(Stage::Report, StageStatus::Success, told, &meter, "a run that does anything writes a new folder");
        output::write_info(
            &draft,
            &record::info(name, self.started, self.as_of, self.settings, &self.inputs, self.state(rows_before)),
        )?;
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
}
