//! Write and read addresses for people: bech32m (BIP-350) of kind byte ‖ 32 bytes.

use bech32::primitives::decode::CheckedHrpstring;
use bech32::{Bech32m, Hrp};
use types::AddressKind;

/// Longest prefix, so that the whole text keeps bech32's limit of 90 characters.
pub const MAX_PREFIX_BYTES: usize = 16;

/// Bytes under the text: the kind and the address.
const ADDRESS_BYTES: usize = 33;

/// Why a text is not an address of this chain.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// Not bech32m: a mistyped character shows up here.
    #[error("not an address: bad characters or checksum")]
    Checksum,
    /// An address, of another chain.
    #[error("the address begins with `{found}`, this chain's begin with `{expected}`")]
    Prefix {
        /// What stands in the text.
        found: String,
        /// The chain's.
        expected: String,
    },
    /// Not a kind byte and 32 bytes.
    #[error("an address has 33 bytes under its text, this one {bytes}")]
    Length {
        /// Bytes under the text.
        bytes: usize,
    },
    /// A kind that this build does not know.
    #[error("address kind {kind}, known are 0 to 4")]
    Kind {
        /// The kind byte.
        kind: u8,
    },
    /// A second spelling of an address: bits that carry nothing are set.
    #[error("not the canonical spelling of this address")]
    Padding,
}

/// The text of an address, lower case.
///
/// # Panics
/// If the prefix is not one ([`is_prefix`]): prefixes come from a checked chain description.
#[must_use]
pub fn format_address(prefix: &str, kind: AddressKind, address: &[u8; 32]) -> String {
    assert!(is_prefix(prefix), "an address prefix is 1 to 16 lower-case letters and digits");
    let prefix = Hrp::parse(prefix).expect("letters and digits make a prefix");
    let mut bytes = [0; ADDRESS_BYTES];
    bytes[0] = kind as u8;
    bytes[1..].copy_from_slice(address);
    bech32::encode_lower::<Bech32m>(prefix, &bytes).expect("33 bytes and a prefix fit in a text")
}

/// Kind and address of a text, in either case.
///
/// # Errors
/// [`TextError`] says what is wrong with it.
pub fn parse_address(prefix: &str, text: &str) -> Result<(AddressKind, [u8; 32]), TextError> {
    let parsed = CheckedHrpstring::new::<Bech32m>(text).map_err(|_| TextError::Checksum)?;
    let found = parsed.hrp().to_lowercase();
    if found != prefix || !is_prefix(prefix) {
        return Err(TextError::Prefix { found, expected: prefix.into() });
    }
    let bytes: Vec<u8> = parsed.byte_iter().collect();
    let (kind, address) = match <[u8; ADDRESS_BYTES]>::try_from(bytes) {
        Ok([kind, address @ ..]) => (kind, address),
        Err(bytes) => return Err(TextError::Length { bytes: bytes.len() }),
    };
    let kind = AddressKind::from_byte(kind).ok_or(TextError::Kind { kind })?;
    if format_address(prefix, kind, &address) == text.to_ascii_lowercase() {
        Ok((kind, address))
    } else {
        Err(TextError::Padding)
    }
}

/// Whether addresses of a chain may begin so: 1 to 16 lower-case letters and digits.
#[must_use]
pub fn is_prefix(prefix: &str) -> bool {
    (1..=MAX_PREFIX_BYTES).contains(&prefix.len())
        && prefix.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
}

#[cfg(test)]
mod tests;
