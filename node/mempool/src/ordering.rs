//! Order: by arrival, in turns between senders, a tenth kept for governance.

use crate::lanes::{Arrival, Cursor};
use crate::limits::{GOVERNANCE_PARTS, governance_part};
use crate::pending::Pending;
use crate::pool::{Entry, Pool};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use types::{Address, Gas, Nonce};

/// After this many transactions that no longer fit a block is full enough: the first of them did
/// not fit because less room than one largest transaction was left, and looking for the last
/// small ones would mean a walk through the whole pool.
pub const MAX_MISFITS: usize = 64;
/// Bytes a transaction takes in a body beside its own: the length before it.
const LENGTH_BYTES: u64 = 4;

impl Pool {
    /// The next block's transactions, in an order in which they are valid: each lane's nonces
    /// without gaps from the state's next one. Takes time in the number of results and its
    /// logarithm, not in the size of the pool.
    ///
    /// A transaction that deploys code is left out, with what its lane has after it, until it has
    /// waited [`crate::Limits::deploy_wait_ms`] at `now_ms` of the monotonic clock.
    ///
    /// First governance, up to a tenth of each bound, by arrival. Then everybody in turns, one
    /// transaction a turn, turns by arrival; nobody beyond [`crate::Limits::sender_gas`], but for
    /// a single transaction that asks for more by itself.
    #[must_use]
    pub fn candidates(
        &self,
        max_bytes: u64,
        max_txs: usize,
        max_gas: Gas,
        now_ms: u64,
    ) -> Vec<Arc<Pending>> {
        let room = Room { bytes: max_bytes, txs: max_txs, gas: max_gas.0 };
        let mut walk = Walk {
            pool: self,
            room,
            chosen: Vec::new(),
            early: BTreeSet::new(),
            gas: BTreeMap::new(),
            misfits: 0,
            now_ms,
        };
        walk.take_governance();
        walk.take_in_turns();
        walk.chosen
    }
}

/// What is left of a block.
#[derive(Clone, Copy, Debug)]
struct Room {
    bytes: u64,
    txs: usize,
    gas: u64,
}

impl Room {
    /// The part of it that is kept for governance.
    fn part(self) -> Self {
        let txs = governance_part(self.txs);
        Self { bytes: self.bytes / GOVERNANCE_PARTS, txs, gas: self.gas / GOVERNANCE_PARTS }
    }

    /// What is left with this transaction, if it fits.
    fn without(self, pending: &Pending) -> Option<Self> {
        Some(Self {
            bytes: self.bytes.checked_sub(pending.size().saturating_add(LENGTH_BYTES))?,
            txs: self.txs.checked_sub(1)?,
            gas: self.gas.checked_sub(pending.gas_limit.0)?,
        })
    }
}

/// One walk through the pool.
struct Walk<'a> {
    pool: &'a Pool,
    room: Room,
    chosen: Vec<Arc<Pending>>,
    /// Governance that was chosen ahead of its turn.
    early: BTreeSet<Arrival>,
    /// Gas chosen so far, by sender.
    gas: BTreeMap<Address, u64>,
    misfits: usize,
    now_ms: u64,
}

/// Senders that have had a turn and have more, each with its place among what it has.
type Cursors<'a> = BTreeMap<Address, Cursor<'a>>;

impl<'a> Walk<'a> {
    fn take_governance(&mut self) {
        let mut kept = self.room.part();
        for (head, sender, lane) in self.pool.lanes.governance() {
            let places = self.pool.lanes.sender(sender).and_then(|sender| sender.lane(*lane));
            let mut arrival = *head;
            // At most one step a place of the lane.
            loop {
                let pending = self.pending(arrival);
                if !pending.governance || self.exceeds_part(pending) || self.is_early(arrival) {
                    break;
                }
                let Some(left) = kept.without(pending) else {
                    self.misfits = self.misfits.saturating_add(1);
                    break;
                };
                // What fits a tenth of the room fits the room, of which nothing else is taken yet.
                assert!(self.choose(pending), "the part kept for governance lies within the block");
                kept = left;
                self.early.insert(arrival);
                let next = pending.nonce.checked_add(Nonce(1));
                match next.and_then(|nonce| places?.ready(nonce)) {
                    Some(place) => arrival = place.arrival,
                    None => break,
                }
            }
            if self.misfits >= MAX_MISFITS {
                break;
            }
        }
        self.misfits = 0;
    }

    fn take_in_turns(&mut self) {
        let mut cursors = Cursors::new();
        let mut again = BTreeSet::new();
        for (_, sender) in self.pool.lanes.turns() {
            if self.is_full() {
                return;
            }
            self.take_turn(*sender, &mut cursors, &mut again);
        }
        // Every turn takes one transaction off a cursor, so this ends.
        while !again.is_empty() {
            for (_, sender) in std::mem::take(&mut again) {
                if self.is_full() {
                    return;
                }
                self.take_turn(sender, &mut cursors, &mut again);
            }
        }
    }

    fn is_full(&self) -> bool {
        self.room.txs == 0 || self.misfits >= MAX_MISFITS
    }

    /// One sender's turn; if it has more, it is put among those whose turn comes again.
    fn take_turn(
        &mut self,
        sender: Address,
        cursors: &mut Cursors<'a>,
        again: &mut BTreeSet<(Arrival, Address)>,
    ) {
        let mut cursor = match cursors.remove(&sender) {
            Some(cursor) => cursor,
            None => match self.pool.lanes.sender(&sender) {
                Some(lanes) => lanes.cursor(),
                None => return,
            },
        };
        let Some((arrival, lane)) = cursor.pop() else { return };
        let pending = self.pending(arrival);
        if self.early.contains(&arrival) {
            cursor.follow(lane, pending.nonce);
        } else if self.exceeds_part(pending) {
            return;
        } else if self.is_early(arrival) {
            // Its lane waits with it; the sender's other lanes do not.
        } else if self.choose(pending) {
            cursor.follow(lane, pending.nonce);
        } else {
            self.misfits = self.misfits.saturating_add(1);
        }
        if let Some((next, _)) = cursor.peek() {
            again.insert((next, sender));
            cursors.insert(sender, cursor);
        }
    }

    /// Whether it deploys code that others may still be compiling.
    fn is_early(&self, arrival: Arrival) -> bool {
        let entry = self.entry(arrival);
        let waited = self.now_ms.saturating_sub(entry.arrived_ms);
        entry.pending.deploys && waited < self.pool.limits.deploy_wait_ms
    }

    /// Whether the sender has had its part of the block, this transaction considered.
    fn exceeds_part(&self, pending: &Pending) -> bool {
        self.gas.get(&pending.sender).is_some_and(|gas| {
            gas.saturating_add(pending.gas_limit.0) > self.pool.limits.sender_gas.0
        })
    }

    /// Choose it if there is room.
    fn choose(&mut self, pending: &'a Arc<Pending>) -> bool {
        let Some(left) = self.room.without(pending) else { return false };
        self.room = left;
        let gas = self.gas.entry(pending.sender).or_default();
        *gas = gas.saturating_add(pending.gas_limit.0);
        self.chosen.push(pending.clone());
        true
    }

    fn pending(&self, arrival: Arrival) -> &'a Arc<Pending> {
        &self.entry(arrival).pending
    }

    fn entry(&self, arrival: Arrival) -> &'a Entry {
        self.pool.entries.get(&arrival).expect("lanes name entries that exist")
    }
}
