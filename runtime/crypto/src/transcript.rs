//! Hash parts to bytes, scalars and points of ristretto255 (RFC 9496), and read its encodings.
//!
//! `T(context, p1..pn)` is 64 bytes of the XOF of BLAKE3's key derivation under a context, over
//! each part's length as u64 little-endian and then its bytes: no two lists of parts run together.

use blake3::Hasher;
use curve25519_dalek::Scalar;
use curve25519_dalek::ristretto::{CompressedRistretto, RistrettoPoint};
use curve25519_dalek::traits::IsIdentity;
use zeroize::{Zeroize, Zeroizing};

/// T: 64 bytes over the parts.
pub(crate) fn bytes(context: &str, parts: &[&[u8]]) -> [u8; 64] {
    let hasher = absorb(context, parts);
    let mut output = [0; 64];
    hasher.finalize_xof().fill(&mut output);
    output
}

/// The first 32 bytes of T.
pub(crate) fn half(context: &str, parts: &[&[u8]]) -> [u8; 32] {
    let mut output = [0; 32];
    absorb(context, parts).finalize_xof().fill(&mut output);
    output
}

/// Hs: a scalar from T, mod q.
pub(crate) fn scalar(context: &str, parts: &[&[u8]]) -> Scalar {
    Scalar::from_bytes_mod_order_wide(&bytes(context, parts))
}

/// Hs over parts that hold a secret: what it leaves in memory is erased as far as the hash
/// function's state can be reached.
pub(crate) fn secret_scalar(context: &str, parts: &[&[u8]]) -> Zeroizing<Scalar> {
    let mut hasher = absorb(context, parts);
    let mut output = [0; 64];
    hasher.finalize_xof().fill(&mut output);
    let scalar = Zeroizing::new(Scalar::from_bytes_mod_order_wide(&output));
    output.zeroize();
    // Overwrites the buffered input; the black box keeps the optimiser from dropping the write.
    core::hint::black_box(hasher.reset());
    scalar
}

/// Hp: a point from T, by the element derivation of RFC 9496 4.3.4. Nobody knows its logarithm; a
/// hash to a scalar times the generator would not do, since the logarithm opens K from one share.
pub(crate) fn point(context: &str, parts: &[&[u8]]) -> RistrettoPoint {
    RistrettoPoint::from_uniform_bytes(&bytes(context, parts))
}

/// A point from its canonical encoding; the identity, 32 zero bytes, is refused.
pub(crate) fn decode_point(bytes: &[u8; 32]) -> Option<RistrettoPoint> {
    CompressedRistretto(*bytes).decompress().filter(|point| !point.is_identity())
}

/// A scalar from its canonical encoding.
pub(crate) fn decode_scalar(bytes: &[u8; 32]) -> Option<Scalar> {
    Scalar::from_canonical_bytes(*bytes).into()
}

/// The canonical encoding of a point.
pub(crate) fn encode(point: &RistrettoPoint) -> [u8; 32] {
    point.compress().to_bytes()
}

/// A proof's 32-byte parts, one after the other.
///
/// # Panics
/// If `N` is not 32 bytes a part: proofs have fixed shapes.
pub(crate) fn join<const N: usize>(parts: &[&[u8; 32]]) -> [u8; N] {
    assert_eq!(parts.len().saturating_mul(32), N, "the parts fill the whole");
    let mut whole = [0; N];
    for (to, from) in whole.chunks_exact_mut(32).zip(parts) {
        to.copy_from_slice(*from);
    }
    whole
}

/// The 32-byte parts of a proof.
///
/// # Panics
/// If `N` is not 32 bytes a part: proofs have fixed shapes.
pub(crate) fn split<const PARTS: usize>(whole: &[u8]) -> [&[u8; 32]; PARTS] {
    let (parts, rest) = whole.as_chunks::<32>();
    assert!(parts.len() == PARTS && rest.is_empty(), "the parts fill the whole");
    core::array::from_fn(|at| &parts[at])
}

fn absorb(context: &str, parts: &[&[u8]]) -> Hasher {
    let mut hasher = Hasher::new_derive_key(context);
    for part in parts {
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part);
    }
    hasher
}

#[cfg(test)]
mod tests;
