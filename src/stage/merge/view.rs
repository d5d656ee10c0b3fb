//! One cluster with its entries and texts at hand.

use super::MergeInput;
use crate::algo::fold::fold;
use crate::model::{Cluster, Entry, Origin, Row, Text};
use jiff::Timestamp;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

/// A cluster as the record's parts read it.
pub(super) struct View<'a> {
    /// The cluster.
    pub cluster: &'a Cluster,
    /// Its rows, in global order.
    pub rows: Vec<Row>,
    /// The only "now".
    pub as_of: i64,
    entries: &'a [Entry],
    texts: &'a [Text],
    make: &'a (dyn Fn(Row) -> String + Sync),
    bodies: RefCell<BTreeMap<Row, Rc<str>>>,
}

impl<'a> View<'a> {
    /// The view of one cluster.
    pub fn new(input: &MergeInput<'a>, cluster: &'a Cluster) -> Self {
        let rows = cluster.rows();
        let MergeInput { entries, texts, body, as_of, .. } = *input;
        View { cluster, rows, as_of, entries, texts, make: body, bodies: RefCell::default() }
    }

    /// The entry of a row.
    pub fn entry(&self, row: Row) -> &'a Entry {
        &self.entries[row.at()]
    }

    /// The text of a row, without its body.
    pub fn text(&self, row: Row) -> &'a Text {
        &self.texts[row.at()]
    }

    /// The body of a row's text, made once.
    pub fn body(&self, row: Row) -> Rc<str> {
        self.bodies.borrow_mut().entry(row).or_insert_with(|| (self.make)(row).into()).clone()
    }

    /// The origins' leaders, in global order.
    pub fn leaders(&self) -> impl Iterator<Item = Row> + '_ {
        self.cluster.origins.iter().map(|o| o.leader)
    }

    /// Whom an entry credits, as printed: the record's word before the text's; a credit to itself is none.
    pub fn credit(&self, row: Row) -> Option<&'a str> {
        let (entry, text) = (self.entry(row), self.text(row));
        let printed = entry.rare.credit.as_deref().or(text.credit.as_deref())?.trim();
        (!printed.is_empty() && name_key(printed) != name_key(&entry.outlet)).then_some(printed)
    }

    /// Whether any entry credits another outlet or an agency.
    pub fn has_credits(&self, origin: &Origin) -> bool {
        origin.rows().any(|r| self.credit(r).is_some())
    }

    /// When an entry was published, RFC 3339 UTC.
    pub fn at(&self, row: Row) -> Option<String> {
        self.entry(row).published.from.and_then(rfc3339)
    }
}

/// The form in which names of outlets and agencies are compared: folded, lower case, without "the".
pub(super) fn name_key(name: &str) -> String {
    let lowered = fold(name).to_lowercase();
    lowered.strip_prefix("the ").map(str::to_string).unwrap_or(lowered)
}

/// Unix seconds as RFC 3339 UTC; `None` outside of what can be written.
pub(super) fn rfc3339(seconds: i64) -> Option<String> {
    Timestamp::from_second(seconds).ok().map(|t| t.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_compared_folded_and_times_printed_in_utc() {
        assert_eq!(name_key("The  Harbour\u{a0}Courier"), name_key("HARBOUR COURIER"));
        assert_eq!(rfc3339(1_768_385_100).as_deref(), Some("2026-01-14T10:05:00Z"));
        assert_eq!(rfc3339(i64::MAX), None);
    }
}
