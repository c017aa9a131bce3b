//! What is looked at at all, before any cryptography; and what is kept.

use super::fixture::*;
use crate::watcher::{ENTRY_BYTES, MIN_VALIDATOR_ENTRIES, ROUND_LOOKAHEAD, Verdict, Watcher};
use types::certificate::RoundCertificateKind;
use types::wire::ConsensusContent;
use types::{Height, Round, Step, ValidatorSet, VoteKind};

const FAR: u32 = ROUND_LOOKAHEAD;

fn judge(content: &ConsensusContent) -> &'static str {
    name(&watcher_at(30).judge_now(content))
}

fn in_round(content: &ConsensusContent, round: u32) -> &'static str {
    name(&watcher_at(30).admissible(content, Height(30), Round(round)))
}

#[test]
fn votes_and_proposals_of_the_height_in_progress_and_the_next_are_looked_at() {
    assert_eq!(judge(&prevote(0, 30, 0, None)), "verify");
    assert_eq!(judge(&proposal(0, 31, 0, 1)), "verify");
    assert_eq!(judge(&prevote(0, 32, 0, None)), "too high");
    assert_eq!(judge(&proposal(0, 32, 0, 1)), "too high");
}

#[test]
fn rounds_are_looked_at_up_to_ten_ahead() {
    assert_eq!(in_round(&prevote(0, 30, FAR + 4, None), 4), "verify");
    assert_eq!(in_round(&prevote(0, 30, FAR + 5, None), 4), "too high");
    assert_eq!(in_round(&proposal(0, 30, FAR + 5, 1), 4), "too high");
    // The next height has not begun, whatever round this one is in.
    assert_eq!(in_round(&prevote(0, 31, FAR, None), 4), "verify");
    assert_eq!(in_round(&prevote(0, 31, FAR + 1, None), 4), "too high");
}

#[test]
fn certificates_of_the_height_in_progress_are_looked_at_in_any_round() {
    let votes = [(0, VoteKind::Prevote, None), (1, VoteKind::Prevote, None)];
    let skip = |height| round_certificate(RoundCertificateKind::Skip, height, 9_000, &votes);
    assert_eq!(judge(&polka(&[0, 1, 2], 30, 9_000, 1)), "verify");
    assert_eq!(judge(&commit(&[0, 1, 2], 30, 9_000, 1)), "verify");
    assert_eq!(judge(&skip(30)), "verify");
    // Of the next height they help nobody yet, and of a committed one only near its round.
    assert_eq!(judge(&polka(&[0, 1, 2], 31, 0, 1)), "too high");
    assert_eq!(judge(&commit(&[0, 1, 2], 31, 0, 1)), "too high");
    assert_eq!(judge(&skip(31)), "too high");
    assert_eq!(judge(&skip(29)), "too high");
}

#[test]
fn late_votes_are_looked_at_near_the_round_that_decided() {
    let mut watcher = watcher_at(30);
    assert_eq!(name(&watcher.judge_now(&prevote(0, 28, FAR, None))), "verify");
    assert_eq!(name(&watcher.judge_now(&prevote(0, 28, FAR + 1, None))), "too high");
    watcher.see(&commit(&[0, 1, 2], 28, 3, 1));
    assert_eq!(name(&watcher.judge_now(&prevote(0, 28, FAR + 3, None))), "verify");
    assert_eq!(name(&watcher.judge_now(&prevote(0, 28, FAR + 4, None))), "too high");
}

#[test]
fn single_precommits_tell_the_round_that_decided_too() {
    let mut watcher = watcher_at(30);
    for from in 0..3 {
        assert_eq!(name(&watcher.judge_now(&prevote(0, 28, FAR + 2, None))), "too high");
        watcher.see(&precommit(from, 28, 2, Some(1)));
    }
    assert_eq!(name(&watcher.judge_now(&prevote(0, 28, FAR + 2, None))), "verify");
}

#[test]
fn the_highest_round_that_decided_counts_whichever_is_heard_of_first() {
    for rounds in [[1, 3], [3, 1]] {
        let mut watcher = watcher_at(30);
        for round in rounds {
            watcher.see(&commit(&[0, 1, 2], 28, round, 1));
        }
        assert_eq!(name(&watcher.judge_now(&prevote(0, 28, FAR + 3, None))), "verify");
        assert_eq!(name(&watcher.judge_now(&prevote(0, 28, FAR + 4, None))), "too high");
    }
}

