//! Messages between nodes. Each begins with a version; limits stand beside them.

use crate::block::Block;
use crate::certificate::{
    CommitCertificate, FinalityCertificate, PolkaCertificate, RoundCertificate,
};
use crate::codec::Version;
use crate::evidence::Evidence;
use crate::hash::{BlockId, ChainId};
use crate::units::{Height, Round};
use crate::vote::{Proposal, Seal, Vote};
use alloc::vec::Vec;
use borsh::{BorshDeserialize, BorshSerialize};

/// Largest message of the topic `vote`.
pub const MAX_CONSENSUS_BYTES: usize = 32 * 1024;
/// Largest message of the topic `tx`: one transaction that deploys code.
pub const MAX_TX_BATCH_BYTES: usize = 1024 * 1024;
/// Above this a batch holds a single transaction.
pub const TX_BATCH_TARGET_BYTES: usize = 64 * 1024;
/// What an empty [`TxBatch`] takes, in bytes: version and count.
pub const TX_BATCH_OVERHEAD_BYTES: usize = 5;
/// What each transaction of a [`TxBatch`] takes beside its own bytes: its length.
pub const TX_OVERHEAD_BYTES: usize = 4;
/// Largest message of the topic `evidence`.
pub const MAX_EVIDENCE_BYTES: usize = 4 * 1024;
/// Largest handshake.
pub const MAX_HANDSHAKE_BYTES: usize = 1024;
/// Largest status request.
pub const MAX_STATUS_BYTES: usize = 16 * 1024;
/// Largest status answer.
pub const MAX_STATUS_ANSWER_BYTES: usize = 256 * 1024;
/// Largest pushed or fetched block: the largest body a chain can have, and its header.
pub const MAX_BLOCK_BYTES: usize = 17 * 1024 * 1024;
/// Blocks of one sync answer add up to at most this, but for the first.
pub const SYNC_TARGET_BYTES: usize = 4 * 1024 * 1024;
/// Most blocks of one sync answer.
pub const MAX_SYNC_BLOCKS: u32 = 256;
/// Largest sync answer: the target, and one largest block with its certificates.
pub const MAX_SYNC_BYTES: usize = SYNC_TARGET_BYTES + MAX_BLOCK_BYTES + 256 * 1024;

/// A message of the topic `vote`.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct ConsensusMessage {
    /// Format version.
    pub version: Version<1>,
    /// What it says.
    pub content: ConsensusContent,
}

/// What a consensus message says.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[borsh(use_discriminant = true)]
#[repr(u8)]
pub enum ConsensusContent {
    /// A proposal; its block travels on its own.
    Proposal(Proposal) = 0,
    /// A prevote or precommit.
    Vote(Vote) = 1,
    /// A seal.
    Seal(Seal) = 2,
    /// The precommits of a decided height.
    Commit(CommitCertificate) = 3,
    /// The seals of a final height.
    Finality(FinalityCertificate) = 4,
    /// The prevotes of a round.
    Polka(PolkaCertificate) = 5,
    /// The votes that open a round.
    Round(RoundCertificate) = 6,
}

impl From<ConsensusContent> for ConsensusMessage {
    fn from(content: ConsensusContent) -> Self {
        Self { version: Version, content }
    }
}

/// A message of the topic `tx`: at most 64 KiB together, or one larger transaction.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct TxBatch {
    /// Format version.
    pub version: Version<1>,
    /// Encoded [`crate::SignedTx`]s.
    pub txs: Vec<Vec<u8>>,
}

/// A message of the topic `evidence`: a conflicting pair travels as a pair.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct EvidenceMessage {
    /// Format version.
    pub version: Version<1>,
    /// The pair.
    pub evidence: Evidence,
}

/// The first message of both sides of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Handshake {
    /// Format version.
    pub version: Version<1>,
    /// The chain.
    pub chain_id: ChainId,
    /// The block id of header 0.
    pub genesis_hash: BlockId,
    /// Lowest protocol version this node knows.
    pub protocol_min: u16,
    /// Highest protocol version this node knows.
    pub protocol_max: u16,
    /// Highest committed height.
    pub tip: Height,
    /// Highest final height.
    pub finalized: Height,
}

/// Which messages of one round a node holds: bit i of byte i / 8 (lowest bit first) is the
/// validator at position i of V(height).
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct RoundStatus {
    /// The round.
    pub round: Round,
    /// Whether the proposal is held.
    pub proposal: bool,
    /// Prevotes held.
    pub prevotes: Vec<u8>,
    /// Precommits held.
    pub precommits: Vec<u8>,
}

/// Where a node stands; every second, after a commit, and on entering a round above 0.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct StatusRequest {
    /// Format version.
    pub version: Version<1>,
    /// Highest committed height.
    pub tip: Height,
    /// Highest final height.
    pub finalized: Height,
    /// The height in progress.
    pub height: Height,
    /// Its round.
    pub round: Round,
    /// From the round before on, ascending, at most 16.
    pub rounds: Vec<RoundStatus>,
}

/// What the asker lacks, as far as the answerer holds it and it fits.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct StatusAnswer {
    /// Format version.
    pub version: Version<1>,
    /// The answerer's highest committed height.
    pub tip: Height,
    /// The answerer's highest final height.
    pub finalized: Height,
    /// Proposals, votes, certificates and seals.
    pub messages: Vec<ConsensusContent>,
}

/// A header with its body, pushed by its proposer or fetched by id.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct BlockMessage {
    /// Format version.
    pub version: Version<1>,
    /// The header and the body.
    pub block: Block,
}

/// Ask for one block not yet committed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct BlockRequest {
    /// Format version.
    pub version: Version<1>,
    /// Which.
    pub block_id: BlockId,
}

/// The block asked for, if the answerer has it.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct BlockAnswer {
    /// Format version.
    pub version: Version<1>,
    /// The block.
    pub block: Option<BlockMessage>,
}

/// Ask for committed blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct SyncRequest {
    /// Format version.
    pub version: Version<1>,
    /// First height wanted.
    pub from: Height,
    /// How many at most, 1 to 256.
    pub count: u32,
}

/// A committed block with the certificate that decided it.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct SyncedBlock {
    /// The header and the body.
    pub block: Block,
    /// Its precommits.
    pub certificate: CommitCertificate,
}

/// Consecutive blocks from the height asked for; empty if there are none.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct SyncAnswer {
    /// Format version.
    pub version: Version<1>,
    /// The answerer's highest committed height.
    pub tip: Height,
    /// The lowest height it still has.
    pub oldest: Height,
    /// The blocks.
    pub blocks: Vec<SyncedBlock>,
    /// The newest finality certificate it holds at or below the last of them.
    pub finality: Option<FinalityCertificate>,
}
