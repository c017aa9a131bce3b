//! What a height costs with 4, 16, 64 and 100 validators: whole replicas in simulation, with real
//! cryptography, on links of half a millisecond; one JSON object a line.
//!
//! Processor time is that of replicas and their jobs alone, not of the world around them: votes,
//! seals, blocks, certificates and the exchange of status, all without transactions. Latency is
//! from the start of a height to its first commit, with each node's own computing counted where it
//! delays what follows. The cost of shares is the difference to the same run with real signatures
//! and free shares.

#![allow(clippy::unwrap_used)]

use harness::simulation::{Crypto, IDLE_INTERVAL_MS, Plan, Report, World};
use types::Height;

/// Validators, and heights measured.
const SIZES: [(usize, u64); 4] = [(4, 60), (16, 20), (64, 5), (100, 4)];
/// Runs with and without shares whose medians are compared.
const PAIRS: usize = 5;

fn main() {
    let mut least: Option<f64> = None;
    for (validators, heights) in SIZES {
        let report = run(validators, heights, Crypto::Real);
        let cpu_ms = cpu_ms(&report, validators);
        let name = format!("bench.heights.{validators}");
        print(&format!("{name}.cpu"), cpu_ms, "ms a node and height");
        // One validator more costs everybody its messages: at most linear means at most 1 here.
        let per_validator = cpu_ms / validators as f64;
        let first = *least.get_or_insert(per_validator);
        print(&format!("{name}.cpu_each"), per_validator / first, "of that a validator with 4");
        print(&format!("{name}.latency"), latency_ms(&report), "ms");
    }
    let mut with = Vec::new();
    let mut without = Vec::new();
    for _ in 0..PAIRS {
        with.push(latency_ms(&run(SIZES[0].0, SIZES[0].1, Crypto::Real)));
        without.push(latency_ms(&run(SIZES[0].0, SIZES[0].1, Crypto::Bare)));
    }
    let (with, without) = (median(with), median(without));
    print("bench.heights.4.latency_without_shares", without, "ms");
    print("bench.heights.4.latency_of_shares", (with / without - 1.0) * 100.0, "%");
}

fn run(validators: usize, heights: u64, crypto: Crypto) -> Report {
    let report = World::new(Plan::measured(validators, heights, crypto)).run();
    assert_eq!(report.oracle.breaches(), [] as [String; 0]);
    report
}

fn cpu_ms(report: &Report, validators: usize) -> f64 {
    report.cpu_ns as f64 / 1e6 / validators as f64 / report.oracle.tip().0 as f64
}

/// The median time of a height without the rest between two. The first begins with the start.
fn latency_ms(report: &Report) -> f64 {
    let after_first = report.committed_ns.range(Height(2)..).map(|(_, at)| *at);
    let times: Vec<u64> = after_first.collect();
    let between = times.windows(2).map(|pair| (pair[1] - pair[0]) as f64 / 1e6);
    median(between.map(|ms| ms - IDLE_INTERVAL_MS as f64).collect())
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

fn print(name: &str, value: f64, unit: &str) {
    println!(r#"{{"name":"{name}","value":{value:.3},"unit":"{unit}"}}"#);
}
