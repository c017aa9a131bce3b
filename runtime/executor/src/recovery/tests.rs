use super::*;
use crate::testing::{BOND, Chain, FIRST_BALANCE, account};
use state::{MapReader, NodeReader, read};
use types::governance::Motion;
use types::record::MAX_RECORD_BYTES as LIMIT;
use types::{Hash, Params, TimestampMs, ValidatorId};

/// The whole state of a chain, with some of what its blocks would have left there.
fn old() -> (Genesis, ChangeSet) {
    let chain = Chain::new(Params::default());
    let mut entries: BTreeMap<Vec<u8>, Vec<u8>> = BTreeMap::new();
    for space in Space::ALL {
        for (raw, value) in chain.reader.scan(&[space.byte()], None, usize::MAX).unwrap() {
            entries.insert(raw, value);
        }
    }
    entries.insert(key::storage(&account(9), b"counter").unwrap(), vec![7; 300]);
    entries.insert(key::code(&Hash([4; 32])), vec![1; 100_000]);
    let open = ProposalRecord {
        version: Version,
        motion: Motion::RemoveMember { id: "m".into() },
        proposer: "m".into(),
        expires_ms: TimestampMs(u64::MAX),
        votes: Vec::new(),
        outcome: ProposalOutcome::Open,
    };
    entries.insert(key::proposal(1), types::encode(&open));
    (chain.genesis, set(entries))
}

fn set(entries: BTreeMap<Vec<u8>, Vec<u8>>) -> ChangeSet {
    let entries = entries.into_iter().map(|(raw, value)| (raw, Some(value))).collect();
    ChangeSet::from_sorted(entries).unwrap()
}

fn entries(of: &ChangeSet) -> BTreeMap<Vec<u8>, Vec<u8>> {
    of.entries().iter().map(|(raw, value)| (raw.clone(), value.clone().unwrap())).collect()
}

/// A genesis of other validators, whose operator has money.
fn new() -> Genesis {
    let mut genesis = Chain::new(Params::default()).genesis;
    genesis.salt = [8; 16];
    (genesis.balances, genesis.roles) = (Vec::new(), Vec::new());
    genesis.validators.truncate(3);
    for (validator, number) in genesis.validators.iter_mut().zip(1_u8..) {
        validator.consensus_key.0[0] ^= number;
        validator.commitment.0 = [number; 32];
        validator.randomness_key.0 = [number + 10; 32];
        (validator.operator, validator.bond) = (account(number), Amount(1_000));
    }
    genesis
}

fn reader(changes: &ChangeSet) -> MapReader {
    let mut reader = MapReader::new();
    reader.apply(changes);
    reader
}

#[test]
fn what_people_own_goes_over_and_the_supply_stays() {
    let (old_genesis, old) = old();
    let (before, made) = (reader(&old), changes(&new(), &old).unwrap());
    let after = reader(&made);
    assert_eq!(read::chain(&after).unwrap().supply, read::chain(&before).unwrap().supply);
    let mut expected = BTreeMap::from([(account(4), FIRST_BALANCE)]);
    for number in 1..=3 {
        expected.insert(account(number), FIRST_BALANCE - 1_000);
    }
    // The old bonds are back with their operators.
    for validator in &old_genesis.validators {
        *expected.entry(validator.operator).or_default() += BOND;
    }
    for (address, balance) in expected {
        let found = read::account(&after, &address).unwrap().unwrap().balance;
        assert_eq!(found, Amount(balance), "{address}");
    }
    let bonds = read::account(&after, &modules::BONDS).unwrap().unwrap().balance;
    assert_eq!(bonds, Amount(3_000));
    for raw in [key::storage(&account(9), b"counter").unwrap(), key::code(&Hash([4; 32]))] {
        assert_eq!(after.value(&raw).unwrap(), before.value(&raw).unwrap());
        assert!(after.value(&raw).unwrap().is_some());
    }
    for space in [Space::Role, Space::Lane, Space::Contract, Space::HiddenInformation] {
        for (raw, value) in before.scan(&[space.byte()], None, usize::MAX).unwrap() {
            assert_eq!(after.value(&raw).unwrap(), Some(value), "{space:?}");
        }
    }
}

