//! Links to clusters: copies contracted to origins, then average linkage on origins.

mod between;
mod origins;
mod umbrellas;

pub use between::{Gap, gap, weakest_link};

use crate::algo::graph::{Sets, bridges, weakest};
use crate::algo::linkage::{Edge, Rule, average_linkage};
use crate::algo::logistic::round6;
use crate::model::{Cluster, Flags, Link, Merge, Origin, Probability, Proposals, Row, Umbrella};
use rayon::prelude::*;
use rustc_hash::FxHashMap;
use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::BTreeMap;

crate::knobs! {
    /// Clustering: when groups of entries are one event.
    pub struct ClusterSettings in "cluster" {
        /// Two groups are joined while their average link (the power mean of exponent 1/2) is at least this.
        threshold: f64 = 0.315, 0.0..=1.0;
        /// Links of less than this are not looked at.
        min_link: f64 = 0.04, 0.01..=1.0;
        /// A group of n and one of m are averaged over at most this many times the smaller number of pairs.
        cap: u64 = 10, 1..=1_000_000;
    }
}

impl ClusterSettings {
    /// When groups are joined, as the linkage reads it.
    fn rule(&self) -> Rule {
        Rule { threshold: Probability::new(self.threshold).0, cap: self.cap }
    }
}

/// Whether clustering looks at a link.
pub fn looks_at(link: &Link, settings: &ClusterSettings) -> bool {
    let least = Probability::new(settings.min_link.min(settings.threshold));
    link.relation.is_copy() || link.p >= least || link.by.has(Proposals::ADDRESS)
}

/// The version of this stage: raised when the same input would give another result.
pub const VERSION: u32 = 2;

/// Clusters, ascending by their first row, and the umbrellas, which are in none.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Clustered {
    /// The clusters.
    pub clusters: Vec<Cluster>,
    /// The umbrellas, ascending by row.
    pub umbrellas: Vec<Umbrella>,
}

/// Clusters a working set of which `flags` and `words` are parallel slices; `links` ascend by (a, b) and are let go as
/// soon as they have been read.
pub fn cluster<'a, F: Clone + Sync + 'a>(
    flags: &[Flags],
    words: &[u32],
    links: impl Into<Cow<'a, [Link<F>]>>,
    settings: &ClusterSettings,
) -> Clustered {
    let links = links.into();
    let rules = umbrellas::find(flags, words, &links);
    let members: Vec<&Link<F>> =
        links.iter().filter(|l| rules[l.a.at()].is_none() && rules[l.b.at()].is_none()).collect();
    let origins = origins::contract(&rules, &members);
    let places = places(&origins, flags.len());
    let mut edges = edges(&origins, |row| places[row.at()], &members, Probability::new(settings.min_link));
    inherit(&mut edges, &places, &members);
    drop(members);
    let covering = umbrellas::covering(&rules, &links, settings);
    drop(links);
    let clusters = link_origins(origins, edges, settings.rule());
    let umbrellas = umbrellas::cover(&rules, covering, &clusters);
    Clustered { clusters, umbrellas }
}

/// For each row the position of its origin in `origins`; of an umbrella it says nothing.
fn places(origins: &[Origin], rows: usize) -> Vec<u32> {
    let mut places = vec![0; rows];
    for (i, origin) in (0..).zip(origins) {
        origin.rows().for_each(|row| places[row.at()] = i);
    }
    places
}

/// The links between origins as edges between their positions in `origins`, ascending, one each; `place` tells the position of
/// a row's origin.
fn edges<F: Sync>(
    origins: &[Origin],
    place: impl Fn(Row) -> u32 + Sync,
    links: &[&Link<F>],
    least: Probability,
) -> Vec<Edge> {
    let joins = |l: &&&Link<F>| l.p >= least && !l.relation.is_copy();
    let placed = |l: &&Link<F>| {
        let (x, y) = (place(l.a), place(l.b));
        let led = origins[x as usize].leader == l.a && origins[y as usize].leader == l.b;
        (x.min(y), x.max(y), led, l.p)
    };
    let mut all: Vec<(u32, u32, bool, Probability)> =
        links.par_iter().filter(joins).map(placed).filter(|e| e.0 != e.1).collect();
    all.par_sort_unstable();
    all.chunk_by(|s, t| (s.0, s.1) == (t.0, t.1)).map(edge).collect()
}

/// Two entries of one address in two languages have no other link across them that could be compared: each takes the
/// other's links, or their missing would hold the two apart from what either belongs to.
fn inherit<F>(edges: &mut Vec<Edge>, places: &[u32], links: &[&Link<F>]) {
    let vouched: Vec<&&Link<F>> = links.iter().filter(|l| l.by.has(Proposals::ADDRESS)).collect();
    if vouched.is_empty() {
        return;
    }
    let twins = vouched.iter().map(|l| (places[l.a.at()], places[l.b.at()]));
    let twins: Vec<(u32, u32)> = twins.filter(|(x, y)| x != y).collect();
    let mut near: FxHashMap<u32, Vec<(u32, u32)>> = twins.iter().map(|t| (t.0, Vec::new())).collect();
    near.extend(twins.iter().map(|t| (t.1, Vec::new())));
    for e in edges.iter() {
        for (here, there) in [(e.a, e.b), (e.b, e.a)] {
            near.entry(here).and_modify(|n| n.push((there, e.p)));
        }
    }
    for (x, y) in twins {
        for (from, to) in [(x, y), (y, x)] {
            let others = near[&from].iter().filter(|(other, _)| *other != to);
            edges.extend(others.map(|(other, p)| Edge { a: to.min(*other), b: to.max(*other), p: *p }));
        }
    }
    edges.sort_unstable_by_key(|e| (e.a, e.b, Reverse(e.p)));
    edges.dedup_by_key(|e| (e.a, e.b));
}

