//! The bounds of everything that clients can make the node do.

use std::time::Duration;

/// The bounds. The defaults are for a validator; tests take smaller ones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Most connections of a listener; a further one is closed at once. 1,024.
    pub connections: usize,
    /// Most of them that are WebSockets or event streams. 256.
    pub streams: usize,
    /// Largest request body or WebSocket message. 1 MiB: the largest transaction, which deploys
    /// 640 KiB, fits as base64, and so do 1,000 transfers.
    pub body_bytes: usize,
    /// Most bytes of request bodies in memory at a time. 64 MiB.
    pub bodies_bytes: usize,
    /// Most calls of one batch. 20.
    pub batch_calls: usize,
    /// Most transactions of one `tx_submit_batch`. 1,000.
    pub batch_txs: usize,
    /// Most calls that are being answered. 256.
    pub calls: usize,
    /// Most of those that read or compute much, each on a thread of its own. 4.
    pub heavy_calls: usize,
    /// Most submissions that are being taken or waited for. 1,024.
    pub submissions: usize,
    /// Most calls that one WebSocket has under way. 16.
    pub socket_calls: usize,
    /// Most subscriptions of one WebSocket. 32.
    pub subscriptions: usize,
    /// Most messages that wait for a slow reader. 256.
    pub queue: usize,
    /// Bytes of encoded events kept for all streams. 16 MiB.
    pub feed_bytes: usize,
    /// How long a client may take to send a request's headers, and how long an idle connection is
    /// kept. 30 s.
    pub header_time: Duration,
    /// How long a client may take to send a request's body, or a TLS handshake. 10 s.
    pub body_time: Duration,
    /// How long an answer may take, waiting for a transaction aside. 15 s.
    pub call_time: Duration,
    /// How long a client may leave its receive window shut before it is disconnected. 10 s.
    pub write_time: Duration,
    /// How often a quiet stream is told that the node lives. 15 s.
    pub ping_time: Duration,
    /// Longest wait for a transaction. 30 s.
    pub wait_time: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        const MIB: usize = 1024 * 1024;
        Self {
            connections: 1_024,
            streams: 256,
            body_bytes: MIB,
            bodies_bytes: 64 * MIB,
            batch_calls: 20,
            batch_txs: 1_000,
            calls: 256,
            heavy_calls: 4,
            submissions: 1_024,
            socket_calls: 16,
            subscriptions: 32,
            queue: 256,
            feed_bytes: 16 * MIB,
            header_time: Duration::from_secs(30),
            body_time: Duration::from_secs(10),
            call_time: Duration::from_secs(15),
            write_time: Duration::from_secs(10),
            ping_time: Duration::from_secs(15),
            wait_time: Duration::from_secs(30),
        }
    }
}

/// Most blocks of one answer.
pub(crate) const MAX_BLOCKS: u32 = 100;
/// Most entries of one page of a history.
pub(crate) const MAX_HISTORY: u32 = 100;
/// Most receipts of one answer.
pub(crate) const MAX_RECEIPTS: u32 = 1_000;
/// Bytes of receipts after which an answer takes no further one. Unit: bytes.
pub(crate) const RECEIPTS_TARGET_BYTES: usize = 4 * 1024 * 1024;
/// Largest part of a genesis. Unit: bytes.
pub(crate) const GENESIS_CHUNK_BYTES: usize = 512 * 1024;
/// Most contracts of one page.
pub(crate) const MAX_CONTRACTS: u32 = 100;
/// Most gas that a view may take: 0.15 s at the slowest.
pub(crate) const MAX_VIEW_GAS: u64 = 60_000_000;
/// Largest transaction that is read at all; the chain's own limits are lower. Unit: bytes.
pub(crate) const MAX_TX_BYTES: usize = 1024 * 1024;
