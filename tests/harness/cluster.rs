//! A net of real processes in a temporary folder: made, started, killed, watched.
//!
//! Nodes run the program `faulty`, which is `syndic` with hooks: each keeps a ledger of what it
//! sends, and may be told to die at an action. Every process is a child of the test and is ended by
//! its id when the net is dropped, also by a panic; the folder is kept then.

mod anew;
mod process;

use crate::ledger::Record;
use crate::program;
pub(crate) use anew::seed_in;
use anyhow::{Context, bail, ensure};
use client::client::{Client, Config};
use client::dto::Status;
use crypto::sign::SecretKey;
use process::Process;
use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Output};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use types::{BlockId, Height};

/// How often a condition is looked at.
const POLL: Duration = Duration::from_millis(20);
/// How long anything may take that takes seconds; only a failure is bounded by it.
pub const PATIENCE: Duration = Duration::from_secs(90);
/// Idle time between two heights of a test net: short, so that heights need no transactions.
const IDLE_INTERVAL_MS: u64 = 100;
/// Ports of a node: RPC, p2p and admin on three of ten, as `syndic devnet` gives them.
const PORTS_PER_NODE: u16 = 10;
/// Blocks asked for at once.
const BLOCKS_AT_ONCE: u32 = 100;

/// A net of validators, and of further nodes that were added.
pub struct Cluster {
    folder: TempDir,
    base_port: u16,
    validators: u16,
    processes: Vec<Process>,
}

impl Cluster {
    /// Make the keys and homes of a net with short idle times; nothing runs yet.
    ///
    /// # Errors
    /// What `devnet new` said.
    pub fn make(validators: u16) -> anyhow::Result<Self> {
        let mut cluster =
            Self { folder: tempfile::tempdir()?, base_port: 0, validators, processes: Vec::new() };
        // Room for as many nodes again that are added later.
        cluster.base_port = free_ports(validators * 2)?;
        let (count, port) = (validators.to_string(), cluster.base_port.to_string());
        let dir = cluster.folder();
        let dir = dir.to_string_lossy();
        cluster.syndic(&[
            "devnet",
            "--dir",
            &dir,
            "new",
            "--validators",
            &count,
            "--base-port",
            &port,
        ])?;
        for node in 0..validators {
            let home = cluster.home(node);
            shorten_idle_time(&home.join("chain.toml"))?;
            cluster.processes.push(Process::new(home));
        }
        Ok(cluster)
    }

    /// A net whose homes do not exist yet: whoever begins the chain makes them.
    ///
    /// # Errors
    /// If no ports are free.
    pub fn bare(validators: u16) -> anyhow::Result<Self> {
        let (folder, base_port) = (tempfile::tempdir()?, free_ports(validators * 2)?);
        let mut cluster = Self { folder, base_port, validators, processes: Vec::new() };
        std::fs::create_dir_all(cluster.folder())?;
        let homes: Vec<PathBuf> = (0..validators).map(|node| cluster.home(node)).collect();
        cluster.processes = homes.into_iter().map(Process::new).collect();
        Ok(cluster)
    }

