//! Sources to arrivals: every file of every source, read in a fixed order.

use super::{Again, Glances, Shelves};
use crate::error::Result;
use crate::model::record::Place;
use crate::model::run::InputFile;
use crate::model::{Entry, Record, Reject};
use crate::settings::Settings;
use crate::source::{self, Batch, Context, FileSummary, Found, Limits, SourceSettings};
use crate::stage::ingest::{self, IngestSettings, SourceFacts};
use crate::stage::owners::Owners;
use crate::stage::withdrawn::Withdrawal;
use jiff::Timestamp;
use rustc_hash::FxHashSet;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;

/// What the sources gave.
#[derive(Debug, Default)]
pub struct Reading {
    /// An entry per record that was understood, repeats and versions included.
    pub arrivals: Vec<Entry>,
    /// What the outlets have taken back.
    pub withdrawals: Vec<Withdrawal>,
    /// What was not understood.
    pub rejects: Vec<Reject>,
    /// Every file that was read.
    pub inputs: Vec<InputFile>,
    /// Records found per source, readable or not.
    pub records: BTreeMap<String, u64>,
    /// What could not be opened, in words.
    pub warnings: Vec<String>,
    /// Required sources that gave nothing.
    pub lacking: Vec<String>,
    /// What the files hold that is no record of an entry, and how many of each.
    pub passed: BTreeMap<String, u64>,
    /// Files of which not everything was read.
    pub capped: u64,
}

/// What is done with the texts of arrivals as they come.
#[derive(Default)]
pub struct Aside<'a> {
    /// Who looks at them.
    pub glances: Option<&'a mut Glances>,
    /// Where they are put then, unless they stay at hand.
    pub shelves: Option<&'a mut Shelves>,
    /// Whether those are let go that can be read again.
    pub again: bool,
}

impl Aside<'_> {
    fn put(&mut self, entries: &mut [Entry], places: Option<Vec<Place>>, file: Option<&Arc<Again>>) -> Result<()> {
        if let Some(glances) = &mut self.glances {
            glances.add(entries);
        }
        match (file.zip(places), &mut self.shelves) {
            (Some((file, places)), _) => {
                file.put(entries, &places);
                Ok(())
            }
            (None, Some(shelves)) => shelves.put(entries),
            (None, None) => Ok(()),
        }
    }
}

/// Reads every source; texts go `aside` as they come. A file that cannot be opened is a warning.
/// `advance` is told the files done.
///
/// # Errors
/// The settings of a source are wrong; the disk does not take the bodies.
pub fn read(settings: &Settings, as_of: Timestamp, mut aside: Aside, advance: &dyn Fn(u64)) -> Result<Reading> {
    let mut out = Reading::default();
    let owners = Arc::new(Owners::with(&settings.owners)?);
    for source in &settings.sources {
        let before = out.arrivals.len();
        read_source(source, settings, &owners, as_of, (&mut aside, advance), &mut out)?;
        if source.required && out.arrivals.len() == before {
            out.lacking.push(source.name.clone());
        }
    }
    out.rejects.sort();
    out.inputs.sort();
    Ok(out)
}

/// The limits of reading, from the settings.
pub fn limits(ingest: &IngestSettings) -> Limits {
    Limits {
        record_bytes: ingest.max_record_bytes,
        file_bytes: ingest.max_file_bytes,
        page_entries: ingest.max_page_entries,
        depth: ingest.max_depth,
        entry_words: ingest.max_entry_words,
    }
}

/// Reads bytes as a file of a source, whatever its paths say.
///
/// # Errors
/// The settings of the source are wrong.
pub fn read_bytes(bytes: Vec<u8>, source: &SourceSettings, settings: &Settings, as_of: Timestamp) -> Result<Reading> {
    let owners = Arc::new(Owners::with(&settings.owners)?);
    let (context, facts) = (context(source, settings, as_of)?, facts(source, &owners));
    let mut out = Reading::default();
    let found = Found::new(Path::new("bytes"), Path::new(""));
    let read = |sink: &mut dyn FnMut(Batch)| source::read_bytes(bytes, &found, &context, sink);
    let summary = take(&found, (&context, &facts), &mut Aside::default(), &mut out, read)??;
    note(&found, source, &summary, &mut out);
    Ok(out)
}

fn context<'a>(source: &'a SourceSettings, settings: &Settings, as_of: Timestamp) -> Result<Context<'a>> {
    Context::new(source, as_of, limits(&settings.ingest))
}

fn facts(source: &SourceSettings, owners: &Arc<Owners>) -> SourceFacts {
    SourceFacts {
        name: source.name.as_str().into(),
        outlet: source.outlet.as_deref().map(Into::into),
        owner: source.owner.as_deref().map(Into::into),
        owners: owners.clone(),
    }
}

