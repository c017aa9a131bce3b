//! A height's randomness: a verifiable random function over ristretto255, chained from height to
//! height (docs/protocol.md 2.6).
//!
//! The construction is that of RFC 9381 in shape, with this chain's encodings. A height has one
//! output, which the proposer can withhold but not choose.
#![allow(clippy::arithmetic_side_effects, reason = "arithmetic of scalars and points is total")]

use crate::possession::Scheme;
use crate::transcript::{
    decode_point, decode_scalar, encode, join, point, scalar, secret_scalar, split,
};
use crate::{domain, hash};
use curve25519_dalek::Scalar;
use curve25519_dalek::ristretto::RistrettoPoint;
use curve25519_dalek::traits::VartimeMultiscalarMul;
use types::{ChainId, Hash, Height, PossessionProof, PublicKey, RevealPoint, VrfProof};
use zeroize::{Zeroize, ZeroizeOnDrop};

/// The contexts of this scheme.
mod context {
    pub(super) const V: &str = "syndic/vrf/v1/v";
    pub(super) const POP_NONCE: &str = "syndic/vrf/v1/pop-nonce";
    pub(super) const POP: &str = "syndic/vrf/v1/pop";
    pub(super) const POINT: &str = "syndic/vrf/v1/point";
    pub(super) const NONCE: &str = "syndic/vrf/v1/nonce";
    pub(super) const CHALLENGE: &str = "syndic/vrf/v1/challenge";
}

const POSSESSION: Scheme = Scheme { nonce: context::POP_NONCE, challenge: context::POP };

/// A validator's randomness secret v; erased when dropped, never printed.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct VrfSecret {
    seed: [u8; 32],
    v: Scalar,
    #[zeroize(skip)]
    chain_id: ChainId,
    #[zeroize(skip)]
    key: PublicKey,
    #[zeroize(skip)]
    public: RevealPoint,
}

impl VrfSecret {
    /// v = Hs("v", seed, chain_id, V).
    #[must_use]
    pub fn derive(mut seed: [u8; 32], chain_id: &ChainId, key: &PublicKey) -> Self {
        let v = secret_scalar(context::V, &[&seed, &chain_id.0, &key.0]);
        let public = RevealPoint(encode(&RistrettoPoint::mul_base(&v)));
        let secret = Self { seed, v: *v, chain_id: *chain_id, key: *key, public };
        seed.zeroize();
        secret
    }

    /// Y = v·G, which is registered.
    #[must_use]
    pub fn public(&self) -> RevealPoint {
        self.public
    }

    /// Proof that v is known: `r·G ‖ s`.
    #[must_use]
    pub fn prove_possession(&self, fresh: &[u8; 32]) -> PossessionProof {
        let statement = (&self.chain_id, &self.key, &self.public);
        POSSESSION.prove(&self.seed, &self.v, statement, fresh)
    }

    /// The proof of a height's randomness, `Γ ‖ c ‖ s`, and the randomness itself, in constant
    /// time. `previous` is the randomness of the height before.
    ///
    /// # Panics
    /// If the proof just made does not verify: a faulty machine must not let it out, since a fault
    /// in Γ under a fixed nonce would give v away.
    #[must_use]
    pub fn prove(&self, chain_id: &ChainId, height: Height, previous: &Hash) -> (VrfProof, Hash) {
        let public = &self.public.0;
        let p = input_point(&self.public, chain_id, height, previous);
        let (encoded, gamma) = (encode(&p), encode(&(p * self.v)));
        let r = secret_scalar(context::NONCE, &[&self.seed, &encoded, &gamma]);
        let (on_g, on_p) = (encode(&RistrettoPoint::mul_base(&r)), encode(&(p * *r)));
        let c = scalar(context::CHALLENGE, &[public, &encoded, &gamma, &on_g, &on_p]);
        let s = *r + c * self.v;
        let proof = VrfProof(join(&[&gamma, c.as_bytes(), s.as_bytes()]));
        let output = verify(&self.public, chain_id, height, previous, &proof);
        (proof, output.expect("a proof verifies before it leaves"))
    }
}

/// The randomness that a proof proves; `None` if it proves nothing.
#[must_use]
pub fn verify(
    public: &RevealPoint,
    chain_id: &ChainId,
    height: Height,
    previous: &Hash,
    proof: &VrfProof,
) -> Option<Hash> {
    let [encoded_gamma, c, s] = split::<3>(&proof.0);
    let (gamma, c, s) = (decode_point(encoded_gamma)?, decode_scalar(c)?, decode_scalar(s)?);
    let y = decode_point(&public.0)?;
    let p = input_point(public, chain_id, height, previous);
    let on_g = RistrettoPoint::vartime_double_scalar_mul_basepoint(&-c, &y, &s);
    let on_p = RistrettoPoint::vartime_multiscalar_mul([s, -c], [p, gamma]);
    let parts = [&public.0, &encode(&p), encoded_gamma, &encode(&on_g), &encode(&on_p)];
    let expected = scalar(context::CHALLENGE, &parts.map(<[u8; 32]>::as_slice));
    (expected == c).then(|| hash::derive(domain::VRF_OUTPUT, encoded_gamma))
}

/// Whether somebody knows the secret of a randomness key.
#[must_use]
pub fn verify_possession(
    public: &RevealPoint,
    chain_id: &ChainId,
    key: &PublicKey,
    proof: &PossessionProof,
) -> bool {
    POSSESSION.verify((chain_id, key, public), proof)
}

/// P = Hp("point", Y, {chain_id, height, randomness of the height before}).
fn input_point(
    public: &RevealPoint,
    chain_id: &ChainId,
    height: Height,
    previous: &Hash,
) -> RistrettoPoint {
    let alpha = types::encode(&(chain_id, height, previous));
    point(context::POINT, &[&public.0, &alpha])
}

#[cfg(test)]
mod tests;
