//! A table of document frequencies, counted over the last run's working set.

use super::last::Last;
use super::recovery::Say;
use crate::algo::lexicon::Lexicon;
use crate::error::{Error, Result};
use crate::model::Stage;
use crate::settings::Settings;
use crate::stage::fingerprint::counted_terms;

/// Counts in how many of the last run's entries each term stands; terms of fewer than `least` entries are left out.
///
/// # Errors
/// There is no last run, or the state fails.
pub fn count(settings: &Settings, least: u32, say: Say) -> Result<Lexicon> {
    let mut last = Last::open(settings)?.ok_or_else(no_run)?;
    last.prepare(Stage::Pair, settings, say)?;
    Ok(counted_terms(&last.work.sketches).pruned(least))
}

fn no_run() -> Error {
    Error::Usage("there is no last run to count; `retold run FILE...` with a state makes one".into())
}
