//! The stages of a run that put away what they make: of a night, only what all later steps ask for stays at hand.

use super::first_look::{BLOCK, BLOCKS};
use super::recovery::Say;
use super::stamps::Step;
use super::work::{Told, Work};
use crate::algo::lexicon::Lexicon;
use crate::engine::{self, Away, Events, Lately, Links, Shelves, read_rules};
use crate::error::Result;
use crate::model::{Entry, Event, Link, Row, Sketch, Stage};
use crate::settings::Settings;
use crate::stage::merge::merge_in_parts;
use crate::stage::{fingerprint, normalise};
use rayon::prelude::*;
use std::ops::Range;

/// Keeps the sketches of entries beyond the run: in the state, where there is one.
pub type Keep<'a> = dyn FnMut(&[Entry], &[Sketch]) -> Result<()> + Send + 'a;

impl Work {
    /// Does a stage as [`Work::run`] does, and puts away what it makes.
    ///
    /// # Errors
    /// The disk, and what `keep` says.
    pub fn run_aside(
        &mut self,
        stage: Stage,
        settings: &Settings,
        (as_of, steps, say): (i64, &[Step], Say),
        (shelves, keep): (&mut Shelves, &mut Keep),
    ) -> Result<Told> {
        match stage {
            Stage::Fingerprint => self.fingerprint_away(settings, shelves, keep),
            Stage::Score => self.score_away(settings, say, shelves),
            Stage::Merge => self.merge_away(settings, as_of, shelves),
            _ => Ok(self.run(stage, settings, as_of, steps, say)),
        }
    }

    /// Sketches all texts, hands the sketches to `keep` and puts them away, part by part, while the next part is made.
    ///
    /// # Errors
    /// The disk, and what `keep` says.
    fn fingerprint_away(&mut self, settings: &Settings, shelves: &mut Shelves, keep: &mut Keep) -> Result<Told> {
        let (n, rules, print) = (self.entries.len(), read_rules(settings), &settings.fingerprint);
        let text = |row: Row| normalise::uncounted(&self.entries[row.at()], &self.tables, &rules);
        let (mut texts, mut counted) = (Vec::with_capacity(n), Lexicon::default());
        let mut away = Away::new(print.bands, print.rows);
        let make = |rows: Range<usize>| fingerprint::part(rows, text, print);
        let rows_from = |start: usize| start..n.min(start + fingerprint::PART);
        let (mut rows, mut made) = (rows_from(0), make(rows_from(0)));
        while !rows.is_empty() {
            let (next, (mut part, sketches)) = (rows_from(rows.end), made);
            let put = || {
                keep(&self.entries[rows], &sketches)?;
                counted.merge(fingerprint::counted_terms(&sketches));
                away.add(&sketches, shelves)
            };
            let (done, of_next) = rayon::join(put, || make(next.clone()));
            done?;
            texts.append(&mut part);
            (rows, made) = (next, of_next);
        }
        self.lexicon = fingerprint::lexicon_of(counted, &engine::langs(&texts), print);
        (self.texts, self.away, self.sketched) = (texts, Some(away), true);
        (self.marks, self.shingled, self.vectors) = (None, Lately::default(), None);
        Ok(self.told(Stage::Fingerprint, n))
    }

    /// Scores the candidates and puts the links away.
    ///
    /// # Errors
    /// The disk.
    fn score_away(&mut self, settings: &Settings, say: Say, shelves: &mut Shelves) -> Result<Told> {
        self.score_in_blocks(self.entries.len().div_ceil(BLOCKS).max(BLOCK), (settings, say), shelves)
    }

    fn score_in_blocks(
        &mut self,
        block: usize,
        (settings, say): (&Settings, Say),
        shelves: &mut Shelves,
    ) -> Result<Told> {
        let pairs = std::mem::take(&mut self.pairs);
        // What was found in one block of rows after the other, each as it was put away; of a single block, as it is.
        let (mut looked, mut whole): (Vec<(Range<usize>, Vec<Links>)>, _) = (Vec::new(), None);
        let n = self.entries.len();
        let put = |rows: Range<usize>, part: Vec<Link>| {
            if rows.len() == n {
                whole = Some(part);
                return Ok(());
            }
            let mut links = Links::default();
            links.put(rows.clone(), &part, shelves)?;
            match looked.last_mut() {
                Some((last, of_rows)) if *last == rows => of_rows.push(links),
                _ => looked.push((rows, vec![links])),
            }
            Ok(())
        };
        let mut first = self.first_look(&pairs, block, (settings, say), put)?;
        let (read, mut linked) = (pairs.len(), Links::default());
        drop(pairs);
        if let Some(links) = whole {
            let vouched = std::mem::take(&mut first.vouched);
            linked.put(0..n, &first.settle_part(links, vouched, settings), shelves)?;
        }
        for (_, of_rows) in &looked {
            let mut parts: Vec<_> = of_rows.iter().map(Links::parts).collect();
            while let Some((rows, mut links)) = parts[0].next() {
                parts[1..].iter_mut().for_each(|others| links.extend(others.next().into_iter().flat_map(|p| p.1)));
                links.par_sort_unstable_by_key(|l| (l.a, l.b));
                let vouched = first.vouched.extract_if(.., |l| rows.contains(&l.a.at())).collect();
                linked.put(rows, &first.settle_part(links, vouched, settings), shelves)?;
            }
        }
        self.linked = Some(linked);
        Ok(self.told(Stage::Score, read))
    }

