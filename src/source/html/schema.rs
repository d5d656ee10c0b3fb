//! schema.org in a page's JSON-LD: which of its things is the article, which the live page, and what they say.

use super::json;
use super::meta::is_address;
use super::tree::Tree;
use crate::source::markup;
use rustc_hash::FxHashMap;
use serde_json::{Map, Value};
use std::borrow::Cow;

/// A thing of schema.org.
pub type Thing = Map<String, Value>;

/// Deepest nesting of a text or of a list of names that is followed.
const DEEP: usize = 6;

/// The structured data of a page.
#[derive(Clone, Debug, Default)]
pub struct Schema {
    values: Vec<Value>,
}

impl Schema {
    /// Reads all JSON-LD of a page; the error is that there is too much.
    pub fn of(tree: &Tree<'_>) -> Result<Schema, String> {
        let mut values = Vec::new();
        for at in tree.within(tree.root()).filter(|at| tree.name(*at) == "script") {
            let kind = tree.attribute(at, "type").unwrap_or_default();
            if kind.trim().to_ascii_lowercase().starts_with("application/ld+json") {
                values.extend(json::read(&tree.raw_text(at))?);
            }
        }
        Ok(Schema { values })
    }

    /// All things, outer ones before those within them.
    pub fn things(&self) -> Vec<&Thing> {
        let mut found = Vec::new();
        let mut open: Vec<&Value> = self.values.iter().rev().collect();
        while let Some(value) = open.pop() {
            match value {
                Value::Array(list) => open.extend(list.iter().rev()),
                Value::Object(thing) => {
                    found.push(thing);
                    open.extend(thing.values().rev());
                }
                _ => {}
            }
        }
        found
    }
}

/// What a page's things are, found once.
pub struct Found<'s> {
    /// The live page, if it is one, with its updates.
    pub live: Option<(&'s Thing, Vec<&'s Thing>)>,
    /// The article, or the live page.
    pub article: Option<&'s Thing>,
    /// Things by their `@id`, for those that are only referred to.
    ids: FxHashMap<&'s str, &'s Thing>,
}

impl<'s> Found<'s> {
    /// Looks through a page's things; `address` is the page's own.
    pub fn of(schema: &'s Schema, address: Option<&str>) -> Found<'s> {
        let things = schema.things();
        let mut ids: FxHashMap<&str, &Thing> = FxHashMap::default();
        for thing in &things {
            if let Some(id) = thing.get("@id").and_then(Value::as_str).filter(|_| thing.len() > 1) {
                let known = ids.entry(id).or_insert(thing);
                if !known.contains_key("name") && thing.contains_key("name") {
                    *known = thing;
                }
            }
        }
        let told = |update: &'s Thing| {
            let id = update.get("@id").and_then(Value::as_str).filter(|_| !has_words(update));
            id.and_then(|id| ids.get(id)).copied().unwrap_or(update)
        };
        let posts = |thing: &&'s Thing| -> Vec<&'s Thing> { updates(thing).into_iter().map(told).collect() };
        let live = things.iter().map(|t| (*t, posts(t))).filter(|(_, u)| !u.is_empty()).max_by_key(|(_, u)| u.len());
        let rank = |thing: &Thing| {
            let own = address.is_some_and(|a| addresses(thing).iter().any(|b| same_page(a, b)));
            (own, has(thing, "headline") && has(thing, "datePublished"), has(thing, "articleBody"))
        };
        let mut article: Option<&Thing> = live.as_ref().map(|(thing, _)| *thing);
        if article.is_none() {
            for thing in things.iter().filter(|t| is_article(t)) {
                if article.is_none_or(|best| rank(thing) > rank(best)) {
                    article = Some(thing);
                }
            }
        }
        Found { live, article, ids }
    }

    /// The names in a value: of persons, of organisations, of lists of them, of what is only referred to.
    pub fn names(&self, value: Option<&Value>) -> Vec<String> {
        let mut names = Vec::new();
        self.add_names(value, &mut names, 0);
        names
    }

    fn add_names(&self, value: Option<&Value>, names: &mut Vec<String>, depth: usize) {
        match value {
            Some(Value::String(name)) => names.push(plain(name).into_owned()),
            Some(Value::Array(list)) if depth < DEEP => {
                list.iter().take(50).for_each(|v| self.add_names(Some(v), names, depth + 1))
            }
            Some(Value::Object(thing)) if depth < DEEP => {
                let referred = || {
                    thing.get("@id").and_then(Value::as_str).and_then(|id| self.ids.get(id)).and_then(|t| t.get("name"))
                };
                let name =
                    thing.get("name").or_else(referred).or_else(|| thing.get("@value")).or_else(|| thing.get("@list"));
                self.add_names(name, names, depth + 1);
            }
            _ => {}
        }
    }
}

