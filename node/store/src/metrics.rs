//! What RocksDB says of itself, as plain numbers.

use crate::db::Store;
use crate::error::StoreError;
use crate::folder;
use crate::tables::Table;
use rocksdb::checkpoint::Checkpoint;
use rocksdb::properties::{self, PropName};
use rocksdb::statistics::Ticker;
use std::path::Path;

/// What RocksDB says of itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Metrics {
    /// Bytes of all tables on disk, without the write-ahead log.
    pub table_bytes: u64,
    /// Bytes of the write buffers in memory.
    pub write_buffer_bytes: u64,
    /// Bytes of the cache in use, write buffers included.
    pub cache_bytes: u64,
    /// Bytes that compaction has still to rewrite; it grows without bound on a disk too slow.
    pub pending_compaction_bytes: u64,
    /// Flushes and compactions under way.
    pub background_jobs: u64,
    /// Failures of flushes and compactions.
    pub background_errors: u64,
    /// Snapshots held now.
    pub snapshots: u64,
    /// Times that a write waited for the disk since the store was opened: once a commit.
    pub log_syncs: u64,
    /// Microseconds that writes were held up because compaction lagged, since then.
    pub stall_us: u64,
    /// Reads that found their block in the cache, since then.
    pub cache_hits: u64,
    /// Reads that did not, since then.
    pub cache_misses: u64,
    /// Keys in state, estimated.
    pub state_keys: u64,
}

impl Store {
    /// What RocksDB says of itself.
    ///
    /// # Errors
    /// What RocksDB said.
    pub fn metrics(&self) -> Result<Metrics, StoreError> {
        self.check()?;
        Ok(Metrics {
            table_bytes: self.sum(properties::LIVE_SST_FILES_SIZE)?,
            write_buffer_bytes: self.sum(properties::CUR_SIZE_ALL_MEM_TABLES)?,
            // The cache is one for all tables; each reports the whole.
            cache_bytes: self.number(Table::State, properties::BLOCK_CACHE_USAGE)?,
            pending_compaction_bytes: self.sum(properties::ESTIMATE_PENDING_COMPACTION_BYTES)?,
            background_jobs: self
                .number(Table::State, properties::NUM_RUNNING_FLUSHES)?
                .saturating_add(self.number(Table::State, properties::NUM_RUNNING_COMPACTIONS)?),
            background_errors: self.background_errors()?,
            snapshots: self.number(Table::State, properties::NUM_SNAPSHOTS)?,
            log_syncs: self.database.get_ticker_count(Ticker::WalFileSynced),
            stall_us: self.database.get_ticker_count(Ticker::StallMicros),
            cache_hits: self.database.get_ticker_count(Ticker::BlockCacheHit),
            cache_misses: self.database.get_ticker_count(Ticker::BlockCacheMiss),
            state_keys: self.number(Table::State, properties::ESTIMATE_NUM_KEYS)?,
        })
    }

    /// Make a copy of the store as of now in a folder that does not exist yet, on the same file
    /// system: files are linked, not copied. It can be opened like any other.
    ///
    /// # Errors
    /// [`StoreError::DiskFull`], [`StoreError::Folder`] or what RocksDB said.
    pub fn checkpoint(&self, path: &Path) -> Result<(), StoreError> {
        self.check()?;
        let failed = |error| self.failed("make a checkpoint", error);
        let checkpoint = Checkpoint::new(&self.db).map_err(failed)?;
        checkpoint.create_checkpoint(path).map_err(failed)?;
        folder::mark(path).map_err(|error| StoreError::from_io(path, "mark the folder", error))
    }

    fn number(&self, table: Table, property: &PropName) -> Result<u64, StoreError> {
        self.db
            .property_int_value_cf(self.handle(table), property)
            .map(Option::unwrap_or_default)
            .map_err(|error| self.failed("read a property", error))
    }

    fn sum(&self, property: &PropName) -> Result<u64, StoreError> {
        Table::ALL
            .into_iter()
            .try_fold(0_u64, |sum, table| Ok(sum.saturating_add(self.number(table, property)?)))
    }
}
