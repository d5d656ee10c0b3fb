//! Entries that their outlets have taken back: known by id, until a later version of them appears.

use super::ingest::{SourceFacts, identity};
use crate::model::{Entry, EntryId, Record};
use std::collections::BTreeMap;
use std::sync::Arc;

/// An outlet's word that an entry is gone.
#[derive(Clone, PartialEq, Debug)]
pub struct Withdrawal {
    /// Which entry.
    pub id: EntryId,
    /// When it was said, unix seconds; without it every version is gone.
    pub at: Option<i64>,
    /// Name of the source that told.
    pub source: Arc<str>,
}

/// Which entries are gone: up to when their versions are, and the latest that came after that.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Gone(BTreeMap<EntryId, (i64, i64)>);

impl Withdrawal {
    /// What a record withdraws.
    pub fn of(record: &Record, file: &Arc<str>, source: &SourceFacts) -> Withdrawal {
        let published = || record.published.as_ref().and_then(|clock| clock.from);
        Withdrawal {
            id: identity(record, file, source),
            at: record.updated.or_else(published),
            source: source.name.clone(),
        }
    }
}

impl Gone {
    /// As a state keeps it.
    pub fn from_rows(rows: Vec<(u128, i64, i64)>) -> Gone {
        Gone(rows.into_iter().map(|(id, until, back)| (EntryId(id), (until, back))).collect())
    }

    /// For a state to keep.
    pub fn rows(&self) -> Vec<(u128, i64, i64)> {
        self.0.iter().map(|(id, (until, back))| (id.0, *until, *back)).collect()
    }

    /// Adds what was withdrawn; whether any of it is news.
    pub fn add(&mut self, withdrawals: &[Withdrawal]) -> bool {
        let mut news = false;
        for one in withdrawals {
            let at = one.at.unwrap_or(i64::MAX);
            let (until, _) = self.0.entry(one.id).or_insert((i64::MIN, i64::MIN));
            news |= at > *until;
            *until = at.max(*until);
        }
        news
    }

    /// Notes which of these are back, with a later version; whether any of it is news, for its text need not be.
    pub fn back(&mut self, entries: &[Entry]) -> bool {
        let mut news = false;
        for entry in entries {
            let at = version(entry);
            if let Some((until, back)) = self.0.get_mut(&entry.id)
                && at > (*until).max(*back)
            {
                *back = at;
                news = true;
            }
        }
        news
    }

    /// Whether a version of an entry is gone: one that is not later than its withdrawal.
    pub fn has(&self, entry: &Entry) -> bool {
        self.0.get(&entry.id).is_some_and(|(until, _)| version(entry) <= *until)
    }
}

fn version(entry: &Entry) -> i64 {
    entry.rare.updated.or(entry.published.from).unwrap_or(i64::MIN)
}
