//! Remember what validators signed, and notice whoever signs twice.
//!
//! The watcher stands before the engine, which forgets: it drops what belongs to another height or
//! a far round unseen, and compares nothing any more once it has decided. So every message passes
//! here first, in three steps. [`Watcher::admissible`] is cheap and comes before any cryptography:
//! who could have signed this, is it near enough, is it known? The caller verifies the [`Ballots`]
//! that it gives back. [`Watcher::observe`] takes what was verified, and compares.
//!
//! **What is compared** is (validator, address, value), never bytes: a signer can make any number
//! of valid signatures and shares over one value. The second value at one address is a double
//! sign; nil and a block are two values. A third adds nothing and is not kept. Whether a double
//! sign is noticed does not depend on which half came first, nor on whether the halves came as
//! single messages, inside certificates, or inside a block.
//!
//! **What is kept** is bounded: the heights of a window, and for each validator its part of a
//! number of bytes. A validator's entries push out only its own oldest, so nobody can make us
//! forget what somebody else signed. Nothing unverified is kept: a made-up first message would
//! hide a real one.

mod admit;
mod answer;
mod ballots;
mod certificates;
mod index;
mod persist;

#[cfg(test)]
mod tests;

pub use admit::Verdict;
pub use answer::MAX_STATUS_ROUNDS;
pub use ballots::Ballots;
pub use index::{ENTRY_BYTES, MIN_VALIDATOR_ENTRIES};
pub use persist::{ImportError, MAX_SAVED_BYTES, MAX_SAVED_ENTRIES};

use ballots::{Details, Entry, Flaw, Statement};
use crypto::evidence;
use index::{Index, Put, Record};
use std::collections::BTreeSet;
use std::sync::Arc;
use types::wire::ConsensusContent;
use types::{
    Block, ChainId, CommitCertificate, Evidence, Height, Proposal, Round, Seal, SignedAddress,
    Step, ValidatorId, ValidatorSet, Value, Vote, VoteKind,
};

/// Rounds ahead of the present one, or of the one that decided, whose messages are looked at.
pub const ROUND_LOOKAHEAD: u32 = 10;
/// Most double signs of one validator that are remembered; one is enough to end it.
pub const MAX_CONFLICTS: usize = 64;

/// What an observed message adds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Observed {
    /// Whether it holds anything that was not known before.
    pub new: bool,
    /// The double signs that it completes.
    pub conflicts: Vec<Evidence>,
}

/// The index of verified proposals, votes and seals.
#[derive(Debug)]
pub struct Watcher {
    chain_id: ChainId,
    /// How many committed heights are looked back at.
    window: u64,
    /// The height in progress; 0 before the first.
    height: Height,
    index: Index,
    /// Committed heights that were changed since they were saved.
    unsaved: BTreeSet<Height>,
}

impl Watcher {
    /// An empty watcher over `window` committed heights, which keeps about `max_bytes` in memory,
    /// divided evenly among the validators (each has at least [`MIN_VALIDATOR_ENTRIES`] entries).
    #[must_use]
    pub const fn new(chain_id: ChainId, window: u64, max_bytes: usize) -> Self {
        Self {
            chain_id,
            window,
            height: Height::ZERO,
            index: Index::new(max_bytes),
            unsaved: BTreeSet::new(),
        }
    }

    /// The height before this one is durable: `set` is V(height), `next_set` V(height + 1), and
    /// `eligible` the positions in `set` that propose first, empty meaning all. Heights below the
    /// window are forgotten.
    pub fn start_height(
        &mut self,
        height: Height,
        set: &Arc<ValidatorSet>,
        next_set: &Arc<ValidatorSet>,
        eligible: &[u16],
    ) {
        if height < self.height {
            return;
        }
        if self.index.record(self.height).is_some() && height > self.height {
            self.unsaved.insert(self.height);
        }
        self.height = height;
        self.index.open(height, set);
        self.index.open(height.next(), next_set);
        if let Some(record) = self.index.record_mut(height) {
            record.eligible = Some(eligible.to_vec());
        }
        self.index.set_validators(set.len());
        let oldest = self.oldest();
        self.index.forget_below(oldest);
        while self.unsaved.first().is_some_and(|height| *height < oldest) {
            self.unsaved.pop_first();
        }
    }

