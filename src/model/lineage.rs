//! What became of last night's events, and the registry of ids that carries them over.

use super::{EntryId, EventId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What happened to an event in a run.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// Minted in this run.
    Born,
    /// Same members as before.
    Continued,
    /// New members joined.
    Grew,
    /// Its id redirects to `other`.
    MergedInto,
    /// Minted from part of `other`.
    SplitFrom,
    /// None of its members is left in it.
    Retired,
}

/// A row of lineage.jsonl.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize, JsonSchema)]
pub struct LineageRow {
    /// The event.
    pub event_id: EventId,
    /// What happened to it.
    pub change: Change,
    /// The event it was merged into or split from.
    pub other: Option<EventId>,
    /// Members now.
    pub entries: u32,
}

/// An event as the registry knows it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Registered {
    /// The entry it was minted from.
    pub founder: EntryId,
    /// Which event of that founder it is, from 0.
    pub n: u32,
    /// Order of birth over all runs, from 0: the older id lives on a merge.
    pub born: u64,
    /// The event its id redirects to.
    pub merged_into: Option<EventId>,
}

/// Every id ever minted, and the event each entry was last in.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Registry {
    /// Every event.
    pub events: BTreeMap<EventId, Registered>,
    /// The event each entry was last a member of.
    pub members: BTreeMap<EntryId, EventId>,
}
