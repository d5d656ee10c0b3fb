//! Average linkage on a sparse graph, in exact arithmetic.

use super::graph::Sets;
use rayon::prelude::*;
use rustc_hash::FxHashMap;
use std::cmp::Ordering;
use std::collections::BinaryHeap;

/// An edge between two nodes with its probability in millionths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Edge {
    /// One node.
    pub a: u32,
    /// The other.
    pub b: u32,
    /// Millionths.
    pub p: u32,
}

/// When groups are joined.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// Millionths at or above which two groups are joined.
    pub threshold: u32,
    /// A group of n and one of m are averaged over at most `cap · min(n, m)` pairs.
    pub cap: u64,
}

/// The root, in units of 1e-9, of a probability in millionths.
pub fn root(p: u32) -> u32 {
    (f64::from(p) * 1e12).sqrt().round() as u32
}

/// The probability, in millionths, of a root.
fn square(root: u32) -> u32 {
    let root = u64::from(root);
    ((root * root + 500_000_000_000) / 1_000_000_000_000) as u32
}

impl Rule {
    /// The number of pairs that a sum of roots is averaged over: `present` of them between a group of `x` and one of `y`.
    pub fn over(self, present: u64, x: u64, y: u64) -> u64 {
        present.max(x.saturating_mul(y).min(self.cap.saturating_mul(x.min(y)))).max(1)
    }

    /// The average link, millionths: the square of the mean of the [`root`]s that `sum` adds up.
    pub fn average(self, sum: u64, present: u64, x: u64, y: u64) -> u32 {
        square(self.mean_root(sum, present, x, y))
    }

    fn mean_root(self, sum: u64, present: u64, x: u64, y: u64) -> u32 {
        let over = self.over(present, x, y);
        ((sum + over / 2) / over) as u32
    }
}

/// One join: the groups are named by their smallest node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Join {
    /// The group with the smaller name, which goes on.
    pub a: u32,
    /// The group that joins it.
    pub b: u32,
    /// The average link, millionths.
    pub at: u32,
}

/// What two groups have between them.
#[derive(Clone, Copy, Debug, Default)]
struct Between {
    sum: u64,
    present: u64,
}

/// A candidate join. Larger is better: higher average, then the groups of smaller names.
#[derive(PartialEq, Eq)]
struct Candidate {
    at: u32,
    a: u32,
    b: u32,
    stamps: (u32, u32),
}

impl Ord for Candidate {
    fn cmp(&self, other: &Self) -> Ordering {
        self.at
            .cmp(&other.at)
            .then_with(|| (other.a, other.b).cmp(&(self.a, self.b)))
            .then_with(|| self.stamps.cmp(&other.stamps))
    }
}

impl PartialOrd for Candidate {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Joins the two groups of highest average link while that is at least the threshold. The average of
/// A and B is the power mean of exponent ½, (Σ√p / max(present, min(|A||B|, cap·min(|A|,|B|))))²: links that agree weigh
/// more than one strong link among weak ones. An absent pair counts 0, but a small group need not be linked to all of a
/// large one. Probabilities are integers, so sums are exact and
/// the result depends on the edges alone, not on their order. Pairs in `apart` never share a group.
///
/// Nodes are `0..n`; edges are given once each. Returns the joins in order.
pub fn average_linkage(n: usize, edges: &[Edge], apart: &[(u32, u32)], rule: Rule) -> Vec<Join> {
    let mut state = State::new(n, edges, apart, rule);
    let mut joins = Vec::new();
    while let Some(best) = state.next() {
        if state.stamps[best.a as usize] == best.stamps.0 && state.stamps[best.b as usize] == best.stamps.1 {
            joins.push(Join { a: best.a, b: best.b, at: square(best.at) });
            state.join(best.a, best.b);
        }
    }
    joins
}

struct State {
    rule: Rule,
    sizes: Vec<u64>,
    /// Times a group has changed; `u32::MAX` once it has joined another.
    stamps: Vec<u32>,
    /// The edges of each node as they were given: what a group of one has to others is found by them.
    given: Given,
    groups: Sets,
    /// What the groups of several have to others; most nodes are in none, and their maps would take the most memory.
    near: FxHashMap<u32, FxHashMap<u32, Between>>,
    apart: FxHashMap<u32, Vec<u32>>,
    /// Candidates of single nodes, the best last: most are passed over, and a sorted list is passed over more cheaply than a heap.
    single: Vec<Candidate>,
    /// Those of groups that have changed.
    queue: BinaryHeap<Candidate>,
}

/// For each node its neighbours, with the roots of the probabilities.
struct Given {
    starts: Vec<u32>,
    ends: Vec<(u32, u32)>,
}

impl Given {
    fn new(n: usize, edges: &[Edge]) -> Given {
        let mut starts = vec![0; n + 1];
        edges.iter().flat_map(|e| [e.a, e.b]).for_each(|node| starts[node as usize + 1] += 1);
        (0..n).for_each(|node| starts[node + 1] += starts[node]);
        let (mut next, mut ends) = (starts.clone(), vec![(0, 0); 2 * edges.len()]);
        for e in edges {
            for (x, y) in [(e.a, e.b), (e.b, e.a)] {
                ends[next[x as usize] as usize] = (y, root(e.p));
                next[x as usize] += 1;
            }
        }
        Given { starts, ends }
    }

