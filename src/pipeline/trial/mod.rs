//! A trial of the copy rule with known truth: edited copies that must be found, pairs that must not be called copies.

mod chance;
mod dice;
mod edited;
mod edits;
mod gold;

pub use chance::Chance;
pub use edited::{EditReport, Missed};
pub use edits::Edit;
pub use gold::SameEvent;

use super::recovery::Say;
use super::signal::Signal;
use super::work::Work;
use crate::algo::logistic::round6;
use crate::algo::tokens;
use crate::engine;
use crate::error::{Error, Result};
use crate::model::{Entry, Overlap, Relation, Row};
use crate::settings::Settings;
use crate::stage::ingest;
use crate::stage::score::{Evidence, ScoreSettings};
use crate::stage::withdrawn::Gone;
use jiff::Timestamp;
use rayon::prelude::*;
use rustc_hash::FxHashMap;
use serde::Serialize;
use std::path::PathBuf;

/// Fewest words of a body that is edited.
pub const LEAST_WORDS: usize = 120;

/// What is tried.
#[derive(Clone, PartialEq, Debug)]
pub struct TrialOptions {
    /// What chance starts from.
    pub seed: u64,
    /// Copies made by each edit.
    pub each: usize,
    /// Pairs of different articles that are looked at.
    pub pairs: u64,
    /// Gold files whose pairs of one event are looked at.
    pub gold: Vec<PathBuf>,
    /// What counts as now when dates are read.
    pub as_of: Timestamp,
}

/// A pair that the rule calls a copy.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Called {
    /// Keys of both, the earlier first.
    pub keys: [String; 2],
    /// Their outlets.
    pub outlets: [String; 2],
    /// Their titles.
    pub titles: [String; 2],
    /// What it is called.
    pub relation: Relation,
    /// Shingles in both.
    pub shared: u32,
    /// Shared over the smaller text's.
    pub containment: f64,
    /// Shared over those of both together.
    pub jaccard: f64,
}

/// What a trial showed.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct TrialReport {
    /// What chance started from.
    pub seed: u64,
    /// Entries read.
    pub entries: usize,
    /// Those long enough to be edited.
    pub articles: usize,
    /// Copies asked for by each edit.
    pub each: usize,
    /// Per edit, in the order of [`Edit::ALL`].
    pub edits: Vec<EditReport>,
    /// All edits together.
    pub all: EditReport,
    /// Copies that were not found.
    pub missed: Vec<Missed>,
    /// Pairs by chance.
    pub chance: Chance,
    /// Pairs of one event; null when no gold was asked for.
    pub same_event: Option<SameEvent>,
}

/// Tries the copy rule and what proposes pairs to it, with the settings in force. Nothing is kept.
///
/// # Errors
/// The sources or the gold are wrong, or fewer than two articles are long enough.
pub fn trial(settings: &Settings, options: &TrialOptions, say: Say) -> Result<TrialReport> {
    let entries = read(settings, options.as_of, say)?;
    say(Signal::Note(format!("{} entries: pairs of different articles", entries.len())));
    let work = Work::remade(entries, settings);
    let (chance, same_event) = {
        let evidence = work.evidence(settings);
        let chance = chance::chance(&work.entries, &evidence, options, &settings.score);
        let files = Some(&options.gold).filter(|gold| !gold.is_empty());
        let same = files.map(|files| gold::same_event(&work.entries, &evidence, files, &settings.score)).transpose()?;
        (chance, same)
    };
    let long: Vec<bool> = {
        let rows = (0..work.entries.len() as u32).into_par_iter().map(Row);
        rows.map(|row| tokens::count(&work.text(row, settings).body) >= LEAST_WORDS).collect()
    };
    let articles = long.iter().filter(|l| **l).count();
    if articles < 2 {
        return Err(Error::Usage(format!(
            "{articles} of {} entries have {LEAST_WORDS} words of body or more; a trial needs two",
            long.len()
        )));
    }
    say(Signal::Note(format!("{articles} articles of {LEAST_WORDS} words or more: edited copies")));
    let (edits, all, missed) = edited::edited(work.entries, &long, options, settings, say);
    let entries = long.len();
    let TrialOptions { seed, each, .. } = *options;
    Ok(TrialReport { seed, entries, articles, each, edits, all, missed, chance, same_event })
}

/// The entries of the sources, as a run without a state has them.
fn read(settings: &Settings, as_of: Timestamp, say: Say) -> Result<Vec<Entry>> {
    let reading = engine::read(settings, as_of, engine::Aside::default(), &|_| ())?;
    reading.warnings.into_iter().for_each(|w| say(Signal::Warning(w)));
    if reading.arrivals.is_empty() {
        return Err(Error::Usage("no source could be read; `retold check` says what each would read".into()));
    }
    let mut gone = Gone::default();
    gone.add(&reading.withdrawals);
    Ok(ingest::settle(reading.arrivals, &FxHashMap::default(), &reading.withdrawals, &gone).entries)
}

/// What the rule says of a pair; `None` when it is no copy.
fn called(entries: &[Entry], evidence: &Evidence, a: Row, b: Row, rules: &ScoreSettings) -> Option<Called> {
    let (relation, o) = evidence.copy(a, b, rules)?;
    let pair = [&entries[a.min(b).at()], &entries[a.max(b).at()]];
    let Overlap { shared, containment, jaccard } = o;
    Some(Called {
        keys: pair.map(|e| e.key.clone()),
        outlets: pair.map(|e| e.outlet.to_string()),
        titles: pair.map(|e| e.title.clone()),
        relation,
        shared,
        containment: round6(containment.into()),
        jaccard: round6(jaccard.into()),
    })
}

/// A part of a whole, rounded to 1e-6; 0 of nothing.
fn part(n: usize, of: usize) -> f64 {
    if of == 0 { 0.0 } else { round6(n as f64 / of as f64) }
}
