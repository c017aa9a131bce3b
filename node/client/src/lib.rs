//! Talk to a node and check what it says without trusting it.
//!
//! [`Client`] asks one of several nodes, [`EventStream`] follows events exactly once across
//! reconnects and nodes, [`wallet`] makes and signs transactions, and [`verify`] checks proofs with
//! nothing but a genesis or a validator set that the reader trusts. [`dto`] holds every JSON type.
#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod abi;
pub mod client;
pub mod dto;
pub mod errors;
pub mod events;
pub mod forensics;
pub mod transport;
pub mod verify;
pub mod view;
pub mod wallet;

pub use client::{Client, Config};
pub use errors::{ClientError, ExitClass};
pub use events::EventStream;
pub use verify::{Trust, VerifyError};
