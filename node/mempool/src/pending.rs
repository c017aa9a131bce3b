//! A transaction as the pool sees it.

use std::sync::Arc;
use types::{Address, Code, Gas, Nonce, TimestampMs, TxHash};

/// A transaction that waits: what order and limits depend on, beside its shared bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pending {
    /// Its hash, over `bytes`.
    pub hash: TxHash,
    /// Whose nonce it uses.
    pub sender: Address,
    /// The sender's lane, 0 to 63.
    pub lane: u8,
    /// Its place in the lane.
    pub nonce: Nonce,
    /// Most gas it may use.
    pub gas_limit: Gas,
    /// Block time after which it is void.
    pub valid_until_ms: TimestampMs,
    /// Whether it only does what members do to govern the chain.
    pub governance: bool,
    /// Whether it deploys code: it waits until others have had time to compile it.
    pub deploys: bool,
    /// The encoded signed transaction.
    pub bytes: Arc<[u8]>,
}

impl Pending {
    /// Size of the encoding.
    #[must_use]
    pub fn size(&self) -> u64 {
        u64::try_from(self.bytes.len()).unwrap_or(u64::MAX)
    }
}

/// What a pool knows about a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// It waits.
    Pending {
        /// How many that came before it wait, too.
        position: usize,
    },
    /// It was in one of the newest blocks.
    Committed,
    /// It waited, and waits no more.
    Dropped {
        /// Why.
        code: Code,
    },
}
