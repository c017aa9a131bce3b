//! The pool against a naive one that keeps a plain list and counts everything anew each time.

use super::fixture::{NOW_MS, address, limits, transaction};
use crate::{GOVERNANCE_PARTS, Limits, MAX_GAP, MAX_REPLACEMENTS, Pending, Pool, Status};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use types::{Address, Code, Gas, Nonce, TimestampMs, TxHash};

const START_TIME: u64 = 1_000_000;

fn small() -> Limits {
    Limits {
        txs: 30,
        bytes: 6_000,
        sender_txs: 8,
        stay_ms: 100,
        sender_gas: Gas(4_000),
        tx_gas: Gas(6_000),
        deploy_wait_ms: 0,
    }
}

#[derive(Clone, Debug)]
struct Held {
    pending: Arc<Pending>,
    arrived_ms: u64,
    arrived_blocks: u64,
    replaced: u8,
}

/// What the rules say, without any index.
struct Naive {
    limits: Limits,
    held: Vec<Held>,
    next: BTreeMap<(Address, u8), Nonce>,
    reasons: BTreeMap<TxHash, Status>,
    blocks: u64,
}

impl Naive {
    fn next(&self, tx: &Pending) -> Nonce {
        self.next.get(&(tx.sender, tx.lane)).copied().unwrap_or_default()
    }

    fn place(&self, tx: &Pending, nonce: Nonce) -> Option<usize> {
        let same = |held: &Held| {
            (held.pending.sender, held.pending.lane, held.pending.nonce)
                == (tx.sender, tx.lane, nonce)
        };
        self.held.iter().position(same)
    }

    fn first_missing(&self, tx: &Pending) -> Nonce {
        let mut nonce = self.next(tx);
        while self.place(tx, nonce).is_some() {
            nonce.0 += 1;
        }
        nonce
    }

    fn fits(&self, tx: &Pending, leaving: Option<usize>) -> bool {
        let rest = |ordinary: bool| {
            let kept = self.held.iter().enumerate().filter(|(at, held)| {
                Some(*at) != leaving && !(ordinary && held.pending.governance)
            });
            kept.fold((0, 0), |(txs, bytes), (_, held)| (txs + 1, bytes + held.pending.size()))
        };
        let within = |(txs, bytes): (usize, u64), most_txs: usize, most_bytes: u64| {
            txs < most_txs && bytes + tx.size() <= most_bytes
        };
        let parts = GOVERNANCE_PARTS as usize;
        let ordinary = (
            self.limits.txs - self.limits.txs / parts,
            self.limits.bytes - self.limits.bytes / GOVERNANCE_PARTS,
        );
        within(rest(false), self.limits.txs, self.limits.bytes)
            && (tx.governance || within(rest(true), ordinary.0, ordinary.1))
    }

    fn admit(&mut self, tx: Arc<Pending>, now_ms: u64, time: u64) -> Result<(), Code> {
        if self.held.iter().any(|held| held.pending.hash == tx.hash)
            || self.reasons.get(&tx.hash) == Some(&Status::Committed)
        {
            return Err(Code::Duplicate);
        }
        if tx.valid_until_ms.0 <= time {
            return Err(Code::Expired);
        }
        if tx.gas_limit.0 > 6_000 {
            return Err(Code::GasLimitTooHigh);
        }
        if tx.nonce < self.next(&tx) {
            return Err(Code::NonceTooLow);
        }
        if tx.nonce.0.saturating_sub(self.first_missing(&tx).0) > MAX_GAP {
            return Err(Code::NonceTooHigh);
        }
        let place = self.place(&tx, tx.nonce);
        let replaced = place.map_or(0, |at| self.held[at].replaced + 1);
        if replaced > MAX_REPLACEMENTS {
            return Err(Code::ReplacedTooOften);
        }
        let own = self.held.iter().filter(|held| held.pending.sender == tx.sender).count();
        if place.is_none() && own >= self.limits.sender_txs {
            return Err(Code::SenderLimit);
        }
        if !self.fits(&tx, place) {
            return Err(Code::PoolFull);
        }
        if let Some(at) = place {
            self.drop_at(at, Code::Replaced);
        }
        let arrived_blocks = self.blocks;
        self.held.push(Held { pending: tx, arrived_ms: now_ms, arrived_blocks, replaced });
        Ok(())
    }

