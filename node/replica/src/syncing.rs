//! Catching up: committed blocks with their certificates, outside the engine.

use crate::action::{Action, Log};
use crate::event::Peer;
use crate::replica::Replica;
use crate::work::{CommitJob, Work};
use consensus::sync::Progress;
use executor::Rejection;
use std::sync::Arc;
use types::wire::{BlockMessage, SyncAnswer, SyncedBlock};
use types::{Height, Version};

/// How often a node that catches up says how far it is, in ms.
const TELL_EVERY_MS: u64 = 2_000;

/// A fetched block on its way to disk.
#[derive(Debug)]
pub(crate) struct SyncJob {
    /// Who gave it.
    pub(crate) peer: Peer,
    /// The block.
    pub(crate) block: Arc<BlockMessage>,
}

impl Replica {
    /// How far catching up has come; `None` if this node is not behind. One that lags by a height
    /// is about to decide it by votes.
    pub(crate) fn catching_up(&self) -> Option<Progress> {
        let tip = self.frontier.tip();
        match self.sync.progress() {
            Some(progress) => Some(Progress { tip, ..progress }),
            None if self.sync.is_behind(tip) => {
                let target = self.sync.target().unwrap_or(tip);
                Some(Progress { from: tip, tip, target, elapsed_ms: 0 })
            }
            None => None,
        }
    }

    /// Say how far catching up has come, now and then, and that it is over.
    pub(crate) fn tell_progress(&mut self) {
        if let Some(progress) = self.sync.take_finished() {
            self.progress_told_ms = None;
            return self.log(Log::Synced(progress));
        }
        let now_ms = self.now.mono_ms();
        let told = |told: u64| now_ms.saturating_sub(told) < TELL_EVERY_MS;
        if let Some(progress) = self.sync.progress().and(self.catching_up())
            && !self.progress_told_ms.is_some_and(told)
        {
            self.progress_told_ms = Some(now_ms);
            self.log(Log::Syncing(progress));
        }
    }

    /// Ask for blocks if somebody is ahead.
    pub(crate) fn plan_sync(&mut self) {
        if self.synced_blocks_waiting() {
            return;
        }
        let tip = self.frontier.tip();
        if let Some((peer, request)) = self.sync.plan(tip, self.now.mono_ms()) {
            self.act(Action::RequestSync(peer, request));
        }
        self.tell_progress();
    }

    fn synced_blocks_waiting(&self) -> bool {
        self.synced.back().is_some_and(|(_, block)| block.block.header.height > self.frontier.tip())
    }

    pub(crate) fn on_sync_answered(&mut self, peer: Peer, answer: SyncAnswer) {
        let from = self.sync.asked(&peer).unwrap_or_else(|| self.height());
        if !follows(from, &answer.blocks) {
            // Whoever claims a chain and gives other blocks of it would hold this node up for ever.
            self.act(Action::Blame(peer, "committed blocks of other heights than were asked for"));
            return self.on_request_failed(peer);
        }
        self.sync.peer_tip(peer, answer.tip, self.now.mono_ms());
        self.sync.answered(&peer, answer.blocks.len(), self.now.mono_ms());
        if !self.synced_blocks_waiting() {
            self.synced = answer.blocks.into_iter().map(|block| (peer, block)).collect();
        }
        if let Some(finality) = answer.finality {
            // It is verified once its validator set is known, which is when its height is near.
            self.synced_finality = Some((peer, finality));
        }
        self.continue_sync();
        self.maybe_start();
    }

    /// Take the next fetched block, if nothing else is being committed.
    pub(crate) fn continue_sync(&mut self) {
        if self.phase.is_committing() || self.sync_job.is_some() {
            return;
        }
        let height = self.height();
        while let Some((peer, next)) = self.synced.pop_front() {
            if next.block.header.height < height {
                continue;
            }
            if next.block.header.height > height || next.certificate.height != height {
                self.synced.clear();
                break;
            }
            let block_id = crypto::id::block_id(&next.block.header);
            let block = Arc::new(BlockMessage { version: Version, block: next.block });
            let job = CommitJob {
                known: self.known_ballots(&block.block),
                block: block.clone(),
                block_id,
                parent: self.frontier.parent.clone(),
                checked: self.blocks.checked(&block_id),
                certificate: next.certificate,
                set: self.frontier.set.clone(),
                own_seal: self.finality.own_seal(height.previous()),
            };
            self.sync_job = Some(SyncJob { peer, block });
            self.work(Work::Sync(Box::new(job)));
            return;
        }
        if let Some((peer, finality)) = self.synced_finality.take() {
            if finality.height <= self.frontier.tip() {
                let content = types::wire::ConsensusContent::Finality(finality);
                self.on_message(peer, None, Box::new(content));
            } else {
                self.synced_finality = Some((peer, finality));
            }
        }
        self.plan_sync();
    }

    /// A fetched block is not one: whoever gave it is asked no more for a while.
    pub(crate) fn on_sync_refused(&mut self, height: Height, reason: &Rejection) {
        if let Some(SyncJob { peer, .. }) = self.sync_job.take() {
            self.act(Action::Blame(peer, "a committed block that does not verify"));
            self.sync.failed(&peer, self.now.mono_ms());
        }
        self.log(Log::Warning(format!("fetched block {height} refused: {reason}")));
        self.synced.clear();
        if let Some(certificate) = self.deferred.take() {
            self.on_decided(certificate);
        }
        self.plan_sync();
        self.maybe_start();
    }
}

/// Whether blocks and their certificates are those of one height after the other.
fn follows(from: Height, blocks: &[SyncedBlock]) -> bool {
    let heights = blocks.iter().map(|one| (one.block.header.height, one.certificate.height));
    heights.zip(from.0..).all(|(found, height)| found == (Height(height), Height(height)))
}
