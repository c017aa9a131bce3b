//! Whoever says two things at one address is named, whichever way and order they come.

use super::fixture::*;
use crate::watcher::{MAX_CONFLICTS, Observed, Watcher};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use types::certificate::RoundCertificateKind;
use types::codec::WideVersion;
use types::wire::ConsensusContent;
use types::{Block, Body, Evidence, Hash, Header, Height, Round, Step, VoteKind, VrfProof};

/// The one double sign that the second message completes.
fn conflict(first: &ConsensusContent, second: &ConsensusContent) -> Evidence {
    let mut watcher = watcher_at(5);
    assert_eq!(watcher.see(first), Observed { new: true, conflicts: vec![] });
    let observed = watcher.see(second);
    assert!(observed.new);
    let [evidence] = observed.conflicts.as_slice() else { panic!("{observed:?}") };
    evidence.clone()
}

fn none(first: &ConsensusContent, second: &ConsensusContent) {
    let mut watcher = watcher_at(5);
    watcher.see(first);
    assert_eq!(watcher.see(second).conflicts, vec![]);
}

#[test]
fn detects_two_prevotes_of_one_round() {
    let evidence = conflict(&prevote(1, 5, 0, Some(1)), &prevote(1, 5, 0, Some(2)));
    assert_eq!(evidence.validator, id(1));
    assert_eq!(evidence.address.step, Step::Prevote);
    assert_eq!((evidence.address.chain_id, evidence.address.height), (CHAIN, Height(5)));
    assert_eq!((evidence.value_a, evidence.value_b), (Some(Hash([1; 32])), Some(Hash([2; 32]))));
}

#[test]
fn detects_two_precommits_of_one_round() {
    let evidence = conflict(&precommit(1, 5, 3, Some(1)), &precommit(1, 5, 3, Some(2)));
    assert_eq!((evidence.address.step, evidence.address.round), (Step::Precommit, Round(3)));
}

#[test]
fn nil_and_a_block_at_one_address_are_a_double_sign_with_nil_first() {
    let evidence = conflict(&precommit(1, 5, 0, Some(1)), &precommit(1, 5, 0, None));
    assert_eq!((evidence.value_a, evidence.value_b), (None, Some(Hash([1; 32]))));
}

#[test]
fn detects_two_proposals_of_one_round() {
    let evidence = conflict(&proposal(1, 5, 0, 1), &proposal(1, 5, 0, 2));
    assert_eq!(evidence.address.step, Step::Proposal);
    assert!(evidence.value_a < evidence.value_b);
}

#[test]
fn one_block_proposed_with_two_polka_rounds_is_a_double_sign() {
    conflict(&reproposal(1, 5, 2, 1, None), &reproposal(1, 5, 2, 1, Some(0)));
}

#[test]
fn a_proposal_that_relies_on_an_impossible_round_is_signed_all_the_same() {
    conflict(&reproposal(1, 5, 2, 1, Some(7)), &reproposal(1, 5, 2, 1, Some(0)));
}

#[test]
fn detects_two_seals_of_one_height() {
    let evidence = conflict(&seal(1, 5, 1), &seal(1, 5, 2));
    assert_eq!((evidence.address.step, evidence.address.round), (Step::Seal, Round(0)));
}

#[test]
fn detects_a_double_sign_at_a_height_that_was_committed_long_ago() {
    conflict(&precommit(1, 1, 0, Some(1)), &precommit(1, 1, 0, None));
}

#[test]
fn detects_a_double_sign_at_the_height_after() {
    conflict(&prevote(1, 6, 0, Some(1)), &prevote(1, 6, 0, None));
}

#[test]
fn detects_one_half_inside_a_commit_certificate() {
    let mut watcher = watcher_at(5);
    watcher.see(&precommit(2, 4, 0, None));
    let observed = watcher.see(&commit(&[0, 1, 2], 4, 0, 1));
    assert_eq!(observed.conflicts.len(), 1);
    assert_eq!(observed.conflicts[0].validator, id(2));
}

