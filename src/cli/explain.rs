//! `retold explain`: why two entries are, or are not, in one event; or why one entry is where it is.

use clap::Args;

/// The arguments of `retold explain`.
#[derive(Args, Clone, Debug, Default)]
#[command(after_help = "Examples:\n  retold explain A B\n  retold explain A --json")]
pub struct ExplainArgs {
    /// The id of an entry.
    #[arg(value_name = "A")]
    pub a: String,
    /// The id of another; without it, what holds the first in its event.
    #[arg(value_name = "B")]
    pub b: Option<String>,
    /// Print as JSON; errors too.
    #[arg(long)]
    pub json: bool,
}
