//! The report page from a run to the file: its size, its bytes, its policy, and what it never contains.

mod night;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use night::{HOSTILE, Night};
use proptest::prelude::*;
use retold::model::{Member, Overlap, Relation};
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

/// `RETOLD_PAGE_EVENTS` and `RETOLD_PAGE_SENTENCES` make a larger one, to look at in a browser.
#[test]
fn a_sample_page_is_written_for_a_look_at_it() {
    let number = |name: &str, default| std::env::var(name).ok().and_then(|n| n.parse().ok()).unwrap_or(default);
    let night = Night::new(number("RETOLD_PAGE_EVENTS", 60), number("RETOLD_PAGE_SENTENCES", 6));
    let (html, stats) = file(&night, 25 << 20);
    assert_eq!(stats.events, night.events.len().min(20_000) as u64);
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

#[test]
fn events_of_several_entries_come_first_the_most_doubtful_and_the_largest_in_turns() {
    let night = Night::new(80, 2);
    let made = page(&night.input());
    let briefs: Vec<_> = made.events.iter().collect();
    let shared = briefs.iter().take_while(|b| b.entries >= 2).count();
    assert_eq!(shared as u64, made.overview.totals.shared);
    assert!(briefs[shared..].iter().all(|b| b.entries == 1));
    assert!(briefs[shared..].windows(2).all(|pair| pair[0].newest >= pair[1].newest));
    let doubtful = briefs[..shared].iter().filter(|b| b.doubtful).min_by_key(|b| b.weakest).unwrap();
    let largest = briefs.iter().map(|b| b.entries).max();
    assert_eq!(briefs[0].id, doubtful.id);
    assert_eq!(Some(briefs[1].entries), largest);
}

#[test]
fn the_number_of_events_is_held_and_the_rest_is_counted() {
    let mut night = Night::new(80, 2);
    night.settings.max_events = 10;
    let (html, stats) = file(&night, 25 << 20);
    assert_eq!((stats.events, stats.events_left), (10, 70));
    assert!(unpack(&html, "i0").as_array().unwrap().iter().all(|e| e["n"].as_u64() >= Some(2)));
}

#[test]
fn an_event_opens_with_the_pair_of_its_weakest_link_and_lists_copies_under_their_leader() {
    let night = Night::new(60, 2);
    let made = page(&night.input());
    for (at, brief) in made.events.iter().enumerate() {
        let detail = (made.detail)(at);
        if let (Some(weakest), Some((a, b))) = (brief.weakest, detail.pair) {
            let link = detail.links.iter().find(|l| (l.a, l.b) == (a, b)).unwrap();
            assert_eq!(link.p, weakest);
        }
        let origins: Vec<u32> = detail.entries.iter().map(|e| e.origin).collect();
        assert!(origins.is_sorted());
        for (at, entry) in detail.entries.iter().enumerate() {
            let leads = at == 0 || origins[at - 1] != entry.origin;
            assert_eq!(leads, entry.relation.is_none());
        }
        assert_eq!((made.texts)(at).len(), detail.entries.len());
    }
}

#[test]
fn a_refused_link_stands_under_both_events_with_the_entry_that_stayed_out() {
    let night = Night::new(60, 2);
    let made = page(&night.input());
    let all = made.events.iter().enumerate().map(|(at, brief)| (brief, (made.detail)(at)));
    let with_guests: Vec<_> = all.filter(|(_, detail)| !detail.guests.is_empty()).collect();
    assert!(with_guests.len() >= 2);
    for (brief, detail) in with_guests {
        let own = detail.entries.len() as u32;
        let across = detail.links.iter().filter(|l| l.b >= own).count();
        assert_eq!(across, detail.guests.len());
        assert!(detail.guests.iter().all(|g| g.event != Some(brief.id)));
    }
}

#[test]
fn ten_thousand_copies_of_one_text_are_counted_and_every_account_keeps_its_place() {
    let mut night = Night::new(1, 2);
    let overlap = Overlap { shared: 40, containment: 1.0, jaccard: 1.0 };
    let (leader, copy) = (night.clusters[0].origins[0].leader, night.clusters[0].origins[1].leader);
    let many = Member { row: copy, relation: Relation::SameText, overlap };
    night.clusters[0].origins[0].copies = vec![many; 10_000];
    let (html, _) = file(&night, 1 << 20);
    let detail = &unpack(&html, "d0")[0];
    assert!(detail["entries"].as_array().unwrap().len() <= 400);
    assert!(detail["more_entries"].as_u64().unwrap() > 9_000);
    let leaders = night.clusters[0].origins.len();
    let listed = detail["entries"].as_array().unwrap().iter().filter(|e| e.get("relation").is_none()).count();
    assert_eq!(listed, leaders, "row {leader:?} leads");
}

#[test]
fn a_run_without_any_entry_still_makes_a_page() {
    let mut night = Night::new(1, 1);
    (night.entries, night.texts, night.events, night.clusters) = Default::default();
    (night.umbrellas, night.links) = Default::default();
    let (html, stats) = file(&night, 1 << 20);
    assert_eq!(stats.events, 0);
    assert!(html.contains("0 events"));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]
    #[test]
    fn the_limit_holds_whatever_it_is(events in 1usize..120, sentences in 1usize..14, limit in 1_000u64..400_000) {
        let night = Night::new(events, sentences);
        let mut out = Vec::new();
        match render(&page(&night.input()), &mut out, limit) {
            Ok(stats) => prop_assert!(stats.bytes == out.len() as u64 && stats.bytes <= limit),
            Err(_) => prop_assert!(out.is_empty()),
        }
    }
}
