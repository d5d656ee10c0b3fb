//! `retold trial` on invented articles: edited copies are found, reports made from one template are no copies.
#![allow(clippy::unwrap_used)]

use super::families::{FAMILIES, members};
use super::invented::{Dice, articles, file};
use serde_json::Value;
use std::fs;
use std::process::{Command, Output};
use tempfile::TempDir;

fn folder(lines: &[String]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("night.jsonl"), file(lines)).unwrap();
    folder
}

fn retold(folder: &TempDir, arguments: &[&str]) -> Output {
    let all = [&["trial", "night.jsonl", "--quiet", "--as-of", "2026-01-15T12:00:00Z"], arguments].concat();
    Command::new(env!("CARGO_BIN_EXE_retold")).args(all).current_dir(folder.path()).output().unwrap()
}

fn printed(folder: &TempDir, arguments: &[&str]) -> String {
    let output = retold(folder, arguments);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn report(folder: &TempDir, arguments: &[&str]) -> Value {
    serde_json::from_str(&printed(folder, &[arguments, &["--json", "-"]].concat())).unwrap()
}

#[test]
fn edited_copies_of_articles_are_found_and_different_articles_are_no_copies() {
    let report = report(&folder(&articles(80, 3)), &["--each", "60"]);
    assert_eq!(report["articles"], 80);
    assert_eq!(report["edits"].as_array().unwrap().len(), 12);
    for edit in report["edits"].as_array().unwrap() {
        let least = if edit["name"] == "brief" { 0.85 } else { 0.95 };
        assert_eq!(edit["made"], 60);
        assert!(edit["share"].as_f64().unwrap() >= least, "{edit}");
    }
    assert!(report["all"]["share"].as_f64().unwrap() >= 0.99, "{}", report["all"]);
    assert_eq!(report["chance"]["pairs"], 80 * 79 / 2);
    assert_eq!(report["chance"]["called"], Value::Array(vec![]));
    assert!(report["same_event"].is_null());
}

#[test]
fn reports_made_from_one_template_with_other_names_and_numbers_are_no_copies() {
    for (family, template) in FAMILIES {
        let folder = folder(&members(family, template, 24, &mut Dice(5)));
        let report = report(&folder, &["--each", "1"]);
        assert_eq!(report["chance"]["pairs"], 24 * 23 / 2, "every pair is looked at");
        assert_eq!(report["chance"]["called"], Value::Array(vec![]), "{family}");
    }
}

#[test]
fn the_same_seed_gives_the_same_bytes_whatever_the_threads() {
    let folder = folder(&articles(30, 4));
    let text = |more: &[&str]| printed(&folder, &[&["--each", "10", "--pairs", "100"], more].concat());
    let one = text(&["--threads", "1"]);
    assert_eq!(one, text(&["--threads", "5", "--json", "trial.json"]));
    let written = fs::read_to_string(folder.path().join("trial.json")).unwrap();
    assert_eq!(written, text(&["--json", "-", "--seed", "1"]));
    assert_ne!(written, text(&["--json", "-", "--seed", "2"]), "another seed, other copies");
}

#[test]
fn labelled_pairs_that_are_called_copies_are_listed() {
    let mut lines = articles(12, 6);
    let labelled = |line: &str, id: &str| {
        let mut row: Value = serde_json::from_str(line).unwrap();
        (row["id"], row["gold"]) = (id.into(), "storm".into());
        row.to_string()
    };
    let (first, reprint, account) = (labelled(&lines[0], "x"), labelled(&lines[0], "y"), labelled(&lines[1], "z"));
    lines.splice(0..2, [first, reprint, account]);
    let report = report(&folder(&lines), &["--each", "2", "--gold"]);
    assert_eq!(report["same_event"]["pairs"], 3);
    let called = report["same_event"]["called"].as_array().unwrap();
    assert_eq!(called.len(), 1);
    assert_eq!(called[0]["relation"], "same_text");
    assert_eq!(called[0]["containment"], 1.0);
}

#[test]
fn what_cannot_be_tried_is_refused() {
    let folder = folder(&articles(1, 1));
    let output = retold(&folder, &[]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("1 of 1 entries have 120 words"));
}
