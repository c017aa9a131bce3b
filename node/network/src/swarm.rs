//! Start the swarm and keep it alive: its task's failures, panics included, make it anew.

use crate::behaviour::{Behaviour, MAX_STREAMS};
use crate::command::CommandSender;
use crate::config::Config;
use crate::error::NetworkError;
use crate::event::{Event, StopReason};
use crate::frame::ReadBudget;
use crate::handshake::{Admission, Gate};
use crate::membership::{peer_id, public_key};
use crate::metrics::Counters;
use crate::queue::{self, EventReceiver, SMALL};
use crate::task::{End, Task};
use futures::FutureExt;
use libp2p::core::muxing::StreamMuxerBox;
use libp2p::core::transport::{Boxed, upgrade};
use libp2p::multiaddr::Protocol;
use libp2p::{
    Multiaddr, PeerId, Swarm, Transport, TransportError, dns, identity, noise, swarm, tcp, yamux,
};
use std::any::Any;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::net::{IpAddr, TcpListener};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use types::PublicKey;
use types::codec::Version;
use types::wire::Handshake;

/// A connection must be through the gate and multiplexed within this time.
const SETUP_TIMEOUT: Duration = Duration::from_secs(5);
/// Connections stay whether used or not; this is as good as for ever.
const IDLE_TIMEOUT: Duration = Duration::from_secs(365 * 24 * 60 * 60);
/// Streams of one connection whose protocol is just being agreed on.
const MAX_NEGOTIATING_STREAMS: usize = 32;
/// Failures in a row after which the network gives up.
pub(crate) const MAX_FAILURES: u32 = 5;
/// A swarm that ran so long has overcome its last failure.
const STABLE_TIME: Duration = Duration::from_secs(600);
/// The wait before a swarm is made anew, times the failures in a row.
const RESTART_DELAY: Duration = Duration::from_millis(500);
/// How long the last event may wait for the node's loop to take it.
const FAREWELL_TIMEOUT: Duration = Duration::from_secs(5);

/// Start the network on a runtime. It ends with [`crate::Command::Stop`] or when every
/// [`CommandSender`] is gone; [`Event::Stopped`] is its last event.
///
/// # Errors
/// [`NetworkError`] if a key or an address of the configuration is none, or cannot be listened on.
pub fn spawn(
    config: Config,
    runtime: &Handle,
) -> Result<(CommandSender, EventReceiver, JoinHandle<()>), NetworkError> {
    let counters = Arc::new(Counters::default());
    let (commands, inbox) = mpsc::channel(config.limits.command_queue.max(1));
    let (events, receiver) = queue::queue(
        config.limits.event_queue,
        config.limits.event_queue_bytes,
        Arc::clone(&counters),
    );
    let setup = Setup::new(config)?;
    // Sockets and timers of the swarm belong to the runtime that polls it.
    let entered = runtime.enter();
    let mut swarm = setup.make_swarm()?;
    setup.listen(&mut swarm)?;
    let task = Task::new(setup, swarm, inbox, events, Arc::clone(&counters));
    drop(entered);
    let handle = runtime.spawn(supervise(task));
    Ok((CommandSender { commands, counters }, receiver, handle))
}

/// The network public key of a secret seed (RFC 8032): what stands in the chain spec and the state.
#[must_use]
pub fn network_public_key(secret: &[u8; 32]) -> PublicKey {
    let peer = keypair(secret).public().to_peer_id();
    public_key(&peer).expect("an ed25519 identity holds its key")
}

fn keypair(secret: &[u8; 32]) -> identity::Keypair {
    // The library wipes the copy it is given.
    identity::Keypair::ed25519_from_bytes(*secret).expect("any 32 bytes are an ed25519 seed")
}

/// The configuration, parsed, and what outlives a swarm.
pub(crate) struct Setup {
    pub(crate) config: Config,
    pub(crate) own: PeerId,
    pub(crate) admission: Arc<Admission>,
    pub(crate) peers: BTreeMap<PeerId, Vec<Multiaddr>>,
    budget: ReadBudget,
    listen: Vec<Multiaddr>,
}

impl Setup {
    pub(crate) fn new(config: Config) -> Result<Self, NetworkError> {
        let own = keypair(&config.secret).public().to_peer_id();
        let identity = |key: &PublicKey| peer_id(key).ok_or(NetworkError::Key { key: *key });
        let mut peers = BTreeMap::new();
        for known in &config.peers {
            let addresses: Result<Vec<_>, _> =
                known.addresses.iter().map(|text| parse_address(text)).collect();
            peers.insert(identity(&known.key)?, addresses?);
        }
        let extra: Result<BTreeSet<_>, _> = config.extra_peers.iter().map(identity).collect();
        let listen: Result<Vec<_>, _> =
            config.listen.iter().map(|text| parse_address(text)).collect();
        let budget = ReadBudget::new(config.limits.reading_bytes);
        let handshake = Handshake {
            version: Version,
            chain_id: config.chain_id,
            genesis_hash: config.genesis_hash,
            protocol_min: config.protocol.0,
            protocol_max: config.protocol.1,
            tip: config.tip,
            finalized: config.finalized,
        };
        let admission = Arc::new(Admission::new(handshake, extra?, budget.clone()));
        Ok(Self { own, admission, peers, budget, listen: listen?, config })
    }

