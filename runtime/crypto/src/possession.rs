//! Prove that a secret scalar is known: a Schnorr proof bound to chain and consensus key.
//!
//! Reveal commitments and randomness keys are registered with one, so that nobody registers a
//! point made from somebody else's.
#![allow(clippy::arithmetic_side_effects, reason = "arithmetic of scalars and points is total")]

use crate::transcript::{decode_point, decode_scalar, encode, join, scalar, secret_scalar, split};
use curve25519_dalek::Scalar;
use curve25519_dalek::ristretto::RistrettoPoint;
use types::{ChainId, PossessionProof, PublicKey, RevealPoint};

/// The contexts of one scheme's proofs.
pub(crate) struct Scheme {
    /// Of the nonce.
    pub(crate) nonce: &'static str,
    /// Of the challenge.
    pub(crate) challenge: &'static str,
}

impl Scheme {
    /// `R ‖ s` with r = Hs(nonce, seed, chain_id, V, point, fresh), R = r·G,
    /// c = Hs(challenge, chain_id, V, point, R), s = r + c·secret.
    pub(crate) fn prove(
        &self,
        seed: &[u8; 32],
        secret: &Scalar,
        statement: (&ChainId, &PublicKey, &RevealPoint),
        fresh: &[u8; 32],
    ) -> PossessionProof {
        let (ChainId(chain_id), PublicKey(key), RevealPoint(point)) = statement;
        let r = secret_scalar(self.nonce, &[seed, chain_id, key, point, fresh]);
        let nonce_point = encode(&RistrettoPoint::mul_base(&r));
        let c = scalar(self.challenge, &[chain_id, key, point, &nonce_point]);
        let s = *r + c * secret;
        PossessionProof(join(&[&nonce_point, s.as_bytes()]))
    }

    /// s·G = R + c·point.
    pub(crate) fn verify(
        &self,
        statement: (&ChainId, &PublicKey, &RevealPoint),
        proof: &PossessionProof,
    ) -> bool {
        let (ChainId(chain_id), PublicKey(key), RevealPoint(point)) = statement;
        let [nonce_point, s] = split::<2>(&proof.0);
        let c = scalar(self.challenge, &[chain_id, key, point, nonce_point]);
        let decoded = (decode_point(point), decode_point(nonce_point), decode_scalar(s));
        let (Some(point), Some(nonce_point), Some(s)) = decoded else { return false };
        RistrettoPoint::vartime_double_scalar_mul_basepoint(&-c, &point, &s) == nonce_point
    }
}
