use super::fixture::{BLOCK_TIME, NOW_MS, admit, admit_at, limits, ready, transaction};
use crate::{Limits, MAX_GAP, MAX_REPLACEMENTS, Pool, Refused, Status};
use types::{Code, Gas, Params, TimestampMs};

fn code(result: Result<impl std::fmt::Debug, Refused>) -> Code {
    result.expect_err("refused").code
}

#[test]
fn takes_a_transaction_and_finds_it_again() {
    let mut pool = Pool::new(limits());
    let tx = transaction(1, 0, 0, 0);
    assert_eq!(admit(&mut pool, tx.clone()), Ok(None));
    assert!(pool.contains(&tx.hash));
    assert_eq!(pool.get(&tx.hash).map(|found| (**found).clone()), Some(tx.clone()));
    assert_eq!((pool.len(), pool.bytes()), (1, 200));
    assert_eq!(pool.status(&tx.hash), Some(Status::Pending { position: 0 }));
    assert_eq!(pool.hashes().collect::<Vec<_>>(), vec![tx.hash]);
}

#[test]
fn shares_the_body_instead_of_copying_it() {
    let mut pool = Pool::new(limits());
    let tx = transaction(1, 0, 0, 0);
    let bytes = tx.bytes.clone();
    admit(&mut pool, tx).unwrap();
    let chosen = pool.candidates(u64::MAX, 1, Gas::MAX, NOW_MS);
    assert!(std::sync::Arc::ptr_eq(&chosen[0].bytes, &bytes));
}

#[test]
fn refuses_the_same_transaction_twice() {
    let mut pool = Pool::new(limits());
    admit(&mut pool, transaction(1, 0, 0, 0)).unwrap();
    assert_eq!(code(admit(&mut pool, transaction(1, 0, 0, 0))), Code::Duplicate);
}

#[test]
fn refuses_a_used_nonce_and_names_both() {
    let mut pool = Pool::new(limits());
    let refused = admit_at(&mut pool, transaction(1, 3, 4, 0), 7, NOW_MS).expect_err("used");
    assert_eq!(refused.code, Code::NonceTooLow);
    assert_eq!(refused.to_string(), "NONCE_TOO_LOW: nonce is 4, the next is 7");
}

#[test]
fn a_nonce_may_lie_the_largest_gap_above_the_first_missing_one() {
    let mut pool = Pool::new(limits());
    assert_eq!(admit(&mut pool, transaction(1, 0, MAX_GAP, 0)), Ok(None));
    let refused = admit(&mut pool, transaction(1, 0, MAX_GAP + 1, 0)).expect_err("too far");
    assert_eq!(refused.code, Code::NonceTooHigh);
    assert_eq!((refused.value.as_str(), refused.field), ("17", "nonce"));
    assert_eq!(refused.limit, "0, at most 16 above that may wait");
    // What is there without a gap does not count as one.
    admit(&mut pool, transaction(1, 0, 0, 0)).unwrap();
    assert_eq!(admit(&mut pool, transaction(1, 0, MAX_GAP + 1, 0)), Ok(None));
}

#[test]
fn the_gap_is_counted_in_each_lane_by_itself() {
    let mut pool = Pool::new(limits());
    for nonce in 0..10 {
        admit(&mut pool, transaction(1, 0, nonce, 0)).unwrap();
    }
    assert_eq!(admit(&mut pool, transaction(1, 0, 10 + MAX_GAP, 0)), Ok(None));
    assert_eq!(code(admit(&mut pool, transaction(1, 1, 1 + MAX_GAP, 0))), Code::NonceTooHigh);
}

#[test]
fn the_newer_transaction_takes_over_a_place_at_most_four_times() {
    let mut pool = Pool::new(limits());
    admit(&mut pool, transaction(1, 0, 0, 0)).unwrap();
    for salt in 1..=MAX_REPLACEMENTS {
        let replaced = admit(&mut pool, transaction(1, 0, 0, salt)).unwrap();
        let old = transaction(1, 0, 0, salt - 1).hash;
        assert_eq!(replaced, Some(old));
        assert_eq!(pool.status(&old), Some(Status::Dropped { code: Code::Replaced }));
    }
    let again = transaction(1, 0, 0, MAX_REPLACEMENTS + 1);
    let refused = admit(&mut pool, again).expect_err("one too often");
    let told = "REPLACED_TOO_OFTEN: replacements is 5, the limit is 4";
    assert_eq!(refused.to_string(), told);
    assert_eq!((pool.len(), pool.bytes()), (1, 200));
    assert_eq!(ready(&pool), vec![(1, 0, 0)]);
}

#[test]
fn one_sender_never_has_more_than_its_share_over_all_lanes() {
    let mut pool = Pool::new(limits());
    for index in 0..64 {
        admit(&mut pool, transaction(1, index % 8, u64::from(index / 8), 0)).unwrap();
    }
    let refused = admit(&mut pool, transaction(1, 9, 0, 0)).expect_err("one too many");
    assert_eq!(refused.to_string(), "SENDER_LIMIT: sender_txs is 65, the limit is 64");
    // It may still replace its own, and others are not concerned.
    assert!(admit(&mut pool, transaction(1, 0, 0, 1)).is_ok());
    assert!(admit(&mut pool, transaction(2, 0, 0, 0)).is_ok());
}

