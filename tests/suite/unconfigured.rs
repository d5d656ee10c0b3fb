//! Files named on the command line, in a folder without pipeline.toml: every verb after the run finds what it left.
#![allow(clippy::unwrap_used)]

use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

fn retold(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_retold")).args(arguments).arg("--quiet").current_dir(folder).output().unwrap()
}

fn done(folder: &Path, arguments: &[&str]) -> String {
    let output = retold(folder, arguments);
    assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Place, thing, what became of it, and what about it: events that share no words.
const EVENTS: [[&str; 4]; 5] = [
    ["Port Ellery", "ferry", "runs aground", "rocks near its berth at low tide"],
    ["Stonefell", "observatory", "finds comet", "brightening trail beyond Saturn"],
    ["Marrow Bay", "tram drivers", "strike over pay", "union ballot about night shifts"],
    ["Tarn Head", "reservoir", "overflows", "spillway gate jammed by ice"],
    ["Quill Street", "library", "wins architecture prize", "jury praised its oak staircase"],
];

/// Three accounts of each of five events, of which gold calls one account something else, and a pair of events one.
fn labelled() -> String {
    let account = |event: usize, n: usize| {
        let [place, thing, done, about] = EVENTS[event];
        let title = match n {
            0 => format!("<script>alert({event})</script> {place} {thing} {done}"),
            1 => format!("\u{202e}{thing} of {place} {done} <img src=x onerror=alert(1)>"),
            _ => format!("{place}: {thing} {done}"),
        };
        let text = [
            format!("{place} {thing} {done}: {about}."),
            format!("{thing} at {place} {done}, {about}."),
            format!("How {thing} {done}. {about}, {place} hears."),
        ];
        let gold = match (event, n) {
            (0, 2) => "</td><script>alert(2)</script>".to_string(),
            (1 | 2, _) => "both".to_string(),
            _ => format!("event {event}"),
        };
        json!({"id": format!("e{event}{n}"), "outlet": format!("<b>Outlet {n}</b>"), "title": title, "text": text[n],
               "published": format!("2026-01-14T0{n}:00:00Z"), "gold": gold})
    };
    let all = (0..5).flat_map(|event| (0..3).map(move |n| (event, n)));
    all.map(|(event, n)| format!("{}\n", account(event, n))).collect()
}

fn run_on_files() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("set.jsonl"), labelled()).unwrap();
    done(folder.path(), &["run", "set.jsonl", "--as-of", "2026-01-15T00:00:00Z"]);
    folder
}

/// Every file of the published runs with its bytes.
fn published(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let (mut found, mut open) = (BTreeMap::new(), vec![folder.join("out/runs")]);
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(fs::read_dir(&path).unwrap().map(|e| e.unwrap().path()));
        } else {
            found.insert(path.clone(), fs::read(&path).unwrap());
        }
    }
    found
}

#[test]
fn every_verb_after_a_run_on_files_finds_what_it_left() {
    let folder = run_on_files();
    let at = folder.path();
    let report: Value = serde_json::from_str(&done(at, &["eval", "set.jsonl", "--json"])).unwrap();
    assert_eq!((&report["tables"][0]["rows"], &report["notes"]), (&json!(15), &json!([])));
    let sweep = ["sweep", "set.jsonl", "--knob", "cluster.threshold", "--range", "0.1..0.4", "--steps", "2", "--json"];
    let output = Command::new(env!("CARGO_BIN_EXE_retold")).args(sweep).current_dir(at).output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!said.contains("done again"), "the sources of the run are those of the sweep: {said}");
    assert!(done(at, &["fit", "set.jsonl"]).contains("[score.weights]"));
    for verb in ["status", "log"] {
        done(at, &[verb]);
    }
    assert_eq!(done(at, &["export", "entries"]).lines().count(), 15);
    // The command that is printed beside an error works where it is printed.
    let explain = report["worst"][0]["explain"].as_str().unwrap().to_string();
    let words: Vec<&str> = explain.split(' ').skip(1).collect();
    assert!(done(at, &words).contains("evidence"));
    assert!(done(at, &["show", words[1]]).contains(words[1]));
}

#[test]
fn copies_alone_are_found_and_exported_as_the_example_says() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let text = "The ferry of Port Ellery ran aground on rocks near its berth at low tide and was towed off by two tugs"
        .repeat(3);
    let row = |id: &str, text: &str, hour: u32| json!({"id": id, "outlet": id, "title": "Ferry", "text": text, "published": format!("2026-01-14T0{hour}:00:00Z")});
    let rows = [row("first", &text, 1), row("again", &text, 2), row("other", "A comet was seen over Stonefell.", 3)];
    fs::write(at.join("night.jsonl"), rows.map(|r| r.to_string()).join("\n")).unwrap();
    let config = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/copies-only.toml");
    done(at, &["run", "--config", config, "night.jsonl", "--out", "copies"]);
    assert!(!at.join("state").exists() && !at.join("copies/latest/events.jsonl").exists());
    let arguments = ["export", "clusters", "--columns", "key,origin", "--format", "tsv", "--out", "copies"];
    let printed = done(at, &arguments);
    let origins: BTreeMap<&str, &str> = printed.lines().filter_map(|line| line.split_once('\t')).collect();
    assert_eq!(origins.len(), 4, "a header and three entries");
    assert!(origins["first"] == origins["again"] && origins["first"] != origins["other"]);
}

