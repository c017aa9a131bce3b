//! The reveal share: one at an address tells nothing, two over different values open the signer's
//! sealed identity, by arithmetic alone (docs/reveal.md 2 to 7).
//!
//! The idea is that of double-authentication-preventing signatures (Poettering and Stebila,
//! ESORICS 2014; Derler, Ramacher, Slamanig, Euro S&P 2018). A share is `Z ‖ T1 ‖ T2 ‖ s`:
//! Z = k·(B + e·A) hides K = k·B behind k·A, and the rest is a Chaum-Pedersen proof that
//! log_G C = log_P Z, so that nobody can hand out a share that would open nothing.
#![allow(clippy::arithmetic_side_effects, reason = "arithmetic of scalars and points is total")]

mod share;

pub use share::{ShareCheck, is_canonical, verify, verify_batch};

use crate::possession::Scheme;
use crate::transcript::{
    decode_point, decode_scalar, encode, join, point, scalar, secret_scalar, split,
};
use curve25519_dalek::Scalar;
use curve25519_dalek::ristretto::RistrettoPoint;
use curve25519_dalek::traits::{IsIdentity, VartimeMultiscalarMul};
use std::sync::LazyLock;
use types::{ChainId, PossessionProof, PublicKey, RevealPoint, Share, SignedAddress, Value};
use zeroize::{Zeroize, ZeroizeOnDrop};

/// The contexts of this scheme.
mod context {
    pub(super) const BASE: &str = "syndic/reveal/v1/base";
    pub(super) const K: &str = "syndic/reveal/v1/k";
    pub(super) const POP_NONCE: &str = "syndic/reveal/v1/pop-nonce";
    pub(super) const POP: &str = "syndic/reveal/v1/pop";
    pub(super) const ADDRESS: &str = "syndic/reveal/v1/address";
    pub(super) const VALUE: &str = "syndic/reveal/v1/value";
    pub(super) const NONCE: &str = "syndic/reveal/v1/nonce";
    pub(super) const CHALLENGE: &str = "syndic/reveal/v1/challenge";
    pub(super) const BATCH: &str = "syndic/reveal/v1/batch";
    pub(super) const DLEQ_NONCE: &str = "syndic/reveal/v1/dleq-nonce";
    pub(super) const DLEQ: &str = "syndic/reveal/v1/dleq";
}

const POSSESSION: Scheme = Scheme { nonce: context::POP_NONCE, challenge: context::POP };

/// B = Hp("base"): nobody knows its logarithm.
static BASE: LazyLock<RistrettoPoint> = LazyLock::new(|| point(context::BASE, &[]));

/// Bytes of an encoded address: chain 32, height 8, round 4, step 1.
const ADDRESS_BYTES: usize = 45;

/// An address with A = Hp("address", address): one point an address, the same for all validators.
/// Worth keeping while several shares at the address are handled: it costs a quarter of a
/// signature's verification.
#[derive(Clone, Copy, Debug)]
pub struct AddressPoint {
    encoded: [u8; ADDRESS_BYTES],
    point: RistrettoPoint,
}

impl AddressPoint {
    /// The point of an address.
    #[must_use]
    pub fn new(address: &SignedAddress) -> Self {
        let encoded = encode_address(address);
        Self { encoded, point: point(context::ADDRESS, &[&encoded]) }
    }
}

/// A validator's reveal secret k; erased when dropped, never printed.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct RevealSecret {
    seed: [u8; 32],
    k: Scalar,
    #[zeroize(skip)]
    chain_id: ChainId,
    #[zeroize(skip)]
    key: PublicKey,
    #[zeroize(skip)]
    commitment: RevealPoint,
}

impl RevealSecret {
    /// k = Hs("k", seed, chain_id, V): bound to chain and consensus key, so that one seed under
    /// two validators or on two chains reveals nothing without a double sign.
    #[must_use]
    pub fn derive(mut seed: [u8; 32], chain_id: &ChainId, key: &PublicKey) -> Self {
        let k = secret_scalar(context::K, &[&seed, &chain_id.0, &key.0]);
        let commitment = RevealPoint(encode(&RistrettoPoint::mul_base(&k)));
        let secret = Self { seed, k: *k, chain_id: *chain_id, key: *key, commitment };
        seed.zeroize();
        secret
    }

    /// C = k·G, which is registered.
    #[must_use]
    pub fn commitment(&self) -> RevealPoint {
        self.commitment
    }

    /// K = k·B, which opens the sealed identity. Registrars see it, nobody else.
    #[must_use]
    pub fn hidden_point(&self) -> RevealPoint {
        RevealPoint(encode(&(*BASE * self.k)))
    }

    /// Proof that k is known: `R ‖ s`.
    #[must_use]
    pub fn prove_possession(&self, fresh: &[u8; 32]) -> PossessionProof {
        let statement = (&self.chain_id, &self.key, &self.commitment);
        POSSESSION.prove(&self.seed, &self.k, statement, fresh)
    }

    /// Proof that log_G C = log_B K, for registrars: `r·G ‖ r·B ‖ s`.
    #[must_use]
    pub fn prove_hidden_point(&self, fresh: &[u8; 32]) -> [u8; 96] {
        let RevealPoint(hidden) = self.hidden_point();
        let (chain_id, key, commitment) = (&self.chain_id.0, &self.key.0, &self.commitment.0);
        let r = secret_scalar(context::DLEQ_NONCE, &[&self.seed, key, commitment, &hidden, fresh]);
        let (on_g, on_b) = (encode(&RistrettoPoint::mul_base(&r)), encode(&(*BASE * *r)));
        let c = scalar(context::DLEQ, &[chain_id, key, commitment, &hidden, &on_g, &on_b]);
        let s = *r + c * self.k;
        join(&[&on_g, &on_b, s.as_bytes()])
    }

