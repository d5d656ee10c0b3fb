//! A second run: nothing new, something changed, some stages alone, the night after.

use crate::project::{Project, Published, files, source, word};
use serde_json::Value;
use std::collections::BTreeMap;

const STAGES: [&str; 8] = ["ingest", "normalise", "fingerprint", "pair", "score", "cluster", "merge", "report"];

fn example() -> Project {
    let project = Project::example();
    project.run(&[]).done();
    project
}

/// Every file of a project but the locks, which name their holder, with its bytes; and where `latest` leads.
fn everything(project: &Project) -> (BTreeMap<String, Vec<u8>>, String) {
    let mut all = files(project.path());
    all.retain(|name, _| !name.ends_with(".lock") && !name.starts_with("state/"));
    (all, project.latest().run)
}

fn statuses(published: &Published) -> Vec<String> {
    STAGES.iter().map(|s| published.status(s)).collect()
}

#[test]
fn a_second_run_on_the_same_input_writes_nothing() {
    let project = example();
    let (before, rows) = (everything(&project), project.state_rows());
    let runs = project.runs();
    project.run(&[]).says(0, &[&format!("nothing new since {}", before.1)]);
    // Without --as-of "now" is another, and still there is nothing new.
    project.call(&["run"]).says(0, &["nothing new since"]);
    assert!(everything(&project) == before);
    assert!(project.state_rows() == rows);
    assert_eq!(project.runs(), runs);
}

#[test]
fn a_plan_writes_nothing_and_says_what_a_run_would_do() {
    let project = Project::example();
    let before = files(project.path());
    project.call(&["plan"]).done();
    assert!(files(project.path()) == before);
    project.run(&[]).done();
    let after = everything(&project);
    project.call(&["plan"]).done();
    assert!(everything(&project) == after);
}

#[test]
fn a_changed_threshold_runs_cluster_merge_and_report_alone() {
    let project = example();
    let first = project.latest();
    project.run(&["--set", "cluster.threshold=0.4"]).done();
    let second = project.latest();
    assert_ne!(first.run, second.run);
    let [ingest, _normalise, fingerprint, pair, score, cluster, merge, report] = STAGES.map(|s| second.status(s));
    assert_eq!([fingerprint, pair, score], ["reused"; 3]);
    assert_eq!([ingest, cluster, merge, report], ["success"; 4]);
    // What was reused gives the same bytes as what is made afresh.
    project.run(&["--set", "cluster.threshold=0.4", "--state", "", "--out", "fresh"]).done();
    let fresh = Published::at(&project.at("fresh"));
    for table in ["entries.jsonl", "clusters.jsonl", "links.jsonl", "umbrellas.jsonl"] {
        assert!(second.bytes()[table] == fresh.bytes()[table], "{table} differs");
    }
    project.run(&["--set", "cluster.threshold=0.4"]).says(0, &["nothing new since"]);
}

#[test]
fn changed_weights_run_pairing_and_scoring_again() {
    let project = example();
    project.run(&["--set", "score.weights.title_cosine=1.5"]).done();
    let second = project.latest();
    assert_eq!(second.status("fingerprint"), "reused");
    assert_eq!(["pair", "score", "cluster", "merge"].map(|s| second.status(s)), ["success"; 4]);
}

#[test]
fn a_run_from_a_stage_reads_no_source() {
    let project = example();
    let first = project.latest();
    std::fs::remove_dir_all(project.at("seeds")).unwrap();
    project.run(&["--from", "cluster", "--set", "cluster.threshold=0.4"]).done();
    let second = project.latest();
    assert_ne!(first.run, second.run);
    assert_eq!(second.status("ingest"), "skipped");
    assert!(second.rows("entries") == first.rows("entries"));
    second.results();
}

#[test]
fn a_run_until_a_stage_keeps_what_it_made_for_the_next_run() {
    let project = Project::example();
    project.run(&["--until", "score"]).says(0, &["no folder was asked for"]);
    project.run(&["--until", "score"]).says(0, &["nothing new since"]);
    assert!(!project.at("out/latest").exists());
    project.run(&[]).done();
    let made = project.latest();
    assert_eq!(["fingerprint", "pair", "score"].map(|s| made.status(s)), ["reused"; 3], "{:?}", statuses(&made));
    let other = example();
    let differing: Vec<_> =
        made.bytes().into_iter().filter(|(n, b)| n != "report/index.html" && *b != other.latest().bytes()[n]).collect();
    assert!(differing.is_empty(), "{:?}", differing.iter().map(|d| &d.0).collect::<Vec<_>>());
}

