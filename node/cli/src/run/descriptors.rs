//! How many files a node may have open, and what that leaves for connections.
//!
//! A connection is a file. If connections took all of them, the database could not open its next
//! table, and a node whose database fails stops: so they get what is left beside its own.

use std::path::Path;
use tracing::warn;

/// Files that are no connections of wallets: the database's tables and log, journal, guard,
/// peers, and some to spare.
const OWN_FILES: u64 = 768;
/// Listeners that each take as many connections: for wallets, and the operator's.
const LISTENERS: u64 = 2;
/// Fewest connections of a listener, however few files there are.
const FEWEST: u64 = 16;

/// The connections that a listener takes: as many as configured, as far as there are files.
pub(crate) fn connections(configured: u32) -> usize {
    let limit = limit_in(Path::new("/proc/self/limits")).unwrap_or(u64::MAX);
    let allowed = allowed(configured, limit);
    if allowed < configured {
        warn!(target: "syndic", configured, allowed, files = limit,
            "fewer connections than configured: raise the limit of open files (ulimit -n)");
    }
    allowed as usize
}

fn allowed(configured: u32, limit: u64) -> u32 {
    let left = limit.saturating_sub(OWN_FILES) / LISTENERS;
    u32::try_from(left.max(FEWEST)).map_or(configured, |left| configured.min(left))
}

/// The limit of open files that a process has, from its file of limits.
pub(crate) fn limit_in(file: &Path) -> Option<u64> {
    limit_of(&std::fs::read_to_string(file).ok()?)
}

fn limit_of(text: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    match line.split_whitespace().next()? {
        "unlimited" => Some(u64::MAX),
        number => number.parse().ok(),
    }
}

#[cfg(test)]
mod tests;
