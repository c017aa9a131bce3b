//! Signatures that do not come: the node abstains from one message and goes on.

use super::*;
use types::Step;

fn abstained(node: &Node) -> Vec<(u64, u32, Step)> {
    let places = node.effects.iter().filter_map(|effect| match effect {
        Effect::Abstained { address, .. } => {
            Some((address.height.0, address.round.0, address.step))
        }
        _ => None,
    });
    places.collect()
}

#[test]
fn a_vote_that_is_not_signed_never_leaves_and_others_go_on() {
    for step in [Step::Prevote, Step::Precommit] {
        let mut net = Net::new(4);
        net.nodes[2].fail_at(&[(1, 0, step)]);
        net.start(1);
        net.run_until_decided(1);
        assert_eq!(net.agreed_round(1), Round(0));
        assert_eq!(abstained(&net.nodes[2]), [(1, 0, step)]);
        assert_eq!(net.nodes[2].engine.abstention_count(), 1);
        let own = net.set.get(2).unwrap().id;
        let (chain_id, height, round) = (CHAIN, Height(1), Round(0));
        let address = SignedAddress { chain_id, height, round, step };
        assert!(!net.sent.contains_key(&(own, address)));
    }
}

#[test]
fn one_hiccup_does_not_halt_a_net_that_needs_everybody() {
    for step in [Step::Prevote, Step::Precommit] {
        let mut net = Net::new(3);
        net.nodes[1].fail_at(&[(1, 0, step)]);
        net.start(1);
        net.run_until_decided(1);
        assert_eq!(net.agreed_round(1), Round(0), "the signer is asked again");
        assert_eq!(abstained(&net.nodes[1]), [(1, 0, step)]);
    }
}

#[test]
fn a_signer_that_stays_away_is_asked_again_and_again() {
    let mut net = Net::new(3);
    net.nodes[1].fail_at(&[(1, 0, Step::Prevote); 5]);
    net.start(1);
    net.run_until_decided(1);
    assert_eq!(net.agreed_round(1), Round(0));
    assert_eq!(net.nodes[1].engine.abstention_count(), 1);
}

#[test]
fn a_vote_signed_late_is_replayed_like_any_other() {
    for step in [Step::Prevote, Step::Precommit] {
        let mut net = Net::new(3);
        net.nodes[1].fail_at(&[(1, 0, step)]);
        net.start(1);
        net.run_until_decided(1);
        net.kill(1);
        net.nodes[1].decided.clear();
        net.revive(1, 1);
        assert!(net.nodes[1].decided_at(1).is_some(), "the journal alone decides");
    }
}

#[test]
fn a_proposal_that_is_not_signed_lets_the_propose_timer_run_out() {
    let mut net = Net::new(4);
    let proposer = net.proposer(1, 0);
    net.nodes[proposer].fail_at(&[(1, 0, Step::Proposal)]);
    net.start(1);
    net.run_until_quiet();
    let node = &net.nodes[proposer];
    let propose = Timeout { height: Height(1), round: Round(0), kind: TimeoutKind::Propose };
    assert!(!node.effects.contains(&Effect::Cancel(propose)), "the timer runs on");
    assert_eq!(node.engine.step(), RoundStep::Propose);
    net.run_until_decided(1);
    assert_eq!(net.agreed_round(1), Round(1));
}

#[test]
fn a_block_proposed_again_without_a_signature_gets_a_timer() {
    let (mut net, proposer) = Net::at_second_round_with_a_valid_block();
    net.nodes[proposer].fail_at(&[(1, 1, Step::Proposal)]);
    net.elapse(proposer, 0, TimeoutKind::Precommit);
    let node = &net.nodes[proposer];
    assert_eq!(abstained(node), [(1, 1, Step::Proposal)]);
    assert!(net.timer_runs(proposer, 1, TimeoutKind::Propose), "or it would wait for ever");
    let restreamed = |effect: &Effect| matches!(effect, Effect::Restream { .. });
    assert!(!net.nodes[proposer].effects.iter().any(restreamed), "nothing is proposed");
}

#[test]
fn a_valid_block_is_proposed_again_with_its_polka() {
    let (mut net, proposer) = Net::at_second_round_with_a_valid_block();
    net.elapse(proposer, 0, TimeoutKind::Precommit);
    let effects = &net.nodes[proposer].effects;
    let polka = effects
        .iter()
        .position(|effect| matches!(effect, Effect::Send(ConsensusContent::Polka(_))))
        .expect("the polka is shown");
    let restream = effects
        .iter()
        .position(|effect| matches!(effect, Effect::Restream { pol_round: Some(Round(0)), .. }))
        .expect("the block is pushed again");
    let proposed = effects
        .iter()
        .position(|effect| {
            matches!(effect, Effect::Send(ConsensusContent::Proposal(proposal))
                if proposal.round == Round(1) && proposal.pol_round == Some(Round(0)))
        })
        .expect("the block is proposed again");
    assert!(polka < restream && restream < proposed);
}
