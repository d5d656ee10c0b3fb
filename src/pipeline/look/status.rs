//! How things stand: the last run, what the state holds, who holds a lock, how much room is left.

use crate::error::Result;
use crate::pipeline::folder;
use crate::settings::Settings;
use crate::store::{self, Lock};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::Path;

/// How things stand.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema)]
pub struct Status {
    /// The folder of the results.
    pub out: String,
    /// The run that `latest` points to; null when nothing was published.
    pub latest: Option<String>,
    /// Folders of runs that are kept.
    pub runs_kept: usize,
    /// The state; null when none is configured.
    pub state: Option<StateLook>,
    /// Locks that are held: a run is going on.
    pub locks: Vec<HeldLock>,
    /// Bytes free where results go; null where the system does not say.
    pub free_bytes: Option<u64>,
}

/// What the state holds.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema)]
pub struct StateLook {
    /// Its file.
    pub path: String,
    /// Its size; null when it is not there yet.
    pub bytes: Option<u64>,
    /// The last run that was committed.
    pub last_run: Option<LastRun>,
    /// Rows per table.
    pub rows: BTreeMap<String, u64>,
}

/// A run as the state knows it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema)]
pub struct LastRun {
    /// Counted from 1.
    pub number: u64,
    /// Its name.
    pub name: String,
    /// Its "now", RFC 3339 UTC.
    pub as_of: String,
    /// `committed` (its folder waits for the next start) or `published`.
    pub status: &'static str,
    /// Its folder; null when it made none.
    pub folder: Option<String>,
}

/// A lock and who holds it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema)]
pub struct HeldLock {
    /// The lock file.
    pub path: String,
    /// What the holder wrote of itself.
    pub holder: String,
}

/// Looks at everything and changes nothing.
///
/// # Errors
/// The state is there and cannot be read.
pub fn status(settings: &Settings) -> Result<Status> {
    let locks = folder::lock_paths(settings).into_iter().filter_map(|path| held(&path)).collect();
    let latest = folder::latest(&settings.out);
    Ok(Status {
        out: settings.out.display().to_string(),
        latest: latest.and_then(|l| Some(l.file_name()?.to_string_lossy().into_owned())),
        runs_kept: folder::run_folders(&settings.out).len(),
        state: settings.state.as_deref().map(state).transpose()?,
        locks,
        free_bytes: free_bytes(&settings.out),
    })
}

fn state(path: &Path) -> Result<StateLook> {
    let bytes = std::fs::metadata(path).ok().map(|m| m.len());
    let mut look = StateLook { path: path.display().to_string(), bytes, last_run: None, rows: BTreeMap::new() };
    if bytes.is_some() {
        let store = store::open(path)?;
        look.rows = store.counts()?;
        look.last_run = store.last_run()?.map(|run| LastRun {
            number: run.number,
            name: run.name,
            as_of: Timestamp::from_second(run.as_of).map(|t| t.to_string()).unwrap_or_default(),
            status: run.status.name(),
            folder: Some(run.out).filter(|f| !f.is_empty()),
        });
    }
    Ok(look)
}

fn held(path: &Path) -> Option<HeldLock> {
    let holder = Lock::holder(path)?;
    Some(HeldLock { path: path.display().to_string(), holder })
}

/// Bytes free in a folder that may not be there yet.
fn free_bytes(out: &Path) -> Option<u64> {
    let there = out.ancestors().find(|p| p.exists())?;
    fs4::available_space(there).ok()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn before_the_first_run_there_is_nothing_and_nothing_is_made() {
        let folder = tempfile::tempdir().unwrap();
        let settings = Settings::defaults(folder.path());
        let status = status(&settings).unwrap();
        assert_eq!((status.latest, status.runs_kept, status.locks.len()), (None, 0, 0));
        assert!(status.state.is_some_and(|s| s.bytes.is_none() && s.last_run.is_none()));
        assert!(status.free_bytes.is_some());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_lock_that_is_held_is_told_with_its_holder() {
        let folder = tempfile::tempdir().unwrap();
        let settings = Settings::defaults(folder.path());
        let paths = folder::lock_paths(&settings);
        let held = Lock::take(&paths[0]).unwrap();
        let status = status(&settings).unwrap();
        assert_eq!(status.locks.len(), 1);
        assert_eq!(status.locks[0].holder, format!("process {}", std::process::id()));
        drop(held);
    }
}
