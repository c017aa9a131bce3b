//! Count money in whole units: multiply and divide, split, pull shares, waterfalls, escrow, lots.
//!
//! Pure integer arithmetic for contracts: no host, no floating point, no wrapping. An amount is a
//! count of the chain's smallest unit, a rate is in ten-thousandths, a product is taken before its
//! quotient, in 256 bits. Whatever does not fit is [`MoneyError::Overflow`].
//!
//! **Who gains from rounding**, everywhere:
//!
//! | what | rounds | who gains |
//! |---|---|---|
//! | escrow taken ([`escrow::taken`]) | up | nobody: the excess goes back to the payer |
//! | pay-out ([`escrow::owed`]) | down | the payer |
//! | fee ([`escrow::fee`]) | up | who charges it |
//! | split among few ([`split::largest_remainder`]) | exact | the largest remainders |
//! | pull share ([`pull::entitled`]) | down | the pool: dust, less than a unit a holder |
//! | transferable lot ([`pull::settled`]) | down, less what was settled, rounded up | the pool |
//! | part of a receipt ([`waterfall::distribute`]) | down | the junior tiers |
#![no_std]
#![forbid(unsafe_code)]
#![deny(clippy::arithmetic_side_effects, clippy::cast_possible_truncation)]
#![cfg_attr(
    test,
    allow(clippy::arithmetic_side_effects, clippy::cast_possible_truncation, clippy::unwrap_used)
)]

extern crate alloc;

mod error;
pub mod escrow;
pub mod lots;
pub mod pull;
pub mod split;
pub mod waterfall;
pub mod wide;

pub use error::MoneyError;
pub use wide::{mul_div_ceil, mul_div_floor};

/// The whole, in basis points.
pub const WHOLE_BP: u32 = 10_000;
