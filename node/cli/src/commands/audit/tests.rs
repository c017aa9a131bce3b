use super::*;
use serde_json::json;

fn ledger(buckets: &[(&str, u128)], balance: u128, by_events: i128) -> Ledger {
    let contract = Contract {
        contract: AddressText("syn1contract".to_owned()),
        code_hash: Hash::ZERO,
        creator: AddressText("syn1creator".to_owned()),
        admin: None,
        paused: false,
        created: Height(1),
        upgraded: Height(1),
        balance: Amount(balance),
        height: Height(9),
    };
    Ledger {
        contract,
        address: Address([1; 32]),
        interface: InterfaceAbi(None),
        height: Height(9),
        buckets: buckets.iter().map(|(name, amount)| ((*name).to_owned(), *amount)).collect(),
        balance,
        by_events,
        changes: None,
    }
}

#[test]
fn books_that_agree_have_no_breach() {
    let mut good = ledger(&[("escrow", 5), ("fees", 2)], 7, 7);
    assert_eq!(close(good).breaches, Vec::<String>::new());
    good = ledger(&[("escrow", 5)], 5, 5);
    note_changes(
        &mut good.changes,
        &json!({"changes": [
            {"bucket": "escrow", "party": "x", "amount": "9", "out": false},
            {"bucket": "escrow", "party": "x", "amount": "4", "out": true},
        ]}),
    )
    .unwrap();
    note_changes(&mut good.changes, &json!({"nothing": 1})).unwrap();
    assert_eq!(close(good).breaches, Vec::<String>::new());
}

#[test]
fn one_unit_too_many_or_too_few_is_found_wherever_it_is() {
    let cases = [
        (ledger(&[("escrow", 6)], 5, 5), "the buckets are 6 together, the balance is 5"),
        (ledger(&[("escrow", 5)], 5, 4), "the balance is 5, by events it is 4"),
        (ledger(&[("a", u128::MAX), ("b", 1)], 0, 0), "the buckets are more than 2^128 together"),
    ];
    for (ledger, expected) in cases {
        let found = close(ledger).breaches;
        assert!(found.len() == 1 && found[0].starts_with(expected), "{found:?}");
    }
    let mut moved = ledger(&[("escrow", 5)], 5, 5);
    let told = json!({"changes": [{"bucket": "fees", "amount": "5", "out": false}]});
    note_changes(&mut moved.changes, &told).unwrap();
    let found = close(moved).breaches;
    assert_eq!(
        found,
        ["bucket escrow is 5, by events it is 0", "bucket fees is 0, by events it is 5"]
    );
    assert!(note_changes(&mut None, &json!({"changes": [{"bucket": "fees"}]})).is_err());
}
