//! Consensus messages from peers: bounds, then signatures, then the verdict for the network.

use crate::testing::Net;
use crate::{Action, Event, GossipVerdict};
use types::certificate::{PolkaCertificate, RoundCertificate, RoundCertificateKind, RoundVote};
use types::wire::ConsensusContent;
use types::{
    BlockId, CertificateSignature, Hash, Height, Round, Share, SignedAddress, Step, ValidatorId,
    Version, Vote, VoteKind,
};

fn prevote(net: &Net, i: usize, height: u64) -> Vote {
    prevote_for(net, i, height, None)
}

fn prevote_for(net: &Net, i: usize, height: u64, block_id: Option<BlockId>) -> Vote {
    let (height, round, step) = (Height(height), Round::ZERO, Step::Prevote);
    let address = SignedAddress { chain_id: net.chain.chain_id, height, round, step };
    let (signature, share) = net.chain.sign(i, &address, &block_id.map(|id| Hash(id.0)));
    let (kind, validator) = (VoteKind::Prevote, net.chain.id(i));
    Vote { kind, height, round, block_id, validator, signature, share }
}

/// Votes as a certificate holds them, by position in the set.
fn parts(net: &Net, votes: &[Vote]) -> Vec<CertificateSignature> {
    let set = &net.nodes[0].replica.frontier.set;
    let part = |vote: &Vote| CertificateSignature {
        index: u16::try_from(set.index_of(&vote.validator).unwrap()).unwrap(),
        signature: vote.signature,
        share: vote.share,
    };
    let mut parts: Vec<CertificateSignature> = votes.iter().map(part).collect();
    parts.sort_by_key(|part| part.index);
    parts
}

/// Whether node 0 precommits after it was given this, before anybody else speaks.
fn precommits_after(net: &mut Net, content: ConsensusContent) -> bool {
    let peer = net.nodes[1].peer;
    net.nodes[0].done.clear();
    net.give(0, Event::Message { peer, gossip: 5, content: Box::new(content) });
    net.settle();
    net.advance(5_000);
    net.nodes[0].done.iter().any(|action| match action {
        Action::Gossip(content) => {
            matches!(&**content, ConsensusContent::Vote(v) if v.kind == VoteKind::Precommit)
        }
        _ => false,
    })
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

// What a certificate brings stands in the index, so that nobody sends it singly any more: if the
// engine did not count it, a round in which every vote is needed would never end.

#[test]
fn votes_that_came_in_a_round_certificate_of_the_present_round_are_counted() {
    let mut net = alone();
    let votes: Vec<Vote> = (1..3).map(|i| prevote(&net, i, 1)).collect();
    let votes = parts(&net, &votes).into_iter().map(|signature| RoundVote {
        kind: VoteKind::Prevote,
        block_id: None,
        signature,
    });
    let certificate = RoundCertificate {
        version: Version,
        height: Height(1),
        round: Round::ZERO,
        kind: RoundCertificateKind::Skip,
        votes: votes.collect(),
    };
    assert!(precommits_after(&mut net, ConsensusContent::Round(certificate)));
}

#[test]
fn votes_that_came_in_a_polka_whose_block_is_unknown_are_counted() {
    let mut net = alone();
    let block_id = BlockId([9; 32]);
    let votes: Vec<Vote> = (1..4).map(|i| prevote_for(&net, i, 1, Some(block_id))).collect();
    let prevotes = parts(&net, &votes);
    let (version, height, round) = (Version, Height(1), Round::ZERO);
    let polka = PolkaCertificate { version, height, round, block_id, prevotes };
    assert!(precommits_after(&mut net, ConsensusContent::Polka(polka)));
}
