use super::{EnvelopeError, OVERHEAD_BYTES, ReaderKey, ReaderSecret, open, seal};
use crate::sign::SecretKey;
use curve25519_dalek::MontgomeryPoint;

const CONTEXT: &[u8] = b"order 1";
const FRESH: [u8; 32] = [7; 32];

fn reader(number: u8) -> ReaderSecret {
    ReaderSecret::of_account(&SecretKey::from_seed([number; 32]))
}

#[test]
fn every_reader_opens_it_and_a_stranger_does_not() {
    let readers = [reader(1), reader(2), reader(3)];
    let keys: Vec<ReaderKey> = readers.iter().map(ReaderSecret::public).collect();
    let envelope = seal(b"two pears", &keys, CONTEXT, &FRESH).unwrap();
    assert_eq!(envelope.content.len(), 9 + OVERHEAD_BYTES);
    for (secret, key) in readers.iter().zip(&envelope.keys) {
        assert_eq!(open(&envelope.content, key, secret, CONTEXT).unwrap(), b"two pears");
    }
    for key in &envelope.keys {
        let error = open(&envelope.content, key, &reader(4), CONTEXT);
        assert_eq!(error, Err(EnvelopeError::NotAReader));
    }
    // A key wrapped for another reader is of no use either.
    let other = open(&envelope.content, &envelope.keys[1], &readers[0], CONTEXT);
    assert_eq!(other, Err(EnvelopeError::NotAReader));
}

#[test]
fn a_changed_byte_or_another_context_does_not_open() {
    let secret = reader(1);
    let envelope = seal(b"two pears", &[secret.public()], CONTEXT, &FRESH).unwrap();
    for place in 0..envelope.content.len() {
        let mut content = envelope.content.clone();
        content[place] ^= 1;
        let error = open(&content, &envelope.keys[0], &secret, CONTEXT);
        assert_eq!(error, Err(EnvelopeError::Damaged), "byte {place}");
    }
    let mut key = envelope.keys[0];
    key.sealed[0] ^= 1;
    assert_eq!(open(&envelope.content, &key, &secret, CONTEXT), Err(EnvelopeError::NotAReader));
    let other = open(&envelope.content, &envelope.keys[0], &secret, b"order 2");
    assert_eq!(other, Err(EnvelopeError::NotAReader));
    assert_eq!(open(&[], &envelope.keys[0], &secret, CONTEXT), Err(EnvelopeError::Damaged));
}

#[test]
fn the_same_fresh_bytes_give_another_text_another_key() {
    let keys = [reader(1).public()];
    let one = seal(b"two pears", &keys, CONTEXT, &FRESH).unwrap();
    let other = seal(b"two figs!", &keys, CONTEXT, &FRESH).unwrap();
    assert_ne!(one.content[..32], other.content[..32]);
    assert_ne!(one.keys[0].ephemeral, other.keys[0].ephemeral);
}

#[test]
fn refuses_readers_that_would_open_it_to_everybody() {
    let zero = ReaderKey([0; 32]);
    let good = reader(1).public();
    assert_eq!(seal(b"", &[good, zero], CONTEXT, &FRESH), Err(EnvelopeError::WeakKey(1)));
    assert_eq!(seal(b"", &[], CONTEXT, &FRESH), Err(EnvelopeError::Readers { found: 0 }));
    let many = [good; 17];
    assert_eq!(seal(b"", &many, CONTEXT, &FRESH), Err(EnvelopeError::Readers { found: 17 }));
}

/// RFC 7748, section 6.1: both sides reach the same secret.
#[test]
fn agrees_with_the_x25519_example_of_rfc_7748() {
    let bytes = |text: &str| <[u8; 32]>::try_from(hex::decode(text).unwrap()).unwrap();
    let a = bytes("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a");
    let b = bytes("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb");
    let shared = bytes("4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742");
    let (pa, pb) = (MontgomeryPoint::mul_base_clamped(a), MontgomeryPoint::mul_base_clamped(b));
    assert_eq!(pb.mul_clamped(a).to_bytes(), shared);
    assert_eq!(pa.mul_clamped(b).to_bytes(), shared);
}
