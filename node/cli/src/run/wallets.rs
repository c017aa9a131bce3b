//! Wire the interface for wallets to the node: requests in, status out, proofs and simulation from
//! the database.

use crate::exit::{Exit, Meaning, Outcome};
use crate::run::RunOptions;
use crate::run::bridge::{Heights, Replies, lock};
use crate::run::descriptors;
use crate::run::metrics::{self, Sources};
use crate::run::node::Input;
use crate::run::publisher::Publisher;
use crate::run::start::{Chain, SharedTree};
use crate::run::telemetry;
use crate::signer::Away;
use anyhow::Context;
use client::dto::{MempoolInfo, NetInfo};
use executor::CheckError;
use executor::transaction::Position;
use prometheus_client::registry::Registry;
use replica::{Event, Replica, Status};
use rpc::{
    ChainInfo, Config, ConsensusStatus, Head, Identity, Listener, Metrics, ProveError, Question,
    Refusal, Request, Server, Services, SimulateError, Simulated, SubmitOutcome, TxPlace, Viewed,
};
use state::proof::Proof;
use std::sync::mpsc::SyncSender;
use std::sync::{Arc, Mutex};
use std::time::Instant;
use store::Store;
use tokio::runtime::{Handle, Runtime};
use tokio::sync::{mpsc, watch};
use types::{ChainId, Evidence, Height, TimestampMs, Tx, ValidatorId};
use vm::Machine;

type ProveFn = dyn Fn(Height, &[u8]) -> Result<Proof, ProveError> + Send + Sync;

/// Requests that wait for the node; more are answered `OVERLOADED`.
const MAX_REQUESTS: usize = 2_048;

/// What the interface for wallets is made from.
pub(crate) struct Wallets<'a> {
    pub(crate) options: &'a RunOptions,
    pub(crate) chain: &'a Chain,
    pub(crate) own: Option<ValidatorId>,
    pub(crate) store: Arc<Store>,
    pub(crate) tree: SharedTree,
    pub(crate) machine: Machine,
    pub(crate) node: SyncSender<Input>,
    pub(crate) replies: Arc<Mutex<Replies>>,
    pub(crate) network: network::CommandSender,
    pub(crate) status: watch::Receiver<Arc<Status>>,
    pub(crate) heights: watch::Receiver<Heights>,
    pub(crate) started: Instant,
    /// Whether the signer process is away; `None` if the keys are here.
    pub(crate) signer: Option<watch::Receiver<Option<Away>>>,
}

