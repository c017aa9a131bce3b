//! Transactions and receipts.

use super::event::EventView;
use super::text::{decimal, hex32};
use super::{AddressText, Base64, FailureView, Fault, Hex, HexBytes, Number, ReceiptProof};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use types::{Amount, BlockId, ChainId, Gas, Hash, Height, Nonce, PublicKey, TimestampMs, TxHash};

/// A transaction for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TxView {
    /// Its hash; none while nobody has signed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hash: Option<Hex<TxHash>>,
    /// The 32 bytes that are signed.
    #[serde(with = "hex32")]
    pub signing_hash: Hash,
    /// The chain it is for.
    #[serde(with = "hex32")]
    pub chain_id: ChainId,
    /// Whose calls they are.
    pub sender: AddressText,
    /// Its lane.
    pub lane: u8,
    /// Its place in the lane.
    #[serde(with = "decimal")]
    pub nonce: Nonce,
    /// Block time after which it is void.
    #[serde(with = "decimal")]
    pub valid_until_ms: TimestampMs,
    /// Most gas it may use.
    #[serde(with = "decimal")]
    pub gas_limit: Gas,
    /// Most fee it may cost.
    #[serde(with = "decimal")]
    pub fee_limit: Amount,
    /// Who pays instead of the sender.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payer: Option<AddressText>,
    /// The sender's own bytes.
    pub reference: HexBytes,
    /// What it asks for.
    pub calls: Vec<CallView>,
    /// Who authorises it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auth: Option<AuthView>,
    /// Who authorises the payment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payer_auth: Option<AuthView>,
}

/// One call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "call", rename_all = "snake_case")]
pub enum CallView {
    /// Move native money.
    Transfer {
        /// Who receives.
        to: AddressText,
        /// How much.
        #[serde(with = "decimal")]
        amount: Amount,
    },
    /// Give a role.
    GrantRole {
        /// Who gets it.
        account: AddressText,
        /// Which.
        role: String,
        /// Block time from which it no longer counts.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        expires_ms: Option<Number<TimestampMs>>,
    },
    /// Take a role away.
    RevokeRole {
        /// Who loses it.
        account: AddressText,
        /// Which.
        role: String,
    },
    /// About members and validators.
    Membership {
        /// `propose`, `vote`, `register`, `leave` or `ready`.
        action: String,
        /// With what: a text for each name.
        details: BTreeMap<String, String>,
    },
    /// Put a contract's code on the chain.
    Deploy {
        /// BLAKE3 of the code.
        #[serde(with = "hex32")]
        code_hash: Hash,
        /// Its size. Unit: bytes.
        bytes: Number<u64>,
    },
    /// Make a contract.
    Instantiate {
        /// The address it gets.
        contract: AddressText,
        /// BLAKE3 of its code.
        #[serde(with = "hex32")]
        code_hash: Hash,
        /// Tells the sender's contracts apart.
        salt: HexBytes,
        /// Who may upgrade and pause it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        admin: Option<AddressText>,
        /// What `init` is given, in borsh.
        input: Base64,
        /// Money that goes along.
        #[serde(with = "decimal")]
        value: Amount,
    },
    /// Call a contract.
    Call {
        /// Which contract.
        contract: AddressText,
        /// Which method.
        method: String,
        /// What it is given, in borsh.
        input: Base64,
        /// Money that goes along.
        #[serde(with = "decimal")]
        value: Amount,
    },
    /// Give a contract other code.
    Upgrade {
        /// Which contract.
        contract: AddressText,
        /// BLAKE3 of the new code.
        #[serde(with = "hex32")]
        code_hash: Hash,
        /// What `migrate` is given, in borsh.
        input: Base64,
    },
    /// Stop a contract's calls, or let them go on.
    PauseContract {
        /// Which contract.
        contract: AddressText,
        /// Whether calls stop.
        paused: bool,
    },
}

/// Who authorises a transaction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum AuthView {
    /// One key.
    Ed25519 {
        /// The key.
        #[serde(with = "hex32")]
        key: PublicKey,
    },
    /// Several keys.
    Multi {
        /// How many must sign.
        threshold: u8,
        /// All keys.
        keys: Vec<Hex<PublicKey>>,
        /// Positions of those that signed.
        signed: Vec<u8>,
    },
}

