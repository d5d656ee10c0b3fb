//! Whole pages: what comes of them as records, and what does not.

#![allow(clippy::unwrap_used)]

use super::*;
use crate::model::ClockQuality;
use crate::source::context::Limits;
use crate::source::testing::{Case, LIMITS, source};
use crate::source::{Format, SourceSettings};
use proptest::prelude::*;
use serde_json::json;

const FIRST: &str =
    "The ferry Solan Queen ran aground off Port Ellery before dawn on Wednesday, and fourteen people were hurt.";
const SECOND: &str = "Tugs from the harbour pulled her free at noon, and divers looked at her hull in the afternoon.";
const THIRD: &str = "The harbour office said that the fog had been thick, and that the light on the mole was out.";

fn batch(page: &str) -> Batch {
    about(page, &About { line: 7, ..About::default() }, &source(), LIMITS)
}

fn about(page: &str, about: &About<'_>, settings: &SourceSettings, limits: Limits) -> Batch {
    let ctx = Context::new(settings, "2026-01-15T02:00:00Z".parse().unwrap(), limits).unwrap();
    super::page(page.as_bytes(), about, &ctx)
}

fn one(page: &str) -> Record {
    let batch = batch(page);
    assert_eq!((batch.records.len(), &batch.rejects), (1, &vec![]));
    batch.records.into_iter().next().unwrap()
}

fn at(record: &Record) -> String {
    record.published.as_ref().and_then(|c| c.at()).map(|t| t.to_string()).unwrap_or_default()
}

fn ld(thing: &serde_json::Value) -> String {
    format!("<script type=\"application/ld+json\">{thing}</script>")
}

fn article(head: &str, body: &str) -> String {
    format!(
        "<!doctype html><html lang=en-GB><head>{head}</head><body><nav><a href=/>Front page of the Harbour Courier</a></nav><main>\
         <h1>Ferry aground off Port Ellery</h1>{body}</main><footer><p>All rights of the Harbour Courier reserved, also those of \
         the pictures.</p></footer></body></html>"
    )
}

#[test]
fn an_article_is_read_from_its_structured_data() {
    let thing = json!({"@context": "https://schema.org", "@graph": [
        {"@type": "WebSite", "name": "Courier"},
        {"@type": ["NewsArticle"], "headline": "Ferry aground &amp; freed", "datePublished": "2026-01-14T09:10:00Z",
         "dateModified": "2026-01-14T12:00:00+00:00", "author": [{"@id": "#desk"}, {"@type": "Person", "name": "By Night Desk"}],
         "publisher": {"name": "Harbour Courier"}, "inLanguage": "en", "articleSection": ["Opinion", "Sea"],
         "isBasedOn": "https://wire.example/1", "sourceOrganization": {"name": "Coast Wire"}},
        {"@type": "Person", "@id": "#desk", "name": "Harbour Desk"},
    ]});
    let head = format!("<link rel=canonical href='https://courier.example/ferry'>{}", ld(&thing));
    let record = one(&article(&head, &format!("<p>{FIRST}</p><p>{SECOND}</p>")));
    assert_eq!(record.title, "Ferry aground & freed");
    assert_eq!(record.body, format!("{FIRST}\n{SECOND}"));
    assert_eq!(at(&record), "2026-01-14T09:10:00Z");
    assert_eq!(record.updated, Some(1_768_392_000));
    assert_eq!(record.byline.as_deref(), Some("Harbour Desk, Night Desk"));
    assert_eq!(record.outlet.as_deref(), Some("Harbour Courier"));
    assert_eq!((record.lang.as_deref(), record.url.as_deref()), (Some("en"), Some("https://courier.example/ferry")));
    assert_eq!((record.credit.as_deref(), record.labels), (Some("Coast Wire"), vec!["Opinion".to_owned()]));
    assert_eq!(record.extra.get("is_based_on"), Some(&json!("https://wire.example/1")));
    assert_eq!(record.extra.get("section"), Some(&json!("Opinion")));
    assert_eq!(record.line, 7);
}

