//! The fields of a record: which value was chosen, from which entry, by which rule, and what others say.

use super::view::View;
use super::words;
use crate::algo::stems::Terms;
use crate::algo::tokens::tokens;
use crate::model::event::{Alternative, Field};
use crate::model::{Flag, Row};
use rustc_hash::FxHashSet;
use std::collections::BTreeMap;

/// Leaders that are looked at for a title, and for what others say.
const MOST_LEADERS: usize = 50;
/// Values of other origins that are listed.
const MOST_ALTERNATIVES: usize = 10;
/// Content words of a body that belong to its opening.
const LEAD_WORDS: usize = 60;
/// Bytes of a body in which its opening is looked for.
const LEAD_BYTES: usize = 2_000;
/// Those in which it mostly ends.
const NEAR_BYTES: usize = 800;

/// What an entry has for a field.
type Of<'a> = &'a dyn Fn(Row) -> Option<String>;

/// A value, the entry it stands in, and the rule that chose it.
struct Choice {
    row: Row,
    value: String,
    rule: &'static str,
}

/// Title, summary, url, lang, byline and credit, as far as there are any.
pub(super) fn fields(view: &View, terms: &mut Terms, summary_words: usize) -> BTreeMap<String, Field> {
    let title = title(view, terms);
    let best = title.as_ref().map(|t| t.row);
    let mut out = BTreeMap::new();
    let mut put = |name: &str, choice: Option<Choice>, of: Of| {
        if let Some(choice) = choice {
            out.insert(name.to_string(), field(view, choice, of));
        }
    };
    put("title", title, &|r| filled(&view.text(r).title));
    let summary = |r: Row| filled(&words::summary(&view.body(r), summary_words));
    put("summary", summary_of(view, best, &summary), &summary);
    let simple: [(&str, Of); 4] = [
        ("url", &|r| view.entry(r).url.as_deref().and_then(filled)),
        ("lang", &|r| view.text(r).lang.code().map(str::to_string)),
        ("byline", &|r| view.entry(r).rare.byline.as_deref().or(view.text(r).byline.as_deref()).and_then(filled)),
        ("credit", &|r| view.credit(r).map(str::to_string)),
    ];
    for (name, of) in simple {
        put(name, beside(view, best, of), of);
    }
    out
}

fn filled(value: &str) -> Option<String> {
    let value = value.trim();
    (!value.is_empty()).then(|| value.to_string())
}

/// The chosen value with what the leaders of other origins say instead.
fn field(view: &View, choice: Choice, of: Of) -> Field {
    let mut seen: FxHashSet<String> = FxHashSet::from_iter([choice.value.clone()]);
    let mut alternatives = Vec::new();
    if view.cluster.origins.len() > 1 {
        let values = view.leaders().take(MOST_LEADERS).filter_map(|r| Some((r, of(r)?)));
        let new = values.filter(|(_, value)| seen.insert(value.clone())).take(MOST_ALTERNATIVES);
        alternatives.extend(new.map(|(r, value)| Alternative { value, entry: view.entry(r).id }));
    }
    Field { value: choice.value, entry: view.entry(choice.row).id, rule: choice.rule.to_string(), alternatives }
}

/// The summary of the entry that gave the title, else of the earliest with a body.
fn summary_of(view: &View, best: Option<Row>, of: Of) -> Option<Choice> {
    let rows = best.into_iter().chain(view.rows.iter().copied());
    rows.map(|row| (row, of(row))).find_map(|(row, value)| Some(Choice { row, value: value?, rule: "first sentences" }))
}

/// The value beside the title, else the earliest one.
fn beside(view: &View, best: Option<Row>, of: Of) -> Option<Choice> {
    let with = best.and_then(|row| Some(Choice { row, value: of(row)?, rule: "with the title" }));
    with.or_else(|| view.rows.iter().find_map(|r| Some(Choice { row: *r, value: of(*r)?, rule: "earliest" })))
}

