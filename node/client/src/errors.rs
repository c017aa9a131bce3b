//! Why a call fails, and what a program ends with because of it.

use crate::dto::Fault;
use crate::dto::address::AddressError;
use crate::verify::VerifyError;
use crate::wallet::WalletError;
use std::time::Duration;
use types::{ChainId, Code};

/// Why a call fails.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// A node's URL is none.
    #[error("{url:?} is no node URL: {reason}")]
    Url {
        /// The text.
        url: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The file of trusted certificates is of no use.
    #[error("trusted certificates: {reason}")]
    Roots {
        /// What is wrong with it.
        reason: String,
    },
    /// No node could be reached, or none of them answered.
    #[error("{node} cannot be reached: {reason}")]
    Unreachable {
        /// The last one tried.
        node: String,
        /// What happened.
        reason: String,
    },
    /// A node did not answer in time. What was sent may have been done.
    #[error("{node} did not answer within {} ms", after.as_millis())]
    Timeout {
        /// Which.
        node: String,
        /// The time allowed.
        after: Duration,
    },
    /// Something answered that is no node of this kind.
    #[error("{node} does not speak this protocol: {reason}")]
    Protocol {
        /// Which.
        node: String,
        /// What it did.
        reason: String,
    },
    /// A node is on another chain than the one before, or than expected.
    #[error("{node} is on chain {found}, expected is {expected}")]
    OtherChain {
        /// Which.
        node: String,
        /// Its chain.
        found: ChainId,
        /// The right one.
        expected: ChainId,
    },
    /// The node refused the call.
    #[error("{}", fault.message)]
    Refused {
        /// Why.
        fault: Fault,
    },
    /// The node's answer does not prove what it says.
    #[error(transparent)]
    Verify(#[from] VerifyError),
    /// A transaction could not be made.
    #[error(transparent)]
    Wallet(#[from] WalletError),
    /// A text is no address.
    #[error(transparent)]
    Address(#[from] AddressError),
}

impl ClientError {
    /// The registry code that the node gave, if it gave one.
    #[must_use]
    pub fn code(&self) -> Option<Code> {
        match self {
            Self::Refused { fault } => fault.registry_code(),
            Self::Url { .. }
            | Self::Roots { .. }
            | Self::Unreachable { .. }
            | Self::Timeout { .. }
            | Self::Protocol { .. }
            | Self::OtherChain { .. }
            | Self::Verify(_)
            | Self::Wallet(_)
            | Self::Address(_) => None,
        }
    }

    /// What a program ends with.
    #[must_use]
    pub fn exit_class(&self) -> ExitClass {
        match self {
            Self::Url { .. } | Self::Address(_) => ExitClass::Usage,
            Self::Roots { .. } | Self::OtherChain { .. } => ExitClass::Config,
            Self::Unreachable { .. } | Self::Protocol { .. } => ExitClass::Unreachable,
            Self::Timeout { .. } => ExitClass::Pending,
            Self::Refused { fault } => ExitClass::of(fault.registry_code()),
            Self::Wallet(error) if error.is_about_keys() => ExitClass::Key,
            Self::Verify(_) | Self::Wallet(_) => ExitClass::General,
        }
    }

    /// Whether another node may do better.
    pub(crate) fn is_of_this_node(&self) -> bool {
        match self {
            Self::Unreachable { .. } | Self::Timeout { .. } | Self::Protocol { .. } => true,
            Self::Refused { fault } => matches!(
                fault.registry_code(),
                Some(Code::Overloaded | Code::NotSynced | Code::Internal)
            ),
            Self::Url { .. }
            | Self::Roots { .. }
            | Self::OtherChain { .. }
            | Self::Verify(_)
            | Self::Wallet(_)
            | Self::Address(_) => false,
        }
    }
}

/// The classes of exit codes of programs that use this crate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum ExitClass {
    /// Anything else.
    General = 1,
    /// Called wrongly.
    Usage = 2,
    /// Configured wrongly.
    Config = 3,
    /// No node could be reached, or it cannot serve now.
    Unreachable = 4,
    /// A transaction was refused, or failed on chain.
    Refused = 5,
    /// The outcome is not known yet.
    Pending = 6,
    /// A key is wrong or missing.
    Key = 7,
    /// A node's storage is corrupt.
    Corrupt = 8,
}

impl ExitClass {
    /// The number.
    #[must_use]
    pub const fn number(self) -> u8 {
        self as u8
    }

    /// The class of a refusal with this registry code; a node that gives none fails in general.
    #[must_use]
    pub const fn of(code: Option<Code>) -> Self {
        match code {
            Some(Code::Overloaded | Code::NotSynced) => Self::Unreachable,
            Some(Code::Unauthorized) => Self::Config,
            Some(Code::Timeout) => Self::Pending,
            None
            | Some(
                Code::Ok
                | Code::Internal
                | Code::NotFound
                | Code::Pruned
                | Code::NotYet
                | Code::UnknownMethod,
            ) => Self::General,
            Some(_) => Self::Refused,
        }
    }
}

#[cfg(test)]
mod tests;
