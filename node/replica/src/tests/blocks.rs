//! Bodies and proposals: kept, checked once, and fed when their time has come.

use crate::testing::Net;
use std::collections::BTreeSet;
use types::{FinalityCertificate, Hash};

/// The keys of the verdicts on a certificate's seals.
fn keys_of(net: &Net, certificate: &FinalityCertificate) -> BTreeSet<Hash> {
    let FinalityCertificate { block_id, state_root, receipts_root, height, .. } = certificate;
    let set = &net.nodes[0].replica.frontier.set;
    let keys = certificate.seals.iter().map(|part| {
        let validator = set.get(usize::from(part.index)).unwrap();
        let seal = types::Seal {
            height: *height,
            block_id: *block_id,
            state_root: *state_root,
            receipts_root: *receipts_root,
            validator: validator.id,
            signature: part.signature,
            share: part.share,
        };
        let ballot = crypto::ballot::of_seal(&net.chain.chain_id, &seal, validator);
        crypto::ballot::cache_key(&ballot)
    });
    keys.collect()
}

#[test]
fn seals_verified_live_are_not_verified_again_when_a_block_carries_them() {
    let mut net = Net::started(4);
    net.run_to(3);
    let finality = net.nodes[0].disk.finality.clone().unwrap();
    net.run_to(6);
    let (message, _) = net.nodes[0].disk.newest_block();
    let mut block = message.block.clone();
    assert!(finality.height < block.header.height.previous());
    let known = net.nodes[0].replica.known_ballots(&block);
    let seals = keys_of(&net, &finality);
    assert!(seals.is_disjoint(&known), "the block does not carry it yet");
    block.body.finality = Some(finality);
    let more = net.nodes[0].replica.known_ballots(&block);
    assert!(seals.is_subset(&more) && known.is_subset(&more));
}