#[test]
fn a_stage_alone_runs_alone_and_needs_those_before_it() {
    let project = example();
    project.run(&["--stage", "cluster", "--set", "cluster.threshold=0.4"]).says(0, &["no folder was asked for"]);
    project.run(&["--set", "cluster.threshold=0.4"]).done();
    let made = project.latest();
    assert_eq!(made.status("cluster"), "reused");
    assert_eq!(made.status("merge"), "success");
    let refused = project.run(&["--from", "cluster", "--set", "score.weights.title_cosine=1.5"]);
    refused.says(2, &["must run first", "use --from"]);
    project.run(&["--stage", "cluster", "--state", ""]).says(2, &["there is no state"]);
    Project::example().run(&["--from", "merge"]).says(2, &["the state holds no entries yet"]);
}

#[test]
fn a_report_alone_is_written_when_what_it_shows_has_changed() {
    let project = example();
    let first = project.latest().run;
    project.run(&["--stage", "report"]).says(0, &["nothing new since"]);
    project.run(&["--until", "merge", "--set", "cluster.threshold=0.4"]).done();
    assert_eq!(project.latest().run, first);
    project.run(&["--stage", "report", "--set", "cluster.threshold=0.4"]).done();
    let second = project.latest().run;
    assert_ne!(second, first);
    project.run(&["--stage", "report", "--set", "cluster.threshold=0.4", "--set", "report.text=\"none\""]).done();
    assert_ne!(project.latest().run, second);
}

#[test]
fn scoring_alone_finds_its_candidates_again() {
    let project = example();
    let first = project.latest();
    for selection in [&["--from", "score"][..], &["--stage", "score", "--stage", "report"]] {
        project.run(&[selection, &["--force"]].concat()).done();
        assert!(project.latest().rows("links") == first.rows("links"), "{selection:?}");
    }
}

#[test]
fn a_stage_that_was_left_out_is_not_taken_for_done() {
    let project = example();
    let changed = ["--set", "score.weights.intercept=-9.0"];
    let gap = project.run(&[&changed[..], &["--stage", "fingerprint", "--stage", "report"]].concat());
    gap.says(2, &["must run first"]);
    project.run(&changed).done();
    assert_eq!(project.latest().status("score"), "success");
}

#[test]
fn force_runs_everything_again_and_changes_no_result() {
    let project = example();
    let first = project.latest();
    project.run(&["--force"]).done();
    let second = project.latest();
    assert_ne!(first.run, second.run);
    assert_eq!(statuses(&second), ["success"; 8]);
    for table in ["entries", "clusters", "links", "umbrellas"] {
        assert!(first.rows(table) == second.rows(table), "{table}");
    }
}

const NIGHT: &str = concat!(
    r#"{"id":"a1","outlet":"Harbour Courier","title":"Crane falls across the ferry quay at Tarnwick","text":"A dockside crane has fallen across the ferry quay at Tarnwick, crushing two empty lorries and closing the terminal. Nobody was hurt. The harbour authority says that a bolt had sheared in the gale.","published":"2026-01-14T08:00:00Z"}"#,
    "\n",
    r#"{"id":"b1","outlet":"Vale Observer","title":"Ferry quay at Tarnwick shut after crane falls in gale","text":"Ferries from Tarnwick are cancelled after a crane toppled in the gale and fell across the quay. Two parked lorries were crushed under the crane. The harbour authority expects the terminal to stay closed until Friday.","published":"2026-01-14T09:00:00Z"}"#,
    "\n",
    r#"{"id":"a2","outlet":"Harbour Courier","title":"Library at Upper Fenby lends out its last gramophone","text":"The branch library at Upper Fenby has lent out the last of its gramophones, a walnut machine with a brass horn, and has no plan to buy another. The record collection moves to the parish hall.","published":"2026-01-14T10:00:00Z"}"#,
    "\n"
);
const MORE: &str = concat!(
    r#"{"id":"c1","outlet":"Isle Ledger","title":"Crane that fell on Tarnwick ferry quay had a sheared bolt","text":"The crane which fell across the ferry quay at Tarnwick in the gale had a sheared bolt, the harbour authority says. Two lorries were crushed and the terminal is closed, with all ferries cancelled.","published":"2026-01-14T12:00:00Z"}"#,
    "\n",
    r#"{"id":"c2","outlet":"Isle Ledger","title":"Goose census on Saltmarsh Point counts four thousand birds","text":"Volunteers on Saltmarsh Point counted four thousand geese in the winter census, the most since the reserve was founded. Mild weather and wet meadows kept the flocks from flying on.","published":"2026-01-14T13:00:00Z"}"#,
    "\n"
);

