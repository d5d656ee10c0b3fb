//! The one error type: what we were doing, to what, why it failed, what to do; and the exit codes.

use std::path::{Path, PathBuf};

/// What a build without the feature says of Parquet.
pub const NO_PARQUET: &str = "this build of retold neither reads nor writes Parquet; build it with the feature: \
                              cargo install --path . --features parquet";

/// How a process ends. The same codes hold with `--json`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Done; also when there was nothing new.
    Done = 0,
    /// Finished, but a check, a gate or a stage did not pass.
    Failed = 1,
    /// Bad usage or configuration, or no readable source at all.
    Usage = 2,
    /// The disk, the state or a lock.
    Storage = 3,
    /// Interrupted from the keyboard (SIGINT).
    Interrupted = 130,
    /// Asked to stop (SIGTERM).
    Terminated = 143,
}

/// Everything that can end a command. A record that cannot be read is no error: it is a
/// [`Reject`](crate::model::Reject).
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The command line or pipeline.toml is wrong.
    #[error("{0}")]
    Usage(String),
    /// A file could not be read or written.
    #[error("cannot {doing} {}: {source}{}", path.display(), hint(source))]
    Io {
        /// The verb: `read`, `write`, `rename` …
        doing: &'static str,
        /// What it was done to.
        path: PathBuf,
        /// The system's own reason.
        source: std::io::Error,
    },
    /// The state database failed.
    #[error("the state {} failed while {doing}: {source}", path.display())]
    State {
        /// What was being done, as in `writing links`.
        doing: &'static str,
        /// The database file.
        path: PathBuf,
        /// The database's own reason.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// Another run holds the lock.
    #[error("{} is locked by {holder}; wait for that run to end, or stop it", path.display())]
    Locked {
        /// The lock file.
        path: PathBuf,
        /// What the holder wrote of itself: `process 4711`.
        holder: String,
    },
    /// The work was done, but a promise about it did not hold.
    #[error("{0}")]
    Check(String),
}

impl Error {
    /// Wraps an I/O failure with what was being done to which path.
    pub fn io(doing: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Error {
        let path = path.to_path_buf();
        move |source| Error::Io { doing, path, source }
    }

    /// The exit code that this error ends a process with. A file named by the user that cannot
    /// be read is wrong usage; one that cannot be written is the disk.
    pub fn exit(&self) -> Exit {
        match self {
            Error::Usage(_) => Exit::Usage,
            Error::Io { doing: "read", .. } => Exit::Usage,
            Error::Io { .. } | Error::State { .. } | Error::Locked { .. } => Exit::Storage,
            Error::Check(_) => Exit::Failed,
        }
    }
}

fn hint(source: &std::io::Error) -> &'static str {
    match source.kind() {
        std::io::ErrorKind::StorageFull => "; free some space, or choose another folder with --out",
        std::io::ErrorKind::PermissionDenied | std::io::ErrorKind::ReadOnlyFilesystem => {
            "; check its permissions, or choose another folder with --out"
        }
        _ => "",
    }
}

/// What fallible functions return.
pub type Result<T> = std::result::Result<T, Error>;
