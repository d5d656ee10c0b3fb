//! What a person is told of the example: every score adds up, every verdict has its reasons.
#![allow(clippy::unwrap_used)]

use retold::error::{Error, Exit};
use retold::model::{Feature, Probability, Row};
use retold::pipeline::look::{self, Explained, Night, PairLook, Shown, Verdict};
use retold::pipeline::{self, options::RunOptions};
use retold::settings::{self, Settings};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

/// The shipped example, run once into a folder of its own.
pub fn example() -> &'static Settings {
    static RUN: OnceLock<Settings> = OnceLock::new();
    RUN.get_or_init(|| {
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("explained");
        let _ = fs::remove_dir_all(&folder);
        let mut settings = settings::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("pipeline.toml"), &[]).unwrap();
        settings.out = folder.join("out");
        settings.state = Some(folder.join("state.sqlite"));
        let as_of = Some("2026-01-15T12:00:00Z".parse().unwrap());
        let exit = pipeline::run(&settings, &RunOptions { as_of, ..RunOptions::default() }, &|_| {}).unwrap();
        assert_eq!(exit, Exit::Done);
        settings
    })
}

/// Runs the program on the example's results.
fn retold(arguments: &[&str]) -> Output {
    let settings = example();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut command = Command::new(env!("CARGO_BIN_EXE_retold"));
    command.args(arguments).current_dir(root).arg("--out").arg(&settings.out);
    command.arg("--state").arg(settings.state.as_ref().unwrap()).output().unwrap()
}

