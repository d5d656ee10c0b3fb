//! Edited copies among all articles, and whether the stages find them.

use super::dice::Dice;
use super::edits::{Edit, Others};
use super::{TrialOptions, part};
use crate::algo::logistic::round6;
use crate::model::{Clock, Entry, EntryId, Overlap, Pair, Row, Sketch, Stage, TextHash};
use crate::pipeline::recovery::Say;
use crate::pipeline::work::Work;
use crate::settings::Settings;
use crate::stage::score::overlap;
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};
use serde::Serialize;

/// How copies of one edit fared.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct EditReport {
    /// The edit.
    pub name: String,
    /// Copies made.
    pub made: usize,
    /// Those that were proposed together with their original.
    pub proposed: usize,
    /// Those that are called a copy of their original, or are in one origin with it.
    pub found: usize,
    /// Found over made.
    pub share: f64,
}

/// A copy that was not found.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Missed {
    /// The edit.
    pub edit: String,
    /// The key of the original.
    pub key: String,
    /// Whether the two were proposed.
    pub proposed: bool,
    /// Words of the copy that are compared.
    pub words: u32,
    /// Shingles in both.
    pub shared: u32,
    /// Shared over the smaller text's.
    pub containment: f64,
    /// Shared over those of both together.
    pub jaccard: f64,
}

/// A copy and what it was made of.
struct Made {
    edit: Edit,
    original: EntryId,
    copy: EntryId,
}

/// What became of one copy.
struct Fate {
    proposed: bool,
    found: bool,
}

/// Adds edited copies to the entries, runs the stages over all, and looks for the copies.
pub fn edited(
    entries: Vec<Entry>,
    long: &[bool],
    options: &TrialOptions,
    settings: &Settings,
    say: Say,
) -> (Vec<EditReport>, EditReport, Vec<Missed>) {
    let (made, mixed) = mixed(entries, long, options);
    let mut work = Work::remade(mixed, settings);
    let proposed: Vec<Pair> = work.pairs().to_vec();
    for stage in [Stage::Score, Stage::Cluster] {
        work.run(stage, settings, 0, &[], say);
    }
    let truth = Truth::of(&work, &proposed);
    let fates: Vec<Fate> = made.iter().map(|m| truth.fate(m)).collect();
    let of = |edit: Edit| report(edit.name(), made.iter().zip(&fates).filter(|(m, _)| m.edit == edit).map(|p| p.1));
    let edits = Edit::ALL.map(of).to_vec();
    let lost = made.iter().zip(&fates).filter(|(_, fate)| !fate.found);
    let missed = lost.map(|(m, fate)| truth.missed(m, fate)).collect();
    (edits, report("all", fates.iter()), missed)
}

fn report<'a>(name: &str, fates: impl Iterator<Item = &'a Fate>) -> EditReport {
    let fates: Vec<&Fate> = fates.collect();
    let proposed = fates.iter().filter(|f| f.proposed).count();
    let found = fates.iter().filter(|f| f.found).count();
    EditReport { name: name.into(), made: fates.len(), proposed, found, share: part(found, fates.len()) }
}

/// Equal shares of copies by each edit, and all entries with them in the global order. No edit takes an article
/// twice; one article gives copies by several edits only where there are too few.
fn mixed(entries: Vec<Entry>, long: &[bool], options: &TrialOptions) -> (Vec<Made>, Vec<Entry>) {
    let articles: Vec<&Entry> = entries.iter().zip(long).filter(|(_, long)| **long).map(|(e, _)| e).collect();
    let mut order: Vec<usize> = (0..articles.len()).collect();
    let place = |i: &usize| (Dice::new(options.seed, &articles[*i].id.to_string()).throw(), articles[*i].id);
    order.sort_by_cached_key(place);
    let each = options.each.min(articles.len());
    let chosen: Vec<(Edit, usize)> = Edit::ALL
        .into_iter()
        .enumerate()
        .flat_map(|(e, edit)| (0..each).map(move |n| (edit, e * each + n)))
        .map(|(edit, n)| (edit, order[n % order.len()]))
        .collect();
    let copies: Vec<Entry> = chosen.par_iter().map(|(edit, i)| copy(*edit, *i, &articles, options.seed)).collect();
    let made = chosen.iter().zip(&copies);
    let made = made.map(|((edit, i), copy)| Made { edit: *edit, original: articles[*i].id, copy: copy.id }).collect();
    let mut all = entries;
    all.extend(copies);
    all.par_sort_by(|a, b| a.order().cmp(&b.order()));
    (made, all)
}

