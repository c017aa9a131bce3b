//! Never sign twice: the guard, the rules of signing, and when a node may sign at all.
//!
//! Two values signed at one address open the validator's sealed identity to everybody, for ever
//! and by arithmetic alone. So a signature leaves this module only if the guard admits it, and a
//! message leaves the node only after journal and guard are on disk (protocol 4.2).

mod guard;
mod handover;
mod signer;
mod slot;
mod start;

#[cfg(test)]
mod tests;

pub use guard::{Admission, Alarm, Guard, Lane, Refusal, Signed, Standing};
pub use handover::HandoverError;
pub use signer::{GuardedSigner, NeverSigner, SignError, Signer};
pub use slot::{GuardError, GuardSlot, SLOT_BYTES};
pub use start::{
    Arming, Observer, Start, StartError, StartFacts, arm, instance_of, machine_of, start,
};
