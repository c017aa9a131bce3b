//! The exchange of status: what a peer lacks it is given, and what we lack comes the same way.
//!
//! Gossip may lose a message, and swallows one that is sent again. So every second, after a
//! commit, on connecting and on entering a later round, a node says what it holds and is answered
//! with what it lacks; whoever sees a higher tip fetches the blocks.

use crate::action::Action;
use crate::event::Peer;
use crate::replica::Replica;
use types::wire::{MAX_STATUS_ANSWER_BYTES, StatusAnswer, StatusRequest};
use types::{Height, Version};

/// A connected peer that has left a question open for so long counts as absent, in ms. It is asked
/// every second, so a busy one has answered meanwhile, and a dead one whose socket nobody closed is
/// found out.
const SILENT_AFTER_MS: u64 = 4_000;
/// Room left in an answer for its own fields.
const ANSWER_MARGIN_BYTES: usize = 1_024;

/// A connected peer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Connected {
    /// Its newest known height.
    pub(crate) tip: Height,
    /// Since when it has been silent although it was asked, by the monotonic clock in ns.
    asked_since_ns: Option<u64>,
}

impl Replica {
    pub(crate) fn on_peer_connected(&mut self, peer: Peer, tip: Height) {
        self.peers.insert(peer, Connected { tip, asked_since_ns: None });
        self.learn_tip(peer, tip);
        self.exchange_with(peer);
        self.plan_sync();
        self.maybe_start();
        self.publish();
    }

    /// A peer has said something.
    pub(crate) fn on_heard(&mut self, peer: &Peer) {
        if let Some(connected) = self.peers.get_mut(peer) {
            connected.asked_since_ns = None;
        }
    }

    /// Whether a peer is connected and answers.
    pub(crate) fn is_present(&self, peer: &Peer) -> bool {
        let Some(connected) = self.peers.get(peer) else { return false };
        let silent_ns = |since: u64| self.now.mono_ns.saturating_sub(since);
        let limit_ns = SILENT_AFTER_MS.saturating_mul(1_000_000);
        connected.asked_since_ns.is_none_or(|since| silent_ns(since) < limit_ns)
    }

    fn ask_status(&mut self, peer: Peer, status: StatusRequest) {
        if let Some(connected) = self.peers.get_mut(&peer) {
            connected.asked_since_ns.get_or_insert(self.now.mono_ns);
        }
        self.act(Action::RequestStatus(peer, status));
    }

    pub(crate) fn on_peer_disconnected(&mut self, peer: Peer) {
        self.peers.remove(&peer);
        self.answered.remove(&peer);
        self.sync.peer_gone(&peer);
        self.maybe_start();
        self.publish();
    }

    pub(crate) fn on_request_failed(&mut self, peer: Peer) {
        self.sync.failed(&peer, self.now.mono_ms());
        self.plan_sync();
        self.maybe_start();
    }

    fn learn_tip(&mut self, peer: Peer, tip: Height) {
        if let Some(known) = self.peers.get_mut(&peer) {
            known.tip = tip.max(known.tip);
        }
        self.sync.peer_tip(peer, tip, self.now.mono_ms());
    }

    fn own_status(&self) -> StatusRequest {
        let height = self.height();
        let round = self.round();
        StatusRequest {
            version: Version,
            tip: self.frontier.tip(),
            finalized: self.finality.height(),
            height,
            round,
            rounds: self.watcher.status(height, round),
        }
    }

    fn exchange_with(&mut self, peer: Peer) {
        let status = self.own_status();
        self.ask_status(peer, status);
    }

    /// Tell every connected validator where we stand; who is none tells two peers.
    pub(crate) fn exchange_with_all(&mut self) {
        let status = self.own_status();
        let mut peers: Vec<Peer> =
            self.peers.keys().copied().filter(|peer| self.is_validator(peer)).collect();
        if self.config.own.is_none() {
            peers.truncate(2);
        }
        for peer in peers {
            self.ask_status(peer, status.clone());
        }
    }

    /// After a commit only those are told who are thought to be behind or ahead: at one pace the
    /// votes themselves say enough.
    pub(crate) fn exchange_after_commit(&mut self) {
        let tip = self.frontier.tip();
        let lagging: Vec<Peer> = self
            .peers
            .iter()
            .filter(|(peer, theirs)| theirs.tip.0.abs_diff(tip.0) > 1 && self.is_validator(peer))
            .map(|(peer, _)| *peer)
            .collect();
        if lagging.is_empty() || !tip.0.is_multiple_of(8) {
            return;
        }
        let status = self.own_status();
        for peer in lagging {
            self.ask_status(peer, status.clone());
        }
    }

    fn is_validator(&self, peer: &Peer) -> bool {
        self.frontier.peers.iter().any(|(_, key)| key == peer)
    }

    /// Whether every connected validator has told its tip since we started.
    pub(crate) fn all_validators_answered(&self) -> bool {
        let others = self.frontier.peers.iter().filter(|(id, _)| {
            Some(*id) != self.config.own && self.frontier.set.by_id(id).is_some()
        });
        others.into_iter().all(|(_, key)| self.answered.contains(key))
    }

    pub(crate) fn on_status_requested(&mut self, peer: Peer, reply: u64, request: &StatusRequest) {
        self.learn_tip(peer, request.tip);
        let tip = self.frontier.tip();
        let finalized = self.finality.height();
        let budget = MAX_STATUS_ANSWER_BYTES.saturating_sub(ANSWER_MARGIN_BYTES);
        let mut messages = Vec::new();
        if let Some(newest) = self.finality.newest()
            && newest.height > request.finalized
        {
            messages.push(types::wire::ConsensusContent::Finality((**newest).clone()));
        }
        let spent = types::encode(&messages).len();
        let budget = budget.saturating_sub(spent);
        messages.extend(self.watcher.answer(request, tip, finalized, budget));
        let answer = StatusAnswer { version: Version, tip, finalized, messages };
        self.act(Action::AnswerStatus(reply, answer));
        self.plan_sync();
    }

    pub(crate) fn on_status_answered(&mut self, peer: Peer, answer: StatusAnswer) {
        self.answered.insert(peer);
        self.learn_tip(peer, answer.tip);
        for content in answer.messages {
            self.on_message(peer, None, Box::new(content));
        }
        self.plan_sync();
        self.maybe_start();
    }
}
