//! The store: one RocksDB behind one type, opened with care and closed for good after a failed
//! write.

use crate::error::{self, ChainName, StoreError};
use crate::folder::{self, Found};
use crate::migrate;
use crate::options::{self, Options};
use crate::tables::{self, HeightRow, IdentityRow, Table, Tip, TreePosition, meta};
use borsh::BorshDeserialize;
use rocksdb::{
    Cache, ColumnFamily, DB, DBPinnableSlice, ErrorKind, ReadOptions, WriteBatch, WriteOptions,
    properties,
};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, RwLock};
use std::thread;
use std::time::Duration;
use tracing::info;
use types::{BlockId, ChainId, Genesis, Height};

/// Blocks, state and indexes of one chain in one folder.
///
/// Shared by `Arc`. Reads may come from any thread; commits come from one ([`Store::commit`] panics
/// when two overlap). After a write that failed every call fails with [`StoreError::Poisoned`].
pub struct Store {
    pub(crate) db: DB,
    pub(crate) chain_id: ChainId,
    pub(crate) genesis_hash: BlockId,
    /// The newest height, as the meta table has it; `None` before genesis.
    pub(crate) tip: RwLock<Option<Tip>>,
    /// What the database was opened with: it holds the counters.
    pub(crate) database: rocksdb::Options,
    pub(crate) floors: Floors,
    /// Held for the length of a commit.
    pub(crate) committing: Mutex<()>,
    /// Held for the length of a pruning step.
    pub(crate) pruning: Mutex<()>,
    poison: OnceLock<String>,
}

/// The height below which blocks are gone, as each stage of pruning knows it.
#[derive(Debug, Default)]
pub(crate) struct Floors {
    /// Reads answer "pruned" below it.
    pub(crate) read: AtomicU64,
    /// It stands in the log, behind the removal of the rows.
    pub(crate) written: AtomicU64,
    /// It is on disk: compaction may drop index entries below it. Earlier, a power cut could bring
    /// back blocks whose index entries are gone.
    pub(crate) durable: Arc<AtomicU64>,
}

/// Whether a write waits for the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Durability {
    /// It has reached the disk when the call returns, and every write before it too.
    Synced,
    /// It reaches the disk with the next synced one, or when the system likes.
    Unsynced,
}

/// How long a write that RocksDB turned away waits before it tries again.
const STALL: Duration = Duration::from_millis(5);
/// How often it tries: for ten minutes. A disk that lags further behind carries no validator.
const MAX_STALLS: u32 = 120_000;
/// The reason of a failure in the background of which RocksDB's text log says nothing.
const SILENT_LOG: &str = "its file LOG does not say why; the disk may have been full then";

/// The first height that has a block: genesis has a header only.
pub(crate) const FIRST_BLOCK: Height = Height(1);

impl Store {
    /// Open the store in a folder, or make one if the folder is empty or missing.
    ///
    /// # Errors
    /// [`StoreError::Foreign`] if the folder holds something else, [`StoreError::InUse`] if another
    /// process has it open, [`StoreError::OtherChain`], [`StoreError::NewerSchema`] and
    /// [`StoreError::UnknownTables`] if this program or this chain must not use it,
    /// [`StoreError::Headless`], [`StoreError::MissingTables`] and [`StoreError::Corrupt`] if it is
    /// damaged; otherwise what the system or RocksDB said.
    pub fn open(path: &Path, options: &Options) -> Result<Self, StoreError> {
        if folder::claim(path)? == Found::Database {
            check_tables(path)?;
        }
        let cache = Cache::new_lru_cache(options.cache_bytes);
        let floors = Floors::default();
        let database = options::database(options, &cache);
        let tables = options::tables(options, &cache, &floors.durable);
        let db = DB::open_cf_descriptors(&database, path, tables)
            .map_err(|error| StoreError::from_rocksdb(path, "open", error))?;
        let store = Self {
            db,
            chain_id: options.chain_id,
            genesis_hash: options.genesis_hash,
            tip: RwLock::new(None),
            database,
            floors,
            committing: Mutex::new(()),
            pruning: Mutex::new(()),
            poison: OnceLock::new(),
        };
        migrate::ensure_schema(&store)?;
        store.check_identity()?;
        store.load()?;
        let height = store.tip_if_any().map(|tip| tip.height);
        info!(path = %path.display(), ?height, "store open");
        Ok(store)
    }

