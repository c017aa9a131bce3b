//! Blocks: make one, check one, carry one out.
//!
//! A block is checked against the exact state after its parent. What [`check()`] says depends on
//! the block, its parent and that state alone: not on a clock (whether a block is timely is for the
//! replica) and not on the round that proposes it.

mod build;
mod certificates;
mod check;
mod execute;
pub(crate) mod header;

pub use build::{BuildInput, Built, build};
pub use check::{Checked, KnownTx, check};
pub use execute::{Executed, execute};

use types::{BlockId, Hash, Header};

/// Most evidence of one block.
pub const MAX_EVIDENCE: usize = 8;

/// A built block gives one sender at most one part in this many of its gas, but for its first
/// transaction. Not part of validity: it keeps one busy sender from filling every block.
pub const SENDER_GAS_PARTS: u64 = 8;

/// The block before, and what came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parent {
    /// Its header; the genesis header for height 1.
    pub header: Header,
    /// `H("block", header)`.
    pub block_id: BlockId,
    /// State root after it.
    pub state_root: Hash,
    /// Root over its receipts.
    pub receipts_root: Hash,
}

#[cfg(test)]
mod tests;
