use super::*;
use crate::evidence;
use crate::hidden::{self, HiddenInformation, RecordOf};
use types::{BlockId, RevealPoint, VotingPower};

const CHAIN: ChainId = ChainId([7; 32]);

fn secret() -> ConsensusSecret {
    ConsensusSecret::new(SecretKey::from_seed([1; 32]), [2; 32], CHAIN)
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

fn address(step: Step) -> SignedAddress {
    SignedAddress { chain_id: CHAIN, height: Height(5), round: Round(0), step }
}

fn information() -> HiddenInformation {
    HiddenInformation {
        legal_name: "Example Ltd".to_owned(),
        registry_number: "HRB 1".to_owned(),
        jurisdiction: "DE".to_owned(),
        contact: "office@example.org".to_owned(),
        beneficial_owner: "E. Xample".to_owned(),
        bond_terms: "one million".to_owned(),
        party_key: PublicKey([0; 32]),
        party_signature: Signature([0; 64]),
    }
}

#[test]
fn a_made_ballot_verifies_alone_and_in_a_batch_and_every_flipped_bit_is_refused() {
    let secret = secret();
    let validator = validator(&secret);
    let address = address(Step::Prevote);
    let value = Some(Hash([9; 32]));
    let (signature, share) = secret.sign(&address, &value, [3; 32]);
    let good = Ballot { validator: &validator, address, value, signature, share };
    assert!(verify(&good));
    assert_eq!(verify_batch(&[good, good]), [true, true]);
    for bit in (0..128 * 8).step_by(5) {
        let mut changed = share;
        changed.0[bit / 8] ^= 1 << (bit % 8);
        let bad = Ballot { share: changed, ..good };
        assert!(!verify(&bad), "bit {bit} of the share");
        assert_eq!(verify_batch(&[good, bad, good]), [true, false, true], "bit {bit} of the share");
    }
    for bit in (0..64 * 8).step_by(5) {
        let mut changed = signature;
        changed.0[bit / 8] ^= 1 << (bit % 8);
        assert!(!verify(&Ballot { signature: changed, ..good }), "bit {bit} of the signature");
    }
    let elsewhere = SignedAddress { round: Round(1), ..address };
    assert!(!verify(&Ballot { address: elsewhere, ..good }));
    assert!(!verify(&Ballot { value: None, ..good }));
}

#[test]
fn two_values_at_one_address_open_the_sealed_identity_and_one_does_not() {
    let secret = secret();
    let validator = validator(&secret);
    let of = RecordOf {
        chain_id: &CHAIN,
        key: &validator.consensus_key,
        commitment: &validator.commitment,
    };
    let hidden = secret.reveal().hidden_point();
    let record = hidden::seal(&information(), &hidden, &of, &[4; 24], 8_192).expect("made here");
    assert_eq!(record.len(), 8_192 + hidden::OVERHEAD_BYTES);
    let at = address(Step::Precommit);
    let (block, nil) = (Some(Hash(BlockId([8; 32]).0)), None);
    let first = secret.sign(&at, &block, [5; 32]);
    let second = secret.sign(&at, &nil, [6; 32]);
    let pair =
        evidence::from_pair(validator.id, at, (block, first.0, first.1), (nil, second.0, second.1))
            .expect("made here");
    assert_eq!(pair.value_a, None, "nil comes first");
    assert_eq!(evidence::verify(&pair, &validator), Ok(()));
    let opened = evidence::hidden_point(&pair).expect("made here");
    assert_eq!(opened, hidden);
    assert_eq!(hidden::open(&record, &opened, &of), Ok(information()));
    // The same value twice is no pair, and shares of two addresses open something else.
    let again = secret.sign(&at, &block, [7; 32]);
    assert!(
        evidence::from_pair(validator.id, at, (block, first.0, first.1), (block, again.0, again.1))
            .is_none()
    );
    let other = secret.sign(&address(Step::Prevote), &nil, [6; 32]);
    let wrong = reveal::reveal(&at, (&block, &first.1), (&nil, &other.1)).expect("made here");
    assert_ne!(wrong, hidden);
    assert!(hidden::open(&record, &wrong, &of).is_err());
}

#[test]
fn nil_is_no_value_of_a_proposal_or_seal() {
    let secret = secret();
    let validator = validator(&secret);
    for step in [Step::Proposal, Step::Seal] {
        let address = address(step);
        let (signature, share) = secret.sign(&address, &None, [3; 32]);
        let ballot = Ballot { validator: &validator, address, value: None, signature, share };
        assert!(!verify(&ballot));
        assert_eq!(verify_batch(&[ballot]), [false]);
    }
}

#[test]
fn possession_and_hidden_point_are_proven_for_one_key_on_one_chain() {
    let secret = secret();
    let key = secret.consensus_key();
    let proof = secret.reveal().prove_possession(&[1; 32]);
    assert!(reveal::verify_possession(&secret.commitment(), &CHAIN, &key, &proof));
    assert!(!reveal::verify_possession(&secret.commitment(), &ChainId([8; 32]), &key, &proof));
    let hidden = secret.reveal().hidden_point();
    let proof = secret.reveal().prove_hidden_point(&[1; 32]);
    let commitment = secret.commitment();
    assert!(reveal::verify_hidden_point(&commitment, &hidden, &CHAIN, &key, &proof));
    let other = RevealPoint(commitment.0);
    assert!(!reveal::verify_hidden_point(&commitment, &other, &CHAIN, &key, &proof));
    let proof = secret.vrf().prove_possession(&[1; 32]);
    assert!(crate::vrf::verify_possession(&secret.randomness_key(), &CHAIN, &key, &proof));
}

#[test]
fn a_verdict_is_remembered_for_exactly_one_ballot_under_exactly_one_pair_of_keys() {
    let secret = secret();
    let mine = validator(&secret);
    let address = address(Step::Precommit);
    let value = Some(Hash([9; 32]));
    let (signature, share) = secret.sign(&address, &value, [3; 32]);
    let good = Ballot { validator: &mine, address, value, signature, share };
    let key = cache_key(&good);
    assert_eq!(key, cache_key(&good));
    let rotated = Validator { commitment: RevealPoint([1; 32]), ..mine.clone() };
    let other_key = Validator { consensus_key: PublicKey([1; 32]), ..mine.clone() };
    let (_, again) = secret.sign(&address, &value, [4; 32]);
    for other in [
        Ballot { validator: &rotated, ..good },
        Ballot { validator: &other_key, ..good },
        Ballot { address: SignedAddress { round: Round(1), ..address }, ..good },
        Ballot { value: None, ..good },
        Ballot { signature: Signature([1; 64]), ..good },
        Ballot { share: again, ..good },
    ] {
        assert_ne!(cache_key(&other), key);
    }
    // Power and name are no part of a signature's verdict.
    let stronger = Validator { power: VotingPower(9), ..mine.clone() };
    assert_eq!(cache_key(&Ballot { validator: &stronger, ..good }), key);
}

#[test]
fn proposals_votes_and_seals_are_ballots_at_their_own_addresses() {
    let secret = secret();
    let validator = validator(&secret);
    let (height, block_id) = (Height(5), BlockId([8; 32]));
    let at = |step, round| SignedAddress { chain_id: CHAIN, height, round, step };
    let sign = |address, value| secret.sign(&address, &value, [0; 32]);

    let pol_round = Some(Round(1));
    let value = Some(id::proposal_value(&block_id, pol_round));
    let (signature, share) = sign(at(Step::Proposal, Round(2)), value);
    let mine = validator.id;
    let round = Round(2);
    let proposal =
        Proposal { height, round, pol_round, block_id, validator: mine, signature, share };
    assert!(verify(&of_proposal(&CHAIN, &proposal, &validator)));
    let other = Proposal { pol_round: None, ..proposal };
    assert!(!verify(&of_proposal(&CHAIN, &other, &validator)), "the polka round is signed");

    for (kind, block_id) in
        [(types::VoteKind::Prevote, Some(block_id)), (types::VoteKind::Precommit, None)]
    {
        let value = block_id.map(|block_id: BlockId| Hash(block_id.0));
        let (signature, share) = sign(at(kind.step(), round), value);
        let vote = Vote { kind, height, round, block_id, validator: mine, signature, share };
        assert!(verify(&of_vote(&CHAIN, &vote, &validator)));
        assert!(!verify(&of_vote(&ChainId([8; 32]), &vote, &validator)));
    }

    let (state_root, receipts_root) = (Hash([1; 32]), Hash([2; 32]));
    let value = Some(id::seal_value(&block_id, &state_root, &receipts_root));
    let (signature, share) = sign(at(Step::Seal, Round::ZERO), value);
    let seal =
        Seal { height, block_id, state_root, receipts_root, validator: mine, signature, share };
    assert!(verify(&of_seal(&CHAIN, &seal, &validator)));
    let other = Seal { state_root: receipts_root, ..seal };
    assert!(!verify(&of_seal(&CHAIN, &other, &validator)));
}

#[test]
fn a_batch_has_the_verdicts_of_its_single_ballots_whatever_is_wrong_with_them() {
    let secret = secret();
    let validator = validator(&secret);
    let value = Some(Hash([9; 32]));
    let good = |round| {
        let address = SignedAddress { round: Round(round), ..address(Step::Prevote) };
        let (signature, share) = secret.sign(&address, &value, [3; 32]);
        Ballot { validator: &validator, address, value, signature, share }
    };
    let ballots: Vec<Ballot<'_>> = (0..24)
        .map(|n: u8| {
            let mut ballot = good(u32::from(n % 3));
            match n % 6 {
                1 => ballot.signature.0[usize::from(n)] ^= 1,
                2 => ballot.share.0[usize::from(n)] ^= 1,
                3 => ballot.address.step = Step::Seal,
                4 => ballot.value = None,
                _ => {}
            }
            ballot
        })
        .collect();
    let singles: Vec<bool> = ballots.iter().map(verify).collect();
    assert_eq!(singles.iter().filter(|valid| **valid).count(), 8);
    assert_eq!(verify_batch(&ballots), singles);
    assert!(verify_batch(&[]).is_empty());
}
