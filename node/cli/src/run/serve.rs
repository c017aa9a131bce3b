//! Wire a node: threads, queues, network and wallets around the replica, and their orderly end.

use crate::exit::{Exit, Failure, Meaning, Outcome};
use crate::run::bridge::{Bridge, Heights, Inbound, Replies};
use crate::run::committer::Committer;
use crate::run::node::{Input, Node};
use crate::run::start::{self, Chain, Safety, SharedTree};
use crate::run::timers::Timers;
use crate::run::verified::VerifiedTxs;
use crate::run::wallets::{self, Wallets};
use crate::run::workers::{Bench, Workers};
use crate::run::{Hooks, RunOptions};
use anyhow::{Context, anyhow};
use network::KnownPeer;
use replica::{Config as ReplicaConfig, Replica};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, Mutex, RwLock};
use std::time::{Duration, Instant};
use store::Store;
use tokio::runtime::Runtime;
use tokio::sync::watch;
use tracing::info;
use types::{Height, PublicKey, ValidatorId};
use vm::Machine;

/// Events and questions that wait for the replica's thread; whoever brings more waits.
const MAX_INPUTS: usize = 8_192;
/// Threads of each of the two runtimes: network, and wallets.
const RUNTIME_THREADS: usize = 2;
/// How long the tasks of a runtime may take to end.
const SHUTDOWN: Duration = Duration::from_secs(5);
/// Highest protocol version that this program knows.
pub(crate) const PROTOCOL_MAX: u16 = 1;
/// How far the index of votes reaches back, in heights.
pub(crate) const WATCH_HEIGHTS: u64 = 10_000;
/// What the index of votes may take, in bytes.
const WATCH_BYTES: usize = 256 << 20;

/// Run a node until it is told to stop, or must.
pub(crate) fn run(options: RunOptions, mut hooks: Hooks) -> Outcome {
    let chain = Chain::read(&options.home)?;
    let (store, tree) = start::open_store(&options.home, &chain, options.config.storage.cache_mib)?;
    let machine = start::open_machine(&options.home)?;
    let validator = start::open_validator(&options, &chain, &store)?;
    let own = validator.as_ref().map(|validator| validator.id);
    let safety = start::open_safety(&options.home, &chain, &store, validator, hooks.signer.take())?;
    // Apart, so that a flood of requests does not hold up a vote.
    let network = runtime("network")?;
    let wallets = runtime("wallets")?;
    let parts = Parts {
        options: &options,
        chain: &chain,
        store: Arc::new(store),
        tree: Arc::new(RwLock::new(tree)),
        network: &network,
        wallets: &wallets,
        machine,
        own,
    };
    let outcome = parts.run(safety, hooks);
    network.shutdown_timeout(SHUTDOWN);
    wallets.shutdown_timeout(SHUTDOWN);
    outcome
}

fn runtime(name: &str) -> std::io::Result<Runtime> {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    builder.worker_threads(RUNTIME_THREADS).thread_name(name).enable_all().build()
}

struct Parts<'a> {
    options: &'a RunOptions,
    chain: &'a Chain,
    store: Arc<Store>,
    tree: SharedTree,
    network: &'a Runtime,
    wallets: &'a Runtime,
    machine: Machine,
    own: Option<ValidatorId>,
}

