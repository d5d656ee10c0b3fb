//! A published run scored against gold: how good, where pairs are lost, and what is worst.

mod clustering;
mod gold;
mod joined;
mod loss;
mod outside;
pub mod page;
mod worst;

pub use clustering::Clustering;
pub use gold::{Gold, read as read_gold};
pub use joined::{Items, Judged, Size, Table};
pub use loss::Loss;
pub use worst::{Case, Side, Wrong};

use super::folder;
use super::last::Last;
use super::look::{self, Night};
use super::recovery::Say;
use crate::algo::agreement::Scores;
use crate::error::{Error, Result};
use crate::model::Stage;
use crate::settings::Settings;
use serde::Serialize;
use std::path::PathBuf;

/// What is to be scored, and how much is said of it.
#[derive(Clone, Debug, Default)]
pub struct EvalOptions {
    /// The gold files.
    pub gold: Vec<PathBuf>,
    /// The run; the latest where none is named.
    pub run: Option<String>,
    /// How many false merges, and how many splits, are listed.
    pub worst: usize,
    /// What follows `retold explain A B` so that it finds this state.
    pub explain_flags: String,
}

/// How a run agrees with gold.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// The run.
    pub run: String,
    /// One table per gold file with labels, then `ALL`.
    pub tables: Vec<Table>,
    /// Judged pairs of all files together.
    pub judged: Option<Judged>,
    /// Where pairs are lost; null where the state does not hold this run.
    pub loss: Option<Loss>,
    /// The worst false merges, then the worst splits.
    pub worst: Vec<Case>,
    /// What could not be said, and why.
    pub notes: Vec<String>,
}

impl Report {
    /// The measures that `--gate` may name, those of clusters and those of judged pairs.
    pub fn measures() -> Vec<&'static str> {
        Scores::NAMES.into_iter().chain(Judged::NAMES).collect()
    }

    /// The value of a measure over all gold files; `None` when these files do not give it.
    pub fn measure(&self, name: &str) -> Option<f64> {
        let of_tables = self.tables.last().and_then(|t| t.scores.get(name));
        of_tables.or_else(|| self.judged.and_then(|j| j.get(name)))
    }
}

/// Scores a run.
///
/// # Errors
/// There is no such run, a gold file is wrong, or the state fails.
pub fn eval(settings: &Settings, options: &EvalOptions, say: Say) -> Result<Report> {
    let gold = gold::read(&options.gold)?;
    let folder = run_folder(settings, options.run.as_deref())?;
    let run = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let clustering = Clustering::of_folder(&folder)?;
    let items = Items::of(&gold, &clustering);
    let (mut last, notes) = match state_of(settings, &run, say)? {
        Ok(last) => (Some(last), Vec::new()),
        Err(why) => (None, vec![format!("no loss per stage: {why}")]),
    };
    let settings_of = |last: &Last| last.settings(settings).unwrap_or_else(|| settings.clone());
    let used = last.as_ref().map(settings_of);
    let held = last.as_mut().zip(used.as_ref());
    let loss = held
        .filter(|_| !items.all.is_empty())
        .map(|(last, used)| loss::loss(&items, &clustering, &last.work, used.cluster.min_link));
    let scene = worst::Scene {
        items: &items,
        clustering: &clustering,
        scores: items.contingency().scores(),
        work: last.as_ref().map(|l| &l.work),
        folder: &folder,
        explain_flags: &options.explain_flags,
    };
    let mut worst = worst::worst(&scene, &gold, options.worst)?;
    if let Some(last) = last.filter(|_| !worst.is_empty()) {
        let night = Night::of(last, settings)?;
        for case in &mut worst {
            case.why = look::by_ids(&night, case.a.id, case.b.id)?.map(Box::new);
        }
    }
    Ok(Report { run, tables: items.tables(), judged: Judged::of(&gold, &clustering), loss, worst, notes })
}

/// The folder of a published run.
fn run_folder(settings: &Settings, name: Option<&str>) -> Result<PathBuf> {
    let out = &settings.out;
    let nothing = || Error::Usage(format!("nothing has been published in {} yet; `retold run` does", out.display()));
    match name {
        None => folder::latest(out).ok_or_else(nothing),
        Some(name) if folder::run_folders(out).iter().any(|n| n == name) => Ok(folder::place(out, name)),
        Some(name) => {
            Err(Error::Usage(format!("there is no run `{name}` in {}; `retold log` lists them", out.display())))
        }
    }
}

/// The state's last run with its links and candidates when it is this one; else why not.
fn state_of(settings: &Settings, run: &str, say: Say) -> Result<std::result::Result<Last, String>> {
    let Some(mut last) = Last::open(settings)? else { return Ok(Err("there is no state".into())) };
    if last.run.out != run {
        return Ok(Err(format!("the state holds run {}, not {run}", last.run.name)));
    }
    let Some(used) = last.settings(settings) else {
        return Ok(Err("another build of retold wrote the run's settings".into()));
    };
    if let Some(why) = last.stale(Stage::Score, &used) {
        return Ok(Err(format!("the state's links are of another build: {why}")));
    }
    // Links below a hundredth are not kept, so only the candidates themselves tell what was never proposed.
    last.prepare(Stage::Score, &used, say)?;
    last.take(Stage::Score)?;
    Ok(Ok(last))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
