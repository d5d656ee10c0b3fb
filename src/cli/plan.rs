//! `retold plan`: what a run would do and why, without doing it.

use super::run::SelectionArgs;
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
