//! What the machine and the home show: disk, latency of a sync, limits, file modes, the guard.

use super::{Finding, Level};
use crate::commands::validator::read_guard;
use crate::home::Home;
use crate::run::descriptors;
use anyhow::{Context, anyhow};
use std::fs::{self, File};
use std::os::unix::fs::{FileExt, PermissionsExt};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};
use types::Height;

/// Free disk below which it is looked at, and below which it is wrong. Unit: MiB.
const DISK_LOOK_MIB: u64 = 10_240;
const DISK_WRONG_MIB: u64 = 1_024;
/// Syncs that are timed; the slowest counts.
const SYNCS: usize = 16;
/// Bytes of each: one slot of the guard.
const SYNC_BYTES: usize = 4_096;
/// Slowest sync that is still fine, and that is still bearable. Each vote waits for two.
const SYNC_LOOK: Duration = Duration::from_millis(20);
const SYNC_WRONG: Duration = Duration::from_millis(200);
/// Open files that a node needs: its connections and the database's tables.
const OPEN_FILES: u64 = 4_096;

/// Look at the machine and the home; `tip` is the node's, if it answers.
pub(super) fn look(home: &Home, tip: Option<Height>, findings: &mut Vec<Finding>) {
    findings.push(judge("disk", disk(home.root())));
    findings.push(judge("sync time", sync_time(home.root())));
    findings.push(judge("open files", open_files(home)));
    findings.push(judge("key files", key_files(home)));
    findings.push(judge("guard", guard(home, tip)));
}

fn judge(check: &'static str, looked: anyhow::Result<(Level, String)>) -> Finding {
    match looked {
        Ok((level, text)) => Finding::new(check, level, text),
        Err(error) => Finding::new(check, Level::Red, format!("{error:#}")),
    }
}

/// Free space, as POSIX `df -P -k` tells it.
fn disk(root: &Path) -> anyhow::Result<(Level, String)> {
    let output = Command::new("df").arg("-Pk").arg(root).output().context("running df")?;
    let text = String::from_utf8_lossy(&output.stdout);
    let free_kib =
        free_of(&text).ok_or_else(|| anyhow!("df says nothing of {}", root.display()))?;
    let free_mib = free_kib / 1_024;
    let level = match free_mib {
        0..DISK_WRONG_MIB => Level::Red,
        DISK_WRONG_MIB..DISK_LOOK_MIB => Level::Yellow,
        _ => Level::Green,
    };
    Ok((level, format!("{free_mib} MiB free at {}", root.display())))
}

/// The fourth column of the second line.
fn free_of(text: &str) -> Option<u64> {
    text.lines().nth(1)?.split_whitespace().nth(3)?.parse().ok()
}

/// How long a sync of one guard slot takes on the home's disk.
fn sync_time(root: &Path) -> anyhow::Result<(Level, String)> {
    let path = root.join(format!(".doctor-{}", std::process::id()));
    let timed = time_syncs(&path);
    // It may never have been made.
    let _ = fs::remove_file(&path);
    let mut times = timed?;
    times.sort();
    let (median, slowest) = (times[times.len() / 2], times[times.len() - 1]);
    let level = match slowest {
        time if time >= SYNC_WRONG => Level::Red,
        time if time >= SYNC_LOOK => Level::Yellow,
        _ => Level::Green,
    };
    let text =
        format!("median {} µs, slowest of {SYNCS} {} µs", median.as_micros(), slowest.as_micros());
    Ok((level, text))
}

fn time_syncs(path: &Path) -> anyhow::Result<Vec<Duration>> {
    let file = File::create_new(path).with_context(|| format!("file {}", path.display()))?;
    let mut times = Vec::with_capacity(SYNCS);
    for i in 0..SYNCS {
        let begun = Instant::now();
        file.write_all_at(&[i as u8; SYNC_BYTES], 0)?;
        file.sync_data()?;
        times.push(begun.elapsed());
    }
    Ok(times)
}

/// The limit of the running node, or of this process, which inherits the same.
fn open_files(home: &Home) -> anyhow::Result<(Level, String)> {
    let running = crate::devnet::running(home);
    let of = running.map_or("self".to_owned(), |running| running.pid.to_string());
    let path = format!("/proc/{of}/limits");
    let limit = descriptors::limit_in(Path::new(&path));
    let limit = limit.ok_or_else(|| anyhow!("{path} names no limit of open files"))?;
    let level = if limit < OPEN_FILES { Level::Red } else { Level::Green };
    Ok((level, format!("limit {limit}, needed {OPEN_FILES}")))
}

/// Whether only their owner may read the keys.
fn key_files(home: &Home) -> anyhow::Result<(Level, String)> {
    let mut open = Vec::new();
    let mut count = 0;
    for path in [home.network_key(), home.validator_key(), home.passphrase_file()] {
        let Ok(metadata) = fs::metadata(&path) else { continue };
        count += 1;
        let mode = metadata.permissions().mode() & 0o777;
        if mode & 0o077 != 0 {
            open.push(format!("{} has mode {mode:o}, run: chmod 600 {0}", path.display()));
        }
    }
    if open.is_empty() {
        return Ok((Level::Green, format!("{count}, readable by their owner only")));
    }
    Ok((Level::Red, open.join("; ")))
}

/// Whether guard and chain fit together.
fn guard(home: &Home, tip: Option<Height>) -> anyhow::Result<(Level, String)> {
    if !home.validator_key().exists() {
        return Ok((Level::Green, "no validator key here, none needed".to_owned()));
    }
    let Some(guard) = read_guard(home)? else {
        return Ok((Level::Red, "no guard: the node signs nothing".to_owned()));
    };
    let (votes, seals) = (guard.votes.height, guard.seals.height);
    let use_text = if guard.in_use { "held by the node" } else { "held by no process" };
    let text = format!("{}, votes to height {votes}, seals to {seals}, {use_text}", guard.standing);
    let level = match tip {
        // A vote is given at most one height above the tip; a seal at most at the tip.
        Some(tip) if seals > tip.0 || votes > tip.0.saturating_add(1) => Level::Red,
        Some(_) if guard.standing == "imported" => Level::Yellow,
        Some(_) => Level::Green,
        None => Level::Yellow,
    };
    let text = match (level, tip) {
        (Level::Red, Some(tip)) => format!("{text}: ahead of the tip {tip}, storage went back"),
        _ => text,
    };
    Ok((level, text))
}

#[cfg(test)]
mod tests;
