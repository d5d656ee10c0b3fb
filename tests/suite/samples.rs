//! Real saved pages with what people wrote down of them; skipped where `RETOLD_SHARED` does not name them.

use crate::shared::shared;
use flate2::read::GzDecoder;
use retold::model::Record;
use retold::source::{Context, Limits, SourceSettings, html};
use serde_json::Value;
use std::collections::HashSet;
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// What came of one page.
struct Row {
    name: String,
    entries: usize,
    title: bool,
    authors: bool,
    date: bool,
    recovered: f64,
    beside: f64,
}

fn words(text: &str) -> Vec<String> {
    let letters = text.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty());
    letters.map(str::to_lowercase).collect()
}

/// The runs of four words in a text; all its words where it is shorter.
fn runs(text: &str) -> HashSet<Vec<String>> {
    let words = words(text);
    words.windows(4.min(words.len().max(1))).map(<[String]>::to_vec).collect()
}

fn texts(value: &Value) -> Vec<String> {
    value.as_array().into_iter().flatten().filter_map(|t| t.as_str().map(str::to_owned)).collect()
}

fn read(path: &Path) -> (String, Vec<Record>) {
    let mut page = Vec::new();
    GzDecoder::new(File::open(path).unwrap()).read_to_end(&mut page).unwrap();
    let settings = SourceSettings { name: "samples".into(), path: "-".into(), ..Default::default() };
    let limits =
        Limits { record_bytes: 1 << 24, file_bytes: 1 << 30, page_entries: 5_000, depth: 512, entry_words: 100_000 };
    let ctx = Context::new(&settings, "2026-01-15T02:00:00Z".parse().unwrap(), limits).unwrap();
    let batch = html::page(&page, &html::About { line: 1, ..Default::default() }, &ctx);
    assert_eq!(batch.rejects, vec![], "{}", path.display());
    (String::from_utf8_lossy(&page).into_owned(), batch.records)
}

/// The version of what is expected whose paragraphs stand in the page.
fn expected(page: &str, path: &Path) -> Value {
    let versions: Value = serde_json::from_reader(File::open(path).unwrap()).unwrap();
    let page: HashSet<String> = words(page).into_iter().collect();
    let known = |version: &Value| {
        let title = words(version["title"].as_str().unwrap());
        title.iter().filter(|w| page.contains(*w)).count() as f64 / title.len() as f64
    };
    let versions = versions.as_object().unwrap().values();
    versions.max_by(|a, b| known(a).total_cmp(&known(b))).unwrap().clone()
}

fn row(name: String, records: &[Record], expected: &Value) -> Row {
    let body = &expected["body"];
    let sections = || body["sections"].as_array().unwrap().iter();
    let paragraphs: Vec<String> =
        sections().flat_map(|s| texts(&s["paragraphs"])).chain(texts(&body["summary"])).collect();
    let headings = sections().flat_map(|s| texts(&s["headline"]));
    let wanted: HashSet<_> = paragraphs.iter().cloned().chain(headings).flat_map(|t| runs(&t)).collect();
    let live = records.len() > 1;
    let text = |r: &Record| if live { format!("{}\n{}", r.title, r.body) } else { r.body.clone() };
    let found: HashSet<_> =
        records.iter().flat_map(|r| text(r).lines().map(runs).collect::<Vec<_>>()).flatten().collect();
    let whole: HashSet<_> = records.iter().flat_map(|r| runs(&text(r))).collect();
    let stands = |p: &&String| {
        let of = runs(p);
        of.iter().filter(|run| whole.contains(*run) || found.contains(*run)).count() as f64 >= 0.85 * of.len() as f64
    };
    let byline = words(&records.iter().filter_map(|r| r.byline.clone()).collect::<Vec<_>>().join(" ")).join(" ");
    let date: jiff::Timestamp = expected["publishing_date"].as_str().unwrap().parse().unwrap();
    Row {
        name,
        entries: records.len(),
        title: records.iter().any(|r| words(&r.title) == words(expected["title"].as_str().unwrap())),
        authors: texts(&expected["authors"]).iter().all(|a| byline.contains(&words(a).join(" "))),
        date: records.iter().any(|r| r.published.as_ref().and_then(|c| c.at()) == Some(date)),
        recovered: paragraphs.iter().filter(stands).count() as f64 / paragraphs.len() as f64,
        beside: found.difference(&wanted).count() as f64 / found.len().max(1) as f64,
    }
}

#[test]
fn saved_pages_give_their_articles_and_posts() {
    let Some(folder) = shared("samples/html") else { return };
    let mut rows = Vec::new();
    let mut pages: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|e| e.unwrap().path()).collect();
    pages.retain(|p| p.to_string_lossy().ends_with(".html.gz"));
    pages.sort();
    for path in pages {
        let name = path.file_name().unwrap().to_string_lossy().split('_').next().unwrap().to_owned();
        let (page, records) = read(&path);
        let expected = expected(&page, &folder.join(format!("{name}.json")));
        rows.push(row(name, &records, &expected));
    }
    println!("| page | entries | title | authors | date | recovered | beside |\n|---|--:|---|---|---|--:|--:|");
    for r in &rows {
        let told = |b: bool| if b { "yes" } else { "no" };
        // What is expected of a live page is of the page, not of its posts.
        let of_page = |b: bool| if r.entries > 1 { "" } else { told(b) };
        let (title, authors, date) = (of_page(r.title), told(r.authors), of_page(r.date));
        println!(
            "| {} | {} | {title} | {authors} | {date} | {:.2} | {:.2} |",
            r.name, r.entries, r.recovered, r.beside
        );
    }
    let articles: Vec<&Row> = rows.iter().filter(|r| r.entries == 1).collect();
    let mean = |of: fn(&Row) -> f64| articles.iter().map(|r| of(r)).sum::<f64>() / articles.len() as f64;
    let share = |of: fn(&Row) -> bool| articles.iter().filter(|r| of(r)).count() as f64 / articles.len() as f64;
    assert!(mean(|r| r.recovered) >= 0.97, "{}", mean(|r| r.recovered));
    assert!(mean(|r| r.beside) <= 0.2, "{}", mean(|r| r.beside));
    assert!(share(|r| r.title) >= 0.6 && share(|r| r.authors) >= 0.9 && share(|r| r.date) >= 0.9);
    for live in rows.iter().filter(|r| r.entries > 1) {
        assert!(live.recovered >= 0.65 && live.authors, "{}", live.name);
    }
}