/// Start serving; the server stops when it is dropped.
pub(crate) fn serve(wallets: Wallets<'_>, runtime: &Runtime) -> Outcome<Server> {
    let (requests, inbox) = mpsc::channel(MAX_REQUESTS);
    let (head, head_seen) = watch::channel(Head::default());
    let (consensus, consensus_seen) = watch::channel(Arc::new(ConsensusStatus::default()));
    let config = listeners(wallets.options)?;
    let mut registry = Registry::default();
    let metrics = Metrics::register(&mut registry);
    let sources = Sources {
        status: wallets.status.clone(),
        heights: wallets.heights.clone(),
        network: wallets.network.clone(),
        store: Arc::clone(&wallets.store),
        signer: wallets.signer.clone(),
    };
    let services = Services {
        chain: ChainInfo {
            name: wallets.chain.genesis.name.clone(),
            chain_id: wallets.chain.chain_id,
            genesis_hash: wallets.chain.genesis_hash,
            prefix: wallets.chain.document.address_prefix.clone(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            validator: wallets.own,
        },
        store: Arc::clone(&wallets.store),
        requests,
        head: head_seen,
        consensus: consensus_seen,
        prove: prover(&wallets),
        simulate: simulator(&wallets),
        view: viewer(&wallets),
        section: Arc::new(|code, name| {
            let facts = vm::check(code).ok()?;
            let found = facts.sections.into_iter().find(|(known, _)| known == name);
            found.map(|(_, bytes)| bytes)
        }),
        metrics_text: Arc::new(move || metrics::text(&sources, &registry)),
        set_log_filter: Arc::new(telemetry::set_filter),
        metrics,
    };
    let publisher = Publisher {
        status: wallets.status.clone(),
        heights: wallets.heights.clone(),
        head,
        consensus,
        started: wallets.started,
        prefix: wallets.chain.document.address_prefix.clone(),
        short_of_power: None,
        signer: wallets.signer.clone(),
    };
    runtime.spawn(publisher.run());
    let desk = Desk {
        runtime: runtime.handle().clone(),
        node: wallets.node.clone(),
        replies: Arc::clone(&wallets.replies),
        store: Arc::clone(&wallets.store),
        chain_id: wallets.chain.chain_id,
        network_key: network::network_public_key(
            &wallets.options.home.read_network_seed().or_exit(Exit::Key)?,
        ),
        listen: wallets.options.config.network.listen.clone(),
        limits: (
            u64::from(wallets.chain.genesis.params.pool_txs),
            wallets.chain.genesis.params.pool_bytes,
        ),
    };
    std::thread::Builder::new().name("wallet-desk".to_owned()).spawn(move || desk.run(inbox))?;
    runtime.block_on(rpc::serve(config, services)).or_exit(Exit::Config)
}

fn listeners(options: &RunOptions) -> Outcome<Config> {
    let rpc = &options.config.rpc;
    let mut public = Listener::loopback(rpc.listen);
    public.insecure = rpc.insecure;
    if let (Some(chain), Some(key)) = (&rpc.tls_certificate, &rpc.tls_key) {
        let read = |path: &std::path::Path| {
            std::fs::read(path).with_context(|| format!("{}", path.display())).or_exit(Exit::Config)
        };
        public.identity = Some(Identity { chain_pem: read(chain)?, key_pem: read(key)? });
    }
    if let Some(path) = &rpc.tokens {
        let bytes = crate::home::read_secret(path).or_exit(Exit::Config)?;
        public.tokens = parse_tokens(&bytes)
            .with_context(|| format!("tokens {}", path.display()))
            .or_exit(Exit::Config)?;
    }
    let connections = descriptors::connections(rpc.max_connections);
    let limits = rpc::Limits { connections, ..rpc::Limits::default() };
    let admin = Some(Listener::loopback(options.config.admin.listen));
    Ok(Config { public, admin, limits })
}

/// Lines of `scope[,scope]:token`.
fn parse_tokens(bytes: &[u8]) -> anyhow::Result<Vec<rpc::Token>> {
    let text = std::str::from_utf8(bytes)?;
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    lines
        .map(|line| {
            let (scopes, token) = line.split_once(':').context("a line is <scopes>:<token>")?;
            let mut all = rpc::Scopes::NONE;
            for name in scopes.split(',') {
                let scope = rpc::Scope::from_name(name.trim())
                    .with_context(|| format!("`{name}` is no scope: read, submit or admin"))?;
                all = all.with(scope);
            }
            Ok(rpc::Token::new(token.trim(), all))
        })
        .collect()
}

fn prover(wallets: &Wallets<'_>) -> Arc<ProveFn> {
    let (tree, store) = (Arc::clone(&wallets.tree), Arc::clone(&wallets.store));
    Arc::new(move |height: Height, raw: &[u8]| -> Result<Proof, ProveError> {
        let tree = tree.read().map_err(|_| ProveError::Failed("the tree is lost".to_owned()))?;
        tree.prove(&*store, height, raw).map_err(|error| match error {
            state::tree::ProveError::Pruned { oldest } => ProveError::Pruned(oldest),
            state::tree::ProveError::NotYet { newest } => {
                ProveError::NotYet(newest.unwrap_or_default())
            }
            other => ProveError::Failed(other.to_string()),
        })
    })
}

fn simulator(wallets: &Wallets<'_>) -> Arc<rpc::Simulate> {
    let (store, machine) = (Arc::clone(&wallets.store), wallets.machine.clone());
    Arc::new(move |tx: &Tx| -> Result<Simulated, SimulateError> {
        let failed = |error: &dyn std::fmt::Display| SimulateError::Failed(error.to_string());
        let snapshot = store.snapshot().map_err(|error| failed(&error))?;
        let (height, position) = next_block(snapshot.tip());
        let params = state::read::params(&snapshot).map_err(|error| failed(&error))?;
        let done = executor::simulate(&machine, &snapshot, tx, &position, &params);
        let executor::Simulated { receipt, returned, log } =
            done.map_err(|error| failed(&error))?;
        Ok(Simulated { height, receipt, returned, log })
    })
}

/// Whether the next block may hold this evidence, by the state at the tip.
fn judge(store: &Store, chain_id: ChainId, evidence: &Evidence) -> Result<(), SimulateError> {
    let failed = |error: &dyn std::fmt::Display| SimulateError::Failed(error.to_string());
    let snapshot = store.snapshot().map_err(|error| failed(&error))?;
    let params = state::read::params(&snapshot).map_err(|error| failed(&error))?;
    let height = snapshot.tip().height.next();
    match executor::evidence::check(&snapshot, &chain_id, height, &params, evidence) {
        Ok(_) => Ok(()),
        Err(CheckError::Invalid(reason)) => Err(SimulateError::Refused(refusal(&reason))),
        Err(CheckError::Read(error)) => Err(failed(&error)),
    }
}

fn viewer(wallets: &Wallets<'_>) -> Arc<rpc::View> {
    let (store, machine) = (Arc::clone(&wallets.store), wallets.machine.clone());
    let chain_id = wallets.chain.chain_id;
    Arc::new(move |question: &Question| -> Result<Viewed, String> {
        let snapshot = store.snapshot().map_err(|error| error.to_string())?;
        let (height, position) = next_block(snapshot.tip());
        let params = state::read::params(&snapshot).map_err(|error| error.to_string())?;
        let question = executor::simulate::Question {
            contract: question.contract,
            method: &question.method,
            input: &question.input,
            caller: question.caller,
            gas: question.gas,
        };
        let answer =
            executor::simulate::view(&machine, &snapshot, &question, chain_id, &position, &params);
        let executor::simulate::Answer { gas_used, result, log } =
            answer.map_err(|error| error.to_string())?;
        Ok(Viewed { height, gas_used, result, log })
    })
}

/// The newest height, and where the next block would stand.
fn next_block(tip: &store::Tip) -> (Height, Position) {
    let time_ms = TimestampMs(tip.time_ms.0.saturating_add(1));
    (tip.height, Position { height: tip.height.next(), time_ms })
}

fn refusal(reason: &executor::Rejection) -> Refusal {
    Refusal {
        code: reason.code,
        field: reason.field.to_owned(),
        value: reason.value.clone(),
        limit: reason.limit.clone(),
    }
}

/// Takes wallets' requests to the replica's thread.
struct Desk {
    runtime: Handle,
    node: SyncSender<Input>,
    replies: Arc<Mutex<Replies>>,
    store: Arc<Store>,
    chain_id: ChainId,
    network_key: types::PublicKey,
    listen: Vec<String>,
    limits: (u64, u64),
}

impl Desk {
    fn run(self, mut inbox: mpsc::Receiver<Request>) {
        while let Some(request) = inbox.blocking_recv() {
            if self.take(request).is_err() {
                return;
            }
        }
    }

    /// `Err` once the node is gone. A request that is dropped is answered `OVERLOADED` by the
    /// server.
    fn take(&self, request: Request) -> Result<(), ()> {
        let input = match request {
            Request::Submit { txs, reply } => {
                let (sender, receiver) = tokio::sync::oneshot::channel();
                let Some(request) = lock(&self.replies).register(sender) else { return Ok(()) };
                // The outcome is translated where it arrives, on a thread that may wait.
                self.runtime.spawn(async move {
                    if let Ok(outcomes) = receiver.await {
                        let outcomes = outcomes.into_iter().map(outcome).collect();
                        let _ = reply.send(outcomes);
                    }
                });
                Input::Event(Event::Submitted { request, txs })
            }
            Request::SubmitEvidence { evidence, reply } => {
                let verdict = judge(&self.store, self.chain_id, &evidence);
                let valid = verdict.is_ok();
                let _ = reply.send(verdict);
                if !valid {
                    return Ok(());
                }
                Input::Event(Event::EvidenceSubmitted(evidence))
            }
            Request::TxStatus { hash, reply } => ask(move |replica| {
                let _ = reply.send(place(replica, &hash));
            }),
            Request::PendingNonce { sender, lane, reply } => ask(move |replica| {
                let _ = reply.send(replica.pool().pending_nonce(&sender, lane));
            }),
            Request::MempoolInfo { reply } => {
                let (max_txs, max_bytes) = self.limits;
                ask(move |replica| {
                    let pool = replica.pool();
                    let _ = reply.send(MempoolInfo {
                        txs: pool.len() as u64,
                        bytes: pool.bytes(),
                        max_txs,
                        max_bytes,
                        senders: pool.senders() as u64,
                    });
                })
            }
            Request::NetInfo { reply } => {
                let (network_key, listen) = (self.network_key, self.listen.clone());
                ask(move |replica| {
                    let _ = reply.send(NetInfo { network_key, listen, peers: peers_of(replica) });
                })
            }
            Request::Ping { reply } => ask(move |_| {
                let _ = reply.send(());
            }),
            Request::Stop => Input::Stop,
        };
        self.node.send(input).map_err(|_| ())
    }
}

fn ask(question: impl FnOnce(&Replica) + Send + 'static) -> Input {
    Input::Ask(Box::new(question))
}

fn outcome(outcome: replica::SubmitOutcome) -> SubmitOutcome {
    let result = outcome.result.map_err(|reason| refusal(&reason));
    SubmitOutcome { hash: outcome.hash, result }
}

fn place(replica: &Replica, hash: &types::TxHash) -> TxPlace {
    match replica.pool().status(hash) {
        Some(mempool::Status::Pending { position }) => TxPlace::Pending(Some(position as u64)),
        Some(mempool::Status::Dropped { code }) => TxPlace::Dropped(code),
        Some(mempool::Status::Committed) | None => TxPlace::Unknown,
    }
}

fn peers_of(replica: &Replica) -> Vec<client::dto::Peer> {
    replica
        .peers()
        .map(|(network_key, tip, validator)| client::dto::Peer { network_key, tip, validator })
        .collect()
}
