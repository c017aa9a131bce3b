//! Transactions whose signatures this node has verified: each is decoded and verified once a node.
//!
//! A cache: it saves time and decides nothing, so two nodes may hold different ones.

use executor::Decoded;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use types::{SignedTx, TxHash};

/// Transactions of one generation; two are kept. A full pool and a few blocks fit.
const GENERATION_TXS: usize = 16_384;
/// Bytes of their encodings; decoded they take about twice as much.
const GENERATION_BYTES: usize = 16 << 20;

/// The newest verified transactions.
#[derive(Debug, Default)]
pub(crate) struct VerifiedTxs {
    generations: Mutex<Generations>,
}

#[derive(Debug, Default)]
struct Generations {
    young: HashMap<TxHash, Arc<SignedTx>>,
    young_bytes: usize,
    old: HashMap<TxHash, Arc<SignedTx>>,
}

impl VerifiedTxs {
    /// Remember a transaction.
    pub(crate) fn insert(&self, tx: &Decoded) {
        let mut generations = self.lock();
        let bytes = generations.young_bytes.saturating_add(tx.bytes.len());
        let is_full = generations.young.len() >= GENERATION_TXS || bytes > GENERATION_BYTES;
        if is_full && !generations.young.is_empty() {
            generations.old = std::mem::take(&mut generations.young);
            generations.young_bytes = 0;
        }
        if generations.young.insert(tx.hash, tx.signed.clone()).is_none() {
            generations.young_bytes += tx.bytes.len();
        }
    }

    /// The transaction, if it was verified not too long ago.
    pub(crate) fn get(&self, hash: &TxHash) -> Option<Arc<SignedTx>> {
        let generations = self.lock();
        generations.young.get(hash).or_else(|| generations.old.get(hash)).cloned()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Generations> {
        // A panic elsewhere cannot leave the maps wrong, only short.
        self.generations.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
