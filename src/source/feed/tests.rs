//! What feeds of every kind become, and what broken ones cost.

use crate::model::ClockQuality;
use crate::source::testing::{Case, source};
use crate::source::{Format, SourceSettings};
use std::collections::BTreeMap;

const RSS: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:d="http://purl.org/dc/elements/1.1/" xmlns:content="http://purl.org/rss/1.0/modules/content/"
  xmlns:media="http://search.yahoo.com/mrss/" xmlns:atom="http://www.w3.org/2005/Atom">
<channel><title>Harbour Courier</title><language>en-gb</language><atom:link href="https://x.example/feed" rel="self"/>
<!-- <item><title>None</title></item> -->
<item>
  <title>Ferry &amp; tug late &#8211; again</title>
  <link>https://harbour.example/ferry?utm_source=rss</link>
  <guid isPermaLink="false">ferry-1</guid>
  <pubDate>Wed, 14 Jan 2026 10:00:00 BST</pubDate>
  <description>&lt;p&gt;Late &amp;amp; slow.&lt;/p&gt;</description>
  <content:encoded><![CDATA[<p>The ferry is late.</p><p>So says a board that reads </item>.</p>]]></content:encoded>
  <d:creator>Marine desk</d:creator><d:creator>Port desk</d:creator>
  <source url="https://seawire.example/rss">Sea Wire</source>
  <media:content url="https://x.example/a.jpg"><media:credit>Picture Desk</media:credit><media:description>The quay</media:description></media:content>
  <category>harbour</category>
</item>
<item><guid>https://harbour.example/2026/01/13/bridge</guid><title>Bridge shut</title><author>desk@harbour.example (News desk)</author>
  <description>Shut &amp;amp; silent</description></item>
</channel></rss>"#;

fn rss(items: &str) -> String {
    format!("<rss version=\"2.0\"><channel><title>A</title>{items}</channel></rss>")
}

fn read(text: impl Into<Vec<u8>>) -> Case {
    Case::of(source(), text)
}

#[test]
fn an_item_of_rss_is_an_entry_with_its_credits_and_its_content_before_its_summary() {
    let zones = BTreeMap::from([("BST".to_owned(), "Europe/London".to_owned())]);
    let case = Case::of(SourceSettings { zones, ..source() }, RSS);
    assert_eq!((case.rejects.clone(), case.summary.format, case.records.len()), (vec![], Format::Feed, 2));
    let r = &case.records[0];
    assert_eq!((r.id.as_deref(), r.title.as_str()), (Some("ferry-1"), "Ferry & tug late – again"));
    assert_eq!(r.body, "The ferry is late.\nSo says a board that reads .");
    assert_eq!((r.byline.as_deref(), r.credit.as_deref()), (Some("Marine desk, Port desk"), Some("Sea Wire")));
    assert_eq!((r.captions.clone(), r.lang.as_deref(), r.line), (vec!["The quay".to_owned()], Some("en-gb"), 1));
    assert_eq!(r.extra["categories"], serde_json::json!(["harbour"]));
    assert_eq!(r.url.as_deref(), Some("https://harbour.example/ferry?utm_source=rss"));
    assert_eq!(r.published.as_ref().unwrap().at().unwrap().to_string(), "2026-01-14T10:00:00Z", "London in winter");
    let second = &case.records[1];
    assert_eq!((second.byline.as_deref(), second.body.as_str()), (Some("News desk"), "Shut & silent"));
    assert_eq!(second.url, second.id, "an id that is an address stands for a link");
    assert_eq!(second.published.as_ref().unwrap().quality, ClockQuality::Inferred);
}

#[test]
fn a_zone_that_nothing_explains_is_kept_as_printed() {
    let case = read(RSS);
    let clock = case.records[0].published.clone().unwrap();
    assert_eq!((clock.quality, clock.raw.as_deref()), (ClockQuality::Unknown, Some("Wed, 14 Jan 2026 10:00:00 BST")));
}

