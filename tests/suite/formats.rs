//! One night in every format: recognised, configured by `init`, read, and taken back.

use crate::project::Project;
use serde_json::{Value, json};

const TEXT: &str = "The ferry is late because the wind has turned to the north, the harbour office of Port Ellery said. Passengers wait.";

fn ninjs(pubstatus: &str, hour: u32) -> Value {
    json!({"uri": "urn:wire:1", "versioncreated": format!("2026-01-14T{hour}:00:00Z"), "pubstatus": pubstatus,
        "headline": "Ferry late in Port Ellery", "body_text": TEXT})
}

fn night() -> Vec<(&'static str, String)> {
    let response = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<html><head><meta property=\"og:type\" content=\"article\"><title>Tug late</title></head><body><h1>Tug late</h1><p>{TEXT}</p><p>{TEXT}</p></body></html>"
    );
    let record = |kind: &str, block: &str| {
        let length = block.len();
        format!(
            "WARC/1.0\r\nWARC-Type: {kind}\r\nWARC-Target-URI: https://quay.example/tug\r\nWARC-Date: 2026-01-14T10:00:00Z\r\nContent-Length: {length}\r\n\r\n{block}\r\n\r\n"
        )
    };
    vec![
        ("lines.dat", format!("{}\n", json!({"headline": "Bridge shut", "content": TEXT}))),
        (
            "feed.dat",
            format!(
                "<rss version=\"2.0\"><channel><item><title>Ferry late</title><description>{TEXT}</description><link>https://www.bbc.co.uk/news/1?utm_source=a</link></item></channel></rss>"
            ),
        ),
        ("table.dat", format!("Headline;Body;Date\nCrane falls;{TEXT};2026-01-14\n")),
        ("array.dat", json!({"tags": [{"n": 1}], "docs": [{"headline": "Library shut", "body": TEXT}]}).to_string()),
        ("ninjs.dat", json!([ninjs("usable", 10)]).to_string()),
        ("crawl.dat", record("request", "GET / HTTP/1.1\r\n\r\n") + &record("response", &response)),
    ]
}

#[test]
fn init_writes_a_source_that_works_for_each_format() {
    let night = night();
    let project = Project::of(&[]);
    night.iter().for_each(|(name, text)| project.write(name, text));
    let names: Vec<&str> = night.iter().map(|(name, _)| *name).collect();
    project.call(&[&["init"][..], &names].concat()).done();
    let checked: Value = serde_json::from_str(&project.call(&["check", "--json"]).done().stdout).unwrap();
    let formats: Vec<&str> =
        checked["sources"].as_array().unwrap().iter().map(|s| s["read"][0]["format"].as_str().unwrap()).collect();
    assert_eq!(formats, ["jsonl", "feed", "csv", "json", "ninjs", "warc"]);
    for source in checked["sources"].as_array().unwrap() {
        assert_eq!(
            (&source["read"][0]["records"], &source["read"][0]["rejected"]),
            (&json!(1), &json!(0)),
            "{source:#}"
        );
    }
    assert_eq!(checked["sources"][5]["read"][0]["passed"], json!({"request": 1}));
}

#[test]
fn a_run_reads_every_format_and_names_outlets_and_owners() {
    let night = night();
    let project = Project::of(&[]);
    night.iter().for_each(|(name, text)| project.write(name, text));
    let names: Vec<&str> = night.iter().map(|(name, _)| *name).collect();
    project.run(&names).done();
    let entries = project.call(&["export", "entries", "--columns", "title,outlet,owner,key", "--format", "tsv"]).done();
    let mut rows: Vec<&str> = entries.stdout.lines().skip(1).collect();
    rows.sort_unstable();
    assert_eq!(rows.len(), 6, "{rows:#?}");
    assert!(rows.contains(&"Ferry late\tbbc.co.uk\tBBC\tbbc.co.uk/news/1"), "{rows:#?}");
    assert!(
        rows.contains(&"Crane falls\ttable.dat\t\ttable.dat|2026-01-14T00:00:00Z|crane falls")
            || rows.iter().any(|r| r.starts_with("Crane falls\ttable\t")),
        "{rows:#?}"
    );
}

#[test]
fn what_is_withdrawn_leaves_the_night_and_does_not_come_back() {
    let config = "[[source]]\nname = \"wire\"\noutlet = \"Sea Wire\"\npath = \"wire.json\"\n[[source]]\nname = \"rest\"\npath = \"rest.jsonl\"\n";
    let rest = format!(
        "{}\n",
        json!({"id": "r", "outlet": "Quay Post", "title": "Bridge shut", "text": "The bridge is shut."})
    );
    let project = Project::of(&[("pipeline.toml", config), ("rest.jsonl", &rest)]);
    let titles = || {
        let out = project.call(&["export", "entries", "--columns", "title", "--format", "tsv"]).done().stdout;
        out.lines().skip(1).map(str::to_owned).collect::<Vec<_>>()
    };
    let wire = |documents: Value| project.write("wire.json", documents.to_string());
    wire(json!([ninjs("usable", 10)]));
    project.run(&[]).done();
    assert_eq!(titles().len(), 2);
    wire(json!([ninjs("usable", 10), ninjs("canceled", 11)]));
    project.run(&[]).done();
    assert_eq!(titles(), ["Bridge shut"]);
    let results = std::fs::read_to_string(project.at("out/latest/run_results.json")).unwrap();
    let results: Value = serde_json::from_str(&results).unwrap();
    assert_eq!(
        (&results["sources"]["wire"]["withdrawals"], &results["sources"]["wire"]["records"]),
        (&json!(2), &json!(2))
    );
    let runs = project.runs().len();
    wire(json!([ninjs("usable", 10)]));
    project.run(&[]).says(0, &["nothing new since"]);
    assert_eq!(project.runs().len(), runs);
    wire(json!([ninjs("usable", 12)]));
    project.run(&[]).done();
    assert_eq!(titles().len(), 2, "a later version is in again");
}

#[test]
fn texts_that_are_formulas_are_defused_in_exported_csv() {
    let rows = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1"].iter().enumerate();
    let night: String =
        rows.map(|(i, t)| format!("{}\n", json!({"id": i, "title": "Ferry", "outlet": t, "text": TEXT}))).collect();
    let project = Project::of_night(&night);
    project.run(&[]).done();
    let csv = project.call(&["export", "entries", "--columns", "outlet", "--format", "csv"]).done().stdout;
    for line in csv.lines().skip(1) {
        assert!(line.trim_start_matches('"').starts_with('\''), "{csv}");
    }
}

#[cfg(not(feature = "parquet"))]
#[test]
fn a_build_without_parquet_says_which_feature_it_lacks() {
    let project = Project::of_night(&format!("{}\n", json!({"id": 1, "title": "Ferry", "text": TEXT})));
    project.run(&[]).done();
    project.call(&["export", "events", "--format", "parquet"]).says(2, &["--features parquet"]);
    project.write("table.parquet", b"PAR1 and more");
    project.call(&["check", "table.parquet"]).says(1, &[]);
}
