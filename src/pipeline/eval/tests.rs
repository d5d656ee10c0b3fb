//! Small runs made by hand, scored against small gold.

use super::*;
use crate::model::{EntryId, Features, Link, Pair, Probability, Proposals, Relation, Row};
use crate::pipeline::work::Work;
use crate::stage::fixtures::entry;
use serde_json::json;
use std::fs;
use std::path::Path;

/// A run's folder: entries by key with their event and origin; an empty event is an umbrella.
fn folder(rows: &[(&str, &str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let id = |key: &str| EntryId::of("Outlet", key).to_string();
    let (mut clusters, mut umbrellas, mut entries) = (String::new(), String::new(), String::new());
    for (key, event, origin) in rows {
        if event.is_empty() {
            umbrellas += &format!("{}\n", json!({"entry_id": id(key), "key": key}));
        } else {
            let row = json!({"entry_id": id(key), "key": key, "event_id": event, "origin": id(origin)});
            clusters += &format!("{row}\n");
        }
        entries += &format!("{}\n", json!({"id": id(key), "outlet": "Outlet", "title": format!("Title <b>{key}</b>")}));
    }
    for (name, text) in [("clusters", clusters), ("umbrellas", umbrellas), ("entries", entries)] {
        fs::write(folder.path().join(format!("{name}.jsonl")), text).unwrap();
    }
    folder
}

fn gold(rows: &[(&str, &str)]) -> Vec<Gold> {
    let labelled = rows.iter().map(|(id, event)| (id.to_string(), event.to_string())).collect();
    vec![Gold { name: "set".into(), labelled, judged: Vec::new() }]
}

/// A working set of these keys with links between their positions.
fn work(keys: &[&str], links: &[(u32, u32, f64)], pairs: &[(u32, u32)]) -> Work {
    let link = |(a, b, p): &(u32, u32, f64)| Link {
        a: Row(*a),
        b: Row(*b),
        by: Proposals::NEIGHBOUR,
        relation: Relation::Different,
        p: Probability::new(*p),
        features: Features::default(),
        overlap: None,
    };
    let entry = |key: &&str| crate::model::Entry {
        id: EntryId::of("Outlet", key),
        key: key.to_string(),
        ..entry(key, key, "")
    };
    let (entries, links) = (keys.iter().map(entry).collect(), links.iter().map(link).collect());
    let mut work = Work { entries, links, ..Work::default() };
    work.put_pairs(pairs.iter().map(|(a, b)| Pair::new(Row(*a), Row(*b), Proposals::NEIGHBOUR)).collect());
    work
}

fn worst_of(run: &Path, gold: &[Gold], work: Option<&Work>) -> Vec<Case> {
    let clustering = Clustering::of_folder(run).unwrap();
    let items = Items::of(gold, &clustering);
    let scene = worst::Scene {
        items: &items,
        clustering: &clustering,
        scores: items.contingency().scores(),
        work,
        folder: run,
        explain_flags: " --state x",
    };
    worst::worst(&scene, gold, 3).unwrap()
}

#[test]
fn what_is_missing_or_an_umbrella_stands_alone_and_is_counted() {
    let run = folder(&[("a", "ev-1", "a"), ("b", "ev-1", "b"), ("u", "", "")]);
    let clustering = Clustering::of_folder(run.path()).unwrap();
    let items = Items::of(&gold(&[("a", "x"), ("b", "x"), ("u", "x"), ("gone", "x"), ("gone", "x")]), &clustering);
    let tables = items.tables();
    let all = tables.last().unwrap();
    assert_eq!((all.umbrellas, all.missing, all.scores.clusters), (1, 2, 3), "one entry named twice is one cluster");
    assert_eq!(tables.iter().map(|t| t.name.as_str()).collect::<Vec<_>>(), ["set", "ALL"]);
}

#[test]
fn entries_are_found_by_key_and_failing_that_by_id() {
    let run = folder(&[("a", "ev-1", "a"), ("b", "ev-2", "b")]);
    let clustering = Clustering::of_folder(run.path()).unwrap();
    let id = EntryId::of("Outlet", "b");
    assert_eq!(clustering.find("b"), clustering.find(&id.to_string()));
    assert_eq!(clustering.find("c"), None);
}

#[test]
fn labels_are_one_event_in_every_file() {
    let run = folder(&[("a", "ev-1", "a"), ("b", "ev-1", "b")]);
    let clustering = Clustering::of_folder(run.path()).unwrap();
    let two = [gold(&[("a", "x")]), gold(&[("b", "x")])].concat();
    let tables = Items::of(&two, &clustering).tables();
    assert_eq!((tables.len(), tables[2].scores.events, tables[2].scores.pair_f1), (3, 1, 1.0));
}

#[test]
fn sizes_are_those_of_the_gold_events_with_and_without_singletons() {
    // One event of eight in two halves, one of three and a singleton in one cluster, one of two kept whole.
    let of = |event: &'static str, keys: [&'static str; 8], n: usize| keys.into_iter().take(n).map(move |k| (k, event));
    let (big, three, two) = (
        ["a", "b", "c", "d", "e", "f", "g", "h"],
        ["i", "j", "k", "", "", "", "", ""],
        ["m", "n", "", "", "", "", "", ""],
    );
    let labels: Vec<_> = of("8", big, 8).chain(of("3", three, 3)).chain([("l", "1")]).chain(of("2", two, 2)).collect();
    let cluster = |key: &str| match key {
        "a" | "b" | "c" | "d" => "ev-1",
        "e" | "f" | "g" | "h" => "ev-2",
        "m" | "n" => "ev-4",
        _ => "ev-3",
    };
    let rows: Vec<_> = labels.iter().map(|(key, _)| (*key, cluster(key), *key)).collect();
    let tables = Items::of(&gold(&labels), &Clustering::of_folder(folder(&rows).path()).unwrap()).tables();
    let sizes = &tables.last().unwrap().sizes;
    let say = |s: &Size| (s.size, s.rows, s.events, (s.b3_p * 1e4).round(), (s.b3_r * 1e4).round());
    let found: Vec<_> = sizes.iter().map(say).collect();
    let expected = [
        ("1", 1, 1, 2500.0, 10000.0),
        ("2", 2, 1, 10000.0, 10000.0),
        ("3-7", 3, 1, 7500.0, 10000.0),
        ("8+", 8, 1, 10000.0, 5000.0),
        // (2 · 1 + 3 · ¾ + 8 · 1) / 13 and (2 + 3 + 8 · ½) / 13
        ("2+", 13, 3, 9423.0, 6923.0),
        ("all", 14, 4, 8929.0, 7143.0),
    ];
    assert_eq!(found, expected);
}

#[test]
fn judged_pairs_are_scored_and_the_wrong_ones_listed() {
    let run = folder(&[("a", "ev-1", "a"), ("b", "ev-1", "b"), ("c", "ev-2", "c")]);
    let clustering = Clustering::of_folder(run.path()).unwrap();
    let judged = [("a", "b", false), ("a", "c", true), ("b", "a", true)];
    let judged = judged.into_iter().map(|(a, b, same)| (a.to_string(), b.to_string(), same)).collect();
    let gold = [Gold { name: "j".into(), labelled: Vec::new(), judged }];
    let scores = Judged::of(&gold, &clustering).unwrap();
    assert_eq!((scores.pairs, scores.same, scores.together), (3, 2, 2));
    assert_eq!((scores.judged_p, scores.judged_r), (0.5, 0.5));
    let cases = worst_of(run.path(), &gold, None);
    assert_eq!(cases.iter().map(|c| c.wrong).collect::<Vec<_>>(), [Wrong::FalseMerge, Wrong::Split]);
}

#[test]
fn each_pair_of_one_event_is_lost_at_one_stage() {
    let rows = [
        ("a", "ev-1", "a"),
        ("b", "ev-1", "b"),
        ("c", "ev-2", "c"),
        ("d", "ev-3", "d"),
        ("e", "ev-4", "e"),
        ("u", "", ""),
    ];
    let run = folder(&rows);
    let clustering = Clustering::of_folder(run.path()).unwrap();
    let labels = ["a", "b", "c", "d", "e", "u", "gone"].map(|key| (key, "x"));
    let items = Items::of(&gold(&labels), &clustering);
    // a and c are linked well, b and c weakly; a and d were proposed and left no link; nothing else was proposed.
    let work = work(&["a", "b", "c", "d", "e", "u"], &[(0, 2, 0.19), (1, 2, 0.03)], &[(0, 2), (1, 2), (0, 3)]);
    let loss = loss::loss(&items, &clustering, &work, 0.04);
    let expected = Loss {
        same: 21,
        not_read: 6,
        umbrella: 5,
        never_proposed: 6,
        scored_low: 2,
        not_joined: 1,
        joined: 1,
        ..Loss::default()
    };
    assert_eq!(loss, expected);
    assert_eq!(loss.stages().iter().map(|s| s.1).sum::<u64>(), loss.same);
}

#[test]
fn wrong_pairs_are_told_apart_by_how_they_came_together() {
    let run = folder(&[("a", "ev-1", "a"), ("b", "ev-1", "a"), ("c", "ev-1", "c"), ("d", "ev-1", "d")]);
    let clustering = Clustering::of_folder(run.path()).unwrap();
    let items = Items::of(&gold(&[("a", "x"), ("b", "y"), ("c", "z"), ("d", "z")]), &clustering);
    // b is a copy of a; a is linked to c; d came in by way of c.
    let work = work(&["a", "b", "c", "d"], &[(0, 2, 0.9), (2, 3, 0.9)], &[(0, 2), (2, 3)]);
    let loss = loss::loss(&items, &clustering, &work, 0.04);
    assert_eq!((loss.same, loss.joined, loss.wrong), (1, 1, 5));
    assert_eq!((loss.wrong_copies, loss.wrong_linked, loss.wrong_unlinked), (1, 2, 2));
}

#[test]
fn the_costliest_come_first_with_the_pair_that_shows_them() {
    let run = folder(&[
        ("a", "ev-1", "a"),
        ("b", "ev-1", "b"),
        ("c", "ev-1", "c"),
        ("d", "ev-2", "d"),
        ("e", "ev-2", "e"),
        ("f", "ev-3", "f"),
    ]);
    let gold = gold(&[("a", "x"), ("b", "x"), ("c", "y"), ("d", "z"), ("e", "w"), ("f", "x")]);
    let work = work(&["a", "b", "c", "d", "e", "f"], &[(0, 2, 0.3), (1, 2, 0.8), (1, 5, 0.1)], &[]);
    let cases = worst_of(run.path(), &gold, Some(&work));
    let names: Vec<&str> = cases.iter().map(|c| c.name.as_str()).collect();
    assert_eq!(names, ["ev-1", "ev-2", "x"]);
    assert!(cases[0].cost > cases[1].cost && cases[2].cost > 0.0);
    assert_eq!((cases[0].p, cases[0].parts.as_slice()), (Some(Probability::new(0.8)), &[2, 1][..]));
    let (b, c) = (EntryId::of("Outlet", "b"), EntryId::of("Outlet", "c"));
    assert_eq!(cases[0].explain, format!("retold explain {b} {c} --state x"));
    assert_eq!((cases[0].a.gold.as_str(), cases[0].b.gold.as_str()), ("x", "y"));
    assert_eq!(cases[1].p, None, "nothing linked d and e");
    assert_eq!(cases[2].p, Some(Probability::new(0.1)));
}

#[test]
fn repairing_a_case_gains_what_it_costs() {
    let rows = [("a", "ev-1", "a"), ("b", "ev-1", "b"), ("c", "ev-1", "c"), ("d", "ev-2", "d")];
    let labels = gold(&[("a", "x"), ("b", "x"), ("c", "y"), ("d", "z")]);
    let run = folder(&rows);
    let cases = worst_of(run.path(), &labels, None);
    let f1 = |rows: &[(&str, &str, &str)]| {
        let run = folder(rows);
        Items::of(&labels, &Clustering::of_folder(run.path()).unwrap()).contingency().scores().b3_f1
    };
    let repaired = [rows[0], rows[1], ("c", "ev-9", "c"), rows[3]];
    assert!((f1(&repaired) - f1(&rows) - cases[0].cost).abs() < 1e-12);
}

#[test]
fn the_page_escapes_what_outlets_and_gold_say_and_carries_no_script() {
    let run = folder(&[("a", "ev-1", "a"), ("b", "ev-1", "b")]);
    let gold = gold(&[("a", "<script>alert(1)</script>"), ("b", "\" onload=\"x")]);
    let items = Items::of(&gold, &Clustering::of_folder(run.path()).unwrap());
    let report = Report {
        run: "r<1>".into(),
        tables: items.tables(),
        judged: Some(Judged::default()),
        loss: Some(Loss::default()),
        worst: worst_of(run.path(), &gold, Some(&work(&["a", "b"], &[(0, 1, 0.4)], &[]))),
        notes: vec!["<i>note</i>".into()],
    };
    let page = page::render(&report, "").unwrap();
    assert!(!page.contains("<script") && !page.contains("<i>note") && !page.contains("Title <b>"));
    assert!(page.contains("&lt;script&gt;") && page.contains("r&lt;1&gt;") && page.contains("a link of 0.400000"));
    assert!(page.contains("default-src 'none'; style-src 'sha256-") && !page.contains("<a "));
}

#[test]
fn a_damaged_table_is_named_with_its_line() {
    let run = folder(&[("a", "ev-1", "a")]);
    fs::write(run.path().join("clusters.jsonl"), "{\"key\":1}\n").unwrap();
    assert!(Clustering::of_folder(run.path()).unwrap_err().to_string().contains("line 1"));
    fs::remove_file(run.path().join("clusters.jsonl")).unwrap();
    assert!(Clustering::of_folder(run.path()).unwrap_err().to_string().contains("[report] write"));
}
