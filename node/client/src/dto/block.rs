//! Blocks, headers and certificates.

use super::text::{decimal, hex32};
use super::{AddressText, Base64, Hex, HexBytes};
use serde::{Deserialize, Serialize};
use types::{BlockId, ChainId, Hash, Height, TimestampMs, TxHash, VotingPower};

/// A header.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// Its id: the hash of the encoded header.
    #[serde(with = "hex32")]
    pub block_id: BlockId,
    /// Protocol that rules this height.
    pub protocol: u16,
    /// The chain.
    #[serde(with = "hex32")]
    pub chain_id: ChainId,
    /// Position.
    #[serde(with = "decimal")]
    pub height: Height,
    /// Round of the block's first proposal.
    pub round: u32,
    /// Block time.
    #[serde(with = "decimal")]
    pub time_ms: TimestampMs,
    /// The block before.
    #[serde(with = "hex32")]
    pub parent: BlockId,
    /// Who made it; none made genesis.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proposer: Option<AddressText>,
    /// Hash of V(height).
    #[serde(with = "hex32")]
    pub validators_hash: Hash,
    /// Hash of V(height + 1).
    #[serde(with = "hex32")]
    pub next_validators_hash: Hash,
    /// Hash of the parameters in force.
    #[serde(with = "hex32")]
    pub params_hash: Hash,
    /// State root after the height before.
    #[serde(with = "hex32")]
    pub prev_state_root: Hash,
    /// Receipts root of the height before.
    #[serde(with = "hex32")]
    pub prev_receipts_root: Hash,
    /// Root over the transactions.
    #[serde(with = "hex32")]
    pub txs_root: Hash,
    /// Root over the evidence.
    #[serde(with = "hex32")]
    pub evidence_root: Hash,
    /// Hash of the parent's commit certificate.
    #[serde(with = "hex32")]
    pub last_commit_hash: Hash,
    /// Hash of the carried finality certificate.
    #[serde(with = "hex32")]
    pub finality_hash: Hash,
    /// The height's randomness.
    #[serde(with = "hex32")]
    pub randomness: Hash,
    /// The proposer's proof of it.
    pub vrf_proof: HexBytes,
    /// Size of the encoded body.
    pub body_bytes: u32,
    /// Whether this node holds a finality certificate of this or a later height.
    pub finalized: bool,
    /// The header in borsh, for verification.
    pub encoded: Base64,
}

/// A block.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Block {
    /// What was voted on.
    pub header: Header,
    /// The precommits for the parent that it carries.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_commit: Option<Certificate>,
    /// The finality certificate that it carries.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finality: Option<Certificate>,
    /// Double signs that it punishes.
    pub evidence: Vec<Evidence>,
    /// Its transactions, in order of execution.
    pub txs: Vec<Hex<TxHash>>,
}

/// A block in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlockSummary {
    /// Its height.
    #[serde(with = "decimal")]
    pub height: Height,
    /// Its id.
    #[serde(with = "hex32")]
    pub block_id: BlockId,
    /// Its time.
    #[serde(with = "decimal")]
    pub time_ms: TimestampMs,
    /// Who made it; none made genesis.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proposer: Option<AddressText>,
    /// Round of its first proposal.
    pub round: u32,
    /// How many transactions.
    pub txs: u32,
    /// How many double signs it punishes.
    pub evidence: u32,
    /// Size of the encoded body.
    pub body_bytes: u32,
    /// Whether this node holds a finality certificate of this or a later height.
    pub finalized: bool,
}

/// A commit or finality certificate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Certificate {
    /// The height it is about.
    #[serde(with = "decimal")]
    pub height: Height,
    /// The block it is about.
    #[serde(with = "hex32")]
    pub block_id: BlockId,
    /// The round of the precommits; none in a finality certificate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub round: Option<u32>,
    /// State root after the height; only in a finality certificate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state_root: Option<Hex<Hash>>,
    /// Receipts root of the height; only in a finality certificate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receipts_root: Option<Hex<Hash>>,
    /// Who signed.
    pub signers: Vec<Signer>,
    /// The certificate in borsh, with signatures and shares, for verification.
    pub encoded: Base64,
}

/// One signature of a certificate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signer {
    /// Position in the set of the certificate's height.
    pub index: u16,
    /// Who; absent if the node no longer knows that set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub validator: Option<AddressText>,
    /// Its weight.
    #[serde(with = "decimal")]
    pub power: VotingPower,
}

/// A double sign.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// Who signed twice.
    pub validator: AddressText,
    /// At which height.
    #[serde(with = "decimal")]
    pub height: Height,
    /// In which round.
    pub round: u32,
    /// `proposal`, `prevote`, `precommit` or `seal`.
    pub step: String,
    /// The first value; absent for nil.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value_a: Option<Hex<Hash>>,
    /// The second value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value_b: Option<Hex<Hash>>,
    /// The evidence in borsh, for verification.
    pub encoded: Base64,
}
