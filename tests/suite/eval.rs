//! `retold eval` and `retold sweep` on the shipped example, and beside another scorer on real gold.
#![allow(clippy::unwrap_used)]

use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;
use tempfile::TempDir;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The example, run once: a folder with `out`, `state.sqlite` and `gold.jsonl`.
fn example() -> &'static Path {
    static EXAMPLE: OnceLock<TempDir> = OnceLock::new();
    let folder = EXAMPLE.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let output = retold(folder.path(), &["run", "--as-of", "2026-01-15T12:00:00Z", "--quiet"]);
        assert_eq!(code(&output), 0, "{}", words(&output));
        fs::write(folder.path().join("gold.jsonl"), gold(folder.path())).unwrap();
        folder
    });
    folder.path()
}

/// Runs a verb on the shipped configuration, its results and its state in `folder`.
fn retold(folder: &Path, arguments: &[&str]) -> Output {
    let config = root().join("pipeline.toml");
    let fixed = ["--config", config.to_str().unwrap(), "--out", "out", "--state", "state.sqlite"];
    Command::new(env!("CARGO_BIN_EXE_retold")).args(arguments).args(fixed).current_dir(folder).output().unwrap()
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap_or(-1)
}

fn words(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn data(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{e}: {}", words(output)))
}

fn lines(path: &Path) -> Vec<Value> {
    let text = fs::read_to_string(path).unwrap();
    text.lines().map(|l| serde_json::from_str(l).unwrap()).collect()
}

/// The expected events, by the key of the entry of that outlet and title.
fn gold(folder: &Path) -> String {
    let name = |row: &Value| (row["outlet"].to_string(), row["title"].to_string());
    let entries = lines(&folder.join("out/latest/entries.jsonl"));
    let keys: BTreeMap<_, _> = entries.iter().map(|e| (name(e), e["key"].clone())).collect();
    let expected = lines(&root().join("seeds/EXPECTED.jsonl"));
    let titled = expected.iter().filter(|row| row["title"] != "");
    let rows = titled.filter_map(|row| Some(json!({"id": keys.get(&name(row))?, "gold": row["event"]})));
    rows.map(|row| format!("{row}\n")).collect()
}

fn eval(arguments: &[&str]) -> Value {
    let output = retold(example(), &[&["eval", "gold.jsonl", "--json", "--quiet"], arguments].concat());
    assert_eq!(code(&output), 0, "{}", words(&output));
    data(&output)
}

#[test]
fn the_example_is_scored_and_its_losses_add_up() {
    let report = eval(&[]);
    let all = report["tables"].as_array().unwrap().last().unwrap();
    assert_eq!((&all["name"], &all["missing"]), (&json!("ALL"), &json!(0)));
    assert!(all["rows"].as_u64().unwrap() > 40, "{all}");
    assert!(all["b3_f1"].as_f64().unwrap() > 0.7, "{all}");
    let loss = &report["loss"];
    let count = |name: &str| loss[name].as_u64().unwrap();
    let stages = ["not_read", "umbrella", "never_proposed", "scored_low", "not_joined", "joined"];
    assert_eq!(stages.iter().map(|s| count(s)).sum::<u64>(), count("same"), "{loss}");
    assert_eq!(count("wrong"), count("wrong_copies") + count("wrong_linked") + count("wrong_unlinked"));
    assert_eq!(report["notes"], json!([]));
}

#[test]
fn a_gate_that_is_not_passed_ends_with_one_and_an_unknown_one_with_two() {
    let gated = |gates: &[&str]| {
        let arguments: Vec<&str> = gates.iter().flat_map(|g| ["--gate", g]).collect();
        retold(example(), &[&["eval", "gold.jsonl"][..], &arguments].concat())
    };
    assert_eq!(code(&gated(&["b3_f1=0.3", "v=0.3"])), 0);
    let failed = gated(&["b3_f1=0.3", "b3_p=1.01"]);
    assert_eq!(code(&failed), 1);
    assert!(words(&failed).contains("gate not passed: b3_p is"), "{}", words(&failed));
    let unknown = gated(&["f1=0.3"]);
    assert_eq!(code(&unknown), 2);
    assert!(words(&unknown).contains("the measures are b3_p, b3_r, b3_f1, pair_p"), "{}", words(&unknown));
    let absent = gated(&["judged_f1=0.3"]);
    assert_eq!(code(&absent), 2, "the gold has no judged pairs");
}

#[test]
fn the_worst_are_listed_with_titles_and_the_command_that_explains_them() {
    let folder = example();
    let rows = lines(&folder.join("gold.jsonl"));
    // Two events are called one, and each entry of a third one an event of its own.
    let events: Vec<&str> = rows.iter().filter_map(|r| r["gold"].as_str()).collect();
    let count = |event: &str| events.iter().filter(|e| **e == event).count();
    let mut large: Vec<&str> = events.iter().copied().filter(|e| count(e) >= 3).collect();
    large.sort_unstable();
    large.dedup();
    let label = |i: usize, row: &Value| match &row["gold"] {
        gold if gold == large[0] || gold == large[1] => json!("both"),
        gold if gold == large[2] => json!(format!("<i>{i}</i>")),
        gold => gold.clone(),
    };
    let wrong: String =
        rows.iter().enumerate().map(|(i, r)| format!("{}\n", json!({"id": r["id"], "gold": label(i, r)}))).collect();
    fs::write(folder.join("wrong.jsonl"), wrong).unwrap();
    let output = retold(folder, &["eval", "wrong.jsonl", "--json", "--worst", "50", "--html", "eval.html"]);
    let report = data(&output);
    let cases = report["worst"].as_array().unwrap();
    let split = cases.iter().find(|c| c["wrong"] == "split" && c["name"] == "both").unwrap();
    assert!(split["cost"].as_f64().unwrap() > 0.0 && split["a"]["title"] != "" && split["a"]["outlet"] != "");
    assert!(
        cases.iter().any(|c| c["wrong"] == "false_merge" && !c["why"]["score"]["terms"].as_array().unwrap().is_empty())
    );
    let ids: Vec<Value> = lines(&folder.join("out/latest/entries.jsonl")).iter().map(|e| e["id"].clone()).collect();
    for case in cases {
        let command: Vec<&str> = case["explain"].as_str().unwrap().split(' ').collect();
        assert_eq!(command[..2], ["retold", "explain"]);
        assert!(ids.contains(&json!(command[2])) && ids.contains(&json!(command[3])), "{command:?}");
    }
    let page = fs::read_to_string(folder.join("eval.html")).unwrap();
    assert!(page.contains("Worst false merges") && !page.contains("<i>") && !page.contains("<script"));
    let text = String::from_utf8(retold(folder, &["eval", "wrong.jsonl"]).stdout).unwrap();
    assert!(text.contains("worst splits") && text.contains("retold explain ") && text.contains("never proposed"));
}

#[test]
fn judged_pairs_are_gold_too() {
    let folder = example();
    let rows = lines(&folder.join("gold.jsonl"));
    let pair =
        |i: usize| json!({"a": rows[i]["id"], "b": rows[i + 1]["id"], "same": rows[i]["gold"] == rows[i + 1]["gold"]});
    let pairs: String = (0..20).map(|i| format!("{}\n", pair(i))).collect();
    fs::write(folder.join("pairs.jsonl"), pairs).unwrap();
    let report = data(&retold(folder, &["eval", "pairs.jsonl", "--json", "--gate", "judged_p=0.1"]));
    assert_eq!(
        (&report["judged"]["pairs"], &report["tables"], &report["loss"]),
        (&json!(20), &json!([]), &Value::Null)
    );
}

#[test]
fn what_is_missing_is_said() {
    let says = |arguments: &[&str], exit: i32, part: &str| {
        let output = retold(example(), arguments);
        assert_eq!(code(&output), exit, "{arguments:?}");
        assert!(words(&output).contains(part), "{arguments:?}: {}", words(&output));
    };
    says(&["eval", "gold.jsonl", "--run", "r9"], 2, "there is no run `r9`");
    says(&["eval", "none.jsonl"], 2, "cannot read none.jsonl");
    let sweep = ["sweep", "gold.jsonl", "--range", "0..1", "--knob"];
    says(&[&sweep[..], &["merge.settle_hours"]].concat(), 2, "does not change which entries are together");
    says(&[&sweep[..], &["cluster.treshold"]].concat(), 2, "did you mean `cluster.threshold`?");
    let empty = tempfile::tempdir().unwrap();
    fs::write(empty.path().join("gold.jsonl"), "{\"id\":\"a\",\"gold\":1}\n").unwrap();
    let unrun = |arguments: &[&str]| words(&retold(empty.path(), arguments));
    assert!(unrun(&["eval", "gold.jsonl"]).contains("nothing has been published"));
    assert!(unrun(&["sweep", "gold.jsonl", "--knob", "cluster.cap", "--range", "1..3"]).contains("there is no state"));
    assert!(!empty.path().join("state.sqlite").exists());
}

/// Every file of the results and the state with its bytes.
fn snapshot(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::from([("state".into(), fs::read(folder.join("state.sqlite")).unwrap())]);
    let mut open = vec![folder.join("out")];
    while let Some(path) = open.pop() {
        if path.is_dir() && !path.is_symlink() {
            open.extend(fs::read_dir(&path).unwrap().map(|e| e.unwrap().path()));
        } else if path.is_file() {
            files.insert(path.clone(), fs::read(&path).unwrap());
        }
    }
    files
}

#[test]
fn a_sweep_agrees_with_eval_and_writes_nothing() {
    let folder = example();
    let before = snapshot(folder);
    let all = eval(&[])["tables"].as_array().unwrap().last().unwrap().clone();
    let settings = retold::settings::load(&root().join("pipeline.toml"), &[]).unwrap().to_json();
    let knobs = [
        ("cluster.threshold", 0.3),
        ("score.weights.body_cosine", 2.0),
        ("score.copy_shared", 30.0),
        ("pair.neighbours", 1.0),
        ("fingerprint.rows", 1.0),
        ("normalise.detect_words", 20.0),
    ];
    for (knob, more) in knobs {
        // From the value in the configuration, which `eval` has scored.
        let now = settings.pointer(&format!("/{}", knob.replace('.', "/"))).unwrap().as_f64().unwrap();
        let range = format!("{now}..{}", now + more);
        let arguments = ["sweep", "gold.jsonl", "--json", "--knob", knob, "--range", &range, "--steps", "2"];
        let output = retold(folder, &[&arguments[..], &["--svg", "plot.svg"]].concat());
        assert_eq!(code(&output), 0, "{}", words(&output));
        let sweep = data(&output);
        let now = sweep["points"].as_array().unwrap().iter().find(|p| p["value"] == sweep["now"]);
        let now = now.unwrap_or_else(|| panic!("{sweep}"));
        for measure in ["b3_p", "b3_r", "b3_f1", "pair_f1"] {
            assert_eq!(now[measure], all[measure], "{knob} {measure}");
        }
        assert!(fs::read_to_string(folder.join("plot.svg")).unwrap().contains(knob));
    }
    assert!(before == snapshot(folder), "a sweep wrote something");
    let text =
        retold(folder, &["sweep", "gold.jsonl", "--knob", "cluster.threshold", "--range", "0.1..0.4", "--steps", "4"]);
    assert!(String::from_utf8_lossy(&text.stdout).contains("stable from"));
}

#[test]
fn the_scores_agree_with_another_scorer_to_four_digits() {
    let Some(shared) = std::env::var_os("RETOLD_SHARED").map(PathBuf::from) else { return };
    let script = shared.join("tools/score.py");
    let names = ["newswcl50", "giveme5w1h_gold_standard", "wikinews_medium"];
    let gold = names.map(|n| shared.join(format!("gold/dev/{n}.jsonl.gz")));
    if !script.exists() || Command::new("python3").arg("--version").output().is_err() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let paths = gold.each_ref().map(|p| p.to_str().unwrap());
    let output = retold(folder.path(), &[&["run", "--quiet"][..], &paths[..2]].concat());
    assert_eq!(code(&output), 0, "{}", words(&output));
    // The third file was not read, so that missing rows are compared too.
    let report = data(&retold(folder.path(), &[&["eval", "--json"][..], &paths].concat()));
    let output =
        Command::new("python3").arg(&script).arg("out/latest/clusters.jsonl").args(&gold).current_dir(&folder).output();
    let theirs = String::from_utf8(output.unwrap().stdout).unwrap();
    let tables = report["tables"].as_array().unwrap();
    assert_eq!(tables.len(), 4);
    for (table, line) in tables.iter().zip(theirs.lines()) {
        let mut parts = line.split_whitespace();
        assert_eq!(parts.next(), table["name"].as_str());
        for part in parts {
            let (name, value) = part.split_once('=').unwrap();
            let ours = match &table[name] {
                Value::Number(n) if n.is_f64() => format!("{:.4}", n.as_f64().unwrap()),
                other => other.to_string(),
            };
            assert_eq!(ours, value, "{line}: {name}");
        }
    }
}
