//! Feeds: RSS of every version, Atom, and JSON Feed. Each item is read by itself, so that a broken one costs no other.

mod head;
mod item;
mod json;
mod split;

pub use item::html;

use super::context::Context;
use super::reader::{Batch, Ended, Input, Reader};
use super::sink::Sink;
use super::words::has_words;
use super::{clock, dates};
use crate::model::entry::CANONICAL;
use crate::model::{Clock, Record};
use head::Head;
use item::Item;
use split::{Piece, Split};
use std::collections::BTreeMap;

/// Records that are handed out at a time.
const BATCH: usize = 256;

/// The feed formats.
pub enum Feed {
    /// RSS or Atom.
    Xml,
    /// JSON Feed, and the language that it says it is in.
    Json(Option<String>),
}

impl Feed {
    /// Which of them begins like this.
    pub fn of(head: &[u8]) -> Feed {
        let start = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start();
        if start.first() == Some(&b'{') { Feed::Json(json::language(start)) } else { Feed::Xml }
    }
}

impl Reader for Feed {
    fn read(&self, input: &mut Input<'_>, ctx: &Context<'_>, sink: &Sink<'_>) -> Ended {
        if let Feed::Json(lang) = self {
            return json::read(input, lang.as_deref(), ctx, sink);
        }
        let mut split = Split::new(input, ctx.limits.record_bytes);
        let mut head = Head::read(b"");
        let mut batch = Batch::default();
        while let Some(piece) = split.next_piece() {
            match piece {
                Piece::Head(bytes) => head = Head::read(&bytes),
                Piece::Broken(number, reason) => batch.rejects.push((number, reason)),
                Piece::Item(number, line, bytes) => match one(&bytes, number, &head, ctx) {
                    Ok(record) => batch.records.push(record),
                    Err(reason) => batch.rejects.push((number, format!("item at line {line}: {reason}"))),
                },
            }
            if batch.records.len() + batch.rejects.len() >= BATCH {
                sink.put(std::mem::take(&mut batch));
            }
        }
        sink.put(batch);
        split.ended()
    }
}

fn one(bytes: &[u8], number: u64, head: &Head, ctx: &Context<'_>) -> Result<Record, String> {
    let text = head.text(bytes);
    let item = item::read(&text, head).or_else(|reason| {
        // What opens and never closes would hide the rest of the item.
        let opened = [("<![CDATA[", "]]>"), ("<!--", "-->")].into_iter().find_map(|(open, close)| {
            let at = text.rfind(open)?;
            let after = text.get(at + open.len()..)?;
            (!after.contains(close)).then(|| format!("{}{after}", text.get(..at).unwrap_or_default()))
        });
        opened.and_then(|text| item::read(&text, head).ok()).ok_or(reason)
    })?;
    record(item, number, head.lang.as_deref(), ctx)
}

/// What an item says as a record.
fn record(item: Item, number: u64, lang: Option<&str>, ctx: &Context<'_>) -> Result<Record, String> {
    let body = item.body().to_owned();
    if item.withdrawn && item.id.is_none() {
        return Err("it says that an entry is gone, but not which: it has no ref".into());
    }
    if !item.withdrawn && !has_words(&item.title) && !has_words(&body) {
        return Err("no words in title or text".into());
    }
    let own = [&item.published, &item.updated].into_iter().flatten().find_map(|raw| dates::printed(raw, ctx));
    let updated = item.updated.as_deref().filter(|raw| !clock::is_missing(raw.trim()));
    let mut extra = BTreeMap::new();
    if let Some(address) = item.canonical {
        extra.insert(CANONICAL.to_owned(), address.into());
    }
    if !item.categories.is_empty() {
        extra.insert("categories".to_owned(), item.categories.into());
    }
    let joined = |list: Vec<String>| Some(list.join(", ")).filter(|l| !l.is_empty());
    Ok(Record {
        published: Some(dates::published(own, item.url.as_deref(), ctx)),
        updated: updated.and_then(|raw| dates::printed(raw, ctx)).and_then(|c: Clock| c.from),
        parent: ctx.settings.page.as_ref().map(|_| ctx.parent.clone()),
        id: item.id,
        title: item.title,
        body,
        byline: joined(item.bylines),
        credit: joined(item.credits),
        captions: item.captions,
        lang: item.lang.or_else(|| lang.map(str::to_owned)),
        url: item.url,
        line: number,
        withdrawn: item.withdrawn,
        extra,
        ..Record::default()
    })
}

/// Whether bytes begin like RSS, RDF or Atom: the outermost element says so.
pub fn is_feed(head: &[u8]) -> bool {
    let mut rest = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
    loop {
        rest = rest.trim_ascii_start();
        let end: &[u8] = match rest {
            _ if rest.starts_with(b"<?") => b"?>",
            _ if rest.starts_with(b"<!--") => b"-->",
            // Its own brackets hold declarations.
            _ if rest.starts_with(b"<!DOCTYPE") || rest.starts_with(b"<!doctype") => {
                match memchr::memchr2(b'[', b'>', rest) {
                    Some(at) if rest.get(at) == Some(&b'[') => b"]>",
                    _ => b">",
                }
            }
            _ => break,
        };
        let Some(at) = memchr::memmem::find(rest, end) else { return false };
        rest = rest.get(at + end.len()..).unwrap_or_default();
    }
    let Some(tag) = rest.strip_prefix(b"<") else { return false };
    let name = tag.split(|b| b.is_ascii_whitespace() || matches!(b, b'>' | b'/')).next().unwrap_or_default();
    let local = name.rsplit(|b| *b == b':').next().unwrap_or(name);
    [&b"rss"[..], b"RDF", b"feed", b"channel"].iter().any(|known| local.eq_ignore_ascii_case(known))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
