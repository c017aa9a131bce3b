//! Forgetting old blocks: bounded, unsynced, and off the way of commits.
//!
//! Tables by height lose whole ranges; the indexes, whose keys are hashes and accounts, lose their
//! entries when RocksDB rewrites the file that holds them, which it does with every file within
//! thirty days, and not before the bound is durable. Until then reads leave them out.

use crate::db::{Durability, Store};
use crate::error::StoreError;
use crate::tables::{self, HeightRow, PositionRow, Table, meta};
use rocksdb::compaction_filter::CompactionFilter;
use rocksdb::compaction_filter_factory::{CompactionFilterContext, CompactionFilterFactory};
use rocksdb::{CompactionDecision, WriteBatch};
use std::ffi::CStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tracing::debug;
use types::Height;
use types::codec::Version;

/// Heights that one step forgets. Fewer are not forgotten at all: each step leaves a mark in every
/// table by height, which reads must pass until it is compacted away.
pub const PRUNE_STEP_HEIGHTS: u64 = 256;

/// What a step did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pruning {
    /// The oldest height kept now.
    pub oldest: Height,
    /// Whether another step is due.
    pub more: bool,
}

impl Store {
    /// Forget the bodies, certificates, receipts, seals and index entries of up to
    /// [`PRUNE_STEP_HEIGHTS`] heights below `keep_from`, if that many are due. Headers, finality
    /// certificates and state stay.
    ///
    /// Call it between commits; it waits for no disk.
    ///
    /// # Errors
    /// [`StoreError::NotInitialised`], [`StoreError::DiskFull`] or what RocksDB said; the store is
    /// closed for good then.
    pub fn prune(&self, keep_from: Height) -> Result<Pruning, StoreError> {
        let _guard = self.pruning.lock().expect("nothing panics while it prunes");
        // The tip stays, whatever is asked for: its block is what the next one builds on.
        let keep_from = keep_from.min(self.tip()?.height);
        let from = self.oldest();
        let due = keep_from.0.saturating_sub(from.0);
        if due < PRUNE_STEP_HEIGHTS {
            return Ok(Pruning { oldest: from, more: false });
        }
        let below = Height(from.0.saturating_add(PRUNE_STEP_HEIGHTS));
        // First the bound, then the rows: a reader that misses a row finds the bound moved.
        self.floors.read.store(below.0, Ordering::Release);
        let row = HeightRow { version: Version, height: below };
        let mut batch = WriteBatch::default();
        let (first, end) = (tables::height_key(from), tables::height_key(below));
        for table in Table::PRUNED_BY_HEIGHT {
            batch.delete_range_cf(self.handle(table), first, end);
        }
        batch.put_cf(self.handle(Table::Meta), meta::OLDEST, types::encode(&row));
        self.write(batch, Durability::Unsynced, "prune")?;
        self.floors.written.store(below.0, Ordering::Release);
        debug!(oldest = %below, "pruned");
        let left = due.saturating_sub(PRUNE_STEP_HEIGHTS);
        Ok(Pruning { oldest: below, more: left >= PRUNE_STEP_HEIGHTS })
    }
}

/// Drops the index entries of pruned heights while RocksDB compacts.
pub(crate) struct PruneFilter {
    height: fn(&[u8], &[u8]) -> Option<Height>,
    floor: Height,
}

/// Makes a filter for each compaction.
pub(crate) struct PruneFilterFactory {
    height: fn(&[u8], &[u8]) -> Option<Height>,
    floor: Arc<AtomicU64>,
}

const NAME: &CStr = c"pruned heights";

impl PruneFilterFactory {
    /// The factory for a table, if it is one that compaction prunes.
    pub(crate) fn of(table: Table, floor: &Arc<AtomicU64>) -> Option<Self> {
        let height = match table {
            Table::Transaction => transaction_height,
            Table::History => history_height,
            Table::Header
            | Table::BlockHeight
            | Table::Body
            | Table::Certificate
            | Table::Receipt
            | Table::Return
            | Table::Changes
            | Table::State
            | Table::Node
            | Table::Finality
            | Table::Seal
            | Table::Vote
            | Table::Meta => return None,
        };
        Some(Self { height, floor: Arc::clone(floor) })
    }
}

impl CompactionFilterFactory for PruneFilterFactory {
    type Filter = PruneFilter;

    fn create(&mut self, _context: CompactionFilterContext) -> PruneFilter {
        PruneFilter { height: self.height, floor: Height(self.floor.load(Ordering::Acquire)) }
    }

    fn name(&self) -> &CStr {
        NAME
    }
}

impl CompactionFilter for PruneFilter {
    fn filter(&mut self, _level: u32, key: &[u8], value: &[u8]) -> CompactionDecision {
        // What cannot be read is kept, for a read to find.
        match (self.height)(key, value) {
            Some(height) if height < self.floor => CompactionDecision::Remove,
            Some(_) | None => CompactionDecision::Keep,
        }
    }

    fn name(&self) -> &CStr {
        NAME
    }
}

fn transaction_height(key: &[u8], value: &[u8]) -> Option<Height> {
    let row: PositionRow = tables::decode(Table::Transaction, key, value).ok()?;
    Some(row.position.height)
}

fn history_height(key: &[u8], _value: &[u8]) -> Option<Height> {
    tables::history_position(key).map(|position| position.height)
}

#[cfg(test)]
mod tests;