#[test]
fn without_structured_data_tags_and_elements_tell() {
    let head = "<title>Ferry aground off Port Ellery | Harbour Courier</title><meta property='og:site_name' content='Harbour Courier'>\
                <meta property='og:title' content='Ferry aground off Port Ellery - Harbour Courier'><meta property='og:url' content='https://courier.example/2026/01/14/ferry'>\
                <meta name=author content='https://courier.example/staff'><meta name=description content='Fourteen people were hurt when a ferry ran aground.'>";
    let body = format!(
        "<header><p class=standfirst>Fourteen people were hurt when a ferry ran aground.</p><span class='article-byline'>By Harbour Desk</span>\
         <time datetime='2026-01-14T09:10Z'>today</time></header><p>{FIRST}</p><h2>Freed at noon</h2><p>{SECOND}</p><h2>Most read</h2>"
    );
    let record = one(&article(head, &body));
    assert_eq!(record.title, "Ferry aground off Port Ellery");
    let lead = "Fourteen people were hurt when a ferry ran aground.";
    assert_eq!(record.body, format!("{lead}\n{FIRST}\nFreed at noon\n{SECOND}"));
    assert_eq!((at(&record), record.byline.as_deref()), ("2026-01-14T09:10:00Z".into(), Some("Harbour Desk")));
    let url_alone = one(&article(
        "<meta property='og:url' content='https://courier.example/2026/01/14/ferry'><meta property='og:type' content=article>",
        &format!("<p>{FIRST}"),
    ));
    assert_eq!(url_alone.published.map(|c| c.quality), Some(ClockQuality::Inferred));
}

#[test]
fn what_stands_beside_an_article_is_left_out() {
    let others = "<ul><li><a href=/a>Storm closes the northern bridge for two days</a><li><a href=/b>Bus fares rise while fuel falls</a></ul>";
    let body = format!(
        "<figure><img src=x alt='The ferry on the rocks'><figcaption>The Solan Queen at dawn</figcaption></figure><p>{FIRST}</p>\
         <p><a href=/c>Read more: why the light on the mole was out again</a></p><div class='newsletter-signup'><p>Sign up for the letter that tells you all about ships.</p></div>\
         <p>{SECOND}</p><div><h3>Related</h3>{others}</div><p>{THIRD}</p><div>Share</div><section id=comments><p>First! I have seen this ferry every day of my life.</p></section>"
    );
    let record = one(&article("<meta property='og:type' content=article>", &body));
    assert_eq!(record.body, [FIRST, SECOND, THIRD].join("\n"));
    assert_eq!(record.captions, ["The ferry on the rocks", "The Solan Queen at dawn"]);
}

#[test]
fn text_in_lines_without_paragraphs_is_text_too() {
    let page = format!(
        "<html><body><table><tr><td><a href=/>Front</a><td><font size=2>{FIRST}<br><br>{SECOND}<BR>\n<BR>{THIRD}</font></table>"
    );
    assert_eq!(one(&page).body, [FIRST, SECOND, THIRD].join("\n"));
}

#[test]
fn another_page_s_address_is_kept_as_evidence() {
    let head = "<link rel=canonical href='https://wire.example/ferry'><meta name=syndication-source content='https://wire.example/ferry'>\
                <meta name=original-source content='https://courier.example/ferry?from=mail'><meta property='og:type' content='article'>";
    let page = article(head, &format!("<p>{FIRST}"));
    let fetched = About { url: Some("https://courier.example/ferry?utm=x"), line: 1, ..About::default() };
    let record = about(&page, &fetched, &source(), LIMITS).records.remove(0);
    assert_eq!(record.url.as_deref(), Some("https://courier.example/ferry?utm=x"));
    let extra: Vec<_> = record.extra.iter().map(|(k, v)| (k.as_str(), v.as_str().unwrap())).collect();
    assert_eq!(
        extra,
        [("canonical", "https://wire.example/ferry"), ("syndication_source", "https://wire.example/ferry")]
    );
    let own = page.replace("wire.example", "www.courier.example");
    let record = about(&own, &fetched, &source(), LIMITS).records.remove(0);
    assert_eq!((record.url.as_deref(), record.extra.len()), (Some("https://www.courier.example/ferry"), 0));
}

