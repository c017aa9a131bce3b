//! An admitted validator asks to enter the set by itself, now and then, and not for ever.

use crate::replica::Signing;
use crate::testing::Net;
use crate::work::{Awaited, Committed, Work, WorkDone};
use crate::{Action, Event, Log};
use std::sync::Arc;
use types::governance::MembershipCall;
use types::{Call, Height, Nonce, SignedTx};

/// Node 0 of a net at height 3, alone from now on; its jobs are kept.
fn alone() -> Net {
    let mut net = Net::started(4);
    net.run_to(3);
    net.silent.insert(0);
    net.nodes[0].holds_work = true;
    net.nodes[0].done.clear();
    net
}

/// Let node 0 commit one more height, after which the chain waits for it or not.
fn commit(net: &mut Net, awaited: Option<Nonce>) -> Height {
    let own = net.chain.id(0);
    let node = &net.nodes[0].replica;
    let mut next = (*node.frontier).clone();
    let mut parent = (*next.parent).clone();
    parent.header.height = parent.header.height.next();
    let height = parent.header.height;
    next.parent = Arc::new(parent);
    let consensus_key = net.chain.secret(0).consensus_key();
    let awaited = awaited.map(|nonce| Awaited { validator: own, consensus_key, nonce });
    next.awaited = awaited.into_iter().collect();
    let certificate = node.certificate.clone().unwrap();
    let (nonces, hashes, revealed) = (Vec::new(), Vec::new(), Vec::new());
    let committed = Committed { next: Arc::new(next), certificate, nonces, hashes, revealed };
    net.give(0, Event::Done(Box::new(WorkDone::Committed(Box::new(committed)))));
    height
}

/// The transactions that node 0 gave to be judged since this was last asked.
fn sent(net: &mut Net) -> Vec<SignedTx> {
    let mut found = Vec::new();
    for action in std::mem::take(&mut net.nodes[0].done) {
        let Action::Work(work) = action else { continue };
        let Work::Admit { batch, txs, .. } = *work else { continue };
        found.extend(txs.iter().map(|tx| types::decode("tx", tx, 4_096).unwrap()));
        let results = Vec::new();
        let done = WorkDone::Admitted { batch, results };
        net.give(0, Event::Done(Box::new(done)));
    }
    found
}

#[test]
fn an_admitted_validator_shows_the_height_below_its_tip_in_the_name_of_its_network_key() {
    let mut net = alone();
    commit(&mut net, None);
    assert_eq!(sent(&mut net), [], "nobody waits for it");
    let tip = commit(&mut net, Some(Nonce(7)));
    let told = |action: &Action| matches!(action, Action::Log(Log::Ready(_)));
    assert!(net.nodes[0].done.iter().any(told));
    let [signed] = sent(&mut net).try_into().unwrap();
    let courier = crypto::id::account_address(&net.nodes[0].peer);
    assert_eq!((signed.tx.sender, signed.tx.nonce, signed.tx.fee_limit.0), (courier, Nonce(7), 0));
    crypto::auth::verify(&signed).unwrap();
    let [Call::Membership(MembershipCall::Ready { readiness, signature })] = &signed.tx.calls[..]
    else {
        panic!("{:?}", signed.tx.calls)
    };
    let header = &net.nodes[0].replica.frontier.parent.header;
    assert_eq!((readiness.validator, readiness.height), (net.chain.id(0), tip.previous()));
    assert_eq!(readiness.block_id, header.parent);
    assert_eq!(readiness.state_root, header.prev_state_root);
    let message = crypto::id::ready_hash(
        &readiness.chain_id,
        readiness.height,
        &readiness.block_id,
        &readiness.state_root,
    );
    let key = net.chain.secret(0).consensus_key();
    assert!(crypto::sign::verify(&key, &message.0, signature));
    let decoded =
        executor::transaction::decode(&types::encode(&signed), &net.chain.genesis.params).unwrap();
    assert_eq!(executor::transaction::intrinsic_gas(&decoded), signed.tx.gas_limit);
}

#[test]
fn it_asks_again_after_ten_heights_and_gives_up_after_fifty_times() {
    let mut net = alone();
    let mut heights = Vec::new();
    for _ in 0..600 {
        let height = commit(&mut net, Some(Nonce(0))).0;
        heights.extend(sent(&mut net).iter().map(|_| height));
    }
    assert_eq!(heights.len(), 50);
    assert!(heights.windows(2).all(|two| two[1] == two[0] + 10), "{heights:?}");
}

#[test]
fn a_node_that_may_not_sign_or_is_behind_stays_silent() {
    let mut net = alone();
    let reason = "a test".to_owned();
    net.nodes[0].replica.signing = Signing::Observer { reason, probation: None };
    commit(&mut net, Some(Nonce(0)));
    assert_eq!(sent(&mut net), []);
    net.nodes[0].replica.signing = Signing::Armed;
    let begun = commit(&mut net, Some(Nonce(0)));
    assert_eq!(sent(&mut net).len(), 1);
    let peer = net.nodes[1].peer;
    net.nodes[0].replica.sync.peer_tip(peer, Height(1_000), 0);
    while commit(&mut net, Some(Nonce(0))).0 < begun.0 + 20 {
        assert_eq!(sent(&mut net), [], "blocks that it lacks are known of");
    }
}
