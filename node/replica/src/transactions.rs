//! Transactions: judged by workers, kept by the pool, spread to the peers.

use crate::action::{Action, GossipVerdict, Log, SubmitOutcome};
use crate::event::{Bytes, GossipId, Peer, Timer};
use crate::outgoing::Outgoing;
use crate::replica::Replica;
use crate::work::{Admission, Frontier, Work};
use executor::Rejection;
use std::collections::{BTreeMap, VecDeque};
use types::{Code, Round};

/// Most batches that wait to be judged.
const MAX_WAITING: usize = 1_024;
/// Most batches being judged at a time.
const MAX_IN_FLIGHT: usize = 2;
/// Most transactions sent to the next proposer after one block; the others' turn comes after
/// further blocks.
const MAX_STALE: usize = 512;
/// Transactions submitted here are collected this long before they are gossiped, in ms.
const GOSSIP_AFTER_MS: u64 = 20;

enum Source {
    Gossip { peer: Peer, gossip: GossipId },
    Push { peer: Peer },
    Wallet { request: u64 },
    Own,
}

/// Transactions between arrival and pool, and those to be gossiped.
#[derive(Default)]
pub(crate) struct Admissions {
    waiting: VecDeque<(Source, Vec<Vec<u8>>)>,
    in_flight: BTreeMap<u64, Source>,
    next_batch: u64,
    outgoing: Outgoing,
}

impl Replica {
    pub(crate) fn on_transactions(&mut self, peer: Peer, gossip: GossipId, txs: Vec<Vec<u8>>) {
        if self.admissions.waiting.len() >= MAX_WAITING {
            return self.validate(Some(gossip), GossipVerdict::Ignore);
        }
        self.admissions.waiting.push_back((Source::Gossip { peer, gossip }, txs));
        self.admit_waiting();
    }

    /// A peer thinks that we propose next and lack these. Most came by gossip: those are not judged
    /// again.
    pub(crate) fn on_transactions_pushed(&mut self, peer: Peer, txs: Vec<Vec<u8>>) {
        let is_news = |tx: &Vec<u8>| self.pool.status(&crypto::id::tx_hash(tx)).is_none();
        let news: Vec<Vec<u8>> = txs.into_iter().filter(is_news).collect();
        if news.is_empty() || self.admissions.waiting.len() >= MAX_WAITING {
            return;
        }
        self.admissions.waiting.push_back((Source::Push { peer }, news));
        self.admit_waiting();
    }

    pub(crate) fn on_submitted(&mut self, request: u64, txs: Vec<Vec<u8>>) {
        if self.admissions.waiting.len() >= MAX_WAITING {
            let refuse = |bytes: &Vec<u8>| SubmitOutcome {
                hash: crypto::id::tx_hash(bytes),
                result: Err(overloaded()),
            };
            let outcomes = txs.iter().map(refuse).collect();
            return self.act(Action::Reply(request, outcomes));
        }
        self.admissions.waiting.push_back((Source::Wallet { request }, txs));
        self.admit_waiting();
    }

    /// A transaction of this node's own.
    pub(crate) fn submit_own(&mut self, tx: Vec<u8>) {
        self.admissions.waiting.push_back((Source::Own, vec![tx]));
        self.admit_waiting();
    }

    fn admit_waiting(&mut self) {
        while self.admissions.in_flight.len() < MAX_IN_FLIGHT {
            let Some((source, txs)) = self.admissions.waiting.pop_front() else { return };
            let batch = self.admissions.next_batch;
            self.admissions.next_batch = batch.wrapping_add(1);
            self.admissions.in_flight.insert(batch, source);
            self.work(Work::Admit { batch, txs, frontier: self.frontier.clone() });
        }
    }

