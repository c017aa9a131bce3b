//! Bodies and proposals of the height in progress: kept, checked once, and given to the engine
//! together.
//!
//! What the engine is told about a body depends on the block and its parent state alone. What
//! depends on a proposal's round is judged on the proposal, before it is fed. A first proposal
//! whose block time is out of step with our clock is untimely, not invalid: it is held back until
//! others rely on the block.

use crate::action::{Action, Log};
use crate::event::{Peer, Timer};
use crate::replica::Replica;
use crate::work::Work;
use consensus::Input;
use executor::Rejection;
use executor::block::Checked;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use types::wire::BlockMessage;
use types::{Block, BlockId, Hash, Height, Proposal, PublicKey, Round, ValidatorId, VoteKind};

/// Most blocks held at a time.
const MAX_BLOCKS: usize = 32;
/// Most blocks held of one proposer and height; an honest one makes one a round.
const MAX_BLOCKS_OF_PROPOSER: usize = 4;
/// Most proposals held at a time.
const MAX_PROPOSALS: usize = 64;
/// How long a block may lag behind its proposal before it is asked for, in ms.
const FETCH_AFTER_MS: u64 = 50;

#[derive(Clone, Debug)]
pub(crate) enum BlockVerdict {
    Unchecked,
    Checking,
    Valid(Option<Arc<Checked>>),
    Invalid,
}

#[derive(Debug)]
struct Held {
    message: Arc<BlockMessage>,
    verdict: BlockVerdict,
    journalled: bool,
}

#[derive(Clone, Debug)]
struct Waiting {
    proposal: Proposal,
    arrived_wall_ms: u64,
}

/// The bodies and proposals at hand.
#[derive(Debug, Default)]
pub(crate) struct Blocks {
    held: BTreeMap<BlockId, Held>,
    /// Proposals that the engine has not been given yet.
    proposals: Vec<Waiting>,
    /// Blocks that somebody relies on: timeliness no longer matters for them.
    needed: BTreeSet<BlockId>,
    /// Blocks being asked for, with the peers asked already.
    fetching: BTreeMap<BlockId, BTreeSet<Peer>>,
}

impl Blocks {
    pub(crate) fn message(&self, block_id: &BlockId) -> Option<Arc<BlockMessage>> {
        self.held.get(block_id).map(|held| held.message.clone())
    }

    /// Our own block of this round, if there is one: after a replay it is proposed again.
    pub(crate) fn own(&self, own: &ValidatorId, height: Height, round: Round) -> Option<BlockId> {
        let ours = |held: &Held| {
            let header = &held.message.block.header;
            header.proposer == *own && header.height == height && header.round == round
        };
        self.held.iter().find(|(_, held)| ours(held)).map(|(id, _)| *id)
    }

    pub(crate) fn checked(&self, block_id: &BlockId) -> Option<Arc<Checked>> {
        match &self.held.get(block_id)?.verdict {
            BlockVerdict::Valid(checked) => checked.clone(),
            BlockVerdict::Unchecked | BlockVerdict::Checking | BlockVerdict::Invalid => None,
        }
    }

    /// Keep a block whose validity is known: our own, or one from the journal.
    pub(crate) fn keep_valid(&mut self, id: BlockId, block: Arc<BlockMessage>, journalled: bool) {
        let verdict = BlockVerdict::Valid(None);
        self.held.insert(id, Held { message: block, verdict, journalled });
    }

    /// Whether the block still has to be written to the journal; from now on it has not.
    pub(crate) fn take_unjournalled(&mut self, block_id: &BlockId) -> Option<Arc<BlockMessage>> {
        let held = self.held.get_mut(block_id)?;
        if held.journalled {
            return None;
        }
        held.journalled = true;
        Some(held.message.clone())
    }

    /// Forget everything at or below a committed height.
    pub(crate) fn committed(&mut self, height: Height) {
        self.held.retain(|_, held| held.message.block.header.height > height);
        self.proposals.retain(|waiting| waiting.proposal.height > height);
        self.needed.clear();
        self.fetching.clear();
    }

    fn has_room(&self, block: &BlockMessage) -> bool {
        let header = &block.block.header;
        let of_proposer = |held: &&Held| {
            held.message.block.header.proposer == header.proposer
                && held.message.block.header.height == header.height
        };
        self.held.len() < MAX_BLOCKS
            && self.held.values().filter(of_proposer).count() < MAX_BLOCKS_OF_PROPOSER
    }

    fn is_named(&self, block_id: &BlockId) -> bool {
        self.needed.contains(block_id)
            || self.proposals.iter().any(|waiting| waiting.proposal.block_id == *block_id)
    }
}

