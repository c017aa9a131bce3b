use super::*;
use crate::sign::SecretKey;

fn statement() -> Statement {
    Statement {
        chain_id: ChainId([1; 32]),
        set_version: 2,
        validator: ValidatorId([3; 32]),
        consensus_key: PublicKey([4; 32]),
        commitment: RevealPoint([5; 32]),
        record: Hash([6; 32]),
        version: 7,
        expiry: Height(8),
    }
}

#[test]
fn an_attestation_is_about_every_field_of_its_statement() {
    let registrar = SecretKey::from_seed([9; 32]);
    let signature = registrar.sign(&attestation_hash(&statement()).0);
    assert!(verify(&statement(), &registrar.public(), &signature));
    let changed = [
        Statement { chain_id: ChainId([9; 32]), ..statement() },
        Statement { set_version: 9, ..statement() },
        Statement { validator: ValidatorId([9; 32]), ..statement() },
        Statement { consensus_key: PublicKey([9; 32]), ..statement() },
        Statement { commitment: RevealPoint([9; 32]), ..statement() },
        Statement { record: Hash([9; 32]), ..statement() },
        Statement { version: 9, ..statement() },
        Statement { expiry: Height(9), ..statement() },
    ];
    for other in changed {
        assert!(!verify(&other, &registrar.public(), &signature), "{other:?}");
    }
    let stranger = SecretKey::from_seed([8; 32]);
    assert!(!verify(&statement(), &stranger.public(), &signature));
}
