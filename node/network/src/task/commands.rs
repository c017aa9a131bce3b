//! Carry out what the node's loop asks for.

use super::Task;
use crate::command::{Audience, Command, Verdict};
use crate::event::{Event, FailureReason, RequestId, RequestKind};
use crate::frame::Frame;
use crate::membership::{peer_id, public_key};
use crate::protocols::{BlockFetch, BlockPush, BlockSync, Exchange, StatusExchange, TxPush};
use crate::queue::SMALL;
use crate::requests::Requests;
use crate::topics::Topic;
use borsh::BorshSerialize;
use libp2p::PeerId;
use libp2p::gossipsub::{MessageAcceptance, PublishError};
use std::collections::BTreeSet;
use std::sync::Arc;
use types::codec::Version;
use types::wire::{BlockAnswer, BlockMessage, BlockRequest, StatusAnswer, SyncAnswer, SyncRequest};
use types::{BlockId, Height, PublicKey};

impl Task {
    pub(super) fn on_command(&mut self, command: Command) {
        match command {
            Command::Allow(keys) => self.allow(&keys),
            Command::SetTip { tip, finalized } => self.setup.admission.set_tip(tip, finalized),
            Command::Gossip(topic, bytes) => self.publish(topic, &bytes),
            Command::Validate { id, verdict } => self.validate(id, verdict),
            Command::PushBlock { to, bytes } => self.push_block(&to, &bytes),
            Command::SendTransactions { peer, bytes } => self.send_transactions(peer, bytes),
            Command::RequestBlock { peer, block_id } => self.request_block(peer, block_id),
            Command::RequestStatus { peer, request } => {
                self.ask_status(peer, Arc::from(types::encode(&*request)));
            }
            Command::RequestSync { peer, from, count } => self.request_sync(peer, from, count),
            Command::AnswerBlock { id, block } => self.answer_block(id, block),
            Command::AnswerStatus { id, answer } => self.answer_status(id, &answer),
            Command::AnswerSync { id, answer } => self.answer_sync(id, &answer),
            Command::ReportPeer { peer, offence } => {
                if let Some(peer) = peer_id(&peer) {
                    self.blame(peer, offence);
                }
            }
            Command::ConnectedPeers(reply) => {
                // Nobody waits for the answer any more: nothing to do.
                let _ = reply.send(self.connections.peers().filter_map(public_key).collect());
            }
            // Taken by the task's loop.
            Command::Stop => {}
            #[cfg(test)]
            Command::Panic => panic!("commanded to panic"),
        }
    }

    fn allow(&mut self, keys: &BTreeSet<PublicKey>) {
        let change = self.setup.admission.replace(keys);
        let allowed = &mut self.swarm.behaviour_mut().allowed;
        for peer in &change.added {
            allowed.allow_peer(*peer);
        }
        for peer in &change.removed {
            allowed.disallow_peer(*peer);
        }
        for peer in &change.removed {
            // One that is connected is forgotten when its connection is closed.
            if !self.connections.contains(peer) {
                self.conduct.remove(peer);
            }
        }
    }

    fn publish(&mut self, topic: Topic, bytes: &[u8]) {
        if bytes.len() > topic.max_bytes() {
            tracing::error!(?topic, bytes = bytes.len(), "our own message is too large");
            self.counters.gossip_unpublished.increment();
            return;
        }
        let hash = self.topics.hash(topic);
        match self.swarm.behaviour_mut().gossip.publish(hash, bytes) {
            Ok(_) => {
                self.counters.gossip_published.increment();
                self.count_sent(bytes.len());
            }
            // Sent before, by us or by another: it is on its way.
            Err(PublishError::Duplicate) => {}
            Err(error) => {
                self.counters.gossip_unpublished.increment();
                tracing::debug!(?topic, %error, "not published");
            }
        }
    }

    fn validate(&mut self, id: crate::event::GossipId, verdict: Verdict) {
        let Some((message, peer)) = self.validations.take(id) else { return };
        let acceptance = match verdict {
            Verdict::Accept => MessageAcceptance::Accept,
            Verdict::Ignore => MessageAcceptance::Ignore,
            Verdict::Reject => MessageAcceptance::Reject,
        };
        self.judge(&message, &peer, acceptance);
        if verdict == Verdict::Reject {
            self.blame(peer, crate::command::Offence::Invalid);
        }
    }

    fn push_block(&mut self, to: &Audience, bytes: &Arc<[u8]>) {
        if bytes.len() > BlockPush::MAX_REQUEST_BYTES {
            tracing::error!(bytes = bytes.len(), "our own block is too large to be pushed");
            self.counters.pushes_failed.increment();
            return;
        }
        let peers: Vec<PeerId> = match to {
            Audience::Everybody => self.connections.peers().copied().collect(),
            Audience::Peers(keys) => keys
                .iter()
                .filter_map(peer_id)
                .filter(|peer| self.connections.contains(peer))
                .collect(),
        };
        for peer in peers {
            let frame = Frame::Outbound(Arc::clone(bytes));
            self.swarm.behaviour_mut().push.send_request(&peer, frame);
            self.counters.blocks_pushed.increment();
            self.count_sent(bytes.len());
        }
    }

