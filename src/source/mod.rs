//! Formats in: what a `[[source]]` of pipeline.toml says.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How the files of a source are read.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    /// Recognised from each file.
    #[default]
    Auto,
    /// A live blog saved as plain text.
    LiveText,
    /// One JSON object per line.
    Jsonl,
}

/// The shape of a live-text page.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Dialect {
    /// Posts start with a number and carry times.
    Numbered,
    /// Posts start with a heading and carry none.
    Unnumbered,
}

/// One path or several, as written: a file, a glob, or `-` for standard input.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Paths {
    /// One.
    One(String),
    /// Several.
    Many(Vec<String>),
}

impl Paths {
    /// Every path, as written.
    pub fn list(&self) -> Vec<&str> {
        match self {
            Paths::One(path) => vec![path],
            Paths::Many(paths) => paths.iter().map(String::as_str).collect(),
        }
    }
}

/// Which field of a JSON record holds what.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[allow(missing_docs)]
pub struct Fields {
    pub id: Option<String>,
    pub outlet: Option<String>,
    pub title: Option<String>,
    pub text: Option<String>,
    pub published: Option<String>,
    pub updated: Option<String>,
    pub url: Option<String>,
    pub lang: Option<String>,
    pub credit: Option<String>,
    pub byline: Option<String>,
}

/// One `[[source]]` of pipeline.toml.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct SourceSettings {
    pub name: String,
    pub outlet: Option<String>,
    pub owner: Option<String>,
    #[serde(default)]
    pub format: Format,
    pub dialect: Option<Dialect>,
    pub path: Paths,
    pub date: Option<String>,
    pub timezone: Option<String>,
    #[serde(default)]
    pub zones: BTreeMap<String, String>,
    pub page: Option<String>,
    pub url: Option<String>,
    pub lang: Option<String>,
    #[serde(default)]
    pub required: bool,
    #[serde(default)]
    pub fields: Fields,
}

impl SourceSettings {
    /// Whether the values make sense together.
    ///
    /// # Errors
    /// What is wrong, in words.
    pub fn check(&self) -> Result<(), String> {
        if self.name.trim().is_empty() { Err("name is empty; give the source one".into()) } else { Ok(()) }
    }
}
