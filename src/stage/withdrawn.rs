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

/// Which entries are gone, and up to when their versions are.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Gone(BTreeMap<EntryId, i64>);

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
    pub fn from_rows(rows: Vec<(u128, i64)>) -> Gone {
        Gone(rows.into_iter().map(|(id, until)| (EntryId(id), until)).collect())
    }

    /// For a state to keep.
    pub fn rows(&self) -> Vec<(u128, i64)> {
        self.0.iter().map(|(id, until)| (id.0, *until)).collect()
    }

    /// Adds what was withdrawn; whether any of it is news.
    pub fn add(&mut self, withdrawals: &[Withdrawal]) -> bool {
        let before = self.clone();
        for one in withdrawals {
            let until = self.0.entry(one.id).or_insert(i64::MIN);
            *until = one.at.unwrap_or(i64::MAX).max(*until);
        }
        *self != before
    }

    /// Whether a version of an entry is gone: one that is not later than its withdrawal.
    pub fn has(&self, entry: &Entry) -> bool {
        let at = entry.updated.or(entry.published.from).unwrap_or(i64::MIN);
        self.0.get(&entry.id).is_some_and(|until| at <= *until)
    }
}
