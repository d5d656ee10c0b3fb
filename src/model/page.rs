//! The data of the report page: what `stage::report` makes and `render::html` draws.
//!
//! Long strings are cut; within an event, entries are named by their place in [`Detail::entries`].

use super::event::{FigureState, Status, When};
use super::run::{SourceCounts, StageStatus};
use super::{ClockQuality, EntryId, EventId, Excerpt, Flag, Probability};
use serde::Serialize;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// A string from the run, cut where it is too long for the page.
pub type Str<'a> = Cow<'a, str>;

/// The report page: an overview of the run, and events, the ones to read first at the front. What stands behind an event is
/// made when it is asked for: there is room for few of many.
pub struct Page<'a> {
    /// The run as a whole.
    pub overview: Overview<'a>,
    /// The lines of the events that the page offers.
    pub events: Vec<Brief<'a>>,
    /// Makes everything behind an event but the texts.
    pub detail: Box<dyn Fn(usize) -> Detail<'a> + Sync + 'a>,
    /// The text of each of an event's [`Detail::entries`], as far as it goes on the page; none without texts.
    pub texts: Box<dyn Fn(usize) -> Vec<Excerpt<'a>> + Sync + 'a>,
}

/// Some rows of a table, and how many were left out.
#[derive(Clone, PartialEq, Debug, Default, Serialize)]
pub struct Listed<T> {
    /// The rows that are listed.
    pub rows: Vec<T>,
    /// How many more there are.
    pub more: u64,
}

/// The run as a whole: what was read, made and refused.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Overview<'a> {
    /// The only "now" of the run, RFC 3339 UTC.
    pub as_of: Str<'a>,
    /// How many of everything.
    pub totals: Totals,
    /// How much of the texts the page may carry: `full`, `excerpt` or `none`.
    pub text: &'static str,
    /// What each source gave, by name.
    pub sources: Listed<SourceRow<'a>>,
    /// Outlets, those with most entries first; [`Brief::outlets`] points here.
    pub outlets: Listed<OutletRow<'a>>,
    /// The stages in running order.
    pub stages: Vec<StageRow<'a>>,
    /// Records that were not understood.
    pub rejects: Listed<RejectRow<'a>>,
    /// Warnings, in order.
    pub warnings: Listed<Str<'a>>,
    /// Entries that cover many events.
    pub umbrellas: Listed<UmbrellaRow<'a>>,
    /// The features of the score, in the order of [`PageLink::values`].
    pub features: Vec<FeatureRow>,
    /// Log-odds of a pair without evidence.
    pub intercept: f64,
}

/// How many of everything.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Totals {
    /// Records found in the sources.
    pub records: u64,
    /// Entries of the working set.
    pub entries: u64,
    /// Events.
    pub events: u64,
    /// Events of two entries and more.
    pub shared: u64,
    /// Events that a person should look at.
    pub doubtful: u64,
    /// Entries that are umbrellas.
    pub umbrellas: u64,
    /// Entries that are copies of an earlier one.
    pub copies: u64,
    /// Records that were not understood.
    pub quarantined: u64,
}

/// What one source gave.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct SourceRow<'a> {
    /// Its name.
    pub name: Str<'a>,
    /// Its counts.
    #[serde(flatten)]
    pub counts: SourceCounts,
}

/// What one outlet published.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct OutletRow<'a> {
    /// Its name.
    pub name: Str<'a>,
    /// Its entries.
    pub entries: u64,
    /// Events that it reported.
    pub events: u64,
    /// Events that it reported first.
    pub first: u64,
    /// Its entries that are copies of an earlier one.
    pub copies: u64,
    /// Its entries that are umbrellas.
    pub umbrellas: u64,
}

