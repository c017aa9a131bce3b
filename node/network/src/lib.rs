//! Talk to permitted peers over libp2p.
//!
//! One task owns the swarm ([`spawn`]). The node's loop sends it [`Command`]s and takes [`Event`]s
//! from it, both over bounded queues; the swarm decodes what comes in, under a size cap, so that
//! events carry typed messages.
//!
//! A connection passes three gates before a single stream is served: Noise proves the peer's key,
//! the key must be on the allow-list, and both sides compare their [`types::wire::Handshake`]s. All
//! three lie below the multiplexer, so no protocol can be reached around them.
//!
//! Protocol ids are `/syndic/<16 hex of the chain id>/<name>/1`; the gate's own,
//! `/syndic/admission/1`, names no chain, so that two nodes of different chains can tell each
//! other what differs.
#![forbid(unsafe_code)]

mod behaviour;
mod command;
mod config;
mod error;
mod event;
mod frame;
mod handshake;
mod limits;
mod membership;
mod metrics;
mod peers;
mod protocols;
mod queue;
mod requests;
mod swarm;
mod task;
mod topics;

#[cfg(test)]
mod tests;

pub use command::{Audience, Command, CommandSender, CommandsClosed, Offence, Verdict};
pub use config::{Config, KnownPeer, Limits, Rate};
pub use error::NetworkError;
pub use event::{
    Event, FailureReason, GossipId, RefusalReason, RequestId, RequestKind, StopReason,
};
pub use metrics::Metrics;
pub use queue::EventReceiver;
pub use swarm::{network_public_key, spawn};
pub use topics::Topic;
