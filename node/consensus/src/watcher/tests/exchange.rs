//! The exchange: whoever lacks something is given it, and nothing that it has.

use super::fixture::*;
use crate::watcher::{MAX_STATUS_ROUNDS, Watcher};
use types::certificate::RoundCertificateKind;
use types::wire::{ConsensusContent, MAX_STATUS_ANSWER_BYTES, RoundStatus, StatusRequest};
use types::{Height, Round, Step, Version, VoteKind};

const BUDGET: usize = MAX_STATUS_ANSWER_BYTES;

/// Where a node with this watcher stands in `round` of `height`.
fn request(watcher: &Watcher, height: u64, round: u32, finalized: u64) -> StatusRequest {
    StatusRequest {
        version: Version,
        tip: Height(height - 1),
        finalized: Height(finalized),
        height: Height(height),
        round: Round(round),
        rounds: watcher.status(Height(height), Round(round)),
    }
}

fn answer(watcher: &Watcher, request: &StatusRequest) -> Vec<ConsensusContent> {
    watcher.answer(request, Height(4), Height(4), BUDGET)
}

#[test]
fn a_status_tells_of_the_round_before_this_one_and_those_above() {
    let mut watcher = watcher_at(5);
    watcher.see(&prevote(0, 5, 1, None));
    watcher.see(&prevote(1, 5, 3, None));
    watcher.see(&prevote(3, 5, 3, None));
    watcher.see(&precommit(2, 5, 7, None));
    watcher.see(&proposal(0, 5, 7, 1));
    let empty = |round: u32| RoundStatus {
        round: Round(round),
        proposal: false,
        prevotes: vec![0],
        precommits: vec![0],
    };
    let expected = vec![
        RoundStatus { prevotes: vec![0b1010], ..empty(3) },
        empty(4),
        RoundStatus { precommits: vec![0b0100], proposal: true, ..empty(7) },
    ];
    assert_eq!(watcher.status(Height(5), Round(4)), expected);
    assert_eq!(watcher.status(Height(5), Round(0)).first(), Some(&empty(0)));
    assert_eq!(watcher.status(Height(99), Round(0)), vec![]);
}

#[test]
fn a_status_is_bounded_and_its_bitmaps_cover_the_set() {
    let set = set_of_power(&[1; 100]);
    let mut watcher = watcher_with(5, &set, 1 << 28);
    let all: Vec<u16> = (0..100).collect();
    for round in 0..40 {
        watcher.see(&polka(&all, 5, round, 1));
    }
    let status = watcher.status(Height(5), Round(0));
    assert_eq!(status.len(), MAX_STATUS_ROUNDS);
    assert_eq!(status[0].prevotes, [vec![0xff; 12], vec![0x0f]].concat());
}

#[test]
fn only_the_proposal_of_whose_turn_it_is_counts_as_held() {
    let mut watcher = Watcher::new(CHAIN, WINDOW, 1 << 28);
    let eligible = [0, 1, 2, 3];
    watcher.start_height(Height(5), &four(), &four(), &eligible);
    // At height 5 round 0 it is position 1's turn.
    watcher.see(&proposal(2, 5, 0, 1));
    assert!(!watcher.status(Height(5), Round(0))[0].proposal);
    assert_eq!(
        watcher.answer(&request(&watcher_at(5), 5, 0, 4), Height(4), Height(4), BUDGET),
        vec![]
    );
    watcher.see(&proposal(1, 5, 0, 1));
    assert!(watcher.status(Height(5), Round(0))[0].proposal);
}

#[test]
fn a_proposal_that_no_engine_takes_does_not_count_as_held() {
    let mut watcher = watcher_at(5);
    watcher.see(&reproposal(1, 5, 0, 1, Some(3)));
    assert!(!watcher.status(Height(5), Round(0))[0].proposal);
}

#[test]
fn the_asker_is_given_what_it_lacks_and_nothing_else() {
    let (mut mine, mut theirs) = (watcher_at(5), watcher_at(5));
    let contents = [
        proposal(1, 5, 0, 1),
        prevote(0, 5, 0, Some(1)),
        prevote(1, 5, 0, Some(1)),
        precommit(2, 5, 0, None),
    ];
    for content in &contents {
        mine.see(content);
    }
    theirs.see(&contents[1]);
    theirs.see(&prevote(3, 5, 0, None));
    let lacking = answer(&mine, &request(&theirs, 5, 0, 4));
    assert_eq!(lacking, vec![contents[0].clone(), contents[2].clone(), contents[3].clone()]);
    for content in &lacking {
        theirs.see(content);
    }
    assert_eq!(answer(&mine, &request(&theirs, 5, 0, 4)), vec![]);
    assert_eq!(answer(&theirs, &request(&mine, 5, 0, 4)), vec![prevote(3, 5, 0, None)]);
}

#[test]
fn a_vote_known_only_as_half_of_a_pair_is_asked_for_again() {
    let (mut mine, mut theirs) = (watcher_at(5), watcher_at(5));
    mine.see(&prevote(1, 5, 0, Some(1)));
    theirs.observe_evidence(&pair(1, (5, 0, Step::Prevote), None, Some(1)));
    assert_eq!(answer(&mine, &request(&theirs, 5, 0, 4)), vec![prevote(1, 5, 0, Some(1))]);
    assert_eq!(answer(&theirs, &request(&mine, 5, 0, 4)), vec![]);
}

