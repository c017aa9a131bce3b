//! What a network is started with.

use std::fmt;
use types::{BlockId, ChainId, Height, PublicKey};

/// What a network is started with.
#[derive(Clone)]
pub struct Config {
    /// Seed of this node's ed25519 network key (RFC 8032): its identity towards peers.
    pub secret: [u8; 32],
    /// Multiaddresses to listen on, such as `/ip4/0.0.0.0/tcp/7101`; port 0 takes a free one.
    pub listen: Vec<String>,
    /// The chain.
    pub chain_id: ChainId,
    /// The block id of header 0.
    pub genesis_hash: BlockId,
    /// Lowest and highest protocol version this node knows.
    pub protocol: (u16, u16),
    /// Highest committed height at start.
    pub tip: Height,
    /// Highest final height at start.
    pub finalized: Height,
    /// Where peers are found. Being listed here is no permission to connect.
    pub peers: Vec<KnownPeer>,
    /// Keys that may always connect, whatever the state says.
    pub extra_peers: Vec<PublicKey>,
    /// Bounds.
    pub limits: Limits,
}

impl fmt::Debug for Config {
    /// Everything but the secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("listen", &self.listen)
            .field("chain_id", &self.chain_id)
            .field("genesis_hash", &self.genesis_hash)
            .field("protocol", &self.protocol)
            .field("peers", &self.peers)
            .field("extra_peers", &self.extra_peers)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

/// Where a peer is found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownPeer {
    /// Its network key.
    pub key: PublicKey,
    /// Its multiaddresses, tried together; names (`/dns4/host/tcp/7101`) are looked up each time.
    pub addresses: Vec<String>,
}

/// How much a peer may send of one kind, on average; twice as much in one burst.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// Messages a second.
    pub messages_per_s: u32,
    /// Bytes a second.
    pub bytes_per_s: u32,
}

/// The network's bounds. Every value has a default that suits up to 100 validators.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Connections that strangers may have half open at once.
    pub max_pending_inbound: u32,
    /// Connections accepted from peers.
    pub max_established_inbound: u32,
    /// Connections to one peer: two, for both sides may dial at the same moment.
    pub max_connections_per_peer: u32,
    /// Events waiting for the node's loop.
    pub event_queue: usize,
    /// Commands waiting for the swarm.
    pub command_queue: usize,
    /// Bytes of messages inside the events that wait.
    pub event_queue_bytes: usize,
    /// Bytes of large messages being read from peers at once.
    pub reading_bytes: usize,
    /// Votes, proposals, seals and certificates from one peer.
    pub consensus: Rate,
    /// Transactions from one peer.
    pub transactions: Rate,
    /// Evidence from one peer.
    pub evidence: Rate,
    /// Blocks pushed by one peer.
    pub pushes: Rate,
    /// Requests for a block from one peer.
    pub blocks: Rate,
    /// Requests for status from one peer.
    pub statuses: Rate,
    /// Requests for committed blocks from one peer.
    pub syncs: Rate,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_pending_inbound: 16,
            // 100 validators, and 64 connections of members and observers.
            max_established_inbound: 164,
            max_connections_per_peer: 2,
            event_queue: 4_096,
            command_queue: 1_024,
            event_queue_bytes: 256 * MIB as usize,
            reading_bytes: 256 * MIB as usize,
            // A peer may be the first to bring all votes and seals of 100 validators, 3 rounds
            // a second.
            consensus: Rate { messages_per_s: 2_000, bytes_per_s: 8 * MIB },
            // One batch of 64 KiB every 20 ms, forwarded for as many as it likes.
            transactions: Rate { messages_per_s: 500, bytes_per_s: 32 * MIB },
            evidence: Rate { messages_per_s: 128, bytes_per_s: MIB },
            // One block a height, a few heights a second at most.
            pushes: Rate { messages_per_s: 20, bytes_per_s: 32 * MIB },
            blocks: Rate { messages_per_s: 50, bytes_per_s: MIB },
            // One a second, one a commit, one a round.
            statuses: Rate { messages_per_s: 50, bytes_per_s: MIB },
            syncs: Rate { messages_per_s: 20, bytes_per_s: MIB },
        }
    }
}

const MIB: u32 = 1024 * 1024;
