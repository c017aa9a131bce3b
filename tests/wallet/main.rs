//! What wallets, explorers and operators meet from outside: real nodes over HTTP, TLS, WebSockets.
#![allow(clippy::unwrap_used)]

mod accounts;
mod configuration;
mod connections;
mod http;
mod methods;
mod proofs;
mod refusals;
mod secure;
mod tour;

use client::dto::AddressText;
use crypto::sign::SecretKey;
use harness::devnet::Devnet;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use types::{
    Address, AddressKind, Amount, Auth, Call, ChainId, Gas, Nonce, SignedTx, TimestampMs, Tx,
    Version,
};

/// One net at a time: many processes at once are no test of anything.
static ONE_NET: Mutex<()> = Mutex::new(());
/// How long a transaction may take to become final.
const WAIT: Duration = Duration::from_secs(20);
/// What addresses of a devnet begin with.
const PREFIX: &str = "syn";

fn one_net() -> MutexGuard<'static, ()> {
    ONE_NET.lock().unwrap_or_else(PoisonError::into_inner)
}

fn address(key: &SecretKey) -> Address {
    crypto::id::account_address(&key.public())
}

fn text(address: Address) -> AddressText {
    AddressText::new(PREFIX, AddressKind::Account, &address)
}

fn chain_id(net: &Devnet) -> ChainId {
    net.client(0).unwrap().status().unwrap().chain.chain_id
}

fn now_ms() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    u64::try_from(now.as_millis()).unwrap()
}

/// A transaction in lane 0, valid for a minute.
fn tx(chain_id: ChainId, sender: Address, nonce: u64, calls: Vec<Call>) -> Tx {
    Tx {
        version: Version,
        chain_id,
        sender,
        lane: 0,
        nonce: Nonce(nonce),
        valid_until_ms: TimestampMs(now_ms() + 60_000),
        gas_limit: Gas(100_000),
        fee_limit: Amount(10_000_000),
        payer: None,
        reference: Vec::new(),
        calls,
    }
}

fn auth(key: &SecretKey, tx: &Tx) -> Auth {
    let signature = key.sign(&crypto::id::tx_signing_hash(tx).0);
    Auth::Ed25519 { key: key.public(), signature }
}

/// A transaction of one key, encoded.
fn signed(key: &SecretKey, tx: Tx) -> Vec<u8> {
    types::encode(&SignedTx { auth: auth(key, &tx), tx, payer_auth: None })
}

fn transfer(to: Address, amount: u128) -> Call {
    Call::Transfer { to, amount: Amount(amount) }
}

fn payment(net: &Devnet, from: &SecretKey, to: Address, amount: u128, nonce: u64) -> Vec<u8> {
    signed(from, tx(chain_id(net), address(from), nonce, vec![transfer(to, amount)]))
}
