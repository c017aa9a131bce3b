//! The acceptance, the edges, the negatives of every call, and a plain reference beside the
//! contract.
//!
//! `contracts/rig/tests/coupon.rs` runs the same tests with the module in the virtual machine.
#![allow(clippy::unwrap_used)]

mod acceptance;
mod edges;
mod model;
mod negatives;
mod sequences;
mod world;