    /// V of a committed height of the window, from state: after a start, so that late votes and
    /// missing seals of that height can be judged.
    pub fn know_set(&mut self, height: Height, set: &Arc<ValidatorSet>) {
        if height >= self.oldest() && height < self.height {
            self.index.open(height, set);
        }
    }

    /// V(height), for the heights that are watched.
    #[must_use]
    pub fn set_of(&self, height: Height) -> Option<&Arc<ValidatorSet>> {
        self.index.record(height).map(Record::set)
    }

    /// Take a verified message, and compare it with what is known.
    pub fn observe(&mut self, content: &ConsensusContent) -> Observed {
        self.observe_at(ballots::height_of(content), |set| ballots::statements(content, set))
    }

    /// Take the certificates that a checked block carries: whoever precommitted one block towards
    /// us and another towards its proposer is found by them. As much for a block that was synced.
    pub fn observe_block(&mut self, block: &Block) -> Vec<Evidence> {
        let mut conflicts = Vec::new();
        if let Some(commit) = &block.body.last_commit {
            let observed = self.observe_commit(commit);
            conflicts.extend(observed.conflicts);
        }
        if let Some(finality) = &block.body.finality {
            let observed = self.observe_at(finality.height, |set| ballots::seals(finality, set));
            conflicts.extend(observed.conflicts);
        }
        conflicts
    }

    /// What one validator says by a message, alone or inside a certificate: addresses and values.
    #[must_use]
    pub fn said_by(
        &self,
        who: &ValidatorId,
        content: &ConsensusContent,
    ) -> Vec<(SignedAddress, Value)> {
        let height = ballots::height_of(content);
        self.said_at(who, height, |set| ballots::statements(content, set))
    }

    /// What one validator says by the certificates that a block carries.
    #[must_use]
    pub fn said_in_block(&self, who: &ValidatorId, block: &Block) -> Vec<(SignedAddress, Value)> {
        let mut said = Vec::new();
        if let Some(commit) = &block.body.last_commit {
            said.extend(self.said_in_commit(who, commit));
        }
        if let Some(finality) = &block.body.finality {
            let seals = |set: &ValidatorSet| ballots::seals(finality, set);
            said.extend(self.said_at(who, finality.height, seals));
        }
        said
    }

    /// What one validator says by a commit certificate.
    #[must_use]
    pub fn said_in_commit(
        &self,
        who: &ValidatorId,
        certificate: &CommitCertificate,
    ) -> Vec<(SignedAddress, Value)> {
        self.said_at(who, certificate.height, |set| ballots::precommits(certificate, set))
    }

    fn said_at(
        &self,
        who: &ValidatorId,
        height: Height,
        statements: impl FnOnce(&ValidatorSet) -> Result<Vec<Statement>, Flaw>,
    ) -> Vec<(SignedAddress, Value)> {
        let Some(set) = self.set_of(height) else { return Vec::new() };
        let Some(own) = set.index_of(who) else { return Vec::new() };
        let chain_id = self.chain_id;
        let own_statements = statements(set)
            .unwrap_or_default()
            .into_iter()
            .filter(|statement| usize::from(statement.index) == own);
        own_statements
            .map(|Statement { round, step, entry, .. }| {
                (SignedAddress { chain_id, height, round, step }, entry.value)
            })
            .collect()
    }

    /// Take a verified commit certificate, such as the one that a synced block came with.
    pub fn observe_commit(&mut self, certificate: &CommitCertificate) -> Observed {
        self.observe_at(certificate.height, |set| ballots::precommits(certificate, set))
    }

    /// Compare everything said at a height, if it is watched.
    fn observe_at(
        &mut self,
        height: Height,
        statements: impl FnOnce(&ValidatorSet) -> Result<Vec<Statement>, Flaw>,
    ) -> Observed {
        let mut observed = Observed::default();
        let Some(set) = self.set_of(height).cloned() else { return observed };
        for statement in statements(&set).unwrap_or_default() {
            let put = self.put(height, &set, statement);
            observed.new |= !matches!(put, Put::Known);
            observed.conflicts.extend(self.evidence_of(height, &set, put));
        }
        observed
    }

    /// Take a verified pair. Returns whether the double sign was not known before.
    pub fn observe_evidence(&mut self, pair: &Evidence) -> bool {
        let height = pair.address.height;
        let Some(record) = self.index.record(height) else { return false };
        let set = record.set().clone();
        let mut new = false;
        for statement in ballots::halves(pair, &set) {
            new |= matches!(self.put(height, &set, statement), Put::Conflict { .. });
        }
        new
    }

