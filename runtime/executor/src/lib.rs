//! Turn a block into receipts and state changes.
//!
//! Everything here is a function of its arguments: the state after the parent, the parent's header
//! and the block. [`block::check`] says whether a block may follow its parent, [`block::execute`]
//! carries it out, [`block::build`] makes the next one; [`transaction`] has the rules of single
//! transactions for pool and wallet, [`simulate()`] tries one without keeping anything,
//! [`simulate::view`] asks a contract, [`genesis::changes`] makes the first state, and
//! [`recovery::changes`] that of a chain that continues another one.
//!
//! Contracts run in a [`vm::Machine`], which is handed in: it compiles and caches, and what it
//! answers depends on code, input, gas and state alone.
#![forbid(unsafe_code)]
#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects, clippy::cast_possible_truncation))]
#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod block;
pub mod evidence;
pub mod fees;
mod frame;
pub mod genesis;
mod host;
mod intake;
pub mod modules;
mod native;
pub mod recovery;
pub mod rejection;
pub mod simulate;
#[cfg(test)]
mod testing;
pub mod transaction;

pub use block::{BuildInput, Checked, Executed, Parent};
pub use genesis::GenesisError;
pub use modules::{BONDS, TREASURY};
pub use recovery::RecoveryError;
pub use rejection::{CheckError, Rejection};
pub use simulate::{Simulated, simulate};
pub use transaction::{Decoded, Position};
