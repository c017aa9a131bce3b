//! The reveal share: one at an address tells nothing, two over different values open the signer's
//! sealed identity, by arithmetic alone (docs/reveal.md).
//!
//! The idea is that of double-authentication-preventing signatures (Poettering and Stebila,
//! ESORICS 2014). A share is `Z ‖ T1 ‖ T2 ‖ s`: Z = k·(B + e·A) hides k·B behind k·A, and the rest
//! is a Chaum-Pedersen proof that log_G C = log_P Z, so that a share is proven well formed.

use crate::transcript::{bytes, decode_point, decode_scalar, encode, point, scalar};
use curve25519_dalek::constants::RISTRETTO_BASEPOINT_POINT as G;
use curve25519_dalek::ristretto::RistrettoPoint;
use curve25519_dalek::scalar::Scalar;
use curve25519_dalek::traits::{IsIdentity, VartimeMultiscalarMul};
use types::{
    ChainId, PossessionProof, PublicKey, RevealPoint, Share, SignedAddress, Value, encode as borsh,
};
use zeroize::{Zeroize, ZeroizeOnDrop};

const BASE: &str = "syndic/reveal/v1/base";
const K: &str = "syndic/reveal/v1/k";
const POP_NONCE: &str = "syndic/reveal/v1/pop-nonce";
const POP: &str = "syndic/reveal/v1/pop";
const ADDRESS: &str = "syndic/reveal/v1/address";
const VALUE: &str = "syndic/reveal/v1/value";
const NONCE: &str = "syndic/reveal/v1/nonce";
const CHALLENGE: &str = "syndic/reveal/v1/challenge";
const BATCH: &str = "syndic/reveal/v1/batch";
const DLEQ_NONCE: &str = "syndic/reveal/v1/dleq-nonce";
const DLEQ: &str = "syndic/reveal/v1/dleq";

/// B = Hp("base"): nobody knows its logarithm.
fn base() -> RistrettoPoint {
    static BASE_POINT: std::sync::OnceLock<RistrettoPoint> = std::sync::OnceLock::new();
    *BASE_POINT.get_or_init(|| point(BASE, &[]))
}

/// A = Hp("address", address): one point an address, the same for all validators.
#[derive(Clone, Copy, Debug)]
pub struct AddressPoint {
    point: RistrettoPoint,
}

impl AddressPoint {
    /// The point of an address; worth keeping while several shares of it are handled.
    #[must_use]
    pub fn new(address: &SignedAddress) -> Self {
        Self { point: point(ADDRESS, &[&borsh(address)]) }
    }
}

/// A validator's reveal secret k, erased when dropped.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct RevealSecret {
    seed: [u8; 32],
    k: Scalar,
    #[zeroize(skip)]
    key: PublicKey,
    #[zeroize(skip)]
    chain_id: ChainId,
    #[zeroize(skip)]
    commitment: RevealPoint,
}

impl RevealSecret {
    /// k = Hs("k", seed, chain_id, V): bound to chain and consensus key, so that one seed under
    /// two validators or on two chains reveals nothing.
    #[must_use]
    pub fn derive(seed: [u8; 32], chain_id: &ChainId, key: &PublicKey) -> Self {
        let k = scalar(K, &[&seed, &chain_id.0, &key.0]);
        let commitment = RevealPoint(encode(&RistrettoPoint::mul_base(&k)));
        Self { seed, k, key: *key, chain_id: *chain_id, commitment }
    }

    /// C = k·G.
    #[must_use]
    pub fn commitment(&self) -> RevealPoint {
        self.commitment
    }

    /// K = k·B, which opens the sealed identity. Registrars see it, nobody else.
    #[must_use]
    pub fn hidden_point(&self) -> RevealPoint {
        RevealPoint(encode(&(base() * self.k)))
    }

    /// Proof that k is known: `R ‖ s`.
    #[must_use]
    pub fn prove_possession(&self, fresh: &[u8; 32]) -> PossessionProof {
        let c_point = &self.commitment.0;
        let (chain, key) = (&self.chain_id.0, &self.key.0);
        let mut r = scalar(POP_NONCE, &[&self.seed, chain, key, c_point, fresh]);
        let big_r = encode(&RistrettoPoint::mul_base(&r));
        let c = scalar(POP, &[chain, key, c_point, &big_r]);
        let s = r + c * self.k;
        r.zeroize();
        PossessionProof(join(&[&big_r, s.as_bytes()]))
    }

