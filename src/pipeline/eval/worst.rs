//! The worst false merges and splits, by what B-cubed loses to them, each with the pair that shows it.

use super::clustering::{self, Clustering, Place};
use super::gold::Gold;
use super::joined::{Item, Items, together};
use crate::algo::agreement::{Prf, Scores};
use crate::error::Result;
use crate::model::{ClockQuality, EntryId, Link, Probability, Relation, Row};
use crate::pipeline::look::PairLook;
use crate::pipeline::work::Work;
use rustc_hash::FxHashMap;
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::Path;

/// What went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Wrong {
    /// Entries of several gold events are in one cluster.
    FalseMerge,
    /// Entries of one gold event are in several clusters.
    Split,
}

/// A false merge or a split.
#[derive(Clone, Debug, Serialize)]
pub struct Case {
    /// Which of the two.
    pub wrong: Wrong,
    /// The event that holds several, or the gold event that was split; for a judged pair, `judged`.
    pub name: String,
    /// What B-cubed F1 over all rows would gain were this alone repaired; 0 for a judged pair.
    pub cost: f64,
    /// Labelled rows in each part, the largest first, at most ten.
    pub parts: Vec<u64>,
    /// The pair that shows it: the two of the strongest link across parts.
    pub a: Side,
    /// Its other entry.
    pub b: Side,
    /// The probability of their link; null when there is none, or no state to ask.
    pub p: Option<Probability>,
    /// How they relate, as scored.
    pub relation: Option<Relation>,
    /// The command that explains the pair.
    pub explain: String,
    /// What that command says; null where there is no state to ask.
    pub why: Option<Box<PairLook>>,
}

/// One entry of a pair.
#[derive(Clone, Debug, Serialize)]
pub struct Side {
    /// The entry.
    pub id: EntryId,
    /// Who published it.
    pub outlet: String,
    /// Its headline.
    pub title: String,
    /// RFC 3339 UTC; null when unknown.
    pub published: Option<String>,
    /// How precisely that is known.
    pub clock: Option<ClockQuality>,
    /// Its gold event; empty for a judged pair.
    pub gold: String,
}

/// What is looked at.
pub struct Scene<'a> {
    /// Gold, joined.
    pub items: &'a Items,
    /// Every place.
    pub clustering: &'a Clustering,
    /// The measures over all rows.
    pub scores: Scores,
    /// The run in memory, where the state still holds it.
    pub work: Option<&'a Work>,
    /// The run's folder.
    pub folder: &'a Path,
    /// What follows `retold explain A B`.
    pub explain_flags: &'a str,
}

/// A case in the making.
struct Draft<'a> {
    wrong: Wrong,
    name: String,
    cost: f64,
    parts: Vec<u64>,
    pair: Option<(Place, Place)>,
    gold: [u32; 2],
    link: Option<&'a Link>,
}

/// The `most` costliest false merges, and splits.
///
/// # Errors
/// The run's entries.jsonl cannot be read.
pub fn worst(scene: &Scene, gold: &[Gold], most: usize) -> Result<Vec<Case>> {
    let (mut merges, mut splits) = (merges(scene, most), splits(scene, most));
    attach_links(scene, &mut merges, &mut splits);
    let judged = judged(scene, gold, most);
    let drafts: Vec<Draft> = merges.into_values().chain(splits.into_values()).chain(judged).collect();
    let wanted: Vec<EntryId> = drafts.iter().filter_map(|d| d.pair).flat_map(|(a, b)| [a.id, b.id]).collect();
    let names = clustering::names(scene.folder, &wanted)?;
    let mut cases: Vec<Case> = drafts.into_iter().filter_map(|d| case(scene, d, &names)).collect();
    cases.sort_by(|x, y| {
        let kind = |c: &Case| c.wrong == Wrong::Split;
        kind(x).cmp(&kind(y)).then(y.cost.total_cmp(&x.cost)).then_with(|| x.name.cmp(&y.name))
    });
    Ok(cases)
}

/// Clusters with rows of several gold events.
fn merges<'a>(scene: &Scene<'a>, most: usize) -> BTreeMap<u32, Draft<'a>> {
    let Scores { b3_p, b3_r, b3_f1, .. } = scene.scores;
    let gain = |lost: f64| Prf::of(b3_p + lost, b3_r).f1 - b3_f1;
    let name = |cluster: u32| scene.clustering.events.get(cluster as usize).cloned().unwrap_or_default();
    costliest(scene, Wrong::FalseMerge, |i| (i.cluster, i.gold), gain, name, most)
}

/// Gold events with rows in several clusters.
fn splits<'a>(scene: &Scene<'a>, most: usize) -> BTreeMap<u32, Draft<'a>> {
    let Scores { b3_p, b3_r, b3_f1, .. } = scene.scores;
    let gain = |lost: f64| Prf::of(b3_p, b3_r + lost).f1 - b3_f1;
    let name = |gold: u32| scene.items.labels[gold as usize].clone();
    costliest(scene, Wrong::Split, |i| (i.gold, i.cluster), gain, name, most)
}

