//! Count what the network does.

use std::sync::atomic::{AtomicU64, Ordering};

/// One number that only the network changes and anybody reads.
#[derive(Debug, Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    /// One more.
    pub(crate) fn increment(&self) {
        self.add(1);
    }

    /// That many more.
    pub(crate) fn add(&self, amount: u64) {
        // Counters stand alone: no reader draws a conclusion from the order of two of them.
        self.0.fetch_add(amount, Ordering::Relaxed);
    }

    /// Exactly so many.
    pub(crate) fn set(&self, value: u64) {
        self.0.store(value, Ordering::Relaxed);
    }

    fn read(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// The network's numbers. All but `connected_peers` only grow, from the start on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Metrics {
    /// Peers connected now.
    pub connected_peers: u64,
    /// Connections refused at the gate.
    pub connections_refused: u64,
    /// Peers cut off for their offences.
    pub peers_banned: u64,
    /// Offences of peers.
    pub offences: u64,
    /// Gossiped messages given to the node's loop.
    pub gossip_received: u64,
    /// Messages published.
    pub gossip_published: u64,
    /// Messages that could not be published: nobody to send to, or every queue full.
    pub gossip_unpublished: u64,
    /// Gossiped messages that were too large or malformed.
    pub gossip_refused: u64,
    /// Messages and requests dropped because their sender sent too many.
    pub rate_limited: u64,
    /// Gossip dropped because a peer took it too slowly.
    pub slow_peer_drops: u64,
    /// Transaction batches dropped because the node's loop was behind.
    pub transactions_dropped: u64,
    /// Requests and pushed blocks dropped because the node's loop was behind.
    pub requests_dropped: u64,
    /// Events that had to wait because the node's loop was behind; none was lost.
    pub events_held: u64,
    /// Blocks pushed to a peer.
    pub blocks_pushed: u64,
    /// Blocks and transactions pushed that a peer did not take.
    pub pushes_failed: u64,
    /// Requests sent.
    pub requests_sent: u64,
    /// Requests that came to nothing.
    pub requests_failed: u64,
    /// Answers that came too late or were too large to send.
    pub answers_dropped: u64,
    /// Bytes of messages received; framing and transport not counted.
    pub bytes_received: u64,
    /// Bytes of messages handed to the transport; forwarded gossip not counted.
    pub bytes_sent: u64,
    /// Times the swarm was made anew after a failure.
    pub restarts: u64,
}

/// The numbers of [`Metrics`] while they change.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) connected_peers: Counter,
    pub(crate) connections_refused: Counter,
    pub(crate) peers_banned: Counter,
    pub(crate) offences: Counter,
    pub(crate) gossip_received: Counter,
    pub(crate) gossip_published: Counter,
    pub(crate) gossip_unpublished: Counter,
    pub(crate) gossip_refused: Counter,
    pub(crate) rate_limited: Counter,
    pub(crate) slow_peer_drops: Counter,
    pub(crate) transactions_dropped: Counter,
    pub(crate) requests_dropped: Counter,
    pub(crate) events_held: Counter,
    pub(crate) blocks_pushed: Counter,
    pub(crate) pushes_failed: Counter,
    pub(crate) requests_sent: Counter,
    pub(crate) requests_failed: Counter,
    pub(crate) answers_dropped: Counter,
    pub(crate) bytes_received: Counter,
    pub(crate) bytes_sent: Counter,
    pub(crate) restarts: Counter,
}

impl Counters {
    /// The numbers as they stand.
    pub(crate) fn read(&self) -> Metrics {
        Metrics {
            connected_peers: self.connected_peers.read(),
            connections_refused: self.connections_refused.read(),
            peers_banned: self.peers_banned.read(),
            offences: self.offences.read(),
            gossip_received: self.gossip_received.read(),
            gossip_published: self.gossip_published.read(),
            gossip_unpublished: self.gossip_unpublished.read(),
            gossip_refused: self.gossip_refused.read(),
            rate_limited: self.rate_limited.read(),
            slow_peer_drops: self.slow_peer_drops.read(),
            transactions_dropped: self.transactions_dropped.read(),
            requests_dropped: self.requests_dropped.read(),
            events_held: self.events_held.read(),
            blocks_pushed: self.blocks_pushed.read(),
            pushes_failed: self.pushes_failed.read(),
            requests_sent: self.requests_sent.read(),
            requests_failed: self.requests_failed.read(),
            answers_dropped: self.answers_dropped.read(),
            bytes_received: self.bytes_received.read(),
            bytes_sent: self.bytes_sent.read(),
            restarts: self.restarts.read(),
        }
    }
}
