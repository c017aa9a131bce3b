//! The cases of every vector file: inputs and what this crate makes of them, bytes as hex.
//! `fresh` is zero everywhere.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    reason = "cases are small and written here"
)]

use crypto::ballot::{self, Ballot, ConsensusSecret};
use crypto::hidden::{self, HiddenInformation, RecordOf};
use crypto::sign::{self, SecretKey};
use crypto::{attest, hash, id, merkle, reveal, text, vrf};
use curve25519_dalek::Scalar;
use curve25519_dalek::constants::EIGHT_TORSION;
use curve25519_dalek::edwards::EdwardsPoint;
use serde_json::{Value as Json, json};
use sha2::{Digest, Sha512};
use types::{
    Address, AddressKind, BlockId, ChainId, Hash, Height, PublicKey, RevealPoint, Round, Signature,
    SignedAddress, Step, TimestampMs, Validator, ValidatorId, VotingPower,
};

const CHAIN: ChainId = ChainId([0x11; 32]);

/// Each file's name and its list of vectors.
pub(crate) fn files() -> Vec<(&'static str, Json)> {
    vec![
        ("hashing.json", hashing().into()),
        ("ids.json", ids().into()),
        ("merkle.json", merkle_roots().into()),
        ("text.json", texts().into()),
        ("ed25519.json", signatures().into()),
        ("reveal.json", reveals().into()),
        ("vrf.json", randomness().into()),
        ("hidden.json", records().into()),
        ("attest.json", attestations().into()),
    ]
}

fn hex(bytes: impl AsRef<[u8]>) -> String {
    hex::encode(bytes)
}

/// The bytes 0, 1, .. 250, 0, 1, .. of BLAKE3's own vectors.
fn counting(length: usize) -> Vec<u8> {
    (0..length).map(|at| (at % 251) as u8).collect()
}

fn hashing() -> Vec<Json> {
    let mut vectors = Vec::new();
    for length in [0, 1, 63, 64, 65, 1023, 1024, 1025, 2048, 2049, 3072, 5000] {
        let input = counting(length);
        vectors.push(json!({
            "input_length": length,
            "blake3": hash::blake3(&input).to_string(),
            "derive_block": hash::derive("block", &input).to_string(),
            "keyed_leaf": hash::keyed(&hash::LEAF_KEY, &input).to_string(),
        }));
    }
    for name in crypto::domain::ALL {
        vectors.push(json!({ "name": name, "key": hex(hash::key(name)) }));
    }
    vectors
}

fn ids() -> Vec<Json> {
    let keys = [PublicKey([1; 32]), PublicKey([2; 32])];
    let (a, b, c) = (Hash([3; 32]), Hash([4; 32]), Hash([5; 32]));
    let at = SignedAddress {
        chain_id: CHAIN,
        height: Height(7),
        round: Round(1),
        step: Step::Precommit,
    };
    let message = id::message_hash(&CHAIN, &Address(a.0), "pay", b"body", TimestampMs(99));
    let of = |kind: &str, made: [u8; 32]| json!({ "kind": kind, "id": hex(made) });
    vec![
        of("chain", id::chain_id("syndic:devnet", &[9; 16]).0),
        of("account", id::account_address(&keys[0]).0),
        of("multisig", id::multisig_address(2, &keys).0),
        of("contract", id::contract_address(&Address(a.0), b"salt").0),
        of("module", id::module_address("treasury").0),
        of("validator", id::validator_id(&keys[0]).0),
        of("proposal", id::proposal_value(&BlockId(a.0), None).0),
        of("proposal-again", id::proposal_value(&BlockId(a.0), Some(Round(3))).0),
        of("seal", id::seal_value(&BlockId(a.0), &b, &c).0),
        of("evidence", id::evidence_id(&ValidatorId(a.0), &at).0),
        of("call", id::call_id(&a, 1, 2).0),
        of("id", id::id_of_call(&a, 3).0),
        of("message", message.0),
        of("return", id::return_hash(b"returned").0),
    ]
}

fn merkle_roots() -> Vec<Json> {
    let of = |count: usize| {
        let entries: Vec<Hash> = (0..count).map(|n| hash::blake3(&[n as u8])).collect();
        let index = count / 2;
        let proof = merkle::prove(&entries, index).unwrap_or_default();
        json!({
            "count": count,
            "root": merkle::root(&entries).to_string(),
            "index": index,
            "proof": proof.iter().map(Hash::to_string).collect::<Vec<_>>(),
        })
    };
    [0, 1, 2, 3, 4, 5, 7, 8, 11, 16, 33].map(of).to_vec()
}

fn texts() -> Vec<Json> {
    let of = |(prefix, kind, byte): (&str, AddressKind, u8)| {
        let address = [byte; 32];
        json!({
            "prefix": prefix,
            "kind": kind as u8,
            "address": hex(address),
            "text": text::format_address(prefix, kind, &address),
        })
    };
    [
        ("syn", AddressKind::Account, 0),
        ("syn", AddressKind::Multisig, 0xa5),
        ("syntest", AddressKind::Contract, 0xff),
        ("x1", AddressKind::Module, 0x3c),
        ("syn", AddressKind::Validator, 7),
    ]
    .map(of)
    .to_vec()
}

