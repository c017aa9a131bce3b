//! Answer what the core asks for, and gather what that makes the node do.
//!
//! What is signed leaves in one order only: append, flush, guard, send. So before anything is
//! sent, and before a decision (whose certificate may hold a precommit of ours), what was appended
//! is flushed and the guard's image is written.

use super::EngineError;
use super::verdicts::Verdicts;
use crate::context::{ConsensusMsg, CoreHeight, CorePolka, CoreRoundCertificate, CoreVote, Ctx};
use crate::context::{
    CoreEffect, CoreInput, CoreResume, CoreSignedProposal, CoreSignedVote, CoreTimeout,
    LivenessMsg, Resumable, Set, SignedConsensusMsg, SignedMessage, SignedShare, misbehaviors,
};
use crate::convert::{self, Place, Scope};
use crate::effect::Effect;
use crate::journal::{self, JournalRecord};
use crate::safety::{Alarm, SignError, Signed, Signer};
use crate::timeouts::{Timeout, TimeoutKind, Timing};
use crypto::hash;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use types::certificate::{PolkaCertificate, RoundCertificate};
use types::wire::ConsensusContent;
use types::{
    BlockId, ChainId, Hash, Height, Proposal, Round, SignedAddress, ValidatorId, ValidatorSet,
    Value, Vote,
};

/// The engine's hands: everything but the core's state.
pub(super) struct Performer {
    pub(super) chain_id: ChainId,
    pub(super) own: Option<ValidatorId>,
    pub(super) signer: Box<dyn Signer>,
    pub(super) height: Height,
    pub(super) evidence: u64,
    pub(super) abstentions: u64,
    set: Set,
    timing: Option<Timing>,
    verdicts: Verdicts,
    effects: Vec<Effect>,
    failure: Option<EngineError>,
    /// Whether the journal holds what was not flushed.
    unflushed: bool,
    /// Our newest message in the journal.
    newest: Option<SignedAddress>,
    /// Our newest message in the flushed journal.
    settled: Option<SignedAddress>,
    /// What this height's journal holds of ours, signed now or replayed.
    own_values: BTreeMap<SignedAddress, Value>,
    /// Blocks that this height's journal holds.
    blocks: BTreeSet<BlockId>,
    /// What the core was told about blocks of this height.
    judged: BTreeMap<BlockId, bool>,
    /// The round whose propose timer runs.
    propose_timer: Option<Round>,
    /// The round of the last proposal of ours that was not signed.
    unproposed: Option<Round>,
    /// Our last vote, if its signer did not answer.
    unsigned: Option<CoreVote>,
    /// While a journal is replayed.
    replay: Option<Replay>,
}

/// What replay must not do twice, and what it puts off.
struct Replay {
    /// Hashes of the journal's records but for blocks: they are not appended again.
    records: BTreeSet<Hash>,
    /// The round in which a value was asked for.
    wanted: Option<Round>,
}

impl Performer {
    pub(super) fn new(
        chain_id: ChainId,
        own: Option<ValidatorId>,
        signer: Box<dyn Signer>,
    ) -> Self {
        Self {
            chain_id,
            own,
            signer,
            height: Height::ZERO,
            evidence: 0,
            abstentions: 0,
            set: Set::new(Arc::new(ValidatorSet::default()), Vec::new()),
            timing: None,
            verdicts: Verdicts::default(),
            effects: Vec::new(),
            failure: None,
            unflushed: false,
            newest: None,
            settled: None,
            own_values: BTreeMap::new(),
            blocks: BTreeSet::new(),
            judged: BTreeMap::new(),
            propose_timer: None,
            unproposed: None,
            unsigned: None,
            replay: None,
        }
    }

    /// Turn to a height, with its journal if it is replayed.
    pub(super) fn begin(
        &mut self,
        height: Height,
        set: Set,
        timing: Timing,
        journal: &[JournalRecord],
    ) {
        self.height = height;
        self.set = set;
        self.timing = Some(timing);
        self.verdicts.clear();
        self.own_values.clear();
        self.blocks.clear();
        self.judged.clear();
        self.propose_timer = None;
        self.unproposed = None;
        self.unsigned = None;
        self.unflushed = false;
        self.replay = None;
        if !journal.is_empty() {
            self.begin_replay(journal);
        }
    }

