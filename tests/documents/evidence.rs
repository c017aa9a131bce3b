//! `tests/vectors/evidence`: an evidence file with the chain spec that it is checked from, in which
//! the validator set changed before the double sign.

use crate::block::{WRITE, root};
use crate::fixture::{World, signatures};
use client::dto::{Base64, EvidenceFile, SetStep};
use client::verify::{PROOF_VERSION, Trust};

use crypto::{evidence, id};
use std::fs;
use types::punishment::Opening;
use types::{
    CommitCertificate, Hash, Height, Round, SignedAddress, Step, ValidatorSet, Version, VotingPower,
};

/// The last height of the first set.
const LAST: Height = Height(7);
/// The height of the double sign.
const AT: Height = Height(9);
/// Position of the liar in the second set.
const LIAR: usize = 2;

/// The chain spec, and what proves a double sign of a validator of the second set.
fn example(world: &World) -> (String, EvidenceFile) {
    let mut validators = world.set.validators().to_vec();
    validators.remove(0);
    validators[0].power = VotingPower(2);
    let next = ValidatorSet::new(validators).expect("a subset is a set");
    let liar = next.validators()[LIAR].id;
    let (chain_id, round) = (world.chain.chain_id, Round(1));
    let address = SignedAddress { chain_id, height: AT, round, step: Step::Precommit };
    let secret = world.secret(world.set.index_of(&liar).expect("it was in the first set"));
    let half = |value: Option<Hash>| {
        let (signature, share) = secret.sign(&address, &value, [0; 32]);
        (value, signature, share)
    };
    let pair = evidence::from_pair(liar, address, half(Some(Hash([7; 32]))), half(None));
    let key = secret.consensus_key();
    let validators = &world.chain.genesis.validators;
    let registered = validators.iter().find(|one| one.consensus_key == key);
    let file = EvidenceFile {
        version: PROOF_VERSION,
        chain_id,
        evidence: Base64(types::encode(&pair.expect("the values differ"))),
        sealed: Base64(registered.expect("it is of genesis").hidden_information.clone()),
        steps: vec![step(world, &next)],
    };
    let document = chainspec::Document::from_genesis(world.chain.genesis.clone(), "syn");
    (chainspec::render(&document), file)
}

/// The first set vouches for the second.
fn step(world: &World, next: &ValidatorSet) -> SetStep {
    let mut header = world.first.header.clone();
    header.height = LAST;
    header.next_validators_hash = id::validators_hash(next);
    let (chain_id, round, block_id) = (world.chain.chain_id, Round(0), id::block_id(&header));
    let address = SignedAddress { chain_id, height: LAST, round, step: Step::Precommit };
    let commit = CommitCertificate {
        version: Version,
        chain_id,
        height: LAST,
        round,
        block_id,
        precommits: signatures(&world.chain, &world.set, &address, Hash(block_id.0)),
    };
    SetStep {
        header: Base64(types::encode(&header)),
        commit: Base64(types::encode(&commit)),
        next: Base64(types::encode(next)),
    }
}

#[test]
fn the_example_of_an_evidence_file_is_what_the_code_makes_and_accepts() {
    let world = World::new();
    let (spec, file) = example(&world);
    let trust = Trust::from_genesis(&world.chain.genesis, None).expect("the genesis is valid");
    let proven = trust.verify_evidence(&file).expect("it proves a double sign");
    assert!(matches!(proven.opening, Opening::Opened(_)), "{:?}", proven.opening);
    let json = serde_json::to_string_pretty(&file).expect("it is text and numbers") + "\n";
    let folder = root().join("tests/vectors/evidence");
    if std::env::var_os(WRITE).is_some() {
        fs::create_dir_all(&folder).expect("the tree can be written");
        fs::write(folder.join("chain.toml"), &spec).expect("the tree can be written");
        fs::write(folder.join("proof.json"), &json).expect("the tree can be written");
    }
    let kept = |name: &str| fs::read_to_string(folder.join(name)).unwrap_or_default();
    assert_eq!(kept("chain.toml"), spec, "{WRITE}=1 writes it anew");
    assert_eq!(kept("proof.json"), json, "{WRITE}=1 writes it anew");
}
