//! ninjs, the JSON of the International Press Telecommunications Council: 1.x and 2.x/3.x, one document or many.

use super::context::Context;
use super::feed::html;
use super::reader::{Ended, Input, Reader};
use super::sink::Sink;
use super::words::{clean, has_words, some};
use super::{dates, json, markup};
use crate::model::Record;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Parts of a list that are looked at: bylines, sources, headlines.
const MOST: usize = 64;

/// The ninjs format.
pub struct Ninjs {
    /// The way to the documents, or why there is none.
    pub path: Result<Vec<String>, String>,
}

impl Reader for Ninjs {
    fn read(&self, input: &mut Input<'_>, ctx: &Context<'_>, sink: &Sink<'_>) -> Ended {
        json::read(input, &self.path, ctx, sink, &|bytes, number| {
            let item: Map<String, Value> =
                serde_json::from_slice(bytes).map_err(|e| format!("the document is no JSON object: {e}"))?;
            record(&Document(&item), number, ctx)
        })
    }
}

fn record(item: &Document<'_>, number: u64, ctx: &Context<'_>) -> Result<Record, String> {
    let withdrawn = item.text("pubstatus").is_some_and(|status| {
        ["canceled", "cancelled", "withheld", "withdrawn"].iter().any(|gone| status.eq_ignore_ascii_case(gone))
    });
    let uri = item.text("uri");
    let (title, body) = (item.title(), item.body());
    if withdrawn && uri.is_none() {
        return Err("it withdraws an entry, but says not which: it has no uri".into());
    }
    if !withdrawn && !has_words(&title) && !has_words(&body) {
        return Err(match item.text("type") {
            Some(kind) if kind != "text" => format!("a document of type {kind:?} without any text"),
            _ => "no words in headline or body".into(),
        });
    }
    let url = uri.clone().filter(|uri| uri.starts_with("http://") || uri.starts_with("https://"));
    let date = |key: &str| item.text(key).and_then(|raw| dates::printed(&raw, ctx));
    let version = date("versioncreated");
    let own = date("firstcreated").or_else(|| date("contentcreated")).or_else(|| version.clone());
    Ok(Record {
        published: Some(dates::published(own, url.as_deref(), ctx)),
        updated: version.and_then(|clock| clock.from),
        parent: ctx.settings.page.as_ref().map(|_| ctx.parent.clone()),
        id: uri,
        byline: item
            .text("byline")
            .or_else(|| item.names(&["bylines", "authors", "people_byline"], &["byline", "name"])),
        credit: item
            .names(&["infosources", "infosource"], &["name", "literal"])
            .or_else(|| item.text("source"))
            .or_else(|| item.text("infosource")),
        lang: item.text("language"),
        line: number,
        extra: item.aside(),
        title,
        body,
        url,
        withdrawn,
        ..Record::default()
    })
}

/// A document, by what its fields say.
struct Document<'a>(&'a Map<String, Value>);

