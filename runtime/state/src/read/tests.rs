use super::*;
use crate::changes::ChangeSet;
use crate::reader::MapReader;
use std::collections::BTreeMap;
use types::genesis::{Member, Registrars};
use types::{Amount, Hash, Nonce, PublicKey, RevealPoint, TimestampMs, Validator, Version};
use types::{VotingPower, encode};

fn reader(entries: Vec<(Vec<u8>, Vec<u8>)>) -> MapReader {
    let sorted: BTreeMap<_, _> =
        entries.into_iter().map(|(key, value)| (key, Some(value))).collect();
    let mut reader = MapReader::new();
    reader.apply(&ChangeSet::from_sorted(sorted.into_iter().collect()).unwrap());
    reader
}

fn account_of(balance: u128) -> AccountRecord {
    let kind = types::AddressKind::Account;
    AccountRecord { version: Version, kind, balance: Amount(balance) }
}

fn set_of(ids: &[u8]) -> ValidatorSet {
    let validators = ids.iter().map(|id| Validator {
        id: ValidatorId([*id; 32]),
        consensus_key: PublicKey([*id; 32]),
        commitment: RevealPoint([*id; 32]),
        randomness_key: RevealPoint([*id; 32]),
        power: VotingPower(1),
    });
    ValidatorSet::new(validators.collect()).unwrap()
}

fn presence_of(joined: u64, signed: u64) -> Vec<u8> {
    let (joined, signed) = (Height(joined), Height(signed));
    encode(&PresenceRecord { version: Version, joined, signed })
}

#[test]
fn records_are_read_where_they_lie() {
    let address = Address([1; 32]);
    let next = LaneRecord { version: Version, next: Nonce(9) };
    let granted =
        RoleRecord { version: Version, granted: Height(4), expires_ms: Some(TimestampMs(5)) };
    let reader = reader(vec![
        (key::account(&address), encode(&account_of(7))),
        (key::lane(&address, 2), encode(&next)),
        (key::role(&address, Role::Meter), encode(&granted)),
        (key::params(), encode(&Params::default())),
    ]);
    assert_eq!(account(&reader, &address).unwrap(), Some(account_of(7)));
    assert_eq!(account(&reader, &Address::ZERO).unwrap(), None);
    assert_eq!(lane(&reader, &address, 2).unwrap(), Some(next));
    assert_eq!(lane(&reader, &address, 3).unwrap(), None);
    assert_eq!(role(&reader, &address, Role::Meter).unwrap(), Some(granted));
    assert_eq!(role(&reader, &address, Role::Device).unwrap(), None);
    assert_eq!(params(&reader).unwrap(), Params::default());
}

#[test]
fn what_is_always_there_is_missed_and_what_is_damaged_is_said() {
    let empty = MapReader::new();
    assert_eq!(chain(&empty), Err(ReadError::Missing { what: "chain record" }));
    assert_eq!(params(&empty), Err(ReadError::Missing { what: "parameters" }));
    let mut value = encode(&account_of(7));
    value.push(0);
    let damaged = reader(vec![(key::account(&Address::ZERO), value)]);
    let error = account(&damaged, &Address::ZERO).unwrap_err();
    assert!(matches!(error, ReadError::Corrupt { what: "account record", .. }), "{error}");
}

#[test]
fn the_chain_record_reads_back() {
    let record = ChainRecord {
        version: Version,
        protocol: 1,
        carried: Height(3),
        genesis: Hash([4; 32]),
        supply: Amount(5),
        registrars: Registrars { set_version: 1, threshold: 1, keys: vec![PublicKey([6; 32])] },
        upgrade: None,
    };
    let reader = reader(vec![(key::chain(), encode(&record))]);
    assert_eq!(chain(&reader).unwrap(), record);
}

#[test]
fn accounts_come_in_pages_by_address() {
    let accounts_of =
        [1, 2, 3, 5].map(|n| (key::account(&Address([n; 32])), encode(&account_of(n.into()))));
    let reader = reader(accounts_of.to_vec());
    let first = accounts(&reader, None, 2).unwrap();
    assert_eq!(first, [(Address([1; 32]), account_of(1)), (Address([2; 32]), account_of(2))]);
    let rest = accounts(&reader, Some(&first[1].0), 9).unwrap();
    assert_eq!(rest, [(Address([3; 32]), account_of(3)), (Address([5; 32]), account_of(5))]);
}

