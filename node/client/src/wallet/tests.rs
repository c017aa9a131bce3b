use super::*;
use types::{ChainId, Gas, Nonce, TimestampMs, Version};

fn key(seed: u8) -> SecretKey {
    SecretKey::from_seed([seed; 32])
}

fn single(seed: u8) -> Signatory {
    Signatory::Ed25519 { key: key(seed).public() }
}

fn tx(sender: &Signatory, payer: Option<&Signatory>) -> Tx {
    Tx {
        version: Version,
        chain_id: ChainId([1; 32]),
        sender: sender.address(),
        lane: 3,
        nonce: Nonce(4),
        valid_until_ms: TimestampMs(5),
        gas_limit: Gas(6),
        fee_limit: Amount(7),
        payer: payer.map(Signatory::address),
        reference: Vec::new(),
        calls: vec![Call::Transfer { to: Address([9; 32]), amount: Amount(8) }],
    }
}

#[test]
fn a_signed_transfer_passes_the_chains_own_check() {
    let bytes = sign(&tx(&single(1), None), &key(1)).unwrap();
    let signed: SignedTx = types::decode("tx", &bytes, MAX_TX_BYTES).unwrap();
    crypto::auth::verify(&signed).unwrap();
}

#[test]
fn a_key_signs_for_no_other_account() {
    let error = sign(&tx(&single(2), None), &key(1)).unwrap_err();
    assert!(matches!(error, WalletError::OtherAddress { .. }), "{error}");
}

#[test]
fn two_of_three_and_a_payer_sign_on_different_machines() {
    let keys: Vec<_> = (1..=3).map(|seed| key(seed).public()).collect();
    let (sender, payer) = (Signatory::multi(2, keys).unwrap(), single(9));
    let blank = TxFile::new(&tx(&sender, Some(&payer)), sender, Some(payer)).unwrap();
    let signed_by = |seed| {
        let mut file = blank.clone();
        file.sign(&key(seed)).unwrap();
        let json = serde_json::to_string(&file).unwrap();
        serde_json::from_str::<TxFile>(&json).unwrap()
    };
    let mut file = signed_by(3);
    file.combine(&signed_by(9)).unwrap();
    assert!(matches!(
        file.finish(),
        Err(WalletError::Missing { party: "sender", found: 1, needed: 2 })
    ));
    file.combine(&signed_by(1)).unwrap();
    crypto::auth::verify(&file.finish().unwrap()).unwrap();
    // A third signature is not sent along: it would cost gas and prove nothing more.
    file.combine(&signed_by(2)).unwrap();
    match file.finish().unwrap().auth {
        Auth::Multi { signatures, .. } => assert_eq!(signatures.len(), 2),
        Auth::Ed25519 { .. } => panic!("the sender is a multisig"),
    }
}

#[test]
fn a_file_that_was_tampered_with_is_refused() {
    let sender = single(1);
    let mut file = TxFile::new(&tx(&sender, None), sender.clone(), None).unwrap();
    file.sign(&key(1)).unwrap();
    let mut other = tx(&sender, None);
    other.nonce = Nonce(99);
    let mut changed = file.clone();
    changed.tx = Base64(types::encode(&other));
    assert!(matches!(changed.tx(), Err(WalletError::Signature { .. })));
    let mut stranger = file.clone();
    stranger.signatures[0].key = key(5).public();
    assert!(matches!(stranger.tx(), Err(WalletError::KeyNotAsked { .. })));
    let unsigned = TxFile::new(&other, sender, None).unwrap();
    assert!(matches!(file.combine(&unsigned), Err(WalletError::OtherTransaction { .. })));
    assert!(matches!(file.sign(&key(2)), Err(WalletError::KeyNotAsked { .. })));
}

#[test]
fn a_threshold_needs_as_many_different_keys() {
    let (a, b) = (key(1).public(), key(2).public());
    for (threshold, keys) in [(0, vec![a]), (2, vec![a]), (1, vec![]), (1, vec![a, a])] {
        assert!(matches!(Signatory::multi(threshold, keys), Err(WalletError::Multisig { .. })));
    }
    let one_way = Signatory::multi(1, vec![a, b]).unwrap();
    assert_eq!(one_way.address(), Signatory::multi(1, vec![b, a]).unwrap().address());
}

#[test]
fn rules_that_every_chain_has_are_checked_before_signing() {
    let sender = single(1);
    let broken: [fn(&mut Tx); 6] = [
        |tx| tx.lane = 64,
        |tx| tx.calls.clear(),
        |tx| tx.reference = vec![0; 65],
        |tx| tx.payer = Some(tx.sender),
        |tx| tx.calls = vec![Call::Transfer { to: Address([9; 32]), amount: Amount(0) }],
        |tx| tx.calls = vec![Call::Transfer { to: tx.sender, amount: Amount(1) }],
    ];
    for break_rule in broken {
        let mut tx = tx(&sender, None);
        break_rule(&mut tx);
        assert!(matches!(check(&tx), Err(WalletError::Field { .. })), "{tx:?}");
    }
    check(&tx(&sender, None)).unwrap();
}
