use super::*;
use crate::draw::tests::{account, draft};
use crate::{Document, draw, render};
use types::{Height, Params, PublicKey, VotingPower};

fn genesis() -> Genesis {
    draw(draft()).unwrap()
}

/// Where a valid genesis has problems after a change.
fn places(change: impl FnOnce(&mut Genesis)) -> Vec<String> {
    let mut genesis = genesis();
    change(&mut genesis);
    validate(&genesis).into_iter().map(|problem| problem.place).collect()
}

#[test]
fn a_valid_genesis_stays_valid_as_a_document() {
    let genesis = genesis();
    let document = Document::from_genesis(genesis.clone(), "syn");
    assert_eq!(validate_document(&document), []);
    let read = Document::parse(&render(&document)).unwrap();
    assert_eq!(read.to_genesis(), genesis);
    let hash = crypto::id::genesis_hash;
    assert_eq!(hash(&read.genesis), hash(&genesis));
}

#[test]
fn each_thing_that_is_wrong_is_named_where_it_stands() {
    type Change = fn(&mut Genesis);
    let cases: [(&str, Change); 34] = [
        ("protocol", |g| g.protocol = 0),
        ("params.slash_bp", |g| g.params.slash_bp = 10_001),
        ("params.finality_carry_after", |g| g.params.finality_carry_after = 16),
        ("params.block_interval_ms", |g| g.params.idle_interval_ms = 10),
        ("params.propose_timeout_ms", |g| g.params.propose_timeout_ms = 10_001),
        ("params.vote_timeout_ms", |g| g.params.vote_timeout_ms = 10_001),
        ("params.max_tx_gas", |g| g.params.max_tx_gas = 600_000_001),
        ("params.finality_carry_limit", |g| g.params.finality_carry_limit = 1_001),
        ("params.burned_bp", |g| g.params.burned_bp = 9_001),
        ("params.max_deploy_bytes", |g| g.params.max_body_bytes = 680_000),
        ("members[1].id", |g| {
            g.members[1].id = "member 2".into();
            g.validators[1].member = "member 2".into();
        }),
        ("members[1].name", |g| g.members[1].name = String::new()),
        ("members[1].account", |g| g.members[1].account = g.members[0].account),
        ("members[1].network_keys[0]", |g| {
            g.members[1].network_keys = g.members[0].network_keys.clone();
        }),
        ("members[1].network_keys", |g| {
            g.members[1].network_keys = (0..9).map(|byte| PublicKey([byte; 32])).collect();
        }),
        ("registrars.threshold", |g| g.registrars.threshold = 0),
        ("validators[0].power", |g| g.validators[0].power = VotingPower(0)),
        ("validators", |g| g.validators[0].power = VotingPower(1 << 53)),
        ("validators[0].bond", |g| g.validators[0].bond = Amount(999)),
        ("validators[0].member", |g| g.validators[0].member = "nobody".into()),
        ("validators[1].network_key", |g| {
            g.validators[1].network_key = g.validators[0].network_key;
        }),
        ("validators[0].commitment_proof", |g| g.validators[0].commitment_proof.0[0] ^= 1),
        ("validators[0].randomness_proof", |g| g.validators[0].randomness_proof.0[63] ^= 1),
        ("validators[0].attestations", |g| g.validators[0].attestations.clear()),
        ("validators[0].attestations[1].signature", |g| {
            g.validators[0].attestations[1].signature.0[0] ^= 1;
        }),
        ("validators[0].attestations[0].signature", |g| {
            g.validators[0].attestations.truncate(1);
            g.validators[0].attestations[0].expiry = Height(5);
        }),
        ("validators[0].attestations[1].registrar", |g| {
            g.validators[0].attestations[1].registrar = 9;
        }),
        ("validators[0].attestations[1].registrar", |g| {
            let repeated = g.validators[0].attestations[0].clone();
            g.validators[0].attestations[1] = repeated;
        }),
        ("balances[1]", |g| g.balances[1].0 = g.balances[0].0),
        ("balances[0].amount", |g| g.balances[0].1 = Amount(0)),
        ("balances", |g| g.balances[0].1 = Amount(u128::MAX)),
        ("roles[1]", |g| g.roles.swap(0, 1)),
        ("roles[1]", |g| g.roles[1] = g.roles[0]),
        ("roles", |g| {
            g.params.send = Permission::Role;
            g.roles.retain(|(_, role)| *role != Role::User);
        }),
    ];
    for (at, (place, change)) in cases.into_iter().enumerate() {
        assert_eq!(places(change), [place], "case {at}");
    }
}

