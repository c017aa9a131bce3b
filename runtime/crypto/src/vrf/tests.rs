use super::*;

const CHAIN: ChainId = ChainId([7; 32]);
const BEFORE: Hash = Hash([3; 32]);

fn secret(number: u8) -> VrfSecret {
    VrfSecret::derive([number; 32], &CHAIN, &PublicKey([number; 32]))
}

#[test]
fn a_height_has_one_output_that_everybody_checks() {
    let secret = secret(1);
    let (proof, output) = secret.prove(&CHAIN, Height(5), &BEFORE);
    assert_eq!(secret.prove(&CHAIN, Height(5), &BEFORE), (proof, output));
    assert_eq!(verify(&secret.public(), &CHAIN, Height(5), &BEFORE, &proof), Some(output));
}

#[test]
fn a_proof_counts_for_its_key_chain_height_and_predecessor_only() {
    let (secret, other) = (secret(1), secret(2));
    let (proof, output) = secret.prove(&CHAIN, Height(5), &BEFORE);
    let public = secret.public();
    assert_eq!(verify(&other.public(), &CHAIN, Height(5), &BEFORE, &proof), None);
    assert_eq!(verify(&public, &ChainId([8; 32]), Height(5), &BEFORE, &proof), None);
    assert_eq!(verify(&public, &CHAIN, Height(6), &BEFORE, &proof), None);
    assert_eq!(verify(&public, &CHAIN, Height(5), &Hash([4; 32]), &proof), None);
    assert_eq!(verify(&RevealPoint::ZERO, &CHAIN, Height(5), &BEFORE, &proof), None);
    assert_ne!(secret.prove(&CHAIN, Height(6), &BEFORE).1, output);
}

#[test]
fn refuses_every_flipped_bit() {
    let secret = secret(1);
    let (proof, _) = secret.prove(&CHAIN, Height(5), &BEFORE);
    for bit in 0..96 * 8 {
        let mut changed = proof;
        changed.0[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(verify(&secret.public(), &CHAIN, Height(5), &BEFORE, &changed), None, "{bit}");
    }
}

#[test]
fn possession_is_not_that_of_the_reveal_secret() {
    let secret = secret(1);
    let key = PublicKey([1; 32]);
    let proof = secret.prove_possession(&[0; 32]);
    assert!(verify_possession(&secret.public(), &CHAIN, &key, &proof));
    assert!(!crate::reveal::verify_possession(&secret.public(), &CHAIN, &key, &proof));
    let reveal = crate::reveal::RevealSecret::derive([1; 32], &CHAIN, &key);
    assert_ne!(reveal.commitment(), secret.public(), "one seed, two secrets");
}
