//! Events as far as they are at hand: of each what all are asked for, whole records of some.

use super::event::{Event, Review, Status, When};
use super::{EntryId, EventId, Probability};
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

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

/// What a table of events shows of one. As in [`Event`].
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Flat {
    pub event_id: EventId,
    pub status: Status,
    pub title: String,
    pub summary: String,
    pub when: When,
    pub first_outlet: Option<String>,
    pub first_basis: String,
    pub last_updated: Option<String>,
    pub entries: u32,
    pub origins: u32,
    pub outlet_count: u32,
    pub independent_count: u32,
    pub weakest_link: Option<Probability>,
    pub review: Review,
}

impl Event {
    /// What a table of events shows of it.
    pub fn flat(&self) -> Flat {
        Flat {
            event_id: self.event_id,
            status: self.status,
            title: self.title.clone(),
            summary: self.summary.clone(),
            when: self.when.clone(),
            first_outlet: self.first_reported.outlet.clone(),
            first_basis: self.first_reported.basis.clone(),
            last_updated: self.last_updated.clone(),
            entries: self.entries.len() as u32,
            origins: self.origins.len() as u32,
            outlet_count: self.outlet_count,
            independent_count: self.independent_count,
            weakest_link: self.cohesion.weakest_link,
            review: self.review.clone(),
        }
    }
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