    fn begin_replay(&mut self, journal: &[JournalRecord]) {
        let own = self.own.unwrap_or(ValidatorId::ZERO);
        for (address, signed) in journal::own_messages(journal, self.chain_id, &own) {
            self.newest = self.newest.max(Some(address));
            self.own_values.insert(address, signed.value);
        }
        let blocks = journal.iter().filter_map(|record| match record {
            JournalRecord::Block(block) => Some(crypto::id::block_id(&block.block.header)),
            _ => None,
        });
        self.blocks.extend(blocks);
        let small = |record: &&JournalRecord| !matches!(record, JournalRecord::Block(_));
        let records = journal.iter().filter(small).map(fingerprint).collect();
        self.replay = Some(Replay { records, wanted: None });
        // Read back is not yet known to be on disk: the machine may fail right after the process.
        self.unflushed = true;
    }

    /// The journal is used up.
    pub(super) fn end_replay(&mut self) {
        self.replay = None;
    }

    /// The round in which a value was asked for during replay.
    pub(super) fn take_wanted(&mut self) -> Option<Round> {
        self.replay.as_mut().and_then(|replay| replay.wanted.take())
    }

    pub(super) fn ask_value(&mut self, round: Round) {
        self.effects.push(Effect::GetValue { height: self.height, round });
    }

    pub(super) fn take_effects(&mut self) -> Vec<Effect> {
        std::mem::take(&mut self.effects)
    }

    pub(super) fn take_failure(&mut self) -> Option<EngineError> {
        self.failure.take()
    }

    /// Whether a proposal comes from its round's proposer.
    pub(super) fn is_proposer(&self, proposal: &Proposal) -> bool {
        self.set.proposer(proposal.height, proposal.round) == proposal.validator
    }

    /// Whether a verdict on a block tells the core something new.
    pub(super) fn is_news(&self, block_id: &BlockId, valid: bool) -> bool {
        self.judged.get(block_id).is_none_or(|known| !known && valid)
    }

    /// A verified vote for the core; `None` if its signer is not in the set.
    pub(super) fn known_vote(&mut self, vote: &Vote) -> Option<CoreSignedVote> {
        let vote = self.scope().vote_in(vote)?;
        self.verdicts.insert(&vote.signature);
        Some(vote)
    }

    /// A verified proposal for the core; `None` if its signer is not in the set.
    pub(super) fn known_proposal(&mut self, proposal: &Proposal) -> Option<CoreSignedProposal> {
        let proposal = self.scope().proposal_in(proposal)?;
        self.verdicts.insert(&proposal.signature);
        Some(proposal)
    }

    /// A verified certificate for the core; `None` if a signer is not in the set.
    pub(super) fn known_polka(&mut self, polka: &PolkaCertificate) -> Option<CorePolka> {
        let polka = self.scope().polka_in(polka)?;
        polka.polka_signatures.iter().for_each(|signed| self.verdicts.insert(&signed.signature));
        Some(polka)
    }

    /// A verified certificate for the core; `None` if a signer is not in the set.
    pub(super) fn known_round(&mut self, round: &RoundCertificate) -> Option<CoreRoundCertificate> {
        let round = self.scope().round_in(round)?;
        round.round_signatures.iter().for_each(|signed| self.verdicts.insert(&signed.signature));
        Some(round)
    }

    /// See [`super::Engine::judge_own`].
    pub(super) fn judge_own(&self, address: &SignedAddress, value: &Value) -> Option<Alarm> {
        let other = self.own_values.get(address).is_some_and(|known| known != value);
        let by_journal = other.then_some(Alarm::OtherValue(*address));
        by_journal.or_else(|| self.signer.guard()?.judge_own(address, value))
    }

    /// Answer one effect of the core. After the first failure nothing is done any more.
    pub(super) fn perform(&mut self, effect: CoreEffect) -> Result<CoreResume, EngineError> {
        if self.failure.is_some() {
            return Err(EngineError::Stopped);
        }
        self.answer(effect).inspect_err(|failure| self.failure = Some(failure.clone()))
    }

