//! The pool: what waits, by hash, by arrival, by lane and by the time it runs out.

use crate::dropped::{Committed, Dropped, MAX_COMMITTED, MAX_DROPPED, Newest};
use crate::lanes::{Arrival, Lane, Lanes};
use crate::limits::Limits;
use crate::pending::{Pending, Status};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use types::{Address, Code, Nonce, TimestampMs, TxHash};

/// After this many blocks a waiting transaction is due for the next proposer, and again after as
/// many.
pub const STALE_AFTER_BLOCKS: u64 = 3;

/// A transaction with the circumstances of its arrival.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) pending: Arc<Pending>,
    /// When it came, by the monotonic clock.
    pub(crate) arrived_ms: u64,
    /// How many blocks had been committed by then.
    pub(crate) arrived_blocks: u64,
}

/// The transactions that wait at this node.
#[derive(Debug)]
pub struct Pool {
    pub(crate) limits: Limits,
    pub(crate) entries: BTreeMap<Arrival, Entry>,
    pub(crate) by_hash: BTreeMap<TxHash, Arrival>,
    pub(crate) by_valid_until: BTreeSet<(TimestampMs, Arrival)>,
    pub(crate) lanes: Lanes,
    pub(crate) dropped: Dropped,
    pub(crate) committed: Committed,
    pub(crate) bytes: u64,
    pub(crate) ordinary_txs: usize,
    pub(crate) ordinary_bytes: u64,
    pub(crate) next_arrival: Arrival,
    pub(crate) blocks: u64,
}

impl Pool {
    /// An empty pool.
    #[must_use]
    pub const fn new(limits: Limits) -> Self {
        Self {
            limits,
            entries: BTreeMap::new(),
            by_hash: BTreeMap::new(),
            by_valid_until: BTreeSet::new(),
            lanes: Lanes::new(),
            dropped: Newest::new(MAX_DROPPED),
            committed: Newest::new(MAX_COMMITTED),
            bytes: 0,
            ordinary_txs: 0,
            ordinary_bytes: 0,
            next_arrival: 0,
            blocks: 0,
        }
    }

    /// The chain's parameters changed. What waits above a smaller limit may stay; nothing more is
    /// taken until there is room.
    pub const fn adopt_limits(&mut self, limits: Limits) {
        self.limits = limits;
    }

    /// How many transactions wait.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether none waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Whether some transaction could go into the next block.
    #[must_use]
    pub fn has_candidates(&self) -> bool {
        !self.lanes.turns().is_empty()
    }

    /// How many senders have something waiting.
    #[must_use]
    pub fn senders(&self) -> usize {
        self.lanes.senders()
    }

    /// The next nonce of a lane once all that could go into blocks now is in one; `None` if the
    /// pool knows nothing of the lane.
    #[must_use]
    pub fn pending_nonce(&self, sender: &Address, lane: u8) -> Option<Nonce> {
        self.lanes.sender(sender)?.lane(lane).map(Lane::ready_end)
    }

    /// Bytes of all encodings that wait.
    #[must_use]
    pub const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Whether this transaction waits.
    #[must_use]
    pub fn contains(&self, hash: &TxHash) -> bool {
        self.by_hash.contains_key(hash)
    }

    /// The transaction, if it waits.
    #[must_use]
    pub fn get(&self, hash: &TxHash) -> Option<&Arc<Pending>> {
        let arrival = self.by_hash.get(hash)?;
        self.entries.get(arrival).map(|entry| &entry.pending)
    }