impl Parts<'_> {
    fn run(&self, mut safety: Safety, hooks: Hooks) -> Outcome {
        let begin = start::replica_start(&self.options.home, &self.store, &mut safety)?;
        let finalized = begin.finality.as_ref().map_or(Height::ZERO, |newest| newest.height);
        let tip = begin.frontier.tip();
        let (inputs_sender, inputs) = sync_channel(MAX_INPUTS);
        let (commands, events) = self.start_network(tip, finalized)?;
        let config = ReplicaConfig {
            chain_id: self.chain.chain_id,
            own: self.own,
            protocol_max: PROTOCOL_MAX,
            watch_heights: WATCH_HEIGHTS,
            watch_bytes: WATCH_BYTES,
            detectors: replica::Detectors::ALL,
        };
        let mut replica = Replica::new(config, begin);
        start::restore_votes(&self.store, &mut replica)?;
        let (status, status_seen) = watch::channel(Arc::new(replica.status()));
        let (heights, heights_seen) = watch::channel(Heights::new(tip, finalized));
        let replies = Arc::new(Mutex::new(Replies::default()));
        let verified = Arc::new(VerifiedTxs::default());
        let bench = Bench {
            store: Arc::clone(&self.store),
            machine: self.machine.clone(),
            verified: Arc::clone(&verified),
            results: inputs_sender.clone(),
        };
        let committer = Committer::new(
            Arc::clone(&self.store),
            Arc::clone(&self.tree),
            self.machine.clone(),
            verified,
            self.options.config.storage.keep_heights,
        );
        let (workers, worker_threads) = Workers::start(&bench, committer)?;
        let inbound = Inbound {
            events,
            network: commands.clone(),
            store: Arc::clone(&self.store),
            node: inputs_sender.clone(),
        };
        let inbound_thread = named("network-events", move || inbound.run())?;
        let wallets = Wallets {
            options: self.options,
            chain: self.chain,
            own: self.own,
            store: Arc::clone(&self.store),
            tree: Arc::clone(&self.tree),
            machine: self.machine.clone(),
            node: inputs_sender.clone(),
            replies: Arc::clone(&replies),
            network: commands.clone(),
            status: status_seen,
            heights: heights_seen,
            started: Instant::now(),
            signer: safety.signer_away.take(),
        };
        let server = wallets::serve(wallets, self.wallets)?;
        self.stop_on_signal(&inputs_sender)?;
        drop(inputs_sender);
        let node = Node {
            chain_id: self.chain.chain_id,
            replica,
            inputs,
            journal: safety.journal,
            guard: safety.guard,
            store: Arc::clone(&self.store),
            workers,
            bridge: Bridge { network: commands.clone(), replies, status, heights },
            hooks,
            timers: Timers::default(),
            started: Instant::now(),
        };
        info!(target: "syndic", %tip, %finalized, "node started");
        let outcome = named("replica", move || node.run())?
            .join()
            .map_err(|_| anyhow!("the replica's thread panicked; its message stands above"))
            .or_exit(Exit::Corrupt)?;
        // The replica is gone; what is left ends when its queues do.
        let _ = commands.blocking_send(network::Command::Stop);
        drop(server);
        for thread in worker_threads {
            let _ = thread.join();
        }
        let _ = inbound_thread.join();
        self.flush_tree();
        outcome
    }

    fn start_network(
        &self,
        tip: Height,
        finalized: Height,
    ) -> Outcome<(network::CommandSender, network::EventReceiver)> {
        let home = &self.options.home;
        let config = network::Config {
            secret: home.read_network_seed().or_exit(Exit::Key)?,
            listen: self.options.config.network.listen.clone(),
            chain_id: self.chain.chain_id,
            genesis_hash: self.chain.genesis_hash,
            protocol: (1, PROTOCOL_MAX),
            tip,
            finalized,
            peers: self.known_peers().or_exit(Exit::Config)?,
            extra_peers: self.extra_peers().or_exit(Exit::Config)?,
            limits: network::Limits::default(),
        };
        let (commands, events, _task) =
            network::spawn(config, self.network.handle()).or_exit(Exit::Config)?;
        Ok((commands, events))
    }

    /// Peers of the chain spec and of the configuration.
    fn known_peers(&self) -> anyhow::Result<Vec<KnownPeer>> {
        let spec = self.chain.document.peers.iter();
        let own = spec.chain(&self.options.config.network.peers);
        own.map(|text| parse_peer(text)).collect()
    }

    fn extra_peers(&self) -> anyhow::Result<Vec<PublicKey>> {
        let keys = self.options.config.network.extra_peers.iter();
        keys.map(|text| parse_key(text).with_context(|| format!("network.extra_peers: {text}")))
            .collect()
    }

    /// SIGTERM and SIGINT end the node in good order.
    fn stop_on_signal(&self, node: &SyncSender<Input>) -> Outcome {
        use tokio::signal::unix::{SignalKind, signal};
        let node = node.clone();
        let _inside = self.wallets.enter();
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        self.wallets.spawn(async move {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            info!(target: "syndic", "stopping");
            let _ = tokio::task::spawn_blocking(move || node.send(Input::Stop)).await;
        });
        Ok(())
    }

    /// So that the next start has nothing to catch up with. The blocks are durable without it.
    fn flush_tree(&self) {
        let Ok(mut tree) = self.tree.write() else { return };
        if let Some(flush) = tree.take_flush_early()
            && self.store.flush_tree(&flush).is_ok()
        {
            tree.flushed(flush.height);
        }
    }
}

fn named<T: Send + 'static>(
    name: &str,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<std::thread::JoinHandle<T>, Failure> {
    let builder = std::thread::Builder::new().name(name.to_owned()).stack_size(8 << 20);
    builder.spawn(work).map_err(Failure::from)
}

/// `<network key in hex>@<libp2p address>`
fn parse_peer(text: &str) -> anyhow::Result<KnownPeer> {
    let (key, address) = text
        .split_once('@')
        .with_context(|| format!("peer `{text}`: want <network key in hex>@<libp2p address>"))?;
    let key = parse_key(key).with_context(|| format!("peer `{text}`"))?;
    Ok(KnownPeer { key, addresses: vec![address.to_owned()] })
}

fn parse_key(text: &str) -> anyhow::Result<PublicKey> {
    types::hash::parse_hex_32(text).map(PublicKey).context("a network key is 32 bytes in hex")
}
