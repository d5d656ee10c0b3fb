//! The events of a run: at hand, or put away as the lines that will be written.

use super::Shelves;
use crate::error::Result;
use crate::model::told::{Flat, Head};
use crate::model::{Event, Shelf};
use crate::store::Records;
use rayon::prelude::*;
use std::borrow::Cow;
use std::sync::Arc;

/// The events of a run.
#[derive(Default)]
pub struct Events {
    /// What all are asked for.
    pub heads: Vec<Head>,
    /// Those at hand: all or none.
    whole: Vec<Event>,
    /// The others, each as its line of JSON.
    away: Vec<Away>,
}

struct Away {
    shelf: Arc<dyn Shelf>,
    at: u64,
    /// Bytes of what a table shows of it, and of its line, which follows them.
    flat: u32,
    line: u32,
}

impl From<Vec<Event>> for Events {
    fn from(whole: Vec<Event>) -> Events {
        Events { heads: whole.iter().map(Event::head).collect(), whole, away: Vec::new() }
    }
}

impl Events {
    /// Of these heads, and nothing else: nobody asks for more.
    pub fn headed(heads: Vec<Head>) -> Events {
        Events { heads, ..Events::default() }
    }

    /// Puts the next events away.
    ///
    /// # Errors
    /// The disk.
    pub fn put(&mut self, events: Vec<Event>, shelves: &mut Shelves) -> Result<()> {
        let pack = |at: usize| -> (Vec<u8>, usize) {
            let mut bytes = postcard::to_stdvec(&events[at].flat()).unwrap_or_default();
            let flat = bytes.len();
            bytes.extend_from_slice(&events.line(at));
            (bytes, flat)
        };
        let packed: Vec<(Vec<u8>, usize)> = (0..events.len()).into_par_iter().map(pack).collect();
        let all: Vec<&[u8]> = packed.iter().map(|(bytes, _)| &bytes[..]).collect();
        let (shelf, mut at) = shelves.put_bytes(all.concat())?;
        for (bytes, flat) in &packed {
            let (flat, line) = (*flat as u32, (bytes.len() - flat) as u32);
            self.away.push(Away { shelf: shelf.clone(), at, flat, line });
            at += bytes.len() as u64;
        }
        self.heads.extend(events.iter().map(Event::head));
        Ok(())
    }

    /// A whole event. `None` where the shelf gives something else, of which it knows.
    pub fn whole(&self, at: usize) -> Option<Event> {
        let read = serde_json::from_slice(&self.line(at)).ok();
        self.sound(at, read)
    }

    fn sound<T>(&self, at: usize, read: Option<T>) -> Option<T> {
        if let (None, Some(away)) = (&read, self.away.get(at)) {
            away.shelf.damaged();
        }
        read
    }

    /// Those at hand.
    pub fn into_whole(self) -> Vec<Event> {
        self.whole
    }
}

impl Records for Events {
    fn len(&self) -> usize {
        self.heads.len()
    }

    fn line(&self, at: usize) -> Cow<'_, [u8]> {
        match self.away.get(at) {
            Some(away) => away.shelf.take(away.at + u64::from(away.flat), away.line as usize),
            None => self.whole.line(at),
        }
    }

    fn flat(&self, at: usize) -> Option<Flat> {
        let Some(away) = self.away.get(at) else { return self.whole.flat(at) };
        self.sound(at, postcard::from_bytes(&away.shelf.take(away.at, away.flat as usize)).ok())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::model::event::{Cohesion, FirstReported, Review, SCHEMA_VERSION, Status, When};
    use crate::model::{ClockQuality, EntryId, EventId, Probability};

    fn event(n: u128) -> Event {
        Event {
            schema_version: SCHEMA_VERSION,
            event_id: EventId(n),
            status: Status::Open,
            title: format!("Ferry {n} aground"),
            summary: String::new(),
            when: When { from: None, to: Some("2026-01-14T10:05:00Z".into()), quality: ClockQuality::Minute },
            first_reported: FirstReported { entry: Some(EntryId(n)), outlet: None, at: None, basis: "only".into() },
            last_updated: None,
            entries: vec![EntryId(n), EntryId(n + 1)],
            origins: Vec::new(),
            outlet_count: 2,
            owner_count: 2,
            independent_count: 1,
            fields: Default::default(),
            figures: Vec::new(),
            timeline: Vec::new(),
            cohesion: Cohesion { weakest_link: Some(Probability(123_457)), density: 1.0, bridges: 0 },
            review: Review { state: "doubtful".into(), reasons: vec!["bridge".into()] },
            supersedes: Vec::new(),
            merged_into: None,
        }
    }

    #[test]
    fn events_put_away_read_back_equal() {
        let whole: Vec<Event> = (0..9).map(event).collect();
        let mut away = Events::default();
        whole.chunks(4).for_each(|part| away.put(part.to_vec(), &mut Shelves::new(None)).unwrap());
        assert_eq!(away.heads, Events::from(whole.clone()).heads);
        assert!((0..9).all(|at| away.line(at) == whole.line(at) && away.flat(at) == whole.flat(at)));
        assert!((0..9).all(|at| away.whole(at).as_ref() == Some(&whole[at])));
    }
}
