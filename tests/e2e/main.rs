//! Real `syndic` processes on loopback: what operators and wallets count on.

#![allow(clippy::unwrap_used)]

use client::dto::{AddressText, Wait};
use crypto::sign::SecretKey;
use harness::cluster::{Cluster, wait};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use types::{
    Address, AddressKind, Amount, Auth, Call, ChainId, Gas, Height, Nonce, SignedTx, TimestampMs,
    Tx, Version,
};

/// One net at a time: twelve processes at once are no test of anything.
static ONE_NET: Mutex<()> = Mutex::new(());

fn one_net() -> MutexGuard<'static, ()> {
    ONE_NET.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How long a transfer may take to become final.
const WAIT: Duration = Duration::from_secs(20);

fn key(cluster: &Cluster, name: &str) -> SecretKey {
    let file = cluster.folder().join(format!("accounts/{name}.key"));
    let text = std::fs::read_to_string(file).expect("the devnet wrote the key");
    SecretKey::from_seed(types::hash::parse_hex_32(text.trim()).expect("a seed in hex"))
}

fn address(key: &SecretKey) -> Address {
    crypto::id::account_address(&key.public())
}

fn text(address: Address) -> AddressText {
    AddressText(crypto::text::format_address("syn", AddressKind::Account, &address.0))
}

fn chain_id(cluster: &Cluster) -> ChainId {
    cluster.client(0).unwrap().status().unwrap().chain.chain_id
}

fn transfer(chain_id: ChainId, from: &SecretKey, to: Address, amount: u128, nonce: u64) -> Vec<u8> {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    let tx = Tx {
        version: Version,
        chain_id,
        sender: address(from),
        lane: 0,
        nonce: Nonce(nonce),
        valid_until_ms: TimestampMs(u64::try_from(now.as_millis()).unwrap() + 60_000),
        gas_limit: Gas(100_000),
        fee_limit: Amount(100_000),
        payer: None,
        reference: Vec::new(),
        calls: vec![Call::Transfer { to, amount: Amount(amount) }],
    };
    let signature = from.sign(&crypto::id::tx_signing_hash(&tx).0);
    let auth = Auth::Ed25519 { key: from.public(), signature };
    types::encode(&SignedTx { tx, auth, payer_auth: None })
}

fn balance(cluster: &Cluster, node: u16, of: Address) -> Amount {
    cluster.client(node).unwrap().account(&text(of), false).unwrap().balance
}

#[test]
fn a_transfer_sent_to_one_node_is_final_and_equal_on_all() {
    let _alone = one_net();
    let cluster = Cluster::start(4).unwrap();
    let chain = chain_id(&cluster);
    let (alice, bob) = (key(&cluster, "alice"), address(&key(&cluster, "bob")));
    let before = balance(&cluster, 3, bob);
    let tx = transfer(chain, &alice, bob, 1_000, 0);
    cluster.client(1).unwrap().submit(&tx, Wait::Final, WAIT).unwrap();
    let final_height = cluster.finalized(1).unwrap();
    cluster.wait_final(&[0, 1, 2, 3], final_height, Duration::from_secs(10)).unwrap();
    assert_eq!(balance(&cluster, 3, bob).0, before.0 + 1_000);
    // One header a height, and with it one state root, on every node.
    for height in 1..=final_height.0 {
        let ids: Vec<_> = (0..4)
            .map(|node| {
                let header = cluster.client(node).unwrap().header(Some(Height(height))).unwrap();
                (header.block_id, header.prev_state_root)
            })
            .collect();
        assert!(ids.windows(2).all(|pair| pair[0] == pair[1]), "height {height}: {ids:?}");
    }
    // The same transaction again is answered with its place and pays nothing; another one with its
    // nonce is refused by name.
    let again = cluster.client(2).unwrap().submit(&tx, Wait::Final, WAIT).unwrap();
    assert_eq!(again.hash, crypto::id::tx_hash(&tx));
    let other = transfer(chain, &alice, bob, 2_000, 0);
    let refused = cluster.client(2).unwrap().submit(&other, Wait::None, WAIT).unwrap_err();
    assert_eq!(refused.code(), Some(types::Code::NonceTooLow), "{refused}");
    assert_eq!(balance(&cluster, 0, bob).0, before.0 + 1_000);
}

