use super::*;
use crate::sign::SecretKey;
use types::codec::Version;
use types::{Amount, Call, ChainId, Gas, Nonce, PublicKey, Signature, TimestampMs, Tx};

fn keys(count: u8) -> Vec<SecretKey> {
    let mut keys: Vec<_> = (1..=count).map(|seed| SecretKey::from_seed([seed; 32])).collect();
    keys.sort_by_key(SecretKey::public);
    keys
}

fn tx(sender: Address, payer: Option<Address>) -> Tx {
    Tx {
        version: Version,
        chain_id: ChainId([1; 32]),
        sender,
        lane: 0,
        nonce: Nonce(0),
        valid_until_ms: TimestampMs(1_000),
        gas_limit: Gas(100),
        fee_limit: Amount(5),
        payer,
        reference: Vec::new(),
        calls: vec![Call::Transfer { to: Address([9; 32]), amount: Amount(1) }],
    }
}

fn single(key: &SecretKey, tx: &Tx) -> Auth {
    Auth::Ed25519 { key: key.public(), signature: key.sign(&tx_signing_hash(tx).0) }
}

fn multi(keys: &[SecretKey], threshold: u8, signers: &[u8], tx: &Tx) -> Auth {
    let message = tx_signing_hash(tx).0;
    Auth::Multi {
        threshold,
        keys: keys.iter().map(SecretKey::public).collect(),
        signatures: signers
            .iter()
            .map(|at| {
                (*at, keys.get(usize::from(*at)).map_or(Signature::ZERO, |k| k.sign(&message)))
            })
            .collect(),
    }
}

fn public(keys: &[SecretKey]) -> Vec<PublicKey> {
    keys.iter().map(SecretKey::public).collect()
}

fn verify_multi(keys: &[SecretKey], threshold: u8, signers: &[u8]) -> Result<(), AuthError> {
    let tx = tx(multisig_address(threshold, &public(keys)), None);
    let auth = multi(keys, threshold, signers, &tx);
    verify(&SignedTx { tx, auth, payer_auth: None })
}

#[test]
fn accepts_the_senders_own_key_and_nobody_elses() {
    let keys = keys(2);
    let tx = tx(account_address(&keys[0].public()), None);
    let good = SignedTx { auth: single(&keys[0], &tx), tx: tx.clone(), payer_auth: None };
    assert_eq!(verify(&good), Ok(()));
    let other = SignedTx { auth: single(&keys[1], &tx), ..good };
    assert!(matches!(verify(&other), Err(AuthError::AddressMismatch { party: Party::Sender, .. })));
}

#[test]
fn refuses_a_signature_over_another_transaction() {
    let key = &keys(1)[0];
    let mut tx = tx(account_address(&key.public()), None);
    let auth = single(key, &tx);
    tx.nonce = Nonce(1);
    let signed = SignedTx { tx, auth, payer_auth: None };
    assert_eq!(verify(&signed), Err(AuthError::BadSignature { position: 0 }));
}

#[test]
fn a_payer_signs_exactly_if_it_is_named() {
    let keys = keys(2);
    let (sender, payer) = (account_address(&keys[0].public()), account_address(&keys[1].public()));
    let tx = tx(sender, Some(payer));
    let auth = single(&keys[0], &tx);
    let with = |payer_auth| SignedTx { tx: tx.clone(), auth: auth.clone(), payer_auth };
    assert_eq!(verify(&with(Some(single(&keys[1], &tx)))), Ok(()));
    assert_eq!(verify(&with(None)), Err(AuthError::PayerMissing));
    let stranger = verify(&with(Some(single(&keys[0], &tx))));
    assert!(matches!(stranger, Err(AuthError::AddressMismatch { party: Party::Payer, .. })));
    let mut unnamed = with(Some(single(&keys[1], &tx)));
    unnamed.tx.payer = None;
    assert_eq!(verify(&unnamed), Err(AuthError::PayerUnnamed));
}

#[test]
fn the_payers_bad_signature_counts_after_the_senders() {
    let keys = keys(2);
    let (sender, payer) = (account_address(&keys[0].public()), account_address(&keys[1].public()));
    let tx = tx(sender, Some(payer));
    let forged = Auth::Ed25519 { key: keys[1].public(), signature: Signature([1; 64]) };
    let signed = SignedTx { auth: single(&keys[0], &tx), tx, payer_auth: Some(forged) };
    assert_eq!(verify(&signed), Err(AuthError::BadSignature { position: 1 }));
}

#[test]
fn a_multisig_needs_its_threshold_and_takes_more() {
    let keys = keys(3);
    let party = Party::Sender;
    assert_eq!(verify_multi(&keys, 2, &[0, 2]), Ok(()));
    assert_eq!(verify_multi(&keys, 2, &[0, 1, 2]), Ok(()));
    let few = AuthError::SignatureCount { party, signatures: 1, threshold: 2, keys: 3 };
    assert_eq!(verify_multi(&keys, 2, &[1]), Err(few));
}

#[test]
fn a_multisig_is_ordered_and_counts_nobody_twice() {
    let keys = keys(3);
    let party = Party::Sender;
    for signers in [&[1_u8, 0][..], &[1, 1], &[1, 3]] {
        assert_eq!(verify_multi(&keys, 2, signers), Err(AuthError::SignatureOrder { party }));
    }
    let mut swapped = self::keys(3);
    swapped.swap(0, 1);
    assert_eq!(verify_multi(&swapped, 2, &[0, 1]), Err(AuthError::KeyOrder { party }));
}

#[test]
fn a_multisig_keeps_its_limits() {
    let party = Party::Sender;
    let zero = AuthError::Threshold { party, threshold: 0, keys: 2 };
    assert_eq!(verify_multi(&keys(2), 0, &[]), Err(zero));
    let above = AuthError::Threshold { party, threshold: 3, keys: 2 };
    assert_eq!(verify_multi(&keys(2), 3, &[0, 1]), Err(above));
    assert_eq!(verify_multi(&keys(0), 1, &[]), Err(AuthError::KeyCount { party, keys: 0 }));
    assert_eq!(verify_multi(&keys(17), 1, &[0]), Err(AuthError::KeyCount { party, keys: 17 }));
    assert_eq!(verify_multi(&keys(16), 16, &(0..16).collect::<Vec<_>>()), Ok(()));
}

#[test]
fn another_threshold_is_another_address() {
    let keys = keys(3);
    let tx = tx(multisig_address(2, &public(&keys)), None);
    let auth = multi(&keys, 1, &[0], &tx);
    let lowered = verify(&SignedTx { tx, auth, payer_auth: None });
    assert!(matches!(lowered, Err(AuthError::AddressMismatch { .. })));
}
