//! What stands between two clusters, and at what link one would fall in two: for those who ask why.

use super::ClusterSettings;
use crate::algo::graph::Sets;
use crate::algo::linkage::{Edge, root};
use crate::model::{Cluster, Link, Origin, Probability, Row};
use rustc_hash::{FxHashMap, FxHashSet};
use std::cmp::Reverse;

/// The links between two clusters, as the linkage counts them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Gap {
    /// The average link; below the threshold, else they were one cluster.
    pub average: Probability,
    /// Sum of the roots of the links between their origins, in units of 1e-9.
    pub sum: u64,
    /// Pairs of origins with a link that counts.
    pub present: u64,
    /// Pairs of origins that the sum is averaged over.
    pub over: u64,
    /// The strongest of the links: leaders of the two origins and its probability.
    pub best: Option<(Row, Row, Probability)>,
}

/// What stands between two clusters without a common member.
pub fn gap(x: &Cluster, y: &Cluster, links: &[Link], settings: &ClusterSettings) -> Gap {
    let rows = |c: &Cluster| -> FxHashSet<Row> { c.rows().into_iter().collect() };
    let (here, there) = (rows(x), rows(y));
    let across = |l: &&Link| here.contains(&l.a) && there.contains(&l.b) || there.contains(&l.a) && here.contains(&l.b);
    let across: Vec<&Link> = links.iter().filter(across).collect();
    let origins: Vec<Origin> = x.origins.iter().chain(&y.origins).cloned().collect();
    let edges = edges(&origins, &across, settings);
    let (sum, present) = (edges.iter().map(|e| u64::from(root(e.p))).sum(), edges.len() as u64);
    let (n, m, rule) = (x.origins.len() as u64, y.origins.len() as u64, settings.rule());
    Gap {
        average: Probability(rule.average(sum, present, n, m)),
        sum,
        present,
        over: rule.over(present, n, m),
        best: strongest_first(&edges).first().map(|e| named(e, &origins)),
    }
}

/// The link at which a cluster would fall in two: leaders of its two origins, and its probability.
pub fn weakest_link(cluster: &Cluster, links: &[Link], settings: &ClusterSettings) -> Option<(Row, Row, Probability)> {
    let rows: FxHashSet<Row> = cluster.rows().into_iter().collect();
    let inside: Vec<&Link> = links.iter().filter(|l| rows.contains(&l.a) && rows.contains(&l.b)).collect();
    let edges = edges(&cluster.origins, &inside, settings);
    let mut sets = Sets::new(cluster.origins.len());
    let joining = strongest_first(&edges).into_iter().filter(|e| sets.union(e.a, e.b)).last()?;
    Some(named(&joining, &cluster.origins))
}

/// The links among these origins alone, as the linkage sees them.
fn edges(origins: &[Origin], links: &[&Link], settings: &ClusterSettings) -> Vec<Edge> {
    let place: FxHashMap<Row, u32> = (0..).zip(origins).flat_map(|(i, o)| o.rows().map(move |r| (r, i))).collect();
    super::edges(origins, |row| place[&row], links, Probability::new(settings.min_link))
}

fn strongest_first(edges: &[Edge]) -> Vec<Edge> {
    let mut sorted = edges.to_vec();
    sorted.sort_unstable_by_key(|e| (Reverse(e.p), e.a, e.b));
    sorted
}

fn named(edge: &Edge, origins: &[Origin]) -> (Row, Row, Probability) {
    let (a, b) = (origins[edge.a as usize].leader, origins[edge.b as usize].leader);
    (a.min(b), a.max(b), Probability(edge.p))
}

#[cfg(test)]
mod tests {
    use super::super::cluster;
    use super::*;
    use crate::model::{Features, Flags, Proposals, Relation};
    use proptest::prelude::*;

    fn link(a: u32, b: u32, p: u32) -> Link {
        Link {
            a: Row(a),
            b: Row(b),
            by: Proposals::NEIGHBOUR,
            relation: Relation::Different,
            p: Probability(p * 10_000),
            features: Features::default(),
            overlap: None,
        }
    }

    #[test]
    fn a_gap_is_the_average_of_all_pairs_and_names_the_best() {
        let links = [link(0, 1, 90), link(0, 2, 30), link(2, 3, 80)];
        let settings = ClusterSettings::default();
        let out = cluster(&[Flags::default(); 4], &[100; 4], &links, &settings);
        let gap = gap(&out.clusters[0], &out.clusters[1], &links, &settings);
        assert_eq!((gap.average, gap.sum, gap.present, gap.over), (Probability(18_750), 547_722_558, 1, 4));
        assert_eq!(gap.best, Some((Row(0), Row(2), Probability(300_000))));
    }

    proptest! {
        #[test]
        fn no_gap_reaches_the_threshold_and_the_weakest_link_is_the_clusters_own(
            ps in prop::collection::btree_map((0_u32..9, 0_u32..9), 0_u32..100, 0..36),
        ) {
            let links: Vec<Link> = ps.iter().filter(|((a, b), _)| a < b).map(|((a, b), p)| link(*a, *b, *p)).collect();
            let settings = ClusterSettings::default();
            let clusters = cluster(&[Flags::default(); 9], &[100; 9], &links, &settings).clusters;
            for (i, x) in clusters.iter().enumerate() {
                prop_assert_eq!(weakest_link(x, &links, &settings).map(|w| w.2), x.weakest);
                for y in &clusters[..i] {
                    prop_assert!(gap(x, y, &links, &settings).average < Probability::new(settings.threshold));
                }
            }
        }
    }
}