    fn answer(&mut self, effect: CoreEffect) -> Result<CoreResume, EngineError> {
        match effect {
            CoreEffect::SignVote(vote, resume) => {
                let signature = self.sign_vote(&vote);
                Ok(resume.resume_with(SignedMessage::new(vote, signature)))
            }
            CoreEffect::SignProposal(proposal, resume) => {
                let place = self.scope().proposal_place(&proposal);
                self.unsigned = None;
                let signature =
                    self.sign(place).unwrap_or_else(|reason| self.abstain(place, reason));
                if signature.is_marker() {
                    self.unproposed = Some(place.address.round);
                    self.keep_propose_timer(place.address.round);
                }
                Ok(resume.resume_with(SignedMessage::new(proposal, signature)))
            }
            CoreEffect::VerifySignature(signed, _, resume) => {
                let (signer, place) = match &signed.message {
                    ConsensusMsg::Vote(vote) => (vote.address, self.scope().vote_place(vote)),
                    ConsensusMsg::Proposal(proposal) => {
                        (proposal.address, self.scope().proposal_place(proposal))
                    }
                };
                let Self { verdicts, set, chain_id, .. } = self;
                let scope = scope_of(*chain_id, set);
                let valid = verdicts.check(scope, &signer, place, &signed.signature);
                Ok(resume.resume_with(valid))
            }
            CoreEffect::VerifyCommitCertificate(certificate, _, thresholds, resume) => {
                let Self { verdicts, set, chain_id, .. } = self;
                let scope = scope_of(*chain_id, set);
                let verdict = verdicts.check_commit(scope, &certificate, thresholds.quorum);
                Ok(resume.resume_with(verdict))
            }
            CoreEffect::VerifyPolkaCertificate(certificate, _, thresholds, resume) => {
                let Self { verdicts, set, chain_id, .. } = self;
                let scope = scope_of(*chain_id, set);
                let verdict = verdicts.check_polka(scope, &certificate, thresholds.quorum);
                Ok(resume.resume_with(verdict))
            }
            CoreEffect::VerifyRoundCertificate(certificate, _, thresholds, resume) => {
                let Self { verdicts, set, chain_id, .. } = self;
                let scope = scope_of(*chain_id, set);
                let (quorum, honest) = (thresholds.quorum, thresholds.honest);
                let verdict = verdicts.check_round(scope, &certificate, quorum, honest);
                Ok(resume.resume_with(verdict))
            }
            other => self.act(other),
        }
    }

    /// Effects whose only answer is "go on".
    fn act(&mut self, effect: CoreEffect) -> Result<CoreResume, EngineError> {
        match effect {
            CoreEffect::CancelAllTimeouts(_) => {
                self.propose_timer = None;
                self.unsigned = None;
                self.effects.push(Effect::CancelAll);
            }
            CoreEffect::CancelTimeout(timeout, _) => self.cancel(timeout),
            CoreEffect::ScheduleTimeout(timeout, _) => {
                if let Some(timeout) = convert::timeout_out(self.height, timeout) {
                    self.schedule(timeout);
                }
            }
            CoreEffect::StartRound(height, round, proposer, _, _) => {
                let (height, round) = (Height(height.0), convert::round_out(round));
                self.effects.push(Effect::EnteredRound { height, round, proposer: proposer.0 });
            }
            CoreEffect::PublishConsensusMsg(message, _) => self.publish(&message),
            CoreEffect::PublishLivenessMsg(message, _) => self.publish_liveness(message),
            // Both go out by the status exchange: gossip swallows what was sent once.
            CoreEffect::RepublishVote(..) | CoreEffect::RepublishRoundCertificate(..) => {}
            CoreEffect::GetValue(_, round, _, _) => {
                let round = convert::round_out(round);
                match &mut self.replay {
                    Some(replay) => replay.wanted = Some(round),
                    None => self.ask_value(round),
                }
            }
            CoreEffect::RestreamProposal(height, round, pol_round, _, value, _) => {
                let (height, round) = (Height(height.0), convert::round_out(round));
                let pol_round = convert::pol_round_out(pol_round);
                // What was not signed is not proposed.
                if self.unproposed != Some(round) {
                    let block_id = value.0;
                    self.effects.push(Effect::Restream { height, round, pol_round, block_id });
                }
            }
            CoreEffect::Decide(certificate, _, _) => {
                self.settle();
                let certificate = self.scope().commit_out(&certificate);
                self.effects.push(Effect::Decide(certificate));
            }
            CoreEffect::Finalize(_, _, evidence, _) => {
                let found = misbehaviors(&evidence, &self.set);
                self.evidence = self.evidence.saturating_add(found);
            }
            CoreEffect::WalAppend(height, input, _) => self.record(height, &input)?,
            other => return Err(unexpected(&other)),
        }
        Ok(CoreResume::Continue)
    }

