//! Gossip small messages: topics, their sizes, their decoding, and how far they travel.

use crate::error::NetworkError;
use crate::limits::Traffic;
use crate::protocols::protocol_id;
use libp2p::gossipsub::{self, IdentTopic, MessageAuthenticity, TopicHash, ValidationMode};
use std::collections::HashSet;
use std::time::Duration;
use types::wire::{
    ConsensusContent, ConsensusMessage, EvidenceMessage, MAX_CONSENSUS_BYTES, MAX_EVIDENCE_BYTES,
    MAX_TX_BATCH_BYTES, TX_BATCH_TARGET_BYTES, TxBatch,
};
use types::{ChainId, DecodeError, Evidence};

/// Messages that wait for one peer; more are dropped and counted. The library's own 5,000 could
/// hold 5 GiB a peer.
const QUEUE_PER_PEER: usize = 256;
/// How often the mesh is tended.
const HEARTBEAT: Duration = Duration::from_millis(500);
/// Messages are kept for forwarding during this many heartbeats: the node's verdict must come
/// within 6 seconds.
pub(crate) const HISTORY_HEARTBEATS: usize = 12;
/// Messages of this many heartbeats are announced to peers outside the mesh.
const ANNOUNCED_HEARTBEATS: usize = 4;
/// How long a message is known as seen: a repeated one goes nowhere, neither out nor in.
const SEEN_TIME: Duration = Duration::from_secs(60);
/// Peers that a message is forwarded to. Up to this many make a full mesh.
const MESH: usize = 8;
/// Fewer than this, and the mesh takes in more.
const MESH_LOW: usize = 6;
/// More than this, and the mesh lets some go.
const MESH_HIGH: usize = 12;
/// Message ids in one announcement: 34 bytes each, so that it stays below the 16 KiB that a
/// peer's decoder takes.
const MAX_ANNOUNCED: usize = 256;
/// What framing adds to a message, generously. The library compares its limit with everything that
/// it has read and not yet decoded, the next message's beginning included.
const FRAMING_BYTES: usize = 64 * 1024;

/// A topic of gossip.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Topic {
    /// Proposals, votes, seals and certificates: [`ConsensusMessage`].
    Consensus,
    /// Transactions: [`TxBatch`].
    Transactions,
    /// Conflicting pairs: [`EvidenceMessage`].
    Evidence,
}

impl Topic {
    /// All of them.
    pub(crate) const ALL: [Self; 3] = [Self::Consensus, Self::Transactions, Self::Evidence];

    /// Largest message in bytes.
    #[must_use]
    pub const fn max_bytes(self) -> usize {
        match self {
            Self::Consensus => MAX_CONSENSUS_BYTES,
            Self::Transactions => MAX_TX_BATCH_BYTES,
            Self::Evidence => MAX_EVIDENCE_BYTES,
        }
    }

    /// Its part of the topic's id.
    const fn name(self) -> &'static str {
        match self {
            Self::Consensus => "vote",
            Self::Transactions => "tx",
            Self::Evidence => "evidence",
        }
    }

    /// How its messages are counted.
    pub(crate) const fn traffic(self) -> Traffic {
        match self {
            Self::Consensus => Traffic::Consensus,
            Self::Transactions => Traffic::Transactions,
            Self::Evidence => Traffic::Evidence,
        }
    }
}

/// The topics of one chain.
#[derive(Clone, Debug)]
pub(crate) struct Topics {
    hashes: [(Topic, TopicHash); 3],
}

impl Topics {
    /// Of that chain.
    pub(crate) fn new(chain_id: &ChainId) -> Self {
        let hash = |topic: Topic| (topic, ident(chain_id, topic).hash());
        Self { hashes: Topic::ALL.map(hash) }
    }

    /// How a topic is called on the wire.
    pub(crate) fn hash(&self, topic: Topic) -> TopicHash {
        let found = self.hashes.iter().find(|(known, _)| *known == topic);
        found.expect("every topic is in the table").1.clone()
    }

    /// Which topic that is.
    pub(crate) fn find(&self, hash: &TopicHash) -> Option<Topic> {
        self.hashes.iter().find(|(_, known)| known == hash).map(|(topic, _)| *topic)
    }
}

fn ident(chain_id: &ChainId, topic: Topic) -> IdentTopic {
    IdentTopic::new(protocol_id(chain_id, topic.name()))
}

