//! The node's state, and the way of each event to the room that handles it.

use crate::action::{Action, GossipVerdict, Log, Stop};
use crate::blocks::Blocks;
use crate::event::{Event, GossipId, Now, Peer, Timer};
use crate::evidence::{Detectors, Evidences};
use crate::exchange::Connected;
use crate::finality::Finality;
use crate::height::Phase;
use crate::own::Probation;
use crate::ready::Readiness;
use crate::receive::Verifying;
use crate::syncing::SyncJob;
use crate::transactions::Admissions;
use crate::work::{Frontier, Work, WorkDone};
use consensus::sync::SyncPlanner;
use consensus::watcher::Watcher;
use consensus::{Engine, JournalRecord, Signer};
use crypto::sign::SecretKey;
use mempool::Pool;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use types::wire::{ConsensusContent, SyncedBlock};
use types::{
    ChainId, CommitCertificate, FinalityCertificate, Height, Round, Seal, ValidatorId, ValidatorSet,
};

/// Who this node is.
#[derive(Clone, Debug)]
pub struct Config {
    /// The chain.
    pub chain_id: ChainId,
    /// The validator whose key this node signs with, if any.
    pub own: Option<ValidatorId>,
    /// Highest protocol version this program knows.
    pub protocol_max: u16,
    /// Heights of votes that the watcher's index reaches back.
    pub watch_heights: u64,
    /// Bytes of votes that the watcher's index holds at most.
    pub watch_bytes: usize,
    /// How double signs are found.
    pub detectors: Detectors,
}

/// Whether this node may sign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Signing {
    /// It may.
    Armed,
    /// It may not.
    Observer {
        /// Why, for the operator.
        reason: String,
        /// What it is judged by again as the chain grows; `None`: only an operator can arm it.
        probation: Option<Box<Probation>>,
    },
}

/// What is found on disk when a node starts.
pub struct Start {
    /// The newest durable block and what follows from it.
    pub frontier: Arc<Frontier>,
    /// The certificate that decided it; none at height 0.
    pub certificate: Option<CommitCertificate>,
    /// The newest finality certificate.
    pub finality: Option<FinalityCertificate>,
    /// Block id and roots of the newest heights, ascending, at least those above the newest final
    /// one.
    pub roots: Vec<(Height, crate::finality::Roots)>,
    /// Validator sets of those heights.
    pub sets: Vec<(Height, Arc<ValidatorSet>)>,
    /// Seals kept of those heights.
    pub seals: Vec<Seal>,
    /// The journal of the height in progress; or of a later one, if the database was put back: the
    /// node goes on with it once it has caught up. Its header comes first.
    pub journal: Vec<JournalRecord>,
    /// Whether the guard lets us sign.
    pub signing: Signing,
    /// The highest seal the guard knows of us.
    pub sealed: Height,
    /// Signs; unused by observers.
    pub signer: Box<dyn Signer>,
    /// The network key, whose account tells the chain that this validator has caught up; `None`:
    /// somebody else tells it.
    pub courier: Option<SecretKey>,
}

/// A whole node without input or output.
pub struct Replica {
    pub(crate) config: Config,
    pub(crate) engine: Engine,
    pub(crate) watcher: Watcher,
    pub(crate) pool: Pool,
    pub(crate) sync: SyncPlanner,
    pub(crate) frontier: Arc<Frontier>,
    pub(crate) certificate: Option<CommitCertificate>,
    pub(crate) phase: Phase,
    pub(crate) blocks: Blocks,
    pub(crate) verifying: Verifying,
    pub(crate) admissions: Admissions,
    pub(crate) finality: Finality,
    pub(crate) signing: Signing,
    pub(crate) journal: Vec<JournalRecord>,
    pub(crate) peers: BTreeMap<Peer, Connected>,
    /// Peers that have told their tip since the start.
    pub(crate) answered: BTreeSet<Peer>,
    /// Fetched blocks that wait to be committed, with who gave them.
    pub(crate) synced: VecDeque<(Peer, SyncedBlock)>,
    pub(crate) synced_finality: Option<(Peer, FinalityCertificate)>,
    /// The fetched block being verified and committed.
    pub(crate) sync_job: Option<SyncJob>,
    /// When this node last said how far catching up has come, by the monotonic clock in ms.
    pub(crate) progress_told_ms: Option<u64>,
    /// What the engine decided meanwhile.
    pub(crate) deferred: Option<CommitCertificate>,
    /// Double signs seen since the start.
    pub(crate) evidence_seen: u64,
    /// Those that wait for a block.
    pub(crate) evidences: Evidences,
    /// How this validator asks to enter the set.
    pub(crate) readiness: Readiness,
    /// What was due and not signed since the start.
    pub(crate) abstentions: u64,
    /// Votes of heights below this one are not kept on disk.
    pub(crate) votes_kept_from: Height,
    pub(crate) timers: BTreeSet<Timer>,
    pub(crate) round_since_ns: u64,
    /// The allow-list the network was told last.
    pub(crate) allowed: Option<Vec<types::PublicKey>>,
    pub(crate) now: Now,
    pub(crate) actions: Vec<Action>,
    stopped: bool,
}

