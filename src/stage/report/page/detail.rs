//! Everything behind one event: its record, its entries by origin, its figures, its time line.

use super::overview::{listed, umbrella};
use super::places::Places;
use super::{NAME_CHARS, PageInput, TITLE_CHARS, VALUE_CHARS, clip, clipped, evidence};
use crate::model::event::{Field, Figure, FirstReported};
use crate::model::excerpt::first_words;
use crate::model::page::{Detail, First, Listed, PageEntry, PageField, PageFigure, PageValue, UmbrellaRow};
use crate::model::{Cluster, EntryId, Event, Overlap, Row};
use std::borrow::Cow;
use std::collections::BTreeMap;

const ENTRIES: usize = 400;
const ALTERNATIVES: usize = 20;
const FIGURES: usize = 40;
const UMBRELLAS: usize = 20;
const MERGES: usize = 100;
const REASONS: usize = 20;
const SUPERSEDES: usize = 50;
const LONGEST_URL: usize = 2_000;
const OPENING_WORDS: usize = 12;

/// Where the listed entries stand: by id and by row.
pub struct Seats {
    by_id: BTreeMap<EntryId, u32>,
    by_row: BTreeMap<Row, u32>,
}

impl Seats {
    /// The place of an entry in the event's list.
    pub fn row(&self, row: Row) -> Option<u32> {
        self.by_row.get(&row).copied()
    }

    /// How many entries are listed.
    pub fn len(&self) -> usize {
        self.by_row.len()
    }

    fn id(&self, id: &EntryId) -> Option<u32> {
        self.by_id.get(id).copied()
    }
}

/// The rows of an event's listed entries.
pub fn rows(input: &PageInput, at: usize) -> Vec<Row> {
    members(input, &input.clusters[at]).into_iter().map(|(row, _)| row).collect()
}

/// One event in full.
pub fn detail<'a>(input: &PageInput<'a>, places: &Places, at: usize, words: bool) -> Detail<'a> {
    let (event, cluster) = (input.events.whole(at), &input.clusters[at]);
    let entries = members(input, cluster);
    let rows: Vec<Row> = entries.iter().map(|(row, _)| *row).collect();
    let seats = Seats {
        by_id: (0..).zip(&entries).map(|(seat, (_, e))| (e.id, seat)).collect(),
        by_row: (0..).zip(&rows).map(|(seat, row)| (*row, seat)).collect(),
    };
    let found = evidence::evidence(input, places, at, &seats, words);
    let members: usize = cluster.origins.iter().map(|o| 1 + o.copies.len()).sum();
    Detail {
        summary: clip(&event.summary, 2 * VALUE_CHARS),
        status: event.status,
        when: event.when.clone(),
        first: first(&event.first_reported, &seats),
        outlet_count: event.outlet_count,
        owner_count: event.owner_count,
        reasons: event.review.reasons.iter().take(REASONS).map(|r| clip(r, NAME_CHARS)).collect(),
        density: round(cluster.density),
        bridges: cluster.bridges,
        more_entries: members.saturating_sub(rows.len()) as u64,
        entries: entries.into_iter().map(|(_, e)| e).collect(),
        fields: event.fields.iter().map(|(name, f)| field(name, f, &seats)).collect(),
        figures: listed(event.figures.iter(), FIGURES, |f| figure(f, &seats)),
        timeline: timeline(event, &seats),
        umbrellas: umbrellas(input, places, at),
        links: found.links,
        more_links: found.more,
        guests: found.guests,
        merges: merges(cluster, &seats),
        pair: found.pair,
        supersedes: event.supersedes.iter().take(SUPERSEDES).copied().collect(),
    }
}

/// The entries to list, origin by origin. Where there are too many, every leader has its seat before any copy.
fn members<'a>(input: &PageInput<'a>, cluster: &Cluster) -> Vec<(Row, PageEntry<'a>)> {
    let mut copies_left = ENTRIES.saturating_sub(cluster.origins.len());
    let mut list = Vec::new();
    for (number, origin) in (0..).zip(cluster.origins.iter().take(ENTRIES)) {
        list.extend(entry(input, origin.leader, number).map(|e| (origin.leader, e)));
        let listed = origin.copies.len().min(copies_left);
        copies_left -= listed;
        for copy in &origin.copies[..listed] {
            let shown = entry(input, copy.row, number);
            list.extend(shown.map(|e| {
                let (relation, overlap) = (Some(copy.relation.name()), Some(shares(&copy.overlap)));
                (copy.row, PageEntry { relation, overlap, ..e })
            }));
        }
    }
    list
}

