//! The links of one event: between its entries, and to entries that were nearly joined.

use super::detail::{Seats, entry, round, shares};
use super::places::Places;
use super::{PageInput, clip};
use crate::model::page::{Guest, PageLink};
use crate::model::{Cluster, Feature, Link, Probability};
use std::cmp::Reverse;
use std::collections::BTreeMap;

const LINKS: usize = 150;
const GUESTS: usize = 12;
const WORDS: usize = 12;
const WORD_CHARS: usize = 60;

/// What is known of the pairs of one event.
pub struct Evidence<'a> {
    /// Links between its entries, then those to its guests.
    pub links: Vec<PageLink>,
    /// Links between its entries that are not listed.
    pub more: u64,
    /// Entries elsewhere, best link first.
    pub guests: Vec<Guest<'a>>,
    /// The two entries of its weakest link.
    pub pair: Option<(u32, u32)>,
}

/// Gathers them, with the shared words where these are asked for.
pub fn evidence<'a>(input: &PageInput<'a>, places: &Places, at: usize, seats: &Seats, words: bool) -> Evidence<'a> {
    let weakest = weakest(input, places, at);
    let inside = inside(input, places, at, weakest, seats);
    let total = places.inside(at).count();
    let seated = |l: &Link| Some((seats.row(l.a)?, seats.row(l.b)?));
    let mut links: Vec<PageLink> =
        inside.iter().filter_map(|l| seated(l).map(|(a, b)| link(input, l, (a, b), words))).collect();
    let more = total.saturating_sub(links.len()) as u64;
    let guests = guests(input, places, at, seats, words, &mut links);
    Evidence { links, more, guests, pair: weakest.and_then(seated) }
}

/// The links to list: the weakest one, those that make a copy, the strongest; in the order of their rows.
fn inside<'a>(
    input: &PageInput<'a>,
    places: &Places,
    at: usize,
    weakest: Option<&Link>,
    seats: &Seats,
) -> Vec<&'a Link> {
    let listed = |l: &&Link| seats.row(l.a).is_some() && seats.row(l.b).is_some();
    let mut links: Vec<&Link> = places.inside(at).map(|i| &input.links[i]).filter(listed).collect();
    links.sort_by_key(|l| (weakest != Some(*l), !l.relation.is_copy(), Reverse(l.p), l.a, l.b));
    links.truncate(LINKS);
    links.sort_by_key(|l| (l.a, l.b));
    links
}

/// The link at which the event would fall in two; where that is not among the links, the lowest one.
fn weakest<'a>(input: &PageInput<'a>, places: &Places, at: usize) -> Option<&'a Link> {
    let cluster: &Cluster = &input.clusters[at];
    let leads = |l: &&Link| leads(cluster, l);
    let all = || places.inside(at).map(|i| &input.links[i]);
    let named = all().filter(leads).find(|l| Some(l.p) == cluster.weakest);
    named.or_else(|| all().min_by_key(|l| (l.relation.is_copy(), l.p, l.a, l.b)))
}

fn leads(cluster: &Cluster, link: &Link) -> bool {
    let leader = |row| cluster.origins.binary_search_by_key(&row, |o| o.leader).is_ok();
    leader(link.a) && leader(link.b)
}

/// Entries that were nearly joined: each with its best link, which is added to the event's links.
fn guests<'a>(
    input: &PageInput<'a>,
    places: &Places,
    at: usize,
    seats: &Seats,
    words: bool,
    links: &mut Vec<PageLink>,
) -> Vec<Guest<'a>> {
    let mut near: Vec<(Probability, &Link)> = places.across(at).map(|i| (input.links[i].p, &input.links[i])).collect();
    near.sort_by_key(|(p, l)| (Reverse(*p), l.a, l.b));
    let mut guests: Vec<Guest> = Vec::new();
    for (_, l) in near {
        let (own, other) = if places.event_of(l.a) == Some(at) { (l.a, l.b) } else { (l.b, l.a) };
        let (Some(seat), Some(shown)) = (seats.row(own), entry(input, other, 0)) else { continue };
        if guests.iter().any(|g| g.entry.id == shown.id) {
            continue;
        }
        let chair = (seats.len() + guests.len()) as u32;
        links.push(link(input, l, (seat, chair), words));
        let event = places.event_of(other).map(|e| input.events.heads()[e].id);
        guests.push(Guest { event, entry: shown });
        if guests.len() == GUESTS {
            break;
        }
    }
    guests
}

fn link(input: &PageInput, link: &Link, (a, b): (u32, u32), words: bool) -> PageLink {
    PageLink {
        a,
        b,
        relation: link.relation.name(),
        p: link.p,
        by: link.by.names(),
        values: Feature::ALL.iter().map(|&f| round(link.features.get(f))).collect(),
        words: if words { shared_words(input, link) } else { BTreeMap::new() },
        looked_up: words,
        overlap: link.overlap.as_ref().map(shares),
    }
}

/// The words behind every feature that says something; features of dates and outlets have none.
fn shared_words(input: &PageInput, link: &Link) -> BTreeMap<u32, Vec<String>> {
    let spoken = Feature::ALL.into_iter().take_while(|&f| f != Feature::DaysApart);
    let found = spoken.filter(|&f| link.features.get(f) != 0.0).map(|f| {
        let words = (input.words_of)(link.a, link.b, f);
        (f as u32, words.iter().take(WORDS).map(|w| clip(w, WORD_CHARS).into_owned()).collect::<Vec<_>>())
    });
    found.filter(|(_, words)| !words.is_empty()).collect()
}
