//! Run and use a syndic chain: the node, its keys, its tools.
//!
//! A command parses its arguments, makes a plain configuration of them, and runs. Everything that
//! prints takes `--json`; talk goes to standard error, results to standard output. Exit codes are
//! listed in [`exit::Exit`] and in the README.
#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod commands;
pub mod config;
mod devnet;
pub mod exit;
mod genesis;
pub mod home;
pub mod keystore;
pub mod run;
mod signer;

pub use commands::{start, start_with};
