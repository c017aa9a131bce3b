//! Proposals, votes and seals: what a validator signs, at which address, over which value.

use crate::hash::{BlockId, ChainId, Hash, ValidatorId};
use crate::keys::{Share, Signature};
use crate::units::{Height, Round};
use borsh::{BorshDeserialize, BorshSerialize};

/// The step of a signed address.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize,
)]
#[borsh(use_discriminant = true)]
#[repr(u8)]
pub enum Step {
    /// A block is proposed.
    Proposal = 0,
    /// First vote of a round.
    Prevote = 1,
    /// Second vote of a round.
    Precommit = 2,
    /// The height is committed and executed.
    Seal = 3,
}

/// Where a validator signs at most one value: two at one address open its sealed identity.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize,
)]
pub struct SignedAddress {
    /// The chain.
    pub chain_id: ChainId,
    /// The height.
    pub height: Height,
    /// The round; 0 for a seal.
    pub round: Round,
    /// The step.
    pub step: Step,
}

/// The value signed at an address; `None` is nil, for votes only.
pub type Value = Option<Hash>;

/// Which of the two votes of a round.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize,
)]
#[borsh(use_discriminant = true)]
#[repr(u8)]
pub enum VoteKind {
    /// First vote of a round.
    Prevote = 1,
    /// Second vote of a round.
    Precommit = 2,
}

impl VoteKind {
    /// The step it is signed at.
    #[must_use]
    pub const fn step(self) -> Step {
        match self {
            Self::Prevote => Step::Prevote,
            Self::Precommit => Step::Precommit,
        }
    }
}

/// A signed proposal. Value signed: `H("proposal", {block_id, pol_round})`.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Proposal {
    /// The height.
    pub height: Height,
    /// The round.
    pub round: Round,
    /// The round whose polka the proposer relies on, if it proposes a block again.
    pub pol_round: Option<Round>,
    /// The block proposed.
    pub block_id: BlockId,
    /// Who proposes.
    pub validator: ValidatorId,
    /// Over `H("vote", {V, address, value, share})`.
    pub signature: Signature,
    /// The reveal share at this address.
    pub share: Share,
}

/// A signed prevote or precommit. Value signed: the block id, or nil.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Vote {
    /// Prevote or precommit.
    pub kind: VoteKind,
    /// The height.
    pub height: Height,
    /// The round.
    pub round: Round,
    /// The block voted for, or nil.
    pub block_id: Option<BlockId>,
    /// Who votes.
    pub validator: ValidatorId,
    /// Over `H("vote", {V, address, value, share})`.
    pub signature: Signature,
    /// The reveal share at this address.
    pub share: Share,
}

/// A signed seal: this validator committed and executed the block.
/// Value signed: `H("seal", {block_id, state_root, receipts_root})`; its round is 0.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Seal {
    /// The height sealed.
    pub height: Height,
    /// The block.
    pub block_id: BlockId,
    /// State root after it.
    pub state_root: Hash,
    /// Root over its receipts.
    pub receipts_root: Hash,
    /// Who seals.
    pub validator: ValidatorId,
    /// Over `H("vote", {V, address, value, share})`.
    pub signature: Signature,
    /// The reveal share at this address.
    pub share: Share,
}