impl Document<'_> {
    fn text(&self, key: &str) -> Option<String> {
        some(self.0.get(key)?.as_str()?)
    }

    fn list(&self, key: &str) -> impl Iterator<Item = &Value> {
        self.0.get(key).and_then(Value::as_array).into_iter().flatten().take(MOST)
    }

    /// The names in the first of several lists that has any.
    fn names(&self, lists: &[&str], keys: &[&str]) -> Option<String> {
        lists.iter().find_map(|list| {
            let name = |one: &Value| match one {
                Value::String(name) => some(name),
                one => keys.iter().find_map(|key| some(one.get(key)?.as_str()?)),
            };
            let names: Vec<String> = self.list(list).filter_map(name).collect();
            (!names.is_empty()).then(|| names.join(", "))
        })
    }

    fn title(&self) -> String {
        let told = self.best("headlines", &["main", "headline"]).or_else(|| self.text("headline"));
        let told = told.or_else(|| self.best("titles", &["main"])).or_else(|| self.text("title"));
        told.map(|title| clean(&markup::plain_line(&title))).unwrap_or_default()
    }

    /// The body; where there is none the description.
    fn body(&self) -> String {
        let plain = self.best("bodies", &["main", "body"]);
        let one = |key: &str| self.text(key);
        let listed = plain.map(|text| html(&text)).or_else(|| one("body_text"));
        let of = |key: &str| one(key).map(|text| html(&text));
        let named = listed.or_else(|| of("body_html")).or_else(|| of("body_xhtml"));
        // `body_…` may end in anything.
        let other = || self.0.keys().find(|k| k.starts_with("body_")).and_then(|key| of(key));
        named
            .or_else(other)
            .or_else(|| self.best("descriptions", &["main", "summary"]).map(|text| html(&text)))
            .or_else(|| of("description_text"))
            .or_else(|| of("description_html"))
            .map(|text| clean(&text))
            .unwrap_or_default()
    }

    /// The value of the entry of a list that has one of these roles, else of the longest one.
    fn best(&self, list: &str, roles: &[&str]) -> Option<String> {
        let value = |one: &Value| match one {
            Value::String(text) => some(text),
            one => some(one.get("value")?.as_str()?),
        };
        let has_role = |one: &&Value| one.get("role").and_then(Value::as_str).is_some_and(|role| roles.contains(&role));
        let longest = || self.list(list).filter_map(value).reduce(|a, b| if b.len() > a.len() { b } else { a });
        self.list(list).find(has_role).and_then(value).or_else(longest)
    }

    /// What is kept aside: the place, and how urgent it is.
    fn aside(&self) -> BTreeMap<String, Value> {
        let keys = ["located", "urgency", "slugline", "slug", "ednote", "pubstatus", "version", "subject", "genres"];
        let kept = keys.into_iter().filter_map(|key| Some((key.to_owned(), self.0.get(key)?.clone())));
        kept.filter(|(_, value)| value.as_array().is_none_or(|list| list.len() <= MOST)).collect()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use crate::source::Format;
    use crate::source::testing::{Case, source};

    const THREE: &str = r#"{
      "uri": "urn:newsml:seawire.example:20260114:1", "standard": {"name": "ninjs", "version": "3.0"},
      "versioncreated": "2026-01-14T11:00:00Z", "firstcreated": "2026-01-14T10:00:00Z", "pubstatus": "usable",
      "headlines": [{"role": "short", "value": "Ferry"}, {"role": "main", "value": "Ferry late in Port Ellery"}],
      "bodies": [{"role": "main", "contenttype": "text/html", "value": "<p>It is late.</p><p>Very &amp; so.</p>"}],
      "infosources": [{"name": "Sea Wire"}, {"name": "Harbour Courier"}], "byline": "Marine desk", "language": "en-GB",
      "located": "PORT ELLERY"}"#;

    #[test]
    fn a_document_of_version_three_is_read() {
        let case = Case::of(source(), THREE);
        assert_eq!((case.rejects.clone(), case.summary.format), (vec![], Format::Ninjs));
        let r = &case.records[0];
        assert_eq!(r.id.as_deref(), Some("urn:newsml:seawire.example:20260114:1"));
        assert_eq!((r.title.as_str(), r.body.as_str()), ("Ferry late in Port Ellery", "It is late.\nVery & so."));
        assert_eq!(
            (r.credit.as_deref(), r.byline.as_deref()),
            (Some("Sea Wire, Harbour Courier"), Some("Marine desk"))
        );
        assert_eq!(r.published.as_ref().unwrap().at().unwrap().to_string(), "2026-01-14T10:00:00Z");
        assert_eq!((r.updated, &r.extra["located"]), (Some(1_768_388_400), &"PORT ELLERY".into()));
        assert!(!r.withdrawn);
    }

    #[test]
    fn a_list_of_version_one_is_read_and_a_canceled_document_withdraws() {
        let case = Case::of(
            source(),
            r#"[{"uri": "http://seawire.example/2", "versioncreated": "2026-01-14T11:00:00Z", "headline": "Bridge shut",
                "body_xhtml": "<p>Shut.</p>", "body_text": "Shut until noon."},
               {"uri": "urn:x:3", "pubstatus": "canceled", "versioncreated": "2026-01-14T12:00:00Z"},
               {"uri": "urn:x:4", "type": "picture"}, {"pubstatus": "canceled"}, {"uri": 5,]}]"#,
        );
        assert_eq!(case.records.len(), 2);
        assert_eq!((case.records[0].body.as_str(), case.records[0].url.is_some()), ("Shut until noon.", true));
        assert!(case.records[1].withdrawn && case.records[1].id.as_deref() == Some("urn:x:3"));
        let why: Vec<&str> = case.rejects.iter().map(|r| r.1.as_str()).collect();
        assert_eq!(case.rejects.iter().map(|r| r.0).collect::<Vec<_>>(), [3, 4, 5]);
        assert!(why[0].contains("\"picture\"") && why[1].contains("says not which") && why[2].contains("has no end"));
    }
}
