//! Sign ahead, then give: each thread owns some lanes, and gives what is due in order.

use super::Rate;
use super::follow::Seen;
use super::fund::Sender;
use crate::commands::tx::ChainFacts;
use crate::exit::Outcome;
use client::client::Client;
use client::dto::BatchOutcome;
use client::errors::ClientError;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use types::{Code, TxHash};

/// Lanes of each sender.
pub(super) const LANES: usize = 4;
/// Transactions of a lane that may wait for a block: the pool takes 16 above the state's nonce.
const LANE_WINDOW: u64 = 15;
/// Threads, and so connections, for each node.
const THREADS_PER_NODE: usize = 2;
/// Pause when nothing is due, and after a node refused a whole call.
const IDLE: Duration = Duration::from_millis(2);
const REFUSED: Duration = Duration::from_millis(20);

/// One signed transaction: number `i` is on lane `i mod lanes`, at nonce `i / lanes`.
pub(super) struct Signed {
    pub(super) hash: TxHash,
    pub(super) bytes: Vec<u8>,
}

/// All transactions of a run, in the order in which they fall due.
pub(super) struct Signeds {
    pub(super) all: Vec<Signed>,
    /// Senders times their lanes.
    pub(super) lanes: usize,
}

/// Sign every transaction of a run.
pub(super) fn sign_all(
    chain: &ChainFacts,
    senders: &[Sender],
    count: u64,
    valid_until_ms: u64,
) -> Outcome<Signeds> {
    let lanes = senders.len() * LANES;
    let mut all = Vec::with_capacity(usize::try_from(count).unwrap_or(0));
    for i in 0..count {
        let (lane, nonce) = ((i % lanes as u64) as usize, i / lanes as u64);
        let sender = &senders[lane % senders.len()];
        let bytes = sender.transfer(chain, (lane / senders.len()) as u8, nonce, valid_until_ms)?;
        all.push(Signed { hash: crypto::id::tx_hash(&bytes), bytes });
    }
    Ok(Signeds { all, lanes })
}

/// How a run is given.
pub(super) struct Plan {
    pub(super) rate: Rate,
    pub(super) seconds: u64,
    pub(super) batch: usize,
    pub(super) begun: Instant,
}

impl Plan {
    /// How many transactions have fallen due.
    fn due(&self, count: usize) -> usize {
        match self.rate {
            Rate::Max => count,
            Rate::PerSecond(rate) => {
                let due = self.begun.elapsed().as_secs_f64() * rate as f64;
                (due as usize).saturating_add(1).min(count)
            }
        }
    }

    fn is_over(&self) -> bool {
        self.begun.elapsed() >= Duration::from_secs(self.seconds)
    }
}

/// When transaction `i` falls due, after the beginning; `None` if it is due when it is given.
pub(super) fn due_at(rate: Rate, i: usize) -> Option<Duration> {
    match rate {
        Rate::PerSecond(rate) => Some(Duration::from_secs_f64(i as f64 / rate as f64)),
        Rate::Max => None,
    }
}

/// What was given.
#[derive(Default)]
pub(super) struct Sent {
    /// Transactions that a pool took.
    pub(super) accepted: u64,
    /// Refusals by registry code, and failed calls by kind.
    pub(super) errors: BTreeMap<String, u64>,
}

impl Sent {
    fn error(&mut self, kind: &str) {
        *self.errors.entry(kind.to_owned()).or_default() += 1;
    }
}

/// Give everything that falls due, until the time is over.
pub(super) fn send_all(clients: &[Arc<Client>], txs: &Signeds, seen: &Seen, plan: &Plan) -> Sent {
    let threads = (clients.len() * THREADS_PER_NODE).min(txs.lanes).max(1);
    let parts = std::thread::scope(|scope| {
        let running: Vec<_> = (0..threads)
            .map(|thread| {
                let client = &clients[thread % clients.len()];
                scope.spawn(move || Giver::new(thread, threads, txs).run(client, txs, seen, plan))
            })
            .collect();
        running
            .into_iter()
            .map(|thread| thread.join().expect("a giver has no reason to panic"))
            .collect::<Vec<_>>()
    });
    let mut sum = Sent::default();
    for part in parts {
        sum.accepted += part.accepted;
        for (kind, count) in part.errors {
            *sum.errors.entry(kind).or_default() += count;
        }
    }
    sum
}

