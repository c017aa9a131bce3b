//! What can be wrong with a document, each with the place where it is wrong.

use std::fmt;

/// Where in a document something stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// The key, such as `validators[2].power`; empty at the top.
    pub path: String,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}", self.line, self.column)?;
        if self.path.is_empty() { Ok(()) } else { write!(f, ", {}", self.path) }
    }
}

/// Why a document cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SpecError {
    /// More bytes than a document may have.
    #[error("the document has {bytes} bytes, the limit is {limit}")]
    TooLarge {
        /// Bytes given.
        bytes: usize,
        /// Bytes allowed.
        limit: usize,
    },
    /// Not TOML.
    #[error("{place}: {reason}")]
    Syntax {
        /// Where.
        place: Place,
        /// What the TOML parser met.
        reason: String,
    },
    /// A key that no document has.
    #[error("{place}: no such key{}", suggestion(*nearest))]
    UnknownKey {
        /// Where.
        place: Place,
        /// The known key that looks most like it.
        nearest: Option<&'static str>,
    },
    /// A key that must be there is not.
    #[error("{place}: the key `{key}` is missing")]
    MissingKey {
        /// The table that lacks it.
        place: Place,
        /// The key.
        key: &'static str,
    },
    /// A value of another kind, such as a table where a number belongs.
    #[error("{place}: expected {expected}, found {found}")]
    WrongKind {
        /// Where.
        place: Place,
        /// What belongs there.
        expected: &'static str,
        /// What stands there.
        found: &'static str,
    },
    /// A value that means nothing or lies out of bounds.
    #[error("{place}: `{value}` {reason}")]
    BadValue {
        /// Where.
        place: Place,
        /// The value, shortened.
        value: String,
        /// What is wrong with it, with the limit.
        reason: String,
    },
}

fn suggestion(nearest: Option<&'static str>) -> String {
    nearest.map(|name| format!(", did you mean `{name}`?")).unwrap_or_default()
}

impl SpecError {
    /// Where, if it is about a place and not the whole document.
    #[must_use]
    pub const fn place(&self) -> Option<&Place> {
        match self {
            Self::TooLarge { .. } => None,
            Self::Syntax { place, .. }
            | Self::UnknownKey { place, .. }
            | Self::MissingKey { place, .. }
            | Self::WrongKind { place, .. }
            | Self::BadValue { place, .. } => Some(place),
        }
    }
}
