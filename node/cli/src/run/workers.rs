//! The threads that do the replica's heavy jobs: pure functions over the database.
//!
//! Four threads, each with a bounded queue of its own: consensus (verify, check, build) so that a
//! flood of transactions does not delay a vote, admission, one that compiles what is to be
//! deployed, and one that executes and writes blocks.

use crate::run::committer::Committer;
use crate::run::node::Input;
use crate::run::verified::VerifiedTxs;
use replica::Event;
use replica::work::{self, Work, WorkDone};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;
use store::Store;
use vm::Machine;

/// Jobs that wait for a thread; the replica keeps fewer in flight than this.
const MAX_QUEUED: usize = 1_024;
/// Modules that wait to be compiled ahead of time, 512 KiB each at most. One that finds no room is
/// compiled when a block deploys it.
const MAX_COMPILING: usize = 16;
/// Stack of a worker.
const STACK_BYTES: usize = 8 << 20;

/// The queues to the threads. Dropping it ends them.
pub(crate) struct Workers {
    consensus: SyncSender<Box<Work>>,
    admission: SyncSender<Box<Work>>,
    commit: SyncSender<Box<Work>>,
}

/// What the threads work with.
#[derive(Clone)]
pub(crate) struct Bench {
    pub(crate) store: Arc<Store>,
    pub(crate) machine: Machine,
    pub(crate) verified: Arc<VerifiedTxs>,
    pub(crate) results: SyncSender<Input>,
}

impl Workers {
    /// Start the threads.
    ///
    /// # Errors
    /// If the system gives no thread.
    pub(crate) fn start(
        bench: &Bench,
        committer: Committer,
    ) -> std::io::Result<(Self, Vec<JoinHandle<()>>)> {
        let (consensus, consensus_jobs) = sync_channel(MAX_QUEUED);
        let (admission, admission_jobs) = sync_channel(MAX_QUEUED);
        let (commit, commit_jobs) = sync_channel(MAX_QUEUED);
        let (compile, modules) = sync_channel(MAX_COMPILING);
        let pure = |name: &str, jobs: Receiver<Box<Work>>, compile: Compile| {
            let bench = bench.clone();
            thread(name, jobs, bench.results.clone(), move |job| bench.perform(job, &compile))
        };
        let threads = vec![
            pure("consensus-work", consensus_jobs, Compile(compile.clone()))?,
            pure("admission-work", admission_jobs, Compile(compile))?,
            compiler(bench.machine.clone(), modules)?,
            {
                let mut committer = committer;
                thread("commit-work", commit_jobs, bench.results.clone(), move |job| {
                    committer.perform(job)
                })?
            },
        ];
        Ok((Self { consensus, admission, commit }, threads))
    }

    /// Give a job to its thread.
    ///
    /// # Errors
    /// If the thread is gone or its queue is full, which means that it hangs.
    pub(crate) fn give(&self, job: Box<Work>) -> Result<(), String> {
        let queue = match *job {
            Work::Verify { .. } | Work::Check { .. } | Work::Build(_) => &self.consensus,
            Work::Admit { .. } => &self.admission,
            Work::Commit(_) | Work::Sync(_) => &self.commit,
        };
        queue.try_send(job).map_err(|error| format!("a worker does not take its job: {error}"))
    }
}

/// Where modules are compiled ahead of time.
struct Compile(SyncSender<Vec<u8>>);

fn compiler(machine: Machine, modules: Receiver<Vec<u8>>) -> std::io::Result<JoinHandle<()>> {
    let name = "compile-work".to_owned();
    std::thread::Builder::new().name(name).stack_size(STACK_BYTES).spawn(move || {
        modules.iter().for_each(|code| work::compile(&machine, &code));
    })
}

fn thread(
    name: &str,
    jobs: Receiver<Box<Work>>,
    results: SyncSender<Input>,
    mut perform: impl FnMut(Work) -> WorkDone + Send + 'static,
) -> std::io::Result<JoinHandle<()>> {
    std::thread::Builder::new().name(name.to_owned()).stack_size(STACK_BYTES).spawn(move || {
        for job in jobs {
            let done = perform(*job);
            if results.send(Input::Event(Event::Done(Box::new(done)))).is_err() {
                return;
            }
        }
    })
}

impl Bench {
    fn perform(&self, job: Work, compile: &Compile) -> WorkDone {
        let reader = match self.store.snapshot() {
            Ok(reader) => reader,
            Err(error) => return WorkDone::Failed(format!("the database cannot be read: {error}")),
        };
        let tip = reader.tip().height;
        match job {
            Work::Verify { batch, ballots } => {
                WorkDone::Verified { batch, valid: work::verify(&ballots) }
            }
            Work::Check { block, block_id, parent, known } => {
                if tip != parent.header.height {
                    return WorkDone::Stale;
                }
                let known_tx = |hash: &types::TxHash| self.verified.get(hash);
                let known = |key: &types::Hash| known.contains(key);
                let machine = &self.machine;
                work::check(machine, &reader, &parent, &block, block_id, &known, &known_tx)
            }
            Work::Build(job) => {
                if tip != job.parent.header.height {
                    return WorkDone::Stale;
                }
                work::build(&reader, *job, &|hash| self.verified.get(hash))
            }
            Work::Admit { batch, txs, frontier } => {
                let remember = |tx: &executor::Decoded| self.verified.insert(tx);
                let compile = |code: &[u8]| {
                    // Without room it is compiled when a block deploys it.
                    let _ = compile.0.try_send(code.to_vec());
                };
                work::admit(&reader, batch, txs, &frontier, &remember, &compile)
            }
            Work::Commit(_) | Work::Sync(_) => {
                WorkDone::Failed("a block came to a thread that does not write".to_owned())
            }
        }
    }
}
