//! What gossip lost comes by the exchange of status.

use crate::testing::Net;
use crate::{Action, Event};
use types::wire::{ConsensusContent, StatusRequest};
use types::{Height, Round, Version};

fn request(net: &Net, i: usize) -> StatusRequest {
    let node = &net.nodes[i];
    StatusRequest {
        version: Version,
        tip: node.tip(),
        finalized: node.replica.finality.height(),
        height: node.replica.height(),
        round: Round::ZERO,
        rounds: node.replica.watcher.status(node.replica.height(), Round::ZERO),
    }
}

fn answers(net: &Net, i: usize) -> Vec<&ConsensusContent> {
    let answer = |action: &'_ Action| matches!(action, Action::AnswerStatus(..));
    let answers = net.nodes[i].done.iter().filter(|action| answer(action));
    answers
        .flat_map(|action| match action {
            Action::AnswerStatus(_, answer) => answer.messages.iter(),
            _ => [].iter(),
        })
        .collect()
}

#[test]
fn votes_that_a_node_missed_are_given_to_it_when_it_asks() {
    let mut net = Net::started(4);
    net.run_to(3);
    // Node 3 hears nothing of the next height, and asks afterwards.
    net.silent.insert(3);
    net.run_until("votes of the next height", |net| {
        let node = &net.nodes[0].replica;
        node.phase.is_running() && node.watcher.has_messages(node.height())
    });
    let height = net.nodes[0].replica.height();
    let mut request = request(&net, 3);
    request.height = height;
    request.rounds.clear();
    net.nodes[0].done.clear();
    let (peer, reply) = (net.nodes[3].peer, 3);
    net.give(0, Event::StatusRequested { peer, reply, request });
    let given = answers(&net, 0);
    let of_height = |content: &&&ConsensusContent| match content {
        ConsensusContent::Proposal(proposal) => proposal.height == height,
        ConsensusContent::Vote(vote) => vote.height == height,
        _ => false,
    };
    assert!(given.iter().any(|content| of_height(&content)), "{given:?}");
}

#[test]
fn who_lacks_finality_is_given_the_newest_certificate_first() {
    let mut net = Net::started(4);
    net.run_to(5);
    let mut request = request(&net, 3);
    request.finalized = Height(1);
    net.nodes[0].done.clear();
    let (peer, reply) = (net.nodes[3].peer, 3);
    net.give(0, Event::StatusRequested { peer, reply, request });
    let newest = net.nodes[0].disk.finality.as_ref().unwrap();
    let first = answers(&net, 0)[0];
    assert!(matches!(first, ConsensusContent::Finality(given) if given == newest));
}

#[test]
fn every_validator_is_told_every_second_and_an_observer_tells_two() {
    let mut net = Net::started(4);
    net.run_to(2);
    let asked = |net: &Net| {
        let asks = |action: &&Action| matches!(action, Action::RequestStatus(..));
        net.nodes[0].done.iter().filter(asks).count()
    };
    net.nodes[0].done.clear();
    net.give(0, Event::Timer(crate::Timer::Tick));
    assert_eq!(asked(&net), 3);
    net.nodes[0].replica.config.own = None;
    net.nodes[0].done.clear();
    net.give(0, Event::Timer(crate::Timer::Tick));
    assert_eq!(asked(&net), 2);
}