/// A gossiped message, decoded.
#[derive(Debug)]
pub(crate) enum Gossiped {
    /// Of the topic `vote`.
    Consensus(Box<ConsensusContent>),
    /// Of the topic `tx`.
    Transactions(Vec<Vec<u8>>),
    /// Of the topic `evidence`.
    Evidence(Box<Evidence>),
}

/// Decode a message, its size first.
pub(crate) fn decode(topic: Topic, bytes: &[u8]) -> Result<Gossiped, DecodeError> {
    let limit = topic.max_bytes();
    match topic {
        Topic::Consensus => types::decode::<ConsensusMessage>("consensus message", bytes, limit)
            .map(|message| Gossiped::Consensus(Box::new(message.content))),
        Topic::Transactions => decode_batch(bytes, limit),
        Topic::Evidence => types::decode::<EvidenceMessage>("evidence message", bytes, limit)
            .map(|message| Gossiped::Evidence(Box::new(message.evidence))),
    }
}

const BATCH: &str = "transaction batch";

fn decode_batch(bytes: &[u8], limit: usize) -> Result<Gossiped, DecodeError> {
    let TxBatch { txs, .. } = types::decode(BATCH, bytes, limit)?;
    check_batch(&txs, bytes.len())?;
    Ok(Gossiped::Transactions(txs))
}

/// A batch holds at least one transaction, and only one if it is above the target (protocol 10.2).
pub(crate) fn check_batch(txs: &[Vec<u8>], bytes: usize) -> Result<(), DecodeError> {
    let malformed = |reason: &str| DecodeError::Malformed { what: BATCH, reason: reason.into() };
    if txs.is_empty() {
        return Err(malformed("it is empty"));
    }
    if txs.len() > 1 && bytes > TX_BATCH_TARGET_BYTES {
        return Err(malformed("several transactions above the target size"));
    }
    Ok(())
}

/// The gossip protocol, subscribed to the chain's topics and to no other.
pub(crate) type Gossip =
    gossipsub::Behaviour<gossipsub::IdentityTransform, gossipsub::WhitelistSubscriptionFilter>;

/// Make the gossip protocol.
///
/// Messages carry no author (what needs one is signed inside), their id is the blake3 of their
/// bytes, and none is forwarded before the node has judged it. The publisher sends its own message
/// to every peer at once: a vote reaches all in one hop, and the mesh only helps where connections
/// are missing. Sizes of topics are checked by [`decode`] rather than here, where a breach would
/// not be reported with its sender.
pub(crate) fn gossip(chain_id: &ChainId) -> Result<Gossip, NetworkError> {
    let config = gossipsub::ConfigBuilder::default()
        .protocol_id(protocol_id(chain_id, "gossip"), gossipsub::Version::V1_1)
        .validation_mode(ValidationMode::Anonymous)
        .validate_messages()
        .message_id_fn(|message| gossipsub::MessageId::new(blake3::hash(&message.data).as_bytes()))
        .max_transmit_size(MAX_TX_BATCH_BYTES + FRAMING_BYTES)
        .duplicate_cache_time(SEEN_TIME)
        .connection_handler_queue_len(QUEUE_PER_PEER)
        .heartbeat_interval(HEARTBEAT)
        .heartbeat_initial_delay(Duration::ZERO)
        .history_length(HISTORY_HEARTBEATS)
        .history_gossip(ANNOUNCED_HEARTBEATS)
        .max_control_messages_sent(MAX_ANNOUNCED)
        .mesh_n(MESH)
        .mesh_n_low(MESH_LOW)
        .mesh_n_high(MESH_HIGH)
        .flood_publish(true)
        .build()
        .map_err(|error| NetworkError::Gossip { reason: error.to_string() })?;
    let whitelist: HashSet<TopicHash> =
        Topic::ALL.into_iter().map(|topic| ident(chain_id, topic).hash()).collect();
    let mut gossip = Gossip::new_with_subscription_filter(
        MessageAuthenticity::Anonymous,
        config,
        gossipsub::WhitelistSubscriptionFilter(whitelist),
    )
    .map_err(|reason| NetworkError::Gossip { reason: reason.to_owned() })?;
    for topic in Topic::ALL {
        gossip
            .subscribe(&ident(chain_id, topic))
            .map_err(|error| NetworkError::Gossip { reason: error.to_string() })?;
    }
    Ok(gossip)
}
