//! A wallet that pays all the time, whatever happens to the nodes, and keeps what became final.

use crate::cluster::{Cluster, PATIENCE};
use anyhow::{Context, ensure};
use client::client::{Client, Config};
use client::dto::{AddressText, TxState, Wait};
use crypto::sign::SecretKey;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use types::{
    Address, AddressKind, Amount, Auth, Call, ChainId, Gas, Height, Nonce, SignedTx, TimestampMs,
    Tx, TxHash, Version,
};

/// How long a node may take to make one payment final before another is asked.
const WAIT: Duration = Duration::from_secs(3);
/// Between two attempts, when no node answers.
const PAUSE: Duration = Duration::from_millis(20);
/// What each payment moves.
pub const PAYMENT: u128 = 7;

/// An account of a test net, with its key.
pub struct Wallet {
    key: SecretKey,
    chain_id: ChainId,
    nonce: u64,
}

impl Wallet {
    /// A test account of a net by its name; it has sent nothing yet.
    ///
    /// # Errors
    /// If the net has no such account.
    pub fn open(cluster: &Cluster, name: &str) -> anyhow::Result<Self> {
        let spec = std::fs::read_to_string(cluster.home(0).join("chain.toml"))?;
        let genesis = chainspec::Document::parse(&spec)?.to_genesis();
        let chain_id = crypto::id::chain_id(&genesis.name, &genesis.salt);
        Ok(Self { key: cluster.key(name)?, chain_id, nonce: 0 })
    }

    /// Its address.
    #[must_use]
    pub fn address(&self) -> Address {
        crypto::id::account_address(&self.key.public())
    }

    /// What it holds, as a node says.
    ///
    /// # Errors
    /// If the node does not answer.
    pub fn balance(&self, cluster: &Cluster, node: u16) -> anyhow::Result<Amount> {
        let address = self.address();
        let text = crypto::text::format_address("syn", AddressKind::Account, &address.0);
        Ok(cluster.client(node)?.account(&AddressText(text), false)?.balance)
    }

    /// A signed transfer with the next nonce.
    pub fn transfer(&mut self, to: Address, amount: u128) -> Vec<u8> {
        self.nonce += 1;
        self.transfer_with_nonce(to, amount, self.nonce - 1)
    }

    /// A signed transfer with some nonce.
    #[must_use]
    pub fn transfer_with_nonce(&self, to: Address, amount: u128, nonce: u64) -> Vec<u8> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let now_ms = u64::try_from(now.as_millis()).unwrap_or(u64::MAX);
        let tx = Tx {
            version: Version,
            chain_id: self.chain_id,
            sender: self.address(),
            lane: 0,
            nonce: Nonce(nonce),
            valid_until_ms: TimestampMs(now_ms + 3_600_000),
            gas_limit: Gas(100_000),
            fee_limit: Amount(100_000),
            payer: None,
            reference: Vec::new(),
            calls: vec![Call::Transfer { to, amount: Amount(amount) }],
        };
        let signature = self.key.sign(&crypto::id::tx_signing_hash(&tx).0);
        let auth = Auth::Ed25519 { key: self.key.public(), signature };
        types::encode(&SignedTx { tx, auth, payer_auth: None })
    }
}

/// Payments that a node said are final, with the height it named.
#[derive(Debug, Default)]
pub struct Paid {
    /// Hash and height, in order.
    pub payments: Vec<(TxHash, Height)>,
    /// The longest that one took.
    pub slowest: Duration,
}

/// A thread that pays.
pub struct Load {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<anyhow::Result<Paid>>>,
}

impl Load {
    /// Pay from one test account to another, one payment after the other, through whichever
    /// validator answers.
    ///
    /// # Errors
    /// If the net has no such accounts.
    pub fn start(cluster: &Cluster, from: &str, to: &str) -> anyhow::Result<Self> {
        let wallet = Wallet::open(cluster, from)?;
        let to = Wallet::open(cluster, to)?.address();
        let mut config = Config::from_urls(&cluster.urls())?;
        config.timeout = WAIT;
        let client = Client::new(config)?;
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let thread = std::thread::spawn(move || pay(&client, wallet, to, &stopped));
        Ok(Self { stop, thread: Some(thread) })
    }

    /// Stop after the payment under way; everything that was paid is final.
    ///
    /// # Errors
    /// If a payment failed, or the last one does not become final in [`PATIENCE`].
    pub fn finish(mut self) -> anyhow::Result<Paid> {
        self.stop.store(true, Ordering::Relaxed);
        let thread = self.thread.take().context("it is finished once")?;
        thread.join().map_err(|_| anyhow::anyhow!("the payer panicked"))?
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

fn pay(
    client: &Client,
    mut wallet: Wallet,
    to: Address,
    stop: &AtomicBool,
) -> anyhow::Result<Paid> {
    let mut paid = Paid::default();
    while !stop.load(Ordering::Relaxed) {
        let tx = wallet.transfer(to, PAYMENT);
        let begun = Instant::now();
        let height = pay_one(client, &tx, stop)?;
        paid.slowest = paid.slowest.max(begun.elapsed());
        paid.payments.push((crypto::id::tx_hash(&tx), height));
    }
    Ok(paid)
}

/// Submit until it is final: a node that was killed has forgotten what it had not committed. An
/// outage may last as long as the test wants; once that has asked to stop, patience is limited.
fn pay_one(client: &Client, tx: &[u8], stop: &AtomicBool) -> anyhow::Result<Height> {
    let mut deadline = None;
    loop {
        if stop.load(Ordering::Relaxed) {
            deadline.get_or_insert(Instant::now() + PATIENCE);
        }
        let over = deadline.is_some_and(|deadline| Instant::now() > deadline);
        let answer = client.submit(tx, Wait::Final, WAIT);
        match answer {
            Ok(submitted) => match submitted.state {
                TxState::Final(outcome) => {
                    ensure!(outcome.code == "OK", "a payment failed: {}", outcome.code);
                    return Ok(outcome.height);
                }
                TxState::Pending { .. }
                | TxState::Committed(_)
                | TxState::Dropped { .. }
                | TxState::Expired
                | TxState::Unknown => {}
            },
            Err(error) if over => return Err(error.into()),
            Err(_) => {}
        }
        ensure!(!over, "a payment was not final after {PATIENCE:?}");
        std::thread::sleep(PAUSE); // poll
    }
}

impl Paid {
    /// Check that each of these nodes has every payment as it was promised, and that the receiver
    /// got exactly them.
    ///
    /// # Errors
    /// The first payment that is lost or elsewhere.
    pub fn check(
        &self,
        cluster: &Cluster,
        nodes: &[u16],
        to: &str,
        before: Amount,
    ) -> anyhow::Result<()> {
        ensure!(!self.payments.is_empty(), "nothing was paid");
        let receiver = Wallet::open(cluster, to)?;
        for node in nodes {
            let client = cluster.client(*node)?;
            for (hash, height) in &self.payments {
                let found = client.transaction(*hash, false);
                let found =
                    found.with_context(|| format!("node {node} lost {hash} of {height}"))?;
                ensure!(
                    found.height == *height && found.finalized,
                    "node {node}: {hash} is at {}, final {}; it was final at {height}",
                    found.height,
                    found.finalized
                );
            }
            let got = receiver.balance(cluster, *node)?.0 - before.0;
            let expected = PAYMENT * self.payments.len() as u128;
            ensure!(got == expected, "node {node}: {got} were received of {expected}");
        }
        Ok(())
    }
}
