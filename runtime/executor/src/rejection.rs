//! Why a transaction or block is refused: which field, its value, and what it should have been.

use core::fmt;
use state::ReadError;
use types::Code;

/// A rule that a transaction or block breaks. It says the same in every node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection {
    /// Which rule.
    pub code: Code,
    /// Which field broke it, as in the types of the `types` crate.
    pub field: &'static str,
    /// What stood in the field; empty if that would not fit in a line.
    pub value: String,
    /// What it should have been, or the limit; empty if the code says all.
    pub limit: String,
    /// The transaction's position in its block, if it is about one.
    pub transaction: Option<usize>,
}

impl Rejection {
    /// A breach of one rule by one field, of no transaction in particular.
    #[must_use]
    pub fn new(
        code: Code,
        field: &'static str,
        value: impl fmt::Display,
        limit: impl fmt::Display,
    ) -> Self {
        let (value, limit) = (value.to_string(), limit.to_string());
        Self { code, field, value, limit, transaction: None }
    }

    /// What stands between the value and the limit in a sentence.
    fn relation(&self) -> &'static str {
        let known = RELATIONS.iter().find(|(code, _)| *code == self.code);
        known.map_or("expected is", |(_, relation)| relation)
    }
}

/// How a limit lies to a value, where it is not simply what was expected.
const RELATIONS: &[(Code, &str)] = &[
    (Code::WrongChain, "this chain is"),
    (Code::NonceTooLow, "the next is"),
    (Code::NonceTooHigh, "the next is"),
    (Code::Expired, "block time is"),
    (Code::ValidTooFar, "the latest is"),
    (Code::GasLimitTooLow, "the least is"),
    (Code::FeeLimit, "the least is"),
    (Code::FeeUnpaid, "needed is"),
    (Code::InsufficientBalance, "needed is"),
    (Code::SenderNotAllowed, "it needs the role"),
    (Code::TooLarge, "the limit is"),
    (Code::GasLimitTooHigh, "the limit is"),
    (Code::BlockTooLarge, "the limit is"),
    (Code::BadTime, "the parent's is"),
    (Code::FinalityDue, "the oldest allowed is"),
    (Code::BadField, "allowed is"),
];

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.code)?;
        if let Some(position) = self.transaction {
            write!(f, "txs[{position}].")?;
        }
        f.write_str(self.field)?;
        match (self.value.is_empty(), self.limit.is_empty()) {
            (true, true) => Ok(()),
            (true, false) => write!(f, ": {}", self.limit),
            (false, true) => write!(f, " is {}", self.value),
            (false, false) => write!(f, " is {}, {} {}", self.value, self.relation(), self.limit),
        }
    }
}

impl core::error::Error for Rejection {}

/// Why something was not found valid.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CheckError {
    /// It is invalid, for every node alike.
    #[error(transparent)]
    Invalid(#[from] Rejection),
    /// This node cannot tell: its state cannot be read, and it must stop.
    #[error(transparent)]
    Read(#[from] ReadError),
}
