//! Members decide, validators come and go.

use super::*;
use crate::testing::{identity_of, secret};
use borsh::BorshDeserialize;
use crypto::attest::{Statement, attestation_hash};
use crypto::ballot::ConsensusSecret;
use crypto::hash;
use crypto::hidden::{self, RecordOf};
use crypto::sign::SecretKey;
use types::genesis::Attestation;
use types::governance::{
    KeySet, MembershipCall, Motion, ProposalOutcome, ProposalRecord, Readiness, Registration,
    SealedIdentity,
};
use types::record::{ContractRecord, MemberRecord, Pause, ValidatorStatus};
use types::{AccountRecord, Member, PublicKey, Signature, ValidatorId};

/// The registrar of these chains.
const REGISTRAR: u8 = 90;

/// A chain of four members, accounts 1 to 4, with one registrar.
pub(super) fn consortium() -> Chain {
    consortium_with(Params::default())
}

fn consortium_with(params: Params) -> Chain {
    let mut chain = Chain::new(Params {
        hidden_information_bytes: 512,
        min_bond: 100,
        finality_carry_limit: 1_000,
        ..params
    });
    let mut entries: Vec<_> = (1..=4)
        .map(|number| {
            let id = if number == 1 { "alpha".to_owned() } else { format!("member{number}") };
            let (name, network_keys) = (id.clone(), Vec::new());
            let member = Member { id: id.clone(), name, account: account(number), network_keys };
            let record = MemberRecord { version: Version, member };
            (key::member(&id), Some(types::encode(&record)))
        })
        .collect();
    let mut record = read::chain(&chain.reader).unwrap();
    record.registrars.keys = vec![secret(REGISTRAR).public()];
    entries.push((key::chain(), Some(types::encode(&record))));
    entries.sort();
    chain.reader.apply(&ChangeSet::from_sorted(entries).unwrap());
    chain
}

/// Send a call alone in a block; the code of its receipt.
pub(super) fn send(chain: &mut Chain, sender: u8, call: MembershipCall) -> Code {
    let mut tx = chain.tx(sender, vec![Call::Membership(call)]);
    tx.gas_limit = Gas(1_000_000);
    let executed = chain.advance(vec![chain.decoded(sign(sender, tx))]);
    executed.receipts[0].code
}

fn outcome(chain: &Chain, number: u64) -> ProposalOutcome {
    let raw = key::proposal(number);
    let bytes = state::NodeReader::value(&chain.reader, &raw).unwrap().unwrap();
    ProposalRecord::try_from_slice(&bytes).unwrap().outcome
}

/// Members 1 to 3 decide a motion; what became of it.
pub(super) fn decide(chain: &mut Chain, motion: Motion) -> ProposalOutcome {
    assert_eq!(send(chain, 1, MembershipCall::Propose { motion }), Code::Ok);
    let number = read::proposals(&chain.reader).unwrap().last().unwrap().0;
    for member in [2, 3] {
        let vote = MembershipCall::Vote { proposal: number, approve: true };
        assert_eq!(send(chain, member, vote), Code::Ok);
    }
    outcome(chain, number)
}

pub(super) fn passed(outcome: &ProposalOutcome) -> bool {
    matches!(outcome, ProposalOutcome::Passed { .. })
}

fn reason(outcome: ProposalOutcome) -> String {
    let ProposalOutcome::Failed { reason, .. } = outcome else { panic!("{outcome:?}") };
    reason
}

/// The network key of a validator made from `number`.
fn network_key(number: u8) -> SecretKey {
    secret(number + 100)
}

/// A registration of a validator made from `number`, attested by the registrar.
pub(super) fn registration(chain: &Chain, number: u8) -> (ConsensusSecret, Registration) {
    let id = id::validator_id(&secret(number).public());
    let (consensus, keys, identity) = sealed(chain, number, &id, 1);
    let registration = Registration {
        version: Version,
        keys,
        network_key: network_key(number).public(),
        member: "alpha".into(),
        bond: Amount(1_000),
        identity,
    };
    (consensus, registration)
}