    /// Makes the events and puts them away, part by part.
    ///
    /// # Errors
    /// The disk.
    fn merge_away(&mut self, settings: &Settings, as_of: i64, shelves: &mut Shelves) -> Result<Told> {
        let (mut events, body) = (Events::default(), |row| self.body(row));
        let put = |part: Vec<Event>| events.put(part, shelves);
        let made = merge_in_parts(&self.merge_input(&body, as_of), &settings.merge, put)?;
        (self.events, self.registry, self.lineage) = (events, made.registry, made.lineage);
        Ok(self.told(Stage::Merge, self.clusters.len()))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::model::Proposals;
    use crate::pipeline::stamps;
    use crate::stage::fixtures::entry_of;
    use std::path::Path;

    /// Accounts of a few events, copies among them, and one address in two languages.
    fn entries() -> Vec<Entry> {
        let word = |n: usize| format!("w{}", (b'a' + (n % 26) as u8) as char).repeat(1 + n / 26);
        let body = |event: usize, own: usize| -> String {
            (0..90).map(|i| word(if i % 3 == own % 3 { own * 7 + i } else { event * 31 + i * i % 40 }) + " ").collect()
        };
        let one = |i: usize| {
            let (event, own) = (i % 5, if i.is_multiple_of(7) { 0 } else { i });
            let at = Some(1_768_348_800 + 60 * i as i64);
            entry_of(&format!("Outlet {}", i % 9), &i.to_string(), &word(event * 31), &body(event, own), at)
        };
        let mut entries: Vec<Entry> = (0..60).map(one).collect();
        for (i, lang) in [(3, "de"), (44, "fr")] {
            (entries[i].url, entries[i].lang) = (Some("https://example.org/story/1".into()), Some(lang.into()));
        }
        entries.sort_by_key(Entry::order);
        entries
    }

    #[test]
    fn the_size_of_the_blocks_changes_no_link_and_nor_does_where_things_lie() {
        let (settings, entries) = (Settings::defaults(Path::new(".")), entries());
        let steps = stamps::plan(stamps::inputs(&entries), &settings, &[], &Stage::ALL, true);
        let mut whole = Work::remade(entries.clone(), &settings);
        whole.run(Stage::Score, &settings, 0, &steps, &|_| {});
        for relation in
            [|l: &Link| l.relation.is_copy(), |l: &Link| l.by.has(Proposals::ADDRESS), |l: &Link| l.b.at() > 30]
        {
            assert!(whole.links.iter().any(relation));
        }
        for block in [7, 16, 59, 1_000] {
            let (mut work, mut shelves) = (Work { entries: entries.clone(), ..Work::default() }, Shelves::new(None));
            for stage in [Stage::Normalise, Stage::Fingerprint, Stage::Pair] {
                let keep: &mut Keep = &mut |_, _| Ok(());
                work.run_aside(stage, &settings, (0, &steps, &|_| {}), (&mut shelves, keep)).unwrap();
            }
            assert_eq!(work.pairs(), whole_pairs(&entries, &settings));
            assert!((0..60).all(|i| work.shingles(Row(i), &settings) == *whole.sketches[i as usize].shingles));
            work.score_in_blocks(block, (&settings, &|_| {}), &mut shelves).unwrap();
            let links: Vec<Link> = work.linked.iter().flat_map(Links::parts).flat_map(|(_, part)| part).collect();
            assert_eq!(links, whole.links);
            work.run(Stage::Cluster, &settings, 0, &steps, &|_| {});
            whole.run(Stage::Cluster, &settings, 0, &steps, &|_| {});
            assert_eq!((&work.clusters, &work.umbrellas), (&whole.clusters, &whole.umbrellas));
        }
    }

    #[test]
    fn shingles_made_again_are_those_of_the_settings_of_the_day() {
        let (mut settings, entries) = (Settings::defaults(Path::new(".")), entries());
        let steps = stamps::plan(stamps::inputs(&entries), &settings, &[], &Stage::ALL, true);
        let (mut work, mut shelves) = (Work { entries: entries.clone(), ..Work::default() }, Shelves::new(None));
        for words in [3, 4] {
            settings.fingerprint.shingle = words;
            for stage in [Stage::Normalise, Stage::Fingerprint] {
                let keep: &mut Keep = &mut |_, _| Ok(());
                work.run_aside(stage, &settings, (0, &steps, &|_| {}), (&mut shelves, keep)).unwrap();
            }
            let whole = Work::remade(entries.clone(), &settings);
            assert_eq!(work.shingles(Row(0), &settings), whole.sketches[0].shingles.to_vec());
        }
    }

    fn whole_pairs(entries: &[Entry], settings: &Settings) -> Vec<crate::model::Pair> {
        Work::remade(entries.to_vec(), settings).pairs().to_vec()
    }
}