#[test]
fn a_quorum_of_nil_decides_nothing() {
    let mut watcher = watcher_at(30);
    for from in 0..4 {
        watcher.see(&precommit(from, 28, 2, None));
    }
    assert_eq!(name(&watcher.judge_now(&prevote(0, 28, FAR + 1, None))), "too high");
    assert_eq!(watcher.decided(Height(28)), None);
}

#[test]
fn the_window_ends_what_is_looked_at() {
    // Height 30 in progress, tip 29, window 20: above 9.
    assert_eq!(judge(&prevote(0, 10, 0, None)), "verify");
    assert_eq!(judge(&prevote(0, 9, 0, None)), "too old");
    assert_eq!(judge(&seal(0, 10, 1)), "verify");
    assert_eq!(judge(&seal(0, 9, 1)), "too old");
    assert_eq!(judge(&finality(&[0, 1, 2], 9, 1)), "too old");
}

#[test]
fn seals_are_looked_at_up_to_two_above_the_tip() {
    assert_eq!(judge(&seal(0, 31, 1)), "verify");
    assert_eq!(judge(&seal(0, 32, 1)), "too high");
    assert_eq!(judge(&finality(&[0, 1, 2], 31, 1)), "verify");
    assert_eq!(judge(&finality(&[0, 1, 2], 32, 1)), "too high");
}

#[test]
fn a_height_whose_validators_are_not_known_is_too_old_until_they_are() {
    let mut watcher = Watcher::new(CHAIN, WINDOW, 1 << 28);
    watcher.start_height(Height(30), &four(), &four(), &[]);
    assert_eq!(name(&watcher.judge_now(&seal(0, 29, 1))), "too old");
    watcher.know_set(Height(29), &four());
    assert_eq!(name(&watcher.judge_now(&seal(0, 29, 1))), "verify");
    watcher.know_set(Height(9), &four());
    assert_eq!(watcher.set_of(Height(9)), None);
}

#[test]
fn strangers_are_known_by_the_set_of_the_height() {
    assert_eq!(judge(&prevote(4, 30, 0, None)), "stranger");
    assert_eq!(judge(&proposal(4, 30, 0, 1)), "stranger");
    assert_eq!(judge(&seal(4, 30, 1)), "stranger");
    let mut watcher = watcher_at(30);
    watcher.start_height(Height(31), &four(), &set_of_power(&[1; 5]), &[]);
    assert_eq!(name(&watcher.judge_now(&prevote(4, 31, 0, None))), "stranger");
    assert_eq!(name(&watcher.judge_now(&prevote(4, 32, 0, None))), "verify");
}

#[test]
fn certificates_are_refused_for_their_structure_alone() {
    for from in [&[0, 1][..], &[0, 2, 1], &[0, 1, 1], &[0, 1, 7], &[]] {
        assert_eq!(judge(&commit(from, 30, 0, 1)), "malformed", "{from:?}");
        assert_eq!(judge(&polka(from, 30, 0, 1)), "malformed", "{from:?}");
        assert_eq!(judge(&finality(from, 30, 1)), "malformed", "{from:?}");
    }
}

#[test]
fn power_counts_in_certificates_and_not_heads() {
    let set = set_of_power(&[1, 1, 1, 7]);
    let watcher = watcher_with(30, &set, 1 << 28);
    assert_eq!(name(&watcher.judge_now(&polka(&[0, 1, 2], 30, 0, 1))), "malformed");
    assert_eq!(name(&watcher.judge_now(&polka(&[3], 30, 0, 1))), "verify");
}

#[test]
fn round_certificates_need_a_third_to_skip_and_two_thirds_of_precommits_to_end() {
    use VoteKind::{Precommit, Prevote};
    let certificate = |kind, votes: &[_]| judge(&round_certificate(kind, 30, 2, votes));
    let (skip, end) = (RoundCertificateKind::Skip, RoundCertificateKind::Precommit);
    assert_eq!(certificate(skip, &[(0, Prevote, None)]), "malformed");
    assert_eq!(certificate(skip, &[(0, Prevote, None), (0, Precommit, None)]), "malformed");
    assert_eq!(certificate(skip, &[(0, Prevote, None), (1, Precommit, None)]), "verify");
    assert_eq!(certificate(skip, &[(1, Prevote, None), (0, Precommit, None)]), "malformed");
    assert_eq!(certificate(skip, &[(0, Prevote, None), (8, Precommit, None)]), "malformed");
    let twice = [(0, Prevote, None), (0, Prevote, Some(1)), (1, Prevote, None)];
    assert_eq!(certificate(skip, &twice), "malformed");
    let two = [(0, Precommit, None), (1, Precommit, Some(1))];
    assert_eq!(certificate(end, &two), "malformed");
    let with_prevote = [two[0], two[1], (2, Prevote, None)];
    assert_eq!(certificate(end, &with_prevote), "malformed");
    let three = [two[0], two[1], (2, Precommit, None)];
    assert_eq!(certificate(end, &three), "verify");
}

