//! Validators that lie: what they send, and what honest nodes could have made of it.
//!
//! A liar runs the real replica behind a signer without a guard. What it gossips is sent a second
//! time over another value, in one of the ways of a [`Delivery`]; or it runs twice, once for each
//! half of the net ([`Lies::Twins`]).

use super::node::Shared;
use super::world::World;
use crypto::ballot::{self, Ballot};
use std::collections::{BTreeMap, BTreeSet};
use types::wire::ConsensusContent;
use types::{
    BlockId, Evidence, Hash, Height, Proposal, Seal, SignedAddress, Step, Validator, ValidatorId,
    Value, Vote, VoteKind,
};

/// What the liars of a plan do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lies {
    /// Validator 0 says a second thing at some addresses.
    Equivocate {
        /// At which steps.
        steps: Vec<Step>,
        /// Who gets which half.
        delivery: Delivery,
        /// Thousandths of its messages that it contradicts.
        often: u64,
    },
    /// The first `liars` validators run twice, with one key. If the net is cut, one twin talks to
    /// the honest nodes below `cut` and the other to the rest, until the links heal.
    Twins {
        /// How many validators lie.
        liars: usize,
        /// The first node of the other half; `None` if everybody talks to everybody.
        cut: Option<usize>,
    },
}

/// Who gets which half of a lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// Everybody gets both.
    Both,
    /// Some get one half, the others the other.
    Split,
    /// Everybody gets the first half, one node the second, heights later.
    Late,
}

/// What passes between nodes and is passed on by those who find it good.
#[derive(Clone, Debug)]
pub(super) enum Gossip {
    Content(Box<ConsensusContent>),
    Evidence(Box<Evidence>),
}

/// A validator's two or more values at one address, in one life of one node.
type Heard = BTreeMap<(usize, u64, ValidatorId, SignedAddress), Value>;

/// What honest nodes heard, kept by the world and not by them.
#[derive(Clone, Debug, Default)]
pub(super) struct Ears {
    heard: Heard,
    /// Who contradicted itself before which node, in which life.
    pairs: BTreeSet<(usize, u64, ValidatorId)>,
    /// Addresses at which a node could compare.
    pub(super) contradictions: u64,
}

impl Ears {
    /// A node holds a good ballot.
    pub(super) fn hear(&mut self, node: usize, life: u64, ballot: &Ballot<'_>) {
        let who = ballot.validator.id;
        let first = *self.heard.entry((node, life, who, ballot.address)).or_insert(ballot.value);
        if first != ballot.value && self.pairs.insert((node, life, who)) {
            self.contradictions += 1;
        }
    }

    /// Whom a node in this life could name.
    pub(super) fn contradicted(
        &self,
        node: usize,
        life: u64,
    ) -> impl Iterator<Item = ValidatorId> + '_ {
        let from = (node, life, ValidatorId::ZERO);
        let here = self.pairs.range(from..).take_while(move |(n, l, _)| (*n, *l) == (node, life));
        here.map(|(_, _, who)| *who)
    }
}

/// The ballot of a message that is one validator's.
pub(super) fn ballot_of<'a>(
    shared: &Shared,
    content: &'a ConsensusContent,
    validator: &'a Validator,
) -> Option<Ballot<'a>> {
    let chain_id = &shared.chain.chain_id;
    match content {
        ConsensusContent::Proposal(p) => Some(ballot::of_proposal(chain_id, p, validator)),
        ConsensusContent::Vote(v) => Some(ballot::of_vote(chain_id, v, validator)),
        ConsensusContent::Seal(s) => Some(ballot::of_seal(chain_id, s, validator)),
        ConsensusContent::Commit(_)
        | ConsensusContent::Finality(_)
        | ConsensusContent::Polka(_)
        | ConsensusContent::Round(_) => None,
    }
}

