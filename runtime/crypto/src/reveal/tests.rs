use super::share::{Statement, sum_is_neutral};
use super::*;
use types::{Hash, Height, Round, Step};

const CHAIN: ChainId = ChainId([7; 32]);

fn secret(number: u8) -> RevealSecret {
    RevealSecret::derive([number; 32], &CHAIN, &PublicKey([number; 32]))
}

fn address(height: u64) -> SignedAddress {
    SignedAddress { chain_id: CHAIN, height: Height(height), round: Round(0), step: Step::Prevote }
}

fn value(number: u8) -> Value {
    Some(Hash([number; 32]))
}

fn check<'a>(
    secret: &'a RevealSecret,
    at: &'a AddressPoint,
    value: &'a Value,
    share: &'a Share,
) -> ShareCheck<'a> {
    ShareCheck { commitment: &secret.commitment, key: &secret.key, at, value, share }
}

/// A share that proves k' instead of k by a Schnorr proof on G + P: Z' = k'·(G + P) − C. It opens
/// nothing, and satisfies the *sum* of its two equations though neither of them.
fn share_of_another_secret(secret: &RevealSecret, at: &AddressPoint, value: &Value) -> Share {
    let encoded = ValueBytes::new(value);
    let p = *BASE + at.point * scalar_of_value(at, &encoded).expect("not zero");
    let (other, nonce) = (Scalar::from(4_242_u64), Scalar::from(99_u64));
    let commitment = decode_point(&secret.commitment.0).expect("a point");
    let z = encode(&((RistrettoPoint::mul_base(&other) + p * other) - commitment));
    let (t1, t2) = (encode(&RistrettoPoint::mul_base(&nonce)), encode(&(p * nonce)));
    let parts: [&[u8]; 7] =
        [&secret.key.0, &secret.commitment.0, &z, &at.encoded, encoded.as_slice(), &t1, &t2];
    let s = nonce + scalar(context::CHALLENGE, &parts) * other;
    Share(join(&[&z, &t1, &t2, s.as_bytes()]))
}

#[test]
fn two_values_at_one_address_give_the_hidden_point_and_nothing_else_does() {
    let secret = secret(1);
    let (at, fresh) = (address(5), [0; 32]);
    let (one, two, nil) = (value(1), value(2), None);
    let share = |at: &SignedAddress, value: &Value| secret.share(at, value, &fresh);
    let (first, second, third) = (share(&at, &one), share(&at, &two), share(&at, &nil));
    let hidden = Some(secret.hidden_point());
    assert_eq!(reveal(&at, (&one, &first), (&two, &second)), hidden);
    assert_eq!(reveal(&at, (&two, &second), (&one, &first)), hidden);
    assert_eq!(reveal(&at, (&one, &first), (&nil, &third)), hidden, "nil is a value");
    assert_eq!(reveal(&at, (&one, &first), (&one, &first)), None);
    let elsewhere = share(&address(6), &two);
    assert_ne!(reveal(&at, (&one, &first), (&two, &elsewhere)), hidden);
    let stranger = super::tests::secret(2).share(&at, &two, &fresh);
    assert_ne!(reveal(&at, (&one, &first), (&two, &stranger)), hidden);
}

#[test]
fn the_same_value_again_has_the_same_z_whatever_is_fresh() {
    let secret = secret(1);
    let first = secret.share(&address(5), &value(1), &[1; 32]);
    let again = secret.share(&address(5), &value(1), &[2; 32]);
    assert_eq!(first.0[..32], again.0[..32]);
    assert_ne!(first.0[32..], again.0[32..]);
    assert_eq!(reveal(&address(5), (&value(1), &first), (&value(1), &again)), None);
}

#[test]
fn a_share_counts_for_its_key_commitment_address_and_value_only() {
    let (secret, other) = (secret(1), secret(2));
    let (at, elsewhere) = (AddressPoint::new(&address(5)), AddressPoint::new(&address(6)));
    let (one, two) = (value(1), value(2));
    let share = secret.share(&address(5), &one, &[0; 32]);
    let good = check(&secret, &at, &one, &share);
    assert!(verify(&good));
    for bad in [
        ShareCheck { key: &other.key, ..good },
        ShareCheck { commitment: &other.commitment, ..good },
        ShareCheck { at: &elsewhere, ..good },
        ShareCheck { value: &two, ..good },
        ShareCheck { value: &None, ..good },
        ShareCheck { commitment: &RevealPoint::ZERO, ..good },
    ] {
        assert!(!verify(&bad));
        assert_eq!(verify_batch(&[good, bad]), [true, false]);
    }
}

#[test]
fn refuses_zero_points_and_scalars_beyond_the_order_in_every_part() {
    let secret = secret(1);
    let at = AddressPoint::new(&address(5));
    let good = secret.share(&address(5), &value(1), &[0; 32]);
    for (part, bytes) in [(0, [0; 32]), (1, [0; 32]), (2, [0; 32]), (3, [0xff; 32])] {
        let mut share = good;
        share.0[part * 32..][..32].copy_from_slice(&bytes);
        assert!(!verify(&check(&secret, &at, &value(1), &share)), "part {part}");
    }
}