#[test]
fn detects_one_half_inside_a_polka_certificate() {
    let mut watcher = watcher_at(5);
    watcher.see(&polka(&[0, 1, 2], 5, 0, 1));
    assert_eq!(watcher.see(&prevote(0, 5, 0, Some(2))).conflicts.len(), 1);
}

#[test]
fn detects_one_half_inside_a_finality_certificate() {
    let mut watcher = watcher_at(5);
    watcher.see(&seal(3, 4, 2));
    assert_eq!(watcher.see(&finality(&[1, 2, 3], 4, 1)).conflicts.len(), 1);
}

#[test]
fn detects_one_half_inside_a_round_certificate() {
    let mut watcher = watcher_at(5);
    let votes = [(0, VoteKind::Precommit, None), (1, VoteKind::Prevote, Some(1))];
    watcher.see(&round_certificate(RoundCertificateKind::Skip, 5, 7, &votes));
    assert_eq!(watcher.see(&prevote(1, 5, 7, None)).conflicts.len(), 1);
    assert_eq!(watcher.see(&precommit(0, 5, 7, Some(3))).conflicts.len(), 1);
}

/// A block that carries these certificates and nothing else.
fn carrying(commit: Option<ConsensusContent>, finality: Option<ConsensusContent>) -> Block {
    let header = Header {
        version: WideVersion,
        protocol: 1,
        chain_id: CHAIN,
        height: Height(5),
        round: Round(0),
        time_ms: types::TimestampMs(1),
        parent: block(0),
        proposer: id(0),
        validators_hash: Hash::ZERO,
        next_validators_hash: Hash::ZERO,
        params_hash: Hash::ZERO,
        prev_state_root: Hash::ZERO,
        prev_receipts_root: Hash::ZERO,
        txs_root: Hash::ZERO,
        evidence_root: Hash::ZERO,
        last_commit_hash: Hash::ZERO,
        finality_hash: Hash::ZERO,
        randomness: Hash::ZERO,
        vrf_proof: VrfProof::ZERO,
        body_bytes: 0,
    };
    let last_commit = commit.map(|content| match content {
        ConsensusContent::Commit(certificate) => certificate,
        other => panic!("{other:?}"),
    });
    let finality = finality.map(|content| match content {
        ConsensusContent::Finality(certificate) => certificate,
        other => panic!("{other:?}"),
    });
    let body = Body { last_commit, finality, ..Body::default() };
    Block { header, body }
}

#[test]
fn detects_what_was_said_to_others_by_the_commit_certificate_inside_a_block() {
    let mut watcher = watcher_at(5);
    watcher.see(&precommit(2, 4, 0, None));
    let block = carrying(Some(commit(&[0, 1, 2], 4, 0, 1)), None);
    let conflicts = watcher.observe_block(&block);
    assert_eq!(conflicts.iter().map(|one| one.validator).collect::<Vec<_>>(), vec![id(2)]);
    assert_eq!(watcher.observe_block(&block), vec![]);
}

#[test]
fn detects_what_was_sealed_to_others_by_the_finality_certificate_inside_a_block() {
    let mut watcher = watcher_at(5);
    watcher.see(&seal(3, 3, 2));
    let conflicts = watcher.observe_block(&carrying(None, Some(finality(&[1, 2, 3], 3, 1))));
    assert_eq!(conflicts.iter().map(|one| one.validator).collect::<Vec<_>>(), vec![id(3)]);
}

#[test]
fn certificates_of_heights_that_are_not_watched_are_passed_over() {
    let mut watcher = watcher_at(30);
    let block = carrying(Some(commit(&[0, 1, 2], 3, 0, 1)), Some(finality(&[0, 1, 2], 99, 1)));
    assert_eq!(watcher.observe_block(&block), vec![]);
    assert_eq!(watcher.index.count(), 0);
}

#[test]
fn two_certificates_of_one_round_name_everybody_in_both() {
    let mut watcher = watcher_at(5);
    watcher.see(&commit(&[0, 1, 2], 5, 0, 1));
    let observed = watcher.see(&commit(&[1, 2, 3], 5, 0, 2));
    let named: Vec<_> = observed.conflicts.iter().map(|evidence| evidence.validator).collect();
    assert_eq!(named, vec![id(1), id(2)]);
}

