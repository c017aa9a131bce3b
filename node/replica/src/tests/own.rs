//! Our own key: when an imported guard may sign, and the alarm when the key signs elsewhere.

use crate::replica::Signing;
use crate::testing::Net;
use crate::work::{Committed, WorkDone};
use crate::{Action, ActionKind, Event, Log, Stop};
use consensus::safety::{Guard, Standing, machine_of};
use std::sync::Arc;
use types::certificate::CertificateSignature;
use types::wire::ConsensusContent;
use types::{
    BlockId, CommitCertificate, Hash, Height, Round, SignedAddress, Step, ValidatorSet, Version,
    Vote, VoteKind,
};

/// Heights that an imported guard waits.
const WAIT: u64 = 20;

fn guard_of(net: &mut Net, i: usize) -> Guard {
    net.nodes[i].replica.engine.signer_mut().guard().unwrap().clone()
}

/// Four nodes at height 3, of which the last runs with an imported guard.
fn net_with_import() -> Net {
    let mut net = Net::started(4);
    net.run_to(3);
    let guard = guard_of(&mut net, 3).imported();
    net.restart_judged(3, guard);
    net.settle();
    net
}

fn is_armed(net: &Net, i: usize) -> bool {
    net.nodes[i].replica.signing == Signing::Armed
}

fn gossiped(net: &Net, i: usize) -> usize {
    net.nodes[i].done.iter().filter(|action| action.kind() == ActionKind::Gossip).count()
}

fn stop_of(net: &Net, i: usize) -> Option<&Stop> {
    net.nodes[i].done.iter().find_map(|action| match action {
        Action::Stop(stop) => Some(stop),
        _ => None,
    })
}

fn precommit(net: &Net, i: usize, height: u64, block_id: BlockId) -> Vote {
    let (height, round, step) = (Height(height), Round::ZERO, Step::Precommit);
    let address = SignedAddress { chain_id: net.chain.chain_id, height, round, step };
    let (signature, share) = net.chain.sign(i, &address, &Some(Hash(block_id.0)));
    let (kind, validator, block_id) = (VoteKind::Precommit, net.chain.id(i), Some(block_id));
    Vote { kind, height, round, block_id, validator, signature, share }
}

fn hear(net: &mut Net, i: usize, content: ConsensusContent) {
    let peer = net.nodes[1].peer;
    net.give(i, Event::Message { peer, gossip: 1, content: Box::new(content) });
    net.settle();
}

#[test]
fn an_imported_guard_is_armed_once_the_chain_has_gone_on_without_the_key() {
    let mut net = net_with_import();
    assert!(!is_armed(&net, 3));
    let reason = net.nodes[3].replica.status().observer.unwrap();
    assert!(reason.contains("imported"), "{reason}");
    net.run_to(WAIT + 2);
    assert!(!is_armed(&net, 3));
    assert_eq!(gossiped(&net, 3), 0);
    net.run_to(WAIT + 4);
    assert!(is_armed(&net, 3));
    assert_eq!(net.nodes[3].replica.status().observer, None);
    // The database names the instance before the guard does.
    let kinds = |action: &Action| match action {
        Action::SetInstance(_) => Some("instance"),
        Action::SetGuard(_) => Some("guard"),
        Action::Log(Log::Armed) => Some("armed"),
        _ => None,
    };
    let order: Vec<_> = net.nodes[3].done.iter().filter_map(kinds).collect();
    assert!(order.windows(3).any(|three| three == ["instance", "guard", "armed"]), "{order:?}");
    let Standing::Armed { instance, .. } = guard_of(&mut net, 3).standing() else {
        panic!("the guard is not armed");
    };
    assert_eq!(net.nodes[3].disk.instance, Some(instance));
}

#[test]
fn an_armed_import_signs_above_what_its_key_may_have_signed() {
    let mut net = net_with_import();
    net.run_until("arming", |net| is_armed(net, 3));
    let armed_at = net.nodes[3].tip();
    net.run_to(armed_at.0 + 6);
    let lowest = net.nodes[3].done.iter().filter_map(|action| match action {
        Action::Gossip(content) => match &**content {
            ConsensusContent::Vote(vote) => Some((Step::Prevote, vote.height)),
            ConsensusContent::Seal(seal) => Some((Step::Seal, seal.height)),
            _ => None,
        },
        _ => None,
    });
    let lowest: Vec<_> = lowest.collect();
    assert!(lowest.iter().any(|(step, _)| *step == Step::Seal));
    assert!(lowest.iter().any(|(step, _)| *step == Step::Prevote));
    for (step, height) in lowest {
        let above = if step == Step::Seal { armed_at } else { armed_at.next() };
        assert!(height > above, "{step:?} of {height}, armed at {armed_at}");
    }
    // At the height after its arming it had to be silent, and says so.
    assert!(net.nodes[3].replica.status().abstentions > 0);
}

