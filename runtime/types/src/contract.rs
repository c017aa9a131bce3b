//! Contracts: what host, guest and wallets tell each other, and the limits of it.

use crate::codec::Version;
use crate::hash::{Address, ChainId, Hash};
use crate::units::{Amount, Height, TimestampMs};
use alloc::{string::String, vec::Vec};
use borsh::{BorshDeserialize, BorshSerialize};

/// Largest module. Unit: bytes.
pub const MAX_CODE_BYTES: usize = 512 * 1024;
/// Longest name of a method, failure or event. Unit: bytes.
pub const MAX_NAME_BYTES: usize = 64;
/// Most that a call is given: no transaction but a deploy is larger. Unit: bytes.
pub const MAX_INPUT_BYTES: usize = 128 * 1024;
/// Most that a call returns. Unit: bytes.
pub const MAX_RETURN_BYTES: usize = 64 * 1024;
/// Most that a failure says beside its name. Unit: bytes.
pub const MAX_FAILURE_BYTES: usize = 4 * 1024;
/// Largest value that a contract stores under one key. Unit: bytes.
pub const MAX_STORAGE_VALUE_BYTES: usize = 64 * 1024;
/// Most contracts on the call stack of a transaction.
pub const MAX_CALL_DEPTH: u8 = 8;
/// How many heights' randomness a contract can ask for, that of its own block included.
pub const RANDOMNESS_HEIGHTS: u64 = 1_024;

/// What a contract knows about the call that it answers.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Context {
    /// Format version.
    pub version: Version<1>,
    /// The chain.
    pub chain_id: ChainId,
    /// Height of the block; of the next one in a view from outside.
    pub height: Height,
    /// Time of the block.
    pub time_ms: TimestampMs,
    /// The contract that is called.
    pub contract: Address,
    /// Who calls: the sender, or another contract.
    pub caller: Address,
    /// Whose transaction it is.
    pub origin: Address,
    /// Money that came with the call; it is on the contract's account already.
    pub value: Amount,
    /// The call's identity, `H("call-id", {H("tx", tx), call, nested})`.
    pub call_id: Hash,
    /// Whether nothing may be written.
    pub view: bool,
}

/// What a contract says when it refuses a call. Traps and native errors leave none.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Failure {
    /// Format version.
    pub version: Version<1>,
    /// Who refused: the contract called, or one that it called and whose failure it handed on.
    pub contract: Address,
    /// `[A-Z][A-Z0-9_]{0,63}`.
    pub name: String,
    /// More about it, in the contract's own encoding; at most [`MAX_FAILURE_BYTES`].
    pub data: Vec<u8>,
}

/// Largest encoding of a [`Failure`]. Unit: bytes.
pub const MAX_ENCODED_FAILURE_BYTES: usize = MAX_FAILURE_BYTES + MAX_NAME_BYTES + 64;

/// Whether a text names a method: `[a-z][a-z0-9_]{0,63}`.
#[must_use]
pub fn is_method_name(name: &str) -> bool {
    is_name(
        name,
        |byte| byte.is_ascii_lowercase(),
        |byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_',
    )
}

/// Whether a text names a failure: `[A-Z][A-Z0-9_]{0,63}`.
#[must_use]
pub fn is_failure_name(name: &str) -> bool {
    is_name(
        name,
        |byte| byte.is_ascii_uppercase(),
        |byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_',
    )
}

/// Whether a text names an event of a contract: `[A-Z][A-Za-z0-9]{0,63}`.
#[must_use]
pub fn is_event_name(name: &str) -> bool {
    is_name(name, |byte| byte.is_ascii_uppercase(), |byte| byte.is_ascii_alphanumeric())
}

fn is_name(name: &str, first: fn(u8) -> bool, rest: fn(u8) -> bool) -> bool {
    let Some((head, tail)) = name.as_bytes().split_first() else { return false };
    name.len() <= MAX_NAME_BYTES && first(*head) && tail.iter().all(|byte| rest(*byte))
}

#[cfg(test)]
mod tests;