impl Replica {
    /// A node as found on disk. Nothing happens before [`Event::Started`]; what an earlier run kept
    /// of votes is given by [`Replica::restore_votes`] until then.
    #[must_use]
    pub fn new(config: Config, start: Start) -> Self {
        let frontier = start.frontier;
        let mut watcher = Watcher::new(config.chain_id, config.watch_heights, config.watch_bytes);
        let (height, sets) = (frontier.tip().next(), (&frontier.set, &frontier.next_set));
        watcher.start_height(height, sets.0, sets.1, &frontier.eligible);
        for (height, set) in &start.sets {
            watcher.know_set(*height, set);
        }
        for seal in &start.seals {
            watcher.observe(&ConsensusContent::Seal(seal.clone()));
        }
        Self {
            engine: Engine::new(config.chain_id, config.own, start.signer),
            watcher,
            pool: Pool::new(mempool::Limits::from_params(&frontier.params)),
            sync: SyncPlanner::new(),
            certificate: start.certificate,
            phase: Phase::starting(),
            blocks: Blocks::default(),
            verifying: Verifying::default(),
            admissions: Admissions::default(),
            finality: Finality::new(
                own_seals(&config, &start.seals),
                start.finality,
                start.roots,
                start.sealed,
            ),
            signing: start.signing,
            journal: start.journal,
            peers: BTreeMap::new(),
            answered: BTreeSet::new(),
            synced: VecDeque::new(),
            synced_finality: None,
            sync_job: None,
            progress_told_ms: None,
            deferred: None,
            evidence_seen: 0,
            evidences: Evidences::default(),
            readiness: Readiness::new(start.courier),
            abstentions: 0,
            votes_kept_from: Height::ZERO,
            timers: BTreeSet::new(),
            round_since_ns: 0,
            allowed: None,
            now: Now { mono_ns: 0, wall_ms: 0 },
            actions: Vec::new(),
            stopped: false,
            frontier,
            config,
        }
    }

    /// Take one event; the actions are to be performed in order before the next event is given.
    pub fn handle(&mut self, now: Now, event: Event) -> Vec<Action> {
        if self.stopped {
            return Vec::new();
        }
        self.now = now;
        if let Some(peer) = event.speaker() {
            self.on_heard(&peer);
        }
        self.dispatch(event);
        if let Some(at) = self.actions.iter().position(|action| matches!(action, Action::Stop(_))) {
            // Nothing of this event after the decision to stop may act.
            self.actions.truncate(at.saturating_add(1));
            self.stopped = true;
        }
        std::mem::take(&mut self.actions)
    }

