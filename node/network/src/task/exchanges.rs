//! Pass on what peers ask and answer.

use super::Task;
use crate::command::Offence;
use crate::event::{Event, FailureReason, RequestKind};
use crate::frame::{BadFrame, Frame};
use crate::limits::Traffic;
use crate::membership::public_key;
use crate::queue::{Class, SMALL};
use crate::requests::Happened;
use crate::topics;
use libp2p::PeerId;
use std::sync::Arc;
use types::PublicKey;
use types::wire::{
    BlockAnswer, BlockMessage, BlockRequest, MAX_SYNC_BLOCKS, StatusAnswer, StatusRequest,
    SyncAnswer, SyncRequest, TxBatch,
};

impl Task {
    pub(super) fn on_push(&mut self, happened: Happened<BlockMessage, ()>) {
        match happened {
            Happened::Asked { peer, frame, channel } => {
                let Some(asked) = self.accept(peer, Traffic::Push, frame) else { return };
                let event = Event::Block { peer: asked.key, block: asked.value };
                // An unanswered push tells the proposer that it was not taken.
                if self.queue.offer(Class::Repeatable, event, asked.bytes).is_ok() {
                    let taken = Frame::Outbound(Arc::from([]));
                    let _ = self.swarm.behaviour_mut().push.send_response(channel, taken);
                }
            }
            Happened::Failed { peer, reason, .. } => {
                tracing::debug!(%peer, ?reason, "a block was not taken");
                self.counters.pushes_failed.increment();
            }
            Happened::Answered { peer, frame, .. } => self.check_taken(peer, &frame),
            Happened::Settled => {}
        }
    }

    pub(super) fn on_transactions(&mut self, happened: Happened<TxBatch, ()>) {
        match happened {
            Happened::Asked { peer, frame, channel } => {
                let Some(asked) = self.accept(peer, Traffic::Transactions, frame) else { return };
                let txs = asked.value.txs;
                if topics::check_batch(&txs, asked.bytes).is_err() {
                    return self.blame(peer, Offence::Malformed);
                }
                let event = Event::PushedTransactions { peer: asked.key, txs };
                if self.queue.offer(Class::Transactions, event, asked.bytes).is_ok() {
                    let taken = Frame::Outbound(Arc::from([]));
                    let answers = &mut self.swarm.behaviour_mut().transactions;
                    let _ = answers.send_response(channel, taken);
                }
            }
            Happened::Failed { peer, reason, .. } => {
                tracing::debug!(%peer, ?reason, "transactions were not taken");
                self.counters.pushes_failed.increment();
            }
            Happened::Answered { peer, frame, .. } => self.check_taken(peer, &frame),
            Happened::Settled => {}
        }
    }

    fn check_taken(&mut self, peer: PeerId, frame: &Frame<()>) {
        match frame {
            Frame::Inbound { .. } | Frame::Outbound(_) => {}
            Frame::Bad(_) => self.blame(peer, Offence::WrongAnswer),
        }
    }

    pub(super) fn on_fetch(&mut self, happened: Happened<BlockRequest, BlockAnswer>) {
        match happened {
            Happened::Asked { peer, frame, channel } => {
                let Some(asked) = self.accept(peer, Traffic::Block, frame) else { return };
                let Some(id) = self.fetch.open(channel) else {
                    return self.count_dropped_request();
                };
                let block_id = asked.value.block_id;
                let event = Event::BlockRequest { peer: asked.key, id, block_id };
                if self.queue.offer(Class::Repeatable, event, asked.bytes).is_err() {
                    self.fetch.close(id);
                }
            }
            Happened::Answered { peer, id, frame } => {
                let Some(kind @ RequestKind::Block(block_id)) = self.fetch.on_ended(id) else {
                    return;
                };
                let Some(answer) = self.accept_answer(peer, kind, frame) else { return };
                let block = answer.value.block.map(Box::new);
                let event = Event::BlockAnswer { peer: answer.key, block_id, block };
                self.offer_answer(peer, kind, event, answer.bytes);
            }
            Happened::Failed { peer, id, reason } => {
                let kind = self.fetch.on_ended(id);
                self.on_request_failed(peer, kind, reason);
            }
            Happened::Settled => {}
        }
    }

