use super::*;
use crate::changes::ChangeSet;
use crate::reader::MapReader;
use crate::tree::Tree;
use types::Height;

fn raw(number: u64) -> Vec<u8> {
    let mut raw = vec![1; 33];
    raw.extend(number.to_be_bytes());
    raw
}

/// A tree of keys 0..count, with its storage.
fn tree(count: u64) -> (Tree, MapReader) {
    let entries = (0..count).map(|key| (raw(key), Some(vec![key as u8; 3]))).collect();
    let changes = ChangeSet::from_sorted(entries).unwrap();
    let (mut tree, mut reader) = (Tree::new(0), MapReader::new());
    tree.apply(&reader, Height(0), &changes).unwrap();
    reader.apply(&changes);
    tree.durable(Height(0));
    (tree, reader)
}

fn prove(tree: &(Tree, MapReader), key: u64) -> Proof {
    tree.0.prove(&tree.1, Height(0), &raw(key)).unwrap()
}

/// Proofs of a present key, and of absent ones with an empty place and with another leaf there.
fn some_proofs(tree: &(Tree, MapReader)) -> Vec<(u64, Proof)> {
    let absent = |wanted: fn(&Proof) -> bool| {
        let proofs = (1_000..2_000).map(|key| (key, prove(tree, key)));
        proofs.filter(|(_, proof)| wanted(proof)).take(1).collect::<Vec<_>>()
    };
    let mut proofs = absent(|proof| proof.other.is_none());
    proofs.extend(absent(|proof| proof.other.is_some()));
    proofs.push((3, prove(tree, 3)));
    proofs
}

#[test]
fn a_proof_says_what_a_key_holds_or_that_it_is_not_there() {
    for count in [0, 1, 2, 3, 17, 300] {
        let tree = tree(count);
        let root = tree.0.root();
        for key in 0..400 {
            let proof = prove(&tree, key);
            let value = verify_key(&proof, &root, &raw(key)).unwrap();
            assert_eq!(value, (key < count).then_some([key as u8; 3].as_slice()));
            let proven = verify(&proof, &root).unwrap();
            assert_eq!((proven.key, proven.value), (raw(key).as_slice(), value));
        }
    }
}

#[test]
fn no_bit_of_an_encoded_proof_can_be_another() {
    let tree = tree(60);
    let root = tree.0.root();
    let proofs = some_proofs(&tree);
    assert_eq!(proofs.len(), 3);
    for (key, proof) in proofs {
        let bytes = proof.encode();
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            let accepted = Proof::decode(&flipped)
                .is_ok_and(|proof| verify_key(&proof, &root, &raw(key)).is_ok());
            assert!(!accepted, "bit {bit} of the proof of {key}: {proof:?}");
        }
        // Where lengths and tags stand, every other value of the byte.
        for byte in 0..bytes.len() - 32 * proof.siblings.len() {
            for value in (0..=255).filter(|value| *value != bytes[byte]) {
                let mut changed = bytes.clone();
                changed[byte] = value;
                let accepted = Proof::decode(&changed)
                    .is_ok_and(|proof| verify_key(&proof, &root, &raw(key)).is_ok());
                assert!(!accepted, "byte {byte} of the proof of {key}");
            }
        }
    }
}

#[test]
fn a_proof_cut_short_or_with_bytes_added_is_refused() {
    let bytes = prove(&tree(60), 3).encode();
    for length in 0..bytes.len() {
        assert!(Proof::decode(&bytes[..length]).is_err());
    }
    assert!(Proof::decode(&[bytes.as_slice(), &[0]].concat()).is_err());
    assert!(matches!(
        Proof::decode(&vec![0; MAX_PROOF_BYTES + 1]),
        Err(DecodeError::TooLarge { .. })
    ));
}

