//! The record of one event, put together from its parts.

use super::ids::Name;
use super::view::{View, rfc3339};
use super::{MergeSettings, counts, fields, figures, first, words};
use crate::algo::logistic::round6;
use crate::algo::stems::Terms;
use crate::model::event::{
    Cohesion, Event, Figure, FigureState, FirstReported, OriginRow, Review, SCHEMA_VERSION, Status, TimelineItem,
};
use crate::model::{Probability, Row};
use rustc_hash::FxHashSet;

/// Origins from which a bridge makes an event doubtful: in smaller ones a bridge is nothing special.
const BRIDGE_ORIGINS: usize = 4;
/// Entries from which an event is large.
const LARGE: usize = 100;
/// Seconds between the first and the last clock from which the dates of an event are wide.
const WIDE_SECONDS: i64 = 7 * 86_400;

/// Writes the record of one cluster.
pub(super) fn event(view: &View, name: Name, terms: &mut Terms, settings: &MergeSettings) -> Event {
    let fields = fields::fields(view, terms, settings.summary_words);
    let value = |name: &str| fields.get(name).map(|f| f.value.clone()).unwrap_or_default();
    let first_reported = first::first(view);
    let figures = figures::figures(view, terms);
    Event {
        schema_version: SCHEMA_VERSION,
        event_id: name.id,
        status: status(view, settings),
        title: value("title"),
        summary: value("summary"),
        when: first::when(view),
        last_updated: first::latest(view).and_then(rfc3339),
        entries: view.rows.iter().map(|r| view.entry(*r).id).collect(),
        origins: origins(view),
        outlet_count: counts::outlets(view),
        owner_count: counts::owners(view),
        independent_count: counts::independent(view),
        timeline: timeline(view, &first_reported),
        cohesion: cohesion(view),
        review: review(view, &figures, settings),
        first_reported,
        fields,
        figures,
        supersedes: name.supersedes,
        merged_into: None,
    }
}

fn status(view: &View, settings: &MergeSettings) -> Status {
    let settled = |at: i64| view.as_of.saturating_sub(at) >= i64::from(settings.settle_hours) * 3_600;
    if first::latest(view).is_some_and(settled) { Status::Settled } else { Status::Open }
}

fn origins(view: &View) -> Vec<OriginRow> {
    let row = |o: &crate::model::Origin| OriginRow {
        leader: view.entry(o.leader).id,
        outlet: view.entry(o.leader).outlet.to_string(),
        entries: o.rows().map(|r| view.entry(r).id).collect(),
    };
    view.cluster.origins.iter().map(row).collect()
}

/// The reports in global order. `first` is the entry that reported first, where that is known; an entry of an outlet
/// that has an earlier one is an `update`; a copy is a `copy`; the rest are accounts.
fn timeline(view: &View, first: &FirstReported) -> Vec<TimelineItem> {
    let leaders: FxHashSet<Row> = view.leaders().collect();
    let mut outlets: FxHashSet<&str> = FxHashSet::default();
    let item = |row: &Row| {
        let (entry, text) = (view.entry(*row), view.text(*row));
        let seen = !outlets.insert(&entry.outlet);
        let role = match (first.entry == Some(entry.id), seen, leaders.contains(row)) {
            (true, _, _) => "first",
            (_, true, _) => "update",
            (_, _, false) => "copy",
            _ => "account",
        };
        let title = if text.title.is_empty() { words::first_words(&view.body(*row)) } else { text.title.clone() };
        TimelineItem {
            at: view.at(*row),
            clock: entry.published.quality,
            entry: entry.id,
            outlet: entry.outlet.to_string(),
            title,
            role: role.to_string(),
        }
    };
    view.rows.iter().map(item).collect()
}

fn cohesion(view: &View) -> Cohesion {
    let cluster = view.cluster;
    Cohesion { weakest_link: cluster.weakest, density: round6(cluster.density), bridges: cluster.bridges }
}

/// Whether a person should look, and why.
fn review(view: &View, figures: &[Figure], settings: &MergeSettings) -> Review {
    let cluster = view.cluster;
    let clocks = || view.rows.iter().filter_map(|r| view.entry(*r).published.from);
    let span = clocks().max().zip(clocks().min()).map_or(0, |(last, first)| last.saturating_sub(first));
    let checks = [
        ("weak_link", cluster.weakest.is_some_and(|w| w < Probability::new(settings.doubtful_below))),
        ("bridge", cluster.origins.len() >= BRIDGE_ORIGINS && cluster.bridges > 0),
        ("figures_dispute", figures.iter().any(|f| f.state == FigureState::Dispute)),
        ("wide_dates", span > WIDE_SECONDS),
        ("large", view.rows.len() >= LARGE),
    ];
    let reasons: Vec<String> = checks.iter().filter(|c| c.1).map(|c| c.0.to_string()).collect();
    let state = if reasons.is_empty() { "none" } else { "doubtful" };
    Review { state: state.to_string(), reasons }
}
