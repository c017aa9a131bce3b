//! Transactions whose signatures this node has verified: a signature is verified once a node.
//!
//! A cache: it saves time and decides nothing, so two nodes may hold different ones.

use std::collections::HashSet;
use std::sync::Mutex;
use types::TxHash;

/// Hashes of one generation; two are kept.
const GENERATION: usize = 65_536;

/// The newest verified transactions.
#[derive(Debug, Default)]
pub(crate) struct VerifiedTxs {
    generations: Mutex<Generations>,
}

#[derive(Debug, Default)]
struct Generations {
    young: HashSet<TxHash>,
    old: HashSet<TxHash>,
}

impl VerifiedTxs {
    /// Remember a transaction.
    pub(crate) fn insert(&self, hash: TxHash) {
        let mut generations = self.lock();
        if generations.young.len() >= GENERATION {
            generations.old = std::mem::take(&mut generations.young);
        }
        generations.young.insert(hash);
    }

    /// Whether it was verified not too long ago.
    pub(crate) fn contains(&self, hash: &TxHash) -> bool {
        let generations = self.lock();
        generations.young.contains(hash) || generations.old.contains(hash)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Generations> {
        // A panic elsewhere cannot leave a set of hashes wrong, only short.
        self.generations.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