    fn of(&self, node: u32) -> &[(u32, u32)] {
        &self.ends[self.starts[node as usize] as usize..self.starts[node as usize + 1] as usize]
    }
}

impl State {
    fn new(n: usize, edges: &[Edge], apart: &[(u32, u32)], rule: Rule) -> State {
        let mut state = State {
            rule,
            sizes: vec![1; n],
            stamps: vec![0; n],
            given: Given::new(n, edges),
            groups: Sets::new(n),
            near: FxHashMap::default(),
            apart: FxHashMap::default(),
            single: Vec::new(),
            queue: BinaryHeap::new(),
        };
        for &(a, b) in apart {
            state.apart.entry(a).or_default().push(b);
            state.apart.entry(b).or_default().push(a);
        }
        let candidate = |e: &Edge| state.candidate(e.a, e.b, Between { sum: u64::from(root(e.p)), present: 1 });
        let mut single: Vec<Candidate> = edges.iter().filter_map(candidate).collect();
        single.par_sort_unstable();
        State { single, ..state }
    }

    /// The best candidate, taken out.
    fn next(&mut self) -> Option<Candidate> {
        if self.single.last() > self.queue.peek() { self.single.pop() } else { self.queue.pop() }
    }

    fn average(&self, a: u32, b: u32, between: Between) -> u32 {
        self.rule.mean_root(between.sum, between.present, self.sizes[a as usize], self.sizes[b as usize])
    }

    /// The pair, when it may be joined as it stands.
    fn candidate(&self, x: u32, y: u32, between: Between) -> Option<Candidate> {
        let (a, b) = (x.min(y), x.max(y));
        let at = self.average(a, b, between);
        let apart = |apart: &Vec<u32>| apart.contains(&b);
        let may = square(at) >= self.rule.threshold && !self.apart.get(&a).is_some_and(apart);
        may.then(|| Candidate { at, a, b, stamps: (self.stamps[a as usize], self.stamps[b as usize]) })
    }

    /// What a group has to others, taken out.
    fn take_near(&mut self, group: u32) -> FxHashMap<u32, Between> {
        if let Some(near) = self.near.remove(&group) {
            return near;
        }
        let mut near: FxHashMap<u32, Between> = FxHashMap::default();
        for (other, root) in self.given.of(group) {
            let between = near.entry(self.groups.find(*other)).or_default();
            between.sum += u64::from(*root);
            between.present += 1;
        }
        near
    }

    fn join(&mut self, a: u32, b: u32) {
        let (mut mine, gone) = (self.take_near(a), self.take_near(b));
        mine.remove(&b);
        for (other, between) in gone.into_iter().filter(|(o, _)| *o != a) {
            let merged = mine.entry(other).or_default();
            merged.sum += between.sum;
            merged.present += between.present;
            if let Some(near) = self.near.get_mut(&other) {
                near.remove(&b);
                near.insert(a, *merged);
            }
        }
        self.groups.union(a, b);
        for other in self.apart.remove(&b).unwrap_or_default() {
            self.apart.entry(other).or_default().push(a);
            self.apart.entry(a).or_default().push(other);
        }
        self.sizes[a as usize] += self.sizes[b as usize];
        self.stamps[a as usize] += 1;
        self.stamps[b as usize] = u32::MAX;
        for (other, between) in &mine {
            if let Some(candidate) = self.candidate(a, *other, *between) {
                self.queue.push(candidate);
            }
        }
        self.near.insert(a, mine);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const RULE: Rule = Rule { threshold: 200_000, cap: 10 };

    fn edge(a: u32, b: u32, p: u32) -> Edge {
        Edge { a, b, p }
    }

    #[test]
    fn absent_pairs_count_as_nothing_so_a_chain_breaks() {
        let chain = [edge(0, 1, 900_000), edge(1, 2, 380_000), edge(2, 3, 900_000)];
        let joins = average_linkage(4, &chain, &[], RULE);
        assert_eq!(joins, [Join { a: 0, b: 1, at: 900_000 }, Join { a: 2, b: 3, at: 900_000 }]);
    }

    #[test]
    fn two_groups_join_on_the_average_of_all_their_pairs() {
        let edges = [edge(0, 1, 900_000), edge(0, 2, 500_000), edge(1, 2, 300_000)];
        let joins = average_linkage(3, &edges, &[], RULE);
        assert_eq!(joins[1], Join { a: 0, b: 2, at: 393_649 });
    }

    #[test]
    fn a_judgement_keeps_groups_apart_however_they_grow() {
        let edges = [edge(0, 1, 900_000), edge(1, 2, 800_000), edge(0, 2, 700_000)];
        let joins = average_linkage(3, &edges, &[(0, 2)], RULE);
        assert_eq!(joins, [Join { a: 0, b: 1, at: 900_000 }]);
    }

    #[test]
    fn a_small_group_needs_links_to_a_part_of_a_large_one_only() {
        let mut edges: Vec<Edge> = (1..40).map(|i| edge(0, i, 999_999)).collect();
        for i in 1..40 {
            for j in i + 1..40 {
                edges.push(edge(i, j, 999_999));
            }
        }
        edges.extend((0..6).map(|i| edge(i, 40, 700_000)));
        assert_eq!(average_linkage(41, &edges, &[], RULE).len(), 40, "(6 × √.7 / 10)² = .25");
    }

    proptest! {
        #[test]
        fn the_order_of_the_edges_changes_nothing(ps in prop::collection::vec(0_u32..1_000_000, 28), seed in 0_usize..28) {
            let mut edges: Vec<Edge> = Vec::new();
            let mut at = 0;
            for a in 0..8 {
                for b in a + 1..8 {
                    edges.push(edge(a, b, ps[at] / 100_000 * 100_000));
                    at += 1;
                }
            }
            let before = average_linkage(8, &edges, &[], RULE);
            edges.rotate_left(seed);
            edges.iter_mut().step_by(2).for_each(|e| std::mem::swap(&mut e.a, &mut e.b));
            prop_assert_eq!(average_linkage(8, &edges, &[], RULE), before);
        }
    }
}
