use super::*;

#[test]
fn parts_do_not_run_together() {
    assert_ne!(bytes("context", &[b"ab", b"c"]), bytes("context", &[b"a", b"bc"]));
    assert_ne!(bytes("context", &[b"ab"]), bytes("context", &[b"ab", b""]));
    assert_ne!(bytes("context", &[b"ab"]), bytes("other", &[b"ab"]));
}

#[test]
fn half_is_the_first_half_and_the_secret_hash_is_the_same_hash() {
    let parts: [&[u8]; 2] = [b"one", b"two"];
    assert_eq!(half("context", &parts), bytes("context", &parts)[..32]);
    assert_eq!(*secret_scalar("context", &parts), scalar("context", &parts));
}

#[test]
fn refuses_the_identity_and_what_rfc_9496_calls_invalid() {
    assert!(decode_point(&[0; 32]).is_none());
    // RFC 9496 A.2: non-canonical field encodings, negative field elements, no square root.
    for bad in [
        "00ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "ed57ffd8c914fb201471d1c3d245ce3c746fcbe63a3679d51b6a516ebebe0e20",
        "26948d35ca62e643e26a83177332e6b6afeb9d08e4268b650f1f5bbd8d81d371",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    ] {
        let bytes: [u8; 32] = hex::decode(bad).expect("hex").try_into().expect("32 bytes");
        assert!(decode_point(&bytes).is_none(), "{bad}");
    }
}

#[test]
fn derives_the_elements_of_rfc_9496() {
    // RFC 9496 A.3, the first two vectors.
    for (input, element) in [
        (
            "5d1be09e3d0c82fc538112490e35701979d99e06ca3e2b5b54bffe8b4dc772c1\
             4d98b696a1bbfb5ca32c436cc61c16563790306c79eaca7705668b47dffe5bb6",
            "3066f82a1a747d45120d1740f14358531a8f04bbffe6a819f86dfe50f44a0a46",
        ),
        (
            "f116b34b8f17ceb56e8732a60d913dd10cce47a6d53bee9204be8b44f6678b27\
             0102a56902e2488c46120e9276cfe54638286b9e4b3cdb470b542d46c2068d38",
            "f26e5b6f7d362d2d2a94c5d0e7602cb4773c95a2e5c31a64f133189fa76ed61b",
        ),
    ] {
        let input: [u8; 64] = hex::decode(input).expect("hex").try_into().expect("64 bytes");
        let point = RistrettoPoint::from_uniform_bytes(&input);
        assert_eq!(hex::encode(encode(&point)), element);
    }
}

#[test]
fn joined_parts_split_again() {
    let joined: [u8; 96] = join(&[&[1; 32], &[2; 32], &[3; 32]]);
    assert_eq!(split::<3>(&joined), [&[1; 32], &[2; 32], &[3; 32]]);
}
