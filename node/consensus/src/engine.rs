//! Drive the consensus core: one input in, ordered effects out.

mod performer;
mod verdicts;

#[cfg(test)]
mod tests;

use crate::context::{self, CoreError, CoreInput, CoreRound, CoreState, LocallyProposedValue};
use crate::context::{CoreHeight, Id, Metrics, Set, ValueOrigin};
use crate::convert;
use crate::effect::Effect;
use crate::input::Input;
use crate::journal::JournalRecord;
use crate::safety::{Alarm, Signer};
use crate::timeouts::Timing;
use performer::Performer;
use types::validator_set::MAX_VALIDATORS;
use types::wire::ConsensusContent;
use types::{BlockId, ChainId, Height, Proposal, Round, SignedAddress, ValidatorId, Value};

/// Rounds ahead of the present one whose messages are used; the core drops others.
pub const ROUND_LOOKAHEAD: usize = 10;

/// Most inputs of the next height that are held back: what honest and double-signing validators
/// can send in the rounds that count, two proposals a round, two values a vote.
const MAX_HELD: usize = (ROUND_LOOKAHEAD + 1) * 2 * (1 + 2 * MAX_VALIDATORS);

/// Where a height stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RoundStep {
    /// No height has been started.
    Unstarted,
    /// Waiting for a proposal.
    Propose,
    /// Prevoted.
    Prevote,
    /// Precommitted.
    Precommit,
    /// Decided.
    Commit,
}

/// Why the engine stopped. It stays stopped: whatever is asked of it later is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EngineError {
    /// It stopped before.
    #[error("the consensus engine stopped at an earlier error")]
    Stopped,
    /// A height below the present one was to be started.
    #[error("height {to} cannot start: the engine is at height {from}")]
    HeightWentBack {
        /// The engine's height.
        from: Height,
        /// The height asked for.
        to: Height,
    },
    /// The journal is of another chain or height than the one to be started.
    #[error("the journal is of height {found}, to start is height {height}")]
    OtherJournal {
        /// The height to start.
        height: Height,
        /// The journal's height.
        found: Height,
    },
    /// The journal holds something that does not belong there.
    #[error("record {position} of the journal of height {height} does not belong there")]
    ForeignRecord {
        /// The journal's height.
        height: Height,
        /// Position of the record, from 0.
        position: usize,
    },
    /// Replay led to another message of ours than the one recorded: the code is not
    /// deterministic, and signing on would be signing twice.
    #[error("replay at height {height} round {round} led to another {message} than the recorded")]
    ReplayDivergence {
        /// The height.
        height: Height,
        /// The round.
        round: Round,
        /// Proposal, prevote or precommit.
        message: String,
    },
    /// The core asked for something that this node never uses.
    #[error("the consensus core asked for {effect}, which is not in use")]
    UnexpectedEffect {
        /// The effect.
        effect: &'static str,
    },
    /// The core stopped half-way.
    #[error("the consensus core stopped: {message}")]
    Core {
        /// What it says.
        message: String,
    },
}

impl From<CoreError> for EngineError {
    fn from(error: CoreError) -> Self {
        match error {
            CoreError::ReplayDivergence(kind, height, round) => Self::ReplayDivergence {
                height: Height(height.0),
                round: convert::round_out(round),
                message: kind.to_string(),
            },
            other => Self::Core { message: other.to_string() },
        }
    }
}

/// Consensus of one node, one height after the other.
pub struct Engine {
    state: CoreState,
    metrics: Metrics,
    performer: Performer,
    /// Inputs of the next height, in order of arrival.
    held: Vec<Input>,
    stopped: bool,
}

impl Engine {
    /// An engine of a chain for `own`, if this node is or may become a validator. It does nothing
    /// before its first [`Input::StartHeight`].
    #[must_use]
    pub fn new(chain_id: ChainId, own: Option<ValidatorId>, signer: Box<dyn Signer>) -> Self {
        Self {
            state: context::new_state(own.unwrap_or(ValidatorId::ZERO)),
            metrics: Metrics::new(),
            performer: Performer::new(chain_id, own, signer),
            held: Vec::new(),
            stopped: false,
        }
    }

    /// Take one input, and say what to do, in order.
    ///
    /// # Errors
    /// [`EngineError`]; the node stops. The effects of the failed call must not be performed in
    /// part, so there are none, and each later call gives [`EngineError::Stopped`].
    pub fn handle(&mut self, input: Input) -> Result<Vec<Effect>, EngineError> {
        if self.stopped {
            return Err(EngineError::Stopped);
        }
        let result = self.dispatch(input);
        let effects = self.performer.take_effects();
        self.stopped = result.is_err();
        result.map(|()| effects)
    }

    /// The signer, for what is signed outside the engine: seals and randomness.
    pub fn signer_mut(&mut self) -> &mut dyn Signer {
        self.performer.signer.as_mut()
    }

    /// What a verified signature by our own current key says that came from outside. Only to be
    /// asked while armed.
    #[must_use]
    pub fn judge_own(&self, address: &SignedAddress, value: &Value) -> Option<Alarm> {
        self.performer.judge_own(address, value)
    }

