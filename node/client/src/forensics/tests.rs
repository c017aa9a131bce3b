use super::*;
use crypto::ballot::ConsensusSecret;
use crypto::sign::SecretKey;
use types::{BlockId, ChainId, Validator, Version};

const CHAIN: ChainId = ChainId([7; 32]);

fn secrets() -> Vec<ConsensusSecret> {
    let secret = |n: u8| ConsensusSecret::new(SecretKey::from_seed([n; 32]), [n; 32], CHAIN);
    let mut secrets: Vec<_> = (1..=4).map(secret).collect();
    secrets.sort_by_key(|secret| id::validator_id(&secret.consensus_key()));
    secrets
}

fn trust() -> Trust {
    let validator = |secret: &ConsensusSecret| Validator {
        id: id::validator_id(&secret.consensus_key()),
        consensus_key: secret.consensus_key(),
        commitment: secret.commitment(),
        randomness_key: secret.randomness_key(),
        power: VotingPower(1),
    };
    let set = ValidatorSet::new(secrets().iter().map(validator).collect()).unwrap();
    Trust::new(CHAIN, Height(1), set)
}

fn signatures(address: SignedAddress, value: Value, who: &[u16]) -> Vec<CertificateSignature> {
    let secrets = secrets();
    let sign = |index: &u16| {
        let (signature, share) = secrets[usize::from(*index)].sign(&address, &value, [0; 32]);
        CertificateSignature { index: *index, signature, share }
    };
    who.iter().map(sign).collect()
}

fn commit(block: u8, round: u32, who: &[u16]) -> Certificate {
    let (height, round, block_id) = (Height(5), Round(round), BlockId([block; 32]));
    let address = SignedAddress { chain_id: CHAIN, height, round, step: Step::Precommit };
    let precommits = signatures(address, Some(Hash(block_id.0)), who);
    let (version, chain_id) = (Version, CHAIN);
    let certificate = CommitCertificate { version, chain_id, height, round, block_id, precommits };
    Certificate::Commit(certificate)
}

fn finality(root: u8, who: &[u16]) -> Certificate {
    let (height, block_id) = (Height(5), BlockId([9; 32]));
    let (state_root, receipts_root) = (Hash([root; 32]), Hash([3; 32]));
    let address = SignedAddress { chain_id: CHAIN, height, round: Round(0), step: Step::Seal };
    let value = Some(id::seal_value(&block_id, &state_root, &receipts_root));
    Certificate::Finality(FinalityCertificate {
        version: Version,
        chain_id: CHAIN,
        height,
        block_id,
        state_root,
        receipts_root,
        seals: signatures(address, value, who),
    })
}

#[test]
fn two_finality_certificates_name_more_than_a_third_with_evidence_that_verifies() {
    let found = examine(&trust(), &finality(1, &[0, 1, 2]), &finality(2, &[0, 1, 3])).unwrap();
    assert_eq!((found.power.0, found.total.0, found.rounds), (2, 4, None));
    let trust = trust();
    let guilty: Vec<_> = trust.set().validators()[..2].iter().collect();
    for (pair, validator) in found.evidence.iter().zip(guilty) {
        assert_eq!(evidence::verify(pair, validator), Ok(()));
    }
}

#[test]
fn commits_of_one_round_name_who_stands_in_both_and_commits_of_two_rounds_nobody() {
    let (first, second) = (commit(1, 0, &[0, 1, 2]), commit(2, 0, &[1, 2, 3]));
    let found = examine(&trust(), &first, &second).unwrap();
    assert_eq!((found.evidence.len(), found.power.0), (2, 2));
    let found = examine(&trust(), &first, &commit(2, 3, &[1, 2, 3])).unwrap();
    assert_eq!((found.evidence.len(), found.rounds), (0, Some((Round(0), Round(3)))));
}

#[test]
fn certificates_that_agree_differ_in_kind_or_do_not_verify_show_nothing() {
    let first = finality(1, &[0, 1, 2]);
    let same = examine(&trust(), &first, &finality(1, &[1, 2, 3]));
    assert!(matches!(same, Err(ForensicsError::Agree { .. })), "{same:?}");
    let kinds = examine(&trust(), &first, &commit(1, 0, &[0, 1, 2]));
    assert!(matches!(kinds, Err(ForensicsError::Kinds)), "{kinds:?}");
    let few = examine(&trust(), &first, &finality(2, &[0, 1]));
    assert!(matches!(few, Err(ForensicsError::Verify(_))), "{few:?}");
    let Certificate::Finality(mut forged) = finality(2, &[0, 1, 3]) else { panic!() };
    forged.seals[0].signature.0[5] ^= 1;
    let forged = examine(&trust(), &first, &Certificate::Finality(forged));
    assert!(matches!(forged, Err(ForensicsError::Verify(_))), "{forged:?}");
}
