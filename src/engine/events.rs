//! The events of a run: at hand, or put away as the lines that will be written.

use super::Shelves;
use crate::error::Result;
use crate::model::told::Head;
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
    len: u32,
}

impl From<Vec<Event>> for Events {
    fn from(whole: Vec<Event>) -> Events {
        Events { heads: whole.iter().map(Event::head).collect(), whole, away: Vec::new() }
    }
}

impl Events {
    /// Puts the next events away.
    ///
    /// # Errors
    /// The disk.
    pub fn put(&mut self, events: Vec<Event>, shelves: &mut Shelves) -> Result<()> {
        let lines: Vec<Vec<u8>> = (0..events.len()).into_par_iter().map(|at| events.line(at).into_owned()).collect();
        let (shelf, mut at) = shelves.put_bytes(lines.concat())?;
        for line in lines {
            let len = line.len() as u32;
            self.away.push(Away { shelf: shelf.clone(), at, len });
            at += u64::from(len);
        }
        self.heads.extend(events.iter().map(Event::head));
        Ok(())
    }

    /// An event, or as much of it as `T` reads. `None` where the shelf gives something else, of which it knows.
    pub fn read<T: serde::de::DeserializeOwned>(&self, at: usize) -> Option<T> {
        let read = serde_json::from_slice(&self.line(at)).ok();
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
            Some(away) => away.shelf.take(away.at, away.len as usize),
            None => self.whole.line(at),
        }
    }
}
