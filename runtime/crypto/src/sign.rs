//! Sign with ed25519 (RFC 8032) and verify by one rule, the same alone and in batches.
//!
//! The verifiers of ed25519 libraries disagree about keys and nonce points with a component of
//! small order, and a library's batch verifier may disagree with its own single one depending on a
//! signature's companions (Chalkias, Garillot, Nikolaenko: Taming the many EdDSAs, 2020). Between
//! nodes that is a fork. The rule, RFC 8032 5.1.7 with the cofactor and strict encodings:
//!
//! 1. A and R decode: y below p, not one of the five y of points of small order, on the curve.
//! 2. s is below the group order.
//! 3. h = SHA-512(R ‖ A ‖ M) mod l over the bytes as received.
//! 4. `[8](s·B − R − h·A)` is the neutral element.
//!
//! A batch sums rule 4 under 128-bit weights that depend on all of it. The *final point* is
//! multiplied by 8, never a scalar: whatever has small order is gone before it can count.
#![allow(
    clippy::arithmetic_side_effects,
    reason = "arithmetic of scalars and points is total; lengths use checked or saturating steps"
)]

use crate::batch::{self, Coefficients, Distinct, Weights};
use curve25519_dalek::edwards::{CompressedEdwardsY, EdwardsPoint};
use curve25519_dalek::traits::{IsIdentity, VartimeMultiscalarMul};
use curve25519_dalek::{Scalar, constants::ED25519_BASEPOINT_POINT};
use ed25519_dalek::{Signer, SigningKey};
use sha2::{Digest, Sha512};
use types::{PublicKey, Signature};
use zeroize::{Zeroize, Zeroizing};

/// The y of the eight points of small order: 0, 1, −1 and two more (order 8), the top bit clear.
const SMALL_ORDER_Y: [[u8; 32]; 5] = [
    [0; 32],
    {
        let mut one = [0; 32];
        one[0] = 1;
        one
    },
    {
        let mut minus_one = [0xff; 32];
        minus_one[0] = 0xec;
        minus_one[31] = 0x7f;
        minus_one
    },
    [
        0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98,
        0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53,
        0xfc, 0x05,
    ],
    [
        0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67,
        0x0f, 0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac,
        0x03, 0x7a,
    ],
];

/// Context of the weights of a batch.
const WEIGHTS_CONTEXT: &str = "syndic/ed25519/v1/batch";

/// A private key. Erased when dropped, never printed.
pub struct SecretKey {
    key: SigningKey,
}

impl SecretKey {
    /// The key of a 32-byte seed (RFC 8032 5.1.5).
    #[must_use]
    pub fn from_seed(mut seed: [u8; 32]) -> Self {
        let key = SigningKey::from_bytes(&seed);
        seed.zeroize();
        Self { key }
    }

    /// The public key.
    #[must_use]
    pub fn public(&self) -> PublicKey {
        PublicKey(self.key.verifying_key().to_bytes())
    }

    /// The signature of a message (RFC 8032 5.1.6), in constant time.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> Signature {
        Signature(self.key.sign(message).to_bytes())
    }

    /// The seed, for the other secrets that an account derives from it.
    pub(crate) fn seed(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.key.to_bytes())
    }
}

/// A signature over 32 bytes, waiting to be checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Check {
    /// Who should have signed.
    pub key: PublicKey,
    /// The 32 bytes, a hash.
    pub message: [u8; 32],
    /// The signature.
    pub signature: Signature,
}

/// Whether a signature is valid by the rule of this module.
#[must_use]
pub fn verify(key: &PublicKey, message: &[u8], signature: &Signature) -> bool {
    decode_point(&key.0)
        .and_then(|point| Equation::parse(key, 0, message, signature).map(|e| e.holds(&point)))
        .unwrap_or(false)
}

