//! A whole net of real processes on this machine: made, started, watched, stopped.
//!
//! `<dir>/devnet.json` says what was made; each node has its home in `<dir>/node<i>`, with its
//! process id in `pid` and its log in `node.log`. Processes are found again by id and by the home
//! in
//! their command line, so that nothing else is ever stopped.

mod processes;

pub(crate) use processes::{running, spawn, stop};

use crate::genesis::{self, Plan, PlannedAccount, PlannedNode};
use crate::home::{Home, write_secret};
use crate::keystore::Cost;
use anyhow::{Context, bail};
use serde::{Deserialize, Serialize};
use std::fs;
use std::path::{Path, PathBuf};

/// Fewest and most validators of a devnet.
pub(crate) const VALIDATORS: std::ops::RangeInclusive<u16> = 1..=32;
/// Ports of a node: RPC, p2p and admin on three of ten.
const PORTS_PER_NODE: u16 = 10;
/// What each test account holds at first.
const TEST_BALANCE: u128 = 1_000_000_000_000;
/// Names of the funded test accounts.
pub(crate) const TEST_ACCOUNTS: [&str; 4] = ["alice", "bob", "carol", "dave"];

/// What a devnet consists of; kept in `devnet.json`.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Devnet {
    /// The chain's name.
    pub(crate) name: String,
    /// First port; node i has RPC at +10·i, p2p at +10·i+1, admin and metrics at +10·i+2.
    pub(crate) base_port: u16,
    /// How many validators.
    pub(crate) validators: u16,
}

/// Where a node listens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ports {
    pub(crate) rpc: u16,
    pub(crate) p2p: u16,
    pub(crate) admin: u16,
}

impl Devnet {
    /// Read the devnet of a folder; `None` if there is none.
    pub(crate) fn read(dir: &Path) -> anyhow::Result<Option<Self>> {
        let path = dir.join("devnet.json");
        match fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes)
                .map(Some)
                .with_context(|| format!("{}", path.display())),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).with_context(|| format!("{}", path.display())),
        }
    }

    /// Make homes, keys, test accounts and the chain spec in a folder that has none yet.
    ///
    /// # Errors
    /// If the folder holds something, a number is out of bounds, or a file cannot be written.
    pub(crate) fn make(dir: &Path, validators: u16, base_port: u16) -> anyhow::Result<Self> {
        if !VALIDATORS.contains(&validators) {
            bail!(
                "--validators is {validators}, the limits are {} and {}",
                VALIDATORS.start(),
                VALIDATORS.end()
            );
        }
        let devnet = Self { name: "syndic:devnet".to_owned(), base_port, validators };
        devnet.ports(validators - 1)?;
        fs::create_dir_all(dir).with_context(|| format!("folder {}", dir.display()))?;
        if fs::read_dir(dir)?.next().is_some() {
            bail!("folder {} is not empty, and holds no devnet.json", dir.display());
        }
        let nodes = (0..validators)
            .map(|i| {
                let ports = devnet.ports(i)?;
                Ok(PlannedNode {
                    home: devnet.home(dir, i),
                    moniker: format!("node{i}"),
                    rpc: ([127, 0, 0, 1], ports.rpc).into(),
                    admin: ([127, 0, 0, 1], ports.admin).into(),
                    p2p: format!("/ip4/127.0.0.1/tcp/{}", ports.p2p),
                })
            })
            .collect::<anyhow::Result<Vec<_>>>()?;
        let accounts = TEST_ACCOUNTS
            .iter()
            .map(|name| PlannedAccount { name: (*name).to_owned(), balance: TEST_BALANCE })
            .collect();
        let plan = Plan {
            name: devnet.name.clone(),
            preset: chainspec::Preset::Devnet,
            nodes,
            accounts,
            accounts_dir: dir.join("accounts"),
            cost: Cost::Devnet,
        };
        genesis::make(&plan)?;
        let bytes = serde_json::to_vec_pretty(&devnet)?;
        write_secret(&dir.join("devnet.json"), &bytes)?;
        Ok(devnet)
    }

    /// The ports of node `i`.
    ///
    /// # Errors
    /// If they lie above 65,535.
    pub(crate) fn ports(&self, i: u16) -> anyhow::Result<Ports> {
        let first = i
            .checked_mul(PORTS_PER_NODE)
            .and_then(|offset| self.base_port.checked_add(offset))
            .filter(|first| *first <= u16::MAX - 2)
            .with_context(|| {
                format!("--base-port {}: node {i} would need a port above 65535", self.base_port)
            })?;
        Ok(Ports { rpc: first, p2p: first + 1, admin: first + 2 })
    }

    /// The home of node `i`.
    pub(crate) fn home(&self, dir: &Path, i: u16) -> Home {
        Home::new(&dir.join(format!("node{i}")))
    }

    /// The RPC address of node `i`.
    pub(crate) fn url(&self, i: u16) -> anyhow::Result<String> {
        Ok(format!("http://127.0.0.1:{}", self.ports(i)?.rpc))
    }
}

/// Where a node's log goes.
pub(crate) fn log_file(home: &Home) -> PathBuf {
    home.root().join("node.log")
}
