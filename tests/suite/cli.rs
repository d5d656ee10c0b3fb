//! The real program, driven from outside in a folder of its own.
#![allow(clippy::unwrap_used)]

use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;

/// A folder with files in it, which the program is run in.
fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

fn retold(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_retold")).args(arguments).current_dir(folder).output().unwrap()
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap_or(-1)
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// What `check` says of a configuration that is wrong; it has to end with 2 and print nothing as data.
fn refusal(config: &str, more: &[&str]) -> String {
    let folder = folder(&[("pipeline.toml", config)]);
    let output = retold(folder.path(), &[&["check"], more].concat());
    assert_eq!(code(&output), 2, "{}", stderr(&output));
    assert_eq!(stdout(&output), "");
    stderr(&output)
}

#[test]
fn a_missing_configuration_ends_with_two_and_points_to_init() {
    let folder = folder(&[]);
    let output = retold(folder.path(), &["check"]);
    assert_eq!(code(&output), 2);
    assert_eq!(
        stderr(&output),
        "error: there is no pipeline.toml; make one with `retold init FILE…`, or name another with --config\n"
    );
}

#[test]
fn an_unknown_key_is_refused_with_its_line_and_the_nearest() {
    let said = refusal("schema_version = 1\n\n[pair]\nneighbors = 3\n", &[]);
    assert_eq!(said, "error: pipeline.toml:4: unknown key `neighbors` in [pair]; did you mean `neighbours`?\n");
    let said = refusal("[[source]]\nname = \"a\"\npath = \"x\"\ntimezon = \"Europe/London\"\n", &[]);
    assert!(said.contains("pipeline.toml:4: unknown key `timezon` in [source]; did you mean `timezone`?"), "{said}");
}

#[test]
fn a_value_out_of_range_is_refused_with_the_range() {
    let said = refusal("[cluster]\nthreshold = 2.0\n", &[]);
    assert_eq!(said, "error: pipeline.toml:2: cluster.threshold is 2; it must be from 0 to 1\n");
    assert!(refusal("", &["--threads", "5000"]).contains("from 0 to 1024"));
}

#[test]
fn a_wrong_set_says_what_is_wrong_with_it() {
    let said = refusal("", &["--set", "pair.neighbours=0"]);
    assert_eq!(said, "error: --set pair.neighbours=0: pair.neighbours is 0; it must be from 1 to 1000\n");
    assert!(refusal("", &["--set", "pear.neighbours=3"]).contains("did you mean `pair.neighbours`?"));
    assert!(refusal("", &["--set", "neighbours"]).contains("section.key=value"));
}

#[test]
fn two_sources_of_one_name_are_refused() {
    let source = "[[source]]\nname = \"a\"\npath = \"x\"\n";
    let said = refusal(&format!("{source}{source}"), &[]);
    assert_eq!(said, "error: pipeline.toml:5: a second source is named `a`; give each its own name\n");
}

#[test]
fn errors_are_json_where_json_was_asked_for() {
    let folder = folder(&[]);
    for arguments in [&["check", "--json"][..], &["check", "--json", "--no-such-flag"]] {
        let output = retold(folder.path(), arguments);
        assert_eq!(code(&output), 2);
        let error: Value = serde_json::from_str(&stderr(&output)).unwrap();
        assert_eq!(error["exit"], 2);
        assert!(error["error"].as_str().is_some_and(|e| !e.is_empty()));
    }
}

#[test]
fn init_writes_a_configuration_that_check_accepts_and_never_overwrites() {
    let page = "  1. Ferry latepublished at 10:00\n\n    The ferry is late.\n";
    let folder = folder(&[("live/harbour.txt", page), ("night.jsonl", "{\"title\": \"Ferry late\"}\n")]);
    let init = ["init", "live/harbour.txt", "night.jsonl"];
    let output = retold(folder.path(), &init);
    assert_eq!((code(&output), stdout(&output)), (0, String::new()), "{}", stderr(&output));
    let check = retold(folder.path(), &["check", "--json"]);
    assert_eq!(code(&check), 0, "{}", stderr(&check));
    let found: Value = serde_json::from_str(&stdout(&check)).unwrap();
    assert_eq!(found["sources"][0]["files"][0], "live/harbour.txt");
    assert_eq!(found["sources"][1]["source"], "night");
    let again = retold(folder.path(), &init);
    assert_eq!(code(&again), 2);
    assert!(stderr(&again).contains("pipeline.toml is already there"));
    let printed = retold(folder.path(), &["init", "night.jsonl", "--output", "-"]);
    assert!(stdout(&printed).contains("[[source]]\nname = \"night\""));
    assert_eq!(code(&retold(folder.path(), &["init", "missing.txt"])), 2);
}

#[test]
fn check_names_what_a_source_cannot_read() {
    let config = "[[source]]\nname = \"a\"\npath = [\"a.txt\", \"b-*.txt\"]\n";
    let folder = folder(&[("pipeline.toml", config), ("a.txt", "text")]);
    let output = retold(folder.path(), &["check"]);
    assert_eq!(code(&output), 1);
    assert!(stdout(&output).contains("reads a.txt"));
    assert!(stdout(&output).contains("problem: nothing matches b-*.txt"));
    fs::remove_file(folder.path().join("a.txt")).unwrap();
    assert_eq!(code(&retold(folder.path(), &["check"])), 2);
}

#[test]
fn schemas_are_printed_one_by_one_or_together() {
    let folder = folder(&[]);
    let all: Value = serde_json::from_str(&stdout(&retold(folder.path(), &["schema"]))).unwrap();
    for (name, schema) in all.as_object().unwrap() {
        let one = retold(folder.path(), &["schema", name]);
        assert_eq!(&serde_json::from_str::<Value>(&stdout(&one)).unwrap(), schema);
    }
    assert_eq!(all["configuration"]["$defs"]["PairSettings"]["properties"]["neighbours"]["maximum"], 1000);
    let wrong = retold(folder.path(), &["schema", "entrys"]);
    assert_eq!(code(&wrong), 2);
    assert!(stderr(&wrong).contains("did you mean `entries`?"));
}

#[test]
fn completions_are_printed_for_each_shell() {
    let folder = folder(&[]);
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let output = retold(folder.path(), &["completions", shell]);
        assert!(code(&output) == 0 && stdout(&output).contains("retold"), "{shell}");
    }
}