/// An edited copy, printed by another article's outlet within two days.
fn copy(edit: Edit, own: usize, articles: &[&Entry], seed: u64) -> Entry {
    let original = articles[own];
    let mut dice = Dice::new(seed, &format!("{} {}", edit.name(), original.id));
    let others = Others { articles, own };
    let printer = others.one(&mut dice);
    let later = (1 + dice.below(48) as i64) * 3_600;
    let (title, body) = edit.apply(original, &others, &mut dice);
    let key = format!("{}#{}", original.id, edit.name());
    let mut rare = original.rare.clone();
    if let Some(rare) = rare.get_mut() {
        (rare.updated, rare.parent) = (None, None);
    }
    Entry {
        id: EntryId::of(&printer.outlet, &key),
        outlet: printer.outlet.clone(),
        outlet_known: printer.outlet_known,
        owner: printer.owner.clone(),
        key,
        url: None,
        published: Clock { from: original.published.from.map(|f| f + later), ..original.published.clone() },
        rare,
        text_hash: TextHash::of(&title, &body),
        title,
        body: body.into(),
        ..original.clone()
    }
}

/// What the stages made of the mix, to be asked about copies.
struct Truth<'a> {
    row: FxHashMap<EntryId, Row>,
    proposed: FxHashSet<(Row, Row)>,
    copies: FxHashSet<(Row, Row)>,
    leader: FxHashMap<Row, Row>,
    sketches: &'a [Sketch],
    keys: Vec<&'a str>,
}

impl<'a> Truth<'a> {
    fn of(work: &'a Work, proposed: &[Pair]) -> Truth<'a> {
        let origins = work.clusters.iter().flat_map(|c| &c.origins);
        Truth {
            row: work.entries.iter().enumerate().map(|(i, e)| (e.id, Row(i as u32))).collect(),
            proposed: proposed.iter().map(|p| (p.a, p.b)).collect(),
            copies: work.links.iter().filter(|l| l.relation.is_copy()).map(|l| (l.a, l.b)).collect(),
            leader: origins.flat_map(|o| o.rows().map(|r| (r, o.leader))).collect(),
            sketches: &work.sketches,
            keys: work.entries.iter().map(|e| &*e.key).collect(),
        }
    }

    /// The rows of the original and of its copy.
    fn rows(&self, made: &Made) -> (Row, Row) {
        (self.row[&made.original], self.row[&made.copy])
    }

    fn fate(&self, made: &Made) -> Fate {
        let (a, b) = self.rows(made);
        let pair = (a.min(b), a.max(b));
        let one_origin = self.leader.get(&a).is_some_and(|l| self.leader.get(&b) == Some(l));
        Fate { proposed: self.proposed.contains(&pair), found: self.copies.contains(&pair) || one_origin }
    }

    fn missed(&self, made: &Made, fate: &Fate) -> Missed {
        let (a, b) = self.rows(made);
        let (x, y) = (&self.sketches[a.at()], &self.sketches[b.at()]);
        let Overlap { shared, containment, jaccard } = overlap(x, y);
        Missed {
            edit: made.edit.name().into(),
            key: self.keys[a.at()].into(),
            proposed: fate.proposed,
            words: y.words,
            shared,
            containment: round6(containment.into()),
            jaccard: round6(jaccard.into()),
        }
    }
}
