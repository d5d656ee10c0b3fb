//! Shape of a group's links: components, the weakest of the strongest, bridges.

/// Disjoint sets; each is named by its smallest member.
#[derive(Clone, Debug)]
pub struct Sets {
    parent: Vec<u32>,
}

impl Sets {
    /// `n` sets of one.
    pub fn new(n: usize) -> Sets {
        Sets { parent: (0..n as u32).collect() }
    }

    /// The smallest member of the set of `x`.
    pub fn find(&mut self, mut x: u32) -> u32 {
        while self.parent[x as usize] != x {
            self.parent[x as usize] = self.parent[self.parent[x as usize] as usize];
            x = self.parent[x as usize];
        }
        x
    }

    /// The name of every member's set, in order.
    pub fn names(mut self) -> Vec<u32> {
        (0..self.parent.len() as u32).map(|x| self.find(x)).collect()
    }

    /// Joins two sets; `false` when they were one.
    pub fn union(&mut self, a: u32, b: u32) -> bool {
        let (a, b) = (self.find(a), self.find(b));
        self.parent[a.max(b) as usize] = a.min(b);
        a != b
    }
}

/// The smallest weight on a maximum spanning tree (Kruskal): the link at which the nodes `0..n`
/// would fall in two. `None` for fewer than two nodes; 0 when they are not connected.
pub fn weakest(n: usize, edges: &[(u32, u32, u32)]) -> Option<u32> {
    if n < 2 {
        return None;
    }
    let mut sorted = edges.to_vec();
    sorted.sort_unstable_by(|x, y| y.2.cmp(&x.2).then((x.0, x.1).cmp(&(y.0, y.1))));
    let mut sets = Sets::new(n);
    let joining: Vec<u32> = sorted.iter().filter(|(a, b, _)| sets.union(*a, *b)).map(|e| e.2).collect();
    if joining.len() + 1 < n { Some(0) } else { joining.last().copied() }
}

/// How many of the edges part the graph when removed (Tarjan 1974), by an iterative search.
pub fn bridges(n: usize, edges: &[(u32, u32, u32)]) -> u32 {
    let mut near: Vec<Vec<(usize, usize)>> = vec![Vec::new(); n];
    for (i, (a, b, _)) in edges.iter().enumerate() {
        near[*a as usize].push((*b as usize, i));
        near[*b as usize].push((*a as usize, i));
    }
    let (mut seen, mut low) = (vec![0_u32; n], vec![0_u32; n]);
    let (mut clock, mut found) = (0, 0);
    for root in 0..n {
        if seen[root] != 0 {
            continue;
        }
        clock += 1;
        (seen[root], low[root]) = (clock, clock);
        let mut stack = vec![(root, usize::MAX, 0)];
        while let Some((node, by, next)) = stack.last_mut() {
            if let Some(&(other, edge)) = near[*node].get(*next) {
                *next += 1;
                if edge == *by {
                    continue;
                }
                if seen[other] == 0 {
                    clock += 1;
                    (seen[other], low[other]) = (clock, clock);
                    stack.push((other, edge, 0));
                } else {
                    low[*node] = low[*node].min(seen[other]);
                }
            } else {
                let node = *node;
                stack.pop();
                if let Some((parent, _, _)) = stack.last() {
                    low[*parent] = low[*parent].min(low[node]);
                    found += u32::from(low[node] > seen[*parent]);
                }
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_weakest_link_is_the_smallest_of_the_strongest() {
        let edges = [(0, 1, 900), (1, 2, 300), (0, 2, 200), (2, 3, 700)];
        assert_eq!(weakest(4, &edges), Some(300));
        assert_eq!(weakest(1, &[]), None);
        assert_eq!(weakest(2, &[]), Some(0));
    }

    #[test]
    fn only_links_without_a_way_round_are_bridges() {
        assert_eq!(bridges(4, &[(0, 1, 1), (1, 2, 1), (0, 2, 1), (2, 3, 1)]), 1);
        assert_eq!(bridges(3, &[(0, 1, 1), (1, 2, 1)]), 2);
        assert_eq!(bridges(3, &[]), 0);
    }

    #[test]
    fn sets_are_named_by_their_smallest_member() {
        let mut sets = Sets::new(5);
        assert!(sets.union(4, 2) && sets.union(2, 3) && !sets.union(3, 4));
        assert_eq!(sets.find(4), 2);
    }
}
