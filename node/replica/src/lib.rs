//! Be a node without input or output: an event in, actions out.
//!
//! [`Replica::handle`] takes the time and one [`Event`] and returns the [`Action`]s to perform,
//! in order. The program's loop performs them with real disks, sockets and threads; the simulation
//! performs the same ones with its own. Heavy, pure jobs ([`Work`]: verify, check, build, admit)
//! leave as actions and come back as events; [`work`] exports the functions that do them.
//!
//! **Invariant.** Nothing here sleeps, spawns, draws randomness, or reads a clock or a disk. The
//! actions of one event are performed strictly in order, and one that fails stops the node.
//!
//! Rules carried out here, beside the engine's: a block is proposed and prevoted only on top of a
//! durable parent; its body is journalled before a vote for it; a height is sealed once, after its
//! batch is durable; what the engine is told about a body depends on the block and its parent
//! state alone.
#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod action;
mod blocks;
mod commit;
pub mod event;
pub mod evidence;
mod exchange;
pub mod finality;
mod height;
mod journal;
mod outgoing;
pub mod own;
mod proposal;
mod ready;
mod receive;
pub mod replica;
pub mod status;
mod syncing;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod transactions;
mod votes;
pub mod work;

pub use action::{Action, ActionKind, GossipVerdict, Log, Stop, SubmitOutcome};
pub use event::{Event, Now, Peer, Timer};
pub use evidence::Detectors;
pub use replica::{Config, Replica, Start};
pub use status::Status;
pub use work::{Work, WorkDone};
