//! `retold trial`: edited copies of articles with known truth, and what the copy rule makes of them.

use super::global::GlobalArgs;
use super::out::Out;
use super::run::with_threads;
use crate::error::{Error, Exit, Result};
use crate::pipeline::trial::{Called, EditReport, LEAST_WORDS, TrialOptions, TrialReport, trial};
use clap::Args;
use jiff::Timestamp;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// The arguments of `retold trial`.
#[derive(Args, Clone, Debug)]
#[command(
    after_help = "Articles of 120 words or more are edited in twelve ways: truncated to 70, 50 and 30 %, furniture at head and at\n\
tail, paragraphs in another order, 5, 10 and 20 % of the words replaced, another headline, noise like bad OCR, a brief\n\
of two sentences. Works in memory; writes nothing to the state or to the results.\n\n\
Examples:\n  retold trial night/*.jsonl.gz\n  retold trial gold/*.jsonl.gz --gold --json trial.json"
)]
pub struct TrialArgs {
    /// Files to read in place of the configured sources, their format recognised.
    #[arg(value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Copies made by each edit; no more than there are articles.
    #[arg(long, value_name = "N", default_value_t = 500)]
    pub each: usize,
    /// Pairs of different articles to look at, each once; no more than there are.
    #[arg(long, value_name = "N", default_value_t = 20_000_000)]
    pub pairs: u64,
    /// What chance starts from: the same seed and input give the same bytes.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
    /// The files carry labels, as `retold eval` reads them: list the pairs of one event that are called copies.
    #[arg(long, requires = "files")]
    pub gold: bool,
    /// Write everything as JSON to this file; `-` prints it in place of the text.
    #[arg(long, value_name = "PATH")]
    pub json: Option<PathBuf>,
    /// What counts as now when dates are read, as in 2026-01-15T02:00:00Z [default: the start].
    #[arg(long, value_name = "RFC3339")]
    pub as_of: Option<Timestamp>,
}

/// Tries the copy rule, and prints what it found and what it called a copy.
///
/// # Errors
/// The configuration, the input or the gold is wrong, or the file cannot be written.
pub fn run(args: &TrialArgs, global: &GlobalArgs) -> Result<Exit> {
    let settings = global.settings_for(&args.files)?;
    let options = TrialOptions {
        seed: args.seed,
        each: args.each,
        pairs: args.pairs,
        gold: if args.gold { args.files.clone() } else { Vec::new() },
        as_of: args.as_of.unwrap_or_else(Timestamp::now),
    };
    let progress = global.progress();
    let started = Instant::now();
    let report = with_threads(settings.run.threads, || trial(&settings, &options, &|signal| progress.show(signal)))?;
    tracing::info!(seconds = started.elapsed().as_secs_f64(), "trial ended");
    let json = format!("{:#}\n", serde_json::to_value(&report).unwrap_or_default());
    let mut out = Out::lock();
    match args.json.as_deref() {
        Some(path) if path == Path::new("-") => out.bytes(json.as_bytes())?,
        path => {
            path.map_or(Ok(()), |path| std::fs::write(path, &json).map_err(Error::io("write", path)))?;
            print(&report, &mut out)?;
        }
    }
    out.end()?;
    Ok(Exit::Done)
}

fn print(report: &TrialReport, out: &mut Out) -> Result<()> {
    let (articles, entries) = (report.articles, report.entries);
    out.line(format_args!("{articles} of {entries} entries have {LEAST_WORDS} words or more; seed {}\n", report.seed))?;
    out.line(format_args!("{:<16} {:>6} {:>9} {:>6} {:>7}", "edit", "made", "proposed", "found", "share"))?;
    report.edits.iter().chain([&report.all]).try_for_each(|edit| print_edit(edit, out))?;
    if report.edits.iter().any(|e| e.made < report.each) {
        out.line(format_args!("fewer than {} each: no edit takes an article twice", report.each))?;
    }
    let chance = &report.chance;
    out.line(format_args!(
        "\n{} of {} pairs by chance: {} called copies",
        chance.pairs,
        chance.of,
        chance.called.len()
    ))?;
    print_pairs(&chance.called, out)?;
    let Some(same) = &report.same_event else { return Ok(()) };
    let (pairs, called, share) = (same.pairs, same.called.len(), 100.0 * same.share);
    out.line(format_args!("\n{pairs} pairs of one event: {called} called copies ({share:.3} %)"))?;
    print_pairs(&same.called, out)
}

fn print_edit(edit: &EditReport, out: &mut Out) -> Result<()> {
    let EditReport { name, made, proposed, found, share } = edit;
    out.line(format_args!("{name:<16} {made:>6} {proposed:>9} {found:>6} {share:>7.4}"))
}

fn print_pairs(pairs: &[Called], out: &mut Out) -> Result<()> {
    if !pairs.is_empty() {
        out.line(format_args!("{:<12} {:>6} {:>8} {:>6}  keys and titles", "relation", "shared", "contains", "alike"))?;
    }
    pairs.iter().try_for_each(|p| {
        let (relation, shared, containment, jaccard) = (p.relation.name(), p.shared, p.containment, p.jaccard);
        let ([a, b], [s, t]) = (&p.keys, &p.titles);
        out.line(format_args!("{relation:<12} {shared:>6} {containment:>8.3} {jaccard:>6.3}  {a}  {b}  {s} | {t}"))
    })
}
