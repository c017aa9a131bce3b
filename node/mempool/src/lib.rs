//! Hold transactions that could go into a block.
//!
//! [`Pool::admit`] takes a transaction whose signatures were verified, [`Pool::candidates`] gives
//! the next block's transactions, [`Pool::committed`] and [`Pool::expire`] let go of what is done
//! or too old. Nothing here hashes, verifies, reads a clock or copies a body: bodies are shared,
//! time is a parameter.
//!
//! Bitcoin's and Ethereum's pools order by what is paid; here every gas costs the same, so order
//! is by arrival, taking turns between senders. A sender's lanes are independent lines of nonces:
//! within a lane nothing overtakes, and what is missing in one lane holds up no other.
//!
//! **Invariant.** Number, bytes, number by sender, gap, replacements and stay are bounded by
//! [`Limits`], always. What stands in a lane below the first missing nonce is *ready*; only that
//! is ever a candidate.
#![forbid(unsafe_code)]
#![deny(clippy::arithmetic_side_effects, clippy::cast_possible_truncation)]
#![cfg_attr(
    test,
    allow(clippy::arithmetic_side_effects, clippy::cast_possible_truncation, clippy::unwrap_used)
)]

mod admission;
mod dropped;
mod lanes;
mod limits;
mod ordering;
mod pending;
mod pool;

#[cfg(test)]
mod tests;

pub use admission::{Admitted, Refused};
pub use dropped::{MAX_COMMITTED, MAX_DROPPED};
pub use limits::{GOVERNANCE_PARTS, Limits, MAX_GAP, MAX_REPLACEMENTS, SENDER_PARTS};
pub use ordering::MAX_MISFITS;
pub use pending::{Pending, Status};
pub use pool::{Pool, STALE_AFTER_BLOCKS};
