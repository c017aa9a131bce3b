//! Serve wallets and explorers: JSON-RPC, event streams, health and metrics.
//!
//! One table, `registry`, holds every method with its parameters, its result and its documentation:
//! calls are dispatched by it, and the OpenRPC document that `rpc.discover` answers is made from
//! it. Answers come from the store; what only the node's own loop knows is asked of it by a
//! [`Request`]. Events are read from the store too, so a stream can begin anywhere and never
//! repeats or leaves out anything.
//!
//! **Invariant.** Nothing that a client sends or does not send takes more than a bound of memory,
//! threads or time; every bound stands in [`Limits`] or beside the code that keeps it.
#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod access;
mod answer;
mod config;
mod context;
mod dispatch;
mod error;
mod feed;
mod http;
mod limits;
mod methods;
mod metrics;
mod openrpc;
mod registry;
mod request;
mod schema;
mod server;
mod socket;
mod stream;
mod websocket;

pub use access::{Scope, Scopes, Token};
pub use config::{Config, Identity, Listener};
pub use error::RpcError;
pub use limits::Limits;
pub use metrics::Metrics;
pub use request::{
    ChainInfo, ConsensusStatus, Head, MetricsText, Prove, ProveError, Question, Refusal, Request,
    Section, Services, SetLogFilter, Simulate, SimulateError, Simulated, StepVotes, SubmitOutcome,
    TxPlace, View, Viewed,
};
pub use server::{Server, serve};

#[cfg(test)]
mod tests;
