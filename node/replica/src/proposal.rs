//! Our turn: build a block and propose it.

use crate::replica::Replica;
use crate::work::{BuildJob, Work};
use consensus::Input;
use std::sync::Arc;
use types::wire::BlockMessage;
use types::{BlockId, CommitCertificate, FinalityCertificate, Height, Round, TimestampMs};

impl Replica {
    /// The engine wants a value: the block of this round that we made before a crash, or a new one.
    pub(crate) fn propose(&mut self, height: Height, round: Round) {
        let Some(own) = self.config.own else { return };
        if let Some(block_id) = self.blocks.own(&own, height, round) {
            return self.drive(Input::Propose { round, block_id });
        }
        let previous = self.frontier.parent.header.randomness;
        let randomness = match self.engine.signer_mut().randomness(height, &previous) {
            Ok(randomness) => randomness,
            Err(error) => {
                self.abstain(format!("no randomness for {height}: {error}"));
                return self.drive(Input::NoValue { round });
            }
        };
        let params = &self.frontier.params;
        let candidates = self.pool.candidates(
            u64::from(params.max_body_bytes),
            params.max_block_txs as usize,
            types::Gas(params.max_block_gas),
            self.now.mono_ms(),
        );
        let job = BuildJob {
            parent: self.frontier.parent.clone(),
            height,
            round,
            time_ms: TimestampMs(self.now.wall_ms),
            proposer: own,
            last_commit: self.last_commit(height),
            finality: self.finality_due(height),
            evidence: self.evidences.candidates(),
            candidates,
            randomness,
        };
        self.work(Work::Build(Box::new(job)));
    }

    /// Every precommit for the parent that we have seen, at least the certificate it was decided
    /// by.
    fn last_commit(&self, height: Height) -> Option<CommitCertificate> {
        let decided = self.certificate.as_ref()?;
        let richer = self.watcher.commit_certificate(
            height.previous(),
            decided.round,
            &self.frontier.parent.block_id,
        );
        match richer {
            Some(richer) if richer.precommits.len() > decided.precommits.len() => Some(richer),
            _ => Some(decided.clone()),
        }
    }

    /// The newest finality certificate, once the carried one is old enough.
    fn finality_due(&self, height: Height) -> Option<FinalityCertificate> {
        let carried = self.frontier.carried;
        let age = height.0.saturating_sub(carried.0);
        let newest = self.finality.newest()?;
        let due = age >= self.frontier.params.finality_carry_after && newest.height > carried;
        due.then(|| (**newest).clone())
    }

    pub(crate) fn on_built(&mut self, height: Height, block: Arc<BlockMessage>, block_id: BlockId) {
        let round = block.block.header.round;
        if height != self.height() || !self.phase.is_running() || round != self.engine.round() {
            return;
        }
        self.keep_own_block(block_id, block);
        self.drive(Input::Propose { round, block_id });
    }

    pub(crate) fn on_not_built(&mut self, height: Height, reason: &str) {
        self.log(crate::Log::Warning(format!("no block for height {height}: {reason}")));
        if height == self.height() {
            let round = self.round();
            self.drive(Input::NoValue { round });
        }
    }
}
