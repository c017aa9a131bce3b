//! Between the replica's thread and the rest: actions become network commands, answers and
//! published status; network events become the replica's.

use crate::run::node::Input;
use network::{
    Audience, Command, CommandSender, EventReceiver, Offence, RequestKind, Topic, Verdict,
};
use replica::event::Bytes;
use replica::{Action, Event, GossipVerdict, Status, SubmitOutcome};
use std::collections::BTreeMap;
use std::sync::mpsc::SyncSender;
use std::sync::{Arc, Mutex};
use store::Store;
use tokio::sync::{oneshot, watch};
use tracing::{debug, error, info, warn};
use types::wire::{
    ConsensusContent, EvidenceMessage, MAX_SYNC_BLOCKS, SYNC_TARGET_BYTES, SyncAnswer, SyncRequest,
};
use types::{Height, Version};

/// Wallets that wait for the pool's word at most.
const MAX_WAITING_WALLETS: usize = 4_096;

/// Wallets that wait for the pool's word, by request.
#[derive(Default)]
pub(crate) struct Replies {
    next: u64,
    waiting: BTreeMap<u64, oneshot::Sender<Vec<SubmitOutcome>>>,
}

impl Replies {
    /// Register a wallet; `None` if too many wait.
    pub(crate) fn register(&mut self, reply: oneshot::Sender<Vec<SubmitOutcome>>) -> Option<u64> {
        if self.waiting.len() >= MAX_WAITING_WALLETS {
            // Those that gave up are forgotten first.
            self.waiting.retain(|_, reply| !reply.is_closed());
        }
        if self.waiting.len() >= MAX_WAITING_WALLETS {
            return None;
        }
        self.next = self.next.wrapping_add(1);
        self.waiting.insert(self.next, reply);
        Some(self.next)
    }
}

/// Newest heights, for whoever follows the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Heights {
    pub(crate) tip: Height,
    pub(crate) finalized: Height,
}

impl Heights {
    /// A node that catches up may hold the certificate of a height above its tip: what it has is
    /// final up to the tip then, and it has nothing else to show.
    pub(crate) fn new(tip: Height, newest_certificate: Height) -> Self {
        Self { tip, finalized: newest_certificate.min(tip) }
    }
}

/// Where the replica's actions go.
pub(crate) struct Bridge {
    pub(crate) network: CommandSender,
    pub(crate) replies: Arc<Mutex<Replies>>,
    pub(crate) status: watch::Sender<Arc<Status>>,
    pub(crate) heights: watch::Sender<Heights>,
}

