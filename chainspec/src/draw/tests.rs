use super::*;
use crate::Preset;
use crypto::hidden::OVERHEAD_BYTES;

fn secret(number: u8) -> SecretKey {
    SecretKey::from_seed([number; 32])
}

pub(crate) fn account(number: u8) -> Address {
    crypto::id::account_address(&secret(number).public())
}

fn validator(number: u8) -> DraftValidator {
    DraftValidator {
        moniker: format!("member-{number}"),
        consensus: secret(100 + number),
        reveal_seed: [100 + number; 32],
        network_key: secret(150 + number).public(),
        operator: account(number),
        power: VotingPower(1),
        bond: Amount(5_000),
        identity: Identity {
            legal_name: format!("Member {number} AG"),
            jurisdiction: "Utopia".into(),
            ..Identity::default()
        },
        party: secret(200 + number),
        seal_nonce: [number; 24],
        fresh: [number; 32],
    }
}

/// A draft of four validators and two registrars, one of whom suffices.
pub(crate) fn draft() -> Draft {
    Draft {
        name: "syndic:devnet".into(),
        salt: [7; 16],
        time_ms: TimestampMs(1_800_000_000_000),
        params: Preset::Devnet.params(),
        validators: (1..=4).map(validator).collect(),
        registrars: vec![secret(251), secret(250)],
        threshold: 1,
        balances: (1..=4).map(|number| (account(number), Amount(1_000_000))).collect(),
        roles: vec![(account(1), Role::User), (account(1), Role::Operator)],
    }
}

#[test]
fn a_drawn_genesis_is_valid_and_the_same_every_time() {
    let genesis = draw(draft()).unwrap();
    assert_eq!(validate(&genesis), []);
    assert_eq!(draw(draft()).unwrap(), genesis);
    assert_eq!(genesis.validators.len(), 4);
    assert_eq!(genesis.members[2].id, "member-3");
    assert_eq!(genesis.validators[2].member, "member-3");
    assert!(genesis.roles.is_sorted() && genesis.balances.is_sorted());
}

#[test]
fn another_salt_makes_another_chain_with_other_reveal_keys() {
    let genesis = draw(draft()).unwrap();
    let other = draw(Draft { salt: [8; 16], ..draft() }).unwrap();
    let (one, two) = (&genesis.validators[0], &other.validators[0]);
    assert_eq!(one.consensus_key, two.consensus_key);
    assert_ne!(one.commitment, two.commitment);
    assert_ne!(one.randomness_key, two.randomness_key);
}

#[test]
fn the_sealed_identity_opens_under_the_hidden_point_and_is_agreed_to() {
    let genesis = draw(draft()).unwrap();
    let chain_id = crypto::id::chain_id(&genesis.name, &genesis.salt);
    let validator = &genesis.validators[0];
    let (key, commitment) = (&validator.consensus_key, &validator.commitment);
    let of = RecordOf { chain_id: &chain_id, key, commitment };
    let secret = ConsensusSecret::new(secret(101), [101; 32], chain_id);
    let hidden_point = secret.reveal().hidden_point();
    let opened = hidden::open(&validator.hidden_information, &hidden_point, &of).unwrap();
    assert_eq!(opened.legal_name, "Member 1 AG");
    assert!(hidden::has_consent(&opened, &of, &crypto::id::validator_id(key)));
    assert_eq!(validator.hidden_information.len(), 8_192 + OVERHEAD_BYTES);
}

#[test]
fn every_registrar_attests_every_validator() {
    let genesis = draw(draft()).unwrap();
    let given: Vec<_> = draft().registrars.iter().map(SecretKey::public).collect();
    assert!(!given.is_sorted() && genesis.registrars.keys.is_sorted());
    for validator in &genesis.validators {
        let registrars: Vec<_> = validator.attestations.iter().map(|a| a.registrar).collect();
        assert_eq!(registrars, [0, 1]);
    }
}

#[test]
fn refuses_an_identity_that_does_not_fit() {
    let mut draft = draft();
    draft.validators[1].identity.contact = "x".repeat(8_192);
    let error = draw(draft).unwrap_err();
    assert!(error.to_string().starts_with("the identity of member-2: "), "{error}");
}

#[test]
fn refuses_a_draft_whose_genesis_would_not_be_valid() {
    let draft = Draft { name: "devnet".into(), threshold: 3, ..draft() };
    let Err(DraftError::Invalid { problems }) = draw(draft) else { panic!("it is not valid") };
    let places: Vec<_> = problems.iter().map(|problem| problem.place.as_str()).collect();
    let attestations: Vec<_> =
        (0..4).map(|position| format!("validators[{position}].attestations")).collect();
    assert_eq!(places[..2], ["name", "registrars.threshold"]);
    assert_eq!(places[2..], attestations.iter().map(String::as_str).collect::<Vec<_>>());
}
