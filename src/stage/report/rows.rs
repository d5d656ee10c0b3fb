//! Rows of the result files, in the order in which they are written: by id, so that two nights can be compared.

use super::ReportSettings;
use crate::algo::logistic::round6;
use crate::model::event::SCHEMA_VERSION;
use crate::model::report::{ClusterRow, EntryRow, LinkRow, UmbrellaRow};
use crate::model::{
    Cluster, Entry, EntryId, EventId, Feature, Link, Overlap, Probability, Relation, Row, Text, Umbrella,
};
use rayon::prelude::*;
use std::borrow::Cow;
use std::hint::black_box;

/// The event of each row; `None` for umbrellas.
pub fn places(n: usize, clusters: &[Cluster]) -> Vec<Option<u32>> {
    let mut place = vec![None; n];
    for (i, cluster) in clusters.iter().enumerate() {
        cluster.origins.iter().flat_map(|o| o.rows()).for_each(|r| place[r.at()] = Some(i as u32));
    }
    place
}

/// Rows of the working set by entry id.
pub fn by_id(entries: &[Entry]) -> Vec<Row> {
    let mut rows: Vec<Row> = (0..entries.len() as u32).map(Row).collect();
    rows.sort_unstable_by_key(|r| entries[r.at()].id);
    rows
}

/// A row of entries.jsonl.
pub fn entry_row(entry: &Entry, text: &Text) -> EntryRow {
    EntryRow {
        schema_version: SCHEMA_VERSION,
        id: entry.id,
        key: entry.key.clone(),
        source: entry.source.to_string(),
        outlet: entry.outlet.to_string(),
        owner: entry.owner.as_deref().map(str::to_string),
        title: entry.title.clone(),
        url: entry.url.clone(),
        published: entry.published.at().map(|t| t.to_string()),
        clock: entry.published.quality,
        published_raw: entry.published.raw.clone(),
        parent: entry.rare.parent.as_deref().map(str::to_string),
        byline: entry.rare.byline.clone().or_else(|| text.byline.clone()),
        credit: entry.rare.credit.clone().or_else(|| text.credit.clone()),
        labels: entry.rare.labels.clone(),
        captions: entry.rare.captions.clone(),
        lang: text.lang.code().map(str::to_string),
        file: entry.position.file.to_string(),
        record: entry.position.record,
        flags: text.flags.list(),
        words: text.words,
        text_hash: entry.text_hash,
        extra: entry.rare.extra.clone(),
    }
}

/// Indices of events by id.
pub fn events_by_id(ids: &[EventId]) -> Vec<usize> {
    let mut order: Vec<(EventId, usize)> = ids.iter().copied().zip(0..).collect();
    order.par_sort_unstable();
    order.into_iter().map(|(_, i)| i).collect()
}

/// The members of a cluster, by (origin's leader, leader first, entry).
pub fn cluster_rows<'a>(entries: &'a [Entry], cluster: &Cluster, event_id: EventId) -> Vec<ClusterRow<'a>> {
    let row = |row: Row, leader: Row, relation: &'static str| ClusterRow {
        schema_version: SCHEMA_VERSION,
        entry_id: entries[row.at()].id,
        key: entries[row.at()].key.as_str().into(),
        outlet: Cow::Borrowed(&entries[row.at()].outlet),
        event_id,
        origin: entries[leader.at()].id,
        relation: relation.into(),
        weakest_link: cluster.weakest,
    };
    let mut rows: Vec<ClusterRow> = Vec::with_capacity(cluster.origins.iter().map(|o| 1 + o.copies.len()).sum());
    for origin in &cluster.origins {
        rows.push(row(origin.leader, origin.leader, "leader"));
        rows.extend(origin.copies.iter().map(|m| row(m.row, origin.leader, m.relation.name())));
    }
    rows.sort_unstable_by_key(|r| (r.origin, r.entry_id != r.origin, r.entry_id));
    rows
}

/// Reads a little of what the rows of some clusters are made of, which lies all over memory: first of all clusters, then of all
/// of their origins, then of the entries of these, so that each time all are waited for at once.
pub fn fetch(entries: &[Entry], clusters: &[Cluster], some: &[usize]) {
    let origins = || some.iter().filter_map(|at| clusters[*at].origins.first());
    let leaders = || origins().map(|origin| &entries[origin.leader.at()]);
    black_box(some.iter().map(|at| clusters[*at].origins.len()).sum::<usize>());
    black_box(origins().map(|origin| origin.leader.at()).sum::<usize>());
    black_box(leaders().map(|entry| entry.key.len() ^ entry.id.0 as usize).fold(0, |all, one| all ^ one));
    black_box(leaders().filter_map(|entry| entry.key.as_bytes().first()).fold(0, |all, one| all ^ one));
}