fn live(updates: &serde_json::Value) -> String {
    let thing = json!({"@type": "LiveBlogPosting", "headline": "Ferry aground: live", "url": "https://courier.example/live/ferry",
        "publisher": {"name": "Harbour Courier"}, "liveBlogUpdate": updates});
    format!(
        "<!doctype html><html lang=en><head>{}</head><body><h1>Ferry aground: live</h1><p>{FIRST}</p></body></html>",
        ld(&thing)
    )
}

#[test]
fn each_update_of_a_live_page_is_a_record() {
    let updates = json!([
        {"@type": "BlogPosting", "headline": "Freed at noon", "datePublished": "2026-01-14T12:00:00Z", "articleBody": format!("<p>{SECOND}</p><p>More soon.</p>"),
         "url": "https://courier.example/live/ferry?page=with#post-3", "author": "Harbour Desk"},
        {"@type": "BlogPosting", "datePublished": "2026-01-14T11:00:00Z", "articleBody": {"@value": "It&#39;s foggy."}, "@id": "#post-2"},
        {"@type": "BlogPosting", "headline": "Aground", "datePublished": "2026-01-14T10:00:00Z", "articleBody": [{"text": FIRST}, "Second part."]},
        {"@type": "BlogPosting", "image": "x.jpg"},
    ]);
    let batch = batch(&live(&updates));
    assert_eq!(batch.rejects, [(7, "post 4 of the page has no words in title or text".to_owned())]);
    let [a, b, c] = batch.records.as_slice() else { panic!("{:?}", batch.records) };
    assert_eq!(a.body, format!("{SECOND}\nMore soon."));
    assert_eq!(
        (a.id.as_deref(), a.byline.as_deref()),
        (Some("https://courier.example/live/ferry#post-3"), Some("Harbour Desk"))
    );
    assert_eq!(
        (b.id.as_deref(), b.title.as_str(), b.body.as_str()),
        (Some("https://courier.example/live/ferry#post-2"), "", "It's foggy.")
    );
    assert_eq!((c.id.as_deref(), c.body.as_str()), (None, format!("{FIRST}\nSecond part.").as_str()));
    assert_eq!([a, b, c].map(at), ["2026-01-14T12:00:00Z", "2026-01-14T11:00:00Z", "2026-01-14T10:00:00Z"]);
    assert_eq!([a, b, c].map(|r| r.age_rank), [3, 2, 1]);
    for record in [a, b, c] {
        assert_eq!(record.parent.as_deref(), Some("https://courier.example/live/ferry"));
        assert_eq!(record.outlet.as_deref(), Some("Harbour Courier"));
    }
}

#[test]
fn updates_are_found_wherever_they_stand() {
    let update = json!({"@type": "BlogPosting", "headline": "Freed", "datePublished": "2026-01-14T12:00:00Z", "articleBody": SECOND});
    let live = |updates: serde_json::Value| json!({"@type": "LiveBlogPosting", "liveBlogUpdate": updates});
    for thing in [
        live(update.clone()),
        live(json!({"@type": "ItemList", "itemListElement": [{"@type": "ListItem", "item": update}]})),
        json!({"@graph": [{"@type": "WebPage", "mainEntity": live(json!([update]))}]}),
        json!([[{"@type": "NewsArticle", "headline": "x", "hasPart": [live(json!([[update]]))]}]]),
        json!({"@graph": [live(json!([{"@id": "#1"}])), {"@id": "#1", "@type": "BlogPosting", "headline": "Freed", "articleBody": SECOND}]}),
    ] {
        let found = batch(&format!("<html>{}<p>{FIRST}", ld(&thing)));
        assert_eq!(found.records.len(), 1, "{thing}");
        assert_eq!((found.records[0].title.as_str(), found.records[0].body.as_str()), ("Freed", SECOND));
    }
}

