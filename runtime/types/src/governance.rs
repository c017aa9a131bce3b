//! How the members govern: motions, votes, and validators that come and go (docs/protocol.md 3.5,
//! 11.1).

use crate::call::Role;
use crate::codec::Version;
use crate::genesis::{Attestation, Member};
use crate::hash::{Address, BlockId, Hash, ValidatorId};
use crate::keys::{PossessionProof, PublicKey, RevealPoint, Signature};
use crate::units::{Amount, Height, TimestampMs, VotingPower};
use alloc::{boxed::Box, string::String, vec::Vec};
use borsh::{BorshDeserialize, BorshSerialize};

/// Most proposals that are open at a time.
pub const MAX_OPEN_PROPOSALS: usize = 64;
/// Most proposals that state keeps, decided ones included.
pub const MAX_KEPT_PROPOSALS: usize = 256;
/// Most members of a consortium.
pub const MAX_MEMBERS: usize = 100;
/// Most bytes of a member's id or name.
pub const MAX_MEMBER_TEXT_BYTES: usize = 64;
/// Most network keys of a member.
pub const MAX_MEMBER_KEYS: usize = 8;

/// A call about members and validators.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[borsh(use_discriminant = true)]
#[repr(u8)]
pub enum MembershipCall {
    /// Propose something; the sender is a member's account, and votes for it by this.
    Propose {
        /// What.
        motion: Motion,
    } = 0,
    /// Vote on a proposal; the sender is a member's account.
    Vote {
        /// Its number.
        proposal: u64,
        /// For or against it.
        approve: bool,
    } = 1,
    /// Register a validator with its bond, which the sender pays; the sender is its operator.
    Register {
        /// Everything about it.
        registration: Box<Registration>,
    } = 2,
    /// Take a validator out of the set, or a candidate back; the sender is its operator.
    Leave {
        /// Which.
        validator: ValidatorId,
    } = 3,
    /// Show that an admitted validator has caught up; anybody may send it.
    Ready {
        /// What it says, signed by its consensus key.
        readiness: Readiness,
        /// The signature over `H("ready", {chain_id, height, block id, state root})`.
        signature: Signature,
    } = 4,
    /// Give a validator other keys and a record sealed anew; the sender is its operator. One in the
    /// set signs with them from V(h + 2) on; for earlier heights the old ones stay liable.
    Rotate {
        /// What takes the place of what.
        rotation: Box<Rotation>,
    } = 5,
}

/// The keys of a validator, all drawn together, and that their secrets are known.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct KeySet {
    /// V.
    pub consensus_key: PublicKey,
    /// C.
    pub commitment: RevealPoint,
    /// Y.
    pub randomness_key: RevealPoint,
    /// That C's secret is known.
    pub commitment_proof: PossessionProof,
    /// That Y's secret is known.
    pub randomness_proof: PossessionProof,
}

/// Who runs a validator, sealed under its keys.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct SealedIdentity {
    /// Sealed identity.
    pub hidden_information: Vec<u8>,
    /// Ascending by registrar, at least as many as the chain asks for.
    pub attestations: Vec<Attestation>,
}

/// A validator that wants to be one.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Registration {
    /// Format version.
    pub version: Version<1>,
    /// Its keys.
    pub keys: KeySet,
    /// libp2p key.
    pub network_key: PublicKey,
    /// The member it belongs to.
    pub member: String,
    /// Put into escrow, at least the chain's minimum.
    pub bond: Amount,
    /// Who runs it.
    pub identity: SealedIdentity,
}

/// Other keys for a validator.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Rotation {
    /// Format version.
    pub version: Version<1>,
    /// Whose; its id stays.
    pub validator: ValidatorId,
    /// The new keys, none of which was ever registered.
    pub keys: KeySet,
    /// Who runs it, sealed under the new keys; attested with a version above the last one's.
    pub identity: SealedIdentity,
}

/// That a validator holds the chain up to a height.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Readiness {
    /// The chain.
    pub chain_id: crate::hash::ChainId,
    /// Who.
    pub validator: ValidatorId,
    /// A height of late.
    pub height: Height,
    /// Its block.
    pub block_id: BlockId,
    /// The state root after it.
    pub state_root: Hash,
}

