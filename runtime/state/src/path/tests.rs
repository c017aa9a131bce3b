use super::*;

#[test]
fn a_path_reads_back_from_its_table_key() {
    let mut path = NodePath::ROOT;
    for digits in 0..MAX_DIGITS {
        assert_eq!(path.digits(), digits);
        assert_eq!(NodePath::from_bytes(&path.to_bytes()), Some(path));
        path = path.child(digits % 16 * 7 % 16);
    }
    assert_eq!(NodePath::from_bytes(&path.to_bytes()), Some(path));
}

#[test]
fn refuses_table_keys_that_it_would_not_write() {
    assert_eq!(NodePath::from_bytes(&[]), None);
    assert_eq!(NodePath::from_bytes(&[1]), None, "a digit is missing");
    assert_eq!(NodePath::from_bytes(&[0, 0]), None, "a byte too many");
    assert_eq!(NodePath::from_bytes(&[1, 0xa1]), None, "an unused bit is set");
    let mut deep = vec![64];
    deep.extend([0; 32]);
    assert_eq!(NodePath::from_bytes(&deep), None, "no node lies that deep");
}

#[test]
fn the_digits_of_a_key_hash_lead_along_its_path() {
    let key_hash: [u8; 32] = core::array::from_fn(|at| u8::try_from(at * 37 % 256).unwrap());
    let mut path = NodePath::ROOT;
    for depth in 0..MAX_DIGITS {
        let next = digit(&key_hash, depth);
        assert!(path.contains(&key_hash));
        assert!(!path.child(next ^ 1).contains(&key_hash));
        path = path.child(next);
    }
    assert_eq!(format!("{:?}", NodePath::ROOT.child(digit(&[0x5c; 32], 0)).child(12)), "/5c");
}

#[test]
fn a_node_comes_before_what_lies_under_it_and_that_before_its_neighbour() {
    let node = NodePath::ROOT.child(3);
    assert!(NodePath::ROOT < node);
    assert!(node < node.child(0));
    assert!(node.child(0) < node.child(0).child(0));
    assert!(node.child(15).child(15) < NodePath::ROOT.child(4));
}
