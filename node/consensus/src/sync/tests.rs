use super::{
    DISTRUST_MS, MAX_DISTRUST_MS, MAX_PEERS, Progress, REQUEST_TIMEOUT_MS, STALL_MS, SyncPlanner,
};
use types::wire::{MAX_SYNC_BLOCKS, SyncRequest};
use types::{Height, PublicKey, Version};

const fn peer(n: u8) -> PublicKey {
    PublicKey([n; 32])
}

const fn request(from: u64, count: u32) -> SyncRequest {
    SyncRequest { version: Version, from: Height(from), count }
}

fn planner(tips: &[(u8, u64)]) -> SyncPlanner {
    let mut planner = SyncPlanner::new();
    for (n, tip) in tips {
        planner.peer_tip(peer(*n), Height(*tip), 0);
    }
    planner
}

#[test]
fn asks_nobody_when_nobody_is_ahead() {
    let mut planner = planner(&[(1, 10), (2, 9)]);
    assert_eq!(planner.plan(Height(10), 0), None);
    assert_eq!(planner.plan(Height(10), 10 * STALL_MS), None);
    assert!(!planner.is_behind(Height(10)));
    assert_eq!(planner.progress(), None);
}

#[test]
fn asks_for_what_is_missing_when_somebody_is_far_ahead() {
    let mut planner = planner(&[(1, 10), (2, 13)]);
    assert!(planner.is_behind(Height(10)));
    assert_eq!(planner.target(), Some(Height(13)));
    assert_eq!(planner.plan(Height(10), 0), Some((peer(2), request(11, 3))));
}

#[test]
fn asks_for_at_most_one_answers_worth() {
    let mut planner = planner(&[(1, 1_000_000)]);
    assert_eq!(planner.plan(Height(0), 0), Some((peer(1), request(1, MAX_SYNC_BLOCKS))));
    let mut planner = planner_at_the_end();
    assert_eq!(planner.plan(Height(0), 0), Some((peer(1), request(1, MAX_SYNC_BLOCKS))));
}

fn planner_at_the_end() -> SyncPlanner {
    planner(&[(1, u64::MAX)])
}

#[test]
fn one_height_behind_waits_for_votes_before_it_asks() {
    let mut planner = planner(&[(1, 11)]);
    assert!(!planner.is_behind(Height(10)));
    assert_eq!(planner.plan(Height(10), 0), None);
    assert_eq!(planner.plan(Height(10), STALL_MS - 1), None);
    assert_eq!(planner.plan(Height(10), STALL_MS), Some((peer(1), request(11, 1))));
}

#[test]
fn progress_by_votes_starts_the_wait_anew() {
    let mut planner = planner(&[(1, 11)]);
    assert_eq!(planner.plan(Height(10), 0), None);
    planner.peer_tip(peer(1), Height(12), 1_500);
    assert_eq!(planner.plan(Height(11), 1_500), None);
    assert_eq!(planner.plan(Height(11), STALL_MS), None);
    assert_eq!(planner.plan(Height(11), 1_500 + STALL_MS), Some((peer(1), request(12, 1))));
}

#[test]
fn one_request_at_a_time_until_it_times_out() {
    let mut planner = planner(&[(1, 20), (2, 20)]);
    assert_eq!(planner.plan(Height(10), 0).map(|(peer, _)| peer), Some(peer(1)));
    assert_eq!(planner.plan(Height(10), REQUEST_TIMEOUT_MS - 1), None);
    let next = planner.plan(Height(10), REQUEST_TIMEOUT_MS);
    assert_eq!(next.map(|(peer, _)| peer), Some(peer(2)));
}

#[test]
fn peers_take_turns() {
    let mut planner = planner(&[(1, 900), (2, 900), (3, 900)]);
    let mut asked = Vec::new();
    for step in 0..5 {
        let (peer, _) = planner.plan(Height(step * 10), step).expect("somebody");
        asked.push(peer);
        planner.answered(&peer, 10, step);
    }
    assert_eq!(asked, [1, 2, 3, 1, 2].map(peer));
}

#[test]
fn a_claim_without_blocks_does_not_count_for_a_while_that_doubles() {
    let mut planner = planner(&[(1, 1_000)]);
    let mut now = 0;
    let mut waits = Vec::new();
    for _ in 0..9 {
        assert!(planner.plan(Height(10), now).is_some());
        planner.answered(&peer(1), 0, now);
        assert!(!planner.is_behind(Height(10)), "voting does not wait for a liar");
        assert_eq!(planner.target(), None);
        let failed = now;
        while planner.plan(Height(10), now).is_none() {
            now += 500;
        }
        planner.failed(&peer(1), now);
        planner.peers.get_mut(&peer(1)).unwrap().failures -= 1;
        planner.peers.get_mut(&peer(1)).unwrap().distrusted_until_ms = now;
        waits.push(now - failed);
    }
    let doubled = [1, 2, 4, 8, 16, 32, 60, 60, 60].map(|times| times * DISTRUST_MS);
    assert_eq!(waits, doubled);
    assert_eq!(MAX_DISTRUST_MS, 60 * DISTRUST_MS);
}