/// What members may decide.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[borsh(use_discriminant = true)]
#[repr(u8)]
pub enum Motion {
    /// A new member, or other facts about one.
    PutMember(Member) = 0,
    /// A member goes; never the last.
    RemoveMember {
        /// Its id.
        id: String,
    } = 1,
    /// A candidate becomes a validator once it is ready.
    AdmitValidator {
        /// Which.
        validator: ValidatorId,
        /// With which weight.
        power: VotingPower,
    } = 2,
    /// A validator goes; its bond waits.
    RemoveValidator {
        /// Which.
        validator: ValidatorId,
    } = 3,
    /// A lost validator goes and a candidate is admitted with its weight.
    ReplaceValidator {
        /// Who goes.
        lost: ValidatorId,
        /// Who is admitted.
        replacement: ValidatorId,
    } = 4,
    /// Another weight.
    SetPower {
        /// Whose.
        validator: ValidatorId,
        /// Which.
        power: VotingPower,
    } = 5,
    /// Another value of a parameter, within its bounds.
    SetParameter {
        /// Its name.
        name: String,
        /// The value.
        value: u128,
    } = 6,
    /// A role for an account, `operator` too.
    GrantRole {
        /// Whose.
        account: Address,
        /// Which.
        role: Role,
        /// Until when.
        expires_ms: Option<TimestampMs>,
    } = 7,
    /// An account loses a role.
    RevokeRole {
        /// Whose.
        account: Address,
        /// Which.
        role: Role,
    } = 8,
    /// Money from the treasury.
    PayTreasury {
        /// To whom.
        to: Address,
        /// How much.
        amount: Amount,
    } = 9,
    /// New money.
    Mint {
        /// For whom.
        to: Address,
        /// How much.
        amount: Amount,
    } = 10,
    /// Another protocol from a height on.
    SetProtocol {
        /// Its version.
        version: u16,
        /// The first height that it rules.
        from: Height,
    } = 11,
    /// Other registrars.
    SetRegistrars {
        /// How many must attest.
        threshold: u8,
        /// Their keys, strictly ascending.
        keys: Vec<PublicKey>,
    } = 12,
    /// Stop all calls of a contract but its views, or let them go on, whatever its admin wants.
    PauseContract {
        /// Which contract.
        contract: Address,
        /// Whether calls stop.
        paused: bool,
    } = 13,
}

impl Motion {
    /// What it is about, in one word.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::PutMember(_) => "put_member",
            Self::RemoveMember { .. } => "remove_member",
            Self::AdmitValidator { .. } => "admit_validator",
            Self::RemoveValidator { .. } => "remove_validator",
            Self::ReplaceValidator { .. } => "replace_validator",
            Self::SetPower { .. } => "set_power",
            Self::SetParameter { .. } => "set_parameter",
            Self::GrantRole { .. } => "grant_role",
            Self::RevokeRole { .. } => "revoke_role",
            Self::PayTreasury { .. } => "pay_treasury",
            Self::Mint { .. } => "mint",
            Self::SetProtocol { .. } => "set_protocol",
            Self::SetRegistrars { .. } => "set_registrars",
            Self::PauseContract { .. } => "pause_contract",
        }
    }
}

/// A proposal, under its number.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct ProposalRecord {
    /// Format version.
    pub version: Version<1>,
    /// What is proposed.
    pub motion: Motion,
    /// The member that proposed it.
    pub proposer: String,
    /// Block time after which nobody may vote.
    pub expires_ms: TimestampMs,
    /// Votes by member id, ascending.
    pub votes: Vec<(String, bool)>,
    /// What became of it.
    pub outcome: ProposalOutcome,
}

/// What became of a proposal.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[borsh(use_discriminant = true)]
#[repr(u8)]
pub enum ProposalOutcome {
    /// It may be voted on.
    Open = 0,
    /// Enough members were for it, and it took effect.
    Passed {
        /// In the block of this height.
        height: Height,
    } = 1,
    /// So many were against it that it cannot pass.
    Rejected {
        /// In the block of this height.
        height: Height,
    } = 2,
    /// Enough members were for it, but it cannot be done.
    Failed {
        /// In the block of this height.
        height: Height,
        /// Why, with the figures.
        reason: String,
    } = 3,
}