#[test]
fn a_signature_of_the_key_seen_meanwhile_prolongs_the_wait() {
    let mut net = net_with_import();
    net.run_to(12);
    let height = net.nodes[3].tip().0 + 1;
    let vote = precommit(&net, 3, height, BlockId([5; 32]));
    hear(&mut net, 3, ConsensusContent::Vote(vote));
    assert_eq!(stop_of(&net, 3), None, "an imported guard does not speak for the key");
    net.run_to(height + WAIT - 1);
    assert!(!is_armed(&net, 3));
    net.run_to(height + WAIT);
    net.settle();
    assert!(is_armed(&net, 3));
}

#[test]
fn a_vote_of_our_key_above_the_guard_stops_the_node() {
    let mut net = Net::started(4);
    net.run_to(3);
    let vote = precommit(&net, 3, net.nodes[3].tip().0 + 2, BlockId([5; 32]));
    hear(&mut net, 3, ConsensusContent::Vote(vote));
    assert!(matches!(stop_of(&net, 3), Some(Stop::KeyInUse(_))));
}

#[test]
fn a_certificate_with_our_key_above_the_guard_stops_the_node() {
    let mut net = Net::new(4);
    (0..4).for_each(|i| net.nodes[i].holds_work = false);
    net.silent.extend(0..3);
    net.start(3);
    let block_id = BlockId([5; 32]);
    let parts = (1..4_u16).map(|index| {
        let vote = precommit(&net, usize::from(index), 1, block_id);
        CertificateSignature { index, signature: vote.signature, share: vote.share }
    });
    let certificate = CommitCertificate {
        version: Version,
        chain_id: net.chain.chain_id,
        height: Height(1),
        round: Round::ZERO,
        block_id,
        precommits: parts.collect(),
    };
    hear(&mut net, 3, ConsensusContent::Commit(certificate));
    assert!(matches!(stop_of(&net, 3), Some(Stop::KeyInUse(_))));
}

#[test]
fn a_fetched_chain_with_our_key_above_the_guard_stops_the_node() {
    let mut net = Net::started(4);
    net.run_to(6);
    net.lose_disk(0);
    let forgetful = Guard::made(net.chain.chain_id, net.chain.id(0), machine_of(b"machine"));
    net.restart_judged(0, forgetful);
    net.run_until("the alarm", |net| stop_of(net, 0).is_some());
    assert!(matches!(stop_of(&net, 0), Some(Stop::KeyInUse(_))));
}

#[test]
fn our_own_past_in_a_fetched_chain_is_no_alarm() {
    let mut net = Net::started(4);
    net.run_to(6);
    let guard = guard_of(&mut net, 0);
    let disk_instance = net.nodes[0].disk.instance;
    net.lose_disk(0);
    net.nodes[0].disk.instance = disk_instance;
    net.restart_judged(0, guard);
    let reason = net.nodes[0].replica.status().observer.unwrap();
    assert!(reason.contains("storage went back"), "{reason}");
    net.run_until("signing again", |net| is_armed(net, 0));
    assert_eq!(stop_of(&net, 0), None);
    let tip = net.nodes[0].tip().0;
    net.run_to(tip + 3);
}

#[test]
fn a_validator_abstains_where_the_set_names_a_key_that_it_does_not_hold() {
    let mut net = Net::started(4);
    net.run_to(3);
    net.silent.insert(0);
    net.nodes[0].holds_work = true;
    let node = &net.nodes[0].replica;
    let mut next = (*node.frontier).clone();
    let mut parent = (*next.parent).clone();
    parent.header.height = parent.header.height.next();
    let mut validators = next.set.validators().to_vec();
    validators[0].consensus_key = types::PublicKey([9; 32]);
    next.parent = Arc::new(parent);
    next.set = Arc::new(ValidatorSet::new(validators).unwrap());
    let certificate = node.certificate.clone().unwrap();
    let (nonces, hashes, revealed) = (Vec::new(), Vec::new(), Vec::new());
    let committed = Committed { next: Arc::new(next), certificate, nonces, hashes, revealed };
    let before = net.nodes[0].replica.status().abstentions;
    net.give(0, Event::Done(Box::new(WorkDone::Committed(Box::new(committed)))));
    net.nodes[0].done.clear();
    net.advance(1_000);
    assert!(net.nodes[0].replica.status().running);
    assert_eq!(net.nodes[0].replica.status().abstentions, before + 1);
    assert_eq!(gossiped(&net, 0), 0, "with its other key it would sign for nobody");
}