/// The leaders' link speaks for two origins; where they have none, the best among their members'.
fn edge(group: &[(u32, u32, bool, Probability)]) -> Edge {
    let best = group.iter().map(|g| (g.2, g.3)).max().map_or(0, |(_, p)| p.0);
    Edge { a: group[0].0, b: group[0].1, p: best }
}

/// Links the origins, block by block.
fn link_origins(origins: Vec<Origin>, edges: Vec<Edge>, rule: Rule) -> Vec<Cluster> {
    if edges.is_empty() {
        return origins.into_iter().map(|origin| Part::default().shaped(vec![origin])).collect();
    }
    let blocks = blocks(origins.len(), edges, rule.threshold);
    let mut clusters: Vec<Cluster> = blocks.par_iter().flat_map_iter(|b| link_block(b, &origins, rule)).collect();
    clusters.par_sort_unstable_by_key(|c| c.origins[0].leader);
    clusters
}

/// Origins that edges of the threshold connect, ascending, and the edges among them by position in that list. No group of one
/// block ever joins one of another: a mean is no larger than the largest that it is made of.
#[derive(Default)]
struct Block {
    origins: Vec<u32>,
    edges: Vec<Edge>,
}

fn blocks(n: usize, mut edges: Vec<Edge>, threshold: u32) -> Vec<Block> {
    let mut sets = Sets::new(n);
    edges.iter().filter(|e| e.p >= threshold).for_each(|e| {
        sets.union(e.a, e.b);
    });
    edges.retain(|e| sets.find(e.a) == sets.find(e.b));
    let mut number: Vec<u32> = vec![u32::MAX; n];
    let mut place: Vec<u32> = vec![0; n];
    let mut blocks: Vec<Block> = Vec::new();
    for origin in 0..n as u32 {
        let root = sets.find(origin) as usize;
        if number[root] == u32::MAX {
            number[root] = blocks.len() as u32;
            blocks.push(Block::default());
        }
        let block = &mut blocks[number[root] as usize];
        place[origin as usize] = block.origins.len() as u32;
        block.origins.push(origin);
    }
    for e in edges {
        let block = &mut blocks[number[sets.find(e.a) as usize] as usize];
        block.edges.push(Edge { a: place[e.a as usize], b: place[e.b as usize], p: e.p });
    }
    blocks
}

fn link_block(block: &Block, origins: &[Origin], rule: Rule) -> Vec<Cluster> {
    let n = block.origins.len();
    let joins = if n > 1 { average_linkage(n, &block.edges, &[], rule) } else { Vec::new() };
    let mut sets = Sets::new(n);
    joins.iter().for_each(|j| {
        sets.union(j.a, j.b);
    });
    let group = sets.names();
    let mut parts: BTreeMap<u32, Part> = BTreeMap::new();
    (0..n as u32).for_each(|i| parts.entry(group[i as usize]).or_default().places.push(i));
    for e in block.edges.iter().filter(|e| group[e.a as usize] == group[e.b as usize]) {
        parts.entry(group[e.a as usize]).or_default().edges.push(*e);
    }
    let origin = |i: u32| &origins[block.origins[i as usize] as usize];
    for join in &joins {
        let merge = Merge { a: origin(join.a).leader, b: origin(join.b).leader, at: Probability(join.at) };
        parts.entry(group[join.a as usize]).or_default().merges.push(merge);
    }
    parts.into_values().map(|part| part.cluster(|i| origin(i).clone())).collect()
}

/// One group of a block in the making: positions in the block, ascending.
#[derive(Default)]
struct Part {
    places: Vec<u32>,
    edges: Vec<Edge>,
    merges: Vec<Merge>,
}

impl Part {
    /// A cluster with the shape of its links.
    fn cluster(self, origin: impl Fn(u32) -> Origin) -> Cluster {
        let origins = self.places.iter().map(|i| origin(*i)).collect();
        self.shaped(origins)
    }

