//! `syndic devnet`: a whole net of real processes on this machine.

use super::output::Output;
use crate::devnet::{self, Devnet, TEST_ACCOUNTS, log_file};
use crate::exit::{Exit, Failure, Meaning, Outcome};
use anyhow::{Context, anyhow};
use clap::{Args, Subcommand};
use client::client::{Client, Config};
use client::dto::SyncProgress;
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Height that must be final everywhere before a devnet counts as up.
const READY_HEIGHT: u64 = 3;
/// How long a devnet may take to get there.
const READY_WAIT: Duration = Duration::from_secs(60);
/// How often nodes are looked at.
const POLL: Duration = Duration::from_millis(50);
/// Lines of a log that are shown.
const LOG_LINES: usize = 50;

/// Arguments of `syndic devnet`.
#[derive(Args, Debug)]
pub(crate) struct DevnetArguments {
    /// The devnet's folder.
    #[arg(long, global = true, default_value = ".devnet", env = "SYNDIC_DEVNET")]
    dir: PathBuf,
    #[command(subcommand)]
    command: DevnetCommand,
}

#[derive(Debug, Subcommand)]
enum DevnetCommand {
    /// Make the devnet if there is none, start it, and wait until height 3 is final everywhere.
    Up {
        /// How many validators, if it is made now.
        #[arg(long, default_value_t = 4)]
        validators: u16,
        /// First port, if it is made now: node i has RPC at +10i, p2p at +10i+1, admin at +10i+2.
        #[arg(long, default_value_t = 7100)]
        base_port: u16,
    },
    /// Make the devnet's keys and homes, and start nothing.
    New {
        /// How many validators.
        #[arg(long, default_value_t = 4)]
        validators: u16,
        /// First port.
        #[arg(long, default_value_t = 7100)]
        base_port: u16,
    },
    /// Stop every node.
    Down,
    /// Say where each node stands.
    Status,
    /// Show the end of a node's log.
    Logs {
        /// Which node, from 0.
        node: u16,
    },
    /// Start one node.
    Start {
        /// Which node, from 0.
        node: u16,
    },
    /// Stop one node.
    Stop {
        /// Which node, from 0.
        node: u16,
    },
}

pub(crate) fn execute(arguments: &DevnetArguments, output: Output) -> Outcome {
    let dir = &arguments.dir;
    match arguments.command {
        DevnetCommand::Up { validators, base_port } => up(dir, validators, base_port, output),
        DevnetCommand::New { validators, base_port } => {
            let devnet = Devnet::make(dir, validators, base_port).or_exit(Exit::Config)?;
            show(dir, &devnet, output)
        }
        DevnetCommand::Down => down(dir, output),
        DevnetCommand::Status => status(dir, output),
        DevnetCommand::Logs { node } => logs(dir, node),
        DevnetCommand::Start { node } => {
            let devnet = existing(dir)?;
            check_node(&devnet, node)?;
            start(dir, &devnet, node)
        }
        DevnetCommand::Stop { node } => {
            let devnet = existing(dir)?;
            check_node(&devnet, node)?;
            devnet::stop(&devnet.home(dir, node))?;
            Ok(())
        }
    }
}

fn existing(dir: &Path) -> Outcome<Devnet> {
    let found = Devnet::read(dir).or_exit(Exit::Config)?;
    found
        .ok_or_else(|| anyhow!("no devnet in {}; make one with: devnet up", dir.display()))
        .or_exit(Exit::Config)
}

fn check_node(devnet: &Devnet, node: u16) -> Outcome {
    if node < devnet.validators {
        return Ok(());
    }
    let last = devnet.validators - 1;
    Err(Failure { exit: Exit::Usage, error: anyhow!("node {node}: the nodes are 0 to {last}") })
}

fn start(dir: &Path, devnet: &Devnet, node: u16) -> Outcome {
    let program = std::env::current_exe().context("this program's path")?;
    devnet::spawn(&program, &devnet.home(dir, node))?;
    Ok(())
}

fn up(dir: &Path, validators: u16, base_port: u16, output: Output) -> Outcome {
    let devnet = match Devnet::read(dir).or_exit(Exit::Config)? {
        Some(devnet) => devnet,
        None => Devnet::make(dir, validators, base_port).or_exit(Exit::Config)?,
    };
    for node in 0..devnet.validators {
        if devnet::running(&devnet.home(dir, node)).is_none() {
            start(dir, &devnet, node)?;
        }
    }
    wait_until_final(dir, &devnet, READY_HEIGHT)?;
    show(dir, &devnet, output)
}

/// Wait until a height is final on every node; a node that has ended meanwhile is an error.
fn wait_until_final(dir: &Path, devnet: &Devnet, height: u64) -> Outcome {
    let bar = ProgressBar::new(u64::from(devnet.validators));
    if let Ok(style) = ProgressStyle::with_template("{pos} of {len} nodes final at height 3") {
        bar.set_style(style);
    }
    let deadline = Instant::now() + READY_WAIT;
    let mut open: Vec<u16> = (0..devnet.validators).collect();
    while !open.is_empty() {
        open.retain(|node| finalized(devnet, *node).is_none_or(|finalized| finalized < height));
        bar.set_position(u64::from(devnet.validators) - open.len() as u64);
        for node in &open {
            let home = devnet.home(dir, *node);
            if devnet::running(&home).is_none() {
                let log = log_file(&home);
                let error = anyhow!("node {node} has ended; its log: {}", log.display());
                return Err(Failure { exit: Exit::Failed, error });
            }
        }
        if Instant::now() > deadline {
            let seconds = READY_WAIT.as_secs();
            let error =
                anyhow!("nodes {open:?} did not finalise height {height} within {seconds} s");
            return Err(Failure { exit: Exit::Timeout, error });
        }
        std::thread::sleep(POLL);
    }
    bar.finish_and_clear();
    Ok(())
}

