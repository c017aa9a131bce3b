//! The node itself: peers, pool, consensus.

use super::text::{decimal, hex32, hex32_option};
use super::{AddressText, Number};
use serde::{Deserialize, Serialize};
use types::{Height, PublicKey, TimestampMs, ValidatorId, VotingPower};

/// The peers of a node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NetInfo {
    /// This node's network key.
    #[serde(with = "hex32")]
    pub network_key: PublicKey,
    /// Where it listens.
    pub listen: Vec<String>,
    /// Connected peers.
    pub peers: Vec<Peer>,
}

/// One connected peer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Peer {
    /// Its network key.
    #[serde(with = "hex32")]
    pub network_key: PublicKey,
    /// Its newest committed height, as far as it said.
    #[serde(with = "decimal")]
    pub tip: Height,
    /// The validator it runs, by the 32 bytes of its id.
    #[serde(default, with = "hex32_option", skip_serializing_if = "Option::is_none")]
    pub validator: Option<ValidatorId>,
}

/// The pool of waiting transactions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MempoolInfo {
    /// How many wait.
    #[serde(with = "decimal")]
    pub txs: u64,
    /// Their bytes.
    #[serde(with = "decimal")]
    pub bytes: u64,
    /// Most that may wait.
    #[serde(with = "decimal")]
    pub max_txs: u64,
    /// Most bytes that may wait.
    #[serde(with = "decimal")]
    pub max_bytes: u64,
    /// How many senders they have.
    #[serde(with = "decimal")]
    pub senders: u64,
}

/// What consensus is doing, and what it waits for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consensus {
    /// The height in progress.
    #[serde(with = "decimal")]
    pub height: Height,
    /// Its round.
    pub round: u32,
    /// `proposal`, `prevote`, `precommit`, or `waiting` between heights.
    pub step: String,
    /// Wall clock since which this round lasts.
    #[serde(with = "decimal")]
    pub since_ms: TimestampMs,
    /// How long that is.
    #[serde(with = "decimal")]
    pub waiting_ms: u64,
    /// Who proposes in this round.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proposer: Option<AddressText>,
    /// All power.
    #[serde(with = "decimal")]
    pub power_total: VotingPower,
    /// Least power that is more than two thirds.
    #[serde(with = "decimal")]
    pub power_needed: VotingPower,
    /// Power of this node and of the validators that are connected and answer.
    #[serde(with = "decimal")]
    pub power_present: VotingPower,
    /// Validators that are neither this node nor connected and answering.
    pub unconnected: Vec<AddressText>,
    /// The votes of this round.
    pub votes: Vec<StepPower>,
    /// Newest final height.
    #[serde(with = "decimal")]
    pub finalized: Height,
    /// Height at which more than a third sealed other roots than this node's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alarm: Option<Number<Height>>,
    /// Proposals, votes and seals of this node's validator that were due since the start and were
    /// not signed.
    #[serde(with = "decimal")]
    pub abstentions: u64,
    /// What all this means, in one sentence.
    pub diagnosis: String,
}

/// The votes of one step of the round in progress.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepPower {
    /// `prevote` or `precommit`.
    pub step: String,
    /// Power of those whose vote is there.
    #[serde(with = "decimal")]
    pub power: VotingPower,
    /// Validators whose vote is not.
    pub missing: Vec<AddressText>,
}
