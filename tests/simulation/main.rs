//! Many replicas on one thread, from seeds: what must hold whatever links, disks and crashes do.
//!
//! A failure prints its seed; `SYNDIC_SEED=<seed> cargo sim` runs that one alone.

mod byzantine;

use harness::simulation::{Crypto, Plan, Report, World};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

/// Seeds of a run in continuous integration, and of a long one.
const SEEDS: (u64, u64) = (2_000, 20_000);
/// Of those, with real cryptography.
const REAL_SEEDS: (u64, u64) = (50, 200);

fn run(seed: u64, crypto: Crypto) -> Report {
    World::new(Plan::from_seed(seed, crypto)).run()
}

fn is_long() -> bool {
    std::env::var("SYNDIC_LANE").is_ok_and(|lane| lane == "long")
}

/// Run seeds of honest validators.
fn run_all(seeds: u64, crypto: Crypto) {
    run_plans(seeds, &|seed| Plan::from_seed(seed, crypto));
}

/// Run seeds on every core, and list those that break a promise.
fn run_plans(seeds: u64, plan: &(dyn Fn(u64) -> Plan + Sync)) {
    let only = std::env::var("SYNDIC_SEED").ok().and_then(|seed| seed.parse::<u64>().ok());
    let next = AtomicU64::new(only.unwrap_or(0));
    let end = only.map_or(seeds, |seed| seed + 1);
    let failures = Mutex::new(Vec::new());
    let totals = Mutex::new([0_u64; 7]);
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= end {
                        return;
                    }
                    let report = World::new(plan(seed)).run();
                    let counts = [
                        report.oracle.tip().0,
                        report.crashes,
                        report.oracle.transactions() as u64,
                        report.contradictions,
                        report.named,
                        report.evidence_seen,
                        report.core_evidence,
                    ];
                    let mut totals = totals.lock().expect("no thread panics with it");
                    totals.iter_mut().zip(counts).for_each(|(total, count)| *total += count);
                    for breach in report.oracle.breaches() {
                        let line = format!("seed {seed}: {breach}");
                        failures.lock().expect("no thread panics with it").push(line);
                    }
                }
            });
        }
    });
    let totals = totals.into_inner().expect("no thread panics with it");
    let [heights, crashes, transactions, contradictions, named, seen, core] = totals;
    let crypto = plan(0).crypto;
    println!(
        "{seeds} seeds, {crypto:?} cryptography: {heights} heights, {crashes} crashes, \
         {transactions} transactions, {contradictions} contradictions, {named} named; \
         {seen} double signs seen by watchers, {core} by consensus cores"
    );
    let failures = failures.into_inner().expect("no thread panics with it");
    assert!(
        failures.is_empty(),
        "{} promises broken; repeat one with SYNDIC_SEED=<seed> cargo sim\n{}",
        failures.len(),
        failures.iter().take(20).cloned().collect::<Vec<_>>().join("\n")
    );
}

#[test]
fn seeds_with_an_ideal_signature_scheme_keep_every_promise() {
    run_all(if is_long() { SEEDS.1 } else { SEEDS.0 }, Crypto::Ideal);
}

#[test]
fn seeds_with_real_cryptography_keep_every_promise() {
    run_all(if is_long() { REAL_SEEDS.1 } else { REAL_SEEDS.0 }, Crypto::Real);
}

#[test]
fn one_seed_gives_one_run_bit_for_bit() {
    for seed in [3, 11, 42] {
        let (first, second) = (run(seed, Crypto::Ideal), run(seed, Crypto::Ideal));
        assert_eq!(first.oracle.fingerprint(), second.oracle.fingerprint(), "seed {seed}");
        assert_eq!(first.events, second.events, "seed {seed}");
    }
}
