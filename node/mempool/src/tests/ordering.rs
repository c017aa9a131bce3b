use super::fixture::{NOW_MS, admit, limits, names, ready, transaction};
use crate::{Limits, MAX_MISFITS, Pool};
use types::Gas;

#[test]
fn senders_take_turns_by_arrival() {
    let mut pool = Pool::new(limits());
    for nonce in 0..3 {
        admit(&mut pool, transaction(1, 0, nonce, 0)).unwrap();
    }
    admit(&mut pool, transaction(2, 0, 0, 0)).unwrap();
    admit(&mut pool, transaction(3, 0, 0, 0)).unwrap();
    admit(&mut pool, transaction(2, 0, 1, 0)).unwrap();
    let order = vec![(1, 0, 0), (2, 0, 0), (3, 0, 0), (1, 0, 1), (2, 0, 1), (1, 0, 2)];
    assert_eq!(ready(&pool), order);
}

#[test]
fn a_lane_goes_in_order_of_its_nonces_whatever_came_first() {
    let mut pool = Pool::new(limits());
    for nonce in [2, 0, 1] {
        admit(&mut pool, transaction(1, 0, nonce, 0)).unwrap();
    }
    assert_eq!(ready(&pool), vec![(1, 0, 0), (1, 0, 1), (1, 0, 2)]);
}

#[test]
fn nothing_above_a_missing_nonce_is_a_candidate() {
    let mut pool = Pool::new(limits());
    for nonce in [0, 1, 3, 4] {
        admit(&mut pool, transaction(1, 0, nonce, 0)).unwrap();
    }
    assert_eq!(ready(&pool), vec![(1, 0, 0), (1, 0, 1)]);
    admit(&mut pool, transaction(1, 0, 2, 0)).unwrap();
    assert_eq!(ready(&pool).len(), 5);
}

#[test]
fn a_senders_lanes_share_its_turns() {
    let mut pool = Pool::new(limits());
    admit(&mut pool, transaction(1, 7, 0, 0)).unwrap();
    admit(&mut pool, transaction(1, 2, 0, 0)).unwrap();
    admit(&mut pool, transaction(2, 0, 0, 0)).unwrap();
    assert_eq!(ready(&pool), vec![(1, 7, 0), (2, 0, 0), (1, 2, 0)]);
}

#[test]
fn a_replacement_goes_to_the_end() {
    let mut pool = Pool::new(limits());
    admit(&mut pool, transaction(1, 0, 0, 0)).unwrap();
    admit(&mut pool, transaction(2, 0, 0, 0)).unwrap();
    admit(&mut pool, transaction(1, 0, 0, 1)).unwrap();
    assert_eq!(ready(&pool), vec![(2, 0, 0), (1, 0, 0)]);
}

#[test]
fn number_bytes_and_gas_of_the_block_are_bounds() {
    let mut pool = Pool::new(limits());
    for sender in 0..10 {
        admit(&mut pool, transaction(sender, 0, 0, 0)).unwrap();
    }
    assert_eq!(pool.candidates(u64::MAX, 3, Gas::MAX, NOW_MS).len(), 3);
    // Each takes its 200 bytes and the 4 of its length.
    assert_eq!(pool.candidates(3 * 204, usize::MAX, Gas::MAX, NOW_MS).len(), 3);
    assert_eq!(pool.candidates(3 * 204 - 1, usize::MAX, Gas::MAX, NOW_MS).len(), 2);
    assert_eq!(pool.candidates(u64::MAX, usize::MAX, Gas(3_999), NOW_MS).len(), 3);
}

#[test]
fn a_sender_has_at_most_its_part_of_the_gas() {
    let mut pool = Pool::new(Limits { sender_gas: Gas(2_500), ..limits() });
    for nonce in 0..5 {
        admit(&mut pool, transaction(1, 0, nonce, 0)).unwrap();
        admit(&mut pool, transaction(1, 1, nonce, 0)).unwrap();
    }
    admit(&mut pool, transaction(2, 0, 0, 0)).unwrap();
    assert_eq!(ready(&pool), vec![(1, 0, 0), (2, 0, 0), (1, 1, 0)]);
}

#[test]
fn a_single_transaction_above_its_senders_part_goes_alone() {
    let mut pool = Pool::new(Limits { sender_gas: Gas(2_500), tx_gas: Gas(4_000), ..limits() });
    let mut large = transaction(1, 0, 0, 0);
    large.gas_limit = Gas(4_000);
    admit(&mut pool, large).unwrap();
    admit(&mut pool, transaction(1, 1, 0, 0)).unwrap();
    assert_eq!(ready(&pool), vec![(1, 0, 0)]);
}

