//! What can be wrong with the first validators: keys, proofs, sealed identities, power, bonds.

use super::Problems;
use super::people::Seen;
use crate::draw::statement;
use crypto::attest;
use crypto::hidden::{COMMIT_BYTES, OVERHEAD_BYTES, RecordOf};
use std::collections::BTreeSet;
use types::genesis::Attestation;
use types::validator_set::{MAX_TOTAL_POWER, MAX_VALIDATORS};
use types::{Amount, ChainId, Genesis, GenesisValidator, PublicKey};

/// Where keys were seen that nobody may hold twice.
struct Keys<'g> {
    /// Consensus keys: these sign votes and nothing else, so they are no network keys either.
    consensus: Seen<PublicKey>,
    network: Seen<PublicKey>,
    points: Seen<[u8; 32]>,
    members: BTreeSet<&'g str>,
}

pub(super) fn check_validators(problems: &mut Problems, genesis: &Genesis) {
    let count = genesis.validators.len();
    problems.expect((1..=MAX_VALIDATORS).contains(&count), "validators", || {
        format!("{count} validators, 1 to {MAX_VALIDATORS} are allowed")
    });
    let total: u128 = genesis.validators.iter().map(|v| u128::from(v.power.0)).sum();
    problems.expect(total <= MAX_TOTAL_POWER.into(), "validators", || {
        format!("the powers add up to {total}, the limit is {MAX_TOTAL_POWER}")
    });
    let chain_id = crypto::id::chain_id(&genesis.name, &genesis.salt);
    let members = genesis.members.iter().map(|member| member.id.as_str()).collect();
    let (consensus, network, points) = (Seen::new(), Seen::new(), Seen::new());
    let mut keys = Keys { consensus, network, points, members };
    for (position, key) in genesis.registrars.keys.iter().enumerate() {
        keys.consensus.once(problems, &format!("registrars.keys[{position}]"), "this key", *key);
    }
    for (position, validator) in genesis.validators.iter().enumerate() {
        let place = format!("validators[{position}]");
        check_validator(problems, &place, genesis, validator);
        check_keys(problems, &place, &mut keys, validator);
        check_proofs(problems, &place, &chain_id, validator);
        check_attestations(problems, &place, genesis, &chain_id, validator);
    }
}

fn check_validator(
    problems: &mut Problems,
    place: &str,
    genesis: &Genesis,
    validator: &GenesisValidator,
) {
    problems.expect(validator.power.0 > 0, format!("{place}.power"), || {
        "is 0, the minimum is 1".into()
    });
    let (bond, least) = (validator.bond, Amount(genesis.params.min_bond));
    problems.expect(bond >= least, format!("{place}.bond"), || {
        format!("is {bond}, less than params.min_bond, which is {least}")
    });
    let place = format!("{place}.hidden_information");
    let bytes = validator.hidden_information.len();
    let expected = usize::try_from(genesis.params.hidden_information_bytes)
        .map_or(usize::MAX, |plain| plain.saturating_add(OVERHEAD_BYTES));
    problems.expect(bytes == expected, &place, || {
        format!(
            "has {bytes} bytes, {expected} belong here: params.hidden_information_bytes and \
             {OVERHEAD_BYTES} of the seal"
        )
    });
    let commit = validator.hidden_information.get(..COMMIT_BYTES).unwrap_or_default();
    problems.expect(commit.iter().any(|byte| *byte != 0), &place, || {
        "begins with no commitment".into()
    });
}

fn check_keys<'g>(
    problems: &mut Problems,
    place: &str,
    keys: &mut Keys<'g>,
    validator: &'g GenesisValidator,
) {
    let (consensus, network) = (validator.consensus_key, validator.network_key);
    let name = format!("{place}.consensus_key");
    keys.consensus.once(problems, &name, "this key", consensus);
    keys.network.once(problems, &format!("{place}.network_key"), "this key", network);
    problems.expect(consensus != network, &name, || {
        "is the network key too: a consensus key signs votes and nothing else".into()
    });
    let points =
        [("commitment", validator.commitment), ("randomness_key", validator.randomness_key)];
    for (name, point) in points {
        keys.points.once(problems, &format!("{place}.{name}"), "this point", point.0);
    }
    let member = validator.member.as_str();
    problems.expect(keys.members.contains(member), format!("{place}.member"), || {
        format!("`{member}` is the id of no member")
    });
}

fn check_proofs(
    problems: &mut Problems,
    place: &str,
    chain_id: &ChainId,
    validator: &GenesisValidator,
) {
    let (key, reveal) = (&validator.consensus_key, &validator.commitment);
    let proof = &validator.commitment_proof;
    let valid = crypto::reveal::verify_possession(reveal, chain_id, key, proof);
    problems.expect(valid, format!("{place}.commitment_proof"), || {
        "does not show that the secret of commitment is known".into()
    });
    let (random, proof) = (&validator.randomness_key, &validator.randomness_proof);
    let valid = crypto::vrf::verify_possession(random, chain_id, key, proof);
    problems.expect(valid, format!("{place}.randomness_proof"), || {
        "does not show that the secret of randomness_key is known".into()
    });
}

/// The registrars' signatures over the sealed identity: at least the threshold, each good.
fn check_attestations(
    problems: &mut Problems,
    place: &str,
    genesis: &Genesis,
    chain_id: &ChainId,
    validator: &GenesisValidator,
) {
    let (list, threshold) = (&validator.attestations, usize::from(genesis.registrars.threshold));
    let place = format!("{place}.attestations");
    problems.expect(list.len() >= threshold, &place, || {
        format!("{} attestations, registrars.threshold is {threshold}", list.len())
    });
    let mut before: Option<&Attestation> = None;
    for (position, attestation) in list.iter().enumerate() {
        let place = format!("{place}[{position}]");
        let registrar = attestation.registrar;
        problems.expect(
            before.is_none_or(|before| before.registrar < registrar),
            format!("{place}.registrar"),
            || format!("is {registrar}, not above the one before: each registrar once, ascending"),
        );
        problems.expect(
            before.is_none_or(|before| before.version == attestation.version),
            format!("{place}.version"),
            || format!("is {}, all of one record have the same", attestation.version),
        );
        check_attestation(problems, &place, genesis, chain_id, validator, attestation);
        before = Some(attestation);
    }
}

fn check_attestation(
    problems: &mut Problems,
    place: &str,
    genesis: &Genesis,
    chain_id: &ChainId,
    validator: &GenesisValidator,
    attestation: &Attestation,
) {
    let (set, expected) = (attestation.set_version, genesis.registrars.set_version);
    problems.expect(set == expected, format!("{place}.set_version"), || {
        format!("is {set}, registrars.set_version is {expected}")
    });
    let keys = &genesis.registrars.keys;
    match keys.get(usize::from(attestation.registrar)) {
        None => problems.add(
            format!("{place}.registrar"),
            format!("is {}, there are {} registrars", attestation.registrar, keys.len()),
        ),
        Some(key) => {
            let (consensus_key, commitment) = (&validator.consensus_key, &validator.commitment);
            let of = RecordOf { chain_id, key: consensus_key, commitment };
            let statement = statement(&of, &validator.hidden_information, attestation);
            let valid = attest::verify(&statement, key, &attestation.signature);
            problems.expect(valid, format!("{place}.signature"), || {
                "is not the registrar's over this validator, keys, record, version and expiry"
                    .into()
            });
        }
    }
}