/// One stage, without its timings.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct StageRow<'a> {
    /// Its name.
    pub name: &'static str,
    /// How it ended.
    pub status: StageStatus,
    /// Rows read.
    pub read: u64,
    /// Rows made.
    pub made: u64,
    /// Rows rejected.
    pub rejected: u64,
    /// Caps that bit: name to how often.
    pub caps: BTreeMap<String, u64>,
    /// Why it ran, or what deserves a look.
    pub message: Str<'a>,
}

/// A record that was not understood.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct RejectRow<'a> {
    /// Its source.
    pub source: Str<'a>,
    /// The file.
    pub file: Str<'a>,
    /// Line or number (from 1); 0 for the file as a whole.
    pub record: u64,
    /// What was wrong.
    pub reason: Str<'a>,
}

/// An entry that covers many events.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct UmbrellaRow<'a> {
    /// The entry.
    pub id: EntryId,
    /// Its title, or its first words.
    pub title: Str<'a>,
    /// Its outlet.
    pub outlet: Str<'a>,
    /// How many events of the run it covers.
    pub events: u64,
    /// The rule that made it one.
    pub rule: Str<'a>,
}

/// One feature of the score.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct FeatureRow {
    /// Its name in pipeline.toml.
    pub name: &'static str,
    /// What it says, for a person.
    pub label: &'static str,
    /// Log-odds per unit.
    pub weight: f64,
}

/// An event's line in the list; the names are short because there are many.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Brief<'a> {
    /// Its id.
    pub id: EventId,
    /// Its canonical title.
    #[serde(rename = "t")]
    pub title: Str<'a>,
    /// Its entries.
    #[serde(rename = "n")]
    pub entries: u32,
    /// Its origins.
    #[serde(rename = "k")]
    pub origins: u32,
    /// Its independent accounts.
    #[serde(rename = "i")]
    pub independent: u32,
    /// Outlets, as places in [`Overview::outlets`]; outlets that are not listed there are left out.
    #[serde(rename = "o")]
    pub outlets: Vec<u32>,
    /// The link at which it would fall in two.
    #[serde(rename = "w", skip_serializing_if = "Option::is_none")]
    pub weakest: Option<Probability>,
    /// Whether a person should look.
    #[serde(rename = "d", skip_serializing_if = "std::ops::Not::not")]
    pub doubtful: bool,
    /// Its newest clock, unix seconds.
    #[serde(rename = "u", skip_serializing_if = "Option::is_none")]
    pub newest: Option<i64>,
}

/// Everything behind an event but the texts.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Detail<'a> {
    /// Its canonical summary.
    pub summary: Str<'a>,
    /// Where it stands.
    pub status: Status,
    /// The span of its reports.
    pub when: When,
    /// Who reported first.
    pub first: First<'a>,
    /// Different outlets.
    pub outlet_count: u32,
    /// Different owners.
    pub owner_count: u32,
    /// Why a person should look.
    pub reasons: Vec<Str<'a>>,
    /// Links present over pairs of origins.
    pub density: f64,
    /// Links whose removal would part it.
    pub bridges: u32,
    /// Its entries, origin by origin, each leader before its copies.
    pub entries: Vec<PageEntry<'a>>,
    /// Entries that are not listed.
    pub more_entries: u64,
    /// The canonical record.
    pub fields: Vec<PageField<'a>>,
    /// Quantities that several origins give.
    pub figures: Listed<PageFigure<'a>>,
    /// Its reports in time: the entry and its role.
    pub timeline: Vec<(u32, Str<'a>)>,
    /// Umbrellas that cover it.
    pub umbrellas: Listed<UmbrellaRow<'a>>,
    /// Links between its entries.
    pub links: Vec<PageLink>,
    /// Links between its entries that are not listed.
    pub more_links: u64,
    /// Entries elsewhere that were nearly joined; a link's `b` from `entries.len()` on points here.
    pub guests: Vec<Guest<'a>>,
    /// How it was put together: two groups, each named by its first leader, and the average link.
    pub merges: Vec<(u32, u32, Probability)>,
    /// The two entries to show first: those of the weakest link.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pair: Option<(u32, u32)>,
    /// Events whose ids redirect to this one.
    pub supersedes: Vec<EventId>,
}

