//! From wallets and peers into the pool, and on to whoever proposes.

use crate::testing::Net;
use crate::work::{Committed, WorkDone};
use crate::{Action, Event};
use mempool::Status;
use std::sync::Arc;
use types::{Code, Round, TxHash};

/// Which node proposes the height after the tip in round 0, as node 0 sees it.
fn next_proposer(net: &Net) -> usize {
    let frontier = &net.nodes[0].replica.frontier;
    let height = frontier.tip().next();
    let id = frontier.set.proposer(&frontier.eligible, height, Round::ZERO).id;
    frontier.set.index_of(&id).unwrap()
}

fn transfer(net: &Net, from: usize, nonce: u64) -> (Vec<u8>, TxHash) {
    let tx = net.chain.transfer(from, nonce, net.now().wall_ms);
    let hash = crypto::id::tx_hash(&tx);
    (tx, hash)
}

/// What a node sent straight to one peer.
fn sent_to(net: &Net, i: usize) -> Vec<(types::PublicKey, usize)> {
    let sent = |action: &Action| match action {
        Action::SendTxs(peer, txs) => Some((*peer, txs.len())),
        _ => None,
    };
    net.nodes[i].done.iter().filter_map(sent).collect()
}

/// The pool of node 0 with one transaction that cannot run yet: the one before it is missing.
fn net_with_gap() -> (Net, TxHash) {
    let mut net = Net::started(4);
    net.run_to(2);
    let (tx, hash) = transfer(&net, 0, 1);
    net.give(0, Event::Submitted { request: 1, txs: vec![tx] });
    net.settle();
    (net, hash)
}

#[test]
fn a_submitted_transaction_is_gossiped_committed_and_answered() {
    let mut net = Net::started(4);
    net.run_to(2);
    let (tx, hash) = transfer(&net, 0, 0);
    net.give(1, Event::Submitted { request: 7, txs: vec![tx] });
    net.settle();
    let reply = net.nodes[1].done.iter().find_map(|action| match action {
        Action::Reply(7, outcomes) => Some(outcomes.clone()),
        _ => None,
    });
    assert_eq!(reply.unwrap()[0].result, Ok(()));
    net.run_until("the commit", |net| {
        net.nodes.iter().all(|node| node.replica.pool.status(&hash) == Some(Status::Committed))
    });
}

#[test]
fn what_waits_for_three_blocks_goes_straight_to_the_next_proposer() {
    let (mut net, hash) = net_with_gap();
    let begun = net.nodes[0].tip().0;
    net.nodes.iter_mut().for_each(|node| node.done.clear());
    net.run_to(begun + 2);
    assert_eq!(sent_to(&net, 0), []);
    // Height by height, so that the proposer is known when it is sent.
    net.run_to(begun + 3);
    let proposer = next_proposer(&net);
    let expected = if proposer == 0 { vec![] } else { vec![(net.nodes[proposer].peer, 1)] };
    assert_eq!(sent_to(&net, 0), expected);
    assert_eq!(net.nodes[0].replica.pool.status(&hash), Some(Status::Pending { position: 0 }));
}

#[test]
fn a_pushed_transaction_enters_the_pool_once_and_is_not_spread_again() {
    let mut net = Net::started(4);
    net.run_to(2);
    net.silent.insert(1);
    let (tx, hash) = transfer(&net, 0, 1);
    let push = Event::TransactionsPushed { peer: net.nodes[0].peer, txs: vec![tx] };
    net.nodes[1].done.clear();
    net.nodes[1].holds_work = true;
    net.give(1, push.clone());
    let held = std::mem::take(&mut net.nodes[1].done);
    assert_eq!(held.len(), 1, "one job and nothing else: {held:?}");
    net.nodes[1].holds_work = false;
    for action in held {
        net.take(1, action);
    }
    net.settle();
    assert!(net.nodes[1].replica.pool.contains(&hash));
    // What is known is not judged again.
    net.nodes[1].holds_work = true;
    net.nodes[1].done.clear();
    net.give(1, push);
    let spread = |action: &Action| matches!(action, Action::Work(_) | Action::GossipTxs(_));
    assert!(!net.nodes[1].done.iter().any(spread));
}

#[test]
fn a_peer_that_pushes_what_could_never_be_valid_is_blamed() {
    let mut net = Net::started(4);
    net.run_to(1);
    let peer = net.nodes[2].peer;
    net.give(1, Event::TransactionsPushed { peer, txs: vec![vec![1, 2, 3]] });
    net.settle();
    let blamed = |action: &Action| matches!(action, Action::Blame(whom, _) if *whom == peer);
    assert!(net.nodes[1].done.iter().any(blamed));
}

#[test]
fn what_a_build_found_invalid_is_dropped_with_its_reason() {
    let (mut net, hash) = net_with_gap();
    let height = net.nodes[0].tip().next();
    let (block, block_id) = net.nodes[0].disk.newest_block();
    let invalid = vec![(hash, Code::SenderNotAllowed)];
    let done = WorkDone::Built { height, block, block_id, invalid };
    net.give(0, Event::Done(Box::new(done)));
    let dropped = Some(Status::Dropped { code: Code::SenderNotAllowed });
    assert_eq!(net.nodes[0].replica.pool.status(&hash), dropped);
}

#[test]
fn the_pool_takes_over_limits_that_the_chain_changed() {
    let (mut net, _) = net_with_gap();
    net.nodes[0].holds_work = true;
    let node = &net.nodes[0].replica;
    let mut next = (*node.frontier).clone();
    let mut parent = (*next.parent).clone();
    parent.header.height = parent.header.height.next();
    next.parent = Arc::new(parent);
    next.params = Arc::new(types::Params { pool_txs: 1, ..(*next.params).clone() });
    let certificate = node.certificate.clone().unwrap();
    let committed = Committed {
        next: Arc::new(next),
        certificate,
        nonces: Vec::new(),
        hashes: Vec::new(),
        revealed: Vec::new(),
    };
    net.give(0, Event::Done(Box::new(WorkDone::Committed(Box::new(committed)))));
    net.nodes[0].holds_work = false;
    let (tx, hash) = transfer(&net, 1, 0);
    net.give(0, Event::Submitted { request: 2, txs: vec![tx] });
    net.settle();
    assert!(!net.nodes[0].replica.pool.contains(&hash), "one waits already, and one may wait");
}
