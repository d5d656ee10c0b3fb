//! `retold log`: the runs that are kept, the oldest first.

use super::global::{GlobalArgs, shown};
use super::out::Out;
use crate::error::{Error, Exit, Result};
use crate::model::Stage;
use crate::model::run::{RunResults, SourceCounts, StageStatus};
use clap::Args;
use serde::Serialize;
use std::path::Path;

/// The arguments of `retold log`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  retold log\n  retold log --json | jq '.[-1].events'")]
pub struct LogArgs {
    /// Print a JSON list; errors too.
    #[arg(long)]
    pub json: bool,
}

/// One run in the list.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Line {
    /// Its name, which is its folder's.
    pub run: String,
    /// Whether `latest` points to it.
    pub latest: bool,
    /// How it ended: the worst of its stages; `unreadable` without a readable record.
    pub status: &'static str,
    /// Records read.
    pub read: u64,
    /// Entries not known before.
    pub new: u64,
    /// Events made; null when they were not made anew.
    pub events: Option<u64>,
    /// Records that were not understood.
    pub quarantined: u64,
    /// Warnings.
    pub warnings: usize,
    /// Wall time in seconds.
    pub wall_s: f64,
}

/// Prints the runs.
///
/// # Errors
/// The configuration is wrong, or the folder of the runs cannot be read.
pub fn run(args: &LogArgs, global: &GlobalArgs) -> Result<Exit> {
    let results = global.settings_after_run()?.out;
    let lines = lines(&results)?;
    let mut out = Out::lock();
    if args.json {
        let json = serde_json::to_value(&lines).unwrap_or_default();
        out.line(format_args!("{json:#}"))?;
    } else if lines.is_empty() {
        eprintln!("nothing has been published in {} yet; `retold run` does", shown(&results));
    } else {
        print(&lines, &mut out)?;
    }
    out.end()?;
    Ok(Exit::Done)
}

/// The runs in a folder of results, the oldest first.
///
/// # Errors
/// The folder is there and cannot be read.
pub fn lines(results: &Path) -> Result<Vec<Line>> {
    let runs = results.join("runs");
    let latest = std::fs::canonicalize(results.join("latest")).ok();
    let folder = match std::fs::read_dir(&runs) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        other => other.map_err(Error::io("read", &runs))?,
    };
    let mut lines = Vec::new();
    for entry in folder {
        let path = entry.map_err(Error::io("read", &runs))?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() && !name.starts_with('.') {
            let is_latest = latest.is_some() && std::fs::canonicalize(&path).ok() == latest;
            lines.push(line(name, is_latest, &path));
        }
    }
    lines.sort_by(|a, b| a.run.cmp(&b.run));
    Ok(lines)
}

fn line(run: String, latest: bool, folder: &Path) -> Line {
    let text = std::fs::read(folder.join("run_results.json")).ok();
    let results: Option<RunResults> = text.and_then(|t| serde_json::from_slice(&t).ok());
    let Some(results) = results else {
        return Line {
            run,
            latest,
            status: "unreadable",
            read: 0,
            new: 0,
            events: None,
            quarantined: 0,
            warnings: 0,
            wall_s: 0.0,
        };
    };
    let sum = |of: fn(&SourceCounts) -> u64| results.sources.values().map(of).sum();
    let merge = results.stages.iter().find(|s| s.stage == Stage::Merge);
    Line {
        run,
        latest,
        status: worst(&results),
        read: sum(|s| s.records),
        new: sum(|s| s.new_entries),
        events: merge.filter(|s| matches!(s.status, StageStatus::Success | StageStatus::Warn)).map(|s| s.made),
        quarantined: sum(|s| s.quarantined),
        warnings: results.warnings.len(),
        wall_s: results.wall_s,
    }
}

fn worst(results: &RunResults) -> &'static str {
    let has = |status| results.stages.iter().any(|s| s.status == status);
    match () {
        () if has(StageStatus::Error) => "error",
        () if has(StageStatus::Warn) => "warn",
        () => "success",
    }
}

fn print(lines: &[Line], out: &mut Out) -> Result<()> {
    let width = lines.iter().map(|l| l.run.chars().count()).max().unwrap_or(0).max(3);
    out.line(format_args!(
        "  {:width$}  {:10}  {:>9}  {:>9}  {:>9}  {:>11}  {:>8}",
        "run", "status", "read", "new", "events", "quarantined", "seconds"
    ))?;
    for l in lines {
        let events = l.events.map_or("-".to_string(), |n| n.to_string());
        out.line(format_args!(
            "{} {:width$}  {:10}  {:>9}  {:>9}  {events:>9}  {:>11}  {:>8.1}",
            if l.latest { '*' } else { ' ' },
            l.run,
            l.status,
            l.read,
            l.new,
            l.quarantined,
            l.wall_s
        ))?;
    }
    out.line("* is what `latest` points to")
}