fn read_source(
    source: &SourceSettings,
    settings: &Settings,
    owners: &Arc<Owners>,
    as_of: Timestamp,
    (aside, advance): (&mut Aside, &dyn Fn(u64)),
    out: &mut Reading,
) -> Result<()> {
    let (context, facts) = (context(source, settings, as_of)?, facts(source, owners));
    let found = source::find(source, &settings.base);
    out.warnings.extend(found.missing.iter().map(|m| format!("source {}: {m}", source.name)));
    for file in &found.files {
        let read = |sink: &mut dyn FnMut(Batch)| source::read(file, &context, sink);
        match take(file, (&context, &facts), aside, out, read)? {
            Ok(summary) => note(file, source, &summary, out),
            Err(error) => out.warnings.push(format!("source {}: {error}", source.name)),
        }
        advance(1);
    }
    Ok(())
}

/// Takes in what reading one file hands out. The outer error ends the run, the inner one concerns the file.
fn take(
    file: &Found,
    (context, facts): (&Context, &SourceFacts),
    aside: &mut Aside,
    out: &mut Reading,
    read: impl FnOnce(&mut dyn FnMut(Batch)) -> Result<FileSummary>,
) -> Result<Result<FileSummary>> {
    let before = out.arrivals.len();
    let bytes = fs::metadata(&file.path).map_or(0, |of| of.len());
    let arrivals = &mut out.arrivals;
    let again = aside.again.then(|| Again::of(file, &context.settings.fields)).flatten();
    let again = again.zip(aside.shelves.as_mut()).map(|(file, shelves)| shelves.again(file));
    let mut names: FxHashSet<Arc<str>> = FxHashSet::default();
    let mut put = |records: Vec<Record>| {
        let places: Option<Vec<Place>> = records.iter().map(|record| record.place).collect();
        let mut entries = ingest::entries(records, &file.name, facts);
        entries.iter_mut().flat_map(|e| [Some(&mut e.outlet), e.owner.as_mut(), e.parent.as_mut()]).flatten().for_each(
            |name| match names.get(name) {
                Some(known) => *name = known.clone(),
                None => drop(names.insert(name.clone())),
            },
        );
        make_room(arrivals, &entries, bytes);
        aside.glances.iter_mut().for_each(|glances| glances.reserve(arrivals.capacity()));
        let put = aside.put(&mut entries, places, again.as_ref());
        arrivals.append(&mut entries);
        put
    };
    let (mut posts, mut shelved) = (Vec::new(), Ok(()));
    let mut rejects: Vec<(u64, String)> = Vec::new();
    let mut withdrawals: Vec<Withdrawal> = Vec::new();
    let summary = read(&mut |mut batch| {
        let gone = batch.records.extract_if(.., |record| record.withdrawn);
        withdrawals.extend(gone.map(|record| Withdrawal::of(&record, &file.name, facts)));
        // Posts of live pages are told apart by all the others of their page.
        posts.extend(batch.records.extract_if(.., |record| record.parent.is_some()));
        if shelved.is_ok() {
            shelved = put(batch.records);
        }
        rejects.append(&mut batch.rejects);
    });
    shelved?;
    let summary = match summary {
        Ok(summary) => summary,
        Err(error) => {
            out.arrivals.truncate(before);
            aside.glances.iter_mut().for_each(|glances| glances.truncate(before));
            return Ok(Err(error));
        }
    };
    put(posts)?;
    out.withdrawals.append(&mut withdrawals);
    out.rejects.extend(rejects.into_iter().map(|(record, reason)| Reject {
        source: context.settings.name.clone(),
        file: file.name.to_string(),
        record,
        reason,
    }));
    Ok(Ok(summary))
}

/// Most entries that room is made for ahead.
const MOST_AHEAD: u64 = 1 << 20;

/// Makes room for as many more entries as a file of so many bytes holds by the size of these: the list is large, and would
/// be moved again and again.
fn make_room(arrivals: &mut Vec<Entry>, entries: &[Entry], bytes: u64) {
    if arrivals.capacity() - arrivals.len() < entries.len() {
        let text: usize = entries.iter().map(|e| e.title.len() + e.body.len()).sum();
        let more = (bytes * entries.len() as u64) / (text + 1) as u64;
        // Where there is none, it grows as lists do.
        let _ = arrivals.try_reserve_exact((more.min(MOST_AHEAD) as usize).max(entries.len()));
    }
}

fn note(file: &Found, source: &SourceSettings, summary: &FileSummary, out: &mut Reading) {
    *out.records.entry(source.name.clone()).or_default() += summary.records;
    out.capped += u64::from(summary.capped);
    for (what, n) in &summary.passed {
        *out.passed.entry(what.clone()).or_default() += n;
    }
    out.inputs.push(InputFile {
        source: source.name.clone(),
        file: file.name.to_string(),
        bytes: summary.bytes,
        hash: format!("{:032x}", summary.hash),
        records: summary.records,
    });
}
