//! Write contracts: storage, calls, events, errors, clients, and an environment to test them in.
//!
//! A contract is a struct of stored fields and an impl with its methods:
//!
//! ```
//! use sdk::prelude::*;
//!
//! #[contract(events(Counted))]
//! pub struct Counter {
//!     count: Item<u64>,
//! }
//!
//! #[derive(Debug, PartialEq, Event)]
//! pub struct Counted {
//!     by: Address,
//!     count: u64,
//! }
//!
//! #[derive(Debug, PartialEq, ContractError)]
//! pub enum CounterError {
//!     Overflow,
//! }
//!
//! #[contract]
//! impl Counter {
//!     #[init]
//!     pub fn init(&mut self, count: u64) {
//!         self.count.set(&count);
//!     }
//!
//!     #[call]
//!     pub fn add(&mut self, by: u64) -> Result<u64, CounterError> {
//!         let count = self.count().checked_add(by).ok_or(CounterError::Overflow)?;
//!         self.count.set(&count);
//!         self.emit(Counted { by: sdk::caller(), count });
//!         Ok(count)
//!     }
//!
//!     #[view]
//!     pub fn count(&self) -> u64 {
//!         self.count.or_default()
//!     }
//! }
//!
//! let env = sdk::testing::TestEnv::new();
//! let alice = env.account("alice", 1_000);
//! let counter = CounterClient::instantiate(&alice, 40).unwrap();
//! assert_eq!(counter.add(2), Ok(42));
//! assert_eq!(counter.add(u64::MAX).unwrap_err().refused(), Some(&CounterError::Overflow));
//! assert_eq!(counter.count(), Ok(42));
//! ```
//!
//! Compiled to WebAssembly this becomes a module for the chain's virtual machine; natively it is a
//! library that [`testing::TestEnv`] runs. `docs/contracts` is the guide.
#![no_std]
#![deny(unsafe_op_in_unsafe_fn)]

extern crate alloc;
#[cfg(not(target_arch = "wasm32"))]
extern crate std;
// What the macros write names this crate from outside; here it must, too.
extern crate self as sdk;

pub mod abi;
mod audit;
pub mod client;
mod context;
pub mod entry;
mod error;
mod event;
mod hash;
mod host;
pub mod prelude;
pub mod storage;
#[cfg(not(target_arch = "wasm32"))]
pub mod testing;

pub use abi::Describe;
pub use alloc::vec::Vec;
pub use audit::Bucket;
pub use context::{
    balance, caller, chain_id, contract, has_role, height, log, new_id, origin, randomness,
    time_ms, transfer, value,
};
pub use error::{CallError, ContractError, NoError, StandardFailure};
pub use event::{Emit, Emits, Event};
pub use hash::{
    MessageError, blake3, derive, merkle_verify, message_hash, sha256, verify, verify_message,
};
pub use sdk_macros::{ContractError, Describe, Event, contract};
pub use storage::{Ascending, Item, Map};
pub use types::{
    Address, Amount, BasisPoints, ChainId, Code, Failure, Gas, Hash, Height, PublicKey, Role,
    Signature, TimestampMs,
};

/// Where a contract's fields lie; `#[contract]` on its struct implements it.
pub trait Storage: Sized {
    /// The events that it announces.
    const EVENTS: &'static [abi::NamedShape];

    /// The contract with its fields at their places. Nothing is read.
    fn open() -> Self;
}

/// A contract; `#[contract]` on its impl implements it.
pub trait Contract: Storage {
    /// Its name.
    const NAME: &'static str;
    /// The package that it is built from; its module is named after it.
    const PACKAGE: &'static str;
    /// Its entry points.
    const ENTRIES: &'static [entry::Entry];
    /// Its interface: borsh of [`types::abi::Abi`].
    const ABI: &'static [u8];
}

/// The guide's Rust blocks are tests of this crate.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/contracts/README.md")]
struct Guide;
