//! The rules of the house: floors, file headers, documents that agree with the code.
#![allow(clippy::unwrap_used)]

use regex::Regex;
use retold::settings::{self, Settings, Written, text};
use std::fs;
use std::path::{Path, PathBuf};

/// The floors from the ground up; rooms of one floor are blind to one another.
const FLOORS: [&[&str]; 9] = [
    &["error"],
    &["model"],
    &["algo"],
    &["stage", "source", "store", "render"],
    &["settings"],
    &["engine"],
    &["pipeline"],
    &["progress"],
    &["cli"],
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut files: Vec<PathBuf> = entries
        .flat_map(|e| {
            let path = e.unwrap().path();
            if path.is_dir() { rust_files(&path) } else { vec![path] }
        })
        .filter(|p| p.extension().is_some_and(|e| e == "rs"))
        .collect();
    files.sort();
    files
}

fn short(path: &Path) -> String {
    path.strip_prefix(root()).unwrap().to_string_lossy().replace('\\', "/")
}

/// The room a file of `src/` is in: its first folder, or its own name.
fn room(file: &str) -> &str {
    let inside = file.trim_start_matches("src/");
    inside.split('/').next().unwrap_or(inside).trim_end_matches(".rs")
}

fn floor(room: &str) -> Option<usize> {
    FLOORS.iter().position(|rooms| rooms.contains(&room))
}

/// The rooms that a file names by `crate::room` or `use crate::{room, room::…}`, comments left out.
fn rooms_used(text: &str, krate: &str) -> Vec<String> {
    let code: String = text.lines().map(|l| l.split("//").next().unwrap_or("").to_string() + "\n").collect();
    let single = Regex::new(&format!(r"\b{krate}::([a-z_]+)")).unwrap();
    let group = Regex::new(&format!(r"\b{krate}::\{{((?:[^{{}}]|\{{[^{{}}]*\}})*)\}}")).unwrap();
    let nested = Regex::new(r"\{[^{}]*\}").unwrap();
    let mut rooms: Vec<String> = single.captures_iter(&code).map(|c| c[1].to_string()).collect();
    for found in group.captures_iter(&code) {
        let flat = nested.replace_all(&found[1], "").to_string();
        rooms.extend(flat.split(',').map(|part| part.trim().split("::").next().unwrap_or("").to_string()));
    }
    rooms
}

#[test]
fn each_floor_uses_only_floors_below_and_rooms_of_one_floor_are_blind_to_one_another() {
    let mut broken = Vec::new();
    for path in rust_files(&root().join("src")) {
        let file = short(&path);
        if matches!(file.as_str(), "src/lib.rs" | "src/main.rs") {
            continue;
        }
        let here = room(&file);
        let Some(height) = floor(here) else {
            broken.push(format!("{file}: `{here}` is on no floor; add it to FLOORS"));
            continue;
        };
        for used in rooms_used(&fs::read_to_string(&path).unwrap(), "crate") {
            if let Some(other) = floor(&used).filter(|_| used != here)
                && other >= height
            {
                broken.push(format!("{file} uses {used}, which is not below {here}"));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn main_is_a_table_of_contents() {
    let text = fs::read_to_string(root().join("src/main.rs")).unwrap();
    assert!(text.lines().count() < 60);
    assert!(rooms_used(&text, "retold").iter().all(|r| r == "cli"));
}

#[test]
fn groups_of_imports_are_understood() {
    let text = "use crate::{model::{a, b}, store};\nlet x = crate::render::y; // crate::cli\n";
    assert_eq!(rooms_used(text, "crate"), ["render", "model", "store"]);
}

#[test]
fn every_file_opens_with_a_sentence_about_itself() {
    for folder in ["src", "tests"] {
        for path in rust_files(&root().join(folder)) {
            let text = fs::read_to_string(&path).unwrap();
            assert!(text.lines().next().is_some_and(|l| l.starts_with("//! ")), "{} has no //! line", short(&path));
        }
    }
}

/// Whether a file is a module that its parent declares for tests alone.
fn is_for_tests(path: &Path) -> bool {
    let name = path.file_stem().unwrap().to_string_lossy();
    let parent = fs::read_to_string(path.with_file_name("mod.rs")).unwrap_or_default();
    parent.contains(&format!("#[cfg(test)]\nmod {name};"))
}

#[test]
fn no_file_has_four_hundred_lines_before_its_tests() {
    for path in rust_files(&root().join("src")).iter().filter(|p| !is_for_tests(p)) {
        let text = fs::read_to_string(path).unwrap();
        let lines = text.lines().take_while(|l| *l != "#[cfg(test)]").count();
        assert!(lines < 400, "{} has {lines} lines before its tests", short(path));
    }
}

#[test]
fn architecture_names_only_paths_that_are_there() {
    let Ok(text) = fs::read_to_string(root().join("ARCHITECTURE.md")) else { return };
    let path = Regex::new(r"`((?:src|tests|seeds|out|tools|\.ci)/[A-Za-z0-9_./-]*)`").unwrap();
    let made_by_runs = |p: &str| p.starts_with("out/") && p != "out/README.md";
    for found in path.captures_iter(&text) {
        let named = &found[1];
        assert!(
            made_by_runs(named) || root().join(named).exists(),
            "ARCHITECTURE.md names {named}, which is not there"
        );
    }
}

#[test]
fn the_readme_holds_the_table_of_knobs() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let inner = readme.split("<!-- knobs -->\n").nth(1).and_then(|rest| rest.split("<!-- /knobs -->").next());
    let table = settings::readme_table();
    assert!(inner == Some(table.as_str()), "put this between the knobs markers of README.md:\n\n{table}");
}

#[test]
fn the_shipped_configuration_equals_the_defaults() {
    let path = root().join("pipeline.toml");
    let shipped = settings::load(&path, &[]).unwrap();
    let defaults = Settings::defaults(root());
    let without_sources = Written { sources: Vec::new(), ..shipped.written };
    assert_eq!(without_sources, defaults.written);
    let written = fs::read_to_string(&path).unwrap();
    for section in [text::run_section(&defaults), text::stage_sections(&defaults)] {
        assert!(written.contains(section.trim()), "pipeline.toml should hold this:\n\n{section}");
    }
}
