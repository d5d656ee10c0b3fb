//! `retold run`: reads what is new and publishes a new folder of results.

use super::global::GlobalArgs;
use crate::error::{Error, Exit, Result};
use crate::model::Stage;
use crate::pipeline::{self, options::RunOptions};
use crate::settings::{Settings, known};
use clap::Args;
use jiff::Timestamp;
use std::path::PathBuf;

/// Which stages, and under what conditions: `run` and `plan` share it.
#[derive(Args, Clone, Debug, Default)]
pub struct SelectionArgs {
    /// Files to read in place of the configured sources, their format recognised; `-` is standard input.
    #[arg(value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Run this stage alone; may be given several times. Needs a state.
    #[arg(long, value_name = "NAME", value_parser = stage, conflicts_with_all = ["from", "until"])]
    pub stage: Vec<Stage>,
    /// Run from this stage on. Needs a state.
    #[arg(long, value_name = "NAME", value_parser = stage)]
    pub from: Option<Stage>,
    /// Run no further than this stage. Needs a state.
    #[arg(long, value_name = "NAME", value_parser = stage)]
    pub until: Option<Stage>,
    /// Run the stages even where an earlier result still holds.
    #[arg(long)]
    pub force: bool,
    /// What counts as now, as in 2026-01-15T02:00:00Z [default: the start of the run].
    #[arg(long, value_name = "RFC3339")]
    pub as_of: Option<Timestamp>,
    /// End with 0 even when no source could be read at all.
    #[arg(long)]
    pub allow_empty: bool,
}

/// The arguments of `retold run`.
#[derive(Args, Clone, Debug, Default)]
#[command(
    after_help = "Stages, in running order:\n  ingest, normalise, fingerprint, pair, score, cluster, merge, report\n\n\
Examples:\n  retold run\n  retold run night/*.jsonl.gz --out results --state \"\"\n  retold run --from cluster --set cluster.threshold=0.25"
)]
pub struct RunArgs {
    /// What to run.
    #[command(flatten)]
    pub selection: SelectionArgs,
}

/// Runs the pipeline, showing its progress.
///
/// # Errors
/// What ended it.
pub fn run(args: &RunArgs, global: &GlobalArgs) -> Result<Exit> {
    let settings = args.settings(global)?;
    let options = RunOptions { last: true, ..args.to_options()? };
    end_on_signals();
    let progress = global.progress();
    with_threads(settings.run.threads, || pipeline::run(&settings, &options, &|signal| progress.show(signal)))
}

/// Does the work in a pool of so many threads; 0 is as many as there are cores.
///
/// # Errors
/// The threads cannot be started, or the work fails.
pub fn with_threads<T: Send>(threads: usize, work: impl FnOnce() -> Result<T> + Send) -> Result<T> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
    pool.map_err(|e| Error::Usage(format!("cannot start {threads} threads: {e}")))?.install(work)
}

/// Ends the process at once on SIGINT and SIGTERM. What was not committed is removed at the next start, and what was
/// committed is published then: a run may be stopped at any moment.
fn end_on_signals() {
    use signal_hook::consts::{SIGINT, SIGTERM};
    let Ok(mut signals) = signal_hook::iterator::Signals::new([SIGINT, SIGTERM]) else { return };
    std::thread::spawn(move || {
        if let Some(signal) = signals.forever().next() {
            let exit = if signal == SIGINT { Exit::Interrupted } else { Exit::Terminated };
            eprintln!("interrupted; the last results stand as they did, and the next run cleans up");
            std::process::exit(exit as i32);
        }
    });
}

impl RunArgs {
    /// The settings, with files in place of the configured sources when any were named.
    ///
    /// # Errors
    /// The configuration or the command line is wrong.
    pub fn settings(&self, global: &GlobalArgs) -> Result<Settings> {
        self.selection.settings(global)
    }

    /// What the run is asked to do.
    ///
    /// # Errors
    /// The stages that were chosen contradict one another.
    pub fn to_options(&self) -> Result<RunOptions> {
        self.selection.to_options()
    }
}

impl SelectionArgs {
    /// The settings, with files in place of the configured sources when any were named.
    ///
    /// # Errors
    /// The configuration or the command line is wrong, or stages were chosen without a state.
    pub fn settings(&self, global: &GlobalArgs) -> Result<Settings> {
        let settings = global.settings_for(&self.files)?;
        if settings.state.is_none() && self.to_options()?.is_partial() {
            return Err(Error::Usage(
                "some stages alone need the results of the others, and there is no state; set [run] state or --state"
                    .into(),
            ));
        }
        Ok(settings)
    }

    /// What the run is asked to do.
    ///
    /// # Errors
    /// `--from` is a later stage than `--until`.
    pub fn to_options(&self) -> Result<RunOptions> {
        let from = self.from.unwrap_or(Stage::Ingest);
        let until = self.until.unwrap_or(Stage::Report);
        if from > until {
            return Err(Error::Usage(format!(
                "--from {} is later than --until {}; stages run in the order {}",
                from.name(),
                until.name(),
                Stage::ALL.map(Stage::name).join(", ")
            )));
        }
        let chosen = |s: &Stage| if self.stage.is_empty() { from <= *s && *s <= until } else { self.stage.contains(s) };
        Ok(RunOptions {
            stages: Stage::ALL.into_iter().filter(chosen).collect(),
            force: self.force,
            as_of: self.as_of,
            allow_empty: self.allow_empty,
            last: false,
        })
    }
}

fn stage(name: &str) -> std::result::Result<Stage, String> {
    Stage::from_name(name).ok_or_else(|| {
        let names = Stage::ALL.map(Stage::name);
        let near = known::nearest(name, names.into_iter()).map(|n| format!("did you mean `{n}`? ")).unwrap_or_default();
        format!("{near}the stages are {}", names.join(", "))
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Sample {
        #[command(flatten)]
        run: RunArgs,
    }

    fn options(arguments: &[&str]) -> std::result::Result<RunOptions, String> {
        let all = std::iter::once(&"run").chain(arguments);
        let sample = Sample::try_parse_from(all).map_err(|e| e.to_string())?;
        sample.run.to_options().map_err(|e| e.to_string())
    }

    #[test]
    fn without_a_choice_every_stage_runs() {
        assert_eq!(options(&[]), Ok(RunOptions::default()));
    }

    #[test]
    fn stages_are_chosen_by_name_from_and_until() {
        assert_eq!(options(&["--from", "cluster"]).unwrap().stages, [Stage::Cluster, Stage::Merge, Stage::Report]);
        assert_eq!(options(&["--stage", "score", "--stage", "pair"]).unwrap().stages, [Stage::Pair, Stage::Score]);
        assert!(options(&["--from", "merge", "--until", "pair"]).unwrap_err().contains("later"));
        assert!(options(&["--stage", "scroe"]).unwrap_err().contains("did you mean `score`?"));
        assert!(options(&["--as-of", "yesterday"]).is_err());
        assert!(options(&["--as-of", "2026-01-15T02:00:00Z"]).unwrap().as_of.is_some());
    }

    #[test]
    fn some_stages_alone_need_a_state() {
        let selection =
            SelectionArgs { files: vec!["x.txt".into()], until: Some(Stage::Pair), ..SelectionArgs::default() };
        let global = |state: &str| GlobalArgs { state: Some(state.into()), ..GlobalArgs::default() };
        assert!(selection.settings(&global("")).unwrap_err().to_string().contains("no state"));
        assert!(selection.settings(&global("kept.sqlite")).is_ok());
    }
}
