//! Figures: one quantity as several origins give it: equal, moving on, or in dispute.

use super::fields::prefix;
use super::view::View;
use crate::algo::quantities::{Counted, Quantity, quantities};
use crate::algo::stems::Terms;
use crate::model::event::{Figure, FigureState, FigureValue};
use crate::model::{Flag, Row};
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;

/// Leaders whose figures are read; more witnesses of one event change nothing.
const MOST_LEADERS: usize = 500;
/// Bytes of a text that are read.
const MOST_BYTES: usize = 8_000;
/// Bytes in which those to whom something happened are looked for: what comes later is mostly background.
const PEOPLE_BYTES: usize = 2_000;
/// Content words near two mentions of a measure or a thing that show that one thing is meant.
const SHARED_WORDS: usize = 2;
/// How many times larger a number about one thing can be than another.
const MOST_TIMES: f64 = 5.0;
/// Two numbers say the same within this share of the larger when one is rough,
const ROUGHLY: f64 = 0.1;
/// and within this one when both are large or measures: one is rounded.
const ROUNDED: f64 = 0.025;
/// From which number a count is rounded.
const LARGE: f64 = 1_000.0;

/// A quantity in the text of a leader.
struct Mention {
    row: Row,
    quantity: Quantity,
    /// As printed, with its neighbours.
    text: String,
}

/// The figures of an event: each counted thing that two origins or more give. Copies do not vote.
pub(super) fn figures(view: &View, terms: &mut Terms) -> Vec<Figure> {
    if view.cluster.origins.len() < 2 {
        return Vec::new();
    }
    let mut by_thing: BTreeMap<(Counted, u32), Vec<Mention>> = BTreeMap::new();
    for row in view.leaders().take(MOST_LEADERS) {
        for mention in mentions(view, row, terms) {
            by_thing.entry((mention.quantity.counted, mention.quantity.key)).or_default().push(mention);
        }
    }
    let mut out: Vec<(Row, usize, Figure)> = by_thing
        .into_values()
        .filter_map(|mentions| {
            let chosen = chosen(&mentions);
            let first = chosen.first().filter(|_| chosen.len() > 1)?;
            Some((first.row, first.quantity.range.start, figure(view, &chosen)))
        })
        .collect();
    out.sort_by(|x, y| (x.0, x.1, &x.2.counts).cmp(&(y.0, y.1, &y.2.counts)));
    out.into_iter().map(|o| o.2).collect()
}

/// The quantities of title and body.
fn mentions(view: &View, row: Row, terms: &mut Terms) -> Vec<Mention> {
    let text = view.text(row);
    let whole = format!("{}\n{}", text.title, prefix(&view.body(row), MOST_BYTES));
    let all = quantities(&whole, text.lang, terms);
    all.into_iter()
        .filter(|q| q.counted != Counted::People || q.range.start < PEOPLE_BYTES)
        .map(|quantity| {
            let text = whole.get(quantity.range.clone()).unwrap_or("").replace('\n', " ");
            Mention { row, quantity, text }
        })
        .collect()
}

/// One mention per origin, in global order. For people its first. Measures and things mean many things, so the value
/// that most origins give (ties to the first given) sets what is meant: an origin that gives it anywhere is taken at
/// that, another at its first mention with two content words near it in common.
fn chosen(mentions: &[Mention]) -> Vec<&Mention> {
    let groups = || mentions.chunk_by(|x, y| x.row == y.row);
    if mentions.first().is_none_or(|m| m.quantity.counted == Counted::People) {
        return groups().filter_map(|g| g.first()).collect();
    }
    let Some(meant) = meant(mentions) else { return Vec::new() };
    let same = |m: &&Mention| m.quantity.value == meant.quantity.value;
    let like = |m: &&Mention| alike(&m.quantity, &meant.quantity);
    groups().filter_map(|g| g.iter().find(same).or_else(|| g.iter().find(like))).collect()
}

/// The first mention of the value that most origins give.
fn meant(mentions: &[Mention]) -> Option<&Mention> {
    let mut votes: FxHashMap<u64, (u32, Option<Row>)> = FxHashMap::default();
    for m in mentions {
        let vote = votes.entry(m.quantity.value.to_bits()).or_default();
        if vote.1 != Some(m.row) {
            *vote = (vote.0 + 1, Some(m.row));
        }
    }
    let votes_of = |m: &Mention| votes.get(&m.quantity.value.to_bits()).map_or(0, |v| v.0);
    mentions.iter().rev().max_by_key(|m| votes_of(m))
}

/// Whether two mentions of a measure or a thing mean the same: enough words near both, and like sizes.
fn alike(x: &Quantity, y: &Quantity) -> bool {
    let (small, large) = (x.value.abs().min(y.value.abs()), x.value.abs().max(y.value.abs()));
    let shared = x.context.iter().filter(|t| y.context.binary_search(t).is_ok()).count();
    shared >= SHARED_WORDS && large <= MOST_TIMES * small
}

fn figure(view: &View, chosen: &[&Mention]) -> Figure {
    let value = |m: &&Mention| FigureValue {
        value: m.quantity.value,
        text: m.text.clone(),
        entry: view.entry(m.row).id,
        outlet: view.entry(m.row).outlet.to_string(),
        at: view.at(m.row),
    };
    Figure {
        counts: chosen.first().map(|m| m.quantity.counts.clone()).unwrap_or_default(),
        state: state(view, chosen),
        values: chosen.iter().map(value).collect(),
    }
}

/// Equal when no two differ; a dispute when two that differ were given at one time, or nobody knows when, unless one
/// corrects the other; else a progression.
fn state(view: &View, chosen: &[&Mention]) -> FigureState {
    let mut state = FigureState::Equal;
    for (i, x) in chosen.iter().enumerate() {
        for y in chosen[i + 1..].iter().filter(|y| differ(&x.quantity, &y.quantity)) {
            let (a, b) = (&view.entry(x.row).published, &view.entry(y.row).published);
            let corrects = |m: &Mention| view.text(m.row).flags.has(Flag::Correction);
            if !a.before(b) && !b.before(a) && corrects(x) == corrects(y) {
                return FigureState::Dispute;
            }
            state = FigureState::Progression;
        }
    }
    state
}

/// Whether two values say different things: "about 50" and 48 do not, nor do 43,885,310 and 44 million.
fn differ(x: &Quantity, y: &Quantity) -> bool {
    let larger = x.value.abs().max(y.value.abs());
    let rounds = x.counted == Counted::Measure || larger >= LARGE;
    let allowed = match (x.rough || y.rough, rounds) {
        (true, _) => ROUGHLY,
        (_, true) => ROUNDED,
        _ => 0.0,
    };
    (x.value - y.value).abs() > allowed * larger
}
