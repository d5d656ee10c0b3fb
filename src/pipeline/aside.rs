//! The stages of a run that put away what they make: of a night, only what all later steps ask for stays at hand.

use super::recovery::Say;
use super::stamps::Step;
use super::work::{Told, Work, read_rules};
use crate::algo::lexicon::Lexicon;
use crate::engine::{self, Away, Events, Links, Shelves};
use crate::error::Result;
use crate::model::{Event, Link, Row, Stage};
use crate::settings::Settings;
use crate::stage::merge::merge_in_parts;
use crate::stage::{fingerprint, normalise};
use rayon::prelude::*;
use std::ops::Range;

impl Work {
    /// Does a stage as [`Work::run`] does, and puts away what it makes.
    ///
    /// # Errors
    /// The disk.
    pub fn run_aside(
        &mut self,
        stage: Stage,
        settings: &Settings,
        (as_of, steps, say): (i64, &[Step], Say),
        shelves: &mut Shelves,
    ) -> Result<Told> {
        match stage {
            Stage::Fingerprint => self.fingerprint_away(settings, shelves),
            Stage::Score => self.score_away(settings, say, shelves),
            Stage::Merge => self.merge_away(settings, as_of, shelves),
            _ => Ok(self.run(stage, settings, as_of, steps, say)),
        }
    }

    /// Sketches all texts and puts the sketches away, part by part.
    ///
    /// # Errors
    /// The disk.
    fn fingerprint_away(&mut self, settings: &Settings, shelves: &mut Shelves) -> Result<Told> {
        let (n, rules, print) = (self.entries.len(), read_rules(settings), &settings.fingerprint);
        let text = |row: Row| normalise::uncounted(&self.entries[row.at()], &self.tables, &rules);
        let (mut texts, mut counted) = (Vec::with_capacity(n), Lexicon::default());
        let mut away = Away::new(print.bands, print.rows);
        for start in (0..n).step_by(fingerprint::PART) {
            let (mut part, sketches) = fingerprint::part(start..n.min(start + fingerprint::PART), text, print);
            counted.merge(fingerprint::counted_terms(&sketches));
            away.add(&sketches, shelves)?;
            texts.append(&mut part);
        }
        self.lexicon = fingerprint::lexicon_of(counted, &engine::langs(&texts), print);
        (self.texts, self.away, self.sketched) = (texts, Some(away), true);
        (self.shingles, self.vectors) = (None, None);
        Ok(self.told(Stage::Fingerprint, n))
    }

    /// Scores the candidates and puts the links away.
    ///
    /// # Errors
    /// The disk.
    fn score_away(&mut self, settings: &Settings, say: Say, shelves: &mut Shelves) -> Result<Told> {
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
        let mut first = self.first_look(&pairs, settings, say, put)?;
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
