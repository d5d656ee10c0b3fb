//! Nothing reads a key, a file's name, the order of rows or a field that no one mapped: only what outlets published.

use crate::invented::Dice;
use crate::project::{Project, Published, names, seeds, word};
use flate2::read::GzDecoder;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Read;
use std::path::Path;

/// The fields that are read by default; all others are dropped.
const FIELDS: [&str; 10] = ["id", "outlet", "title", "text", "published", "updated", "url", "lang", "credit", "byline"];

/// One row: where it stood at first, and what it says.
type Row = (usize, Map<String, Value>);

fn rows(text: &str) -> Vec<Map<String, Value>> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The groups of a run by what each row's key stands for; umbrellas are a group of their own.
fn partition(published: &Published, stands_for: &BTreeMap<String, usize>) -> BTreeSet<BTreeSet<usize>> {
    let mut groups: BTreeMap<String, BTreeSet<usize>> = BTreeMap::new();
    let mut put = |group: String, row: &Value| {
        if let Some(at) = stands_for.get(&word(row, "key")) {
            groups.entry(group).or_default().insert(*at);
        }
    };
    published.rows("clusters").iter().for_each(|r| put(word(r, "event_id"), r));
    published.rows("umbrellas").iter().for_each(|r| put("umbrellas".into(), r));
    groups.into_values().collect()
}

/// Runs the rows in so many files, named by the dice; `keys` are the rows' ids.
fn run(rows: &[Row], keys: &[String], files: usize, dice: &mut Dice, config: &str) -> BTreeSet<BTreeSet<usize>> {
    let project = Project::of(&[("pipeline.toml", config)]);
    let mut texts = vec![String::new(); files];
    for ((_, row), key) in rows.iter().zip(keys) {
        let mut row = row.clone();
        row.insert("id".into(), key.as_str().into());
        let line = Value::Object(row).to_string() + "\n";
        texts[dice.below(files)].push_str(&line);
    }
    for text in texts.iter().filter(|t| !t.is_empty()) {
        project.write(&format!("in/{}.jsonl", random(dice)), text);
    }
    project.run(&["--state", ""]).done();
    let stands_for = rows.iter().zip(keys).map(|((at, _), key)| (key.clone(), *at)).collect();
    partition(&project.latest(), &stands_for)
}

fn random(dice: &mut Dice) -> String {
    (0..12).map(|_| char::from(b'a' + dice.below(26) as u8)).collect()
}

/// Insists that the rows give one partition as they are, and under other keys, in other files, in another order and
/// without the fields that nothing maps.
fn holds(original: Vec<Map<String, Value>>, more: &str, seed: u64) {
    let mut dice = Dice(seed);
    let config = format!("[[source]]\nname = \"rows\"\nformat = \"jsonl\"\npath = \"in/*.jsonl\"\n{more}");
    let before: Vec<Row> = original.into_iter().enumerate().collect();
    let keys: Vec<String> =
        before.iter().map(|(at, row)| row.get("id").map_or(at.to_string(), |id| id.as_str().unwrap().into())).collect();
    let expected = run(&before, &keys, 1, &mut dice, &config);
    assert_eq!(expected.iter().map(BTreeSet::len).sum::<usize>(), before.len(), "a row was lost");
    let mut after = before;
    after.iter_mut().for_each(|(_, row)| row.retain(|field, _| FIELDS.contains(&field.as_str())));
    (1..after.len()).rev().for_each(|i| after.swap(i, dice.below(i + 1)));
    let keys: Vec<String> = after.iter().map(|_| random(&mut dice)).collect();
    let found = run(&after, &keys, 5, &mut dice, &config);
    let lost: Vec<_> = expected.difference(&found).collect();
    let new: Vec<_> = found.difference(&expected).collect();
    assert!(lost.is_empty() && new.is_empty(), "before: {lost:?}\nafter: {new:?}");
}

#[test]
fn the_examples_records_are_grouped_by_what_they_say_alone() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |file: &String| rows(&fs::read_to_string(root.join(file)).unwrap());
    let mut all: Vec<_> = seeds().iter().filter(|f| f.ends_with(".jsonl")).flat_map(read).collect();
    // A second text under one id is a version of it; under two random keys they would be two entries.
    let mut seen = BTreeSet::new();
    all.retain(|row| row.get("id").is_none_or(|id| seen.insert(id.to_string())));
    assert!(all.len() > 20);
    for row in &mut all {
        row.insert("gold".into(), "aside".into());
    }
    holds(all, "", 17);
}

#[test]
fn invented_nights_are_grouped_by_what_they_say_alone() {
    let mut seen = BTreeSet::new();
    let mut night = rows(&crate::invented::file(&crate::invented::night(300, 23)));
    night.retain(|row| seen.insert(row["id"].to_string()));
    holds(night, "", 29);
}

#[test]
fn the_gold_is_grouped_by_what_it_says_alone() {
    let Some(gold) = std::env::var_os("RETOLD_SHARED").map(|s| Path::new(&s).join("gold/dev")) else {
        return println!("skipped: RETOLD_SHARED names no folder");
    };
    let small = ["wikinews_medium", "newswcl50", "giveme5w1h"];
    let files = names(&gold).into_iter().filter(|n| small.iter().any(|s| n.starts_with(s)));
    let read = |file: String| {
        let mut text = String::new();
        GzDecoder::new(fs::File::open(gold.join(file)).unwrap()).read_to_string(&mut text).unwrap();
        rows(&text)
    };
    let all: Vec<_> = files.flat_map(read).collect();
    assert!(all.len() > 300);
    holds(all, "", 31);
}
