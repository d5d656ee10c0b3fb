//! events.csv: the canonical list, flat, for a spreadsheet.

use crate::model::told::Flat;
use std::borrow::Cow;
use std::io::{self, Write};

const HEADER: [&str; 15] = [
    "event_id",
    "status",
    "title",
    "from",
    "to",
    "first_outlet",
    "first_basis",
    "last_updated",
    "entries",
    "outlets",
    "independent",
    "weakest_link",
    "review",
    "reasons",
    "summary",
];

/// Writes the events in the order given. Cells that a spreadsheet would take for a formula start with an apostrophe.
///
/// # Errors
/// The writer's.
pub fn write(out: &mut dyn Write, events: impl Iterator<Item = io::Result<Flat>>) -> io::Result<()> {
    let mut csv = csv::Writer::from_writer(out);
    csv.write_record(HEADER)?;
    for event in events {
        csv.write_record(cells(&event?).map(|cell| defused(cell).into_owned()))?;
    }
    csv.flush()
}

fn cells(e: &Flat) -> [String; HEADER.len()] {
    let text = |o: &Option<String>| o.clone().unwrap_or_default();
    let status = serde_json::to_value(e.status).ok().and_then(|v| v.as_str().map(str::to_string)).unwrap_or_default();
    [
        e.event_id.to_string(),
        status,
        e.title.clone(),
        text(&e.when.from),
        text(&e.when.to),
        text(&e.first_outlet),
        e.first_basis.clone(),
        text(&e.last_updated),
        e.entries.to_string(),
        e.outlet_count.to_string(),
        e.independent_count.to_string(),
        e.weakest_link.map(|p| p.to_string()).unwrap_or_default(),
        e.review.state.clone(),
        e.review.reasons.join(" "),
        e.summary.clone(),
    ]
}

/// A cell that no spreadsheet evaluates (OWASP, "CSV Injection").
pub fn defused<'c>(cell: impl Into<Cow<'c, str>>) -> Cow<'c, str> {
    let cell = cell.into();
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) { Cow::Owned(format!("'{cell}")) } else { cell }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_defused() {
        assert_eq!(defused("=1+1"), "'=1+1");
        assert_eq!(defused("@x"), "'@x");
        assert_eq!(defused("Ferry = aground"), "Ferry = aground");
    }
}