    /// Proof that log_G C = log_B K, for registrars: `r·G ‖ r·B ‖ s`.
    #[must_use]
    pub fn prove_hidden_point(&self, fresh: &[u8; 32]) -> [u8; 96] {
        let hidden = self.hidden_point();
        let (chain, key, c_point) = (&self.chain_id.0, &self.key.0, &self.commitment.0);
        let mut r = scalar(DLEQ_NONCE, &[&self.seed, key, c_point, &hidden.0, fresh]);
        let (r_g, r_b) = (encode(&RistrettoPoint::mul_base(&r)), encode(&(base() * r)));
        let c = scalar(DLEQ, &[chain, key, c_point, &hidden.0, &r_g, &r_b]);
        let s = r + c * self.k;
        r.zeroize();
        join(&[&r_g, &r_b, s.as_bytes()])
    }

    /// The share at an address over a value. Z is deterministic: the same value again reveals
    /// nothing. `fresh` comes from the operating system; zero in simulations and vectors.
    ///
    /// # Panics
    /// If the share just made does not verify: a faulty machine must not let it out, since a fault
    /// in Z under a fixed nonce would give k away.
    #[must_use]
    pub fn share(
        &self,
        at: &AddressPoint,
        address: &SignedAddress,
        value: &Value,
        fresh: &[u8; 32],
    ) -> Share {
        let (address, value) = (borsh(address), borsh(value));
        let e = scalar(VALUE, &[&address, &value]);
        assert!(e != Scalar::ZERO, "a hash is not zero mod q");
        let p = base() + at.point * e;
        let z = encode(&(p * self.k));
        let (key, c_point) = (&self.key.0, &self.commitment.0);
        let mut r = scalar(NONCE, &[&self.seed, key, c_point, &z, &address, &value, fresh]);
        let (t1, t2) = (encode(&RistrettoPoint::mul_base(&r)), encode(&(p * r)));
        let c = scalar(CHALLENGE, &[key, c_point, &z, &address, &value, &t1, &t2]);
        let s = r + c * self.k;
        r.zeroize();
        let share = Share(join(&[&z, &t1, &t2, s.as_bytes()]));
        let statement = Statement::new(&self.commitment, key, at, &address, &value, &share);
        assert!(statement.is_some_and(|statement| statement.holds()), "a made share verifies");
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
    let (big_r, s) = proof.0.split_at(32);
    let c = scalar(POP, &[&chain_id.0, &key.0, &commitment.0, big_r]);
    let parts = (decode_point(&commitment.0), decode_point(big_r), decode_scalar(s));
    let (Some(commitment), Some(big_r), Some(s)) = parts else { return false };
    RistrettoPoint::vartime_double_scalar_mul_basepoint(&-c, &commitment, &s) == big_r
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
    let (r_g, rest) = proof.split_at(32);
    let (r_b, s) = rest.split_at(32);
    let c = scalar(DLEQ, &[&chain_id.0, &key.0, &commitment.0, &hidden.0, r_g, r_b]);
    let points = (decode_point(&commitment.0), decode_point(&hidden.0));
    let proofs = (decode_point(r_g), decode_point(r_b), decode_scalar(s));
    let ((Some(commitment), Some(hidden)), (Some(r_g), Some(r_b), Some(s))) = (points, proofs)
    else {
        return false;
    };
    RistrettoPoint::mul_base(&s) == r_g + commitment * c && base() * s == r_b + hidden * c
}

/// A share with everything its two equations need, decoded.
pub(crate) struct Statement {
    commitment: RistrettoPoint,
    p: RistrettoPoint,
    z: RistrettoPoint,
    t1: RistrettoPoint,
    t2: RistrettoPoint,
    c: Scalar,
    s: Scalar,
}

impl Statement {
    fn new(
        commitment: &RevealPoint,
        key: &[u8; 32],
        at: &AddressPoint,
        address: &[u8],
        value: &[u8],
        share: &Share,
    ) -> Option<Self> {
        let (z, rest) = share.0.split_at(32);
        let (t1, rest) = rest.split_at(32);
        let (t2, s) = rest.split_at(32);
        let e = scalar(VALUE, &[address, value]);
        if e == Scalar::ZERO {
            return None;
        }
        let c = scalar(CHALLENGE, &[key, &commitment.0, z, address, value, t1, t2]);
        Some(Self {
            commitment: decode_point(&commitment.0)?,
            p: base() + at.point * e,
            z: decode_point(z)?,
            t1: decode_point(t1)?,
            t2: decode_point(t2)?,
            c,
            s: decode_scalar(s)?,
        })
    }