fn signatures() -> Vec<Json> {
    let message = [0x5a; 32];
    let honest = SecretKey::from_seed([1; 32]);
    let good = honest.sign(&message);
    let (r, s) = good.0.split_at(32);
    let vector = |why: &str, key: &[u8], r: &[u8], s: &[u8]| {
        let public = PublicKey(key.try_into().expect("32 bytes"));
        let signature = Signature([r, s].concat().try_into().expect("64 bytes"));
        json!({
            "why": why,
            "key": hex(key),
            "message": hex(message),
            "signature": hex(signature.0),
            "valid": sign::verify(&public, &message, &signature),
        })
    };
    let key = honest.public().0;
    let mut vectors = vec![vector("honest", &key, r, s)];
    for (position, torsion) in EIGHT_TORSION.into_iter().enumerate() {
        let none = EIGHT_TORSION[0];
        let small = torsion.compress().to_bytes();
        for (what, in_key, in_r) in
            [("R", none, torsion), ("A", torsion, none), ("both", torsion, torsion)]
        {
            let (key, r, s) = with_torsion(&message, in_key, in_r);
            vectors.push(vector(&format!("torsion {position} in {what}"), &key, &r, &s));
        }
        let (_, _, s) = with_torsion(&message, none, none);
        vectors.push(vector(&format!("R of small order {position}"), &key, &small, &s));
        vectors.push(vector(&format!("A of small order {position}"), &small, r, &s));
    }
    for above in 0..19 {
        let mut y = [0xff; 32];
        y[0] = 0xed + above;
        y[31] = 0x7f;
        vectors.push(vector(&format!("A's y is p + {above}"), &y, r, s));
        vectors.push(vector(&format!("R's y is p + {above}"), &key, &y, s));
    }
    vectors.push(vector("s + l", &key, r, &add_order(s)));
    vectors.push(vector("s is 0", &key, r, &[0; 32]));
    vectors.push(vector("s is 2^256 - 1", &key, r, &[0xff; 32]));
    vectors
}

/// A signature whose maker adds points of small order to its key and to R.
fn with_torsion(
    message: &[u8; 32],
    in_key: EdwardsPoint,
    in_r: EdwardsPoint,
) -> ([u8; 32], [u8; 32], [u8; 32]) {
    let (secret, nonce) = (Scalar::from(123_456_789_u64), Scalar::from(987_654_321_u64));
    let key = (EdwardsPoint::mul_base(&secret) + in_key).compress().to_bytes();
    let r = (EdwardsPoint::mul_base(&nonce) + in_r).compress().to_bytes();
    let digest = Sha512::new().chain_update(r).chain_update(key).chain_update(message).finalize();
    let s = nonce + Scalar::from_bytes_mod_order_wide(&digest.into()) * secret;
    (key, r, s.to_bytes())
}

fn add_order(s: &[u8]) -> [u8; 32] {
    let order_less_one = -Scalar::ONE;
    let mut sum = [0; 32];
    let mut carry = 1_u16;
    for (to, (a, b)) in sum.iter_mut().zip(s.iter().zip(order_less_one.as_bytes())) {
        let total = u16::from(*a) + u16::from(*b) + carry;
        *to = (total & 0xff) as u8;
        carry = total >> 8;
    }
    sum
}

fn consensus_secret(number: u8) -> ConsensusSecret {
    ConsensusSecret::new(SecretKey::from_seed([number; 32]), [number + 100; 32], CHAIN)
}

fn validator(secret: &ConsensusSecret) -> Validator {
    Validator {
        id: id::validator_id(&secret.consensus_key()),
        consensus_key: secret.consensus_key(),
        commitment: secret.commitment(),
        randomness_key: secret.randomness_key(),
        power: VotingPower(1),
    }
}

fn reveals() -> Vec<Json> {
    let mut vectors = Vec::new();
    for number in 1..=3 {
        let secret = consensus_secret(number);
        let validator = validator(&secret);
        vectors.push(json!({
            "kind": "key",
            "ed25519_seed": hex([number; 32]),
            "seed": hex([number + 100; 32]),
            "chain_id": hex(CHAIN.0),
            "key": hex(validator.consensus_key.0),
            "commitment": hex(validator.commitment.0),
            "hidden_point": hex(secret.reveal().hidden_point().0),
            "possession": hex(secret.reveal().prove_possession(&[0; 32]).0),
            "hidden_point_proof": hex(secret.reveal().prove_hidden_point(&[0; 32])),
        }));
        for (step, round) in
            [(Step::Proposal, 0), (Step::Prevote, 2), (Step::Precommit, 9), (Step::Seal, 0)]
        {
            let address = SignedAddress {
                chain_id: CHAIN,
                height: Height(1_000 + u64::from(number)),
                round: Round(round),
                step,
            };
            let shares = [Some(Hash([number; 32])), Some(Hash([0xee; 32])), None]
                .map(|value| share_vector(&secret, &validator, address, value));
            vectors.extend(shares);
        }
    }
    vectors
}