    pub(super) fn on_status(&mut self, happened: Happened<StatusRequest, StatusAnswer>) {
        match happened {
            Happened::Asked { peer, frame, channel } => {
                let Some(asked) = self.accept(peer, Traffic::Status, frame) else { return };
                let Some(id) = self.status.open(channel) else {
                    return self.count_dropped_request();
                };
                let event = Event::StatusRequest { peer: asked.key, id, request: asked.value };
                if self.queue.offer(Class::Repeatable, event, asked.bytes).is_err() {
                    self.status.close(id);
                }
            }
            Happened::Answered { peer, id, frame } => {
                let Some(kind) = self.status.on_ended(id) else { return };
                let Some(answer) = self.accept_answer(peer, kind, frame) else { return };
                let event = Event::StatusAnswer { peer: answer.key, answer: answer.value };
                self.offer_answer(peer, kind, event, answer.bytes);
            }
            Happened::Failed { peer, id, reason } => {
                let kind = self.status.on_ended(id);
                self.on_request_failed(peer, kind, reason);
            }
            Happened::Settled => {}
        }
    }

    pub(super) fn on_sync(&mut self, happened: Happened<SyncRequest, SyncAnswer>) {
        match happened {
            Happened::Asked { peer, frame, channel } => {
                let Some(asked) = self.accept(peer, Traffic::Sync, frame) else { return };
                if !(1..=MAX_SYNC_BLOCKS).contains(&asked.value.count) {
                    return self.blame(peer, Offence::Malformed);
                }
                let Some(id) = self.sync.open(channel) else { return self.count_dropped_request() };
                let event = Event::SyncRequest { peer: asked.key, id, request: *asked.value };
                if self.queue.offer(Class::Repeatable, event, asked.bytes).is_err() {
                    self.sync.close(id);
                }
            }
            Happened::Answered { peer, id, frame } => {
                let Some(kind @ RequestKind::Sync { from, count }) = self.sync.on_ended(id) else {
                    return;
                };
                let Some(answer) = self.accept_answer(peer, kind, frame) else { return };
                let most = usize::try_from(count).unwrap_or(usize::MAX);
                if answer.value.blocks.len() > most {
                    self.blame(peer, Offence::WrongAnswer);
                    return self.fail_request(peer, kind, FailureReason::BadAnswer);
                }
                let event = Event::SyncAnswer { peer: answer.key, from, answer: answer.value };
                self.offer_answer(peer, kind, event, answer.bytes);
            }
            Happened::Failed { peer, id, reason } => {
                let kind = self.sync.on_ended(id);
                self.on_request_failed(peer, kind, reason);
            }
            Happened::Settled => {}
        }
    }

    /// What a peer asks, if it is well formed and not too much.
    fn accept<T>(
        &mut self,
        peer: PeerId,
        traffic: Traffic,
        frame: Frame<T>,
    ) -> Option<Accepted<T>> {
        let key = public_key(&peer)?;
        match frame {
            Frame::Inbound { value, bytes } => {
                self.admit(peer, traffic, bytes).then_some(Accepted { key, value, bytes })
            }
            Frame::Bad(bad) => {
                self.blame(peer, offence(bad));
                None
            }
            // Only this side makes those.
            Frame::Outbound(_) => None,
        }
    }

    /// What a peer answered, if it is well formed; it was asked for, so it is never too much.
    fn accept_answer<T>(
        &mut self,
        peer: PeerId,
        kind: RequestKind,
        frame: Frame<T>,
    ) -> Option<Accepted<T>> {
        let key = public_key(&peer)?;
        match frame {
            Frame::Inbound { value, bytes } => {
                self.counters.bytes_received.add(u64::try_from(bytes).unwrap_or(u64::MAX));
                Some(Accepted { key, value, bytes })
            }
            Frame::Bad(_) | Frame::Outbound(_) => {
                self.blame(peer, Offence::WrongAnswer);
                self.fail_request(peer, kind, FailureReason::BadAnswer);
                None
            }
        }
    }

    fn offer_answer(&mut self, peer: PeerId, kind: RequestKind, event: Event, bytes: usize) {
        if self.queue.offer(Class::Repeatable, event, bytes).is_err() {
            self.fail_request(peer, kind, FailureReason::Busy);
        }
    }

    fn on_request_failed(
        &mut self,
        peer: PeerId,
        kind: Option<RequestKind>,
        reason: FailureReason,
    ) {
        if let Some(kind) = kind {
            self.fail_request(peer, kind, reason);
        }
    }

    /// Tell the node's loop that nothing comes of a request.
    pub(super) fn fail_request(&mut self, peer: PeerId, kind: RequestKind, reason: FailureReason) {
        self.counters.requests_failed.increment();
        if let Some(peer) = public_key(&peer) {
            self.queue.push(Event::RequestFailed { peer, kind, reason }, SMALL);
        }
    }

    fn count_dropped_request(&self) {
        self.counters.requests_dropped.increment();
    }
}

/// A message that passed.
struct Accepted<T> {
    key: PublicKey,
    value: Box<T>,
    bytes: usize,
}

const fn offence(bad: BadFrame) -> Offence {
    match bad {
        BadFrame::Oversized => Offence::Oversized,
        BadFrame::Malformed => Offence::Malformed,
    }
}
