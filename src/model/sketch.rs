//! What is compared: hashes and counts, no strings. Words are made again from the text when a person asks.

use serde::{Deserialize, Serialize};

/// A term with its count in one entry.
pub type Tf = (u32, u16);

/// The comparable form of one text. Lists are sorted by hash and free of repeats.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Sketch {
    /// Hash of the folded words of the copied text (the body; the title where there is no body).
    pub exact: u64,
    /// Hash of the folded words of the title; 0 without one.
    pub title_hash: u64,
    /// Words of the copied text.
    pub words: u32,
    /// How many of them are the title's, which stands before a short body.
    pub titled: u32,
    /// Distinct content words of the copied text.
    pub content: u32,
    /// One-permutation signature of the shingles, densified; empty without shingles.
    pub signature: Vec<u32>,
    /// Hashes of the distinct word 3-shingles of the copied text.
    pub shingles: Vec<u32>,
    /// Content terms of the body.
    pub body: Vec<Tf>,
    /// Content terms of the title (of the first sentence where there is no title).
    pub title: Vec<u32>,
    /// Content terms of title and first 60 content words.
    pub lead: Vec<u32>,
    /// Capitalised words.
    pub caps: Vec<Tf>,
    /// Numbers.
    pub numbers: Vec<Tf>,
    /// Four-word runs inside quotation marks.
    pub quotes: Vec<u32>,
}
