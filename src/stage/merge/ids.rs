//! Ids: which cluster keeps which event's id, which get new ones, and what became of the rest.

use super::MergeInput;
use crate::model::lineage::{Change, LineageRow, Registered, Registry};
use crate::model::{Cluster, Entry, EntryId, EventId, Row};
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::BTreeMap;

/// The id of a cluster, and the ids that redirect to it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Name {
    pub id: EventId,
    pub supersedes: Vec<EventId>,
}

/// The names of all clusters, the new registry and what changed.
pub(super) struct Named {
    pub names: Vec<Name>,
    pub registry: Registry,
    pub lineage: Vec<LineageRow>,
}

/// Which cluster each row is in; `NONE` for those in none.
const NONE: u32 = u32::MAX;

/// A prior event with members in the working set.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Claim {
    /// The cluster that holds it; `NONE` when no member is in a cluster.
    holder: u32,
    born: u64,
    event: EventId,
    /// Members in the working set.
    members: u32,
}

/// Gives each cluster its id.
pub(super) fn assign(input: &MergeInput) -> Named {
    let place = places(input);
    let redirects = Redirects::of(input.registry);
    let prior: Vec<Option<EventId>> = input
        .entries
        .par_iter()
        .map(|e| input.registry.members.get(&e.id).and_then(|id| redirects.live(input.registry, *id)))
        .collect();
    let claims = claims(input, &prior, &place);
    let mut registry = Registry { events: input.registry.events.clone(), members: BTreeMap::new() };
    let mut lineage = retired(input, &redirects, &claims);
    let mut ids = keep(input.clusters.len(), &claims, &mut registry, &mut lineage);
    mint(input.clusters, input, &mut ids, &mut registry);
    let ids: Vec<EventId> = ids.into_iter().flatten().collect();
    lineage.par_extend(changes(input, &ids, &prior));
    lineage.par_sort_unstable();
    registry.members = members(input, &place, &ids);
    let mut superseded = Redirects::of(&registry).superseded();
    let names = ids.into_iter().map(|id| Name { supersedes: superseded.remove(&id).unwrap_or_default(), id }).collect();
    Named { names, registry, lineage }
}

fn places(input: &MergeInput) -> Vec<u32> {
    let mut place = vec![NONE; input.entries.len()];
    for (i, cluster) in input.clusters.iter().enumerate() {
        cluster.origins.iter().flat_map(|o| o.rows()).for_each(|r| place[r.at()] = i as u32);
    }
    place
}

/// Where redirected ids lead in the end.
struct Redirects(BTreeMap<EventId, EventId>);

impl Redirects {
    /// Follows every redirect to its end; one that runs in a circle ends where it was entered.
    fn of(registry: &Registry) -> Redirects {
        let mut ends: BTreeMap<EventId, EventId> = BTreeMap::new();
        let next = |id: EventId| registry.events.get(&id).and_then(|e| e.merged_into);
        for start in registry.events.iter().filter(|(_, e)| e.merged_into.is_some()).map(|(id, _)| *id) {
            let (mut path, mut at) = (Vec::new(), start);
            while let Some(to) = next(at) {
                if let Some(end) = ends.get(&at) {
                    at = *end;
                    break;
                }
                ends.insert(at, at);
                path.push(at);
                at = to;
            }
            path.into_iter().for_each(|id| {
                ends.insert(id, at);
            });
        }
        Redirects(ends)
    }

    /// The event that lives under an id; `None` when the registry does not know it.
    fn live(&self, registry: &Registry, id: EventId) -> Option<EventId> {
        let end = self.0.get(&id).copied().unwrap_or(id);
        registry.events.contains_key(&end).then_some(end)
    }

    /// For each living event the ids that lead to it, ascending.
    fn superseded(self) -> FxHashMap<EventId, Vec<EventId>> {
        let mut by_end: FxHashMap<EventId, Vec<EventId>> = FxHashMap::default();
        self.0.into_iter().filter(|(id, end)| id != end).for_each(|(id, end)| by_end.entry(end).or_default().push(id));
        by_end
    }
}

/// The prior events with members in the working set, by holder, then age.
fn claims(input: &MergeInput, prior: &[Option<EventId>], place: &[u32]) -> Vec<Claim> {
    let mut held: Vec<(EventId, Row)> =
        prior.par_iter().enumerate().filter_map(|(i, p)| p.map(|event| (event, Row(i as u32)))).collect();
    held.par_sort_unstable();
    let groups: Vec<&[(EventId, Row)]> = held.chunk_by(|x, y| x.0 == y.0).collect();
    let mut claims: Vec<Claim> = groups
        .into_par_iter()
        .filter_map(|group| {
            let event = group[0].0;
            let known = input.registry.events.get(&event)?;
            let holder = holder(group, known.founder, input, place);
            Some(Claim { holder, born: known.born, event, members: group.len() as u32 })
        })
        .collect();
    claims.par_sort_unstable();
    claims
}