/// Who signed a message, and about which height it is, if it is one validator's.
pub(super) fn signer_of(content: &ConsensusContent) -> Option<(ValidatorId, Height)> {
    match content {
        ConsensusContent::Proposal(p) => Some((p.validator, p.height)),
        ConsensusContent::Vote(v) => Some((v.validator, v.height)),
        ConsensusContent::Seal(s) => Some((s.validator, s.height)),
        ConsensusContent::Commit(_)
        | ConsensusContent::Finality(_)
        | ConsensusContent::Polka(_)
        | ConsensusContent::Round(_) => None,
    }
}

impl World {
    /// A liar gossips: the second half, if it contradicts itself here.
    pub(super) fn contradict(&mut self, content: &ConsensusContent) -> Option<ConsensusContent> {
        let Some(Lies::Equivocate { steps, often, .. }) = self.plan.lies.clone() else {
            return None;
        };
        if self.faults_over || !steps.contains(&step_of(content)?) || !self.random.happens(often) {
            return None;
        }
        let other = Hash(crypto::hash::blake3(&self.random.draw().to_le_bytes()).0);
        let nil = self.random.happens(500);
        let mut lie = content.clone();
        match &mut lie {
            ConsensusContent::Proposal(Proposal { block_id, .. }) => *block_id = BlockId(other.0),
            ConsensusContent::Vote(Vote { block_id, .. }) => {
                *block_id = if block_id.is_some() && nil { None } else { Some(BlockId(other.0)) };
            }
            ConsensusContent::Seal(Seal { state_root, .. }) => *state_root = other,
            _ => return None,
        }
        self.sign_lie(&mut lie).then_some(lie)
    }

    /// Cut the net so that each half has its own twin of every liar. The two halves never meet
    /// before the faults are over.
    pub(super) fn part_twins(&mut self) {
        let Some(Lies::Twins { cut: Some(cut), .. }) = self.plan.lies else { return };
        let validators = self.plan.validators;
        let half = |node: &super::node::Node, i: usize| match (node.liar, i >= validators) {
            (true, twin) => twin,
            (false, _) => i >= cut,
        };
        let halves: Vec<bool> = self.nodes.iter().enumerate().map(|(i, n)| half(n, i)).collect();
        for from in 0..halves.len() {
            for to in 0..halves.len() {
                self.links.set_cut(from, to, halves[from] != halves[to]);
            }
        }
    }

    /// Sign it with the liar's key, if that is a validator's at this height.
    fn sign_lie(&mut self, lie: &mut ConsensusContent) -> bool {
        let Some((id, height)) = signer_of(lie) else { return false };
        let Some(liar) = self.shared.chain.validators.iter().position(|v| v.id == id) else {
            return false;
        };
        let Some(validator) = self.validator_at(height, &id) else { return false };
        let Some(unsigned) = ballot_of(&self.shared, lie, &validator) else { return false };
        let (address, value) = (unsigned.address, unsigned.value);
        let signed = self.shared.sign_for(liar, &validator, &address, &value);
        match lie {
            ConsensusContent::Proposal(p) => (p.signature, p.share) = signed,
            ConsensusContent::Vote(v) => (v.signature, v.share) = signed,
            ConsensusContent::Seal(s) => (s.signature, s.share) = signed,
            _ => return false,
        }
        true
    }

    /// A validator with its keys at a height, as an honest node's state has it.
    pub(super) fn validator_at(&self, height: Height, id: &ValidatorId) -> Option<Validator> {
        let honest = self.nodes.iter().find(|node| !node.liar)?;
        let set = state::read::validator_set_at(&honest.disk.state, height).ok()?;
        set.by_id(id).cloned()
    }

    /// An honest node found a message good: it could compare it from now on.
    pub(super) fn hear(&mut self, node: usize, content: &ConsensusContent) {
        if self.nodes[node].liar || self.plan.lies.is_none() {
            return;
        }
        let Some((id, height)) = signer_of(content) else { return };
        let Some(validator) = self.validator_at(height, &id) else { return };
        let life = self.nodes[node].life;
        if let Some(ballot) = ballot_of(&self.shared, content, &validator) {
            self.ears.hear(node, life, &ballot);
        }
    }

