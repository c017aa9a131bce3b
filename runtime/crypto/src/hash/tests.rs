use super::*;
use crate::domain;

fn hex(hash: &Hash) -> String {
    hash.to_string()
}

#[test]
fn plain_hash_of_nothing_is_the_published_one() {
    // BLAKE3 test vectors, input_len 0.
    let expected = "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262";
    assert_eq!(hex(&blake3(b"")), expected);
}

#[test]
fn constant_keys_are_those_of_their_names() {
    for (constant, name) in [
        (LEAF_KEY, domain::LEAF),
        (BRANCH_KEY, domain::BRANCH),
        (STATE_KEY_KEY, domain::STATE_KEY),
        (STATE_VALUE_KEY, domain::STATE_VALUE),
        (STATE_LEAF_KEY, domain::STATE_LEAF),
        (STATE_BRANCH_KEY, domain::STATE_BRANCH),
    ] {
        assert_eq!(Hash(constant).to_string(), Hash(key(name)).to_string(), "{name}");
    }
}

#[test]
fn derivation_has_the_context_of_its_name() {
    let expected = ::blake3::derive_key("syndic/v1/block", b"bytes");
    assert_eq!(derive("block", b"bytes"), Hash(expected));
    assert_ne!(derive("block", b"bytes"), derive("blocks", b"bytes"));
}

#[test]
fn a_value_hashes_as_its_encoding_whatever_the_sizes_of_its_fields() {
    for long in [0, 1, 200, 251, 252, 253, 255, 256, 257, 1_000, 5_000] {
        let value = (7_u8, vec![3_u8; long], 9_u64, [1_u8; 32], vec![1_u16, 2, 3], vec![8_u8; 300]);
        let encoded = types::encode(&value);
        assert_eq!(derive_value("block", &value), derive("block", &encoded), "{long}");
    }
}

#[test]
fn a_pair_hashes_as_its_sixty_four_bytes() {
    let (left, right) = (Hash([1; 32]), Hash([2; 32]));
    let joined = [[1_u8; 32], [2; 32]].concat();
    assert_eq!(keyed_pair(&BRANCH_KEY, &left, &right), keyed(&BRANCH_KEY, &joined));
    assert_ne!(keyed_pair(&BRANCH_KEY, &left, &right), keyed_pair(&BRANCH_KEY, &right, &left));
}

#[test]
fn domain_names_differ_and_fit() {
    for (position, name) in domain::ALL.iter().enumerate() {
        assert!(name.len() <= MAX_NAME_BYTES && name.is_ascii(), "{name}");
        assert!(!domain::ALL[..position].contains(name), "{name} stands twice");
    }
}

#[test]
fn a_name_of_any_length_is_a_context_of_its_own() {
    for bytes in [MAX_NAME_BYTES, MAX_NAME_BYTES + 1, 5_000] {
        let name = "x".repeat(bytes);
        let expected = ::blake3::derive_key(&format!("syndic/v1/{name}"), b"bytes");
        assert_eq!(derive(&name, b"bytes"), Hash(expected), "{bytes}");
    }
}