#[test]
fn an_entry_of_atom_has_its_own_ways_to_say_things() {
    let case = read(
        r#"<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="de"><title>Hafenblatt</title>
        <entry><id>tag:1</id><title type="html">F&amp;auml;hre &lt;b&gt;zu sp&amp;auml;t&lt;/b&gt;</title><updated>2026-01-14T11:00:00Z</updated>
        <published>2026-01-14T10:00:00+01:00</published><author><name>Hafenredaktion</name><email>a@x.example</email></author>
        <link rel="enclosure" href="https://x.example/a.mp3"/><link href="https://hafenblatt.example/1"/>
        <link rel="canonical" href="https://seewart.example/9"/>
        <summary>Kurz.</summary><content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>Die F&#228;hre<br/>kommt.</p></div></content>
        <source><id>s</id><title>Seedienst</title></source></entry>
        <entry xml:lang="en"><id>tag:2</id><title>Only updated</title><updated>2026-01-14T12:00:00Z</updated></entry>
        <at:deleted-entry xmlns:at="http://purl.org/atompub/tombstones/1.0" ref="tag:3" when="2026-01-14T13:00:00Z"/>
        <deleted-entry ref="tag:4" when="2026-01-14T13:00:00Z"><comment>gone</comment></deleted-entry></feed>"#,
    );
    assert_eq!((case.rejects.clone(), case.records.len()), (vec![], 4));
    let r = &case.records[0];
    assert_eq!((r.title.as_str(), r.body.as_str()), ("Fähre zu spät", "Die Fähre\nkommt."));
    assert_eq!((r.byline.as_deref(), r.credit.as_deref()), (Some("Hafenredaktion"), Some("Seedienst")));
    assert_eq!((r.url.as_deref(), r.lang.as_deref()), (Some("https://hafenblatt.example/1"), Some("de")));
    assert_eq!(r.extra["canonical"], "https://seewart.example/9");
    assert_eq!((r.published.as_ref().unwrap().from, r.updated), (Some(1_768_381_200), Some(1_768_388_400)));
    let second = &case.records[1];
    assert_eq!((second.published.as_ref().unwrap().from, second.lang.as_deref()), (Some(1_768_392_000), Some("en")));
    for (gone, id) in case.records[2..].iter().zip(["tag:3", "tag:4"]) {
        assert!(gone.withdrawn && gone.id.as_deref() == Some(id), "{gone:?}");
        assert_eq!(gone.updated, Some(1_768_395_600));
    }
}

#[test]
fn rdf_and_json_feeds_are_read() {
    let rdf = read(
        r#"<?xml version="1.0"?><!DOCTYPE rdf:RDF [<!ENTITY x "y">]><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
        xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel rdf:about="c"><items><rdf:Seq/></items></channel>
        <item rdf:about="https://x.example/1"><title>Ferry</title><link>https://x.example/1</link><dc:date>2026-01-14</dc:date></item></rdf:RDF>"#,
    );
    assert_eq!((rdf.summary.format, rdf.records.len()), (Format::Feed, 1));
    assert_eq!(rdf.records[0].id.as_deref(), Some("https://x.example/1"));
    assert_eq!(rdf.records[0].published.as_ref().unwrap().quality, ClockQuality::Day);
    let json = read(
        r#"{"version": "https://jsonfeed.org/version/1.1", "title": "A", "language": "en", "items": [
        {"id": 1, "url": "https://x.example/1", "title": "Ferry", "content_html": "<p>Late &amp; slow</p>", "summary": "Late",
         "date_published": "2026-01-14T10:00:00Z", "authors": [{"name": "Desk"}], "tags": ["sea"]},
        {"id": 2, "content_text": "5 < 6", "external_url": "https://y.example/2"}, {"id": 3}]}"#,
    );
    assert_eq!((json.summary.format, json.records.len(), json.rejects.len()), (Format::Feed, 2, 1));
    let r = &json.records[0];
    assert_eq!((r.id.as_deref(), r.body.as_str(), r.lang.as_deref()), (Some("1"), "Late & slow", Some("en")));
    assert_eq!((r.byline.as_deref(), json.records[1].body.as_str()), (Some("Desk"), "5 < 6"));
    assert_eq!(json.rejects[0].0, 3);
}