    /// Sign a vote, or abstain from it.
    fn sign_vote(&mut self, vote: &CoreVote) -> SignedShare {
        let place = self.scope().vote_place(vote);
        self.unsigned = None;
        self.sign(place).unwrap_or_else(|reason| {
            self.await_signer(vote, &reason);
            self.abstain(place, reason)
        })
    }

    /// Our last vote, signed after all.
    pub(super) fn sign_again(&mut self) -> Option<CoreSignedVote> {
        let vote = self.unsigned.take()?;
        match self.sign(self.scope().vote_place(&vote)) {
            Ok(signature) => Some(SignedMessage::new(vote, signature)),
            Err(reason) => {
                self.await_signer(&vote, &reason);
                None
            }
        }
    }

    /// Have the signer asked again later, if all it did was not to answer.
    fn await_signer(&mut self, vote: &CoreVote, reason: &SignError) {
        if matches!(reason, SignError::Unavailable { .. }) {
            self.unsigned = Some(vote.clone());
            let round = convert::round_out(vote.round);
            self.schedule(Timeout { height: self.height, round, kind: TimeoutKind::Sign });
        }
    }

    fn sign(&mut self, place: Place) -> Result<SignedShare, SignError> {
        let (signature, share) = self.signer.sign(&place.address, &place.value, &self.settled)?;
        let own = self.own.expect("the core lets only a validator sign");
        let scope = self.scope();
        let validator = scope.set.by_id(&own).expect("the core lets only members sign");
        let signed = scope.signed(validator, place, signature, share);
        self.verdicts.insert(&signed);
        self.own_values.insert(place.address, place.value);
        Ok(signed)
    }

    /// Go on without a signature: a marker takes its place, which the core drops as invalid.
    fn abstain(&mut self, place: Place, reason: SignError) -> SignedShare {
        self.abstentions = self.abstentions.saturating_add(1);
        self.effects.push(Effect::Abstained { address: place.address, reason });
        SignedShare::marker()
    }

    /// Let the propose timer of a round run to its end although a value was at hand: nothing was
    /// proposed with it.
    pub(super) fn keep_propose_timer(&mut self, round: Round) {
        let timeout = Timeout { height: self.height, round, kind: TimeoutKind::Propose };
        let before = self.effects.len();
        self.effects.retain(|effect| *effect != Effect::Cancel(timeout));
        if self.effects.len() < before {
            self.propose_timer = Some(round);
        }
        // A block proposed again comes without a timer of its own.
        if self.propose_timer != Some(round) {
            self.schedule(timeout);
        }
    }

    fn schedule(&mut self, timeout: Timeout) {
        if timeout.kind == TimeoutKind::Propose {
            self.propose_timer = Some(timeout.round);
        }
        let timing = self.timing.as_ref().expect("timers run only in a height that was started");
        let after_ms = timing.after_ms(timeout.kind, timeout.round);
        self.effects.push(Effect::Schedule { timeout, after_ms });
    }

    fn cancel(&mut self, timeout: CoreTimeout) {
        let Some(timeout) = convert::timeout_out(self.height, timeout) else {
            return;
        };
        if timeout.kind == TimeoutKind::Propose {
            self.propose_timer = None;
        }
        self.effects.push(Effect::Cancel(timeout));
    }

    fn publish(&mut self, message: &SignedConsensusMsg<Ctx>) {
        match message {
            SignedConsensusMsg::Vote(vote) => self.publish_vote(vote),
            SignedConsensusMsg::Proposal(proposal) if !proposal.signature.is_marker() => {
                self.send(ConsensusContent::Proposal(convert::proposal_out(proposal)));
            }
            SignedConsensusMsg::Proposal(_) => {}
        }
    }

    /// Send a vote, unless a marker stands for its signature.
    pub(super) fn publish_vote(&mut self, vote: &CoreSignedVote) {
        if !vote.signature.is_marker() {
            self.send(ConsensusContent::Vote(convert::vote_out(vote)));
        }
    }

    fn publish_liveness(&mut self, message: LivenessMsg<Ctx>) {
        let scope = self.scope();
        let content = match message {
            LivenessMsg::Vote(vote) => ConsensusContent::Vote(convert::vote_out(&vote)),
            LivenessMsg::PolkaCertificate(polka) => {
                ConsensusContent::Polka(scope.polka_out(&polka))
            }
            LivenessMsg::SkipRoundCertificate(round) => {
                ConsensusContent::Round(scope.round_certificate_out(&round))
            }
        };
        self.send(content);
    }

    fn send(&mut self, content: ConsensusContent) {
        self.settle();
        self.effects.push(Effect::Send(content));
    }

