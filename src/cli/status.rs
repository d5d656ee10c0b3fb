//! `retold status`: the last published run, what the state holds, and who holds the lock.

use super::global::{GlobalArgs, shown};
use super::out::Out;
use crate::error::{Exit, Result};
use crate::pipeline::look::{self, StateLook, Status};
use clap::Args;
use std::path::Path;

/// The arguments of `retold status`.
#[derive(Args, Clone, Debug, Default)]
#[command(after_help = "Example:\n  retold status --json")]
pub struct StatusArgs {
    /// Print as JSON; errors too.
    #[arg(long)]
    pub json: bool,
}

/// Prints how things stand.
///
/// # Errors
/// The configuration is wrong, or the state cannot be read.
pub fn run(args: &StatusArgs, global: &GlobalArgs) -> Result<Exit> {
    let status = look::status(&global.settings_after_run()?)?;
    let mut out = Out::lock();
    if args.json {
        let json = serde_json::to_value(&status).unwrap_or_default();
        out.line(format_args!("{json:#}"))?;
    } else {
        print(&status, &mut out)?;
    }
    out.end()?;
    Ok(Exit::Done)
}

fn print(status: &Status, out: &mut Out) -> Result<()> {
    let latest = status.latest.as_deref().unwrap_or("nothing has been published yet; `retold run` does");
    out.line(format_args!("results   {}; runs kept: {}", shown(Path::new(&status.out)), status.runs_kept))?;
    out.line(format_args!("latest    {latest}"))?;
    match &status.state {
        None => out.line("state     none: [run] state is \"\", nothing is kept")?,
        Some(state) => print_state(state, out)?,
    }
    for lock in &status.locks {
        out.line(format_args!(
            "lock      {} is held by {}: a run is going on",
            shown(Path::new(&lock.path)),
            lock.holder
        ))?;
    }
    if status.locks.is_empty() {
        out.line("lock      nobody holds one")?;
    }
    let free = status.free_bytes.map_or("unknown".to_string(), megabytes);
    out.line(format_args!("free      {free}"))
}

fn print_state(state: &StateLook, out: &mut Out) -> Result<()> {
    let path = shown(Path::new(&state.path));
    let Some(bytes) = state.bytes else { return out.line(format_args!("state     {path}: not there yet")) };
    out.line(format_args!("state     {path}: {}", megabytes(bytes)))?;
    match &state.last_run {
        None => out.line("last run  none yet")?,
        Some(run) => {
            let waits = if run.status == "committed" { "; the next start publishes it" } else { "" };
            out.line(format_args!("last run  {} ({}{waits}), as of {}", run.name, run.status, run.as_of))?;
        }
    }
    for (table, rows) in &state.rows {
        out.line(format_args!("  {table:10} {rows:>12}"))?;
    }
    Ok(())
}

fn megabytes(bytes: u64) -> String {
    format!("{:.1} MB", bytes as f64 / 1e6)
}
