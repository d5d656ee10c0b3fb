//! JSON Feed, 1 and 1.1.

use super::html;
use super::item::Item;
use crate::source::context::Context;
use crate::source::json;
use crate::source::reader::{Ended, Input};
use crate::source::sink::Sink;
use crate::source::words::{clean, some};
use serde_json::{Map, Value};

/// Reads a feed; its language counts where it stands above the items.
pub fn read(input: &mut Input<'_>, lang: Option<&str>, ctx: &Context<'_>, sink: &Sink<'_>) -> Ended {
    json::read(input, &Ok(vec!["items".to_owned()]), ctx, sink, &|bytes, number| {
        let object: Map<String, Value> =
            serde_json::from_slice(bytes).map_err(|e| format!("the item is no JSON object: {e}"))?;
        super::record(item(&object), number, lang, ctx)
    })
}

fn item(object: &Map<String, Value>) -> Item {
    let text = |key: &str| match object.get(key) {
        Some(Value::String(text)) => some(text),
        Some(Value::Number(number)) => Some(number.to_string()),
        _ => None,
    };
    let mut item = Item {
        id: text("id"),
        title: text("title").unwrap_or_default(),
        summary: text("summary").unwrap_or_default(),
        url: text("url").or_else(|| text("external_url")),
        published: text("date_published"),
        updated: text("date_modified"),
        lang: text("language"),
        ..Item::default()
    };
    item.content = match (text("content_html"), text("content_text")) {
        (Some(markup), _) => html(&markup),
        (None, plain) => clean(&plain.unwrap_or_default()),
    };
    // An address elsewhere is where the text comes from.
    item.canonical = text("external_url").filter(|at| item.url.as_ref() != Some(at));
    let authors = object.get("authors").and_then(Value::as_array).into_iter().flatten().chain(object.get("author"));
    item.bylines = authors.filter_map(|a| some(a.get("name")?.as_str()?)).take(64).collect();
    item.bylines.dedup();
    let tags = object.get("tags").and_then(Value::as_array).into_iter().flatten();
    item.categories = tags.filter_map(|tag| some(tag.as_str()?)).take(64).collect();
    item
}

/// The language that stands above the items.
pub fn language(head: &[u8]) -> Option<String> {
    let above = head.get(..memchr::memmem::find(head, b"\"items\"")?)?;
    let value = above.get(memchr::memmem::find(above, b"\"language\"")? + 10..)?.trim_ascii_start();
    let value = value.strip_prefix(b":")?.trim_ascii_start().strip_prefix(b"\"")?;
    some(std::str::from_utf8(value.get(..memchr::memchr(b'"', value)?)?).ok()?)
}
