//! Where bodies lie while a run works: a few in memory, the others in a file that nobody else sees.

use super::Again;
use crate::error::{Error, Result};
use crate::model::{Body, Entry, Shelf};
use std::borrow::Cow;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

/// Bytes that stay in memory: a small night makes no file.
const KEPT: usize = 64 << 20;

/// Puts bodies away.
pub struct Shelves {
    /// Where the file goes; without a folder everything stays in memory.
    folder: Option<PathBuf>,
    most: usize,
    kept: usize,
    spill: Option<Arc<Spill>>,
    /// The files that bodies are read again from.
    again: Vec<Arc<Again>>,
}

impl Shelves {
    /// Shelves whose file, where one is needed, is in this folder. It belongs to the process: the system removes it
    /// however the process ends.
    pub fn new(folder: Option<&Path>) -> Shelves {
        Shelves { folder: folder.map(Path::to_path_buf), most: KEPT, kept: 0, spill: None, again: Vec::new() }
    }

    /// Puts the bodies of entries away.
    ///
    /// # Errors
    /// The disk.
    pub fn put(&mut self, entries: &mut [Entry]) -> Result<()> {
        let at = self.folder.clone().unwrap_or_default();
        self.put_away(entries).map_err(Error::io("put texts aside in", &at))
    }

    fn put_away(&mut self, entries: &mut [Entry]) -> io::Result<()> {
        let lengths: Vec<usize> = entries.iter().map(|e| e.body.len()).collect();
        let mut block = Vec::with_capacity(lengths.iter().sum());
        entries.iter().for_each(|e| block.extend_from_slice(e.body.text().as_bytes()));
        let (shelf, mut at) = self.shelf(block)?;
        for (entry, len) in entries.iter_mut().zip(lengths) {
            if let Ok(short) = u32::try_from(len) {
                entry.body = Body::shelved(shelf.clone(), at, short);
            }
            at += len as u64;
        }
        Ok(())
    }

    /// The bodies of a file's records need not be put away: they can be read again there.
    pub fn again(&mut self, file: Again) -> Arc<Again> {
        let file = Arc::new(file);
        self.again.push(file.clone());
        file
    }

    /// Puts bytes away; they are read back from the shelf, from where it says on.
    ///
    /// # Errors
    /// The disk.
    pub fn put_bytes(&mut self, bytes: Vec<u8>) -> Result<(Arc<dyn Shelf>, u64)> {
        let at = self.folder.clone().unwrap_or_default();
        self.shelf(bytes).map_err(Error::io("put sketches aside in", &at))
    }

    /// The shelf that has taken a block, and where the block starts on it.
    fn shelf(&mut self, block: Vec<u8>) -> io::Result<(Arc<dyn Shelf>, u64)> {
        match &self.folder {
            Some(folder) if self.kept + block.len() > self.most => {
                let spill = match &self.spill {
                    Some(spill) => spill.clone(),
                    None => self.spill.insert(Arc::new(Spill::new(folder)?)).clone(),
                };
                let at = spill.append(&block)?;
                Ok((spill, at))
            }
            _ => {
                self.kept += block.len();
                Ok((Arc::new(Block(block)), 0))
            }
        }
    }

    /// Whether all that was read back was what had been put away.
    ///
    /// # Errors
    /// The disk gave something else, or nothing: what was made of it does not count.
    pub fn check(&self) -> Result<()> {
        let told = |fault: &io::Error| io::Error::new(fault.kind(), fault.to_string());
        if let Some((fault, file)) = self.again.iter().find_map(|of| of.fault().zip(Some(of))) {
            return Err(Error::io("read texts again in", &file.path)(told(fault)));
        }
        let Some((spill, folder)) = self.spill.as_ref().zip(self.folder.as_ref()) else { return Ok(()) };
        spill.fault.get().map_or(Ok(()), |fault| Err(Error::io("read texts put aside in", folder)(told(fault))))
    }
}

/// Bodies in memory.
struct Block(Vec<u8>);

impl Block {
    fn part(&self, at: u64, len: usize) -> &[u8] {
        let from = usize::try_from(at).unwrap_or(usize::MAX);
        self.0.get(from..from.saturating_add(len)).unwrap_or_default()
    }
}

impl Shelf for Block {
    fn take(&self, at: u64, len: usize) -> Cow<'_, [u8]> {
        Cow::Borrowed(self.part(at, len))
    }

    fn take_into<'a>(&'a self, at: u64, len: usize, _: &'a mut Vec<u8>) -> &'a [u8] {
        self.part(at, len)
    }

    fn damaged(&self) {}
}

