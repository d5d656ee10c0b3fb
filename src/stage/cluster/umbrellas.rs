//! Umbrellas: entries that cover many events are linked to them and tie nothing together.

use super::ClusterSettings;
use crate::model::{Cluster, Flag, Flags, Link, Probability, Relation, Row, Umbrella};
use crate::stage::score::CONTAINER;
use rustc_hash::{FxHashMap, FxHashSet};

/// The rule that makes each row an umbrella; `None` for the others.
pub fn find<F>(flags: &[Flags], words: &[u32], links: &[Link<F>]) -> Vec<Option<String>> {
    let mut rules: Vec<Option<String>> =
        flags.iter().map(|f| f.has(Flag::Umbrella).then(|| "title of a round-up".to_string())).collect();
    for container in containers(words, links) {
        rules[container.at()].get_or_insert_with(|| "contains entries that are not copies of one another".to_string());
    }
    rules
}

/// Rows that contain two entries which are not copies of one another: a digest, a saved live page.
fn containers<F>(words: &[u32], links: &[Link<F>]) -> Vec<Row> {
    let mut contained: FxHashMap<Row, Vec<Row>> = FxHashMap::default();
    let mut copies: FxHashSet<(Row, Row)> = FxHashSet::default();
    for link in links.iter().filter(|l| l.relation.is_copy()) {
        copies.insert((link.a, link.b));
        let (small, large) = if words[link.a.at()] <= words[link.b.at()] { (link.a, link.b) } else { (link.b, link.a) };
        if link.relation == Relation::Abridgement && words[large.at()] >= CONTAINER * words[small.at()] {
            contained.entry(large).or_default().push(small);
        }
    }
    let apart = |x: Row, y: Row| !copies.contains(&(x.min(y), x.max(y)));
    let mut found: Vec<Row> = contained
        .into_iter()
        .filter(|(_, parts)| parts.iter().enumerate().any(|(i, x)| parts[..i].iter().any(|y| apart(*x, *y))))
        .map(|(large, _)| large)
        .collect();
    found.sort_unstable();
    found
}

/// Umbrellas, each with an entry that it is linked to.
pub fn covering<F>(rules: &[Option<String>], links: &[Link<F>], settings: &ClusterSettings) -> Vec<(Row, Row)> {
    let least = Probability::new(settings.threshold);
    let strong = links.iter().filter(|l| l.relation.is_copy() || l.p >= least);
    strong.flat_map(|l| [(l.a, l.b), (l.b, l.a)]).filter(|(umbrella, _)| rules[umbrella.at()].is_some()).collect()
}

/// The clusters that each umbrella is linked to.
pub fn cover(rules: &[Option<String>], covering: Vec<(Row, Row)>, clusters: &[Cluster]) -> Vec<Umbrella> {
    let mut of: FxHashMap<Row, u32> = FxHashMap::default();
    let mut found: FxHashMap<Row, Vec<u32>> = FxHashMap::default();
    if rules.iter().any(Option::is_some) {
        for (i, cluster) in clusters.iter().enumerate() {
            of.extend(cluster.rows().into_iter().map(|r| (r, i as u32)));
        }
    }
    for (umbrella, other) in covering {
        if let Some(cluster) = of.get(&other) {
            found.entry(umbrella).or_default().push(*cluster);
        }
    }
    let each = rules.iter().enumerate().filter_map(|(i, rule)| Some((Row(i as u32), rule.clone()?)));
    each.map(|(row, rule)| {
        let mut clusters = found.remove(&row).unwrap_or_default();
        clusters.sort_unstable();
        clusters.dedup();
        Umbrella { row, clusters, rule }
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Features, Overlap, Proposals};

    fn part(a: u32, b: u32, relation: Relation) -> Link {
        let overlap = Some(Overlap { shared: 50, containment: 0.9, jaccard: 0.3 });
        let (p, features) = (Probability::new(0.9), Features::default());
        Link { a: Row(a), b: Row(b), by: Proposals::BAND, relation, p, features, overlap }
    }

    #[test]
    fn a_digest_contains_entries_that_are_no_copies_of_one_another() {
        let links = [part(0, 2, Relation::Abridgement), part(1, 2, Relation::Abridgement)];
        let rules = find(&[Flags::default(); 3], &[100, 100, 300], &links);
        assert_eq!(rules.iter().map(Option::is_some).collect::<Vec<_>>(), [false, false, true]);
    }

    #[test]
    fn a_long_text_with_two_abridgements_of_it_is_none() {
        let links =
            [part(0, 1, Relation::Reprint), part(0, 2, Relation::Abridgement), part(1, 2, Relation::Abridgement)];
        assert!(find(&[Flags::default(); 3], &[100, 100, 300], &links).iter().all(Option::is_none));
    }
}
