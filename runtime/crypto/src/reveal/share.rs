//! Verify shares, alone and in batches.

use super::{AddressPoint, BASE, ValueBytes, context, scalar_of_value};
use crate::batch::{self, Coefficients, Distinct, Weights};
use crate::transcript::{decode_point, decode_scalar, scalar, split};
use curve25519_dalek::Scalar;
use curve25519_dalek::constants::RISTRETTO_BASEPOINT_POINT;
use curve25519_dalek::ristretto::RistrettoPoint;
use curve25519_dalek::traits::{IsIdentity, VartimeMultiscalarMul};
use types::{PublicKey, RevealPoint, Share, Value};

/// A share to be verified.
#[derive(Clone, Copy, Debug)]
pub struct ShareCheck<'a> {
    /// C.
    pub commitment: &'a RevealPoint,
    /// V.
    pub key: &'a PublicKey,
    /// The address with its point A.
    pub at: &'a AddressPoint,
    /// The value.
    pub value: &'a Value,
    /// The share.
    pub share: &'a Share,
}

/// Whether a share is well formed: s·G = T1 + c·C and s·P = T2 + c·Z.
#[must_use]
pub fn verify(check: &ShareCheck<'_>) -> bool {
    let Some(commitment) = decode_point(&check.commitment.0) else { return false };
    Statement::parse(check, 0, 0)
        .is_some_and(|statement| statement.holds(&commitment, &check.at.point))
}

/// Whether all three points and the scalar of a share are in canonical form, and no point zero.
#[must_use]
pub fn is_canonical(share: &Share) -> bool {
    let [z, t1, t2, s] = split::<4>(&share.0);
    [z, t1, t2].into_iter().all(|point| decode_point(point).is_some()) && decode_scalar(s).is_some()
}

/// The verdict of [`verify`] on each of many, in their order, at a third to a half of the cost.
#[must_use]
pub fn verify_batch(checks: &[ShareCheck<'_>]) -> Vec<bool> {
    let mut commitments = Distinct::new();
    let mut addresses = Distinct::new();
    let statements: Vec<Option<Statement>> = checks
        .iter()
        .map(|check| {
            let commitment = commitments.index(check.commitment.0, decode_point)?;
            let address = addresses.index(check.at.encoded, |_| Some(check.at.point))?;
            Statement::parse(check, commitment, address)
        })
        .collect();
    let (commitments, addresses) = (commitments.points(), addresses.points());
    batch::verdicts_of_parsed(
        statements.into_iter(),
        |statements| sum_holds(statements, commitments, addresses),
        |one| one.holds(&commitments[one.commitment], &addresses[one.address]),
    )
}

/// A share's points and scalars, and where its commitment and its address's point stand.
pub(super) struct Statement {
    pub(super) z: RistrettoPoint,
    pub(super) t1: RistrettoPoint,
    pub(super) t2: RistrettoPoint,
    pub(super) e: Scalar,
    pub(super) c: Scalar,
    pub(super) s: Scalar,
    commitment: usize,
    address: usize,
}

impl Statement {
    pub(super) fn parse(check: &ShareCheck<'_>, commitment: usize, address: usize) -> Option<Self> {
        let [z, t1, t2, s] = split::<4>(&check.share.0);
        let value = ValueBytes::new(check.value);
        let e = scalar_of_value(check.at, &value)?;
        let (key, at) = (&check.key.0, &check.at.encoded);
        let parts: [&[u8]; 7] = [key, &check.commitment.0, z, at, value.as_slice(), t1, t2];
        Some(Self {
            s: decode_scalar(s)?,
            z: decode_point(z)?,
            t1: decode_point(t1)?,
            t2: decode_point(t2)?,
            e,
            c: scalar(context::CHALLENGE, &parts),
            commitment,
            address,
        })
    }

    /// Both equations, exactly. s·P is s·B + (s·e)·A.
    fn holds(&self, commitment: &RistrettoPoint, address: &RistrettoPoint) -> bool {
        let on_g =
            RistrettoPoint::vartime_double_scalar_mul_basepoint(&-self.c, commitment, &self.s);
        let on_p = RistrettoPoint::vartime_multiscalar_mul(
            [self.s, self.s * self.e, -self.c],
            [&*BASE, address, &self.z],
        );
        on_g == self.t1 && on_p == self.t2
    }
}

/// The weighted sum of both equations of several shares: each of the two has a weight of its own.
/// With one weight for both, a share made with another secret passes (a Schnorr proof on G + P).
fn sum_holds(
    statements: &[Statement],
    commitments: &[RistrettoPoint],
    addresses: &[RistrettoPoint],
) -> bool {
    let mut weights = Weights::new(context::BATCH, statements.len());
    for statement in statements {
        weights.absorb(&statement.c);
        weights.absorb(&statement.s);
    }
    let mut weights = weights.finish();
    sum_is_neutral(statements, commitments, addresses, || {
        (weights.next_weight(), weights.next_weight())
    })
}

/// Whether Σ z·(T1 + c·C − s·G) + w·(T2 + c·Z − s·B − s·e·A) is neutral, (z, w) the weights.
pub(super) fn sum_is_neutral(
    statements: &[Statement],
    commitments: &[RistrettoPoint],
    addresses: &[RistrettoPoint],
    mut weights: impl FnMut() -> (Scalar, Scalar),
) -> bool {
    let (mut of_generator, mut of_base) = (Scalar::ZERO, Scalar::ZERO);
    let (mut of_commitments, mut of_addresses) = (Coefficients::new(), Coefficients::new());
    let capacity = statements
        .len()
        .saturating_mul(3)
        .saturating_add(2)
        .saturating_add(commitments.len())
        .saturating_add(addresses.len());
    let mut scalars = Vec::with_capacity(capacity);
    for statement in statements {
        let (first, second) = weights();
        let of_address = second * statement.s;
        of_generator -= first * statement.s;
        of_base -= of_address;
        of_commitments.add(statement.commitment, first * statement.c);
        of_addresses.add(statement.address, -(of_address * statement.e));
        scalars.extend([first, second, second * statement.c]);
    }
    scalars.extend(of_commitments.scalars());
    scalars.extend(of_addresses.scalars());
    scalars.extend([of_generator, of_base]);
    let points = statements
        .iter()
        .flat_map(|statement| [&statement.t1, &statement.t2, &statement.z])
        .chain(of_commitments.points(commitments))
        .chain(of_addresses.points(addresses))
        .chain([&RISTRETTO_BASEPOINT_POINT, &*BASE]);
    RistrettoPoint::vartime_multiscalar_mul(&scalars, points).is_identity()
}
