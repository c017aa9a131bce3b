use super::fixture::{
    BLOCK_TIME, NOW_MS, address, admit, admit_at, limits, names, ready, transaction,
};
use crate::dropped::Newest;
use crate::{Pool, STALE_AFTER_BLOCKS, Status};
use types::{Code, Nonce, TimestampMs, TxHash};

#[test]
fn committed_transactions_leave_and_the_lane_goes_on() {
    let mut pool = Pool::new(limits());
    for nonce in 0..4 {
        admit(&mut pool, transaction(1, 0, nonce, 0)).unwrap();
    }
    let done = [transaction(1, 0, 0, 0).hash, transaction(1, 0, 1, 0).hash];
    pool.committed(&[(address(1), 0, Nonce(2))], &done);
    assert_eq!(ready(&pool), vec![(1, 0, 2), (1, 0, 3)]);
    assert_eq!(pool.status(&done[0]), Some(Status::Committed));
    assert_eq!((pool.len(), pool.bytes()), (2, 400));
}

#[test]
fn a_committed_transaction_that_gossip_brings_late_is_a_duplicate() {
    let mut pool = Pool::new(limits());
    let tx = transaction(1, 0, 0, 0);
    pool.committed(&[(address(1), 0, Nonce(1))], &[tx.hash]);
    // Judged by the state before the block.
    let refused = admit_at(&mut pool, tx, 0, NOW_MS).expect_err("in a block");
    assert_eq!(refused.code, Code::Duplicate);
}

#[test]
fn whose_nonce_another_transaction_used_is_dropped_with_the_reason() {
    let mut pool = Pool::new(limits());
    let mine = transaction(1, 0, 0, 0);
    admit(&mut pool, mine.clone()).unwrap();
    pool.committed(&[(address(1), 0, Nonce(1))], &[transaction(1, 0, 0, 9).hash]);
    assert_eq!(pool.status(&mine.hash), Some(Status::Dropped { code: Code::NonceTooLow }));
    assert!(pool.is_empty());
}

#[test]
fn a_block_that_fills_a_gap_makes_what_follows_ready() {
    let mut pool = Pool::new(limits());
    admit(&mut pool, transaction(1, 0, 2, 0)).unwrap();
    assert!(!pool.has_candidates());
    pool.committed(&[(address(1), 0, Nonce(2))], &[]);
    assert_eq!(ready(&pool), vec![(1, 0, 2)]);
}

#[test]
fn nobody_waits_longer_than_the_stay() {
    let mut pool = Pool::new(limits());
    let stay = limits().stay_ms;
    admit_at(&mut pool, transaction(1, 0, 0, 0), 0, 1_000).unwrap();
    admit_at(&mut pool, transaction(1, 0, 1, 0), 0, 1_001).unwrap();
    assert_eq!(pool.expire(1_000 + stay - 1, BLOCK_TIME), 0);
    assert_eq!(pool.expire(1_000 + stay, BLOCK_TIME), 1);
    let gone = transaction(1, 0, 0, 0).hash;
    assert_eq!(pool.status(&gone), Some(Status::Dropped { code: Code::PoolExpired }));
    // Its follower is not ready any more, and goes when its own time comes.
    assert_eq!(ready(&pool), vec![]);
    assert_eq!(pool.expire(1_001 + stay, BLOCK_TIME), 1);
    assert!(pool.is_empty());
}

#[test]
fn an_expired_place_can_be_filled_again_and_strands_nobody() {
    let mut pool = Pool::new(limits());
    let stay = limits().stay_ms;
    admit_at(&mut pool, transaction(1, 0, 0, 0), 0, 0).unwrap();
    admit_at(&mut pool, transaction(1, 0, 1, 0), 0, 10).unwrap();
    pool.expire(stay, BLOCK_TIME);
    admit_at(&mut pool, transaction(1, 0, 0, 1), 0, stay).unwrap();
    assert_eq!(ready(&pool), vec![(1, 0, 0), (1, 0, 1)]);
}