#[test]
fn the_new_set_rules_from_height_1_and_the_old_validators_are_gone() {
    let (old_genesis, old) = old();
    let genesis = new();
    let after = reader(&changes(&genesis, &old).unwrap());
    let set = read::validator_set_at(&after, Height(1)).unwrap();
    assert_eq!(set, crypto::id::genesis_set(&genesis).unwrap());
    assert_eq!(read::validator_set_at(&after, Height(1_000)).unwrap(), set);
    for validator in &old_genesis.validators {
        let id: ValidatorId = crypto::id::validator_id(&validator.consensus_key);
        let record = read::validator(&after, &id).unwrap().unwrap();
        assert_eq!((record.status, record.bond), (ValidatorStatus::Left, Amount::ZERO));
        assert!(after.value(&key::used_key(&validator.consensus_key.0)).unwrap().is_some());
        assert_eq!(read::presence(&after, &id).unwrap(), None);
    }
    let proposals = read::proposals(&after).unwrap();
    assert!(matches!(proposals[0].1.outcome, ProposalOutcome::Failed { .. }), "{proposals:?}");
}

#[test]
fn books_that_do_not_add_up_are_refused() {
    let (_, old) = old();
    let mut touched = entries(&old);
    let raw = key::account(&account(4));
    let mut account: AccountRecord = types::decode("account", &touched[&raw], LIMIT).unwrap();
    account.balance.0 += 1;
    touched.insert(raw, types::encode(&account));
    let error = changes(&new(), &set(touched)).unwrap_err();
    assert!(matches!(error, RecoveryError::Money { what: "balances", .. }), "{error}");
    let mut touched = entries(&old);
    let (raw, value) = touched.iter().find(|(raw, _)| raw[0] == Space::Validator.byte()).unwrap();
    let mut validator: ValidatorRecord = types::decode("validator", value, LIMIT).unwrap();
    validator.bond.0 += 1;
    let (raw, value) = (raw.clone(), types::encode(&validator));
    touched.insert(raw, value);
    let error = changes(&new(), &set(touched)).unwrap_err();
    assert!(matches!(error, RecoveryError::Money { what: "bonds", .. }), "{error}");
}

#[test]
fn a_set_that_cannot_pay_or_was_there_before_is_refused() {
    let (old_genesis, old) = old();
    let mut poor = new();
    poor.validators[1].operator = account(99);
    let error = changes(&poor, &old).unwrap_err();
    assert!(matches!(error, RecoveryError::Bond { balance: Amount::ZERO, .. }), "{error}");
    let mut same = new();
    same.validators[1].commitment = old_genesis.validators[3].commitment;
    let error = changes(&same, &old).unwrap_err();
    assert!(matches!(error, RecoveryError::UsedKey { .. }), "{error}");
    let mut other = new();
    other.protocol += 1;
    assert!(matches!(changes(&other, &old), Err(RecoveryError::Protocol { .. })));
    let mut rich = new();
    rich.balances.push((account(1), Amount(1)));
    let error = changes(&rich, &old).unwrap_err();
    assert!(matches!(error, RecoveryError::Brings { list: "balances", count: 1 }), "{error}");
}

#[test]
fn a_state_that_lacks_its_chain_record_or_holds_strange_keys_is_refused() {
    let (_, old) = old();
    let mut touched = entries(&old);
    touched.remove(&key::chain());
    assert_eq!(changes(&new(), &set(touched)), Err(RecoveryError::NoChain));
    let mut touched = entries(&old);
    touched.insert([&[250][..], &[0; 40]].concat(), Vec::new());
    let error = changes(&new(), &set(touched)).unwrap_err();
    assert!(matches!(error, RecoveryError::Key { .. }), "{error}");
    let mut touched = entries(&old);
    touched.insert(key::account(&account(1)), vec![1, 2]);
    let error = changes(&new(), &set(touched)).unwrap_err();
    assert!(matches!(error, RecoveryError::Record { .. }), "{error}");
}
