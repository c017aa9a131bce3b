use super::*;
use crate::testing::{Chain, account, sign};
use types::Call;

#[test]
fn each_signature_byte_and_call_costs_its_price() {
    let chain = Chain::new(Params::default());
    let call = Call::Transfer { to: account(2), amount: Amount(1) };
    let cost = |calls: usize, bytes, signatures| {
        intrinsic_gas(&chain.tx(1, vec![call.clone(); calls]), bytes, signatures).0
    };
    assert_eq!(cost(1, 0, 0), BASE_GAS.0 + CALL_GAS.0);
    assert_eq!(cost(1, 0, 2) - cost(1, 0, 1), SIGNATURE_GAS.0);
    assert_eq!(cost(1, 301, 1) - cost(1, 300, 1), BYTE_GAS.0);
    assert_eq!(cost(16, 300, 1) - cost(15, 300, 1), CALL_GAS.0);
    assert_eq!(cost(1, usize::MAX, 1), u64::MAX, "it saturates");
}

#[test]
fn a_block_of_transfers_at_the_default_limits_is_bound_by_count_not_gas() {
    let params = Params::default();
    let chain = Chain::new(params.clone());
    let transfer = chain.transfer(1, account(2), 1, 0);
    let gas = crate::transaction::intrinsic_gas(&transfer).0;
    assert!(gas * u64::from(params.max_block_txs) <= params.max_block_gas, "{gas} gas a transfer");
}

#[test]
fn counts_the_signatures_of_sender_and_payer() {
    let chain = Chain::new(Params::default());
    let mut signed = sign(1, chain.tx(1, Vec::new()));
    assert_eq!(signatures(&signed), 1);
    let signature = types::Signature([0; 64]);
    let (threshold, keys) = (1, Vec::new());
    let multi = Auth::Multi { threshold, keys, signatures: vec![(0, signature), (1, signature)] };
    signed.payer_auth = Some(multi);
    assert_eq!(signatures(&signed), 3);
}
