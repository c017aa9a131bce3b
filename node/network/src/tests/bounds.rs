//! Peers that send too much, too large, or nonsense.

use super::harness::{CHAIN, Node, Rogue, config, key, pair, status, vote, vote_height};
use crate::behaviour::BehaviourEvent;
use crate::frame::Frame;
use crate::topics::Topics;
use crate::{Command, Config, Event, Limits, Rate, RefusalReason, Topic};
use libp2p::request_response;
use libp2p::swarm::SwarmEvent;
use std::sync::Arc;
use types::wire::MAX_CONSENSUS_BYTES;

fn banned(event: &Event) -> Option<types::PublicKey> {
    match event {
        Event::Banned { peer } => Some(*peer),
        _ => None,
    }
}

async fn victim_and_rogue(limits: Limits) -> (Node, Rogue) {
    let victim = Node::start(Config { limits, ..config(1) }).await;
    victim.allow(&[2]).await;
    let topic = Topics::new(&CHAIN).hash(Topic::Consensus);
    let rogue = Rogue::connect(2, &victim, &topic).await;
    (victim, rogue)
}

/// Five grave offences cut a peer off.
async fn assert_gossip_cuts_off(messages: impl Fn(u8) -> Vec<u8>) {
    let (mut victim, mut rogue) = victim_and_rogue(Limits::default()).await;
    let topic = Topics::new(&CHAIN).hash(Topic::Consensus);
    for number in 0..5 {
        let published = rogue.swarm.behaviour_mut().gossip.publish(topic.clone(), messages(number));
        published.expect("a rogue publishes what it likes");
    }
    let peer = rogue.drive(victim.wait("a ban", banned)).await;
    assert_eq!(peer, rogue.key);
    rogue.drive(victim.wait_disconnected(rogue.key)).await;
    assert_eq!(victim.metrics().gossip_refused, 5);
    assert_eq!(victim.metrics().offences, 5);
    assert_eq!(victim.count(|event| matches!(event, Event::Consensus { .. })), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn malformed_gossip_is_blamed_on_its_forwarder() {
    assert_gossip_cuts_off(|number| vec![number; 100]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn oversized_gossip_is_blamed_on_its_forwarder() {
    assert_gossip_cuts_off(|number| vec![number; MAX_CONSENSUS_BYTES + 1]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_peer_that_was_cut_off_is_refused_for_a_while() {
    let (mut victim, offender) = pair(config(1), config(2)).await;
    for _ in 0..5 {
        let offence = crate::Offence::Invalid;
        victim.send(Command::ReportPeer { peer: offender.key, offence }).await;
    }
    assert_eq!(victim.wait("a ban", banned).await, offender.key);
    victim.wait_disconnected(offender.key).await;
    let reason = victim
        .wait("a refusal", |event| match event {
            Event::Refused { reason, .. } => Some(*reason),
            _ => None,
        })
        .await;
    assert_eq!(reason, RefusalReason::Banned);
    assert_eq!(victim.metrics().peers_banned, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn oversized_and_malformed_requests_are_dropped_and_blamed() {
    let (mut victim, mut rogue) = victim_and_rogue(Limits::default()).await;
    let peer = rogue.peer();
    // A request for a block is 33 bytes: these are too many, and then the wrong ones.
    for size in [1_000, 1_000, 40, 40, 40] {
        let frame = Frame::Outbound(Arc::from(vec![0_u8; size]));
        rogue.swarm.behaviour_mut().fetch.send_request(&peer, frame);
        rogue
            .wait("the end of the request", |event| match event {
                SwarmEvent::Behaviour(BehaviourEvent::Fetch(
                    request_response::Event::OutboundFailure { .. },
                )) => Some(()),
                _ => None,
            })
            .await;
    }
    assert_eq!(rogue.drive(victim.wait("a ban", banned)).await, rogue.key);
    assert_eq!(victim.count(|event| matches!(event, Event::BlockRequest { .. })), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_announced_block_above_the_limit_is_refused_before_it_is_read() {
    let (victim, mut rogue) = victim_and_rogue(Limits::default()).await;
    let peer = rogue.peer();
    let frame = Frame::Outbound(Arc::from(vec![0_u8; types::wire::MAX_BLOCK_BYTES + 1]));
    rogue.swarm.behaviour_mut().push.send_request(&peer, frame);
    rogue
        .wait("the end of the push", |event| match event {
            SwarmEvent::Behaviour(BehaviourEvent::Push(
                request_response::Event::OutboundFailure { .. },
            )) => Some(()),
            _ => None,
        })
        .await;
    assert_eq!(victim.metrics().bytes_received, 0);
    // The answer proves that the task has seen what the codec made of the push.
    assert_eq!(victim.connected().await, [key(2)]);
    assert_eq!(victim.metrics().offences, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_is_cut_to_the_rate_and_then_off() {
    let slow = Rate { messages_per_s: 5, bytes_per_s: 1_000_000 };
    let limits = Limits { consensus: slow, ..Limits::default() };
    let (mut victim, mut rogue) = victim_and_rogue(limits).await;
    let topic = Topics::new(&CHAIN).hash(Topic::Consensus);
    for height in 0..200 {
        let bytes = types::encode(&vote(height));
        let published = rogue.swarm.behaviour_mut().gossip.publish(topic.clone(), bytes);
        published.expect("a rogue publishes what it likes");
    }
    assert_eq!(rogue.drive(victim.wait("a ban", banned)).await, rogue.key);
    let passed = victim.count(|event| vote_height(event).is_some());
    // Two seconds' worth at once, and what the time of the test lets through.
    assert!((10..100).contains(&passed), "{passed} of 200 votes passed");
    assert!(victim.metrics().rate_limited >= 100);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_one_kind_leaves_the_others_alone() {
    let slow = Rate { messages_per_s: 5, bytes_per_s: 1_000_000 };
    let limits = Limits { consensus: slow, ..Limits::default() };
    let (mut victim, mut rogue) = victim_and_rogue(limits).await;
    let topic = Topics::new(&CHAIN).hash(Topic::Consensus);
    for height in 0..50 {
        let bytes = types::encode(&vote(height));
        let published = rogue.swarm.behaviour_mut().gossip.publish(topic.clone(), bytes);
        published.expect("a rogue publishes what it likes");
    }
    let peer = rogue.peer();
    let frame = Frame::Outbound(Arc::from(types::encode(&status(1))));
    rogue.swarm.behaviour_mut().status.send_request(&peer, frame);
    rogue
        .drive(victim.wait("the request", |event| match event {
            Event::StatusRequest { .. } => Some(()),
            _ => None,
        }))
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_vote_is_lost_while_the_nodes_loop_is_behind() {
    // Three places for a hundred votes, and nobody takes any before all are published.
    let limits = Limits { event_queue: 3, ..Limits::default() };
    let (mut victim, mut rogue) = victim_and_rogue(limits).await;
    let topic = Topics::new(&CHAIN).hash(Topic::Consensus);
    for height in 0..100 {
        let bytes = types::encode(&vote(height));
        let published = rogue.swarm.behaviour_mut().gossip.publish(topic.clone(), bytes);
        published.expect("a rogue publishes what it likes");
    }
    let held = victim.commands.clone();
    let until_held = async {
        while held.metrics().events_held == 0 {
            tokio::task::yield_now().await;
        }
    };
    rogue.drive(until_held).await;
    for height in 0..100 {
        rogue
            .drive(victim.wait("a vote", |event| vote_height(event).filter(|got| *got == height)))
            .await;
    }
}
