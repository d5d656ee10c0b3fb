//! How many outlets, owners and independent witnesses an event has.

use super::view::{View, name_key};
use crate::algo::graph::Sets;
use crate::model::Origin;
use rustc_hash::{FxHashMap, FxHashSet};

/// Different outlets.
pub(super) fn outlets(view: &View) -> u32 {
    view.rows.iter().map(|r| &*view.entry(*r).outlet).collect::<FxHashSet<_>>().len() as u32
}

/// Different owners; an outlet without a known owner is its own.
pub(super) fn owners(view: &View) -> u32 {
    let owner = |e: &'_ crate::model::Entry| e.owner.clone().unwrap_or_else(|| e.outlet.clone());
    view.rows.iter().map(|r| owner(view.entry(*r))).collect::<FxHashSet<_>>().len() as u32
}

/// Independent witnesses: the origins, where those that go back to one source count once. Two origins go back to one
/// source when their leaders have one owner, when both credit one outlet or agency, or when one credits an outlet that
/// prints the other. So an origin that credits someone adds nothing beyond whom it credits, and an event has at
/// least one witness.
pub(super) fn independent(view: &View) -> u32 {
    let origins = &view.cluster.origins;
    if origins.len() < 2 {
        return 1;
    }
    let mut sets = Sets::new(origins.len());
    let mut by_owner: FxHashMap<&str, u32> = FxHashMap::default();
    for (i, origin) in origins.iter().enumerate() {
        let leader = view.entry(origin.leader);
        let owner = leader.owner.as_deref().unwrap_or(&leader.outlet);
        sets.union(i as u32, *by_owner.entry(owner).or_insert(i as u32));
    }
    if origins.iter().any(|o| view.has_credits(o)) {
        join_credits(view, origins, &mut sets);
    }
    let names: FxHashSet<u32> = sets.names().into_iter().collect();
    names.len() as u32
}

/// Joins each origin with those that print, or credit, whom it credits.
fn join_credits(view: &View, origins: &[Origin], sets: &mut Sets) {
    let mut by_name: FxHashMap<String, u32> = FxHashMap::default();
    for (i, origin) in origins.iter().enumerate() {
        for row in origin.rows() {
            by_name.entry(name_key(&view.entry(row).outlet)).or_insert(i as u32);
        }
    }
    for (i, origin) in origins.iter().enumerate() {
        for credit in origin.rows().filter_map(|r| view.credit(r)) {
            sets.union(i as u32, *by_name.entry(name_key(credit)).or_insert(i as u32));
        }
    }
}