/// The verdict of [`verify`] on each of many, in their order, at a third to a half of the cost.
#[must_use]
pub fn verify_batch(checks: &[Check]) -> Vec<bool> {
    let mut keys = Distinct::new();
    let parsed: Vec<Option<Equation>> = checks
        .iter()
        .map(|Check { key, message, signature }| {
            let place = keys.index(key.0, decode_point)?;
            Equation::parse(key, place, message, signature)
        })
        .collect();
    let points = keys.points();
    batch::verdicts_of_parsed(
        parsed.into_iter(),
        |equations| sum_holds(equations, points),
        |equation| equation.holds(&points[equation.key]),
    )
}

/// Whether these bytes are a key that a signature can be valid under.
#[must_use]
pub fn is_valid_key(key: &PublicKey) -> bool {
    decode_point(&key.0).is_some()
}

/// Whether R decodes and s is below the group order: rules 1 and 2, of which no key is part.
#[must_use]
pub fn is_canonical(signature: &Signature) -> bool {
    parts(signature).is_some()
}

/// R and s of a signature, with R as it came.
fn parts(signature: &Signature) -> Option<(&[u8; 32], EdwardsPoint, Scalar)> {
    let (r_bytes, s_bytes) = signature.0.split_first_chunk::<32>()?;
    let s_bytes: [u8; 32] = s_bytes.try_into().ok()?;
    let s = Option::<Scalar>::from(Scalar::from_canonical_bytes(s_bytes))?;
    Some((r_bytes, decode_point(r_bytes)?, s))
}

/// Rule 1: `None` for a y not below p, of small order, or without a point.
fn decode_point(bytes: &[u8; 32]) -> Option<EdwardsPoint> {
    let mut y = *bytes;
    y[31] &= 0x7f;
    let below_p = y[31] != 0x7f || y[0] < 0xed || y[1..31].iter().any(|byte| *byte != 0xff);
    if !below_p || SMALL_ORDER_Y.contains(&y) {
        return None;
    }
    CompressedEdwardsY(*bytes).decompress()
}

/// What rules 1 to 3 leave of a signature: R, s, h, and where A stands.
struct Equation {
    r: EdwardsPoint,
    s: Scalar,
    h: Scalar,
    key: usize,
}

impl Equation {
    fn parse(key: &PublicKey, index: usize, message: &[u8], signature: &Signature) -> Option<Self> {
        let (r_bytes, r, s) = parts(signature)?;
        let digest = Sha512::new().chain_update(r_bytes).chain_update(key.0).chain_update(message);
        let h = Scalar::from_bytes_mod_order_wide(&digest.finalize().into());
        Some(Self { r, s, h, key: index })
    }

    /// Rule 4 for one signature.
    fn holds(&self, key: &EdwardsPoint) -> bool {
        let left = EdwardsPoint::vartime_double_scalar_mul_basepoint(&self.h, &-key, &self.s);
        (left - self.r).mul_by_cofactor().is_identity()
    }
}

/// Rule 4 for the weighted sum of several: terms of equal keys and all of the base are merged.
fn sum_holds(equations: &[Equation], keys: &[EdwardsPoint]) -> bool {
    let mut weights = Weights::new(WEIGHTS_CONTEXT, equations.len());
    for equation in equations {
        weights.absorb(&equation.h);
        weights.absorb(&equation.s);
    }
    let mut weights = weights.finish();
    let mut of_base = Scalar::ZERO;
    let mut of_keys = Coefficients::new();
    let mut scalars = Vec::with_capacity(equations.len().saturating_mul(2).saturating_add(1));
    for equation in equations {
        let weight = weights.next_weight();
        of_base -= weight * equation.s;
        of_keys.add(equation.key, weight * equation.h);
        scalars.push(weight);
    }
    scalars.extend(of_keys.scalars());
    scalars.push(of_base);
    let points = equations
        .iter()
        .map(|equation| &equation.r)
        .chain(of_keys.points(keys))
        .chain(core::iter::once(&ED25519_BASEPOINT_POINT));
    EdwardsPoint::vartime_multiscalar_mul(&scalars, points).mul_by_cofactor().is_identity()
}

#[cfg(test)]
mod tests;
