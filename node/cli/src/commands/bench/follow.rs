//! Follow the chain at one node: which transactions are in blocks, and which of those are final.

use super::load::Signeds;
use crate::commands::node::ClientMeaning;
use crate::exit::Outcome;
use client::client::Client;
use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use types::{Height, TxHash};

/// How often the node is asked: latencies are exact to about this.
const POLL: Duration = Duration::from_millis(5);

/// Where each transaction of a run is.
pub(super) struct Seen {
    by_hash: HashMap<TxHash, usize>,
    lanes: usize,
    /// Next nonce in blocks, of each lane.
    committed: Vec<AtomicU64>,
    places: Mutex<Places>,
    changed: Condvar,
}

struct Places {
    /// When each fell due and was first given, after the beginning.
    given: Vec<Option<Duration>>,
    accepted: Vec<bool>,
    committed: Vec<Option<Duration>>,
    finals: Vec<Option<Duration>>,
    final_count: u64,
    final_at: Option<Instant>,
}

/// Latencies, sorted. Unit: s.
pub(super) struct Times {
    pub(super) commits: Vec<f64>,
    pub(super) finals: Vec<f64>,
}

impl Seen {
    pub(super) fn new(txs: &Signeds) -> Self {
        let count = txs.all.len();
        Self {
            by_hash: txs.all.iter().enumerate().map(|(i, tx)| (tx.hash, i)).collect(),
            lanes: txs.lanes,
            committed: (0..txs.lanes).map(|_| AtomicU64::new(0)).collect(),
            places: Mutex::new(Places {
                given: vec![None; count],
                accepted: vec![false; count],
                committed: vec![None; count],
                finals: vec![None; count],
                final_count: 0,
                final_at: None,
            }),
            changed: Condvar::new(),
        }
    }

    fn places(&self) -> MutexGuard<'_, Places> {
        self.places.lock().expect("nothing panics while it holds the places")
    }

    /// The next nonce of a lane that no block has yet.
    pub(super) fn committed_on(&self, lane: usize) -> u64 {
        self.committed[lane].load(Ordering::Relaxed)
    }

    /// These are given now, and count from `from`.
    pub(super) fn given(&self, txs: impl Iterator<Item = usize>, from: impl Fn(usize) -> Duration) {
        let mut places = self.places();
        for i in txs {
            places.given[i].get_or_insert_with(|| from(i));
        }
    }

    /// A pool has taken it; whether that is news.
    pub(super) fn accepted(&self, i: usize) -> bool {
        !std::mem::replace(&mut self.places().accepted[i], true)
    }

    /// A block holds these.
    fn in_block(&self, hashes: impl Iterator<Item = TxHash>, after: Duration) -> Vec<usize> {
        let found: Vec<usize> =
            hashes.filter_map(|hash| self.by_hash.get(&hash).copied()).collect();
        let mut places = self.places();
        for i in &found {
            places.committed[*i].get_or_insert(after);
            let next = (*i / self.lanes) as u64 + 1;
            self.committed[*i % self.lanes].fetch_max(next, Ordering::Relaxed);
        }
        found
    }

    fn finalized(&self, txs: &[usize], after: Duration) {
        let mut places = self.places();
        for i in txs {
            if places.finals[*i].replace(after).is_none() {
                places.final_count += 1;
            }
        }
        if !txs.is_empty() {
            places.final_at = Some(Instant::now());
        }
        self.changed.notify_all();
    }

    /// Wait until as many are final; when the last one became so.
    pub(super) fn wait_final(&self, count: u64, deadline: Instant) -> Instant {
        let mut places = self.places();
        while places.final_count < count {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            let waited = self.changed.wait_timeout(places, left);
            places = waited.expect("nothing panics while it holds the places").0;
        }
        places.final_at.unwrap_or_else(Instant::now)
    }

    /// The latencies so far.
    pub(super) fn times(&self) -> Times {
        let places = self.places();
        let of = |reached: &[Option<Duration>]| {
            let pairs = places.given.iter().zip(reached);
            let mut times: Vec<f64> = pairs
                .filter_map(|(given, reached)| Some((*given)?).zip(*reached))
                .map(|(given, reached)| reached.saturating_sub(given).as_secs_f64())
                .collect();
            times.sort_by(f64::total_cmp);
            times
        };
        Times { commits: of(&places.committed), finals: of(&places.finals) }
    }
}

/// The thread that follows; it ends when it is told to.
pub(super) struct Follower {
    thread: JoinHandle<u64>,
    stop: Arc<AtomicBool>,
}

impl Follower {
    /// Follow from the node's newest block on.
    pub(super) fn start(client: Arc<Client>, seen: Arc<Seen>, begun: Instant) -> Outcome<Self> {
        let from = client.status().or_class()?.tip.height;
        let stop = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&stop);
        let thread = std::thread::spawn(move || follow(&client, &seen, begun, from, &told));
        Ok(Self { thread, stop })
    }

    /// Stop; how many calls failed.
    pub(super) fn stop(self) -> u64 {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().expect("the follower has no reason to panic")
    }
}

fn follow(client: &Client, seen: &Seen, begun: Instant, from: Height, stop: &AtomicBool) -> u64 {
    let mut at = from;
    let mut errors = 0;
    // Blocks that are not final yet, with our transactions in them: a few heights at most.
    let mut open: VecDeque<(Height, Vec<usize>)> = VecDeque::new();
    while !stop.load(Ordering::Relaxed) {
        let Ok(status) = client.status() else {
            errors += 1;
            std::thread::sleep(POLL);
            continue;
        };
        let asked = begun.elapsed();
        while at < status.tip.height {
            let Ok(block) = client.block(Some(at.next())) else {
                errors += 1;
                break;
            };
            at = at.next();
            let found = seen.in_block(block.txs.iter().map(|hash| hash.0), asked);
            open.push_back((at, found));
        }
        while open.front().is_some_and(|(height, _)| *height <= status.finalized.height) {
            if let Some((_, found)) = open.pop_front() {
                seen.finalized(&found, asked);
            }
        }
        std::thread::sleep(POLL);
    }
    errors
}
