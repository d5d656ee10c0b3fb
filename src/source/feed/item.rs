//! One item of a feed, RSS or Atom, to what it says.

use super::head::Head;
use crate::source::markup;
use crate::source::words::{clean, has_words, some};
use quick_xml::Reader;
use quick_xml::escape::resolve_html5_entity;
use quick_xml::events::{BytesRef, BytesStart, Event};

/// Elements within elements that are told apart; deeper ones are text.
const MAX_DEPTH: usize = 32;

/// What an item says, each as printed; the first of several that say something.
#[derive(Debug, Default, PartialEq)]
pub struct Item {
    pub id: Option<String>,
    pub title: String,
    pub content: String,
    pub summary: String,
    pub url: Option<String>,
    pub published: Option<String>,
    pub updated: Option<String>,
    pub bylines: Vec<String>,
    pub credits: Vec<String>,
    pub captions: Vec<String>,
    pub categories: Vec<String>,
    pub lang: Option<String>,
    /// The address that the item says it is a copy of.
    pub canonical: Option<String>,
    /// Whether it says that the entry is gone.
    pub withdrawn: bool,
    /// An id that is an address where no link is.
    pub permalink: Option<String>,
    /// The address that a service of links has put another in the place of.
    pub original: Option<String>,
}

/// An element that is open.
struct Open {
    name: String,
    kind: Option<String>,
    rel: Option<String>,
    href: Option<String>,
    role: Option<String>,
    text: String,
    /// Where its content begins, and whether it holds elements.
    from: usize,
    nested: bool,
}

/// Reads an item; entities are those of HTML and no others, so that none unfolds into more.
pub fn read(text: &str, head: &Head) -> Result<Item, String> {
    let mut xml = Reader::from_str(text);
    let config = xml.config_mut();
    (config.check_end_names, config.allow_unmatched_ends, config.allow_dangling_amp) = (false, true, true);
    let mut item = Item::default();
    let mut open: Vec<Open> = Vec::new();
    let mut deeper = 0_usize;
    loop {
        let before = at(&xml);
        match xml.read_event() {
            Ok(Event::Start(_)) if open.len() >= MAX_DEPTH => deeper += 1,
            Ok(Event::End(_)) if deeper > 0 => deeper -= 1,
            Ok(Event::Start(tag)) => {
                if let Some(outer) = open.last_mut() {
                    outer.nested = true;
                }
                open.push(Open::of(&tag, head, at(&xml)));
                if open.len() == 1 {
                    item.root(&tag, head);
                }
            }
            Ok(Event::Empty(tag)) if open.is_empty() => item.root(&tag, head),
            Ok(Event::Empty(tag)) if deeper == 0 => {
                let one = Open::of(&tag, head, at(&xml));
                item.take(one, &open);
                if let Some(outer) = open.last_mut() {
                    outer.nested = true;
                }
            }
            Ok(Event::End(tag)) => {
                let name = head.name(tag.name().as_ref());
                // An end that nothing opened is passed over; one that misses others closes them.
                let Some(known) = open.iter().rposition(|o| o.name == name) else { continue };
                while open.len() > known {
                    let Some(mut one) = open.pop() else { break };
                    if one.nested {
                        one.text = text.get(one.from..before).unwrap_or_default().to_owned();
                    }
                    item.take(one, &open);
                }
            }
            Ok(Event::Text(t)) => add(&mut open, &t.xml10_content()),
            Ok(Event::CData(t)) => add(&mut open, &t.xml10_content()),
            Ok(Event::GeneralRef(entity)) => resolve(&entity, &mut open),
            Ok(Event::Eof) => break,
            Ok(_) => {}
            Err(error) => return Err(format!("the item is no XML: {error}")),
        }
    }
    item.settle();
    Ok(item)
}

fn at(xml: &Reader<&[u8]>) -> usize {
    usize::try_from(xml.buffer_position()).unwrap_or(usize::MAX)
}

fn add(open: &mut [Open], text: &str) {
    if let Some(inner) = open.last_mut() {
        inner.text.push_str(text);
    }
}

fn resolve(entity: &BytesRef<'_>, open: &mut [Open]) {
    if let Ok(Some(c)) = entity.resolve_char_ref() {
        return add(open, c.encode_utf8(&mut [0; 4]));
    }
    let name = entity.xml10_content();
    match resolve_html5_entity(&name) {
        Some(known) => add(open, known),
        None => add(open, &format!("&{name};")),
    }
}

impl Open {
    fn of(tag: &BytesStart<'_>, head: &Head, from: usize) -> Open {
        let attribute = |name: &str| attribute(tag, name);
        Open {
            name: head.name(tag.name().as_ref()),
            kind: attribute("type"),
            rel: attribute("rel"),
            href: attribute("href").or_else(|| attribute("url")),
            role: attribute("role"),
            text: String::new(),
            from,
            nested: false,
        }
    }

    /// Its text; Atom says whether it is HTML, RSS never does, and means it.
    fn plain(&self) -> String {
        match self.kind.as_deref() {
            Some("text" | "text/plain") if !self.nested => clean(&self.text),
            _ => html(&self.text),
        }
    }

