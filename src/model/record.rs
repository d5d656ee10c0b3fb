//! What a reader understood of one record, before it has an identity; and what it did not.

use super::{Clock, Position};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Bytes of a file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Place {
    /// The first.
    pub at: u64,
    /// How many.
    pub len: u32,
}

/// One record as a reader understood it. `stage::ingest` makes an [`Entry`](super::Entry) of it.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Record {
    /// The record's own id, guid or block id.
    pub id: Option<String>,
    /// The outlet the record names; the source's applies where it names none.
    pub outlet: Option<String>,
    /// Headline; empty when there is none.
    pub title: String,
    /// Body as plain text.
    pub body: String,
    /// Who wrote it.
    pub byline: Option<String>,
    /// Whom it credits.
    pub credit: Option<String>,
    /// "Breaking", "Analysis" …
    pub labels: Vec<String>,
    /// Alternative texts and captions.
    pub captions: Vec<String>,
    /// Language as the record says.
    pub lang: Option<String>,
    /// Address.
    pub url: Option<String>,
    /// When it was published, resolved by the reader; `None` when the record carries no date.
    pub published: Option<Clock>,
    /// When this version was published, unix seconds.
    pub updated: Option<i64>,
    /// The live page it is a post of: the source's `page`, `url` or `name`.
    pub parent: Option<Arc<str>>,
    /// Position on the page counted from the oldest post, for posts of equal clock.
    pub age_rank: u32,
    /// Where in its file the record is, from 1: its line, or its number where lines say nothing.
    pub line: u64,
    /// Where its bytes are in the file as it is unpacked, where they can be read by themselves.
    pub place: Option<Place>,
    /// Whether it says that the outlet has withdrawn the entry; it may have no text then.
    pub withdrawn: bool,
    /// Fields that the map does not name.
    pub extra: BTreeMap<String, serde_json::Value>,
}

impl Record {
    /// Puts a blank in place of each NUL of its texts: no table holds one.
    pub fn clear_nuls(&mut self) {
        let Record { id, outlet, title, body, byline, credit, labels, captions, lang, url, published, .. } = self;
        let raw = published.as_mut().and_then(|clock| clock.raw.as_mut());
        let told = [id, outlet, byline, credit, lang, url].into_iter().flatten();
        for text in told.chain(labels).chain(captions).chain(raw).chain([title, body]) {
            if memchr::memchr(0, text.as_bytes()).is_some() {
                *text = text.replace('\0', " ");
            }
        }
    }
}

/// A record that was not understood: a row of quarantine.jsonl.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Reject {
    /// Name of the source.
    pub source: String,
    /// The file, relative to pipeline.toml.
    pub file: String,
    /// Line, or the record's number where lines say nothing, from 1; 0 for the file as a whole.
    pub record: u64,
    /// What was wrong, and where it helps what to do.
    pub reason: String,
}

impl Reject {
    /// A row for a record at a position.
    pub fn at(source: &str, position: &Position, reason: impl Into<String>) -> Self {
        Reject {
            source: source.into(),
            file: position.file.to_string(),
            record: position.record,
            reason: reason.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_keeps_a_nul() {
        let nul = || Some("a\0b".to_string());
        let mut record = Record {
            id: nul(),
            outlet: nul(),
            title: "a\0b".into(),
            body: "a\0b".into(),
            byline: nul(),
            credit: nul(),
            labels: vec!["a\0b".into()],
            captions: vec!["a\0b".into()],
            lang: nul(),
            url: nul(),
            published: Some(Clock::unknown(nul())),
            ..Record::default()
        };
        record.clear_nuls();
        assert_eq!((&*record.title, record.id.as_deref()), ("a b", Some("a b")));
        assert!(!format!("{record:?}").contains("\\0"), "{record:?}");
    }
}
