//! Receipts: what became of everything a block asked for.

use crate::code::Code;
use crate::codec::Version;
use crate::hash::{Address, Hash, TxHash, ValidatorId};
use crate::keys::PublicKey;
use crate::punishment::Forfeit;
use crate::record::ValidatorStatus;
use crate::units::{Amount, Gas, Height, VotingPower};
use crate::vote::SignedAddress;
use alloc::{string::String, vec::Vec};
use borsh::{BorshDeserialize, BorshSerialize};

/// Most bytes of all events of one receipt.
pub const MAX_EVENT_BYTES: usize = 64 * 1024;
/// Most events of one receipt.
pub const MAX_EVENTS: usize = 256;

/// What a receipt is about, in order of execution.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize,
)]
#[borsh(use_discriminant = true)]
#[repr(u8)]
pub enum ReceiptKind {
    /// A double sign punished.
    Evidence = 0,
    /// Reserved.
    Reserved = 1,
    /// A transaction.
    Transaction = 2,
    /// A change of the validator set.
    SetChange = 3,
}

/// The outcome of one entry of a block. Its hash is `H("receipt", Receipt)`.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Receipt {
    /// Format version.
    pub version: Version<1>,
    /// What it is about.
    pub kind: ReceiptKind,
    /// The transaction, if it is one.
    pub tx_hash: Option<TxHash>,
    /// Whether it took effect.
    pub status: Status,
    /// Why not, or [`Code::Ok`].
    pub code: Code,
    /// Gas used; the whole limit after a trap.
    pub gas_used: Gas,
    /// Charged to the payer and paid to the treasury.
    pub fee: Amount,
    /// What happened; none if it failed.
    pub events: Vec<Event>,
    /// `H("return", bytes)` of what the last call returned, or of the encoded
    /// [`Failure`](crate::contract::Failure) that a contract failed with; zero if nothing.
    pub return_hash: Hash,
}

/// Whether an entry of a block took effect.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize,
)]
#[borsh(use_discriminant = true)]
#[repr(u8)]
pub enum Status {
    /// It did.
    Succeeded = 0,
    /// It changed nothing but nonce and fee.
    Failed = 1,
}

/// One thing that happened. Its place is the cursor height:receipt:event.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Event {
    /// The module or contract that says so.
    pub source: Address,
    /// Its name, such as `bank.Transfer`, at most 64 bytes.
    pub name: String,
    /// Its fields in borsh; for native events one of [`NativeEvent`]'s structures.
    pub data: Vec<u8>,
}

/// The fields of native events, one structure a name.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[borsh(use_discriminant = true)]
#[repr(u8)]
pub enum NativeEvent {
    /// `bank.Transfer`
    Transfer {
        /// Who paid.
        from: Address,
        /// Who received.
        to: Address,
        /// How much.
        amount: Amount,
    } = 0,
    /// `roles.Granted`
    RoleGranted {
        /// Who got it.
        account: Address,
        /// Which.
        role: crate::call::Role,
        /// Until when.
        expires_ms: Option<crate::units::TimestampMs>,
        /// Who gave it.
        by: Address,
    } = 1,
    /// `roles.Revoked`
    RoleRevoked {
        /// Who lost it.
        account: Address,
        /// Which.
        role: crate::call::Role,
        /// Who took it.
        by: Address,
    } = 2,
    /// `contracts.Deployed`
    Deployed {
        /// BLAKE3 of the code.
        code_hash: Hash,
        /// Who deployed it.
        by: Address,
    } = 3,
    /// `contracts.Instantiated`
    Instantiated {
        /// The new contract.
        contract: Address,
        /// BLAKE3 of its code.
        code_hash: Hash,
        /// Who made it.
        creator: Address,
        /// Who may upgrade and pause it.
        admin: Option<Address>,
    } = 4,
    /// `contracts.Upgraded`
    Upgraded {
        /// The contract.
        contract: Address,
        /// BLAKE3 of the code before.
        from: Hash,
        /// BLAKE3 of the code from now on.
        to: Hash,
        /// Its admin.
        by: Address,
    } = 5,
    /// `contracts.Paused`
    Paused {
        /// The contract.
        contract: Address,
        /// Whether calls stop; else they go on.
        paused: bool,
        /// Its admin, or the member whose vote decided it.
        by: Address,
    } = 6,
    /// `evidence.Revealed`
    Revealed {
        /// Who signed twice.
        validator: ValidatorId,
        /// The offence: `H("evidence", {validator id, address})`.
        evidence: Hash,
        /// Where.
        at: SignedAddress,
        /// The name that the sealed identity opened to; none if it did not open.
        legal_name: Option<String>,
        /// What became of the bond.
        forfeit: Forfeit,
    } = 16,
    /// `validators.SetChanged`
    SetChanged {
        /// The first height that the new set signs.
        from: Height,
        /// Who joins.
        joined: Vec<ValidatorId>,
        /// Who goes.
        left: Vec<ValidatorId>,
        /// All power of the new set.
        power: VotingPower,
    } = 17,
    /// `validators.BondPaid`
    BondPaid {
        /// Whose bond.
        validator: ValidatorId,
        /// Its operator.
        to: Address,
        /// What was left of it.
        amount: Amount,
    } = 18,
    /// `validators.StatusChanged`
    StatusChanged {
        /// Who.
        validator: ValidatorId,
        /// Where it is now.
        status: ValidatorStatus,
    } = 19,
    /// `governance.Proposed`
    Proposed {
        /// The proposal's number.
        proposal: u64,
        /// Which member proposed it.
        member: String,
        /// What it is about.
        motion: String,
    } = 20,
    /// `governance.Voted`
    Voted {
        /// The proposal's number.
        proposal: u64,
        /// Which member.
        member: String,
        /// For or against it.
        approve: bool,
    } = 21,
    /// `governance.Decided`
    Decided {
        /// The proposal's number.
        proposal: u64,
        /// Whether it took effect.
        passed: bool,
        /// Why not; empty if it was voted down or took effect.
        reason: String,
    } = 22,
    /// `validators.KeysRotated`
    KeysRotated {
        /// Whose.
        validator: ValidatorId,
        /// V from now on.
        consensus_key: PublicKey,
        /// The first height that it may sign.
        from: Height,
    } = 23,
}

impl NativeEvent {
    /// The event's name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Transfer { .. } => "bank.Transfer",
            Self::RoleGranted { .. } => "roles.Granted",
            Self::RoleRevoked { .. } => "roles.Revoked",
            Self::Deployed { .. } => "contracts.Deployed",
            Self::Instantiated { .. } => "contracts.Instantiated",
            Self::Upgraded { .. } => "contracts.Upgraded",
            Self::Paused { .. } => "contracts.Paused",
            Self::Revealed { .. } => "evidence.Revealed",
            Self::SetChanged { .. } => "validators.SetChanged",
            Self::BondPaid { .. } => "validators.BondPaid",
            Self::StatusChanged { .. } => "validators.StatusChanged",
            Self::Proposed { .. } => "governance.Proposed",
            Self::Voted { .. } => "governance.Voted",
            Self::Decided { .. } => "governance.Decided",
            Self::KeysRotated { .. } => "validators.KeysRotated",
        }
    }
}