    /// Bring journal and guard to disk before something leaves.
    fn settle(&mut self) {
        if std::mem::take(&mut self.unflushed) {
            self.effects.push(Effect::Flush);
        }
        self.settled = self.settled.max(self.newest);
        if let Some(slot) = self.signer.guard_slot() {
            self.effects.push(Effect::SetGuard(slot));
        }
    }

    /// Append what the core wants recorded, after the block that it depends on.
    fn record(&mut self, height: CoreHeight, input: &CoreInput) -> Result<(), EngineError> {
        let height = Height(height.0);
        let record = match input {
            CoreInput::Vote(vote) => {
                JournalRecord::Message(ConsensusContent::Vote(convert::vote_out(vote)))
            }
            CoreInput::Proposal(proposal) => {
                let proposal = convert::proposal_out(proposal);
                JournalRecord::Message(ConsensusContent::Proposal(proposal))
            }
            CoreInput::PolkaCertificate(polka) => {
                JournalRecord::Message(ConsensusContent::Polka(self.scope().polka_out(polka)))
            }
            CoreInput::ProposedValue(value, _) => {
                let valid = value.validity.is_valid();
                self.judged.insert(value.value.0, valid);
                JournalRecord::Proposed {
                    round: convert::round_out(value.round),
                    pol_round: convert::pol_round_out(value.valid_round),
                    proposer: value.proposer.0,
                    block_id: value.value.0,
                    valid,
                }
            }
            CoreInput::TimeoutElapsed(timeout) => match convert::timeout_out(height, *timeout) {
                Some(timeout) => JournalRecord::Timeout(timeout),
                None => return Ok(()),
            },
            _ => return Err(EngineError::UnexpectedEffect { effect: "WalAppend of this input" }),
        };
        self.append(record);
        Ok(())
    }

    fn append(&mut self, record: JournalRecord) {
        if let Some(block_id) = self.depends_on(&record)
            && self.blocks.insert(block_id)
        {
            self.unflushed = true;
            self.effects.push(Effect::AppendBlock(block_id));
        }
        if self.replay.as_ref().is_some_and(|replay| replay.records.contains(&fingerprint(&record)))
        {
            return;
        }
        if let Some((address, _)) = self.own_message(&record) {
            self.newest = self.newest.max(Some(address));
        }
        self.unflushed = true;
        self.effects.push(Effect::Append(record));
    }

    /// The block without which a record is of no use after a crash. A block found invalid is not
    /// kept: nobody honest votes for it, and its proposer must not fill our disk. A vote of our
    /// own depends on its block if we gave it now, which we do for valid blocks only; one that a
    /// peer gives back, from before a disk was lost, is the past, and its body may be gone.
    fn depends_on(&self, record: &JournalRecord) -> Option<BlockId> {
        match record {
            JournalRecord::Proposed { block_id, valid: true, .. } => Some(*block_id),
            JournalRecord::Message(ConsensusContent::Vote(vote))
                if Some(vote.validator) == self.own =>
            {
                vote.block_id.filter(|block_id| self.judged.get(block_id) == Some(&true))
            }
            _ => None,
        }
    }

    fn own_message(&self, record: &JournalRecord) -> Option<(SignedAddress, Signed)> {
        match record {
            JournalRecord::Message(content) => {
                journal::signed_by(content, self.chain_id, &self.own?)
            }
            _ => None,
        }
    }

    fn scope(&self) -> Scope<'_> {
        scope_of(self.chain_id, &self.set)
    }
}

fn scope_of(chain_id: ChainId, set: &Set) -> Scope<'_> {
    Scope { chain_id, set: set.validators() }
}

fn fingerprint(record: &JournalRecord) -> Hash {
    hash::blake3(&types::encode(record))
}

fn unexpected(effect: &CoreEffect) -> EngineError {
    let effect = match effect {
        CoreEffect::CertVerifiedSyncValue(..) => "CertVerifiedSyncValue",
        CoreEffect::CertRejectedSyncValue(..) => "CertRejectedSyncValue",
        CoreEffect::VerifyExtendedCommitCertificate(..) => "VerifyExtendedCommitCertificate",
        CoreEffect::ExtendVote(..) => "ExtendVote",
        CoreEffect::VerifyVoteExtension(..) => "VerifyVoteExtension",
        _ => "an effect of a newer version",
    };
    EngineError::UnexpectedEffect { effect }
}
