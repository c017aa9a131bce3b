//! What RocksDB is told, and why.

use crate::prune::PruneFilterFactory;
use crate::tables::{Access, Table};
use rocksdb::statistics::StatsLevel;
use rocksdb::{
    BlockBasedIndexType, BlockBasedOptions, Cache, ColumnFamilyDescriptor, DBCompressionType,
    DBRecoveryMode, LogLevel, WriteBufferManager,
};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use types::{BlockId, ChainId};

const KIB: usize = 1024;
const MIB: usize = 1024 * KIB;

/// Whose store to open, and how much memory it may use.
#[derive(Clone, Debug)]
pub struct Options {
    /// The chain that the store must belong to.
    pub chain_id: ChainId,
    /// The block id of that chain's header 0.
    pub genesis_hash: BlockId,
    /// Bytes of blocks, indexes and filters in memory, write buffers included. 96 MiB.
    pub cache_bytes: usize,
    /// Bytes of all write buffers together, charged to the cache. 64 MiB.
    pub write_buffer_bytes: usize,
    /// Bytes at which the write buffer of one busy table goes to disk. 16 MiB.
    pub table_buffer_bytes: usize,
    /// Most files open at a time. 512.
    pub max_open_files: u16,
    /// Threads that flush and compact. 2.
    pub background_jobs: u8,
}

impl Options {
    /// The defaults for a validator.
    #[must_use]
    pub const fn new(chain_id: ChainId, genesis_hash: BlockId) -> Self {
        Self {
            chain_id,
            genesis_hash,
            cache_bytes: 96 * MIB,
            write_buffer_bytes: 64 * MIB,
            table_buffer_bytes: 16 * MIB,
            max_open_files: 512,
            background_jobs: 2,
        }
    }
}

/// Write-ahead logs may hold this much before quiet tables are flushed: it bounds a restart, which
/// reads them all.
const MAX_LOG_BYTES: u64 = 128 * 1024 * 1024;
/// RocksDB's own text log.
const MAX_TEXT_LOG_BYTES: usize = 4 * MIB;
const MAX_TEXT_LOGS: usize = 4;
/// The format of table files, pinned: RocksDB 10.4 and later read it.
const FORMAT_VERSION: i32 = 7;
/// Files of the newest level that one table may have before writes wait for compaction.
const MAX_LEVEL_ZERO_FILES: i32 = 36;
/// Bits of the Bloom filters for each key: one false answer in a hundred.
const BLOOM_BITS: f64 = 10.0;

/// Options of the database as a whole.
pub(crate) fn database(options: &Options, cache: &Cache) -> rocksdb::Options {
    let mut database = rocksdb::Options::default();
    database.create_if_missing(true);
    database.create_missing_column_families(true);
    // After a crash everything up to the last whole record is there, and nothing after it.
    database.set_wal_recovery_mode(DBRecoveryMode::PointInTime);
    database.set_track_and_verify_wals_in_manifest(true);
    database.set_paranoid_checks(true);
    database.set_max_total_wal_size(MAX_LOG_BYTES);
    // Writes are never stalled for memory: a stalled commit is a stalled validator.
    let buffers = WriteBufferManager::new_write_buffer_manager_with_cache(
        options.write_buffer_bytes,
        false,
        cache.clone(),
    );
    database.set_write_buffer_manager(&buffers);
    database.set_max_open_files(i32::from(options.max_open_files));
    database.set_max_background_jobs(i32::from(options.background_jobs));
    // Written files reach the disk as they grow, not in one burst at their end.
    database.set_bytes_per_sync(1024 * 1024);
    database.set_log_level(LogLevel::Warn);
    database.set_max_log_file_size(MAX_TEXT_LOG_BYTES);
    database.set_keep_log_file_num(MAX_TEXT_LOGS);
    database.set_stats_dump_period_sec(0);
    // Counters only: timers would cost more than they tell.
    database.enable_statistics();
    database.set_statistics_level(StatsLevel::ExceptHistogramOrTimers);
    database
}

/// Every table with its options; `floor` is the height below which compaction drops index entries.
pub(crate) fn tables(
    options: &Options,
    cache: &Cache,
    floor: &Arc<AtomicU64>,
) -> Vec<ColumnFamilyDescriptor> {
    Table::ALL
        .into_iter()
        .map(|table| ColumnFamilyDescriptor::new(table.name(), of(table, options, cache, floor)))
        .collect()
}

fn of(table: Table, options: &Options, cache: &Cache, floor: &Arc<AtomicU64>) -> rocksdb::Options {
    let mut blocks = BlockBasedOptions::default();
    blocks.set_block_cache(cache);
    blocks.set_format_version(FORMAT_VERSION);
    blocks.set_cache_index_and_filter_blocks(true);
    blocks.set_pin_l0_filter_and_index_blocks_in_cache(true);
    // In one piece, index and filter of a large file would push everything else out of the cache,
    // and be pushed out: each read would load megabytes.
    blocks.set_index_type(BlockBasedIndexType::TwoLevelIndexSearch);
    blocks.set_partition_filters(true);
    blocks.set_metadata_block_size(4 * KIB);
    blocks.set_pin_top_level_index_and_filter(true);
    match table.access() {
        Access::Point => {
            blocks.set_bloom_filter(BLOOM_BITS, false);
            blocks.set_block_size(4 * KIB);
        }
        Access::Log => blocks.set_block_size(16 * KIB),
    }
    let mut column = rocksdb::Options::default();
    column.set_block_based_table_factory(&blocks);
    column.set_compression_type(DBCompressionType::Lz4);
    column.set_max_write_buffer_number(2);
    // Writes are held up where compaction would otherwise never catch up, and not before: a write
    // that is to be slowed down is turned away as a whole.
    column.set_level_zero_slowdown_writes_trigger(MAX_LEVEL_ZERO_FILES);
    column.set_level_zero_stop_writes_trigger(MAX_LEVEL_ZERO_FILES);
    column.set_write_buffer_size(buffer_bytes(table, options));
    // A table that is hardly written to shall not hold a megabyte for it.
    column.set_arena_block_size(256 * KIB);
    if matches!(table, Table::Body | Table::Certificate | Table::Receipt | Table::Return) {
        column.set_bottommost_compression_type(DBCompressionType::Zstd);
    }
    if let Some(factory) = PruneFilterFactory::of(table, floor) {
        column.set_compaction_filter_factory(factory);
    }
    column
}

fn buffer_bytes(table: Table, options: &Options) -> usize {
    match table {
        Table::Body | Table::Receipt | Table::Changes | Table::State | Table::Node => {
            options.table_buffer_bytes
        }
        Table::Header
        | Table::BlockHeight
        | Table::Certificate
        | Table::Return
        | Table::Transaction
        | Table::History
        | Table::Finality
        | Table::Seal
        | Table::Vote
        | Table::Meta => options.table_buffer_bytes / 2,
    }
}
