//! Who reported first, and since when: clocks that can be trusted, and explicit credits.

use super::view::{View, name_key, rfc3339};
use crate::model::event::{FirstReported, When};
use crate::model::{ClockQuality, Row};

/// The span of the reports: from the earliest clock's first instant to the latest's end.
pub(super) fn when(view: &View) -> When {
    let clocks = || view.rows.iter().map(|r| &view.entry(*r).published).filter(|c| c.from.is_some());
    let from = clocks().filter_map(|c| c.from).min();
    let to = clocks().filter_map(|c| c.from.map(|f| f.saturating_add(i64::from(c.span)))).max();
    let quality = clocks().map(|c| c.quality).max().unwrap_or(ClockQuality::Unknown);
    When { from: from.and_then(rfc3339), to: to.and_then(rfc3339), quality }
}

/// The latest publication or update, unix seconds.
pub(super) fn latest(view: &View) -> Option<i64> {
    view.rows.iter().map(|r| view.entry(*r)).filter_map(|e| e.published.from.max(e.rare.updated)).max()
}

/// Who reported first. In this order:
/// 1. The contenders are the entry with the earliest trusted clock, and the entries of other outlets that are not
///    certainly later by a trusted clock; without any trusted clock, all entries.
/// 2. When all contenders go back to one outlet by their credits, that outlet was first (`credit`).
/// 3. One entry alone is `only`; no trusted clock is `unknown`; one contender is `clock`, more are `undetermined`.
pub(super) fn first(view: &View) -> FirstReported {
    let trusted: Vec<Row> = view.rows.iter().copied().filter(|r| is_trusted(view, *r)).collect();
    let contenders = match trusted.first() {
        Some(first) => contenders(view, *first, &trusted),
        None => view.rows.clone(),
    };
    if let Some(credited) = credited(view, &contenders) {
        return credited;
    }
    let named = |row: Row, basis: &str| FirstReported {
        entry: Some(view.entry(row).id),
        outlet: Some(view.entry(row).outlet.to_string()),
        at: view.at(row),
        basis: basis.to_string(),
    };
    match (view.rows.as_slice(), trusted.first()) {
        ([only], _) => named(*only, "only"),
        (_, None) => nobody(None, "unknown"),
        (_, Some(first)) if contenders.len() == 1 => named(*first, "clock"),
        (_, Some(first)) => nobody(view.at(*first), "undetermined"),
    }
}

pub(super) fn nobody(at: Option<String>, basis: &str) -> FirstReported {
    FirstReported { entry: None, outlet: None, at, basis: basis.to_string() }
}

fn is_trusted(view: &View, row: Row) -> bool {
    let clock = &view.entry(row).published;
    clock.quality <= ClockQuality::Day && clock.from.is_some()
}

/// The first row and those of other outlets that are not certainly later; `trusted` ascends by instant.
fn contenders(view: &View, first: Row, trusted: &[Row]) -> Vec<Row> {
    let earliest = view.entry(first);
    let open = trusted.iter().copied().take_while(|r| !earliest.published.before(&view.entry(*r).published));
    open.filter(|r| *r == first || view.entry(*r).outlet != earliest.outlet).collect()
}

/// The outlet to which all contenders go back, when one of them says so: its own entry in the event, else the first
/// that credits it.
fn credited(view: &View, contenders: &[Row]) -> Option<FirstReported> {
    let crediting = contenders.iter().copied().find(|r| view.credit(*r).is_some())?;
    let name = view.credit(crediting)?;
    let key = name_key(name);
    let goes_back = |r: &Row| name_key(view.credit(*r).unwrap_or(&view.entry(*r).outlet)) == key;
    if !contenders.iter().all(goes_back) {
        return None;
    }
    let own = view.rows.iter().copied().find(|r| name_key(&view.entry(*r).outlet) == key);
    let row = own.unwrap_or(crediting);
    Some(FirstReported {
        entry: Some(view.entry(row).id),
        outlet: Some(name.to_string()),
        at: view.at(row),
        basis: "credit".to_string(),
    })
}
