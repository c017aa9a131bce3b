use super::*;
use crate::testing::{Chain, START_MS, account, auth, machine, sign};
use types::{Call, Gas, Height, SignedTx, TimestampMs};

fn position() -> Position {
    Position { height: Height(1), time_ms: TimestampMs(START_MS + 1_000) }
}

fn chain() -> Chain {
    Chain::new(Params { gas_price: 3, ..Params::default() })
}

fn pay(amount: u128) -> Vec<Call> {
    vec![Call::Transfer { to: account(2), amount: Amount(amount) }]
}

#[test]
fn tells_the_receipt_that_the_transaction_then_gets() {
    let mut chain = chain();
    let mut tx = chain.tx(1, pay(5));
    tx.payer = Some(account(3));
    let expected =
        simulate(&machine(), &chain.reader, &tx, &position(), &chain.params()).unwrap().receipt;
    assert_eq!(expected.code, Code::Ok);
    let (sender, payer) = (auth(1, &tx), auth(3, &tx));
    let signed = SignedTx { tx, auth: sender, payer_auth: Some(payer) };
    let decoded = chain.decoded(signed);
    let found = chain.advance(vec![decoded.clone()]).receipts.remove(0);
    assert_eq!(found, Receipt { tx_hash: Some(decoded.hash), ..expected });
}

#[test]
fn tells_a_failure_and_its_fee() {
    let mut chain = chain();
    let tx = chain.tx(1, pay(u128::MAX));
    let expected =
        simulate(&machine(), &chain.reader, &tx, &position(), &chain.params()).unwrap().receipt;
    assert_eq!(expected.code, Code::InsufficientBalance);
    assert!(expected.fee > Amount::ZERO);
    let decoded = chain.decoded(sign(1, tx));
    let found = chain.advance(vec![decoded.clone()]).receipts.remove(0);
    assert_eq!(found, Receipt { tx_hash: Some(decoded.hash), ..expected });
}

#[test]
fn tells_the_gas_that_a_transaction_needs_whatever_its_limit() {
    let chain = chain();
    let mut tx = chain.tx(1, pay(5));
    tx.gas_limit = Gas(0);
    let receipt =
        simulate(&machine(), &chain.reader, &tx, &position(), &chain.params()).unwrap().receipt;
    assert_eq!(receipt.code, Code::GasLimitTooLow);
    tx.gas_limit = receipt.gas_used;
    let receipt =
        simulate(&machine(), &chain.reader, &tx, &position(), &chain.params()).unwrap().receipt;
    assert_eq!(receipt.code, Code::Ok);
}

#[test]
fn keeps_nothing() {
    let chain = chain();
    let before = chain.reader.clone();
    let tx = chain.tx(1, pay(5));
    simulate(&machine(), &chain.reader, &tx, &position(), &chain.params()).unwrap();
    assert_eq!(chain.reader, before);
}
