//! Addresses as text.

use crypto::text::{TextError, format_address, parse_address};
use serde::{Deserialize, Serialize};
use std::fmt;
use types::{Address, AddressKind, ValidatorId};

/// An address in bech32m with the chain's prefix, such as `syn1…`.
///
/// Whether it is one shows when it is read with the chain's prefix.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AddressText(pub String);

impl AddressText {
    /// The text of an address.
    ///
    /// # Panics
    /// If the prefix is none; prefixes come from a checked chain description.
    #[must_use]
    pub fn new(prefix: &str, kind: AddressKind, address: &Address) -> Self {
        Self(format_address(prefix, kind, &address.0))
    }

    /// The text of a validator.
    ///
    /// # Panics
    /// If the prefix is none; prefixes come from a checked chain description.
    #[must_use]
    pub fn validator(prefix: &str, id: &ValidatorId) -> Self {
        Self(format_address(prefix, AddressKind::Validator, &id.0))
    }

    /// The account, multisig, contract or module that it names.
    ///
    /// # Errors
    /// [`AddressError`] if it is no address of a chain with this prefix, or names a validator.
    pub fn parse(&self, prefix: &str) -> Result<(AddressKind, Address), AddressError> {
        match parse_address(prefix, &self.0)? {
            (AddressKind::Validator, _) => Err(AddressError::Validator),
            (kind, bytes) => Ok((kind, Address(bytes))),
        }
    }

    /// The validator that it names.
    ///
    /// # Errors
    /// [`AddressError`] if it is no address of a chain with this prefix, or names something else.
    pub fn parse_validator(&self, prefix: &str) -> Result<ValidatorId, AddressError> {
        match parse_address(prefix, &self.0)? {
            (AddressKind::Validator, bytes) => Ok(ValidatorId(bytes)),
            (kind, _) => Err(AddressError::NotValidator { kind: kind.name() }),
        }
    }
}

impl fmt::Display for AddressText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Why a text was refused as an address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// It is no address of this chain.
    #[error(transparent)]
    Text(#[from] TextError),
    /// It names a validator where an account is asked for.
    #[error("the address names a validator, not an account")]
    Validator,
    /// It names something else where a validator is asked for.
    #[error("the address names an address of kind {kind}, not a validator")]
    NotValidator {
        /// What it names.
        kind: String,
    },
}
