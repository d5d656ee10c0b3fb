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
    let mut edges = edges(&origins, &members, Probability::new(settings.min_link));
    inherit(&mut edges, &origins, &members);
    drop(members);
    let covering = umbrellas::covering(&rules, &links, settings);
    drop(links);
    let clusters = link_origins(origins, edges, settings.rule());
    let umbrellas = umbrellas::cover(&rules, covering, &clusters);
    Clustered { clusters, umbrellas }
}

/// The links between origins as edges between their positions in `origins`, ascending, one each.
fn edges<F>(origins: &[Origin], links: &[&Link<F>], least: Probability) -> Vec<Edge> {
    let joins = |l: &&Link<F>| l.p >= least && !l.relation.is_copy();
    if !links.iter().any(joins) {
        return Vec::new();
    }
    let mut place: FxHashMap<Row, u32> = FxHashMap::default();
    for (i, origin) in origins.iter().enumerate() {
        place.extend(origin.rows().map(|r| (r, i as u32)));
    }
    let mut all: Vec<(u32, u32, bool, Probability)> = links
        .iter()
        .filter(|l| joins(l))
        .map(|l| {
            let (x, y) = (place[&l.a], place[&l.b]);
            let led = origins[x as usize].leader == l.a && origins[y as usize].leader == l.b;
            (x.min(y), x.max(y), led, l.p)
        })
        .filter(|e| e.0 != e.1)
        .collect();
    all.par_sort_unstable();
    all.chunk_by(|s, t| (s.0, s.1) == (t.0, t.1)).map(edge).collect()
}

/// Two entries of one address in two languages have no other link across them that could be compared: each takes the
/// other's links, or their missing would hold the two apart from what either belongs to.
fn inherit<F>(edges: &mut Vec<Edge>, origins: &[Origin], links: &[&Link<F>]) {
    let vouched: Vec<&&Link<F>> = links.iter().filter(|l| l.by.has(Proposals::ADDRESS)).collect();
    if vouched.is_empty() {
        return;
    }
    let place: FxHashMap<Row, u32> = origins.iter().zip(0..).flat_map(|(o, i)| o.rows().map(move |r| (r, i))).collect();
    let twins: Vec<(u32, u32)> = vouched.iter().map(|l| (place[&l.a], place[&l.b])).filter(|(x, y)| x != y).collect();
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

/// Links the origins, block by connected block.
fn link_origins(origins: Vec<Origin>, edges: Vec<Edge>, rule: Rule) -> Vec<Cluster> {
    if edges.is_empty() {
        return origins.into_iter().map(|origin| Part::default().shaped(vec![origin])).collect();
    }
    let blocks = blocks(origins.len(), edges);
    let mut clusters: Vec<Cluster> = blocks.par_iter().flat_map_iter(|b| link_block(b, &origins, rule)).collect();
    clusters.par_sort_unstable_by_key(|c| c.origins[0].leader);
    clusters
}

/// A connected block: its origins, ascending, and its edges by position in that list.
#[derive(Default)]
struct Block {
    origins: Vec<u32>,
    edges: Vec<Edge>,
}

fn blocks(n: usize, edges: Vec<Edge>) -> Vec<Block> {
    let mut sets = Sets::new(n);
    edges.iter().for_each(|e| {
        sets.union(e.a, e.b);
    });
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
    // Most edges are of one block: it is made at its size.
    let mut counts = vec![0; blocks.len()];
    edges.iter().for_each(|e| counts[number[sets.find(e.a) as usize] as usize] += 1);
    blocks.iter_mut().zip(counts).for_each(|(block, n)| block.edges.reserve_exact(n));
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
