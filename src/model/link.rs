//! A scored pair: its evidence, its relation, its probability.

use super::{Proposals, Row};
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

/// How two entries relate.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Relation {
    /// Word for word the same.
    SameText,
    /// One text reprinted with small changes.
    Reprint,
    /// One is cut from the other.
    Abridgement,
    /// Independent accounts of one event.
    SameEvent,
    /// Not the same event.
    Different,
}

impl Relation {
    /// Whether the two are copies of one text.
    pub fn is_copy(self) -> bool {
        matches!(self, Relation::SameText | Relation::Reprint | Relation::Abridgement)
    }

    /// The name as it stands in the outputs.
    pub fn name(self) -> &'static str {
        match self {
            Relation::SameText => "same_text",
            Relation::Reprint => "reprint",
            Relation::Abridgement => "abridgement",
            Relation::SameEvent => "same_event",
            Relation::Different => "different",
        }
    }
}

/// A probability rounded to a millionth before any comparison, so that sums and ties are exact.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Probability(pub u32);

impl Probability {
    /// Rounds to the nearest millionth; outside of 0 to 1 (and NaN) is clamped.
    pub fn new(p: f64) -> Self {
        Probability((p.clamp(0.0, 1.0) * 1e6).round() as u32)
    }

    /// As a number from 0 to 1.
    pub fn value(self) -> f64 {
        f64::from(self.0) / 1e6
    }
}

impl fmt::Display for Probability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.6}", self.value())
    }
}

impl Serialize for Probability {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_f64(self.value())
    }
}

impl<'de> Deserialize<'de> for Probability {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        Ok(Probability::new(f64::deserialize(d)?))
    }
}

impl JsonSchema for Probability {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Probability".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({"type": "number", "minimum": 0, "maximum": 1, "multipleOf": 0.000001})
    }
}

/// The named terms of the same-event score, in the order of [`Features`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Feature {
    /// Cosine of the bodies, (1 + ln tf) · idf.
    BodyCosine,
    /// Cosine of the titles as sets, weighted by idf.
    TitleCosine,
    /// Cosine of title and first 60 content words as sets, weighted by idf.
    LeadCosine,
    /// Share of one title's idf mass found in the other's lead: the larger of both ways.
    ShareLarger,
    /// The smaller of both ways.
    ShareSmaller,
    /// Sum of the idf of the three rarest words that both leads hold, each counted 9 at most.
    RareShared,
    /// Cosine of the capitalised words, (1 + ln tf) · idf.
    CapsCosine,
    /// Cosine of the numbers, (1 + ln tf) · idf.
    NumbersCosine,
    /// ln(1 + shared four-word runs inside quotation marks), at most 20 runs counted.
    SharedQuotes,
    /// ln(1 + days apart), at most 365; 0 when a date is missing.
    DaysApart,
    /// 1 when more than one day apart.
    OverOneDay,
    /// 1 when a date is missing.
    DateMissing,
    /// 1 when both come from the same known outlet.
    SameOutlet,
    /// 1 when both are posts of one live page and each title names something that the other post does not mention, or of
    /// two live pages and more than a day apart.
    OtherNames,
    /// How alike both are to what only resembles them: the mean cosine of the bodies with the 6th to 20th of an entry's
    /// nearest candidates, less .1 and at least 0, the mean of both entries. Copies do not count, and a candidate that is
    /// not there counts 0.
    Crowd,
}

impl Feature {
    /// How many there are.
    pub const COUNT: usize = 15;

    /// Every feature, in order.
    pub const ALL: [Feature; Feature::COUNT] = [
        Feature::BodyCosine,
        Feature::TitleCosine,
        Feature::LeadCosine,
        Feature::ShareLarger,
        Feature::ShareSmaller,
        Feature::RareShared,
        Feature::CapsCosine,
        Feature::NumbersCosine,
        Feature::SharedQuotes,
        Feature::DaysApart,
        Feature::OverOneDay,
        Feature::DateMissing,
        Feature::SameOutlet,
        Feature::OtherNames,
        Feature::Crowd,
    ];

