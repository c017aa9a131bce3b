//! Transactions that are nothing but what a pool looks at.

use crate::{Limits, Pending, Pool, Refused};
use std::sync::Arc;
use types::{Address, Gas, Nonce, Params, TimestampMs, TxHash};

pub(crate) const NOW_MS: u64 = 50_000;
pub(crate) const BLOCK_TIME: TimestampMs = TimestampMs(1_000_000);

pub(crate) fn address(sender: u8) -> Address {
    Address([sender; 32])
}

/// A transaction of `size` bytes that is valid for an hour; different `salt`s differ.
pub(crate) fn transaction(sender: u8, lane: u8, nonce: u64, salt: u8) -> Pending {
    let mut hash = [0; 32];
    hash[0] = sender;
    hash[1] = lane;
    hash[2..10].copy_from_slice(&nonce.to_be_bytes());
    hash[10] = salt;
    Pending {
        hash: TxHash(hash),
        sender: address(sender),
        lane,
        nonce: Nonce(nonce),
        gas_limit: Gas(1_000),
        valid_until_ms: TimestampMs(BLOCK_TIME.0 + 3_600_000),
        governance: false,
        deploys: false,
        bytes: vec![salt; 200].into(),
    }
}

pub(crate) fn limits() -> Limits {
    Limits::from_params(&Params::default())
}

pub(crate) fn admit(pool: &mut Pool, pending: Pending) -> Result<Option<TxHash>, Refused> {
    admit_at(pool, pending, 0, NOW_MS)
}

pub(crate) fn admit_at(
    pool: &mut Pool,
    pending: Pending,
    next: u64,
    now_ms: u64,
) -> Result<Option<TxHash>, Refused> {
    pool.admit(Arc::new(pending), Nonce(next), now_ms, BLOCK_TIME).map(|admitted| admitted.replaced)
}

/// Everything ready, without bounds of the block, as (sender, lane, nonce).
pub(crate) fn ready(pool: &Pool) -> Vec<(u8, u8, u64)> {
    names(&pool.candidates(u64::MAX, usize::MAX, Gas::MAX, NOW_MS))
}

pub(crate) fn names(txs: &[Arc<Pending>]) -> Vec<(u8, u8, u64)> {
    txs.iter().map(|tx| (tx.sender.0[0], tx.lane, tx.nonce.0)).collect()
}
