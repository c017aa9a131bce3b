//! Real nodes on loopback, waited for by their events.

use crate::behaviour::{Behaviour, BehaviourEvent};
use crate::swarm::Setup;
use crate::{
    Command, CommandSender, Config, Event, EventReceiver, KnownPeer, Limits, Metrics,
    network_public_key, spawn,
};
use futures::StreamExt;
use libp2p::swarm::SwarmEvent;
use libp2p::{Multiaddr, PeerId, Swarm, gossipsub};
use std::collections::BTreeSet;
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use types::codec::Version;
use types::wire::{BlockMessage, ConsensusContent, ConsensusMessage, StatusAnswer, StatusRequest};
use types::{
    Block, BlockId, Body, ChainId, Evidence, Hash, Header, Height, PublicKey, Round, Share,
    Signature, SignedAddress, Step, TimestampMs, ValidatorId, Vote, VoteKind, VrfProof,
};

/// Far longer than anything here takes on a busy machine; a test that waits so long has failed.
const PATIENCE: Duration = Duration::from_secs(30);

/// The chain of all nodes but the wrong ones.
pub(super) const CHAIN: ChainId = ChainId([7; 32]);

/// A configuration on loopback, with a free port.
pub(super) fn config(seed: u8) -> Config {
    Config {
        secret: [seed; 32],
        listen: vec!["/ip4/127.0.0.1/tcp/0".to_owned()],
        chain_id: CHAIN,
        genesis_hash: BlockId([8; 32]),
        protocol: (1, 1),
        tip: Height(3),
        finalized: Height(2),
        peers: Vec::new(),
        extra_peers: Vec::new(),
        limits: Limits::default(),
    }
}

/// The network key of the node with that seed.
pub(super) fn key(seed: u8) -> PublicKey {
    network_public_key(&[seed; 32])
}

/// A node under test.
pub(super) struct Node {
    pub(super) key: PublicKey,
    pub(super) address: String,
    pub(super) commands: CommandSender,
    pub(super) task: JoinHandle<()>,
    events: EventReceiver,
    /// Events that came while another was waited for.
    passed: Vec<Event>,
}

impl Node {
    /// Start a node and wait until it listens.
    pub(super) async fn start(config: Config) -> Self {
        let key = network_public_key(&config.secret);
        let (commands, events, task) = spawn(config, &Handle::current()).expect("it starts");
        let address = String::new();
        let mut node = Self { key, address, commands, task, events, passed: Vec::new() };
        node.address = node.wait("listening", listening).await;
        node
    }

    /// Where others find it.
    pub(super) fn known(&self) -> KnownPeer {
        KnownPeer { key: self.key, addresses: vec![self.address.clone()] }
    }

    pub(super) async fn send(&self, command: Command) {
        self.commands.send(command).await.expect("the network runs");
    }

    /// Allow the nodes with these seeds.
    pub(super) async fn allow(&self, seeds: &[u8]) {
        let keys: BTreeSet<PublicKey> = seeds.iter().map(|seed| key(*seed)).collect();
        self.send(Command::Allow(keys)).await;
    }

    /// Wait for the first event, past or to come, that `pick` finds something in.
    pub(super) async fn wait<T>(
        &mut self,
        what: &str,
        mut pick: impl FnMut(&Event) -> Option<T>,
    ) -> T {
        for position in 0..self.passed.len() {
            if let Some(found) = pick(&self.passed[position]) {
                self.passed.remove(position);
                return found;
            }
        }
        let search = async {
            loop {
                let event = self.events.recv().await.expect("the network runs");
                match pick(&event) {
                    Some(found) => return found,
                    None => self.passed.push(event),
                }
            }
        };
        match timeout(PATIENCE, search).await {
            Ok(found) => found,
            Err(_) => panic!("waited in vain for {what}; meanwhile came {:?}", self.passed),
        }
    }

    pub(super) async fn wait_connected(&mut self, peer: PublicKey) {
        self.wait("a connection", |event| match event {
            Event::PeerConnected { peer: who, .. } if *who == peer => Some(()),
            _ => None,
        })
        .await;
    }

    pub(super) async fn wait_disconnected(&mut self, peer: PublicKey) {
        self.wait("a disconnection", |event| match event {
            Event::PeerDisconnected { peer: who } if *who == peer => Some(()),
            _ => None,
        })
        .await;
    }

    /// How many events, past or waiting, `pick` finds something in.
    pub(super) fn count(&mut self, pick: impl Fn(&Event) -> bool) -> usize {
        while let Some(event) = self.events.try_recv() {
            self.passed.push(event);
        }
        self.passed.iter().filter(|event| pick(event)).count()
    }

    pub(super) async fn connected(&self) -> Vec<PublicKey> {
        let (reply, answer) = tokio::sync::oneshot::channel();
        self.send(Command::ConnectedPeers(reply)).await;
        answer.await.expect("the network answers")
    }

    pub(super) fn metrics(&self) -> Metrics {
        self.commands.metrics()
    }

    /// Stop it and wait until its sockets are free.
    pub(super) async fn stop(self) {
        self.send(Command::Stop).await;
        timeout(PATIENCE, self.task).await.expect("it ends").expect("without a panic");
    }
}

fn listening(event: &Event) -> Option<String> {
    match event {
        Event::Listening { address } => Some(address.clone()),
        _ => None,
    }
}

