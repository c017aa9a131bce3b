//! One engine fed by hand: locks, verdicts, repeats, breaches.

use super::*;
use crate::context::{CoreHeight, CoreVote, NilOrVal, SignedShare, VoteType};
use crate::convert::Scope;
use types::VoteKind::{Precommit, Prevote};
use types::{Share, Signature, VoteKind};

/// One of four nodes at height 1 that proposes in neither of the first rounds, the others, and a
/// block of the first proposer.
fn one_of_four() -> (Net, usize, Vec<usize>, BlockId) {
    let mut net = Net::new(4);
    let proposer = net.proposer(1, 0);
    let own = (0..4).find(|own| *own != proposer && *own != net.proposer(1, 1)).unwrap();
    let others = (0..4).filter(|position| *position != own).collect();
    let block_id = net.make_block(Height(1), Round(0), proposer);
    net.start_node(own, 1, Vec::new());
    (net, own, others, block_id)
}

fn own_votes(node: &Node) -> Vec<(types::VoteKind, u32, Option<BlockId>)> {
    let votes = node.effects.iter().filter_map(|effect| match effect {
        Effect::Send(ConsensusContent::Vote(vote)) => {
            Some((vote.kind, vote.round.0, vote.block_id))
        }
        _ => None,
    });
    votes.collect()
}

/// Lock `own` on the block of round 0 and bring it to round 1.
fn lock(net: &mut Net, own: usize, others: &[usize], block_id: BlockId) {
    let proposal = net.proposal(net.proposer(1, 0), 1, (0, None), block_id);
    net.step(own, Input::Proposal { proposal, valid: true });
    for position in &others[..2] {
        net.step(own, Input::Vote(net.vote(*position, Prevote, 1, 0, Some(block_id))));
    }
    for position in &others[..2] {
        net.step(own, Input::Vote(net.vote(*position, Precommit, 1, 0, None)));
    }
    net.elapse(own, 0, TimeoutKind::Precommit);
}

#[test]
fn a_restart_keeps_the_lock() {
    let (mut net, own, others, block_id) = one_of_four();
    lock(&mut net, own, &others, block_id);
    net.kill(own);
    net.nodes[own].effects.clear();
    net.revive(own, 1);
    // The round certificate was sent on entering round 1, so the journal leads there again.
    assert_eq!(net.nodes[own].engine.round(), Round(1));
    let second = net.proposer(1, 1);
    let other_block = net.make_block(Height(1), Round(1), second);
    let proposal = net.proposal(second, 1, (1, None), other_block);
    net.step(own, Input::Proposal { proposal, valid: true });
    let again = [(Prevote, 0, Some(block_id)), (Precommit, 0, Some(block_id)), (Prevote, 1, None)];
    assert_eq!(own_votes(&net.nodes[own]), again);
}

#[test]
fn an_invalid_block_gets_a_nil_prevote_and_its_body_is_not_kept() {
    let (mut net, own, _, block_id) = one_of_four();
    let proposal = net.proposal(net.proposer(1, 0), 1, (0, None), block_id);
    net.step(own, Input::Proposal { proposal, valid: false });
    assert_eq!(own_votes(&net.nodes[own]), [(Prevote, 0, None)]);
    assert!(!net.nodes[own].effects.contains(&Effect::AppendBlock(block_id)));
}

#[test]
fn a_vote_of_our_own_that_a_peer_gives_back_needs_no_body() {
    // It was given before a disk was lost: the block is not here, and nothing relies on it.
    let (mut net, own, _, block_id) = one_of_four();
    let vote = net.vote(own, Prevote, 1, 0, Some(block_id));
    net.step(own, Input::Vote(vote));
    assert!(!net.nodes[own].effects.contains(&Effect::AppendBlock(block_id)));
}

#[test]
fn a_proposal_heard_again_is_not_journalled_again() {
    let (mut net, own, _, block_id) = one_of_four();
    let proposal = net.proposal(net.proposer(1, 0), 1, (0, None), block_id);
    net.step(own, Input::Proposal { proposal: proposal.clone(), valid: true });
    let before = net.nodes[own].effects.len();
    net.step(own, Input::Proposal { proposal, valid: true });
    assert_eq!(net.nodes[own].effects.len(), before);
}

#[test]
fn whoever_is_not_the_proposer_gets_nothing_into_the_journal() {
    let (mut net, own, _, _) = one_of_four();
    let impostor = (net.proposer(1, 0) + 2) % 4;
    let block_id = net.make_block(Height(1), Round(0), impostor);
    let proposal = net.proposal(impostor, 1, (0, None), block_id);
    let before = net.nodes[own].effects.len();
    net.step(own, Input::Proposal { proposal, valid: true });
    assert_eq!(net.nodes[own].effects.len(), before);
}

