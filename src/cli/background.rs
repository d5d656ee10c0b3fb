//! `retold background`: a table of document frequencies.

use super::global::{GlobalArgs, shown};
use super::out::Out;
use crate::error::{Error, Exit, Result};
use crate::pipeline::background::count;
use crate::stage::background::pack;
use clap::Args;
use std::path::PathBuf;

/// What `retold background` takes.
#[derive(Args, Debug)]
#[command(
    long_about = "Counts in how many entries of the last run each term stands, and writes the counts, without any \
text. The table that is shipped (`[fingerprint] background`) was made so, of headlines that are in no scored set: \
put in place of assets/background-en.bin, another one is shipped with the next build.",
    after_help = "Example:\n  retold run headlines.jsonl.gz && retold background --output assets/background-en.bin"
)]
pub struct BackgroundArgs {
    /// Where to write the table.
    #[arg(long, value_name = "PATH")]
    pub output: PathBuf,
    /// Leave out the terms of fewer entries.
    #[arg(long, value_name = "N", default_value_t = 2)]
    pub least: u32,
}

/// Counts and writes.
///
/// # Errors
/// There is no last run, or the file cannot be written.
pub fn run(args: &BackgroundArgs, global: &GlobalArgs) -> Result<Exit> {
    let settings = global.settings_after_run()?;
    let progress = global.progress();
    let table = count(&settings, args.least, &|signal| progress.show(signal))?;
    let bytes = pack(&table);
    std::fs::write(&args.output, &bytes).map_err(Error::io("write", &args.output))?;
    let mut out = Out::lock();
    out.line(format_args!(
        "{} terms of {} entries, {} bytes, are in {}",
        table.rows().len(),
        table.documents(),
        bytes.len(),
        shown(&args.output)
    ))?;
    out.end()?;
    Ok(Exit::Done)
}
