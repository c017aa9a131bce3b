//! Agree on the next block: a plain function around the malachite core.
//!
//! Three promises. No signature leaves before its message is in the flushed journal and its
//! address in the guard on disk ([`safety`]). A restart that replays the journal votes as before
//! ([`journal`]). A verdict on a signature is never "invalid" without a check: what was verified
//! once is remembered, and what is not remembered is verified on the spot.
#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod journal;
pub mod safety;
pub mod timeouts;

pub use journal::JournalRecord;
pub use safety::{Guard, GuardSlot, GuardedSigner, NeverSigner, SignError, Signer};
pub use timeouts::{Timeout, TimeoutKind, Timing};
