use super::*;
use alloc::string::ToString;

#[test]
fn names_follow_their_patterns() {
    let longest = "a".repeat(MAX_NAME_BYTES);
    for name in ["a", "transfer", "buy_coins2", longest.as_str()] {
        assert!(is_method_name(name), "{name}");
    }
    let over = longest.to_string() + "a";
    for name in ["", "A", "1a", "_a", "a-b", "a:b", "ä", over.as_str()] {
        assert!(!is_method_name(name), "{name}");
    }
    assert!(is_failure_name("NOT_YOURS2") && !is_failure_name("Not") && !is_failure_name("_X"));
    assert!(is_event_name("CoinsBought2") && !is_event_name("coins") && !is_event_name("A_B"));
}

#[test]
fn the_largest_failure_fits_its_bound() {
    let failure = Failure {
        version: Version,
        contract: Address::ZERO,
        name: "N".repeat(MAX_NAME_BYTES),
        data: alloc::vec![0; MAX_FAILURE_BYTES],
    };
    assert!(crate::encode(&failure).len() <= MAX_ENCODED_FAILURE_BYTES);
}
