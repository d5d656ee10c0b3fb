//! One `[[source]]` of pipeline.toml: where entries come from and how they are read.

use super::zone;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

/// A place entries come from.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SourceSettings {
    /// Its name in the outputs and messages; unique.
    pub name: String,
    /// Who published the entries, where the records do not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outlet: Option<String>,
    /// Who owns the outlet; independent owners are counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// How its files are read: "auto", or the name of a format.
    #[serde(default)]
    pub format: Format,
    /// Which live-text it is, "numbered" or "unnumbered"; recognised when missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dialect: Option<Dialect>,
    /// A file, a glob, a list of these, or "-" for standard input; relative to pipeline.toml.
    pub path: Paths,
    /// The day of the capture, YYYY-MM-DD, where the records do not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date: Option<String>,
    /// The IANA zone of times without one, such as "Europe/London"; UTC when missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timezone: Option<String>,
    /// What printed zone names mean here: `BST = "Europe/London"`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub zones: BTreeMap<String, String>,
    /// The live page the entries are posts of, by a name that does not change from capture to capture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page: Option<String>,
    /// The address of the page or feed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Its usual language (ISO 639-1), for entries whose language is not found out otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lang: Option<String>,
    /// Of json and ninjs: the way to the array of the records, as in "response.docs"; recognised when there is only one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub records: Option<String>,
    /// Whether a run fails (exit code 1) when this source gives nothing.
    #[serde(default)]
    pub required: bool,
    /// Which field of a JSON record is what.
    #[serde(default)]
    pub fields: Fields,
}

impl SourceSettings {
    /// Refuses values that cannot work; the message names the key, the value and what is allowed.
    pub fn check(&self) -> Result<(), String> {
        if self.name.trim().is_empty() {
            return Err("name is empty; every source needs one, such as name = \"harbour-live\"".into());
        }
        let of = |what: String| format!("source {}: {what}", self.name);
        if self.path.0.is_empty() || self.path.0.iter().any(|p| p.trim().is_empty()) {
            return Err(of("path is empty; it must be a file, a glob, a list of these, or \"-\"".into()));
        }
        zone::parse_day(self.date.as_deref()).map_err(of)?;
        zone::of_source(self.timezone.as_deref()).map_err(of)?;
        zone::map(&self.zones).map_err(of)?;
        if self.records.as_deref().is_some_and(|path| path.split('.').any(str::is_empty)) {
            return Err(of("records is empty in part; it must be the way to an array, as in \"response.docs\"".into()));
        }
        match self.fields.list().into_iter().find(|(_, field)| field.is_empty()) {
            Some((slot, _)) => Err(of(format!("fields.{slot} is empty; it must name a field of the records"))),
            None => Ok(()),
        }
    }

    /// What a post's page is called: the same from capture to capture.
    pub fn parent(&self) -> &str {
        self.page.as_deref().or(self.url.as_deref()).unwrap_or(&self.name)
    }
}

/// How a file is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    /// Recognised from the first bytes.
    #[default]
    Auto,
    /// A live page saved as plain text.
    LiveText,
    /// One JSON object per line.
    Jsonl,
    /// A JSON array of objects, or an object around one.
    Json,
    /// RSS, RDF, Atom or JSON Feed.
    Feed,
    /// Values separated by commas or the like, with a header.
    Csv,
    /// Values separated by tabs, with a header.
    Tsv,
    /// The JSON of news agencies (IPTC).
    Ninjs,
    /// A saved page.
    Html,
    /// A web archive (WARC).
    Warc,
    /// A Parquet table; of builds with the feature `parquet`.
    Parquet,
}

impl Format {
    /// Every format.
    pub const ALL: [Format; 11] = [
        Format::Auto,
        Format::LiveText,
        Format::Jsonl,
        Format::Json,
        Format::Feed,
        Format::Csv,
        Format::Tsv,
        Format::Ninjs,
        Format::Html,
        Format::Warc,
        Format::Parquet,
    ];