/// Keys made from `number`, and who runs a validator sealed under them, attested with a version.
pub(super) fn sealed(
    chain: &Chain,
    number: u8,
    validator: &ValidatorId,
    version: u64,
) -> (ConsensusSecret, KeySet, SealedIdentity) {
    let chain_id = chain.chain_id();
    let consensus = ConsensusSecret::new(secret(number), [number; 32], chain_id);
    let keys = KeySet {
        consensus_key: consensus.consensus_key(),
        commitment: consensus.commitment(),
        randomness_key: consensus.randomness_key(),
        commitment_proof: consensus.reveal().prove_possession(&[0; 32]),
        randomness_proof: consensus.vrf().prove_possession(&[0; 32]),
    };
    let (key, commitment) = (&keys.consensus_key, &keys.commitment);
    let of = RecordOf { chain_id: &chain_id, key, commitment };
    let information = identity_of(number, &of, validator, number);
    let point = consensus.reveal().hidden_point();
    let hidden_information = hidden::seal(&information, &point, &of, &[number; 24], 512).unwrap();
    let mut identity = SealedIdentity { hidden_information, attestations: Vec::new() };
    identity.attestations =
        vec![attest(chain, validator, &keys, &identity, version, chain.height())];
    (consensus, keys, identity)
}

/// The registrar's attestation.
pub(super) fn attest(
    chain: &Chain,
    validator: &ValidatorId,
    keys: &KeySet,
    identity: &SealedIdentity,
    version: u64,
    expiry: Height,
) -> Attestation {
    let set_version = read::chain(&chain.reader).unwrap().registrars.set_version;
    let registrar = 0;
    let statement = Statement {
        chain_id: chain.chain_id(),
        set_version,
        validator: *validator,
        consensus_key: keys.consensus_key,
        commitment: keys.commitment,
        record: hash::blake3(&identity.hidden_information),
        version,
        expiry,
    };
    let signature = secret(REGISTRAR).sign(&attestation_hash(&statement).0);
    Attestation { format: Version, set_version, registrar, version, expiry, signature }
}

pub(super) fn register(chain: &mut Chain, number: u8) -> (ConsensusSecret, ValidatorId) {
    let (consensus, registration) = registration(chain, number);
    let validator = id::validator_id(&registration.keys.consensus_key);
    let registration = Box::new(registration);
    assert_eq!(send(chain, 4, MembershipCall::Register { registration }), Code::Ok);
    (consensus, validator)
}

pub(super) fn readiness(
    chain: &Chain,
    validator: ValidatorId,
    secret: &ConsensusSecret,
) -> MembershipCall {
    let recent = read::recent(&chain.reader, chain.parent.header.height.previous()).unwrap();
    let recent = recent.expect("the height before the tip is of late");
    let readiness = Readiness {
        chain_id: chain.chain_id(),
        validator,
        height: recent.height,
        block_id: recent.block_id,
        state_root: recent.state_root,
    };
    let signature = secret.sign_hash(&ready_hash(&readiness));
    MembershipCall::Ready { readiness, signature }
}

fn ready_hash(readiness: &Readiness) -> Hash {
    let Readiness { chain_id, height, block_id, state_root, .. } = readiness;
    id::ready_hash(chain_id, *height, block_id, state_root)
}

pub(super) fn status(chain: &Chain, validator: &ValidatorId) -> ValidatorStatus {
    read::validator(&chain.reader, validator).unwrap().unwrap().status
}

#[test]
fn more_than_two_thirds_of_the_members_decide() {
    for (members, needed) in [(1, 1), (2, 2), (3, 3), (4, 3), (5, 4), (6, 5), (7, 5), (100, 67)] {
        assert_eq!(crate::native::threshold(members), needed, "{members} members");
    }
    let mut chain = consortium();
    let motion = Motion::Mint { to: account(9), amount: Amount(77) };
    let before = read::chain(&chain.reader).unwrap().supply.0;
    assert_eq!(send(&mut chain, 1, MembershipCall::Propose { motion }), Code::Ok);
    assert_eq!(outcome(&chain, 1), ProposalOutcome::Open);
    let vote = |approve| MembershipCall::Vote { proposal: 1, approve };
    assert_eq!(send(&mut chain, 1, vote(true)), Code::VotedAlready);
    assert_eq!(send(&mut chain, 5, vote(true)), Code::NotMember);
    assert_eq!(send(&mut chain, 2, vote(true)), Code::Ok);
    assert_eq!(chain.balance(&account(9)), 0);
    assert_eq!(send(&mut chain, 3, vote(true)), Code::Ok);
    assert!(passed(&outcome(&chain, 1)));
    assert_eq!(chain.balance(&account(9)), 77);
    assert_eq!(read::chain(&chain.reader).unwrap().supply.0, before + 77);
    assert_eq!(send(&mut chain, 4, vote(true)), Code::ProposalClosed);
    assert_eq!(
        send(&mut chain, 4, MembershipCall::Vote { proposal: 9, approve: true }),
        Code::ProposalUnknown
    );
}

