//! What the network tells the node's loop.

use std::fmt;
use types::wire::{
    BlockMessage, ConsensusContent, Handshake, StatusAnswer, StatusRequest, SyncAnswer, SyncRequest,
};
use types::{BlockId, ChainId, Evidence, Height, PublicKey};

/// A gossiped message's handle for [`crate::Command::Validate`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct GossipId(pub u64);

/// An inbound request's handle for its answer. One that is not answered in time is dropped, and
/// its handle means nothing any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RequestId(pub u64);

/// What happened.
#[derive(Debug)]
pub enum Event {
    /// This node can be reached here.
    Listening {
        /// The multiaddress.
        address: String,
    },
    /// The first connection to a peer was made; handshakes match.
    PeerConnected {
        /// Who.
        peer: PublicKey,
        /// What it said of itself.
        handshake: Box<Handshake>,
    },
    /// The last connection to a peer is gone.
    PeerDisconnected {
        /// Who.
        peer: PublicKey,
    },
    /// A connection was refused before anything was served on it.
    Refused {
        /// Who.
        peer: PublicKey,
        /// Why.
        reason: RefusalReason,
    },
    /// A peer was cut off for its offences.
    Banned {
        /// Who.
        peer: PublicKey,
    },
    /// A consensus message was gossiped.
    Consensus {
        /// The forwarder, which need not be the signer.
        peer: PublicKey,
        /// For the verdict.
        id: GossipId,
        /// What it says.
        content: Box<ConsensusContent>,
    },
    /// Transactions were gossiped: one batch, as it came.
    Transactions {
        /// The forwarder.
        peer: PublicKey,
        /// For the verdict.
        id: GossipId,
        /// Encoded transactions, at least one.
        txs: Vec<Vec<u8>>,
    },
    /// Transactions were sent straight to this node: one batch, as it came.
    PushedTransactions {
        /// By whom.
        peer: PublicKey,
        /// Encoded transactions, at least one.
        txs: Vec<Vec<u8>>,
    },
    /// A conflicting pair was gossiped.
    Evidence {
        /// The forwarder.
        peer: PublicKey,
        /// For the verdict.
        id: GossipId,
        /// The pair.
        evidence: Box<Evidence>,
    },
    /// A block was pushed.
    Block {
        /// By whom.
        peer: PublicKey,
        /// The block.
        block: Box<BlockMessage>,
    },
    /// A peer asks for a block not yet committed.
    BlockRequest {
        /// Who.
        peer: PublicKey,
        /// For the answer.
        id: RequestId,
        /// Which.
        block_id: BlockId,
    },
    /// A peer says where it stands and asks for what it lacks.
    StatusRequest {
        /// Who.
        peer: PublicKey,
        /// For the answer.
        id: RequestId,
        /// Where it stands.
        request: Box<StatusRequest>,
    },
    /// A peer asks for committed blocks.
    SyncRequest {
        /// Who.
        peer: PublicKey,
        /// For the answer.
        id: RequestId,
        /// What it asks for; `count` is 1 to 256.
        request: SyncRequest,
    },
    /// A peer answered [`crate::Command::RequestBlock`].
    BlockAnswer {
        /// Who.
        peer: PublicKey,
        /// What was asked for; whether the block is that one is not checked here.
        block_id: BlockId,
        /// The block, if the peer has it.
        block: Option<Box<BlockMessage>>,
    },
    /// A peer answered [`crate::Command::RequestStatus`].
    StatusAnswer {
        /// Who.
        peer: PublicKey,
        /// The answer.
        answer: Box<StatusAnswer>,
    },
    /// A peer answered [`crate::Command::RequestSync`].
    SyncAnswer {
        /// Who.
        peer: PublicKey,
        /// First height asked for.
        from: Height,
        /// The answer: at most as many blocks as were asked for.
        answer: Box<SyncAnswer>,
    },
    /// A request of ours came to nothing.
    RequestFailed {
        /// Who was asked.
        peer: PublicKey,
        /// For what.
        kind: RequestKind,
        /// Why.
        reason: FailureReason,
    },
    /// The network has ended: the last event.
    Stopped {
        /// Why.
        reason: StopReason,
    },
}

/// What a peer was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RequestKind {
    /// A block not yet committed.
    Block(BlockId),
    /// Where it stands.
    Status,
    /// Committed blocks.
    Sync {
        /// First height.
        from: Height,
        /// How many at most.
        count: u32,
    },
}

/// Why a request came to nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureReason {
    /// The peer is not connected.
    NotConnected,
    /// Too many requests to this peer are under way, or too much waits for the node's loop.
    Busy,
    /// No answer in time.
    Timeout,
    /// The peer dropped the request or the stream broke.
    Dropped,
    /// The peer speaks no such protocol.
    Unsupported,
    /// The answer was no answer.
    BadAnswer,
}

/// Why a connection was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefusalReason {
    /// The key is not on the list.
    NotAllowed,
    /// The key is refused for a while, for offences.
    Banned,
    /// The peer is of another chain.
    WrongChain {
        /// Our chain.
        ours: ChainId,
        /// Theirs.
        theirs: ChainId,
    },
    /// The peer's chain began otherwise.
    WrongGenesis {
        /// Our block 0.
        ours: BlockId,
        /// Theirs.
        theirs: BlockId,
    },
    /// No protocol version is known to both.
    WrongProtocol {
        /// Our lowest and highest.
        ours: (u16, u16),
        /// Theirs.
        theirs: (u16, u16),
    },
    /// What came is no handshake.
    Malformed,
}

impl fmt::Display for RefusalReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAllowed => write!(f, "the key is not on the list"),
            Self::Banned => write!(f, "the key is refused for its offences"),
            Self::WrongChain { ours, theirs } => {
                write!(f, "our chain is {ours}, theirs is {theirs}")
            }
            Self::WrongGenesis { ours, theirs } => {
                write!(f, "our block 0 is {ours}, theirs is {theirs}")
            }
            Self::WrongProtocol { ours, theirs } => {
                let ((our_min, our_max), (their_min, their_max)) = (ours, theirs);
                write!(f, "we know protocol {our_min} to {our_max}, ")?;
                write!(f, "they know {their_min} to {their_max}")
            }
            Self::Malformed => write!(f, "what came is no handshake"),
        }
    }
}

/// Why the network has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StopReason {
    /// [`crate::Command::Stop`], or nobody is left to send commands.
    Commanded,
    /// It failed again and again.
    Failed {
        /// How it failed last.
        reason: String,
    },
}