#[test]
fn certificates_of_another_chain_are_refused() {
    let other = types::ChainId([1; 32]);
    let mut content = commit(&[0, 1, 2], 30, 0, 1);
    if let ConsensusContent::Commit(certificate) = &mut content {
        certificate.chain_id = other;
    }
    assert_eq!(judge(&content), "malformed");
    let mut content = finality(&[0, 1, 2], 30, 1);
    if let ConsensusContent::Finality(certificate) = &mut content {
        certificate.chain_id = other;
    }
    assert_eq!(judge(&content), "malformed");
}

#[test]
fn a_certificate_is_known_once_everything_in_it_is() {
    let mut watcher = watcher_at(30);
    let certificate = polka(&[0, 1, 2], 30, 0, 1);
    for from in 0..3 {
        let Verdict::Verify(ballots) = watcher.judge_now(&certificate) else { panic!("news") };
        assert_eq!(ballots.len(), 3 - usize::from(from), "what was verified is not verified again");
        watcher.see(&prevote(from, 30, 0, Some(1)));
    }
    assert_eq!(name(&watcher.judge_now(&certificate)), "known");
}

#[test]
fn a_known_value_under_other_bytes_is_verified_again_inside_a_certificate() {
    let mut watcher = watcher_at(30);
    watcher.see(&vote_salted(VoteKind::Prevote, 0, 30, 0, Some(1), 77));
    watcher.see(&vote_salted(VoteKind::Prevote, 1, 30, 0, Some(1), 1));
    let Verdict::Verify(ballots) = watcher.judge_now(&polka(&[0, 1, 2], 30, 0, 1)) else {
        panic!("news")
    };
    assert_eq!(ballots.len(), 2);
}

#[test]
fn impossible_pairs_are_refused_and_strangers_accuse_nobody() {
    let watcher = watcher_at(30);
    let judge = |pair: &types::Evidence| name(&watcher.admissible_evidence(pair));
    let good = pair(1, (30, 0, Step::Prevote), None, Some(1));
    assert_eq!(judge(&good), "verify");
    let mut swapped = good.clone();
    std::mem::swap(&mut swapped.value_a, &mut swapped.value_b);
    assert_eq!(judge(&swapped), "malformed");
    let mut equal = good.clone();
    equal.value_a = equal.value_b;
    assert_eq!(judge(&equal), "malformed");
    assert_eq!(judge(&pair(1, (30, 0, Step::Proposal), None, Some(1))), "malformed");
    assert_eq!(judge(&pair(1, (30, 0, Step::Seal), None, Some(1))), "malformed");
    assert_eq!(judge(&pair(1, (30, 1, Step::Seal), Some(2), Some(1))), "malformed");
    assert_eq!(judge(&pair(1, (30, 0, Step::Seal), Some(2), Some(1))), "verify");
    let mut elsewhere = good;
    elsewhere.address.chain_id = types::ChainId([1; 32]);
    assert_eq!(judge(&elsewhere), "malformed");
    assert_eq!(judge(&pair(7, (30, 0, Step::Prevote), None, Some(1))), "stranger");
    assert_eq!(judge(&pair(1, (32, 0, Step::Prevote), None, Some(1))), "too high");
    assert_eq!(judge(&pair(1, (9, 0, Step::Prevote), None, Some(1))), "too old");
}

/// As many prevotes of one validator over rounds of many heights as it takes to be over its part.
fn flood(watcher: &mut Watcher, from: u8, entries: usize) {
    let heights = (11..=30_u64).cycle().zip(0_u32..).take(entries);
    for (height, n) in heights {
        watcher.observe(&prevote(from, height, n / 20, None));
    }
}