const ROWS: &str = concat!(
    r#"{"source":"a","file":"x.txt","record":3,"reason":"a, \"b\""}"#,
    "\n",
    r#"{"source":"b","file":"y.txt","record":4,"reason":"é"}"#,
    "\n"
);

#[test]
fn export_prints_a_published_table_whole_or_by_column() {
    let folder =
        folder(&[("pipeline.toml", ""), ("out/latest/quarantine.jsonl", ROWS), ("out/runs/r1/quarantine.jsonl", "")]);
    let export = |more: &[&str]| retold(folder.path(), &[&["export", "quarantine"], more].concat());
    assert_eq!(stdout(&export(&[])), ROWS);
    assert_eq!(
        stdout(&export(&["--columns", "record,reason", "--format", "csv"])),
        "record,reason\n3,\"a, \"\"b\"\"\"\n4,é\n"
    );
    assert_eq!(stdout(&export(&["--format", "tsv"])).lines().next(), Some("source\tfile\trecord\treason"));
    assert_eq!(
        stdout(&export(&["--columns", "record,file,record", "--format", "tsv"])).lines().nth(1),
        Some("3\tx.txt\t3")
    );
    assert_eq!(stdout(&export(&["--columns", "file"])), "{\"file\":\"x.txt\"}\n{\"file\":\"y.txt\"}\n");
    assert_eq!(stdout(&export(&["--run", "r1"])), "");
}