#[test]
fn a_present_key_cannot_be_shown_absent() {
    let tree = tree(60);
    let root = tree.0.root();
    let honest = prove(&tree, 3);
    let mut forged = Proof { value: None, ..honest.clone() };
    assert!(matches!(verify_key(&forged, &root, &raw(3)), Err(ProofError::Root { .. })));
    // Its own leaf as another's.
    forged.other = Some(OtherLeaf {
        key_hash: hashing::key_hash(&raw(3)),
        value_hash: hashing::value_hash(&[3; 3]),
    });
    assert_eq!(verify_key(&forged, &root, &raw(3)), Err(ProofError::OtherLeaf));
    // The proof of an absent key, under this key's name.
    for (_, proof) in some_proofs(&tree).into_iter().filter(|(_, proof)| proof.value.is_none()) {
        let renamed = Proof { key: raw(3), ..proof };
        assert!(verify_key(&renamed, &root, &raw(3)).is_err());
    }
    // Every other leaf of the tree, at this path.
    for key in (0..60).filter(|key| *key != 3) {
        let other = OtherLeaf {
            key_hash: hashing::key_hash(&raw(key)),
            value_hash: hashing::value_hash(&[key as u8; 3]),
        };
        let forged = Proof { key: raw(3), value: None, other: Some(other), ..prove(&tree, key) };
        assert!(verify_key(&forged, &root, &raw(3)).is_err());
    }
}

#[test]
fn an_absent_key_cannot_be_shown_present() {
    let tree = tree(60);
    let root = tree.0.root();
    for (key, proof) in some_proofs(&tree).into_iter().filter(|(_, proof)| proof.value.is_none()) {
        let forged = Proof { value: Some(vec![1]), other: None, ..proof };
        assert!(matches!(verify_key(&forged, &root, &raw(key)), Err(ProofError::Root { .. })));
    }
}

#[test]
fn a_leaf_in_the_wrong_place_shows_nothing_even_under_a_root_that_holds_it_there() {
    let wanted = hashing::key_hash(&raw(3));
    let key_hash = [wanted[0] ^ 0x80; 32];
    let other = OtherLeaf { key_hash, value_hash: [5; 32] };
    let proof = Proof::new(raw(3), None, Some(other), &[Hash([1; 32])]);
    let leaf = hashing::leaf(&other.key_hash, &other.value_hash);
    let root = match wanted[0] & 0x80 {
        0 => hashing::branch(&leaf, &Hash([1; 32])),
        _ => hashing::branch(&Hash([1; 32]), &leaf),
    };
    assert_eq!(verify_key(&proof, &root, &raw(3)), Err(ProofError::OtherLeaf));
}

#[test]
fn a_value_cannot_be_another_and_a_key_not_another() {
    let tree = tree(60);
    let root = tree.0.root();
    let proof = prove(&tree, 3);
    let forged = Proof { value: Some(vec![4; 3]), ..proof.clone() };
    assert!(matches!(verify_key(&forged, &root, &raw(3)), Err(ProofError::Root { .. })));
    assert_eq!(verify_key(&proof, &root, &raw(4)), Err(ProofError::OtherKey));
    assert!(matches!(verify(&proof, &Hash([1; 32])), Err(ProofError::Root { .. })));
}

#[test]
fn there_is_one_way_to_write_a_proof() {
    let tree = tree(60);
    let root = tree.0.root();
    let honest = prove(&tree, 3);
    let check = |proof: Proof| verify(&proof, &root).map(|_| ()).unwrap_err();

    let mut longer = honest.clone();
    longer.bitmap.push(0);
    assert_eq!(check(longer), ProofError::Bitmap { bytes: honest.bitmap.len() + 1 });

    let bitmap = vec![0xff; 33];
    assert_eq!(check(Proof { bitmap, ..honest.clone() }), ProofError::Bitmap { bytes: 33 });

    let mut missing = honest.clone();
    missing.siblings.pop();
    assert!(matches!(check(missing), ProofError::SiblingCount { .. }));

    let mut empty = honest.clone();
    empty.siblings[0] = Hash::ZERO;
    assert_eq!(check(empty), ProofError::EmptySibling);

    let key_hash = hashing::key_hash(&raw(3));
    let other = Some(OtherLeaf { key_hash, value_hash: [0; 32] });
    assert_eq!(check(Proof { other, ..honest }), ProofError::ValueAndOther);
}

#[test]
fn a_proof_is_key_value_and_siblings_and_little_more() {
    let proof = prove(&tree(2_000), 3);
    assert!(proof.siblings.len() <= 20, "{}", proof.siblings.len());
    let overhead = proof.encode().len() - 32 * proof.siblings.len();
    assert_eq!(overhead, 1 + 4 + 41 + 1 + 4 + 3 + 1 + 4 + proof.bitmap.len() + 4);
}
