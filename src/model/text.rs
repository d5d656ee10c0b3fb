//! An entry as the later stages read it: cleaned, folded, in a known language where that is possible.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A language by its ISO 639-1 code; unknown blocks nothing.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
pub struct Lang([u8; 2]);

impl Lang {
    /// Not known.
    pub const UNKNOWN: Lang = Lang([0, 0]);
    /// English.
    pub const EN: Lang = Lang(*b"en");

    /// The language of a code such as `en`, `en-GB` or `EN_us`; unknown when it is no such code.
    pub fn from_code(code: &str) -> Lang {
        let main = code.split(['-', '_']).next().unwrap_or("");
        match main.as_bytes() {
            [a, b] if a.is_ascii_alphabetic() && b.is_ascii_alphabetic() => {
                Lang([a.to_ascii_lowercase(), b.to_ascii_lowercase()])
            }
            _ => Lang::UNKNOWN,
        }
    }

    /// One language for those that detectors and records take for one another: Norwegian for its two written forms, Croatian
    /// for Bosnian and Serbian, Indonesian for Malay; and today's code for an old one.
    pub fn family(self) -> Lang {
        match self.code() {
            Some("nb" | "nn") => Lang(*b"no"),
            Some("bs" | "sr" | "sh") => Lang(*b"hr"),
            Some("ms" | "in") => Lang(*b"id"),
            Some("iw") => Lang(*b"he"),
            _ => self,
        }
    }

    /// The code, or `None` when unknown.
    pub fn code(&self) -> Option<&str> {
        if *self == Lang::UNKNOWN { None } else { std::str::from_utf8(&self.0).ok() }
    }
}

/// What normalising noticed about an entry.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Flag {
    /// A round-up, digest or whole live page: it covers many events.
    Umbrella,
    /// Comment or analysis.
    Opinion,
    /// A post of a live page.
    Live,
    /// It says that it corrects an earlier text.
    Correction,
    /// Its date could not be read or lies outside the plausible range.
    BadDate,
}

impl Flag {
    /// Every flag, in the order of its bit.
    pub const ALL: [Flag; 5] = [Flag::Umbrella, Flag::Opinion, Flag::Live, Flag::Correction, Flag::BadDate];
}

/// A set of flags.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
pub struct Flags(u8);

impl Flags {
    /// Adds one.
    pub fn set(&mut self, flag: Flag) {
        self.0 |= 1 << flag as u8;
    }

    /// Whether it is in.
    pub fn has(self, flag: Flag) -> bool {
        self.0 & (1 << flag as u8) != 0
    }

    /// Those that are in, in the order of [`Flag::ALL`].
    pub fn list(self) -> Vec<Flag> {
        Flag::ALL.into_iter().filter(|f| self.has(*f)).collect()
    }
}

/// The normalised entry. Parallel to the working set: `texts[row.at()]`.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Text {
    /// Clean title: folded quotes and dashes, no "live:", no site name; empty when there is none.
    pub title: String,
    /// Clean body, furniture out, paragraphs separated by `\n`.
    pub body: String,
    /// Language, where known.
    pub lang: Lang,
    /// Words of title and body.
    pub words: u32,
    /// What was noticed.
    pub flags: Flags,
    /// Byline found in the text where the record has none.
    pub byline: Option<String>,
    /// Whom the text credits: an agency named in a dateline or an explicit credit.
    pub credit: Option<String>,
}

impl Text {
    /// What is read of it where only copies are looked for.
    pub fn bare(self) -> Text {
        Text { lang: self.lang, words: self.words, flags: self.flags, ..Text::default() }
    }
}