#[test]
fn a_validators_entries_push_out_only_its_own_oldest() {
    let mut watcher = watcher_with(30, &four(), 0);
    watcher.see(&prevote(0, 11, 0, Some(1)));
    watcher.see(&prevote(1, 11, 0, Some(1)));
    assert_eq!(watcher.index.shelf_limit(), MIN_VALIDATOR_ENTRIES);
    flood(&mut watcher, 0, MIN_VALIDATOR_ENTRIES + 100);
    assert_eq!(watcher.index.entries_of(&id(0)), MIN_VALIDATOR_ENTRIES);
    assert_eq!(watcher.index.entries_of(&id(1)), 1);
    // The other's oldest is known still, its own is not.
    assert_eq!(name(&watcher.judge_now(&prevote(1, 11, 0, Some(1)))), "known");
    assert_eq!(name(&watcher.judge_now(&prevote(0, 11, 0, Some(1)))), "verify");
    // Its newest is.
    assert_eq!(name(&watcher.judge_now(&prevote(0, 30, 0, None))), "known");
    assert_eq!(watcher.index.count(), MIN_VALIDATOR_ENTRIES + 1);
}

#[test]
fn a_double_sign_that_is_pushed_out_no_longer_counts_as_one() {
    let mut watcher = watcher_with(30, &four(), 0);
    watcher.see(&prevote(0, 11, 0, Some(1)));
    watcher.see(&prevote(0, 11, 0, Some(2)));
    assert_eq!(watcher.index.conflicts(&id(0)), 1);
    flood(&mut watcher, 0, MIN_VALIDATOR_ENTRIES + 100);
    assert_eq!(watcher.index.conflicts(&id(0)), 0);
}

#[test]
fn whoever_left_takes_a_part_of_the_bytes_only_while_entries_are_kept() {
    let bytes = 4 * 1_000 * ENTRY_BYTES;
    let mut watcher = watcher_with(5, &four(), bytes);
    for from in 0..4 {
        watcher.see(&prevote(from, 5, 0, None));
    }
    let two = set_of_power(&[1; 2]);
    watcher.start_height(Height(6), &two, &two, &[]);
    watcher.start_height(Height(7), &two, &two, &[]);
    assert_eq!(watcher.index.shelf_limit(), 1_000);
    for height in 8..30 {
        watcher.start_height(Height(height), &two, &two, &[]);
    }
    assert_eq!(watcher.index.shelf_limit(), 2_000);
}

#[test]
fn the_bytes_are_divided_evenly_among_the_validators() {
    let bytes = 4 * 1_000 * ENTRY_BYTES;
    let watcher = watcher_with(1, &four(), bytes);
    assert_eq!(watcher.index.shelf_limit(), 1_000);
    let watcher = watcher_with(1, &set_of_power(&[1; 8]), bytes);
    assert_eq!(watcher.index.shelf_limit(), MIN_VALIDATOR_ENTRIES);
}

#[test]
fn what_leaves_the_window_is_forgotten_and_counted_off() {
    let mut watcher = watcher_at(5);
    watcher.see(&prevote(0, 5, 0, Some(1)));
    watcher.see(&prevote(0, 5, 0, None));
    watcher.see(&prevote(0, 4, 0, None));
    assert_eq!(watcher.index.entries_of(&id(0)), 3);
    for height in 6..=25 {
        watcher.start_height(Height(height), &four(), &four(), &[]);
    }
    // Tip 24, window 20: height 5 is the oldest.
    assert_eq!(watcher.index.entries_of(&id(0)), 2);
    assert_eq!((watcher.index.count(), watcher.index.conflicts(&id(0))), (2, 1));
    watcher.start_height(Height(26), &four(), &four(), &[]);
    assert_eq!(watcher.index.entries_of(&id(0)), 0);
    assert_eq!((watcher.index.count(), watcher.index.conflicts(&id(0))), (0, 0));
    assert_eq!(watcher.set_of(Height(5)), None);
}

#[test]
fn equal_sets_are_kept_once() {
    let mut watcher = Watcher::new(CHAIN, WINDOW, 1 << 28);
    for height in 1..10 {
        watcher.start_height(Height(height), &four(), &four(), &[]);
    }
    let sets: Vec<&std::sync::Arc<ValidatorSet>> =
        (1..=10).filter_map(|height| watcher.set_of(Height(height))).collect();
    assert_eq!(sets.len(), 10);
    assert!(sets.iter().all(|set| std::sync::Arc::ptr_eq(set, sets[0])));
}

#[test]
fn a_height_never_goes_back() {
    let mut watcher = watcher_at(5);
    watcher.start_height(Height(3), &set_of_power(&[1]), &set_of_power(&[1]), &[]);
    assert_eq!(watcher.set_of(Height(3)).map(|set| set.len()), Some(4));
    assert_eq!(name(&watcher.judge_now(&prevote(0, 6, 0, None))), "verify");
}
