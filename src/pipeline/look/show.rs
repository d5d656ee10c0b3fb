//! One event or one entry as it was published: from the state, or from the last folder where nothing is kept.

use super::alone::among_copies;
use super::brief::{EntryBrief, EventBrief, title};
use super::night::{Named, Night};
use crate::error::{Error, Result};
use crate::model::report::EntryRow;
use crate::model::{EntryId, Event, Row, TextHash};
use crate::pipeline::folder;
use crate::settings::Settings;
use crate::stage::report::rows::entry_row;
use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader, ErrorKind};
use std::path::Path;

/// What was asked for.
#[derive(Clone, PartialEq, Debug, Serialize, JsonSchema)]
#[serde(tag = "shows", rename_all = "snake_case")]
pub enum Shown {
    /// An event.
    Event(Box<ShownEvent>),
    /// An entry.
    Entry(Box<ShownEntry>),
}

/// An event: its canonical record and its entries in a line each.
#[derive(Clone, PartialEq, Debug, Serialize, JsonSchema)]
pub struct ShownEvent {
    /// The run it is from.
    pub run: String,
    /// The canonical record.
    #[serde(flatten)]
    pub event: Event,
    /// Its entries, in its order.
    pub members: Vec<EntryBrief>,
}

/// An entry: its row of entries.jsonl and more.
#[derive(Clone, PartialEq, Debug, Serialize, JsonSchema)]
pub struct ShownEntry {
    /// The run it is from.
    pub run: String,
    /// Its row.
    #[serde(flatten)]
    pub row: EntryRow,
    /// Its text as published; null where no state keeps it.
    pub text: Option<String>,
    /// Its texts as they became known, the current one among them; empty where no state keeps them.
    pub versions: Vec<TextHash>,
    /// Its event; null for an umbrella.
    pub event: Option<EventBrief>,
    /// The leader of its origin.
    pub origin: Option<EntryId>,
    /// `leader`, or how it relates to the leader.
    pub relation: Option<&'static str>,
    /// The rule that made it an umbrella.
    pub umbrella: Option<String>,
}

/// Finds an event or an entry: by its id or the beginning of it; an entry also by its key.
///
/// # Errors
/// Nothing was published yet, nothing or several things are named so, or they cannot be read.
pub fn show(settings: &Settings, word: &str) -> Result<Shown> {
    match &settings.state {
        Some(path) if path.exists() => from_state(&Night::open(settings, "show")?, word),
        _ => Published::open(settings)?.find(word),
    }
}

fn from_state(night: &Night, word: &str) -> Result<Shown> {
    match night.named(word)? {
        Named::Event(place) => {
            let event = night.events[place].clone();
            let members = night.clusters[place].rows().into_iter().map(|r| (night.id(r), night.brief(r))).collect();
            let run = night.run.name.clone();
            Ok(Shown::Event(Box::new(ShownEvent { run, members: in_order(&event, members), event })))
        }
        Named::Entry(row) => entry(night, row).map(|e| Shown::Entry(Box::new(e))),
    }
}

fn entry(night: &Night, row: Row) -> Result<ShownEntry> {
    let entry = &night.entries[row.at()];
    let known = night.store.known(&[entry.id])?.into_iter().flatten().next();
    let place = night.place(row);
    let copies = place.map(|p| among_copies(night, p, row));
    Ok(ShownEntry {
        run: night.run.name.clone(),
        row: entry_row(entry, &night.text(row)),
        text: Some(entry.body.text().into_owned()),
        versions: known.map(|k| k.texts).unwrap_or_default(),
        event: place.map(|p| night.event_brief(p)),
        origin: copies.as_ref().map(|c| c.leader.id),
        relation: copies.map(|c| c.relation),
        umbrella: night.umbrella(row).map(|u| u.rule.clone()),
    })
}

/// The members in the order of the event's own list.
fn in_order(event: &Event, mut members: BTreeMap<EntryId, EntryBrief>) -> Vec<EntryBrief> {
    event.entries.iter().filter_map(|id| members.remove(id)).collect()
}