    fn dispatch(&mut self, event: Event) {
        match event {
            Event::Started => self.on_started(),
            Event::PeerConnected { peer, tip } => self.on_peer_connected(peer, tip),
            Event::PeerDisconnected { peer } => self.on_peer_disconnected(peer),
            Event::Message { peer, gossip, content } => {
                self.on_message(peer, Some(gossip), content);
            }
            Event::EvidenceMessage { peer, gossip, evidence } => {
                self.on_evidence(peer, gossip, *evidence);
            }
            Event::EvidenceSubmitted(evidence) => self.on_evidence_submitted(*evidence),
            Event::Transactions { peer, gossip, txs } => self.on_transactions(peer, gossip, txs),
            Event::TransactionsPushed { peer, txs } => self.on_transactions_pushed(peer, txs),
            Event::Submitted { request, txs } => self.on_submitted(request, txs),
            Event::Block { peer, block } => self.on_block(peer, *block),
            Event::BlockMissing { peer, block_id } => self.on_block_missing(peer, block_id),
            Event::BlockRequested { peer: _, reply, block_id } => {
                let block = self.blocks.message(&block_id);
                self.act(Action::AnswerBlock(reply, block));
            }
            Event::StatusRequested { peer, reply, request } => {
                self.on_status_requested(peer, reply, &request);
            }
            Event::StatusAnswered { peer, answer } => self.on_status_answered(peer, answer),
            Event::SyncAnswered { peer, answer } => self.on_sync_answered(peer, *answer),
            Event::RequestFailed { peer } => self.on_request_failed(peer),
            Event::Done(done) => self.on_done(*done),
            Event::Timer(timer) => self.on_timer(timer),
            Event::Stopping => self.on_stopping(),
        }
    }

    fn on_done(&mut self, done: WorkDone) {
        match done {
            WorkDone::Verified { batch, valid } => self.on_verified(batch, &valid),
            WorkDone::Checked { block_id, result } => self.on_checked(block_id, result),
            WorkDone::Built { height, block, block_id, invalid } => {
                for (hash, code) in invalid {
                    self.pool.discard(&hash, code);
                }
                self.on_built(height, block, block_id);
            }
            WorkDone::NotBuilt { height, reason } => self.on_not_built(height, &reason),
            WorkDone::Stale => {}
            WorkDone::Committed(committed) => self.on_committed(*committed),
            WorkDone::SyncRefused { height, reason } => self.on_sync_refused(height, &reason),
            WorkDone::Admitted { batch, results } => self.on_admitted(batch, results),
            WorkDone::Failed(reason) => self.stop(Stop::Broken(reason)),
        }
    }

    fn on_timer(&mut self, timer: Timer) {
        self.timers.remove(&timer);
        match timer {
            Timer::Interval => self.on_interval(),
            Timer::Idle => self.on_idle(),
            Timer::Tick => self.on_tick(),
            Timer::StartWait => self.on_start_wait(),
            Timer::Fetch(block_id) => self.on_fetch(block_id),
            Timer::Consensus(timeout) => self.on_timeout(timeout),
            Timer::FlushTxs => self.on_flush_txs(),
        }
    }

    /// The height in progress, or about to start.
    pub(crate) fn height(&self) -> Height {
        self.frontier.tip().next()
    }

    /// The round in progress; 0 between heights.
    pub(crate) fn round(&self) -> Round {
        if self.phase.is_running() { self.engine.round() } else { Round::ZERO }
    }

    /// Whether this node signs at the height in progress: with the key that the set names.
    pub(crate) fn may_sign(&mut self) -> bool {
        let set = &self.frontier.set;
        let Some(member) = self.config.own.and_then(|own| set.by_id(&own)) else { return false };
        self.signing == Signing::Armed && self.engine.signer_mut().use_key(&member.consensus_key)
    }

    pub(crate) fn act(&mut self, action: Action) {
        self.actions.push(action);
    }

    pub(crate) fn work(&mut self, work: Work) {
        self.actions.push(Action::Work(Box::new(work)));
    }

    pub(crate) fn log(&mut self, log: Log) {
        self.actions.push(Action::Log(log));
    }

    pub(crate) fn stop(&mut self, stop: Stop) {
        self.actions.push(Action::Stop(stop));
    }

    pub(crate) fn validate(&mut self, gossip: Option<GossipId>, verdict: GossipVerdict) {
        if let Some(gossip) = gossip {
            self.actions.push(Action::Validate(gossip, verdict));
        }
    }

    pub(crate) fn set_timer_in(&mut self, timer: Timer, after_ms: u64) {
        let at = self.now.mono_ns.saturating_add(after_ms.saturating_mul(1_000_000));
        self.timers.insert(timer.clone());
        self.actions.push(Action::SetTimer(timer, at));
    }

    pub(crate) fn cancel_timer(&mut self, timer: &Timer) {
        if self.timers.remove(timer) {
            self.actions.push(Action::CancelTimer(timer.clone()));
        }
    }
}

fn own_seals(config: &Config, seals: &[Seal]) -> Vec<Seal> {
    seals.iter().filter(|seal| Some(seal.validator) == config.own).cloned().collect()
}