    /// The folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.db.path()
    }

    /// The newest durable height.
    ///
    /// # Errors
    /// [`StoreError::NotInitialised`] before genesis is written; [`StoreError::Poisoned`].
    pub fn tip(&self) -> Result<Tip, StoreError> {
        self.check()?;
        self.tip_if_any()
            .ok_or_else(|| StoreError::NotInitialised { path: self.path().to_path_buf() })
    }

    /// Whether genesis has been written.
    #[must_use]
    pub fn is_initialised(&self) -> bool {
        self.tip_if_any().is_some()
    }

    /// The oldest height whose block, receipts and history are kept: 1 until something is pruned.
    #[must_use]
    pub fn oldest(&self) -> Height {
        Height(self.floors.read.load(Ordering::Acquire).max(FIRST_BLOCK.0))
    }

    /// The genesis that the chain began with.
    ///
    /// # Errors
    /// [`StoreError::NotInitialised`], [`StoreError::Corrupt`] or what RocksDB said.
    pub fn genesis(&self) -> Result<Genesis, StoreError> {
        self.tip()?;
        self.meta_row(meta::GENESIS)
    }

    /// The instance that this store was armed with, to be compared with the guard's.
    ///
    /// # Errors
    /// [`StoreError::NotInitialised`], [`StoreError::Corrupt`] or what RocksDB said.
    pub fn instance(&self) -> Result<[u8; 32], StoreError> {
        self.tip()?;
        self.meta_row::<IdentityRow>(meta::IDENTITY).map(|identity| identity.instance)
    }

    /// Write a new instance into the identity, durably: the guard was armed with it.
    ///
    /// # Errors
    /// [`StoreError::NotInitialised`], [`StoreError::Corrupt`], [`StoreError::DiskFull`] or what
    /// RocksDB said.
    pub fn set_instance(&self, instance: [u8; 32]) -> Result<(), StoreError> {
        self.tip()?;
        let mut identity: IdentityRow = self.meta_row(meta::IDENTITY)?;
        identity.instance = instance;
        let mut batch = WriteBatch::default();
        batch.put_cf(self.handle(Table::Meta), meta::IDENTITY, types::encode(&identity));
        self.write(batch, Durability::Synced, "write the instance")
    }

    /// Up to which height the tree's nodes are on disk; `None` before the first flush.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] or what RocksDB said.
    pub fn tree_position(&self) -> Result<Option<TreePosition>, StoreError> {
        self.row(Table::Meta, meta::TREE)
    }

    pub(crate) fn tip_if_any(&self) -> Option<Tip> {
        *self.tip.read().expect("nothing panics while it holds the tip")
    }

    pub(crate) fn set_tip(&self, tip: Tip) {
        *self.tip.write().expect("nothing panics while it holds the tip") = Some(tip);
    }

    /// Refuse a store of another chain.
    fn check_identity(&self) -> Result<(), StoreError> {
        let Some(found) = self.row::<IdentityRow>(Table::Meta, meta::IDENTITY)? else {
            return Ok(());
        };
        let found = ChainName { chain_id: found.chain_id, genesis_hash: found.genesis_hash };
        let wanted = ChainName { chain_id: self.chain_id, genesis_hash: self.genesis_hash };
        if found == wanted {
            return Ok(());
        }
        let path = self.path().to_path_buf();
        Err(StoreError::OtherChain { path, found: Box::new(found), wanted: Box::new(wanted) })
    }

    /// Read what is kept in memory, and check that it belongs together.
    fn load(&self) -> Result<(), StoreError> {
        let Some(tip) = self.row::<Tip>(Table::Meta, meta::TIP)? else {
            return match self.value_of(Table::Meta, meta::IDENTITY)? {
                Some(_) => Err(tables::missing(Table::Meta, meta::TIP)),
                None => Ok(()),
            };
        };
        let key = tables::height_key(tip.height);
        let newest = self.header_row(tip.height)?;
        let newest = newest.ok_or_else(|| tables::missing(Table::Header, &key))?;
        if newest.block_id != tip.block_id || newest.header.height != tip.height {
            let reason = format!("it is not the tip's, which is {}", tip.block_id);
            return Err(tables::corrupt(Table::Header, &key, reason));
        }
        if let Some(tree) = self.tree_position()?
            && tree.height > tip.height
        {
            let reason = format!("height {} is above the tip's, {}", tree.height, tip.height);
            return Err(tables::corrupt(Table::Meta, meta::TREE, reason));
        }
        if let Some(row) = self.row::<HeightRow>(Table::Meta, meta::OLDEST)? {
            // RocksDB has made durable what it found in the log.
            for floor in [&self.floors.read, &self.floors.written, &*self.floors.durable] {
                floor.store(row.height.0, Ordering::Release);
            }
        }
        self.set_tip(tip);
        Ok(())
    }

    /// A row of the meta table that every initialised store has.
    fn meta_row<T: BorshDeserialize>(&self, key: &[u8]) -> Result<T, StoreError> {
        self.row(Table::Meta, key)?.ok_or_else(|| tables::missing(Table::Meta, key))
    }

    /// The handle of a table.
    pub(crate) fn handle(&self, table: Table) -> &ColumnFamily {
        self.db.cf_handle(table.name()).expect("every table was opened")
    }

    /// The bytes under a key.
    pub(crate) fn value_of(
        &self,
        table: Table,
        key: &[u8],
    ) -> Result<Option<DBPinnableSlice<'_>>, StoreError> {
        self.value_with(table, key, &ReadOptions::default())
    }

    /// As [`Store::value_of`], under read options.
    pub(crate) fn value_with(
        &self,
        table: Table,
        key: &[u8],
        options: &ReadOptions,
    ) -> Result<Option<DBPinnableSlice<'_>>, StoreError> {
        self.check()?;
        self.db
            .get_pinned_cf_opt(self.handle(table), key, options)
            .map_err(|error| self.failed("read a value", error))
    }

    /// The row under a key.
    pub(crate) fn row<T: BorshDeserialize>(
        &self,
        table: Table,
        key: &[u8],
    ) -> Result<Option<T>, StoreError> {
        self.value_of(table, key)?.map(|value| tables::decode(table, key, &value)).transpose()
    }

    /// Carry out a batch; a failure closes the store for good.
    pub(crate) fn write(
        &self,
        batch: WriteBatch,
        durability: Durability,
        during: &'static str,
    ) -> Result<(), StoreError> {
        self.check()?;
        self.try_write(&batch, durability, during).inspect_err(|error| {
            // Of several failures the first one counts.
            let _ = self.poison.set(format!("{during}: {error}"));
        })
    }

    /// Write, and wait while compaction lags, but not for a disk that is full: left to itself,
    /// RocksDB holds a write until there is room again, for ever if need be, and says nothing.
    fn try_write(
        &self,
        batch: &WriteBatch,
        durability: Durability,
        during: &'static str,
    ) -> Result<(), StoreError> {
        let mut options = WriteOptions::default();
        options.set_sync(durability == Durability::Synced);
        options.set_no_slowdown(true);
        for _ in 0..MAX_STALLS {
            if self.background_errors()? > 0 {
                return Err(self.background_failure(during));
            }
            match self.db.write_opt(WriteBatch::from_data(batch.data()), &options) {
                Err(error) if error.kind() == ErrorKind::Incomplete => thread::sleep(STALL),
                result => return result.map_err(|error| self.failed(during, error)),
            }
        }
        Err(StoreError::Stalled { path: self.path().to_path_buf(), during })
    }

    /// How many flushes and compactions failed since the store was opened.
    pub(crate) fn background_errors(&self) -> Result<u64, StoreError> {
        // RocksDB counts them at its default table, whichever table failed.
        self.db
            .property_int_value(properties::BACKGROUND_ERRORS)
            .map(Option::unwrap_or_default)
            .map_err(|error| self.failed("read a property", error))
    }

    /// Why a flush or compaction failed. RocksDB says so only in its text log, which lies on the
    /// same disk: a full one may take that line along.
    fn background_failure(&self, during: &'static str) -> StoreError {
        let path = self.path().to_path_buf();
        let log = std::fs::read(path.join("LOG")).unwrap_or_default();
        let log = String::from_utf8_lossy(&log);
        let failed = |line: &&str| line.contains("IO error") || line.contains("Corruption");
        let reason = log.lines().rev().find(failed).unwrap_or(SILENT_LOG).to_owned();
        if error::is_disk_full(&reason) {
            return StoreError::DiskFull { path, during, reason };
        }
        StoreError::Background { path, reason }
    }

    /// Refuse everything after a failed write.
    pub(crate) fn check(&self) -> Result<(), StoreError> {
        match self.poison.get() {
            None => Ok(()),
            Some(reason) => Err(StoreError::Poisoned {
                path: self.path().to_path_buf(),
                reason: reason.clone(),
            }),
        }
    }

    pub(crate) fn failed(&self, during: &'static str, error: rocksdb::Error) -> StoreError {
        StoreError::from_rocksdb(self.path(), during, error)
    }
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store")
            .field("path", &self.path())
            .field("tip", &self.tip_if_any())
            .finish_non_exhaustive()
    }
}

/// Compare the tables of a database with those that this program knows, before it is opened.
fn check_tables(path: &Path) -> Result<(), StoreError> {
    let mut found = DB::list_cf(&rocksdb::Options::default(), path)
        .map_err(|error| StoreError::from_rocksdb(path, "list the tables", error))?;
    found.retain(|name| name != rocksdb::DEFAULT_COLUMN_FAMILY_NAME);
    let known = |name: &String| Table::ALL.iter().any(|table| table.name() == name);
    let unknown: Vec<String> = found.iter().filter(|name| !known(name)).cloned().collect();
    if !unknown.is_empty() {
        return Err(StoreError::UnknownTables { path: path.to_path_buf(), tables: unknown });
    }
    let lacking: Vec<String> = Table::ALL
        .iter()
        .map(|table| table.name().to_owned())
        .filter(|name| !found.contains(name))
        .collect();
    // The meta table is made last: without it, this is a store whose making was interrupted.
    if !lacking.is_empty() && !lacking.iter().any(|name| name == Table::Meta.name()) {
        return Err(StoreError::MissingTables { path: path.to_path_buf(), tables: lacking });
    }
    Ok(())
}

#[cfg(test)]
mod tests;
