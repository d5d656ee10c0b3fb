//! Rows of the result files: one struct per file, each with a published JSON Schema.

use super::{ClockQuality, EntryId, EventId, Flag, Overlap, Probability, Relation, TextHash};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// A row of entries.jsonl: an entry of the working set, without its body.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct EntryRow {
    /// Version of this shape.
    pub schema_version: u32,
    /// Hash of outlet and key.
    pub id: EntryId,
    /// What distinguishes it within its outlet.
    pub key: String,
    /// Name of the `[[source]]`.
    pub source: String,
    /// Who published it.
    pub outlet: String,
    /// Who owns the outlet.
    pub owner: Option<String>,
    /// Headline as published.
    pub title: String,
    /// Address.
    pub url: Option<String>,
    /// RFC 3339 UTC; the start of the clock's interval.
    pub published: Option<String>,
    /// How precisely that is known.
    pub clock: ClockQuality,
    /// The date as printed, where it had to be interpreted or could not be read.
    pub published_raw: Option<String>,
    /// The live page it is a post of.
    pub parent: Option<String>,
    /// Who wrote it.
    pub byline: Option<String>,
    /// Whom it credits.
    pub credit: Option<String>,
    /// "Breaking", "Analysis" …
    pub labels: Vec<String>,
    /// Alternative texts and captions of its pictures.
    pub captions: Vec<String>,
    /// Language, ISO 639-1.
    pub lang: Option<String>,
    /// The file it was read from.
    pub file: String,
    /// The line it starts at.
    pub record: u64,
    /// What normalising noticed.
    pub flags: Vec<Flag>,
    /// Words of title and body.
    pub words: u32,
    /// Hash of title and body as published.
    pub text_hash: TextHash,
    /// Fields that the map does not name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub extra: BTreeMap<String, serde_json::Value>,
}

/// A row of clusters.jsonl: one member of an event.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ClusterRow<'a> {
    /// Version of this shape.
    pub schema_version: u32,
    /// The entry.
    pub entry_id: EntryId,
    /// Its key.
    pub key: Cow<'a, str>,
    /// Its outlet.
    pub outlet: Cow<'a, str>,
    /// The event it is in.
    pub event_id: EventId,
    /// The leader of its origin; itself when it has no copies.
    pub origin: EntryId,
    /// `leader` of an origin, or how it relates to the leader.
    pub relation: Cow<'a, str>,
    /// The event's weakest link; null for one origin.
    pub weakest_link: Option<Probability>,
}

/// A row of umbrellas.jsonl.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct UmbrellaRow {
    /// Version of this shape.
    pub schema_version: u32,
    /// The entry.
    pub entry_id: EntryId,
    /// Its key.
    pub key: String,
    /// Its outlet.
    pub outlet: String,
    /// The events it covers, as far as they were found.
    pub events: Vec<EventId>,
    /// The rule that made it an umbrella.
    pub rule: String,
}

/// A row of links.jsonl: an accepted link, or one refused within .05 of acceptance.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct LinkRow {
    /// Version of this shape.
    pub schema_version: u32,
    /// The earlier entry.
    pub a: EntryId,
    /// The later entry.
    pub b: EntryId,
    /// What proposed the pair.
    pub proposed_by: Vec<Cow<'static, str>>,
    /// How they relate.
    pub relation: Relation,
    /// Probability that they report one event.
    pub p: Probability,
    /// Whether both are in one event.
    pub accepted: bool,
    /// The evidence: feature name to value.
    pub features: BTreeMap<Cow<'static, str>, f64>,
    /// The evidence of a copy.
    pub overlap: Option<Overlap>,
}
