//! Draw a whole genesis from key material: what `syndic init` and a devnet begin with.
//!
//! Sealed identities and attestations are real from the first day. Nothing random is made here:
//! salt, seeds, nonces and fresh bytes come from the caller, who draws them from the operating
//! system.

use crate::validate::{Problem, validate};
use crypto::attest::{self, Statement};
use crypto::ballot::ConsensusSecret;
use crypto::hidden::{self, HiddenError, HiddenInformation, RecordOf};
use crypto::sign::SecretKey;
use std::fmt::Write;
use types::genesis::{Attestation, Registrars};
use types::{
    Address, Amount, ChainId, Genesis, GenesisValidator, Height, Member, Params, PublicKey, Role,
    Signature, TimestampMs, ValidatorId, Version, VotingPower,
};

/// The protocol version that a chain begins with.
pub const FIRST_PROTOCOL: u16 = 1;
/// The version of the registrar set that a chain begins with.
pub const FIRST_SET_VERSION: u32 = 1;
/// The version of a validator's first record.
const FIRST_RECORD_VERSION: u64 = 1;

/// What a genesis is drawn from. Holds secrets, so it has no `Debug`.
pub struct Draft {
    /// CAIP-2 name, such as `syndic:devnet`.
    pub name: String,
    /// 16 random bytes, drawn anew for every chain.
    pub salt: [u8; 16],
    /// Time of header 0.
    pub time_ms: TimestampMs,
    /// Parameters, such as a [`Preset`](crate::Preset)'s.
    pub params: Params,
    /// Each becomes a member of its own, too.
    pub validators: Vec<DraftValidator>,
    /// Registrars' keys, in any order. All of them attest every validator.
    pub registrars: Vec<SecretKey>,
    /// How many registrars must attest from then on.
    pub threshold: u8,
    /// First balances, in any order.
    pub balances: Vec<(Address, Amount)>,
    /// First roles, in any order.
    pub roles: Vec<(Address, Role)>,
}

/// A validator to be.
pub struct DraftValidator {
    /// Id and name of its member.
    pub moniker: String,
    /// Its consensus key.
    pub consensus: SecretKey,
    /// Its reveal and randomness keys come from this.
    pub reveal_seed: [u8; 32],
    /// libp2p key.
    pub network_key: PublicKey,
    /// Its voice in governance; gets rewards and the bond back.
    pub operator: Address,
    /// Weight, at least 1.
    pub power: VotingPower,
    /// Held in escrow, beside the balances.
    pub bond: Amount,
    /// Who it is.
    pub identity: Identity,
    /// The key of whoever `identity` names: it agrees to be named.
    pub party: SecretKey,
    /// 24 random bytes for the seal.
    pub seal_nonce: [u8; hidden::NONCE_BYTES],
    /// 32 random bytes for the proofs of possession.
    pub fresh: [u8; 32],
}

/// Who runs a validator, as its sealed identity says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identity {
    /// Name as registered.
    pub legal_name: String,
    /// Number in that register.
    pub registry_number: String,
    /// The register's country or region.
    pub jurisdiction: String,
    /// Where to write to.
    pub contact: String,
    /// Who owns it in the end.
    pub beneficial_owner: String,
    /// What the bond is for.
    pub bond_terms: String,
}

/// Why no genesis came of a draft.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DraftError {
    /// An identity does not fit the chain's one size.
    #[error("the identity of {moniker}: {source}")]
    Identity {
        /// Whose.
        moniker: String,
        /// What is wrong with it.
        #[source]
        source: HiddenError,
    },
    /// The genesis would not be valid.
    #[error("the genesis would not be valid:{}", list(problems))]
    Invalid {
        /// Everything that is wrong.
        problems: Vec<Problem>,
    },
}

fn list(problems: &[Problem]) -> String {
    problems.iter().fold(String::new(), |mut text, problem| {
        write!(text, "\n  {problem}").expect("writing to memory cannot fail");
        text
    })
}

