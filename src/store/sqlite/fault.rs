//! What goes wrong inside of the database, and what a person can do about it.

use crate::error::Error;
use crate::store::pack::Damaged;
use rusqlite::ErrorCode;
use std::path::Path;

/// A failure before it is known what was being done to which file.
#[derive(Debug)]
pub enum Fault {
    /// The database's own.
    Sql(rusqlite::Error),
    /// A packed value cannot be what was written.
    Damaged,
    /// Anything else, in words.
    Bad(String),
}

/// What the inner functions return.
pub type Made<T> = Result<T, Fault>;

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        Fault::Sql(error)
    }
}

impl From<Damaged> for Fault {
    fn from(_: Damaged) -> Self {
        Fault::Damaged
    }
}

impl From<std::io::Error> for Fault {
    fn from(error: std::io::Error) -> Self {
        Fault::Bad(format!("cannot compress: {error}"))
    }
}

impl From<serde_json::Error> for Fault {
    fn from(error: serde_json::Error) -> Self {
        if error.is_io() { Fault::Bad(error.to_string()) } else { Fault::Damaged }
    }
}

impl From<postcard::Error> for Fault {
    fn from(_: postcard::Error) -> Self {
        Fault::Damaged
    }
}

const MOVE_AWAY: &str = "move the file away and run again, which starts a new state";

impl Fault {
    /// Whether the file itself is broken: no database, or one whose content does not fit together (a row that
    /// must be there is asked for without `optional`).
    pub fn damage(error: &rusqlite::Error) -> bool {
        use rusqlite::Error as E;
        matches!(error.sqlite_error_code(), Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt))
            || matches!(
                error,
                E::QueryReturnedNoRows
                    | E::FromSqlConversionFailure(..)
                    | E::IntegralValueOutOfRange(..)
                    | E::InvalidColumnType(..)
                    | E::Utf8Error(..)
            )
    }

    /// The error that ends a command.
    pub fn at(self, doing: &'static str, path: &Path) -> Error {
        let source = match self {
            Fault::Sql(error) => match remedy(&error) {
                Some(remedy) => format!("{error}; {remedy}"),
                None => error.to_string(),
            },
            Fault::Damaged => format!("a value in it is damaged; {MOVE_AWAY}"),
            Fault::Bad(words) => words,
        };
        Error::State { doing, path: path.to_path_buf(), source: source.into() }
    }
}

fn remedy(error: &rusqlite::Error) -> Option<&'static str> {
    if Fault::damage(error) {
        return Some(MOVE_AWAY);
    }
    match error.sqlite_error_code()? {
        ErrorCode::DiskFull => Some("free some space, or put the state elsewhere with [run] state"),
        ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied | ErrorCode::SystemIoFailure => {
            Some("check the disk and the permissions of the file and of its folder")
        }
        ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => {
            Some("another program is writing to it; wait for it to end")
        }
        _ => None,
    }
}