    /// The same of origins that are at hand.
    fn shaped(self, origins: Vec<Origin>) -> Cluster {
        let n = origins.len();
        let at = |x: u32| self.places.binary_search(&x).unwrap_or(0) as u32;
        let edges: Vec<(u32, u32, u32)> = self.edges.iter().map(|e| (at(e.a), at(e.b), e.p)).collect();
        let pairs = n * n.saturating_sub(1) / 2;
        Cluster {
            origins,
            merges: self.merges,
            weakest: weakest(n, &edges).map(Probability),
            density: if n < 2 { 1.0 } else { round6(edges.len() as f64 / pairs as f64) },
            bridges: if edges.is_empty() { 0 } else { bridges(n, &edges) },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Features, Flag, Overlap, Proposals, Relation};
    use proptest::prelude::*;

    fn link(a: u32, b: u32, p: f64) -> Link {
        let relation = if p >= 0.5 { Relation::SameEvent } else { Relation::Different };
        let (a, b) = (Row(a), Row(b));
        Link {
            a,
            b,
            by: Proposals::NEIGHBOUR,
            relation,
            p: Probability::new(p),
            features: Features::default(),
            overlap: None,
        }
    }

    fn copy(a: u32, b: u32) -> Link {
        let overlap = Some(Overlap { shared: 90, containment: 0.9, jaccard: 0.8 });
        Link { relation: Relation::Reprint, overlap, ..link(a, b, 0.9) }
    }

    fn rows(n: usize, links: &[Link]) -> Vec<Vec<u32>> {
        let out = cluster(&vec![Flags::default(); n], &vec![100; n], links, &ClusterSettings::default());
        out.clusters.iter().map(|c| c.rows().iter().map(|r| r.0).collect()).collect()
    }

    #[test]
    fn copies_are_one_witness_so_they_do_not_outvote() {
        // Three copies (0, 1, 2) and one weak link to 3: .35 alone, not thinned by the copies.
        assert_eq!(rows(4, &[copy(0, 1), copy(0, 2), link(0, 3, 0.35)]), [vec![0, 1, 2, 3]]);
        assert_eq!(
            rows(4, &[link(0, 1, 0.9), link(0, 2, 0.9), link(1, 2, 0.9), link(0, 3, 0.35)]),
            [vec![0, 1, 2], vec![3]]
        );
    }

    #[test]
    fn every_entry_is_in_one_cluster_or_an_umbrella() {
        let mut flags = vec![Flags::default(); 4];
        flags[2].set(Flag::Umbrella);
        let links = [link(0, 1, 0.9), link(0, 2, 0.9), link(2, 3, 0.9)];
        let out = cluster(&flags, &[100; 4], &links, &ClusterSettings::default());
        assert_eq!(out.clusters.len(), 2);
        assert_eq!(out.umbrellas.len(), 1);
        assert_eq!(out.umbrellas[0].clusters, [0, 1], "linked to both, joining neither");
    }

    #[test]
    fn a_cluster_knows_its_weakest_link_and_its_bridges() {
        let links = [link(0, 1, 0.9), link(0, 2, 0.6), link(1, 2, 0.5)];
        let out = cluster(&[Flags::default(); 3], &[100; 3], &links, &ClusterSettings::default());
        assert_eq!(out.clusters[0].weakest, Some(Probability::new(0.6)));
        assert_eq!((out.clusters[0].density, out.clusters[0].bridges), (1.0, 0));
        assert_eq!(out.clusters[0].merges.len(), 2);
    }

    proptest! {
        #[test]
        fn what_weak_links_alone_connect_is_clustered_as_if_it_were_not(
            ps in prop::collection::vec((0_u32..30, 0_u32..30, prop_oneof![3 => 0_u32..315_000, 1 => 300_000_u32..=1_000_000]), 0..150),
        ) {
            let mut edges: Vec<Edge> = ps.iter().filter(|e| e.0 < e.1).map(|e| Edge { a: e.0, b: e.1, p: e.2 }).collect();
            edges.sort_unstable_by_key(|e| (e.a, e.b));
            edges.dedup_by_key(|e| (e.a, e.b));
            let origins: Vec<Origin> = (0..30).map(|row| Origin { leader: Row(row), copies: Vec::new() }).collect();
            let rule = ClusterSettings::default().rule();
            let whole = Block { origins: (0..30).collect(), edges: edges.clone() };
            let mut at_once = link_block(&whole, &origins, rule);
            at_once.sort_unstable_by_key(|c| c.origins[0].leader);
            prop_assert_eq!(link_origins(origins, edges, rule), at_once);
        }

        #[test]
        fn every_row_has_exactly_one_place(ps in prop::collection::vec((0_u32..12, 0_u32..12, 0.0_f64..1.0, any::<bool>()), 0..40)) {
            let mut links: Vec<Link> = ps.iter().filter(|p| p.0 < p.1)
                .map(|p| if p.3 { copy(p.0, p.1) } else { link(p.0, p.1, p.2) }).collect();
            links.sort_by_key(|l| (l.a, l.b));
            links.dedup_by_key(|l| (l.a, l.b));
            let mut all: Vec<u32> = rows(12, &links).concat();
            all.sort_unstable();
            let placed: Vec<u32> = {
                let out = cluster(&[Flags::default(); 12], &[100; 12], &links, &ClusterSettings::default());
                out.umbrellas.iter().map(|u| u.row.0).collect()
            };
            all.extend(placed);
            all.sort_unstable();
            prop_assert_eq!(all, (0..12).collect::<Vec<u32>>());
        }
    }
}