#[test]
fn what_a_newer_state_has_used_no_longer_counts_for_its_sender() {
    let mut pool = Pool::new(Limits { sender_txs: 2, ..limits() });
    admit(&mut pool, transaction(1, 0, 0, 0)).unwrap();
    admit(&mut pool, transaction(1, 0, 1, 0)).unwrap();
    assert_eq!(admit_at(&mut pool, transaction(1, 0, 2, 0), 1, NOW_MS), Ok(None));
    assert_eq!(ready(&pool), vec![(1, 0, 1), (1, 0, 2)]);
    let dropped = pool.status(&transaction(1, 0, 0, 0).hash);
    assert_eq!(dropped, Some(Status::Dropped { code: Code::NonceTooLow }));
}

#[test]
fn an_older_reading_of_the_state_does_not_turn_a_lane_back() {
    let mut pool = Pool::new(limits());
    admit_at(&mut pool, transaction(1, 0, 5, 0), 5, NOW_MS).unwrap();
    let late = admit_at(&mut pool, transaction(1, 0, 4, 0), 4, NOW_MS);
    assert_eq!(code(late), Code::NonceTooLow);
    assert_eq!(ready(&pool), vec![(1, 0, 5)]);
}

#[test]
fn refuses_what_no_further_block_can_take() {
    let mut pool = Pool::new(limits());
    let mut tx = transaction(1, 0, 0, 0);
    tx.valid_until_ms = BLOCK_TIME;
    assert_eq!(code(admit(&mut pool, tx.clone())), Code::Expired);
    tx.valid_until_ms = TimestampMs(BLOCK_TIME.0 + 1);
    assert_eq!(admit(&mut pool, tx), Ok(None));
}

#[test]
fn refuses_more_gas_than_a_block_gives_one_sender() {
    let params =
        Params { max_block_gas: 8_000, max_tx_gas: 500, max_deploy_gas: 900, ..Params::default() };
    let mut pool = Pool::new(Limits::from_params(&params));
    let mut tx = transaction(1, 0, 0, 0);
    tx.gas_limit = Gas(1_001);
    assert_eq!(code(admit(&mut pool, tx.clone())), Code::GasLimitTooHigh);
    tx.gas_limit = Gas(1_000);
    assert_eq!(admit(&mut pool, tx), Ok(None));
}

#[test]
fn takes_a_transaction_as_large_as_the_chain_allows_even_above_a_senders_part() {
    let params = Params { max_block_gas: 8_000, max_deploy_gas: 2_000, ..Params::default() };
    let params = Params { max_tx_gas: 500, ..params };
    let mut pool = Pool::new(Limits::from_params(&params));
    let mut tx = transaction(1, 0, 0, 0);
    tx.gas_limit = Gas(2_000);
    assert_eq!(admit(&mut pool, tx), Ok(None));
    assert_eq!(ready(&pool), vec![(1, 0, 0)]);
}

#[test]
fn a_full_pool_takes_no_more_and_keeps_a_tenth_for_governance() {
    let mut pool = Pool::new(Limits { txs: 20, ..limits() });
    for sender in 0..18 {
        admit(&mut pool, transaction(sender, 0, 0, 0)).unwrap();
    }
    assert_eq!(code(admit(&mut pool, transaction(50, 0, 0, 0))), Code::PoolFull);
    for sender in 60..62 {
        let mut tx = transaction(sender, 0, 0, 0);
        tx.governance = true;
        admit(&mut pool, tx).unwrap();
    }
    let mut tx = transaction(62, 0, 0, 0);
    tx.governance = true;
    let refused = admit(&mut pool, tx).expect_err("not even for governance");
    assert_eq!(refused.to_string(), "POOL_FULL: pool_txs is 21, the limit is 20");
    // Replacing needs no room.
    assert!(admit(&mut pool, transaction(3, 0, 0, 1)).is_ok());
    assert_eq!(pool.len(), 20);
}

#[test]
fn bytes_are_bounded_too_and_a_tenth_of_them_kept() {
    let mut pool = Pool::new(Limits { bytes: 2_000, ..limits() });
    for sender in 0..9 {
        admit(&mut pool, transaction(sender, 0, 0, 0)).unwrap();
    }
    assert_eq!(code(admit(&mut pool, transaction(50, 0, 0, 0))), Code::PoolFull);
    let mut larger = transaction(3, 0, 0, 1);
    larger.bytes = vec![0; 201].into();
    assert_eq!(code(admit(&mut pool, larger)), Code::PoolFull);
    let mut tx = transaction(60, 0, 0, 0);
    tx.governance = true;
    assert_eq!(admit(&mut pool, tx), Ok(None));
    assert_eq!(pool.bytes(), 2_000);
}

#[test]
fn a_refused_transaction_changes_nothing() {
    let mut pool = Pool::new(Limits { sender_txs: 1, ..limits() });
    admit(&mut pool, transaction(1, 0, 0, 0)).unwrap();
    let before = format!("{pool:?}");
    assert!(admit(&mut pool, transaction(1, 0, 1, 0)).is_err());
    assert!(admit(&mut pool, transaction(1, 0, 0, 0)).is_err());
    assert!(admit(&mut pool, transaction(2, 0, 99, 0)).is_err());
    assert_eq!(format!("{pool:?}"), before);
}

#[test]
fn the_largest_nonce_breaks_nothing() {
    let mut pool = Pool::new(limits());
    let last = transaction(1, 0, u64::MAX, 0);
    admit_at(&mut pool, last, u64::MAX, NOW_MS).unwrap();
    assert_eq!(ready(&pool), vec![]);
    assert_eq!(pool.expire(NOW_MS + 120_000, BLOCK_TIME), 1);
    assert!(pool.is_empty());
}
