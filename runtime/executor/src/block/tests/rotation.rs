//! Validators get other keys, and stay liable for what the old ones signed.

use super::membership::{
    attest, consortium, decide, passed, readiness, register, registration, sealed, send, status,
};
use super::*;
use crypto::ballot::ConsensusSecret;
use types::governance::{KeySet, MembershipCall, Motion, Rotation, SealedIdentity};
use types::punishment::Opening;
use types::record::ValidatorStatus;
use types::{Evidence, Step};

/// Account 1 runs the four validators of these chains, made from the numbers 100 to 103.
const OPERATOR: u8 = 1;

fn rotation(
    chain: &Chain,
    validator: &ValidatorId,
    number: u8,
    version: u64,
) -> (ConsensusSecret, Rotation) {
    let (consensus, keys, identity) = sealed(chain, number, validator, version);
    (consensus, Rotation { version: Version, validator: *validator, keys, identity })
}

fn call(rotation: Rotation) -> MembershipCall {
    MembershipCall::Rotate { rotation: Box::new(rotation) }
}

/// Rotate the keys of a validator; the height of the block that did it.
fn rotate(chain: &mut Chain, validator: &ValidatorId, number: u8, version: u64) -> Height {
    let (consensus, rotation) = rotation(chain, validator, number, version);
    let height = chain.height();
    assert_eq!(send(chain, OPERATOR, call(rotation)), Code::Ok);
    chain.spare.push(consensus);
    height
}

fn key_at(chain: &Chain, validator: &ValidatorId, height: u64) -> types::PublicKey {
    let set = read::validator_set_at(&chain.reader, Height(height)).unwrap();
    set.by_id(validator).unwrap().consensus_key
}

/// Two signatures at one address, by the key made from `number`.
fn double_sign(chain: &Chain, validator: &ValidatorId, number: u8, height: u64) -> Evidence {
    let seed = crate::testing::secret(number);
    let secret = ConsensusSecret::new(seed, [number; 32], chain.chain_id());
    let address = chain.address(height, Step::Precommit);
    let half = |value: u8| {
        let value = Some(Hash([value; 32]));
        let (signature, share) = secret.sign(&address, &value, [0; 32]);
        (value, signature, share)
    };
    crypto::evidence::from_pair(*validator, address, half(1), half(2)).unwrap()
}

/// The validator at a position of the set, and the number its first keys were made from.
fn validator(chain: &Chain, position: usize) -> (ValidatorId, u8) {
    (chain.secrets()[position].id, chain.number(position))
}

#[test]
fn new_keys_sign_two_heights_later_under_the_same_id() {
    let mut chain = consortium();
    let (id, old) = validator(&chain, 0);
    let before = read::validator(&chain.reader, &id).unwrap().unwrap();
    let height = rotate(&mut chain, &id, 120, 1).0;
    let (first, second) =
        (crate::testing::secret(old).public(), crate::testing::secret(120).public());
    let keys = [0, 1, 2].map(|later| key_at(&chain, &id, height + later));
    assert_eq!(keys, [first, first, second], "V(h + 1) is fixed, V(h + 2) follows");
    let after = read::validator(&chain.reader, &id).unwrap().unwrap();
    assert_eq!((after.consensus_key, after.status), (second, ValidatorStatus::Active));
    assert_eq!(
        (after.bond, after.power, after.operator),
        (before.bond, before.power, before.operator)
    );
    (0..8).for_each(|_| drop(chain.advance(Vec::new())));
    let presence = read::presence(&chain.reader, &id).unwrap().unwrap();
    assert!(presence.signed.0 > height + 2, "it signs with them: {presence:?}");
    assert_eq!(presence.joined, Height(1), "and has never left");
}