#[test]
fn two_of_four_against_it_end_a_proposal_and_so_does_its_time() {
    let mut chain = consortium();
    let motion = || Motion::Mint { to: account(9), amount: Amount(1) };
    assert_eq!(send(&mut chain, 1, MembershipCall::Propose { motion: motion() }), Code::Ok);
    let against = |proposal| MembershipCall::Vote { proposal, approve: false };
    assert_eq!(send(&mut chain, 2, against(1)), Code::Ok);
    assert_eq!(outcome(&chain, 1), ProposalOutcome::Open);
    assert_eq!(send(&mut chain, 3, against(1)), Code::Ok);
    assert!(matches!(outcome(&chain, 1), ProposalOutcome::Rejected { .. }));
    let expiry = vec![(key::params(), {
        let params = Params { governance_expiry_ms: 1_500, ..chain.params() };
        Some(types::encode(&params))
    })];
    chain.reader.apply(&ChangeSet::from_sorted(expiry).unwrap());
    assert_eq!(send(&mut chain, 1, MembershipCall::Propose { motion: motion() }), Code::Ok);
    let vote = |approve| MembershipCall::Vote { proposal: 2, approve };
    assert_eq!(send(&mut chain, 2, vote(true)), Code::Ok, "1,000 ms later");
    assert_eq!(send(&mut chain, 3, vote(true)), Code::ProposalClosed, "2,000 ms later");
}

#[test]
fn a_removed_member_has_no_voice_left_in_the_count() {
    let mut chain = consortium();
    let motion = Motion::Mint { to: account(9), amount: Amount(5) };
    assert_eq!(send(&mut chain, 4, MembershipCall::Propose { motion }), Code::Ok);
    assert!(passed(&decide(&mut chain, Motion::RemoveMember { id: "member4".into() })));
    let vote = |approve| MembershipCall::Vote { proposal: 1, approve };
    assert_eq!(send(&mut chain, 4, vote(true)), Code::NotMember);
    // Three members are left, and all of them are needed: the vote of the fourth is worth nothing.
    assert_eq!(send(&mut chain, 1, vote(true)), Code::Ok);
    assert_eq!(send(&mut chain, 2, vote(true)), Code::Ok);
    assert_eq!(outcome(&chain, 1), ProposalOutcome::Open);
    assert_eq!(send(&mut chain, 3, vote(true)), Code::Ok);
    assert!(passed(&outcome(&chain, 1)));
}

#[test]
fn a_motion_that_cannot_be_carried_out_changes_nothing_and_says_why() {
    let mut chain = consortium();
    let stranger = ValidatorId([9; 32]);
    let cases = [
        (Motion::SetParameter { name: "gas".into(), value: 1 }, "no parameter is called gas"),
        (
            Motion::SetParameter { name: "evidence_window".into(), value: 31 },
            "evidence_window is 32 to 1000000, not 31",
        ),
        (
            Motion::SetParameter { name: "burned_bp".into(), value: 9_001 },
            "reporter_bp and burned_bp together exceed 10,000",
        ),
        (Motion::RemoveMember { id: "nobody".into() }, "no member has the id nobody"),
        (
            Motion::PayTreasury { to: account(2), amount: Amount(u128::MAX) },
            "the treasury holds less than 340282366920938463463374607431768211455",
        ),
        (Motion::SetProtocol { version: 1, from: Height(1_000) }, "protocol 1 is in force"),
        (Motion::SetRegistrars { threshold: 2, keys: vec![PublicKey([1; 32])] }, "2 of 1"),
        (Motion::AdmitValidator { validator: stranger, power: VotingPower(1) }, "is registered"),
        (Motion::RemoveValidator { validator: stranger }, "is not in the set"),
        (Motion::SetPower { validator: stranger, power: VotingPower(1) }, "is not in the set"),
        (
            Motion::ReplaceValidator { lost: stranger, replacement: ValidatorId([8; 32]) },
            "is registered",
        ),
    ];
    for (motion, expected) in cases {
        let state = (chain.params(), read::members(&chain.reader).unwrap());
        let reason = reason(decide(&mut chain, motion));
        assert!(reason.contains(expected), "{reason} holds {expected}");
        assert_eq!(state, (chain.params(), read::members(&chain.reader).unwrap()));
    }
}

