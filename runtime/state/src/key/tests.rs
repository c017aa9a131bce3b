use super::*;
use std::collections::BTreeSet;

#[test]
fn a_raw_key_is_space_contract_and_key() {
    let account = account(&Address([0xaa; 32]));
    assert_eq!(account[0], 1);
    assert_eq!(account[1..33], [0; 32], "native spaces have no contract");
    assert_eq!(account[33..], [0xaa; 32]);

    let stored = storage(&Address([0xcc; 32]), b"count").unwrap();
    assert_eq!(stored[0], 32);
    assert_eq!(stored[1..33], [0xcc; 32]);
    assert_eq!(stored[33..], *b"count");
}

#[test]
fn the_owner_stands_before_what_it_owns() {
    let sender = Address([5; 32]);
    assert_eq!(lane(&sender, 63)[33..], [[5; 32].as_slice(), &[63]].concat());
    assert_eq!(role(&sender, Role::Auditor)[33..], [[5; 32].as_slice(), &[12]].concat());
    assert_eq!(member("alpha")[33..], *b"alpha");
}

#[test]
fn heights_in_keys_are_big_endian_and_newer_sets_come_first() {
    let due = payout(Height(0x0102), &ValidatorId([9; 32]));
    assert_eq!(due[33..41], [0, 0, 0, 0, 0, 0, 1, 2]);
    assert!(payout(Height(255), &ValidatorId([9; 32])) < payout(Height(256), &ValidatorId::ZERO));
    assert!(set(Height(256)) < set(Height(255)));
    assert_eq!(parse_set(&set(Height(77))), Some(Height(77)));
    assert_eq!(parse_set(&chain()), None);
}

#[test]
fn no_two_kinds_of_keys_are_ever_the_same() {
    let (address, validator_id) = (Address([1; 32]), ValidatorId([1; 32]));
    let keys = [
        account(&address),
        lane(&address, 0),
        role(&address, Role::Operator),
        validator(&validator_id),
        hidden_information(&PublicKey([1; 32])),
        presence(&validator_id),
        set(Height(1)),
        chain(),
        params(),
        member(""),
        punished(&Hash([1; 32])),
        payout(Height(1), &validator_id),
        reveal(&validator_id),
        used_key(&[1; 32]),
        proposal(1),
        recent(Height(1)),
        storage(&Address::ZERO, &[]).unwrap(),
        code(&Hash([1; 32])),
        code_record(&Hash([1; 32])),
        contract(&address),
        randomness(Height(1)),
    ];
    let spaces: Vec<_> = keys.iter().map(|key| parse(key).unwrap().0).collect();
    assert_eq!(spaces, Space::ALL);
    assert_eq!(keys.iter().collect::<BTreeSet<_>>().len(), keys.len());
}

#[test]
fn the_randomness_of_a_height_takes_the_place_of_the_height_1024_before() {
    assert_eq!(randomness(Height(5)), randomness(Height(1_029)));
    let places: BTreeSet<_> = (0..1_024).map(|height| randomness(Height(height))).collect();
    assert_eq!(places.len(), 1_024);
}

#[test]
fn every_key_of_a_space_begins_with_its_prefix() {
    for space in Space::ALL {
        assert_eq!(Space::from_byte(space.byte()), Some(space));
        assert_eq!(space.prefix().len(), PREFIX_BYTES);
    }
    assert!(account(&Address([3; 32])).starts_with(&Space::Account.prefix()));
}

#[test]
fn a_contract_key_has_at_most_256_bytes() {
    assert_eq!(storage(&Address([1; 32]), &[0; 256]).unwrap().len(), MAX_RAW_KEY_BYTES);
    assert_eq!(storage(&Address([1; 32]), &[0; 257]), None);
}

#[test]
fn what_is_no_raw_key_is_not_parsed() {
    assert_eq!(parse(&[]), None);
    assert_eq!(parse(&[1; 32]), None, "too short");
    assert_eq!(parse(&[0; 33]), None, "no space has number 0");
    assert_eq!(parse(&[1; 33]), None, "a native key with a contract");
    let mut long = chain();
    long.extend([0; 257]);
    assert_eq!(parse(&long), None);
    let key = storage(&Address([4; 32]), b"k").unwrap();
    assert_eq!(parse(&key), Some((Space::Storage, Address([4; 32]), b"k".as_slice())));
}