impl Replica {
    /// A block came, pushed by its proposer or because we asked.
    pub(crate) fn on_block(&mut self, peer: Peer, block: BlockMessage) {
        let height = block.block.header.height;
        // The next height's block may come while this one is being committed.
        if height != self.height() && height != self.height().next() {
            return;
        }
        let block_id = crypto::id::block_id(&block.block.header);
        if self.blocks.held.contains_key(&block_id) {
            return;
        }
        let named = self.blocks.is_named(&block_id);
        let from_proposer = self.peer_of(&block.block.header.proposer) == Some(peer);
        let wanted = named || (from_proposer && self.blocks.has_room(&block));
        if !wanted {
            return;
        }
        self.blocks.fetching.remove(&block_id);
        self.cancel_timer(&Timer::Fetch(block_id));
        let message = Arc::new(block);
        let held = Held { message, verdict: BlockVerdict::Unchecked, journalled: false };
        self.blocks.held.insert(block_id, held);
        if self.phase.is_running() {
            self.check_block(block_id);
        }
    }

    /// Check the blocks that came before their height began.
    pub(crate) fn check_waiting_blocks(&mut self) {
        let height = self.height();
        let waiting: Vec<BlockId> = self
            .blocks
            .held
            .iter()
            .filter(|(_, held)| held.message.block.header.height == height)
            .filter(|(_, held)| matches!(held.verdict, BlockVerdict::Unchecked))
            .map(|(id, _)| *id)
            .collect();
        for block_id in waiting {
            self.check_block(block_id);
        }
    }

    fn check_block(&mut self, block_id: BlockId) {
        let height = self.height();
        let parent = self.frontier.parent.clone();
        let Some(held) = self.blocks.held.get_mut(&block_id) else { return };
        if held.message.block.header.height != height {
            return;
        }
        held.verdict = BlockVerdict::Checking;
        let block = held.message.clone();
        let known = self.known_ballots(&block.block);
        self.work(Work::Check { block, block_id, parent, known });
    }

    /// What this node has verified of the certificates that a block carries.
    pub(crate) fn known_ballots(&self, block: &Block) -> Arc<BTreeSet<Hash>> {
        let parent = block.header.height.previous();
        let mut known = self.watcher.known_keys(parent);
        if let Some(finality) = &block.body.finality
            && finality.height != parent
        {
            known.append(&mut self.watcher.known_keys(finality.height));
        }
        Arc::new(known)
    }

    pub(crate) fn on_checked(
        &mut self,
        block_id: BlockId,
        result: Result<Arc<Checked>, Rejection>,
    ) {
        let Some(held) = self.blocks.held.get_mut(&block_id) else { return };
        match result {
            Ok(checked) => {
                held.verdict = BlockVerdict::Valid(Some(checked));
                // Precommits that went to others only come to light in the next block.
                let message = held.message.clone();
                let pairs = self.watcher.observe_block(&message.block);
                self.on_carried_pairs(self.config.detectors.blocks, pairs);
                if self.watch_own_key_in_block(&message.block) {
                    return;
                }
            }
            Err(reason) => {
                held.verdict = BlockVerdict::Invalid;
                self.log(Log::BlockRefused { block_id, reason: reason.to_string() });
            }
        }
        self.feed_proposals();
    }

    /// A verified proposal of the height in progress.
    pub(crate) fn on_proposal(&mut self, proposal: Proposal) {
        let set = &self.frontier.set;
        let turn = set.proposer(&self.frontier.eligible, proposal.height, proposal.round);
        if turn.id != proposal.validator || self.blocks.proposals.len() >= MAX_PROPOSALS {
            return;
        }
        if proposal.pol_round.is_some() {
            self.blocks.needed.insert(proposal.block_id);
        }
        let block_id = proposal.block_id;
        let arrived_wall_ms = self.now.wall_ms;
        self.blocks.proposals.push(Waiting { proposal, arrived_wall_ms });
        if self.blocks.held.contains_key(&block_id) {
            self.feed_proposals();
        } else {
            self.set_timer_in(Timer::Fetch(block_id), FETCH_AFTER_MS);
        }
    }

    /// Others rely on a block: from now on it is fed whatever its time.
    pub(crate) fn release_block(&mut self, block_id: &BlockId) {
        if self.blocks.needed.insert(*block_id) {
            self.feed_proposals();
        }
    }

