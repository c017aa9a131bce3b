//! Judge a message before any cryptography: who could have signed it, is it near, is it news?

use super::ballots::{self, Ballots, Details, Flaw, Statement};
use super::index::{Pair, Record};
use super::{MAX_CONFLICTS, ROUND_LOOKAHEAD, Watcher};
use types::wire::ConsensusContent;
use types::{Evidence, Height, Round, Step};

/// What to do with a message.
#[derive(Clone, Debug)]
pub enum Verdict {
    /// Verify these, and then observe it.
    Verify(Ballots),
    /// It says nothing that is not known already.
    Known,
    /// Below the window, or of a height whose validators are not known any more.
    TooOld,
    /// Of a height or round that is not looked at yet; it comes again.
    TooHigh,
    /// Its signer has said two things here already, or signed twice too often to be of interest.
    TooMany,
    /// From somebody who is no validator at its height.
    Stranger,
    /// Not as such a message must be, whatever its signatures are worth.
    Malformed,
}

impl Watcher {
    /// Judge a message, with the engine at `height` and `round`.
    #[must_use]
    pub fn admissible(&self, content: &ConsensusContent, height: Height, round: Round) -> Verdict {
        let about = ballots::height_of(content);
        let record = match self.record_within(about) {
            Ok(record) => record,
            Err(verdict) => return verdict,
        };
        if let Some(verdict) = refuse_round(content, record, (height, round)) {
            return verdict;
        }
        if !self.is_of_this_chain(content) {
            return Verdict::Malformed;
        }
        let statements = match ballots::statements(content, record.set()) {
            Ok(statements) => statements,
            Err(Flaw::Stranger) => return Verdict::Stranger,
            Err(Flaw::Malformed) => return Verdict::Malformed,
        };
        self.judge(about, record, statements)
    }

    /// Judge a pair.
    #[must_use]
    pub fn admissible_evidence(&self, pair: &Evidence) -> Verdict {
        let address = pair.address;
        if address.chain_id != self.chain_id || !is_possible(pair) {
            return Verdict::Malformed;
        }
        let record = match self.record_within(address.height) {
            Ok(record) => record,
            Err(verdict) => return verdict,
        };
        let halves = ballots::halves(pair, record.set());
        let Some(first) = halves.first() else { return Verdict::Stranger };
        let held = record.pair(address.round, address.step, first.index);
        if held.is_some_and(Pair::is_full) {
            return Verdict::Known;
        }
        if self.index.conflicts(&pair.validator) >= MAX_CONFLICTS {
            return Verdict::TooMany;
        }
        Verdict::Verify(Ballots::new(self.chain_id, address.height, record.set().clone(), halves))
    }

    /// The record of a height that is looked at: above tip − window, at most tip + 2.
    fn record_within(&self, height: Height) -> Result<&Record, Verdict> {
        if height > self.height.next() {
            return Err(Verdict::TooHigh);
        }
        // What left the window has no record any more.
        self.index.record(height).ok_or(Verdict::TooOld)
    }

    fn is_of_this_chain(&self, content: &ConsensusContent) -> bool {
        match content {
            ConsensusContent::Commit(certificate) => certificate.chain_id == self.chain_id,
            ConsensusContent::Finality(certificate) => certificate.chain_id == self.chain_id,
            // Their signatures cover the chain; the message does not name it.
            ConsensusContent::Proposal(_)
            | ConsensusContent::Vote(_)
            | ConsensusContent::Seal(_)
            | ConsensusContent::Polka(_)
            | ConsensusContent::Round(_) => true,
        }
    }

    fn judge(&self, about: Height, record: &Record, statements: Vec<Statement>) -> Verdict {
        let held =
            |statement: &Statement| record.pair(statement.round, statement.step, statement.index);
        let is_known = |statement: &Statement| {
            let entry = held(statement).and_then(|pair| pair.of_value(&statement.entry.value));
            entry.is_some_and(|entry| entry.details != Details::Half)
        };
        if statements.iter().all(is_known) {
            return Verdict::Known;
        }
        if let [single] = statements.as_slice() {
            let pair = held(single);
            let fills_half = pair.and_then(|pair| pair.of_value(&single.entry.value)).is_some();
            if pair.is_some_and(Pair::is_full) && !fills_half {
                return Verdict::TooMany;
            }
        }
        // What was verified to the byte needs no second look; the same value in other bytes does.
        let is_verified = |statement: &Statement| {
            let entry = held(statement).and_then(|pair| pair.of_value(&statement.entry.value));
            entry.is_some_and(|entry| {
                let (old, new) = (entry, &statement.entry);
                old.signature == new.signature && old.share == new.share
            })
        };
        let statements = statements.into_iter().filter(|one| !is_verified(one)).collect();
        Verdict::Verify(Ballots::new(self.chain_id, about, record.set().clone(), statements))
    }
}

/// Whether a message's round lies beyond what is looked at. Certificates of the height in progress
/// are looked at in any round: they are the only way up for a node that starts late.
fn refuse_round(
    content: &ConsensusContent,
    record: &Record,
    (height, round): (Height, Round),
) -> Option<Verdict> {
    let (about, at, single) = match content {
        ConsensusContent::Proposal(proposal) => (proposal.height, proposal.round, true),
        ConsensusContent::Vote(vote) => (vote.height, vote.round, true),
        ConsensusContent::Polka(certificate) => (certificate.height, certificate.round, false),
        ConsensusContent::Round(certificate) => (certificate.height, certificate.round, false),
        ConsensusContent::Commit(certificate) => (certificate.height, certificate.round, false),
        ConsensusContent::Seal(_) | ConsensusContent::Finality(_) => return None,
    };
    let within = |base: Round| at.0 <= base.0.saturating_add(ROUND_LOOKAHEAD);
    let admitted = match about.cmp(&height) {
        // A certificate of a height that has not begun helps nobody here yet.
        std::cmp::Ordering::Greater => single && within(Round::ZERO),
        std::cmp::Ordering::Equal => !single || within(round),
        std::cmp::Ordering::Less => within(record.commit_round.unwrap_or(Round::ZERO)),
    };
    (!admitted).then_some(Verdict::TooHigh)
}

/// Whether two values in order stand at a step that can have them.
fn is_possible(pair: &Evidence) -> bool {
    let no_nil = pair.value_a.is_some();
    pair.value_a < pair.value_b
        && match pair.address.step {
            Step::Proposal => no_nil,
            Step::Prevote | Step::Precommit => true,
            Step::Seal => no_nil && pair.address.round == Round::ZERO,
        }
}
