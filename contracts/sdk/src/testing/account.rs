//! Who sends transactions in a test.

use super::env::TestEnv;
use crate::client::{Caller, Request};
use crate::error::{CallError, ContractError};
use crate::{Contract, hash};
use ::crypto::sign::SecretKey;
use alloc::rc::Rc;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use types::{Address, Amount, Code, Failure, PublicKey, Signature, TimestampMs};

/// An account with a key; [`TestEnv::account`] makes them.
#[derive(Clone)]
pub struct Account {
    env: TestEnv,
    name: Rc<str>,
    key: Rc<SecretKey>,
    address: Address,
}

impl Account {
    pub(crate) fn new(env: TestEnv, name: &str) -> Self {
        let key = SecretKey::from_seed(::crypto::hash::blake3(name.as_bytes()).0);
        let address = ::crypto::id::account_address(&key.public());
        Self { env, name: name.into(), key: Rc::new(key), address }
    }

    /// Its address.
    #[must_use]
    pub const fn address(&self) -> Address {
        self.address
    }

    /// Its public key.
    #[must_use]
    pub fn public_key(&self) -> PublicKey {
        self.key.public()
    }

    /// What it holds.
    #[must_use]
    pub fn balance(&self) -> Amount {
        self.env.balance(&self.address)
    }

    /// Sign a message outside the chain, for one method of one contract, as
    /// [`crate::verify_message`] checks it.
    #[must_use]
    pub fn sign_message(
        &self,
        contract: Address,
        method: &str,
        body: &[u8],
        expiry_ms: TimestampMs,
    ) -> Signature {
        let message = hash::encode(self.env.chain_id(), contract, method, body, expiry_ms);
        self.sign(::crypto::hash::derive("message", &message).as_bytes())
    }

    /// Sign bytes as they are.
    #[must_use]
    pub fn sign(&self, bytes: &[u8]) -> Signature {
        self.key.sign(bytes)
    }

    /// Make a contract. A client's `instantiate` is the typed way.
    ///
    /// # Errors
    /// [`CallError`] if its `init` or the chain refuses.
    #[allow(clippy::needless_pass_by_value)] // A client encodes it for this alone.
    pub fn instantiate<T: Contract, E: ContractError>(
        &self,
        input: Vec<u8>,
        value: Amount,
    ) -> Result<Address, CallError<E>> {
        let made = self.env.instantiate::<T>(self.address, &input, value);
        made.map_err(|(code, failure)| CallError::of(code, failure))
    }

    /// Replace a contract's code. A client's `upgrade` is the typed way.
    ///
    /// # Errors
    /// [`CallError`] if its `migrate` or the chain refuses.
    #[allow(clippy::needless_pass_by_value)] // A client encodes it for this alone.
    pub fn upgrade<T: Contract, E: ContractError>(
        &self,
        contract: Address,
        input: Vec<u8>,
    ) -> Result<(), CallError<E>> {
        let done = self.env.upgrade::<T>(self.address, contract, &input);
        done.map_err(|(code, failure)| CallError::of(code, failure))
    }
}

impl Caller for Account {
    fn call(&self, request: Request<'_>) -> Result<Vec<u8>, (Code, Option<Failure>)> {
        self.env.call(self.address, request)
    }
}

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Account").field(&String::from(&*self.name)).finish()
    }
}
