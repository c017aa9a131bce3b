//! An environment to test contracts in: accounts, time, heights, roles, randomness, money.
//!
//! Every call through an [`Account`] is a transaction of its own: what fails leaves nothing behind.
//! After each, the `audit` of every contract that has one is compared with the contract's balance.
//!
//! Contracts run natively, or, with [`VM`] set, as modules in the node's own virtual machine:
//! `SYNDIC_TEST_VM=<path of syndic> cargo test`, which is what `syndic contract test --vm` does.
//! The same tests run either way.

mod account;
mod chain;
mod env;
mod gas;
pub(crate) mod host;
mod machine;
pub mod wire;

pub use account::Account;
pub use env::{Announced, TestEnv};
pub use gas::GasTable;

/// The environment variable that names the program with the virtual machine.
pub const VM: &str = "SYNDIC_TEST_VM";
/// The environment variable that names the folder of the modules.
pub const MODULES: &str = "SYNDIC_TEST_MODULES";
/// The environment variable that has files of figures written instead of compared.
pub const REWRITE: &str = "SYNDIC_REWRITE";