    /// The height in progress; 0 before the first.
    #[must_use]
    pub const fn height(&self) -> Height {
        self.performer.height
    }

    /// The round in progress; 0 before the first height.
    #[must_use]
    pub fn round(&self) -> Round {
        self.state.round().as_u32().map_or(Round::ZERO, Round)
    }

    /// Where the round stands.
    #[must_use]
    pub fn step(&self) -> RoundStep {
        let driver = &self.state.driver;
        if driver.step_is_commit() {
            RoundStep::Commit
        } else if driver.step_is_precommit() {
            RoundStep::Precommit
        } else if driver.step_is_prevote() {
            RoundStep::Prevote
        } else if driver.step_is_propose() {
            RoundStep::Propose
        } else {
            RoundStep::Unstarted
        }
    }

    /// Double signs that the core noticed by itself, ever: a figure only, since it misses those
    /// that come late. Evidence is the watcher's.
    #[must_use]
    pub const fn own_evidence_count(&self) -> u64 {
        self.performer.evidence
    }

    /// Messages of ours that were not signed, ever.
    #[must_use]
    pub const fn abstention_count(&self) -> u64 {
        self.performer.abstentions
    }

    fn dispatch(&mut self, input: Input) -> Result<(), EngineError> {
        if self.hold_back(&input) {
            return Ok(());
        }
        let height = self.performer.height;
        match input {
            Input::StartHeight { height, set, eligible, timing, enabled, journal } => {
                self.start_height(height, Set::new(set, eligible), timing, enabled, &journal)
            }
            Input::Proposal { proposal, valid } if proposal.height == height => {
                self.propose_other(&proposal, valid)
            }
            Input::Vote(vote) if vote.height == height => {
                let vote = self.performer.known_vote(&vote);
                vote.map_or(Ok(()), |vote| self.feed(CoreInput::Vote(vote)))
            }
            Input::Polka(certificate) if certificate.height == height => {
                let polka = self.performer.known_polka(&certificate);
                polka.map_or(Ok(()), |polka| self.feed(CoreInput::PolkaCertificate(polka)))
            }
            Input::Round(certificate) if certificate.height == height => {
                let round = self.performer.known_round(&certificate);
                round.map_or(Ok(()), |round| self.feed(CoreInput::RoundCertificate(round)))
            }
            Input::Timeout(timeout) if timeout.height == height => {
                match convert::timeout_in(timeout) {
                    Some(timeout) => self.feed(CoreInput::TimeoutElapsed(timeout)),
                    None => self.sign_again(),
                }
            }
            Input::Propose { round, block_id } if height > Height::ZERO => {
                self.propose_own(round, block_id)
            }
            Input::Proposal { .. }
            | Input::Vote(_)
            | Input::Polka(_)
            | Input::Round(_)
            | Input::Timeout(_)
            | Input::Propose { .. }
            | Input::NoValue { .. } => Ok(()),
        }
    }

    /// Keep a proposal or vote of the next height until that starts; true if it was one.
    fn hold_back(&mut self, input: &Input) -> bool {
        let height = match input {
            Input::Proposal { proposal, .. } => proposal.height,
            Input::Vote(vote) => vote.height,
            _ => return false,
        };
        let next = height == self.performer.height.next();
        if next && self.held.len() < MAX_HELD {
            self.held.push(input.clone());
        }
        next
    }

    fn start_height(
        &mut self,
        height: Height,
        set: Set,
        timing: Timing,
        enabled: bool,
        journal: &[JournalRecord],
    ) -> Result<(), EngineError> {
        let from = self.performer.height;
        if height < from {
            return Err(EngineError::HeightWentBack { from, to: height });
        }
        self.performer.begin(height, set.clone(), timing, journal);
        self.state.params.enabled = enabled;
        let recorded = self.recorded_inputs(height, journal)?;
        // Indexed before the height starts: a message of ours that was recorded is never signed
        // anew.
        self.state.index_wal_entries(&recorded);
        self.feed(context::start_height(height, set))?;
        for input in recorded {
            self.feed(input)?;
        }
        self.answer_recorded_value(journal)?;
        self.state.reset_entries_index();
        self.performer.end_replay();
        for input in std::mem::take(&mut self.held) {
            self.dispatch(input)?;
        }
        Ok(())
    }