/// The updates of a live page.
fn updates(thing: &Thing) -> Vec<&Thing> {
    let mut found = Vec::new();
    let live = is_a(thing, &["LiveBlogPosting"]);
    for key in ["liveBlogUpdate", "liveBlogUpdates", "blogPost", "blogPosts"] {
        if key.starts_with("live") || live {
            let mut open = vec![(thing.get(key), 0)];
            while let Some((value, depth)) = open.pop() {
                match value {
                    Some(Value::Array(list)) if depth < DEEP => {
                        open.extend(list.iter().rev().map(|v| (Some(v), depth + 1)))
                    }
                    Some(Value::Object(update)) => {
                        let inner = ["@list", "itemListElement", "item"].iter().find_map(|k| update.get(*k));
                        match inner.filter(|_| !has_words(update) && depth < DEEP) {
                            Some(inner) => open.push((Some(inner), depth + 1)),
                            None => found.push(update),
                        }
                    }
                    _ => {}
                }
            }
        }
        if !found.is_empty() {
            break;
        }
    }
    found
}

fn has_words(update: &Thing) -> bool {
    ["headline", "articleBody", "text", "name"].iter().any(|k| has(update, k))
}

fn has(thing: &Thing, key: &str) -> bool {
    thing.get(key).is_some_and(|v| !matches!(v, Value::Null) && v.as_str() != Some(""))
}

/// Whether a thing's type is one of these.
pub fn is_a(thing: &Thing, kinds: &[&str]) -> bool {
    types(thing).any(|t| kinds.contains(&t))
}

fn types(thing: &Thing) -> impl Iterator<Item = &str> {
    let one = thing.get("@type").or_else(|| thing.get("type"));
    let list = match one {
        Some(Value::Array(list)) => list.as_slice(),
        Some(one) => std::slice::from_ref(one),
        None => &[],
    };
    list.iter().filter_map(Value::as_str).map(|t| t.rsplit(['/', ':', '#']).next().unwrap_or(t))
}

fn is_article(thing: &Thing) -> bool {
    let is = |t: &str| {
        t.ends_with("Article") || t.ends_with("BlogPosting") || matches!(t, "Report" | "SocialMediaPosting" | "Review")
    };
    types(thing).any(is) && (has(thing, "headline") || has(thing, "name") || has(thing, "articleBody"))
}

/// The text of a value, a line per block; of lists and things within it too.
pub fn text(value: Option<&Value>) -> String {
    let mut out = String::new();
    add_text(value, &mut out, 0);
    out
}

fn add_text(value: Option<&Value>, out: &mut String, depth: usize) {
    match value {
        Some(Value::String(text)) => {
            if !out.is_empty() {
                out.push('\n');
            }
            out.push_str(&lines(&plain(text)));
        }
        Some(Value::Array(list)) if depth < DEEP => list.iter().for_each(|v| add_text(Some(v), out, depth + 1)),
        Some(Value::Object(thing)) if depth < DEEP => {
            let keys = ["articleBody", "text", "@value", "@list", "description", "headline", "name"];
            add_text(keys.iter().find_map(|k| thing.get(*k)), out, depth + 1);
        }
        _ => {}
    }
}

/// A text of a thing in one line.
pub fn line(thing: &Thing, key: &str) -> Option<String> {
    let line = super::tree::words(&text(thing.get(key)));
    Some(line).filter(|line| !line.is_empty())
}

/// The first string in a value, as it is.
pub fn string(value: Option<&Value>) -> Option<String> {
    match value? {
        Value::String(text) => Some(text.trim().to_owned()).filter(|t| !t.is_empty()),
        Value::Number(number) => Some(number.to_string()),
        Value::Array(list) => string(list.first().filter(|v| !v.is_array())),
        Value::Object(thing) => string(
            thing.get("@value").or_else(|| thing.get("@id")).or_else(|| thing.get("url")).filter(|v| !v.is_object()),
        ),
        _ => None,
    }
}

/// The addresses that a thing says are its own.
pub fn addresses(thing: &Thing) -> Vec<String> {
    let keys = ["url", "@id", "mainEntityOfPage"];
    keys.iter().filter_map(|k| string(thing.get(*k))).filter(|a| is_address(a)).collect()
}

/// Whether two addresses are of one page: scheme, query, fragment and a last slash aside.
pub fn same_page(a: &str, b: &str) -> bool {
    fn bare(url: &str) -> &str {
        let url = url.split(['?', '#']).next().unwrap_or(url);
        let url = url.split_once("://").map_or(url, |(_, rest)| rest);
        url.strip_prefix("www.").unwrap_or(url).trim_end_matches('/')
    }
    bare(a).eq_ignore_ascii_case(bare(b))
}

/// A text without tags and references, which some escape twice.
fn plain(raw: &str) -> Cow<'_, str> {
    match markup::plain(raw) {
        Cow::Owned(text) => Cow::Owned(text),
        Cow::Borrowed(text) => match super::entities::decode(text) {
            Cow::Borrowed(text) => Cow::Borrowed(text),
            Cow::Owned(text) => Cow::Owned(super::entities::decode(&markup::plain(&text)).into_owned()),
        },
    }
}

/// A text with one space between words and no empty lines.
fn lines(text: &str) -> String {
    let lines = text.lines().map(super::tree::words).filter(|line| !line.is_empty());
    lines.collect::<Vec<_>>().join("\n")
}