#[test]
fn keys_are_rotated_twice_and_each_signs_its_own_heights() {
    let mut chain = consortium();
    let (id, old) = validator(&chain, 1);
    let first = rotate(&mut chain, &id, 120, 1).0;
    let second = rotate(&mut chain, &id, 121, 2).0;
    assert_eq!(second, first + 1, "in the next block");
    let keys = [first + 1, first + 2, first + 3].map(|height| key_at(&chain, &id, height));
    let expected = [old, 120, 121].map(|number| crate::testing::secret(number).public());
    assert_eq!(keys, expected);
    (0..4).for_each(|_| drop(chain.advance(Vec::new())));
    // The key between is liable for its one height.
    let evidence = double_sign(&chain, &id, 120, first + 2);
    let block = chain.build_of(Vec::new(), None, vec![evidence]).block;
    chain.commit(&block);
    assert_eq!(status(&chain, &id), ValidatorStatus::Revealed);
}

#[test]
fn evidence_against_the_old_key_punishes_after_the_rotation_and_opens_what_it_sealed() {
    let mut chain = consortium();
    let (id, old) = validator(&chain, 2);
    let height = rotate(&mut chain, &id, 120, 1).0;
    (0..6).for_each(|_| drop(chain.advance(Vec::new())));
    // Neither key speaks for heights of the other.
    for (number, about) in [(old, height + 2), (120, height + 1)] {
        let evidence = double_sign(&chain, &id, number, about);
        let block =
            with_body(&chain, &chain.build(Vec::new()), |body| body.evidence.push(evidence));
        assert_eq!(chain.refusal(&block).code, Code::EvidenceSignature, "{number} at {about}");
    }
    let evidence = double_sign(&chain, &id, old, height + 1);
    let block = chain.build_of(Vec::new(), None, vec![evidence]).block;
    assert_eq!(block.body.evidence.len(), 1);
    let at = block.header.height.0;
    chain.commit(&block);
    let record = read::reveal(&chain.reader, &id).unwrap().unwrap();
    let Opening::Opened(identity) = &record.opening else { panic!("{:?}", record.opening) };
    assert_eq!(identity.legal_name, format!("Validator {old} Ltd"));
    assert_eq!(record.consensus_key, crate::testing::secret(old).public());
    // Both keys are barred, and the validator is out under either.
    let set = read::validator_set_at(&chain.reader, Height(at + 2)).unwrap();
    assert_eq!((set.len(), set.by_id(&id)), (3, None));
    let other = validator(&chain, if chain.secrets()[0].id == id { 1 } else { 0 }).0;
    for number in [old, 120] {
        let (_, rotation) = rotation(&chain, &other, number, 1);
        assert_eq!(send(&mut chain, OPERATOR, call(rotation)), Code::KeyBarred);
    }
}

#[test]
fn evidence_against_the_new_key_opens_what_was_sealed_anew() {
    let mut chain = consortium();
    let (id, _) = validator(&chain, 3);
    let height = rotate(&mut chain, &id, 120, 1).0;
    (0..4).for_each(|_| drop(chain.advance(Vec::new())));
    let evidence = double_sign(&chain, &id, 120, height + 2);
    let block = chain.build_of(Vec::new(), None, vec![evidence]).block;
    chain.commit(&block);
    let record = read::reveal(&chain.reader, &id).unwrap().unwrap();
    let Opening::Opened(identity) = &record.opening else { panic!("{:?}", record.opening) };
    assert_eq!(identity.legal_name, "Validator 120 Ltd");
}

