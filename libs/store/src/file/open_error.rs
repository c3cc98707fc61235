//! Why a file cannot be opened as a store.

use std::io;
use std::path::{Path, PathBuf};

use redb::{DatabaseError, StorageError};

/// Why a file cannot be opened as a store.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process, or this one, has it open.
    #[error(
        "the state file {path} is in use; stop the other weir that uses it, or name another file"
    )]
    InUse {
        /// The file.
        path: PathBuf,
    },
    /// It is no state file.
    #[error("{path} is not a state file of weir; name another file")]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// Another version of weir wrote it.
    #[error(
        "the state file {path} has format {found}, this version of weir knows {known}; use the \
         version that wrote it"
    )]
    Format {
        /// The file.
        path: PathBuf,
        /// Its format.
        found: u64,
        /// The format of this version.
        known: u64,
    },
    /// It is damaged.
    #[error(
        "the state file {path} is damaged; put back a copy of it, or move it away to begin anew"
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What the database says.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// It, or its folder, cannot be used.
    #[error("the state file {path} cannot be opened; see to the folder and its permissions")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

impl OpenError {
    pub(super) fn io(path: &Path, source: io::Error) -> Self {
        Self::Io { path: path.to_owned(), source }
    }

    pub(super) fn foreign(path: &Path) -> Self {
        Self::Foreign { path: path.to_owned() }
    }

    pub(super) fn damaged(
        path: &Path,
        source: impl std::error::Error + Send + Sync + 'static,
    ) -> Self {
        Self::Damaged { path: path.to_owned(), source: Box::new(source) }
    }

    /// What opening the database says.
    pub(super) fn of_database(path: &Path, error: DatabaseError) -> Self {
        match error {
            DatabaseError::DatabaseAlreadyOpen | DatabaseError::LockProtocolMismatch => {
                Self::InUse { path: path.to_owned() }
            }
            DatabaseError::Storage(StorageError::Io(source)) => Self::of_io(path, source),
            error => Self::damaged(path, error),
        }
    }

    /// What reading the database says.
    pub(super) fn of_access(path: &Path, error: redb::Error) -> Self {
        match error {
            redb::Error::Io(source) => Self::of_io(path, source),
            error => Self::damaged(path, error),
        }
    }

    fn of_io(path: &Path, source: io::Error) -> Self {
        match source.kind() {
            io::ErrorKind::InvalidData => Self::foreign(path),
            // The file ends before what its head says.
            io::ErrorKind::UnexpectedEof => Self::damaged(path, source),
            _ => Self::io(path, source),
        }
    }
}