    fn drop_at(&mut self, at: usize, code: Code) {
        let held = self.held.remove(at);
        self.reasons.insert(held.pending.hash, Status::Dropped { code });
    }

    fn drop_where(&mut self, gone: impl Fn(&Held) -> bool, code: Code) {
        while let Some(at) = self.held.iter().position(&gone) {
            self.drop_at(at, code);
        }
    }

    fn commit(&mut self, chosen: &[Arc<Pending>]) -> Vec<(Address, u8, Nonce)> {
        self.blocks += 1;
        let mut nonces = BTreeMap::new();
        for tx in chosen {
            self.held.retain(|held| held.pending.hash != tx.hash);
            self.reasons.insert(tx.hash, Status::Committed);
            nonces.insert((tx.sender, tx.lane), Nonce(tx.nonce.0 + 1));
        }
        self.next.extend(nonces.clone());
        nonces.into_iter().map(|((sender, lane), next)| (sender, lane, next)).collect()
    }

    fn expire(&mut self, now_ms: u64, time: u64) {
        let stay = self.limits.stay_ms;
        self.drop_where(|held| now_ms.saturating_sub(held.arrived_ms) >= stay, Code::PoolExpired);
        self.drop_where(|held| held.pending.valid_until_ms.0 <= time, Code::Expired);
    }

    fn stale(&self) -> Vec<TxHash> {
        let due = |held: &&Held| {
            let waited = self.blocks - held.arrived_blocks;
            waited > 0 && waited.is_multiple_of(3)
        };
        self.held.iter().filter(due).map(|held| held.pending.hash).collect()
    }

    /// Each sender's ready transactions in the order in which its turns would take them; positions
    /// in `held` are by arrival.
    fn turns(&self) -> BTreeMap<Address, Vec<usize>> {
        let mut next = self.next.clone();
        let mut turns: BTreeMap<Address, Vec<usize>> = BTreeMap::new();
        loop {
            let mut found = false;
            for (at, held) in self.held.iter().enumerate() {
                let tx = &held.pending;
                let expected = next.get(&(tx.sender, tx.lane)).copied().unwrap_or_default();
                let taken = turns.get(&tx.sender).is_some_and(|own| own.contains(&at));
                if tx.nonce == expected && !taken {
                    turns.entry(tx.sender).or_default().push(at);
                    next.insert((tx.sender, tx.lane), Nonce(tx.nonce.0 + 1));
                    found = true;
                    // Back to the earliest arrival: the sender's next turn looks at all its lanes.
                    break;
                }
            }
            if !found {
                return turns;
            }
        }
    }

    /// Round robin without any bound: everything that is ready.
    fn order(&self) -> Vec<TxHash> {
        let turns = self.turns();
        let longest = turns.values().map(Vec::len).max().unwrap_or(0);
        let mut order = Vec::new();
        for turn in 0..longest {
            let mut pass: Vec<usize> =
                turns.values().filter_map(|own| own.get(turn).copied()).collect();
            pass.sort_unstable();
            order.extend(pass.into_iter().map(|at| self.held[at].pending.hash));
        }
        order
    }
}

#[derive(Clone, Debug)]
enum Step {
    Admit {
        sender: u8,
        lane: u8,
        ahead: u64,
        salt: u8,
        gas: u64,
        size: usize,
        life: u64,
        governance: bool,
    },
    Commit {
        txs: usize,
    },
    Expire {
        passed: u64,
    },
    Discard {
        which: usize,
    },
}

fn step() -> impl Strategy<Value = Step> {
    let admit =
        (0..6_u8, 0..3_u8, 0..20_u64, 0..3_u8, 500..7_000_u64, 50..600_usize, 1..400_u64, 0..8_u8)
            .prop_map(|(sender, lane, ahead, salt, gas, size, life, kind)| Step::Admit {
                sender,
                lane,
                // Mostly close to the next one, as wallets send.
                ahead: if ahead < 16 { ahead % 5 } else { ahead },
                salt,
                gas,
                size,
                life,
                governance: kind == 0,
            });
    prop_oneof![
        12 => admit,
        2 => (0..6_usize).prop_map(|txs| Step::Commit { txs }),
        1 => (0..70_u64).prop_map(|passed| Step::Expire { passed }),
        1 => (0..30_usize).prop_map(|which| Step::Discard { which }),
    ]
}

struct Run {
    pool: Pool,
    naive: Naive,
    now_ms: u64,
    time: u64,
}