#[test]
fn a_configured_page_and_outlet_come_before_what_the_page_says() {
    let settings = SourceSettings { page: Some("ferry".into()), outlet: Some("Courier".into()), ..source() };
    let updates = json!([{"headline": "Freed", "articleBody": SECOND}]);
    let found = about(&live(&updates), &About::default(), &settings, LIMITS);
    assert_eq!((found.records[0].parent.as_deref(), found.records[0].outlet.as_deref()), (Some("ferry"), None));
}

#[test]
fn posts_above_the_limit_are_one_reject_that_counts_them() {
    let updates: Vec<_> = (0..10).map(|n| json!({"headline": format!("Post {n}"), "articleBody": SECOND})).collect();
    let found = about(&live(&json!(updates)), &About::default(), &source(), Limits { page_entries: 4, ..LIMITS });
    assert_eq!(found.records.len(), 4);
    assert_eq!(found.rejects.len(), 1);
    assert_eq!(
        found.rejects[0].1,
        "the page has 10 posts; the 6 from number 5 on are not read (ingest.max_page_entries)"
    );
}

#[test]
fn posts_are_read_from_the_markup_of_a_page_that_has_no_structured_data() {
    let guardian = |id: u32, time: &str, title: &str, text: &str| {
        format!(
            "<article id='block-65a{id}' class='block'><header><a href='?page=with:block-65a{id}#block-65a{id}'><time datetime='{time}'>now</time></a>\
             <h2>{title}</h2><div class=byline><span>Harbour Desk</span></div></header><p>{text}</p><figure><img alt='The ferry at dawn'></figure>\
             <footer><button>Share</button></footer></article>"
        )
    };
    let microdata = |id: u32, time: &str, title: &str, text: &str| {
        format!(
            "<div itemprop=liveBlogUpdate itemscope itemtype='https://schema.org/BlogPosting' id=p{id}><h3 itemprop=headline>{title}</h3>\
             <meta itemprop=datePublished content='{time}'><div itemprop=articleBody><p>{text}</p></div></div>"
        )
    };
    let stream = |id: u32, time: &str, title: &str, text: &str| {
        format!(
            "<li><article id='post_{id}' data-testid='stream-post' class='stream-post'><header><h3>{title}</h3><time datetime='{time}'>12:00</time></header>\
             <div class='stream-post-body'><p>{text}</p></div></article></li>"
        )
    };
    let amp = |id: u32, time: &str, title: &str, text: &str| {
        let seconds = time.parse::<jiff::Timestamp>().unwrap().as_second();
        format!("<div id=a{id} data-sort-time='{seconds}'><h2>{title}</h2><p>{text}</p></div>")
    };
    let head = "<title>Ferry aground: live</title><link rel=canonical href='https://courier.example/live/ferry'>";
    for markup in [&guardian as &dyn Fn(u32, &str, &str, &str) -> String, &microdata, &stream, &amp] {
        let posts = [
            markup(2, "2026-01-14T12:00:00Z", "Freed at noon", SECOND),
            markup(1, "2026-01-14T10:00:00Z", "Aground", FIRST),
        ]
        .concat();
        let found = batch(&format!(
            "<!doctype html><html><head>{head}</head><body><main><h1>Ferry aground: live</h1>{posts}</main></body></html>"
        ));
        let read: Vec<_> =
            found.records.iter().map(|r| (r.title.as_str(), r.body.as_str(), at(r), r.age_rank)).collect();
        let want = [
            ("Freed at noon", SECOND, "2026-01-14T12:00:00Z".into(), 1),
            ("Aground", FIRST, "2026-01-14T10:00:00Z".into(), 0),
        ];
        assert_eq!(read, want, "{posts}");
        assert!(
            found.records.iter().all(|r| r.id.as_deref().unwrap().starts_with("https://courier.example/live/ferry#"))
        );
    }
    let found = batch(&format!(
        "<html>{head}{}{}",
        guardian(2, "2026-01-14T12:00:00Z", "A", SECOND),
        guardian(1, "x", "B", FIRST)
    ));
    assert_eq!(found.records[0].byline.as_deref(), Some("Harbour Desk"));
    assert_eq!(found.records[0].captions, ["The ferry at dawn"]);
}