#[test]
fn another_step_round_height_or_validator_is_another_address() {
    let first = prevote(1, 5, 0, Some(1));
    none(&first, &precommit(1, 5, 0, Some(2)));
    none(&first, &prevote(1, 5, 1, Some(2)));
    none(&first, &prevote(1, 4, 0, Some(2)));
    none(&first, &prevote(2, 5, 0, Some(2)));
    none(&first, &proposal(1, 5, 0, 2));
    none(&first, &seal(1, 5, 2));
}

#[test]
fn the_same_value_under_another_signature_is_no_double_sign() {
    let mut watcher = watcher_at(5);
    watcher.see(&vote_salted(VoteKind::Prevote, 1, 5, 0, Some(1), 1));
    let again = vote_salted(VoteKind::Prevote, 1, 5, 0, Some(1), 2);
    assert_eq!(name(&watcher.judge_now(&again)), "known");
    assert_eq!(watcher.observe(&again), Observed::default());
}

#[test]
fn a_third_value_adds_nothing() {
    let mut watcher = watcher_at(5);
    watcher.see(&prevote(1, 5, 0, Some(1)));
    watcher.see(&prevote(1, 5, 0, Some(2)));
    let third = prevote(1, 5, 0, Some(3));
    assert_eq!(name(&watcher.judge_now(&third)), "too many");
    assert_eq!(watcher.observe(&third).conflicts, vec![]);
    // The first two are still told apart from it.
    assert_eq!(name(&watcher.judge_now(&prevote(1, 5, 0, Some(2)))), "known");
}

#[test]
fn a_double_sign_is_told_once() {
    let mut watcher = watcher_at(5);
    watcher.see(&prevote(1, 5, 0, Some(1)));
    assert_eq!(watcher.observe(&prevote(1, 5, 0, None)).conflicts.len(), 1);
    assert_eq!(watcher.observe(&prevote(1, 5, 0, None)).conflicts.len(), 0);
    assert!(!watcher.observe_evidence(&pair(1, (5, 0, Step::Prevote), None, Some(1))));
}

#[test]
fn a_pair_that_others_found_is_news_once_and_completes_no_second_time() {
    let mut watcher = watcher_at(5);
    let pair = pair(1, (5, 0, Step::Prevote), None, Some(1));
    assert_eq!(name(&watcher.admissible_evidence(&pair)), "verify");
    assert!(watcher.observe_evidence(&pair));
    assert_eq!(name(&watcher.admissible_evidence(&pair)), "known");
    assert!(!watcher.observe_evidence(&pair));
}

#[test]
fn a_vote_that_came_as_half_of_a_pair_is_still_news_to_the_engine_but_no_double_sign() {
    let mut watcher = watcher_at(5);
    watcher.observe_evidence(&pair(1, (5, 0, Step::Prevote), None, Some(1)));
    assert_eq!(watcher.held(Height(5)), vec![]);
    let vote = prevote(1, 5, 0, Some(1));
    assert_eq!(watcher.see(&vote), Observed { new: true, conflicts: vec![] });
    assert_eq!(watcher.held(Height(5)), vec![vote.clone()]);
    assert_eq!(name(&watcher.judge_now(&vote)), "known");
    assert_eq!(name(&watcher.judge_now(&prevote(1, 5, 0, Some(9)))), "too many");
}

#[test]
fn a_pair_of_which_one_half_is_known_is_news() {
    let mut watcher = watcher_at(5);
    watcher.see(&prevote(1, 5, 0, Some(1)));
    assert!(watcher.observe_evidence(&pair(1, (5, 0, Step::Prevote), None, Some(1))));
}