#[test]
fn one_of_four_may_stop_and_two_may_not_and_the_chain_goes_on_when_they_return() {
    let _alone = one_net();
    let cluster = Cluster::start(4).unwrap();
    cluster.kill(3).unwrap();
    let tip = cluster.finalized(0).unwrap();
    cluster.wait_final(&[0, 1, 2], Height(tip.0 + 3), Duration::from_secs(60)).unwrap();
    cluster.kill(2).unwrap();
    // With two of four no height is decided: the one in progress may end, no other follows.
    wait(Duration::from_secs(20), "node 0 to say that power is missing", || {
        let status = cluster.client(0)?.status()?;
        Ok(status.not_ready.iter().any(|reason| reason.contains("is needed")))
    })
    .unwrap();
    let stalled = cluster.client(0).unwrap().status().unwrap();
    assert!(!stalled.ready);
    cluster.restart(2).unwrap();
    cluster.restart(3).unwrap();
    let next = Height(stalled.tip.height.0 + 2);
    cluster.wait_final(&[0, 1, 2, 3], next, Duration::from_secs(30)).unwrap();
}

#[test]
fn two_of_four_that_hang_with_open_connections_are_missed_within_seconds() {
    let _alone = one_net();
    let cluster = Cluster::start(4).unwrap();
    cluster.freeze(2).unwrap();
    cluster.freeze(3).unwrap();
    wait(Duration::from_secs(10), "node 0 to miss two", || {
        let consensus = cluster.client(0)?.consensus()?;
        Ok(consensus.power_present.0 == 2 && consensus.unconnected.len() == 2)
    })
    .unwrap();
    let status = cluster.client(0).unwrap().status().unwrap();
    assert!(!status.ready);
    assert!(status.not_ready.iter().any(|reason| reason.contains("power 2 of 4 answers")));
    cluster.thaw(2).unwrap();
    cluster.thaw(3).unwrap();
    let next = Height(status.tip.height.0 + 2);
    cluster.wait_final(&[0, 1, 2, 3], next, Duration::from_secs(30)).unwrap();
    wait(Duration::from_secs(10), "node 0 to be ready", || Ok(cluster.client(0)?.status()?.ready))
        .unwrap();
}

#[test]
fn all_four_killed_at_once_under_load_return_and_lose_nothing_final() {
    let _alone = one_net();
    let cluster = Cluster::start(4).unwrap();
    let chain = chain_id(&cluster);
    let (alice, bob) = (key(&cluster, "alice"), address(&key(&cluster, "bob")));
    let before = balance(&cluster, 0, bob);
    let mut paid = 0;
    for round in 0..3 {
        let node = round % 4;
        let nonce = u64::from(round);
        let tx = transfer(chain, &alice, bob, 7, nonce);
        cluster.client(node).unwrap().submit(&tx, Wait::Final, WAIT).unwrap();
        paid += 7;
        for node in 0..4 {
            cluster.kill(node).unwrap();
        }
        for node in 0..4 {
            cluster.restart(node).unwrap();
        }
        wait(Duration::from_secs(30), "the nodes to answer", || {
            Ok((0..4).all(|node| cluster.finalized(node).is_some()))
        })
        .unwrap();
        let tip = (0..4).filter_map(|node| cluster.finalized(node)).max().unwrap();
        cluster.wait_final(&[0, 1, 2, 3], Height(tip.0 + 1), Duration::from_secs(30)).unwrap();
        for node in 0..4 {
            assert_eq!(balance(&cluster, node, bob).0, before.0 + paid, "node {node}");
        }
    }
}