    /// The share at an address over a value, in constant time. Z is deterministic: the same value
    /// again reveals nothing. The secret takes an address and never a point, so that nobody can
    /// have it multiply one of their own making.
    ///
    /// `fresh` is 32 bytes from the operating system; zero in simulations and vectors.
    ///
    /// # Panics
    /// If the address is of another chain; or if the share just made does not verify: a faulty
    /// machine must not let it out, since a fault in Z under a fixed nonce would give k away.
    #[must_use]
    pub fn share(&self, address: &SignedAddress, value: &Value, fresh: &[u8; 32]) -> Share {
        assert_eq!(address.chain_id, self.chain_id, "a reveal secret serves one chain");
        let at = AddressPoint::new(address);
        let encoded = ValueBytes::new(value);
        let (address, value) = (&at.encoded, encoded.as_slice());
        let p = *BASE + at.point * scalar_of_value(&at, &encoded).expect("a hash is not 0 mod q");
        let z = encode(&(p * self.k));
        let (key, commitment) = (&self.key.0, &self.commitment.0);
        let of_nonce: [&[u8]; 7] = [&self.seed, key, commitment, &z, address, value, fresh];
        let r = secret_scalar(context::NONCE, &of_nonce);
        let (t1, t2) = (encode(&RistrettoPoint::mul_base(&r)), encode(&(p * *r)));
        let c = scalar(context::CHALLENGE, &[key, commitment, &z, address, value, &t1, &t2]);
        let s = *r + c * self.k;
        let share = Share(join(&[&z, &t1, &t2, s.as_bytes()]));
        let check = ShareCheck {
            commitment: &self.commitment,
            key: &self.key,
            at: &at,
            value: encoded.value(),
            share: &share,
        };
        assert!(verify(&check), "a share verifies before it leaves");
        share
    }
}

/// Whether somebody knows the secret of a commitment.
#[must_use]
pub fn verify_possession(
    commitment: &RevealPoint,
    chain_id: &ChainId,
    key: &PublicKey,
    proof: &PossessionProof,
) -> bool {
    POSSESSION.verify((chain_id, key, commitment), proof)
}

/// Whether K is the hidden point of C: what a registrar checks before it attests.
#[must_use]
pub fn verify_hidden_point(
    commitment: &RevealPoint,
    hidden: &RevealPoint,
    chain_id: &ChainId,
    key: &PublicKey,
    proof: &[u8; 96],
) -> bool {
    let [on_g, on_b, s] = split::<3>(proof);
    let parts = [&chain_id.0, &key.0, &commitment.0, &hidden.0, on_g, on_b];
    let c = scalar(context::DLEQ, &parts.map(<[u8; 32]>::as_slice));
    let points = [&commitment.0, &hidden.0, on_g, on_b].map(decode_point);
    let ([Some(commitment), Some(hidden), Some(on_g), Some(on_b)], Some(s)) =
        (points, decode_scalar(s))
    else {
        return false;
    };
    RistrettoPoint::vartime_double_scalar_mul_basepoint(&-c, &commitment, &s) == on_g
        && RistrettoPoint::vartime_multiscalar_mul([s, -c], [*BASE, hidden]) == on_b
}

/// K from two shares of one validator at one address over two values, both verified before:
/// M = (e1 − e2)^-1·(Z1 − Z2) = k·A, K = Z1 − e1·M.
///
/// `None` if the values are the same, or a share was not verified and holds no point.
#[must_use]
pub fn reveal(
    address: &SignedAddress,
    first: (&Value, &Share),
    second: (&Value, &Share),
) -> Option<RevealPoint> {
    let encoded = encode_address(address);
    let e_and_z = |(value, share): (&Value, &Share)| {
        let e = scalar(context::VALUE, &[&encoded, ValueBytes::new(value).as_slice()]);
        let [z, ..] = split::<4>(&share.0);
        decode_point(z).map(|z| (e, z))
    };
    let ((e1, z1), (e2, z2)) = (e_and_z(first)?, e_and_z(second)?);
    if e1 == e2 {
        return None;
    }
    let m = (z1 - z2) * (e1 - e2).invert();
    let hidden = z1 - m * e1;
    (!hidden.is_identity()).then(|| RevealPoint(encode(&hidden)))
}

/// e = Hs("value", address, value); `None` for 0, which would make P the bare base.
fn scalar_of_value(at: &AddressPoint, value: &ValueBytes) -> Option<Scalar> {
    let e = scalar(context::VALUE, &[&at.encoded, value.as_slice()]);
    (e != Scalar::ZERO).then_some(e)
}

/// borsh of an address, on the stack.
fn encode_address(address: &SignedAddress) -> [u8; ADDRESS_BYTES] {
    let mut encoded = [0; ADDRESS_BYTES];
    let mut rest = &mut encoded[..];
    borsh::to_writer(&mut rest, address).expect("an address has exactly 45 bytes");
    assert!(rest.is_empty(), "an address has exactly 45 bytes");
    encoded
}

/// borsh of a value, on the stack: nil is one byte, anything else 33.
struct ValueBytes {
    value: Value,
    bytes: [u8; 33],
}

impl ValueBytes {
    fn new(value: &Value) -> Self {
        let mut bytes = [0; 33];
        if let Some(hash) = value {
            bytes[0] = 1;
            bytes[1..].copy_from_slice(&hash.0);
        }
        Self { value: *value, bytes }
    }

    const fn value(&self) -> &Value {
        &self.value
    }

    fn as_slice(&self) -> &[u8] {
        if self.value.is_some() { &self.bytes } else { &self.bytes[..1] }
    }
}

#[cfg(test)]
mod tests;
