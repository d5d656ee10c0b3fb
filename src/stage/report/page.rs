//! The data of the report page: which events it offers, in which order, and what stands behind each.

mod detail;
mod evidence;
mod overview;
mod pick;
mod places;

use super::{PageText, ReportSettings};
use crate::model::excerpt::first_chars;
use crate::model::page::{Brief, Page, Str};
use crate::model::run::{SourceCounts, StageResult};
use crate::model::told::Told;
use crate::model::{Cluster, Entry, Excerpt, Feature, Link, Reject, Row, Text, Umbrella};
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
#[derive(Clone, Copy)]
pub struct PageInput<'a> {
    /// The working set in global order; the index is the row.
    pub entries: &'a [Entry],
    /// Parallel to `entries`.
    pub texts: &'a [Text],
    /// The events, those whole that [`picked`] names.
    pub events: &'a Told,
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
    let (input, places) = (*input, Places::of(input));
    let mut order = pick::pick(&input);
    order.retain(|at| input.events.has_whole(*at));
    let overview = overview::overview(&input, &places);
    let outlets = overview.outlets.rows.iter().enumerate().map(|(i, o)| (o.name.to_string(), i as u32)).collect();
    let events = order.par_iter().map(|&at| brief(&input, &outlets, at)).collect();
    let shown = order.clone();
    let detail = move |rank: usize| detail::detail(&input, &places, order[rank], rank < WORDS_FOR_EVENTS);
    let texts = move |rank: usize| texts(&input, &detail::rows(&input, shown[rank]));
    Page { overview, events, detail: Box::new(detail), texts: Box::new(texts) }
}

/// The events that the page shows.
pub fn picked(input: &PageInput) -> Vec<usize> {
    pick::pick(input)
}

/// The rows whose shared words the page will ask for.
pub fn worded(input: &PageInput) -> Vec<Row> {
    let mut first = vec![false; input.events.heads().len()];
    pick::pick(input).into_iter().take(WORDS_FOR_EVENTS).for_each(|at| first[at] = true);
    let places = Places::of(input);
    let asked = |row: Row| places.event_of(row).is_some_and(|at| first[at]);
    let links = input.links.iter().filter(|l| asked(l.a) || asked(l.b));
    let mut rows: Vec<Row> = links.flat_map(|l| [l.a, l.b]).collect();
    rows.sort_unstable();
    rows.dedup();
    rows
}

fn brief<'a>(input: &PageInput<'a>, outlets: &BTreeMap<String, u32>, at: usize) -> Brief<'a> {
    let (event, cluster) = (input.events.whole(at), &input.clusters[at]);
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

/// The text of each row as far as the settings let it onto the page.
fn texts<'a>(input: &PageInput<'a>, rows: &[Row]) -> Vec<Excerpt<'a>> {
    let words = match input.settings.text {
        PageText::Full => None,
        PageText::Excerpt => Some(EXCERPT_WORDS),
        PageText::None => return Vec::new(),
    };
    let bodies = rows.iter().filter_map(|r| input.entries.get(r.at()));
    bodies.map(|e| Excerpt { body: &e.body, chars: TEXT_CHARS, words }).collect()
}

/// The string, or its first characters and an ellipsis.
fn clip(text: &str, chars: usize) -> Str<'_> {
    let kept = first_chars(text, chars);
    if kept.len() == text.len() { Cow::Borrowed(text) } else { Cow::Owned(format!("{}…", kept.trim_end())) }
}

/// As [`clip`], of a string that may be made for it.
fn clipped(text: Str<'_>, chars: usize) -> Str<'_> {
    match text {
        Cow::Borrowed(text) => clip(text, chars),
        Cow::Owned(text) => Cow::Owned(clip(&text, chars).into_owned()),
    }
}

#[cfg(test)]
mod tests;
