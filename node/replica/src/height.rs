//! From one height to the next: when a height starts, and how the engine is driven through it.

use crate::action::{Action, Log, Stop};
use crate::event::Timer;
use crate::replica::{Replica, Signing};
use crate::votes::MAX_SAVED_AT_ONCE;
use consensus::{Effect, Input, Timing};
use types::wire::ConsensusContent;
use types::{Height, Round};

/// How long a starting validator waits for its peers to tell their tip, in ms.
const START_WAIT_MS: u64 = 2_000;
/// Status exchange, expiry and publishing, in ms.
const TICK_MS: u64 = 1_000;

/// Where the node is between two commits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Just started: peers are asked for their tip first.
    Starting {
        /// Whether they had their time.
        waited: bool,
    },
    /// The newest height is durable, the next has not started.
    Between {
        /// Whether the least interval has passed.
        interval: bool,
        /// Whether the longest idle time has passed.
        idle: bool,
    },
    /// The engine runs the height.
    Running,
    /// A block of this height is being executed and made durable.
    Committing(Height),
}

impl Phase {
    pub(crate) const fn starting() -> Self {
        Self::Starting { waited: false }
    }

    pub(crate) const fn is_running(self) -> bool {
        matches!(self, Self::Running)
    }

    pub(crate) const fn is_committing(self) -> bool {
        matches!(self, Self::Committing(_))
    }
}

impl Replica {
    pub(crate) fn on_started(&mut self) {
        self.set_timer_in(Timer::Tick, TICK_MS);
        if self.frontier.protocol > self.config.protocol_max {
            return self.stop(Stop::ProtocolUnknown(self.frontier.protocol));
        }
        self.announce_frontier();
        if let Signing::Observer { reason, .. } = &self.signing {
            let reason = reason.clone();
            self.log(Log::Observer(reason));
        }
        self.restore_journal();
        self.recall_evidence();
        self.set_timer_in(Timer::StartWait, START_WAIT_MS);
        self.publish();
    }

    pub(crate) fn on_start_wait(&mut self) {
        if let Phase::Starting { waited } = &mut self.phase {
            *waited = true;
        }
        self.maybe_start();
    }

    pub(crate) fn on_interval(&mut self) {
        if let Phase::Between { interval, .. } = &mut self.phase {
            *interval = true;
        }
        self.maybe_start();
    }

    pub(crate) fn on_idle(&mut self) {
        if let Phase::Between { idle, .. } = &mut self.phase {
            *idle = true;
        }
        self.maybe_start();
    }

    pub(crate) fn on_tick(&mut self) {
        self.set_timer_in(Timer::Tick, TICK_MS);
        let block_time = self.frontier.parent.header.time_ms;
        self.pool.expire(self.now.mono_ms(), block_time);
        self.save_votes(MAX_SAVED_AT_ONCE);
        self.exchange_with_all();
        self.plan_sync();
        self.maybe_start();
        self.publish();
    }

    pub(crate) fn on_stopping(&mut self) {
        self.save_votes(usize::MAX);
        self.act(Action::Flush);
    }

    /// Between two heights, after a commit.
    pub(crate) fn rest(&mut self) {
        self.phase = Phase::Between { interval: false, idle: false };
        self.set_timer_in(Timer::Interval, self.frontier.params.block_interval_ms);
        self.set_timer_in(Timer::Idle, self.frontier.params.idle_interval_ms);
    }

    /// Start the next height if its time has come.
    pub(crate) fn maybe_start(&mut self) {
        let due = match self.phase {
            Phase::Starting { waited } => {
                // Every validator that is connected has told its tip, or had its time to.
                waited || self.all_validators_answered()
            }
            Phase::Between { interval, idle } => idle || (interval && self.something_waits()),
            Phase::Running | Phase::Committing(_) => false,
        };
        let behind = self.sync_job.is_some() || self.sync.is_behind(self.frontier.tip());
        if due && !behind {
            self.start_height();
        }
    }

    fn is_member(&self) -> bool {
        self.config.own.is_some_and(|own| self.frontier.set.by_id(&own).is_some())
    }