#[test]
fn copies_alone_have_the_origins_of_a_whole_run() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let lines = crate::night::Night::invented(400, 7).entries().fold(Vec::new(), |mut lines, told| {
        told.write(&mut lines).unwrap();
        lines
    });
    fs::write(at.join("night.jsonl"), lines).unwrap();
    let config = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/copies-only.toml");
    done(at, &["run", "--config", config, "night.jsonl", "--out", "copies"]);
    done(at, &["run", "night.jsonl", "--out", "whole"]);
    let origins = |out: &str| -> BTreeMap<String, String> {
        let printed = done(at, &["export", "clusters", "--columns", "key,origin", "--format", "tsv", "--out", out]);
        let rows = printed.lines().skip(1).filter_map(|line| line.split_once('\t'));
        rows.map(|(key, origin)| (key.to_string(), origin.to_string())).collect()
    };
    let (alone, whole) = (origins("copies"), origins("whole"));
    assert_eq!(alone.len(), 400);
    assert_eq!(alone, whole);
    let leaders: std::collections::BTreeSet<&String> = alone.values().collect();
    assert!(leaders.len() < 380, "{} origins: there are copies", leaders.len());
}

#[test]
fn where_nothing_has_run_it_is_said_and_nothing_is_made() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("set.jsonl"), labelled()).unwrap();
    let sweep = ["sweep", "set.jsonl", "--knob", "cluster.threshold", "--range", "0..1"];
    let verbs = [&["eval", "set.jsonl"][..], &sweep, &["fit", "set.jsonl"], &["status"], &["explain", "e00", "e01"]];
    for arguments in verbs {
        let output = retold(folder.path(), arguments);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(said.contains("there is no pipeline.toml, and nothing has run here: no out"), "{arguments:?}: {said}");
        assert!(said.contains("`retold run FILE…` makes them"), "{said}");
    }
    let named = retold(folder.path(), &["eval", "set.jsonl", "--config", "other.toml"]);
    assert!(String::from_utf8_lossy(&named.stderr).contains("there is no other.toml"));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn the_page_stands_beside_the_runs_says_why_and_carries_nothing_that_runs() {
    let folder = run_on_files();
    let at = folder.path();
    let before = published(at);
    let report: Value = serde_json::from_str(&done(at, &["eval", "set.jsonl", "--json", "--page"])).unwrap();
    let run = report["run"].as_str().unwrap();
    let page = fs::read_to_string(at.join(format!("out/quality/{run}.html"))).unwrap();
    assert!(before == published(at), "a published run was changed");
    assert_eq!(fs::read_dir(at.join("out/quality")).unwrap().count(), 1, "no draft is left");
    let cases = report["worst"].as_array().unwrap();
    assert!(!cases.is_empty());
    for case in cases {
        let why = &case["why"];
        let sum: f64 =
            why["score"]["terms"].as_array().unwrap().iter().map(|t| t["contribution"].as_f64().unwrap()).sum();
        let odds = why["score"]["log_odds"].as_f64().unwrap() - why["score"]["intercept"].as_f64().unwrap();
        assert!((sum - odds).abs() < 1e-5, "{why}");
        assert!(page.contains(case["explain"].as_str().unwrap()) && case["a"]["published"] != Value::Null);
    }
    let split = cases.iter().find(|c| c["wrong"] == "split" && c["why"]["verdict"]["outcome"] == "apart").unwrap();
    assert!(split["why"]["verdict"]["threshold"].as_f64().unwrap() > 0.0);
    for part in [
        "Set by set",
        "By size of the gold event",
        "without singletons",
        "never proposed",
        "Kept apart in",
        "class=\"fall\"",
        "class=\"word\"",
    ] {
        assert!(page.contains(part), "{part}");
    }
    let link = format!("../runs/{run}/report/index.html#").replace('/', "&#x2f;");
    assert!(page.contains(&format!("href=\"{link}ev-")), "the events of the report are linked");
    assert!(page.contains("default-src 'none'; style-src 'sha256-"));
    for wrong in ["<script", "<img", "<b>Outlet", "javascript:", "\u{202e}", "style=", " src="] {
        assert!(!page.contains(wrong), "{wrong}");
    }
    let fresh = done(at, &["eval", "set.jsonl", "--page"]);
    assert!(fresh.contains(run) && page == fs::read_to_string(at.join(format!("out/quality/{run}.html"))).unwrap());
}

#[test]
fn every_gate_that_is_not_passed_is_named_also_beside_json() {
    let folder = run_on_files();
    let gates = ["--gate", "b3_f1=1", "--gate", "pair_r=1", "--gate", "ari=-1"];
    let output = retold(folder.path(), &[&["eval", "set.jsonl", "--json"][..], &gates].concat());
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1));
    assert!(said.contains("gate not passed: b3_f1 is 0.") && said.contains("gate not passed: pair_r is 0."), "{said}");
    assert!(said.contains(", below 1\n") && !said.contains("ari"), "{said}");
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    // What was printed is a gate that the same run passes.
    let reached =
        format!("b3_f1={:.4}", report["tables"].as_array().unwrap().last().unwrap()["b3_f1"].as_f64().unwrap());
    done(folder.path(), &["eval", "set.jsonl", "--gate", &reached]);
}
