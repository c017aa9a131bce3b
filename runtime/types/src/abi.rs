//! A contract's interface, as its module carries it in the custom section [`SECTION`].
//!
//! It is a promise of the contract's author to callers, never read by the chain itself: wallets and
//! tools turn JSON into the bytes of a call with it, and answers, events and failures back. Types
//! stand in one table and name each other by position, always an earlier one, so that no document
//! can describe a type within itself.

use crate::codec::Version;
use crate::contract::{is_event_name, is_failure_name, is_method_name};
use alloc::{string::String, vec::Vec};
use borsh::{BorshDeserialize, BorshSerialize};
use core::fmt;

/// Name of the custom section.
pub const SECTION: &str = "abi";
/// Largest interface. Unit: bytes.
pub const MAX_ABI_BYTES: usize = 64 * 1024;
/// Deepest nesting of types, so that whoever walks a value needs little stack.
pub const MAX_TYPE_DEPTH: u8 = 16;

/// Position of a type in [`Abi::types`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, BorshSerialize, BorshDeserialize)]
pub struct TypeId(pub u16);

/// What a contract offers.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Abi {
    /// Format version.
    pub version: Version<1>,
    /// The contract's name, as its source has it.
    pub name: String,
    /// Every type that the rest names; each names earlier ones only.
    pub types: Vec<Type>,
    /// What can be called, in the order of the source.
    pub methods: Vec<Method>,
    /// How it refuses.
    pub errors: Vec<Named>,
    /// What it announces.
    pub events: Vec<Named>,
}

/// One entry point.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Method {
    /// `[a-z][a-z0-9_]{0,63}`, without `call:` or `view:`.
    pub name: String,
    /// Who may call it, and when.
    pub kind: MethodKind,
    /// Whether money may come with the call.
    pub payable: bool,
    /// The input: the arguments in this order, nothing between them.
    pub arguments: Vec<Field>,
    /// What it returns.
    pub output: TypeId,
}

/// Who may call an entry point, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, BorshSerialize, BorshDeserialize)]
#[borsh(use_discriminant = true)]
#[repr(u8)]
pub enum MethodKind {
    /// Once, when the contract is made: export `init`.
    Init = 0,
    /// Anybody: export `call:NAME`.
    Call = 1,
    /// Anybody, and nothing is written: export `view:NAME`.
    View = 2,
    /// Once, when the contract's code is replaced: export `migrate` of the new code.
    Migrate = 3,
}

/// A named value.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Field {
    /// Its name; its position, from `0`, where the source has none.
    pub name: String,
    /// What it is.
    pub of: TypeId,
}

/// A name with values: a variant of an enum, an error or an event.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Named {
    /// Its name.
    pub name: String,
    /// The first byte of a variant's encoding; for errors and events, which are told apart by
    /// name, their position.
    pub number: u8,
    /// Its values in order.
    pub fields: Vec<Field>,
}

/// What a value is; its bytes are borsh.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[borsh(use_discriminant = true)]
#[repr(u8)]
pub enum Type {
    /// Nothing.
    Unit = 0,
    /// True or false.
    Bool = 1,
    /// 8 bits.
    U8 = 2,
    /// 16 bits.
    U16 = 3,
    /// 32 bits.
    U32 = 4,
    /// 64 bits.
    U64 = 5,
    /// 128 bits.
    U128 = 6,
    /// 8 bits with a sign.
    I8 = 7,
    /// 16 bits with a sign.
    I16 = 8,
    /// 32 bits with a sign.
    I32 = 9,
    /// 64 bits with a sign.
    I64 = 10,
    /// 128 bits with a sign.
    I128 = 11,
    /// UTF-8.
    String = 12,
    /// Any number of bytes.
    Bytes = 13,
    /// [`crate::Address`].
    Address = 14,
    /// [`crate::Amount`].
    Amount = 15,
    /// [`crate::Hash`].
    Hash = 16,
    /// [`crate::Height`].
    Height = 17,
    /// [`crate::TimestampMs`].
    TimestampMs = 18,
    /// [`crate::BasisPoints`].
    BasisPoints = 19,
    /// [`crate::PublicKey`].
    PublicKey = 20,
    /// [`crate::Signature`].
    Signature = 21,
    /// [`crate::Role`].
    Role = 22,
    /// [`crate::ChainId`].
    ChainId = 23,
    /// [`crate::Gas`].
    Gas = 24,
    /// Exactly this many bytes.
    ByteArray {
        /// How many.
        length: u32,
    } = 32,
    /// One or none.
    Option {
        /// Of what.
        of: TypeId,
    } = 33,
    /// Any number.
    List {
        /// Of what.
        of: TypeId,
    } = 34,
    /// Exactly this many.
    Array {
        /// Of what.
        of: TypeId,
        /// How many.
        length: u32,
    } = 35,
    /// One of each.
    Tuple {
        /// Of what.
        of: Vec<TypeId>,
    } = 36,
    /// Named values.
    Struct {
        /// The type's name.
        name: String,
        /// Its values.
        fields: Vec<Field>,
    } = 37,
    /// One of several.
    Enum {
        /// The type's name.
        name: String,
        /// Which.
        variants: Vec<Named>,
    } = 38,
}