impl Run {
    fn new() -> Self {
        let naive = Naive {
            limits: small(),
            held: Vec::new(),
            next: BTreeMap::new(),
            reasons: BTreeMap::new(),
            blocks: 0,
        };
        Self { pool: Pool::new(small()), naive, now_ms: 0, time: START_TIME }
    }

    fn take(&mut self, step: &Step) {
        match step {
            Step::Admit { sender, lane, ahead, salt, gas, size, life, governance } => {
                let base = self.naive.next.get(&(address(*sender), *lane)).map_or(0, |next| next.0);
                // Now and then below the next one.
                let nonce = (base + ahead).saturating_sub(u64::from(*salt == 2));
                let mut tx = transaction(*sender, *lane, nonce, *salt);
                tx.gas_limit = Gas(*gas);
                tx.bytes = vec![*salt; *size].into();
                tx.valid_until_ms = TimestampMs(self.time + life);
                tx.governance = *governance;
                let tx = Arc::new(tx);
                let expected = self.naive.admit(tx.clone(), self.now_ms, self.time);
                let got = self.pool.admit(tx, Nonce(base), self.now_ms, TimestampMs(self.time));
                assert_eq!(got.map(|_| ()).map_err(|refused| refused.code), expected);
            }
            Step::Commit { txs } => {
                let chosen = self.pool.candidates(u64::MAX, *txs, Gas::MAX, NOW_MS);
                let nonces = self.naive.commit(&chosen);
                let hashes: Vec<TxHash> = chosen.iter().map(|tx| tx.hash).collect();
                self.pool.committed(&nonces, &hashes);
                self.time += 1;
            }
            Step::Expire { passed } => {
                self.now_ms += passed;
                self.time += passed;
                self.naive.expire(self.now_ms, self.time);
                self.pool.expire(self.now_ms, TimestampMs(self.time));
            }
            Step::Discard { which } => {
                let hash = self.pool.hashes().nth(*which);
                if let Some(hash) = hash {
                    self.pool.discard(&hash, Code::SenderNotAllowed);
                    let gone = |held: &Held| held.pending.hash == hash;
                    self.naive.drop_where(gone, Code::SenderNotAllowed);
                }
            }
        }
    }

    fn compare(&self) {
        let held: Vec<TxHash> = self.naive.held.iter().map(|held| held.pending.hash).collect();
        assert_eq!(self.pool.hashes().collect::<Vec<_>>(), held);
        let bytes: u64 = self.naive.held.iter().map(|held| held.pending.size()).sum();
        assert_eq!(self.pool.bytes(), bytes);
        assert!(self.pool.len() <= small().txs && bytes <= small().bytes);
        for (hash, status) in &self.naive.reasons {
            if !held.contains(hash) {
                assert_eq!(self.pool.status(hash), Some(*status));
            }
        }
        assert_eq!(
            self.pool.stale(usize::MAX).iter().map(|tx| tx.hash).collect::<Vec<_>>(),
            self.naive.stale()
        );
        assert_eq!(self.pool.has_candidates(), !self.naive.order().is_empty());
        self.compare_indexes();
    }

    /// No index holds more or less than what waits.
    fn compare_indexes(&self) {
        let pool = &self.pool;
        assert_eq!(pool.by_hash.len(), pool.entries.len());
        assert_eq!(pool.by_valid_until.len(), pool.entries.len());
        let ready: BTreeSet<Address> = self.naive.turns().into_keys().collect();
        let turns: BTreeSet<Address> =
            pool.lanes.turns().iter().map(|(_, sender)| *sender).collect();
        assert_eq!(turns, ready);
        assert_eq!(pool.lanes.turns().len(), ready.len());
        let mut lanes: BTreeMap<Address, BTreeSet<u8>> = BTreeMap::new();
        for held in &self.naive.held {
            lanes.entry(held.pending.sender).or_default().insert(held.pending.lane);
        }
        let lanes: BTreeMap<Address, usize> =
            lanes.into_iter().map(|(sender, lanes)| (sender, lanes.len())).collect();
        assert_eq!(pool.lanes.sizes(), lanes);
    }

