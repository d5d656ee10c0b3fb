//! The report page from a run to the file: its size, its bytes, its policy, and what it never contains.
#![allow(clippy::unwrap_used)]

mod night;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use night::{HOSTILE, Night};
use retold::render::html::{PageStats, render};
use retold::stage::report::PageText;
use retold::stage::report::page::page;
use sha2::{Digest, Sha256};
use std::io::Read;

fn file(night: &Night, max: u64) -> (String, PageStats) {
    let mut out = Vec::new();
    let stats = render(&page(&night.input()), &mut out, max).unwrap();
    assert_eq!(stats.bytes, out.len() as u64);
    assert!(stats.bytes <= max, "{} bytes, at most {max}", stats.bytes);
    (String::from_utf8(out).unwrap(), stats)
}

/// What stands between a tag and its end, for each tag that starts so.
fn inside<'a>(html: &'a str, open: &'a str, close: &'a str) -> Vec<&'a str> {
    html.split(open).skip(1).map(|rest| rest.split_once(close).unwrap().0).collect()
}

fn unpack(html: &str, id: &str) -> serde_json::Value {
    let data = inside(html, &format!("id=\"{id}\">"), "</script>")[0].to_owned();
    let mut json = String::new();
    flate2::read::ZlibDecoder::new(&STANDARD.decode(data).unwrap()[..]).read_to_string(&mut json).unwrap();
    serde_json::from_str(&json).unwrap()
}

/// `RETOLD_PAGE_EVENTS` makes a larger one, to look at in a browser.
#[test]
fn a_sample_page_is_written_for_a_look_at_it() {
    let events = std::env::var("RETOLD_PAGE_EVENTS").ok().and_then(|n| n.parse().ok()).unwrap_or(60);
    let (html, stats) = file(&Night::new(events, 6), 25 << 20);
    assert_eq!(stats.events, events as u64);
    assert_eq!((stats.events_left, stats.texts_left), (0, 0));
    let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("page.html");
    std::fs::write(path, html).unwrap();
}

#[test]
fn hostile_text_never_stands_in_the_file_as_it_was() {
    let (html, _) = file(&Night::new(12, 4), 25 << 20);
    for text in HOSTILE.iter().filter(|h| !h.starts_with("javascript")) {
        assert!(!html.contains(text), "{text:?}");
    }
    assert!(!html.contains("onerror") && !html.contains("<b>") && !html.contains('\u{202e}'));
    assert!(!html.contains("javascript:"));
    let scripts = html.matches("<script").count();
    assert_eq!(scripts, html.matches("</script>").count());
    assert_eq!(html.matches("<script>").count(), 1, "one script, the rest is data");
    let detail = unpack(&html, "d0").to_string();
    assert!(detail.contains("alert('title')"), "the text itself is kept");
}

#[test]
fn nothing_remote_is_named_and_no_markup_is_made_of_data() {
    let (html, _) = file(&Night::new(3, 2), 25 << 20);
    let script = inside(&html, "<script>", "</script>")[0];
    for word in [
        "innerHTML",
        "outerHTML",
        "insertAdjacentHTML",
        "document.write",
        "eval(",
        "Function(",
        "fetch(",
        "XMLHttp",
        "import(",
    ] {
        assert!(!script.contains(word), "{word}");
    }
    let style = inside(&html, "<style>", "</style>")[0];
    for text in [script, style] {
        assert!(!text.contains("http://") && !text.contains("https://") && !text.contains("url("));
    }
    let around = html.replace(script, "").replace(style, "");
    assert!(!around.contains(" src=") && !around.contains(" style=") && !around.contains(" onclick"));
}

#[test]
fn the_policy_allows_this_script_and_this_style_and_nothing_else() {
    let (html, _) = file(&Night::new(3, 2), 25 << 20);
    let hash = |text: &str| format!("'sha256-{}'", STANDARD.encode(Sha256::digest(text.as_bytes())));
    let policy = inside(&html, "http-equiv=\"Content-Security-Policy\" content=\"", "\">")[0];
    assert!(policy.starts_with("default-src 'none'; "));
    assert!(policy.contains(&format!("script-src {};", hash(inside(&html, "<script>", "</script>")[0]))));
    assert!(policy.contains(&format!("style-src {};", hash(inside(&html, "<style>", "</style>")[0]))));
    for rule in ["img-src 'none'", "base-uri 'none'", "form-action 'none'"] {
        assert!(policy.contains(rule));
    }
}

#[test]
fn the_same_night_gives_the_same_bytes_whatever_the_threads_and_timings() {
    let mut night = Night::new(300, 4);
    let (first, _) = file(&night, 25 << 20);
    night.stages.iter_mut().for_each(|s| (s.wall_s, s.cpu_s) = (99.0, 98.0));
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    let second = pool.install(|| file(&night, 25 << 20).0);
    assert!(first == second);
}

#[test]
fn thirty_thousand_events_with_bodies_stay_within_the_limit() {
    let night = Night::new(30_000, 12);
    let (html, stats) = file(&night, 10 << 20);
    assert_eq!(stats.events, 20_000);
    assert_eq!(stats.events_left, 10_000);
    assert!(stats.texts > 0 && stats.texts_left > 0, "{stats:?}");
    assert!(stats.bytes > (10 << 20) * 95 / 100, "the budget is used: {stats:?}");
    let manifest = unpack(&html, "m");
    assert_eq!(manifest["stats"]["texts_left"], stats.texts_left);
    assert_eq!(manifest["overview"]["totals"]["events"], 30_000);
}

#[test]
fn a_small_limit_costs_texts_first_then_details_then_events_and_each_is_counted() {
    let night = Night::new(3_000, 12);
    let (_, roomy) = file(&night, 3 << 20);
    assert_eq!((roomy.events, roomy.details), (3_000, 3_000));
    assert!(roomy.texts_left > 0);
    let (_, tight) = file(&night, 400 << 10);
    assert!(tight.details < tight.events, "{tight:?}");
    let error = render(&page(&night.input()), &mut Vec::new(), 20_000).unwrap_err();
    assert!(error.to_string().contains("max_mb"), "{error}");
}

#[test]
fn the_settings_say_how_much_of_the_texts_is_in_the_page() {
    let mut night = Night::new(8, 12);
    let (full, _) = file(&night, 25 << 20);
    assert!(unpack(&full, "t0")[0][0].as_str().unwrap().split_whitespace().count() > 60);
    night.settings.text = PageText::Excerpt;
    let (excerpt, _) = file(&night, 25 << 20);
    let first = unpack(&excerpt, "t0")[0][0].clone();
    assert_eq!(first[0].as_str().unwrap().split_whitespace().count(), 60, "cut texts stand in a list of one");
    night.settings.text = PageText::None;
    let (none, stats) = file(&night, 25 << 20);
    assert!(!none.contains("id=\"t0\""));
    assert_eq!((stats.texts, stats.texts_left), (0, 0));
}
