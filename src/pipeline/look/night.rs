//! What the last run left in the state, loaded to be looked at, and what a person's words for an entry mean in it.

use super::brief::{EntryBrief, EventBrief};
use crate::algo::lexicon::Lexicon;
use crate::engine;
use crate::error::{Error, Result};
use crate::model::{Cluster, Entry, EntryId, Event, EventId, Link, Row, Stage, Text, Umbrella};
use crate::pipeline::last::Last;
use crate::settings::Settings;
use crate::stage::normalise::{self, Tables};
use crate::stage::report::rows;
use crate::store::{RunRow, Store};
use std::path::Path;

/// Fewest digits of an id that stand for it.
const LEAST_DIGITS: usize = 6;
/// Stages whose settings change what is looked at.
const COMPARED: [Stage; 6] =
    [Stage::Normalise, Stage::Fingerprint, Stage::Pair, Stage::Score, Stage::Cluster, Stage::Merge];
/// Most entries that are named when words fit several.
const MOST_NAMED: usize = 5;

/// The last committed run.
pub struct Night {
    pub(super) store: Box<dyn Store>,
    /// The run's row.
    pub run: RunRow,
    /// The settings it ran with.
    pub settings: Settings,
    /// Whether pipeline.toml says something else by now.
    pub changed: bool,
    /// The working set in global order.
    pub entries: Vec<Entry>,
    /// Its clusters.
    pub clusters: Vec<Cluster>,
    /// Its umbrellas.
    pub umbrellas: Vec<Umbrella>,
    /// Its events, parallel to the clusters; empty when the run ended before.
    pub events: Vec<Event>,
    pub(super) tables: Tables,
    pub(super) links: Vec<Link>,
    pub(super) lexicon: Lexicon,
    places: Vec<Option<u32>>,
}

/// What a word names.
pub(super) enum Named {
    Entry(Row),
    Event(usize),
}

impl Night {
    /// Opens the state and reads what `show` needs: entries, clusters, events.
    ///
    /// # Errors
    /// There is no state, no run in it yet, or it cannot be read.
    pub fn open(settings: &Settings, verb: &str) -> Result<Night> {
        state_path(settings, verb)?;
        let none = || Error::Usage("the state holds no run yet; `retold run` makes one".into());
        Night::of(Last::open(settings)?.ok_or_else(none)?, settings)
    }

    /// Of a run that is in memory already, with what was made of it or taken from the state so far.
    ///
    /// # Errors
    /// The state cannot be read, or its tables do not fit one another.
    pub fn of(mut last: Last, now: &Settings) -> Result<Night> {
        [Stage::Cluster, Stage::Merge].into_iter().try_for_each(|stage| last.take(stage))?;
        let then = last.settings(now);
        let differs = |then: &Settings| COMPARED.into_iter().any(|s| then.stage_hash(s) != now.stage_hash(s));
        let Last { run, work, store, .. } = last;
        if !fits(work.entries.len(), &work.clusters, &work.umbrellas, work.events.heads.len()) {
            return Err(Error::Check(
                "the tables of the state do not fit one another; `retold run --force` makes them again".into(),
            ));
        }
        Ok(Night {
            store,
            run,
            changed: then.as_ref().is_none_or(differs),
            settings: then.unwrap_or_else(|| now.clone()),
            places: rows::places(work.entries.len(), &work.clusters),
            entries: work.entries,
            clusters: work.clusters,
            umbrellas: work.umbrellas,
            events: work.events.into_whole(),
            tables: work.tables,
            links: work.links,
            lexicon: work.lexicon,
        })
    }

    /// As [`Night::open`], with what `explain` needs besides: links and document frequencies.
    ///
    /// # Errors
    /// As [`Night::open`].
    pub fn open_with_links(settings: &Settings) -> Result<Night> {
        let mut night = Night::open(settings, "explain")?;
        night.links = night.store.links()?;
        let lacking = || Error::Usage("the last run ended before texts were compared; `retold run` goes on".into());
        night.lexicon = engine::kept_lexicon(&*night.store)?.ok_or_else(lacking)?;
        Ok(night)
    }

    /// The entry of that id.
    pub fn row(&self, id: EntryId) -> Option<Row> {
        (0..).map(Row).zip(&self.entries).find(|(_, e)| e.id == id).map(|(row, _)| row)
    }