#[test]
fn a_set_holds_from_its_height_until_the_next_one() {
    let (first, second) = (set_of(&[1, 2]), set_of(&[2, 3]));
    let record = |set: &ValidatorSet| encode(&SetRecord { version: Version, set: set.clone() });
    let reader = reader(vec![
        (key::set(Height(1)), record(&first)),
        (key::set(Height(300)), record(&second)),
    ]);
    assert_eq!(validator_set_at(&reader, Height(1)).unwrap(), first);
    assert_eq!(validator_set_at(&reader, Height(299)).unwrap(), first);
    assert_eq!(validator_set_at(&reader, Height(300)).unwrap(), second);
    assert_eq!(validator_set_at(&reader, Height::MAX).unwrap(), second);
    let missing = ReadError::Missing { what: "validator set" };
    assert_eq!(validator_set_at(&reader, Height(0)), Err(missing));
}

#[test]
fn a_stored_set_that_breaks_its_rules_is_corrupt() {
    let empty = encode(&SetRecord { version: Version, set: ValidatorSet::default() });
    let reader = reader(vec![(key::set(Height(1)), empty)]);
    let error = validator_set_at(&reader, Height(1)).unwrap_err();
    assert!(matches!(error, ReadError::Corrupt { what: "validator set", .. }), "{error}");
}

#[test]
fn who_signed_or_joined_of_late_may_propose() {
    let set = set_of(&[1, 2, 3, 4, 5]);
    let presence = |id: u8, joined, signed| {
        (key::presence(&ValidatorId([id; 32])), presence_of(joined, signed))
    };
    let reader = reader(vec![
        presence(1, 1, 83),
        presence(2, 1, 82),
        presence(3, 84, 0),
        presence(4, 83, 0),
        presence(5, 1, 99),
    ]);
    assert_eq!(eligible(&reader, Height(100), &set).unwrap(), [0, 2, 4]);
    assert_eq!(eligible(&reader, Height(17), &set).unwrap(), [0, 1, 2, 3, 4], "near genesis all");
    assert!(eligible(&reader, Height(900), &set).unwrap().is_empty(), "nobody, which means all");
}

#[test]
fn a_validator_without_a_presence_record_is_an_error() {
    let missing = ReadError::Missing { what: "presence record" };
    assert_eq!(eligible(&MapReader::new(), Height(1), &set_of(&[1])), Err(missing));
}

#[test]
fn every_member_is_listed_across_pages() {
    let member_of = |number: usize| MemberRecord {
        version: Version,
        member: Member {
            id: format!("m{number:04}"),
            name: String::new(),
            account: Address([1; 32]),
            network_keys: Vec::new(),
        },
    };
    for count in [0, 1, PAGE - 1, PAGE, PAGE + 1, 2 * PAGE] {
        let entries = (0..count)
            .map(member_of)
            .map(|record| (key::member(&record.member.id), encode(&record)));
        let reader = reader(entries.collect());
        assert_eq!(members(&reader).unwrap(), (0..count).map(member_of).collect::<Vec<_>>());
    }
    assert_eq!(member(&MapReader::new(), &"x".repeat(257)).unwrap(), None);
}

#[test]
fn a_mark_shows_that_evidence_was_punished() {
    let reader = reader(vec![(key::punished(&Hash([1; 32])), vec![])]);
    assert!(is_punished(&reader, &Hash([1; 32])).unwrap());
    assert!(!is_punished(&reader, &Hash([2; 32])).unwrap());
}

#[test]
fn randomness_is_that_of_the_height_asked_for_or_none() {
    let randomness = Hash([7; 32]);
    let held = RandomnessRecord { version: Version, height: Height(1_029), randomness };
    let reader = reader(vec![(key::randomness(Height(1_029)), encode(&held))]);
    assert_eq!(super::randomness(&reader, Height(1_029)).unwrap(), Some(randomness));
    assert_eq!(super::randomness(&reader, Height(5)).unwrap(), None, "it was overwritten");
    assert_eq!(super::randomness(&reader, Height(6)).unwrap(), None);
}
