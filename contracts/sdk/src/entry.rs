//! From the bytes of a call to a method, and from its answer to bytes. What `#[contract]` writes
//! calls these.

use crate::error::{ContractError, StandardFailure};
use crate::host;
use alloc::vec::Vec;
use borsh::{BorshDeserialize, BorshSerialize};
use types::Amount;

/// How a call of a contract runs: from its arguments to what it returns.
pub type Handler = fn(&mut Input<'_>) -> Result<Vec<u8>, Refusal>;

/// One entry point of a contract.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// The name of the module's export, such as `call:add`.
    pub export: &'static str,
    /// Whether money may come along.
    pub payable: bool,
    /// What runs.
    pub handler: Handler,
}

/// A failure on its way to the host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// `[A-Z][A-Z0-9_]{0,63}`.
    pub name: &'static str,
    /// Its values in order, in borsh.
    pub data: Vec<u8>,
}

impl From<StandardFailure> for Refusal {
    fn from(failure: StandardFailure) -> Self {
        Self { name: failure.name(), data: failure.encode() }
    }
}

/// A contract's own error as what the host is told.
#[allow(clippy::needless_pass_by_value)] // The last use of the error, as `map_err` hands it over.
pub fn refuse<E: ContractError>(error: E) -> Refusal {
    Refusal { name: error.name(), data: error.encode() }
}

/// Run one call: the whole of an export.
#[cfg(target_arch = "wasm32")]
pub fn run(payable: bool, handler: Handler) {
    match answer(payable, handler, &host::input()) {
        Ok(output) => host::output(&output),
        Err(refusal) => host::fail(refusal.name, &refusal.data),
    }
}

/// What the host is told: the module's exports and the test's chain both go through here.
pub(crate) fn answer(payable: bool, handler: Handler, input: &[u8]) -> Result<Vec<u8>, Refusal> {
    if !payable && host::context().value != Amount::ZERO {
        return Err(StandardFailure::NotPayable.into());
    }
    handler(&mut Input::new(input))
}

/// Values that stand one after the other.
#[derive(Debug)]
pub struct Input<'a> {
    rest: &'a [u8],
}

impl<'a> Input<'a> {
    /// Values from these bytes.
    #[must_use]
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// The next value; `None` if the bytes do not begin with one.
    pub fn value<T: BorshDeserialize>(&mut self) -> Option<T> {
        T::deserialize(&mut self.rest).ok()
    }

    /// The next argument.
    ///
    /// # Errors
    /// `BAD_ARGUMENT` with its name and what was expected.
    pub fn argument<T: BorshDeserialize>(
        &mut self,
        name: &str,
        expected: &str,
    ) -> Result<T, Refusal> {
        self.value().ok_or_else(|| bad_argument(name, expected))
    }

    /// Whether nothing is left.
    #[must_use]
    pub const fn ended(&self) -> bool {
        self.rest.is_empty()
    }

    /// That nothing is left.
    ///
    /// # Errors
    /// `BAD_ARGUMENT` without a name.
    pub fn end(&self) -> Result<(), Refusal> {
        if self.ended() { Ok(()) } else { Err(bad_argument("", "no further bytes")) }
    }
}

fn bad_argument(argument: &str, expected: &str) -> Refusal {
    let (argument, expected) = (argument.into(), expected.into());
    StandardFailure::BadArgument { argument, expected }.into()
}

/// Puts values one after the other.
#[derive(Debug, Default)]
pub struct Encoder {
    bytes: Vec<u8>,
}

impl Encoder {
    /// Nothing yet.
    #[must_use]
    pub const fn new() -> Self {
        Self { bytes: Vec::new() }
    }

    /// And this value.
    ///
    /// # Panics
    /// If a list or text in it has 2^32 entries or more, for which no contract has the memory.
    #[must_use]
    pub fn value<T: BorshSerialize + ?Sized>(mut self, value: &T) -> Self {
        // Not `expect`: it would bring the formatting of errors into every module.
        match value.serialize(&mut self.bytes) {
            Ok(()) => self,
            Err(_) => panic!("a list that is encoded has fewer than 2^32 entries"),
        }
    }

    /// The bytes.
    #[must_use]
    pub fn finish(self) -> Vec<u8> {
        self.bytes
    }
}

/// A method's answer in borsh.
///
/// # Panics
/// As [`Encoder::value`].
#[must_use]
pub fn output<T: BorshSerialize>(answer: &T) -> Vec<u8> {
    Encoder::new().value(answer).finish()
}
