//! Which files a source names: globs, lists and standard input, under names that fit the outputs.

use super::settings::SourceSettings;
use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

/// A file to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Where it is.
    pub path: PathBuf,
    /// Its name in the outputs: relative to the base, with `/` between folders; `-` is standard input.
    pub name: Arc<str>,
}

impl Found {
    /// A file under its name relative to a base folder.
    pub fn new(path: &Path, base: &Path) -> Found {
        Found { path: path.to_path_buf(), name: Arc::from(relative(path, base)) }
    }

    /// Standard input.
    pub fn stdin() -> Found {
        Found { path: PathBuf::from("-"), name: Arc::from("-") }
    }

    /// Whether it is standard input.
    pub fn is_stdin(&self) -> bool {
        &*self.name == "-"
    }
}

/// What a source's paths led to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Finding {
    /// The files, sorted by name, each once.
    pub files: Vec<Found>,
    /// What led to nothing, each with the reason.
    pub missing: Vec<String>,
}

/// The files that a source names; its paths are relative to `base`.
pub fn find(settings: &SourceSettings, base: &Path) -> Finding {
    let mut files = BTreeMap::new();
    let mut missing = Vec::new();
    for pattern in &settings.path.0 {
        match one(pattern, base) {
            Ok(found) => files.extend(found.into_iter().map(|f| (f.name.clone(), f))),
            Err(reason) => missing.push(format!("{pattern}: {reason}")),
        }
    }
    Finding { files: files.into_values().collect(), missing }
}

fn one(pattern: &str, base: &Path) -> Result<Vec<Found>, String> {
    if pattern == "-" {
        return Ok(vec![Found::stdin()]);
    }
    let path = base.join(pattern);
    match std::fs::metadata(&path) {
        Ok(meta) if meta.is_dir() => {
            Err(format!("is a directory; name its files, as in \"{}/*.jsonl\"", pattern.trim_end_matches('/')))
        }
        Ok(_) => Ok(vec![Found::new(&path, base)]),
        Err(_) if pattern.contains(['*', '?', '[']) => globbed(pattern, base),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Err("no such file".into()),
        Err(error) => Err(error.to_string()),
    }
}

fn globbed(pattern: &str, base: &Path) -> Result<Vec<Found>, String> {
    let base_text = base.to_str().ok_or("its folder's name is no UTF-8; name the files without a glob")?;
    let full = Path::new(&glob::Pattern::escape(base_text)).join(pattern);
    let full = full.to_str().ok_or("is no UTF-8")?;
    let paths = glob::glob(full).map_err(|e| format!("is no glob: {e}"))?;
    let mut found = Vec::new();
    let mut unreadable = None;
    for path in paths {
        match path {
            Ok(path) if path.is_dir() => {}
            Ok(path) => found.push(Found::new(&path, base)),
            Err(error) => unreadable = Some(error.to_string()),
        }
    }
    match (found.is_empty(), unreadable) {
        (true, Some(error)) => Err(error),
        (true, None) => Err("matches no file".into()),
        (false, _) => Ok(found),
    }
}

/// The way from one folder to a file, by names alone.
fn relative(path: &Path, base: &Path) -> String {
    let (path, base) = (plain(path), plain(base));
    let common = path.iter().zip(&base).take_while(|(a, b)| a == b).count();
    let up = std::iter::repeat_n("..", base.len() - common).map(String::from);
    let down = path.into_iter().skip(common);
    up.chain(down).collect::<Vec<_>>().join("/")
}

/// The parts of an absolute path without `.` and `..`.
fn plain(path: &Path) -> Vec<String> {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
    let mut parts = Vec::new();
    for part in path.components() {
        match part {
            Component::Normal(name) => parts.push(name.to_string_lossy().into_owned()),
            Component::ParentDir => drop(parts.pop()),
            Component::Prefix(prefix) => parts.push(prefix.as_os_str().to_string_lossy().into_owned()),
            Component::RootDir | Component::CurDir => {}
        }
    }
    parts
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::settings::Paths;
    use super::*;

    fn finding(paths: &[&str], base: &Path) -> (Vec<String>, Vec<String>) {
        let path = Paths(paths.iter().map(|p| p.to_string()).collect());
        let found = find(&SourceSettings { name: "a".into(), path, ..Default::default() }, base);
        (found.files.iter().map(|f| f.name.to_string()).collect(), found.missing)
    }

    #[test]
    fn files_are_sorted_named_from_the_base_and_found_once() {
        let folder = tempfile::tempdir().unwrap();
        let base = folder.path().join("night [1]");
        std::fs::create_dir_all(base.join("in/sub")).unwrap();
        for name in ["in/b.txt", "in/a.txt", "in/[odd].txt", "../outside.txt"] {
            std::fs::write(base.join(name), "x").unwrap();
        }
        let (names, missing) =
            finding(&["in/*", "in/a.txt", "./in/../in/a.txt", "in/[odd].txt", "../outside.txt"], &base);
        assert_eq!(names, ["../outside.txt", "in/[odd].txt", "in/a.txt", "in/b.txt"]);
        assert_eq!(missing, Vec::<String>::new());
    }

    #[test]
    fn what_leads_to_nothing_is_said_with_its_reason() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("dir")).unwrap();
        let (names, missing) = finding(&["dir", "gone.txt", "*.nothing", "[", "-"], folder.path());
        assert_eq!(names, ["-"]);
        assert_eq!(missing.len(), 4);
        assert!(missing[0].contains("dir: is a directory; name its files, as in \"dir/*.jsonl\""));
        assert!(missing[1].contains("gone.txt: no such file"));
        assert!(missing[2].contains("matches no file"));
        assert!(missing[3].contains("is no glob"));
    }
}
