//! Records: the values in native state, readable by proof. Their keys stand in `state::key`.

use crate::codec::Version;
use crate::genesis::{Attestation, Member, Registrars};
use crate::hash::{Address, AddressKind, BlockId, Hash, ValidatorId};
use crate::keys::{PossessionProof, PublicKey, RevealPoint};
use crate::units::{Amount, Height, Nonce, TimestampMs, VotingPower};
use crate::validator_set::ValidatorSet;
use alloc::{string::String, vec::Vec};
use borsh::{BorshDeserialize, BorshSerialize};

/// Largest value in state, in bytes; a sealed identity fits.
pub const MAX_RECORD_BYTES: usize = 64 * 1024;

/// An account's money. Absent means: never used, balance 0.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct AccountRecord {
    /// Format version.
    pub version: Version<1>,
    /// What the address is, as far as the chain has seen; `Account` until a multisig first signs.
    pub kind: AddressKind,
    /// What it holds.
    pub balance: Amount,
}

/// The next nonce of one lane of one sender. Absent means 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct LaneRecord {
    /// Format version.
    pub version: Version<1>,
    /// The next nonce.
    pub next: Nonce,
}

/// A role that an account holds. Revocation removes the record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct RoleRecord {
    /// Format version.
    pub version: Version<1>,
    /// Since which height.
    pub granted: Height,
    /// Block time from which it no longer counts.
    pub expires_ms: Option<TimestampMs>,
}

/// Everything registered about a validator but its sealed identity.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct ValidatorRecord {
    /// Format version.
    pub version: Version<1>,
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
    /// libp2p key.
    pub network_key: PublicKey,
    /// The member it belongs to.
    pub member: String,
    /// Gets rewards and the bond back.
    pub operator: Address,
    /// Weight.
    pub power: VotingPower,
    /// Held in escrow.
    pub bond: Amount,
    /// The registrars' signatures.
    pub attestations: Vec<Attestation>,
    /// Where it is on its way.
    pub status: ValidatorStatus,
    /// The last height that it may sign, once its end is fixed.
    pub last_height: Option<Height>,
}

/// Where a validator is between registration and the return of its bond.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[borsh(use_discriminant = true)]
#[repr(u8)]
pub enum ValidatorStatus {
    /// Registered with its bond; the members have not admitted it.
    Candidate = 0,
    /// Admitted; counts once it has shown that it is caught up.
    Admitted = 1,
    /// In the set.
    Active = 2,
    /// Out of the set; its bond stays until no evidence about it can come any more.
    Leaving = 3,
    /// Out of the set for good: it signed twice. What is left of its bond stays as long.
    Revealed = 4,
    /// Gone, its bond paid out.
    Left = 5,
}

impl ValidatorStatus {
    /// Its name in JSON and commands.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Candidate => "candidate",
            Self::Admitted => "admitted",
            Self::Active => "active",
            Self::Leaving => "leaving",
            Self::Revealed => "revealed",
            Self::Left => "left",
        }
    }
}

/// A bond that waits to be paid out, under the height it falls due at and its validator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct PayoutRecord {
    /// Format version.
    pub version: Version<1>,
    /// The last height that the validator could sign.
    pub last_height: Height,
}

/// A height of late: what a validator shows to have caught up with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct RecentRecord {
    /// Format version.
    pub version: Version<1>,
    /// The height.
    pub height: Height,
    /// Its block.
    pub block_id: BlockId,
    /// The state root after it.
    pub state_root: Hash,
}

/// A key or point that was registered once and can never be again, under its 32 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct KeyRecord {
    /// Format version.
    pub version: Version<1>,
    /// Whose it is or was.
    pub validator: ValidatorId,
}

/// When a validator joined and was last seen to sign (protocol.md 2.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct PresenceRecord {
    /// Format version.
    pub version: Version<1>,
    /// First height of its present membership.
    pub joined: Height,
    /// Highest k whose precommits, carried in the last_commit of block k + 1, hold one of its own.
    pub signed: Height,
}

/// A validator set from a height on, until the next such record.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct SetRecord {
    /// Format version.
    pub version: Version<1>,
    /// The set.
    pub set: ValidatorSet,
}

/// What the chain knows about itself.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct ChainRecord {
    /// Format version.
    pub version: Version<1>,
    /// Protocol that rules the next height.
    pub protocol: u16,
    /// Height of the newest finality certificate in the chain, 0 at first.
    pub carried: Height,
    /// `H("genesis", Genesis)`.
    pub genesis: Hash,
    /// All native money there is.
    pub supply: Amount,
    /// The registrars.
    pub registrars: Registrars,
    /// The protocol that the members decided on, and the first height that it rules.
    pub upgrade: Option<(u16, Height)>,
}

/// A member of the consortium, under its id.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct MemberRecord {
    /// Format version.
    pub version: Version<1>,
    /// The member.
    pub member: Member,
}

/// Code that was deployed, under its hash; the bytes lie beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct CodeRecord {
    /// Format version.
    pub version: Version<1>,
    /// Size of the code. Unit: bytes.
    pub bytes: u32,
    /// Who deployed it first.
    pub deployer: Address,
    /// At which height.
    pub deployed: Height,
}

/// A contract.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct ContractRecord {
    /// Format version.
    pub version: Version<1>,
    /// BLAKE3 of the code that it runs.
    pub code_hash: Hash,
    /// Who made it.
    pub creator: Address,
    /// Who may upgrade and pause it.
    pub admin: Option<Address>,
    /// Whether its calls are stopped, and by whom.
    pub paused: Pause,
    /// The height it was made at.
    pub created: Height,
    /// The height it got its present code at.
    pub upgraded: Height,
}

/// Whether a contract's calls are stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[borsh(use_discriminant = true)]
#[repr(u8)]
pub enum Pause {
    /// They go on.
    No = 0,
    /// Its admin stopped them, and may let them go on.
    Admin = 1,
    /// The members stopped them: they alone let them go on.
    Members = 2,
}

impl Pause {
    /// Whether calls are stopped.
    #[must_use]
    pub const fn is_on(self) -> bool {
        match self {
            Self::No => false,
            Self::Admin | Self::Members => true,
        }
    }
}

/// The randomness of a height, in the place that it shares with the height 1,024 before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct RandomnessRecord {
    /// Format version.
    pub version: Version<1>,
    /// The height.
    pub height: Height,
    /// Its randomness.
    pub randomness: Hash,
}