    pub(crate) fn on_admitted(&mut self, batch: u64, results: Vec<Admission>) {
        let Some(source) = self.admissions.in_flight.remove(&batch) else { return };
        let blameless = results.iter().all(|admission| !admission.stateless);
        let spread = matches!(source, Source::Wallet { .. } | Source::Own);
        let outcomes: Vec<SubmitOutcome> =
            results.into_iter().map(|admission| self.enter(admission, spread)).collect();
        match source {
            Source::Wallet { request } => self.act(Action::Reply(request, outcomes)),
            Source::Own => self.tell_refused(&outcomes),
            Source::Gossip { gossip, .. } if blameless => {
                self.validate(Some(gossip), GossipVerdict::Accept);
            }
            Source::Push { .. } if blameless => {}
            Source::Gossip { peer, gossip } => {
                self.validate(Some(gossip), GossipVerdict::Reject);
                self.act(Action::Blame(peer, NEVER_VALID));
            }
            Source::Push { peer } => self.act(Action::Blame(peer, NEVER_VALID)),
        }
        self.admit_waiting();
        self.maybe_start();
    }

    fn tell_refused(&mut self, outcomes: &[SubmitOutcome]) {
        for reason in outcomes.iter().filter_map(|outcome| outcome.result.as_ref().err()) {
            self.log(Log::Warning(format!("a transaction of this node's own: {reason}")));
        }
    }

    /// Put one judged transaction into the pool.
    fn enter(&mut self, admission: Admission, spread: bool) -> SubmitOutcome {
        let hash = admission.hash;
        let (pending, next_nonce) = match admission.result {
            Ok(ready) => ready,
            Err(reason) => return SubmitOutcome { hash, result: Err(reason) },
        };
        let bytes = pending.bytes.clone();
        let block_time = self.frontier.parent.header.time_ms;
        match self.pool.admit(pending, next_nonce, self.now.mono_ms(), block_time) {
            Ok(_) => {
                if spread {
                    self.spread(bytes);
                }
                SubmitOutcome { hash, result: Ok(()) }
            }
            Err(refused) => {
                let mempool::Refused { code, field, value, limit } = refused;
                let reason = Rejection::new(code, field, value, limit);
                SubmitOutcome { hash, result: Err(reason) }
            }
        }
    }

    fn spread(&mut self, bytes: Bytes) {
        let first = self.admissions.outgoing.is_empty();
        let full = self.admissions.outgoing.push(bytes);
        if first || full.is_some() {
            self.set_timer_in(Timer::FlushTxs, GOSSIP_AFTER_MS);
        }
        if let Some(txs) = full {
            self.act(Action::GossipTxs(txs));
        }
    }

    /// What has waited for some blocks goes straight to whoever proposes the next one, which seems
    /// not to have it (protocol 10.2).
    pub(crate) fn send_stale(&mut self) {
        if self.sync.is_behind(self.frontier.tip()) {
            // These blocks are long decided: nobody proposes the next one.
            return;
        }
        let Frontier { set, eligible, .. } = &*self.frontier;
        let proposer = set.proposer(eligible, self.height(), Round::ZERO).id;
        let peer = self.peer_of(&proposer).filter(|peer| self.peers.contains_key(peer));
        let Some(peer) = peer else { return };
        let mut outgoing = Outgoing::default();
        for pending in self.pool.stale(MAX_STALE) {
            if let Some(full) = outgoing.push(pending.bytes.clone()) {
                self.act(Action::SendTxs(peer, full));
            }
        }
        if !outgoing.is_empty() {
            self.act(Action::SendTxs(peer, outgoing.take()));
        }
    }

    pub(crate) fn on_flush_txs(&mut self) {
        let txs = self.admissions.outgoing.take();
        if !txs.is_empty() {
            self.act(Action::GossipTxs(txs));
        }
    }
}

const NEVER_VALID: &str = "a transaction that could never be valid";

fn overloaded() -> Rejection {
    Rejection::new(Code::Overloaded, "txs", "another batch", format!("{MAX_WAITING} waiting"))
}