    /// The name used in pipeline.toml.
    pub fn name(self) -> &'static str {
        match self {
            Format::Auto => "auto",
            Format::LiveText => "live-text",
            Format::Jsonl => "jsonl",
            Format::Json => "json",
            Format::Feed => "feed",
            Format::Csv => "csv",
            Format::Tsv => "tsv",
            Format::Ninjs => "ninjs",
            Format::Html => "html",
            Format::Warc => "warc",
            Format::Parquet => "parquet",
        }
    }
}

/// Which way a live page was printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Dialect {
    /// Posts start with `  N. Title`, and say when they were published.
    Numbered,
    /// Posts end with `Updated`, and bear no times.
    Unnumbered,
}

impl Dialect {
    /// Every dialect.
    pub const ALL: [Dialect; 2] = [Dialect::Numbered, Dialect::Unnumbered];

    /// The name used in pipeline.toml.
    pub fn name(self) -> &'static str {
        match self {
            Dialect::Numbered => "numbered",
            Dialect::Unnumbered => "unnumbered",
        }
    }
}

/// Files and globs, in the order given; one is written as a string, several as a list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Paths(pub Vec<String>);

impl Paths {
    /// The patterns as written.
    pub fn list(&self) -> Vec<&str> {
        self.0.iter().map(String::as_str).collect()
    }
}

impl From<&str> for Paths {
    fn from(path: &str) -> Self {
        Paths(vec![path.to_owned()])
    }
}

impl Serialize for Paths {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self.0.as_slice() {
            [one] => one.serialize(to),
            many => many.serialize(to),
        }
    }
}

impl<'de> Deserialize<'de> for Paths {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(PathsVisitor)
    }
}

struct PathsVisitor;

impl<'de> Visitor<'de> for PathsVisitor {
    type Value = Paths;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a path, a glob, \"-\", or a list of these")
    }

    fn visit_str<E: de::Error>(self, path: &str) -> Result<Paths, E> {
        Ok(Paths::from(path))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Paths, A::Error> {
        let mut paths = Vec::new();
        while let Some(path) = seq.next_element::<String>()? {
            paths.push(path);
        }
        Ok(Paths(paths))
    }
}

impl JsonSchema for Paths {
    fn schema_name() -> Cow<'static, str> {
        "Paths".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "anyOf": [
                { "type": "string", "minLength": 1 },
                { "type": "array", "minItems": 1, "items": { "type": "string", "minLength": 1 } }
            ]
        })
    }
}

/// Which field of a JSON record is what; the defaults are the same names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Fields {
    /// The record's own id or guid.
    pub id: String,
    /// Who published it.
    pub outlet: String,
    /// Headline.
    pub title: String,
    /// Body, as text or HTML.
    pub text: String,
    /// When it was published.
    pub published: String,
    /// When this version was published.
    pub updated: String,
    /// Its address.
    pub url: String,
    /// Its language.
    pub lang: String,
    /// Whom it credits.
    pub credit: String,
    /// Who wrote it.
    pub byline: String,
    /// The address that it says it is a copy of, or should be known by.
    pub canonical: String,
}

impl Default for Fields {
    fn default() -> Self {
        Fields {
            id: "id".into(),
            outlet: "outlet".into(),
            title: "title".into(),
            text: "text".into(),
            published: "published".into(),
            updated: "updated".into(),
            url: "url".into(),
            lang: "lang".into(),
            credit: "credit".into(),
            byline: "byline".into(),
            canonical: "canonical".into(),
        }
    }
}

