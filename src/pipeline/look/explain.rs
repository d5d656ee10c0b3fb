//! Why two entries are, or are not, in one event; or what holds one entry, or one event, together.

use super::alone::{self, EntryLook, EventLook};
use super::night::{Named, Night};
use super::score::{self, PairLook};
use crate::error::{Error, Result};
use crate::settings::Settings;
use schemars::JsonSchema;
use serde::Serialize;

/// What was explained.
#[derive(Clone, PartialEq, Debug, Serialize, JsonSchema)]
#[serde(tag = "explains", rename_all = "snake_case")]
pub enum Explained {
    /// Two entries.
    Pair(Box<PairLook>),
    /// One entry.
    Entry(Box<EntryLook>),
    /// One event.
    Event(Box<EventLook>),
}

/// Explains what the last run made of one entry or event, or of two entries: each named by its id, the beginning of
/// it, or its key.
///
/// # Errors
/// There is no state, or nothing in it that is named so, or it cannot be read.
pub fn explain(settings: &Settings, a: &str, b: Option<&str>) -> Result<Explained> {
    of(&Night::open_with_links(settings)?, a, b)
}

/// As [`explain`], of a run that is loaded already.
///
/// # Errors
/// As [`explain`].
pub fn of(night: &Night, a: &str, b: Option<&str>) -> Result<Explained> {
    match (night.named(a)?, b) {
        (Named::Event(_), Some(_)) => {
            Err(Error::Usage("an event is explained alone; name two entries, or one event".into()))
        }
        (Named::Event(place), None) => Ok(Explained::Event(Box::new(alone::event(night, place)))),
        (Named::Entry(row), None) => Ok(Explained::Entry(Box::new(alone::entry(night, row)))),
        (Named::Entry(x), Some(b)) => {
            let y = night.entry(b)?;
            if x == y {
                return Err(Error::Usage(format!("{} is one entry, named twice; name two", night.id(x))));
            }
            Ok(Explained::Pair(Box::new(score::pair(night, x, y)?)))
        }
    }
}
