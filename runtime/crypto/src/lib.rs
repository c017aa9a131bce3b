//! Hash, sign, verify and reveal: the only place with domain tags.
//!
//! - [`hash`], [`domain`], [`id`], [`merkle`], [`text`]: names of things and how they are made.
//! - [`sign`]: ed25519 by one rule, alone or in batches; [`auth`]: who authorises a transaction.
//! - [`reveal`]: the share that opens a double signer's sealed identity; [`hidden`], [`attest`]:
//!   that identity; [`vrf`]: a height's randomness.
//! - [`envelope`]: content that some named readers can open.
//! - [`ballot`]: proposals, votes and seals as signed; [`certificate`], [`evidence`]: many of them.
//!
//! Nothing here draws random bytes: a parameter `fresh` is 32 bytes from the caller.
//! Secrets are erased when dropped, are never printed, and meet constant-time arithmetic only.
#![forbid(unsafe_code)]
#![deny(clippy::arithmetic_side_effects, clippy::cast_possible_truncation)]
#![cfg_attr(
    test,
    allow(clippy::arithmetic_side_effects, clippy::cast_possible_truncation, clippy::unwrap_used)
)]

pub mod attest;
pub mod auth;
pub mod ballot;
mod batch;
pub mod certificate;
pub mod domain;
pub mod envelope;
pub mod evidence;
pub mod hash;
pub mod hidden;
pub mod id;
pub mod merkle;
mod possession;
pub mod reveal;
pub mod sign;
pub mod text;
mod transcript;
pub mod vrf;
