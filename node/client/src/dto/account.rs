//! Accounts, nonces, roles and single values of state.

use super::event::Cursor;
use super::text::{decimal, hex32};
use super::{AddressText, Base64, HexBytes, Number, StateProof};
use serde::{Deserialize, Serialize};
use types::{Amount, Height, Nonce, TimestampMs, TxHash};

/// An account. One that was never used has balance 0.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// Its address.
    pub address: AddressText,
    /// `account`, `multisig`, `contract` or `module`.
    pub kind: String,
    /// What it holds.
    #[serde(with = "decimal")]
    pub balance: Amount,
    /// The next nonce of lane 0 in blocks; `nonce` tells those of other lanes.
    #[serde(with = "decimal")]
    pub nonce: Nonce,
    /// The height whose state was read.
    #[serde(with = "decimal")]
    pub height: Height,
    /// Proof of the account's record, if asked for; its height is the proof's, which is final and
    /// may be lower than that of the other fields.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proof: Option<StateProof>,
}

/// The next nonce of one lane.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LaneNonce {
    /// Whose.
    pub address: AddressText,
    /// Which lane, 0 to 63.
    pub lane: u8,
    /// The next nonce in blocks.
    #[serde(with = "decimal")]
    pub next: Nonce,
    /// The next nonce once everything waiting at this node is in a block.
    #[serde(with = "decimal")]
    pub pending: Nonce,
    /// The height whose state was read.
    #[serde(with = "decimal")]
    pub height: Height,
}

/// What touched an account, newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct History {
    /// Whose.
    pub address: AddressText,
    /// A page of it.
    pub entries: Vec<HistoryEntry>,
    /// Where the next page begins; none on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<Cursor>,
}

/// One transaction that touched an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryEntry {
    /// The height it is in.
    #[serde(with = "decimal")]
    pub height: Height,
    /// Its receipt's number at that height.
    pub receipt: u32,
    /// The transaction.
    #[serde(with = "hex32")]
    pub tx_hash: TxHash,
    /// `OK`, or why it failed.
    pub code: String,
}

/// The roles of an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Roles {
    /// Whose.
    pub account: AddressText,
    /// The height whose state was read.
    #[serde(with = "decimal")]
    pub height: Height,
    /// The roles, expired ones too.
    pub roles: Vec<RoleEntry>,
}

/// A role of an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoleEntry {
    /// Its name.
    pub role: String,
    /// Since which height.
    #[serde(with = "decimal")]
    pub granted: Height,
    /// Block time from which it no longer counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_ms: Option<Number<TimestampMs>>,
    /// Whether it counts at the newest block's time.
    pub valid: bool,
}

/// A value of state under its raw key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StateValue {
    /// The raw key: space ‖ contract ‖ key.
    pub key: HexBytes,
    /// The value; absent if the key is not there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Base64>,
    /// The height whose state was read.
    #[serde(with = "decimal")]
    pub height: Height,
    /// Proof, if asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proof: Option<StateProof>,
}
