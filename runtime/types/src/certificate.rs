//! Certificates: the votes and seals of more than two thirds, checkable by anybody offline.

use crate::codec::Version;
use crate::hash::{BlockId, ChainId, Hash};
use crate::keys::{Share, Signature};
use crate::units::{Height, Round};
use crate::vote::VoteKind;
use alloc::vec::Vec;
use borsh::{BorshDeserialize, BorshSerialize};

/// One validator's part of a certificate.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct CertificateSignature {
    /// Position in the validator set of the certificate's height; ascending within a certificate.
    pub index: u16,
    /// Its signature.
    pub signature: Signature,
    /// Its reveal share.
    pub share: Share,
}

/// The precommits that decided a height.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct CommitCertificate {
    /// Format version.
    pub version: Version<1>,
    /// The chain.
    pub chain_id: ChainId,
    /// The height decided.
    pub height: Height,
    /// The round it was decided in.
    pub round: Round,
    /// The block decided.
    pub block_id: BlockId,
    /// Precommits of more than two thirds of the power of V(height).
    pub precommits: Vec<CertificateSignature>,
}

/// The seals that make a height final, and its roots with it.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct FinalityCertificate {
    /// Format version.
    pub version: Version<1>,
    /// The chain.
    pub chain_id: ChainId,
    /// The height sealed.
    pub height: Height,
    /// The block sealed.
    pub block_id: BlockId,
    /// State root after it.
    pub state_root: Hash,
    /// Root over its receipts.
    pub receipts_root: Hash,
    /// Seals of more than two thirds of the power of V(height).
    pub seals: Vec<CertificateSignature>,
}

/// The prevotes of more than two thirds for one block in one round. Travels, never stored in
/// blocks.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct PolkaCertificate {
    /// Format version.
    pub version: Version<1>,
    /// The height.
    pub height: Height,
    /// The round of the prevotes.
    pub round: Round,
    /// The block prevoted.
    pub block_id: BlockId,
    /// The prevotes.
    pub prevotes: Vec<CertificateSignature>,
}

/// One vote of a round certificate: votes of several kinds and values may stand beside each other.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct RoundVote {
    /// Prevote or precommit.
    pub kind: VoteKind,
    /// The block voted for, or nil.
    pub block_id: Option<BlockId>,
    /// Who, and its signature and share.
    pub signature: CertificateSignature,
}

/// The votes that let a node enter a round: the only way up for one that starts late.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct RoundCertificate {
    /// Format version.
    pub version: Version<1>,
    /// The height.
    pub height: Height,
    /// The round of the votes.
    pub round: Round,
    /// Precommits of more than two thirds, or votes of more than one third of a later round.
    pub kind: RoundCertificateKind,
    /// The votes.
    pub votes: Vec<RoundVote>,
}

/// What a round certificate lets its holder do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[borsh(use_discriminant = true)]
#[repr(u8)]
pub enum RoundCertificateKind {
    /// Precommits of more than two thirds: the round after may begin.
    Precommit = 0,
    /// Votes of more than one third: this round may be skipped to.
    Skip = 1,
}
