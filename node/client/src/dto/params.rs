//! The parameters of the methods, by name or in this order.

use super::event::{Cursor, EventFilter, Finality};
use super::text::{decimal, hex32};
use super::{AddressText, Base64, Hex, HexBytes, Number, Wait};
use serde::{Deserialize, Serialize};
use types::{BlockId, Hash, Height, TimestampMs, TxHash};

/// No parameters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Nothing {}

/// A height, or the newest if there is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AtHeight {
    /// The height.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub height: Option<Number<Height>>,
}

/// A block by height or by id; the newest if neither is given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OneBlock {
    /// The height.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub height: Option<Number<Height>>,
    /// The block id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hash: Option<Hex<BlockId>>,
}

/// A run of blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BlockRange {
    /// The first height.
    #[serde(with = "decimal")]
    pub from: Height,
    /// How many, 1 to 100.
    #[serde(default = "default_count")]
    pub count: u32,
}

fn default_count() -> u32 {
    20
}

/// The receipts of a height.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReceiptRange {
    /// The height.
    #[serde(with = "decimal")]
    pub height: Height,
    /// The first receipt.
    #[serde(default)]
    pub from: u32,
    /// How many at most, 1 to 1,000.
    #[serde(default = "default_receipts")]
    pub count: u32,
}

fn default_receipts() -> u32 {
    100
}

/// A transaction in a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OneTransaction {
    /// Its hash.
    #[serde(with = "hex32")]
    pub hash: TxHash,
    /// Whether to prove its receipt.
    #[serde(default)]
    pub prove: bool,
}

/// A double sign.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EvidenceBytes {
    /// The evidence in borsh.
    pub evidence: Base64,
}

/// A validator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OneValidator {
    /// Its address.
    pub id: AddressText,
}

/// An account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OneAccount {
    /// Its address.
    pub address: AddressText,
    /// Whether to prove its record.
    #[serde(default)]
    pub prove: bool,
}

/// A page of an account's history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HistoryPage {
    /// Its address.
    pub address: AddressText,
    /// `next` of the page before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<Cursor>,
    /// How many at most, 1 to 100.
    #[serde(default = "default_count")]
    pub limit: u32,
}

/// A lane of an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OneLane {
    /// Its address.
    pub address: AddressText,
    /// The lane, 0 to 63.
    #[serde(default)]
    pub lane: u8,
}

/// The roles of an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RolesOf {
    /// Its address.
    pub account: AddressText,
}

/// A part of the genesis.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GenesisPart {
    /// Which, from 0.
    #[serde(default)]
    pub chunk: u32,
}

/// A value of state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StateKey {
    /// The raw key.
    pub key: HexBytes,
    /// The height; the newest final one for a proof, the newest for a value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub height: Option<Number<Height>>,
    /// Whether to prove it.
    #[serde(default)]
    pub prove: bool,
}

/// A transaction to submit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Submit {
    /// The encoded signed transaction.
    pub tx: Base64,
    /// How long to wait.
    #[serde(default)]
    pub wait: Wait,
    /// For how many ms at most, up to 30,000.
    #[serde(default = "default_timeout_ms")]
    pub timeout_ms: u64,
}

/// How long a submission waits unless it says otherwise. Unit: ms.
#[must_use]
pub fn default_timeout_ms() -> u64 {
    10_000
}

/// Transactions to submit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SubmitBatch {
    /// The encoded signed transactions, 1 to 1,000.
    pub txs: Vec<Base64>,
}

/// A transaction wherever it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TxQuery {
    /// Its hash.
    #[serde(with = "hex32")]
    pub hash: TxHash,
    /// Its `valid_until_ms`: lets any node say that it can no longer be in a block.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_until_ms: Option<Number<TimestampMs>>,
}

/// Bytes of a transaction, signed or not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TxBytes {
    /// An encoded transaction, or an encoded signed transaction.
    pub tx: Base64,
}

/// What a stream of events is to give.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Subscribe {
    /// The cursor after which the stream begins; none for what comes from now on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Cursor>,
    /// Which heights.
    #[serde(default)]
    pub finality: Finality,
    /// Which events.
    #[serde(default)]
    pub filter: EventFilter,
}

/// A running stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unsubscribe {
    /// What `events_subscribe` answered.
    pub subscription: u64,
}

/// What the log shows from now on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogLevel {
    /// Such as `info,consensus=debug`.
    pub filter: String,
}

/// A contract.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OneContract {
    /// Its address.
    pub contract: AddressText,
}

/// Deployed code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CodeOf {
    /// BLAKE3 of the code.
    #[serde(with = "hex32")]
    pub code_hash: Hash,
}

/// A question to a contract's view.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AskView {
    /// Whom to ask.
    pub contract: AddressText,
    /// Which view.
    pub method: String,
    /// Borsh of its arguments in order.
    #[serde(default)]
    pub input: Base64,
    /// Who asks; nobody in particular if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caller: Option<AddressText>,
    /// Most gas that the answer may take, up to 60,000,000.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gas: Option<Number<u64>>,
    /// The newest height, for who wants no other.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub height: Option<Number<Height>>,
}

/// A page of contracts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ContractPage {
    /// The last contract of the page before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<AddressText>,
    /// How many at most, 1 to 100.
    #[serde(default = "default_count")]
    pub limit: u32,
}
