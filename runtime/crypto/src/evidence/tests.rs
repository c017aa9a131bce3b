use super::*;
use crate::ballot::ConsensusSecret;
use crate::sign::SecretKey;
use types::{ChainId, Hash, Height, Round, Step, VotingPower};

const CHAIN: ChainId = ChainId([7; 32]);

fn secret(number: u8) -> ConsensusSecret {
    ConsensusSecret::new(SecretKey::from_seed([number; 32]), [number; 32], CHAIN)
}

fn validator(secret: &ConsensusSecret) -> Validator {
    Validator {
        id: crate::id::validator_id(&secret.consensus_key()),
        consensus_key: secret.consensus_key(),
        commitment: secret.commitment(),
        randomness_key: secret.randomness_key(),
        power: VotingPower(1),
    }
}

fn pair(secret: &ConsensusSecret, address: SignedAddress, values: [Value; 2]) -> Evidence {
    let [first, second] = values.map(|value| {
        let (signature, share) = secret.sign(&address, &value, [0; 32]);
        (value, signature, share)
    });
    from_pair(validator(secret).id, address, first, second).expect("two values")
}

fn address(step: Step) -> SignedAddress {
    SignedAddress { chain_id: CHAIN, height: Height(5), round: Round(0), step }
}

const ONE: Value = Some(Hash([1; 32]));
const TWO: Value = Some(Hash([2; 32]));

#[test]
fn a_pair_is_ordered_verified_and_opens_the_hidden_point() {
    let secret = secret(1);
    for step in [Step::Proposal, Step::Prevote, Step::Precommit, Step::Seal] {
        let evidence = pair(&secret, address(step), [TWO, ONE]);
        assert_eq!((evidence.value_a, evidence.value_b), (ONE, TWO));
        assert_eq!(verify(&evidence, &validator(&secret)), Ok(()));
        assert_eq!(hidden_point(&evidence), Some(secret.reveal().hidden_point()));
    }
    let with_nil = pair(&secret, address(Step::Prevote), [ONE, None]);
    assert_eq!((with_nil.value_a, verify(&with_nil, &validator(&secret))), (None, Ok(())));
}

#[test]
fn one_value_signed_twice_is_no_evidence() {
    let secret = secret(1);
    let address = address(Step::Prevote);
    let ballot = |fresh| {
        let (signature, share) = secret.sign(&address, &ONE, [fresh; 32]);
        (ONE, signature, share)
    };
    assert_eq!(from_pair(validator(&secret).id, address, ballot(1), ballot(2)), None);
    let mut evidence = pair(&secret, address, [ONE, TWO]);
    (evidence.value_b, evidence.signature_b, evidence.share_b) = ballot(2);
    assert_eq!(verify(&evidence, &validator(&secret)), Err(EvidenceError::SameValue));
}

#[test]
fn nobody_is_accused_by_swapped_foreign_or_impossible_parts() {
    let (honest, liar) = (secret(1), secret(2));
    let evidence = pair(&liar, address(Step::Precommit), [ONE, TWO]);
    assert_eq!(verify(&evidence, &validator(&honest)), Err(EvidenceError::WrongValidator));
    let renamed = Evidence { validator: validator(&honest).id, ..evidence.clone() };
    assert_eq!(
        verify(&renamed, &validator(&honest)),
        Err(EvidenceError::Signature { field: "signature_a" })
    );
    let swapped =
        Evidence { share_a: evidence.share_b, share_b: evidence.share_a, ..evidence.clone() };
    assert_eq!(
        verify(&swapped, &validator(&liar)),
        Err(EvidenceError::Signature { field: "signature_a" })
    );
    let moved = Evidence { address: address(Step::Prevote), ..evidence.clone() };
    assert_eq!(
        verify(&moved, &validator(&liar)),
        Err(EvidenceError::Signature { field: "signature_a" })
    );
    let reversed = Evidence { value_a: evidence.value_b, value_b: evidence.value_a, ..evidence };
    assert_eq!(verify(&reversed, &validator(&liar)), Err(EvidenceError::ValueOrder));
    let nil_seal = pair(&liar, address(Step::Seal), [None, TWO]);
    assert_eq!(verify(&nil_seal, &validator(&liar)), Err(EvidenceError::Impossible));
    let round_seal = SignedAddress { round: Round(1), ..address(Step::Seal) };
    let round_seal = pair(&liar, round_seal, [ONE, TWO]);
    assert_eq!(verify(&round_seal, &validator(&liar)), Err(EvidenceError::Impossible));
}