#[test]
fn so_many_double_signs_of_one_validator_are_enough() {
    let mut watcher = watcher_at(5);
    let most = u32::try_from(MAX_CONFLICTS).unwrap();
    for round in 0..most {
        assert!(watcher.observe_evidence(&pair(1, (5, round, Step::Prevote), None, Some(1))));
    }
    let further = pair(1, (5, most, Step::Prevote), None, Some(1));
    assert_eq!(name(&watcher.admissible_evidence(&further)), "too many");
    assert!(!watcher.observe_evidence(&further));
    assert!(watcher.observe_evidence(&pair(2, (5, most, Step::Prevote), None, Some(1))));
}

/// Messages of a wild net: a few validators, rounds, blocks, alone or in certificates.
fn content() -> impl Strategy<Value = ConsensusContent> {
    let from = 0..4_u8;
    let of = prop::option::of(1..4_u8);
    prop_oneof![
        4 => (from.clone(), 4..6_u64, 0..2_u32, of.clone())
            .prop_map(|(from, height, round, of)| prevote(from, height, round, of)),
        4 => (from.clone(), 4..6_u64, 0..2_u32, of)
            .prop_map(|(from, height, round, of)| precommit(from, height, round, of)),
        2 => (from.clone(), 4..6_u64, 1..4_u8).prop_map(|(f, h, of)| seal(f, h, of)),
        2 => (from.clone(), 4..6_u64, 0..2_u32, 1..4_u8)
            .prop_map(|(from, height, round, of)| proposal(from, height, round, of)),
        1 => (from.clone(), 4..6_u64, 0..2_u32, 1..4_u8)
            .prop_map(|(out, h, r, of)| commit(&others(out), h, r, of)),
        1 => (from, 4..6_u64, 1..4_u8).prop_map(|(out, h, of)| finality(&others(out), h, of)),
    ]
}

fn others(out: u8) -> Vec<u16> {
    (0..4).filter(|index| *index != u16::from(out)).collect()
}

fn observe_all(contents: &[ConsensusContent]) -> (Watcher, Vec<Evidence>) {
    let mut watcher = watcher_at(5);
    let mut found = Vec::new();
    for content in contents {
        found.extend(watcher.observe(content).conflicts);
    }
    (watcher, found)
}

type Place = (types::ValidatorId, types::SignedAddress);

fn places(found: &[Evidence]) -> BTreeSet<Place> {
    found.iter().map(|evidence| (evidence.validator, evidence.address)).collect()
}

/// Who said two things where, by looking at everything at once.
fn naive(contents: &[ConsensusContent]) -> BTreeSet<Place> {
    let set = four();
    let mut said: BTreeMap<Place, BTreeSet<types::Value>> = BTreeMap::new();
    for content in contents {
        let height = crate::watcher::ballots::height_of(content);
        for statement in crate::watcher::ballots::statements(content, &set).unwrap() {
            let validator = set.get(usize::from(statement.index)).unwrap().id;
            let (round, step) = (statement.round, statement.step);
            let address = types::SignedAddress { chain_id: CHAIN, height, round, step };
            said.entry((validator, address)).or_default().insert(statement.entry.value);
        }
    }
    said.into_iter().filter(|(_, values)| values.len() > 1).map(|(place, _)| place).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn any_order_of_arrival_names_the_same_validators_at_the_same_addresses(
        (contents, shuffled) in prop::collection::vec(content(), 1..60)
            .prop_flat_map(|contents| (Just(contents.clone()), Just(contents).prop_shuffle())),
    ) {
        let (_, found) = observe_all(&contents);
        let (_, other) = observe_all(&shuffled);
        prop_assert_eq!(places(&found), naive(&contents));
        prop_assert_eq!(places(&found), places(&other));
        prop_assert_eq!(found.len(), places(&found).len());
        prop_assert!(found.iter().all(|evidence| evidence.value_a < evidence.value_b));
    }

    #[test]
    fn what_was_observed_is_known_and_changes_nothing_the_second_time(
        contents in prop::collection::vec(content(), 1..40),
    ) {
        let (mut watcher, _) = observe_all(&contents);
        let before = format!("{watcher:?}");
        for content in &contents {
            let observed = watcher.observe(content);
            prop_assert!(observed.conflicts.is_empty());
        }
        prop_assert_eq!(format!("{watcher:?}"), before);
    }
}