#[test]
fn a_propose_timer_that_runs_out_makes_a_nil_prevote() {
    let (mut net, own, _, _) = one_of_four();
    net.elapse(own, 0, TimeoutKind::Propose);
    assert_eq!(own_votes(&net.nodes[own]), [(Prevote, 0, None)]);
}

#[test]
fn inputs_of_other_heights_change_nothing() {
    let (mut net, own, others, block_id) = one_of_four();
    let before = net.nodes[own].effects.len();
    for height in [0, 3, 4, u64::MAX] {
        net.step(own, Input::Vote(net.vote(others[0], Prevote, height, 0, Some(block_id))));
        let kind = TimeoutKind::Propose;
        let timeout = Timeout { height: Height(height), round: Round(0), kind };
        net.step(own, Input::Timeout(timeout));
    }
    net.step(own, Input::NoValue { round: Round(0) });
    net.step(own, Input::Propose { round: Round(0), block_id });
    assert_eq!(net.nodes[own].effects.len(), before);
}

#[test]
fn the_core_notices_double_signs_in_time_only() {
    let (mut net, own, others, block_id) = one_of_four();
    let proposal = net.proposal(net.proposer(1, 0), 1, (0, None), block_id);
    net.step(own, Input::Proposal { proposal, valid: true });
    net.step(own, Input::Vote(net.vote(others[0], Prevote, 1, 0, None)));
    for kind in [Prevote, Precommit] {
        for position in &others {
            net.step(own, Input::Vote(net.vote(*position, kind, 1, 0, Some(block_id))));
        }
    }
    assert!(net.nodes[own].decided_at(1).is_some());
    assert_eq!(net.nodes[own].engine.own_evidence_count(), 1);
}

#[test]
fn our_key_in_other_hands_raises_the_alarm() {
    let (mut net, own, _, block_id) = one_of_four();
    net.elapse(own, 0, TimeoutKind::Propose);
    let engine = &net.nodes[own].engine;
    let address = |round, step| {
        let (chain_id, height, round) = (CHAIN, Height(1), Round(round));
        SignedAddress { chain_id, height, round, step }
    };
    let prevote = address(0, types::Step::Prevote);
    let block = Some(types::Hash(block_id.0));
    assert_eq!(engine.judge_own(&prevote, &None), None);
    assert_eq!(engine.judge_own(&prevote, &block), Some(Alarm::OtherValue(prevote)));
    let above = address(5, types::Step::Prevote);
    assert_eq!(engine.judge_own(&above, &block), Some(Alarm::Above(above)));
    assert_eq!(engine.judge_own(&address(0, types::Step::Proposal), &block), None);
}

#[test]
fn replay_that_leads_elsewhere_stops_the_engine_for_good() {
    let (mut net, own, _, block_id) = one_of_four();
    let timeout = Timeout { height: Height(1), round: Round(0), kind: TimeoutKind::Propose };
    let journal = vec![
        JournalRecord::Header { chain_id: CHAIN, height: Height(1) },
        JournalRecord::Timeout(timeout),
        // The timer leads to a nil prevote, not to this one.
        JournalRecord::Message(ConsensusContent::Vote(net.vote(
            own,
            Prevote,
            1,
            0,
            Some(block_id),
        ))),
    ];
    let input = net.start_input(1, true, journal);
    let engine = &mut net.nodes[own].engine;
    let found = engine.handle(input);
    assert!(matches!(found, Err(EngineError::ReplayDivergence { .. })), "{found:?}");
    assert_eq!(engine.handle(Input::Timeout(timeout)), Err(EngineError::Stopped));
}

#[test]
fn the_journal_of_another_height_or_chain_stops_the_engine() {
    let other = ChainId([9; 32]);
    for (chain_id, height) in [(CHAIN, Height(2)), (other, Height(1))] {
        let (mut net, own, _, _) = one_of_four();
        let input = net.start_input(1, true, vec![JournalRecord::Header { chain_id, height }]);
        let engine = &mut net.nodes[own].engine;
        let expected = EngineError::OtherJournal { height: Height(1), found: height };
        assert_eq!(engine.handle(input), Err(expected));
        assert_eq!(engine.handle(Input::NoValue { round: Round(0) }), Err(EngineError::Stopped));
    }
}

#[test]
fn a_journal_with_what_is_never_journalled_stops_the_engine() {
    let (mut net, own, _, _) = one_of_four();
    let stray = net.vote(0, Prevote, 2, 0, None);
    let journal = vec![
        JournalRecord::Header { chain_id: CHAIN, height: Height(1) },
        JournalRecord::Message(ConsensusContent::Vote(stray)),
    ];
    let input = net.start_input(1, true, journal);
    let expected = EngineError::ForeignRecord { height: Height(1), position: 1 };
    assert_eq!(net.nodes[own].engine.handle(input), Err(expected));
}