impl Bridge {
    /// Perform an action that leaves the node's own thread.
    pub(crate) fn perform(&mut self, action: Action) {
        match action {
            Action::Gossip(content) => {
                self.gossip(Topic::Consensus, encode_message(&content));
            }
            Action::GossipEvidence(evidence) => {
                let message = EvidenceMessage { version: Version, evidence: *evidence };
                self.gossip(Topic::Evidence, types::encode(&message));
            }
            Action::GossipTxs(txs) => {
                self.gossip(Topic::Transactions, encode_batch(&txs));
            }
            Action::SendTxs(peer, txs) => {
                let bytes = encode_batch(&txs).into();
                self.command(Command::SendTransactions { peer, bytes });
            }
            Action::Validate(id, verdict) => {
                let verdict = match verdict {
                    GossipVerdict::Accept => Verdict::Accept,
                    GossipVerdict::Ignore => Verdict::Ignore,
                    GossipVerdict::Reject => Verdict::Reject,
                };
                self.command(Command::Validate { id: network::GossipId(id), verdict });
            }
            Action::PushBlock(block) => {
                let bytes = types::encode(&*block).into();
                self.command(Command::PushBlock { to: Audience::Everybody, bytes });
            }
            Action::RequestBlock(peer, block_id) => {
                self.command(Command::RequestBlock { peer, block_id });
            }
            Action::AnswerBlock(id, block) => {
                self.command(Command::AnswerBlock { id: network::RequestId(id), block });
            }
            Action::RequestStatus(peer, request) => {
                self.command(Command::RequestStatus { peer, request: Box::new(request) });
            }
            Action::AnswerStatus(id, answer) => {
                let id = network::RequestId(id);
                self.command(Command::AnswerStatus { id, answer: Box::new(answer) });
            }
            Action::RequestSync(peer, SyncRequest { from, count, .. }) => {
                self.command(Command::RequestSync { peer, from, count });
            }
            Action::Allow(keys) => self.command(Command::Allow(keys.into_iter().collect())),
            Action::SetTip(tip, finalized) => {
                self.heights.send_replace(Heights::new(tip, finalized));
                self.command(Command::SetTip { tip, finalized });
            }
            Action::Blame(peer, reason) => {
                debug!(target: "replica", ?peer, reason, "blamed");
                self.command(Command::ReportPeer { peer, offence: Offence::Invalid });
            }
            Action::Publish(status) => {
                self.status.send_replace(status);
            }
            Action::Reply(request, outcomes) => self.reply(request, outcomes),
            Action::Append(_)
            | Action::Flush
            | Action::SetInstance(_)
            | Action::SetGuard(_)
            | Action::ResetJournal(_)
            | Action::Work(_)
            | Action::StoreSeal(_)
            | Action::StoreFinality(_)
            | Action::StoreVotes(..)
            | Action::DropVotes(_)
            | Action::SetTimer(..)
            | Action::CancelTimer(_)
            | Action::Log(_)
            | Action::Stop(_) => unreachable!("the node's own thread performs these itself"),
        }
    }

    /// Whoever follows finality looks again.
    pub(crate) fn wake(&self) {
        self.heights.send_modify(|_| {});
    }

    fn gossip(&self, topic: Topic, bytes: Vec<u8>) {
        self.command(Command::Gossip(topic, bytes.into()));
    }

    fn command(&self, command: Command) {
        // A network that has ended says so by an event of its own.
        let _ = self.network.blocking_send(command);
    }

    fn reply(&self, request: u64, outcomes: Vec<SubmitOutcome>) {
        let mut replies = lock(&self.replies);
        if let Some(reply) = replies.waiting.remove(&request) {
            // A wallet that gave up needs no answer.
            let _ = reply.send(outcomes);
        }
    }
}

/// The bytes of a [`types::wire::ConsensusMessage`], of borrowed content.
fn encode_message(content: &ConsensusContent) -> Vec<u8> {
    types::encode(&(Version::<1>, content))
}

/// The bytes of a [`types::wire::TxBatch`], of shared transactions.
fn encode_batch(txs: &[Bytes]) -> Vec<u8> {
    let txs: Vec<&[u8]> = txs.iter().map(|tx| &**tx).collect();
    types::encode(&(Version::<1>, txs))
}

/// Lock the wallets that wait; a panic elsewhere leaves the map whole.
pub(crate) fn lock(replies: &Mutex<Replies>) -> std::sync::MutexGuard<'_, Replies> {
    replies.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// The thread that carries network events to the replica's, and serves committed blocks by itself.
pub(crate) struct Inbound {
    pub(crate) events: EventReceiver,
    pub(crate) network: CommandSender,
    pub(crate) store: Arc<Store>,
    pub(crate) node: SyncSender<Input>,
}

impl Inbound {
    /// Carry events until the network or the node has ended.
    pub(crate) fn run(mut self) {
        while let Some(event) = self.events.blocking_recv() {
            let forward = match event {
                network::Event::SyncRequest { id, request, .. } => {
                    self.serve_sync(id, &request);
                    None
                }
                network::Event::Stopped { reason } => {
                    if let network::StopReason::Failed { reason } = reason {
                        error!(target: "network", reason, "the network has failed");
                    }
                    let _ = self.node.send(Input::Stop);
                    return;
                }
                other => translate(other),
            };
            if let Some(event) = forward
                && self.node.send(Input::Event(event)).is_err()
            {
                return;
            }
        }
    }

