//! A node dies anywhere and starts again from journal and guard.

use super::*;

/// Effects that a node performs at a height without a crash.
fn effects_of(position: usize) -> usize {
    let mut net = Net::new(4);
    net.start(1);
    net.run_until_decided(1);
    net.run_until_quiet();
    net.nodes[position].effects.len()
}

/// Kill one node before its n-th effect, start it again, and finish the height.
fn dies_before(position: usize, effect: usize) -> Net {
    let mut net = Net::new(4);
    net.kill_after(position, effect);
    net.start(1);
    net.run_until_quiet();
    if !net.nodes[position].online {
        net.revive(position, 1);
    }
    net.run_until_decided(1);
    net
}

#[test]
fn a_crash_before_any_effect_signs_nothing_twice() {
    let proposer = Net::new(4).proposer(1, 0);
    for position in [proposer, (proposer + 1) % 4] {
        let count = effects_of(position);
        assert!(count > 15, "a height has more effects than {count}");
        for effect in 0..=count {
            // The net itself asserts that no address ever gets two messages.
            dies_before(position, effect).agreed_round(1);
        }
    }
}

#[test]
fn a_second_crash_during_replay_signs_nothing_twice() {
    let proposer = Net::new(4).proposer(1, 0);
    let count = effects_of(proposer);
    for first in (0..=count).step_by(3) {
        for second in (0..20).step_by(3) {
            let mut net = Net::new(4);
            net.kill_after(proposer, first);
            net.start(1);
            net.run_until_quiet();
            net.kill(proposer);
            net.kill_after(proposer, second);
            net.revive(proposer, 1);
            net.run_until_quiet();
            if !net.nodes[proposer].online {
                net.revive(proposer, 1);
            }
            net.run_until_decided(1);
            net.agreed_round(1);
        }
    }
}

#[test]
fn all_killed_at_once_decide_what_they_were_locked_on() {
    for effects in 10..40 {
        let mut net = Net::new(4);
        for position in 0..4 {
            net.kill_after(position, effects);
        }
        net.start(1);
        net.run_until_quiet();
        let precommitted: Vec<BlockId> = net
            .sent
            .values()
            .filter_map(|content| match content {
                ConsensusContent::Vote(vote) if vote.kind == types::VoteKind::Precommit => {
                    vote.block_id
                }
                _ => None,
            })
            .collect();
        for position in 0..4 {
            net.kill(position);
        }
        for position in 0..4 {
            net.revive(position, 1);
        }
        net.run_until_decided(1);
        net.agreed_round(1);
        let decided = net.nodes[0].decided_at(1).unwrap().block_id;
        if precommitted.len() > 2 {
            assert_eq!(decided, precommitted[0]);
        }
    }
}

fn votes_sent(node: &Node) -> Vec<types::Vote> {
    let votes = node.effects.iter().filter_map(|effect| match effect {
        Effect::Send(ConsensusContent::Vote(vote)) => Some(vote.clone()),
        _ => None,
    });
    votes.collect()
}

#[test]
fn a_restart_sends_its_votes_again_and_appends_nothing_twice() {
    let mut net = Net::new(4);
    net.start(1);
    net.run_until_decided(1);
    let position = net.proposer(1, 0);
    let before = net.nodes[position].records();
    let votes_before = votes_sent(&net.nodes[position]);
    net.kill(position);
    net.nodes[position].effects.clear();
    net.nodes[position].decided.clear();
    net.revive(position, 1);
    assert!(net.nodes[position].decided_at(1).is_some(), "the journal alone decides");
    assert_eq!(votes_sent(&net.nodes[position]), votes_before);
    assert_eq!(net.nodes[position].records(), before);
    let effects = &net.nodes[position].effects;
    let flush = effects.iter().position(|effect| *effect == Effect::Flush);
    let send = effects.iter().position(|effect| matches!(effect, Effect::Send(_))).unwrap();
    assert!(flush.is_some_and(|flush| flush < send), "what was read back is not yet on disk");
}

#[test]
fn the_body_is_in_the_journal_before_the_verdict_and_every_vote() {
    let mut net = Net::new(4);
    net.start(1);
    net.run_until_decided(1);
    for node in &net.nodes {
        let records = node.records();
        let block = records.iter().position(|r| matches!(r, JournalRecord::Block(_))).unwrap();
        let verdict =
            records.iter().position(|r| matches!(r, JournalRecord::Proposed { .. })).unwrap();
        assert!(block < verdict);
        let bodies = records.iter().filter(|r| matches!(r, JournalRecord::Block(_))).count();
        assert_eq!(bodies, 1, "once a block");
    }
}

#[test]
fn a_value_asked_for_during_replay_is_the_journals_own() {
    let mut net = Net::new(4);
    let proposer = net.proposer(1, 0);
    // Dead as soon as the verdict on its own block is flushed, before its proposal is signed.
    let block_id = net.make_block(Height(1), Round(0), proposer);
    let own = net.set.get(proposer).unwrap().id;
    let journal = vec![
        JournalRecord::Header { chain_id: CHAIN, height: Height(1) },
        JournalRecord::Proposed {
            round: Round(0),
            pol_round: None,
            proposer: own,
            block_id,
            valid: true,
        },
    ];
    net.start_node(proposer, 1, journal);
    let effects = &net.nodes[proposer].effects;
    assert!(!effects.iter().any(|effect| matches!(effect, Effect::GetValue { .. })));
    // The body was not among the records: it is asked for again before anything relies on it.
    assert!(effects.contains(&Effect::AppendBlock(block_id)));
    let proposed = effects.iter().find_map(|effect| match effect {
        Effect::Send(ConsensusContent::Proposal(proposal)) => Some(proposal.block_id),
        _ => None,
    });
    assert_eq!(proposed, Some(block_id));
}

#[test]
fn a_restarted_proposer_without_a_block_of_its_own_asks_for_one() {
    let mut net = Net::new(4);
    let proposer = net.proposer(1, 0);
    let journal = vec![JournalRecord::Header { chain_id: CHAIN, height: Height(1) }];
    net.start_node(proposer, 1, journal);
    let asked = Effect::GetValue { height: Height(1), round: Round(0) };
    assert!(net.nodes[proposer].effects.contains(&asked));
}
