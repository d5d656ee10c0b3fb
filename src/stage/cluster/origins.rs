//! Copies contracted to origins: stars around the earliest verified leader.

use crate::algo::star::{Copy, leaders};
use crate::model::{Link, Member, Origin, Overlap, Relation, Row};
use rustc_hash::FxHashMap;

/// The origins, ascending by leader, of every row that is no umbrella.
pub fn contract<F>(umbrella: &[Option<String>], links: &[&Link<F>]) -> Vec<Origin> {
    let copies: Vec<&Link<F>> = links.iter().filter(|l| l.relation.is_copy()).copied().collect();
    let stars: Vec<Copy> =
        copies.iter().map(|l| Copy { a: l.a.0, b: l.b.0, same: l.relation == Relation::SameText }).collect();
    let leader = leaders(umbrella.len(), &stars);
    let direct: FxHashMap<(Row, Row), (Relation, Overlap)> =
        copies.iter().filter_map(|l| Some(((l.a, l.b), (l.relation, l.overlap?)))).collect();
    let same: FxHashMap<Row, Row> =
        copies.iter().filter(|l| l.relation == Relation::SameText).map(|l| (l.b, l.a)).collect();
    let mut origins: Vec<Origin> = Vec::new();
    let mut place: Vec<Option<u32>> = vec![None; umbrella.len()];
    for row in (0..umbrella.len() as u32).filter(|r| umbrella[*r as usize].is_none()) {
        let first = leader[row as usize];
        if first == row {
            place[row as usize] = Some(origins.len() as u32);
            origins.push(Origin { leader: Row(row), copies: Vec::new() });
        } else if let Some(at) = place[first as usize] {
            let (relation, overlap) = evidence(Row(first), Row(row), &direct, &same);
            origins[at as usize].copies.push(Member { row: Row(row), relation, overlap });
        }
    }
    origins
}

/// How a copy relates to its leader: by their own link, or by that of the equal text it follows.
fn evidence(
    leader: Row,
    row: Row,
    direct: &FxHashMap<(Row, Row), (Relation, Overlap)>,
    same: &FxHashMap<Row, Row>,
) -> (Relation, Overlap) {
    let mut at = row;
    loop {
        if let Some(found) = direct.get(&(leader, at)) {
            return *found;
        }
        match same.get(&at) {
            Some(next) if *next < at => at = *next,
            _ => return (Relation::SameText, Overlap { shared: 0, containment: 1.0, jaccard: 1.0 }),
        }
    }
}
