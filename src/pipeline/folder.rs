//! The folder of a run: written beside, published by one rename, `latest` moved, old ones removed.

use crate::error::{Error, Result};
use crate::settings::Settings;
use std::fs;
use std::path::{Path, PathBuf};

/// The locks that a run takes: beside the state, and in the folder of the results.
pub fn lock_paths(settings: &Settings) -> Vec<PathBuf> {
    let beside = |path: &PathBuf| {
        let mut name = path.as_os_str().to_os_string();
        name.push(".lock");
        PathBuf::from(name)
    };
    settings.state.iter().map(beside).chain([settings.out.join(".lock")]).collect()
}

/// Where a run's folder is written before it is published.
pub fn draft(out: &Path, run: &str) -> PathBuf {
    out.join("runs").join(format!(".{run}.draft"))
}

/// Where it stands once published.
pub fn place(out: &Path, run: &str) -> PathBuf {
    out.join("runs").join(run)
}

/// Where the page stands that says how good a run is. Published folders do not change, so it is not in the run's.
pub fn quality_page(out: &Path, run: &str) -> PathBuf {
    out.join("quality").join(format!("{run}.html"))
}

/// Makes the folder of results and removes drafts that nobody will publish.
pub fn prepare(out: &Path, keep_draft: Option<&str>) -> Result<()> {
    let runs = out.join("runs");
    fs::create_dir_all(&runs).map_err(Error::io("create", &runs))?;
    let keep = keep_draft.map(|run| draft(out, run));
    for entry in fs::read_dir(&runs).map_err(Error::io("read the folder", &runs))?.flatten() {
        let path = entry.path();
        let name = entry.file_name();
        let is_draft = name.to_string_lossy().starts_with('.') && name.to_string_lossy().ends_with(".draft");
        if is_draft && Some(&path) != keep.as_ref() {
            fs::remove_dir_all(&path).map_err(Error::io("remove", &path))?;
        }
    }
    Ok(())
}

/// Renames the draft into place and moves `latest`. The rename is the publication: before it the last results stand
/// as they did, after it the new ones stand whole.
pub fn publish(out: &Path, run: &str) -> Result<()> {
    let (from, to) = (draft(out, run), place(out, run));
    if from.exists() {
        fs::rename(&from, &to).map_err(Error::io("publish", &to))?;
        sync(&out.join("runs"))?;
    }
    point_latest(out, run)
}

/// Makes what was written durable, where the system can sync a folder.
pub fn sync(folder: &Path) -> Result<()> {
    match fs::File::open(folder) {
        Ok(file) if cfg!(unix) => file.sync_all().map_err(Error::io("sync", folder)),
        _ => Ok(()),
    }
}

fn point_latest(out: &Path, run: &str) -> Result<()> {
    let (latest, fresh) = (out.join("latest"), out.join(".latest.new"));
    let _ = fs::remove_file(&fresh);
    let target = Path::new("runs").join(run);
    link(&target, &fresh).map_err(Error::io("link", &fresh))?;
    #[cfg(windows)]
    let _ = fs::remove_dir(&latest);
    fs::rename(&fresh, &latest).map_err(Error::io("move", &latest))?;
    sync(out)
}

#[cfg(unix)]
fn link(target: &Path, at: &Path) -> std::io::Result<()> {
    std::os::unix::fs::symlink(target, at)
}

#[cfg(windows)]
fn link(target: &Path, at: &Path) -> std::io::Result<()> {
    std::os::windows::fs::symlink_dir(target, at)
}

/// The folder that `latest` points to.
pub fn latest(out: &Path) -> Option<PathBuf> {
    let target = fs::read_link(out.join("latest")).ok()?;
    Some(out.join(target)).filter(|p| p.is_dir())
}

/// The published runs, oldest first.
pub fn run_folders(out: &Path) -> Vec<String> {
    let Ok(read) = fs::read_dir(out.join("runs")) else { return Vec::new() };
    let mut names: Vec<String> = read
        .flatten()
        .filter(|e| e.path().is_dir())
        .map(|e| e.file_name().to_string_lossy().into_owned())
        .filter(|n| !n.starts_with('.'))
        .collect();
    names.sort();
    names
}

/// Removes the oldest folders, and the pages on how good they are, until `keep` are left (0 keeps all); never the one
/// that `latest` points to. Returns what could not be removed, in words: the run's own results stand either way.
pub fn remove_old(out: &Path, keep: usize) -> Vec<String> {
    let latest = latest(out);
    let mut others = run_folders(out);
    others.retain(|run| Some(place(out, run)) != latest);
    let surplus = if keep == 0 { 0 } else { (others.len() + 1).saturating_sub(keep) };
    let remove = |run: &String| {
        // Most runs were never scored.
        let _ = fs::remove_file(quality_page(out, run));
        let path = place(out, run);
        fs::remove_dir_all(&path).err().map(|e| format!("cannot remove {}: {e}", path.display()))
    };
    others.iter().take(surplus).filter_map(remove).collect()
}

/// Fails when fewer than `needed` bytes are free where results go.
pub fn check_space(out: &Path, needed: u64) -> Result<()> {
    let free = fs4::available_space(out).map_err(Error::io("measure the free space of", out))?;
    if free >= needed {
        return Ok(());
    }
    let mb = |bytes: u64| bytes.div_ceil(1_000_000);
    let why = format!("{} MB are free and about {} MB are needed", mb(free), mb(needed));
    Err(Error::io("write to", out)(std::io::Error::new(std::io::ErrorKind::StorageFull, why)))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn with_runs(names: &[&str]) -> tempfile::TempDir {
        let out = tempfile::tempdir().unwrap();
        for name in names {
            fs::create_dir_all(draft(out.path(), name)).unwrap();
            publish(out.path(), name).unwrap();
        }
        out
    }

    #[test]
    fn publishing_moves_latest_and_leaves_no_draft() {
        let out = with_runs(&["a", "b"]);
        assert_eq!(latest(out.path()).unwrap(), place(out.path(), "b"));
        assert_eq!(run_folders(out.path()), ["a", "b"]);
    }

    #[test]
    fn old_folders_go_but_never_the_latest() {
        let out = with_runs(&["b", "c", "a"]);
        fs::create_dir(out.path().join("quality")).unwrap();
        for run in ["a", "b"] {
            fs::write(quality_page(out.path(), run), "").unwrap();
        }
        assert!(remove_old(out.path(), 1).is_empty());
        assert_eq!(run_folders(out.path()), ["a"], "a is the latest, though the oldest by name");
        assert!(quality_page(out.path(), "a").exists() && !quality_page(out.path(), "b").exists());
        assert!(remove_old(out.path(), 0).is_empty());
        assert_eq!(run_folders(out.path()).len(), 1);
    }

    #[test]
    fn drafts_of_dead_runs_are_removed_but_not_one_that_waits() {
        let out = with_runs(&["a"]);
        for name in ["x", "y"] {
            fs::create_dir_all(draft(out.path(), name)).unwrap();
        }
        prepare(out.path(), Some("y")).unwrap();
        assert!(!draft(out.path(), "x").exists() && draft(out.path(), "y").exists());
    }

    #[test]
    fn a_lack_of_space_says_how_much() {
        let out = with_runs(&[]);
        let error = check_space(out.path(), u64::MAX).unwrap_err();
        assert!(error.to_string().contains("MB are needed") && error.to_string().contains("free some space"));
        assert!(check_space(out.path(), 1).is_ok());
    }
}
