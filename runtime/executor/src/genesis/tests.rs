use super::*;
use crate::testing::{BOND, Chain, FIRST_BALANCE, account};
use state::{MapReader, read};
use types::{Height, Nonce, Params, Role, VotingPower};

fn genesis() -> Genesis {
    Chain::new(Params { gas_price: 9, ..Params::default() }).genesis
}

fn state(genesis: &Genesis) -> MapReader {
    let mut reader = MapReader::new();
    reader.apply(&changes(genesis).unwrap());
    reader
}

#[test]
fn the_supply_is_balances_and_bonds() {
    let reader = state(&genesis());
    let chain = read::chain(&reader).unwrap();
    assert_eq!(chain.supply, Amount(4 * FIRST_BALANCE + 4 * BOND));
    let bonds = read::account(&reader, &modules::BONDS).unwrap().unwrap();
    assert_eq!((bonds.balance, bonds.kind), (Amount(4 * BOND), AddressKind::Module));
    let accounts = read::accounts(&reader, None, 100).unwrap();
    let sum: u128 = accounts.iter().map(|(_, account)| account.balance.0).sum();
    assert_eq!(sum, chain.supply.0);
}

#[test]
fn everything_of_the_genesis_stands_in_state() {
    let genesis = genesis();
    let reader = state(&genesis);
    let chain = read::chain(&reader).unwrap();
    assert_eq!(chain.protocol, 1);
    assert_eq!(chain.carried, Height::ZERO);
    assert_eq!(chain.genesis, crypto::id::genesis_hash(&genesis));
    assert_eq!(chain.registrars, genesis.registrars);
    assert_eq!(read::params(&reader).unwrap(), genesis.params);
    assert_eq!(read::members(&reader).unwrap()[0].member, genesis.members[0]);
    let role = read::role(&reader, &account(1), Role::Operator).unwrap().unwrap();
    assert_eq!((role.granted, role.expires_ms), (Height::ZERO, None));
    assert!(read::role(&reader, &account(2), Role::Operator).unwrap().is_none());
    let set = crypto::id::genesis_set(&genesis).unwrap();
    for height in [1, 2, 1_000_000] {
        assert_eq!(read::validator_set_at(&reader, Height(height)).unwrap(), set);
    }
    assert_eq!(read::validators(&reader).unwrap().len(), 4);
    for validator in &genesis.validators {
        let id = crypto::id::validator_id(&validator.consensus_key);
        let record = read::validator(&reader, &id).unwrap().unwrap();
        assert_eq!(record.consensus_key, validator.consensus_key);
        assert_eq!((record.bond, record.power), (Amount(BOND), VotingPower(1)));
        let hidden = read::hidden_information(&reader, &validator.consensus_key).unwrap().unwrap();
        assert_eq!(hidden, validator.hidden_information);
        let presence = read::presence(&reader, &id).unwrap().unwrap();
        assert_eq!((presence.joined, presence.signed), (Height(1), Height(0)));
    }
    let next = crate::transaction::next_nonce(&reader, &account(1), 0).unwrap();
    assert_eq!(next, Nonce::ZERO);
}

#[test]
fn refuses_money_beyond_the_largest_supply() {
    let mut genesis = genesis();
    let rest = u128::MAX - 3 * FIRST_BALANCE - 4 * BOND;
    genesis.balances[0].1 = Amount(rest);
    assert!(changes(&genesis).is_ok());
    genesis.balances[0].1 = Amount(rest + 1);
    assert_eq!(changes(&genesis), Err(GenesisError::Supply));
}

#[test]
fn refuses_lists_that_are_not_in_order_or_name_something_twice() {
    let refused = |change: fn(&mut Genesis)| {
        let mut genesis = genesis();
        change(&mut genesis);
        changes(&genesis).unwrap_err().to_string()
    };
    assert_eq!(
        refused(|genesis| genesis.balances.swap(0, 1)),
        "balances[1] is not above the entry before"
    );
    assert_eq!(
        refused(|genesis| genesis.roles[2] = genesis.roles[1]),
        "roles[2] is not above the entry before"
    );
    assert_eq!(
        refused(|genesis| genesis.members.push(genesis.members[0].clone())),
        "members: an entry stands there twice"
    );
    assert!(
        refused(|genesis| genesis.validators.push(genesis.validators[0].clone()))
            .starts_with("validators: ")
    );
}

#[test]
fn refuses_a_balance_where_the_bonds_are_held() {
    let mut genesis = genesis();
    genesis.balances.push((modules::BONDS, Amount(1)));
    genesis.balances.sort();
    assert_eq!(changes(&genesis), Err(GenesisError::BondsBalance));
}