#[test]
fn what_does_not_fit_closes_its_lane_for_this_block_but_stops_nobody_else() {
    let mut pool = Pool::new(limits());
    let mut large = transaction(1, 0, 0, 0);
    large.bytes = vec![0; 900].into();
    admit(&mut pool, large).unwrap();
    admit(&mut pool, transaction(1, 0, 1, 0)).unwrap();
    admit(&mut pool, transaction(1, 1, 0, 0)).unwrap();
    admit(&mut pool, transaction(2, 0, 0, 0)).unwrap();
    let chosen = names(&pool.candidates(800, usize::MAX, Gas::MAX, NOW_MS));
    assert_eq!(chosen, vec![(2, 0, 0), (1, 1, 0)]);
}

#[test]
fn the_walk_ends_after_so_many_that_do_not_fit() {
    let mut pool = Pool::new(limits());
    let misfits = u8::try_from(MAX_MISFITS).unwrap();
    for sender in 0..misfits {
        let mut large = transaction(sender, 0, 0, 0);
        large.bytes = vec![0; 900].into();
        admit(&mut pool, large).unwrap();
    }
    admit(&mut pool, transaction(200, 0, 0, 0)).unwrap();
    assert_eq!(pool.candidates(800, usize::MAX, Gas::MAX, NOW_MS).len(), 0);
    pool.discard(&transaction(0, 0, 0, 0).hash, types::Code::Expired);
    assert_eq!(names(&pool.candidates(800, usize::MAX, Gas::MAX, NOW_MS)), vec![(200, 0, 0)]);
}

#[test]
fn governance_has_a_tenth_of_the_block_before_everybody_else() {
    let mut pool = Pool::new(limits());
    for sender in 0..20 {
        admit(&mut pool, transaction(sender, 0, 0, 0)).unwrap();
    }
    for nonce in 0..3 {
        let mut tx = transaction(99, 0, nonce, 0);
        tx.governance = true;
        admit(&mut pool, tx).unwrap();
    }
    let chosen = names(&pool.candidates(u64::MAX, 20, Gas::MAX, NOW_MS));
    // A tenth of 20 first; its third waits for its turn among all, for which there is no room.
    assert_eq!(&chosen[..3], &[(99, 0, 0), (99, 0, 1), (0, 0, 0)]);
    assert_eq!(chosen.len(), 20);
    assert!(!chosen.contains(&(99, 0, 2)));
    assert!(!chosen.contains(&(18, 0, 0)));
}

#[test]
fn governance_that_exceeds_its_tenth_does_not_shorten_the_walk() {
    let mut pool = Pool::new(limits());
    let misfits = u8::try_from(MAX_MISFITS).unwrap();
    for sender in 0..misfits {
        let mut tx = transaction(sender, 0, 0, 0);
        tx.governance = true;
        tx.bytes = vec![0; 900].into();
        admit(&mut pool, tx).unwrap();
    }
    // A tenth of 5,000 bytes holds none of them, all of it five.
    assert_eq!(pool.candidates(5_000, usize::MAX, Gas::MAX, NOW_MS).len(), 5);
}

#[test]
fn without_governance_nothing_of_the_block_stays_empty() {
    let mut pool = Pool::new(limits());
    for sender in 0..20 {
        admit(&mut pool, transaction(sender, 0, 0, 0)).unwrap();
    }
    assert_eq!(pool.candidates(u64::MAX, 20, Gas::MAX, NOW_MS).len(), 20);
}

#[test]
fn governance_behind_something_else_in_its_lane_does_not_overtake_it() {
    let mut pool = Pool::new(limits());
    admit(&mut pool, transaction(1, 0, 0, 0)).unwrap();
    let mut tx = transaction(1, 0, 1, 0);
    tx.governance = true;
    admit(&mut pool, tx).unwrap();
    assert_eq!(ready(&pool), vec![(1, 0, 0), (1, 0, 1)]);
}

#[test]
fn code_waits_until_others_have_compiled_it_and_its_lane_waits_with_it() {
    let mut pool = Pool::new(Limits { deploy_wait_ms: 1_000, ..limits() });
    let mut deploy = transaction(1, 0, 0, 0);
    deploy.deploys = true;
    admit(&mut pool, deploy).unwrap();
    for tx in [transaction(1, 0, 1, 0), transaction(1, 1, 0, 0), transaction(2, 0, 0, 0)] {
        admit(&mut pool, tx).unwrap();
    }
    let at = |now_ms| names(&pool.candidates(u64::MAX, usize::MAX, Gas::MAX, now_ms));
    assert_eq!(at(NOW_MS + 999), vec![(2, 0, 0), (1, 1, 0)]);
    assert_eq!(at(NOW_MS + 1_000).len(), 4);
}
