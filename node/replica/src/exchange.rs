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

/// Room left in an answer for its own fields.
const ANSWER_MARGIN_BYTES: usize = 1_024;

impl Replica {
    pub(crate) fn on_peer_connected(&mut self, peer: Peer, tip: Height) {
        self.peers.insert(peer, tip);
        self.learn_tip(peer, tip);
        self.exchange_with(peer);
        self.plan_sync();
        self.maybe_start();
    }

    pub(crate) fn on_peer_disconnected(&mut self, peer: Peer) {
        self.peers.remove(&peer);
        self.answered.remove(&peer);
        self.sync.peer_gone(&peer);
        self.maybe_start();
    }

    pub(crate) fn on_request_failed(&mut self, peer: Peer) {
        self.sync.failed(&peer, self.now.mono_ms());
        self.plan_sync();
        self.maybe_start();
    }

    fn learn_tip(&mut self, peer: Peer, tip: Height) {
        if let Some(known) = self.peers.get_mut(&peer) {
            *known = tip.max(*known);
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
        self.act(Action::RequestStatus(peer, status));
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
            self.act(Action::RequestStatus(peer, status.clone()));
        }
    }

    /// After a commit only those are told who are thought to be behind or ahead: at one pace the
    /// votes themselves say enough.
    pub(crate) fn exchange_after_commit(&mut self) {
        let tip = self.frontier.tip();
        let lagging: Vec<Peer> = self
            .peers
            .iter()
            .filter(|(peer, theirs)| theirs.0.abs_diff(tip.0) > 1 && self.is_validator(peer))
            .map(|(peer, _)| *peer)
            .collect();
        if lagging.is_empty() || !tip.0.is_multiple_of(8) {
            return;
        }
        let status = self.own_status();
        for peer in lagging {
            self.act(Action::RequestStatus(peer, status.clone()));
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
