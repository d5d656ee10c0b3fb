//! Whether two entries are in one event, and what led there or kept them apart.

use super::brief::{EntryBrief, EventBrief};
use super::night::Night;
use crate::algo::graph::Sets;
use crate::model::{Cluster, EntryId, Origin, Probability, Row};
use crate::stage::cluster::gap;
use schemars::JsonSchema;
use serde::Serialize;

/// A group of origins on the way to an event.
#[derive(Clone, PartialEq, Debug, Serialize, JsonSchema)]
pub struct Group {
    /// The earliest of its leaders.
    pub first: EntryBrief,
    /// Its origins.
    pub origins: u32,
}

/// One step of the linkage: two groups became one.
#[derive(Clone, PartialEq, Debug, Serialize, JsonSchema)]
pub struct Step {
    /// The group with the earlier entry.
    pub a: Group,
    /// The other.
    pub b: Group,
    /// The average link between them.
    pub average_link: Probability,
}

/// What keeps the events of two entries apart.
#[derive(Clone, PartialEq, Debug, Serialize, JsonSchema)]
pub struct Apart {
    /// The event of the first.
    pub a: EventBrief,
    /// The event of the other.
    pub b: EventBrief,
    /// The average link between the two, as the linkage computes it.
    pub average_link: Probability,
    /// The average that would have joined them.
    pub threshold: Probability,
    /// Pairs of origins with a link that counts.
    pub linked_pairs: u64,
    /// Pairs that the sum of the links is averaged over.
    pub averaged_over: u64,
    /// The strongest link between two of their origins, null where there is none of `cluster.min_link`.
    pub best_link: Option<BestLink>,
}

/// A link between two origins.
#[derive(Clone, PartialEq, Debug, Serialize, JsonSchema)]
pub struct BestLink {
    /// The leader of the one.
    pub a: EntryBrief,
    /// The leader of the other.
    pub b: EntryBrief,
    /// Its probability.
    pub p: Probability,
}

/// Whether two entries are in one event.
#[derive(Clone, PartialEq, Debug, Serialize, JsonSchema)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Verdict {
    /// They are copies of one text, which counts as one witness.
    OneOrigin {
        /// Their event.
        event: EventBrief,
        /// The earliest of the copies.
        leader: EntryBrief,
    },
    /// They are in one event.
    OneEvent {
        /// Their event.
        event: EventBrief,
        /// The average link from which groups are joined.
        threshold: Probability,
        /// The joins of the groups that held them, in order; the last brought them together.
        path: Vec<Step>,
    },
    /// They are in two events.
    Apart(Box<Apart>),
    /// One of them covers many events, or both do, and is a member of none.
    Umbrella {
        /// Which, with the rule that made it one.
        rules: Vec<(EntryId, String)>,
        /// The event of the other.
        event: Option<EventBrief>,
        /// Whether the umbrella covers that event.
        covered: bool,
    },
    /// The last run ended before events were made.
    Unknown,
}

/// The verdict on two entries.
pub fn of(night: &Night, a: Row, b: Row) -> Verdict {
    let rules: Vec<(EntryId, String)> =
        [a, b].into_iter().filter_map(|r| Some((night.id(r), night.umbrella(r)?.rule.clone()))).collect();
    match (night.place(a), night.place(b)) {
        _ if !rules.is_empty() => umbrella(night, a, b, rules),
        (Some(x), Some(y)) if x == y => together(night, x, a, b),
        (Some(x), Some(y)) => Verdict::Apart(Box::new(apart(night, x, y))),
        _ => Verdict::Unknown,
    }
}

fn umbrella(night: &Night, a: Row, b: Row, rules: Vec<(EntryId, String)>) -> Verdict {
    let place = night.place(a).or(night.place(b));
    let covers = |r: Row| night.umbrella(r).is_some_and(|u| place.is_some_and(|p| u.clusters.contains(&(p as u32))));
    Verdict::Umbrella { rules, event: place.map(|p| night.event_brief(p)), covered: covers(a) || covers(b) }
}

fn together(night: &Night, place: usize, a: Row, b: Row) -> Verdict {
    let (cluster, event) = (&night.clusters[place], night.event_brief(place));
    let leaders = (leader(cluster, a), leader(cluster, b));
    if leaders.0 == leaders.1 {
        return Verdict::OneOrigin { event, leader: night.brief(leaders.0) };
    }
    Verdict::OneEvent { event, threshold: threshold(night), path: path(night, cluster, Some(leaders)) }
}

fn apart(night: &Night, x: usize, y: usize) -> Apart {
    let gap = gap(&night.clusters[x], &night.clusters[y], &night.links, &night.settings.cluster);
    Apart {
        a: night.event_brief(x),
        b: night.event_brief(y),
        average_link: gap.average,
        threshold: threshold(night),
        linked_pairs: gap.present,
        averaged_over: gap.over,
        best_link: gap.best.map(|(a, b, p)| BestLink { a: night.brief(a), b: night.brief(b), p }),
    }
}

/// The average link from which groups are joined.
pub fn threshold(night: &Night) -> Probability {
    Probability::new(night.settings.cluster.threshold)
}

/// The leader of the origin that a row of the cluster is in.
pub fn leader(cluster: &Cluster, row: Row) -> Row {
    origin(cluster, row).map_or(row, |o| o.leader)
}

/// The origin that a row of the cluster is in.
pub fn origin(cluster: &Cluster, row: Row) -> Option<&Origin> {
    cluster.origins.iter().find(|o| o.rows().any(|r| r == row))
}

/// The joins of a cluster in order; for two of its leaders, those of the groups that held them until they were one.
pub fn path(night: &Night, cluster: &Cluster, between: Option<(Row, Row)>) -> Vec<Step> {
    let place = |row: Row| cluster.origins.binary_search_by_key(&row, |o| o.leader).unwrap_or(0) as u32;
    let ends = between.map(|(a, b)| (place(a), place(b)));
    let mut sets = Sets::new(cluster.origins.len());
    let mut sizes = vec![1_u32; cluster.origins.len()];
    let mut steps = Vec::new();
    for merge in &cluster.merges {
        let (x, y) = (sets.find(place(merge.a)), sets.find(place(merge.b)));
        let (p, q) = ends.map_or((x, y), |(p, q)| (sets.find(p), sets.find(q)));
        if [p, q].iter().any(|end| *end == x || *end == y) {
            let group =
                |g: u32| Group { first: night.brief(cluster.origins[g as usize].leader), origins: sizes[g as usize] };
            steps.push(Step { a: group(x), b: group(y), average_link: merge.at });
        }
        sets.union(x, y);
        sizes[x.min(y) as usize] += sizes[x.max(y) as usize];
        if ends.is_some_and(|(p, q)| sets.find(p) == sets.find(q)) {
            break;
        }
    }
    steps
}