    /// Valid whatever the bounds: gapless lanes, within bounds, nobody beyond its part.
    fn judge(&self, chosen: &[Arc<Pending>], bytes: u64, txs: usize, gas: u64) {
        let mut next = self.naive.next.clone();
        let mut by_sender: BTreeMap<Address, Vec<u64>> = BTreeMap::new();
        for tx in chosen {
            let expected = next.entry((tx.sender, tx.lane)).or_default();
            assert_eq!(tx.nonce, *expected, "a lane's nonces come in order without gaps");
            expected.0 += 1;
            by_sender.entry(tx.sender).or_default().push(tx.gas_limit.0);
        }
        assert!(chosen.len() <= txs);
        assert!(chosen.iter().map(|tx| tx.size() + 4).sum::<u64>() <= bytes);
        assert!(chosen.iter().map(|tx| tx.gas_limit.0).sum::<u64>() <= gas);
        for gases in by_sender.values() {
            assert!(gases.len() == 1 || gases.iter().sum::<u64>() <= small().sender_gas.0);
        }
        let hashes: BTreeSet<TxHash> = chosen.iter().map(|tx| tx.hash).collect();
        assert_eq!(hashes.len(), chosen.len());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn agrees_with_a_naive_pool_step_by_step(steps in prop::collection::vec(step(), 1..120)) {
        let mut run = Run::new();
        for step in &steps {
            run.take(step);
            run.compare();
        }
    }

    #[test]
    fn candidates_are_valid_within_any_bounds(
        steps in prop::collection::vec(step(), 1..80),
        bytes in 0..8_000_u64,
        txs in 0..40_usize,
        gas in 0..60_000_u64,
    ) {
        let mut run = Run::new();
        for step in &steps {
            run.take(step);
        }
        run.judge(&run.pool.candidates(bytes, txs, Gas(gas), NOW_MS), bytes, txs, gas);
    }

    #[test]
    fn without_bounds_the_order_is_governance_first_and_then_round_robin(
        steps in prop::collection::vec(step(), 1..80),
    ) {
        let mut run = Run::new();
        run.pool.adopt_limits(Limits { sender_gas: Gas::MAX, ..small() });
        run.naive.limits = Limits { sender_gas: Gas::MAX, ..small() };
        let too_large = |step: &&Step| matches!(step, Step::Admit { gas, .. } if *gas > 6_000);
        for step in steps.iter().filter(|step| !too_large(step)) {
            run.take(step);
        }
        let chosen = run.pool.candidates(u64::MAX, usize::MAX, Gas::MAX, NOW_MS);
        let early = chosen.iter().take_while(|tx| tx.governance).count();
        let order = run.naive.order();
        let rest: Vec<TxHash> = chosen.iter().map(|tx| tx.hash).collect();
        // Whatever of governance came early, the rest keeps its order, and all is there.
        let first: BTreeSet<TxHash> = rest[..early].iter().copied().collect();
        let later = order.iter().copied().filter(|hash| !first.contains(hash));
        let expected: Vec<TxHash> = later.collect();
        prop_assert_eq!(&rest[early..], expected.as_slice());
        prop_assert_eq!(rest.len(), order.len());
    }

    #[test]
    fn a_lone_sender_never_takes_more_than_its_share_however_it_tries(
        sends in prop::collection::vec((0..64_u8, 0..20_u64, 0..3_u8), 1..300),
    ) {
        let mut pool = Pool::new(limits());
        for (lane, nonce, salt) in sends {
            let tx = Arc::new(transaction(1, lane, nonce, salt));
            let _ = pool.admit(tx, Nonce(0), 0, TimestampMs(START_TIME));
        }
        prop_assert!(pool.len() <= limits().sender_txs);
    }

    #[test]
    fn nobody_is_stranded_once_the_stay_is_over(steps in prop::collection::vec(step(), 1..120)) {
        let mut run = Run::new();
        for step in &steps {
            run.take(step);
        }
        run.pool.expire(run.now_ms + small().stay_ms, TimestampMs(run.time));
        prop_assert!(run.pool.is_empty());
        prop_assert_eq!(run.pool.bytes(), 0);
        prop_assert!(!run.pool.has_candidates());
        // Every lane can go on from the state's next nonce.
        for sender in 0..6 {
            for lane in 0..3 {
                let next = run.naive.next.get(&(address(sender), lane)).copied();
                let next = next.unwrap_or_default();
                let tx = Arc::new(transaction(sender, lane, next.0, 77));
                prop_assert!(run.pool.admit(tx, next, run.now_ms, TimestampMs(run.time)).is_ok());
            }
        }
    }
}
