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
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { code, field, value, limit, transaction } = self;
        match transaction {
            None => f.write_str(&code.sentence(field, value, limit)),
            Some(position) => {
                f.write_str(&code.sentence(&format!("txs[{position}].{field}"), value, limit))
            }
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