#[test]
fn a_chain_has_a_caip_2_name_which_its_proofs_are_bound_to() {
    for name in ["syndic", "sy:devnet", "Syndic:devnet", "syndic:", "syndic:a:b", "syndic:dév"] {
        let found = places(|g| g.name = name.into());
        assert_eq!(found[..2], ["name", "validators[0].commitment_proof"], "{name}");
    }
    let found = places(|g| g.name = "syndic:other_Net-1".into());
    assert_eq!(found[0], "validators[0].commitment_proof", "a good name, of another chain");
}

#[test]
fn lists_that_lack_everything_or_are_out_of_order_are_named() {
    assert_eq!(places(|g| g.validators.clear()), ["validators"]);
    let found = places(|g| g.members.clear());
    assert!(found.contains(&"members".to_owned()), "{found:?}");
    let found = places(|g| g.registrars.keys.reverse());
    assert!(found.contains(&"registrars.keys[1]".to_owned()), "{found:?}");
    let found = places(|g| g.registrars.keys.clear());
    assert!(found.contains(&"registrars.keys".to_owned()), "{found:?}");
}

#[test]
fn a_sealed_identity_has_the_one_size_and_a_commitment() {
    let found = places(|g| {
        g.validators[0].hidden_information.truncate(8_192);
    });
    assert!(found.contains(&"validators[0].hidden_information".to_owned()), "{found:?}");
    let found = places(|g| g.validators[0].hidden_information[..32].fill(0));
    assert!(found.contains(&"validators[0].hidden_information".to_owned()), "{found:?}");
}

#[test]
fn a_consensus_key_is_used_for_nothing_else_and_once() {
    let found = places(|g| g.validators[0].network_key = g.validators[0].consensus_key);
    assert_eq!(found, ["validators[0].consensus_key"]);
    let found = places(|g| g.registrars.keys[1] = g.validators[3].consensus_key);
    assert!(found.contains(&"validators[3].consensus_key".to_owned()), "{found:?}");
    let found = places(|g| g.validators[1] = g.validators[0].clone());
    for name in ["consensus_key", "network_key", "commitment", "randomness_key"] {
        assert!(found.contains(&format!("validators[1].{name}")), "{name}: {found:?}");
    }
}

#[test]
fn every_problem_comes_at_once_with_value_and_limit() {
    let mut genesis = genesis();
    genesis.params.slash_bp = 10_001;
    genesis.validators[2].bond = Amount(7);
    genesis.balances.swap(0, 1);
    let messages: Vec<_> = validate(&genesis).iter().map(ToString::to_string).collect();
    let second = genesis.balances[1].0;
    assert_eq!(
        messages,
        [
            "params.slash_bp: is 10001 basis points, out of bounds: 0 to 10000".to_owned(),
            "validators[2].bond: is 7, less than params.min_bond, which is 1000".to_owned(),
            format!(
                "balances[1]: {second} is not above the account before: sorted, each account once"
            ),
        ]
    );
}

#[test]
fn a_problem_names_the_validator_that_stands_first_with_a_repeated_key() {
    let mut genesis = genesis();
    genesis.validators[1].network_key = genesis.validators[0].network_key;
    let problems = validate(&genesis);
    let expected =
        "validators[1].network_key: this key stands in validators[0].network_key already";
    assert_eq!(problems[0].to_string(), expected);
}

#[test]
fn money_at_the_address_of_the_bonds_is_refused() {
    let bonds = crypto::id::module_address("bonds");
    let mut genesis = genesis();
    genesis.balances.push((bonds, Amount(1)));
    genesis.balances.sort();
    let at = genesis.balances.iter().position(|(address, _)| *address == bonds).unwrap();
    assert_eq!(validate(&genesis)[0].place, format!("balances[{at}].account"));
}

#[test]
fn a_document_has_an_address_prefix_and_multiaddresses() {
    let mut document = Document::from_genesis(genesis(), "SYN");
    let key = "07".repeat(32);
    document.peers =
        vec![format!("{key}@/ip4/127.0.0.1/tcp/7101"), "/ip4/127.0.0.1/tcp/7101".into()];
    let found: Vec<_> = validate_document(&document).into_iter().map(|p| p.place).collect();
    assert_eq!(found, ["address_prefix", "peers[1]"]);
}

#[test]
fn the_default_parameters_have_no_problem() {
    assert_eq!(parameter_problems(&Params::default()), []);
}

#[test]
fn accounts_are_written_in_their_text_form() {
    let document = Document::from_genesis(genesis(), "syn");
    let text = document.format_account(&account(1));
    assert!(text.starts_with("syn1"), "{text}");
    assert!(render(&document).contains(&text));
}
