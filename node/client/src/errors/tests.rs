use super::*;

fn refused(code: Code) -> ClientError {
    ClientError::Refused { fault: Fault::new(code, "") }
}

#[test]
fn each_kind_of_failure_ends_a_program_with_its_own_number() {
    let node = || "http://127.0.0.1:1".to_owned();
    let cases = [
        (ClientError::Url { url: String::new(), reason: "" }, 2),
        (ClientError::Roots { reason: String::new() }, 3),
        (ClientError::Unreachable { node: node(), reason: String::new() }, 4),
        (ClientError::Timeout { node: node(), after: Duration::ZERO }, 6),
        (refused(Code::NonceTooLow), 5),
        (refused(Code::Overloaded), 4),
        (refused(Code::Timeout), 6),
        (refused(Code::NotFound), 1),
        (refused(Code::Unauthorized), 3),
        (ClientError::Wallet(WalletError::Missing { party: "sender", found: 0, needed: 1 }), 7),
        (ClientError::Wallet(WalletError::Payer), 1),
    ];
    for (error, number) in cases {
        assert_eq!(error.exit_class().number(), number, "{error:?}");
    }
}

#[test]
fn only_what_another_node_may_do_better_is_tried_there() {
    assert!(refused(Code::Overloaded).is_of_this_node());
    assert!(refused(Code::NotSynced).is_of_this_node());
    assert!(!refused(Code::NonceTooLow).is_of_this_node());
    assert!(!refused(Code::Unauthorized).is_of_this_node());
    assert!(!ClientError::Wallet(WalletError::Payer).is_of_this_node());
}
