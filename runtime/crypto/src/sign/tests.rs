use super::*;
use curve25519_dalek::constants::EIGHT_TORSION;

mod adversarial;

fn hex32(text: &str) -> [u8; 32] {
    hex::decode(text).expect("hex").try_into().expect("32 bytes")
}

fn key_and_signature(seed: u8, message: &[u8]) -> (PublicKey, Signature) {
    let secret = SecretKey::from_seed([seed; 32]);
    (secret.public(), secret.sign(message))
}

/// RFC 8032 7.1, tests 1 to 3 and the one of SHA(abc): seed, public key, message, signature.
const RFC_8032: [[&str; 4]; 4] = [
    [
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ],
    [
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ],
    [
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ],
    [
        "833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
        "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
        "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
        "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704",
    ],
];

#[test]
fn signs_and_verifies_the_vectors_of_rfc_8032() {
    for [seed, public, message, signature] in RFC_8032 {
        let secret = SecretKey::from_seed(hex32(seed));
        let message = hex::decode(message).expect("hex");
        let made = secret.sign(&message);
        assert_eq!(hex::encode(secret.public().0), public);
        assert_eq!(hex::encode(made.0), signature);
        assert!(verify(&secret.public(), &message, &made));
    }
}

#[test]
fn refuses_every_flipped_bit_of_key_message_and_signature() {
    let message = [7; 32];
    let (key, signature) = key_and_signature(1, &message);
    for bit in 0..256 {
        let (byte, mask) = (bit / 8, 1 << (bit % 8));
        let (mut other_key, mut other_message) = (key, message);
        other_key.0[byte] ^= mask;
        other_message[byte] ^= mask;
        assert!(!verify(&other_key, &message, &signature), "bit {bit} of the key");
        assert!(!verify(&key, &other_message, &signature), "bit {bit} of the message");
    }
    for bit in 0..512 {
        let mut other = signature;
        other.0[bit / 8] ^= 1 << (bit % 8);
        assert!(!verify(&key, &message, &other), "bit {bit} of the signature");
    }
}

#[test]
fn the_small_order_list_is_that_of_the_eight_torsion_points() {
    for point in EIGHT_TORSION {
        let mut y = point.compress().to_bytes();
        y[31] &= 0x7f;
        assert!(SMALL_ORDER_Y.contains(&y), "{}", hex::encode(y));
    }
    for y in SMALL_ORDER_Y {
        let point = CompressedEdwardsY(y).decompress().expect("a point of small order");
        assert!(point.is_small_order());
    }
}

#[test]
fn decoding_refuses_small_order_with_either_sign_and_y_from_p_on() {
    for mut y in SMALL_ORDER_Y {
        assert!(decode_point(&y).is_none());
        y[31] |= 0x80;
        assert!(decode_point(&y).is_none());
    }
    // p + 3 to p + 18 have a second, canonical spelling or none; p − 2 and below are themselves.
    for above in 0..=18_u8 {
        let mut y = [0xff; 32];
        y[0] = 0xed + above;
        for top in [0x7f, 0xff] {
            y[31] = top;
            assert!(decode_point(&y).is_none(), "p + {above}");
        }
    }
    let decodes = |below: u8| {
        let mut y = [0xff; 32];
        y[0] = 0xed - below;
        y[31] = 0x7f;
        decode_point(&y).is_some()
    };
    assert!((2..40).any(decodes), "a y just below p that is on the curve decodes");
}

#[test]
fn decoding_agrees_with_the_curve_for_every_other_y() {
    for n in 0..2_000_u32 {
        let mut bytes = *blake3::hash(&n.to_le_bytes()).as_bytes();
        bytes[31] = (bytes[31] & 0x80) | (n as u8 & 0x7f).min(0x7e);
        assert_eq!(
            decode_point(&bytes).map(|point| point.compress().to_bytes()),
            CompressedEdwardsY(bytes).decompress().map(|point| point.compress().to_bytes()),
        );
    }
}

#[test]
fn a_torsion_component_in_r_does_not_change_the_verdict() {
    // The signer itself makes such a signature: R' = R + T, h over R'. Libraries disagree on it.
    for torsion in 0..8 {
        let check = adversarial::sign_with_torsion(5, &[9; 32], 0, torsion);
        assert!(verify(&check.key, &check.message, &check.signature));
    }
}

#[test]
fn an_empty_batch_and_a_large_one_have_a_verdict_for_each() {
    assert!(verify_batch(&[]).is_empty());
    let message = [3; 32];
    let checks: Vec<Check> = (0..40)
        .map(|n| {
            let (key, signature) = key_and_signature(n % 7, &message);
            Check { key, message, signature }
        })
        .collect();
    assert_eq!(verify_batch(&checks), [true; 40]);
}

#[test]
fn a_secret_key_prints_nothing() {
    // `SecretKey` has no Debug and no Display; this stops compiling if it gets one.
    trait HasNoDebug {
        const NONE: bool = true;
    }
    impl<T> HasNoDebug for Probe<T> {}
    struct Probe<T>(core::marker::PhantomData<T>);
    impl<T: core::fmt::Debug> Probe<T> {
        #[allow(dead_code, reason = "shadows the trait's constant exactly if the type has Debug")]
        const NONE: bool = false;
    }
    const { assert!(Probe::<SecretKey>::NONE) }
    const { assert!(!Probe::<PublicKey>::NONE) }
    const { assert!(Probe::<crate::reveal::RevealSecret>::NONE) }
    const { assert!(Probe::<crate::vrf::VrfSecret>::NONE) }
    const { assert!(Probe::<crate::ballot::ConsensusSecret>::NONE) }
}
