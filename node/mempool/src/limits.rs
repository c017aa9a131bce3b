//! Bounds of a pool.

use types::{Gas, Params};

/// How far a nonce may lie above the first missing one of its lane. A wallet whose submissions
/// overtake each other stays within it; more would let strangers park what cannot run.
pub const MAX_GAP: u64 = 16;
/// How often one place of a lane may be taken over. More would be a way to have the whole net
/// relay without end for the price of one transaction.
pub const MAX_REPLACEMENTS: u8 = 4;
/// A sender has at most this part of a block's gas: one eighth.
pub const SENDER_PARTS: u64 = 8;
/// This part of a pool and of a block is kept for governance: one tenth. So members can act while
/// others flood the chain.
pub const GOVERNANCE_PARTS: u64 = 10;

/// [`GOVERNANCE_PARTS`] for counts in memory.
const COUNT_PARTS: usize = 10;
const _: () = assert!(COUNT_PARTS as u64 == GOVERNANCE_PARTS, "both are the same part");

/// The part of a count that is kept for governance, rounded down: everybody else gains.
pub(crate) const fn governance_part(count: usize) -> usize {
    count / COUNT_PARTS
}

/// How much a pool may hold, from the chain's parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Most transactions.
    pub txs: usize,
    /// Most bytes of their encodings.
    pub bytes: u64,
    /// Most transactions of one sender, over all its lanes.
    pub sender_txs: usize,
    /// How long a transaction waits. Unit: ms of the monotonic clock.
    pub stay_ms: u64,
    /// Most gas of one sender's transactions in one block. A single larger one still goes, alone.
    pub sender_gas: Gas,
    /// Most gas that one transaction may ask for.
    pub tx_gas: Gas,
    /// How long a transaction that deploys code waits before it may go into a block. Unit: ms of
    /// the monotonic clock.
    pub deploy_wait_ms: u64,
}

impl Limits {
    /// The limits that the chain's parameters set.
    #[must_use]
    pub fn from_params(params: &Params) -> Self {
        let sender_gas = params.max_block_gas / SENDER_PARTS;
        let tx_gas = params.max_tx_gas.max(params.max_deploy_gas).min(params.max_block_gas);
        Self {
            txs: usize::try_from(params.pool_txs).unwrap_or(usize::MAX),
            bytes: params.pool_bytes,
            sender_txs: usize::try_from(params.pool_sender_txs).unwrap_or(usize::MAX),
            stay_ms: params.pool_stay_ms,
            sender_gas: Gas(sender_gas),
            tx_gas: Gas(tx_gas),
            deploy_wait_ms: params.deploy_wait_ms,
        }
    }

    /// Most transactions that are not governance.
    pub(crate) fn ordinary_txs(&self) -> usize {
        self.txs.saturating_sub(governance_part(self.txs))
    }

    /// Most bytes of transactions that are not governance.
    pub(crate) fn ordinary_bytes(&self) -> u64 {
        self.bytes.saturating_sub(self.bytes / GOVERNANCE_PARTS)
    }
}
