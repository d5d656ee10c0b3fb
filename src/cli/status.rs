//! `retold status`: the last published run, what the state holds, and who holds the lock.

use clap::Args;

/// The arguments of `retold status`.
#[derive(Args, Clone, Debug, Default)]
#[command(after_help = "Example:\n  retold status --json")]
pub struct StatusArgs {
    /// Print as JSON; errors too.
    #[arg(long)]
    pub json: bool,
}