#[test]
fn one_weight_for_both_equations_would_pass_a_share_that_opens_nothing() {
    let secret = secret(1);
    let at = AddressPoint::new(&address(5));
    let value = value(1);
    let wrong = share_of_another_secret(&secret, &at, &value);
    let right = secret.share(&address(5), &value, &[0; 32]);
    let checks = [check(&secret, &at, &value, &right), check(&secret, &at, &value, &wrong)];
    // The planted bug: the sum under one weight a share, as random as one likes.
    let statements: Vec<Statement> =
        checks.iter().map(|check| Statement::parse(check, 0, 0).expect("well formed")).collect();
    let commitments = [decode_point(&secret.commitment.0).expect("a point")];
    let mut weight = Scalar::from(0x1234_5678_9abc_u64);
    let one_weight = || {
        weight *= weight;
        (weight, weight)
    };
    assert!(sum_is_neutral(&statements, &commitments, &[at.point], one_weight), "it passes");
    // The real one refuses it, and such a share would have opened nothing.
    assert_eq!(verify_batch(&checks), [true, false]);
    assert!(!verify(&checks[1]));
    let second = secret.share(&address(5), &None, &[0; 32]);
    let opened = reveal(&address(5), (&value, &wrong), (&None, &second));
    assert_ne!(opened, Some(secret.hidden_point()));
}

#[test]
fn single_batch_and_halving_agree_on_hostile_shares() {
    let secrets: Vec<RevealSecret> = (1..=5).map(secret).collect();
    let points: Vec<AddressPoint> = (0..4).map(|h| AddressPoint::new(&address(h))).collect();
    let values = [value(1), value(2), None];
    let mut stream = blake3::Hasher::new().update(b"hostile shares").finalize_xof();
    let mut below = |limit: usize| {
        let mut bytes = [0; 8];
        stream.fill(&mut bytes);
        (u64::from_le_bytes(bytes) % limit as u64) as usize
    };
    for batch in 0..40 {
        let cases: Vec<(usize, usize, usize, Share)> = (0..50)
            .map(|_| {
                let (who, h, v) = (below(5), below(4), below(3));
                let mut share = secrets[who].share(&address(h as u64), &values[v], &[0; 32]);
                match if batch % 4 == 0 { 9 } else { below(10) } {
                    0 => share.0[below(128)] ^= 1 << below(8),
                    1 => share = share_of_another_secret(&secrets[who], &points[h], &values[v]),
                    2 => {
                        share =
                            secrets[(who + 1) % 5].share(&address(h as u64), &values[v], &[0; 32])
                    }
                    3 => share = secrets[who].share(&address(h as u64 + 1), &values[v], &[0; 32]),
                    _ => {}
                }
                (who, h, v, share)
            })
            .collect();
        let checks: Vec<ShareCheck<'_>> = cases
            .iter()
            .map(|(who, h, v, share)| check(&secrets[*who], &points[*h], &values[*v], share))
            .collect();
        let singles: Vec<bool> = checks.iter().map(verify).collect();
        assert_eq!(verify_batch(&checks), singles);
        assert_eq!(batch % 4 == 0, singles.iter().all(|valid| *valid));
    }
}

#[test]
fn possession_and_hidden_point_are_proven_for_one_key_chain_and_point() {
    let (secret, other) = (secret(1), secret(2));
    let proof = secret.prove_possession(&[0; 32]);
    assert!(verify_possession(&secret.commitment, &CHAIN, &secret.key, &proof));
    assert!(!verify_possession(&other.commitment, &CHAIN, &secret.key, &proof));
    assert!(!verify_possession(&secret.commitment, &ChainId([8; 32]), &secret.key, &proof));
    assert!(!verify_possession(&secret.commitment, &CHAIN, &other.key, &proof));
    assert!(!verify_possession(&RevealPoint::ZERO, &CHAIN, &secret.key, &proof));
    let proof = secret.prove_hidden_point(&[0; 32]);
    let verify = |commitment, hidden: &RevealPoint, proof: &[u8; 96]| {
        verify_hidden_point(commitment, hidden, &CHAIN, &secret.key, proof)
    };
    let hidden = secret.hidden_point();
    assert!(verify(&secret.commitment, &hidden, &proof));
    assert!(!verify(&secret.commitment, &other.hidden_point(), &proof));
    assert!(!verify(&other.commitment, &hidden, &proof));
    for part in 0..3 {
        let mut changed = proof;
        changed[part * 32] ^= 1;
        assert!(!verify(&secret.commitment, &hidden, &changed), "part {part}");
    }
}

#[test]
fn secrets_differ_by_seed_chain_and_key() {
    let of = |seed, chain, key| {
        RevealSecret::derive([seed; 32], &ChainId([chain; 32]), &PublicKey([key; 32])).commitment()
    };
    let base = of(1, 1, 1);
    assert!([of(2, 1, 1), of(1, 2, 1), of(1, 1, 2)].iter().all(|other| *other != base));
}

#[test]
#[should_panic(expected = "serves one chain")]
fn a_share_for_another_chain_is_the_callers_mistake() {
    let elsewhere = SignedAddress { chain_id: ChainId([8; 32]), ..address(1) };
    let _ = secret(1).share(&elsewhere, &value(1), &[0; 32]);
}

#[test]
fn addresses_and_values_encode_on_the_stack_as_borsh_does() {
    let address = address(0x0102_0304_0506_0708);
    assert_eq!(encode_address(&address)[..], types::encode(&address));
    for value in [value(9), None] {
        assert_eq!(ValueBytes::new(&value).as_slice(), types::encode(&value));
    }
}