    /// Every double sign of the window, validator by validator, at most [`MAX_CONFLICTS`] of each.
    #[must_use]
    pub fn double_signs(&self) -> Vec<Evidence> {
        let places = self.index.conflict_places();
        places.filter_map(|(validator, place)| self.double_sign_at(validator, place)).collect()
    }

    fn double_sign_at(
        &self,
        validator: &ValidatorId,
        (height, round, step): (Height, Round, Step),
    ) -> Option<Evidence> {
        let record = self.index.record(height)?;
        let index = u16::try_from(record.set().index_of(validator)?).ok()?;
        let mut halves = record.pair(round, step, index)?.entries().copied().map(Box::new);
        let (first, second) = (halves.next()?, halves.next()?);
        self.evidence_of(height, record.set(), Put::Conflict { index, round, step, first, second })
    }

    /// Whether anything but seals is known of a height.
    #[must_use]
    pub fn has_messages(&self, height: Height) -> bool {
        let record = self.index.record(height);
        record.is_some_and(|record| record.places().any(|((_, step), _)| step != Step::Seal))
    }

    /// Every proposal and vote known of a height, by round and step: what an engine that starts
    /// the height is to be given.
    #[must_use]
    pub fn held(&self, height: Height) -> Vec<ConsensusContent> {
        let Some(record) = self.index.record(height) else { return Vec::new() };
        let mut contents = Vec::new();
        for ((round, step), entries) in record.places().filter(|((_, step), _)| *step != Step::Seal)
        {
            for (index, pair) in entries {
                let both = pair.entries().filter_map(|entry| {
                    content_of(record.set(), (height, round, step), *index, entry)
                });
                contents.extend(both);
            }
        }
        contents
    }

    /// The lowest height of the window.
    fn oldest(&self) -> Height {
        let tip = self.height.previous();
        Height(tip.0.saturating_sub(self.window).saturating_add(1))
    }

    fn put(&mut self, height: Height, set: &ValidatorSet, statement: Statement) -> Put {
        let put = self.index.put(height, set, statement);
        if !matches!(put, Put::Known | Put::Third) && height < self.height {
            self.unsaved.insert(height);
        }
        put
    }

    fn evidence_of(&self, height: Height, set: &ValidatorSet, put: Put) -> Option<Evidence> {
        let Put::Conflict { index, round, step, first, second } = put else { return None };
        let validator = set.get(usize::from(index))?.id;
        let address = SignedAddress { chain_id: self.chain_id, height, round, step };
        let signed = |entry: Entry| (entry.value, entry.signature, entry.share);
        evidence::from_pair(validator, address, signed(*first), signed(*second))
    }
}

/// The message that an entry came from; `None` for one that came as a half of evidence.
fn content_of(
    set: &ValidatorSet,
    (height, round, step): (Height, Round, Step),
    index: u16,
    entry: &Entry,
) -> Option<ConsensusContent> {
    let validator = set.get(usize::from(index))?.id;
    let (signature, share) = (entry.signature, entry.share);
    Some(match (step, entry.details) {
        (Step::Proposal, Details::Proposal { block_id, pol_round }) => {
            ConsensusContent::Proposal(Proposal {
                height,
                round,
                pol_round,
                block_id,
                validator,
                signature,
                share,
            })
        }
        (Step::Prevote, Details::Vote) => {
            vote_of(VoteKind::Prevote, (height, round), validator, entry)
        }
        (Step::Precommit, Details::Vote) => {
            vote_of(VoteKind::Precommit, (height, round), validator, entry)
        }
        (Step::Seal, Details::Seal { block_id, state_root, receipts_root }) => {
            ConsensusContent::Seal(Seal {
                height,
                block_id,
                state_root,
                receipts_root,
                validator,
                signature,
                share,
            })
        }
        _ => return None,
    })
}

fn vote_of(
    kind: VoteKind,
    (height, round): (Height, Round),
    validator: ValidatorId,
    entry: &Entry,
) -> ConsensusContent {
    let block_id = ballots::block_of(&entry.value);
    let (signature, share) = (entry.signature, entry.share);
    ConsensusContent::Vote(Vote { kind, height, round, block_id, validator, signature, share })
}
