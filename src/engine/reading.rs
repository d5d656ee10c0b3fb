//! Sources to arrivals: every file of every source, read in a fixed order.

use super::Shelves;
use crate::error::Result;
use crate::model::run::InputFile;
use crate::model::{Entry, Record, Reject};
use crate::settings::Settings;
use crate::source::{self, Batch, Context, FileSummary, Found, Limits, SourceSettings};
use crate::stage::ingest::{self, IngestSettings, SourceFacts};
use crate::stage::owners::Owners;
use crate::stage::withdrawn::Withdrawal;
use jiff::Timestamp;
use std::collections::BTreeMap;
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

/// Reads every source, and puts the bodies on `shelves` as they come. A file that cannot be opened is a warning.
/// `advance` is told the files done.
///
/// # Errors
/// The settings of a source are wrong; the disk does not take the bodies.
pub fn read(
    settings: &Settings,
    as_of: Timestamp,
    mut shelves: Option<&mut Shelves>,
    advance: &dyn Fn(u64),
) -> Result<Reading> {
    let mut out = Reading::default();
    let owners = Arc::new(Owners::with(&settings.owners)?);
    for source in &settings.sources {
        let before = out.arrivals.len();
        read_source(source, settings, &owners, as_of, (shelves.as_deref_mut(), advance), &mut out)?;
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
    let mut arrivals = Arrivals { file: &found.name, facts: &facts, shelves: None, posts: Vec::new() };
    let summary = take(&mut arrivals, &context, &mut out, |sink| source::read_bytes(bytes, &found, &context, sink))??;
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
    (mut shelves, advance): (Option<&mut Shelves>, &dyn Fn(u64)),
    out: &mut Reading,
) -> Result<()> {
    let (context, facts) = (context(source, settings, as_of)?, facts(source, owners));
    let found = source::find(source, &settings.base);
    out.warnings.extend(found.missing.iter().map(|m| format!("source {}: {m}", source.name)));
    for file in &found.files {
        let mut arrivals =
            Arrivals { file: &file.name, facts: &facts, shelves: shelves.as_deref_mut(), posts: Vec::new() };
        match take(&mut arrivals, &context, out, |sink| source::read(file, &context, sink))? {
            Ok(summary) => note(file, source, &summary, out),
            Err(error) => out.warnings.push(format!("source {}: {error}", source.name)),
        }
        advance(1);
    }
    Ok(())
}

/// What becomes of the records of one file.
struct Arrivals<'a> {
    file: &'a Arc<str>,
    facts: &'a SourceFacts,
    shelves: Option<&'a mut Shelves>,
    /// Posts of live pages, which are told apart by all the others of their page.
    posts: Vec<Record>,
}

impl Arrivals<'_> {
    fn take(&mut self, mut records: Vec<Record>, out: &mut Reading) -> Result<()> {
        for record in records.extract_if(.., |record| record.withdrawn) {
            out.withdrawals.push(Withdrawal::of(&record, self.file, self.facts));
        }
        self.posts.extend(records.extract_if(.., |record| record.parent.is_some()));
        self.put(records, out)
    }

    fn put(&mut self, records: Vec<Record>, out: &mut Reading) -> Result<()> {
        let mut entries = ingest::entries(records, self.file, self.facts);
        if let Some(shelves) = &mut self.shelves {
            shelves.put(&mut entries)?;
        }
        out.arrivals.append(&mut entries);
        Ok(())
    }
}

/// Takes in what reading one file hands out. The outer error ends the run, the inner one concerns the file.
fn take(
    arrivals: &mut Arrivals,
    context: &Context,
    out: &mut Reading,
    read: impl FnOnce(&mut dyn FnMut(Batch)) -> Result<FileSummary>,
) -> Result<Result<FileSummary>> {
    let before = (out.arrivals.len(), out.withdrawals.len());
    let mut rejects: Vec<(u64, String)> = Vec::new();
    let mut fault = Ok(());
    let summary = read(&mut |mut batch| {
        if fault.is_ok() {
            fault = arrivals.take(batch.records, out);
        }
        rejects.append(&mut batch.rejects);
    });
    fault?;
    let summary = match summary {
        Ok(summary) => summary,
        Err(error) => {
            // Of a file that the system does not deliver nothing is taken.
            out.arrivals.truncate(before.0);
            out.withdrawals.truncate(before.1);
            return Ok(Err(error));
        }
    };
    let posts = std::mem::take(&mut arrivals.posts);
    arrivals.put(posts, out)?;
    out.rejects.extend(rejects.into_iter().map(|(record, reason)| Reject {
        source: context.settings.name.clone(),
        file: arrivals.file.to_string(),
        record,
        reason,
    }));
    Ok(Ok(summary))
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
