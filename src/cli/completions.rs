//! `retold completions`: what a shell needs to complete our arguments.

use super::{Cli, out::Out};
use crate::error::{Exit, Result};
use clap::{Args, CommandFactory};
use clap_complete::Shell;

/// The arguments of `retold completions`.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  retold completions bash > ~/.local/share/bash-completion/completions/retold")]
pub struct CompletionsArgs {
    /// The shell to print the completions for.
    pub shell: Shell,
}

/// Prints the completions.
///
/// # Errors
/// They could not be written.
pub fn run(args: &CompletionsArgs) -> Result<Exit> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "retold", &mut script);
    let mut out = Out::lock();
    out.bytes(&script)?;
    out.end()?;
    Ok(Exit::Done)
}