#[test]
fn export_says_what_is_missing() {
    let folder = folder(&[("pipeline.toml", ""), ("out/latest/quarantine.jsonl", "{\"source\":\n")]);
    let says = |arguments: &[&str], exit: i32, words: &str| {
        let output = retold(folder.path(), arguments);
        assert_eq!(code(&output), exit, "{arguments:?}");
        assert!(stderr(&output).contains(words), "{arguments:?}: {}", stderr(&output));
    };
    says(
        &["export", "quarantine", "--columns", "recrod"],
        2,
        "did you mean `record`? It has source, file, record, reason",
    );
    says(&["export", "quarantin"], 2, "quarantine");
    says(&["export", "events"], 2, "add \"events\" to [report] write");
    says(&["export", "events", "--run", "r9"], 2, "there is no run `r9`");
    says(&["export", "events", "--run", "../latest"], 2, "is no run");
    says(&["export", "events", "--out", "elsewhere"], 2, "nothing has been published in elsewhere yet");
    says(&["export", "quarantine", "--format", "csv"], 3, "line 1: ");
}

#[test]
fn a_line_of_an_exported_tsv_is_a_row_whatever_its_cells_hold() {
    let row = serde_json::json!({"entry_id": "a", "key": "one\ttwo\nthree \\ \"four\"", "origin": "b"});
    let folder = folder(&[("pipeline.toml", ""), ("out/latest/clusters.jsonl", &format!("{row}\n"))]);
    let arguments = ["export", "clusters", "--columns", "key,origin,outlet", "--format", "tsv"];
    let printed = stdout(&retold(folder.path(), &arguments));
    assert_eq!(printed, "key\torigin\toutlet\none\\ttwo\\nthree \\\\ \"four\"\tb\t\n");
}

#[test]
fn a_reader_that_goes_away_is_a_quiet_end() {
    let many = ROWS.repeat(50_000);
    let folder = folder(&[("pipeline.toml", ""), ("out/latest/quarantine.jsonl", &many)]);
    let mut child = Command::new(env!("CARGO_BIN_EXE_retold"))
        .args(["export", "quarantine", "--format", "csv"])
        .current_dir(folder.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((code(&output), stderr(&output)), (0, String::new()));
}

#[test]
fn log_lists_the_runs_that_are_kept() {
    let results = r#"{"schema_version":1,"run":"r1","stages":[{"stage":"merge","status":"warn","wall_s":0.1,"cpu_s":0.1,
        "in":4,"out":2,"rejected":0,"caps":{},"message":""}],"sources":{"a":{"records":5,"new_entries":4,"new_versions":0,
        "repeats":0,"withdrawals":0,"quarantined":1}},"warnings":["w"],"wall_s":1.5,"cpu_s":2.0,"peak_rss_bytes":null}"#;
    let folder = folder(&[
        ("pipeline.toml", ""),
        ("out/runs/r1/run_results.json", results),
        ("out/runs/r2/run_results.json", "{"),
        ("out/runs/.r3.tmp/x", ""),
    ]);
    let output = retold(folder.path(), &["log", "--json"]);
    let runs: Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert_eq!(runs.as_array().map(Vec::len), Some(2));
    assert_eq!((&runs[0]["read"], &runs[0]["events"], &runs[0]["status"]), (&5.into(), &2.into(), &"warn".into()));
    assert_eq!(runs[1]["status"], "unreadable");
    assert!(stdout(&retold(folder.path(), &["log"])).contains("r1"));
}

#[test]
fn help_names_the_exit_codes_and_each_verb_has_an_example() {
    let folder = folder(&[]);
    assert!(stdout(&retold(folder.path(), &["--help"])).contains("the disk, the state or a lock"));
    assert!(stdout(&retold(folder.path(), &["export", "--help"])).contains("retold export events"));
    assert!(stdout(&retold(folder.path(), &["--version"])).starts_with("retold "));
}
