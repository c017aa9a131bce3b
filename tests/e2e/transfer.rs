//! The way of a payment: sent to one node, final and equal on all.

use crate::{ALL, one_net};
use client::dto::Wait;
use harness::cluster::{Cluster, PATIENCE};
use harness::load::Wallet;
use std::time::Duration;

/// How long a transfer may take to become final.
const WAIT: Duration = Duration::from_secs(20);

#[test]
fn a_transfer_sent_to_one_node_is_final_and_equal_on_all() {
    let _alone = one_net();
    let mut cluster = Cluster::start(4).unwrap();
    let mut alice = Wallet::open(&cluster, "alice").unwrap();
    let bob = Wallet::open(&cluster, "bob").unwrap();
    let before = bob.balance(&cluster, 3).unwrap();
    let tx = alice.transfer(bob.address(), 1_000);
    cluster.client(1).unwrap().submit(&tx, Wait::Final, WAIT).unwrap();
    let final_height = cluster.finalized(1).unwrap();
    cluster.wait_final(&ALL, final_height, PATIENCE).unwrap();
    assert_eq!(bob.balance(&cluster, 3).unwrap().0, before.0 + 1_000);
    // One block a height on every node, and one state root in every header.
    cluster.check_agreement(&ALL).unwrap();
    let root = |node: u16| {
        cluster.client(node).unwrap().header(Some(final_height)).unwrap().prev_state_root
    };
    assert!(ALL.iter().all(|node| root(*node) == root(0)));
    // The same transaction again is answered with its place and pays nothing; another one with its
    // nonce is refused by name.
    let again = cluster.client(2).unwrap().submit(&tx, Wait::Final, WAIT).unwrap();
    assert_eq!(again.hash, crypto::id::tx_hash(&tx));
    let other = alice.transfer_with_nonce(bob.address(), 2_000, 0);
    let refused = cluster.client(2).unwrap().submit(&other, Wait::None, WAIT).unwrap_err();
    assert_eq!(refused.code(), Some(types::Code::NonceTooLow), "{refused}");
    assert_eq!(bob.balance(&cluster, 0).unwrap().0, before.0 + 1_000);
}
