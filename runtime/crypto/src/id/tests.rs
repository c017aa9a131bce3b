use super::*;
use types::{SignedTx, Step};

#[test]
fn names_of_different_things_never_meet() {
    let key = PublicKey([1; 32]);
    let names = [
        account_address(&key).0,
        multisig_address(1, &[key]).0,
        contract_address(&Address(key.0), &[]).0,
        module_address("treasury").0,
        validator_id(&key).0,
    ];
    for (position, name) in names.iter().enumerate() {
        assert!(!names[..position].contains(name));
    }
}

#[test]
fn a_chain_is_named_by_name_and_salt() {
    let base = chain_id("syndic:devnet", &[1; 16]);
    assert_ne!(base, chain_id("syndic:devnet", &[2; 16]));
    assert_ne!(base, chain_id("syndic:testnet", &[1; 16]));
}

#[test]
fn a_transaction_is_signed_without_and_named_with_its_signatures() {
    let tx = Tx {
        version: types::Version,
        chain_id: ChainId([1; 32]),
        sender: Address([2; 32]),
        lane: 0,
        nonce: types::Nonce(0),
        valid_until_ms: TimestampMs(1),
        gas_limit: types::Gas(1),
        fee_limit: types::Amount(1),
        payer: None,
        reference: Vec::new(),
        calls: Vec::new(),
    };
    let signed = |signature| {
        let auth = types::Auth::Ed25519 { key: PublicKey([3; 32]), signature };
        types::encode(&SignedTx { tx: tx.clone(), auth, payer_auth: None })
    };
    let one = tx_hash(&signed(types::Signature([1; 64])));
    assert_ne!(one, tx_hash(&signed(types::Signature([2; 64]))));
    assert_ne!(one.0, tx_signing_hash(&tx).0);
}

#[test]
fn an_offence_is_named_by_who_and_where() {
    let address = |step| SignedAddress {
        chain_id: ChainId([1; 32]),
        height: Height(2),
        round: Round(3),
        step,
    };
    let (one, two) = (ValidatorId([1; 32]), ValidatorId([2; 32]));
    let base = evidence_id(&one, &address(Step::Prevote));
    assert_ne!(base, evidence_id(&two, &address(Step::Prevote)));
    assert_ne!(base, evidence_id(&one, &address(Step::Precommit)));
}

#[test]
fn what_returns_nothing_has_the_zero_hash() {
    assert_eq!(return_hash(&[]), Hash::ZERO);
    assert_ne!(return_hash(&[0]), Hash::ZERO);
}

#[test]
#[should_panic(expected = "salt")]
fn a_salt_too_long_is_our_own_mistake() {
    let _ = contract_address(&Address([1; 32]), &[0; 33]);
}
