//! Files named on the command line as sources.

use crate::error::{Error, Result};
use crate::source::{Found, SourceSettings, suggest};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// One source per file, in the order of their paths; a file named twice counts once.
///
/// # Errors
/// A path is no UTF-8, so that it cannot be written in a configuration.
pub fn as_sources(files: &[PathBuf]) -> Result<Vec<SourceSettings>> {
    let mut paths = Vec::new();
    for file in files {
        if file == Path::new("-") {
            paths.push((file.clone(), "-".to_string()));
            continue;
        }
        let full = std::path::absolute(file).map_err(Error::io("read", file))?;
        let text = full.to_str().ok_or_else(|| {
            Error::Usage(format!("the path {} is no UTF-8; rename the file to read it", file.display()))
        })?;
        let pattern = glob::Pattern::escape(text);
        paths.push((full, pattern));
    }
    paths.sort();
    paths.dedup();
    let mut names: BTreeMap<String, u32> = BTreeMap::new();
    let source = |(path, pattern): &(PathBuf, String)| {
        let mut source = source_of(unique(&mut names, &stem(path)), pattern)?;
        fit(&mut source, path);
        Ok(source)
    };
    paths.iter().map(source).collect()
}

/// Where a file has neither a field `title` nor `text`, what its own fields are likely to mean, and which of several
/// arrays holds its records. Whatever a configured source says is never guessed at.
fn fit(source: &mut SourceSettings, path: &Path) {
    let found = Found::new(path, Path::new("/"));
    if path == Path::new("-") {
        return;
    }
    // That it cannot be read is told when it is.
    let Ok(suggestion) = suggest(&found) else { return };
    source.records = suggestion.records;
    let known = |name: &String| suggestion.names.contains(name);
    if let Some(fields) = suggestion.fields
        && !known(&source.fields.title)
        && !known(&source.fields.text)
    {
        source.fields = fields;
    }
}

fn source_of(name: String, pattern: &str) -> Result<SourceSettings> {
    let mut table = toml::Table::new();
    table.insert("name".into(), name.into());
    table.insert("path".into(), pattern.into());
    SourceSettings::deserialize(table).map_err(|e| Error::Usage(format!("{pattern}: {e}")))
}

/// The name of a file without the endings of formats and of compression.
pub fn stem(path: &Path) -> String {
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
    let mut stem = name.as_str();
    for ending in [
        ".gz", ".zst", ".jsonl", ".ndjson", ".json", ".txt", ".csv", ".tsv", ".xml", ".rss", ".atom", ".rdf", ".warc",
        ".parquet", ".html", ".htm",
    ] {
        stem = stem.strip_suffix(ending).filter(|s| !s.is_empty()).unwrap_or(stem);
    }
    if stem == "-" { "stdin".into() } else { stem.to_string() }
}

/// The name itself the first time, then `name-2`, `name-3` …
fn unique(names: &mut BTreeMap<String, u32>, name: &str) -> String {
    let mut candidate = name.to_string();
    while names.contains_key(&candidate) {
        let n = names.entry(name.to_string()).or_insert(1);
        *n += 1;
        candidate = format!("{name}-{n}");
    }
    names.insert(candidate.clone(), 1);
    candidate
}
