//! Seals: in order, once, and the alarm when others seal something else.

use crate::testing::Net;
use crate::{Action, Event, Stop};
use types::certificate::CertificateSignature;
use types::wire::ConsensusContent;
use types::{FinalityCertificate, Hash, Height, Round, Seal, SignedAddress, Step, Version};

fn seals_of(net: &Net, i: usize) -> Vec<Height> {
    let seal = |action: &Action| match action {
        Action::Gossip(content) => match &**content {
            ConsensusContent::Seal(seal) => Some(seal.height),
            _ => None,
        },
        _ => None,
    };
    net.nodes[i].done.iter().filter_map(seal).collect()
}

/// A seal of node `i` over other roots than everybody's.
fn wrong_seal(net: &Net, i: usize, height: u64) -> Seal {
    let block_id = net.nodes[0].disk.blocks_at(Height(height)).block_id;
    let (state_root, receipts_root) = (Hash([7; 32]), Hash([8; 32]));
    let value = crypto::id::seal_value(&block_id, &state_root, &receipts_root);
    let (height, round, step) = (Height(height), Round::ZERO, Step::Seal);
    let address = SignedAddress { chain_id: net.chain.chain_id, height, round, step };
    let (signature, share) = net.chain.sign(i, &address, &Some(value));
    let validator = net.chain.id(i);
    Seal { height, block_id, state_root, receipts_root, validator, signature, share }
}

fn hear(net: &mut Net, i: usize, content: ConsensusContent) {
    let peer = net.nodes[1].peer;
    net.give(i, Event::Message { peer, gossip: 1, content: Box::new(content) });
    net.settle();
}

/// Node 0 has committed a height that nobody's seal has reached it for.
fn net_without_seals() -> (Net, u64) {
    let mut net = Net::started(4);
    net.run_to(3);
    net.run_to_moment("a block without its certificate", |net| {
        net.nodes[0].tip() > net.nodes[0].replica.finality.height()
    });
    net.silent.insert(0);
    let height = net.nodes[0].tip().0;
    (net, height)
}

#[test]
fn each_height_is_sealed_once_and_in_order_after_it_is_durable() {
    let mut net = Net::started(4);
    net.run_to(8);
    for i in 0..4 {
        let seals = seals_of(&net, i);
        let expected: Vec<Height> = (1..=seals.len() as u64).map(Height).collect();
        assert_eq!(seals, expected, "node {i}");
        assert!(seals.len() as u64 <= net.nodes[i].tip().0);
        assert!(seals.len() >= 7);
    }
}

#[test]
fn seals_of_more_than_two_thirds_make_a_height_final_here() {
    let mut net = Net::started(4);
    net.run_to(5);
    net.settle();
    for node in &net.nodes {
        let newest = node.disk.finality.as_ref().unwrap();
        assert!(newest.height >= Height(4));
        assert!(newest.seals.len() >= 3);
    }
}

#[test]
fn a_certificate_over_other_roots_than_ours_stops_the_node() {
    let (mut net, height) = net_without_seals();
    let seals: Vec<Seal> = (1..4).map(|i| wrong_seal(&net, i, height)).collect();
    let parts = seals.iter().zip(1..).map(|(seal, index)| CertificateSignature {
        index,
        signature: seal.signature,
        share: seal.share,
    });
    let certificate = FinalityCertificate {
        version: Version,
        chain_id: net.chain.chain_id,
        height: Height(height),
        block_id: seals[0].block_id,
        state_root: seals[0].state_root,
        receipts_root: seals[0].receipts_root,
        seals: parts.collect(),
    };
    hear(&mut net, 0, ConsensusContent::Finality(certificate.clone()));
    let done = &net.nodes[0].done;
    assert!(matches!(done.last(), Some(Action::Stop(Stop::Disagreement(_)))), "{done:?}");
    let kept = |action: &Action| match action {
        Action::StoreFinality(kept) => **kept == certificate,
        _ => false,
    };
    assert!(done.iter().any(kept), "both are kept");
}

#[test]
fn more_than_a_third_sealing_other_roots_is_an_alarm_and_no_stop() {
    let (mut net, height) = net_without_seals();
    let one = wrong_seal(&net, 1, height);
    hear(&mut net, 0, ConsensusContent::Seal(one));
    assert_eq!(net.nodes[0].replica.status().alarm, None);
    let two = wrong_seal(&net, 2, height);
    hear(&mut net, 0, ConsensusContent::Seal(two));
    assert_eq!(net.nodes[0].replica.status().alarm, Some(Height(height)));
    assert!(!net.nodes[0].done.iter().any(|action| matches!(action, Action::Stop(_))));
}