#[test]
fn whoever_starts_late_is_led_up_by_a_round_certificate() {
    let mut mine = watcher_at(5);
    let votes: Vec<_> = (0..3).map(|index| (index, VoteKind::Precommit, None)).collect();
    let certificate = round_certificate(RoundCertificateKind::Precommit, 5, 40, &votes);
    mine.see(&certificate);
    let theirs = watcher_at(5);
    assert_eq!(answer(&mine, &request(&theirs, 5, 0, 4)), vec![certificate]);
}

#[test]
fn whoever_has_every_vote_that_ends_a_round_needs_no_certificate_of_it() {
    let (mut mine, mut theirs) = (watcher_at(5), watcher_at(5));
    for from in 0..3 {
        mine.see(&precommit(from, 5, 0, None));
        theirs.see(&precommit(from, 5, 0, None));
    }
    mine.see(&prevote(0, 5, 0, None));
    assert_eq!(answer(&mine, &request(&theirs, 5, 0, 4)), vec![prevote(0, 5, 0, None)]);
}

#[test]
fn a_polka_below_the_rounds_of_the_status_comes_as_a_certificate() {
    let mut mine = watcher_at(5);
    let certificate = polka(&[0, 1, 2], 5, 1, 7);
    mine.see(&certificate);
    let theirs = watcher_at(5);
    assert_eq!(answer(&mine, &request(&theirs, 5, 6, 4)), vec![certificate]);
    // Within them, as the votes that are lacking.
    let votes: Vec<_> = (0..3).map(|from| prevote(from, 5, 1, Some(7))).collect();
    assert_eq!(answer(&mine, &request(&theirs, 5, 1, 4)), votes);
}

#[test]
fn whoever_is_a_height_behind_is_given_what_decided_it() {
    let mut mine = watcher_at(6);
    mine.see(&proposal(1, 5, 2, 7));
    mine.see(&proposal(1, 5, 2, 8));
    mine.see(&proposal(1, 5, 0, 7));
    mine.see(&commit(&[0, 1, 2], 5, 2, 7));
    mine.see(&prevote(3, 5, 2, None));
    let theirs = watcher_at(5);
    let lacking = mine.answer(&request(&theirs, 5, 0, 4), Height(5), Height(4), BUDGET);
    assert_eq!(lacking, vec![proposal(1, 5, 2, 7), commit(&[0, 1, 2], 5, 2, 7)]);
}

#[test]
fn whoever_is_ahead_is_given_nothing_of_its_height() {
    let mut mine = watcher_at(5);
    mine.see(&prevote(1, 6, 0, None));
    assert_eq!(answer(&mine, &request(&watcher_at(6), 6, 0, 5)), vec![]);
}

#[test]
fn seals_above_what_is_final_come_with_the_newest_certificate_first() {
    let mut mine = watcher_at(10);
    for from in 0..3 {
        mine.see(&seal(from, 6, 6));
        mine.see(&seal(from, 7, 7));
    }
    mine.see(&seal(1, 8, 8));
    mine.see(&seal(0, 9, 9));
    mine.see(&seal(2, 9, 9));
    mine.see(&seal(0, 10, 10));
    let theirs = watcher_at(10);
    let lacking = mine.answer(&request(&theirs, 10, 0, 5), Height(9), Height(5), BUDGET);
    let expected = vec![finality(&[0, 1, 2], 7, 7), seal(1, 8, 8), seal(0, 9, 9), seal(2, 9, 9)];
    assert_eq!(lacking, expected);
    // What either side knows to be final is left out; so is what the asker has not executed.
    let lacking = mine.answer(&request(&theirs, 10, 0, 8), Height(9), Height(5), BUDGET);
    assert_eq!(lacking, expected[2..]);
    let lacking = mine.answer(&request(&theirs, 10, 0, 5), Height(9), Height(8), BUDGET);
    assert_eq!(lacking, expected[2..]);
    let lacking = mine.answer(&request(&watcher_at(9), 9, 0, 5), Height(9), Height(5), BUDGET);
    assert_eq!(lacking, expected[..2]);
}

#[test]
fn an_answer_stays_within_its_budget() {
    let mut mine = watcher_at(5);
    for from in 0..4 {
        for round in 0..10 {
            mine.see(&prevote(from, 5, round, Some(1)));
            mine.see(&precommit(from, 5, round, Some(1)));
        }
    }
    let request = request(&watcher_at(5), 5, 0, 4);
    let all = types::encode(&mine.answer(&request, Height(4), Height(4), BUDGET)).len();
    for budget in [0, 500, 1_000, 5_000] {
        let answer = mine.answer(&request, Height(4), Height(4), budget);
        let bytes: usize = answer.iter().map(|content| types::encode(content).len()).sum();
        assert!(bytes <= budget && bytes < all);
        assert!(budget < 1_000 || bytes > budget / 2, "{bytes} of {budget}");
    }
}

#[test]
fn a_status_made_up_by_a_stranger_breaks_nothing() {
    let mut mine = watcher_at(5);
    mine.see(&prevote(3, 5, 0, None));
    let wild = StatusRequest {
        version: Version,
        tip: Height(u64::MAX),
        finalized: Height(u64::MAX - 1),
        height: Height(5),
        round: Round(u32::MAX),
        rounds: vec![RoundStatus {
            round: Round(u32::MAX),
            proposal: false,
            prevotes: vec![],
            precommits: vec![255; 1_000],
        }],
    };
    assert_eq!(mine.answer(&wild, Height(4), Height(3), BUDGET), vec![]);
    let low = StatusRequest { finalized: Height(0), round: Round(0), rounds: vec![], ..wild };
    assert_eq!(mine.answer(&low, Height(4), Height(0), BUDGET), vec![prevote(3, 5, 0, None)]);
}
