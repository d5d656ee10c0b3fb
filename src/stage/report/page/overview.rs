//! The run as a whole: what was read and made per source, outlet and stage, and what was refused.

use super::places::Places;
use super::{NAME_CHARS, PageInput, TITLE_CHARS, VALUE_CHARS, clip, clipped};
use crate::model::page::{
    FeatureRow, Listed, OutletRow, Overview, RejectRow, SourceRow, StageRow, Totals, UmbrellaRow,
};
use crate::model::{Entry, EntryId, Feature};
use crate::stage::report::PageText;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

const SOURCES: usize = 200;
const OUTLETS: usize = 2_000;
const REJECTS: usize = 200;
const WARNINGS: usize = 200;
const UMBRELLAS: usize = 200;

/// Counts and lists what the run did.
pub fn overview<'a>(input: &PageInput<'a>, places: &Places) -> Overview<'a> {
    let outlets = outlets(input, places);
    Overview {
        as_of: clip(input.as_of, NAME_CHARS),
        totals: totals(input, &outlets),
        text: match input.settings.text {
            PageText::Full => "full",
            PageText::Excerpt => "excerpt",
            PageText::None => "none",
        },
        sources: listed(input.sources.iter(), SOURCES, |(name, counts)| SourceRow {
            name: clip(name, NAME_CHARS),
            counts: counts.clone(),
        }),
        outlets: listed(outlets.into_iter(), OUTLETS, |row| row),
        stages: stages(input),
        rejects: listed(input.rejects.iter(), REJECTS, |r| RejectRow {
            source: clip(&r.source, NAME_CHARS),
            file: clip(&r.file, TITLE_CHARS),
            record: r.record,
            reason: clip(&r.reason, VALUE_CHARS),
        }),
        warnings: listed(input.warnings.iter(), WARNINGS, |w| clip(w, VALUE_CHARS)),
        umbrellas: listed(0..input.umbrellas.len(), UMBRELLAS, |at| umbrella(input, at)),
        features: features(input),
        intercept: input.intercept,
    }
}

/// The first rows of a table, and how many more there are.
pub fn listed<T, U>(all: impl ExactSizeIterator<Item = T>, most: usize, row: impl Fn(T) -> U) -> Listed<U> {
    let more = all.len().saturating_sub(most) as u64;
    Listed { rows: all.take(most).map(row).collect(), more }
}

/// One umbrella as the page shows it.
pub fn umbrella<'a>(input: &PageInput<'a>, at: usize) -> UmbrellaRow<'a> {
    let umbrella = &input.umbrellas[at];
    let entry = input.entries.get(umbrella.row.at());
    UmbrellaRow {
        id: entry.map(|e| e.id).unwrap_or_default(),
        title: entry.map_or(Cow::Borrowed(""), title),
        outlet: entry.map_or(Cow::Borrowed(""), |e| clip(&e.outlet, NAME_CHARS)),
        events: umbrella.clusters.len() as u64,
        rule: clip(&umbrella.rule, NAME_CHARS),
    }
}

/// An entry's title, or its first words.
fn title(entry: &Entry) -> Cow<'_, str> {
    match entry.title.trim().is_empty() {
        true => clipped(entry.body.text(), TITLE_CHARS),
        false => clip(&entry.title, TITLE_CHARS),
    }
}

fn totals(input: &PageInput, outlets: &[OutletRow]) -> Totals {
    let members = |c: &crate::model::Cluster| c.origins.iter().map(|o| 1 + o.copies.len()).sum::<usize>();
    Totals {
        records: input.sources.values().map(|s| s.records).sum(),
        entries: input.entries.len() as u64,
        events: input.events.heads().len() as u64,
        shared: input.clusters.iter().filter(|c| members(c) >= 2).count() as u64,
        doubtful: input.events.heads().iter().filter(|e| e.doubtful).count() as u64,
        umbrellas: input.umbrellas.len() as u64,
        copies: outlets.iter().map(|o| o.copies).sum(),
        quarantined: input.rejects.len() as u64,
    }
}

fn stages<'a>(input: &PageInput<'a>) -> Vec<StageRow<'a>> {
    let row = |s: &'a crate::model::run::StageResult| StageRow {
        name: s.stage.name(),
        status: s.status,
        read: s.read,
        made: s.made,
        rejected: s.rejected,
        caps: s.caps.clone(),
        message: clip(&s.message, VALUE_CHARS),
    };
    input.stages.iter().map(row).collect()
}

fn features(input: &PageInput) -> Vec<FeatureRow> {
    let row = |f: Feature| FeatureRow { name: f.name(), label: f.label(), weight: input.weights[f as usize] };
    Feature::ALL.into_iter().map(row).collect()
}

/// Outlets, those with most entries first, then by name.
fn outlets<'a>(input: &PageInput<'a>, places: &Places) -> Vec<OutletRow<'a>> {
    let leaders: BTreeSet<usize> =
        input.clusters.iter().flat_map(|c| c.origins.iter().map(|o| o.leader.at())).collect();
    let firsts: BTreeSet<EntryId> = input.events.heads().iter().filter_map(|e| e.first).collect();
    let umbrellas: BTreeSet<usize> = input.umbrellas.iter().map(|u| u.row.at()).collect();
    let mut counts: BTreeMap<&'a str, (OutletRow<'a>, BTreeSet<usize>)> = BTreeMap::new();
    for (at, entry) in input.entries.iter().enumerate() {
        let (row, events) = counts.entry(&entry.outlet).or_insert_with(|| (blank(&entry.outlet), BTreeSet::new()));
        let event = places.event_of(crate::model::Row(at as u32));
        row.entries += 1;
        row.first += u64::from(firsts.contains(&entry.id));
        row.umbrellas += u64::from(umbrellas.contains(&at));
        row.copies += u64::from(event.is_some() && !leaders.contains(&at));
        events.extend(event);
    }
    let counted = counts.into_values().map(|(row, events)| OutletRow { events: events.len() as u64, ..row });
    let mut rows: Vec<OutletRow> = counted.collect();
    rows.sort_by_key(|row| std::cmp::Reverse(row.entries));
    rows
}

fn blank(name: &str) -> OutletRow<'_> {
    OutletRow { name: clip(name, NAME_CHARS), entries: 0, events: 0, first: 0, copies: 0, umbrellas: 0 }
}