#[test]
fn what_no_further_block_can_take_leaves_when_block_time_says_so() {
    let mut pool = Pool::new(limits());
    let mut tx = transaction(1, 0, 0, 0);
    tx.valid_until_ms = TimestampMs(BLOCK_TIME.0 + 10);
    admit(&mut pool, tx.clone()).unwrap();
    assert_eq!(pool.expire(NOW_MS, TimestampMs(BLOCK_TIME.0 + 9)), 0);
    assert_eq!(pool.expire(NOW_MS, TimestampMs(BLOCK_TIME.0 + 10)), 1);
    assert_eq!(pool.status(&tx.hash), Some(Status::Dropped { code: Code::Expired }));
}

#[test]
fn a_transaction_that_no_block_can_be_built_with_is_discarded() {
    let mut pool = Pool::new(limits());
    let tx = transaction(1, 0, 0, 0);
    admit(&mut pool, tx.clone()).unwrap();
    admit(&mut pool, transaction(1, 1, 0, 0)).unwrap();
    pool.discard(&tx.hash, Code::SenderNotAllowed);
    assert_eq!(ready(&pool), vec![(1, 1, 0)]);
    assert_eq!(pool.status(&tx.hash), Some(Status::Dropped { code: Code::SenderNotAllowed }));
    // Unknown ones are no matter.
    pool.discard(&tx.hash, Code::Expired);
    assert_eq!(pool.status(&tx.hash), Some(Status::Dropped { code: Code::SenderNotAllowed }));
}

#[test]
fn a_failing_transaction_holds_up_no_other_lane() {
    let mut pool = Pool::new(limits());
    admit(&mut pool, transaction(1, 0, 5, 0)).unwrap();
    admit(&mut pool, transaction(1, 1, 0, 0)).unwrap();
    assert_eq!(ready(&pool), vec![(1, 1, 0)]);
}

#[test]
fn what_waits_for_three_blocks_is_due_for_the_next_proposer_every_third_block() {
    let mut pool = Pool::new(limits());
    admit(&mut pool, transaction(1, 0, 0, 0)).unwrap();
    pool.committed(&[], &[]);
    admit(&mut pool, transaction(2, 0, 0, 0)).unwrap();
    let mut due = Vec::new();
    for _ in 0..6 {
        due.push(names(&pool.stale(10)));
        pool.committed(&[], &[]);
    }
    let (first, second) = (vec![(1, 0, 0)], vec![(2, 0, 0)]);
    assert_eq!(STALE_AFTER_BLOCKS, 3);
    assert_eq!(due, vec![vec![], vec![], first.clone(), second, vec![], first]);
}

#[test]
fn forwards_no_more_at_once_than_asked_for() {
    let mut pool = Pool::new(limits());
    for sender in 0..5 {
        admit(&mut pool, transaction(sender, 0, 0, 0)).unwrap();
    }
    (0..3).for_each(|_| pool.committed(&[], &[]));
    assert_eq!(names(&pool.stale(2)), vec![(0, 0, 0), (1, 0, 0)]);
}

#[test]
fn remembers_the_newest_reasons_and_no_more_than_the_bound() {
    let mut newest = Newest::new(3);
    let hash = |n: u8| TxHash([n; 32]);
    for n in 0..4 {
        newest.insert(hash(n), Code::Expired);
    }
    assert_eq!(newest.get(&hash(0)), None);
    assert_eq!(newest.get(&hash(1)), Some(Code::Expired));
    // Told again, it counts as new, and its older turn does not take the newer one along.
    newest.insert(hash(1), Code::Replaced);
    newest.insert(hash(5), Code::Expired);
    assert_eq!(newest.get(&hash(1)), Some(Code::Replaced));
    assert!(newest.len() <= 3);
}

#[test]
fn smaller_limits_evict_nobody_and_let_nobody_in() {
    let mut pool = Pool::new(limits());
    for sender in 0..4 {
        admit(&mut pool, transaction(sender, 0, 0, 0)).unwrap();
    }
    pool.adopt_limits(crate::Limits { txs: 2, ..limits() });
    assert_eq!(pool.len(), 4);
    assert_eq!(admit(&mut pool, transaction(9, 0, 0, 0)).expect_err("full").code, Code::PoolFull);
}