    fn serve_sync(&self, id: network::RequestId, request: &SyncRequest) {
        let answer = self.sync_answer(request).unwrap_or_else(|problem| {
            warn!(target: "store", %problem, "committed blocks cannot be read");
            None
        });
        if let Some(answer) = answer {
            let answer = Box::new(answer);
            let _ = self.network.blocking_send(Command::AnswerSync { id, answer });
        }
    }

    fn sync_answer(&self, request: &SyncRequest) -> Result<Option<SyncAnswer>, store::StoreError> {
        let tip = self.store.tip()?.height;
        let oldest = self.store.oldest();
        let count = request.count.min(MAX_SYNC_BLOCKS);
        let blocks = if request.from < oldest || request.from > tip {
            Vec::new()
        } else {
            self.store.synced_blocks(request.from, count, SYNC_TARGET_BYTES)?
        };
        let last = blocks.last().map_or(tip, |block| block.block.header.height);
        let finality = self.store.finality_at_or_below(last)?;
        Ok(Some(SyncAnswer { version: Version, tip, oldest, blocks, finality }))
    }
}

/// What the replica is told of a network event; `None` for what only the log wants.
fn translate(event: network::Event) -> Option<Event> {
    Some(match event {
        network::Event::PeerConnected { peer, handshake } => {
            info!(target: "network", ?peer, tip = %handshake.tip, "peer connected");
            Event::PeerConnected { peer, tip: handshake.tip }
        }
        network::Event::PeerDisconnected { peer } => {
            info!(target: "network", ?peer, "peer disconnected");
            Event::PeerDisconnected { peer }
        }
        network::Event::Consensus { peer, id, content } => {
            Event::Message { peer, gossip: id.0, content }
        }
        network::Event::Transactions { peer, id, txs } => {
            Event::Transactions { peer, gossip: id.0, txs }
        }
        network::Event::PushedTransactions { peer, txs } => Event::TransactionsPushed { peer, txs },
        network::Event::Evidence { peer, id, evidence } => {
            Event::EvidenceMessage { peer, gossip: id.0, evidence }
        }
        network::Event::Block { peer, block }
        | network::Event::BlockAnswer { peer, block: Some(block), .. } => {
            Event::Block { peer, block }
        }
        network::Event::BlockAnswer { peer, block_id, block: None } => {
            Event::BlockMissing { peer, block_id }
        }
        network::Event::BlockRequest { peer, id, block_id } => {
            Event::BlockRequested { peer, reply: id.0, block_id }
        }
        network::Event::StatusRequest { peer, id, request } => {
            Event::StatusRequested { peer, reply: id.0, request: *request }
        }
        network::Event::StatusAnswer { peer, answer } => {
            Event::StatusAnswered { peer, answer: *answer }
        }
        network::Event::SyncAnswer { peer, answer, .. } => Event::SyncAnswered { peer, answer },
        network::Event::RequestFailed { peer, kind, .. } => match kind {
            RequestKind::Block(block_id) => Event::BlockMissing { peer, block_id },
            RequestKind::Sync { .. } => Event::RequestFailed { peer },
            // It is asked again every second.
            RequestKind::Status => return None,
        },
        network::Event::Listening { address } => {
            info!(target: "network", address, "listening");
            return None;
        }
        network::Event::Refused { peer, reason } => {
            warn!(target: "network", ?peer, %reason, "connection refused");
            return None;
        }
        network::Event::Banned { peer } => {
            warn!(target: "network", ?peer, "peer cut off for its offences");
            return None;
        }
        // Served where it comes in.
        network::Event::SyncRequest { .. } | network::Event::Stopped { .. } => return None,
    })
}

#[cfg(test)]
mod tests;
