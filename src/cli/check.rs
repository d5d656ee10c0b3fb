//! `retold check`: whether the configuration is sound, and what its sources would read: files, formats, first entries.

use super::global::{GlobalArgs, shown};
use super::out::Out;
use crate::error::{Exit, Result};
use crate::pipeline::look::{self, FileSample};
use crate::settings::Settings;
use crate::source::SourceSettings;
use clap::Args;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::json;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The arguments of `retold check`.
#[derive(Args, Debug)]
#[command(
    after_help = "Ends with 0 when everything is in order, 1 when something deserves a look, 2 when the configuration\n\
is wrong or nothing could be read.\n\nExamples:\n  retold check\n  retold check --config nights/pipeline.toml --json"
)]
pub struct CheckArgs {
    /// Files to check in place of the configured sources.
    #[arg(value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Print as JSON; errors too.
    #[arg(long)]
    pub json: bool,
}

/// What a source would read.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Found {
    /// The source.
    pub source: String,
    /// Whether a run fails without it.
    pub required: bool,
    /// The files that can be opened, in the order of their paths.
    pub files: Vec<String>,
    /// What is wrong, in words.
    pub problems: Vec<String>,
    /// What the files hold, as far as a look at their beginning tells; standard input is not read for it.
    pub read: Vec<FileSample>,
    /// Where they are.
    #[serde(skip)]
    paths: Vec<PathBuf>,
}

/// Prints what was found.
///
/// # Errors
/// The configuration is wrong.
pub fn run(args: &CheckArgs, global: &GlobalArgs) -> Result<Exit> {
    let settings = global.settings_for(&args.files)?;
    let mut found = find(&settings);
    for (found, source) in found.iter_mut().zip(&settings.sources) {
        look_into(found, source, &settings);
    }
    let exit = verdict(&found);
    let mut out = Out::lock();
    if args.json {
        let report = json!({
            "config": shown(&settings.config),
            "out": shown(&settings.out),
            "state": settings.state.as_deref().map(shown),
            "sources": found,
            "exit": exit as u8,
        });
        out.line(format_args!("{report:#}"))?;
    } else if !global.quiet || exit != Exit::Done {
        print(&settings, &found, &mut out)?;
    }
    out.end()?;
    Ok(exit)
}

/// What each source would read.
pub fn find(settings: &Settings) -> Vec<Found> {
    let mut readers: BTreeMap<String, String> = BTreeMap::new();
    let mut all: Vec<Found> = settings.sources.iter().map(|s| find_in(&settings.base, s)).collect();
    for found in &mut all {
        for file in &found.files {
            match readers.insert(file.clone(), found.source.clone()) {
                Some(other) if file != "-" => {
                    found
                        .problems
                        .push(format!("{file} is read by the source {other} too; its entries would count twice"));
                }
                _ => {}
            }
        }
    }
    all
}

fn find_in(base: &Path, source: &SourceSettings) -> Found {
    let (mut files, mut paths, mut problems) = (Vec::new(), Vec::new(), Vec::new());
    for pattern in source.path.list() {
        if pattern == "-" {
            files.push("-".to_string());
            continue;
        }
        match matches(base, pattern) {
            Err(why) => problems.push(format!("the pattern {pattern} is wrong: {why}")),
            Ok(found) if found.is_empty() => problems.push(format!("nothing matches {pattern}")),
            Ok(found) => found.into_iter().for_each(|path| match readable(&path) {
                Ok(()) => {
                    files.push(shown(&path));
                    paths.push(path);
                }
                Err(why) => problems.push(format!("{} {why}", shown(&path))),
            }),
        }
    }
    files.sort();
    files.dedup();
    paths.sort();
    paths.dedup();
    Found { source: source.name.clone(), required: source.required, files, problems, read: Vec::new(), paths }
}

/// Reads the beginning of every file. One that gives nothing but rejects is a problem.
fn look_into(found: &mut Found, source: &SourceSettings, settings: &Settings) {
    for path in std::mem::take(&mut found.paths) {
        match look::sample(settings, source, &path, Timestamp::now()) {
            Ok(sample) => {
                if sample.samples.is_empty()
                    && let Some((line, reason)) = &sample.first_reject
                {
                    let at = if *line == 0 { String::new() } else { format!(":{line}") };
                    found.problems.push(format!("nothing in it is understood: {}{at}: {reason}", shown(&path)));
                }
                found.read.push(sample);
                found.paths.push(path);
            }
            Err(error) => found.problems.push(error.to_string()),
        }
    }
}

/// The files that a pattern stands for: the path itself where it is there, else what the glob finds.
fn matches(base: &Path, pattern: &str) -> std::result::Result<Vec<PathBuf>, String> {
    let literal = base.join(pattern);
    if literal.exists() {
        return Ok(vec![literal]);
    }
    let escaped = PathBuf::from(glob::Pattern::escape(&base.to_string_lossy())).join(pattern);
    let found = glob::glob(&escaped.to_string_lossy()).map_err(|e| e.to_string())?;
    Ok(found.map(|entry| entry.unwrap_or_else(|e| e.path().to_path_buf())).collect())
}