#[test]
fn no_motion_pays_a_contract_and_a_bond_owed_to_one_goes_to_the_treasury() {
    let mut chain = consortium();
    let holding = |kind, balance| {
        types::encode(&AccountRecord { version: Version, kind, balance: Amount(balance) })
    };
    let mut entries = vec![
        (key::account(&account(9)), Some(holding(AddressKind::Contract, 5))),
        (key::account(&modules::TREASURY), Some(holding(AddressKind::Module, 100))),
    ];
    entries.sort();
    chain.reader.apply(&ChangeSet::from_sorted(entries).unwrap());
    let supply = read::chain(&chain.reader).unwrap().supply;
    for motion in [
        Motion::PayTreasury { to: account(9), amount: Amount(7) },
        Motion::Mint { to: account(9), amount: Amount(7) },
    ] {
        let reason = reason(decide(&mut chain, motion));
        assert_eq!(reason, "contracts take money with their calls alone");
    }
    assert_eq!((chain.balance(&account(9)), chain.balance(&modules::TREASURY)), (5, 100));
    assert_eq!(read::chain(&chain.reader).unwrap().supply, supply);
    let payee = |owed| crate::native::payee(&chain.reader, owed).unwrap();
    assert_eq!((payee(account(9)), payee(account(2))), (modules::TREASURY, account(2)));
}

#[test]
fn a_candidate_is_admitted_shows_that_it_caught_up_and_signs() {
    let mut chain = consortium();
    let (consensus, validator) = register(&mut chain, 120);
    assert_eq!(status(&chain, &validator), ValidatorStatus::Candidate);
    assert_eq!(chain.balance(&modules::BONDS), 4 * BOND + 1_000);
    let early = readiness(&chain, validator, &consensus);
    assert_eq!(send(&mut chain, 5, early), Code::ValidatorState, "nobody has admitted it");
    let power = VotingPower(1);
    assert!(passed(&decide(&mut chain, Motion::AdmitValidator { validator, power })));
    assert_eq!(status(&chain, &validator), ValidatorStatus::Admitted);
    let MembershipCall::Ready { readiness: shown, signature } =
        readiness(&chain, validator, &consensus)
    else {
        panic!("it is one")
    };
    let bent = Readiness { state_root: Hash([1; 32]), ..shown };
    let forged = MembershipCall::Ready { readiness: bent, signature };
    assert_eq!(send(&mut chain, 5, forged), Code::BadSignature);
    let signed = consensus.sign_hash(&ready_hash(&bent));
    let wrong = MembershipCall::Ready { readiness: bent, signature: signed };
    assert_eq!(send(&mut chain, 5, wrong), Code::NotCaughtUp);
    let height = chain.height();
    let good = readiness(&chain, validator, &consensus);
    assert_eq!(send(&mut chain, 5, good), Code::Ok);
    assert_eq!(status(&chain, &validator), ValidatorStatus::Active);
    let sizes = [1, 2].map(|later| {
        read::validator_set_at(&chain.reader, Height(height.0 + later)).unwrap().len()
    });
    assert_eq!(sizes, [4, 5], "V(h + 1) is fixed, V(h + 2) follows");
    chain.adopt(validator, consensus);
    (0..4).for_each(|_| drop(chain.advance(Vec::new())));
    let presence = read::presence(&chain.reader, &validator).unwrap().unwrap();
    assert!(presence.signed >= presence.joined, "it signs: {presence:?}");
}

