//! What a node does about it.

use crate::event::{Bytes, GossipId, Peer, Timer};
use crate::status::Status;
use crate::work::Work;
use consensus::sync::Progress;
use consensus::{GuardSlot, JournalRecord};
use std::sync::Arc;
use types::punishment::RevealRecord;
use types::wire::{BlockMessage, ConsensusContent, StatusAnswer, StatusRequest, SyncRequest};
use types::{BlockId, Evidence, FinalityCertificate, Hash, Height, PublicKey, Seal, TxHash};

/// What the network is to do with a gossiped message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GossipVerdict {
    /// Forward it.
    Accept,
    /// Neither forward it nor blame anybody.
    Ignore,
    /// Do not forward it, and blame the forwarder.
    Reject,
}

/// One thing to do. The actions of an event are performed in order; one that fails stops the node.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "the large one, a record, is the common one")]
pub enum Action {
    /// Write to the end of the journal.
    Append(JournalRecord),
    /// Make everything appended durable.
    Flush,
    /// Let the database name the instance that a guard was armed for, durable when done.
    SetInstance(Hash),
    /// Write the guard's slot, durable when done.
    SetGuard(Box<GuardSlot>),
    /// Begin an empty journal for this height: what the old one held is committed.
    ResetJournal(Height),
    /// Gossip a consensus message.
    Gossip(Arc<ConsensusContent>),
    /// Gossip a conflicting pair.
    GossipEvidence(Box<Evidence>),
    /// Gossip encoded transactions.
    GossipTxs(Vec<Bytes>),
    /// Send encoded transactions to one peer.
    SendTxs(Peer, Vec<Bytes>),
    /// Tell the network what a gossiped message was worth.
    Validate(GossipId, GossipVerdict),
    /// Send a block to every connected validator.
    PushBlock(Arc<BlockMessage>),
    /// Ask a peer for a block not yet committed.
    RequestBlock(Peer, BlockId),
    /// Answer such a request.
    AnswerBlock(u64, Option<Arc<BlockMessage>>),
    /// Tell a peer where we stand.
    RequestStatus(Peer, StatusRequest),
    /// Answer such a request.
    AnswerStatus(u64, StatusAnswer),
    /// Ask a peer for committed blocks.
    RequestSync(Peer, SyncRequest),
    /// Who may connect, from the state at tip.
    Allow(Vec<PublicKey>),
    /// Where we stand, for handshakes.
    SetTip(Height, Height),
    /// Do a job and bring back [`crate::Event::Done`].
    Work(Box<Work>),
    /// Keep a seal, unsynced.
    StoreSeal(Box<Seal>),
    /// Keep a finality certificate, unsynced.
    StoreFinality(Arc<FinalityCertificate>),
    /// Keep what the watcher knows of a height, unsynced: replaces what was kept of it. Comes back
    /// by [`crate::Replica::restore_votes`].
    StoreVotes(Height, Vec<u8>),
    /// Forget what was kept of all heights below this one, unsynced.
    DropVotes(Height),
    /// Bring back [`crate::Event::Timer`] at this monotonic time in nanoseconds.
    SetTimer(Timer, u64),
    /// Forget a timer.
    CancelTimer(Timer),
    /// Answer a wallet.
    Reply(u64, Vec<SubmitOutcome>),
    /// Blame a peer.
    Blame(Peer, &'static str),
    /// Publish where the node stands.
    Publish(Arc<Status>),
    /// Tell the operator.
    Log(Log),
    /// End the node; nothing after this is performed.
    Stop(Stop),
}

/// What became of one submitted transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubmitOutcome {
    /// Its hash, if the bytes were small enough to be hashed.
    pub hash: TxHash,
    /// Whether the pool took it, or why not.
    pub result: Result<(), executor::Rejection>,
}

/// What an operator wants to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Log {
    /// A height was committed.
    Committed {
        /// The height.
        height: Height,
        /// The round it was decided in.
        round: types::Round,
        /// How many transactions.
        txs: usize,
    },
    /// A block was refused.
    BlockRefused {
        /// Which.
        block_id: BlockId,
        /// Why.
        reason: String,
    },
    /// A validator signed twice.
    DoubleSign(Box<Evidence>),
    /// A block punished a validator, and opened who runs it.
    Revealed(Box<RevealRecord>),
    /// We did not sign where we could have.
    Abstained(String),
    /// This node signs nothing for now.
    Observer(String),
    /// This node signs again.
    Armed,
    /// This validator was admitted, and told the chain that it stands at a height.
    Ready(Height),
    /// Catching up, now and then.
    Syncing(Progress),
    /// Caught up.
    Synced(Progress),
    /// Something odd that hurts nobody.
    Warning(String),
}

/// Why the node ends.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Stop {
    /// Our state disagrees with what the others sealed.
    #[error("this node's state disagrees with the validators': {0}")]
    Disagreement(String),
    /// Our key signs elsewhere.
    #[error("this validator's key is in use elsewhere: {0}")]
    KeyInUse(String),
    /// The chain needs a newer program.
    #[error("the chain needs protocol version {0}, which this program does not know")]
    ProtocolUnknown(u16),
    /// Our own invariant or the engine broke.
    #[error("the node is broken: {0}")]
    Broken(String),
}

/// Which kind of action: what test programs count to die at a chosen one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ActionKind {
    /// A record or block was appended to the journal.
    Append,
    /// The journal was flushed.
    Flush,
    /// The guard was written.
    SetGuard,
    /// The journal was emptied for the next height.
    ResetJournal,
    /// A consensus message of our own left.
    Gossip,
    /// A block of our own left.
    PushBlock,
    /// A block was given to the thread that writes.
    Commit,
    /// A seal was kept.
    StoreSeal,
    /// A finality certificate was kept.
    StoreFinality,
    /// Anything else.
    Other,
}

impl Action {
    /// Its kind.
    #[must_use]
    pub fn kind(&self) -> ActionKind {
        match self {
            Self::Append(_) => ActionKind::Append,
            Self::Flush => ActionKind::Flush,
            Self::SetGuard(_) => ActionKind::SetGuard,
            Self::ResetJournal(_) => ActionKind::ResetJournal,
            Self::Gossip(_) => ActionKind::Gossip,
            Self::PushBlock(_) => ActionKind::PushBlock,
            Self::StoreSeal(_) => ActionKind::StoreSeal,
            Self::StoreFinality(_) => ActionKind::StoreFinality,
            Self::Work(work) if matches!(**work, Work::Commit(_) | Work::Sync(_)) => {
                ActionKind::Commit
            }
            _ => ActionKind::Other,
        }
    }
}