#[test]
fn a_list_of_articles_is_no_live_page_and_a_front_page_is_none_at_all() {
    let item = |n: u32| {
        format!(
            "<article data-post-id={n}><h2><a href=/{n}>Ferry {n} late</a></h2><time datetime=2026-01-14></time><p>{FIRST}</p></article>"
        )
    };
    assert!(batch(&format!("<html><main>{}{}</main>", item(1), item(2))).records.len() < 2);
    let links =
        (0..99).map(|n| format!("<li><a href=/{n}>Ferry {n} is late again this morning</a>")).collect::<String>();
    let front = batch(&format!("<html><title>Harbour Courier</title><ul>{links}</ul>"));
    assert!(front.records.is_empty() && front.rejects[0].1.contains("no article"), "{front:?}");
}

#[test]
fn a_file_is_recognised_packed_or_not_and_in_any_charset() {
    let page = article("<meta charset=windows-1251><meta property='og:type' content=article>", "<p>\u{1}, x</p>")
        .replace('\u{1}', "Паром сел на мель у порта");
    let (bytes, _, _) = encoding_rs::WINDOWS_1251.encode(&page);
    for bytes in [bytes.to_vec(), zstd::encode_all(&bytes[..], 1).unwrap()] {
        let case = Case::of(source(), bytes);
        assert_eq!((case.summary.format, case.records.len()), (Format::Html, 1));
        assert!(case.records[0].body.starts_with("Паром сел"));
        assert_eq!(case.records[0].line, 1);
    }
}

#[test]
fn a_page_that_is_too_much_is_one_reject_that_says_why() {
    let why = |page: &str, limits: Limits| {
        let case = Case::under(source(), format!("<html>{page}"), limits);
        assert_eq!((case.records.len(), case.rejects.len()), (0, 1), "{:?}", case.rejects);
        case.rejects[0].1.clone()
    };
    let long = format!("<p>{FIRST}").repeat(50).replace("Solan", "Solan x");
    assert!(why(&long, Limits { record_bytes: 2_000, ..LIMITS }).contains("ingest.max_record_bytes"));
    assert!(why(&"<div>".repeat(30), Limits { depth: 16, ..LIMITS }).contains("ingest.max_depth"));
    let words = (0..600).map(|n| format!("<p>{n} {FIRST}")).collect::<String>();
    assert!(why(&words, Limits { entry_words: 500, ..LIMITS }).contains("ingest.max_entry_words"));
    assert!(why(&"\u{1}".repeat(99), LIMITS).contains("no text"));
    assert!(why("", LIMITS).contains("no article"));
    assert!(why(&ld(&json!(vec![0; 1 << 20])), LIMITS).contains("structured data"));
}