fn share_vector(
    secret: &ConsensusSecret,
    validator: &Validator,
    address: SignedAddress,
    value: Option<Hash>,
) -> Json {
    let (signature, share) = secret.sign(&address, &value, [0; 32]);
    let signed = ballot::signed_bytes(&validator.consensus_key, &address, &value, &share);
    let ballot = Ballot { validator, address, value, signature, share };
    let other = Some(Hash([0xdd; 32]));
    let (_, second) = secret.sign(&address, &other, [0; 32]);
    let opened = reveal::reveal(&address, (&value, &share), (&other, &second));
    json!({
        "kind": "share",
        "key": hex(validator.consensus_key.0),
        "height": address.height.0,
        "round": address.round.0,
        "step": address.step as u8,
        "value": value.map(|value| hex(value.0)),
        "share": hex(share.0),
        "signed": signed.to_string(),
        "signature": hex(signature.0),
        "cache_key": ballot::cache_key(&ballot).to_string(),
        "valid": ballot::verify(&ballot),
        "other_value": hex([0xdd; 32]),
        "other_share": hex(second.0),
        "reveals": opened.map(|point| hex(point.0)),
    })
}

fn randomness() -> Vec<Json> {
    let of = |(number, height): (u8, u64)| {
        let secret = consensus_secret(number);
        let previous = Hash([number; 32]);
        let (proof, output) = secret.randomness(&CHAIN, Height(height), &previous);
        let public = secret.randomness_key();
        json!({
            "seed": hex([number + 100; 32]),
            "chain_id": hex(CHAIN.0),
            "key": hex(secret.consensus_key().0),
            "public": hex(public.0),
            "possession": hex(secret.vrf().prove_possession(&[0; 32]).0),
            "height": height,
            "previous": previous.to_string(),
            "proof": hex(proof.0),
            "output": output.to_string(),
            "valid_at_next_height":
                vrf::verify(&public, &CHAIN, Height(height + 1), &previous, &proof).is_some(),
        })
    };
    [(1, 1), (1, 2), (2, 1), (3, u64::from(u32::MAX) + 7)].map(of).to_vec()
}

fn records() -> Vec<Json> {
    let of = |(number, size): (u8, usize)| {
        let secret = consensus_secret(number);
        let (key, commitment) = (secret.consensus_key(), secret.commitment());
        let of = RecordOf { chain_id: &CHAIN, key: &key, commitment: &commitment };
        let party = SecretKey::from_seed([number + 50; 32]);
        let consent = hidden::consent_hash(&of, &id::validator_id(&key));
        let information = HiddenInformation {
            legal_name: "Beispiel Genossenschaft e. G. ü".to_owned(),
            registry_number: "GnR 1234".to_owned(),
            jurisdiction: "DE".to_owned(),
            contact: "office@example.org".to_owned(),
            beneficial_owner: "members".to_owned(),
            bond_terms: String::new(),
            party_key: party.public(),
            party_signature: party.sign(&consent.0),
        };
        let point = secret.reveal().hidden_point();
        let nonce = [number + 30; 24];
        let record = hidden::seal(&information, &point, &of, &nonce, size).expect("it fits");
        json!({
            "hidden_point": hex(point.0),
            "chain_id": hex(CHAIN.0),
            "key": hex(key.0),
            "commitment": hex(commitment.0),
            "nonce": hex(nonce),
            "size": size,
            "fields": [
                information.legal_name, information.registry_number, information.jurisdiction,
                information.contact, information.beneficial_owner, information.bond_terms,
            ],
            "consent": consent.to_string(),
            "party_key": hex(party.public().0),
            "party_signature": hex(information.party_signature.0),
            "record": if size < 1_000 { Json::from(hex(&record)) } else { Json::Null },
            "record_hash": hash::blake3(&record).to_string(),
        })
    };
    [(1, 300), (2, 8_192)].map(of).to_vec()
}

fn attestations() -> Vec<Json> {
    let statement = attest::Statement {
        chain_id: CHAIN,
        set_version: 2,
        validator: ValidatorId([3; 32]),
        consensus_key: PublicKey([4; 32]),
        commitment: RevealPoint([5; 32]),
        record: Hash([6; 32]),
        version: 7,
        expiry: Height(8),
    };
    vec![json!({
        "chain_id": hex(CHAIN.0),
        "set_version": 2,
        "validator": hex([3; 32]),
        "key": hex([4; 32]),
        "commitment": hex([5; 32]),
        "record": hex([6; 32]),
        "version": 7,
        "expiry": 8,
        "hash": attest::attestation_hash(&statement).to_string(),
    })]
}
