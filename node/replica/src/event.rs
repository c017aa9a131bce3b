//! What can happen to a node.

use crate::work::WorkDone;
use std::sync::Arc;
use types::wire::{BlockMessage, ConsensusContent, StatusAnswer, StatusRequest, SyncAnswer};
use types::{BlockId, Evidence, Height, PublicKey};

/// Another node, named by its network key.
pub type Peer = PublicKey;

/// The two clocks at the moment of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Now {
    /// Monotonic, in nanoseconds from any start: all timeouts use it.
    pub mono_ns: u64,
    /// Wall clock, in milliseconds since 1970: only block times use it.
    pub wall_ms: u64,
}

impl Now {
    /// The monotonic clock in milliseconds.
    #[must_use]
    pub const fn mono_ms(self) -> u64 {
        self.mono_ns / 1_000_000
    }
}

/// A message's handle for the network's verdict (accept, ignore, reject).
pub type GossipId = u64;

/// What can happen.
#[derive(Clone, Debug)]
pub enum Event {
    /// The node starts: the first event, once.
    Started,
    /// A peer connected; `tip` is what it said of itself.
    PeerConnected {
        /// Who.
        peer: Peer,
        /// Its highest committed height.
        tip: Height,
    },
    /// A peer is gone.
    PeerDisconnected {
        /// Who.
        peer: Peer,
    },
    /// A consensus message came by gossip.
    Message {
        /// The forwarder, which need not be the signer.
        peer: Peer,
        /// For the verdict.
        gossip: GossipId,
        /// What it says.
        content: Box<ConsensusContent>,
    },
    /// A conflicting pair came by gossip.
    EvidenceMessage {
        /// The forwarder.
        peer: Peer,
        /// For the verdict.
        gossip: GossipId,
        /// The pair.
        evidence: Box<Evidence>,
    },
    /// Evidence came from a wallet, and was found valid by the state.
    EvidenceSubmitted(Box<Evidence>),
    /// Transactions came by gossip.
    Transactions {
        /// The forwarder.
        peer: Peer,
        /// For the verdict.
        gossip: GossipId,
        /// Encoded transactions.
        txs: Vec<Vec<u8>>,
    },
    /// Transactions came straight from a peer that has waited for them to be proposed.
    TransactionsPushed {
        /// Who holds them.
        peer: Peer,
        /// Encoded transactions.
        txs: Vec<Vec<u8>>,
    },
    /// Transactions came from a wallet.
    Submitted {
        /// For the answer.
        request: u64,
        /// Encoded transactions.
        txs: Vec<Vec<u8>>,
    },
    /// A block not yet committed came, pushed or asked for.
    Block {
        /// From whom.
        peer: Peer,
        /// The block.
        block: Box<BlockMessage>,
    },
    /// A peer does not have a block that was asked for, or did not answer.
    BlockMissing {
        /// Who.
        peer: Peer,
        /// Which.
        block_id: BlockId,
    },
    /// A peer asks for a block not yet committed.
    BlockRequested {
        /// Who.
        peer: Peer,
        /// For the answer.
        reply: u64,
        /// Which.
        block_id: BlockId,
    },
    /// A peer says where it stands and wants what it lacks.
    StatusRequested {
        /// Who.
        peer: Peer,
        /// For the answer.
        reply: u64,
        /// Where it stands.
        request: StatusRequest,
    },
    /// A peer answered our status.
    StatusAnswered {
        /// Who.
        peer: Peer,
        /// Where it stands, and what we lacked.
        answer: StatusAnswer,
    },
    /// A peer answered a request for committed blocks.
    SyncAnswered {
        /// Who.
        peer: Peer,
        /// The blocks.
        answer: Box<SyncAnswer>,
    },
    /// A peer did not answer a request for status or committed blocks.
    RequestFailed {
        /// Who.
        peer: Peer,
    },
    /// A job is done.
    Done(Box<WorkDone>),
    /// A timer ran out.
    Timer(Timer),
    /// The node is about to end, in good order.
    Stopping,
}

impl Event {
    /// The peer that this event is a sign of life of.
    #[must_use]
    pub fn speaker(&self) -> Option<Peer> {
        match self {
            Self::PeerConnected { peer, .. }
            | Self::Message { peer, .. }
            | Self::EvidenceMessage { peer, .. }
            | Self::Transactions { peer, .. }
            | Self::TransactionsPushed { peer, .. }
            | Self::Block { peer, .. }
            | Self::BlockRequested { peer, .. }
            | Self::StatusRequested { peer, .. }
            | Self::StatusAnswered { peer, .. }
            | Self::SyncAnswered { peer, .. } => Some(*peer),
            // That a block is missing may be this side's word for a request without an answer.
            Self::Started
            | Self::PeerDisconnected { .. }
            | Self::Submitted { .. }
            | Self::EvidenceSubmitted(_)
            | Self::BlockMissing { .. }
            | Self::RequestFailed { .. }
            | Self::Done(_)
            | Self::Timer(_)
            | Self::Stopping => None,
        }
    }
}

/// What a timer is for; setting one again moves it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Timer {
    /// The least time between a commit and the next height has passed.
    Interval,
    /// The longest idle time has passed.
    Idle,
    /// Every second: status to peers, expiry.
    Tick,
    /// Peers had their time to tell their tip after a start.
    StartWait,
    /// A proposal's block has not come; ask for it.
    Fetch(BlockId),
    /// One of the engine's timeouts.
    Consensus(consensus::Timeout),
    /// Send the transactions collected for gossip.
    FlushTxs,
}

/// Shared bytes of an encoded object.
pub type Bytes = Arc<[u8]>;
