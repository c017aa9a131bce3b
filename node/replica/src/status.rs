//! Where a node stands, for operators: `/ready`, `doctor`, metrics.

use crate::action::Action;
use crate::event::Peer;
use crate::replica::{Replica, Signing};
use consensus::RoundStep;
use consensus::sync::Progress;
use mempool::Pool;
use std::sync::Arc;
use types::{Height, Round, Step, ValidatorId, ValidatorSet, VoteKind, VotingPower};

/// What a node says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// Newest durable height.
    pub tip: Height,
    /// Newest final height.
    pub finalized: Height,
    /// Height in progress.
    pub height: Height,
    /// Its round.
    pub round: Round,
    /// Monotonic time since which this round lasts, in ns.
    pub round_since_ns: u64,
    /// Whether the engine runs the height; else the node waits, executes or catches up.
    pub running: bool,
    /// Validators of this height that are neither this node nor connected and answering.
    pub unconnected: Vec<ValidatorId>,
    /// The step of the round; `None` between heights.
    pub step: Option<Step>,
    /// Who proposes in this round.
    pub proposer: Option<ValidatorId>,
    /// Power of those whose prevote of this round is held.
    pub prevote_power: VotingPower,
    /// Power of those whose precommit of this round is held.
    pub precommit_power: VotingPower,
    /// Validators whose prevote of this round is not held.
    pub missing_prevotes: Vec<ValidatorId>,
    /// Validators whose precommit of this round is not held.
    pub missing_precommits: Vec<ValidatorId>,
    /// Power of this node and of the validators that are connected and answer.
    pub power_present: VotingPower,
    /// All power.
    pub power_total: VotingPower,
    /// Least power that is more than two thirds.
    pub power_needed: VotingPower,
    /// Why this node does not sign, if it is a validator that does not.
    pub observer: Option<String>,
    /// Proposals, votes and seals that were due since the start and were not signed.
    pub abstentions: u64,
    /// How far catching up has come, while this node is behind.
    pub sync: Option<Progress>,
    /// Height at which more than a third sealed other roots than ours.
    pub alarm: Option<Height>,
    /// Transactions waiting.
    pub pool_txs: usize,
    /// Their bytes.
    pub pool_bytes: u64,
    /// Connected peers.
    pub peers: usize,
    /// Double signs seen since the start.
    pub evidence_seen: u64,
    /// Double signs that wait for a block.
    pub evidence_waiting: usize,
    /// Blocks that left out a double sign that their proposer must have known.
    pub evidence_left_out: u64,
    /// Validators that the chain has punished.
    pub revealed: usize,
}

impl Replica {
    /// Where the node stands now.
    #[must_use]
    pub fn status(&self) -> Status {
        let height = self.height();
        let round = self.round();
        let set = &self.frontier.set;
        let here = |id: &ValidatorId| {
            Some(*id) == self.config.own
                || self.peer_of(id).is_some_and(|peer| self.is_present(&peer))
        };
        let missing_prevotes = self.watcher.missing(height, round, VoteKind::Prevote);
        let missing_precommits = self.watcher.missing(height, round, VoteKind::Precommit);
        let running = self.phase.is_running();
        let present = set.validators().iter().filter(|validator| here(&validator.id));
        let power_present = present.fold(0_u64, |sum, v| sum.saturating_add(v.power.0));
        let total = set.total_power();
        let two_thirds = u128::from(total.0).saturating_mul(2) / 3;
        let power_needed = u64::try_from(two_thirds).unwrap_or(u64::MAX).saturating_add(1);
        Status {
            tip: self.frontier.tip(),
            finalized: self.finality.height(),
            height,
            round,
            round_since_ns: self.round_since_ns,
            running,
            step: if running { step_of(self.engine.step()) } else { None },
            proposer: running.then(|| set.proposer(&self.frontier.eligible, height, round).id),
            prevote_power: power_but(set, &missing_prevotes),
            precommit_power: power_but(set, &missing_precommits),
            unconnected: set.validators().iter().map(|v| v.id).filter(|id| !here(id)).collect(),
            missing_prevotes,
            missing_precommits,
            power_present: VotingPower(power_present),
            power_total: total,
            power_needed: VotingPower(power_needed),
            observer: match &self.signing {
                Signing::Observer { reason, .. } if self.config.own.is_some() => {
                    Some(reason.clone())
                }
                Signing::Observer { .. } | Signing::Armed => None,
            },
            abstentions: self.abstentions,
            sync: self.catching_up(),
            alarm: self.finality.alarm(),
            pool_txs: self.pool.len(),
            pool_bytes: self.pool.bytes(),
            peers: self.peers.len(),
            evidence_seen: self.evidence_seen,
            evidence_waiting: self.evidences.len(),
            evidence_left_out: self.evidences.left_out(),
            revealed: self.frontier.revealed.len(),
        }
    }

    /// Double signs that the consensus core noticed by itself since the start: those of which both
    /// halves came before its height was decided. Nothing follows from them; evidence is the
    /// watcher's, and this figure stands beside it.
    #[must_use]
    pub const fn core_evidence_count(&self) -> u64 {
        self.engine.own_evidence_count()
    }

    /// The validators of the height in progress.
    #[must_use]
    pub fn validators(&self) -> &ValidatorSet {
        &self.frontier.set
    }

    /// The transactions that wait.
    #[must_use]
    pub fn pool(&self) -> &Pool {
        &self.pool
    }

    /// Connected peers: network key, newest known height, and the validator they run, if any.
    pub fn peers(&self) -> impl Iterator<Item = (Peer, Height, Option<ValidatorId>)> + '_ {
        self.peers.iter().map(|(peer, connected)| {
            let runs = self.frontier.peers.iter().find(|(_, key)| key == peer);
            (*peer, connected.tip, runs.map(|(id, _)| *id))
        })
    }

    pub(crate) fn publish(&mut self) {
        let status = Arc::new(self.status());
        self.act(Action::Publish(status));
    }
}

/// The power of everybody but these.
fn power_but(set: &ValidatorSet, missing: &[ValidatorId]) -> VotingPower {
    let there = set.validators().iter().filter(|validator| !missing.contains(&validator.id));
    VotingPower(there.fold(0_u64, |sum, validator| sum.saturating_add(validator.power.0)))
}

/// The step that a validator of this round signs at, or waits in.
const fn step_of(step: RoundStep) -> Option<Step> {
    match step {
        RoundStep::Unstarted => None,
        RoundStep::Propose => Some(Step::Proposal),
        RoundStep::Prevote => Some(Step::Prevote),
        RoundStep::Precommit | RoundStep::Commit => Some(Step::Precommit),
    }
}