/// Draw a genesis: the same draft gives the same bytes.
///
/// # Errors
/// [`DraftError`] if an identity is too large or [`validate`] finds a problem.
pub fn draw(draft: Draft) -> Result<Genesis, DraftError> {
    let Draft { name, salt, time_ms, params, validators, registrars, threshold, .. } = draft;
    let chain_id = crypto::id::chain_id(&name, &salt);
    let mut keyed: Vec<_> = registrars.into_iter().map(|key| (key.public(), key)).collect();
    keyed.sort_by_key(|(public, _)| *public);
    let (keys, secrets): (Vec<_>, Vec<_>) = keyed.into_iter().unzip();
    let members = validators.iter().map(member).collect();
    let size = usize::try_from(params.hidden_information_bytes).unwrap_or(usize::MAX);
    let validators = validators
        .into_iter()
        .map(|validator| draw_validator(validator, &chain_id, size, &secrets))
        .collect::<Result<_, _>>()?;
    let (mut balances, mut roles) = (draft.balances, draft.roles);
    balances.sort();
    roles.sort();
    let genesis = Genesis {
        version: Version,
        name,
        salt,
        time_ms,
        protocol: FIRST_PROTOCOL,
        params,
        members,
        registrars: Registrars { set_version: FIRST_SET_VERSION, threshold, keys },
        validators,
        balances,
        roles,
    };
    let problems = validate(&genesis);
    if problems.is_empty() { Ok(genesis) } else { Err(DraftError::Invalid { problems }) }
}

fn member(validator: &DraftValidator) -> Member {
    Member {
        id: validator.moniker.clone(),
        name: validator.moniker.clone(),
        account: validator.operator,
        network_keys: vec![validator.network_key],
    }
}

fn draw_validator(
    draft: DraftValidator,
    chain_id: &ChainId,
    size: usize,
    registrars: &[SecretKey],
) -> Result<GenesisValidator, DraftError> {
    let secret = ConsensusSecret::new(draft.consensus, draft.reveal_seed, *chain_id);
    let (consensus_key, commitment) = (secret.consensus_key(), secret.commitment());
    let of = RecordOf { chain_id, key: &consensus_key, commitment: &commitment };
    let information =
        information(draft.identity, &draft.party, &of, &crypto::id::validator_id(of.key));
    let hidden_point = secret.reveal().hidden_point();
    let record = hidden::seal(&information, &hidden_point, &of, &draft.seal_nonce, size)
        .map_err(|source| DraftError::Identity { moniker: draft.moniker.clone(), source })?;
    let attestations = attest_record(&of, &record, registrars);
    Ok(GenesisValidator {
        consensus_key,
        commitment,
        randomness_key: secret.randomness_key(),
        commitment_proof: secret.reveal().prove_possession(&draft.fresh),
        randomness_proof: secret.vrf().prove_possession(&draft.fresh),
        network_key: draft.network_key,
        member: draft.moniker,
        operator: draft.operator,
        power: draft.power,
        bond: draft.bond,
        hidden_information: record,
        attestations,
    })
}

/// An identity with its party's consent to be named by this validator with these keys.
#[must_use]
pub fn information(
    identity: Identity,
    party: &SecretKey,
    of: &RecordOf<'_>,
    validator: &ValidatorId,
) -> HiddenInformation {
    let Identity {
        legal_name,
        registry_number,
        jurisdiction,
        contact,
        beneficial_owner,
        bond_terms,
    } = identity;
    let consent = hidden::consent_hash(of, validator);
    HiddenInformation {
        legal_name,
        registry_number,
        jurisdiction,
        contact,
        beneficial_owner,
        bond_terms,
        party_key: party.public(),
        party_signature: party.sign(&consent.0),
    }
}

fn attest_record(of: &RecordOf<'_>, record: &[u8], registrars: &[SecretKey]) -> Vec<Attestation> {
    // The set has at most 256 positions; `validate` refuses far smaller ones.
    let attest = |(registrar, key): (u8, &SecretKey)| {
        let mut attestation = Attestation {
            format: Version,
            set_version: FIRST_SET_VERSION,
            registrar,
            version: FIRST_RECORD_VERSION,
            // Genesis is height 0: this record is registered there or never.
            expiry: Height::ZERO,
            signature: Signature::ZERO,
        };
        let statement = statement(of, record, &attestation);
        attestation.signature = key.sign(&attest::attestation_hash(&statement).0);
        attestation
    };
    (0..=u8::MAX).zip(registrars).map(attest).collect()
}

/// What an attestation says about a validator's record.
pub(crate) fn statement(of: &RecordOf<'_>, record: &[u8], attestation: &Attestation) -> Statement {
    Statement {
        chain_id: *of.chain_id,
        set_version: attestation.set_version,
        validator: crypto::id::validator_id(of.key),
        consensus_key: *of.key,
        commitment: *of.commitment,
        record: crypto::hash::blake3(record),
        version: attestation.version,
        expiry: attestation.expiry,
    }
}

#[cfg(test)]
pub(crate) mod tests;
