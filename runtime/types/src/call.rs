//! Calls: what a transaction asks for.

use crate::governance::MembershipCall;
use crate::hash::{Address, Hash};
use crate::units::{Amount, TimestampMs};
use alloc::{string::String, vec::Vec};
use borsh::{BorshDeserialize, BorshSerialize};

/// One call of a transaction.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[borsh(use_discriminant = true)]
#[repr(u8)]
pub enum Call {
    /// Move native money from the sender.
    Transfer {
        /// Who receives; anything but the sender.
        to: Address,
        /// How much, at least 1.
        amount: Amount,
    } = 0,
    /// Give a role; the sender holds the role `operator`.
    GrantRole {
        /// Who gets it.
        account: Address,
        /// Which.
        role: Role,
        /// Block time from which it no longer counts; `None` for never.
        expires_ms: Option<TimestampMs>,
    } = 1,
    /// Take a role away; the sender holds the role `operator`, or the role itself.
    RevokeRole {
        /// Who loses it.
        account: Address,
        /// Which.
        role: Role,
    } = 2,
    /// Put a contract's code on the chain, under its hash; the sender may deploy.
    Deploy {
        /// The module, at most 512 KiB.
        code: Vec<u8>,
    } = 3,
    /// Make a contract from code: its address is `H("address/contract", {sender, salt})`, and its
    /// `init` runs.
    Instantiate {
        /// BLAKE3 of the code.
        code_hash: Hash,
        /// Tells the sender's contracts apart, at most 32 bytes.
        salt: Vec<u8>,
        /// Who may upgrade and pause it; `None` for nobody, ever.
        admin: Option<Address>,
        /// What `init` is given: borsh of its arguments in order.
        input: Vec<u8>,
        /// Money that goes to the contract before `init` runs.
        value: Amount,
    } = 4,
    /// Call a method of a contract.
    Call {
        /// Which contract.
        contract: Address,
        /// Which method, `[a-z][a-z0-9_]{0,63}`.
        method: String,
        /// What it is given: borsh of its arguments in order.
        input: Vec<u8>,
        /// Money that goes to the contract before the method runs.
        value: Amount,
    } = 5,
    /// Give a contract other code, whose `migrate` runs; the sender is its admin. Address, money
    /// and storage stay.
    Upgrade {
        /// Which contract.
        contract: Address,
        /// BLAKE3 of the new code.
        code_hash: Hash,
        /// What `migrate` is given: borsh of its arguments in order.
        input: Vec<u8>,
    } = 6,
    /// Stop all calls of a contract but its views, or let them go on; the sender is its admin.
    PauseContract {
        /// Which contract.
        contract: Address,
        /// Whether calls stop.
        paused: bool,
    } = 7,
    /// About members and validators.
    Membership(MembershipCall) = 16,
}

impl Call {
    /// The code that it deploys.
    #[must_use]
    pub fn code(&self) -> Option<&[u8]> {
        match self {
            Self::Deploy { code } => Some(code),
            Self::Transfer { .. }
            | Self::GrantRole { .. }
            | Self::RevokeRole { .. }
            | Self::Instantiate { .. }
            | Self::Call { .. }
            | Self::Upgrade { .. }
            | Self::PauseContract { .. }
            | Self::Membership(_) => None,
        }
    }
}

/// What an account may do beyond holding money. Contracts ask for these, too.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize,
)]
#[borsh(use_discriminant = true)]
#[repr(u8)]
pub enum Role {
    /// Grants and revokes every role but this one, which comes from genesis or governance.
    Operator = 0,
    /// Sends transactions where the chain asks for it.
    User = 1,
    /// Deploys contracts where the chain asks for it.
    Deployer = 2,
    /// Attests validators' sealed identities.
    Registrar = 3,
    /// Runs a validator.
    Validator = 4,
    /// Sells goods.
    Merchant = 5,
    /// Coordinates time exchange.
    Coordinator = 6,
    /// Issues rights or products.
    Issuer = 7,
    /// A school or foundation.
    Institution = 8,
    /// Reports facts from outside.
    Oracle = 9,
    /// Reports measured energy.
    Meter = 10,
    /// A registered device.
    Device = 11,
    /// Reads what auditors may read.
    Auditor = 12,
}

impl Role {
    /// Every role, in order of its number.
    pub const ALL: [Self; 13] = [
        Self::Operator,
        Self::User,
        Self::Deployer,
        Self::Registrar,
        Self::Validator,
        Self::Merchant,
        Self::Coordinator,
        Self::Issuer,
        Self::Institution,
        Self::Oracle,
        Self::Meter,
        Self::Device,
        Self::Auditor,
    ];

    /// Its name in documents, JSON and commands.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Operator => "operator",
            Self::User => "user",
            Self::Deployer => "deployer",
            Self::Registrar => "registrar",
            Self::Validator => "validator",
            Self::Merchant => "merchant",
            Self::Coordinator => "coordinator",
            Self::Issuer => "issuer",
            Self::Institution => "institution",
            Self::Oracle => "oracle",
            Self::Meter => "meter",
            Self::Device => "device",
            Self::Auditor => "auditor",
        }
    }

    /// The role of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }
}
