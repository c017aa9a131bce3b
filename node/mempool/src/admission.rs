//! Admission: who may wait, and why not.

use crate::lanes::{Lane, Place, Sender};
use crate::limits::{MAX_GAP, MAX_REPLACEMENTS};
use crate::pending::Pending;
use crate::pool::{Entry, Pool};
use std::sync::Arc;
use thiserror::Error;
use types::{Code, Nonce, TimestampMs, TxHash};

/// A transaction waits now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Admitted {
    /// Whose place in the lane it took.
    pub replaced: Option<TxHash>,
}

/// Why a transaction may not wait, with the field, its value and what it was measured by.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{}", code.sentence(field, value, limit))]
pub struct Refused {
    /// The reason.
    pub code: Code,
    /// What was measured.
    pub field: &'static str,
    /// Its value.
    pub value: String,
    /// The bound, or what was expected; empty if the code says all.
    pub limit: String,
}

fn refuse<T>(
    code: Code,
    field: &'static str,
    value: impl ToString,
    limit: impl ToString,
) -> Result<T, Refused> {
    Err(Refused { code, field, value: value.to_string(), limit: limit.to_string() })
}

impl Pool {
    /// Let a transaction wait. Its signatures, size and fields were checked; `next_nonce` is the
    /// state's for its lane, `now_ms` the monotonic clock, `block_time_ms` the newest block's.
    ///
    /// # Errors
    /// [`Refused`]: `Duplicate`, `Expired`, `GasLimitTooHigh`, `NonceTooLow` (another transaction
    /// has the nonce), `NonceTooHigh` (more than [`MAX_GAP`] above the first missing nonce),
    /// `ReplacedTooOften`, `SenderLimit` or `PoolFull`. A refused transaction changes nothing
    /// but what `next_nonce` says of its lane.
    pub fn admit(
        &mut self,
        pending: Arc<Pending>,
        next_nonce: Nonce,
        now_ms: u64,
        block_time_ms: TimestampMs,
    ) -> Result<Admitted, Refused> {
        self.check_alone(&pending, block_time_ms)?;
        let known = self.lanes.sender(&pending.sender).and_then(|known| known.lane(pending.lane));
        let known_next = known.map(Lane::next);
        if known_next.is_some_and(|known| known < next_nonce) {
            // The state moved on since the lane was last heard of.
            self.advance(pending.sender, pending.lane, next_nonce);
        }
        // Blocks may have told more than the caller had read.
        let next = known_next.map_or(next_nonce, |known| known.max(next_nonce));
        let sender = self.lanes.sender(&pending.sender);
        let lane = sender.and_then(|sender| sender.lane(pending.lane));
        let held = check_lane(&pending, lane, next)?;
        self.check_room(&pending, sender.map_or(0, Sender::txs), held)?;
        let replaced = held.map(|place| {
            let old = self.unlist(place.arrival);
            self.dropped.insert(old.hash, Code::Replaced);
            old.hash
        });
        let times = held.map_or(0, |place| place.replaced.saturating_add(1));
        self.list(pending, next, times, now_ms);
        Ok(Admitted { replaced })
    }

    /// What does not depend on who else waits.
    fn check_alone(&self, pending: &Pending, block_time_ms: TimestampMs) -> Result<(), Refused> {
        let waits = self.by_hash.contains_key(&pending.hash);
        if waits || self.committed.get(&pending.hash).is_some() {
            return refuse(Code::Duplicate, "hash", pending.hash, "");
        }
        if pending.valid_until_ms <= block_time_ms {
            return refuse(Code::Expired, "valid_until_ms", pending.valid_until_ms, block_time_ms);
        }
        let most = self.limits.sender_gas.max(self.limits.tx_gas);
        if pending.gas_limit > most {
            return refuse(Code::GasLimitTooHigh, "gas_limit", pending.gas_limit, most);
        }
        Ok(())
    }

    /// Room for it, once whom it replaces has left. `waiting` is what its sender has.
    fn check_room(
        &self,
        pending: &Pending,
        waiting: usize,
        held: Option<Place>,
    ) -> Result<(), Refused> {
        let leaving = held.and_then(|place| self.entries.get(&place.arrival));
        let leaving = leaving.map(|entry| &*entry.pending);
        if leaving.is_none() && waiting >= self.limits.sender_txs {
            let limit = self.limits.sender_txs;
            return refuse(Code::SenderLimit, "sender_txs", waiting.saturating_add(1), limit);
        }
        let (txs, bytes) = (self.entries.len(), self.bytes);
        check_totals(pending, leaving, (txs, bytes), (self.limits.txs, self.limits.bytes))?;
        if pending.governance {
            return Ok(());
        }
        let leaving = leaving.filter(|old| !old.governance);
        let most = (self.limits.ordinary_txs(), self.limits.ordinary_bytes());
        check_totals(pending, leaving, (self.ordinary_txs, self.ordinary_bytes), most)
    }

    fn list(&mut self, pending: Arc<Pending>, next: Nonce, replaced: u8, now_ms: u64) {
        let arrival = self.next_arrival;
        self.next_arrival = arrival.checked_add(1).expect("no node sees 2^64 transactions");
        let place = Place { arrival, governance: pending.governance, replaced };
        let nonce = pending.nonce;
        self.lanes.change(pending.sender, pending.lane, next, |places| places.insert(nonce, place));
        self.by_hash.insert(pending.hash, arrival);
        self.by_valid_until.insert((pending.valid_until_ms, arrival));
        self.bytes = self.bytes.saturating_add(pending.size());
        if !pending.governance {
            self.ordinary_txs = self.ordinary_txs.saturating_add(1);
            self.ordinary_bytes = self.ordinary_bytes.saturating_add(pending.size());
        }
        let entry = Entry { pending, arrived_ms: now_ms, arrived_blocks: self.blocks };
        self.entries.insert(arrival, entry);
    }
}

/// Nonce, gap and replacement; returns the place it would take over.
fn check_lane(
    pending: &Pending,
    lane: Option<&Lane>,
    next: Nonce,
) -> Result<Option<Place>, Refused> {
    if pending.nonce < next {
        return refuse(Code::NonceTooLow, "nonce", pending.nonce, next);
    }
    let missing = lane.map_or(next, Lane::ready_end);
    if pending.nonce.0.saturating_sub(missing.0) > MAX_GAP {
        let limit = format!("{missing}, at most {MAX_GAP} above that may wait");
        return refuse(Code::NonceTooHigh, "nonce", pending.nonce, limit);
    }
    let held = lane.and_then(|lane| lane.place(pending.nonce));
    if held.is_some_and(|place| place.replaced >= MAX_REPLACEMENTS) {
        let (value, limit) = (MAX_REPLACEMENTS + 1, MAX_REPLACEMENTS);
        return refuse(Code::ReplacedTooOften, "replacements", value, limit);
    }
    Ok(held)
}

/// Whether number and bytes stay within bounds with `pending` in and `leaving` out.
fn check_totals(
    pending: &Pending,
    leaving: Option<&Pending>,
    (txs, bytes): (usize, u64),
    (most_txs, most_bytes): (usize, u64),
) -> Result<(), Refused> {
    let txs = txs.saturating_sub(usize::from(leaving.is_some()));
    if txs >= most_txs {
        return refuse(Code::PoolFull, "pool_txs", txs.saturating_add(1), most_txs);
    }
    let bytes =
        bytes.saturating_sub(leaving.map_or(0, Pending::size)).saturating_add(pending.size());
    if bytes > most_bytes {
        return refuse(Code::PoolFull, "pool_bytes", bytes, most_bytes);
    }
    Ok(())
}