    /// The name as it stands in pipeline.toml and in the outputs.
    pub fn name(self) -> &'static str {
        match self {
            Feature::BodyCosine => "body_cosine",
            Feature::TitleCosine => "title_cosine",
            Feature::LeadCosine => "lead_cosine",
            Feature::ShareLarger => "share_larger",
            Feature::ShareSmaller => "share_smaller",
            Feature::RareShared => "rare_shared",
            Feature::CapsCosine => "caps_cosine",
            Feature::NumbersCosine => "numbers_cosine",
            Feature::SharedQuotes => "shared_quotes",
            Feature::DaysApart => "days_apart",
            Feature::OverOneDay => "over_one_day",
            Feature::DateMissing => "date_missing",
            Feature::SameOutlet => "same_outlet",
            Feature::OtherNames => "other_names",
            Feature::Crowd => "crowd",
        }
    }

    /// What it says, for a person.
    pub fn label(self) -> &'static str {
        match self {
            Feature::BodyCosine => "bodies share words",
            Feature::TitleCosine => "titles share words",
            Feature::LeadCosine => "openings share words",
            Feature::ShareLarger => "one title is found in the other's opening",
            Feature::ShareSmaller => "each title is found in the other's opening",
            Feature::RareShared => "openings share rare words",
            Feature::CapsCosine => "same names",
            Feature::NumbersCosine => "same numbers",
            Feature::SharedQuotes => "same words quoted",
            Feature::DaysApart => "days apart",
            Feature::OverOneDay => "more than a day apart",
            Feature::DateMissing => "a date is missing",
            Feature::SameOutlet => "same outlet",
            Feature::OtherNames => "live posts about others",
            Feature::Crowd => "much else is alike",
        }
    }
}

/// Which way a feature can only speak.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Sign {
    /// More of it never makes one event less likely.
    For,
    /// More of it never makes one event more likely.
    Against,
}

impl Feature {
    /// The sign that a fitted weight may have; `None` where both are possible.
    pub fn sign(self) -> Option<Sign> {
        match self {
            Feature::BodyCosine
            | Feature::TitleCosine
            | Feature::LeadCosine
            | Feature::ShareLarger
            | Feature::ShareSmaller
            | Feature::RareShared
            | Feature::CapsCosine
            | Feature::NumbersCosine
            | Feature::SharedQuotes => Some(Sign::For),
            Feature::DaysApart
            | Feature::OverOneDay
            | Feature::DateMissing
            | Feature::SameOutlet
            | Feature::OtherNames
            | Feature::Crowd => Some(Sign::Against),
        }
    }
}

/// The values of the features of one pair, indexed by `Feature as usize`, rounded to 1e-6.
#[derive(Clone, Copy, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Features(pub [f32; Feature::COUNT]);

impl Features {
    /// One value.
    pub fn get(&self, feature: Feature) -> f64 {
        f64::from(self.0[feature as usize])
    }
}

/// How two texts overlap, on real shingle sets.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Overlap {
    /// Shingles in both.
    pub shared: u32,
    /// Shared over the smaller set.
    pub containment: f32,
    /// Shared over the union.
    pub jaccard: f32,
}

/// A link without the evidence behind it.
pub type Tie = Link<()>;

/// A scored pair of rows, `a < b`.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct Link<F = Features> {
    /// The earlier.
    pub a: Row,
    /// The later.
    pub b: Row,
    /// What proposed the pair.
    pub by: Proposals,
    /// How they relate, as scored.
    pub relation: Relation,
    /// Probability that they report one event; copies carry one too, which no sum uses.
    pub p: Probability,
    /// The evidence behind `p`.
    pub features: F,
    /// The evidence of a copy; `None` unless it is one.
    pub overlap: Option<Overlap>,
}

impl Link {
    /// The link without the evidence behind it.
    pub fn tie(&self) -> Tie {
        let Link { a, b, by, relation, p, overlap, .. } = *self;
        Link { a, b, by, relation, p, features: (), overlap }
    }
}
