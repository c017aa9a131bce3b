use super::*;
use crate::proof::{Proof, verify_key};

/// Prove some keys at a height, and compare with what that height held.
fn check_proofs(chain: &Chain, height: Height, keys: impl Iterator<Item = u64>) {
    let state = &chain.states[height.0 as usize];
    let root = chain.roots[height.0 as usize];
    assert_eq!(chain.tree.root_at(height), Ok(root));
    for key in keys {
        let proof = chain.tree.prove(&chain.reader, height, &raw(key)).unwrap();
        let proof = Proof::decode(&proof.encode()).unwrap();
        let value = verify_key(&proof, &root, &raw(key)).unwrap();
        assert_eq!(value, state.get(&raw(key)).map(Vec::as_slice), "key {key} at {height}");
    }
}

#[test]
fn each_of_the_last_32_heights_can_be_proven_whatever_was_flushed_and_dropped() {
    for seed in 0..6 {
        let mut random = Sequence(300 + seed);
        let cache_bytes = if seed % 2 == 0 { 0 } else { usize::MAX };
        let mut chain = Chain::new(cache_bytes);
        let keys = [12, 60, 2_000][seed as usize % 3];
        for _ in 0..70 {
            chain.random_block(&mut random, keys, 30);
            if random.below(5) == 0 {
                chain.flush();
            }
            let tip = chain.tree.height().unwrap();
            let oldest = Height(tip.0.saturating_sub(31));
            assert_eq!(chain.tree.oldest_provable(), Some(oldest));
            for height in (oldest.0..=tip.0).step_by(5) {
                let some: Vec<_> = (0..4).map(|_| random.below(keys + 3)).collect();
                check_proofs(&chain, Height(height), some.into_iter());
            }
        }
        let tip = chain.tree.height().unwrap();
        for height in tip.0 - 31..=tip.0 {
            check_proofs(&chain, Height(height), 0..keys.min(60));
        }
        let too_old = chain.tree.prove(&chain.reader, Height(tip.0 - 32), &raw(1));
        assert_eq!(too_old, Err(ProveError::Pruned { oldest: Height(tip.0 - 31) }));
    }
}

#[test]
fn a_height_is_proven_once_it_is_durable_and_the_one_before_meanwhile() {
    let mut chain = Chain::new(0);
    chain.block(&[(1, Some(vec![1])), (2, Some(vec![1]))]);
    let mut overlay = Overlay::new(&chain.reader);
    overlay.set(&raw(1), vec![2]);
    let changes = overlay.into_changes().unwrap();
    chain.tree.apply(&chain.reader, Height(1), &changes).unwrap();
    check_proofs(&chain, Height(0), 0..4);
    let too_new = chain.tree.prove(&chain.reader, Height(1), &raw(1));
    assert_eq!(too_new, Err(ProveError::NotYet { newest: Some(Height(0)) }));
    // The batch is written, the tree does not know yet.
    chain.reader.apply(&changes);
    check_proofs(&chain, Height(0), 0..4);
    chain.tree.durable(Height(1));
    assert!(chain.tree.prove(&chain.reader, Height(1), &raw(1)).is_ok());
    check_proofs(&chain, Height(0), 0..4);
}

#[test]
fn nothing_is_proven_before_genesis() {
    let tree = Tree::new(0);
    let proof = tree.prove(&MapReader::new(), Height(0), &raw(1));
    assert_eq!(proof, Err(ProveError::NotYet { newest: None }));
}

#[test]
fn after_a_start_only_the_recovered_height_and_later_ones_are_proven() {
    let mut chain = Chain::new(0);
    let mut random = Sequence(1);
    for _ in 0..20 {
        chain.random_block(&mut random, 50, 20);
        if random.below(7) == 0 {
            chain.flush();
        }
    }
    chain.crash(0);
    assert_eq!(chain.tree.oldest_provable(), Some(Height(19)));
    let pruned = chain.tree.prove(&chain.reader, Height(18), &raw(1));
    assert_eq!(pruned, Err(ProveError::Pruned { oldest: Height(19) }));
    check_proofs(&chain, Height(19), 0..50);
    chain.random_block(&mut random, 50, 20);
    check_proofs(&chain, Height(19), 0..50);
    check_proofs(&chain, Height(20), 0..50);
}

#[test]
fn changes_that_do_not_know_what_they_replace_end_the_proofs_of_earlier_heights() {
    let mut chain = Chain::new(0);
    chain.block(&[(1, Some(vec![1]))]);
    chain.block(&[(1, Some(vec![2]))]);
    let changes = ChangeSet::from_sorted(vec![(raw(1), Some(vec![3]))]).unwrap();
    chain.tree.apply(&chain.reader, Height(2), &changes).unwrap();
    chain.tree.durable(Height(2));
    assert_eq!(chain.tree.oldest_provable(), Some(Height(2)));
}

#[test]
fn storage_that_does_not_fit_the_tree_gives_an_error_and_no_proof() {
    let mut chain = Chain::new(0);
    chain.block(&[(1, Some(vec![1])), (2, Some(vec![2]))]);
    let wrong = ChangeSet::from_sorted(vec![(raw(1), Some(vec![9])), (raw(2), None)]).unwrap();
    chain.reader.apply(&wrong);
    for key in 1..3 {
        let error = chain.tree.prove(&chain.reader, Height(0), &raw(key)).unwrap_err();
        assert!(matches!(error, ProveError::Read(ReadError::Corrupt { .. })), "{error}");
    }
}

#[test]
fn refuses_to_prove_what_is_too_long_for_a_raw_key() {
    let mut chain = Chain::new(0);
    chain.block(&[(1, Some(vec![1]))]);
    assert!(chain.tree.prove(&chain.reader, Height(0), &[1; 289]).is_ok());
    let error = chain.tree.prove(&chain.reader, Height(0), &[1; 290]);
    assert_eq!(error, Err(ProveError::KeySize { bytes: 290 }));
}

#[test]
fn heights_whose_steps_have_no_room_are_pruned_early() {
    let mut history = History::default();
    let step = |height: u64| {
        let mut step = Step::new(Height(height), Hash([height as u8; 32]));
        step.replace([1; 32], &Some(vec![0; 1_000]));
        step
    };
    for height in 1..=10 {
        history.push(step(height), 5_000);
        assert!(history.bytes() <= 5_000);
    }
    assert_eq!(history.oldest(), Some(Height(6)), "four steps of some 1,200 bytes have room");
    assert_eq!(history.root(Height(6)), Some(Hash([7; 32])));
    history.push(step(11), 1_000);
    assert_eq!((history.oldest(), history.bytes()), (None, 0), "not even one has room");
    history.push(step(12), 5_000);
    assert_eq!(history.oldest(), Some(Height(11)));
}