/// Groups that have several parts; of n rows in parts of v the measure loses (n − Σv²/n) / all rows.
fn costliest<'a>(
    scene: &Scene<'a>,
    wrong: Wrong,
    key: impl Fn(&Item) -> (u32, u32),
    gain: impl Fn(f64) -> f64,
    name: impl Fn(u32) -> String,
    most: usize,
) -> BTreeMap<u32, Draft<'a>> {
    let mut groups: BTreeMap<u32, BTreeMap<u32, Vec<&Item>>> = BTreeMap::new();
    for item in &scene.items.all {
        let (group, part) = key(item);
        groups.entry(group).or_default().entry(part).or_default().push(item);
    }
    let all = scene.items.all.len() as f64;
    let mut drafts: Vec<(u32, Draft)> = Vec::new();
    for (group, parts) in groups.into_iter().filter(|(_, parts)| parts.len() > 1) {
        let mut parts: Vec<Vec<&Item>> = parts.into_values().collect();
        parts.sort_by_key(|p| std::cmp::Reverse(p.len()));
        let sizes: Vec<u64> = parts.iter().map(|p| p.len() as u64).collect();
        let n = sizes.iter().sum::<u64>() as f64;
        let lost = (n - sizes.iter().map(|v| (v * v) as f64).sum::<f64>() / n) / all;
        let firsts: Vec<&Item> = parts.iter().filter_map(|p| p.iter().find(|i| i.place.is_some()).copied()).collect();
        let two = firsts.first().zip(firsts.get(1));
        let pair = two.and_then(|(x, y)| x.place.zip(y.place));
        let gold = two.map_or([0, 0], |(x, y)| [x.gold, y.gold]);
        let draft = Draft { wrong, name: name(group), cost: gain(lost), parts: sizes, pair, gold, link: None };
        drafts.push((group, draft));
    }
    drafts.sort_by(|x, y| y.1.cost.total_cmp(&x.1.cost).then(x.0.cmp(&y.0)));
    drafts.truncate(most);
    drafts.into_iter().collect()
}

/// Gives each case the strongest link across its parts.
fn attach_links<'a>(scene: &Scene<'a>, merges: &mut BTreeMap<u32, Draft<'a>>, splits: &mut BTreeMap<u32, Draft<'a>>) {
    let Some(work) = scene.work else { return };
    let of_row = items_by_row(scene.items, work);
    for link in &work.links {
        let (Some(x), Some(y)) = (of_row[link.a.at()], of_row[link.b.at()]) else { continue };
        let draft = match (x.cluster == y.cluster, x.gold == y.gold) {
            (true, false) => merges.get_mut(&x.cluster),
            (false, true) => splits.get_mut(&x.gold),
            _ => None,
        };
        let strength = |l: &Link| (l.relation.is_copy(), l.p);
        if let Some(draft) = draft.filter(|d| d.link.is_none_or(|kept| strength(kept) < strength(link))) {
            (draft.link, draft.pair, draft.gold) = (Some(link), x.place.zip(y.place), [x.gold, y.gold]);
        }
    }
}

/// The labelled row that stands in each row of the working set; the first where gold names one entry twice.
fn items_by_row<'a>(items: &'a Items, work: &Work) -> Vec<Option<&'a Item>> {
    let mut by_id: FxHashMap<EntryId, &Item> = FxHashMap::default();
    for item in &items.all {
        if let Some(place) = item.place {
            by_id.entry(place.id).or_insert(item);
        }
    }
    work.entries.iter().map(|e| by_id.get(&e.id).copied()).collect()
}

/// Judged pairs that came out wrong, in the order of the files.
fn judged<'a>(scene: &Scene<'a>, gold: &[Gold], most: usize) -> Vec<Draft<'a>> {
    let mut drafts: [Vec<Draft>; 2] = Default::default();
    for (a, b, same) in gold.iter().flat_map(|g| &g.judged) {
        let list = &mut drafts[usize::from(*same)];
        if together(scene.clustering, a, b) != *same && list.len() < most {
            let pair = scene.clustering.find(a).zip(scene.clustering.find(b));
            let wrong = if *same { Wrong::Split } else { Wrong::FalseMerge };
            let (name, parts) = ("judged".to_string(), vec![1, 1]);
            list.push(Draft { wrong, name, cost: 0.0, parts, pair, gold: [u32::MAX; 2], link: link_of(scene, pair) });
        }
    }
    drafts.into_iter().flatten().collect()
}

/// The link of two entries.
fn link_of<'a>(scene: &Scene<'a>, pair: Option<(Place, Place)>) -> Option<&'a Link> {
    let (work, (a, b)) = (scene.work?, pair?);
    let row = |id: EntryId| work.entries.iter().position(|e| e.id == id).map(|at| Row(at as u32));
    let (x, y) = (row(a.id)?, row(b.id)?);
    let at = work.links.binary_search_by_key(&(x.min(y), x.max(y)), |l| (l.a, l.b)).ok()?;
    work.links.get(at)
}

/// A case with names; `None` when no two of its entries were read.
fn case(scene: &Scene, draft: Draft, names: &FxHashMap<EntryId, clustering::Named>) -> Option<Case> {
    let (a, b) = draft.pair?;
    let side = |place: Place, gold: u32| {
        let named = names.get(&place.id);
        Side {
            id: place.id,
            outlet: named.map(|n| n.outlet.clone()).unwrap_or_default(),
            title: named.map(|n| n.title.clone()).unwrap_or_default(),
            published: named.and_then(|n| n.published.clone()),
            clock: named.and_then(|n| n.clock),
            gold: scene.items.labels.get(gold as usize).cloned().unwrap_or_default(),
        }
    };
    Some(Case {
        wrong: draft.wrong,
        name: draft.name,
        cost: draft.cost,
        parts: draft.parts.into_iter().take(10).collect(),
        p: draft.link.map(|l| l.p),
        relation: draft.link.map(|l| l.relation),
        explain: format!("retold explain {} {}{}", a.id, b.id, scene.explain_flags),
        a: side(a, draft.gold[0]),
        b: side(b, draft.gold[1]),
        why: None,
    })
}
