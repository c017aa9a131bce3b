use super::*;
use types::{Amount, ChainId, Gas, Nonce, PublicKey, Signature, TimestampMs, Version};

fn account(_: &Address) -> AddressKind {
    AddressKind::Account
}

#[test]
fn a_quorum_is_the_least_power_above_two_thirds() {
    for (total, quorum) in [(1, 1), (3, 3), (4, 3), (6, 5), (7, 5), (100, 67)] {
        assert_eq!(quorum_power(VotingPower(total)), VotingPower(quorum), "of {total}");
        assert!(u128::from(quorum) * 3 > u128::from(total) * 2);
        assert!(u128::from(quorum - 1) * 3 <= u128::from(total) * 2);
    }
    assert_eq!(quorum_power(VotingPower(u64::MAX)).0, u64::MAX / 3 * 2 + 1);
}

#[test]
fn the_signature_tells_that_a_sender_is_a_multisig_before_state_does() {
    let keys = vec![PublicKey([1; 32]), PublicKey([2; 32])];
    let tx = Tx {
        version: Version,
        chain_id: ChainId([1; 32]),
        sender: id::multisig_address(1, &keys),
        lane: 0,
        nonce: Nonce(0),
        valid_until_ms: TimestampMs(1),
        gas_limit: Gas(1),
        fee_limit: Amount(1),
        payer: None,
        reference: vec![1, 2],
        calls: vec![Call::Transfer { to: Address([9; 32]), amount: Amount(5) }],
    };
    let auth = Auth::Multi { threshold: 1, keys, signatures: vec![(1, Signature([0; 64]))] };
    let signed = SignedTx { tx, auth, payer_auth: None };
    let names = Names::new("syn", &account);
    let shown = signed_tx(&names, &signed, TxHash([3; 32]));
    assert_eq!(shown.sender.parse("syn").unwrap().0, AddressKind::Multisig);
    assert_eq!(shown.signing_hash, id::tx_signing_hash(&signed.tx));
    let json = serde_json::to_value(&shown).unwrap();
    assert_eq!(json["calls"][0]["call"], "transfer");
    assert_eq!(json["calls"][0]["amount"], "5");
    assert_eq!(json["auth"]["signed"][0], 1);
    assert_eq!(serde_json::from_value::<TxView>(json).unwrap(), shown);
}

#[test]
fn only_a_module_speaks_of_native_events() {
    let native =
        NativeEvent::Transfer { from: Address([1; 32]), to: Address([2; 32]), amount: Amount(3) };
    let mut event = Event {
        source: id::module_address("bank"),
        name: "bank.Transfer".to_owned(),
        data: types::encode(&native),
    };
    assert_eq!(native_event(&event), Some(native));
    let names = Names::new("syn", &account);
    assert!(super::event(&names, &event).fields.is_some());
    event.name = "bank.Other".to_owned();
    assert_eq!(native_event(&event), None, "another name");
    event.name = "bank.Transfer".to_owned();
    event.source = Address([7; 32]);
    assert_eq!(native_event(&event), None, "a contract that borrows the name");
}
