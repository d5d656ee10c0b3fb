//! `retold fit` on the example, with gold made from what is expected of it.
#![allow(clippy::unwrap_used)]

use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

const AS_OF: &str = "2026-01-15T12:00:00Z";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The example in a folder of its own, run once.
struct Example {
    folder: TempDir,
}

impl Example {
    fn run() -> Example {
        let example = Example { folder: tempfile::tempdir().unwrap() };
        fs::create_dir(example.path("seeds")).unwrap();
        fs::copy(root().join("pipeline.toml"), example.path("pipeline.toml")).unwrap();
        for file in fs::read_dir(root().join("seeds")).unwrap() {
            let file = file.unwrap();
            fs::copy(file.path(), example.path("seeds").join(file.file_name())).unwrap();
        }
        let output = example.retold(&["run", "--quiet", "--as-of", AS_OF]);
        assert!(output.status.success(), "{}", stderr(&output));
        example
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn retold(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_retold"));
        command.args(arguments).current_dir(self.folder.path()).output().unwrap()
    }

    fn fit(&self, arguments: &[&str]) -> Output {
        let output = self.retold(&[&["fit", "--quiet"], arguments].concat());
        assert!(output.status.success(), "{}", stderr(&output));
        output
    }

    /// Writes gold: each expected entry under its key, its event as label; every second event into the second file.
    fn write_gold(&self) {
        let keys = self.keys();
        let mut files = [String::new(), String::new()];
        let mut number: BTreeMap<String, usize> = BTreeMap::new();
        for expected in lines(&fs::read_to_string(root().join("seeds/EXPECTED.jsonl")).unwrap()) {
            let text = |name: &str| expected[name].as_str().unwrap_or("").to_string();
            let (Some(key), event) = (keys.get(&(text("outlet"), text("title"))), text("event")) else { continue };
            let next = number.len();
            let at = if event.is_empty() { 0 } else { *number.entry(event).or_insert(next) };
            let row = json!({"id": key, "outlet": expected["outlet"], "gold": expected["event"]});
            files[at % 2] += &format!("{row}\n");
        }
        fs::write(self.path("even.jsonl"), &files[0]).unwrap();
        fs::write(self.path("odd.jsonl"), &files[1]).unwrap();
    }

    /// The key of each entry by outlet and title.
    fn keys(&self) -> BTreeMap<(String, String), String> {
        let output = self.retold(&["export", "entries"]);
        let text = |row: &Value, name: &str| row[name].as_str().unwrap_or("").to_string();
        let rows = lines(&stdout(&output));
        rows.iter().map(|r| ((text(r, "outlet"), text(r, "title")), text(r, "key"))).collect()
    }
}

fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|l| serde_json::from_str(l).unwrap()).collect()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn the_example_is_fitted_and_the_table_can_be_used_as_it_is() {
    let example = Example::run();
    example.write_gold();
    let gold = ["even.jsonl", "odd.jsonl"];
    let report: Value =
        serde_json::from_str(&stdout(&example.fit(&[&gold[..], &["--holdout", "--json"]].concat()))).unwrap();
    let sets = report["sets"].as_array().unwrap();
    assert_eq!(sets.iter().map(|s| s["name"].as_str().unwrap()).collect::<Vec<_>>(), ["even", "odd"]);
    assert!(
        sets.iter().all(|s| s["missing"] == 0 && s["left_out"]["bcubed"]["f1"].as_f64().unwrap() > 0.5),
        "{report:#}"
    );
    let (now, fitted) = (&report["all_now"]["f1"], &report["all_fitted"]["f1"]);
    assert!(fitted.as_f64().unwrap() > now.as_f64().unwrap() - 0.1, "{now} {fitted}");

    let table = stdout(&example.fit(&[&gold[..], &["--holdout", "--output", "-"]].concat()));
    assert_eq!(Some(&*table), report["toml"].as_str());
    assert!(table.contains("as of 2026-01-15T12:00:00Z") && table.contains("even.jsonl: "), "{table}");
    assert!(!table.contains(&*example.folder.path().to_string_lossy()), "files are named without their folders");
    fs::write(example.path("fitted.toml"), format!("schema_version = 1\n{table}")).unwrap();
    let checked = example.retold(&["check", "--config", "fitted.toml", "seeds/wires.jsonl"]);
    assert!(checked.status.success(), "{}", stderr(&checked));
    let again =
        example.fit(&[&gold[..], &["--config", "fitted.toml", "--state", "state/retold.sqlite", "--json"]].concat());
    let again: Value = serde_json::from_str(&stdout(&again)).unwrap();
    assert_eq!(again["all_now"], report["all_fitted"], "what was pinned is what was scored");
    assert_eq!(again["weights"], report["weights"], "the weights in use have no say in the next fit");
}

#[test]
fn the_same_input_gives_the_same_bytes_whatever_the_threads_and_the_order_of_files() {
    let example = Example::run();
    example.write_gold();
    let one = example.fit(&["even.jsonl", "odd.jsonl", "--holdout", "--threads", "1"]);
    let other = example.fit(&["odd.jsonl", "even.jsonl", "--holdout", "--threads", "7"]);
    assert_eq!(stdout(&one), stdout(&other));
    let to_file = example.fit(&["odd.jsonl", "even.jsonl", "--holdout", "--output", "weights.toml"]);
    assert!(stdout(&one).ends_with(&fs::read_to_string(example.path("weights.toml")).unwrap()));
    assert!(stdout(&to_file).contains("the weights are in weights.toml"));
}

#[test]
fn what_cannot_be_fitted_is_refused_with_the_way_out() {
    let example = Example { folder: tempfile::tempdir().unwrap() };
    fs::write(example.path("gold.jsonl"), "{\"id\":\"k\",\"gold\":\"x\"}\n").unwrap();
    let refused = |arguments: &[&str], why: &str| {
        let output = example.retold(&[&["fit"], arguments].concat());
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(stderr(&output).contains(why), "{arguments:?}: {}", stderr(&output));
    };
    refused(&["gold.jsonl"], "nothing has run here");
    fs::create_dir(example.path("out")).unwrap();
    refused(&["gold.jsonl"], "`retold run GOLD…` with a state makes one");
    refused(&["gold.jsonl", "--state", ""], "no last run");
    refused(&["gold.jsonl", "--l2", "-1"], "a number from 0");
    refused(&["gold.jsonl", "--balance", "cube"], "there are none, sqrt, equal");
    refused(&["gold.jsonl", "--output", "-", "--json"], "leave out --json or --output");
}
