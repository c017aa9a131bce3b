//! Keep blocks, state and indexes in RocksDB: one synced batch a block.
//!
//! [`Store::commit`] makes a height durable in one batch that is on disk when the call returns:
//! header, body, certificate, receipts, indexes, flat state, change set and tip. Everything else —
//! seals, finality certificates, the nodes of the state tree, pruning — is written unsynced, in
//! order: after a crash the disk holds all writes up to some moment at or after the newest commit,
//! and none after it.
//!
//! **Invariant.** Nothing but this crate writes the database, one batch a block. After a write that
//! failed every call fails until the program starts again: what reached the disk is not known.
//! Tables and their bytes stand in `tables.rs`.
#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod blocks;
mod commit;
mod db;
mod error;
mod folder;
mod metrics;
mod migrate;
mod options;
mod prune;
mod reader;
mod tables;
#[cfg(test)]
mod testing;

pub use blocks::MAX_HISTORY_PAGE;
pub use commit::{CommitBatch, GenesisBatch};
pub use db::Store;
pub use error::{ChainName, StoreError};
pub use metrics::Metrics;
pub use migrate::SCHEMA;
pub use options::Options;
pub use prune::{PRUNE_STEP_HEIGHTS, Pruning};
pub use reader::Snapshot;
pub use tables::{Position, Tip, TreePosition};
