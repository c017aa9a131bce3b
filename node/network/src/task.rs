//! Own the swarm: take commands, pass on events, dial, and keep peers within their bounds.

mod commands;
mod connections;
mod exchanges;
mod gossip;

use self::gossip::Validations;
use crate::behaviour::{Behaviour, BehaviourEvent};
use crate::command::{Command, Offence};
use crate::error::NetworkError;
use crate::event::{Event, FailureReason};
use crate::limits::{BAN_TIME, Bucket, Conduct, Traffic};
use crate::membership::public_key;
use crate::metrics::Counters;
use crate::peers::{Connections, Dialer};
use crate::protocols::{BlockFetch, BlockSync, StatusExchange};
use crate::queue::{EventQueue, SMALL};
use crate::requests::Requests;
use crate::swarm::Setup;
use crate::topics::Topics;
use futures::StreamExt;
use libp2p::swarm::SwarmEvent;
use libp2p::{PeerId, Swarm};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::mpsc;
use tokio::time::MissedTickBehavior;
use types::PublicKey;

/// How often due dials are made and what is over is forgotten.
const SWEEP_INTERVAL: Duration = Duration::from_millis(100);
/// Refused connections logged and reported a second: a stranger must not fill the log.
const REFUSALS_PER_SECOND: u64 = 5;

/// Why the task came to its end.
#[derive(Debug)]
pub(crate) enum End {
    /// It was told to, or nobody is left to tell it anything.
    Commanded,
    /// The swarm is of no use any more.
    Failed {
        /// Why.
        reason: String,
    },
}

/// The swarm with everything that is kept about peers.
pub(crate) struct Task {
    pub(crate) queue: EventQueue,
    setup: Setup,
    counters: Arc<Counters>,
    topics: Topics,
    swarm: Swarm<Behaviour>,
    commands: mpsc::Receiver<Command>,
    dialer: Dialer,
    connections: Connections,
    /// Of everybody on the list who ever sent anything: a peer that reconnects starts no new
    /// record.
    conduct: BTreeMap<PeerId, Conduct>,
    validations: Validations,
    fetch: Requests<BlockFetch>,
    status: Requests<StatusExchange>,
    sync: Requests<BlockSync>,
    refusals: Bucket,
}

impl Task {
    /// A task over a swarm that listens already.
    pub(crate) fn new(
        setup: Setup,
        swarm: Swarm<Behaviour>,
        commands: mpsc::Receiver<Command>,
        queue: EventQueue,
        counters: Arc<Counters>,
    ) -> Self {
        let now = Instant::now();
        Self {
            queue,
            topics: Topics::new(&setup.config.chain_id),
            dialer: Dialer::new(setup.own, &setup.peers, now),
            setup,
            counters,
            swarm,
            commands,
            connections: Connections::default(),
            conduct: BTreeMap::new(),
            validations: Validations::default(),
            fetch: Requests::new(),
            status: Requests::new(),
            sync: Requests::new(),
            refusals: Bucket::new(REFUSALS_PER_SECOND, 1, now),
        }
    }