    fn something_waits(&self) -> bool {
        self.pool.has_candidates()
            || self.evidences.len() > 0
            || self.watcher.has_messages(self.height())
    }

    fn start_height(&mut self) {
        let height = self.height();
        self.cancel_timer(&Timer::Interval);
        self.cancel_timer(&Timer::Idle);
        self.cancel_timer(&Timer::StartWait);
        self.phase = Phase::Running;
        self.round_since_ns = self.now.mono_ns;
        let journal = match self.journal_height() == height {
            true => std::mem::take(&mut self.journal),
            false => Vec::new(),
        };
        let enabled = self.may_sign();
        if !enabled && self.signing == Signing::Armed && self.is_member() {
            self.abstain(format!("height {height}: the set names a key that is not held here"));
        }
        let input = Input::StartHeight {
            height,
            set: self.frontier.set.clone(),
            eligible: self.frontier.eligible.clone(),
            timing: Timing::from_params(&self.frontier.params),
            enabled,
            journal,
        };
        self.drive(input);
        // What came for this height before it started stands in the watcher's index.
        for content in self.watcher.held(height) {
            self.apply(content);
        }
        self.check_waiting_blocks();
        self.publish();
    }

    /// Give the engine one input and carry out what it wants, in its order.
    pub(crate) fn drive(&mut self, input: Input) {
        if !self.phase.is_running() {
            return;
        }
        match self.engine.handle(input) {
            Ok(effects) => {
                for effect in effects {
                    self.carry_out(effect);
                }
            }
            Err(error) => self.stop(Stop::Broken(error.to_string())),
        }
    }

    fn carry_out(&mut self, effect: Effect) {
        match effect {
            Effect::AppendBlock(block_id) => self.journal_block(&block_id),
            Effect::Append(record) => self.act(Action::Append(record)),
            Effect::Flush => self.act(Action::Flush),
            Effect::SetGuard(slot) => self.act(Action::SetGuard(slot)),
            Effect::Send(content) => self.send_own(content),
            Effect::Schedule { timeout, after_ms } => {
                self.set_timer_in(Timer::Consensus(timeout), after_ms);
            }
            Effect::Cancel(timeout) => self.cancel_timer(&Timer::Consensus(timeout)),
            Effect::CancelAll => self.cancel_consensus_timers(),
            Effect::GetValue { height, round } => self.propose(height, round),
            Effect::Restream { block_id, .. } => {
                if let Some(block) = self.blocks.message(&block_id) {
                    self.act(Action::PushBlock(block));
                }
            }
            Effect::EnteredRound { round, .. } => self.on_entered_round(round),
            Effect::Decide(certificate) => self.on_decided(certificate),
            Effect::Abstained { address, reason } => self.abstain(format!(
                "height {} round {} step {:?}: {reason}",
                address.height, address.round, address.step
            )),
        }
    }

    /// Something of ours was due and was not signed.
    pub(crate) fn abstain(&mut self, what: String) {
        self.abstentions = self.abstentions.saturating_add(1);
        self.log(Log::Abstained(what));
    }

    fn on_entered_round(&mut self, round: Round) {
        self.round_since_ns = self.now.mono_ns;
        if round > Round::ZERO {
            self.exchange_with_all();
        }
        self.publish();
    }

    pub(crate) fn on_timeout(&mut self, timeout: consensus::Timeout) {
        self.drive(Input::Timeout(timeout));
    }

    pub(crate) fn cancel_consensus_timers(&mut self) {
        let timers: Vec<Timer> = self
            .timers
            .iter()
            .filter(|timer| matches!(timer, Timer::Consensus(_)))
            .cloned()
            .collect();
        for timer in &timers {
            self.cancel_timer(timer);
        }
    }

    /// Our own message leaves: it stands in the index first, so that nothing of ours is news to us.
    fn send_own(&mut self, content: ConsensusContent) {
        self.watcher.observe(&content);
        self.act(Action::Gossip(std::sync::Arc::new(content)));
    }
}
