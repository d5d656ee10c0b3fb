//! The canonical record of one event: every value names the entry it came from and the rule that chose it.

use super::{ClockQuality, EntryId, EventId, Probability};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The version of the record's shape, in each line of events.jsonl.
pub const SCHEMA_VERSION: u32 = 1;

/// Where an event stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Its newest entry is younger than `[merge] settle_hours` before the run's as-of, or undated.
    Open,
    /// Older: it no longer moves on its own.
    Settled,
}

/// The span of an event's reports.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct When {
    /// First instant of the earliest clock, RFC 3339 UTC; null when no entry has a clock.
    pub from: Option<String>,
    /// Last instant of the latest clock.
    pub to: Option<String>,
    /// The worst quality among the clocks that were used.
    pub quality: ClockQuality,
}

/// Who reported first.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct FirstReported {
    /// The entry; null when it is undetermined.
    pub entry: Option<EntryId>,
    /// The outlet; for an explicit credit, the credited one.
    pub outlet: Option<String>,
    /// When, RFC 3339 UTC.
    pub at: Option<String>,
    /// `clock`, `credit`, `only`, `undetermined` (a tie inside one clock step) or `unknown` (no clock).
    pub basis: String,
}

/// Copies of one text.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct OriginRow {
    /// The entry that leads it.
    pub leader: EntryId,
    /// Its outlet.
    pub outlet: String,
    /// All of its entries, leader first.
    pub entries: Vec<EntryId>,
}

/// One value with its source.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Field {
    /// The value chosen.
    pub value: String,
    /// The entry it stands in.
    pub entry: EntryId,
    /// The rule that chose it.
    pub rule: String,
    /// What other origins say instead.
    pub alternatives: Vec<Alternative>,
}

/// A value that was not chosen.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Alternative {
    /// The value.
    pub value: String,
    /// The entry it stands in.
    pub entry: EntryId,
}

/// How the values of one quantity relate.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FigureState {
    /// All origins give one value.
    Equal,
    /// A later value supersedes an earlier one.
    Progression,
    /// Different values at the same time.
    Dispute,
}

/// One quantity that several origins give.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Figure {
    /// What is counted: `people injured`, `euros`.
    pub counts: String,
    /// How the values relate.
    pub state: FigureState,
    /// Every value, earliest first; one per origin.
    pub values: Vec<FigureValue>,
}

/// One origin's value of a quantity.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct FigureValue {
    /// The number.
    pub value: f64,
    /// As printed, with its neighbours.
    pub text: String,
    /// The entry it stands in.
    pub entry: EntryId,
    /// Its outlet.
    pub outlet: String,
    /// When that entry was published, RFC 3339 UTC.
    pub at: Option<String>,
}

/// One report on the event's time line.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct TimelineItem {
    /// When, RFC 3339 UTC; null when unknown.
    pub at: Option<String>,
    /// How precisely.
    pub clock: ClockQuality,
    /// The entry.
    pub entry: EntryId,
    /// Its outlet.
    pub outlet: String,
    /// Its title, or its first words.
    pub title: String,
    /// `first`, `account`, `copy` or `update`.
    pub role: String,
}

/// How well the event holds together.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Cohesion {
    /// The link at which it would fall in two; null for one origin.
    pub weakest_link: Option<Probability>,
    /// Links present over pairs of origins.
    pub density: f64,
    /// Links whose removal would part it.
    pub bridges: u32,
}

/// Whether a person should look.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Review {
    /// `none` or `doubtful`.
    pub state: String,
    /// Why: `weak_link`, `bridge`, `figures_dispute`, `wide_dates`, `large`.
    pub reasons: Vec<String>,
}

/// The canonical record of one event: a line of events.jsonl.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Event {
    /// Version of this shape.
    pub schema_version: u32,
    /// Its id, kept from night to night.
    pub event_id: EventId,
    /// Where it stands.
    pub status: Status,
    /// The canonical title.
    pub title: String,
    /// The canonical summary.
    pub summary: String,
    /// The span of its reports.
    pub when: When,
    /// Who reported first.
    pub first_reported: FirstReported,
    /// The latest publication or update of any entry, RFC 3339 UTC.
    pub last_updated: Option<String>,
    /// All of its entries, in global order.
    pub entries: Vec<EntryId>,
    /// Its origins, in global order of their leaders.
    pub origins: Vec<OriginRow>,
    /// Different outlets.
    pub outlet_count: u32,
    /// Different owners (an outlet without a known owner is its own).
    pub owner_count: u32,
    /// Origins with different owners that credit no other outlet or agency in the event.
    pub independent_count: u32,
    /// `title`, `summary`, `url`, `lang` … each with entry and rule.
    pub fields: BTreeMap<String, Field>,
    /// Quantities that several origins give.
    pub figures: Vec<Figure>,
    /// Its reports in time.
    pub timeline: Vec<TimelineItem>,
    /// How well it holds together.
    pub cohesion: Cohesion,
    /// Whether a person should look.
    pub review: Review,
    /// Events whose ids redirect to this one.
    pub supersedes: Vec<EventId>,
    /// The event this one was merged into; null while it lives.
    pub merged_into: Option<EventId>,
}
