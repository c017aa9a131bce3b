//! An environment to test contracts in: accounts, time, heights, roles, randomness, money.
//!
//! Every call through an [`Account`] is a transaction of its own: what fails leaves nothing behind.
//! After each, the `audit` of every contract that has one is compared with the contract's balance.

mod account;
mod chain;
mod env;
pub(crate) mod host;

pub use account::Account;
pub use env::{Announced, TestEnv};