#[test]
fn hostile_pages_end_soon() {
    let big = |part: &str| format!("<html>{}", part.repeat(1_000_000 / part.len()));
    let nested_ids = (0..400).map(|n| format!("<div id=p{n}>")).collect::<String>();
    let updates: Vec<_> = (0..400).map(|n| json!({"@id": format!("#p{n}"), "headline": "x"})).collect();
    for page in [
        big("<b a=1>x<p>"),
        big("<a href=x>y</a> "),
        big("<p>a b c d e f g h. "),
        big("<meta name=author content=x>"),
        big("<h1>x</h1><time>"),
        big("&lt;p&gt;&amp;"),
        big("<article id=block-1><time>1</time>"),
        big("<p class=lead>Some words of a lead here.</p>"),
        format!(
            "<html>{}",
            ld(&json!({"@type": "NewsArticle", "headline": "x", "articleBody": "<p>".repeat(100_000)}))
        ),
        format!("<html><script type='application/ld+json'>{}", "[{\"a\":".repeat(200_000)),
        format!("<html><script type='application/ld+json'>{}", "\"".repeat(1_000_000)),
        format!("<html>{}{nested_ids}{}", ld(&json!({"liveBlogUpdate": updates})), "<p>some text</p>".repeat(1_000)),
    ] {
        let started = std::time::Instant::now();
        let found = batch(&page);
        assert!(!found.records.is_empty() || !found.rejects.is_empty());
        assert!(started.elapsed().as_secs() < 60, "{} took {:?}", &page[..60], started.elapsed());
    }
}

#[test]
fn a_page_is_recognised_by_its_first_tag() {
    for yes in [
        "<!DOCTYPE html>",
        "\u{feff}\n<!doctype html PUBLIC \"x\">",
        "<?xml version=\"1.0\"?><!-- saved --><html lang=en>",
        "<head>",
        "<html",
    ] {
        assert!(is_page(yes.as_bytes()), "{yes}");
    }
    for no in
        ["", "<", "<!--", "<rss version=\"2.0\">", "<?xml version=\"1.0\"?><feed>", "<header>", "{\"a\": \"<html>\"}"]
    {
        assert!(!is_page(no.as_bytes()), "{no}");
    }
}

fn soup() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "</?(html|head|body|p|div|article|main|li|ul|table|td|a|b|h1|h2|time|script|title|nav|figure|img|br|svg)( (class|id|itemprop|datetime|href|alt)=\"?[a-z#:/0-9-]{0,12}\"?){0,2}>",
        "<meta (name|property)=(author|og:title|og:url|article:published_time) content='[a-z0-9:/.-]{0,20}'>",
        "(<script type=application/ld\\+json>)?\\{\"@(type|id|graph)\": \"?(LiveBlogPosting|NewsArticle|#a)\"?,?\"?(liveBlogUpdate|articleBody|author|url)?\"?:?",
        "[ a-z.]{0,40}",
        "(&[a-z#0-9]{0,6};?|<!--|-->|<|>|\"|\\[|\\]|\\{|\\}|,|é|日本|\u{0}|\n)",
    ];
    prop::collection::vec(piece, 0..60).prop_map(|parts| parts.concat())
}

proptest! {
    #[test]
    fn no_soup_of_tags_is_too_strange(page in soup(), most in 1..5u64) {
        let limits = Limits { page_entries: most, depth: 40, ..LIMITS };
        let found = about(&page, &About { url: Some("https://x.example/a"), line: 3, ..About::default() }, &source(), limits);
        prop_assert!(!found.records.is_empty() || !found.rejects.is_empty());
        prop_assert!(found.records.len() as u64 <= most);
        for record in &found.records {
            prop_assert!(record.line == 3 && (record.title.len() + record.body.len()) > 0);
            let printed = format!("{record:?}");
            prop_assert!(!printed.contains("\\0"));
        }
    }

    #[test]
    fn no_bytes_are_too_strange(bytes in prop::collection::vec(any::<u8>(), 0..300), charset in "(utf-8|utf-16|shift_jis|iso-2022-jp|gb18030|x)") {
        let ctx = Context::new(Box::leak(Box::new(source())), "2026-01-15T02:00:00Z".parse().unwrap(), LIMITS).unwrap();
        let found = super::page(&bytes, &About { charset: Some(&charset), ..About::default() }, &ctx);
        prop_assert!(!found.records.is_empty() || !found.rejects.is_empty());
    }
}
