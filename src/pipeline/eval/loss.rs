//! Where pairs of one gold event are lost, stage by stage, and where pairs of two are joined.

use super::clustering::Clustering;
use super::joined::Items;
use crate::model::{EntryId, Link, Probability, Row};
use crate::pipeline::work::Work;
use rustc_hash::{FxHashMap, FxHashSet};
use serde::Serialize;
use std::collections::BTreeMap;

/// The pairs of labelled rows that report one event, each counted once, and the wrongly joined ones. Copies stand and
/// fall with their origin: what proposed, scored or joined two origins did so for all their members.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Loss {
    /// Pairs of one gold event.
    pub same: u64,
    /// One of the two was not read.
    pub not_read: u64,
    /// One of the two is an umbrella.
    pub umbrella: u64,
    /// Nothing proposed them.
    pub never_proposed: u64,
    /// Proposed, and scored below `cluster.min_link`.
    pub scored_low: u64,
    /// Scored above that, and not joined.
    pub not_joined: u64,
    /// Joined, directly or by way of others.
    pub joined: u64,
    /// Pairs of two gold events that were joined.
    pub wrong: u64,
    /// Of these, copies of one text.
    pub wrong_copies: u64,
    /// Of these, pairs with a link of their own that counts.
    pub wrong_linked: u64,
    /// Of these, pairs that were joined by way of others alone.
    pub wrong_unlinked: u64,
}

impl Loss {
    /// What became of the pairs of one event, in the order of the stages; they add up to all of them.
    pub fn stages(&self) -> [(&'static str, u64); 6] {
        [
            ("one of the two was not read", self.not_read),
            ("one of the two is an umbrella", self.umbrella),
            ("never proposed", self.never_proposed),
            ("proposed, but scored below cluster.min_link", self.scored_low),
            ("scored, but not joined", self.not_joined),
            ("joined", self.joined),
        ]
    }
}

/// An origin that holds labelled rows: its cluster, and how many rows of which gold event.
struct Witness {
    cluster: u32,
    gold: BTreeMap<u32, u64>,
}

impl Witness {
    fn rows(&self) -> u64 {
        self.gold.values().sum()
    }