    /// Write the configuration of a home that `validator prepare` made, with ports of its own.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn configure(&self, node: u16) -> anyhow::Result<()> {
        let port = self.base_port + PORTS_PER_NODE * node;
        let text = format!(
            "[rpc]\nlisten = \"127.0.0.1:{port}\"\n[admin]\nlisten = \"127.0.0.1:{}\"\n\
             [network]\nlisten = [\"{}\"]\n",
            port + 2,
            self.multiaddr(node)
        );
        Ok(std::fs::write(self.home(node).join("config.toml"), text)?)
    }

    /// Where other nodes reach a node.
    #[must_use]
    pub fn multiaddr(&self, node: u16) -> String {
        format!("/ip4/127.0.0.1/tcp/{}", self.base_port + PORTS_PER_NODE * node + 1)
    }

    /// Make and start a net; returns when height 3 is final on every validator.
    ///
    /// # Errors
    /// If it does not come up.
    pub fn start(validators: u16) -> anyhow::Result<Self> {
        let mut cluster = Self::make(validators)?;
        let all: Vec<u16> = (0..validators).collect();
        cluster.run(&all, &[])?;
        cluster.wait_final(&all, Height(3), PATIENCE)?;
        Ok(cluster)
    }

    /// Add a node that is no validator, as an operator would: the chain spec, a configuration and
    /// a network key of its own. Its number and that key.
    ///
    /// # Errors
    /// If a file cannot be written.
    pub fn add_observer(&mut self) -> anyhow::Result<(u16, String)> {
        let node = self.add_home()?;
        let seed = cli::run::fresh();
        let seed_text = format!("{}\n", hex::encode(seed));
        let file = self.home(node).join("keys/network.key");
        cli::home::write_secret(&file, seed_text.as_bytes())?;
        Ok((node, hex::encode(SecretKey::from_seed(seed).public().0)))
    }

    /// Add the home of a further node that has no keys yet; its number.
    ///
    /// # Errors
    /// If a file cannot be written.
    pub fn add_home(&mut self) -> anyhow::Result<u16> {
        let node = u16::try_from(self.processes.len())?;
        ensure!(node < self.validators * 2, "no ports are left for node {node}");
        let home = self.home(node);
        std::fs::create_dir_all(home.join("keys"))?;
        std::fs::copy(self.home(0).join("chain.toml"), home.join("chain.toml"))?;
        let mut config = std::fs::read_to_string(self.home(0).join("config.toml"))?;
        for offset in 0..3 {
            let own = self.base_port + PORTS_PER_NODE * node + offset;
            config = config.replace(&(self.base_port + offset).to_string(), &own.to_string());
        }
        std::fs::write(home.join("config.toml"), config)?;
        self.processes.push(Process::new(home));
        Ok(node)
    }

    /// Name a network key in `network.extra_peers` of a node, which reads it at its next start.
    ///
    /// # Errors
    /// If the configuration is not as it was made.
    pub fn permit(&self, node: u16, network_key: &str) -> anyhow::Result<()> {
        let path = self.home(node).join("config.toml");
        let config = std::fs::read_to_string(&path)?;
        let permitted =
            config.replace("extra_peers = []", &format!("extra_peers = [\"{network_key}\"]"));
        ensure!(config != permitted, "{} names extra peers already", path.display());
        Ok(std::fs::write(path, permitted)?)
    }

    /// Make the chain anew with the same keys: a new chain spec, and no databases. Nothing may run.
    ///
    /// # Errors
    /// If a key cannot be read or a file not be written.
    pub fn make_anew(&self) -> anyhow::Result<()> {
        let homes: Vec<PathBuf> = (0..self.validators).map(|node| self.home(node)).collect();
        let spec = anew::draw_again(&homes, &self.folder().join("accounts/registrar.key"))?;
        for home in homes {
            std::fs::write(home.join("chain.toml"), &spec)?;
            std::fs::remove_dir_all(home.join("data"))?;
        }
        Ok(())
    }

    /// The height up to which a node's guard has votes.
    ///
    /// # Errors
    /// If there is no guard.
    pub fn voted(&self, node: u16) -> anyhow::Result<Height> {
        let home = self.home(node);
        let home = home.to_string_lossy();
        let json = self.syndic(&["validator", "status", "--json", "--home", &home])?;
        let guard: serde_json::Value = serde_json::from_str(&json)?;
        guard["votes"]["height"].as_u64().map(Height).context("a height")
    }

    /// The net's folder.
    #[must_use]
    pub fn folder(&self) -> PathBuf {
        self.folder.path().join("net")
    }

    /// The home of a node.
    #[must_use]
    pub fn home(&self, node: u16) -> PathBuf {
        self.folder().join(format!("node{node}"))
    }

    /// What a node has logged since it was made.
    #[must_use]
    pub fn log(&self, node: u16) -> String {
        std::fs::read_to_string(self.home(node).join("node.log")).unwrap_or_default()
    }

    /// The secret key of a devnet's account, such as alice.
    ///
    /// # Errors
    /// If its file cannot be read.
    pub fn key(&self, account: &str) -> anyhow::Result<SecretKey> {
        let file = self.folder().join(format!("accounts/{account}.key"));
        Ok(SecretKey::from_seed(seed_in(&file)?))
    }

    /// The RPC address of a node.
    #[must_use]
    pub fn url(&self, node: u16) -> String {
        format!("http://127.0.0.1:{}", self.base_port + PORTS_PER_NODE * node)
    }

    /// The RPC addresses of all validators, separated by commas.
    #[must_use]
    pub fn urls(&self) -> String {
        (0..self.validators).map(|node| self.url(node)).collect::<Vec<_>>().join(",")
    }

    /// A client of one node.
    ///
    /// # Errors
    /// If the address is none, which it is not.
    pub fn client(&self, node: u16) -> anyhow::Result<Client> {
        Ok(Client::new(Config::from_urls(&self.url(node))?)?)
    }

    /// Run a `syndic` command to its end, and take what it printed.
    ///
    /// # Errors
    /// What it said on standard error, if it failed.
    pub fn syndic(&self, arguments: &[&str]) -> anyhow::Result<String> {
        let output = self.try_syndic(arguments)?;
        if !output.status.success() {
            bail!("syndic {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        }
        Ok(String::from_utf8(output.stdout)?)
    }

    /// Run a `syndic` command to its end, whatever that is.
    ///
    /// # Errors
    /// If it cannot be run.
    pub fn try_syndic(&self, arguments: &[&str]) -> anyhow::Result<Output> {
        Ok(Command::new(program::built("faulty")?).args(arguments).output()?)
    }

    /// Start these nodes with faults on their command lines.
    ///
    /// # Errors
    /// If one runs already or cannot be started.
    pub fn run(&mut self, nodes: &[u16], faults: &[&str]) -> anyhow::Result<()> {
        let program = program::built("faulty")?;
        nodes.iter().try_for_each(|node| self.process(*node).start(&program, faults))
    }

    /// End a node's process at once, as a power cut would end it.
    ///
    /// # Errors
    /// If it does not run.
    pub fn kill(&mut self, node: u16) -> anyhow::Result<()> {
        self.process(node).kill()
    }

    /// Let a node's process stand still with all its connections open, as a hanging machine would.
    ///
    /// # Errors
    /// If it does not run.
    pub fn freeze(&mut self, node: u16) -> anyhow::Result<()> {
        self.process(node).signal("STOP")
    }

    /// Let a frozen process go on.
    ///
    /// # Errors
    /// If it does not run.
    pub fn thaw(&mut self, node: u16) -> anyhow::Result<()> {
        self.process(node).signal("CONT")
    }

    /// Ask a node to stop, and wait until it has.
    ///
    /// # Errors
    /// If it does not run, or does not stop.
    pub fn stop(&mut self, node: u16) -> anyhow::Result<ExitStatus> {
        self.process(node).signal("TERM")?;
        self.wait_exit(node, PATIENCE)
    }

    /// How a node's process ended; `None` while it runs.
    ///
    /// # Errors
    /// If it was not started.
    pub fn exited(&mut self, node: u16) -> anyhow::Result<Option<ExitStatus>> {
        self.process(node).exited()
    }

    /// Wait until a node's process has ended by itself.
    ///
    /// # Errors
    /// If it takes longer than `limit`.
    pub fn wait_exit(&mut self, node: u16, limit: Duration) -> anyhow::Result<ExitStatus> {
        let mut status = None;
        wait(limit, &format!("node {node} to end"), || {
            status = self.exited(node)?;
            Ok(status.is_some())
        })?;
        status.context("it has ended")
    }

    /// Where a node stands; `None` while it does not answer.
    #[must_use]
    pub fn status(&self, node: u16) -> Option<Status> {
        self.client(node).ok()?.status().ok()
    }

    /// The newest final height of a node; `None` while it does not answer.
    #[must_use]
    pub fn finalized(&self, node: u16) -> Option<Height> {
        Some(self.status(node)?.finalized.height)
    }

    /// The newest durable height of a node; `None` while it does not answer.
    #[must_use]
    pub fn tip(&self, node: u16) -> Option<Height> {
        Some(self.status(node)?.tip.height)
    }

    /// Wait until a height is final on these nodes.
    ///
    /// # Errors
    /// If it takes longer than `limit`, or one of them ends.
    pub fn wait_final(
        &mut self,
        nodes: &[u16],
        height: Height,
        limit: Duration,
    ) -> anyhow::Result<()> {
        let what = format!("height {height} to be final on nodes {nodes:?}");
        wait(limit, &what, || {
            self.check_running(nodes)?;
            let is_final = |node: &u16| self.finalized(*node).is_some_and(|now| now >= height);
            Ok(nodes.iter().all(is_final))
        })
    }

    /// Wait until these nodes have made `more` heights final, from the highest of them.
    ///
    /// # Errors
    /// If it takes longer than [`PATIENCE`], or one of them ends.
    pub fn wait_more(&mut self, nodes: &[u16], more: u64) -> anyhow::Result<Height> {
        wait(PATIENCE, &format!("one of nodes {nodes:?} to answer"), || {
            self.check_running(nodes)?;
            Ok(nodes.iter().any(|node| self.tip(*node).is_some()))
        })?;
        let tip = nodes.iter().filter_map(|node| self.tip(*node)).max().unwrap_or_default();
        let height = Height(tip.0 + more);
        self.wait_final(nodes, height, PATIENCE)?;
        Ok(height)
    }

    /// Check that these nodes run.
    ///
    /// # Errors
    /// If one has ended.
    pub fn check_running(&mut self, nodes: &[u16]) -> anyhow::Result<()> {
        for node in nodes {
            if let Some(status) = self.exited(*node)? {
                bail!("node {node} has ended: {status}");
            }
        }
        Ok(())
    }

    /// One number of a node's metrics.
    ///
    /// # Errors
    /// If the node does not answer, or has no such number.
    pub fn metric(&self, node: u16, name: &str) -> anyhow::Result<u64> {
        let (_, text) = http_get(self.base_port + PORTS_PER_NODE * node + 2, "/metrics")?;
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        let line = line.with_context(|| format!("node {node} has no metric {name}"))?;
        line.trim().parse().with_context(|| format!("{name} {line}"))
    }

    /// Status code and body of `/ready`.
    ///
    /// # Errors
    /// If the node does not answer.
    pub fn ready(&self, node: u16) -> anyhow::Result<(u16, String)> {
        http_get(self.base_port + PORTS_PER_NODE * node, "/ready")
    }

    /// The blocks of a node from height 1 to `to`, with the round of each.
    ///
    /// # Errors
    /// If one is missing.
    pub fn blocks(
        &self,
        node: u16,
        to: Height,
    ) -> anyhow::Result<BTreeMap<Height, (BlockId, u32)>> {
        let client = self.client(node)?;
        let mut blocks = BTreeMap::new();
        let mut from = Height(1);
        while from <= to {
            let page = client.blocks(from, BLOCKS_AT_ONCE)?;
            let last = page.last().with_context(|| format!("node {node}: no block {from}"))?;
            let next = last.height.next();
            ensure!(next > from, "node {node}: blocks from {from} end at {}", last.height);
            let page = page.iter().filter(|block| block.height <= to);
            blocks.extend(page.map(|block| (block.height, (block.block_id, block.round))));
            from = next;
        }
        ensure!(blocks.len() as u64 == to.0, "node {node}: {} of {to} blocks", blocks.len());
        Ok(blocks)
    }

    /// What all nodes have sent since the net was made.
    ///
    /// # Errors
    /// If a ledger cannot be read.
    pub fn record(&self) -> anyhow::Result<Record> {
        Record::read(self.processes.iter().map(Process::ledger))
    }

    /// Check what must hold whatever happened: these nodes have the same block at every height,
    /// each is the one that was decided, nobody signed twice, and everybody signs.
    ///
    /// # Errors
    /// What does not hold.
    pub fn check_agreement(&mut self, nodes: &[u16]) -> anyhow::Result<()> {
        let final_on_all = nodes.iter().filter_map(|node| self.finalized(*node)).min();
        let to = final_on_all.context("a node answers")?;
        let (first, others) = nodes.split_first().context("there are nodes")?;
        let blocks = self.blocks(*first, to)?;
        for node in others {
            let theirs = self.blocks(*node, to)?;
            let other = blocks.iter().find(|(height, block)| theirs.get(height) != Some(block));
            ensure!(other.is_none(), "nodes {first} and {node} differ at {other:?}");
        }
        let record = self.record()?;
        ensure!(!record.is_empty(), "nothing was written down");
        record.check_signed_once()?;
        let committed = blocks.into_iter().map(|(height, (block_id, _))| (height, block_id));
        record.check_committed(usize::from(self.validators), &committed.collect())?;
        for node in nodes {
            for name in ["consensus_evidence_seen", "chain_validators_revealed"] {
                let count = self.metric(*node, name)?;
                ensure!(count == 0, "node {node}: {name} is {count}");
            }
            let status = self.status(*node).context("it answers")?;
            ensure!(status.observer.is_none(), "node {node}: {:?}", status.observer);
        }
        Ok(())
    }

    fn process(&mut self, node: u16) -> &mut Process {
        &mut self.processes[usize::from(node)]
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        for process in &mut self.processes {
            // Whatever is left is ended by its id; nothing can be done if that fails.
            let _ = process.kill();
        }
        if std::thread::panicking() {
            self.folder.disable_cleanup(true);
            eprintln!("logs and data are kept in {}", self.folder.path().display());
            for node in 0..self.processes.len() as u16 {
                let log = self.log(node);
                let lines: Vec<&str> = log.lines().collect();
                let end = lines.len().saturating_sub(12);
                eprintln!("node {node}:\n  {}", lines[end..].join("\n  "));
            }
        }
    }
}

/// Wait until something holds.
///
/// # Errors
/// If it does not within `limit`, or cannot be told.
pub fn wait(
    limit: Duration,
    what: &str,
    mut holds: impl FnMut() -> anyhow::Result<bool>,
) -> anyhow::Result<()> {
    let deadline = Instant::now() + limit;
    while !holds()? {
        if Instant::now() > deadline {
            bail!("waited {limit:?} for {what}");
        }
        std::thread::sleep(POLL); // poll
    }
    Ok(())
}

/// The same chain with a shorter idle time: made before the first start, it is a genesis of its
/// own.
///
/// # Errors
/// If the spec cannot be read or written.
pub fn shorten_idle_time(spec: &Path) -> anyhow::Result<()> {
    let mut document = chainspec::Document::parse(&std::fs::read_to_string(spec)?)?;
    document.genesis.params.idle_interval_ms = IDLE_INTERVAL_MS;
    Ok(std::fs::write(spec, chainspec::render(&document))?)
}

/// Status code and body of a page on loopback.
fn http_get(port: u16, path: &str) -> anyhow::Result<(u16, String)> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(PATIENCE))?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let (head, body) = answer.split_once("\r\n\r\n").context("an HTTP answer has a head")?;
    let code = head.split(' ').nth(1).context("an HTTP answer has a status")?;
    Ok((code.parse()?, body.to_owned()))
}

/// A port from which on the ports of so many nodes are free.
///
/// # Errors
/// If none is found.
pub fn free_ports(nodes: u16) -> anyhow::Result<u16> {
    for _ in 0..100 {
        let mut bytes = [0; 2];
        getrandom::fill(&mut bytes).map_err(|error| anyhow::anyhow!("{error}"))?;
        let base = 10_000 + u16::from_le_bytes(bytes) % 20_000;
        let ports = (0..nodes).flat_map(|node| (0..3).map(move |i| PORTS_PER_NODE * node + i));
        let free = |offset: u16| TcpListener::bind(("127.0.0.1", base + offset)).is_ok();
        if ports.into_iter().all(free) {
            return Ok(base);
        }
    }
    bail!("no free ports")
}
