//! From decision to durable: execute, write one batch, and stand on the new block.

use crate::action::{Action, Log, Stop};
use crate::finality::Roots;
use crate::height::Phase;
use crate::replica::Replica;
use crate::work::{CommitJob, Committed, Frontier, Work};
use std::sync::Arc;
use types::punishment::RevealRecord;
use types::wire::BlockMessage;
use types::{CommitCertificate, Height};

impl Replica {
    /// The engine decided.
    pub(crate) fn on_decided(&mut self, certificate: CommitCertificate) {
        let height = self.height();
        if certificate.height != height || self.phase.is_committing() {
            return;
        }
        if self.sync_job.is_some() {
            // The same block is on its way to disk already, unless what was fetched is refused.
            self.deferred = Some(certificate);
            return;
        }
        let block_id = certificate.block_id;
        let Some(message) = self.blocks.message(&block_id) else {
            let reason = format!("height {height} was decided for {block_id}, whose body is gone");
            return self.stop(Stop::Broken(reason));
        };
        let job = CommitJob {
            known: self.known_ballots(&message.block),
            block: message,
            block_id,
            parent: self.frontier.parent.clone(),
            checked: self.blocks.checked(&block_id),
            certificate,
            set: self.frontier.set.clone(),
            own_seal: self.finality.own_seal(height.previous()),
        };
        self.cancel_consensus_timers();
        self.phase = Phase::Committing(height);
        self.work(Work::Commit(Box::new(job)));
    }

    /// A block is durable.
    pub(crate) fn on_committed(&mut self, committed: Committed) {
        let next = committed.next.sharing(&self.frontier);
        let height = next.tip();
        assert!(height == self.height(), "blocks become durable one height after the other");
        let roots = Roots {
            block_id: next.parent.block_id,
            state_root: next.parent.state_root,
            receipts_root: next.parent.receipts_root,
        };
        self.cancel_consensus_timers();
        let synced = self.sync_job.take();
        if let Some(job) = &synced {
            self.sync.proved(&job.peer);
        }
        self.deferred = None;
        let before = std::mem::replace(&mut self.frontier, next);
        if before.params != self.frontier.params {
            self.pool.adopt_limits(mempool::Limits::from_params(&self.frontier.params));
        }
        let round = committed.certificate.round;
        if self.learn_from(&committed.certificate, synced.map(|job| job.block)) {
            return;
        }
        self.certificate = Some(committed.certificate);
        self.pool.committed(&committed.nonces, &committed.hashes);
        self.settle_evidence(height, committed.revealed);
        self.send_stale();
        self.blocks.committed(height);
        // What a restart found belongs to a height that is durable by now, or to one still ahead.
        if self.journal_height() <= height {
            self.journal.clear();
        }
        self.act(Action::ResetJournal(height.next()));
        self.finality.executed(height, roots);
        let frontier = self.frontier.clone();
        self.watcher.start_height(
            height.next(),
            &frontier.set,
            &frontier.next_set,
            &frontier.eligible,
        );
        self.restore_journal();
        self.announce_frontier();
        let txs = committed.hashes.len();
        self.log(Log::Committed { height, round, txs });
        if self.frontier.protocol > self.config.protocol_max {
            return self.stop(Stop::ProtocolUnknown(self.frontier.protocol));
        }
        self.rest();
        self.rejudge_signing();
        self.check_certified_roots();
        self.seal_missing();
        self.continue_sync();
        self.exchange_after_commit();
        self.show_readiness();
        self.publish();
        self.maybe_start();
    }

    /// What was punished waits no longer, and the operator learns whom the chain named.
    fn settle_evidence(&mut self, height: Height, revealed: Vec<RevealRecord>) {
        let Frontier { params, revealed: all, .. } = &*self.frontier;
        self.evidences.committed(height, params, !revealed.is_empty(), all);
        for record in revealed {
            self.log(Log::Revealed(Box::new(record)));
        }
    }

    /// What a committed block proves of what validators signed: whoever precommitted another block
    /// towards us is found by it. Whether it proves that our own key signs elsewhere, and the node
    /// stops.
    fn learn_from(
        &mut self,
        certificate: &CommitCertificate,
        synced: Option<Arc<BlockMessage>>,
    ) -> bool {
        let mut conflicts = self.watcher.observe_commit(certificate).conflicts;
        let mut stops = self.watch_own_key_in_commit(certificate);
        let detectors = self.config.detectors;
        let detects = if synced.is_some() { detectors.synced } else { detectors.certificates };
        // One that was not fetched was looked at when it was checked.
        if let Some(message) = synced {
            conflicts.extend(self.watcher.observe_block(&message.block));
            stops = stops || self.watch_own_key_in_block(&message.block);
        }
        self.on_carried_pairs(detects, conflicts);
        stops
    }

    /// Tell the network who may connect and where we stand.
    pub(crate) fn announce_frontier(&mut self) {
        if self.allowed.as_ref() != Some(&self.frontier.allowed) {
            self.allowed = Some(self.frontier.allowed.clone());
            self.act(Action::Allow(self.frontier.allowed.clone()));
        }
        self.act(Action::SetTip(self.frontier.tip(), self.finality.height()));
    }
}
