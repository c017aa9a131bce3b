//! What the node says of itself, turned into what the interface for wallets shows: `status`,
//! `/ready`, `consensus`.

use crate::run::bridge::Heights;
use crate::signer::Away;
use client::dto::{Number, SyncProgress};
use consensus::sync::Progress;
use replica::Status;
use rpc::{ConsensusStatus, Head, StepVotes};
use std::sync::Arc;
use std::time::{Instant, SystemTime, UNIX_EPOCH};
use tokio::sync::watch;
use types::{AddressKind, Step, TimestampMs, ValidatorId};

/// Turns the replica's status into what the interface shows.
pub(crate) struct Publisher {
    pub(crate) status: watch::Receiver<Arc<Status>>,
    pub(crate) heights: watch::Receiver<Heights>,
    /// Whether the signer process is away; `None` if the keys are here.
    pub(crate) signer: Option<watch::Receiver<Option<Away>>>,
    pub(crate) head: watch::Sender<Head>,
    pub(crate) consensus: watch::Sender<Arc<ConsensusStatus>>,
    pub(crate) started: Instant,
    /// What the chain's addresses begin with.
    pub(crate) prefix: String,
    /// Since when too little power is connected to decide anything.
    pub(crate) short_of_power: Option<TimestampMs>,
}

impl Publisher {
    /// Follow the node until it has ended.
    pub(crate) async fn run(mut self) {
        loop {
            let status = self.status.borrow_and_update().clone();
            let heights = *self.heights.borrow_and_update();
            self.short_of_power = short_of_power(&status, self.short_of_power, now_ms());
            let mut head = head_of(&status, heights, self.short_of_power, &self.prefix);
            head.not_ready.extend(self.signer_away());
            self.head.send_replace(head);
            self.consensus.send_replace(Arc::new(consensus_of(&status, self.started)));
            let changed = tokio::select! {
                changed = self.status.changed() => changed,
                changed = self.heights.changed() => changed,
                changed = changed(&mut self.signer) => changed,
            };
            if changed.is_err() {
                return;
            }
        }
    }
}

impl Publisher {
    /// What is told of a signer that is away.
    fn signer_away(&mut self) -> Option<String> {
        let away = self.signer.as_mut()?.borrow_and_update().clone()?;
        let Away { since, reason } = away;
        Some(format!("the signer is away since {since} ms, this validator signs nothing: {reason}"))
    }
}

/// Wait until the signer has gone or come back; for ever if there is none.
async fn changed(
    signer: &mut Option<watch::Receiver<Option<Away>>>,
) -> Result<(), watch::error::RecvError> {
    match signer {
        Some(signer) => signer.changed().await,
        None => std::future::pending().await,
    }
}

/// Since when power has been short: since `now` if it was not before, never mind how short it is.
fn short_of_power(
    status: &Status,
    before: Option<TimestampMs>,
    now: TimestampMs,
) -> Option<TimestampMs> {
    (status.power_present < status.power_needed).then(|| before.unwrap_or(now))
}

fn head_of(
    status: &Status,
    heights: Heights,
    short_of_power: Option<TimestampMs>,
    prefix: &str,
) -> Head {
    let mut not_ready = Vec::new();
    let sync = status.sync.as_ref().map(sync_progress);
    if let Some(sync) = &sync {
        not_ready.push(sync.describe(heights.tip));
    }
    if let Some(since) = short_of_power {
        not_ready.push(format!(
            "power {} of {} answers, {} is needed, since {since} ms; absent: {}",
            status.power_present,
            status.power_total,
            status.power_needed,
            list(prefix, &status.unconnected)
        ));
    }
    if let Some(height) = status.alarm {
        not_ready.push(format!("more than a third sealed other roots at height {height}"));
    }
    Head {
        tip: heights.tip,
        finalized: heights.finalized,
        sync,
        not_ready,
        observer: status.observer.clone(),
    }
}

fn sync_progress(progress: &Progress) -> SyncProgress {
    SyncProgress {
        from: progress.from,
        target: progress.target,
        elapsed_ms: progress.elapsed_ms,
        per_second: progress.per_second(),
        remaining_ms: progress.remaining_ms().map(Number),
    }
}

fn list(prefix: &str, validators: &[ValidatorId]) -> String {
    let text =
        |id: &ValidatorId| crypto::text::format_address(prefix, AddressKind::Validator, &id.0);
    validators.iter().map(text).collect::<Vec<_>>().join(", ")
}

fn now_ms() -> TimestampMs {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    TimestampMs(u64::try_from(now.as_millis()).unwrap_or(u64::MAX))
}

fn consensus_of(status: &Status, started: Instant) -> ConsensusStatus {
    let age = started.elapsed().as_nanos().saturating_sub(u128::from(status.round_since_ns));
    let age_ms = u64::try_from(age / 1_000_000).unwrap_or(u64::MAX);
    ConsensusStatus {
        height: status.height,
        round: status.round,
        step: status.step,
        since_ms: TimestampMs(now_ms().0.saturating_sub(age_ms)),
        proposer: status.proposer,
        power_total: status.power_total,
        power_present: status.power_present,
        unconnected: status.unconnected.clone(),
        votes: vec![
            StepVotes {
                step: Step::Prevote,
                power: status.prevote_power,
                missing: status.missing_prevotes.clone(),
            },
            StepVotes {
                step: Step::Precommit,
                power: status.precommit_power,
                missing: status.missing_precommits.clone(),
            },
        ],
        alarm: status.alarm,
        abstentions: status.abstentions,
    }
}

#[cfg(test)]
mod tests;
