//! Who is there, who is missing, and what an operator is told.

use crate::replica::Signing;
use crate::testing::Net;
use crate::{Action, Event, Status};
use consensus::safety::{self, Arming};
use types::{Height, VotingPower};

fn status(net: &Net, i: usize) -> Status {
    net.nodes[i].replica.status()
}

#[test]
fn a_peer_that_is_connected_but_does_not_answer_counts_as_absent() {
    let mut net = Net::started(4);
    net.run_to(2);
    assert_eq!(status(&net, 0).power_present, VotingPower(4));
    net.silent.extend([2, 3]);
    net.advance(2_000);
    assert_eq!(status(&net, 0).power_present, VotingPower(4), "it may just be busy");
    net.advance(4_000);
    let told = status(&net, 0);
    assert_eq!(told.power_present, VotingPower(2));
    assert_eq!(told.power_needed, VotingPower(3));
    assert_eq!(told.unconnected, [net.chain.id(2), net.chain.id(3)]);
    net.silent.clear();
    net.advance(1_500);
    assert_eq!(status(&net, 0).power_present, VotingPower(4));
}

#[test]
fn a_closed_connection_is_told_at_once() {
    let mut net = Net::started(4);
    net.run_to(2);
    let gone = net.nodes[3].peer;
    net.nodes[0].done.clear();
    net.give(0, Event::PeerDisconnected { peer: gone });
    let told = net.nodes[0].done.iter().rev().find_map(|action| match action {
        Action::Publish(status) => Some(status.power_present),
        _ => None,
    });
    assert_eq!(told, Some(VotingPower(3)));
}

#[test]
fn what_the_guard_refuses_is_counted() {
    let mut net = Net::started(4);
    net.run_to(2);
    let old = net.nodes[3].replica.engine.signer_mut().guard().cloned();
    let arming = Arming {
        chain_id: net.chain.chain_id,
        genesis_hash: crypto::id::block_id(
            &crypto::id::genesis_header(&net.chain.genesis).unwrap(),
        ),
        validator: net.chain.id(3),
        machine: b"machine",
        data_path: "/data",
        fresh: [9; 32],
        tip: Height(6),
        height: None,
    };
    let guard = safety::arm(old, &arming);
    let signing = Signing::Armed;
    let start = net.nodes[3].disk.start(signing, guard, &net.chain, 3);
    let config = net.chain.config(3);
    net.nodes[3].restart(start, config);
    net.start(3);
    net.settle();
    net.run_to(4);
    let abstained = status(&net, 3).abstentions;
    assert!(abstained > 0);
    net.run_to(12);
    let later = status(&net, 3);
    net.run_to(14);
    assert_eq!(status(&net, 3).abstentions, later.abstentions, "above its lanes it signs again");
    assert_eq!(later.observer, None);
}