    fn line(&self) -> String {
        self.plain().split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

/// The value of an attribute, by its name without a prefix or with one.
fn attribute(tag: &BytesStart<'_>, name: &str) -> Option<String> {
    let found = tag.attributes().with_checks(false).flatten().take(64).find(|a| a.key.as_ref() == name)?;
    let value = quick_xml::escape::unescape_with(&found.value, resolve_html5_entity);
    some(&value.map_or_else(|_| found.value.to_string(), |v| v.into_owned()))
}

/// The text of HTML that may lack tags and have entities alone.
pub fn html(text: &str) -> String {
    match markup::plain(text) {
        std::borrow::Cow::Borrowed(same) if same.contains('&') => clean(&markup::plain(&format!("<p>{same}</p>"))),
        plain => clean(&plain),
    }
}

impl Item {
    fn root(&mut self, tag: &BytesStart<'_>, head: &Head) {
        self.lang = attribute(tag, "xml:lang");
        if head.name(tag.name().as_ref()).ends_with("deleted-entry") {
            self.withdrawn = true;
            self.id = attribute(tag, "ref");
            self.updated = attribute(tag, "when");
        } else {
            self.id = attribute(tag, "rdf:about").or_else(|| attribute(tag, "about"));
        }
    }

    /// Takes what an element says that has just closed within `outer`.
    fn take(&mut self, one: Open, outer: &[Open]) {
        let inside = outer.get(1..).unwrap_or_default();
        let parent = inside.last().map(|o| o.name.as_str());
        match (parent, one.name.as_str()) {
            (None, _) if outer.is_empty() => {}
            (None, name) => self.child(name, &one),
            (Some("author" | "dc:creator" | "contributor"), "name") => push(&mut self.bylines, one.line()),
            (Some("source"), "title") => push(&mut self.credits, one.line()),
            (Some(_), "media:description" | "media:text" | "caption") => push(&mut self.captions, one.line()),
            _ => {}
        }
    }

    fn child(&mut self, name: &str, one: &Open) {
        match name {
            "title" => first(&mut self.title, || one.line()),
            "dc:title" if self.title.is_empty() => self.title = one.line(),
            "content:encoded" | "content" | "xhtml:body" | "body" | "fulltext" => {
                longest(&mut self.content, one.plain());
            }
            "description" | "summary" | "abstract" => first(&mut self.summary, || one.plain()),
            "dc:description" | "itunes:summary" | "itunes:subtitle" | "media:description" => {
                first(&mut self.summary, || one.plain());
            }
            "guid" | "id" => {
                self.id = some(&one.text).or(self.id.take());
                if name == "guid" {
                    self.permalink = some(&one.text).filter(|id| id.starts_with("http"));
                }
            }
            "link" => self.link(one),
            "feedburner:origLink" | "pheedo:origLink" => self.original = some(&one.text),
            "pubDate" | "published" | "issued" | "created" | "pubdate" => set(&mut self.published, &one.text),
            "dcterms:created" | "dcterms:issued" | "dc:date" | "prism:publicationDate" | "a10:published" => {
                set(&mut self.published, &one.text);
            }
            "updated" | "modified" | "dcterms:modified" | "a10:updated" => set(&mut self.updated, &one.text),
            "author" if one.nested => {}
            "author" => push(&mut self.bylines, mailbox(&one.line())),
            "dc:creator" | "itunes:author" | "byline" if !one.nested => push(&mut self.bylines, one.line()),
            "source" if !one.nested => push(&mut self.credits, one.line()),
            "dc:source" | "credit" | "dc:publisher" => push(&mut self.credits, one.line()),
            // Most credits of media are those of a picture, and say nothing of who reported.
            "media:credit" => match one.role.as_deref() {
                None | Some("author" | "reporter" | "writer") => push(&mut self.bylines, one.line()),
                Some("publisher" | "distribution company" | "owner" | "provider") => {
                    push(&mut self.credits, one.line());
                }
                Some(_) => {}
            },
            "category" | "dc:subject" => push(&mut self.categories, one.line()),
            "dc:language" | "language" => set(&mut self.lang, &one.text),
            _ => {}
        }
    }

    fn link(&mut self, one: &Open) {
        match (one.rel.as_deref(), &one.href) {
            (None | Some("alternate"), Some(href)) if !one.kind.as_deref().is_some_and(is_media) => {
                set(&mut self.url, href);
            }
            (Some("canonical" | "via"), Some(href)) => set(&mut self.canonical, href),
            (_, None) => set(&mut self.url, &one.text),
            _ => {}
        }
    }

    fn settle(&mut self) {
        self.url = self.original.take().or(self.url.take()).or(self.permalink.take());
        for list in [&mut self.bylines, &mut self.credits, &mut self.captions, &mut self.categories] {
            let mut seen = Vec::with_capacity(list.len().min(64));
            list.retain(|one| {
                !seen.contains(one) && seen.len() < 64 && {
                    seen.push(one.clone());
                    true
                }
            });
        }
    }

    /// The content, or the summary where there is none.
    pub fn body(&self) -> &str {
        if has_words(&self.content) { &self.content } else { &self.summary }
    }
}

fn is_media(kind: &str) -> bool {
    ["image/", "audio/", "video/"].iter().any(|m| kind.starts_with(m))
}

fn set(to: &mut Option<String>, text: &str) {
    if to.is_none() {
        *to = some(text);
    }
}

fn first(to: &mut String, text: impl FnOnce() -> String) {
    if to.is_empty() {
        *to = text();
    }
}

fn longest(to: &mut String, text: String) {
    if text.len() > to.len() {
        *to = text;
    }
}

fn push(to: &mut Vec<String>, text: String) {
    if has_words(&text) {
        to.push(text);
    }
}

/// The name in `desk@example.org (Harbour desk)`; a text of another form as it is.
fn mailbox(text: &str) -> String {
    match text.split_once('(') {
        Some((mail, name)) if mail.contains('@') => name.trim_end().trim_end_matches(')').trim().to_owned(),
        _ if text.contains('@') && !text.contains(' ') => String::new(),
        _ => text.to_owned(),
    }
}
