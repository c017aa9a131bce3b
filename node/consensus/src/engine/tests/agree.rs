//! Nodes agree, whoever is silent.

use super::*;

#[test]
fn four_nodes_decide_one_block_a_height() {
    let mut net = Net::new(4);
    for height in 1..=8 {
        net.start(height);
        net.run_until_decided(height);
        assert_eq!(net.agreed_round(height), Round(0));
    }
}

#[test]
fn a_certificate_holds_for_everybody_else() {
    let mut net = Net::new(4);
    net.start(1);
    net.run_until_decided(1);
    for node in &net.nodes {
        let certificate = node.decided_at(1).unwrap();
        crypto::certificate::verify_commit(certificate, &CHAIN, &net.set, &|_| false).unwrap();
    }
}

#[test]
fn a_single_validator_decides_alone() {
    let mut net = Net::new(1);
    for height in 1..=3 {
        net.start(height);
        net.run_until_decided(height);
    }
}

#[test]
fn a_silent_proposer_costs_a_round() {
    let mut net = Net::new(4);
    let silent = net.proposer(1, 0);
    net.nodes[silent].online = false;
    net.start(1);
    net.run_until_decided(1);
    assert_eq!(net.agreed_round(1), Round(1));
}

#[test]
fn after_many_rounds_in_vain_they_still_decide() {
    let mut net = Net::new(4);
    net.valid_from = Round(13);
    net.start(1);
    net.run_until_decided(1);
    assert_eq!(net.agreed_round(1), Round(13));
}

#[test]
fn two_silent_of_four_decide_nothing() {
    let mut net = Net::new(4);
    net.nodes[0].online = false;
    net.nodes[1].online = false;
    net.start(1);
    for _ in 0..20 {
        net.run_until_quiet();
        net.fire_next();
    }
    assert!(net.nodes.iter().all(|node| node.decided.is_empty()));
}

#[test]
fn a_node_that_starts_late_decides_from_what_the_others_sent() {
    let mut net = Net::new(4);
    let silent = net.proposer(1, 0);
    let late = (silent + 1) % 4;
    net.nodes[late].online = false;
    net.start(1);
    net.run_until_decided(1);
    net.nodes[late].online = true;
    net.start_node(late, 1, Vec::new());
    let sent: Vec<Input> = net.sent.values().map(as_input).collect();
    for input in sent {
        net.step(late, input);
    }
    assert!(net.nodes[late].decided_at(1).is_some());
}

#[test]
fn messages_of_the_next_height_wait_for_its_start() {
    let mut net = Net::new(4);
    net.start(1);
    net.run_until_decided(1);
    // Node 0 is late: the others finish height 2 while it still stands at height 1.
    let late = (net.proposer(2, 0) + 1) % 4;
    for position in (0..4).filter(|position| *position != late) {
        net.start_node(position, 2, Vec::new());
    }
    net.run_until_quiet();
    assert!(net.nodes[late].decided_at(2).is_none());
    net.start_node(late, 2, Vec::new());
    assert!(net.nodes[late].decided_at(2).is_some(), "it needs nothing sent again");
}

#[test]
fn a_round_certificate_brings_a_late_node_up() {
    let mut net = Net::new(4);
    let first = net.proposer(1, 0);
    net.nodes[first].online = false;
    net.start(1);
    net.run_until_decided(1);
    let certificate =
        net.nodes.iter().flat_map(|node| &node.effects).find_map(|effect| match effect {
            Effect::Send(ConsensusContent::Round(certificate)) => Some(certificate.clone()),
            _ => None,
        });
    let certificate = certificate.expect("who enters a round above 0 shows why");
    net.nodes[first].online = true;
    net.nodes[first].enabled = false;
    net.start_node(first, 1, Vec::new());
    assert_eq!(net.nodes[first].engine.round(), Round(0));
    net.step(first, Input::Round(certificate));
    while net.nodes[first].engine.round() == Round(0) {
        assert!(net.fire_next(), "the certificate opens round 1, at the latest with its timer");
    }
    assert_eq!(net.nodes[first].engine.round(), Round(1));
}

#[test]
fn an_observer_follows_and_never_signs() {
    let mut net = Net::new(4);
    let observer = (net.proposer(1, 0) + 1) % 4;
    net.nodes[observer].enabled = false;
    for height in 1..=5 {
        net.start(height);
        net.run_until_decided(height);
        net.agreed_round(height);
    }
    assert_eq!(net.nodes[observer].decided.len(), 5);
    assert_eq!(net.nodes[observer].sends(), 0);
    assert_eq!(net.nodes[observer].guard().votes().top(), None);
}
