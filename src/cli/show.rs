//! `retold show`: one event with its entries, or one entry with its text.

use clap::Args;

/// The arguments of `retold show`.
#[derive(Args, Clone, Debug, Default)]
#[command(after_help = "Examples:\n  retold show ev-0123456789abcdef0123456789abcdef\n  retold show ID --json")]
pub struct ShowArgs {
    /// The id of an event or of an entry, as the report and the result files print it.
    #[arg(value_name = "ID")]
    pub id: String,
    /// Print as JSON, with the text of an entry; errors too.
    #[arg(long)]
    pub json: bool,
}
