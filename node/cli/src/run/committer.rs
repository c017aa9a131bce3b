//! The one thread that writes blocks: execute, bring the tree along, one synced batch.

use crate::run::verified::VerifiedTxs;
use replica::work::{self, CommitJob, PrepareError, Prepared, Synced, Work, WorkDone};
use state::tree::Tree;
use std::sync::{Arc, RwLock};
use std::time::{Duration, Instant};
use store::{CommitBatch, Store};
use types::Height;
use vm::Machine;

/// The tree's dirty nodes are flushed at least this often.
const FLUSH_EVERY: Duration = Duration::from_secs(30);
/// Blocks between two steps of pruning.
const PRUNE_EVERY: u64 = 64;

/// Executes and writes blocks, one after the other.
pub(crate) struct Committer {
    store: Arc<Store>,
    tree: Arc<RwLock<Tree>>,
    machine: Machine,
    verified: Arc<VerifiedTxs>,
    flushed_at: Instant,
    keep_heights: u64,
}

impl Committer {
    pub(crate) fn new(
        store: Arc<Store>,
        tree: Arc<RwLock<Tree>>,
        machine: Machine,
        verified: Arc<VerifiedTxs>,
        keep_heights: u64,
    ) -> Self {
        Self { store, tree, machine, verified, flushed_at: Instant::now(), keep_heights }
    }

    pub(crate) fn perform(&mut self, job: Work) -> WorkDone {
        let (job, synced) = match job {
            Work::Commit(job) => (job, Synced::No),
            Work::Sync(job) => (job, Synced::Yes),
            Work::Verify { .. } | Work::Check { .. } | Work::Build(_) | Work::Admit { .. } => {
                return WorkDone::Failed("a pure job came to the thread that writes".to_owned());
            }
        };
        let height = job.block.block.header.height;
        let prepared = match self.prepare(&job, synced) {
            Ok(prepared) => prepared,
            Err(PrepareError::Refused(reason)) if synced == Synced::Yes => {
                return WorkDone::SyncRefused { height, reason };
            }
            Err(PrepareError::Refused(reason)) => {
                return WorkDone::Failed(format!(
                    "the decided block {height} is invalid: {reason}"
                ));
            }
            Err(PrepareError::Read(error)) => {
                return WorkDone::Failed(format!("the state cannot be read: {error}"));
            }
        };
        if let Err(error) = self.write(&job, &prepared) {
            return WorkDone::Failed(format!("block {height} cannot be written: {error}"));
        }
        match work::committed(&*self.store, prepared, job.certificate) {
            Ok(committed) => WorkDone::Committed(Box::new(committed)),
            Err(error) => WorkDone::Failed(format!("the state cannot be read: {error}")),
        }
    }

    fn prepare(&self, job: &CommitJob, synced: Synced) -> Result<Prepared, PrepareError> {
        let known_tx = |hash: &types::TxHash| self.verified.get(hash);
        let mut tree = self.tree.write().expect("nothing panics while it holds the tree");
        let known = |key: &types::Hash| job.known.contains(key);
        work::prepare(&self.machine, &*self.store, &mut tree, job, synced, &known, &known_tx)
    }

    fn write(&mut self, job: &CommitJob, prepared: &Prepared) -> Result<(), store::StoreError> {
        let header = &job.block.block.header;
        self.store.commit(&CommitBatch {
            header,
            block_id: job.block_id,
            body: &types::encode(&job.block.block.body),
            certificate: &job.certificate,
            receipts: &prepared.executed.receipts,
            returned: &prepared.executed.returned,
            touched: &prepared.executed.touched,
            changes: &prepared.executed.changes,
            state_root: prepared.parent.state_root,
            receipts_root: prepared.parent.receipts_root,
            own_seal: job.own_seal.as_ref(),
        })?;
        self.tree.write().expect("nothing panics while it holds the tree").durable(header.height);
        self.flush_tree(header.height)?;
        if self.keep_heights > 0 && header.height.0.is_multiple_of(PRUNE_EVERY) {
            let keep_from = Height(header.height.0.saturating_sub(self.keep_heights));
            self.store.prune(keep_from)?;
        }
        Ok(())
    }

    /// Dirty nodes go to disk when there are many of them, or when they have waited long.
    fn flush_tree(&mut self, durable: Height) -> Result<(), store::StoreError> {
        let late = self.flushed_at.elapsed() >= FLUSH_EVERY;
        let flush = {
            let mut tree = self.tree.write().expect("nothing panics while it holds the tree");
            if late { tree.take_flush_early() } else { tree.take_flush() }
        };
        let Some(flush) = flush else { return Ok(()) };
        assert!(flush.height <= durable, "nodes of a height that is not durable stay in memory");
        self.store.flush_tree(&flush)?;
        self.tree.write().expect("nothing panics while it holds the tree").flushed(flush.height);
        self.flushed_at = Instant::now();
        Ok(())
    }
}
