//! Agree on the next block: a plain function around the malachite core.
//!
//! [`Engine::handle`] takes one [`Input`] and gives back [`Effect`]s in the strict order in which
//! they must be performed. Nothing here reads a clock, draws randomness, or touches disk or
//! network: timers, journal, guard and messages are effects, and signatures come from a
//! [`Signer`].
//!
//! Three promises. No signature leaves before its message is in the flushed journal and its
//! address in the guard on disk ([`safety`]). A restart that replays the journal votes as before
//! ([`journal`]). A verdict on a signature is never "invalid" without a check: what was verified
//! once is remembered, and what is not remembered is verified on the spot.
#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod context;
mod convert;
mod effect;
pub mod engine;
mod input;
pub mod journal;
pub mod safety;
pub mod sync;
pub mod timeouts;
pub mod watcher;

pub use effect::Effect;
pub use engine::{Engine, EngineError, RoundStep};
pub use input::Input;
pub use journal::JournalRecord;
pub use safety::{Guard, GuardSlot, GuardedSigner, NeverSigner, SignError, Signer};
pub use timeouts::{Timeout, TimeoutKind, Timing};
