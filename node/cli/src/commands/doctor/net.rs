//! What the node says: whom consensus waits for, how far it is, and what its clock shows.

use super::{Finding, Level};
use crate::commands::node::{ClientMeaning, NodeArguments};
use crate::commands::tx::now_ms;
use crate::exit::Outcome;
use client::client::Client;
use client::dto::{AddressText, Consensus, Status};
use client::errors::ClientError;
use types::Height;

/// A round that lasts longer than this is stuck. Unit: ms.
const STUCK_MS: u64 = 30_000;
/// Clock offset that is looked at. Unit: ms.
const OFFSET_LOOK_MS: u64 = 100;
/// Clock offset at which a proposal is untimely (protocol 2.4). Unit: ms.
const OFFSET_WRONG_MS: u64 = 500;
/// Heights without a finality certificate that are looked at.
const BEHIND_LOOK: u64 = 4;

/// Look at the node; its tip, if it answers.
pub(super) fn look(node: &NodeArguments, findings: &mut Vec<Finding>) -> Outcome<Option<Height>> {
    let client = Client::new(node.config()?).or_class()?;
    let status = match client.status() {
        Ok(status) => status,
        Err(error) => {
            findings.push(Finding::new("reachable", Level::Red, error.to_string()));
            return Ok(None);
        }
    };
    of_status(&status, findings);
    let before = now_ms();
    match client.consensus() {
        Ok(consensus) => {
            let after = now_ms();
            of_consensus(&consensus, findings);
            findings.push(of_clock(&consensus, before, after));
        }
        Err(error) => findings.push(unanswered("consensus", &error)),
    }
    match client.net_info() {
        Ok(net) => {
            let count = net.peers.len();
            // A chain of one validator needs nobody.
            let text = format!("{count} peers, listening on {}", net.listen.join(", "));
            findings.push(Finding::new("peers", Level::Green, text));
        }
        Err(error) => findings.push(unanswered("peers", &error)),
    }
    match client.mempool_info() {
        Ok(pool) => {
            let full = pool.txs * 10 >= pool.max_txs * 9 || pool.bytes * 10 >= pool.max_bytes * 9;
            let level = if full { Level::Yellow } else { Level::Green };
            let text = format!(
                "{} of {} transactions, {} of {} bytes",
                pool.txs, pool.max_txs, pool.bytes, pool.max_bytes
            );
            findings.push(Finding::new("pool", level, text));
        }
        Err(error) => findings.push(unanswered("pool", &error)),
    }
    Ok(Some(status.tip.height))
}

fn unanswered(check: &'static str, error: &ClientError) -> Finding {
    Finding::new(check, Level::Yellow, error.to_string())
}

fn of_status(status: &Status, findings: &mut Vec<Finding>) {
    let text =
        format!("{} {}, version {}", status.chain.name, status.chain.chain_id, status.version);
    findings.push(Finding::new("reachable", Level::Green, text));
    if status.ready {
        findings.push(Finding::new("ready", Level::Green, "follows the chain and serves"));
    } else {
        findings.push(Finding::new("ready", Level::Red, status.not_ready.join("; ")));
    }
    let (tip, finalized) = (status.tip.height, status.finalized.height);
    let behind = tip.0.saturating_sub(finalized.0);
    let level = if behind > BEHIND_LOOK { Level::Yellow } else { Level::Green };
    let text = format!("tip {tip}, final {finalized}");
    findings.push(Finding::new("height", level, text));
    if let Some(sync) = &status.sync {
        findings.push(Finding::new("sync", Level::Yellow, sync.describe(tip)));
    } else {
        findings.push(Finding::new("sync", Level::Green, "nothing to catch up"));
    }
    match (&status.validator, &status.observer) {
        (Some(id), None) => {
            findings.push(Finding::new("signing", Level::Green, format!("as validator {id}")));
        }
        (Some(id), Some(reason)) => {
            let text = format!("validator {id} signs nothing: {reason}");
            findings.push(Finding::new("signing", Level::Red, text));
        }
        (None, _) => {
            findings.push(Finding::new("signing", Level::Green, "no validator: an observer"));
        }
    }
}

fn of_consensus(consensus: &Consensus, findings: &mut Vec<Finding>) {
    let Consensus { power_present, power_needed, power_total, .. } = consensus;
    let enough = power_present >= power_needed;
    let missing = names(&consensus.unconnected);
    let text = if missing.is_empty() {
        format!("{power_present} of {power_total} present, {power_needed} needed")
    } else {
        format!(
            "{power_present} of {power_total} present, {power_needed} needed; missing {missing}"
        )
    };
    let level = match (enough, missing.is_empty()) {
        (false, _) => Level::Red,
        (true, false) => Level::Yellow,
        (true, true) => Level::Green,
    };
    findings.push(Finding::new("power", level, text));
    let waiting_s = consensus.waiting_ms / 1_000;
    let text = format!(
        "height {} round {} {}, for {waiting_s} s (since {} ms): {}",
        consensus.height, consensus.round, consensus.step, consensus.since_ms, consensus.diagnosis
    );
    let stuck = consensus.waiting_ms >= STUCK_MS;
    let level = match (stuck, consensus.round > 0) {
        (true, _) => Level::Red,
        (false, true) => Level::Yellow,
        (false, false) => Level::Green,
    };
    findings.push(Finding::new("consensus", level, text));
    for step in &consensus.votes {
        if stuck && !step.missing.is_empty() {
            let (votes, missing) = (&step.step, names(&step.missing));
            let text = format!("{votes}: power {} voted; missing {missing}", step.power);
            findings.push(Finding::new("votes", Level::Red, text));
        }
    }
    if consensus.abstentions > 0 {
        let text = format!("{} messages of its own were due and not signed", consensus.abstentions);
        findings.push(Finding::new("abstentions", Level::Yellow, text));
    }
    if let Some(height) = consensus.alarm {
        let text = format!("more than a third sealed other roots at height {}", height.0);
        findings.push(Finding::new("roots", Level::Red, text));
    }
}

fn names(validators: &[AddressText]) -> String {
    validators.iter().map(|id| id.0.as_str()).collect::<Vec<_>>().join(", ")
}

/// The node says since when its round lasts and for how long: the sum is its clock. It was read
/// between `before` and `after` by ours.
fn of_clock(consensus: &Consensus, before: u64, after: u64) -> Finding {
    let theirs = consensus.since_ms.0.saturating_add(consensus.waiting_ms);
    let offset = if theirs < before { before - theirs } else { theirs.saturating_sub(after) };
    let level = match offset {
        OFFSET_WRONG_MS.. => Level::Red,
        OFFSET_LOOK_MS.. => Level::Yellow,
        _ => Level::Green,
    };
    let text = format!("the node's clock and this machine's differ by at least {offset} ms");
    Finding::new("clock", level, text)
}

#[cfg(test)]
mod tests;
