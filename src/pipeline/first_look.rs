//! Candidates scored block of rows against block, so that the sketches of two blocks are at hand and no more.

use super::recovery::Say;
use super::signal::Signal;
use crate::model::{Link, Pair, Proposals, Stage};
use crate::settings::Settings;
use crate::stage::pair;
use crate::stage::score::{self, Crowds, Evidence, Stretch, Window};
use rayon::prelude::*;
use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

/// Pairs scored between two signs of life.
const PART: usize = 1 << 16;

/// What is known once every candidate has been looked at: what the others say of each, and those that an address vouches for.
pub struct FirstLook {
    crowds: Crowds,
    /// Ascending by (a, b).
    pub vouched: Vec<Link>,
}

impl FirstLook {
    /// Looks at every candidate. `stretch` gives the sketches of rows, `block` of which are at hand twice; `put` gets the
    /// links of each block of rows, those to one block after the other, ascending.
    pub fn at<'a, E>(
        mut evidence: Evidence<'a>,
        (stretch, block): (&dyn Fn(Range<usize>) -> Arc<Stretch<'a>>, usize),
        pairs: &[Pair],
        (settings, say): (&Settings, Say),
        mut put: impl FnMut(Range<usize>, Vec<Link>) -> Result<(), E>,
    ) -> Result<FirstLook, E> {
        let n = evidence.briefs.len();
        let mut out = FirstLook { crowds: Crowds::new(n), vouched: Vec::new() };
        let blocks: Vec<Range<usize>> =
            (0..n).step_by(block).map(|start| start..n.min(start.saturating_add(block))).collect();
        let first = |row: usize| pairs.partition_point(|p| p.a.at() < row);
        let mut next = None;
        for (i, rows) in blocks.iter().enumerate() {
            let of_rows = &pairs[first(rows.start)..first(rows.end)];
            let near = next.take().unwrap_or_else(|| stretch(rows.clone()));
            // From the farthest to the nearest, which the next round begins with.
            for others in [rows].into_iter().chain(blocks[i + 1..].iter().rev()) {
                evidence.turn_to(Window::one(near.clone()));
                if others != rows {
                    next = None;
                    let far = next.insert(stretch(others.clone())).clone();
                    evidence.turn_to(Window::two(near.clone(), far));
                }
                // Room that is not written to costs nothing; a list that grows is there twice meanwhile.
                let mut links = Vec::with_capacity(if blocks.len() == 1 { of_rows.len() } else { 0 });
                for part in of_rows.chunks(PART) {
                    let within = part.iter().filter(|p| others.contains(&p.b.at()));
                    let part: Cow<[Pair]> = if blocks.len() == 1 { part.into() } else { within.copied().collect() };
                    links.extend(out.look(&evidence, &part, settings));
                    say(Signal::StageAdvanced { stage: Stage::Score, by: part.len() as u64 });
                }
                put(rows.clone(), links)?;
            }
        }
        out.vouched.sort_unstable_by_key(|l| (l.a, l.b));
        Ok(out)
    }

    /// The links of some candidates that may yet be made.
    fn look(&mut self, evidence: &Evidence, part: &[Pair], settings: &Settings) -> Vec<Link> {
        let mut looked = score::first_look(evidence, part, &settings.score);
        self.crowds.see(&looked);
        self.vouched.extend(looked.extract_if(.., |l| l.by.has(Proposals::ADDRESS)).map(pair::vouched));
        looked.retain(|l| score::may_be_made(l, &settings.score));
        looked
    }

    /// The links that are made of all that were looked at.
    pub fn settle(mut self, links: Vec<Link>, settings: &Settings) -> Vec<Link> {
        let vouched = std::mem::take(&mut self.vouched);
        self.settle_part(links, vouched, settings)
    }

    /// The links that are made of some, which ascend by (a, b), and of those that are vouched for beside them.
    pub fn settle_part(&self, mut links: Vec<Link>, mut vouched: Vec<Link>, settings: &Settings) -> Vec<Link> {
        self.crowds.settle(&mut links, &settings.score.weights);
        links.retain(score::is_made);
        if !vouched.is_empty() {
            links.append(&mut vouched);
            links.par_sort_unstable_by_key(|l| (l.a, l.b));
        }
        if !settings.pair.same_event {
            links.retain(|l| l.relation.is_copy());
        }
        links
    }
}

/// Blocks of a large night, two of them at hand at a time …
pub const BLOCKS: usize = 8;

/// … and the fewest rows of a block: each is read several times.
pub const BLOCK: usize = 1 << 20;
