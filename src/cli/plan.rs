//! `retold plan`: what a run would do and why, without doing it.

use super::global::GlobalArgs;
use super::out::Out;
use super::run::{SelectionArgs, with_threads};
use crate::error::{Exit, Result};
use crate::pipeline::{self, Action};
use clap::Args;

/// The arguments of `retold plan`.
#[derive(Args, Clone, Debug, Default)]
#[command(after_help = "Examples:\n  retold plan\n  retold plan --set cluster.threshold=0.25 --json")]
pub struct PlanArgs {
    /// What would be run.
    #[command(flatten)]
    pub selection: SelectionArgs,
    /// Print the plan as JSON; errors too.
    #[arg(long)]
    pub json: bool,
}

/// Prints the plan.
///
/// # Errors
/// The configuration, a source or the state is wrong.
pub fn run(args: &PlanArgs, global: &GlobalArgs) -> Result<Exit> {
    let settings = args.selection.settings(global)?;
    let options = args.selection.to_options()?;
    let progress = global.progress();
    let warn = |signal| {
        if matches!(signal, pipeline::signal::Signal::Warning(_) | pipeline::signal::Signal::Note(_)) {
            progress.show(signal);
        }
    };
    let steps = with_threads(settings.run.threads, || pipeline::plan(&settings, &options, &warn))?;
    let mut out = Out::lock();
    if args.json {
        let json = serde_json::to_value(&steps).unwrap_or_default();
        out.line(format_args!("{json:#}"))?;
    } else {
        for step in &steps {
            let action = match step.action {
                Action::Run => "run",
                Action::Reuse => "reuse",
                Action::Skip => "skip",
            };
            out.line(format_args!("{:<12} {action:<6} {}", step.stage.name(), step.why))?;
        }
    }
    out.end()?;
    Ok(Exit::Done)
}