    fn send_transactions(&mut self, key: PublicKey, bytes: Arc<[u8]>) {
        if bytes.len() > TxPush::MAX_REQUEST_BYTES {
            tracing::error!(bytes = bytes.len(), "our own batch is too large to be pushed");
            self.counters.pushes_failed.increment();
            return;
        }
        let connected = peer_id(&key).filter(|peer| self.connections.contains(peer));
        let Some(peer) = connected else { return };
        self.count_sent(bytes.len());
        self.swarm.behaviour_mut().transactions.send_request(&peer, Frame::Outbound(bytes));
    }

    fn request_block(&mut self, key: PublicKey, block_id: BlockId) {
        let kind = RequestKind::Block(block_id);
        let Some(peer) = self.whom_to_ask(key, kind, |task| &task.fetch) else { return };
        let frame = outbound(&BlockRequest { version: Version, block_id });
        let id = self.swarm.behaviour_mut().fetch.send_request(&peer, frame);
        self.fetch.on_asked(id, peer, kind);
    }

    fn ask_status(&mut self, key: PublicKey, bytes: Arc<[u8]>) {
        if bytes.len() > StatusExchange::MAX_REQUEST_BYTES {
            tracing::error!(bytes = bytes.len(), "our own status is too large");
            return;
        }
        let kind = RequestKind::Status;
        let Some(peer) = self.whom_to_ask(key, kind, |task| &task.status) else { return };
        self.count_sent(bytes.len());
        let id = self.swarm.behaviour_mut().status.send_request(&peer, Frame::Outbound(bytes));
        self.status.on_asked(id, peer, kind);
    }

    fn request_sync(&mut self, key: PublicKey, from: Height, count: u32) {
        let kind = RequestKind::Sync { from, count };
        let Some(peer) = self.whom_to_ask(key, kind, |task| &task.sync) else { return };
        let frame = outbound(&SyncRequest { version: Version, from, count });
        let id = self.swarm.behaviour_mut().sync.send_request(&peer, frame);
        self.sync.on_asked(id, peer, kind);
    }

    /// The peer behind a key, if one more request may go to it; otherwise the request has failed.
    fn whom_to_ask<E: Exchange>(
        &mut self,
        key: PublicKey,
        kind: RequestKind,
        requests: impl FnOnce(&Self) -> &Requests<E>,
    ) -> Option<PeerId> {
        let connected = peer_id(&key).filter(|peer| self.connections.contains(peer));
        let reason = match connected {
            None => FailureReason::NotConnected,
            Some(peer) if !requests(self).may_ask(&peer) => FailureReason::Busy,
            Some(peer) => {
                self.counters.requests_sent.increment();
                return Some(peer);
            }
        };
        self.counters.requests_failed.increment();
        self.queue.push(Event::RequestFailed { peer: key, kind, reason }, SMALL);
        None
    }

    fn answer_block(&mut self, id: RequestId, block: Option<Arc<BlockMessage>>) {
        let Some(channel) = self.fetch.close(id) else { return self.count_dropped_answer() };
        let block = block.map(Arc::unwrap_or_clone);
        let Some(bytes) =
            self.encode_answer::<BlockFetch>(&BlockAnswer { version: Version, block })
        else {
            return;
        };
        // Refused only if the peer is gone, which needs no answer.
        let _ = self.swarm.behaviour_mut().fetch.send_response(channel, Frame::Outbound(bytes));
    }

    fn answer_status(&mut self, id: RequestId, answer: &StatusAnswer) {
        let Some(channel) = self.status.close(id) else { return self.count_dropped_answer() };
        let Some(bytes) = self.encode_answer::<StatusExchange>(answer) else { return };
        let _ = self.swarm.behaviour_mut().status.send_response(channel, Frame::Outbound(bytes));
    }

    fn answer_sync(&mut self, id: RequestId, answer: &SyncAnswer) {
        let Some(channel) = self.sync.close(id) else { return self.count_dropped_answer() };
        let Some(bytes) = self.encode_answer::<BlockSync>(answer) else { return };
        let _ = self.swarm.behaviour_mut().sync.send_response(channel, Frame::Outbound(bytes));
    }

    /// An answer's bytes, unless they are too many: the peer would blame us for them.
    fn encode_answer<E: Exchange>(&self, answer: &E::Answer) -> Option<Arc<[u8]>> {
        let bytes = types::encode(answer);
        if bytes.len() > E::MAX_ANSWER_BYTES {
            tracing::error!(protocol = E::NAME, bytes = bytes.len(), "our answer is too large");
            self.count_dropped_answer();
            return None;
        }
        self.count_sent(bytes.len());
        Some(Arc::from(bytes))
    }

    fn count_dropped_answer(&self) {
        self.counters.answers_dropped.increment();
    }

    fn count_sent(&self, bytes: usize) {
        self.counters.bytes_sent.add(u64::try_from(bytes).unwrap_or(u64::MAX));
    }
}

fn outbound<T: BorshSerialize>(message: &T) -> Frame<T> {
    Frame::Outbound(Arc::from(types::encode(message)))
}