impl Fields {
    /// Each key of `[source.fields]` with the name of the record's field.
    pub fn list(&self) -> [(&'static str, &str); 11] {
        [
            ("id", &self.id),
            ("outlet", &self.outlet),
            ("title", &self.title),
            ("text", &self.text),
            ("published", &self.published),
            ("updated", &self.updated),
            ("url", &self.url),
            ("lang", &self.lang),
            ("credit", &self.credit),
            ("byline", &self.byline),
            ("canonical", &self.canonical),
        ]
    }

    /// Names the field of a key of `[source.fields]`.
    pub fn set(&mut self, slot: &str, name: &str) {
        let field = match slot {
            "id" => &mut self.id,
            "outlet" => &mut self.outlet,
            "title" => &mut self.title,
            "text" => &mut self.text,
            "published" => &mut self.published,
            "updated" => &mut self.updated,
            "url" => &mut self.url,
            "lang" => &mut self.lang,
            "credit" => &mut self.credit,
            "byline" => &mut self.byline,
            "canonical" => &mut self.canonical,
            _ => return,
        };
        *field = name.to_owned();
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn source(toml: &str) -> Result<SourceSettings, toml::de::Error> {
        toml::from_str(toml)
    }

    #[test]
    fn a_path_is_a_string_or_a_list() {
        let one = source("name = \"a\"\npath = \"x/*.txt\"").unwrap();
        assert_eq!(one.path.0, ["x/*.txt"]);
        let two = source("name = \"a\"\npath = [\"x\", \"-\"]\nformat = \"live-text\"").unwrap();
        assert_eq!((two.path.0.len(), two.format), (2, Format::LiveText));
        assert!(source("name = \"a\"\npath = 3").unwrap_err().to_string().contains("a path, a glob"));
    }

    #[test]
    fn unknown_keys_are_refused_and_fields_have_defaults() {
        assert!(source("name = \"a\"\npath = \"x\"\nzone = \"UTC\"").is_err());
        let mapped = source("name = \"a\"\npath = \"x\"\n[fields]\ntext = \"body\"").unwrap();
        assert_eq!(mapped.fields, Fields { text: "body".into(), ..Fields::default() });
        assert!(source("name = \"a\"\npath = \"x\"\n[fields]\nbody = \"text\"").is_err());
    }

    #[test]
    fn settings_survive_being_written_and_read() {
        let mut s =
            source("name = \"a\"\npath = \"x\"\ndialect = \"numbered\"\n[zones]\nBST = \"Europe/London\"").unwrap();
        s.date = Some("2026-01-14".into());
        let again = source(&toml::to_string(&s).unwrap()).unwrap();
        assert_eq!(again, s);
    }

    #[test]
    fn a_wrong_value_is_named_with_its_key() {
        let ok = SourceSettings { name: "a".into(), path: "x".into(), ..Default::default() };
        assert_eq!(ok.check(), Ok(()));
        let of = |change: fn(&mut SourceSettings)| {
            let mut s = ok.clone();
            change(&mut s);
            s.check().unwrap_err()
        };
        assert!(of(|s| s.name = " ".into()).contains("name is empty"));
        assert!(of(|s| s.timezone = Some("London".into())).contains("timezone is \"London\""));
        assert!(of(|s| s.date = Some("14/01/2026".into())).contains("date is \"14/01/2026\""));
        assert!(of(|s| s.path = Paths(vec![])).contains("path is empty"));
        assert!(of(|s| s.fields.url = String::new()).contains("fields.url"));
        assert!(of(|s| drop(s.zones.insert("BST".into(), "Mars".into()))).contains("zones.BST is \"Mars\""));
    }

    #[test]
    fn the_page_is_named_by_page_then_url_then_name() {
        let mut s = SourceSettings { name: "a".into(), ..Default::default() };
        assert_eq!(s.parent(), "a");
        s.url = Some("https://x.example/live".into());
        assert_eq!(s.parent(), "https://x.example/live");
        s.page = Some("harbour".into());
        assert_eq!(s.parent(), "harbour");
    }

    #[test]
    fn formats_and_dialects_are_named_as_in_the_configuration() {
        for f in Format::ALL {
            assert_eq!(serde_json::to_value(f).unwrap(), f.name());
        }
        for d in Dialect::ALL {
            assert_eq!(serde_json::to_value(d).unwrap(), d.name());
        }
    }
}
