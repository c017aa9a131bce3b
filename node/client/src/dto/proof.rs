//! Proofs: self-contained, checked by [`crate::verify`] without a node.

use super::Base64;
use super::text::{decimal, hex32};
use serde::{Deserialize, Serialize};
use types::{ChainId, Height};

/// That a key has a value, or none, in the state after a final height.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StateProof {
    /// Format version, 1.
    pub version: u32,
    /// The chain.
    #[serde(with = "hex32")]
    pub chain_id: ChainId,
    /// The height.
    #[serde(with = "decimal")]
    pub height: Height,
    /// A `state::Proof` in borsh.
    pub proof: Base64,
    /// The height's `FinalityCertificate` in borsh; the state root stands in it.
    pub certificate: Base64,
    /// The changes of the validator set from the one that the reader trusts, ascending.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<SetStep>,
}

/// That a receipt stands at its place among those of a final height.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReceiptProof {
    /// Format version, 1.
    pub version: u32,
    /// The chain.
    #[serde(with = "hex32")]
    pub chain_id: ChainId,
    /// The height.
    #[serde(with = "decimal")]
    pub height: Height,
    /// The `Receipt` in borsh.
    pub receipt: Base64,
    /// Its number among the receipts.
    pub index: u32,
    /// How many receipts there are.
    pub count: u32,
    /// The siblings from the receipt up to the receipts root, 32 bytes each.
    pub siblings: Base64,
    /// The height's `FinalityCertificate` in borsh; the receipts root stands in it.
    pub certificate: Base64,
    /// The changes of the validator set from the one that the reader trusts, ascending.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<SetStep>,
}

/// One change of the validator set: the set before vouches for the one after.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SetStep {
    /// Borsh of the last header under the set before; it names the set after.
    pub header: Base64,
    /// Borsh of the `CommitCertificate` that decided it.
    pub commit: Base64,
    /// Borsh of the set after.
    pub next: Base64,
}