#[test]
fn a_good_answer_restores_trust() {
    let mut planner = planner(&[(1, 1_000)]);
    for _ in 0..5 {
        planner.failed(&peer(1), 0);
    }
    let now = MAX_DISTRUST_MS;
    assert!(planner.plan(Height(10), now).is_some());
    planner.answered(&peer(1), 7, now);
    planner.proved(&peer(1));
    assert!(planner.plan(Height(17), now).is_some());
    planner.answered(&peer(1), 0, now);
    assert_eq!(planner.plan(Height(17), now + DISTRUST_MS - 1), None);
    assert!(planner.plan(Height(17), now + DISTRUST_MS).is_some());
}

#[test]
fn failures_long_ago_are_forgiven() {
    let mut planner = planner(&[(1, 1_000)]);
    for _ in 0..8 {
        planner.failed(&peer(1), 0);
    }
    for (failed, wait) in
        [(MAX_DISTRUST_MS * 2, MAX_DISTRUST_MS), (MAX_DISTRUST_MS * 4 + 1, DISTRUST_MS)]
    {
        planner.failed(&peer(1), failed);
        assert_eq!(planner.plan(Height(10), failed + wait - 1), None);
        assert!(planner.plan(Height(10), failed + wait).is_some());
        planner.request = None;
    }
}

#[test]
fn a_bad_answer_hands_the_request_to_somebody_else() {
    let mut planner = planner(&[(1, 1_000), (2, 1_000)]);
    assert_eq!(planner.plan(Height(10), 0).map(|(peer, _)| peer), Some(peer(1)));
    planner.failed(&peer(1), 5);
    assert_eq!(planner.plan(Height(10), 5).map(|(peer, _)| peer), Some(peer(2)));
    planner.peer_gone(&peer(2));
    assert_eq!(planner.plan(Height(10), 6), None);
    assert_eq!(planner.plan(Height(10), 5 + DISTRUST_MS).map(|(peer, _)| peer), Some(peer(1)));
}

#[test]
fn an_answer_that_nobody_asked_for_changes_nothing() {
    let mut planner = planner(&[(1, 1_000), (2, 1_000)]);
    let (asked, _) = planner.plan(Height(10), 0).expect("somebody");
    planner.answered(&peer(2), 0, 1);
    assert_eq!(asked, peer(1));
    assert_eq!(planner.plan(Height(10), 2), None, "the request to the first is still under way");
    planner.answered(&peer(1), 3, 3);
    assert_eq!(planner.plan(Height(13), 3).map(|(peer, _)| peer), Some(peer(2)));
}

#[test]
fn tells_how_far_it_has_come_and_when_it_is_done() {
    let mut planner = planner(&[(1, 100)]);
    planner.plan(Height(0), 1_000);
    planner.answered(&peer(1), 25, 1_500);
    planner.peer_tip(peer(1), Height(101), 1_800);
    planner.plan(Height(25), 2_000);
    let progress = planner.progress().expect("under way");
    let expected =
        Progress { from: Height(0), tip: Height(25), target: Height(101), elapsed_ms: 1_000 };
    assert_eq!(progress, expected);
    assert_eq!(progress.remaining_ms(), Some(3_040));
    assert_eq!(planner.take_finished(), None);
    planner.answered(&peer(1), 76, 3_000);
    assert_eq!(planner.plan(Height(101), 5_000), None);
    assert_eq!(planner.progress(), None);
    let finished = planner.take_finished().expect("done");
    assert_eq!((finished.tip, finished.elapsed_ms), (Height(101), 4_000));
    assert_eq!(planner.take_finished(), None);
}

#[test]
fn a_run_that_no_block_came_of_is_not_told_as_done() {
    let mut planner = planner(&[(1, 100)]);
    planner.plan(Height(0), 0);
    planner.answered(&peer(1), 0, 0);
    assert_eq!(planner.plan(Height(0), 1), None);
    assert_eq!((planner.progress(), planner.take_finished()), (None, None));
}

#[test]
fn a_pace_is_not_guessed_before_the_first_block() {
    let progress = Progress { from: Height(5), tip: Height(5), target: Height(9), elapsed_ms: 10 };
    assert_eq!(progress.remaining_ms(), None);
}

#[test]
fn remembers_no_more_peers_than_the_bound() {
    let mut planner = SyncPlanner::new();
    for n in 0..=MAX_PEERS {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&(n as u64).to_be_bytes());
        planner.peer_tip(PublicKey(key), Height(1), 0);
    }
    assert_eq!(planner.peers.len(), MAX_PEERS);
}

#[test]
fn a_claim_never_goes_back_and_a_peer_that_is_gone_claims_nothing() {
    let mut planner = planner(&[(1, 50)]);
    planner.peer_tip(peer(1), Height(40), 0);
    assert_eq!(planner.target(), Some(Height(50)));
    planner.peer_gone(&peer(1));
    assert_eq!(planner.target(), None);
}
