//! The net that a scenario plays on: its nodes, one after the other, and the devnet's accounts.

use crate::commands::coupon::Session;
use crate::commands::files;
use crate::commands::node::{ClientMeaning, NodeArguments};
use crate::commands::tx::{ChainFacts, Given, Options, failed, give_and_follow, signed};
use crate::devnet::Devnet;
use crate::exit::{Exit, Meaning, Outcome};
use anyhow::{Context, anyhow};
use clap::Args;
use client::client::Client;
use client::dto::{AddressText, TxState, Wait};
use crypto::sign::SecretKey;
use std::path::PathBuf;
use std::time::{Duration, Instant};
use types::contract::MAX_CODE_BYTES;
use types::{Address, AddressKind, Call, Height};

/// How long all nodes may take to reach a height.
const PATIENCE: Duration = Duration::from_secs(60);
/// How often they are looked at.
const POLL: Duration = Duration::from_millis(50);

/// Which net.
#[derive(Args, Clone, Debug)]
pub(crate) struct StageArguments {
    /// The devnet's folder: its nodes are used, and its test accounts.
    #[arg(long, default_value = ".devnet", env = "SYNDIC_DEVNET", value_name = "DIR")]
    dir: PathBuf,
    /// The contract's code.
    #[arg(long, value_name = "FILE")]
    wasm: PathBuf,
}

impl StageArguments {
    /// The contract's code.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub(crate) fn code(&self) -> Outcome<Vec<u8>> {
        files::read(&self.wasm, MAX_CODE_BYTES as u64).or_exit(Exit::Usage)
    }
}

/// The nodes of a devnet.
pub(crate) struct Stage {
    urls: Vec<String>,
    dir: PathBuf,
    next: usize,
    /// The height of the last step: whoever is asked must have it.
    reached: Height,
}

impl Stage {
    /// The devnet of a folder.
    ///
    /// # Errors
    /// If there is none.
    pub(crate) fn open(arguments: &StageArguments) -> Outcome<Self> {
        let dir = arguments.dir.clone();
        let devnet = Devnet::read(&dir).or_exit(Exit::Config)?;
        let devnet = devnet
            .ok_or_else(|| anyhow!("no devnet in {}; start one: devnet up", dir.display()))
            .or_exit(Exit::Config)?;
        let urls = (0..devnet.validators).map(|node| devnet.url(node));
        Ok(Self { urls: urls.collect::<anyhow::Result<_>>()?, dir, next: 0, reached: Height::ZERO })
    }

    /// How many nodes there are.
    pub(crate) fn nodes(&self) -> usize {
        self.urls.len()
    }

    /// The node of the next step. One that does not answer, or is behind the last step, is passed
    /// over: a validator may be down.
    ///
    /// # Errors
    /// If none answers.
    pub(crate) fn turn(&mut self) -> Outcome<usize> {
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline {
            for _ in 0..self.nodes() {
                let node = self.next;
                self.next = (self.next + 1) % self.nodes();
                let status = self.client(node)?.status();
                if status.is_ok_and(|status| status.finalized.height >= self.reached) {
                    return Ok(node);
                }
            }
            std::thread::sleep(POLL);
        }
        Err(anyhow!("no node answers")).or_exit(Exit::Unreachable)
    }

    /// A client of one node alone.
    ///
    /// # Errors
    /// If the address is none, which it is not.
    pub(crate) fn client(&self, node: usize) -> Outcome<Client> {
        client_of(self.urls[node].clone())
    }

    /// The contract at one node alone.
    ///
    /// # Errors
    /// If the node does not answer.
    pub(crate) fn session(&self, node: usize, contract: &str) -> Outcome<Session> {
        Session::new(self.client(node)?, contract)
    }

    /// The contract at one node, and at the others should that node go down on the way.
    ///
    /// # Errors
    /// If no node answers.
    pub(crate) fn session_from(&self, node: usize, contract: &str) -> Outcome<Session> {
        Session::new(self.client_from(node)?, contract)
    }

    fn client_from(&self, node: usize) -> Outcome<Client> {
        let (before, from) = self.urls.split_at(node);
        client_of([from, before].concat().join(","))
    }

    /// The contract at the node whose turn it is.
    ///
    /// # Errors
    /// If no node answers.
    pub(crate) fn next_session(&mut self, contract: &str) -> Outcome<Session> {
        let node = self.turn()?;
        self.session_from(node, contract)
    }

    /// The text of a contract's address.
    ///
    /// # Errors
    /// If no node answers.
    pub(crate) fn contract_text(&mut self, contract: &Address) -> Outcome<String> {
        let node = self.turn()?;
        let prefix = self.client(node)?.status().or_class()?.chain.prefix;
        Ok(AddressText::new(&prefix, AddressKind::Contract, contract).0)
    }

    /// Send a call through the node whose turn it is, and wait until it is final.
    ///
    /// # Errors
    /// If it is refused.
    pub(crate) fn send(&mut self, key: &SecretKey, call: Call) -> Outcome {
        let node = self.turn()?;
        let client = self.client_from(node)?;
        let facts = ChainFacts::ask(&client)?;
        let bytes = signed(&client, &facts, &Options::default(), key, None, call)?;
        let given = Given::new(&bytes)?;
        let state = give_and_follow(&client, &given, Wait::Final, PATIENCE)?;
        if let TxState::Final(outcome) = &state {
            self.reached = self.reached.max(outcome.height);
        }
        failed(given.hash, &state).map_or(Ok(()), Err)
    }

    /// The key of a test account.
    ///
    /// # Errors
    /// If the devnet has none of this name.
    pub(crate) fn account(&self, name: &str) -> Outcome<SecretKey> {
        let path = self.dir.join(format!("accounts/{name}.key"));
        let bytes = crate::home::read_secret(&path).or_exit(Exit::Key)?;
        let text = std::str::from_utf8(&bytes).context("want 64 hex digits").or_exit(Exit::Key)?;
        let seed = types::hash::parse_hex_32(text.trim());
        let seed = seed.with_context(|| format!("{}: want 64 hex digits", path.display()));
        Ok(SecretKey::from_seed(seed.or_exit(Exit::Key)?))
    }

    /// Wait until a height is final on every node that answers, and say which those are.
    ///
    /// # Errors
    /// If that takes too long.
    pub(crate) fn settle(&mut self, height: Height) -> Outcome<Vec<usize>> {
        let deadline = Instant::now() + PATIENCE;
        self.reached = self.reached.max(height);
        let mut reached = Vec::new();
        for node in 0..self.nodes() {
            let client = self.client(node)?;
            loop {
                match client.status() {
                    Ok(status) if status.finalized.height >= height => {
                        reached.push(node);
                        break;
                    }
                    Ok(_) if Instant::now() < deadline => std::thread::sleep(POLL),
                    Ok(_) => {
                        let error = anyhow!("node {node} has not reached height {height}");
                        return Err(error).or_exit(Exit::Timeout);
                    }
                    Err(_) => break,
                }
            }
        }
        Ok(reached)
    }
}

fn client_of(node: String) -> Outcome<Client> {
    let (token_file, tls_roots) = (None, None);
    NodeArguments { node, token_file, tls_roots }.client()
}
