//! Where stages meet sources and the store: the embedded engine, parallel with rayon.

mod again;
mod away;
mod events;
mod glances;
mod links;
mod reading;
mod recent;
mod shelves;

pub use again::Again;
pub use away::Away;
pub use events::Events;
pub use glances::Glances;
pub use links::Links;
pub use reading::{Aside, Reading, limits, read, read_bytes};
pub use recent::{Lately, Recent};
pub use shelves::Shelves;

use crate::algo::lexicon::Lexicon;
use crate::error::Result;
use crate::model::{Entry, EntryId, Lang, Sketch, Text, TextHash};
use crate::settings::Settings;
use crate::stage::ingest;
use crate::stage::normalise::{self, Furniture, NormaliseSettings, Tables};
use crate::stage::withdrawn::Gone;
use crate::store::{Known, Store, Window};
use rayon::prelude::*;
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;

/// The name of the table of document frequencies in the state.
const LEXICON: &str = "lexicon";
/// The name of the table of furniture in the state.
const FURNITURE: &str = "furniture";
/// The name of the table of the outlets' usual languages in the state.
const SPOKEN: &str = "spoken";
/// The name of the table of withdrawn entries in the state.
const GONE: &str = "withdrawn";

/// What the state knows of the entries of a run.
pub fn known(store: &dyn Store, arrivals: &[Entry]) -> Result<FxHashMap<EntryId, Known>> {
    let mut ids: Vec<EntryId> = arrivals.iter().map(|e| e.id).collect();
    ids.par_sort_unstable();
    ids.dedup();
    let known = store.known(&ids)?;
    Ok(ids.into_iter().zip(known).filter_map(|(id, k)| Some((id, k?))).collect())
}

/// The texts of known entries, as `stage::ingest` asks for them.
pub fn known_texts(known: &FxHashMap<EntryId, Known>) -> FxHashMap<EntryId, Vec<TextHash>> {
    known.iter().map(|(id, k)| (*id, k.texts.clone())).collect()
}

/// An entry that was read again in an old version speaks with its current one; `new_text` stays parallel.
pub fn current(
    store: &dyn Store,
    entries: &mut [Entry],
    new_text: &mut Vec<bool>,
    known: &FxHashMap<EntryId, Known>,
) -> Result<()> {
    let behind: Vec<usize> = (0..entries.len())
        .filter(|i| !new_text[*i] && known.get(&entries[*i].id).is_some_and(|k| k.current != entries[*i].text_hash))
        .collect();
    if behind.is_empty() {
        return Ok(());
    }
    let ids: Vec<EntryId> = behind.iter().map(|i| entries[*i].id).collect();
    for (i, stored) in behind.into_iter().zip(store.entries(&ids)?) {
        if let Some(stored) = stored {
            entries[i] = stored;
        }
    }
    let mut order: Vec<u32> = (0..entries.len() as u32).collect();
    order.sort_by_key(|i| entries[*i as usize].order());
    *new_text = order.iter().map(|i| new_text[*i as usize]).collect();
    ingest::bring_into(order.into_iter(), entries);
    Ok(())
}

/// The tables that normalising needs: counted on this working set.
pub fn tables(settings: &Settings, entries: &[Entry], rules: &NormaliseSettings) -> Tables {
    normalise::tables(entries, usual_languages(settings), rules)
}

/// The same where texts were looked at as they came.
pub fn tables_seen(settings: &Settings, entries: &[Entry], rules: &NormaliseSettings, glances: &Glances) -> Tables {
    normalise::tables_with(entries, usual_languages(settings), || glances.furniture(entries), rules)
}

/// How texts are read: where only copies are looked for, no language is asked for.
pub fn read_rules(settings: &Settings) -> NormaliseSettings {
    let detect_language = settings.normalise.detect_language && !settings.copies_alone();
    NormaliseSettings { detect_language, ..settings.normalise.clone() }
}

/// The tables as a run has kept them.
pub fn kept_tables(settings: &Settings, store: &dyn Store) -> Result<Tables> {
    let furniture: Option<Furniture> = store.table(FURNITURE)?.and_then(|bytes| postcard::from_bytes(&bytes).ok());
    let spoken: Option<BTreeMap<String, Lang>> = store.table(SPOKEN)?.and_then(|b| postcard::from_bytes(&b).ok());
    Ok(Tables {
        furniture: furniture.unwrap_or_default(),
        spoken: spoken.unwrap_or_default(),
        usual: usual_languages(settings),
    })
}

fn usual_languages(settings: &Settings) -> BTreeMap<String, Lang> {
    let usual = |s: &crate::source::SourceSettings| Some((s.name.clone(), Lang::from_code(s.lang.as_deref()?)));
    settings.sources.iter().filter_map(usual).collect()
}

/// Keeps what comparing two entries later needs besides their texts.
pub fn keep_tables(store: &mut dyn Store, tables: &Tables, lexicon: &Lexicon) -> Result<()> {
    let packed = |bytes: postcard::Result<Vec<u8>>| bytes.unwrap_or_default();
    store.put_table(FURNITURE, &packed(postcard::to_stdvec(&tables.furniture)))?;
    store.put_table(SPOKEN, &packed(postcard::to_stdvec(&tables.spoken)))?;
    store.put_table(LEXICON, &packed(postcard::to_stdvec(&(lexicon.documents(), lexicon.languages(), lexicon.rows()))))
}

/// The entries that the state knows to be withdrawn.
pub fn kept_gone(store: &dyn Store) -> Result<Gone> {
    let rows: Option<Vec<(u128, i64, i64)>> = store.table(GONE)?.and_then(|bytes| postcard::from_bytes(&bytes).ok());
    Ok(Gone::from_rows(rows.unwrap_or_default()))
}

/// Keeps which entries are withdrawn, so that one does not come back with the feed of the night before.
pub fn keep_gone(store: &mut dyn Store, gone: &Gone) -> Result<()> {
    store.put_table(GONE, &postcard::to_stdvec(&gone.rows()).unwrap_or_default())
}

/// The document frequencies that the last run kept.
pub fn kept_lexicon(store: &dyn Store) -> Result<Option<Lexicon>> {
    type Kept = (u32, Vec<(Lang, u32)>, Vec<(u32, u32)>);
    let kept: Option<Kept> = store.table(LEXICON)?.and_then(|b| postcard::from_bytes(&b).ok());
    Ok(kept.map(|(documents, languages, rows)| Lexicon::from_rows(documents, &languages, &rows)))
}

/// The kept sketches of a working set without their terms and shingles; `None` when one is missing.
pub fn kept_window(store: &dyn Store, entries: &[Entry]) -> Result<Option<Window>> {
    let ids: Vec<EntryId> = entries.iter().map(|e| e.id).collect();
    store.window(&ids)
}

/// Puts the kept terms into the sketches of [`kept_window`].
pub fn kept_terms(store: &dyn Store, entries: &[Entry], sketches: &mut [Sketch]) -> Result<()> {
    let ids: Vec<EntryId> = entries.iter().map(|e| e.id).collect();
    store.put_terms_into(&ids, sketches)
}

/// The kept sketches of a few entries; `None` when one is missing.
pub fn kept_sketches(store: &dyn Store, entries: &[Entry]) -> Result<Option<Vec<Sketch>>> {
    let ids: Vec<EntryId> = entries.iter().map(|e| e.id).collect();
    Ok(store.sketches(&ids)?.into_iter().collect())
}

/// The languages of texts.
pub fn langs(texts: &[Text]) -> Vec<Lang> {
    texts.iter().map(|t| t.lang).collect()
}
