//! Consensus messages from peers: bounds, then signatures, then the verdict for the network.

use crate::testing::Net;
use crate::{Action, Event, GossipVerdict};
use types::wire::ConsensusContent;
use types::{Height, Round, Share, SignedAddress, Step, ValidatorId, Vote, VoteKind};

fn prevote(net: &Net, i: usize, height: u64) -> Vote {
    let (height, round, step) = (Height(height), Round::ZERO, Step::Prevote);
    let address = SignedAddress { chain_id: net.chain.chain_id, height, round, step };
    let (signature, share) = net.chain.sign(i, &address, &None);
    let (kind, validator, block_id) = (VoteKind::Prevote, net.chain.id(i), None);
    Vote { kind, height, round, block_id, validator, signature, share }
}

/// Give node 0 a vote; the verdict for the network, and whether its forwarder is blamed.
fn verdict(net: &mut Net, gossip: u64, vote: Vote) -> (Option<GossipVerdict>, bool) {
    let peer = net.nodes[1].peer;
    net.nodes[0].done.clear();
    let content = Box::new(ConsensusContent::Vote(vote));
    net.give(0, Event::Message { peer, gossip, content });
    net.settle();
    let done = &net.nodes[0].done;
    let verdict = done.iter().find_map(|action| match action {
        Action::Validate(id, verdict) if *id == gossip => Some(*verdict),
        _ => None,
    });
    (verdict, done.iter().any(|action| matches!(action, Action::Blame(..))))
}

/// A net whose node 0 is at height 1, and alone with what it is given.
fn alone() -> Net {
    let mut net = Net::new(4);
    net.silent.extend(1..4);
    net.start(0);
    net.advance(2_100);
    net
}

#[test]
fn a_valid_vote_is_forwarded_and_a_second_time_ignored() {
    let mut net = alone();
    let vote = prevote(&net, 1, 1);
    assert_eq!(verdict(&mut net, 1, vote.clone()), (Some(GossipVerdict::Accept), false));
    assert_eq!(verdict(&mut net, 2, vote), (Some(GossipVerdict::Ignore), false));
}

#[test]
fn a_wrong_signature_or_share_is_rejected_and_its_forwarder_blamed() {
    let mut net = alone();
    let mut signature = prevote(&net, 1, 1);
    signature.signature.0[3] ^= 1;
    assert_eq!(verdict(&mut net, 1, signature), (Some(GossipVerdict::Reject), true));
    let mut share = prevote(&net, 1, 1);
    share.share = Share([9; 128]);
    assert_eq!(verdict(&mut net, 2, share), (Some(GossipVerdict::Reject), true));
    // It hid nothing: the real one is still news.
    let vote = prevote(&net, 1, 1);
    assert_eq!(verdict(&mut net, 3, vote), (Some(GossipVerdict::Accept), false));
}

#[test]
fn a_stranger_is_rejected_before_anything_is_verified() {
    let mut net = alone();
    let mut vote = prevote(&net, 1, 1);
    vote.validator = ValidatorId([9; 32]);
    net.nodes[0].holds_work = true;
    assert_eq!(verdict(&mut net, 1, vote), (Some(GossipVerdict::Reject), true));
    let work = |action: &Action| matches!(action, Action::Work(_));
    assert!(!net.nodes[0].done.iter().any(work));
}

#[test]
fn what_is_too_far_ahead_is_ignored_and_nobody_is_blamed() {
    let mut net = alone();
    let vote = prevote(&net, 1, 9);
    assert_eq!(verdict(&mut net, 1, vote), (Some(GossipVerdict::Ignore), false));
}

#[test]
fn a_flood_is_verified_two_batches_at_a_time() {
    let mut net = alone();
    net.nodes[0].holds_work = true;
    net.nodes[0].done.clear();
    let peer = net.nodes[1].peer;
    for i in 0..4_u64 {
        for round in 0..3 {
            let mut vote = prevote(&net, usize::try_from(i).unwrap(), 1);
            vote.round = Round(round);
            let content = Box::new(ConsensusContent::Vote(vote));
            net.give(0, Event::Message { peer, gossip: i * 3 + u64::from(round), content });
        }
    }
    let jobs = net.nodes[0].done.iter().filter(|action| matches!(action, Action::Work(_)));
    assert_eq!(jobs.count(), 2);
}