    /// The entry that an id, the beginning of one (six digits or more) or a key stands for.
    ///
    /// # Errors
    /// None, or several.
    pub fn entry(&self, word: &str) -> Result<Row> {
        let digits = word.to_ascii_lowercase();
        let is_start = (LEAST_DIGITS..=32).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_hexdigit());
        let fits = |e: &Entry| e.key == word || (is_start && e.id.to_string().starts_with(&digits));
        let found: Vec<Row> = (0..).map(Row).zip(&self.entries).filter(|(_, e)| fits(e)).map(|(row, _)| row).collect();
        match found[..] {
            [] => Err(self.unknown(word)),
            [row] => Ok(row),
            _ => Err(self.ambiguous(word, &found)),
        }
    }

    /// An entry as [`Night::entry`] finds it, or an event by its id or the beginning of it.
    pub(super) fn named(&self, word: &str) -> Result<Named> {
        let Some(start) = word.strip_prefix("ev-").map(str::to_ascii_lowercase) else {
            return self.entry(word).map(Named::Entry);
        };
        if let Ok(id) = format!("ev-{start}").parse::<EventId>() {
            return self.event_or_heir(id).map(Named::Event);
        }
        let fits = |e: &&Event| start.len() >= LEAST_DIGITS && e.event_id.to_string()[3..].starts_with(&start);
        let found: Vec<EventId> = self.events.iter().filter(fits).map(|e| e.event_id).collect();
        match found[..] {
            [] => self.entry(word).map(Named::Entry).map_err(|_| self.unknown(word)),
            [id] => self.event_or_heir(id).map(Named::Event),
            _ => Err(Error::Usage(format!("`{word}` is the beginning of {} events; give more of the id", found.len()))),
        }
    }

    /// The event of that id, or the one that its id redirects to.
    fn event_or_heir(&self, id: EventId) -> Result<usize> {
        let at = |id: EventId| self.events.iter().position(|e| e.event_id == id);
        if let Some(found) = at(id) {
            return Ok(found);
        }
        let registry = self.store.registry()?;
        let next = |id: &EventId| registry.events.get(id)?.merged_into;
        // Redirects never go round, but a damaged state might.
        let heirs = std::iter::successors(Some(id), next).take(registry.events.len() + 1);
        let found = heirs.skip(1).find_map(at);
        found.ok_or_else(|| match registry.events.contains_key(&id) {
            true => Error::Usage(format!(
                "{id} has no entry in the last run ({}); its events are in `retold export events`",
                self.run.name
            )),
            false => self.unknown(&id.to_string()),
        })
    }

    fn unknown(&self, word: &str) -> Error {
        let short = word.len() < LEAST_DIGITS && word.bytes().all(|b| b.is_ascii_hexdigit());
        let hint =
            if short { format!("the beginning of an id needs {LEAST_DIGITS} digits or more; ") } else { String::new() };
        Error::Usage(format!(
            "no entry or event of the last run ({}) has the id or key `{word}`; {hint}`retold export entries --columns \
             id,outlet,title` lists them",
            self.run.name
        ))
    }

    fn ambiguous(&self, word: &str, found: &[Row]) -> Error {
        let named: Vec<String> = found
            .iter()
            .take(MOST_NAMED)
            .map(|row| self.brief(*row))
            .map(|b| format!("\n  {}  {}  {}", b.id, b.outlet, b.title))
            .collect();
        let more = found.len().saturating_sub(MOST_NAMED);
        let more = if more > 0 { format!("\n  and {more} more") } else { String::new() };
        Error::Usage(format!("`{word}` fits {} entries; give more of the id:{}{more}", found.len(), named.concat()))
    }

    /// An entry in a line.
    pub fn brief(&self, row: Row) -> EntryBrief {
        EntryBrief::of(&self.entries[row.at()])
    }

    /// The id of an entry.
    pub fn id(&self, row: Row) -> EntryId {
        self.entries[row.at()].id
    }

    /// Its text as it was compared.
    pub(super) fn text(&self, row: Row) -> Text {
        normalise::text(&self.entries[row.at()], &self.tables, &self.settings.normalise)
    }

    /// The place of an entry's event among the clusters; `None` for an umbrella.
    pub fn place(&self, row: Row) -> Option<usize> {
        self.places[row.at()].map(|i| i as usize)
    }

    /// The umbrella that an entry is.
    pub(super) fn umbrella(&self, row: Row) -> Option<&Umbrella> {
        self.umbrellas.iter().find(|u| u.row == row)
    }

    /// The event of a cluster in a line.
    pub(super) fn event_brief(&self, place: usize) -> EventBrief {
        let cluster = &self.clusters[place];
        let (entries, origins) = (cluster.rows().len(), cluster.origins.len());
        match self.events.get(place) {
            Some(event) => EventBrief { entries, origins, ..EventBrief::of(event) },
            None => {
                let title = cluster.origins.first().map(|o| self.brief(o.leader).title).unwrap_or_default();
                EventBrief { event_id: None, title, entries, origins }
            }
        }
    }
}

/// Whether every place that the tables name is there.
fn fits(entries: usize, clusters: &[Cluster], umbrellas: &[Umbrella], events: usize) -> bool {
    let mut rows =
        clusters.iter().flat_map(|c| &c.origins).flat_map(|o| o.rows()).chain(umbrellas.iter().map(|u| u.row));
    let covered = umbrellas.iter().flat_map(|u| &u.clusters).all(|c| (*c as usize) < clusters.len());
    rows.all(|r| r.at() < entries) && covered && (events == 0 || events == clusters.len())
}

/// The state's file.
pub(super) fn state_path<'a>(settings: &'a Settings, verb: &str) -> Result<&'a Path> {
    let Some(path) = &settings.state else {
        return Err(Error::Usage(format!(
            "`retold {verb}` reads what the last run left in the state, and nothing is kept: [run] state is \"\"; name a \
             file there or with --state, and run again"
        )));
    };
    if path.exists() {
        return Ok(path);
    }
    Err(Error::Usage(format!("there is no state in {} yet; `retold run` makes it", path.display())))
}
