//! Sources to arrivals: every file of every source, read in a fixed order.

use super::glances::Glance;
use super::{Again, Glances, Shelves};
use crate::error::Result;
use crate::model::record::Place;
use crate::model::run::InputFile;
use crate::model::{Entry, Record, Reject};
use crate::settings::Settings;
use crate::source::{self, Batch, Context, FileSummary, Found, InOrder, Limits, SourceSettings, To};
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
    let read = |to: &To<'_>| source::read_bytes(bytes, &found, &context, to);
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
        let read = |to: &To<'_>| source::read(file, &context, to);
        match take(file, (&context, &facts), aside, out, read)? {
            Ok(summary) => note(file, source, &summary, out),
            Err(error) => out.warnings.push(format!("source {}: {error}", source.name)),
        }
        advance(1);
    }
    Ok(())
}

/// What was made of some records of a file, by whichever thread has read them.
struct Made {
    entries: Vec<Entry>,
    glance: Option<Glance>,
    /// Whether their bodies can be read again.
    again: bool,
}

/// What came of a batch.
struct Taken {
    made: Made,
    /// Posts of live pages, which are told apart by all the others of their page.
    posts: Vec<Record>,
    withdrawals: Vec<Withdrawal>,
    rejects: Vec<(u64, String)>,
}

/// Where what was made of a file goes, in its order.
struct Intake<'t, 'a> {
    arrivals: &'t mut Vec<Entry>,
    aside: &'t mut Aside<'a>,
    /// The size of the file.
    bytes: u64,
    /// The names that its entries share.
    names: FxHashSet<Arc<str>>,
}

impl Intake<'_, '_> {
    fn keep(&mut self, made: Made) -> Result<()> {
        let Made { mut entries, glance, again } = made;
        entries.iter_mut().flat_map(names).flatten().for_each(|name| match self.names.get(name) {
            Some(known) => *name = known.clone(),
            None => drop(self.names.insert(name.clone())),
        });
        make_room(self.arrivals, &entries, self.bytes);
        if let Some((glances, glance)) = self.aside.glances.as_mut().zip(glance) {
            glances.reserve(self.arrivals.capacity());
            glances.keep(glance);
        }
        let put = match &mut self.aside.shelves {
            Some(shelves) if !again => shelves.put(&mut entries),
            _ => Ok(()),
        };
        self.arrivals.append(&mut entries);
        put
    }
}

/// The names that an entry shares with others.
fn names(entry: &mut Entry) -> [Option<&mut Arc<str>>; 3] {
    let parent = entry.rare.get_mut().and_then(|rare| rare.parent.as_mut());
    [Some(&mut entry.outlet), entry.owner.as_mut(), parent]
}

/// Takes in what reading one file hands out. The outer error ends the run, the inner one concerns the file.
fn take(
    file: &Found,
    (context, facts): (&Context, &SourceFacts),
    aside: &mut Aside,
    out: &mut Reading,
    read: impl FnOnce(&To<'_>) -> Result<FileSummary>,
) -> Result<Result<FileSummary>> {
    let before = out.arrivals.len();
    let again = aside.again.then(|| Again::of(file, &context.settings.fields)).flatten();
    let again = again.zip(aside.shelves.as_mut()).map(|(file, shelves)| shelves.again(file));
    let eye = aside.glances.as_ref().map(|glances| glances.eye.clone());
    let made = |records: Vec<Record>| {
        let places: Option<Vec<Place>> = records.iter().map(|record| record.place).collect();
        let mut entries = ingest::entries(records, &file.name, facts);
        let glance = eye.as_ref().map(|eye| eye.look(&entries));
        let again = again.as_ref().zip(places);
        let again = again.map(|(file, places)| file.put(&mut entries, &places)).is_some();
        Made { entries, glance, again }
    };
    let bytes = fs::metadata(&file.path).map_or(0, |of| of.len());
    let mut intake = Intake { arrivals: &mut out.arrivals, aside, bytes, names: FxHashSet::default() };
    let (mut posts, mut kept) = (Vec::new(), Ok(()));
    let mut rejects: Vec<(u64, String)> = Vec::new();
    let mut withdrawals: Vec<Withdrawal> = Vec::new();
    let order = InOrder::new(|mut taken: Taken| {
        withdrawals.append(&mut taken.withdrawals);
        posts.append(&mut taken.posts);
        if kept.is_ok() {
            kept = intake.keep(taken.made);
        }
        rejects.append(&mut taken.rejects);
    });
    let summary = read(&|number, batch| {
        let Batch { mut records, rejects } = batch;
        let gone = records.extract_if(.., |record| record.withdrawn);
        let withdrawals = gone.map(|record| Withdrawal::of(&record, &file.name, facts)).collect();
        let posts = records.extract_if(.., |record| record.parent.is_some()).collect();
        order.put(number, Taken { made: made(records), posts, withdrawals, rejects });
    });
    drop(order);
    kept?;
    let summary = match summary {
        Ok(summary) => summary,
        Err(error) => {
            out.arrivals.truncate(before);
            aside.glances.iter_mut().for_each(|glances| glances.truncate(before));
            return Ok(Err(error));
        }
    };
    intake.keep(made(posts))?;
    out.withdrawals.append(&mut withdrawals);
    out.rejects.extend(rejects.into_iter().map(|(record, reason)| Reject {
        source: context.settings.name.clone(),
        file: file.name.to_string(),
        record,
        reason,
    }));
    Ok(Ok(summary))
}

/// Most entries that room is made for ahead …
const MOST_AHEAD: u64 = 1 << 20;

/// … and the part of those there are that is made room for at least: of a pipe nobody knows the size, and the list would be moved
/// with every block.
const LEAST_AHEAD: usize = 4;

/// Makes room for as many more entries as a file of so many bytes holds by the size of these: the list is large, and would
/// be moved again and again.
fn make_room(arrivals: &mut Vec<Entry>, entries: &[Entry], bytes: u64) {
    if arrivals.capacity() - arrivals.len() < entries.len() {
        let text: usize = entries.iter().map(|e| e.title.len() + e.body.len()).sum();
        let more = bytes.saturating_mul(entries.len() as u64) / (text + 1) as u64;
        // The first may be longer than the others; room that is not used costs nothing.
        let more = more + more / 8;
        // Where there is none, it grows as lists do.
        let least = entries.len().max(arrivals.len() / LEAST_AHEAD);
        let _ = arrivals.try_reserve_exact((more.min(MOST_AHEAD) as usize).max(least));
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stage::fixtures::entry;

    #[test]
    fn the_list_is_rarely_moved_whatever_is_known_of_the_size() {
        let one = [entry("k", "Ferry aground", "The ferry ran aground.")];
        for bytes in [0, 400, u64::MAX / 2] {
            let (mut arrivals, mut moved) = (Vec::new(), 0);
            for _ in 0..5_000 {
                let before = arrivals.capacity();
                make_room(&mut arrivals, &one, bytes);
                moved += usize::from(arrivals.capacity() != before);
                arrivals.extend_from_slice(&one);
            }
            assert!(moved < 50, "{moved} times for {bytes} bytes");
        }
    }
}
