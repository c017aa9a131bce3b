//! How values look in JSON: numbers of 64 bits and more as decimal strings, hashes and keys as
//! hexadecimal, bytes as base64 (RFC 4648, section 4).
//!
//! JavaScript counts exactly up to 2^53 only; a string keeps every digit. What is read may also be
//! a plain JSON number, for people who type.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::de::{self, Deserializer, Visitor};
use serde::{Deserialize, Serialize, Serializer};
use std::fmt;
use std::marker::PhantomData;
use types::hash::parse_hex_32;
use types::{
    Amount, BlockId, ChainId, Gas, Hash, Height, Nonce, PublicKey, RevealPoint, TimestampMs,
    TxHash, ValidatorId, VotingPower,
};

/// A number that JSON carries as a decimal string.
pub trait Decimal: Sized + Copy {
    /// Its value.
    fn to_number(self) -> u128;
    /// From its value; `None` above its type's largest.
    fn from_number(number: u128) -> Option<Self>;
}

impl Decimal for Height {
    fn to_number(self) -> u128 {
        u128::from(self.0)
    }
    fn from_number(number: u128) -> Option<Self> {
        u64::try_from(number).ok().map(Self)
    }
}

impl Decimal for Nonce {
    fn to_number(self) -> u128 {
        u128::from(self.0)
    }
    fn from_number(number: u128) -> Option<Self> {
        u64::try_from(number).ok().map(Self)
    }
}

impl Decimal for Gas {
    fn to_number(self) -> u128 {
        u128::from(self.0)
    }
    fn from_number(number: u128) -> Option<Self> {
        u64::try_from(number).ok().map(Self)
    }
}

impl Decimal for VotingPower {
    fn to_number(self) -> u128 {
        u128::from(self.0)
    }
    fn from_number(number: u128) -> Option<Self> {
        u64::try_from(number).ok().map(Self)
    }
}

impl Decimal for TimestampMs {
    fn to_number(self) -> u128 {
        u128::from(self.0)
    }
    fn from_number(number: u128) -> Option<Self> {
        u64::try_from(number).ok().map(Self)
    }
}

impl Decimal for Amount {
    fn to_number(self) -> u128 {
        self.0
    }
    fn from_number(number: u128) -> Option<Self> {
        Some(Self(number))
    }
}

impl Decimal for u64 {
    fn to_number(self) -> u128 {
        u128::from(self)
    }
    fn from_number(number: u128) -> Option<Self> {
        Self::try_from(number).ok()
    }
}

impl Decimal for u128 {
    fn to_number(self) -> u128 {
        self
    }
    fn from_number(number: u128) -> Option<Self> {
        Some(number)
    }
}

/// 32 bytes that JSON carries as 64 hexadecimal digits.
pub trait Hex32: Sized {
    /// The bytes.
    fn to_bytes(&self) -> [u8; 32];
    /// From the bytes.
    fn from_bytes(bytes: [u8; 32]) -> Self;
}

impl Hex32 for Hash {
    fn to_bytes(&self) -> [u8; 32] {
        self.0
    }
    fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

impl Hex32 for ChainId {
    fn to_bytes(&self) -> [u8; 32] {
        self.0
    }
    fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

impl Hex32 for BlockId {
    fn to_bytes(&self) -> [u8; 32] {
        self.0
    }
    fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

impl Hex32 for TxHash {
    fn to_bytes(&self) -> [u8; 32] {
        self.0
    }
    fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

impl Hex32 for ValidatorId {
    fn to_bytes(&self) -> [u8; 32] {
        self.0
    }
    fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

impl Hex32 for PublicKey {
    fn to_bytes(&self) -> [u8; 32] {
        self.0
    }
    fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

impl Hex32 for RevealPoint {
    fn to_bytes(&self) -> [u8; 32] {
        self.0
    }
    fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

/// Serde functions for a [`Decimal`].
pub mod decimal {
    use super::{Decimal, Deserializer, PhantomData, Serializer, Visitor, de, fmt};

    /// Write the decimal string.
    ///
    /// # Errors
    /// Those of the serializer.
    pub fn serialize<T: Decimal, S: Serializer>(value: &T, out: S) -> Result<S::Ok, S::Error> {
        out.collect_str(&value.to_number())
    }