    /// Work until told to stop.
    pub(crate) async fn run(&mut self) -> End {
        let mut sweep = tokio::time::interval(SWEEP_INTERVAL);
        sweep.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            // While events are held the swarm is not polled, so peers have to wait as well;
            // commands are taken all the same, or the node's loop and this one could wait for each
            // other.
            let blocked = self.queue.is_blocked();
            tokio::select! {
                command = self.commands.recv() => match command {
                    None | Some(Command::Stop) => return End::Commanded,
                    Some(command) => self.on_command(command),
                },
                event = self.swarm.select_next_some(), if !blocked => {
                    if let Some(end) = self.on_swarm_event(event) {
                        return end;
                    }
                }
                drained = self.queue.drain_one(), if blocked => {
                    if drained.is_err() {
                        return End::Commanded;
                    }
                }
                _ = sweep.tick() => self.sweep(),
            }
        }
    }

    /// Put everything in order after a failure: a new swarm, nobody connected, nothing under way.
    ///
    /// # Errors
    /// [`NetworkError`] if a new swarm cannot be made.
    pub(crate) fn reset(&mut self) -> Result<(), NetworkError> {
        self.counters.restarts.increment();
        let under_way = [self.fetch.clear(), self.status.clear(), self.sync.clear()].concat();
        for (peer, kind) in under_way {
            self.fail_request(peer, kind, FailureReason::Dropped);
        }
        let gone: Vec<PeerId> = self.connections.peers().copied().collect();
        self.connections.clear();
        for peer in gone {
            self.tell_disconnected(&peer);
        }
        self.validations = Validations::default();
        self.dialer = Dialer::new(self.setup.own, &self.setup.peers, Instant::now());
        // The old swarm goes, and its listeners with it, before their addresses are taken again.
        self.swarm = self.setup.make_swarm()?;
        self.setup.listen(&mut self.swarm)
    }

    fn on_swarm_event(&mut self, event: SwarmEvent<BehaviourEvent>) -> Option<End> {
        match event {
            SwarmEvent::Behaviour(event) => self.on_behaviour_event(event),
            SwarmEvent::ConnectionEstablished { peer_id, connection_id, endpoint, .. } => {
                self.on_established(peer_id, connection_id, &endpoint);
            }
            SwarmEvent::ConnectionClosed { peer_id, connection_id, cause, .. } => {
                self.on_closed(peer_id, connection_id, cause.as_ref());
            }
            SwarmEvent::IncomingConnectionError { peer_id, error, .. } => {
                self.on_incoming_error(peer_id, &error);
            }
            SwarmEvent::OutgoingConnectionError { peer_id, error, .. } => {
                self.on_outgoing_error(peer_id, &error);
            }
            SwarmEvent::NewListenAddr { address, .. } => {
                tracing::info!(%address, "listening");
                self.queue.push(Event::Listening { address: address.to_string() }, SMALL);
            }
            SwarmEvent::ListenerClosed { reason, .. } => {
                let reason = format!("a listener closed: {reason:?}");
                return Some(End::Failed { reason });
            }
            SwarmEvent::ListenerError { error, .. } => tracing::warn!(%error, "a listener failed"),
            // The library's enum may grow; what is left says nothing that is needed here.
            _ => {}
        }
        None
    }

    fn on_behaviour_event(&mut self, event: BehaviourEvent) {
        match event {
            BehaviourEvent::Gossip(event) => self.on_gossip_event(event),
            BehaviourEvent::Push(event) => self.on_push(event.into()),
            BehaviourEvent::Transactions(event) => self.on_transactions(event.into()),
            BehaviourEvent::Fetch(event) => self.on_fetch(event.into()),
            BehaviourEvent::Status(event) => self.on_status(event.into()),
            BehaviourEvent::Sync(event) => self.on_sync(event.into()),
            BehaviourEvent::Ping(event) => self.on_ping(&event),
            BehaviourEvent::Limits(never) | BehaviourEvent::Allowed(never) => match never {},
        }
    }

    fn sweep(&mut self) {
        let now = Instant::now();
        for peer in self.setup.admission.with_members(|members| members.expire_bans(now)) {
            if let Some(conduct) = self.conduct.get_mut(&peer) {
                conduct.forgive();
            }
        }
        self.fetch.forget_closed();
        self.status.forget_closed();
        self.sync.forget_closed();
        self.dial_due(now);
    }

    /// Write down what a peer did wrong, and cut it off if that was too much.
    fn blame(&mut self, peer: PeerId, offence: Offence) {
        let now = Instant::now();
        let Some(conduct) = self.conduct(&peer, now) else { return };
        let too_much = conduct.offend(offence, now);
        self.counters.offences.increment();
        let Some(key) = public_key(&peer) else { return };
        tracing::debug!(key = %hex(&key), ?offence, "a peer did wrong");
        if !too_much {
            return;
        }
        tracing::warn!(key = %hex(&key), ?offence, seconds = BAN_TIME.as_secs(), "peer cut off");
        self.counters.peers_banned.increment();
        self.setup.admission.with_members(|members| members.ban(peer, now + BAN_TIME));
        // Not connected any more: nothing to close.
        let _ = self.swarm.disconnect_peer_id(peer);
        self.queue.push(Event::Banned { peer: key }, SMALL);
    }

    /// Whether a peer may send one more message; one that may not is blamed.
    fn admit(&mut self, peer: PeerId, traffic: Traffic, bytes: usize) -> bool {
        let now = Instant::now();
        let admitted =
            self.conduct(&peer, now).is_some_and(|conduct| conduct.admit(traffic, bytes, now));
        if admitted {
            self.counters.bytes_received.add(u64::try_from(bytes).unwrap_or(u64::MAX));
        } else {
            self.counters.rate_limited.increment();
            self.blame(peer, Offence::Flooding);
        }
        admitted
    }

    /// The record of a peer that may be here: nothing is kept about strangers, and what a peer sent
    /// before it was cut off is not held against it twice.
    fn conduct(&mut self, peer: &PeerId, now: Instant) -> Option<&mut Conduct> {
        let may = self.setup.admission.with_members(|members| members.check(peer, now)).is_ok();
        let limits = &self.setup.config.limits;
        may.then(|| self.conduct.entry(*peer).or_insert_with(|| Conduct::new(limits, now)))
    }
}

/// A key in full, for the log.
fn hex(key: &PublicKey) -> types::Hash {
    types::Hash(key.0)
}