fn said(arguments: &[&str]) -> String {
    let output = retold(arguments);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn json(arguments: &[&str]) -> Value {
    serde_json::from_str(&said(arguments)).unwrap()
}

fn refused(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(2), "{}", String::from_utf8_lossy(&output.stdout));
    assert!(output.stdout.is_empty());
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn explained(night: &Night, a: Row, b: Row) -> PairLook {
    let (a, b) = (night.id(a).to_string(), night.id(b).to_string());
    match look::explain::of(night, &a, Some(&b)).unwrap() {
        Explained::Pair(pair) => *pair,
        other => panic!("{other:?}"),
    }
}

/// A number as it is printed, in millionths.
fn millionths(x: f64) -> i64 {
    let printed = format!("{x:.6}");
    assert!(!printed.starts_with("-0.000000"), "a zero has no sign");
    printed.replace('.', "").parse().unwrap()
}

fn adds_up(pair: &PairLook) {
    let score = &pair.score;
    for t in &score.terms {
        let printed: f64 = format!("{:.6}", t.value).parse().unwrap();
        assert_eq!(millionths((t.weight * printed * 1e6).round() / 1e6 + 0.0), millionths(t.contribution), "{t:?}");
    }
    let sum: i64 = score.terms.iter().map(|t| millionths(t.contribution)).sum();
    assert_eq!(sum + millionths(score.intercept), millionths(score.log_odds), "{pair:?}");
    let log_odds: f64 = format!("{:.6}", score.log_odds).parse().unwrap();
    assert_eq!(Probability::new(1.0 / (1.0 + (-log_odds).exp())), score.p);
    assert!(pair.kept_p.is_none_or(|kept| kept == score.p), "kept otherwise: {pair:?}");
    assert_eq!(pair.kept_p.is_some(), !pair.proposed_by.is_empty());
}

#[test]
fn every_pair_of_the_example_adds_up_and_equals_the_kept_link() {
    let night = Night::open_with_links(example()).unwrap();
    let n = night.entries.len() as u32;
    let (mut inside, mut unproposed, mut copies) = (0, 0, 0);
    for (a, b) in (0..n).flat_map(|a| (a + 1..n).map(move |b| (Row(a), Row(b)))) {
        let pair = explained(&night, a, b);
        adds_up(&pair);
        let together = night.place(a).is_some() && night.place(a) == night.place(b);
        inside += u32::from(together);
        match &pair.verdict {
            Verdict::OneOrigin { .. } => assert!(together),
            Verdict::OneEvent { path, threshold, .. } => {
                assert!(together && !path.is_empty());
                assert!(path.iter().all(|step| step.average_link >= *threshold));
            }
            Verdict::Apart(apart) => assert!(!together && apart.average_link < apart.threshold),
            Verdict::Umbrella { rules, .. } => assert!(!together && !rules.is_empty()),
            Verdict::Unknown => panic!("{pair:?}"),
        }
        if pair.proposed_by.is_empty() {
            unproposed += 1;
            assert!(pair.proposal.contains("scored now"), "{}", pair.proposal);
        }
        if pair.copy.relation.is_some() {
            copies += 1;
            let lengths: Vec<usize> = pair.copy.runs.iter().map(|r| r.words).collect();
            assert!(lengths.first().is_some_and(|n| *n >= 3) && lengths.len() <= 10, "{pair:?}");
            assert!(lengths.is_sorted_by(|x, y| x >= y));
            assert!(pair.copy.shared > 0 && pair.copy.containment > 0.0 && pair.copy.jaccard > 0.0);
        }
    }
    assert!(inside > 20 && copies > 3 && unproposed > 20, "{inside} {copies} {unproposed}");
}

#[test]
fn a_pair_that_was_never_proposed_is_scored_now_and_says_so() {
    // With two neighbours per entry most pairs of one event are never proposed.
    let mut settings = example().clone();
    let folder = tempfile::tempdir().unwrap();
    (settings.out, settings.state) = (folder.path().join("out"), Some(folder.path().join("state.sqlite")));
    settings.pair.neighbours = 1;
    settings.cluster.threshold = 0.05;
    pipeline::run(
        &settings,
        &RunOptions { as_of: Some("2026-01-15T12:00:00Z".parse().unwrap()), ..RunOptions::default() },
        &|_| {},
    )
    .unwrap();
    // Asked with other settings, the run is explained with its own.
    let asked = Settings { state: settings.state.clone(), ..example().clone() };
    let night = Night::open_with_links(&asked).unwrap();
    assert!(night.changed);
    let n = night.entries.len() as u32;
    let pairs = (0..n).flat_map(|a| (a + 1..n).map(move |b| (Row(a), Row(b))));
    let found = pairs
        .filter(|(a, b)| night.place(*a).is_some() && night.place(*a) == night.place(*b))
        .map(|(a, b)| explained(&night, a, b))
        .find(|p| p.proposal == "not proposed: scored now" && matches!(p.verdict, Verdict::OneEvent { .. }))
        .unwrap();
    adds_up(&found);
    let Verdict::OneEvent { path, .. } = &found.verdict else { unreachable!() };
    assert!(!path.is_empty(), "the path of merges that joined it");
}

#[test]
fn the_printed_table_adds_up_as_well() {
    let night = Night::open_with_links(example()).unwrap();
    let largest = night.clusters.iter().max_by_key(|c| c.origins.len()).unwrap();
    let (a, b) = (largest.origins[0].leader, largest.origins[1].leader);
    let text = said(&["explain", &night.id(a).to_string()[..10], &night.id(b).to_string()]);
    assert!(text.contains("In one event: ev-") && text.contains("proposed by: "), "{text}");
    let table = text.lines().skip_while(|l| !l.starts_with("evidence ")).skip(1);
    let column = |line: &str| line.chars().skip(43 + 24).take(12).collect::<String>().trim().replace('.', "");
    let numbers: Vec<i64> =
        table.take(Feature::COUNT + 2).map(|l| column(l).parse().unwrap_or_else(|e| panic!("{e}: {l}"))).collect();
    let (sum, terms) = numbers.split_last().unwrap();
    assert_eq!(terms.iter().sum::<i64>(), *sum, "{text}");
}

#[test]
fn an_entry_and_an_event_are_explained_alone() {
    let night = Night::open_with_links(example()).unwrap();
    let place = night.clusters.iter().position(|c| c.origins.iter().any(|o| !o.copies.is_empty())).unwrap();
    let copy = night.clusters[place].origins.iter().find_map(|o| o.copies.first()).unwrap().row;
    let entry = json(&["explain", &night.id(copy).to_string(), "--json"]);
    assert_eq!(entry["explains"], "entry");
    assert_ne!(entry["origin"]["relation"], "leader");
    assert!(!entry["accepted"].as_array().unwrap().is_empty());
    let id = night.events[place].event_id.to_string();
    assert_eq!(entry["event"]["event_id"].as_str(), Some(id.as_str()));
    let event = json(&["explain", &id, "--json"]);
    assert_eq!(event["merges"].as_array().unwrap().len() + 1, night.clusters[place].origins.len());
    assert!(said(&["explain", &id[..11]]).contains("Origins, copies under the first of them"));
    let umbrella = night.id(night.umbrellas[0].row).to_string();
    assert!(said(&["explain", &umbrella]).contains("covers many events and is a member of none ("));
    let other = night.id(night.clusters[0].origins[0].leader).to_string();
    assert!(said(&["explain", &umbrella, &other]).contains("Not in one event: "));
}

#[test]
fn what_is_unknown_ambiguous_or_not_kept_ends_with_two_and_says_what_to_do() {
    let night = Night::open_with_links(example()).unwrap();
    let id = night.id(Row(0)).to_string();
    assert!(
        refused(&retold(&["explain", "nothing-of-the-kind"]))
            .contains("retold export entries --columns id,outlet,title")
    );
    assert!(refused(&retold(&["show", &id[..4]])).contains("needs 6 digits or more"));
    assert!(refused(&retold(&["explain", &id, &id])).contains("named twice"));
    assert!(refused(&retold(&["explain", "ev-00000000000000000000000000000000"])).contains("no entry or event"));
    let event = night.events[0].event_id.to_string();
    assert!(refused(&retold(&["explain", &event, &id])).contains("explained alone"));

    let folder = tempfile::tempdir().unwrap();
    let config = "[[source]]\nname = \"a\"\npath = \"a.jsonl\"\n";
    let records = ["Harbour Courier", "Nordvik Post"].map(|outlet| {
        format!("{{\"id\": \"k1\", \"outlet\": \"{outlet}\", \"title\": \"Ferry late\", \"text\": \"It is.\"}}\n")
    });
    fs::write(folder.path().join("pipeline.toml"), config).unwrap();
    fs::write(folder.path().join("a.jsonl"), records.concat()).unwrap();
    let small = |arguments: &[&str]| {
        Command::new(env!("CARGO_BIN_EXE_retold")).args(arguments).current_dir(folder.path()).output().unwrap()
    };
    assert!(refused(&small(&["explain", "k1"])).contains("`retold run` makes it"));
    assert!(refused(&small(&["show", "k1"])).contains("nothing has been published"));
    assert_eq!(small(&["run"]).status.code(), Some(0));
    let several = refused(&small(&["explain", "k1"]));
    assert!(several.contains("fits 2 entries") && several.contains("Nordvik Post"), "{several}");
    assert!(refused(&small(&["explain", "k1", "--state", ""])).contains("[run] state is \"\""));
    let wrong = serde_json::from_str::<Value>(&refused(&small(&["explain", "k1", "--json"]))).unwrap();
    assert_eq!(wrong["exit"], 2);
}

#[test]
fn events_and_entries_are_shown_from_the_state_and_from_the_files() {
    let settings = example();
    let night = Night::open(settings, "show").unwrap();
    let event = night.events.iter().max_by_key(|e| e.entries.len()).unwrap();
    let text = said(&["show", &event.event_id.to_string()]);
    assert!(text.starts_with(&event.title) && event.entries.iter().all(|id| text.contains(&id.to_string())), "{text}");
    let entry = &night.entries[0];
    let text = said(&["show", &entry.id.to_string()[..8]]);
    assert!(text.contains(&entry.key) && text.contains(entry.body.text().lines().next().unwrap()), "{text}");
    let shown = json(&["show", &entry.id.to_string(), "--json"]);
    assert_eq!(shown["text"].as_str(), Some(&*entry.body.text()));
    let corrected = night.entries.iter().filter(|e| {
        let shown = look::show(settings, &e.id.to_string()).unwrap();
        matches!(shown, Shown::Entry(entry) if entry.versions.len() > 1)
    });
    assert_eq!(corrected.count(), 1, "one entry of the example was corrected");

    let files = Settings { state: None, ..settings.clone() };
    let Shown::Event(from_files) = look::show(&files, &event.event_id.to_string()[..15]).unwrap() else { panic!() };
    assert_eq!((&from_files.event, from_files.members.len()), (event, event.entries.len()));
    let Shown::Entry(from_files) = look::show(&files, &entry.id.to_string()).unwrap() else { panic!() };
    assert_eq!((from_files.row.key.as_str(), from_files.text), (entry.key.as_str(), None));
    assert!(matches!(look::show(&files, "ev-000000"), Err(Error::Usage(_))));
}

#[test]
fn status_tells_the_last_run_and_check_what_would_be_read() {
    let status = json(&["status", "--json"]);
    assert_eq!(status["latest"], status["state"]["last_run"]["folder"]);
    assert_eq!(status["state"]["last_run"]["status"], "published");
    assert!(status["state"]["rows"]["entry"].as_u64().is_some_and(|n| n > 40));
    assert_eq!(status["locks"], serde_json::json!([]));
    assert!(said(&["status"]).contains("nobody holds one"));

    let check = json(&["check", "--json"]);
    let read: Vec<&Value> = check["sources"].as_array().unwrap().iter().map(|s| &s["read"][0]).collect();
    assert_eq!((&read[0]["format"], &read[0]["dialect"]), (&"live-text".into(), &"numbered".into()));
    assert_eq!(read[2]["dialect"], "unnumbered");
    for file in read {
        assert!(file["records"].as_u64().is_some_and(|n| n > 3) && file["rejected"] == 0, "{file}");
        assert_eq!(file["samples"].as_array().map(Vec::len), Some(3));
    }
    assert!(said(&["check"]).contains("Harbour Courier: "));
}
