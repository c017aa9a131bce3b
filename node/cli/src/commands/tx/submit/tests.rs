use super::*;
use client::dto::Fault;
use types::{Amount, Gas, Height};

fn in_block(code: &str) -> InBlock {
    let (height, receipt) = (Height(7), 0);
    let (returned, failure) = (None, None);
    InBlock {
        height,
        receipt,
        code: code.to_owned(),
        gas_used: Gas(1),
        fee: Amount(1),
        returned,
        failure,
    }
}

#[test]
fn waits_for_finality_only_if_told_so() {
    let committed = TxState::Committed(in_block("OK"));
    assert!(is_there(&committed, Wait::Committed));
    assert!(!is_there(&committed, Wait::Final));
    assert!(is_there(&TxState::Final(in_block("OK")), Wait::Final));
    assert!(is_there(&TxState::Pending { position: None }, Wait::None));
    assert!(!is_there(&TxState::Pending { position: None }, Wait::Committed));
}

#[test]
fn gives_the_same_bytes_again_after_a_lost_connection_but_not_after_a_refusal() {
    let lost = ClientError::Timeout { node: "http://n:1".to_owned(), after: ONE_WAIT };
    assert!(is_passing(&lost));
    assert!(is_passing(&ClientError::Refused { fault: Fault::new(Code::Overloaded, "full") }));
    assert!(!is_passing(&ClientError::Refused { fault: Fault::new(Code::BadSignature, "no") }));
}

#[test]
fn ends_with_rejected_for_a_transaction_that_failed_on_chain() {
    let output = Output::new(true);
    assert!(print(TxHash::ZERO, &TxState::Final(in_block("OK")), output).is_ok());
    for state in [
        TxState::Final(in_block("INSUFFICIENT_BALANCE")),
        TxState::Dropped { code: "REPLACED".to_owned() },
        TxState::Expired,
    ] {
        let failure = print(TxHash::ZERO, &state, output).unwrap_err();
        assert_eq!(failure.exit, Exit::Rejected, "{state:?}");
    }
}
