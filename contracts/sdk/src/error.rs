//! How calls fail.

use crate::Code;
use crate::abi::NamedShape;
use crate::entry::{Encoder, Input};
use alloc::{string::String, vec::Vec};
use core::fmt;
use types::Failure;

/// A contract's own ways to refuse; `#[derive(ContractError)]` implements it for an enum.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a contract's error",
    note = "derive `ContractError` for an enum whose variants are the ways to refuse"
)]
pub trait ContractError: Sized {
    /// Name and values of each way.
    const SHAPES: &'static [NamedShape];

    /// The failure's name: `TOO_MUCH` for `TooMuch`.
    fn name(&self) -> &'static str;

    /// The variant's values in order, in borsh.
    fn encode(&self) -> Vec<u8>;

    /// The error back from name and values; `None` if it is not one of these.
    fn decode(name: &str, bytes: &[u8]) -> Option<Self>;
}

/// The error of a method that never refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoError {}

impl ContractError for NoError {
    const SHAPES: &'static [NamedShape] = &[];

    fn name(&self) -> &'static str {
        match *self {}
    }

    fn encode(&self) -> Vec<u8> {
        match *self {}
    }

    fn decode(_name: &str, _bytes: &[u8]) -> Option<Self> {
        None
    }
}

/// Failures that every contract has beside its own: the SDK's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StandardFailure {
    /// `PANIC`: the program met a case that its author excluded.
    Panic {
        /// What it said, and where.
        message: String,
    },
    /// `NOT_PAYABLE`: money came with a call that takes none.
    NotPayable,
    /// `BAD_ARGUMENT`: the input is not the encoding of the arguments.
    BadArgument {
        /// The first argument that does not decode; empty if there are bytes after the last.
        argument: String,
        /// What it should be.
        expected: String,
    },
}

impl StandardFailure {
    /// The failure's name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Panic { .. } => "PANIC",
            Self::NotPayable => "NOT_PAYABLE",
            Self::BadArgument { .. } => "BAD_ARGUMENT",
        }
    }

    /// Its values in order, in borsh.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        match self {
            Self::Panic { message } => Encoder::new().value(message).finish(),
            Self::NotPayable => Vec::new(),
            Self::BadArgument { argument, expected } => {
                Encoder::new().value(argument).value(expected).finish()
            }
        }
    }

    /// The failure back from name and values; `None` if it is not one of these.
    #[must_use]
    pub fn decode(name: &str, bytes: &[u8]) -> Option<Self> {
        let mut input = Input::new(bytes);
        let failure = match name {
            "PANIC" => Self::Panic { message: input.value()? },
            "NOT_PAYABLE" => Self::NotPayable,
            "BAD_ARGUMENT" => {
                Self::BadArgument { argument: input.value()?, expected: input.value()? }
            }
            _ => return None,
        };
        input.ended().then_some(failure)
    }
}

/// Why a call to a contract failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallError<E> {
    /// The contract refused, for a reason of its own.
    Refused(E),
    /// Anything else: the chain, or a failure that is not among the method's own.
    Failed {
        /// What the receipt says.
        code: Code,
        /// What the contract said, if it was the contract.
        failure: Option<Failure>,
    },
}

impl<E> CallError<E> {
    /// The contract's own reason.
    #[must_use]
    pub const fn refused(&self) -> Option<&E> {
        match self {
            Self::Refused(error) => Some(error),
            Self::Failed { .. } => None,
        }
    }

    /// The code that the receipt shows.
    #[must_use]
    pub const fn code(&self) -> Code {
        match self {
            Self::Refused(_) => Code::ContractFailed,
            Self::Failed { code, .. } => *code,
        }
    }
}

impl<E: ContractError> CallError<E> {
    /// Tell the method's own refusals from everything else.
    #[must_use]
    pub fn of(code: Code, failure: Option<Failure>) -> Self {
        let own = failure.as_ref().and_then(|failure| E::decode(&failure.name, &failure.data));
        match own {
            Some(error) => Self::Refused(error),
            None => Self::Failed { code, failure },
        }
    }

    /// The failure's name, as receipts show it: `TOO_MUCH`, or the code's own such as `OUT_OF_GAS`.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::Refused(error) => error.name().into(),
            Self::Failed { failure: Some(failure), .. } => failure.name.clone(),
            Self::Failed { code, failure: None } => code.name().into(),
        }
    }

    /// Its values, if it is one of the SDK's failures.
    #[must_use]
    pub fn standard(&self) -> Option<StandardFailure> {
        match self {
            Self::Failed { failure: Some(failure), .. } => {
                StandardFailure::decode(&failure.name, &failure.data)
            }
            Self::Refused(_) | Self::Failed { failure: None, .. } => None,
        }
    }
}

impl<E: ContractError + fmt::Debug> fmt::Display for CallError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(error) => write!(f, "{}: {error:?}", error.name()),
            Self::Failed { code, failure: None } => write!(f, "{}", code.name()),
            Self::Failed { code, failure: Some(failure) } => {
                write!(f, "{}: {}", code.name(), failure.name)
            }
        }
    }
}

impl<E: ContractError + fmt::Debug> core::error::Error for CallError<E> {}
