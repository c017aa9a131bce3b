//! Transactions on their way to the peers, packed into gossip messages.

use crate::event::Bytes;
use types::wire::{TX_BATCH_OVERHEAD_BYTES, TX_BATCH_TARGET_BYTES, TX_OVERHEAD_BYTES};

/// The message that is being filled.
#[derive(Default)]
pub(crate) struct Outgoing {
    txs: Vec<Bytes>,
    /// Size of the message so far, without what it takes when empty.
    bytes: usize,
}

impl Outgoing {
    /// Whether nothing waits.
    pub(crate) fn is_empty(&self) -> bool {
        self.txs.is_empty()
    }

    /// Add a transaction. Hands out the message before it if both would exceed the target, which a
    /// receiver takes for an offence.
    pub(crate) fn push(&mut self, tx: Bytes) -> Option<Vec<Bytes>> {
        const ROOM: usize = TX_BATCH_TARGET_BYTES - TX_BATCH_OVERHEAD_BYTES;
        let size = tx.len().saturating_add(TX_OVERHEAD_BYTES);
        let full = self.bytes.saturating_add(size) > ROOM && !self.is_empty();
        let before = full.then(|| self.take());
        self.txs.push(tx);
        self.bytes = self.bytes.saturating_add(size);
        before
    }

    /// Everything that waits.
    pub(crate) fn take(&mut self) -> Vec<Bytes> {
        self.bytes = 0;
        std::mem::take(&mut self.txs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use types::Version;
    use types::wire::TxBatch;

    fn encoded_len(txs: &[Bytes]) -> usize {
        let txs = txs.iter().map(|tx| tx.to_vec()).collect();
        types::encode(&TxBatch { version: Version, txs }).len()
    }

    #[test]
    fn no_message_of_several_transactions_exceeds_the_target() {
        for size in [1, 7, 100, 262, 4_096, 32_766, 32_767, 65_527, 65_528, 70_000] {
            let tx: Bytes = vec![0; size].into();
            let mut outgoing = Outgoing::default();
            let mut messages: Vec<_> =
                (0..1_000).filter_map(|_| outgoing.push(tx.clone())).collect();
            messages.push(outgoing.take());
            assert!(outgoing.is_empty());
            assert_eq!(messages.iter().map(Vec::len).sum::<usize>(), 1_000);
            for message in &messages {
                let fits = encoded_len(message) <= TX_BATCH_TARGET_BYTES;
                assert!(fits || message.len() == 1, "{} of {size} bytes", message.len());
            }
            let filled = encoded_len(&messages[0]) + TX_OVERHEAD_BYTES + size;
            assert!(filled > TX_BATCH_TARGET_BYTES || messages.len() == 1, "{size} bytes each");
        }
    }
}
