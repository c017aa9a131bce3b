//! A devnet as its user has it: made, set up, started and stopped by the program's own commands.

use crate::cluster::{free_ports, wait};
use crate::program;
use anyhow::{Context, bail};
use client::client::{Client, Config};
use crypto::sign::SecretKey;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;
use tempfile::TempDir;
use types::{Genesis, Height};

/// Ports of a node: RPC, p2p and admin on three of ten.
const PORTS_PER_NODE: u16 = 10;

/// A devnet in a temporary folder; its nodes end when it is dropped.
pub struct Devnet {
    folder: TempDir,
    base_port: u16,
}

impl Devnet {
    /// Make keys and homes; nothing runs yet.
    ///
    /// # Errors
    /// What `syndic devnet new` said.
    pub fn make(nodes: u16) -> anyhow::Result<Self> {
        let net = Self { folder: tempfile::tempdir()?, base_port: free_ports(nodes)? };
        let (validators, port) = (nodes.to_string(), net.base_port.to_string());
        net.devnet(&["new", "--validators", &validators, "--base-port", &port])?;
        Ok(net)
    }

    /// Make and start a net; returns when height 3 is final on every node.
    ///
    /// # Errors
    /// What `syndic devnet` said.
    pub fn start(nodes: u16) -> anyhow::Result<Self> {
        let net = Self::make(nodes)?;
        net.devnet(&["up"])?;
        Ok(net)
    }

    /// Run `syndic devnet` on it; its standard output.
    ///
    /// # Errors
    /// What it said on standard error, if it failed.
    pub fn devnet(&self, arguments: &[&str]) -> anyhow::Result<Vec<u8>> {
        let folder = self.folder();
        let folder = folder.to_string_lossy();
        let all = [&["devnet", "--dir", &*folder], arguments].concat();
        let output = syndic(&all)?;
        if !output.status.success() {
            bail!("devnet {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        }
        Ok(output.stdout)
    }

    /// Its folder.
    #[must_use]
    pub fn folder(&self) -> PathBuf {
        self.folder.path().join("net")
    }

    /// A node's home.
    #[must_use]
    pub fn home(&self, node: u16) -> PathBuf {
        self.folder().join(format!("node{node}"))
    }

    /// First port of a node: RPC; p2p is one above, admin two.
    #[must_use]
    pub const fn port(&self, node: u16) -> u16 {
        self.base_port + PORTS_PER_NODE * node
    }

    /// The RPC address of a node.
    #[must_use]
    pub fn url(&self, node: u16) -> String {
        format!("http://127.0.0.1:{}", self.port(node))
    }

    /// A client of one node.
    ///
    /// # Errors
    /// If the address is none, which it is not.
    pub fn client(&self, node: u16) -> anyhow::Result<Client> {
        Ok(Client::new(Config::from_urls(&self.url(node))?)?)
    }

    /// The key of a test account.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn key(&self, name: &str) -> anyhow::Result<SecretKey> {
        let text = fs::read_to_string(self.folder().join(format!("accounts/{name}.key")))?;
        let seed = types::hash::parse_hex_32(text.trim()).context("a seed in hex")?;
        Ok(SecretKey::from_seed(seed))
    }

    /// The genesis that its chain spec describes.
    ///
    /// # Errors
    /// If the chain spec cannot be read.
    pub fn genesis(&self) -> anyhow::Result<Genesis> {
        let text = fs::read_to_string(self.home(0).join("chain.toml"))?;
        Ok(chainspec::Document::parse(&text)?.to_genesis())
    }

    /// Change a file of every home.
    ///
    /// # Errors
    /// If a file does not hold `from`, or cannot be written.
    pub fn replace(&self, nodes: u16, file: &str, from: &str, to: &str) -> anyhow::Result<()> {
        for node in 0..nodes {
            replace(&self.home(node).join(file), from, to)?;
        }
        Ok(())
    }

    /// Wait until a height is final on a node.
    ///
    /// # Errors
    /// If it takes longer than `limit`.
    pub fn wait_final(&self, node: u16, height: Height, limit: Duration) -> anyhow::Result<()> {
        let client = self.client(node)?;
        wait(limit, &format!("height {height} to be final on node {node}"), || {
            Ok(client.status().is_ok_and(|status| status.finalized.height >= height))
        })
    }
}

impl Drop for Devnet {
    fn drop(&mut self) {
        // What the program cannot stop, nobody here can.
        let _ = self.devnet(&["down"]);
    }
}

/// Put one text in place of another in a file.
///
/// # Errors
/// If the file does not hold `from`, or cannot be written.
pub fn replace(file: &Path, from: &str, to: &str) -> anyhow::Result<()> {
    let text = fs::read_to_string(file)?;
    if !text.contains(from) {
        bail!("{} does not hold {from:?}", file.display());
    }
    Ok(fs::write(file, text.replacen(from, to, 1))?)
}

/// Run the program.
///
/// # Errors
/// If it cannot be run.
pub fn syndic(arguments: &[&str]) -> anyhow::Result<Output> {
    Ok(Command::new(program::syndic()?).args(arguments).output()?)
}