#[test]
fn rotations_with_something_wrong_are_refused_each_with_its_code() {
    type Change = fn(&Chain, &mut Rotation);
    let cases: [(Code, Change); 12] = [
        (Code::ValidatorUnknown, |_, r| r.validator = ValidatorId([9; 32])),
        (Code::KeyUsed, |chain, r| {
            r.keys.consensus_key = chain.genesis.validators[1].consensus_key
        }),
        (Code::KeyUsed, |chain, r| r.keys.commitment = chain.genesis.validators[0].commitment),
        (Code::KeyUsed, |chain, r| {
            r.keys.randomness_key = chain.genesis.validators[0].randomness_key;
        }),
        (Code::BadPossession, |_, r| r.keys.commitment_proof.0[40] ^= 1),
        (Code::BadPossession, |_, r| r.keys.randomness_proof.0[40] ^= 1),
        (Code::RecordSize, |_, r| r.identity.hidden_information.push(0)),
        (Code::BadAttestation, |_, r| r.identity.hidden_information[5] ^= 1),
        (Code::BadAttestation, |_, r| r.identity.attestations[0].set_version += 1),
        (Code::AttestationsMissing, |_, r| r.identity.attestations.clear()),
        (Code::AttestationExpired, |chain, r| attest_again(chain, r, 1, Height(0))),
        (Code::AttestationOld, |chain, r| attest_again(chain, r, 0, Height(1_000))),
    ];
    for (code, change) in cases {
        let mut chain = consortium();
        let (id, _) = validator(&chain, 0);
        let (_, mut rotation) = rotation(&chain, &id, 120, 1);
        change(&chain, &mut rotation);
        let before = read::validators(&chain.reader).unwrap();
        assert_eq!(send(&mut chain, OPERATOR, call(rotation)), code);
        assert_eq!(read::validators(&chain.reader).unwrap(), before);
    }
}

fn attest_again(chain: &Chain, rotation: &mut Rotation, version: u64, expiry: Height) {
    let Rotation { validator, keys, identity, .. } = &*rotation;
    let attestation = attest(chain, validator, keys, identity, version, expiry);
    rotation.identity.attestations = vec![attestation];
}

#[test]
fn an_identity_that_was_replaced_does_not_come_back() {
    let mut chain = consortium();
    let (id, _) = validator(&chain, 0);
    rotate(&mut chain, &id, 120, 5);
    for (version, code) in [(4, Code::AttestationOld), (5, Code::AttestationOld), (6, Code::Ok)] {
        let (consensus, rotation) = rotation(&chain, &id, 121, version);
        assert_eq!(send(&mut chain, OPERATOR, call(rotation)), code, "version {version}");
        chain.spare.push(consensus);
    }
}

#[test]
fn only_its_operator_rotates_the_keys_of_a_validator_that_is_there() {
    let mut chain = consortium();
    let (id, _) = validator(&chain, 0);
    let (_, stolen) = rotation(&chain, &id, 120, 1);
    assert_eq!(send(&mut chain, 2, call(stolen)), Code::NotPermitted);
    assert!(passed(&decide(&mut chain, Motion::RemoveValidator { validator: id })));
    let (_, late) = rotation(&chain, &id, 120, 1);
    assert_eq!(send(&mut chain, OPERATOR, call(late)), Code::ValidatorState);
    // Of two validators, none takes the other's keys while they may still sign.
    let (other, _) = validator(&chain, 1);
    rotate(&mut chain, &other, 121, 1);
    let (_, taken) = registration(&chain, 121);
    let registration = Box::new(taken);
    let register = MembershipCall::Register { registration };
    assert_eq!(send(&mut chain, 4, register), Code::KeyUsed);
}

#[test]
fn a_candidate_rotates_before_it_is_admitted_and_enters_with_the_new_keys() {
    let mut chain = consortium();
    let (first, id) = register(&mut chain, 120);
    let (second, KeySet { consensus_key, .. }, _): (ConsensusSecret, KeySet, SealedIdentity) =
        sealed(&chain, 121, &id, 2);
    let (_, rotation) = rotation(&chain, &id, 121, 2);
    assert_eq!(send(&mut chain, 4, call(rotation)), Code::Ok);
    let power = VotingPower(1);
    assert!(passed(&decide(&mut chain, Motion::AdmitValidator { validator: id, power })));
    let stale = readiness(&chain, id, &first);
    assert_eq!(send(&mut chain, 5, stale), Code::BadSignature);
    let height = chain.height().0;
    let ready = readiness(&chain, id, &second);
    assert_eq!(send(&mut chain, 5, ready), Code::Ok);
    assert_eq!(key_at(&chain, &id, height + 2), consensus_key);
    chain.adopt(id, second);
    (0..4).for_each(|_| drop(chain.advance(Vec::new())));
}