#[test]
fn a_node_says_that_it_caught_up_by_its_network_key_without_money_or_role() {
    let mut chain = consortium_with(Params {
        gas_price: 2,
        send: types::params::Permission::Role,
        ..Params::default()
    });
    // Account 4 is no user: account 3 registers.
    let (consensus, registration) = registration(&chain, 120);
    let validator = id::validator_id(&registration.keys.consensus_key);
    let registration = Box::new(registration);
    assert_eq!(send(&mut chain, 3, MembershipCall::Register { registration }), Code::Ok);
    let courier = 120 + 100;
    let from = |chain: &Chain, sender, call| {
        let mut tx = chain.tx(sender, vec![Call::Membership(call)]);
        tx.fee_limit = Amount::ZERO;
        chain.decoded(sign(sender, tx))
    };
    let refused = |chain: &Chain, sender| {
        let tx = from(chain, sender, readiness(chain, validator, &consensus));
        chain.refusal(&with_txs(chain, vec![tx.bytes.to_vec()])).code
    };
    assert_eq!(refused(&chain, courier), Code::SenderNotAllowed, "nobody has admitted it");
    let power = VotingPower(1);
    assert!(passed(&decide(&mut chain, Motion::AdmitValidator { validator, power })));
    assert_eq!(refused(&chain, 5), Code::SenderNotAllowed, "the account of another key");
    // Nothing else that its sender sends is free.
    let other = from(&chain, courier, MembershipCall::Leave { validator });
    let block = with_txs(&chain, vec![other.bytes.to_vec()]);
    assert_eq!(chain.refusal(&block).code, Code::SenderNotAllowed);
    let ready = from(&chain, courier, readiness(&chain, validator, &consensus));
    let admitted = crate::transaction::check_admission(
        &chain.reader,
        &ready.signed.tx,
        &crate::transaction::Position {
            height: chain.height(),
            time_ms: TimestampMs(chain.parent.header.time_ms.0 + 1),
        },
        &chain.params(),
    );
    assert_eq!(admitted.map_err(|error| error.to_string()), Ok(()));
    let executed = chain.advance(vec![ready]);
    assert_eq!((executed.receipts[0].code, executed.receipts[0].fee), (Code::Ok, Amount::ZERO));
    assert_eq!(status(&chain, &validator), ValidatorStatus::Active);
    assert_eq!(refused(&chain, courier), Code::SenderNotAllowed, "it was free once");
}