    /// A swarm that listens nowhere yet.
    pub(crate) fn make_swarm(&self) -> Result<Swarm<Behaviour>, NetworkError> {
        let keypair = keypair(&self.config.secret);
        let noise = noise::Config::new(&keypair).map_err(NetworkError::Noise)?;
        let transport = transport(Gate::new(noise, Arc::clone(&self.admission)));
        let limits = &self.config.limits;
        let mut behaviour = Behaviour::new(&self.config.chain_id, limits, &self.budget)?;
        self.admission.with_members(|members| {
            for peer in members.listed() {
                behaviour.allowed.allow_peer(*peer);
            }
        });
        let config = swarm::Config::with_tokio_executor()
            .with_idle_connection_timeout(IDLE_TIMEOUT)
            .with_max_negotiating_inbound_streams(MAX_NEGOTIATING_STREAMS);
        Ok(Swarm::new(transport, behaviour, self.own, config))
    }

    /// Listen on every address of the configuration.
    pub(crate) fn listen(&self, swarm: &mut Swarm<Behaviour>) -> Result<(), NetworkError> {
        for address in &self.listen {
            let failed = |source| NetworkError::Listen { address: address.to_string(), source };
            probe(address).map_err(|error| failed(TransportError::Other(error)))?;
            swarm.listen_on(address.clone()).map_err(failed)?;
        }
        Ok(())
    }
}

/// Whether nobody listens there yet. The library's own listener would share the port with that
/// of another process of the same user, and each would get some of the connections.
fn probe(address: &Multiaddr) -> io::Result<()> {
    let mut parts = address.iter();
    let ip: IpAddr = match parts.next() {
        Some(Protocol::Ip4(ip)) => ip.into(),
        Some(Protocol::Ip6(ip)) => ip.into(),
        // The transport says what it thinks of it.
        Some(_) | None => return Ok(()),
    };
    match parts.next() {
        Some(Protocol::Tcp(port)) => TcpListener::bind((ip, port)).map(drop),
        Some(_) | None => Ok(()),
    }
}

fn parse_address(text: &str) -> Result<Multiaddr, NetworkError> {
    text.parse().map_err(|source| NetworkError::Address { address: text.to_owned(), source })
}

/// TCP, with names looked up, through the gate, multiplexed.
fn transport(gate: Gate) -> Boxed<(PeerId, StreamMuxerBox)> {
    let tcp = || tcp::tokio::Transport::new(tcp::Config::default().nodelay(true));
    let named = dns::tokio::Transport::system(tcp()).unwrap_or_else(|error| {
        // A machine without a resolver still reaches peers by their numbers.
        tracing::warn!(%error, "no name resolver on this machine: only IP addresses will do");
        let (config, options) = (dns::ResolverConfig::default(), dns::ResolverOpts::default());
        dns::tokio::Transport::custom(tcp(), config, options)
    });
    let mut yamux = yamux::Config::default();
    yamux.set_max_num_streams(MAX_STREAMS);
    named
        .upgrade(upgrade::Version::V1)
        .authenticate(gate)
        .multiplex(yamux)
        .timeout(SETUP_TIMEOUT)
        .boxed()
}

/// Run the task; when it fails, make the swarm anew and go on.
async fn supervise(mut task: Task) {
    let mut failures = 0;
    let reason = loop {
        let started = Instant::now();
        // What a panic leaves behind in the task is put in order by `reset`.
        let failure = match AssertUnwindSafe(task.run()).catch_unwind().await {
            Ok(End::Commanded) => break StopReason::Commanded,
            Ok(End::Failed { reason }) => reason,
            Err(panic) => panic_text(panic.as_ref()),
        };
        if started.elapsed() >= STABLE_TIME {
            failures = 0;
        }
        if let Err(reason) = revive(&mut task, failure, &mut failures).await {
            break StopReason::Failed { reason };
        }
    };
    task.queue.push(Event::Stopped { reason }, SMALL);
    let farewell = tokio::time::timeout(FAREWELL_TIMEOUT, task.queue.drain());
    if farewell.await.is_err() {
        tracing::warn!("nobody took the network's last event");
    }
}

/// Make the swarm anew, again if that fails too.
///
/// # Errors
/// The last failure, once there were [`MAX_FAILURES`] of them in a row.
async fn revive(task: &mut Task, mut failure: String, failures: &mut u32) -> Result<(), String> {
    loop {
        *failures += 1;
        tracing::error!(failure, failures = *failures, "the swarm failed");
        if *failures >= MAX_FAILURES {
            return Err(failure);
        }
        tokio::time::sleep(RESTART_DELAY * *failures).await;
        match task.reset() {
            Ok(()) => return Ok(()),
            Err(error) => failure = error.to_string(),
        }
    }
}

fn panic_text(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "a panic without a message".to_owned())
}
