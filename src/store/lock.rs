//! One run at a time: an advisory lock on a file that says who holds it.

use crate::error::{Error, Result};
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::Path;
use std::time::Duration;

/// How often a lock that is held is tried again, and after what time.
const LOOKS: u32 = 3;
const A_LOOK: Duration = Duration::from_millis(10);

/// A lock that is held until this is dropped, or the process ends in whatever way. The file stays; a
/// file that nobody holds is taken over.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the lock at `path`, or says who holds it.
    ///
    /// # Errors
    /// [`Error::Locked`] when it is held, [`Error::Io`] when the file cannot be made or locked.
    pub fn take(path: &Path) -> Result<Lock> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(Error::io("create", folder))?;
        }
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        let mut file = options.open(path).map_err(Error::io("open", path))?;
        match try_often(&file) {
            Ok(()) => sign(&mut file).map_err(Error::io("write", path))?,
            Err(TryLockError::WouldBlock) => {
                return Err(Error::Locked { path: path.to_path_buf(), holder: holder(&mut file) });
            }
            Err(TryLockError::Error(source)) => return Err(Error::io("lock", path)(source)),
        }
        Ok(Lock { _file: file })
    }

    /// Who holds the lock at `path`; `None` when nobody does. Makes no file, and takes the lock for a moment only.
    pub fn holder(path: &Path) -> Option<String> {
        let mut file = File::open(path).ok()?;
        match file.try_lock_shared() {
            Err(TryLockError::WouldBlock) => Some(holder(&mut file)),
            _ => None,
        }
    }
}

/// Tries again for a little while: [`Lock::holder`] may be looking just now.
fn try_often(file: &File) -> std::result::Result<(), TryLockError> {
    for _ in 0..LOOKS {
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => std::thread::sleep(A_LOOK),
            other => return other,
        }
    }
    file.try_lock()
}

fn sign(file: &mut File) -> std::io::Result<()> {
    file.set_len(0)?;
    file.rewind()?;
    writeln!(file, "process {}", std::process::id())
}

/// What the holder wrote of itself; it may not have come to that yet.
fn holder(file: &mut File) -> String {
    let mut text = String::new();
    let read = file.take(200).read_to_string(&mut text);
    match text.trim() {
        name if read.is_ok() && !name.is_empty() => name.to_string(),
        _ => "another process".into(),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_that_is_held_names_its_holder() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("state").join("retold.lock");
        let held = Lock::take(&path).unwrap();
        let Err(Error::Locked { holder, .. }) = Lock::take(&path) else { panic!("taken twice") };
        assert_eq!(holder, format!("process {}", std::process::id()));
        assert_eq!(Lock::holder(&path), Some(holder));
        drop(held);
        assert_eq!(Lock::holder(&path), None);
        assert!(Lock::take(&path).is_ok());
    }

    #[test]
    fn a_file_left_by_a_dead_process_is_taken_over() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("retold.lock");
        std::fs::write(&path, "process 4294967295 of a longer name\n").unwrap();
        let _held = Lock::take(&path).unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), format!("process {}\n", std::process::id()));
    }

    #[test]
    fn a_lock_that_cannot_be_made_is_an_error_of_storage() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("plain");
        std::fs::write(&file, "").unwrap();
        let error = Lock::take(&file.join("retold.lock")).unwrap_err();
        assert_eq!(error.exit(), crate::error::Exit::Storage);
    }
}
