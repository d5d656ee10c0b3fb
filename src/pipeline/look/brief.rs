//! An entry and an event in a line.

use crate::model::{ClockQuality, Entry, EntryId, Event, EventId};
use schemars::JsonSchema;
use serde::Serialize;

/// Words of a body that stand in for a missing title.
const FIRST_WORDS: usize = 10;

/// An entry in a line.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema)]
pub struct EntryBrief {
    /// Its id.
    pub id: EntryId,
    /// Its outlet.
    pub outlet: String,
    /// Its title as published, or its first words.
    pub title: String,
    /// RFC 3339 UTC; null when unknown.
    pub published: Option<String>,
    /// How precisely that is known.
    pub clock: ClockQuality,
}

/// An event in a line.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema)]
pub struct EventBrief {
    /// Its id; null when the last run ended before events were made.
    pub event_id: Option<EventId>,
    /// Its title.
    pub title: String,
    /// Its entries.
    pub entries: usize,
    /// Its origins.
    pub origins: usize,
}

impl EntryBrief {
    /// Of an entry.
    pub fn of(entry: &Entry) -> EntryBrief {
        EntryBrief {
            id: entry.id,
            outlet: entry.outlet.to_string(),
            title: title(&entry.title, &entry.body.text()),
            published: entry.published.at().map(|t| t.to_string()),
            clock: entry.published.quality,
        }
    }
}

impl EventBrief {
    /// Of a canonical record.
    pub fn of(event: &Event) -> EventBrief {
        EventBrief {
            event_id: Some(event.event_id),
            title: event.title.clone(),
            entries: event.entries.len(),
            origins: event.origins.len(),
        }
    }
}

/// A title, or the first words of a body that has none.
pub fn title(title: &str, body: &str) -> String {
    if !title.trim().is_empty() {
        return title.to_string();
    }
    let mut words = body.split_whitespace();
    let first: Vec<&str> = words.by_ref().take(FIRST_WORDS).collect();
    let more = if words.next().is_some() { " …" } else { "" };
    first.join(" ") + more
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_words_stand_in_for_a_missing_title() {
        assert_eq!(title("Ferry late", "body"), "Ferry late");
        assert_eq!(title(" ", "a b"), "a b");
        assert_eq!(title("", "1 2 3 4 5 6 7 8 9 10 11"), "1 2 3 4 5 6 7 8 9 10 …");
    }
}
