//! Saved pages: an article is one record, a live page one for each of its posts.

mod blocks;
mod body;
mod both;
mod builder;
mod charset;
mod entities;
mod facts;
mod furniture;
mod json;
mod live;
mod meta;
mod people;
mod posts;
mod schema;
mod tokens;
mod tree;

use super::context::Context;
use super::reader::{Batch, Ended, Input, Reader};
use super::sink::Sink;
use crate::model::Record;
use crate::source::words::has_words;
use jiff::Timestamp;
use std::io::Read;

/// Fewer words on a page that does not say that it is an article are none.
const FEW_WORDS: usize = 40;

/// The html format.
pub struct Html;

/// What is known of a page beside its bytes.
#[derive(Clone, Copy, Debug, Default)]
pub struct About<'a> {
    /// The address it was fetched from.
    pub url: Option<&'a str>,
    /// The charset that its HTTP header names.
    pub charset: Option<&'a str>,
    /// When it was fetched: nothing on it is later.
    pub fetched: Option<Timestamp>,
    /// Its place in its file: the line or record from 1.
    pub line: u64,
}

impl Reader for Html {
    fn read(&self, input: &mut Input<'_>, ctx: &Context<'_>, sink: &Sink<'_>) -> Ended {
        let mut bytes = Vec::new();
        let most = ctx.limits.record_bytes;
        let damage = input.by_ref().take(most.saturating_add(1)).read_to_end(&mut bytes).err();
        if damage.is_none() && !bytes.is_empty() {
            sink.put(page(&bytes, &About { line: 1, ..About::default() }, ctx));
        }
        Ended { line: u64::from(!bytes.is_empty()), damage }
    }
}

/// The records of one page, or the reasons why there are none.
pub fn page(bytes: &[u8], about: &About<'_>, ctx: &Context<'_>) -> Batch {
    read(bytes, about, ctx).unwrap_or_else(|reason| Batch::reject(about.line, reason))
}

fn read(bytes: &[u8], about: &About<'_>, ctx: &Context<'_>) -> Result<Batch, String> {
    let most = ctx.limits.record_bytes;
    if bytes.len() as u64 > most {
        return Err(format!("the page has more than {most} bytes (ingest.max_record_bytes)"));
    }
    let mut text = charset::decode(bytes, about.charset);
    if !is_text(&text) {
        return Err("the page is no text: too much of it is control characters, or fits no charset".into());
    }
    // As browsers do; no table holds a NUL.
    if text.contains('\0') {
        text = text.replace('\0', "\u{fffd}").into();
    }
    let tree = tree::Tree::of(&text, usize::try_from(ctx.limits.depth).unwrap_or(usize::MAX))?;
    let meta = meta::Meta::of(&tree);
    let schema = schema::Schema::of(&tree)?;
    let found = schema::Found::of(&schema, facts::address(&meta, about).0.as_deref());
    let facts = facts::facts(&tree, &meta, &found, about, ctx);
    let blocks = blocks::blocks(&tree);
    let page = live::Page { tree: &tree, blocks: &blocks, facts: &facts, about, ctx };
    if let Some(posts) = live::posts(&page, &found) {
        return Ok(posts);
    }
    article(&page, &found).map(|record| Batch { records: vec![record], rejects: Vec::new() })
}

/// The record of a page that is an article.
fn article(page: &live::Page<'_>, found: &schema::Found<'_>) -> Result<Record, String> {
    let facts = page.facts;
    let shown = body::body(page.tree, page.blocks, &facts.title, &facts.descriptions);
    let get = |key: &str| schema::text(found.article.and_then(|a| a.get(key)));
    let structured = Some(get("articleBody")).filter(|t| !t.is_empty()).unwrap_or_else(|| get("text"));
    let text = both::body(&shown.lines, &structured);
    let lines = blocks::once(shown.lead.into_iter().chain(text));
    // Some scripts put no space between words.
    let words: usize = lines.iter().map(|l| l.split_whitespace().count().max(l.len() / 12)).sum();
    if !facts.is_article && words < FEW_WORDS {
        return Err("there is no article on the page: nothing says that it is one, and it has no paragraphs".into());
    }
    if !lines.iter().chain([&facts.title]).any(|l| has_words(l)) {
        return Err("no words in title or text".into());
    }
    Ok(Record {
        outlet: facts.outlet.clone(),
        title: facts.title.clone(),
        body: lines.join("\n"),
        byline: facts.byline.clone(),
        credit: facts.credit.clone(),
        labels: facts.labels.clone(),
        captions: shown.captions,
        lang: facts.lang.clone(),
        url: facts.url.clone(),
        published: facts.published.clone(),
        updated: facts.updated,
        parent: page.ctx.settings.page.as_ref().map(|_| page.ctx.parent.clone()),
        line: page.about.line,
        extra: facts.extra.clone(),
        ..Record::default()
    })
}

/// Whether a page is text: at most one character in twenty is a control character or was no character.
fn is_text(text: &str) -> bool {
    let strange = |c: &char| *c == '\u{fffd}' || (c.is_control() && !matches!(c, '\t' | '\n' | '\r' | '\u{c}'));
    text.chars().filter(strange).count() * 20 <= text.len()
}
/// Whether bytes begin as pages do: with a doctype or a tag of a page's head, behind comments.
pub fn is_page(head: &[u8]) -> bool {
    let mut rest = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start();
    loop {
        let end: &[u8] = match rest {
            [b'<', b'!', b'-', b'-', ..] => b"-->",
            [b'<', b'?', ..] => b"?>",
            _ => break,
        };
        let Some(at) = rest.windows(end.len()).position(|w| w == end) else { return false };
        rest = rest.get(at + end.len()..).unwrap_or_default().trim_ascii_start();
    }
    ["<!doctype html", "<html", "<head", "<body"].iter().any(|tag| {
        let begins = rest.get(..tag.len()).is_some_and(|b| b.eq_ignore_ascii_case(tag.as_bytes()));
        begins && rest.get(tag.len()).is_none_or(|b| b.is_ascii_whitespace() || *b == b'>')
    })
}

#[cfg(test)]
mod tests;
