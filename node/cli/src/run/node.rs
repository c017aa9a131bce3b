//! The thread that owns the replica: take an event, hand it over, perform the actions in order.
//!
//! Journal and guard are written here, on this thread and nowhere else, so that "append, flush,
//! guard, send" is the order of the code. An action that fails ends the node.

use crate::exit::{Exit, Failure};
use crate::run::Hooks;
use crate::run::bridge::Bridge;
use crate::run::ports::{GuardFile, JournalFile};
use crate::run::timers::Timers;
use crate::run::workers::Workers;
use anyhow::anyhow;
use replica::{Action, Event, Now, Replica, Stop};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use store::Store;
use types::ChainId;

/// Longest wait for an event; only a safety net, since timers wake the thread by themselves.
const MAX_WAIT: Duration = Duration::from_secs(1);

/// What comes to the thread.
pub(crate) enum Input {
    /// For the replica.
    Event(Event),
    /// A question about the replica, to be answered from its present state.
    Ask(Box<dyn FnOnce(&Replica) + Send>),
    /// End the node.
    Stop,
}

/// Everything the thread owns.
pub(crate) struct Node {
    pub(crate) chain_id: ChainId,
    pub(crate) replica: Replica,
    pub(crate) inputs: Receiver<Input>,
    pub(crate) journal: JournalFile,
    pub(crate) guard: Option<GuardFile>,
    pub(crate) store: Arc<Store>,
    pub(crate) workers: Workers,
    pub(crate) bridge: Bridge,
    pub(crate) hooks: Hooks,
    pub(crate) timers: Timers,
    pub(crate) started: Instant,
}

impl Node {
    /// Run until told to stop, or until an action fails or ends the node.
    pub(crate) fn run(mut self) -> Result<(), Failure> {
        self.handle(Event::Started)?;
        loop {
            self.fire_timers()?;
            match self.inputs.recv_timeout(self.wait()) {
                Ok(Input::Event(event)) => self.handle(event)?,
                Ok(Input::Ask(question)) => question(&self.replica),
                Ok(Input::Stop) => {
                    self.handle(Event::Stopping)?;
                    return Ok(());
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(failure(Exit::Failed, "everything that feeds the node has ended"));
                }
            }
        }
    }

    fn now(&self) -> Now {
        let mono_ns = u64::try_from(self.started.elapsed().as_nanos()).unwrap_or(u64::MAX);
        let wall = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Now { mono_ns, wall_ms: u64::try_from(wall.as_millis()).unwrap_or(u64::MAX) }
    }

    fn wait(&self) -> Duration {
        let now_ns = self.now().mono_ns;
        let next = self.timers.next_ns().map(|at| Duration::from_nanos(at.saturating_sub(now_ns)));
        next.map_or(MAX_WAIT, |next| next.min(MAX_WAIT))
    }

    fn fire_timers(&mut self) -> Result<(), Failure> {
        while let Some(timer) = self.timers.pop_due(self.now().mono_ns) {
            self.handle(Event::Timer(timer))?;
        }
        Ok(())
    }

    fn handle(&mut self, event: Event) -> Result<(), Failure> {
        let now = self.now();
        for action in self.replica.handle(now, event) {
            if let Some(before) = &mut self.hooks.before {
                before(&action);
            }
            match &mut self.hooks.after {
                None => self.perform(action)?,
                Some(_) => self.perform_watched(action)?,
            }
        }
        Ok(())
    }

    /// As `perform`, with the hook after it told which kind of action it was.
    fn perform_watched(&mut self, action: Action) -> Result<(), Failure> {
        let kind = action.kind();
        self.perform(action)?;
        if let Some(after) = &mut self.hooks.after {
            after(kind);
        }
        Ok(())
    }

    fn perform(&mut self, action: Action) -> Result<(), Failure> {
        match action {
            Action::Append(record) => self.journal.append(&record),
            Action::Flush => self.journal.flush().map_err(|error| self.disk(&error))?,
            Action::SetInstance(instance) => {
                self.store.set_instance(instance.0).map_err(store_failure)?;
            }
            Action::SetGuard(slot) => {
                let guard = self.guard.as_ref();
                let guard = guard.ok_or_else(|| failure(Exit::Guard, "no guard to write"))?;
                guard.write(&slot).map_err(|error| self.disk(&error))?;
            }
            Action::ResetJournal(height) => {
                let reset = self.journal.reset(self.chain_id, height);
                reset.map_err(|error| self.disk(&error))?;
            }
            Action::Work(work) => {
                self.workers.give(work).map_err(|reason| failure(Exit::Failed, &reason))?;
            }
            Action::SetTimer(timer, at_ns) => self.timers.set(timer, at_ns),
            Action::CancelTimer(timer) => self.timers.cancel(&timer),
            Action::StoreSeal(seal) => self.store.put_seal(&seal).map_err(store_failure)?,
            Action::StoreFinality(certificate) => {
                self.store.put_finality(&certificate).map_err(store_failure)?;
                self.bridge.wake();
            }
            Action::StoreVotes(height, votes) => {
                self.store.put_votes(height, &votes).map_err(store_failure)?;
            }
            Action::DropVotes(below) => self.store.drop_votes(below).map_err(store_failure)?,
            Action::Log(log) => crate::run::telemetry::tell(&log),
            Action::Stop(stop) => return Err(stopped(stop)),
            other => self.bridge.perform(other),
        }
        Ok(())
    }

    fn disk(&self, error: &std::io::Error) -> Failure {
        let path = self.journal.path().display();
        failure(
            Exit::Corrupt,
            &format!("journal or guard beside {path} cannot be written: {error}"),
        )
    }
}

fn store_failure(error: store::StoreError) -> Failure {
    Failure { exit: Exit::Corrupt, error: error.into() }
}

fn failure(exit: Exit, reason: &str) -> Failure {
    Failure { exit, error: anyhow!("{reason}") }
}

fn stopped(stop: Stop) -> Failure {
    let exit = match &stop {
        Stop::Disagreement(_) | Stop::Broken(_) => Exit::Corrupt,
        Stop::KeyInUse(_) => Exit::Guard,
        Stop::ProtocolUnknown(_) => Exit::Config,
    };
    Failure { exit, error: anyhow!("{stop}") }
}