fn client(devnet: &Devnet, node: u16) -> Option<Client> {
    let url = devnet.url(node).ok()?;
    Client::new(Config::from_urls(&url).ok()?).ok()
}

fn finalized(devnet: &Devnet, node: u16) -> Option<u64> {
    client(devnet, node)?.status().ok().map(|status| status.finalized.height.0)
}

#[derive(Serialize)]
struct Shown {
    name: String,
    nodes: Vec<ShownNode>,
    accounts: Vec<ShownAccount>,
    try_this: String,
}

#[derive(Serialize)]
struct ShownNode {
    node: u16,
    rpc: String,
    p2p_port: u16,
    admin: String,
    home: PathBuf,
    pid: Option<u32>,
}

#[derive(Serialize)]
struct ShownAccount {
    name: String,
    key: PathBuf,
}

fn show(dir: &Path, devnet: &Devnet, output: Output) -> Outcome {
    let mut nodes = Vec::new();
    for node in 0..devnet.validators {
        let ports = devnet.ports(node)?;
        let home = devnet.home(dir, node);
        nodes.push(ShownNode {
            node,
            rpc: devnet.url(node)?,
            p2p_port: ports.p2p,
            admin: format!("http://127.0.0.1:{}", ports.admin),
            pid: devnet::running(&home).map(|running| running.pid),
            home: home.root().to_owned(),
        });
    }
    let key = |name: &str| dir.join(format!("accounts/{name}.key"));
    let accounts =
        TEST_ACCOUNTS.iter().map(|name| ShownAccount { name: (*name).to_owned(), key: key(name) });
    let first = nodes.first().map(|node| node.rpc.clone()).unwrap_or_default();
    // The program need not be on the path.
    let program = std::env::current_exe().context("this program's path")?;
    let shown = Shown {
        name: devnet.name.clone(),
        accounts: accounts.collect(),
        try_this: format!(
            "{} tx transfer --node {first} --key {} --to-key {} --amount 1000 --wait final",
            program.display(),
            key("alice").display(),
            key("bob").display()
        ),
        nodes,
    };
    output.print(&shown, |shown| {
        let mut text = format!("{}\n", shown.name);
        for node in &shown.nodes {
            let pid = node.pid.map_or_else(|| "stopped".to_owned(), |pid| format!("process {pid}"));
            text += &format!(
                "node {}  RPC {}  p2p port {}  admin and metrics {}  {pid}  {}\n",
                node.node,
                node.rpc,
                node.p2p_port,
                node.admin,
                node.home.display()
            );
        }
        for account in &shown.accounts {
            text += &format!("account {}  key {}\n", account.name, account.key.display());
        }
        text + &format!("try: {}", shown.try_this)
    })?;
    Ok(())
}

fn down(dir: &Path, output: Output) -> Outcome {
    let devnet = existing(dir)?;
    let mut stopped = Vec::new();
    for node in 0..devnet.validators {
        if devnet::stop(&devnet.home(dir, node))? {
            stopped.push(node);
        }
    }
    output.print(&stopped, |stopped| format!("stopped {} nodes", stopped.len()))?;
    Ok(())
}

#[derive(Serialize)]
struct NodeStatus {
    node: u16,
    running: bool,
    tip: Option<u64>,
    finalized: Option<u64>,
    not_ready: Vec<String>,
    /// How far catching up has come, while the node is behind.
    #[serde(skip_serializing_if = "Option::is_none")]
    sync: Option<SyncProgress>,
}

fn status(dir: &Path, output: Output) -> Outcome {
    let devnet = existing(dir)?;
    let nodes: Vec<NodeStatus> = (0..devnet.validators)
        .map(|node| {
            let running = devnet::running(&devnet.home(dir, node)).is_some();
            let status = client(&devnet, node).and_then(|client| client.status().ok());
            NodeStatus {
                node,
                running,
                tip: status.as_ref().map(|status| status.tip.height.0),
                finalized: status.as_ref().map(|status| status.finalized.height.0),
                sync: status.as_ref().and_then(|status| status.sync),
                not_ready: status.map(|status| status.not_ready).unwrap_or_default(),
            }
        })
        .collect();
    output.print(&nodes, |nodes| {
        let mut text = String::new();
        for node in nodes {
            let number = |height: Option<u64>| height.map_or("-".to_owned(), |h| h.to_string());
            text += &format!(
                "node {}  {}  tip {}  final {}  {}\n",
                node.node,
                if node.running { "running" } else { "stopped" },
                number(node.tip),
                number(node.finalized),
                node.not_ready.join("; ")
            );
        }
        text
    })?;
    Ok(())
}

fn logs(dir: &Path, node: u16) -> Outcome {
    let devnet = existing(dir)?;
    check_node(&devnet, node)?;
    let path = log_file(&devnet.home(dir, node));
    let text = std::fs::read_to_string(&path).with_context(|| format!("{}", path.display()))?;
    let lines: Vec<&str> = text.lines().collect();
    let from = lines.len().saturating_sub(LOG_LINES);
    for line in lines.get(from..).unwrap_or_default() {
        println!("{line}");
    }
    Ok(())
}