fn changes(published: &Published) -> BTreeMap<String, String> {
    let change = |r: &Value| (word(r, "event_id"), word(r, "change"));
    published.rows("lineage").iter().map(change).collect()
}

#[test]
fn an_event_that_gets_one_more_entry_keeps_its_id() {
    let project = Project::of_night(NIGHT);
    project.run(&[]).done();
    let first = project.latest();
    let ids = keys(&first);
    assert_eq!(ids["a1"], ids["b1"]);
    assert_ne!(ids["a1"], ids["a2"]);
    project.write("night.jsonl", format!("{NIGHT}{MORE}"));
    project.run(&[]).done();
    let second = project.latest();
    assert_eq!(["new_entries", "repeats"].map(|c| second.counted(c)), [2, 3]);
    let now = keys(&second);
    assert_eq!([&now["a1"], &now["b1"], &now["c1"]], [&ids["a1"]; 3], "the event grew");
    assert_eq!(now["a2"], ids["a2"]);
    assert!(!ids.values().any(|id| *id == now["c2"]), "a new event has a new id");
    let change = changes(&second);
    let of = |key: &str| change[&now[key]].as_str();
    assert_eq!([of("a1"), of("a2"), of("c2")], ["grew", "continued", "born"]);
    project.run(&[]).says(0, &["nothing new since"]);
}

#[test]
fn an_event_keeps_its_id_when_an_earlier_report_arrives_later() {
    let early = r#"{"id":"c0","outlet":"Isle Ledger","title":"Crane falls across Tarnwick ferry quay in gale","text":"A crane has fallen across the ferry quay at Tarnwick in the gale. Two lorries were crushed and ferries are cancelled. The harbour authority has closed the terminal.","published":"2026-01-14T07:00:00Z"}"#;
    let project = Project::of_night(NIGHT);
    project.run(&[]).done();
    let ids = keys(&project.latest());
    project.write("night.jsonl", format!("{NIGHT}{early}\n"));
    project.run(&[]).done();
    let now = keys(&project.latest());
    assert_eq!([&now["a1"], &now["c0"]], [&ids["a1"]; 2]);
}

/// Key to event id.
fn keys(published: &Published) -> BTreeMap<String, String> {
    published.rows("clusters").iter().map(|r| (word(r, "key"), word(r, "event_id"))).collect()
}

#[test]
fn a_new_text_under_a_known_id_is_a_version_and_a_known_text_a_repeat() {
    let project = Project::of_night(NIGHT);
    project.run(&[]).done();
    let first = project.latest();
    let corrected = NIGHT.replace("crushing two empty lorries", "crushing three empty lorries");
    project.write("night.jsonl", corrected);
    project.run(&[]).done();
    let second = project.latest();
    assert_eq!(["new_entries", "new_versions", "repeats"].map(|c| second.counted(c)), [0, 1, 2]);
    assert_eq!(keys(&first), keys(&second));
    // The first text again is known: the correction still speaks for the entry.
    project.write("night.jsonl", NIGHT);
    project.run(&[]).says(0, &["nothing new since"]);
}

#[test]
fn a_bad_record_that_is_new_is_published_even_when_nothing_else_is() {
    let project = Project::of_night(NIGHT);
    project.run(&[]).done();
    project.write("night.jsonl", format!("{NIGHT}{{\"title\": \"Half a li\n"));
    project.run(&["--set", "ingest.max_rejects=0.5"]).done();
    assert_eq!(project.latest().rows("quarantine").len(), 1);
    project.run(&["--set", "ingest.max_rejects=0.5"]).says(0, &["nothing new since"]);
}

#[test]
fn old_folders_are_removed_and_the_latest_stays() {
    let project = Project::of(&[
        ("pipeline.toml", &format!("[run]\nkeep_runs = 2\n{}", source("night", "night.jsonl"))),
        ("night.jsonl", NIGHT),
    ]);
    for _ in 0..4 {
        project.run(&["--force"]).done();
    }
    assert_eq!(project.runs().len(), 2);
    assert!(project.runs().contains(&project.latest().run));
}
