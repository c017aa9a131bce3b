//! What a record shows, and what it must not hold.
#![allow(clippy::unwrap_used)]

use super::*;

fn precommit(validator: &str, round: u32, value: Option<[u8; 32]>) -> Sent {
    Sent {
        height: 7,
        round,
        step: "precommit".to_owned(),
        validator: validator.to_owned(),
        value: value.map(hex::encode),
    }
}

fn record(sent: impl IntoIterator<Item = Sent>) -> Record {
    Record { sent: sent.into_iter().collect() }
}

#[test]
fn two_values_at_one_address_are_found_and_one_value_sent_twice_is_not() {
    let once = [precommit("a", 0, None), precommit("a", 1, Some([1; 32])), precommit("b", 0, None)];
    assert!(record(once.clone()).check_signed_once().is_ok());
    let twice = record(once.into_iter().chain([precommit("a", 0, Some([1; 32]))]));
    assert_eq!(twice.signed_twice().len(), 1);
    assert!(twice.check_signed_once().unwrap_err().to_string().contains("\"a\""));
}

#[test]
fn a_block_that_three_of_four_precommitted_must_be_the_one_committed() {
    let votes = record(["a", "b", "c"].map(|name| precommit(name, 2, Some([1; 32]))));
    let committed = |byte| BTreeMap::from([(Height(7), BlockId([byte; 32]))]);
    assert!(votes.check_committed(4, &committed(1)).is_ok());
    assert!(votes.check_committed(4, &committed(2)).is_err());
    // Two of four decide nothing, and so do three for nil.
    let two = record(["a", "b"].map(|name| precommit(name, 2, Some([1; 32]))));
    assert!(two.check_committed(4, &committed(2)).is_ok());
    let nil = record(["a", "b", "c"].map(|name| precommit(name, 2, None)));
    assert!(nil.check_committed(4, &committed(2)).is_ok());
}

#[test]
fn a_ledger_is_read_back_and_a_torn_last_line_is_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger");
    let mut ledger = Ledger::append_to(&path).unwrap();
    ledger.write(&precommit("a", 0, None)).unwrap();
    ledger.write(&precommit("a", 0, None)).unwrap();
    ledger.file.write_all(b"{\"height\":").unwrap();
    let missing = folder.path().join("nobody");
    let read = Record::read([path, missing]).unwrap();
    assert_eq!(read.len(), 1);
}
