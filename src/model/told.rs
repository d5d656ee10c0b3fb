//! Events as far as they are at hand: of each what all are asked for, whole records of some.

use super::event::{Cohesion, Event, FirstReported, Review, Status, When};
use super::{EntryId, EventId};
use rustc_hash::FxHashMap;
use serde::Deserialize;

/// What all events are asked for.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Head {
    /// Its id.
    pub id: EventId,
    /// The entry that reported first.
    pub first: Option<EntryId>,
    /// How many entries it has.
    pub entries: u32,
    /// Whether a person should look.
    pub doubtful: bool,
}

impl Event {
    /// What all events are asked for.
    pub fn head(&self) -> Head {
        Head {
            id: self.event_id,
            first: self.first_reported.entry,
            entries: self.entries.len() as u32,
            doubtful: self.review.state == "doubtful",
        }
    }
}

/// A record read back without what only its own page shows. As in [`Event`].
#[derive(Clone, PartialEq, Debug, Deserialize)]
#[allow(missing_docs)]
pub struct Flat {
    pub event_id: EventId,
    pub status: Status,
    pub title: String,
    pub summary: String,
    pub when: When,
    pub first_reported: FirstReported,
    pub last_updated: Option<String>,
    pub entries: Vec<EntryId>,
    pub origins: Vec<serde::de::IgnoredAny>,
    pub outlet_count: u32,
    pub independent_count: u32,
    pub cohesion: Cohesion,
    pub review: Review,
}

/// The events of a run: heads of all, and the whole records of those that a page shows.
#[derive(Clone, Debug, Default)]
pub struct Told {
    heads: Vec<Head>,
    whole: FxHashMap<usize, Event>,
}

impl Told {
    /// Of these heads, with some records whole, by index.
    pub fn new(heads: Vec<Head>, whole: impl IntoIterator<Item = (usize, Event)>) -> Told {
        Told { heads, whole: whole.into_iter().collect() }
    }

    /// The heads.
    pub fn heads(&self) -> &[Head] {
        &self.heads
    }

    /// Whether the whole record is at hand.
    pub fn has_whole(&self, at: usize) -> bool {
        self.whole.contains_key(&at)
    }

    /// A whole record that is at hand.
    pub fn whole(&self, at: usize) -> &Event {
        &self.whole[&at]
    }
}

impl From<Vec<Event>> for Told {
    fn from(events: Vec<Event>) -> Told {
        Told::new(events.iter().map(Event::head).collect(), events.into_iter().enumerate())
    }
}
