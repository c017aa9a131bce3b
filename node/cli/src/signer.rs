//! A validator's keys in a process of their own: what node and signer say to each other over a Unix
//! socket, the signer's side, and the node's.
//!
//! The signer holds keys and guard, and writes the guard before it answers (docs/protocol.md 4.2).
//! The node judges by chain, journal and database whether it may sign, as with keys of its own;
//! the signer accepts no guard from it that would lower a lane or arm what belongs elsewhere.

mod desk;
mod frame;
mod remote;
mod socket;
#[cfg(test)]
mod tests;

pub(crate) use desk::open;
pub(crate) use remote::{Away, RemoteSigner};
pub(crate) use socket::{MAX_SOCKET_PATH_BYTES, serve};
