//! What holds one entry in its event, and one event together.

use super::brief::{EntryBrief, EventBrief};
use super::night::Night;
use super::verdict::{BestLink, Step, leader, origin, path, threshold};
use crate::model::{EventId, Link, Probability, Relation, Row};
use crate::stage::cluster::weakest_link;
use schemars::JsonSchema;
use serde::Serialize;
use std::cmp::Reverse;

/// Most links of a kind that are listed.
const MOST_LINKS: usize = 5;

/// A link to another entry.
#[derive(Clone, PartialEq, Debug, Serialize, JsonSchema)]
pub struct LinkLook {
    /// The other entry.
    pub other: EntryBrief,
    /// How the two relate, as scored alone.
    pub relation: Relation,
    /// Probability that they report one event.
    pub p: Probability,
    /// What proposed the pair.
    pub proposed_by: Vec<&'static str>,
    /// The event of the other, where it is another one.
    pub event_id: Option<EventId>,
    /// Whether the other covers many events and is a member of none.
    pub umbrella: bool,
}

/// An entry's place among copies.
#[derive(Clone, PartialEq, Debug, Serialize, JsonSchema)]
pub struct OriginPlace {
    /// The earliest of the copies; the entry itself when it has none or leads them.
    pub leader: EntryBrief,
    /// `leader`, or how the entry relates to the leader.
    pub relation: &'static str,
    /// Entries of the origin.
    pub entries: usize,
}

/// What an umbrella covers.
#[derive(Clone, PartialEq, Debug, Serialize, JsonSchema)]
pub struct UmbrellaLook {
    /// The rule that made it one.
    pub rule: String,
    /// The events it covers, as far as they were found.
    pub events: Vec<EventBrief>,
}

/// Why an entry is where it is.
#[derive(Clone, PartialEq, Debug, Serialize, JsonSchema)]
pub struct EntryLook {
    /// The run that is explained.
    pub run: String,
    /// Whether pipeline.toml has changed since.
    pub settings_changed: bool,
    /// The entry.
    pub entry: EntryBrief,
    /// Its event; null for an umbrella.
    pub event: Option<EventBrief>,
    /// Its place among copies; null for an umbrella.
    pub origin: Option<OriginPlace>,
    /// What it covers, when it is an umbrella.
    pub umbrella: Option<UmbrellaLook>,
    /// Its strongest links inside its event; for an umbrella, to the events it covers.
    pub accepted: Vec<LinkLook>,
    /// Its strongest links that join nothing.
    pub refused: Vec<LinkLook>,
}

/// How an event was put together.
#[derive(Clone, PartialEq, Debug, Serialize, JsonSchema)]
pub struct EventLook {
    /// The run that is explained.
    pub run: String,
    /// Whether pipeline.toml has changed since.
    pub settings_changed: bool,
    /// The event.
    pub event: EventBrief,
    /// The average link from which groups are joined.
    pub threshold: Probability,
    /// The joins, in order.
    pub merges: Vec<Step>,
    /// The link at which it would fall in two; null for one origin.
    pub weakest_link: Option<BestLink>,
    /// Links present over pairs of origins.
    pub density: f64,
    /// Links whose removal would part it.
    pub bridges: u32,
    /// The leaders of its origins, with the copies of each.
    pub origins: Vec<OriginLook>,
}

/// One origin of an event.
#[derive(Clone, PartialEq, Debug, Serialize, JsonSchema)]
pub struct OriginLook {
    /// Its leader.
    pub leader: EntryBrief,
    /// Its copies, and how each relates to the leader.
    pub copies: Vec<(EntryBrief, Relation)>,
}

/// Explains one entry.
pub fn entry(night: &Night, row: Row) -> EntryLook {
    let umbrella = night.umbrella(row).map(|u| UmbrellaLook {
        rule: u.rule.clone(),
        events: u.clusters.iter().map(|c| night.event_brief(*c as usize)).collect(),
    });
    let covered = night.umbrella(row).map_or(&[][..], |u| &u.clusters);
    let own = |l: &&Link| {
        let place = night.place(other(l, row));
        place.is_some_and(|p| night.place(row) == Some(p) || covered.contains(&(p as u32)))
    };
    let mut links: Vec<&Link> = night.links.iter().filter(|l| l.a == row || l.b == row).collect();
    links.sort_by_key(|l| (!l.relation.is_copy(), Reverse(l.p), other(l, row)));
    let (accepted, mut refused): (Vec<&Link>, Vec<&Link>) = links.into_iter().partition(own);
    refused.sort_by_key(|l| (Reverse(l.p), other(l, row)));
    let look = |links: Vec<&Link>| links.into_iter().take(MOST_LINKS).map(|l| link(night, l, row)).collect();
    EntryLook {
        run: night.run.name.clone(),
        settings_changed: night.changed,
        entry: night.brief(row),
        event: night.place(row).map(|p| night.event_brief(p)),
        origin: night.place(row).map(|p| among_copies(night, p, row)),
        umbrella,
        accepted: look(accepted),
        refused: look(refused),
    }
}

fn other(link: &Link, row: Row) -> Row {
    if link.a == row { link.b } else { link.a }
}

fn link(night: &Night, link: &Link, row: Row) -> LinkLook {
    let other = other(link, row);
    let elsewhere = night.place(other).filter(|p| night.place(row) != Some(*p));
    LinkLook {
        other: night.brief(other),
        relation: link.relation,
        p: link.p,
        proposed_by: link.by.names(),
        event_id: elsewhere.and_then(|p| night.event_brief(p).event_id),
        umbrella: night.umbrella(other).is_some(),
    }
}

/// An entry's place among the copies of its text.
pub fn among_copies(night: &Night, place: usize, row: Row) -> OriginPlace {
    let cluster = &night.clusters[place];
    let found = origin(cluster, row);
    let member = found.and_then(|o| o.copies.iter().find(|m| m.row == row));
    OriginPlace {
        leader: night.brief(leader(cluster, row)),
        relation: member.map_or("leader", |m| m.relation.name()),
        entries: found.map_or(1, |o| 1 + o.copies.len()),
    }
}

/// Explains one event.
pub fn event(night: &Night, place: usize) -> EventLook {
    let cluster = &night.clusters[place];
    let weakest = weakest_link(cluster, &night.links, &night.settings.cluster);
    let origin = |o: &crate::model::Origin| OriginLook {
        leader: night.brief(o.leader),
        copies: o.copies.iter().map(|m| (night.brief(m.row), m.relation)).collect(),
    };
    EventLook {
        run: night.run.name.clone(),
        settings_changed: night.changed,
        event: night.event_brief(place),
        threshold: threshold(night),
        merges: path(night, cluster, None),
        weakest_link: weakest.map(|(a, b, p)| BestLink { a: night.brief(a), b: night.brief(b), p }),
        density: cluster.density,
        bridges: cluster.bridges,
        origins: cluster.origins.iter().map(origin).collect(),
    }
}