/// The title: of the leaders' titles, reports before opinion, the one that shares most words with the other leaders'
/// titles and openings; else a copy's; else the first words of the earliest body.
fn title(view: &View, terms: &mut Terms) -> Option<Choice> {
    let leaders: Vec<Row> = view.leaders().take(MOST_LEADERS).collect();
    let choice = |row: Row, rule| Choice { row, value: view.text(row).title.trim().to_string(), rule };
    let titled = |rows: &[Row]| -> Vec<Row> {
        rows.iter().copied().filter(|r| !view.text(*r).title.trim().is_empty()).collect()
    };
    let all = titled(&leaders);
    match all.len() {
        0 => {}
        1 => return Some(choice(all[0], "only title")),
        _ => return Some(choice(most_shared(view, terms, &leaders, &reports(view, all)), "most shared words")),
    }
    if let Some(row) = reports(view, titled(&view.rows)).first() {
        return Some(choice(*row, "title of a copy"));
    }
    view.rows.iter().find_map(|row| {
        let value = filled(&words::first_words(&view.body(*row)))?;
        Some(Choice { row: *row, value, rule: "first words" })
    })
}

/// Without opinion, unless nothing is left.
fn reports(view: &View, rows: Vec<Row>) -> Vec<Row> {
    let plain: Vec<Row> = rows.iter().copied().filter(|r| !view.text(*r).flags.has(Flag::Opinion)).collect();
    if plain.is_empty() { rows } else { plain }
}

/// Of some rows with titles, the one whose distinct words are found most often in the other leaders' openings; ties to
/// the earliest.
fn most_shared(view: &View, terms: &mut Terms, leaders: &[Row], titled: &[Row]) -> Row {
    let leads: Vec<(Row, Vec<u32>)> = leaders.iter().map(|r| (*r, lead(view, *r, terms))).collect();
    let mut best = (titled[0], 0);
    for row in titled {
        let words = title_terms(view, *row, terms);
        let others = leads.iter().filter(|(r, _)| r != row);
        let shared: usize = others.map(|(_, l)| words.iter().filter(|w| l.binary_search(w).is_ok()).count()).sum();
        if shared > best.1 {
            best = (*row, shared);
        }
    }
    best.0
}

/// The distinct content terms of a title.
fn title_terms(view: &View, row: Row, terms: &mut Terms) -> Vec<u32> {
    let text = view.text(row);
    distinct(content(&text.title, usize::MAX, view, row, terms))
}

/// The distinct content terms of a title and of the body's opening.
fn lead(view: &View, row: Row, terms: &mut Terms) -> Vec<u32> {
    let text = view.text(row);
    let mut all = content(&text.title, usize::MAX, view, row, terms);
    all.append(&mut opening(&view.body(row), |text| content(text, LEAD_WORDS, view, row, terms)));
    distinct(all)
}

/// The content terms of a body's opening, as `content` gives them of a text. Mostly they stand in the first part of it.
fn opening(body: &str, mut content: impl FnMut(&str) -> Vec<u32>) -> Vec<u32> {
    let (most, near) = (prefix(body, LEAD_BYTES), prefix(body, NEAR_BYTES));
    // A word that ends where the part does may go on.
    let whole = near.rfind(' ').map_or("", |end| &near[..end]);
    let all = content(whole);
    if all.len() == LEAD_WORDS { all } else { content(most) }
}

/// The first content terms of a text.
fn content(text: &str, most: usize, view: &View, row: Row, terms: &mut Terms) -> Vec<u32> {
    let lang = view.text(row).lang;
    tokens(text).into_iter().filter_map(|t| terms.of_token(text, t, lang).1).take(most).collect()
}

fn distinct(mut terms: Vec<u32>) -> Vec<u32> {
    terms.sort_unstable();
    terms.dedup();
    terms
}

/// The first bytes of a text, cut between characters.
pub(super) fn prefix(text: &str, bytes: usize) -> &str {
    if text.len() <= bytes {
        return text;
    }
    let end = (0..=bytes).rev().find(|i| text.is_char_boundary(*i)).unwrap_or(0);
    &text[..end]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::id::hash32;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn an_opening_is_the_same_by_its_first_part(body in "([a-d]{1,9}|[A-C]'s|\\(|\"|1,0|\u{6771}{1,3}|e\u{e9})([ .\n-]{1,2}[a-d]{1,20}){0,250}") {
            let content = |text: &str| -> Vec<u32> {
                let words = tokens(text).into_iter().map(|t| t.of(text)).filter(|w| w.len() > 2);
                words.map(|w| hash32(w.as_bytes())).take(LEAD_WORDS).collect()
            };
            prop_assert_eq!(opening(&body, content), content(prefix(&body, LEAD_BYTES)));
        }
    }
}