    /// s·G = T1 + c·C and s·P = T2 + c·Z.
    fn holds(&self) -> bool {
        let first = RistrettoPoint::vartime_double_scalar_mul_basepoint(
            &-self.c,
            &self.commitment,
            &self.s,
        );
        let second = RistrettoPoint::vartime_multiscalar_mul([self.s, -self.c], [self.p, self.z]);
        first == self.t1 && second == self.t2
    }
}

/// A share to be verified.
#[derive(Clone, Copy, Debug)]
pub struct ShareCheck<'a> {
    /// C.
    pub commitment: &'a RevealPoint,
    /// V.
    pub key: &'a PublicKey,
    /// A, of this very address.
    pub at: &'a AddressPoint,
    /// The address.
    pub address: &'a SignedAddress,
    /// The value.
    pub value: &'a Value,
    /// The share.
    pub share: &'a Share,
}

impl ShareCheck<'_> {
    fn statement(&self) -> Option<Statement> {
        let (address, value) = (borsh(self.address), borsh(self.value));
        Statement::new(self.commitment, &self.key.0, self.at, &address, &value, self.share)
    }
}

/// Whether a share is well formed.
#[must_use]
pub fn verify(check: &ShareCheck<'_>) -> bool {
    check.statement().is_some_and(|statement| statement.holds())
}

/// The verdict on each share: those of [`verify`]. Each of the two equations of each share has its
/// own weight: with one weight for both, two wrong equations can cancel.
#[must_use]
pub fn verify_batch(checks: &[ShareCheck<'_>]) -> Vec<bool> {
    let statements: Vec<Option<Statement>> = checks.iter().map(ShareCheck::statement).collect();
    let mut verdicts = vec![false; checks.len()];
    let sound: Vec<usize> = (0..checks.len()).filter(|at| statements[*at].is_some()).collect();
    let mut open: Vec<&[usize]> = vec![&sound];
    while let Some(part) = open.pop() {
        let members: Vec<&Statement> =
            part.iter().filter_map(|at| statements[*at].as_ref()).collect();
        match members.as_slice() {
            [] => {}
            [one] => verdicts[part[0]] = one.holds(),
            many if combination_holds(many) => part.iter().for_each(|at| verdicts[*at] = true),
            _ => {
                let (left, right) = part.split_at(part.len() / 2);
                open.push(left);
                open.push(right);
            }
        }
    }
    verdicts
}

fn combination_holds(members: &[&Statement]) -> bool {
    let mut stream = blake3::Hasher::new_derive_key(BATCH);
    stream.update(&(members.len() as u64).to_le_bytes());
    for member in members {
        stream.update(member.c.as_bytes());
        stream.update(member.s.as_bytes());
    }
    let mut weights = stream.finalize_xof();
    let mut weight = || {
        let mut bytes = [0; 16];
        weights.fill(&mut bytes);
        Scalar::from(u128::from_le_bytes(bytes))
    };
    let mut of_base = Scalar::ZERO;
    let mut scalars = Vec::with_capacity(members.len() * 5 + 1);
    let mut points = Vec::with_capacity(members.len() * 5 + 1);
    for member in members {
        let (first, second) = (weight(), weight());
        of_base += first * member.s;
        scalars.extend([-first, -first * member.c, second * member.s, -second, -second * member.c]);
        points.extend([member.t1, member.commitment, member.p, member.t2, member.z]);
    }
    scalars.push(of_base);
    points.push(G);
    RistrettoPoint::vartime_multiscalar_mul(&scalars, &points).is_identity()
}

/// K from two shares of one validator at one address over two values; `None` if the values are the
/// same, or a share is not of canonical points. Both shares must have been verified before.
#[must_use]
pub fn reveal(
    address: &SignedAddress,
    first: (&Value, &Share),
    second: (&Value, &Share),
) -> Option<RevealPoint> {
    let address = borsh(address);
    let e1 = scalar(VALUE, &[&address, &borsh(first.0)]);
    let e2 = scalar(VALUE, &[&address, &borsh(second.0)]);
    if e1 == e2 {
        return None;
    }
    let (z1, z2) = (decode_point(&first.1.0[..32])?, decode_point(&second.1.0[..32])?);
    let m = (z1 - z2) * (e1 - e2).invert();
    let hidden = z1 - m * e1;
    (!hidden.is_identity()).then(|| RevealPoint(encode(&hidden)))
}

/// 64 bytes of the scheme's hash, for sealed identities.
pub(crate) fn hash(context: &str, parts: &[&[u8]]) -> [u8; 32] {
    let output = bytes(context, parts);
    let mut half = [0; 32];
    half.copy_from_slice(&output[..32]);
    half
}

fn join<const N: usize>(parts: &[&[u8; 32]]) -> [u8; N] {
    assert!(parts.len() * 32 == N, "the parts fill the whole");
    let mut whole = [0; N];
    for (to, from) in whole.chunks_exact_mut(32).zip(parts) {
        to.copy_from_slice(*from);
    }
    whole
}
