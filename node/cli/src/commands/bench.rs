//! `syndic bench`: measure a running net.
//!
//! The load is an open loop: transaction `i` is due at `i / rate`, whether or not the net keeps up,
//! and its latency counts from then, so that a net that stalls cannot hide it. Only what is final
//! counts. Machines are shared and noisy, so CPU is told in `sv` too: the time of one ed25519
//! verification, measured in the same process just before.

mod follow;
mod fund;
mod load;
mod meter;

use super::node::{ClientMeaning, NodeArguments};
use super::secret::KeystoreArguments;
use super::tx::{ChainFacts, now_ms};
use crate::exit::{Exit, Failure, Meaning, Outcome};
use crate::run::fresh;
use anyhow::anyhow;
use clap::{Args, Subcommand, ValueEnum};
use client::client::Client;
use follow::{Follower, Seen};
use fund::Sender;
use load::Plan;
use meter::Usage;
use serde::Serialize;
use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Most transactions of one run: about 300 bytes each in memory.
const MAX_TRANSACTIONS: u64 = 1_000_000;
/// Rate that `--rate max` signs ahead for. Unit: transactions a second.
const MAX_RATE: u64 = 12_000;
/// Longest wait for the last transactions to become final.
const DRAIN: Duration = Duration::from_secs(30);

/// Arguments of `syndic bench`.
#[derive(Args, Debug)]
pub(crate) struct BenchArguments {
    #[command(subcommand)]
    command: BenchCommand,
}

#[derive(Debug, Subcommand)]
enum BenchCommand {
    /// Give a net signed transactions at a rate and tell what becomes final, how fast, at what
    /// cost.
    Load(Box<LoadArguments>),
}

#[derive(Args, Debug)]
struct LoadArguments {
    /// What is sent.
    #[arg(long, value_enum, default_value_t = Kind::Transfer)]
    kind: Kind,
    /// Transactions a second, or `max` for as many as the net takes.
    #[arg(long, default_value = "1000", value_name = "N|max", value_parser = parse_rate)]
    rate: Rate,
    /// How long. Unit: s; 1 to 600.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=600))]
    seconds: u64,
    /// How many accounts send, 1 to 1000; each uses 4 lanes.
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u64).range(1..=1_000))]
    senders: u64,
    /// Transactions of one call, 1 to 1000.
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u64).range(1..=1_000))]
    batch: u64,
    /// Key that funds the senders: a file, or a name in the keystore.
    #[arg(long, env = "SYNDIC_KEY", value_name = "FILE")]
    key: PathBuf,
    /// Admin URL of each validator, http only, whose /metrics tell its CPU time; repeat or separate
    /// by commas; default: none, and no CPU is told.
    #[arg(long, value_name = "URL", value_delimiter = ',')]
    admin: Vec<String>,
    #[command(flatten)]
    keystore: KeystoreArguments,
    #[command(flatten)]
    node: NodeArguments,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Kind {
    /// Transfers of one unit, each sender to an account of its own.
    Transfer,
}

/// How fast transactions fall due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rate {
    PerSecond(u64),
    Max,
}

fn parse_rate(text: &str) -> Result<Rate, String> {
    if text == "max" {
        return Ok(Rate::Max);
    }
    match text.parse() {
        Ok(rate) if (1..=100_000).contains(&rate) => Ok(Rate::PerSecond(rate)),
        _ => Err(format!("`{text}`: want 1 to 100000, or max")),
    }
}

pub(crate) fn execute(arguments: &BenchArguments) -> Outcome {
    match &arguments.command {
        BenchCommand::Load(arguments) => run(arguments),
    }
}

fn run(arguments: &LoadArguments) -> Outcome {
    let Kind::Transfer = arguments.kind;
    let count = transactions(arguments.rate, arguments.seconds)?;
    let clients = clients(&arguments.node)?;
    let first = Arc::clone(&clients[0]);
    let facts = ChainFacts::ask(&first)?;
    let sv = meter::verify_time();
    let seed = fresh();
    let senders: Vec<Sender> = (0..arguments.senders).map(|i| Sender::new(&seed, i)).collect();
    let funder = arguments.keystore.open(&arguments.key)?;
    let each = count.div_ceil(arguments.senders);
    fund::fund(&first, &facts, &funder, &senders, each)?;
    let valid_until_ms = now_ms().saturating_add((arguments.seconds + 600) * 1_000);
    let txs = load::sign_all(&facts, &senders, count, valid_until_ms)?;
    let before = meter::usage_of(&arguments.admin)?;
    let seen = Arc::new(Seen::new(&txs));
    let begun = Instant::now();
    let follower = Follower::start(first.clone(), Arc::clone(&seen), begun)?;
    let plan = Plan {
        rate: arguments.rate,
        seconds: arguments.seconds,
        batch: usize::try_from(arguments.batch).unwrap_or(1),
        begun,
    };
    let sent = load::send_all(&clients, &txs, &seen, &plan);
    let ended = seen.wait_final(sent.accepted, Instant::now() + DRAIN);
    let follow_errors = follower.stop();
    let after = meter::usage_of(&arguments.admin)?;
    let arrived = fund::arrived(&first, &facts, &senders)?;
    report(&Measured {
        arguments,
        sv,
        sent,
        times: seen.times(),
        elapsed: ended.saturating_duration_since(begun),
        before,
        after,
        arrived,
        follow_errors,
    })
}

