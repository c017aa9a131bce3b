//! Why the store refuses or fails.

use rocksdb::ErrorKind;
use state::ReadError;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use types::{BlockId, ChainId, Height};

/// Why the store refuses or fails. Only [`StoreError::Pruned`] can be met by a healthy node that
/// runs; after any other one it stops.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The folder holds something else, which must not be written over.
    #[error("{} is not a store of this program: it holds {entry:?}", path.display())]
    Foreign {
        /// The folder.
        path: PathBuf,
        /// One of the entries that a store does not have.
        entry: String,
    },
    /// The folder was a store, but files of it are gone.
    #[error("the store in {} is damaged: it has no file CURRENT any more", path.display())]
    Headless {
        /// The folder.
        path: PathBuf,
    },
    /// Somebody else has the store open: RocksDB holds a lock on the file LOCK in the folder.
    #[error("the store in {} is open already, by another process or by this one", path.display())]
    InUse {
        /// The folder.
        path: PathBuf,
    },
    /// The store belongs to another chain.
    #[error("the store in {} is of {found}, not of {wanted}", path.display())]
    OtherChain {
        /// The folder.
        path: PathBuf,
        /// The store's chain.
        found: Box<ChainName>,
        /// The chain that was asked for.
        wanted: Box<ChainName>,
    },
    /// A newer program wrote the store.
    #[error(
        "the store in {} has schema {found}, this program knows schemas up to {known}",
        path.display()
    )]
    NewerSchema {
        /// The folder.
        path: PathBuf,
        /// Its schema.
        found: u32,
        /// The newest schema that this program knows.
        known: u32,
    },
    /// The store has tables that this program does not know.
    #[error("the store in {} has unknown tables: {}", path.display(), tables.join(", "))]
    UnknownTables {
        /// The folder.
        path: PathBuf,
        /// Their names.
        tables: Vec<String>,
    },
    /// The store lacks tables.
    #[error("the store in {} lacks the tables {}", path.display(), tables.join(", "))]
    MissingTables {
        /// The folder.
        path: PathBuf,
        /// Their names.
        tables: Vec<String>,
    },
    /// The disk, or this user's part of it, is full.
    #[error("the disk of {} is full: {during}: {reason}", path.display())]
    DiskFull {
        /// The folder.
        path: PathBuf,
        /// What was being done.
        during: &'static str,
        /// What the system said.
        reason: String,
    },
    /// The folder could not be read or made.
    #[error("the folder {} cannot be used", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// RocksDB failed.
    #[error("RocksDB in {} failed: {during}", path.display())]
    RocksDb {
        /// The folder.
        path: PathBuf,
        /// What was being done.
        during: &'static str,
        /// What it said.
        #[source]
        source: rocksdb::Error,
    },
    /// RocksDB failed to write a table in the background.
    #[error("RocksDB in {} failed to write a table: {reason}", path.display())]
    Background {
        /// The folder.
        path: PathBuf,
        /// What its log says.
        reason: String,
    },
    /// The disk lags too far behind.
    #[error("the disk of {} is too slow: {during} waited ten minutes", path.display())]
    Stalled {
        /// The folder.
        path: PathBuf,
        /// What was being done.
        during: &'static str,
    },
    /// What is stored is not what was written.
    #[error("table {table} is corrupt at key {key}: {reason}")]
    Corrupt {
        /// The table.
        table: &'static str,
        /// The key, in hexadecimal.
        key: String,
        /// What is wrong with the value.
        reason: String,
    },
    /// What was asked for has been removed to save space.
    #[error("pruned: the oldest height kept is {oldest}")]
    Pruned {
        /// The oldest height whose block, receipts and history are kept.
        oldest: Height,
    },
    /// The store is empty: no genesis has been written.
    #[error("the store in {} holds no chain yet", path.display())]
    NotInitialised {
        /// The folder.
        path: PathBuf,
    },
    /// An earlier write failed. What reached the disk is known only after a restart.
    #[error("the store in {} is closed since a write failed: {reason}", path.display())]
    Poisoned {
        /// The folder.
        path: PathBuf,
        /// The failure.
        reason: String,
    },
}

/// What tells one chain from another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChainName {
    /// The chain.
    pub chain_id: ChainId,
    /// The block id of its header 0.
    pub genesis_hash: BlockId,
}

impl fmt::Display for ChainName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "chain {} with genesis {}", self.chain_id, self.genesis_hash)
    }
}

impl StoreError {
    /// What RocksDB said, sorted by what it means for the operator.
    pub(crate) fn from_rocksdb(path: &Path, during: &'static str, source: rocksdb::Error) -> Self {
        let path = path.to_path_buf();
        // RocksDB reports the system's error as text only.
        let text: &str = source.as_ref();
        if source.kind() == ErrorKind::IOError {
            if is_disk_full(text) {
                return Self::DiskFull { path, during, reason: text.to_owned() };
            }
            if text.contains("While lock file") || text.contains("lock hold by current process") {
                return Self::InUse { path };
            }
        }
        Self::RocksDb { path, during, source }
    }

    /// What the system said about the folder.
    pub(crate) fn from_io(path: &Path, during: &'static str, source: io::Error) -> Self {
        let path = path.to_path_buf();
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                Self::DiskFull { path, during, reason: source.to_string() }
            }
            _ => Self::Folder { path, source },
        }
    }
}

/// Whether the system's words say that there is no room.
pub(crate) fn is_disk_full(text: &str) -> bool {
    text.contains("No space left on device") || text.contains("Disk quota exceeded")
}

impl From<StoreError> for ReadError {
    fn from(error: StoreError) -> Self {
        let mut reason = error.to_string();
        if let Some(source) = std::error::Error::source(&error) {
            reason.push_str(": ");
            reason.push_str(&source.to_string());
        }
        match error {
            StoreError::Corrupt { table, .. } => Self::Corrupt { what: table, reason },
            _ => Self::Storage { reason },
        }
    }
}