/// Bodies in a file without a name.
struct Spill {
    file: File,
    fault: OnceLock<io::Error>,
}

impl Spill {
    fn new(folder: &Path) -> io::Result<Spill> {
        fs::create_dir_all(folder)?;
        // One run at a time has the folder; a file of this name is one that could not be removed in time.
        Ok(Spill { file: unnamed(&folder.join(".bodies"))?, fault: OnceLock::new() })
    }

    fn append(&self, block: &[u8]) -> io::Result<u64> {
        let at = self.file.metadata()?.len();
        (&self.file).write_all(block)?;
        Ok(at)
    }

    /// Whether the first bytes of the buffer are those of the file.
    fn read(&self, at: u64, len: usize, buffer: &mut Vec<u8>) -> bool {
        if buffer.len() < len {
            buffer.resize(len, 0);
        }
        let read = read_exact_at(&self.file, &mut buffer[..len], at);
        read.map_err(|fault| self.fault.set(fault)).is_ok()
    }
}

impl Shelf for Spill {
    fn take(&self, at: u64, len: usize) -> Cow<'_, [u8]> {
        let mut bytes = Vec::new();
        if self.read(at, len, &mut bytes) { Cow::Owned(bytes) } else { Cow::Borrowed(&[]) }
    }

    fn take_into<'a>(&'a self, at: u64, len: usize, buffer: &'a mut Vec<u8>) -> &'a [u8] {
        if self.read(at, len, buffer) { &buffer[..len] } else { &[] }
    }

    fn damaged(&self) {
        let _ = self.fault.set(io::Error::new(io::ErrorKind::InvalidData, "a text is damaged"));
    }
}

/// A file for this process alone, gone with it.
fn unnamed(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(true);
    #[cfg(windows)]
    {
        use std::os::windows::fs::OpenOptionsExt;
        const DELETE_ON_CLOSE: u32 = 0x0400_0000;
        options.custom_flags(DELETE_ON_CLOSE);
        options.open(path)
    }
    #[cfg(not(windows))]
    {
        let file = options.open(path)?;
        fs::remove_file(path)?;
        Ok(file)
    }
}

/// Reads as many bytes of a file as there is room for, from this one on.
#[cfg(unix)]
pub fn read_exact_at(file: &File, bytes: &mut [u8], at: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, bytes, at)
}

/// Reads as many bytes of a file as there is room for, from this one on.
#[cfg(windows)]
pub fn read_exact_at(file: &File, bytes: &mut [u8], at: u64) -> io::Result<()> {
    let mut done = 0;
    while done < bytes.len() {
        match std::os::windows::fs::FileExt::seek_read(file, &mut bytes[done..], at + done as u64)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            n => done += n,
        }
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::model::Record;
    use crate::stage::ingest::{self, SourceFacts};
    use proptest::prelude::*;

    fn entries(bodies: &[String]) -> Vec<Entry> {
        let facts = SourceFacts { name: "test".into(), outlet: None, owner: None, owners: Arc::default() };
        let record =
            |(i, body): (usize, &String)| Record { id: Some(i.to_string()), body: body.clone(), ..Record::default() };
        ingest::entries(bodies.iter().enumerate().map(record).collect(), &"a.jsonl".into(), &facts)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn what_is_put_away_reads_back_equal_wherever_it_lies(bodies in prop::collection::vec(".{0,80}", 0..40), most in 0_usize..2_000) {
            let folder = tempfile::tempdir().unwrap();
            let mut shelves = Shelves { most, ..Shelves::new(Some(folder.path())) };
            let whole = entries(&bodies);
            let mut away = whole.clone();
            for part in away.chunks_mut(7) {
                shelves.put(part).unwrap();
            }
            prop_assert_eq!(&away, &whole);
            prop_assert!(shelves.check().is_ok());
            prop_assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "nobody sees the file");
        }
    }

    #[test]
    fn a_file_that_lost_its_bytes_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let mut shelves = Shelves { most: 0, ..Shelves::new(Some(folder.path())) };
        let mut away = entries(&["A ferry ran aground.".to_string()]);
        shelves.put(&mut away).unwrap();
        shelves.spill.as_ref().unwrap().file.set_len(3).unwrap();
        assert_eq!(away[0].body.text(), "");
        assert!(shelves.check().unwrap_err().to_string().contains("texts put aside"));
    }
}