/// The umbrellas, by entry.
pub fn umbrella_rows(entries: &[Entry], umbrellas: &[Umbrella], events: &[EventId]) -> Vec<UmbrellaRow> {
    let mut rows: Vec<UmbrellaRow> = umbrellas
        .iter()
        .map(|u| {
            let entry = &entries[u.row.at()];
            let mut covered: Vec<EventId> = u.clusters.iter().map(|c| events[*c as usize]).collect();
            covered.sort_unstable();
            UmbrellaRow {
                schema_version: SCHEMA_VERSION,
                entry_id: entry.id,
                key: entry.key.clone(),
                outlet: entry.outlet.to_string(),
                events: covered,
                rule: u.rule.clone(),
            }
        })
        .collect();
    rows.sort_unstable_by_key(|r| r.entry_id);
    rows
}

/// Most refused links listed per entry.
const MOST_REFUSED: usize = 3;

/// The links that are listed: accepted ones, and the strongest refused ones near acceptance, at most three per entry.
pub fn listed_links(
    links: impl Iterator<Item = Link>,
    place: &[Option<u32>],
    threshold: f64,
    settings: &ReportSettings,
) -> Vec<Link> {
    let near = Probability::new(threshold - settings.near_miss);
    let accepted = |l: &Link| place[l.a.at()].is_some() && place[l.a.at()] == place[l.b.at()];
    let (mut listed, mut refused): (Vec<Link>, Vec<Link>) =
        links.filter(|l| accepted(l) || l.p >= near).partition(accepted);
    refused.par_sort_unstable_by(|x, y| y.p.cmp(&x.p).then((x.a, x.b).cmp(&(y.a, y.b))));
    let mut count = vec![0_usize; place.len()];
    refused.retain(|l| {
        let keep = [l.a, l.b].iter().all(|r| count[r.at()] < MOST_REFUSED);
        if keep {
            [l.a, l.b].iter().for_each(|r| count[r.at()] += 1);
        }
        keep
    });
    listed.append(&mut refused);
    listed.par_sort_unstable_by_key(|l| (l.a, l.b));
    listed
}

/// A row of links.jsonl.
pub fn link_row(link: &Link, entries: &[Entry], place: &[Option<u32>]) -> LinkRow {
    let accepted = place[link.a.at()].is_some() && place[link.a.at()] == place[link.b.at()];
    LinkRow {
        schema_version: SCHEMA_VERSION,
        a: entries[link.a.at()].id,
        b: entries[link.b.at()].id,
        proposed_by: link.by.names().into_iter().map(Cow::Borrowed).collect(),
        relation: if accepted && link.relation == Relation::Different { Relation::SameEvent } else { link.relation },
        p: link.p,
        accepted,
        features: Feature::ALL.iter().map(|f| (f.name().into(), round6(link.features.get(*f)))).collect(),
        overlap: link.overlap.map(|o| Overlap {
            containment: round6f(o.containment),
            jaccard: round6f(o.jaccard),
            ..o
        }),
    }
}

fn round6f(x: f32) -> f32 {
    round6(f64::from(x)) as f32
}

/// Listed links by the ids of their entries.
pub fn links_by_id<'a>(links: &'a [Link], entries: &[Entry]) -> Vec<&'a Link> {
    let mut by_id: Vec<(EntryId, u32)> = entries.iter().map(|e| e.id).zip(0..).collect();
    by_id.par_sort_unstable();
    let mut rank = vec![0_u32; entries.len()];
    (0..).zip(&by_id).for_each(|(at, (_, row))| rank[*row as usize] = at);
    // Entries lie far apart: their ids are not looked up for each comparison.
    let key = |l: &Link| u64::from(rank[l.a.at()]) << 32 | u64::from(rank[l.b.at()]);
    let mut keyed: Vec<(u64, &Link)> = links.iter().map(|l| (key(l), l)).collect();
    keyed.par_sort_unstable_by_key(|(key, _)| *key);
    keyed.into_iter().map(|(_, link)| link).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Features, Proposals};

    fn link(a: u32, b: u32, p: f64) -> Link {
        Link {
            a: Row(a),
            b: Row(b),
            by: Proposals::NEIGHBOUR,
            relation: Relation::Different,
            p: Probability::new(p),
            features: Features::default(),
            overlap: None,
        }
    }

    #[test]
    fn refused_links_are_listed_near_acceptance_and_three_an_entry() {
        let links: Vec<Link> =
            (1..8).map(|b| link(0, b, 0.15 + f64::from(b) * 0.005)).chain([link(8, 9, 0.1)]).collect();
        let place: Vec<Option<u32>> = (0..10).map(Some).collect();
        let listed = listed_links(links.into_iter(), &place, 0.2, &ReportSettings::default());
        assert_eq!(listed.iter().map(|l| l.b.0).collect::<Vec<_>>(), [5, 6, 7]);
    }

    #[test]
    fn accepted_links_are_all_listed_however_weak() {
        let links = [link(0, 1, 0.02), link(1, 2, 0.02)];
        let listed = listed_links(links.into_iter(), &[Some(0), Some(0), None], 0.2, &ReportSettings::default());
        assert_eq!(listed.len(), 1);
    }
}
