use super::*;
use crate::ballot::ConsensusSecret;
use crate::sign::SecretKey;
use std::cell::Cell;
use types::certificate::RoundVote;
use types::{BlockId, Signature, Validator, Version, VoteKind};

const CHAIN: ChainId = ChainId([7; 32]);
const BLOCK: BlockId = BlockId([8; 32]);
const NOTHING_KNOWN: &dyn Fn(&Hash) -> bool = &|_| false;

/// Four validators of power 1, their secrets in the set's order.
fn net() -> (Vec<ConsensusSecret>, ValidatorSet) {
    let mut secrets: Vec<ConsensusSecret> = (1..=4)
        .map(|n| ConsensusSecret::new(SecretKey::from_seed([n; 32]), [n; 32], CHAIN))
        .collect();
    secrets.sort_by_key(|secret| id::validator_id(&secret.consensus_key()));
    let validator = |secret: &ConsensusSecret| Validator {
        id: id::validator_id(&secret.consensus_key()),
        consensus_key: secret.consensus_key(),
        commitment: secret.commitment(),
        randomness_key: secret.randomness_key(),
        power: VotingPower(1),
    };
    let set = ValidatorSet::new(secrets.iter().map(validator).collect()).expect("a set");
    (secrets, set)
}

fn entry(
    secrets: &[ConsensusSecret],
    index: u16,
    address: SignedAddress,
    value: Value,
) -> CertificateSignature {
    let (signature, share) = secrets[usize::from(index)].sign(&address, &value, [0; 32]);
    CertificateSignature { index, signature, share }
}

fn commit(secrets: &[ConsensusSecret], signers: &[u16]) -> CommitCertificate {
    let address = address_at(CHAIN, Height(5), Round(1), Step::Precommit);
    let value = Some(Hash(BLOCK.0));
    let precommits = signers.iter().map(|at| entry(secrets, *at, address, value)).collect();
    CommitCertificate {
        version: Version,
        chain_id: CHAIN,
        height: Height(5),
        round: Round(1),
        block_id: BLOCK,
        precommits,
    }
}

fn finality(secrets: &[ConsensusSecret], signers: &[u16]) -> FinalityCertificate {
    let address = address_at(CHAIN, Height(5), Round::ZERO, Step::Seal);
    let (state_root, receipts_root) = (Hash([1; 32]), Hash([2; 32]));
    let value = Some(id::seal_value(&BLOCK, &state_root, &receipts_root));
    let seals = signers.iter().map(|at| entry(secrets, *at, address, value)).collect();
    FinalityCertificate {
        version: Version,
        chain_id: CHAIN,
        height: Height(5),
        block_id: BLOCK,
        state_root,
        receipts_root,
        seals,
    }
}

#[test]
fn more_than_two_thirds_commit_and_exactly_two_thirds_do_not() {
    let (secrets, set) = net();
    assert_eq!(verify_commit(&commit(&secrets, &[0, 1, 3]), &CHAIN, &set, NOTHING_KNOWN), Ok(()));
    let few = verify_commit(&commit(&secrets, &[0, 1]), &CHAIN, &set, NOTHING_KNOWN);
    assert_eq!(few, Err(CertificateError::NoQuorum { signed: 2, total: 4 }));
    let none = verify_commit(&commit(&secrets, &[]), &CHAIN, &set, NOTHING_KNOWN);
    assert_eq!(none, Err(CertificateError::NoQuorum { signed: 0, total: 4 }));
}

#[test]
fn nobody_counts_twice_out_of_order_or_from_outside_the_set() {
    let (secrets, set) = net();
    let verify = |certificate| verify_commit(&certificate, &CHAIN, &set, NOTHING_KNOWN);
    let twice = commit(&secrets, &[0, 1, 1]);
    assert_eq!(verify(twice), Err(CertificateError::Unsorted(2)));
    assert_eq!(verify(commit(&secrets, &[1, 0, 2])), Err(CertificateError::Unsorted(1)));
    let mut stranger = commit(&secrets, &[0, 1, 2]);
    stranger.precommits[2].index = 4;
    assert_eq!(verify(stranger), Err(CertificateError::Stranger(2)));
}

#[test]
fn one_bad_signature_or_share_spoils_a_certificate_and_is_named() {
    let (secrets, set) = net();
    let verify = |certificate| verify_commit(&certificate, &CHAIN, &set, NOTHING_KNOWN);
    let mut bad = commit(&secrets, &[0, 1, 2, 3]);
    bad.precommits[2].signature = Signature([1; 64]);
    assert_eq!(verify(bad), Err(CertificateError::BadBallot(2)));
    let mut bad = commit(&secrets, &[0, 1, 2, 3]);
    bad.precommits[1].share.0[0] ^= 1;
    assert_eq!(verify(bad), Err(CertificateError::BadBallot(1)));
    let mut elsewhere = commit(&secrets, &[0, 1, 2]);
    elsewhere.round = Round(2);
    assert_eq!(verify(elsewhere), Err(CertificateError::BadBallot(0)));
}