fn transactions(rate: Rate, seconds: u64) -> Outcome<u64> {
    let per_second = match rate {
        Rate::PerSecond(rate) => rate,
        Rate::Max => MAX_RATE,
    };
    match (rate, per_second.saturating_mul(seconds)) {
        (_, count) if count <= MAX_TRANSACTIONS => Ok(count),
        (Rate::Max, _) => Ok(MAX_TRANSACTIONS),
        (Rate::PerSecond(_), count) => {
            let error =
                anyhow!("--rate times --seconds is {count}, the limit is {MAX_TRANSACTIONS}");
            Err(Failure { exit: Exit::Usage, error })
        }
    }
}

/// One client a node, so that each keeps its own connections and gets its own share.
fn clients(node: &NodeArguments) -> Outcome<Vec<Arc<Client>>> {
    let urls = node.node.split(',').map(str::trim).filter(|url| !url.is_empty());
    let clients = urls.map(|url| Ok(Arc::new(Client::new(node.config_of(url)?).or_class()?)));
    let clients = clients.collect::<Outcome<Vec<_>>>()?;
    if clients.is_empty() {
        return Err(anyhow!("--node names no node")).or_exit(Exit::Usage);
    }
    Ok(clients)
}

/// What a run found.
struct Measured<'a> {
    arguments: &'a LoadArguments,
    sv: Duration,
    sent: load::Sent,
    times: follow::Times,
    elapsed: Duration,
    /// What each validator had used at the start and at the end.
    before: Vec<Usage>,
    after: Vec<Usage>,
    /// Units that the receivers hold: one for each transfer that succeeded.
    arrived: u64,
    follow_errors: u64,
}

/// One line of the report.
#[derive(Serialize)]
struct Line<'a> {
    name: &'a str,
    value: f64,
    unit: &'a str,
    /// The same in `sv`, where it is a time.
    #[serde(skip_serializing_if = "Option::is_none")]
    ratio: Option<f64>,
    sv_us: f64,
}

fn report(measured: &Measured<'_>) -> Outcome {
    let sv_us = measured.sv.as_secs_f64() * 1e6;
    let mut lines: Vec<(String, f64, &str, Option<f64>)> = Vec::new();
    let finals = measured.times.finals.len() as f64;
    let seconds = measured.elapsed.as_secs_f64().max(1e-3);
    let mut plain = |name: &str, value: f64, unit: &'static str| {
        lines.push((name.to_owned(), value, unit, None));
    };
    plain("bench.load.asked", asked(measured.arguments), "transactions a second");
    plain("bench.load.final", finals / seconds, "transactions a second");
    plain("bench.load.accepted", measured.sent.accepted as f64, "transactions");
    plain("bench.load.finalized", finals, "transactions");
    plain("bench.load.succeeded", measured.arrived as f64, "transactions");
    plain("bench.load.follow_errors", measured.follow_errors as f64, "calls");
    for (what, times) in [("committed", &measured.times.commits), ("final", &measured.times.finals)]
    {
        for part in [50, 95, 99] {
            let name = format!("bench.load.{what}_p{part}");
            plain(&name, meter::percentile(times, part) * 1e3, "ms");
        }
    }
    for (kind, count) in &measured.sent.errors {
        plain(&format!("bench.load.error.{kind}"), *count as f64, "times");
    }
    lines.extend(costs(measured, finals, sv_us));
    let mut stdout = std::io::stdout().lock();
    for (name, value, unit, ratio) in &lines {
        let line = Line { name, value: *value, unit, ratio: *ratio, sv_us };
        serde_json::to_writer(&mut stdout, &line)?;
        writeln!(stdout)?;
    }
    if finals > 0.0 {
        return Ok(());
    }
    let kinds: &BTreeMap<String, u64> = &measured.sent.errors;
    Err(Failure { exit: Exit::Timeout, error: anyhow!("nothing became final; errors: {kinds:?}") })
}

/// What the validators used: each of them, and all together by final transaction and part.
fn costs(
    measured: &Measured<'_>,
    finals: f64,
    sv_us: f64,
) -> Vec<(String, f64, &'static str, Option<f64>)> {
    let mut lines = Vec::new();
    let (mut all_us, mut parts) = (0, BTreeMap::<&str, u64>::new());
    for (i, (before, after)) in measured.before.iter().zip(&measured.after).enumerate() {
        let cpu_ms = after.cpu_ms.saturating_sub(before.cpu_ms);
        all_us += cpu_ms * 1_000;
        lines.push((format!("bench.load.cpu.{i}"), cpu_ms as f64, "ms", None));
        let mib = after.resident_bytes as f64 / f64::from(1 << 20);
        lines.push((format!("bench.load.resident.{i}"), mib, "MiB", None));
        for (thread, us) in &after.threads {
            let earlier = before.threads.get(thread).copied().unwrap_or(0);
            *parts.entry(thread).or_default() += us.saturating_sub(earlier);
        }
    }
    if measured.before.is_empty() || finals <= 0.0 {
        return lines;
    }
    let mut per_final = |name: String, us: u64| {
        let each = us as f64 / finals;
        lines.push((name, each, "us", Some(each / sv_us)));
    };
    per_final("bench.load.cpu_per_final".to_owned(), all_us);
    for (thread, us) in parts {
        per_final(format!("bench.load.part.{thread}"), us);
    }
    lines
}

fn asked(arguments: &LoadArguments) -> f64 {
    match arguments.rate {
        Rate::PerSecond(rate) => rate as f64,
        Rate::Max => MAX_RATE as f64,
    }
}

#[cfg(test)]
mod tests;