    /// An honest node committed a block: it could compare the precommits that it carries.
    pub(super) fn hear_block(&mut self, node: usize, height: Height) {
        if self.plan.lies.is_none() {
            return;
        }
        let life = self.nodes[node].life;
        let disk = &self.nodes[node].disk;
        let Some(stored) = disk.blocks.get(&height) else { return };
        let Some(commit) = &stored.message.block.body.last_commit else { return };
        let set = state::read::validator_set_at(&disk.state, commit.height);
        let set = set.expect("the sets of committed heights are state");
        let address = SignedAddress {
            chain_id: commit.chain_id,
            height: commit.height,
            round: commit.round,
            step: Step::Precommit,
        };
        for part in &commit.precommits {
            let Some(validator) = set.get(usize::from(part.index)) else { continue };
            let value = Some(Hash(commit.block_id.0));
            let (signature, share) = (part.signature, part.share);
            let ballot = Ballot { validator, address, value, signature, share };
            self.ears.hear(node, life, &ballot);
        }
    }

    /// Whoever contradicted itself before a node that lived on is named everywhere; nobody else is.
    pub(super) fn judge_names(&mut self) {
        let liars: BTreeSet<ValidatorId> =
            self.nodes.iter().filter(|node| node.liar).map(|node| node.id).collect();
        let (forked, mut due) = (self.is_forked(), BTreeSet::new());
        for (i, node) in self.nodes.iter().enumerate().filter(|(_, node)| !node.liar) {
            due.extend(self.ears.contradicted(i, node.life));
        }
        for i in 0..self.nodes.len() {
            if self.nodes[i].liar {
                continue;
            }
            let reveals = state::read::reveals(&self.nodes[i].disk.state);
            let reveals = reveals.expect("memory can be read");
            let named: BTreeSet<ValidatorId> = reveals.iter().map(|(id, _)| *id).collect();
            for id in named.difference(&liars) {
                self.oracle.breach(format!("node {i}: the honest validator {id} was named"));
            }
            // A fork ends where it is seen: those who made it are named by their certificates.
            for id in due.difference(&named).filter(|_| !forked) {
                self.oracle.breach(format!("node {i}: {id} contradicted itself and has no name"));
            }
            for (id, record) in &reveals {
                self.judge_reveal(i, id, record);
            }
            self.named = self.named.max(named.len() as u64);
        }
    }

    /// K is what the liar registered, and it opened the liar's own identity.
    fn judge_reveal(
        &mut self,
        node: usize,
        id: &ValidatorId,
        record: &types::punishment::RevealRecord,
    ) {
        let validators = &self.shared.chain.validators;
        let Some(number) = validators.iter().position(|v| v.id == *id) else { return };
        let secret = validators[number].secret(self.shared.chain.chain_id);
        let name = format!("Validator {number} Ltd");
        let opened = match &record.opening {
            types::punishment::Opening::Opened(identity) => identity.legal_name == name,
            types::punishment::Opening::RegistrarFault(_) => false,
        };
        if !opened || record.hidden_point != secret.reveal().hidden_point() {
            self.oracle.breach(format!("node {node}: {id} was opened to {:?}", record.opening));
        }
    }
}

fn step_of(content: &ConsensusContent) -> Option<Step> {
    match content {
        ConsensusContent::Proposal(_) => Some(Step::Proposal),
        ConsensusContent::Vote(vote) => Some(match vote.kind {
            VoteKind::Prevote => Step::Prevote,
            VoteKind::Precommit => Step::Precommit,
        }),
        ConsensusContent::Seal(_) => Some(Step::Seal),
        _ => None,
    }
}
