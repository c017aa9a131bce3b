//! Double signs that were punished, and what they opened.

use super::text::{decimal, hex32};
use super::{AddressText, Base64, Evidence, SetStep};
use serde::{Deserialize, Serialize};
use types::{Amount, ChainId, Hash, Height, PublicKey, RevealPoint};

/// Every validator that was punished.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reveals {
    /// The height whose state was read.
    #[serde(with = "decimal")]
    pub height: Height,
    /// The validators, ascending by id.
    pub reveals: Vec<Reveal>,
}

/// How a validator that signed twice ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reveal {
    /// Who.
    pub validator: AddressText,
    /// The offence: `H("evidence", {validator id, address})`.
    #[serde(with = "hex32")]
    pub id: Hash,
    /// Height of the block that punished it.
    #[serde(with = "decimal")]
    pub height: Height,
    /// The double sign.
    pub evidence: Evidence,
    /// V at the height of the double sign.
    #[serde(with = "hex32")]
    pub consensus_key: PublicKey,
    /// C at that height.
    #[serde(with = "hex32")]
    pub commitment: RevealPoint,
    /// K, which the two shares open.
    #[serde(with = "hex32")]
    pub hidden_point: RevealPoint,
    /// The identity, if it opened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity: Option<Identity>,
    /// What the registrars let through, if it did not open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub registrar_fault: Option<String>,
    /// What became of the bond.
    pub forfeit: Forfeit,
    /// The `RevealRecord` in borsh, as it stands in state.
    pub encoded: Base64,
}

/// Who ran a validator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
    /// The named party's own key.
    #[serde(with = "hex32")]
    pub party_key: PublicKey,
}

/// How a bond was divided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Forfeit {
    /// The whole bond before.
    #[serde(with = "decimal")]
    pub bond: Amount,
    /// What was taken of it.
    #[serde(with = "decimal")]
    pub forfeited: Amount,
    /// Who reported.
    pub reporter: AddressText,
    /// What the reporter got.
    #[serde(with = "decimal")]
    pub reported: Amount,
    /// What ceased to exist.
    #[serde(with = "decimal")]
    pub burned: Amount,
    /// The rest, which the treasury got.
    #[serde(with = "decimal")]
    pub treasury: Amount,
}

/// A double sign that stands alone: checked from a chain spec with no node and no network.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EvidenceFile {
    /// Version of this format.
    pub version: u32,
    /// The chain.
    #[serde(with = "hex32")]
    pub chain_id: ChainId,
    /// The `Evidence` in borsh.
    pub evidence: Base64,
    /// The validator's sealed identity as it stands in state.
    pub sealed: Base64,
    /// The changes of the validator set from genesis to the height of the double sign.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<SetStep>,
}

/// A double sign that was handed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EvidenceAccepted {
    /// The offence: `H("evidence", {validator id, address})`.
    #[serde(with = "hex32")]
    pub id: Hash,
}
