use super::*;
use crate::reveal::RevealSecret;
use types::Signature;

const CHAIN: ChainId = ChainId([7; 32]);
const KEY_V: PublicKey = PublicKey([1; 32]);
const SIZE: usize = 8_192;

fn secret(number: u8) -> RevealSecret {
    RevealSecret::derive([number; 32], &CHAIN, &KEY_V)
}

fn information(name: &str) -> HiddenInformation {
    HiddenInformation {
        legal_name: name.to_owned(),
        registry_number: "HRB 1".to_owned(),
        jurisdiction: "DE".to_owned(),
        contact: "office@example.org".to_owned(),
        beneficial_owner: "E. Xample".to_owned(),
        bond_terms: "one million".to_owned(),
        party_key: PublicKey([0; 32]),
        party_signature: Signature([0; 64]),
    }
}

/// Runs a test with a sealed record, its K and what it is bound to.
fn with_record(test: impl FnOnce(Vec<u8>, RevealPoint, RecordOf<'_>)) {
    let secret = secret(1);
    let (hidden, commitment) = (secret.hidden_point(), secret.commitment());
    let of = RecordOf { chain_id: &CHAIN, key: &KEY_V, commitment: &commitment };
    let record = seal(&information("Example Ltd"), &hidden, &of, &[4; 24], SIZE).expect("it fits");
    test(record, hidden, of);
}

#[test]
fn opens_with_its_point_and_has_one_size_whatever_is_in_it() {
    with_record(|record, hidden, of| {
        assert_eq!(open(&record, &hidden, &of), Ok(information("Example Ltd")));
        assert!(check_commit(&record, &hidden, &of));
        let longer = information(&"x".repeat(5_000));
        let longer = seal(&longer, &hidden, &of, &[4; 24], SIZE).expect("it fits");
        assert_eq!((record.len(), longer.len()), (SIZE + OVERHEAD_BYTES, SIZE + OVERHEAD_BYTES));
    });
}

#[test]
fn another_point_or_binding_does_not_open_it() {
    with_record(|record, hidden, of| {
        let other = secret(2);
        let others = [
            (other.hidden_point(), of),
            (hidden, RecordOf { chain_id: &ChainId([8; 32]), ..of }),
            (hidden, RecordOf { key: &PublicKey([2; 32]), ..of }),
            (hidden, RecordOf { commitment: &other.commitment(), ..of }),
        ];
        for (point, of) in others {
            assert_eq!(open(&record, &point, &of), Err(HiddenError::WrongPoint));
            assert!(!check_commit(&record, &point, &of));
        }
    });
}

#[test]
fn a_changed_or_cut_record_says_so() {
    with_record(|record, hidden, of| {
        let changed_at = |at: usize| {
            let mut changed = record.clone();
            changed[at] ^= 1;
            open(&changed, &hidden, &of)
        };
        assert_eq!(changed_at(0), Err(HiddenError::WrongPoint), "commit");
        assert_eq!(changed_at(COMMIT_BYTES), Err(HiddenError::WrongPoint), "nonce");
        assert_eq!(changed_at(COMMIT_BYTES + NONCE_BYTES), Err(HiddenError::Damaged), "ciphertext");
        assert_eq!(changed_at(record.len() - 1), Err(HiddenError::Damaged), "tag");
        assert_eq!(open(&record[..55], &hidden, &of), Err(HiddenError::TooShort(55)));
        assert_eq!(open(&record[..60], &hidden, &of), Err(HiddenError::Damaged));
    });
}

#[test]
fn plaintexts_have_one_form() {
    let content = types::encode(&(FORMAT, information("Example Ltd")));
    let length = u32::try_from(content.len()).expect("short").to_le_bytes();
    let plain = [&length[..], &content, &[0; 10]].concat();
    assert_eq!(decode_plaintext(&plain), Some(information("Example Ltd")));
    let mut padded = plain.clone();
    *padded.last_mut().expect("not empty") = 1;
    assert_eq!(decode_plaintext(&padded), None, "padding is zero");
    let mut long = plain.clone();
    long[..4].copy_from_slice(&u32::MAX.to_le_bytes());
    assert_eq!(decode_plaintext(&long), None, "a length beyond the plaintext");
    let mut other = plain;
    other[4] = 2;
    assert_eq!(decode_plaintext(&other), None, "another version");
    assert_eq!(decode_plaintext(&[0; 3]), None);
}

#[test]
fn an_identity_larger_than_the_chains_size_is_refused() {
    with_record(|_, hidden, of| {
        let large = information(&"x".repeat(SIZE));
        let refused = seal(&large, &hidden, &of, &[4; 24], SIZE);
        assert!(matches!(refused, Err(HiddenError::TooLarge { limit: 8_188, .. })));
    });
}

#[test]
fn the_named_party_consents_to_one_validator_with_one_pair_of_keys() {
    with_record(|_, _, of| {
        let party = sign::SecretKey::from_seed([9; 32]);
        let validator = ValidatorId([3; 32]);
        let mut named = information("Example Ltd");
        assert!(!has_consent(&named, &of, &validator));
        named.party_key = party.public();
        named.party_signature = party.sign(&consent_hash(&of, &validator).0);
        assert!(has_consent(&named, &of, &validator));
        assert!(!has_consent(&named, &of, &ValidatorId([4; 32])));
        let elsewhere = RecordOf { chain_id: &ChainId([8; 32]), ..of };
        assert!(!has_consent(&named, &elsewhere, &validator));
    });
}