/// The cluster that holds an event: its founder's, while the founder is still a member and in a cluster; else the
/// one with most of its members, ties to the earliest row.
fn holder(group: &[(EventId, Row)], founder: EntryId, input: &MergeInput, place: &[u32]) -> u32 {
    let founded = group.iter().find(|(_, r)| input.entries[r.at()].id == founder).map(|(_, r)| place[r.at()]);
    if let Some(cluster) = founded.filter(|c| *c != NONE) {
        return cluster;
    }
    most(group.iter().map(|(_, r)| place[r.at()]).filter(|c| *c != NONE)).unwrap_or(NONE)
}

/// The value that occurs most often, ties to the one that occurs first.
fn most<T: Copy + Eq + std::hash::Hash>(values: impl Iterator<Item = T>) -> Option<T> {
    let mut seen: FxHashMap<T, (u32, u32)> = FxHashMap::default();
    for (i, value) in values.enumerate() {
        seen.entry(value).or_insert((0, i as u32)).0 += 1;
    }
    seen.into_iter().max_by_key(|(_, (n, first))| (*n, std::cmp::Reverse(*first))).map(|(value, _)| value)
}

/// The events that lost all of their members: those that hold no cluster and have no member outside of the working
/// set.
fn retired(input: &MergeInput, redirects: &Redirects, claims: &[Claim]) -> Vec<LineageRow> {
    let mut left: FxHashMap<EventId, u32> =
        claims.iter().filter(|c| c.holder == NONE).map(|c| (c.event, c.members)).collect();
    if left.is_empty() {
        return Vec::new();
    }
    let mut all: FxHashMap<EventId, u32> = left.keys().map(|id| (*id, 0)).collect();
    for id in input.registry.members.values().filter_map(|id| redirects.live(input.registry, *id)) {
        all.entry(id).and_modify(|n| *n += 1);
    }
    left.retain(|id, n| all.get(id) == Some(n));
    left.into_keys().map(|event_id| LineageRow { event_id, change: Change::Retired, other: None, entries: 0 }).collect()
}

/// Of several events in one cluster the oldest lives; the others redirect to it.
fn keep(n: usize, claims: &[Claim], registry: &mut Registry, lineage: &mut Vec<LineageRow>) -> Vec<Option<EventId>> {
    let mut ids = vec![None; n];
    for group in claims.chunk_by(|x, y| x.holder == y.holder).filter(|g| g[0].holder != NONE) {
        let kept = group[0].event;
        ids[group[0].holder as usize] = Some(kept);
        for other in &group[1..] {
            if let Some(gone) = registry.events.get_mut(&other.event) {
                gone.merged_into = Some(kept);
            }
            let change = Change::MergedInto;
            lineage.push(LineageRow { event_id: other.event, change, other: Some(kept), entries: 0 });
        }
    }
    ids
}

/// New ids for clusters that hold no prior event, in order of the clusters.
fn mint(clusters: &[Cluster], input: &MergeInput, ids: &mut [Option<EventId>], registry: &mut Registry) {
    let mut minted: FxHashMap<EntryId, u32> = FxHashMap::default();
    let mut born = 0;
    for event in registry.events.values() {
        let n = minted.entry(event.founder).or_default();
        *n = (*n).max(event.n.saturating_add(1));
        born = born.max(event.born.saturating_add(1));
    }
    let mut fresh: BTreeMap<EventId, Registered> = BTreeMap::new();
    for (cluster, id) in clusters.iter().zip(ids).filter(|(_, id)| id.is_none()) {
        let founder = founder(input.entries, cluster);
        let next = minted.entry(founder).or_default();
        let mut event = EventId::minted(founder, *next);
        while registry.events.contains_key(&event) || fresh.contains_key(&event) {
            *next = next.wrapping_add(1);
            event = EventId::minted(founder, *next);
        }
        fresh.insert(event, Registered { founder, n: *next, born, merged_into: None });
        *id = Some(event);
        *next = next.wrapping_add(1);
        born = born.saturating_add(1);
    }
    registry.events.append(&mut fresh);
}

/// The id that a cluster gets whose founder has founded no event before.
pub(super) fn first_of(entries: &[Entry], cluster: &Cluster) -> EventId {
    EventId::minted(founder(entries, cluster), 0)
}

/// The entry that an event of a cluster is minted from.
fn founder(entries: &[Entry], cluster: &Cluster) -> EntryId {
    cluster.origins.first().map(|o| entries[o.leader.at()].id).unwrap_or_default()
}

