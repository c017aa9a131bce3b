//! Compose the protocols that one connection carries.

use crate::config::Limits;
use crate::error::NetworkError;
use crate::frame::ReadBudget;
use crate::protocols::{
    self, BlockFetch, BlockPush, BlockSync, MAX_EXCHANGE_STREAMS, StatusExchange, TxPush, WireCodec,
};
use crate::topics::{self, Gossip};
use libp2p::allow_block_list::{self, AllowedPeers};
use libp2p::connection_limits::{self, ConnectionLimits};
use libp2p::swarm::NetworkBehaviour;
use libp2p::{ping, request_response};
use std::time::Duration;
use types::ChainId;

/// A connection is asked for a sign of life this often.
const PING_INTERVAL: Duration = Duration::from_secs(5);
/// A connection that gives none for so long is closed.
const PING_TIMEOUT: Duration = Duration::from_secs(5);
/// Streams of one connection: those of the exchanges, two of gossip, two of ping, and some room for
/// those that are just being closed. The multiplexer's window cannot be set from here; it grants
/// each stream 256 KiB and grows it with use, so the number of streams is what bounds its memory.
pub(crate) const MAX_STREAMS: usize = 64;
const _: () = assert!(MAX_EXCHANGE_STREAMS + 4 <= MAX_STREAMS, "every protocol finds its streams");

/// The protocols of one connection.
///
/// The two that may deny a connection come first: a later one must not have taken note of a
/// connection that never comes to be.
#[derive(NetworkBehaviour)]
pub(crate) struct Behaviour {
    limits: connection_limits::Behaviour,
    /// The list once more, for connections that passed the gate just before it changed, and to
    /// close those of keys that drop out.
    pub(crate) allowed: allow_block_list::Behaviour<AllowedPeers>,
    ping: ping::Behaviour,
    pub(crate) gossip: Gossip,
    pub(crate) push: request_response::Behaviour<WireCodec<BlockPush>>,
    pub(crate) transactions: request_response::Behaviour<WireCodec<TxPush>>,
    pub(crate) fetch: request_response::Behaviour<WireCodec<BlockFetch>>,
    pub(crate) status: request_response::Behaviour<WireCodec<StatusExchange>>,
    pub(crate) sync: request_response::Behaviour<WireCodec<BlockSync>>,
}

impl Behaviour {
    /// All protocols of a chain, nobody on the list yet.
    pub(crate) fn new(
        chain_id: &ChainId,
        limits: &Limits,
        budget: &ReadBudget,
    ) -> Result<Self, NetworkError> {
        let connections = ConnectionLimits::default()
            .with_max_pending_incoming(Some(limits.max_pending_inbound))
            .with_max_established_incoming(Some(limits.max_established_inbound))
            .with_max_established_per_peer(Some(limits.max_connections_per_peer));
        let ping = ping::Config::new().with_interval(PING_INTERVAL).with_timeout(PING_TIMEOUT);
        Ok(Self {
            limits: connection_limits::Behaviour::new(connections),
            allowed: allow_block_list::Behaviour::default(),
            ping: ping::Behaviour::new(ping),
            gossip: topics::gossip(chain_id)?,
            push: protocols::behaviour(chain_id, budget),
            transactions: protocols::behaviour(chain_id, budget),
            fetch: protocols::behaviour(chain_id, budget),
            status: protocols::behaviour(chain_id, budget),
            sync: protocols::behaviour(chain_id, budget),
        })
    }
}
