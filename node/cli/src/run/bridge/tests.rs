//! What is encoded without being copied is the message that peers decode.

use super::*;
use types::wire::{ConsensusMessage, TxBatch};
use types::{BlockId, Round, Share, Signature, ValidatorId, Vote, VoteKind};

#[test]
fn a_message_of_borrowed_content_has_the_bytes_of_the_message() {
    let content = ConsensusContent::Vote(Vote {
        kind: VoteKind::Precommit,
        height: Height(7),
        round: Round(1),
        block_id: Some(BlockId([2; 32])),
        validator: ValidatorId([3; 32]),
        signature: Signature([4; 64]),
        share: Share([5; 128]),
    });
    let bytes = encode_message(&content);
    assert_eq!(bytes, types::encode(&ConsensusMessage { version: Version, content }));
}

#[test]
fn a_batch_of_shared_transactions_has_the_bytes_of_the_batch() {
    let txs: Vec<Vec<u8>> = vec![vec![1, 2, 3], Vec::new(), vec![4; 70_000]];
    let shared: Vec<Bytes> = txs.iter().map(|tx| Bytes::from(tx.as_slice())).collect();
    assert_eq!(encode_batch(&shared), types::encode(&TxBatch { version: Version, txs }));
}