/// One entry as the page shows it.
pub fn entry<'a>(input: &PageInput<'a>, row: Row, origin: u32) -> Option<PageEntry<'a>> {
    let (entry, text) = (input.entries.get(row.at())?, input.texts.get(row.at()));
    let opening = entry.title.trim().is_empty().then(|| entry.body.text());
    let opening = opening.map_or(Cow::Borrowed(""), |body| Cow::Owned(first_words(&body, OPENING_WORDS).to_string()));
    let byline = entry.rare.byline.as_deref().or(text.and_then(|t| t.byline.as_deref()));
    let credit = entry.rare.credit.as_deref().or(text.and_then(|t| t.credit.as_deref()));
    let lang = text.and_then(|t| t.lang.code()).or(entry.lang.as_deref());
    Some(PageEntry {
        id: entry.id,
        outlet: clip(&entry.outlet, NAME_CHARS),
        title: clip(&entry.title, TITLE_CHARS),
        opening: clipped(opening, TITLE_CHARS),
        url: entry.url.as_deref().filter(|url| url.len() <= LONGEST_URL),
        at: entry.published.from,
        clock: entry.published.quality,
        raw: entry.published.raw.as_deref().map(|raw| clip(raw, NAME_CHARS)),
        byline: byline.map(|b| clip(b, NAME_CHARS)),
        credit: credit.map(|c| clip(c, NAME_CHARS)),
        lang: lang.map(|l| clip(l, NAME_CHARS)),
        words: text.map_or(0, |t| t.words),
        flags: text.map(|t| t.flags.list()).unwrap_or_default(),
        file: clip(&entry.position.file, TITLE_CHARS),
        record: entry.position.record,
        origin,
        relation: None,
        overlap: None,
    })
}

fn first<'a>(first: &'a FirstReported, seats: &Seats) -> First<'a> {
    First {
        entry: first.entry.as_ref().and_then(|id| seats.id(id)),
        outlet: first.outlet.as_deref().map(|o| clip(o, NAME_CHARS)),
        at: first.at.as_deref().map(Cow::Borrowed),
        basis: clip(&first.basis, NAME_CHARS),
    }
}

fn field<'a>(name: &'a str, field: &'a Field, seats: &Seats) -> PageField<'a> {
    let other = listed(field.alternatives.iter(), ALTERNATIVES, |a| (clip(&a.value, VALUE_CHARS), seats.id(&a.entry)));
    PageField {
        name: clip(name, NAME_CHARS),
        value: clip(&field.value, 2 * VALUE_CHARS),
        entry: seats.id(&field.entry),
        rule: clip(&field.rule, NAME_CHARS),
        alternatives: other.rows,
        more: other.more,
    }
}

fn figure<'a>(figure: &'a Figure, seats: &Seats) -> PageFigure<'a> {
    let values = listed(figure.values.iter(), FIGURES, |v| PageValue {
        value: v.value,
        text: clip(&v.text, TITLE_CHARS),
        entry: seats.id(&v.entry),
        outlet: clip(&v.outlet, NAME_CHARS),
        at: v.at.as_deref().map(Cow::Borrowed),
    });
    PageFigure { counts: clip(&figure.counts, NAME_CHARS), state: figure.state, values: values.rows, more: values.more }
}

fn timeline<'a>(event: &'a Event, seats: &Seats) -> Vec<(u32, Cow<'a, str>)> {
    let seated = event.timeline.iter().filter_map(|item| Some((seats.id(&item.entry)?, clip(&item.role, NAME_CHARS))));
    seated.collect()
}

fn umbrellas<'a>(input: &PageInput<'a>, places: &Places, at: usize) -> Listed<UmbrellaRow<'a>> {
    let over: Vec<usize> = places.umbrellas(at).collect();
    listed(over.into_iter(), UMBRELLAS, |u| umbrella(input, u))
}

fn merges(cluster: &Cluster, seats: &Seats) -> Vec<(u32, u32, crate::model::Probability)> {
    let steps = cluster.merges.iter().filter_map(|m| Some((seats.row(m.a)?, seats.row(m.b)?, m.at)));
    steps.take(MERGES).collect()
}

/// Shared shingles, containment, Jaccard.
pub fn shares(overlap: &Overlap) -> (u32, f64, f64) {
    (overlap.shared, round(overlap.containment.into()), round(overlap.jaccard.into()))
}

/// To a millionth, so that a 32-bit number prints as it was rounded.
pub fn round(value: f64) -> f64 {
    if value.is_finite() { (value * 1e6).round() / 1e6 } else { 0.0 }
}
