//! Encode and decode: borsh under a size cap, with versions, without trailing bytes.

use alloc::{string::String, string::ToString, vec::Vec};
use borsh::io::{Error, ErrorKind, Read, Result, Write};
use borsh::{BorshDeserialize, BorshSerialize};
use core::fmt;

/// Why bytes were refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DecodeError {
    /// More bytes than this object may have.
    TooLarge {
        /// The object's name.
        what: &'static str,
        /// Bytes given.
        bytes: usize,
        /// Bytes allowed.
        limit: usize,
    },
    /// Not the encoding of this object.
    Malformed {
        /// The object's name.
        what: &'static str,
        /// What the decoder met.
        reason: String,
    },
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge { what, bytes, limit } => {
                write!(f, "{what}: {bytes} bytes, the limit is {limit}")
            }
            Self::Malformed { what, reason } => write!(f, "{what}: malformed: {reason}"),
        }
    }
}

impl core::error::Error for DecodeError {}

/// Decode one object from exactly `bytes`.
///
/// # Errors
/// [`DecodeError::TooLarge`] above `limit` bytes, before anything is allocated;
/// [`DecodeError::Malformed`] if the bytes are not one whole encoding, trailing bytes included.
pub fn decode<T: BorshDeserialize>(
    what: &'static str,
    bytes: &[u8],
    limit: usize,
) -> core::result::Result<T, DecodeError> {
    if bytes.len() > limit {
        return Err(DecodeError::TooLarge { what, bytes: bytes.len(), limit });
    }
    borsh::from_slice(bytes)
        .map_err(|error| DecodeError::Malformed { what, reason: error.to_string() })
}

/// Encode an object.
///
/// # Panics
/// Never for the types of this crate: writing to memory cannot fail, and no list reaches 2^32.
#[must_use]
pub fn encode<T: BorshSerialize + ?Sized>(value: &T) -> Vec<u8> {
    borsh::to_vec(value).expect("borsh writes to memory, which cannot fail")
}

/// The version byte at the head of an object: it encodes as `N`, and anything else is refused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version<const N: u8>;

impl<const N: u8> BorshSerialize for Version<N> {
    fn serialize<W: Write>(&self, writer: &mut W) -> Result<()> {
        N.serialize(writer)
    }
}

impl<const N: u8> BorshDeserialize for Version<N> {
    fn deserialize_reader<R: Read>(reader: &mut R) -> Result<Self> {
        expect_version(u64::from(u8::deserialize_reader(reader)?), u64::from(N)).map(|()| Self)
    }
}

/// As [`Version`], in two bytes: only the block header has it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WideVersion<const N: u16>;

impl<const N: u16> BorshSerialize for WideVersion<N> {
    fn serialize<W: Write>(&self, writer: &mut W) -> Result<()> {
        N.serialize(writer)
    }
}

impl<const N: u16> BorshDeserialize for WideVersion<N> {
    fn deserialize_reader<R: Read>(reader: &mut R) -> Result<Self> {
        expect_version(u64::from(u16::deserialize_reader(reader)?), u64::from(N)).map(|()| Self)
    }
}

fn expect_version(found: u64, expected: u64) -> Result<()> {
    if found == expected {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::InvalidData,
        alloc::format!("version {found}, this build knows version {expected}"),
    ))
}