#[test]
fn a_bad_item_costs_itself_and_a_broken_tail_what_is_in_it() {
    let good = |n: u32| format!("<item><guid>{n}</guid><title>Ferry {n}</title></item>\n");
    let cases = [
        ("<item><title></title></item>", 1),
        ("<item><title>not closed", 1),
        ("<item><title><![CDATA[not closed</title></item>", 0),
        ("<item><title>a</b></c></title><x <y></item>", 0),
        ("<item><!-- not closed </item>", 1),
        ("<item><title>a & b &nosuch; &#xffffffff; &#0;</title></item>", 0),
        ("</item></item><p></rss>", 0),
    ];
    for (bad, rejects) in cases {
        let case = read(rss(&format!("{}{bad}{}", good(1), good(2))));
        let ids: Vec<_> = case.records.iter().filter_map(|r| r.id.as_deref()).collect();
        assert_eq!(ids, ["1", "2"], "{bad}: {:?}", case.rejects);
        assert!(case.rejects.len() <= rejects, "{bad}: {:?}", case.rejects);
    }
    let tail = read(format!("<rss><channel>{}{}<item><title>cut off", good(1), good(2)));
    assert_eq!((tail.records.len(), tail.rejects.len(), tail.rejects[0].0), (2, 1, 3));
    assert!(tail.rejects[0].1.contains("ends inside of the <item> at line 3"), "{:?}", tail.rejects);
}

#[test]
fn entities_never_unfold() {
    let mut doctype = String::from("<!ENTITY a0 \"ha\">");
    for n in 1..20 {
        doctype += &format!("<!ENTITY a{n} \"{}\">", format!("&a{};", n - 1).repeat(10));
    }
    let text =
        format!("<!DOCTYPE rss [{doctype}]><rss><channel><item><title>Ferry &a19;</title></item></channel></rss>");
    let case = Case::of(SourceSettings { format: Format::Feed, ..source() }, text);
    assert_eq!(case.records[0].title, "Ferry &a19;");
}

#[test]
fn a_feed_in_another_charset_is_read() {
    let mut bytes = b"<?xml version='1.0' encoding='windows-1251'?><rss><channel><item><title>".to_vec();
    bytes.extend([0xcf, 0xe0, 0xf0, 0xee, 0xec]);
    bytes.extend(b"</title></item></channel></rss>");
    assert_eq!(read(bytes).records[0].title, "Паром");
    assert_eq!(read(rss("<item><title>Caf\u{e9}</title></item>")).records[0].title, "Café");
    let mut wrong = b"<rss><channel><item><title>Caf".to_vec();
    wrong.extend(b"\xe9</title></item></channel></rss>");
    assert_eq!(read(wrong).records[0].title, "Café");
}

#[test]
fn what_is_too_long_or_too_deep_costs_itself_and_nothing_hangs() {
    let feed = SourceSettings { format: Format::Feed, ..source() };
    let long = rss(&format!("<item><title>{}</title></item><item><title>Ferry</title></item>", "x".repeat(300_000)));
    let case = Case::limited(feed.clone(), long, 1_000, 1 << 30);
    assert_eq!((case.records.len(), case.rejects.len()), (1, 1));
    assert!(case.rejects[0].1.contains("ingest.max_record_bytes"), "{:?}", case.rejects);
    let deep =
        rss(&format!("<item><title>Ferry</title>{}</item><item><title>Tug</title></item>", "<b>".repeat(100_000)));
    assert_eq!(Case::of(feed.clone(), deep).records.len(), 2);
    for bomb in ["<item><![CDATA[</item>", "<item><!--</item>", "<item>", "<item ", "<![CDATA[", "<", "</item>"] {
        Case::limited(feed.clone(), bomb.repeat(100_000), 50_000, 1 << 30);
    }
    let cut = Case::limited(feed, rss(&"<item><title>Ferry</title></item>".repeat(99)), 1_000, 1_000);
    assert!(cut.summary.capped && cut.records.len() > 20 && cut.rejects.len() == 1, "{:?}", cut.rejects);
}
