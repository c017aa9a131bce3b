//! The chain, its validators, members and parameters.

use super::text::{decimal, hex32};
use super::{AddressText, Base64, Hex, Number};
use serde::{Deserialize, Serialize};
use types::{
    Amount, BlockId, ChainId, Hash, Height, PublicKey, RevealPoint, TimestampMs, VotingPower,
};

/// Which chain a node is on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chain {
    /// CAIP-2 name.
    pub name: String,
    /// Its identity: name and salt.
    #[serde(with = "hex32")]
    pub chain_id: ChainId,
    /// Block id of header 0.
    #[serde(with = "hex32")]
    pub genesis_hash: BlockId,
    /// What its addresses begin with.
    pub prefix: String,
}

/// A block by height, id and time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlockReference {
    /// Its height.
    #[serde(with = "decimal")]
    pub height: Height,
    /// Its id.
    #[serde(with = "hex32")]
    pub block_id: BlockId,
    /// Its time.
    #[serde(with = "decimal")]
    pub time_ms: TimestampMs,
}

/// Where a node stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// The chain.
    pub chain: Chain,
    /// Version of the program.
    pub version: String,
    /// Protocol that rules the next height.
    pub protocol: u16,
    /// Newest committed block.
    pub tip: BlockReference,
    /// Newest final block.
    pub finalized: BlockReference,
    /// Oldest height whose block and receipts are kept.
    #[serde(with = "decimal")]
    pub oldest: Height,
    /// Whether the node follows the chain and can serve.
    pub ready: bool,
    /// Why not.
    pub not_ready: Vec<String>,
    /// The validator that this node runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub validator: Option<AddressText>,
    /// Why that validator signs nothing for now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observer: Option<String>,
    /// How far catching up has come, while this node is behind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sync: Option<SyncProgress>,
}

/// How far a node has come that fetches blocks it lacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SyncProgress {
    /// The tip it began at.
    #[serde(with = "decimal")]
    pub from: Height,
    /// Height that peers have.
    #[serde(with = "decimal")]
    pub target: Height,
    /// How long it has taken.
    #[serde(with = "decimal")]
    pub elapsed_ms: u64,
    /// Heights a second so far.
    #[serde(with = "decimal")]
    pub per_second: u64,
    /// How long the rest takes at that pace; none before the first block.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remaining_ms: Option<Number<u64>>,
}

impl SyncProgress {
    /// For an operator, with the node's tip.
    #[must_use]
    pub fn describe(&self, tip: Height) -> String {
        let left = self.target.0.saturating_sub(tip.0);
        let begun = format!("catching up: height {tip} of {}, {left} to go", self.target);
        match self.remaining_ms {
            Some(Number(ms)) => {
                let seconds = ms.div_ceil(1_000);
                format!("{begun} at {} a second, about {seconds} s left", self.per_second)
            }
            None => begun,
        }
    }
}

/// V(height).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Validators {
    /// The height asked for.
    #[serde(with = "decimal")]
    pub height: Height,
    /// First height of this set.
    #[serde(with = "decimal")]
    pub since: Height,
    /// All power.
    #[serde(with = "decimal")]
    pub total_power: VotingPower,
    /// Least power that is more than two thirds.
    #[serde(with = "decimal")]
    pub quorum_power: VotingPower,
    /// The validators, ascending by id.
    pub validators: Vec<ValidatorEntry>,
    /// The set in borsh, for verification.
    pub encoded: Base64,
}

/// One validator of a set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ValidatorEntry {
    /// Position in the set.
    pub index: u16,
    /// Who.
    pub id: AddressText,
    /// V: signs votes, proposals and seals.
    #[serde(with = "hex32")]
    pub consensus_key: PublicKey,
    /// C: commits to the reveal secret.
    #[serde(with = "hex32")]
    pub commitment: RevealPoint,
    /// Y: proves randomness.
    #[serde(with = "hex32")]
    pub randomness_key: RevealPoint,
    /// Weight.
    #[serde(with = "decimal")]
    pub power: VotingPower,
}

/// What is registered about a validator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Validator {
    /// Who.
    pub id: AddressText,
    /// Whether it is in the set of the next height.
    pub active: bool,
    /// `candidate`, `admitted`, `active`, `leaving`, `revealed` or `left`.
    #[serde(default)]
    pub status: String,
    /// The last height that it may sign, once its end is fixed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_height: Option<Number<Height>>,
    /// V.
    #[serde(with = "hex32")]
    pub consensus_key: PublicKey,
    /// C.
    #[serde(with = "hex32")]
    pub commitment: RevealPoint,
    /// Y.
    #[serde(with = "hex32")]
    pub randomness_key: RevealPoint,
    /// libp2p key.
    #[serde(with = "hex32")]
    pub network_key: PublicKey,
    /// The member it belongs to.
    pub member: String,
    /// Gets rewards and the bond back.
    pub operator: AddressText,
    /// Weight.
    #[serde(with = "decimal")]
    pub power: VotingPower,
    /// Held in escrow.
    #[serde(with = "decimal")]
    pub bond: Amount,
    /// First height of its present membership.
    #[serde(with = "decimal")]
    pub joined: Height,
    /// Highest height whose precommits in the chain hold one of its own.
    #[serde(with = "decimal")]
    pub signed: Height,
    /// Attestations of its sealed identity.
    pub attestations: u32,
}

/// All native money.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Supply {
    /// The height whose state was read.
    #[serde(with = "decimal")]
    pub height: Height,
    /// The sum of all balances and bonds.
    #[serde(with = "decimal")]
    pub supply: Amount,
}

/// The parameters in force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parameters {
    /// The height whose state was read.
    #[serde(with = "decimal")]
    pub height: Height,
    /// As headers carry it.
    #[serde(with = "hex32")]
    pub hash: Hash,
    /// The numbers.
    pub values: Vec<Parameter>,
    /// Who may send: `anyone`, or `role` for holders of the role user.
    pub send: String,
    /// Who may deploy: `anyone`, or `role` for holders of the role deployer.
    pub deploy: String,
}

/// One parameter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parameter {
    /// Its name.
    pub name: String,
    /// Its value.
    #[serde(with = "decimal")]
    pub value: u128,
    /// Its unit.
    pub unit: String,
    /// Its smallest value.
    #[serde(with = "decimal")]
    pub minimum: u128,
    /// Its largest value.
    #[serde(with = "decimal")]
    pub maximum: u128,
    /// What it does.
    pub meaning: String,
}

/// A part of the encoded genesis.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GenesisChunk {
    /// Which part, from 0.
    pub chunk: u32,
    /// How many there are.
    pub chunks: u32,
    /// `H("genesis", Genesis)` of the whole.
    #[serde(with = "hex32")]
    pub hash: Hash,
    /// The part of the borsh encoding.
    pub bytes: Base64,
}

/// The consortium.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Members {
    /// The height whose state was read.
    #[serde(with = "decimal")]
    pub height: Height,
    /// Its members, ascending by id.
    pub members: Vec<Member>,
}

/// A member of the consortium.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// Short identifier.
    pub id: String,
    /// Name for people.
    pub name: String,
    /// Its voice in governance.
    pub account: AddressText,
    /// libp2p keys it may connect with.
    pub network_keys: Vec<Hex<PublicKey>>,
}