/// What became of the event of each cluster. One that lost members and won none has continued.
fn changes<'a>(
    input: &'a MergeInput,
    ids: &'a [EventId],
    prior: &'a [Option<EventId>],
) -> impl IndexedParallelIterator<Item = LineageRow> + 'a {
    input.clusters.par_iter().zip(ids).map(move |(cluster, id)| {
        let rows = cluster.rows();
        let before = || rows.iter().map(|r| prior[r.at()]);
        let (change, other) = if input.registry.events.contains_key(id) {
            let same = before().all(|p| p == Some(*id));
            (if same { Change::Continued } else { Change::Grew }, None)
        } else {
            let from = most(before().flatten());
            (if from.is_some() { Change::SplitFrom } else { Change::Born }, from)
        };
        LineageRow { event_id: *id, change, other, entries: rows.len() as u32 }
    })
}

/// The members after this run: those of the working set as clustered, the others as they were.
fn members(input: &MergeInput, place: &[u32], ids: &[EventId]) -> BTreeMap<EntryId, EventId> {
    let mut members = input.registry.members.clone();
    let gone: FxHashSet<EntryId> =
        input.entries.iter().zip(place).filter(|(_, p)| **p == NONE).map(|(e, _)| e.id).collect();
    gone.iter().for_each(|id| {
        members.remove(id);
    });
    let clustered = input.entries.iter().zip(place).filter(|(_, p)| **p != NONE);
    let mut now: BTreeMap<EntryId, EventId> = clustered.map(|(e, p)| (e.id, ids[*p as usize])).collect();
    members.append(&mut now);
    members
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Entry, Origin, Text};
    use crate::stage::fixtures::entry_of;
    use proptest::prelude::*;

    fn entries(n: usize) -> Vec<Entry> {
        (0..n).map(|i| entry_of("A", &i.to_string(), "t", "b", Some(i as i64))).collect()
    }

    fn clusters(groups: &[&[u32]]) -> Vec<Cluster> {
        let origin = |r: &u32| Origin { leader: Row(*r), copies: Vec::new() };
        groups
            .iter()
            .map(|g| Cluster { origins: g.iter().map(origin).collect(), density: 1.0, ..Cluster::default() })
            .collect()
    }

    fn run(entries: &[Entry], groups: &[&[u32]], registry: &Registry) -> Named {
        let texts = vec![Text::default(); entries.len()];
        let clusters = clusters(groups);
        let body = &|_: Row| String::new();
        assign(&MergeInput { entries, texts: &texts, body, clusters: &clusters, umbrellas: &[], registry, as_of: 0 })
    }

    fn ids(named: &Named) -> Vec<EventId> {
        named.names.iter().map(|n| n.id).collect()
    }

    fn change(named: &Named, id: EventId) -> Option<(Change, Option<EventId>, u32)> {
        named.lineage.iter().find(|l| l.event_id == id).map(|l| (l.change, l.other, l.entries))
    }

    #[test]
    fn an_event_is_born_continues_and_grows_under_one_id() {
        let e = entries(3);
        let first = run(&e[..2], &[&[0], &[1]], &Registry::default());
        let id = ids(&first)[0];
        assert_eq!(id, EventId::minted(e[0].id, 0));
        assert_eq!(change(&first, id), Some((Change::Born, None, 1)));
        let second = run(&e, &[&[0, 2], &[1]], &first.registry);
        assert_eq!(ids(&second), ids(&first));
        assert_eq!(change(&second, id), Some((Change::Grew, None, 2)));
        assert_eq!(change(&second, ids(&second)[1]), Some((Change::Continued, None, 1)));
    }

    #[test]
    fn on_a_merge_the_older_id_lives_and_the_others_redirect_for_good() {
        let e = entries(3);
        let first = run(&e, &[&[0], &[1], &[2]], &Registry::default());
        let [a, b, c] = ids(&first)[..] else { panic!("three events") };
        let second = run(&e, &[&[0], &[1, 2]], &first.registry);
        assert_eq!(ids(&second), [a, b]);
        assert_eq!(change(&second, c), Some((Change::MergedInto, Some(b), 0)));
        let third = run(&e, &[&[0, 1, 2]], &second.registry);
        assert_eq!(third.names, [Name { id: a, supersedes: sorted(vec![b, c]) }], "transitively");
        let fourth = run(&e, &[&[0], &[1, 2]], &third.registry);
        assert_eq!(change(&fourth, ids(&fourth)[1]).map(|x| (x.0, x.1)), Some((Change::SplitFrom, Some(a))));
        assert_eq!(ids(&fourth)[1], EventId::minted(e[1].id, 1), "no id is used twice");
    }

    fn sorted(mut ids: Vec<EventId>) -> Vec<EventId> {
        ids.sort_unstable();
        ids
    }

    #[test]
    fn on_a_split_the_founder_keeps_the_id() {
        let e = entries(4);
        let first = run(&e, &[&[0, 1, 2, 3]], &Registry::default());
        let second = run(&e, &[&[0], &[1, 2, 3]], &first.registry);
        assert_eq!(ids(&second)[0], ids(&first)[0]);
        assert_eq!(change(&second, ids(&second)[1]), Some((Change::SplitFrom, Some(ids(&first)[0]), 3)));
    }

    #[test]
    fn without_its_founder_an_event_stays_with_most_of_its_members() {
        let e = entries(4);
        let first = run(&e, &[&[0, 1, 2, 3]], &Registry::default());
        // The founder became an umbrella.
        let second = run(&e, &[&[1], &[2, 3]], &first.registry);
        assert_eq!(ids(&second)[1], ids(&first)[0]);
        assert!(!second.registry.members.contains_key(&e[0].id));
        // It comes back: a founder that is no member any more claims nothing.
        let third = run(&e, &[&[0], &[1], &[2, 3]], &second.registry);
        assert_eq!(ids(&third)[2], ids(&first)[0]);
        assert_eq!(ids(&third)[0], EventId::minted(e[0].id, 1));
    }

    #[test]
    fn an_event_without_members_retires_and_one_out_of_sight_rests() {
        let e = entries(3);
        let first = run(&e, &[&[0], &[1, 2]], &Registry::default());
        let [a, b] = ids(&first)[..] else { panic!("two events") };
        let second = run(&e[..2], &[], &first.registry);
        assert_eq!(change(&second, a), Some((Change::Retired, None, 0)));
        assert_eq!(change(&second, b), None, "one of its members is not in the working set");
        assert_eq!(second.registry.members.get(&e[2].id), Some(&b));
        let third = run(&e, &[&[0], &[1], &[2]], &second.registry);
        assert_ne!(ids(&third)[0], a, "a retired event does not come back");
        assert_eq!(ids(&third)[2], b);
    }

    #[test]
    fn a_registry_with_a_circle_of_redirects_does_no_harm() {
        let e = entries(2);
        let mut registry = run(&e, &[&[0], &[1]], &Registry::default()).registry;
        let [a, b] = registry.events.keys().copied().collect::<Vec<_>>()[..] else { panic!("two events") };
        for (id, to) in [(a, b), (b, a)] {
            registry.events.entry(id).and_modify(|e| e.merged_into = Some(to));
        }
        assert_eq!(run(&e, &[&[0], &[1]], &registry).names.len(), 2);
    }

    /// Rows 0..10 as groups; a row in group 0 is an umbrella, one in group 9 not in the working set.
    fn regroup(e: &[Entry], of: &[u8]) -> (Vec<Entry>, Vec<Vec<u32>>) {
        let (mut kept, mut groups) = (Vec::new(), BTreeMap::<u8, Vec<u32>>::new());
        for (entry, g) in e.iter().zip(of).filter(|(_, g)| **g != 9) {
            if *g != 0 {
                groups.entry(*g).or_default().push(kept.len() as u32);
            }
            kept.push(entry.clone());
        }
        let mut groups: Vec<Vec<u32>> = groups.into_values().collect();
        groups.sort();
        (kept, groups)
    }

    proptest! {
        #[test]
        fn ids_are_distinct_never_reused_and_stable(steps in prop::collection::vec(prop::collection::vec(0_u8..10, 10), 1..8)) {
            let all = entries(10);
            let mut registry = Registry::default();
            let (mut minted, mut gone) = (FxHashSet::default(), FxHashSet::default());
            for of in &steps {
                let (e, groups) = regroup(&all, of);
                let groups: Vec<&[u32]> = groups.iter().map(Vec::as_slice).collect();
                let named = run(&e, &groups, &registry);
                let distinct: FxHashSet<EventId> = ids(&named).into_iter().collect();
                prop_assert_eq!(distinct.len(), groups.len());
                for row in &named.lineage {
                    match row.change {
                        Change::Born | Change::SplitFrom => prop_assert!(minted.insert(row.event_id)),
                        Change::MergedInto | Change::Retired => prop_assert!(gone.insert(row.event_id)),
                        Change::Continued | Change::Grew => prop_assert!(!gone.contains(&row.event_id)),
                    }
                }
                prop_assert_eq!(named.registry.events.len(), minted.len());
                let again = run(&e, &groups, &named.registry);
                prop_assert_eq!(&again.names, &named.names);
                prop_assert!(again.lineage.iter().all(|l| l.change == Change::Continued));
                prop_assert_eq!(again.lineage.len(), groups.len());
                prop_assert_eq!(&again.registry, &named.registry);
                registry = named.registry;
            }
        }
    }
}