    /// Before a vote that completes more than two thirds is fed, its block is.
    pub(crate) fn release_needed_blocks(
        &mut self,
        round: Round,
        kind: VoteKind,
        block_id: Option<BlockId>,
    ) {
        let Some(block_id) = block_id else { return };
        let held_back = self.blocks.proposals.iter().any(|w| w.proposal.block_id == block_id);
        if held_back && self.watcher.has_quorum(self.height(), round, kind, &block_id) {
            self.release_block(&block_id);
        }
    }

    /// Give the engine every proposal whose block is judged and whose time has come.
    fn feed_proposals(&mut self) {
        if !self.phase.is_running() {
            return;
        }
        let mut kept = Vec::new();
        let mut ready = Vec::new();
        for waiting in std::mem::take(&mut self.blocks.proposals) {
            match self.judge(&waiting) {
                Judgement::Wait => kept.push(waiting),
                Judgement::Drop => {}
                Judgement::Feed { valid } => ready.push((waiting.proposal, valid)),
            }
        }
        self.blocks.proposals = kept;
        for (proposal, valid) in ready {
            self.drive(Input::Proposal { proposal, valid });
        }
    }

    fn judge(&self, waiting: &Waiting) -> Judgement {
        let proposal = &waiting.proposal;
        let Some(held) = self.blocks.held.get(&proposal.block_id) else { return Judgement::Wait };
        let valid = match held.verdict {
            BlockVerdict::Unchecked | BlockVerdict::Checking => return Judgement::Wait,
            BlockVerdict::Valid(_) => true,
            BlockVerdict::Invalid => false,
        };
        let header = &held.message.block.header;
        let first = proposal.pol_round.is_none();
        let round_fits =
            if first { header.round == proposal.round } else { header.round <= proposal.round };
        if !round_fits {
            return Judgement::Drop;
        }
        let needed = self.blocks.needed.contains(&proposal.block_id);
        if first && valid && !needed && !self.is_timely(waiting, header.time_ms.0) {
            return Judgement::Wait;
        }
        Judgement::Feed { valid }
    }

    /// Whether a block's time fits our clock at its proposal's arrival.
    fn is_timely(&self, waiting: &Waiting, time_ms: u64) -> bool {
        let params = &self.frontier.params;
        let round = u64::from(waiting.proposal.round.0);
        let delay = params
            .message_delay_step_ms
            .saturating_mul(round)
            .saturating_add(params.message_delay_ms)
            .saturating_add(params.clock_precision_ms);
        let wall = waiting.arrived_wall_ms;
        time_ms >= wall.saturating_sub(delay)
            && time_ms <= wall.saturating_add(params.clock_precision_ms)
    }

    /// A block has not come by itself: ask its proposer, then those who prevoted it.
    pub(crate) fn on_fetch(&mut self, block_id: BlockId) {
        if self.blocks.held.contains_key(&block_id) || !self.blocks.is_named(&block_id) {
            return;
        }
        let height = self.height();
        let proposers = self.blocks.proposals.iter().map(|w| &w.proposal);
        let mut sources: Vec<ValidatorId> =
            proposers.filter(|p| p.block_id == block_id).map(|p| p.validator).collect();
        sources.extend(self.watcher.prevoters(height, &block_id));
        let asked = self.blocks.fetching.get(&block_id).cloned().unwrap_or_default();
        let next = sources
            .iter()
            .filter_map(|validator| self.peer_of(validator))
            .find(|peer| self.peers.contains_key(peer) && !asked.contains(peer));
        match next {
            Some(peer) => {
                self.blocks.fetching.entry(block_id).or_default().insert(peer);
                self.act(Action::RequestBlock(peer, block_id));
            }
            // Everybody was asked: begin again.
            None => {
                self.blocks.fetching.remove(&block_id);
            }
        }
        self.set_timer_in(Timer::Fetch(block_id), FETCH_AFTER_MS.saturating_mul(4));
    }

    pub(crate) fn on_block_missing(&mut self, _peer: Peer, block_id: BlockId) {
        self.on_fetch(block_id);
    }

    /// The network key of a validator.
    pub(crate) fn peer_of(&self, validator: &ValidatorId) -> Option<PublicKey> {
        self.frontier.peers.iter().find(|(id, _)| id == validator).map(|(_, key)| *key)
    }

    /// Keep our own block and give it to everybody who votes.
    pub(crate) fn keep_own_block(&mut self, block_id: BlockId, message: Arc<BlockMessage>) {
        self.blocks.keep_valid(block_id, message.clone(), false);
        self.act(Action::PushBlock(message));
    }
}

enum Judgement {
    Wait,
    Drop,
    Feed { valid: bool },
}