    /// Read a decimal string or a JSON number.
    ///
    /// # Errors
    /// Those of the deserializer; a sign, a fraction or a number above the type's largest.
    pub fn deserialize<'de, T: Decimal, D: Deserializer<'de>>(from: D) -> Result<T, D::Error> {
        from.deserialize_any(Digits(PhantomData))
    }

    struct Digits<T>(PhantomData<T>);

    impl<T: Decimal> Visitor<'_> for Digits<T> {
        type Value = T;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a whole number as a decimal string")
        }

        fn visit_u64<E: de::Error>(self, number: u64) -> Result<T, E> {
            let large = || E::invalid_value(de::Unexpected::Unsigned(number), &self);
            T::from_number(u128::from(number)).ok_or_else(large)
        }

        fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
            // `u128::from_str` takes a leading plus, which no number here is written with.
            let digits = text.bytes().all(|byte| byte.is_ascii_digit());
            let number = if digits { text.parse::<u128>().ok() } else { None };
            let bad = || E::invalid_value(de::Unexpected::Str(text), &self);
            number.and_then(T::from_number).ok_or_else(bad)
        }
    }
}

/// Serde functions for 32 bytes in hexadecimal.
pub mod hex32 {
    use super::{Deserializer, Hex32, PhantomData, Serializer, Visitor, de, fmt, parse_hex_32};

    /// Write 64 lower-case digits.
    ///
    /// # Errors
    /// Those of the serializer.
    pub fn serialize<T: Hex32, S: Serializer>(value: &T, out: S) -> Result<S::Ok, S::Error> {
        out.serialize_str(&hex::encode(value.to_bytes()))
    }

    /// Read 64 digits of either case.
    ///
    /// # Errors
    /// Those of the deserializer; anything but 64 hexadecimal digits.
    pub fn deserialize<'de, T: Hex32, D: Deserializer<'de>>(from: D) -> Result<T, D::Error> {
        from.deserialize_str(Digits(PhantomData))
    }

    struct Digits<T>(PhantomData<T>);

    impl<T: Hex32> Visitor<'_> for Digits<T> {
        type Value = T;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("64 hexadecimal digits")
        }

        fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
            let bad = || E::invalid_value(de::Unexpected::Str(text), &self);
            parse_hex_32(text).map(T::from_bytes).ok_or_else(bad)
        }
    }
}

/// Serde functions for 32 bytes in hexadecimal that may be absent.
pub mod hex32_option {
    use super::{Deserialize, Deserializer, Hex, Hex32, Serialize, Serializer};

    /// Write 64 lower-case digits or null.
    ///
    /// # Errors
    /// Those of the serializer.
    pub fn serialize<T: Hex32 + Copy, S: Serializer>(
        value: &Option<T>,
        out: S,
    ) -> Result<S::Ok, S::Error> {
        value.map(Hex).serialize(out)
    }

    /// Read 64 digits of either case or null.
    ///
    /// # Errors
    /// Those of the deserializer; anything else.
    pub fn deserialize<'de, T: Hex32, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<T>, D::Error> {
        Option::<Hex<T>>::deserialize(from).map(|value| value.map(|hex| hex.0))
    }
}

/// A [`Decimal`] inside a list or option.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent, bound = "")]
pub struct Number<T: Decimal>(#[serde(with = "decimal")] pub T);

/// A [`Hex32`] inside a list or option.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent, bound = "")]
pub struct Hex<T: Hex32>(#[serde(with = "hex32")] pub T);

/// Bytes as base64 with padding.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Base64(pub Vec<u8>);

impl Serialize for Base64 {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.serialize_str(&STANDARD.encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for Base64 {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_str(Base64Visitor)
    }
}

struct Base64Visitor;

impl Visitor<'_> for Base64Visitor {
    type Value = Base64;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("base64 with padding")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Base64, E> {
        // The text is not repeated: it can be as long as a transaction.
        STANDARD.decode(text).map(Base64).map_err(|error| E::custom(format!("base64: {error}")))
    }
}

/// Bytes of any number as hexadecimal digits, two a byte.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct HexBytes(pub Vec<u8>);

impl Serialize for HexBytes {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.serialize_str(&hex::encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for HexBytes {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_str(HexBytesVisitor)
    }
}

struct HexBytesVisitor;

impl Visitor<'_> for HexBytesVisitor {
    type Value = HexBytes;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("hexadecimal digits, two a byte")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<HexBytes, E> {
        hex::decode(text).map(HexBytes).map_err(|error| E::custom(format!("hexadecimal: {error}")))
    }
}
