//! Copies alone: of the candidates, only pairs that can join a text to its origin are verified.

use super::lacking::Rest;
use super::{Evidence, ScoreSettings};
use crate::algo::graph::Sets;
use crate::model::{Features, Link, Pair, Probability, Proposals, Relation, Row};
use rayon::prelude::*;
use rustc_hash::FxHashMap;

/// A container has at least this many times the words of what it contains.
pub const CONTAINER: u32 = 2;

/// The links of pairs that are copies; `pairs` ascend. A text is compared with the texts before it that lead their
/// copies, as the star of an origin asks, and with no other; where one text contains several, all pairs around it are
/// verified. Nothing else of a pair is computed, so that it counts as one event for sure.
pub fn copies(evidence: &Evidence, pairs: &[Pair], settings: &ScoreSettings) -> Vec<Link> {
    let mut links: Vec<Link> = blocks(evidence.briefs.len(), pairs)
        .par_iter()
        .flat_map_iter(|block| verified(evidence, block, settings))
        .collect();
    links.par_sort_unstable_by_key(|l| (l.a, l.b));
    links
}

/// The pairs by connected block, ascending by the later row, then the earlier.
fn blocks(rows: usize, pairs: &[Pair]) -> Vec<Vec<Pair>> {
    let mut sets = Sets::new(rows);
    pairs.iter().for_each(|p| {
        sets.union(p.a.0, p.b.0);
    });
    let mut number: FxHashMap<u32, usize> = FxHashMap::default();
    let mut blocks: Vec<Vec<Pair>> = Vec::new();
    for pair in pairs {
        let at = *number.entry(sets.find(pair.a.0)).or_insert_with(|| {
            blocks.push(Vec::new());
            blocks.len() - 1
        });
        blocks[at].push(*pair);
    }
    blocks.par_iter_mut().for_each(|block| block.sort_unstable_by_key(|p| (p.b, p.a)));
    blocks
}

fn verified(evidence: &Evidence, block: &[Pair], settings: &ScoreSettings) -> Vec<Link> {
    let rest = evidence.rest(block.iter().map(|p| (p.a, p.b)));
    let link = |pair: Pair| link(evidence, rest.as_ref(), pair, settings);
    let mut leader: FxHashMap<Row, Row> = FxHashMap::default();
    let (mut links, mut left): (Vec<Link>, Vec<Pair>) = (Vec::new(), Vec::new());
    for of_one in block.chunk_by(|x, y| x.b == y.b) {
        let same = of_one.iter().find(|p| p.by.has(Proposals::EXACT)).and_then(|p| link(*p));
        if let Some(same) = same.filter(|l| l.relation == Relation::SameText) {
            let first = leader.get(&same.a).copied().unwrap_or(same.a);
            leader.insert(same.b, first);
            links.push(same);
            left.extend(of_one.iter().filter(|p| p.a != same.a));
            continue;
        }
        for pair in of_one {
            if leader.contains_key(&pair.a) {
                left.push(*pair);
            } else if let Some(found) = link(*pair) {
                leader.entry(found.b).or_insert(found.a);
                links.push(found);
            }
        }
    }
    if contains_several(evidence, &links) {
        links.extend(left.into_iter().filter_map(link));
    }
    links
}

fn link(evidence: &Evidence, rest: Option<&Rest<'_>>, pair: Pair, settings: &ScoreSettings) -> Option<Link> {
    let (relation, overlap) = evidence.related_by(rest, pair.a, pair.b, settings)?;
    let Pair { a, b, by } = pair;
    Some(Link { a, b, by, relation, p: Probability::new(1.0), features: Features::default(), overlap })
}

/// Whether a text contains two others: it may be a digest.
fn contains_several(evidence: &Evidence, links: &[Link]) -> bool {
    let words = |row: Row| evidence.briefs[row.at()].words;
    let container = |l: &Link| {
        let (small, large) = if words(l.a) <= words(l.b) { (l.a, l.b) } else { (l.b, l.a) };
        (words(large) >= CONTAINER * words(small)).then_some(large)
    };
    let mut containers: Vec<Row> =
        links.iter().filter(|l| l.relation == Relation::Abridgement).filter_map(container).collect();
    containers.sort_unstable();
    containers.windows(2).any(|w| w[0] == w[1])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::algo::lexicon::Lexicon;
    use crate::algo::star::{Copy, leaders};
    use crate::algo::stems::Terms;
    use crate::model::{Entry, Lang, Sketch, Text};
    use crate::stage::fingerprint::{FingerprintSettings, sketch};
    use crate::stage::fixtures::entry;
    use proptest::prelude::*;

    /// Texts that are runs of one long one: each is a range of its words.
    fn world(ranges: &[(u32, u32)]) -> (Vec<Entry>, Vec<Sketch>) {
        let letters = |n: u32| n.to_string().bytes().map(|b| (b'a' + b - b'0') as char).collect::<String>();
        let body =
            |(from, n): (u32, u32)| (from..from + n).map(|i| format!("w{}", letters(i))).collect::<Vec<_>>().join(" ");
        let made = ranges.iter().enumerate().map(|(i, range)| {
            let entry = entry(&i.to_string(), "", &body(*range));
            let text = Text { body: entry.body.text().into(), lang: Lang::EN, ..Text::default() };
            (entry, sketch(&text, &mut Terms::default(), &FingerprintSettings::default()))
        });
        made.unzip()
    }

    fn stars(rows: usize, links: &[Link]) -> Vec<u32> {
        let same = |l: &Link| l.relation == Relation::SameText;
        let copies: Vec<Copy> = links.iter().map(|l| Copy { a: l.a.0, b: l.b.0, same: same(l) }).collect();
        leaders(rows, &copies)
    }

    proptest! {
        #[test]
        fn origins_are_those_of_verifying_every_pair(ranges in prop::collection::vec((0_u32..120, 70_u32..200), 2..12)) {
            let (entries, sketches) = world(&ranges);
            let lexicon = Lexicon::default();
            let settings = ScoreSettings::default();
            let lacking = crate::stage::score::Lacking { shingles: &|_| Vec::new(), names: &|_| Sketch::default() };
            let evidence = Evidence::of_copies(&entries, &sketches, &lexicon, lacking, &settings);
            let n = ranges.len() as u32;
            let by = |a: u32, b: u32| if sketches[a as usize].exact == sketches[b as usize].exact { Proposals::EXACT } else { Proposals::BAND };
            let pairs: Vec<Pair> = (0..n).flat_map(|a| (a + 1..n).map(move |b| (a, b))).map(|(a, b)| Pair::new(Row(a), Row(b), by(a, b))).collect();
            let all: Vec<Link> = pairs.iter().filter_map(|p| link(&evidence, evidence.rest([(p.a, p.b)]).as_ref(), *p, &settings)).collect();
            let found = copies(&evidence, &pairs, &settings);
            prop_assert_eq!(stars(n as usize, &found), stars(n as usize, &all));
            prop_assert!(found.iter().all(|l| all.contains(l)));
        }
    }
}