/// Who reported first.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct First<'a> {
    /// The entry, where it is known and listed.
    pub entry: Option<u32>,
    /// The outlet, or the one that is credited.
    pub outlet: Option<Str<'a>>,
    /// When, RFC 3339 UTC.
    pub at: Option<Str<'a>>,
    /// `clock`, `credit`, `only`, `undetermined` or `unknown`.
    pub basis: Str<'a>,
}

/// One entry.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct PageEntry<'a> {
    /// Its id.
    pub id: EntryId,
    /// Its outlet.
    pub outlet: Str<'a>,
    /// Its title as published; empty when it has none.
    pub title: Str<'a>,
    /// Its first words, where it has no title.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub opening: Str<'a>,
    /// Its address; left out when it is absurdly long.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<&'a str>,
    /// First second of its clock.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<i64>,
    /// How precisely that is known.
    pub clock: ClockQuality,
    /// The date as printed, where it could not be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub raw: Option<Str<'a>>,
    /// Who wrote it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub byline: Option<Str<'a>>,
    /// Whom it credits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub credit: Option<Str<'a>>,
    /// Language, where known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lang: Option<Str<'a>>,
    /// Words of title and body.
    pub words: u32,
    /// What normalising noticed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub flags: Vec<Flag>,
    /// The file it was read from.
    pub file: Str<'a>,
    /// The line it starts at.
    pub record: u64,
    /// The place of its origin in the event.
    pub origin: u32,
    /// How it relates to its origin's leader; absent for a leader.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub relation: Option<&'static str>,
    /// What it shares with the leader: shingles, containment, Jaccard.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub overlap: Option<(u32, f64, f64)>,
}

/// An entry of another event.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Guest<'a> {
    /// The event it is in; `None` for an umbrella.
    pub event: Option<EventId>,
    /// The entry.
    #[serde(flatten)]
    pub entry: PageEntry<'a>,
}

/// A field of the canonical record.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct PageField<'a> {
    /// Its name.
    pub name: Str<'a>,
    /// The value chosen.
    pub value: Str<'a>,
    /// The entry it stands in, where that is listed.
    pub entry: Option<u32>,
    /// The rule that chose it.
    pub rule: Str<'a>,
    /// What other origins say instead, and where.
    pub alternatives: Vec<(Str<'a>, Option<u32>)>,
    /// Alternatives that are not listed.
    pub more: u64,
}

/// One quantity.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct PageFigure<'a> {
    /// What is counted.
    pub counts: Str<'a>,
    /// How the values relate.
    pub state: FigureState,
    /// The values, earliest first.
    pub values: Vec<PageValue<'a>>,
    /// Values that are not listed.
    pub more: u64,
}

/// One origin's value of a quantity.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct PageValue<'a> {
    /// The number.
    pub value: f64,
    /// As printed.
    pub text: Str<'a>,
    /// The entry, where it is listed.
    pub entry: Option<u32>,
    /// Its outlet.
    pub outlet: Str<'a>,
    /// When it was published, RFC 3339 UTC.
    pub at: Option<Str<'a>>,
}

/// A scored pair with its evidence.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct PageLink {
    /// The earlier entry.
    pub a: u32,
    /// The later one.
    pub b: u32,
    /// How they relate.
    pub relation: &'static str,
    /// Probability that they report one event.
    pub p: Probability,
    /// What proposed the pair.
    pub by: Vec<&'static str>,
    /// The value of each feature, in the order of [`Overview::features`].
    pub values: Vec<f64>,
    /// The shared words behind a feature, by its place.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub words: BTreeMap<u32, Vec<String>>,
    /// Whether words were looked up at all.
    pub looked_up: bool,
    /// What copies share: shingles, containment, Jaccard.
    pub overlap: Option<(u32, f64, f64)>,
}
