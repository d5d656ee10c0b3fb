//! The data of the report page: which events it offers, in which order, and what stands behind each.

mod detail;
mod evidence;
mod overview;
mod pick;
mod places;

use super::{PageText, ReportSettings};
use crate::model::page::{Brief, Page, PageEvent, Str};
use crate::model::run::{SourceCounts, StageResult};
use crate::model::{Cluster, Entry, Event, Feature, Link, Reject, Row, Text, Umbrella};
use places::Places;
use rayon::prelude::*;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// The shared words behind a feature of a pair.
pub type WordsOf<'a> = dyn Fn(Row, Row, Feature) -> Vec<String> + Sync + 'a;

/// Words are looked up for the links of this many events, those to read first; `retold explain` has the rest.
const WORDS_FOR_EVENTS: usize = 2_000;
/// The longest text that the page carries, in characters.
const TEXT_CHARS: usize = 40_000;
/// The words of an excerpt.
const EXCERPT_WORDS: usize = 60;
/// The longest title, in characters.
const TITLE_CHARS: usize = 240;
/// The longest name of an outlet, file or rule, in characters.
const NAME_CHARS: usize = 120;
/// The longest message or field value, in characters.
const VALUE_CHARS: usize = 1_000;

/// What the page is made of.
pub struct PageInput<'a> {
    /// The working set in global order; the index is the row.
    pub entries: &'a [Entry],
    /// Parallel to `entries`.
    pub texts: &'a [Text],
    /// The events.
    pub events: &'a [Event],
    /// Parallel to `events`.
    pub clusters: &'a [Cluster],
    /// Entries that cover many events.
    pub umbrellas: &'a [Umbrella],
    /// Accepted links and near misses, ascending by `(a, b)`.
    pub links: &'a [Link],
    /// Log-odds per unit of each feature.
    pub weights: &'a [f64; Feature::COUNT],
    /// Log-odds of a pair without evidence.
    pub intercept: f64,
    /// What each stage did; timings are not used.
    pub stages: &'a [StageResult],
    /// What each source gave.
    pub sources: &'a BTreeMap<String, SourceCounts>,
    /// Records that were not understood.
    pub rejects: &'a [Reject],
    /// Warnings, in order.
    pub warnings: &'a [String],
    /// The only "now" of the run, RFC 3339 UTC.
    pub as_of: &'a str,
    /// The shared words behind a feature of a pair.
    pub words_of: &'a WordsOf<'a>,
    /// The settings of the stage.
    pub settings: &'a ReportSettings,
}

/// Makes the page's data: a pure function of its input. At most `[report] max_events` events, those of
/// two entries and more first; [`pick::pick`] says in which order.
pub fn page<'a>(input: &PageInput<'a>) -> Page<'a> {
    let places = Places::of(input);
    let order = pick::pick(input);
    let overview = overview::overview(input, &places);
    let outlets = overview.outlets.rows.iter().enumerate().map(|(i, o)| (o.name.to_string(), i as u32)).collect();
    let events = order
        .par_iter()
        .enumerate()
        .map(|(rank, &at)| {
            let (detail, rows) = detail::detail(input, &places, at, rank < WORDS_FOR_EVENTS);
            let (texts, cut) = texts(input, &rows);
            PageEvent { brief: brief(input, &outlets, at), detail, texts, cut }
        })
        .collect();
    Page { overview, events }
}

fn brief<'a>(input: &PageInput<'a>, outlets: &BTreeMap<String, u32>, at: usize) -> Brief<'a> {
    let (event, cluster) = (&input.events[at], &input.clusters[at]);
    let rows = cluster.rows();
    let entries = rows.iter().filter_map(|r| input.entries.get(r.at()));
    let mut places: Vec<u32> =
        entries.filter_map(|e| outlets.get(clip(&e.outlet, NAME_CHARS).as_ref()).copied()).collect();
    places.sort_unstable();
    places.dedup();
    Brief {
        id: event.event_id,
        title: clip(&event.title, TITLE_CHARS),
        entries: rows.len() as u32,
        origins: cluster.origins.len() as u32,
        independent: event.independent_count,
        outlets: places,
        weakest: cluster.weakest,
        doubtful: event.review.state == "doubtful",
        newest: pick::newest(input, cluster),
    }
}

/// The text of each row as far as the settings let it onto the page, and whether it was cut.
fn texts<'a>(input: &PageInput<'a>, rows: &[Row]) -> (Vec<&'a str>, Vec<bool>) {
    let bodies = rows.iter().map(|r| input.entries.get(r.at()).map_or("", |e| e.body.as_str()));
    let kept = |body: &'a str| match input.settings.text {
        PageText::Full => first_chars(body, TEXT_CHARS),
        PageText::Excerpt => first_words(first_chars(body, TEXT_CHARS), EXCERPT_WORDS),
        PageText::None => "",
    };
    match input.settings.text {
        PageText::None => (Vec::new(), Vec::new()),
        _ => bodies.map(|body| (kept(body), kept(body).len() < body.trim_end().len())).unzip(),
    }
}

/// The string, or its first characters and an ellipsis.
fn clip(text: &str, chars: usize) -> Str<'_> {
    let kept = first_chars(text, chars);
    if kept.len() == text.len() { Cow::Borrowed(text) } else { Cow::Owned(format!("{}…", kept.trim_end())) }
}

fn first_chars(text: &str, chars: usize) -> &str {
    text.char_indices().nth(chars).map_or(text, |(end, _)| &text[..end])
}

/// The first words, up to where the next would start.
fn first_words(text: &str, words: usize) -> &str {
    let starts = text.char_indices().zip(std::iter::once(' ').chain(text.chars()));
    let mut starts = starts.filter(|((_, c), before)| before.is_whitespace() && !c.is_whitespace());
    starts.nth(words).map_or(text, |((at, _), _)| text[..at].trim_end())
}

#[cfg(test)]
mod tests;
