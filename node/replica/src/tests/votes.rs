//! The window of votes survives the process.

use crate::replica::Signing;
use crate::testing::{Net, WINDOW};
use crate::{Action, Event};
use types::wire::ConsensusContent;
use types::{Height, Round, SignedAddress, Step, Vote, VoteKind};

/// A second vote of validator `i` at an address where it has voted for a block: for nil.
fn nil_prevote(net: &Net, i: usize, height: u64) -> ConsensusContent {
    let address = SignedAddress {
        chain_id: net.chain.chain_id,
        height: Height(height),
        round: Round::ZERO,
        step: Step::Prevote,
    };
    let (signature, share) = net.chain.sign(i, &address, &None);
    ConsensusContent::Vote(Vote {
        kind: VoteKind::Prevote,
        height: Height(height),
        round: Round::ZERO,
        block_id: None,
        validator: net.chain.id(i),
        signature,
        share,
    })
}

fn pairs_gossiped(net: &Net, i: usize) -> usize {
    let is_pair = |action: &&Action| matches!(action, Action::GossipEvidence(_));
    net.nodes[i].done.iter().filter(is_pair).count()
}

/// Give node 0 a second vote of validator 1 at a height; whether it finds the double sign.
fn finds_double_sign(net: &mut Net, height: u64) -> bool {
    let content = Box::new(nil_prevote(net, 1, height));
    let peer = net.nodes[2].peer;
    net.give(0, Event::Message { peer, gossip: 9, content });
    net.settle();
    pairs_gossiped(net, 0) > 0
}

#[test]
fn a_restarted_node_finds_a_conflict_with_a_vote_that_it_saw_before() {
    let mut net = Net::started(4);
    net.run_to(3);
    // What the last second brought is kept at the next tick.
    net.advance(1_000);
    net.restart(0, Signing::Armed);
    net.settle();
    assert!(finds_double_sign(&mut net, 2));
}

#[test]
fn without_what_was_kept_the_conflict_stays_hidden() {
    let mut net = Net::started(4);
    net.run_to(3);
    net.advance(1_000);
    net.nodes[0].disk.votes.clear();
    net.restart(0, Signing::Armed);
    net.settle();
    assert!(!finds_double_sign(&mut net, 2));
}

#[test]
fn a_node_that_is_told_to_stop_keeps_everything_first() {
    let mut net = Net::started(4);
    net.run_to(3);
    net.give(0, Event::Stopping);
    let tip = net.nodes[0].tip();
    let kept: Vec<Height> = net.nodes[0].disk.votes.keys().copied().collect();
    assert_eq!(kept, (1..=tip.0).map(Height).collect::<Vec<_>>());
    net.restart(0, Signing::Armed);
    net.settle();
    assert!(finds_double_sign(&mut net, tip.0));
}

/// What a block carried of validator 1, if any did.
fn is_named(net: &Net, i: usize) -> bool {
    let reveals = state::read::reveals(&net.nodes[i].disk.state).unwrap();
    reveals.iter().any(|(id, _)| *id == net.chain.id(1))
}

/// Node 0 alone learns of a double sign at a height, and crashes at once: no second passes. Whether
/// its chain names the liar afterwards.
fn is_named_after_a_crash(height: u64, forget: bool) -> bool {
    let mut net = Net::started(4);
    net.run_to(3);
    net.advance(1_000);
    net.silent.extend(1..4);
    assert!(finds_double_sign(&mut net, height));
    if forget {
        net.nodes[0].disk.votes.clear();
    }
    net.restart(0, Signing::Armed);
    net.settle();
    assert_eq!(net.nodes[0].replica.evidences.len(), usize::from(!forget));
    net.silent.clear();
    (0..4).for_each(|i| net.start(i));
    net.settle();
    let tip = net.nodes[0].tip().0;
    net.run_to(tip + 5);
    (0..4).any(|i| is_named(&net, i))
}

#[test]
fn a_double_sign_that_waited_for_a_block_waits_again_after_a_crash() {
    assert!(is_named_after_a_crash(2, false));
    assert!(!is_named_after_a_crash(2, true), "nobody else knew of it");
}

#[test]
fn what_was_punished_does_not_wait_again() {
    let mut net = Net::started(4);
    net.run_to(3);
    assert!(finds_double_sign(&mut net, 2));
    let tip = net.nodes[0].tip().0;
    net.run_to(tip + 5);
    assert!(is_named(&net, 0));
    net.advance(1_000);
    net.restart(0, Signing::Armed);
    net.settle();
    assert_eq!(net.nodes[0].replica.evidences.len(), 0);
}

#[test]
fn what_has_left_the_window_is_forgotten_on_disk() {
    let mut net = Net::started(1);
    net.run_to(WINDOW + 256 + 8);
    net.advance(1_000);
    let tip = net.nodes[0].tip();
    let oldest = *net.nodes[0].disk.votes.keys().next().unwrap();
    assert!(oldest > Height(256), "{oldest}");
    assert!(oldest <= Height(tip.0 - WINDOW + 1), "{oldest} of {tip}");
}

#[test]
fn damaged_bytes_are_refused_and_the_node_starts_without_them() {
    let mut net = Net::started(4);
    net.run_to(2);
    net.advance(1_000);
    let votes = net.nodes[0].disk.votes[&Height(1)].clone();
    let set = net.nodes[0].replica.frontier.set.clone();
    let refused = net.nodes[0].replica.restore_votes(&votes[..votes.len() - 1], &set);
    assert!(refused.is_err());
    assert_eq!(net.nodes[0].replica.restore_votes(&votes, &set), Ok(0));
}
