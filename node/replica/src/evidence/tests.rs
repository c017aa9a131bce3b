use super::*;
use types::{ChainId, Hash, Round, Share, Signature, SignedAddress, Step, Version};

fn pair(validator: u16, height: u64) -> Evidence {
    let mut id = [0; 32];
    id[..2].copy_from_slice(&validator.to_be_bytes());
    let address = SignedAddress {
        chain_id: ChainId([7; 32]),
        height: Height(height),
        round: Round(0),
        step: Step::Prevote,
    };
    Evidence {
        version: Version,
        validator: ValidatorId(id),
        address,
        value_a: None,
        signature_a: Signature([0; 64]),
        share_a: Share([0; 128]),
        value_b: Some(Hash([1; 32])),
        signature_b: Signature([0; 64]),
        share_b: Share([0; 128]),
    }
}

#[test]
fn of_one_validator_the_latest_pair_waits() {
    let mut pool = Evidences::default();
    assert!(pool.put(pair(1, 5), Height(9)));
    assert!(!pool.put(pair(1, 5), Height(9)));
    assert!(!pool.put(pair(1, 4), Height(9)));
    assert!(pool.put(pair(1, 6), Height(9)));
    assert_eq!(pool.candidates(), [pair(1, 6)]);
}

#[test]
fn a_pair_about_a_height_ahead_drives_out_none_that_a_block_may_hold() {
    let mut pool = Evidences::default();
    assert!(pool.put(pair(1, 10), Height(9)));
    assert!(pool.put(pair(1, 11), Height(9)), "neither may stand in the block of height 9");
    pool.committed(Height(10), &Params::default(), false, &[]);
    assert!(!pool.put(pair(1, 12), Height(11)));
    assert_eq!(pool.candidates(), [pair(1, 11)]);
}

#[test]
fn the_pool_is_bounded_and_a_block_gets_eight() {
    let mut pool = Evidences::default();
    for validator in 0..300 {
        assert_eq!(pool.put(pair(validator, 5), Height(9)), usize::from(validator) < MAX_WAITING);
    }
    assert_eq!((pool.len(), pool.candidates().len()), (MAX_WAITING, 8));
}

#[test]
fn what_was_punished_or_left_the_window_is_forgotten() {
    let params = Params { evidence_window: 32, ..Params::default() };
    let mut pool = Evidences::default();
    pool.put(pair(1, 5), Height(9));
    pool.put(pair(2, 5), Height(9));
    pool.put(pair(3, 20), Height(9));
    pool.committed(Height(36), &params, true, &[pair(2, 5).validator]);
    assert_eq!(pool.candidates(), [pair(1, 5), pair(3, 20)]);
    pool.committed(Height(37), &params, true, &[]);
    assert_eq!(pool.candidates(), [pair(3, 20)], "a block at 38 is 33 heights later");
}

#[test]
fn a_proposer_that_leaves_out_what_it_must_know_is_counted() {
    let params = Params::default();
    let mut pool = Evidences::default();
    pool.put(pair(1, 5), Height(9));
    pool.committed(Height(9), &params, false, &[]);
    pool.committed(Height(10), &params, false, &[]);
    assert_eq!(pool.left_out(), 0, "it may not have heard of it");
    pool.committed(Height(11), &params, false, &[]);
    pool.committed(Height(12), &params, true, &[]);
    assert_eq!(pool.left_out(), 1);
}