    /// The journal as inputs of the core, every verdict in it remembered before the first is fed.
    fn recorded_inputs(
        &mut self,
        height: Height,
        journal: &[JournalRecord],
    ) -> Result<Vec<CoreInput>, EngineError> {
        let mut inputs = Vec::with_capacity(journal.len());
        for (position, record) in journal.iter().enumerate() {
            let foreign = EngineError::ForeignRecord { height, position };
            match record {
                JournalRecord::Header { chain_id, height: found } => {
                    if *chain_id != self.performer.chain_id || *found != height {
                        return Err(EngineError::OtherJournal { height, found: *found });
                    }
                }
                JournalRecord::Block(_) => {}
                JournalRecord::Proposed { round, pol_round, proposer, block_id, valid } => {
                    let rounds = (*round, *pol_round);
                    let value =
                        convert::proposed_value(height, rounds, *proposer, *block_id, *valid);
                    inputs.push(CoreInput::ProposedValue(value, ValueOrigin::Consensus));
                }
                JournalRecord::Message(content) => {
                    inputs.push(self.recorded_message(height, content).ok_or(foreign)?);
                }
                JournalRecord::Timeout(timeout) => {
                    let ours = Some(*timeout).filter(|timeout| timeout.height == height);
                    let timeout = ours.and_then(convert::timeout_in).ok_or(foreign)?;
                    inputs.push(CoreInput::TimeoutElapsed(timeout));
                }
            }
        }
        Ok(inputs)
    }

    fn recorded_message(
        &mut self,
        height: Height,
        content: &ConsensusContent,
    ) -> Option<CoreInput> {
        let performer = &mut self.performer;
        match content {
            ConsensusContent::Proposal(proposal) if proposal.height == height => {
                performer.known_proposal(proposal).map(CoreInput::Proposal)
            }
            ConsensusContent::Vote(vote) if vote.height == height => {
                performer.known_vote(vote).map(CoreInput::Vote)
            }
            ConsensusContent::Polka(polka) if polka.height == height => {
                performer.known_polka(polka).map(CoreInput::PolkaCertificate)
            }
            ConsensusContent::Proposal(_)
            | ConsensusContent::Vote(_)
            | ConsensusContent::Polka(_)
            | ConsensusContent::Seal(_)
            | ConsensusContent::Commit(_)
            | ConsensusContent::Finality(_)
            | ConsensusContent::Round(_) => None,
        }
    }

    /// A value asked for during replay is answered after it: with the journal's own block of that
    /// round, if there is one, so that nothing else can be proposed there.
    fn answer_recorded_value(&mut self, journal: &[JournalRecord]) -> Result<(), EngineError> {
        let Some(wanted) = self.performer.take_wanted() else {
            return Ok(());
        };
        if self.step() != RoundStep::Propose || self.round() != wanted {
            return Ok(());
        }
        let own = self.performer.own;
        let own_block = journal.iter().rev().find_map(|record| match record {
            JournalRecord::Proposed { round, pol_round: None, proposer, block_id, valid: true }
                if *round == wanted && Some(*proposer) == own =>
            {
                Some(*block_id)
            }
            _ => None,
        });
        match own_block {
            Some(block_id) => self.propose_own(wanted, block_id),
            None => {
                self.performer.ask_value(wanted);
                Ok(())
            }
        }
    }

    fn propose_own(&mut self, round: Round, block_id: BlockId) -> Result<(), EngineError> {
        let height = CoreHeight(self.performer.height.0);
        let round = CoreRound::new(round.0);
        self.feed(CoreInput::Propose(LocallyProposedValue::new(height, round, Id(block_id))))
    }

    fn propose_other(&mut self, proposal: &Proposal, valid: bool) -> Result<(), EngineError> {
        // Whoever is not the proposer must not get its block into our journal.
        if !self.performer.is_proposer(proposal) {
            return Ok(());
        }
        let Some(signed) = self.performer.known_proposal(proposal) else {
            return Ok(());
        };
        // One verdict a block and height; it can only turn from invalid to valid.
        if self.performer.is_news(&proposal.block_id, valid) {
            let &Proposal { height, round, pol_round, block_id, validator, .. } = proposal;
            let value =
                convert::proposed_value(height, (round, pol_round), validator, block_id, valid);
            self.feed(CoreInput::ProposedValue(value, ValueOrigin::Consensus))?;
        }
        self.feed(CoreInput::Proposal(signed))
    }

    /// Ask the signer once more for our last vote. It has signed nothing after that, so replay,
    /// which finds the vote recorded where it was first due, leads to the same messages.
    fn sign_again(&mut self) -> Result<(), EngineError> {
        let Some(vote) = self.performer.sign_again() else {
            return Ok(());
        };
        self.feed(CoreInput::Vote(vote.clone()))?;
        self.performer.publish_vote(&vote);
        Ok(())
    }

    fn feed(&mut self, input: CoreInput) -> Result<(), EngineError> {
        let Self { state, metrics, performer, .. } = self;
        let outcome = context::run(state, metrics, input, |effect| performer.perform(effect));
        // The core only logs an error of ours and goes on: ours comes first.
        if let Some(failure) = performer.take_failure() {
            return Err(failure);
        }
        match outcome {
            // A polka that the core no longer holds: it cannot show why it proposes again or
            // locks, so it keeps silent in this step, as after a refused signature. The timers
            // lead on.
            Err(CoreError::MissingPolkaCertificate(_, round, ..)) => {
                tracing::warn!(height = %performer.height, %round, "polka certificate missing");
                if self.step() == RoundStep::Propose {
                    let round = self.round();
                    self.performer.keep_propose_timer(round);
                }
                Ok(())
            }
            outcome => outcome.map_err(EngineError::from),
        }
    }
}