#[test]
fn registrations_with_something_wrong_are_refused_each_with_its_code() {
    type Change = fn(&Chain, &mut Registration);
    let cases: [(Code, Change); 22] = [
        (Code::BondTooSmall, |_, r| r.bond = Amount(99)),
        (Code::MemberUnknown, |_, r| r.member = "nobody".into()),
        (Code::RecordSize, |_, r| r.identity.hidden_information.push(0)),
        (Code::BadAttestation, |_, r| r.identity.hidden_information[5] ^= 1),
        (Code::BadAttestation, |_, r| r.identity.attestations[0].set_version += 1),
        (Code::AttestationsMissing, |_, r| r.identity.attestations.clear()),
        (Code::AttestationExpired, |chain, r| {
            let validator = id::validator_id(&r.keys.consensus_key);
            let attestation = attest(chain, &validator, &r.keys, &r.identity, 1, Height(0));
            r.identity.attestations[0] = attestation;
        }),
        (Code::RecordSize, |_, r| r.identity.hidden_information.truncate(1)),
        // Attestations: given twice, of nobody, about another version, with a signature that is
        // bent or has a scalar beyond the order.
        (Code::BadAttestation, |_, r| {
            r.identity.attestations.push(r.identity.attestations[0].clone())
        }),
        (Code::BadAttestation, |_, r| r.identity.attestations[0].registrar = 9),
        (Code::BadAttestation, |_, r| r.identity.attestations[0].version += 1),
        (Code::BadAttestation, |_, r| r.identity.attestations[0].expiry = Height(1_001)),
        (Code::BadAttestation, |_, r| r.identity.attestations[0].signature.0[7] ^= 1),
        (Code::BadAttestation, |_, r| r.identity.attestations[0].signature.0[32..].fill(0xff)),
        (Code::BadPossession, |_, r| r.keys.commitment_proof.0[40] ^= 1),
        // Proofs and points: a scalar beyond the order, the identity, no point at all.
        (Code::BadPossession, |_, r| r.keys.commitment_proof.0[32..].fill(0xff)),
        (Code::BadPossession, |_, r| r.keys.commitment.0 = [0; 32]),
        (Code::BadPossession, |_, r| r.keys.commitment.0 = [0xff; 32]),
        (Code::BadPossession, |_, r| r.keys.randomness_key.0 = [0; 32]),
        (Code::BadPossession, |_, r| r.keys.randomness_proof.0[40] ^= 1),
        (Code::KeyUsed, |chain, r| {
            r.keys.commitment = chain.genesis.validators[0].commitment;
        }),
        (Code::InsufficientBalance, |_, r| r.bond = Amount(u128::MAX)),
    ];
    for (code, change) in cases {
        let mut chain = consortium();
        let before = chain.balance(&modules::BONDS);
        let (_, mut registration) = registration(&chain, 120);
        change(&chain, &mut registration);
        let validator = id::validator_id(&registration.keys.consensus_key);
        let registration = Box::new(registration);
        assert_eq!(send(&mut chain, 4, MembershipCall::Register { registration }), code);
        assert_eq!(chain.balance(&modules::BONDS), before);
        assert_eq!(read::validator(&chain.reader, &validator).unwrap(), None);
    }
    let mut chain = consortium();
    let (_, first) = registration(&chain, 120);
    let twice = |r: &Registration| MembershipCall::Register { registration: Box::new(r.clone()) };
    assert_eq!(send(&mut chain, 4, twice(&first)), Code::Ok);
    assert_eq!(send(&mut chain, 4, twice(&first)), Code::KeyUsed, "a key is registered once");
}

#[test]
fn a_revoked_registrar_attests_nothing_any_more() {
    let mut chain = consortium();
    let (_, registration) = registration(&chain, 120);
    let keys = vec![secret(91).public()];
    assert!(passed(&decide(&mut chain, Motion::SetRegistrars { threshold: 1, keys })));
    let registration = Box::new(Registration {
        identity: SealedIdentity {
            attestations: vec![Attestation {
                expiry: Height(1_000),
                ..registration.identity.attestations[0].clone()
            }],
            ..registration.identity
        },
        ..registration
    });
    assert_eq!(
        send(&mut chain, 4, MembershipCall::Register { registration }),
        Code::BadAttestation
    );
}

#[test]
fn a_lost_validator_is_replaced_by_one_decision() {
    let mut chain = consortium();
    let (consensus, replacement) = register(&mut chain, 120);
    let lost = chain.secrets()[1].id;
    assert!(passed(&decide(&mut chain, Motion::ReplaceValidator { lost, replacement })));
    assert_eq!(status(&chain, &lost), ValidatorStatus::Leaving);
    let ready = readiness(&chain, replacement, &consensus);
    let height = chain.height();
    assert_eq!(send(&mut chain, 5, ready), Code::Ok);
    let set = read::validator_set_at(&chain.reader, Height(height.0 + 2)).unwrap();
    assert_eq!((set.len(), set.by_id(&lost)), (4, None));
    assert_eq!(set.by_id(&replacement).unwrap().power, VotingPower(1));
}

/// A chain whose first validator has not signed for long, and a candidate.
fn one_silent() -> (Chain, ValidatorId) {
    let mut chain = consortium();
    let silent = chain.secrets()[0].id;
    chain.silent.insert(silent);
    (0..20).for_each(|_| drop(chain.advance(Vec::new())));
    let (_, candidate) = register(&mut chain, 120);
    (chain, candidate)
}

