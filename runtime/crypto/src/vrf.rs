//! A height's randomness: a verifiable random function over ristretto255, chained from height to
//! height. The construction is that of RFC 9381 in shape, with the encodings of docs/protocol.md
//! 2.6. Who proposes can withhold it, but not choose it.

use crate::transcript::{decode_point, decode_scalar, encode, point, scalar};
use crate::{domain, hash};
use curve25519_dalek::ristretto::RistrettoPoint;
use curve25519_dalek::traits::VartimeMultiscalarMul;
use types::{
    ChainId, Hash, Height, PossessionProof, PublicKey, RevealPoint, VrfProof, encode as borsh,
};
use zeroize::{Zeroize, ZeroizeOnDrop};

const V: &str = "syndic/vrf/v1/v";
const POP_NONCE: &str = "syndic/vrf/v1/pop-nonce";
const POP: &str = "syndic/vrf/v1/pop";
const POINT: &str = "syndic/vrf/v1/point";
const NONCE: &str = "syndic/vrf/v1/nonce";
const CHALLENGE: &str = "syndic/vrf/v1/challenge";

/// A validator's randomness secret v, erased when dropped.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct VrfSecret {
    seed: [u8; 32],
    v: curve25519_dalek::scalar::Scalar,
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
    pub fn derive(seed: [u8; 32], chain_id: &ChainId, key: &PublicKey) -> Self {
        let v = scalar(V, &[&seed, &chain_id.0, &key.0]);
        let public = RevealPoint(encode(&RistrettoPoint::mul_base(&v)));
        Self { seed, v, chain_id: *chain_id, key: *key, public }
    }

    /// Y = v·G.
    #[must_use]
    pub fn public(&self) -> RevealPoint {
        self.public
    }

    /// Proof that v is known: `r·G ‖ s`.
    #[must_use]
    pub fn prove_possession(&self, fresh: &[u8; 32]) -> PossessionProof {
        let (chain, key, y) = (&self.chain_id.0, &self.key.0, &self.public.0);
        let mut r = scalar(POP_NONCE, &[&self.seed, chain, key, y, fresh]);
        let big_r = encode(&RistrettoPoint::mul_base(&r));
        let s = r + scalar(POP, &[chain, key, y, &big_r]) * self.v;
        r.zeroize();
        let mut proof = [0; 64];
        proof[..32].copy_from_slice(&big_r);
        proof[32..].copy_from_slice(s.as_bytes());
        PossessionProof(proof)
    }

    /// The proof of a height's randomness and the randomness itself. The same height on the same
    /// predecessor has one output.
    ///
    /// # Panics
    /// If the proof just made does not verify: a faulty machine must not let it out.
    #[must_use]
    pub fn prove(&self, chain_id: &ChainId, height: Height, previous: &Hash) -> (VrfProof, Hash) {
        let alpha = borsh(&(chain_id, height, previous));
        let p = point(POINT, &[&self.public.0, &alpha]);
        let gamma = encode(&(p * self.v));
        let p_bytes = encode(&p);
        let mut r = scalar(NONCE, &[&self.seed, &p_bytes, &gamma]);
        let (r_g, r_p) = (encode(&RistrettoPoint::mul_base(&r)), encode(&(p * r)));
        let c = scalar(CHALLENGE, &[&self.public.0, &p_bytes, &gamma, &r_g, &r_p]);
        let s = r + c * self.v;
        r.zeroize();
        let mut proof = [0; 96];
        proof[..32].copy_from_slice(&gamma);
        proof[32..64].copy_from_slice(c.as_bytes());
        proof[64..].copy_from_slice(s.as_bytes());
        let proof = VrfProof(proof);
        let output = verify(&self.public, chain_id, height, previous, &proof);
        (proof, output.expect("a made proof verifies"))
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
    let (gamma_bytes, rest) = proof.0.split_at(32);
    let (c, s) = rest.split_at(32);
    let (gamma, c, s) = (decode_point(gamma_bytes)?, decode_scalar(c)?, decode_scalar(s)?);
    let y = decode_point(&public.0)?;
    let alpha = borsh(&(chain_id, height, previous));
    let p = point(POINT, &[&public.0, &alpha]);
    let r_g = RistrettoPoint::vartime_double_scalar_mul_basepoint(&-c, &y, &s);
    let r_p = RistrettoPoint::vartime_multiscalar_mul([s, -c], [p, gamma]);
    let parts: [&[u8]; 5] = [&public.0, &encode(&p), gamma_bytes, &encode(&r_g), &encode(&r_p)];
    (scalar(CHALLENGE, &parts) == c).then(|| hash::derive(domain::VRF_OUTPUT, gamma_bytes))
}

/// Whether somebody knows the secret of a randomness key.
#[must_use]
pub fn verify_possession(
    public: &RevealPoint,
    chain_id: &ChainId,
    key: &PublicKey,
    proof: &PossessionProof,
) -> bool {
    let (big_r, s) = proof.0.split_at(32);
    let c = scalar(POP, &[&chain_id.0, &key.0, &public.0, big_r]);
    let parts = (decode_point(&public.0), decode_point(big_r), decode_scalar(s));
    let (Some(public), Some(big_r), Some(s)) = parts else { return false };
    RistrettoPoint::vartime_double_scalar_mul_basepoint(&-c, &public, &s) == big_r
}
