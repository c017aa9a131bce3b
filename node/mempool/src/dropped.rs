//! What became of transactions that wait no more: the newest, so that their senders can be told.

use std::collections::{BTreeMap, VecDeque};
use types::{Code, TxHash};

/// Most drop reasons remembered.
pub const MAX_DROPPED: usize = 100_000;
/// Most hashes of committed transactions remembered: two full blocks, longer than gossip lags.
pub const MAX_COMMITTED: usize = 20_000;

/// A map that forgets what was put in first.
#[derive(Debug)]
pub(crate) struct Newest<V> {
    values: BTreeMap<TxHash, (V, u64)>,
    /// The hashes by age, each with its turn; of a hash put in again only the newer turn holds.
    order: VecDeque<(TxHash, u64)>,
    turn: u64,
    limit: usize,
}

impl<V: Copy> Newest<V> {
    pub(crate) const fn new(limit: usize) -> Self {
        Self { values: BTreeMap::new(), order: VecDeque::new(), turn: 0, limit }
    }

    pub(crate) fn insert(&mut self, hash: TxHash, value: V) {
        self.turn = self.turn.wrapping_add(1);
        self.values.insert(hash, (value, self.turn));
        self.order.push_back((hash, self.turn));
        while self.order.len() > self.limit {
            let Some((oldest, turn)) = self.order.pop_front() else { return };
            if self.values.get(&oldest).is_some_and(|(_, newest)| *newest == turn) {
                self.values.remove(&oldest);
            }
        }
    }

    pub(crate) fn get(&self, hash: &TxHash) -> Option<V> {
        self.values.get(hash).map(|(value, _)| *value)
    }

    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.values.len().max(self.order.len())
    }
}

/// Why each of the newest dropped transactions was dropped.
pub(crate) type Dropped = Newest<Code>;
/// The newest committed transactions.
pub(crate) type Committed = Newest<()>;
