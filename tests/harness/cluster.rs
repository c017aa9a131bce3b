//! A devnet of real `syndic` processes in a temporary folder, driven by its own commands.

use anyhow::{Context, bail};
use client::client::{Client, Config};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use types::Height;

/// How often a condition is looked at.
const POLL: Duration = Duration::from_millis(50);

/// A running devnet; its processes end when it is dropped.
pub struct Cluster {
    folder: TempDir,
    base_port: u16,
    nodes: u16,
}

impl Cluster {
    /// Make and start a devnet; returns when height 3 is final on every node.
    ///
    /// # Errors
    /// What `syndic devnet up` said.
    pub fn start(nodes: u16) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let cluster = Self { base_port: free_ports(nodes)?, folder, nodes };
        let (validators, port) = (nodes.to_string(), cluster.base_port.to_string());
        cluster.devnet(&["up", "--validators", &validators, "--base-port", &port])?;
        Ok(cluster)
    }

    /// The devnet's folder.
    #[must_use]
    pub fn folder(&self) -> PathBuf {
        self.folder.path().join("net")
    }

    /// The RPC address of a node.
    #[must_use]
    pub fn url(&self, node: u16) -> String {
        format!("http://127.0.0.1:{}", self.base_port + 10 * node)
    }

    /// A client of one node.
    ///
    /// # Errors
    /// If the address is none, which it is not.
    pub fn client(&self, node: u16) -> anyhow::Result<Client> {
        Ok(Client::new(Config::from_urls(&self.url(node))?)?)
    }

    /// Run `syndic devnet` on this devnet.
    ///
    /// # Errors
    /// What it said on standard error, if it failed.
    pub fn devnet(&self, arguments: &[&str]) -> anyhow::Result<Output> {
        let folder = self.folder();
        let output = Command::new(program()?)
            .args(["devnet", "--json", "--dir"])
            .arg(folder)
            .args(arguments)
            .output()?;
        if !output.status.success() {
            bail!("devnet {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        }
        Ok(output)
    }

    /// End a node's process at once, as a power cut would end it.
    ///
    /// # Errors
    /// If there is no such process.
    pub fn kill(&self, node: u16) -> anyhow::Result<()> {
        let pid = self.signal(node, "-KILL")?;
        wait(Duration::from_secs(10), "the process to be gone", || {
            Ok(!Path::new(&format!("/proc/{pid}/exe")).exists())
        })
    }

    /// Let a node's process stand still with all its connections open, as a hanging machine would.
    ///
    /// # Errors
    /// If there is no such process.
    pub fn freeze(&self, node: u16) -> anyhow::Result<()> {
        self.signal(node, "-STOP").map(|_| ())
    }

    /// Let a frozen process go on.
    ///
    /// # Errors
    /// If there is no such process.
    pub fn thaw(&self, node: u16) -> anyhow::Result<()> {
        self.signal(node, "-CONT").map(|_| ())
    }

    fn signal(&self, node: u16, signal: &str) -> anyhow::Result<String> {
        let file = self.folder().join(format!("node{node}/pid"));
        let pid = std::fs::read_to_string(&file).with_context(|| format!("{}", file.display()))?;
        let status = Command::new("kill").args([signal, pid.trim()]).status()?;
        if !status.success() {
            bail!("node {node} cannot be sent {signal}");
        }
        Ok(pid.trim().to_owned())
    }

    /// Start a node again.
    ///
    /// # Errors
    /// What `syndic devnet start` said.
    pub fn restart(&self, node: u16) -> anyhow::Result<()> {
        self.devnet(&["start", &node.to_string()]).map(|_| ())
    }

    /// The newest final height of a node; `None` while it does not answer.
    #[must_use]
    pub fn finalized(&self, node: u16) -> Option<Height> {
        Some(self.client(node).ok()?.status().ok()?.finalized.height)
    }

    /// Wait until a height is final on these nodes.
    ///
    /// # Errors
    /// If it takes longer than `limit`.
    pub fn wait_final(&self, nodes: &[u16], height: Height, limit: Duration) -> anyhow::Result<()> {
        let what = format!("height {height} to be final on nodes {nodes:?}");
        wait(limit, &what, || {
            Ok(nodes
                .iter()
                .all(|node| self.finalized(*node).is_some_and(|final_| final_ >= height)))
        })
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // Whatever is left is ended by its id; nothing can be done if that fails.
        for node in 0..self.nodes {
            let _ = self.kill(node);
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

/// The program under test: built into the folder above this test's own.
///
/// # Errors
/// If it was not built.
pub fn program() -> anyhow::Result<PathBuf> {
    let test = std::env::current_exe()?;
    let folder = test.parent().and_then(Path::parent).context("a test lies in a target folder")?;
    let program = folder.join("syndic");
    if !program.exists() {
        bail!("{} is missing; build it first: cargo build --release", program.display());
    }
    Ok(program)
}

/// A port from which on enough ports are free.
fn free_ports(nodes: u16) -> anyhow::Result<u16> {
    for _ in 0..100 {
        let mut bytes = [0; 2];
        getrandom::fill(&mut bytes).map_err(|error| anyhow::anyhow!("{error}"))?;
        let base = 20_000 + u16::from_le_bytes(bytes) % 20_000;
        let all = (0..nodes).flat_map(|node| (0..3).map(move |i| base + 10 * node + i));
        if all.into_iter().all(|port| TcpListener::bind(("127.0.0.1", port)).is_ok()) {
            return Ok(base);
        }
    }
    bail!("no free ports")
}