/// The last published folder.
struct Published {
    folder: std::path::PathBuf,
    run: String,
}

impl Published {
    fn open(settings: &Settings) -> Result<Published> {
        let folder = folder::latest(&settings.out).ok_or_else(|| {
            Error::Usage(format!("nothing has been published in {} yet; `retold run` does", settings.out.display()))
        })?;
        let run = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Ok(Published { folder, run })
    }

    fn find(&self, word: &str) -> Result<Shown> {
        let lower = word.to_ascii_lowercase();
        let starts = |id: String, least: usize| lower.len() >= least && id.starts_with(&lower);
        if word.starts_with("ev-") {
            let mut events: Vec<Event> = self.rows("events", |e: &Event| starts(e.event_id.to_string(), 9))?;
            return match (events.pop(), events.is_empty()) {
                (Some(event), true) => self.event(event),
                (found, _) => Err(self.not_one(word, found.is_some())),
            };
        }
        let mut rows = self.rows("entries", |e: &EntryRow| e.key == word || starts(e.id.to_string(), 6))?;
        match (rows.pop(), rows.is_empty()) {
            (Some(row), true) => self.entry(row),
            (found, _) => Err(self.not_one(word, found.is_some())),
        }
    }

    fn not_one(&self, word: &str, several: bool) -> Error {
        let what = if several { "fits more than one; give more of the id" } else { "is no id or key in it" };
        Error::Usage(format!(
            "{}: `{word}` {what}; `retold export entries --columns id,outlet,title` lists them",
            self.run
        ))
    }

    fn event(&self, event: Event) -> Result<Shown> {
        let rows = self.rows("entries", |e: &EntryRow| event.entries.contains(&e.id))?;
        let members = rows.into_iter().map(|row| (row.id, brief(&row))).collect();
        Ok(Shown::Event(Box::new(ShownEvent { run: self.run.clone(), members: in_order(&event, members), event })))
    }

    fn entry(&self, row: EntryRow) -> Result<Shown> {
        let event = self.rows("events", |e: &Event| e.entries.contains(&row.id))?.pop();
        let origin = event.as_ref().and_then(|e| e.origins.iter().find(|o| o.entries.contains(&row.id)));
        Ok(Shown::Entry(Box::new(ShownEntry {
            run: self.run.clone(),
            text: None,
            versions: Vec::new(),
            origin: origin.map(|o| o.leader),
            relation: origin.filter(|o| o.leader == row.id).map(|_| "leader"),
            event: event.as_ref().map(EventBrief::of),
            umbrella: None,
            row,
        })))
    }

    /// The rows of a table that are wanted.
    fn rows<T: DeserializeOwned>(&self, table: &str, wanted: impl Fn(&T) -> bool) -> Result<Vec<T>> {
        let path = self.folder.join(format!("{table}.jsonl"));
        let file = File::open(&path).map_err(|e| match e.kind() {
            ErrorKind::NotFound => Error::Usage(format!(
                "the last run has no {}; add \"{table}\" to [report] write, or keep a state, and run again",
                path.display()
            )),
            _ => Error::io("read", &path)(e),
        })?;
        let mut found = Vec::new();
        for (line, number) in BufReader::new(file).lines().zip(1_u64..) {
            let row: T = parse(&line.map_err(Error::io("read", &path))?, number, &path)?;
            if wanted(&row) {
                found.push(row);
            }
        }
        Ok(found)
    }
}

fn parse<T: DeserializeOwned>(line: &str, number: u64, path: &Path) -> Result<T> {
    serde_json::from_str(line).map_err(|e| {
        let why = format!("line {number}: {e}; the file was changed after it was published");
        Error::io("parse", path)(std::io::Error::new(ErrorKind::InvalidData, why))
    })
}

fn brief(row: &EntryRow) -> EntryBrief {
    EntryBrief {
        id: row.id,
        outlet: row.outlet.clone(),
        title: title(&row.title, ""),
        published: row.published.clone(),
        clock: row.clock,
    }
}
