//! Entries for the stages' own tests.

use crate::model::{Clock, ClockQuality, Entry, EntryId, Position, Rare, TextHash};

/// An entry of "Harbour Courier" on 2026-01-14.
pub fn entry(key: &str, title: &str, body: &str) -> Entry {
    entry_of("Harbour Courier", key, title, body, Some(1_768_348_800))
}

/// An entry of any outlet, with a clock exact to the second.
pub fn entry_of(outlet: &str, key: &str, title: &str, body: &str, at: Option<i64>) -> Entry {
    Entry {
        id: EntryId::of(outlet, key),
        source: "test".into(),
        outlet: outlet.into(),
        outlet_known: true,
        owner: None,
        key: key.into(),
        url: None,
        title: title.into(),
        body: body.into(),
        lang: None,
        published: Clock {
            from: at,
            span: 0,
            quality: if at.is_some() { ClockQuality::Exact } else { ClockQuality::Unknown },
            raw: None,
        },
        position: Position { file: "test.jsonl".into(), record: 1 },
        rare: Rare::default(),
        text_hash: TextHash::of(title, body),
    }
}
