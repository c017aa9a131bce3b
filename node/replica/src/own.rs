//! Our own key: the alarm when it signs elsewhere.

use crate::replica::{Replica, Signing};
use consensus::safety::Alarm;
use crypto::ballot::{self, Ballot};
use types::Validator;
use types::wire::ConsensusContent;

impl Replica {
    /// What a verified message from a peer says of our own key, if it carries it: a signature above
    /// everything that the guard knows, or over another value than the guard's, comes from
    /// somewhere else. What lies below the guard's lanes is our own past.
    pub(crate) fn foreign_use(&self, content: &ConsensusContent) -> Option<Alarm> {
        if self.signing != Signing::Armed {
            return None;
        }
        let own = self.config.own?;
        let chain_id = &self.config.chain_id;
        let set = self.watcher.set_of(height_of(content)?)?;
        let validator: &Validator = set.by_id(&own)?;
        let ballot: Ballot<'_> = match content {
            ConsensusContent::Proposal(proposal) if proposal.validator == own => {
                ballot::of_proposal(chain_id, proposal, validator)
            }
            ConsensusContent::Vote(vote) if vote.validator == own => {
                ballot::of_vote(chain_id, vote, validator)
            }
            ConsensusContent::Seal(seal) if seal.validator == own => {
                ballot::of_seal(chain_id, seal, validator)
            }
            ConsensusContent::Proposal(_)
            | ConsensusContent::Vote(_)
            | ConsensusContent::Seal(_)
            | ConsensusContent::Commit(_)
            | ConsensusContent::Finality(_)
            | ConsensusContent::Polka(_)
            | ConsensusContent::Round(_) => return None,
        };
        self.engine.judge_own(&ballot.address, &ballot.value)
    }
}

/// The height of a message that one validator signs.
const fn height_of(content: &ConsensusContent) -> Option<types::Height> {
    match content {
        ConsensusContent::Proposal(proposal) => Some(proposal.height),
        ConsensusContent::Vote(vote) => Some(vote.height),
        ConsensusContent::Seal(seal) => Some(seal.height),
        ConsensusContent::Commit(_)
        | ConsensusContent::Finality(_)
        | ConsensusContent::Polka(_)
        | ConsensusContent::Round(_) => None,
    }
}
