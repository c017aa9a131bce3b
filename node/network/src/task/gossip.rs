//! Take in gossip: bound it, decode it, and wait for the node's verdict before it goes on.

use super::Task;
use crate::command::Offence;
use crate::event::{Event, GossipId};
use crate::membership::public_key;
use crate::queue::{Class, Dropped};
use crate::topics::{self, Gossiped, Topic};
use libp2p::PeerId;
use libp2p::gossipsub::{self, Message, MessageAcceptance, MessageId};
use std::collections::BTreeMap;
use types::{DecodeError, PublicKey};

/// Messages that wait for a verdict. One that is pushed out is not forwarded by us, as one whose
/// verdict comes after [`topics::HISTORY_HEARTBEATS`] is not.
const MAX_UNJUDGED: usize = 8_192;

/// Messages that wait for the node's verdict.
#[derive(Debug, Default)]
pub(super) struct Validations {
    unjudged: BTreeMap<GossipId, (MessageId, PeerId)>,
    next: u64,
}

impl Validations {
    fn insert(&mut self, message: MessageId, peer: PeerId) -> GossipId {
        let id = GossipId(self.next);
        self.next += 1;
        if self.unjudged.len() >= MAX_UNJUDGED {
            // The oldest: handles only rise.
            self.unjudged.pop_first();
        }
        self.unjudged.insert(id, (message, peer));
        id
    }

    /// Which message that is, once.
    pub(super) fn take(&mut self, id: GossipId) -> Option<(MessageId, PeerId)> {
        self.unjudged.remove(&id)
    }
}

impl Task {
    pub(super) fn on_gossip_event(&mut self, event: gossipsub::Event) {
        match event {
            gossipsub::Event::Message { propagation_source, message_id, message } => {
                self.on_gossip(propagation_source, message_id, &message);
            }
            gossipsub::Event::SlowPeer { peer_id, failed_messages } => {
                let dropped = failed_messages.priority + failed_messages.non_priority;
                tracing::debug!(peer = %peer_id, dropped, "a peer takes gossip too slowly");
                self.counters.slow_peer_drops.add(u64::try_from(dropped).unwrap_or(u64::MAX));
            }
            gossipsub::Event::GossipsubNotSupported { peer_id } => {
                tracing::debug!(peer = %peer_id, "a peer does not gossip");
            }
            gossipsub::Event::Subscribed { .. } | gossipsub::Event::Unsubscribed { .. } => {}
        }
    }

    fn on_gossip(&mut self, peer: PeerId, message_id: MessageId, message: &Message) {
        let known = self.topics.find(&message.topic).zip(public_key(&peer));
        let Some((topic, key)) = known else {
            return self.judge(&message_id, &peer, MessageAcceptance::Ignore);
        };
        if !self.admit(peer, topic.traffic(), message.data.len()) {
            return self.judge(&message_id, &peer, MessageAcceptance::Ignore);
        }
        let gossiped = match topics::decode(topic, &message.data) {
            Ok(gossiped) => gossiped,
            Err(error) => {
                tracing::debug!(%peer, %error, "gossip refused");
                self.counters.gossip_refused.increment();
                self.judge(&message_id, &peer, MessageAcceptance::Reject);
                return self.blame(peer, offence(&error));
            }
        };
        let id = self.validations.insert(message_id, peer);
        let offered = self.queue.offer(class(topic), event(key, id, gossiped), message.data.len());
        match offered {
            Ok(()) => self.counters.gossip_received.increment(),
            Err(Dropped) => {
                if let Some((message_id, peer)) = self.validations.take(id) {
                    self.judge(&message_id, &peer, MessageAcceptance::Ignore);
                }
            }
        }
    }

    /// Tell the gossip protocol what a message was worth: only an accepted one is forwarded.
    pub(super) fn judge(
        &mut self,
        message: &MessageId,
        peer: &PeerId,
        acceptance: MessageAcceptance,
    ) {
        let gossip = &mut self.swarm.behaviour_mut().gossip;
        gossip.report_message_validation_result(message, peer, acceptance);
    }
}

fn event(peer: PublicKey, id: GossipId, gossiped: Gossiped) -> Event {
    match gossiped {
        Gossiped::Consensus(content) => Event::Consensus { peer, id, content },
        Gossiped::Transactions(txs) => Event::Transactions { peer, id, txs },
        Gossiped::Evidence(evidence) => Event::Evidence { peer, id, evidence },
    }
}

const fn class(topic: Topic) -> Class {
    match topic {
        Topic::Consensus | Topic::Evidence => Class::Essential,
        Topic::Transactions => Class::Transactions,
    }
}

const fn offence(error: &DecodeError) -> Offence {
    match error {
        DecodeError::TooLarge { .. } => Offence::Oversized,
        DecodeError::Malformed { .. } => Offence::Malformed,
    }
}
