//! Blocks: the header that is voted on, and the body that it commits to.

use crate::certificate::{CommitCertificate, FinalityCertificate};
use crate::codec::WideVersion;
use crate::evidence::Evidence;
use crate::hash::{BlockId, ChainId, Hash, ValidatorId};
use crate::keys::VrfProof;
use crate::units::{Height, Round, TimestampMs};
use alloc::vec::Vec;
use borsh::{BorshDeserialize, BorshSerialize};

/// What a block commits to. Its identity is `H("block", header)`.
///
/// State and receipts roots are those of the *previous* height: execution follows decision.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Header {
    /// Format version, 2 bytes.
    pub version: WideVersion<1>,
    /// Protocol version that rules this height.
    pub protocol: u16,
    /// The chain.
    pub chain_id: ChainId,
    /// Position, from 0.
    pub height: Height,
    /// Round of the block's *first* proposal.
    pub round: Round,
    /// Block time, strictly above the parent's.
    pub time_ms: TimestampMs,
    /// The block before; zero in header 0.
    pub parent: BlockId,
    /// Who made the block; zero in header 0.
    pub proposer: ValidatorId,
    /// `H("validators", V(height))`.
    pub validators_hash: Hash,
    /// `H("validators", V(height + 1))`.
    pub next_validators_hash: Hash,
    /// `H("params", Params)`; in header 0 `H("genesis", Genesis)`.
    pub params_hash: Hash,
    /// State root after the previous height.
    pub prev_state_root: Hash,
    /// Root over the receipts of the previous height.
    pub prev_receipts_root: Hash,
    /// Root over the hashes of the body's transactions.
    pub txs_root: Hash,
    /// Root over the body's evidence.
    pub evidence_root: Hash,
    /// `H("commit", last_commit)`, zero if there is none.
    pub last_commit_hash: Hash,
    /// `H("finality", finality)`, zero if there is none.
    pub finality_hash: Hash,
    /// The height's randomness, `H("vrf-output", Γ)`; in header 0 the chain id.
    pub randomness: Hash,
    /// The proposer's proof of it; zero in header 0.
    pub vrf_proof: VrfProof,
    /// Size of the encoded body.
    pub body_bytes: u32,
}

/// What a block carries.
#[derive(Clone, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Body {
    /// The precommits that decided the parent; `None` only at height 1.
    pub last_commit: Option<CommitCertificate>,
    /// The newest finality certificate the proposer held, when one is due.
    pub finality: Option<FinalityCertificate>,
    /// Double signs to punish.
    pub evidence: Vec<Evidence>,
    /// Encoded [`crate::SignedTx`]s, in order of execution.
    pub txs: Vec<Vec<u8>>,
}

/// A header with its body.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Block {
    /// What is voted on.
    pub header: Header,
    /// What it carries.
    pub body: Body,
}
