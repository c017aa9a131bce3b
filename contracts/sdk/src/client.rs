//! Calling contracts: the part of a typed client that is the same for all.

use crate::error::{CallError, ContractError};
use crate::host;
use alloc::vec::Vec;
use borsh::BorshDeserialize;
use types::{Address, Amount, Code, Failure, Gas};

/// One call as it leaves a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request<'a> {
    /// Whom.
    pub contract: Address,
    /// Which of its methods.
    pub method: &'a str,
    /// The arguments in order.
    pub input: &'a [u8],
    /// Money that goes along.
    pub value: Amount,
    /// The most it may use; `None` for as much as there is.
    pub gas: Option<Gas>,
}

/// Who can call contracts: a contract, or an account.
pub trait Caller {
    /// Make the call and wait for what it returns.
    ///
    /// # Errors
    /// The receipt's code, and the contract's own words if it refused.
    fn call(&self, request: Request<'_>) -> Result<Vec<u8>, (Code, Option<Failure>)>;
}

/// The contract that runs is the caller.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FromContract;

impl Caller for FromContract {
    fn call(&self, request: Request<'_>) -> Result<Vec<u8>, (Code, Option<Failure>)> {
        host::call(request)
    }
}

/// A contract as somebody calls it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target<C> {
    caller: C,
    contract: Address,
    value: Amount,
    gas: Option<Gas>,
}

impl<C: Caller> Target<C> {
    /// Calls of `caller` to `contract`, without money.
    #[must_use]
    pub const fn new(caller: C, contract: Address) -> Self {
        Self { caller, contract, value: Amount::ZERO, gas: None }
    }

    /// The contract's address.
    #[must_use]
    pub const fn contract(&self) -> Address {
        self.contract
    }

    /// The same with this much money.
    #[must_use]
    pub fn paying(&self, value: Amount) -> Self
    where
        C: Clone,
    {
        Self { value, ..self.clone() }
    }

    /// The same with at most this much gas.
    #[must_use]
    pub fn limited(&self, gas: Gas) -> Self
    where
        C: Clone,
    {
        Self { gas: Some(gas), ..self.clone() }
    }

    /// Call a method whose answer is a `T` and which refuses with an `E`.
    ///
    /// # Errors
    /// [`CallError`]; an answer of another shape is `MALFORMED`.
    #[allow(clippy::needless_pass_by_value)] // The client's methods encode it for this alone.
    pub fn call<T: BorshDeserialize, E: ContractError>(
        &self,
        method: &str,
        input: Vec<u8>,
    ) -> Result<T, CallError<E>> {
        let Self { contract, value, gas, .. } = *self;
        let request = Request { contract, method, input: &input, value, gas };
        match self.caller.call(request) {
            Ok(output) => borsh::from_slice(&output)
                .map_err(|_| CallError::Failed { code: Code::Malformed, failure: None }),
            Err((code, failure)) => Err(CallError::of(code, failure)),
        }
    }
}