#[test]
fn a_change_after_which_the_chain_could_not_commit_is_refused_with_the_figures() {
    let (mut chain, replacement) = one_silent();
    let (silent, other) = (chain.secrets()[0].id, chain.secrets()[1].id);
    let power = VotingPower(2);
    let cases = [
        (Motion::RemoveValidator { validator: other }, "power 2 of 3"),
        (Motion::ReplaceValidator { lost: other, replacement }, "power 2 of 3"),
        (Motion::SetPower { validator: silent, power }, "power 3 of 5"),
    ];
    let pending = |chain: &Chain| {
        crate::native::validators::pending(&chain.reader, chain.parent.header.height).unwrap()
    };
    let before = (pending(&chain), read::validators(&chain.reader).unwrap());
    for (motion, figures) in cases {
        let name = motion.name();
        let told = reason(decide(&mut chain, motion));
        let expected = format!("{figures} was there of late, more than two thirds are needed");
        assert_eq!(told, expected, "{name}");
        assert_eq!(before, (pending(&chain), read::validators(&chain.reader).unwrap()), "{name}");
    }
    // Operators are refused alike; the silent one may go, and after it any other.
    let operator = read::validator(&chain.reader, &other).unwrap().unwrap().operator;
    let sender = (1..=5).find(|number| account(*number) == operator).unwrap();
    let leave = MembershipCall::Leave { validator: other };
    assert_eq!(send(&mut chain, sender, leave), Code::SetUnsafe);
    assert!(passed(&decide(&mut chain, Motion::RemoveValidator { validator: silent })));
    assert!(passed(&decide(&mut chain, Motion::RemoveValidator { validator: other })));
}

#[test]
fn a_punishment_removes_whether_the_chain_can_commit_then_or_not() {
    let (mut chain, _) = one_silent();
    let liar = (1..4).find(|at| chain.build(Vec::new()).header.proposer != chain.secrets()[*at].id);
    let (liar, height) = (liar.unwrap(), chain.parent.header.height.0);
    let evidence = chain.double_sign(liar, chain.address(height, types::Step::Precommit));
    let block = chain.build_of(Vec::new(), None, vec![evidence]).block;
    chain.commit(&block);
    let set = crate::native::validators::pending(&chain.reader, block.header.height).unwrap();
    assert_eq!((set.len(), set.by_id(&chain.secrets()[liar].id)), (3, None));
}

#[test]
fn of_two_proposals_to_remove_the_last_two_validators_the_second_is_refused() {
    let mut chain = consortium();
    let ids: Vec<ValidatorId> = chain.secrets().iter().map(|held| held.id).collect();
    for validator in &ids[..2] {
        let motion = Motion::RemoveValidator { validator: *validator };
        assert!(passed(&decide(&mut chain, motion)));
    }
    assert!(passed(&decide(&mut chain, Motion::RemoveValidator { validator: ids[2] })));
    let last = Motion::RemoveValidator { validator: ids[3] };
    let told = reason(decide(&mut chain, last));
    assert_eq!(told, "the set would be none: a validator set needs at least one validator");
    assert_eq!(status(&chain, &ids[3]), ValidatorStatus::Active);
    let set = read::validator_set_at(&chain.reader, chain.height()).unwrap();
    assert_eq!(set.len(), 1);
    chain.advance(Vec::new());
}

#[test]
fn the_last_two_members_cannot_both_be_removed() {
    let mut chain = consortium();
    let remove = |id: &str| Motion::RemoveMember { id: id.to_owned() };
    assert!(passed(&decide(&mut chain, remove("member4"))));
    // Three of three decide, then two of two.
    assert!(passed(&decide(&mut chain, remove("member3"))));
    let propose = |id| MembershipCall::Propose { motion: remove(id) };
    assert_eq!(send(&mut chain, 1, propose("member2")), Code::Ok);
    assert_eq!(send(&mut chain, 1, propose("alpha")), Code::Ok);
    let vote = |proposal| MembershipCall::Vote { proposal, approve: true };
    assert_eq!(send(&mut chain, 2, vote(3)), Code::Ok);
    assert!(passed(&outcome(&chain, 3)));
    assert_eq!(send(&mut chain, 2, vote(4)), Code::NotMember);
    // One of one decides on itself.
    assert_eq!(send(&mut chain, 1, propose("alpha")), Code::Ok);
    let told = reason(outcome(&chain, 5));
    assert_eq!(told, "the last member stays: nobody could decide anything any more");
    assert_eq!(read::members(&chain.reader).unwrap().len(), 1);
}