    /// Everything that waits, by arrival.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Pending>> {
        self.entries.values().map(|entry| &entry.pending)
    }

    /// The hashes of everything that waits, by arrival.
    pub fn hashes(&self) -> impl Iterator<Item = TxHash> {
        self.entries.values().map(|entry| entry.pending.hash)
    }

    /// What is known about a transaction; `None` if nothing, or no more.
    ///
    /// Counts those before a waiting one, so it takes time in their number.
    #[must_use]
    pub fn status(&self, hash: &TxHash) -> Option<Status> {
        if let Some(arrival) = self.by_hash.get(hash) {
            return Some(Status::Pending { position: self.entries.range(..arrival).count() });
        }
        if self.committed.get(hash).is_some() {
            return Some(Status::Committed);
        }
        self.dropped.get(hash).map(|code| Status::Dropped { code })
    }

    /// A block was committed: `nonces` are the next ones of the lanes it used, `hashes` its
    /// transactions. Whatever else waited for one of those nonces is dropped.
    pub fn committed(&mut self, nonces: &[(Address, u8, Nonce)], hashes: &[TxHash]) {
        self.blocks = self.blocks.saturating_add(1);
        for hash in hashes {
            self.committed.insert(*hash, ());
        }
        for (sender, lane, next) in nonces {
            let waits = self.lanes.sender(sender).is_some_and(|known| known.lane(*lane).is_some());
            if waits {
                self.advance(*sender, *lane, *next);
            }
        }
    }

    /// Drop one transaction, because a block could not be built with it.
    pub fn discard(&mut self, hash: &TxHash, code: Code) {
        if let Some(arrival) = self.by_hash.get(hash).copied() {
            self.drop_entry(arrival, code);
        }
    }

    /// Drop what has waited too long, and what no further block can take. Returns how many.
    pub fn expire(&mut self, now_ms: u64, block_time_ms: TimestampMs) -> usize {
        let before = self.entries.len();
        while let Some((arrival, entry)) = self.entries.first_key_value() {
            if now_ms.saturating_sub(entry.arrived_ms) < self.limits.stay_ms {
                break;
            }
            let arrival = *arrival;
            self.drop_entry(arrival, Code::PoolExpired);
        }
        // The next block's time is above this one's, so what is valid until now never is again.
        while let Some((valid_until_ms, arrival)) = self.by_valid_until.first().copied() {
            if valid_until_ms > block_time_ms {
                break;
            }
            self.drop_entry(arrival, Code::Expired);
        }
        before.saturating_sub(self.entries.len())
    }

    /// What has waited for [`STALE_AFTER_BLOCKS`] blocks, or a multiple of it, as of the block just
    /// committed: at most `max_txs` of them, oldest first, to be sent to the next proposer.
    #[must_use]
    pub fn stale(&self, max_txs: usize) -> Vec<Arc<Pending>> {
        let waited = |entry: &Entry| self.blocks.saturating_sub(entry.arrived_blocks);
        self.entries
            .values()
            .take_while(|entry| waited(entry) >= STALE_AFTER_BLOCKS)
            .filter(|entry| waited(entry) % STALE_AFTER_BLOCKS == 0)
            .take(max_txs)
            .map(|entry| entry.pending.clone())
            .collect()
    }

    /// The state's next nonce of a lane is `next`: let go of those below it.
    pub(crate) fn advance(&mut self, sender: Address, lane: u8, next: Nonce) {
        let used = self.lanes.change(sender, lane, next, |places| places.advance(next));
        for arrival in used {
            let pending = self.unlist(arrival);
            if self.committed.get(&pending.hash).is_none() {
                self.dropped.insert(pending.hash, Code::NonceTooLow);
            }
        }
    }

    pub(crate) fn drop_entry(&mut self, arrival: Arrival, code: Code) {
        let pending = self.unlist(arrival);
        let nonce = pending.nonce;
        self.lanes.change(pending.sender, pending.lane, nonce, |places| places.remove(nonce));
        self.dropped.insert(pending.hash, code);
    }

    /// Take a transaction out of every index but its lane.
    pub(crate) fn unlist(&mut self, arrival: Arrival) -> Arc<Pending> {
        let entry = self.entries.remove(&arrival).expect("every index names entries that exist");
        let pending = entry.pending;
        self.by_hash.remove(&pending.hash);
        self.by_valid_until.remove(&(pending.valid_until_ms, arrival));
        self.bytes = self.bytes.saturating_sub(pending.size());
        if !pending.governance {
            self.ordinary_txs = self.ordinary_txs.saturating_sub(1);
            self.ordinary_bytes = self.ordinary_bytes.saturating_sub(pending.size());
        }
        pending
    }
}