#[test]
fn another_chain_is_refused_before_anything_is_verified() {
    let (secrets, set) = net();
    let other = ChainId([9; 32]);
    let refused = verify_commit(&commit(&secrets, &[0, 1, 2]), &other, &set, NOTHING_KNOWN);
    assert_eq!(refused, Err(CertificateError::WrongChain));
    let refused = verify_finality(&finality(&secrets, &[0, 1, 2]), &other, &set, NOTHING_KNOWN);
    assert_eq!(refused, Err(CertificateError::WrongChain));
}

#[test]
fn known_ballots_are_not_verified_again_and_unknown_ones_are() {
    let (secrets, set) = net();
    let mut certificate = commit(&secrets, &[0, 1, 2]);
    certificate.precommits[1].share.0[0] ^= 1;
    let asked = Cell::new(0);
    // Whoever says "known" vouches for it: a wrong ballot passes, which shows that it was skipped.
    let all_known = |_: &Hash| {
        asked.set(asked.get() + 1);
        true
    };
    assert_eq!(verify_commit(&certificate, &CHAIN, &set, &all_known), Ok(()));
    assert_eq!(asked.get(), 3);
    let second = |_: &Hash| {
        asked.set(asked.get() + 1);
        asked.get() == 4
    };
    let found = verify_commit(&certificate, &CHAIN, &set, &second);
    assert_eq!(found, Err(CertificateError::BadBallot(1)), "named by its own position");
}

#[test]
fn finality_covers_block_and_both_roots() {
    let (secrets, set) = net();
    let verify = |certificate| verify_finality(&certificate, &CHAIN, &set, NOTHING_KNOWN);
    let good = finality(&secrets, &[0, 2, 3]);
    assert_eq!(verify(good.clone()), Ok(()));
    let bad = Err(CertificateError::BadBallot(0));
    assert_eq!(verify(FinalityCertificate { block_id: BlockId([9; 32]), ..good.clone() }), bad);
    assert_eq!(verify(FinalityCertificate { state_root: Hash([9; 32]), ..good.clone() }), bad);
    assert_eq!(verify(FinalityCertificate { receipts_root: Hash([9; 32]), ..good.clone() }), bad);
    assert_eq!(verify(FinalityCertificate { height: Height(6), ..good }), bad);
}

#[test]
fn a_polka_is_of_prevotes() {
    let (secrets, set) = net();
    let polka = |step| {
        let address = address_at(CHAIN, Height(5), Round(1), step);
        let value = Some(Hash(BLOCK.0));
        let prevotes = (0..3).map(|at| entry(&secrets, at, address, value)).collect();
        PolkaCertificate {
            version: Version,
            height: Height(5),
            round: Round(1),
            block_id: BLOCK,
            prevotes,
        }
    };
    assert_eq!(verify_polka(&polka(Step::Prevote), &CHAIN, &set, NOTHING_KNOWN), Ok(()));
    let wrong = verify_polka(&polka(Step::Precommit), &CHAIN, &set, NOTHING_KNOWN);
    assert_eq!(wrong, Err(CertificateError::BadBallot(0)));
}

fn round(
    secrets: &[ConsensusSecret],
    kind: RoundCertificateKind,
    votes: &[(u16, VoteKind, Option<BlockId>)],
) -> RoundCertificate {
    let vote = |(at, kind, block_id): &(u16, VoteKind, Option<BlockId>)| {
        let address = address_at(CHAIN, Height(5), Round(1), kind.step());
        let value = block_id.map(|block_id| Hash(block_id.0));
        RoundVote {
            kind: *kind,
            block_id: *block_id,
            signature: entry(secrets, *at, address, value),
        }
    };
    RoundCertificate {
        version: Version,
        height: Height(5),
        round: Round(1),
        kind,
        votes: votes.iter().map(vote).collect(),
    }
}

#[test]
fn a_round_ends_by_precommits_of_any_values_of_more_than_two_thirds() {
    let (secrets, set) = net();
    let verify = |votes: &[_]| {
        let certificate = round(&secrets, RoundCertificateKind::Precommit, votes);
        verify_round(&certificate, &CHAIN, &set, NOTHING_KNOWN)
    };
    let (prevote, precommit) = (VoteKind::Prevote, VoteKind::Precommit);
    let nil = (2, precommit, None);
    assert_eq!(verify(&[(0, precommit, Some(BLOCK)), (1, precommit, None), nil]), Ok(()));
    let mixed = verify(&[(0, precommit, None), (1, prevote, None), nil]);
    assert_eq!(mixed, Err(CertificateError::NoQuorum { signed: 2, total: 4 }));
}

#[test]
fn a_round_is_skipped_to_by_more_than_one_third_counted_once_each() {
    let (secrets, set) = net();
    let verify = |votes: &[_]| {
        let certificate = round(&secrets, RoundCertificateKind::Skip, votes);
        verify_round(&certificate, &CHAIN, &set, NOTHING_KNOWN)
    };
    let (prevote, precommit) = (VoteKind::Prevote, VoteKind::Precommit);
    assert_eq!(verify(&[(0, prevote, None), (3, precommit, Some(BLOCK))]), Ok(()));
    let one = verify(&[(0, prevote, None), (0, precommit, None)]);
    assert_eq!(one, Err(CertificateError::NoQuorum { signed: 1, total: 4 }));
    let twice = verify(&[(0, prevote, None), (0, prevote, None)]);
    assert_eq!(twice, Err(CertificateError::Unsorted(1)));
}
