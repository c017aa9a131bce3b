//! Real processes on loopback: what operators and wallets count on, and that the chain survives.
#![allow(clippy::unwrap_used)]

mod contracts;
mod coupon;
mod crash;
mod devnet;
mod double_sign;
mod genesis;
mod guard;
mod membership;
mod partition;
mod recovery;
mod replacement;
mod signer;
mod transfer;
mod twins;

use std::sync::{Mutex, MutexGuard, PoisonError};

/// One net at a time: twelve processes at once are no test of anything.
static ONE_NET: Mutex<()> = Mutex::new(());

/// The four validators of most nets.
const ALL: [u16; 4] = [0, 1, 2, 3];

fn one_net() -> MutexGuard<'static, ()> {
    ONE_NET.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The number for continuous integration, or that for a long run (`scripts/test.sh long`).
fn in_lane<T>(all: T, long: T) -> T {
    let is_long = std::env::var("SYNDIC_LANE").is_ok_and(|lane| lane == "long");
    if is_long { long } else { all }
}