/// One thread's lanes: the next nonce to give of each; `None` once the lane is beyond help.
struct Giver {
    lanes: Vec<(usize, Option<u64>)>,
    /// Where the next look begins, so that no lane is always first.
    first: usize,
    sent: Sent,
}

impl Giver {
    fn new(thread: usize, threads: usize, txs: &Signeds) -> Self {
        let lanes = (thread..txs.lanes).step_by(threads).map(|lane| (lane, Some(0))).collect();
        Self { lanes, first: 0, sent: Sent::default() }
    }

    fn run(mut self, client: &Client, txs: &Signeds, seen: &Seen, plan: &Plan) -> Sent {
        while !plan.is_over() {
            let batch = self.take(txs, seen, plan);
            if batch.is_empty() {
                std::thread::sleep(IDLE);
                continue;
            }
            let bytes = batch.iter().map(|(_, i)| txs.all[*i].bytes.clone()).collect();
            seen.given(batch.iter().map(|(_, i)| *i), due_or_now(plan));
            match client.submit_batch(bytes) {
                Ok(outcomes) => self.judge(&batch, &outcomes, txs, seen),
                Err(error) => {
                    self.sent.error(kind_of(&error));
                    // The same transactions again: it is not known which of them were taken.
                    for (at, i) in batch.iter().rev() {
                        self.lanes[*at].1 = Some((*i / txs.lanes) as u64);
                    }
                    std::thread::sleep(REFUSED);
                }
            }
        }
        self.sent
    }

    /// What is due on our lanes and fits their windows: (place in `lanes`, transaction).
    fn take(&mut self, txs: &Signeds, seen: &Seen, plan: &Plan) -> Vec<(usize, usize)> {
        let due = plan.due(txs.all.len());
        let mut batch = Vec::new();
        let count = self.lanes.len();
        for step in 0..count {
            let at = (self.first + step) % count;
            let (lane, Some(mut nonce)) = self.lanes[at] else { continue };
            let end = seen.committed_on(lane).saturating_add(LANE_WINDOW);
            while nonce < end && batch.len() < plan.batch {
                let i = nonce as usize * txs.lanes + lane;
                if i >= due {
                    break;
                }
                batch.push((at, i));
                nonce += 1;
            }
            self.lanes[at].1 = Some(nonce);
            if batch.len() >= plan.batch {
                self.first = at;
                break;
            }
        }
        batch
    }

    fn judge(
        &mut self,
        batch: &[(usize, usize)],
        outcomes: &[BatchOutcome],
        txs: &Signeds,
        seen: &Seen,
    ) {
        for ((at, i), outcome) in batch.iter().zip(outcomes) {
            let nonce = (*i / txs.lanes) as u64;
            let code = outcome.error.as_ref().map(|fault| fault.registry_code());
            match code {
                None | Some(Some(Code::Duplicate)) => self.accept(*i, seen),
                // Too low: a block has it already, from a try whose answer was lost.
                Some(Some(Code::NonceTooLow)) => self.accept(*i, seen),
                Some(code) => {
                    self.sent.error(code.map_or("unknown", Code::name));
                    let lane = &mut self.lanes[*at].1;
                    *lane = if may_pass(code) { lane.map(|next| next.min(nonce)) } else { None };
                }
            }
        }
    }

    fn accept(&mut self, i: usize, seen: &Seen) {
        if seen.accepted(i) {
            self.sent.accepted += 1;
        }
    }
}

/// From when a transaction's latency counts: from when it was due, or from now.
fn due_or_now(plan: &Plan) -> impl Fn(usize) -> Duration + '_ {
    let now = plan.begun.elapsed();
    move |i| due_at(plan.rate, i).unwrap_or(now)
}

/// Whether the same transaction may be taken later.
const fn may_pass(code: Option<Code>) -> bool {
    matches!(
        code,
        Some(
            Code::PoolFull
                | Code::SenderLimit
                | Code::NonceTooHigh
                | Code::Overloaded
                | Code::NotSynced
                | Code::Timeout
                | Code::PoolExpired
        )
    )
}

fn kind_of(error: &ClientError) -> &'static str {
    match error {
        ClientError::Refused { fault } => fault.registry_code().map_or("refused", Code::name),
        ClientError::Unreachable { .. } => "unreachable",
        ClientError::Timeout { .. } => "timeout",
        _ => "protocol",
    }
}
