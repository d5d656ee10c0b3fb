//! The command line: one file per verb.

pub mod background;
pub mod check;
pub mod completions;
pub mod eval;
pub mod explain;
pub mod export;
pub mod fail;
pub mod fit;
pub mod global;
pub mod init;
pub mod log;
pub mod out;
pub mod plan;
pub mod run;
pub mod schema;
pub mod show;
pub mod status;
pub mod sweep;
pub mod trial;
#[cfg(feature = "parquet")]
mod types;

use crate::error::{Exit, Result};
use clap::{Parser, Subcommand};
pub use fail::{code, fail};
use global::GlobalArgs;
use std::process::ExitCode;

/// Reads what many outlets published and writes one canonical, explained list of events.
///
/// retold finds the copies of one text and the independent accounts of one event, and merges each group into one
/// record whose every value names the entry it came from. What it reads and how is set in pipeline.toml.
#[derive(Parser, Debug)]
#[command(name = "retold", version, after_help = AFTER_HELP)]
pub struct Cli {
    /// What holds for every verb.
    #[command(flatten)]
    pub global: GlobalArgs,
    /// What to do.
    #[command(subcommand)]
    pub verb: Verb,
}

const AFTER_HELP: &str = "\
Exit codes:
  0    done; also when there was nothing new
  1    finished, but a check, a gate or a stage did not pass
  2    the command line or the configuration is wrong, or nothing could be read
  3    the disk, the state or a lock
  130  interrupted (143: asked to stop)

Data goes to standard output, words to standard error.";

/// The verbs.
#[derive(Subcommand, Debug)]
pub enum Verb {
    /// Read what is new and publish a new folder of results.
    Run(run::RunArgs),
    /// Say what a run would do and why, without doing it.
    Plan(plan::PlanArgs),
    /// Write a commented pipeline.toml for files.
    Init(init::InitArgs),
    /// Check the configuration, and what its sources would read.
    Check(check::CheckArgs),
    /// Show an event with its record, or an entry with its text.
    Show(show::ShowArgs),
    /// Explain why two entries are in one event or not, or what holds one entry or event.
    Explain(explain::ExplainArgs),
    /// Say how things stand: the last run, the state, locks, free space.
    Status(status::StatusArgs),
    /// Print a table of a published run.
    Export(export::ExportArgs),
    /// Score a published run against gold.
    Eval(eval::EvalArgs),
    /// Try a knob over a range of values against gold, without writing anything.
    Sweep(sweep::SweepArgs),
    /// List the runs that are kept.
    Log(log::LogArgs),
    /// Fit the weights of the same-event score on labelled entries.
    Fit(fit::FitArgs),
    /// Write a table of document frequencies, counted over the last run.
    Background(background::BackgroundArgs),
    /// Try the copy rule on edited copies of articles and on pairs of different ones.
    Trial(trial::TrialArgs),
    /// Print the JSON Schema of the configuration and of each output.
    Schema(schema::SchemaArgs),
    /// Print the completions of a shell.
    Completions(completions::CompletionsArgs),
}

impl Cli {
    /// Parses the arguments of this process. Help and version are printed here.
    ///
    /// # Errors
    /// The code to end with: 0 after help, 2 for a wrong command line.
    pub fn from_arguments() -> std::result::Result<Cli, ExitCode> {
        Cli::try_parse().map_err(|e| fail::usage(&e))
    }

    /// Starts the log on standard error, in the format that was asked for.
    pub fn start_log(&self) {
        self.global.start_log();
    }

    /// Does what was asked.
    ///
    /// # Errors
    /// What ended it.
    pub fn run(&self) -> Result<Exit> {
        let global = &self.global;
        match &self.verb {
            Verb::Run(args) => run::run(args, global),
            Verb::Plan(args) => plan::run(args, global),
            Verb::Init(args) => init::run(args, global),
            Verb::Check(args) => check::run(args, global),
            Verb::Show(args) => show::run(args, global),
            Verb::Explain(args) => explain::run(args, global),
            Verb::Status(args) => status::run(args, global),
            Verb::Export(args) => export::run(args, global),
            Verb::Eval(args) => eval::run(args, global),
            Verb::Sweep(args) => sweep::run(args, global),
            Verb::Log(args) => log::run(args, global),
            Verb::Fit(args) => fit::run(args, global),
            Verb::Background(args) => background::run(args, global),
            Verb::Trial(args) => trial::run(args, global),
            Verb::Schema(args) => schema::run(args),
            Verb::Completions(args) => completions::run(args),
        }
    }

    /// Whether an error is to be printed as JSON.
    pub fn wants_json(&self) -> bool {
        match &self.verb {
            Verb::Plan(args) => args.json,
            Verb::Check(args) => args.json,
            Verb::Eval(args) => args.json,
            Verb::Sweep(args) => args.json,
            Verb::Log(args) => args.json,
            Verb::Fit(args) => args.json,
            Verb::Show(args) => args.json,
            Verb::Explain(args) => args.json,
            Verb::Status(args) => args.json,
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_flag_and_verb_is_explained_and_every_verb_has_an_example() {
        let command = Cli::command();
        for verb in command.get_subcommands() {
            let name = verb.get_name();
            assert!(verb.get_about().is_some(), "{name}");
            assert!(verb.get_after_help().is_some_and(|h| h.to_string().contains("retold ")), "{name} has no example");
            for arg in verb.get_arguments().chain(command.get_arguments()) {
                let about = arg.get_help().map(ToString::to_string).unwrap_or_default();
                assert!(about.len() > 10, "{name}: {} is not explained", arg.get_id());
            }
        }
    }
}