fn readable(path: &Path) -> std::result::Result<(), String> {
    let meta = std::fs::metadata(path).map_err(|e| format!("cannot be read: {e}"))?;
    if meta.is_dir() {
        return Err("is a folder; name the files in it, as in folder/*.jsonl".into());
    }
    if meta.is_file() {
        std::fs::File::open(path).map_err(|e| format!("cannot be read: {e}"))?;
        if meta.len() == 0 {
            return Err("is empty".into());
        }
    }
    Ok(())
}

fn verdict(found: &[Found]) -> Exit {
    if found.iter().all(|f| f.files.is_empty()) {
        return Exit::Usage;
    }
    if found.iter().any(|f| !f.problems.is_empty()) { Exit::Failed } else { Exit::Done }
}

fn print(settings: &Settings, found: &[Found], out: &mut Out) -> Result<()> {
    out.line(format_args!("configuration  {}: sound; sources: {}", shown(&settings.config), found.len()))?;
    out.line(format_args!("results        {}", shown(&settings.out)))?;
    out.line(format_args!("state          {}", settings.state.as_deref().map_or("none".to_string(), shown)))?;
    if found.is_empty() {
        out.line("there is no [[source]]: `retold init FILE…` writes one for files")?;
    }
    for f in found {
        let required = if f.required { " (required)" } else { "" };
        out.line(format_args!("source {}{required}; files: {}", f.source, f.files.len()))?;
        for file in f.files.iter().filter(|file| *file == "-") {
            out.line(format_args!("  reads {file}: standard input, which is not looked into here"))?;
        }
        for (sample, path) in f.read.iter().zip(&f.paths) {
            print_sample(sample, &shown(path), out)?;
        }
        for problem in &f.problems {
            out.line(format_args!("  problem: {problem}"))?;
        }
    }
    Ok(())
}

fn print_sample(sample: &FileSample, file: &str, out: &mut Out) -> Result<()> {
    let dialect = sample.dialect.map(|d| format!(", {d}")).unwrap_or_default();
    let part = if sample.partial { " in the beginning, which is all that was read here" } else { "" };
    let records = format!("records: {}, not understood: {}{part}", sample.records, sample.rejected);
    out.line(format_args!("  reads {file}: {}{dialect}; {records}", sample.format))?;
    if !sample.passed.is_empty() {
        let passed: Vec<String> = sample.passed.iter().map(|(what, n)| format!("{what}: {n}")).collect();
        out.line(format_args!("    passed over: {}", passed.join(", ")))?;
    }
    if let Some((line, reason)) = &sample.first_reject {
        out.line(format_args!("    record {line}: {reason}"))?;
    }
    for e in &sample.samples {
        let title = if e.title.is_empty() { "(no title)" } else { &e.title };
        let at = e.published.as_deref().unwrap_or("no date");
        out.line(format_args!("    {at:20}  {}: {title} | {}", e.outlet, e.words))?;
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::settings::from_text;

    fn found(folder: &Path, sources: &str) -> Vec<Found> {
        find(&from_text(sources, &folder.join("pipeline.toml"), &[]).unwrap())
    }

    #[test]
    fn sources_match_globs_and_plain_paths_beside_the_configuration() {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in [("a1.txt", "x"), ("a2.txt", "x"), ("odd[1].txt", "x"), ("empty.txt", "")] {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        let one = |path: &str| found(folder.path(), &format!("[[source]]\nname = \"s\"\npath = {path}\n")).remove(0);
        assert_eq!(one("\"a*.txt\"").files.len(), 2);
        assert_eq!(one("\"odd[1].txt\"").files.len(), 1);
        assert_eq!(one("[\"a1.txt\", \"a*.txt\"]").files.len(), 2);
        assert!(one("\"none-*.txt\"").problems[0].contains("nothing matches"));
        assert!(one("\"empty.txt\"").problems[0].ends_with("is empty"));
        assert!(one("\".\"").problems[0].contains("is a folder"));
        assert!(one("\"a**b\"").problems[0].contains("is wrong"));
    }

    #[test]
    fn a_file_of_two_sources_is_a_problem_and_nothing_to_read_is_wrong_usage() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("a.txt"), "x").unwrap();
        let block = |name: &str, path: &str| format!("[[source]]\nname = \"{name}\"\npath = \"{path}\"\n");
        let both = found(folder.path(), &(block("s", "a.txt") + &block("t", "*.txt")));
        assert!(both[1].problems[0].contains("the source s too"));
        assert_eq!(verdict(&both), Exit::Failed);
        assert_eq!(verdict(&found(folder.path(), &block("s", "a.txt"))), Exit::Done);
        assert_eq!(verdict(&found(folder.path(), &block("s", "b.txt"))), Exit::Usage);
        assert_eq!(verdict(&[]), Exit::Usage);
    }
}
