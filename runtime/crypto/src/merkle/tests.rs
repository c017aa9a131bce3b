use super::*;

fn entries(count: usize) -> Vec<Hash> {
    (0..count).map(|n| crate::hash::blake3(&n.to_le_bytes())).collect()
}

/// RFC 6962 2.1 as it is written: split at the largest power of two below the length.
fn root_by_definition(entries: &[Hash]) -> Hash {
    match entries {
        [] => Hash::ZERO,
        [entry] => keyed(&LEAF_KEY, &entry.0),
        _ => {
            let split = entries.len().next_power_of_two() / 2;
            let (left, right) = entries.split_at(split);
            keyed_pair(&BRANCH_KEY, &root_by_definition(left), &root_by_definition(right))
        }
    }
}

#[test]
fn root_is_that_of_the_definition() {
    for count in 0..70 {
        let entries = entries(count);
        assert_eq!(root(&entries), root_by_definition(&entries), "{count} entries");
    }
}

#[test]
fn every_entry_has_a_proof_that_verifies_nowhere_else() {
    for count in 1..40 {
        let entries = entries(count);
        let root = root(&entries);
        for (index, entry) in entries.iter().enumerate() {
            let proof = prove(&entries, index).expect("the entry exists");
            assert!(verify(&root, entry, index, count, &proof), "{index} of {count}");
            assert!((0..count).all(|at| at == index || !verify(&root, entry, at, count, &proof)));
            assert!(!verify(&root, &Hash([9; 32]), index, count, &proof));
        }
    }
}

#[test]
fn refuses_proofs_cut_stretched_or_changed() {
    let entries = entries(11);
    let root = root(&entries);
    for (index, entry) in entries.iter().enumerate() {
        let proof = prove(&entries, index).expect("the entry exists");
        let longer = [&proof[..], &[Hash::ZERO]].concat();
        assert!(!verify(&root, entry, index, 11, &longer));
        assert!(!verify(&root, entry, index, 11, &proof[1..]));
        for at in 0..proof.len() {
            let mut changed = proof.clone();
            changed[at].0[0] ^= 1;
            assert!(!verify(&root, entry, index, 11, &changed));
        }
    }
}

#[test]
fn an_entry_that_is_not_there_has_no_proof() {
    assert_eq!(prove(&entries(3), 3), None);
    assert!(!verify(&Hash::ZERO, &Hash::ZERO, 0, 0, &[]));
}

#[test]
fn a_branch_does_not_pass_for_a_leaf() {
    let entries = entries(4);
    let left = root_by_definition(&entries[..2]);
    let right = root_by_definition(&entries[2..]);
    assert!(!verify(&root(&entries), &left, 0, 2, &[right]));
}
