//! What is remembered, and for how long.

use super::*;
use types::{
    Address, Amount, Auth, Call, ChainId, Gas, Nonce, PublicKey, Signature, TimestampMs, Tx,
    Version,
};

fn tx(nonce: u64, bytes: usize) -> Decoded {
    let signed = SignedTx {
        tx: Tx {
            version: Version,
            chain_id: ChainId([1; 32]),
            sender: Address([2; 32]),
            lane: 0,
            nonce: Nonce(nonce),
            valid_until_ms: TimestampMs(0),
            gas_limit: Gas(0),
            fee_limit: Amount(0),
            payer: None,
            reference: Vec::new(),
            calls: vec![Call::Transfer { to: Address([3; 32]), amount: Amount(1) }],
        },
        auth: Auth::Ed25519 { key: PublicKey([4; 32]), signature: Signature([5; 64]) },
        payer_auth: None,
    };
    let mut hash = [0; 32];
    hash[..8].copy_from_slice(&nonce.to_le_bytes());
    Decoded { signed: Arc::new(signed), bytes: vec![0; bytes].into(), hash: TxHash(hash) }
}

#[test]
fn a_verified_transaction_is_given_out_as_it_was_decoded() {
    let verified = VerifiedTxs::default();
    let first = tx(1, 250);
    verified.insert(&first);
    assert_eq!(verified.get(&first.hash), Some(first.signed.clone()));
    assert_eq!(verified.get(&tx(2, 250).hash), None);
}

#[test]
fn the_oldest_are_forgotten_by_number_and_by_bytes() {
    let verified = VerifiedTxs::default();
    let count = GENERATION_TXS as u64;
    (0..2 * count).for_each(|nonce| verified.insert(&tx(nonce, 1)));
    assert!(verified.get(&tx(0, 1).hash).is_some());
    verified.insert(&tx(2 * count, 1));
    assert!(verified.get(&tx(0, 1).hash).is_none());
    assert!(verified.get(&tx(count, 1).hash).is_some());

    let verified = VerifiedTxs::default();
    // Two of them do not fit one generation, so the third pushes out the first.
    (0..3).for_each(|nonce| verified.insert(&tx(nonce, GENERATION_BYTES / 2 + 1)));
    assert!(verified.get(&tx(0, 1).hash).is_none());
    assert!(verified.get(&tx(1, 1).hash).is_some());
}
