//! 100,000 hostile signatures: the verdict alone, in a batch and after halving is one verdict.

use super::*;
use std::sync::LazyLock;

const CASES: usize = 100_000;
const BATCH: usize = 100;

/// Random bytes from a seed: the same cases on every run.
struct Random {
    stream: blake3::OutputReader,
}

impl Random {
    fn new(seed: u64) -> Self {
        let stream = blake3::Hasher::new().update(&seed.to_le_bytes()).finalize_xof();
        Self { stream }
    }

    fn bytes<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        self.stream.fill(&mut bytes);
        bytes
    }

    fn below(&mut self, limit: usize) -> usize {
        (u64::from_le_bytes(self.bytes()) % limit as u64) as usize
    }

    fn torsion(&mut self) -> usize {
        1 + self.below(7)
    }

    fn scalar(&mut self) -> Scalar {
        Scalar::from_bytes_mod_order_wide(&self.bytes())
    }
}

/// Secrets of the cases, and with each its key and its R, plus any of the eight torsion points: the
/// points are what costs, so they are made once. One nonce a secret is enough for verifying.
const SECRETS: usize = 20;
type Encodings = [[[u8; 32]; 8]; SECRETS];
static KEYS: LazyLock<Encodings> = LazyLock::new(|| encodings(secret_scalar));
static NONCES: LazyLock<Encodings> = LazyLock::new(|| encodings(nonce_scalar));

fn secret_scalar(secret: usize) -> Scalar {
    Scalar::from(secret as u64 + 1_000)
}

fn nonce_scalar(secret: usize) -> Scalar {
    Scalar::from(secret as u64 + 77_777)
}

fn encodings(scalar: fn(usize) -> Scalar) -> Encodings {
    core::array::from_fn(|secret| {
        let point = EdwardsPoint::mul_base(&scalar(secret));
        EIGHT_TORSION.map(|torsion| (point + torsion).compress().to_bytes())
    })
}

/// A signature by somebody who knows the secret and adds a torsion point of its choice to its key
/// and to R; torsion point 0 is the neutral one.
pub(super) fn sign_with_torsion(
    secret: usize,
    message: &[u8; 32],
    in_key: usize,
    in_r: usize,
) -> Check {
    let (key, r) = (KEYS[secret][in_key], NONCES[secret][in_r]);
    let s = nonce_scalar(secret) + challenge(&r, &key, message) * secret_scalar(secret);
    check(key, *message, r, s.to_bytes())
}

fn challenge(r: &[u8; 32], key: &[u8; 32], message: &[u8; 32]) -> Scalar {
    let digest = Sha512::new().chain_update(r).chain_update(key).chain_update(message);
    Scalar::from_bytes_mod_order_wide(&digest.finalize().into())
}

fn check(key: [u8; 32], message: [u8; 32], r: [u8; 32], s: [u8; 32]) -> Check {
    Check { key: PublicKey(key), message, signature: Signature(crate::transcript::join(&[&r, &s])) }
}

/// s + l, which is the same number mod l and must be refused.
fn add_order(s: [u8; 32]) -> [u8; 32] {
    let order_less_one = -Scalar::ONE;
    let mut sum = [0; 32];
    // l is (l − 1) + 1: the carry starts at one.
    let mut carry = 1_u16;
    for (to, (a, b)) in sum.iter_mut().zip(s.iter().zip(order_less_one.as_bytes())) {
        let total = u16::from(*a) + u16::from(*b) + carry;
        *to = total as u8;
        carry = total >> 8;
    }
    sum
}

fn split(signature: &Signature) -> ([u8; 32], [u8; 32]) {
    let [r, s] = crate::transcript::split::<2>(&signature.0);
    (*r, *s)
}

fn canonical(s: [u8; 32]) -> Scalar {
    Option::from(Scalar::from_canonical_bytes(s)).expect("a made s is canonical")
}

/// One hostile or honest case, with the verdict it must get where the construction decides it.
fn case(random: &mut Random) -> (Check, Option<bool>) {
    let (secret, message) = (random.below(SECRETS), random.bytes());
    let honest = sign_with_torsion(secret, &message, 0, 0);
    let (r, s) = split(&honest.signature);
    let PublicKey(key) = honest.key;
    match random.below(12) {
        0..=2 => (honest, Some(true)),
        3 => (sign_with_torsion(secret, &message, 0, random.torsion()), Some(true)),
        4 => (sign_with_torsion(secret, &message, random.torsion(), 0), Some(true)),
        5 => {
            let (in_key, in_r) = (random.torsion(), random.torsion());
            (sign_with_torsion(secret, &message, in_key, in_r), Some(true))
        }
        6 => {
            // R or A of small order, with the s that satisfies rule 4: refused by rule 1.
            let small = EIGHT_TORSION[random.torsion()].compress().to_bytes();
            if random.below(2) == 0 {
                let s = challenge(&small, &key, &message) * secret_scalar(secret);
                (check(key, message, small, s.to_bytes()), Some(false))
            } else {
                (check(small, message, r, nonce_scalar(secret).to_bytes()), Some(false))
            }
        }
        7 => (check(key, message, r, add_order(s)), Some(false)),
        8 => (non_canonical(random, &honest), Some(false)),
        9 => {
            let moved = canonical(s) + random.scalar();
            (check(key, message, r, moved.to_bytes()), Some(false))
        }
        10 => (check(random.bytes(), message, random.bytes(), random.bytes()), None),
        _ => {
            let mut signature = honest.signature;
            let bit = random.below(512);
            signature.0[bit / 8] ^= 1 << (bit % 8);
            (Check { signature, ..honest }, Some(false))
        }
    }
}