/// A transaction in a block.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transaction {
    /// The transaction.
    pub tx: TxView,
    /// The height it is in.
    #[serde(with = "decimal")]
    pub height: Height,
    /// The block it is in.
    #[serde(with = "hex32")]
    pub block_id: BlockId,
    /// That block's time.
    #[serde(with = "decimal")]
    pub time_ms: TimestampMs,
    /// Its receipt's number at that height.
    pub receipt_index: u32,
    /// What became of it.
    pub receipt: ReceiptView,
    /// Whether this node holds a finality certificate of this or a later height.
    pub finalized: bool,
    /// Proof of the receipt, if asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proof: Option<ReceiptProof>,
}

/// What became of one entry of a block.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceiptView {
    /// `evidence`, `transaction` or `set_change`.
    pub kind: String,
    /// The transaction, if it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tx_hash: Option<Hex<TxHash>>,
    /// `succeeded` or `failed`.
    pub status: String,
    /// `OK`, or why it failed.
    pub code: String,
    /// Gas used.
    #[serde(with = "decimal")]
    pub gas_used: Gas,
    /// Fee charged.
    #[serde(with = "decimal")]
    pub fee: Amount,
    /// What happened.
    pub events: Vec<EventView>,
    /// Hash of what the last call returned, or of the encoded `Failure` of a contract; zero if
    /// nothing.
    #[serde(with = "hex32")]
    pub return_hash: Hash,
    /// What the last call returned, in borsh.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub returned: Option<Base64>,
    /// What the contract says that refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<FailureView>,
}

/// The receipts of a height.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipts {
    /// The height.
    #[serde(with = "decimal")]
    pub height: Height,
    /// The block.
    #[serde(with = "hex32")]
    pub block_id: BlockId,
    /// How many receipts the height has.
    pub count: u32,
    /// Number of the first one given.
    pub from: u32,
    /// The receipts, in order.
    pub receipts: Vec<ReceiptView>,
    /// Whether this node holds a finality certificate of this or a later height.
    pub finalized: bool,
}

/// How long a submission waits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Wait {
    /// Until the pool has taken it.
    #[default]
    None,
    /// Until it is in a committed block.
    Committed,
    /// Until it is in a final block.
    Final,
}

/// A submitted transaction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Submitted {
    /// Its hash.
    #[serde(with = "hex32")]
    pub hash: TxHash,
    /// Where it is: `pending` also if the time ran out before it was where the caller waits for it.
    #[serde(flatten)]
    pub state: TxState,
}

/// Where a transaction is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum TxState {
    /// In this node's pool.
    Pending {
        /// How many stand before it, as far as the node can tell.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        position: Option<Number<u64>>,
    },
    /// In a committed block.
    Committed(Outcome),
    /// In a final block.
    Final(Outcome),
    /// Thrown out of this node's pool.
    Dropped {
        /// Why.
        code: String,
    },
    /// In no block, and none can take it any more.
    Expired,
    /// This node has never seen it, or no longer remembers.
    Unknown,
}

/// What became of a transaction in a block.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// The height it is in.
    #[serde(with = "decimal")]
    pub height: Height,
    /// Its receipt's number at that height.
    pub receipt: u32,
    /// `OK`, or why it failed.
    pub code: String,
    /// Gas used.
    #[serde(with = "decimal")]
    pub gas_used: Gas,
    /// Fee charged.
    #[serde(with = "decimal")]
    pub fee: Amount,
    /// What the last call returned, in borsh.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub returned: Option<Base64>,
    /// What the contract says that refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<FailureView>,
}

/// One transaction of a submitted batch, at its place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BatchOutcome {
    /// Its hash.
    #[serde(with = "hex32")]
    pub hash: TxHash,
    /// Why it was refused; absent if the pool took it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<Fault>,
}

/// What a transaction would do now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Simulation {
    /// The height whose state was read.
    #[serde(with = "decimal")]
    pub height: Height,
    /// What would become of it.
    pub receipt: ReceiptView,
    /// What contracts logged, up to 64 lines.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub log: Vec<String>,
}
