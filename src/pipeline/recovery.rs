//! What the run before left undone, done at the next start.

use super::folder;
use super::signal::Signal;
use crate::error::Result;
use crate::store::Store;
use std::path::Path;

/// What watches a run.
pub type Say<'a> = &'a (dyn Fn(Signal) + Sync);

/// Finishes a run that was committed and not published, and says what was dropped of one that was not committed.
/// Returns whether results are missing that only a new run can make.
///
/// # Errors
/// The disk or the state fails.
pub fn finish(store: &mut dyn Store, out: &Path, say: Say) -> Result<bool> {
    let recovery = store.recover()?;
    for name in &recovery.deleted {
        say(Signal::Warning(format!("run {name} did not end; what it wrote to the state was removed")));
    }
    let Some(run) = recovery.to_publish else {
        folder::prepare(out, None)?;
        return Ok(false);
    };
    if run.out.is_empty() {
        // A run of some stages alone has no folder to publish.
        folder::prepare(out, None)?;
        store.published(run.number)?;
        return Ok(false);
    }
    folder::prepare(out, Some(&run.out))?;
    let drafted = folder::draft(out, &run.out).is_dir();
    let stands = folder::place(out, &run.out).is_dir();
    if drafted || stands {
        folder::publish(out, &run.out)?;
        say(Signal::Note(format!("finished publishing run {}", run.name)));
    } else {
        say(Signal::Warning(format!("the results of run {} are gone; they are made again", run.name)));
    }
    store.published(run.number)?;
    Ok(!drafted && !stands)
}
