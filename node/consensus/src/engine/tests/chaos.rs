//! Any order, any loss, any crash, one traitor: never two blocks, never two signatures.

use super::*;
use types::VoteKind::{Precommit, Prevote};

/// Seeds tried; a failure prints its own.
const SEEDS: u64 = 25;
const HEIGHTS: u64 = 3;
/// Random actions a height, before the net is left in peace to finish it.
const ACTIONS: usize = 400;
/// Blocks that the traitor may name at one height.
const MAX_BLOCKS: usize = 8;

/// A random sequence that a seed fixes (xorshift64*, Vigna 2016).
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let high = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33;
        usize::try_from(high).unwrap() % bound
    }
}

/// Carry out random actions. Node 3 is never killed; if `traitor`, it is no node at all, and
/// whatever its key may sign is signed.
fn stir(net: &mut Net, random: &mut Random, height: u64, traitor: bool) {
    let honest = if traitor { 3 } else { 4 };
    let mut blocks = Vec::new();
    for _ in 0..ACTIONS {
        let node = random.below(honest);
        match random.below(16) {
            0 => drop(net.take_message(node, |count| random.below(count))),
            1 => drop(net.fire_next()),
            2 if !net.mourns() => net.kill_after(random.below(3), random.below(12)),
            3 | 4 => {
                if let Some(dead) = net.dead() {
                    net.revive(dead, height);
                }
            }
            5 => net.tell_all(node),
            6 | 7 if traitor => betray(net, random, height, &mut blocks),
            _ => {
                if let Some(input) = net.take_message(node, |count| random.below(count)) {
                    net.step(node, input);
                }
            }
        }
    }
}

/// The traitor sends something to one node, and perhaps something else to another.
fn betray(net: &mut Net, random: &mut Random, height: u64, blocks: &mut Vec<BlockId>) {
    let round = u32::try_from(random.below(3)).unwrap();
    if blocks.len() < MAX_BLOCKS {
        blocks.push(net.make_block(Height(height), Round(round), 3));
    }
    let seen = net.sent.values().filter_map(|content| match content {
        ConsensusContent::Proposal(proposal) if proposal.height.0 == height => {
            Some(proposal.block_id)
        }
        _ => None,
    });
    let named: Vec<BlockId> = seen.chain(blocks.iter().copied()).collect();
    let block_id = named[random.below(named.len())];
    let input = match random.below(4) {
        0 if net.proposer(height, round) == 3 => {
            let proposal = net.proposal(3, height, (round, None), block_id);
            Input::Proposal { proposal, valid: true }
        }
        kind => {
            let kind = if kind == 1 { Prevote } else { Precommit };
            let value = (random.below(4) > 0).then_some(block_id);
            Input::Vote(net.vote(3, kind, height, round, value))
        }
    };
    net.step(random.below(3), input);
}

fn run(seed: u64, traitor: bool) {
    let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    let mut net = Net::new(4);
    for height in 1..=HEIGHTS {
        net.nodes[3].online = !traitor;
        net.start(height);
        stir(&mut net, &mut random, height, traitor);
        net.spare_all();
        if let Some(dead) = net.dead() {
            net.revive(dead, height);
        }
        net.finish(height);
        net.agreed_round(height);
    }
}

#[test]
fn loss_disorder_and_crashes_split_nobody() {
    for seed in 0..SEEDS {
        println!("seed {seed}");
        run(seed, false);
    }
}

#[test]
fn a_traitor_of_four_splits_nobody() {
    for seed in 0..SEEDS {
        println!("seed {seed}");
        run(seed, true);
    }
}