/// Two nodes, connected: the second dials the first.
pub(super) async fn pair(first: Config, second: Config) -> (Node, Node) {
    let (first_seed, second_seed) = (first.secret[0], second.secret[0]);
    let mut first = Node::start(first).await;
    first.allow(&[second_seed]).await;
    let mut second = Node::start(Config { peers: vec![first.known()], ..second }).await;
    second.allow(&[first_seed]).await;
    first.wait_connected(second.key).await;
    second.wait_connected(first.key).await;
    (first, second)
}

/// A peer without manners: the protocols are there, the bounds on what it sends are not.
pub(super) struct Rogue {
    pub(super) key: PublicKey,
    pub(super) swarm: Swarm<Behaviour>,
    _setup: Setup,
}

impl Rogue {
    /// Connect to a node that allows it, and wait until both gossip.
    pub(super) async fn connect(seed: u8, victim: &Node, topic: &gossipsub::TopicHash) -> Self {
        let setup = Setup::new(Config { extra_peers: vec![victim.key], ..config(seed) });
        let setup = setup.expect("the configuration is good");
        let mut swarm = setup.make_swarm().expect("the configuration is good");
        let address: Multiaddr = victim.address.parse().expect("an address");
        swarm.dial(address).expect("it dials");
        let mut rogue = Self { key: key(seed), swarm, _setup: setup };
        rogue
            .wait("a subscription", |event| match event {
                SwarmEvent::Behaviour(BehaviourEvent::Gossip(gossipsub::Event::Subscribed {
                    topic: subscribed,
                    ..
                })) => (subscribed == topic).then_some(()),
                _ => None,
            })
            .await;
        rogue
    }

    /// Its first peer.
    pub(super) fn peer(&self) -> PeerId {
        *self.swarm.connected_peers().next().expect("it is connected")
    }

    pub(super) async fn wait<T>(
        &mut self,
        what: &str,
        mut pick: impl FnMut(&SwarmEvent<BehaviourEvent>) -> Option<T>,
    ) -> T {
        let search = async {
            loop {
                if let Some(found) = pick(&self.swarm.select_next_some().await) {
                    return found;
                }
            }
        };
        timeout(PATIENCE, search).await.unwrap_or_else(|_| panic!("waited in vain for {what}"))
    }

    /// Keep its swarm going while something else is waited for.
    pub(super) async fn drive<T>(&mut self, until: impl Future<Output = T>) -> T {
        tokio::pin!(until);
        loop {
            tokio::select! {
                done = &mut until => return done,
                _ = self.swarm.select_next_some() => {}
            }
        }
    }
}

/// A vote at that height.
pub(super) fn vote(height: u64) -> ConsensusMessage {
    ConsensusMessage::from(ConsensusContent::Vote(Vote {
        kind: VoteKind::Prevote,
        height: Height(height),
        round: Round(0),
        block_id: None,
        validator: ValidatorId([1; 32]),
        signature: Signature::ZERO,
        share: Share::ZERO,
    }))
}

/// The height of a vote in an event.
pub(super) fn vote_height(event: &Event) -> Option<u64> {
    match event {
        Event::Consensus { content, .. } => match &**content {
            ConsensusContent::Vote(vote) => Some(vote.height.0),
            _ => None,
        },
        _ => None,
    }
}

/// A conflicting pair.
pub(super) fn evidence() -> Evidence {
    Evidence {
        version: Version,
        validator: ValidatorId([1; 32]),
        address: SignedAddress {
            chain_id: CHAIN,
            height: Height(5),
            round: Round(0),
            step: Step::Prevote,
        },
        value_a: None,
        signature_a: Signature::ZERO,
        share_a: Share::ZERO,
        value_b: Some(Hash([2; 32])),
        signature_b: Signature::ZERO,
        share_b: Share::ZERO,
    }
}

/// A block with one transaction of that size.
pub(super) fn block(tx_bytes: usize) -> BlockMessage {
    let header = Header {
        version: types::codec::WideVersion,
        protocol: 1,
        chain_id: CHAIN,
        height: Height(4),
        round: Round(0),
        time_ms: TimestampMs(1),
        parent: BlockId::ZERO,
        proposer: ValidatorId([1; 32]),
        validators_hash: Hash::ZERO,
        next_validators_hash: Hash::ZERO,
        params_hash: Hash::ZERO,
        prev_state_root: Hash::ZERO,
        prev_receipts_root: Hash::ZERO,
        txs_root: Hash::ZERO,
        evidence_root: Hash::ZERO,
        last_commit_hash: Hash::ZERO,
        finality_hash: Hash::ZERO,
        randomness: Hash::ZERO,
        vrf_proof: VrfProof::ZERO,
        body_bytes: 0,
    };
    let body = Body { txs: vec![vec![9; tx_bytes]], ..Body::default() };
    BlockMessage { version: Version, block: Block { header, body } }
}

/// Where a node stands.
pub(super) fn status(tip: u64) -> StatusRequest {
    StatusRequest {
        version: Version,
        tip: Height(tip),
        finalized: Height(tip),
        height: Height(tip + 1),
        round: Round(0),
        rounds: Vec::new(),
    }
}

/// An answer that brings one vote.
pub(super) fn status_answer(tip: u64) -> StatusAnswer {
    StatusAnswer {
        version: Version,
        tip: Height(tip),
        finalized: Height(tip),
        messages: vec![vote(tip + 1).content],
    }
}
