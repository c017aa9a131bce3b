//! What the node's loop asks of the network.

use crate::event::{GossipId, RequestId};
use crate::metrics::{Counters, Metrics};
use crate::topics::Topic;
use std::collections::BTreeSet;
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot};
use types::wire::{BlockMessage, StatusAnswer, StatusRequest, SyncAnswer};
use types::{BlockId, Height, PublicKey};

/// One thing the network is to do.
#[derive(Debug)]
pub enum Command {
    /// Who may connect, from the state at tip: replaces the list before. `extra_peers` of the
    /// configuration stay on top; connections of keys that drop out are closed.
    Allow(BTreeSet<PublicKey>),
    /// Where the node stands, for handshakes to come.
    SetTip {
        /// Highest committed height.
        tip: Height,
        /// Highest final height.
        finalized: Height,
    },
    /// Publish an encoded message.
    Gossip(Topic, Arc<[u8]>),
    /// What a gossiped message was worth.
    Validate {
        /// Which.
        id: GossipId,
        /// The verdict.
        verdict: Verdict,
    },
    /// Send an encoded [`BlockMessage`].
    PushBlock {
        /// To whom.
        to: Audience,
        /// The block.
        bytes: Arc<[u8]>,
    },
    /// Send an encoded [`TxBatch`](types::wire::TxBatch) to one peer; nothing happens if it is not
    /// connected.
    SendTransactions {
        /// To whom.
        peer: PublicKey,
        /// The batch.
        bytes: Arc<[u8]>,
    },
    /// Ask for a block not yet committed.
    RequestBlock {
        /// Whom.
        peer: PublicKey,
        /// Which.
        block_id: BlockId,
    },
    /// Tell where this node stands, and ask for what it lacks.
    RequestStatus {
        /// Whom.
        peer: PublicKey,
        /// Where it stands.
        request: Box<StatusRequest>,
    },
    /// Ask for committed blocks.
    RequestSync {
        /// Whom.
        peer: PublicKey,
        /// First height wanted.
        from: Height,
        /// How many at most, 1 to 256.
        count: u32,
    },
    /// Answer [`crate::Event::BlockRequest`].
    AnswerBlock {
        /// Which request.
        id: RequestId,
        /// The block, if there is one.
        block: Option<Arc<BlockMessage>>,
    },
    /// Answer [`crate::Event::StatusRequest`].
    AnswerStatus {
        /// Which request.
        id: RequestId,
        /// The answer.
        answer: Box<StatusAnswer>,
    },
    /// Answer [`crate::Event::SyncRequest`].
    AnswerSync {
        /// Which request.
        id: RequestId,
        /// The answer.
        answer: Box<SyncAnswer>,
    },
    /// Blame a peer.
    ReportPeer {
        /// Whom.
        peer: PublicKey,
        /// For what.
        offence: Offence,
    },
    /// Say who is connected.
    ConnectedPeers(oneshot::Sender<Vec<PublicKey>>),
    /// Close everything and end.
    Stop,
    /// Break an invariant inside the swarm's task.
    #[cfg(test)]
    Panic,
}

/// To whom a block is pushed; who is not connected is left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Audience {
    /// Every connected peer.
    Everybody,
    /// These.
    Peers(Vec<PublicKey>),
}

/// What a gossiped message was worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Forward it.
    Accept,
    /// Neither forward it nor blame anybody.
    Ignore,
    /// Do not forward it, and blame the forwarder.
    Reject,
}

/// What a peer did wrong. Points are kept per peer and fade, one a second; at 100 its connections
/// are closed and its key is refused for a minute.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Offence {
    /// Bytes that are no message.
    Malformed,
    /// More bytes than such a message may have.
    Oversized,
    /// A message whose signature, certificate or content is wrong.
    Invalid,
    /// An answer that is not what was asked for.
    WrongAnswer,
    /// More messages than a peer may send.
    Flooding,
}

/// Sends commands to the network. The network ends when all of them are gone.
#[derive(Clone, Debug)]
pub struct CommandSender {
    pub(crate) commands: mpsc::Sender<Command>,
    pub(crate) counters: Arc<Counters>,
}

/// The network has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the network has ended")]
pub struct CommandsClosed;

impl CommandSender {
    /// Send a command, waiting for room. The network always makes room: it takes commands even
    /// while events wait for the node's loop.
    ///
    /// # Errors
    /// [`CommandsClosed`] if the network has ended.
    pub async fn send(&self, command: Command) -> Result<(), CommandsClosed> {
        self.commands.send(command).await.map_err(|_| CommandsClosed)
    }

    /// As [`CommandSender::send`], from a thread outside the runtime.
    ///
    /// # Errors
    /// [`CommandsClosed`] if the network has ended.
    ///
    /// # Panics
    /// Inside an asynchronous context.
    pub fn blocking_send(&self, command: Command) -> Result<(), CommandsClosed> {
        self.commands.blocking_send(command).map_err(|_| CommandsClosed)
    }

    /// The network's counters, as they stand.
    #[must_use]
    pub fn metrics(&self) -> Metrics {
        self.counters.read()
    }
}
