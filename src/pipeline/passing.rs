//! Files that a run writes and does not read again.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

/// Bytes that are written before the cache is asked: the files of a small night stay in it.
const WRITTEN: u64 = 64 << 20;

/// A file that the system's cache is asked to let go of as it is written: its pages serve for what follows, and of a large night
/// they would push out what is read again.
pub struct Passing {
    file: File,
    /// Bytes since the cache was asked.
    written: u64,
}

impl Passing {
    /// A new file, or one that is written over.
    ///
    /// # Errors
    /// As [`File::create`].
    pub fn create(path: &Path) -> io::Result<Passing> {
        Ok(Passing { file: File::create(path)?, written: 0 })
    }

    /// Has all of it on the disk.
    ///
    /// # Errors
    /// The disk.
    pub fn sync(&self) -> io::Result<()> {
        self.file.sync_all()
    }

    #[cfg(target_os = "linux")]
    fn let_go(&self) -> io::Result<()> {
        // Only what is on the disk can go.
        self.file.sync_data()?;
        // A hint: a file system that does not know it keeps the pages.
        let _ = rustix::fs::fadvise(&self.file, 0, None, rustix::fs::Advice::DontNeed);
        Ok(())
    }

    #[cfg(not(target_os = "linux"))]
    fn let_go(&self) -> io::Result<()> {
        Ok(())
    }
}

impl Write for Passing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let n = self.file.write(bytes)?;
        self.written += n as u64;
        if self.written >= WRITTEN {
            self.written = 0;
            self.let_go()?;
        }
        Ok(n)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn what_the_cache_let_go_of_reads_back_as_it_was_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rows");
        let part: Vec<u8> = (0..=250).cycle().take(1 << 20).collect();
        let mut file = Passing::create(&path).unwrap();
        (0..66).for_each(|_| file.write_all(&part).unwrap());
        file.sync().unwrap();
        assert!(file.written < WRITTEN, "the cache was asked");
        let read = std::fs::read(&path).unwrap();
        assert!(read.len() == 66 << 20 && read.chunks(1 << 20).all(|read| read == part));
    }
}