/// A key or R with a y of at least p.
fn non_canonical(random: &mut Random, honest: &Check) -> Check {
    let mut y = [0xff; 32];
    y[0] = 0xed + random.below(19) as u8;
    y[31] = if random.below(2) == 0 { 0x7f } else { 0xff };
    let (r, s) = split(&honest.signature);
    if random.below(2) == 0 {
        check(y, honest.message, r, s)
    } else {
        check(honest.key.0, honest.message, y, s)
    }
}

/// Two signatures whose errors add up to nothing: s + d and s − d, under one key.
fn cancelling_pair(random: &mut Random) -> [Check; 2] {
    let secret = random.below(SECRETS);
    let off = random.scalar();
    [off, -off].map(|off| {
        let honest = sign_with_torsion(secret, &random.bytes(), 0, 0);
        let (r, s) = split(&honest.signature);
        check(honest.key.0, honest.message, r, (canonical(s) + off).to_bytes())
    })
}

/// A batch with the verdicts its makers expect. Half of the batches are honest but for torsion,
/// so that the sum itself decides; the others are halved.
fn batch(random: &mut Random) -> (Vec<Check>, Vec<Option<bool>>) {
    let (mut checks, mut expected) = (Vec::with_capacity(BATCH), Vec::with_capacity(BATCH));
    let clean = random.below(2) == 0;
    while checks.len() + 2 <= BATCH {
        if !clean && random.below(20) == 0 {
            checks.extend(cancelling_pair(random));
            expected.extend([Some(false); 2]);
            continue;
        }
        let (check, verdict) = case(random);
        if !clean || verdict == Some(true) {
            checks.push(check);
            expected.push(verdict);
        }
    }
    (checks, expected)
}

#[test]
fn single_batch_and_halving_agree_on_100_000_hostile_signatures() {
    let mut random = Random::new(1);
    let mut done = 0;
    while done < CASES {
        let (checks, expected) = batch(&mut random);
        let verdicts = verify_batch(&checks);
        for ((check, expected), verdict) in checks.iter().zip(&expected).zip(&verdicts) {
            let single = verify(&check.key, &check.message, &check.signature);
            assert_eq!(*verdict, single, "batch and single differ on {check:?}");
            assert!(expected.is_none_or(|expected| expected == single), "wrong on {check:?}");
        }
        done += checks.len();
    }
}

#[test]
fn a_sum_without_weights_would_pass_errors_that_cancel() {
    // The planted bug: all weights 1. The cancelling pair must be one that fools it.
    let pair = cancelling_pair(&mut Random::new(2));
    let key = decode_point(&pair[0].key.0).expect("a key");
    let equations = pair.map(|check| {
        Equation::parse(&check.key, 0, &check.message, &check.signature).expect("well formed")
    });
    let errors = equations.iter().map(|e| EdwardsPoint::mul_base(&e.s) - e.r - key * e.h);
    assert!(errors.sum::<EdwardsPoint>().mul_by_cofactor().is_identity(), "the errors cancel");
    assert!(!sum_holds(&equations, &[key]), "weights keep them apart");
    assert_eq!(verify_batch(&pair), [false, false]);
}

#[test]
fn scalars_multiplied_by_the_cofactor_would_refuse_what_the_rule_accepts() {
    // The planted bug: 8 goes into the scalars mod l, and torsion survives the multiplication.
    let message = [4; 32];
    let differs = (1..8).any(|torsion| {
        let check = sign_with_torsion(3, &message, torsion, torsion);
        assert!(verify(&check.key, &check.message, &check.signature));
        let e = Equation::parse(&check.key, 0, &message, &check.signature).expect("well formed");
        let key = decode_point(&check.key.0).expect("a key");
        let eight = Scalar::from(8_u64);
        let scalars = [eight * e.s, -eight, -(eight * e.h)];
        let points = [ED25519_BASEPOINT_POINT, e.r, key];
        !EdwardsPoint::vartime_multiscalar_mul(scalars, points).is_identity()
    });
    assert!(differs);
}
