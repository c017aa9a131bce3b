//! Hash-to-bytes, hash-to-scalar and hash-to-point of the ristretto schemes (docs/reveal.md 3).

use curve25519_dalek::ristretto::{CompressedRistretto, RistrettoPoint};
use curve25519_dalek::scalar::Scalar;
use curve25519_dalek::traits::IsIdentity;

/// 64 bytes of the XOF under a context, over each part with its length before it.
pub(crate) fn bytes(context: &str, parts: &[&[u8]]) -> [u8; 64] {
    let mut hasher = blake3::Hasher::new_derive_key(context);
    for part in parts {
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part);
    }
    let mut output = [0; 64];
    hasher.finalize_xof().fill(&mut output);
    output
}

/// A scalar from those bytes, mod q.
pub(crate) fn scalar(context: &str, parts: &[&[u8]]) -> Scalar {
    Scalar::from_bytes_mod_order_wide(&bytes(context, parts))
}

/// A point from those bytes, by the element derivation of RFC 9496 4.3.4.
pub(crate) fn point(context: &str, parts: &[&[u8]]) -> RistrettoPoint {
    RistrettoPoint::from_uniform_bytes(&bytes(context, parts))
}

/// A point from its canonical encoding; the identity, 32 zero bytes, is refused.
pub(crate) fn decode_point(bytes: &[u8]) -> Option<RistrettoPoint> {
    let point = CompressedRistretto::from_slice(bytes).ok()?.decompress()?;
    (!point.is_identity()).then_some(point)
}

/// A scalar from its canonical encoding.
pub(crate) fn decode_scalar(bytes: &[u8]) -> Option<Scalar> {
    Option::from(Scalar::from_canonical_bytes(bytes.try_into().ok()?))
}

/// The canonical encoding of a point.
pub(crate) fn encode(point: &RistrettoPoint) -> [u8; 32] {
    point.compress().to_bytes()
}
