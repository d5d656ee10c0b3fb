//! One report as published.

use super::{Body, Clock, EntryId, TextHash};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

/// Where a record was read: the file, relative to pipeline.toml, and its place in it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Position {
    /// The file, with `/` between folders.
    pub file: Arc<str>,
    /// The line at which the record starts, or its number where lines say nothing, from 1.
    pub record: u64,
}

/// One report as published, never changed. The text is that of its latest version.
#[derive(Clone, PartialEq, Debug)]
pub struct Entry {
    /// Hash of outlet and key.
    pub id: EntryId,
    /// Name of the `[[source]]` it came from.
    pub source: Arc<str>,
    /// Who published it; a file's stem where nothing says.
    pub outlet: Arc<str>,
    /// Whether the record or the configuration named the outlet.
    pub outlet_known: bool,
    /// Who owns the outlet, where the source says.
    pub owner: Option<Arc<str>>,
    /// What distinguishes it within its outlet.
    pub key: String,
    /// Its address, as given.
    pub url: Option<String>,
    /// Headline as published; may be empty.
    pub title: String,
    /// Body as published, plain text; may be empty.
    pub body: Body,
    /// Language as the record or the source says, ISO 639-1.
    pub lang: Option<String>,
    /// When it was published.
    pub published: Clock,
    /// Where it was read.
    pub position: Position,
    /// Hash of title and body.
    pub text_hash: TextHash,
    /// What few entries say.
    pub rare: Rare,
}

/// What few entries say, which takes room in those alone that do. It is read as the fields are.
#[derive(Clone, Default)]
pub struct Rare(Option<Box<RareFields>>);

/// The fields of [`Rare`].
#[derive(Clone, PartialEq, Debug, Default)]
pub struct RareFields {
    /// Who wrote it, as printed.
    pub byline: Option<String>,
    /// Whom it credits: an agency, another outlet.
    pub credit: Option<String>,
    /// "Breaking", "Analysis" and the like, as printed.
    pub labels: Vec<String>,
    /// Alternative texts and captions of its pictures; never part of the text.
    pub captions: Vec<String>,
    /// When this version was published, unix seconds, where the record says.
    pub updated: Option<i64>,
    /// The live page it is a post of.
    pub parent: Option<Arc<str>>,
    /// Fields that the map does not name, as they were; no evidence comes from them but `canonical`, which proposes pairs.
    pub extra: BTreeMap<String, serde_json::Value>,
}

/// What most entries say of it.
static NOTHING: RareFields = RareFields {
    byline: None,
    credit: None,
    labels: Vec::new(),
    captions: Vec::new(),
    updated: None,
    parent: None,
    extra: BTreeMap::new(),
};

impl From<RareFields> for Rare {
    fn from(fields: RareFields) -> Rare {
        Rare((fields != NOTHING).then(|| fields.into()))
    }
}

impl Deref for Rare {
    type Target = RareFields;

    fn deref(&self) -> &RareFields {
        self.0.as_deref().unwrap_or(&NOTHING)
    }
}

impl Rare {
    /// The fields, where there is room for them.
    pub fn get_mut(&mut self) -> Option<&mut RareFields> {
        self.0.as_deref_mut()
    }

    /// The fields, with room made for them.
    pub fn make_mut(&mut self) -> &mut RareFields {
        self.0.get_or_insert_with(|| NOTHING.clone().into())
    }
}

impl PartialEq for Rare {
    fn eq(&self, other: &Rare) -> bool {
        **self == **other
    }
}

impl fmt::Debug for Rare {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

/// What the address is kept under in `extra` that an entry says it is a copy of, in every format.
pub const CANONICAL: &str = "canonical";

impl Entry {
    /// The address that it says it is a copy of, or should be known by.
    pub fn copy_of(&self) -> Option<&str> {
        self.rare.extra.get(CANONICAL)?.as_str()
    }

    /// The key of the global order: known instant before unknown, instant, text hash, id.
    pub fn order(&self) -> (bool, i64, TextHash, EntryId) {
        let (unknown, at) = self.published.order();
        (unknown, at, self.text_hash, self.id)
    }
}
