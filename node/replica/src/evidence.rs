//! Double signs that wait for a block.
//!
//! A validator is punished once, so one pair of each is enough: of several the latest is kept,
//! which stays inside the window longest. So nobody can fill the pool by signing twice often. A
//! pair about a height ahead replaces none that a block may hold already: else whoever signs twice
//! ahead at every height would never be named.
//!
//! The pool itself is not kept on disk: the watcher's window is, which holds every pair. A height
//! whose pair is taken in is kept at once, and a start fills the pool from the window.

use std::collections::BTreeMap;
use types::wire::ConsensusContent;
use types::{Evidence, Height, Params, ValidatorId, VoteKind};

/// Which ways of finding double signs a node uses. Programs use all; a test that turns one off
/// shows what it is needed for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Detectors {
    /// Proposals as they come.
    pub proposals: bool,
    /// Prevotes as they come.
    pub prevotes: bool,
    /// Precommits as they come.
    pub precommits: bool,
    /// Seals as they come.
    pub seals: bool,
    /// Certificates that come by themselves.
    pub certificates: bool,
    /// The certificates inside blocks that are proposed.
    pub blocks: bool,
    /// Fetched blocks, with the certificates that decided them.
    pub synced: bool,
    /// Pairs that others found.
    pub pairs: bool,
    /// What an earlier run of the node knew.
    pub memory: bool,
}

impl Detectors {
    /// Every way.
    pub const ALL: Self = Self {
        proposals: true,
        prevotes: true,
        precommits: true,
        seals: true,
        certificates: true,
        blocks: true,
        synced: true,
        pairs: true,
        memory: true,
    };

    /// Whether a double sign that this message completes is looked for.
    pub(crate) const fn covers(&self, content: &ConsensusContent) -> bool {
        match content {
            ConsensusContent::Proposal(_) => self.proposals,
            ConsensusContent::Vote(vote) => match vote.kind {
                VoteKind::Prevote => self.prevotes,
                VoteKind::Precommit => self.precommits,
            },
            ConsensusContent::Seal(_) => self.seals,
            ConsensusContent::Commit(_)
            | ConsensusContent::Finality(_)
            | ConsensusContent::Polka(_)
            | ConsensusContent::Round(_) => self.certificates,
        }
    }
}

/// Most double signs that wait at a time.
pub const MAX_WAITING: usize = 256;
/// A proposer had the time to learn of a pair if it is known here for so many heights.
const FAIR_HEIGHTS: u64 = 2;

/// One pair a validator.
#[derive(Debug, Default)]
pub(crate) struct Evidences {
    waiting: BTreeMap<ValidatorId, Waiting>,
    /// Blocks that left out what their proposer must have known.
    left_out: u64,
}

#[derive(Debug)]
struct Waiting {
    pair: Evidence,
    /// The height in progress when it came.
    since: Height,
}

impl Evidences {
    /// Keep a verified pair that is news at `height`. Returns whether it waits now.
    pub(crate) fn put(&mut self, pair: Evidence, height: Height) -> bool {
        let accused = pair.validator;
        if let Some(held) = self.waiting.get_mut(&accused) {
            let (new, old) = (pair.address, held.pair.address);
            let ahead = new.height > height && old.height <= height;
            let better = new > old && !ahead;
            if better {
                held.pair = pair;
            }
            return better;
        }
        let room = self.waiting.len() < MAX_WAITING;
        if room {
            self.waiting.insert(accused, Waiting { pair, since: height });
        }
        room
    }

    /// What a block may hold, the oldest first.
    pub(crate) fn candidates(&self) -> Vec<Evidence> {
        let mut pairs: Vec<&Waiting> = self.waiting.values().collect();
        pairs.sort_by_key(|waiting| waiting.since);
        let most = executor::block::MAX_EVIDENCE;
        pairs.into_iter().take(most).map(|waiting| waiting.pair.clone()).collect()
    }

    /// How many wait.
    pub(crate) fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Blocks that left out what their proposer must have known.
    pub(crate) fn left_out(&self) -> u64 {
        self.left_out
    }

    /// A block was committed after which `revealed` have been punished: what can never stand in a
    /// later block leaves.
    pub(crate) fn committed(
        &mut self,
        height: Height,
        params: &Params,
        carried: bool,
        revealed: &[ValidatorId],
    ) {
        let fair = height.0.saturating_sub(FAIR_HEIGHTS);
        if !carried && self.waiting.values().any(|waiting| waiting.since.0 <= fair) {
            self.left_out = self.left_out.saturating_add(1);
        }
        let next = height.next();
        self.waiting.retain(|accused, waiting| {
            params.in_evidence_window(waiting.pair.address.height, next)
                && revealed.binary_search(accused).is_err()
        });
    }
}

#[cfg(test)]
mod tests;