    /// Pairs between two witnesses that report one event.
    fn same(&self, other: &Witness) -> u64 {
        self.gold.iter().map(|(g, n)| n * other.gold.get(g).copied().unwrap_or(0)).sum()
    }
}

/// Counts the loss. `work` holds the working set, its candidates and its links.
pub fn loss(items: &Items, clustering: &Clustering, work: &Work, min_link: f64) -> Loss {
    let (witnesses, of_origin) = witnesses(items);
    let of_row = of_row(clustering, work, &of_origin);
    let mut loss = closed_form(items, &witnesses);
    let best = best_links(work, &of_row);
    let proposed = proposed(work, &of_row);
    let least = Probability::new(min_link);
    for &(x, y) in &proposed {
        let (a, b) = (&witnesses[x as usize], &witnesses[y as usize]);
        let counts = best.get(&(x, y)).is_some_and(|(_, p)| *p >= least);
        let same = a.same(b);
        match (a.cluster == b.cluster, counts) {
            (true, true) => loss.wrong_linked += a.rows() * b.rows() - same,
            (true, false) => {}
            (false, true) => loss.not_joined += same,
            (false, false) => loss.scored_low += same,
        }
    }
    let found = loss.not_read + loss.umbrella + loss.scored_low + loss.not_joined + loss.joined;
    loss.never_proposed = loss.same.saturating_sub(found);
    loss.wrong_unlinked = loss.wrong.saturating_sub(loss.wrong_copies + loss.wrong_linked);
    loss
}

/// The origins with labelled rows, and their numbers.
fn witnesses(items: &Items) -> (Vec<Witness>, FxHashMap<EntryId, u32>) {
    let mut witnesses: Vec<Witness> = Vec::new();
    let mut number: FxHashMap<EntryId, u32> = FxHashMap::default();
    for item in &items.all {
        let Some(place) = item.place.filter(|p| p.event.is_some()) else { continue };
        let at = *number.entry(place.origin).or_insert_with(|| {
            witnesses.push(Witness { cluster: item.cluster, gold: BTreeMap::new() });
            witnesses.len() as u32 - 1
        });
        *witnesses[at as usize].gold.entry(item.gold).or_default() += 1;
    }
    (witnesses, number)
}

/// The witness that each row of the working set belongs to.
fn of_row(clustering: &Clustering, work: &Work, of_origin: &FxHashMap<EntryId, u32>) -> Vec<Option<u32>> {
    let members = clustering.places.iter().filter(|p| p.event.is_some());
    let of_entry: FxHashMap<EntryId, u32> = members.filter_map(|p| Some((p.id, *of_origin.get(&p.origin)?))).collect();
    work.entries.iter().map(|e| of_entry.get(&e.id).copied()).collect()
}

/// What needs no links: what was not read, umbrellas, what was joined, rightly and wrongly.
fn closed_form(items: &Items, witnesses: &[Witness]) -> Loss {
    let mut of_gold: BTreeMap<u32, [u64; 3]> = BTreeMap::new();
    let (mut of_cell, mut of_cluster): (BTreeMap<(u32, u32), u64>, BTreeMap<u32, u64>) = Default::default();
    for item in &items.all {
        let [all, read, placed] = of_gold.entry(item.gold).or_default();
        *all += 1;
        *read += u64::from(item.place.is_some());
        if item.place.is_some_and(|p| p.event.is_some()) {
            *placed += 1;
            *of_cell.entry((item.cluster, item.gold)).or_default() += 1;
            *of_cluster.entry(item.cluster).or_default() += 1;
        }
    }
    let sum = |at: usize| of_gold.values().map(|n| pairs(n[at])).sum::<u64>();
    let (same, read, placed) = (sum(0), sum(1), sum(2));
    let joined = of_cell.values().copied().map(pairs).sum::<u64>();
    let copies = witnesses.iter().map(|w| pairs(w.rows()) - w.gold.values().copied().map(pairs).sum::<u64>());
    Loss {
        same,
        not_read: same - read,
        umbrella: read - placed,
        joined,
        wrong: of_cluster.values().copied().map(pairs).sum::<u64>() - joined,
        wrong_copies: copies.sum(),
        ..Loss::default()
    }
}

fn pairs(n: u64) -> u64 {
    n * n.saturating_sub(1) / 2
}

type Between = (u32, u32);

/// The two witnesses of two rows; `None` when they are not two.
fn between(of_row: &[Option<u32>], a: Row, b: Row) -> Option<Between> {
    let (x, y) = (of_row[a.at()]?, of_row[b.at()]?);
    (x != y).then_some((x.min(y), x.max(y)))
}

/// The best link between two witnesses, as linkage sees it; copies of another origin count as sure.
fn best_links(work: &Work, of_row: &[Option<u32>]) -> FxHashMap<Between, (bool, Probability)> {
    let mut best: FxHashMap<Between, (bool, Probability)> = FxHashMap::default();
    for Link { a, b, relation, p, .. } in &work.links {
        if let Some(key) = between(of_row, *a, *b) {
            let this = (relation.is_copy(), *p);
            best.entry(key).and_modify(|kept| *kept = this.max(*kept)).or_insert(this);
        }
    }
    best
}

/// Witnesses that were proposed to one another, each pair once.
fn proposed(work: &Work, of_row: &[Option<u32>]) -> FxHashSet<Between> {
    let candidates = work.pairs().iter().map(|p| (p.a, p.b));
    let links = work.links.iter().map(|l| (l.a, l.b));
    candidates.chain(links).filter_map(|(a, b)| between(of_row, a, b)).collect()
}