/// Why an interface is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AbiError {
    /// A type names one that does not stand before it, or the rest one that does not exist.
    TypeUnknown {
        /// Which.
        id: TypeId,
    },
    /// Types nest deeper than [`MAX_TYPE_DEPTH`].
    TooDeep {
        /// The first that does.
        id: TypeId,
    },
    /// A name breaks the pattern of its kind, or stands twice.
    Name {
        /// The name.
        name: String,
    },
}

impl fmt::Display for AbiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TypeUnknown { id } => write!(f, "type {}: named before it is described", id.0),
            Self::TooDeep { id } => {
                write!(f, "type {}: nested deeper than {MAX_TYPE_DEPTH}", id.0)
            }
            Self::Name { name } => write!(f, "name {name:?}: not allowed here, or used twice"),
        }
    }
}

impl core::error::Error for AbiError {}

impl Abi {
    /// The method of this name.
    #[must_use]
    pub fn method(&self, name: &str) -> Option<&Method> {
        self.methods.iter().find(|method| method.name == name)
    }

    /// The error of this name.
    #[must_use]
    pub fn error(&self, name: &str) -> Option<&Named> {
        self.errors.iter().find(|error| error.name == name)
    }

    /// The event of this name.
    #[must_use]
    pub fn event(&self, name: &str) -> Option<&Named> {
        self.events.iter().find(|event| event.name == name)
    }

    /// The type at this position.
    #[must_use]
    pub fn describe(&self, id: TypeId) -> Option<&Type> {
        self.types.get(usize::from(id.0))
    }

    /// Whether every reference leads to an earlier type, none nests too deep, and names keep to
    /// their patterns. Whoever walks types needs this first.
    ///
    /// # Errors
    /// [`AbiError`] names the first breach.
    pub fn check(&self) -> Result<(), AbiError> {
        self.check_types()?;
        let known = |id: TypeId| self.describe(id).map(|_| ()).ok_or(AbiError::TypeUnknown { id });
        for method in &self.methods {
            known(method.output)?;
            method.arguments.iter().try_for_each(|argument| known(argument.of))?;
        }
        for named in self.errors.iter().chain(&self.events) {
            named.fields.iter().try_for_each(|field| known(field.of))?;
        }
        unique(self.methods.iter().map(|method| method.name.as_str()), is_method_name)?;
        unique(self.errors.iter().map(|error| error.name.as_str()), is_failure_name)?;
        unique(self.events.iter().map(|event| event.name.as_str()), is_event_name)
    }

    fn check_types(&self) -> Result<(), AbiError> {
        let mut depths: Vec<u8> = Vec::new();
        for described in &self.types {
            let mut depth = 0_u8;
            for id in described.children() {
                let below = *depths.get(usize::from(id.0)).ok_or(AbiError::TypeUnknown { id })?;
                depth = depth.max(below.saturating_add(1));
            }
            if depth > MAX_TYPE_DEPTH {
                let position = u16::try_from(depths.len()).unwrap_or(u16::MAX);
                return Err(AbiError::TooDeep { id: TypeId(position) });
            }
            depths.push(depth);
        }
        Ok(())
    }
}

impl Type {
    /// The types that it names, in order.
    #[must_use]
    pub fn children(&self) -> Vec<TypeId> {
        match self {
            Self::Option { of } | Self::List { of } | Self::Array { of, .. } => alloc::vec![*of],
            Self::Tuple { of } => of.clone(),
            Self::Struct { fields, .. } => fields.iter().map(|field| field.of).collect(),
            Self::Enum { variants, .. } => {
                variants.iter().flat_map(|variant| &variant.fields).map(|field| field.of).collect()
            }
            Self::Unit
            | Self::Bool
            | Self::U8
            | Self::U16
            | Self::U32
            | Self::U64
            | Self::U128
            | Self::I8
            | Self::I16
            | Self::I32
            | Self::I64
            | Self::I128
            | Self::String
            | Self::Bytes
            | Self::Address
            | Self::Amount
            | Self::Hash
            | Self::Height
            | Self::TimestampMs
            | Self::BasisPoints
            | Self::PublicKey
            | Self::Signature
            | Self::Role
            | Self::ChainId
            | Self::Gas
            | Self::ByteArray { .. } => Vec::new(),
        }
    }
}

fn unique<'a>(
    names: impl Iterator<Item = &'a str>,
    is_name: fn(&str) -> bool,
) -> Result<(), AbiError> {
    let mut seen: Vec<&str> = names.collect();
    if let Some(name) = seen.iter().find(|name| !is_name(name)) {
        return Err(AbiError::Name { name: (*name).into() });
    }
    seen.sort_unstable();
    match seen.windows(2).find(|pair| pair[0] == pair[1]) {
        Some(pair) => Err(AbiError::Name { name: pair[0].into() }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests;