#[test]
fn heights_do_not_go_back() {
    let (mut net, own, _, _) = one_of_four();
    net.start_node(own, 5, Vec::new());
    let input = net.start_input(4, true, Vec::new());
    let expected = EngineError::HeightWentBack { from: Height(5), to: Height(4) };
    assert_eq!(net.nodes[own].engine.handle(input), Err(expected));
}

#[test]
fn what_is_not_remembered_is_verified_on_the_spot() {
    let net = Net::new(4);
    let scope = Scope { chain_id: CHAIN, set: &net.set };
    let vote = net.vote(2, Prevote, 1, 0, None);
    let known = scope.vote_in(&vote).unwrap();
    let place = scope.vote_place(&known.message);
    let signer = known.message.address;
    let mut verdicts = verdicts::Verdicts::default();
    assert!(verdicts.check(scope, &signer, place, &known.signature));
    let forged = net.vote(3, Prevote, 1, 0, None);
    let forged = types::Vote { validator: vote.validator, ..forged };
    let forged = scope.vote_in(&forged).unwrap();
    assert!(!verdicts.check(scope, &signer, place, &forged.signature));
    assert!(!verdicts.check(scope, &signer, place, &SignedShare::marker()));
}

#[test]
fn certificates_are_judged_by_signers_power_and_kind() {
    use crate::context::{CorePolka, CoreRound, CoreRoundCertificate, PolkaSignature};
    use crate::context::{Id, RoundCertificateType, RoundSignature, ThresholdParam};
    let net = Net::new(4);
    let scope = Scope { chain_id: CHAIN, set: &net.set };
    let block_id = BlockId([5; 32]);
    let quorum = ThresholdParam::TWO_F_PLUS_ONE;
    let honest = ThresholdParam::F_PLUS_ONE;
    let signed =
        |position, kind, block| scope.vote_in(&net.vote(position, kind, 1, 0, block)).unwrap();
    let polka = |positions: &[usize], block| CorePolka {
        height: CoreHeight(1),
        round: CoreRound::new(0),
        value_id: Id(block_id),
        polka_signatures: positions
            .iter()
            .map(|position| signed(*position, Prevote, block))
            .map(|vote| PolkaSignature::new(vote.message.address, vote.signature))
            .collect(),
    };
    let judged = |polka| verdicts::Verdicts::default().check_polka(scope, &polka, quorum).is_ok();
    assert!(judged(polka(&[0, 1, 2], Some(block_id))));
    assert!(!judged(polka(&[0, 1], Some(block_id))), "too few");
    assert!(!judged(polka(&[0, 1, 1], Some(block_id))), "one counted twice");
    assert!(!judged(polka(&[0, 1, 2], None)), "signed over something else");

    let round = |kind: RoundCertificateType, votes: &[(usize, VoteKind)]| CoreRoundCertificate {
        height: CoreHeight(1),
        round: CoreRound::new(0),
        cert_type: kind,
        round_signatures: votes
            .iter()
            .map(|(position, kind)| {
                let vote = signed(*position, *kind, None);
                let CoreVote { kind, value, address, .. } = vote.message;
                RoundSignature::new(kind, value, address, vote.signature)
            })
            .collect(),
    };
    let judged = |certificate| {
        let mut verdicts = verdicts::Verdicts::default();
        verdicts.check_round(scope, &certificate, quorum, honest).is_ok()
    };
    let (ends, skips) = (RoundCertificateType::Precommit, RoundCertificateType::Skip);
    assert!(judged(round(ends.clone(), &[(0, Precommit), (1, Precommit), (2, Precommit)])));
    assert!(!judged(round(ends.clone(), &[(0, Precommit), (1, Precommit)])));
    assert!(!judged(round(ends, &[(0, Precommit), (1, Precommit), (2, Prevote)])));
    assert!(judged(round(skips.clone(), &[(0, Precommit), (1, Prevote)])));
    assert!(!judged(round(skips, &[(0, Prevote), (0, Precommit)])), "one counted twice");
}

#[test]
fn a_signature_is_compared_by_its_bytes_alone() {
    let pair = (Signature([1; 64]), Share([2; 128]));
    let one = SignedShare::new(pair.0, pair.1, types::Hash([1; 32]));
    let same = SignedShare::new(pair.0, pair.1, types::Hash([2; 32]));
    let other = SignedShare::new(pair.0, Share([3; 128]), types::Hash([1; 32]));
    assert_eq!(one, same);
    assert!(one < other);
    let vote = |value| CoreVote {
        kind: VoteType::Prevote,
        height: CoreHeight(1),
        round: crate::context::CoreRound::new(0),
        value,
        address: crate::context::Address(ValidatorId::ZERO),
    };
    assert_ne!(vote(NilOrVal::Nil), vote(NilOrVal::Val(Id(BlockId::ZERO))));
}

#[test]
fn an_engine_can_be_given_to_a_thread() {
    const fn is_send<T: Send>() {}
    is_send::<Engine>();
}