#[test]
fn members_pause_a_contract_that_has_no_admin_and_an_admin_cannot_undo_it() {
    let mut chain = consortium();
    let contract = Address([7; 32]);
    let made = |admin| ContractRecord {
        version: Version,
        code_hash: Hash([1; 32]),
        creator: account(5),
        admin,
        paused: Pause::No,
        created: Height(1),
        upgraded: Height(1),
    };
    let put = |chain: &mut Chain, record: ContractRecord| {
        let entry = (key::contract(&contract), Some(types::encode(&record)));
        chain.reader.apply(&ChangeSet::from_sorted(vec![entry]).unwrap());
    };
    let paused = |chain: &Chain| read::contract(&chain.reader, &contract).unwrap().unwrap().paused;
    let motion = |paused| Motion::PauseContract { contract, paused };
    let told = reason(decide(&mut chain, motion(true)));
    assert_eq!(told, "no contract has this address");
    put(&mut chain, made(None));
    assert!(passed(&decide(&mut chain, motion(true))));
    assert_eq!(paused(&chain), Pause::Members);
    assert!(passed(&decide(&mut chain, motion(false))));
    assert_eq!(paused(&chain), Pause::No);
    put(&mut chain, ContractRecord { paused: Pause::Members, ..made(Some(account(4))) });
    let resume = Call::PauseContract { contract, paused: false };
    let tx = chain.tx(4, vec![resume]);
    let executed = chain.advance(vec![chain.decoded(sign(4, tx))]);
    assert_eq!(executed.receipts[0].code, Code::NotPermitted);
    assert_eq!(paused(&chain), Pause::Members);
}

#[test]
fn an_operator_takes_a_candidate_back_at_once_and_a_validator_out_after_the_window() {
    let mut chain = consortium();
    let (_, candidate) = register(&mut chain, 120);
    let before = chain.balance(&account(4));
    let leave = |validator| MembershipCall::Leave { validator };
    assert_eq!(send(&mut chain, 5, leave(candidate)), Code::NotPermitted);
    assert_eq!(send(&mut chain, 4, leave(candidate)), Code::Ok);
    assert_eq!(chain.balance(&account(4)), before + 1_000);
    assert_eq!(send(&mut chain, 4, leave(candidate)), Code::ValidatorState);
    assert_eq!(send(&mut chain, 4, leave(ValidatorId([9; 32]))), Code::ValidatorUnknown);
    let validator = chain.secrets()[0].id;
    let height = chain.height();
    assert_eq!(send(&mut chain, 1, leave(validator)), Code::Ok);
    assert_eq!(status(&chain, &validator), ValidatorStatus::Leaving);
    let record = read::validator(&chain.reader, &validator).unwrap().unwrap();
    assert_eq!((record.last_height, record.bond.0), (Some(height.next()), BOND));
}

#[test]
fn a_new_protocol_rules_from_the_height_that_was_decided() {
    let mut chain = consortium();
    let from = Height(chain.height().0 + 8);
    assert!(passed(&decide(&mut chain, Motion::SetProtocol { version: 2, from })));
    while chain.height() < from {
        assert_eq!(chain.advance(Vec::new()).receipts.len(), 0);
        let expected = if chain.height() < from { 1 } else { 2 };
        let found = read::chain(&chain.reader).unwrap().protocol;
        assert_eq!(found, expected, "before {}", chain.height());
    }
    assert_eq!(chain.build(Vec::new()).header.protocol, 2);
}

/// A signature that nobody checks here.
#[test]
fn readiness_of_another_chain_or_stranger_is_refused() {
    let mut chain = consortium();
    let readiness = Readiness {
        chain_id: types::ChainId([9; 32]),
        validator: ValidatorId([9; 32]),
        height: Height(1),
        block_id: BlockId([1; 32]),
        state_root: Hash([1; 32]),
    };
    let call = |readiness| MembershipCall::Ready { readiness, signature: Signature([0; 64]) };
    assert_eq!(send(&mut chain, 5, call(readiness)), Code::WrongChain);
    let here = Readiness { chain_id: chain.chain_id(), ..readiness };
    assert_eq!(send(&mut chain, 5, call(here)), Code::ValidatorUnknown);
}
