//! Measure: the yardstick, percentiles, and the CPU time that each validator tells.

use crate::exit::{Exit, Meaning, Outcome};
use anyhow::{Context, bail};
use crypto::sign::{self, SecretKey};
use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::{Duration, Instant};

/// Verifications that are timed.
const VERIFICATIONS: usize = 1_001;
/// Largest answer of `/metrics`. Unit: bytes.
const MAX_METRICS_BYTES: u64 = 1024 * 1024;
/// How long `/metrics` may take.
const METRICS_TIME: Duration = Duration::from_secs(5);

/// The median time of one ed25519 verification here and now: 1 `sv`.
pub(super) fn verify_time() -> Duration {
    let key = SecretKey::from_seed([7; 32]);
    let (public, message) = (key.public(), [42; 32]);
    let signature = key.sign(&message);
    let mut times: Vec<Duration> = (0..VERIFICATIONS)
        .map(|_| {
            let begun = Instant::now();
            assert!(sign::verify(&public, &message, &signature), "our own signature verifies");
            begun.elapsed()
        })
        .collect();
    times.sort();
    times[VERIFICATIONS / 2]
}

/// The value below which `part` percent of a sorted list lie; 0 of an empty one.
pub(super) fn percentile(sorted: &[f64], part: usize) -> f64 {
    let at = (sorted.len() * part).div_ceil(100).saturating_sub(1);
    sorted.get(at).copied().unwrap_or(0.0)
}

/// What a validator has used so far.
pub(super) struct Usage {
    /// CPU time. Unit: ms.
    pub(super) cpu_ms: u64,
    /// Resident memory. Unit: bytes.
    pub(super) resident_bytes: u64,
    /// CPU time by name of thread, which is by part of the node. Unit: us.
    pub(super) threads: BTreeMap<String, u64>,
}

/// What each validator has used so far.
pub(super) fn usage_of(admins: &[String]) -> Outcome<Vec<Usage>> {
    let read = |url: &String| {
        let text = get(url, "/metrics").with_context(|| format!("--admin {url}"))?;
        usage(&text).with_context(|| format!("--admin {url}: not the metrics of a node"))
    };
    admins.iter().map(read).collect::<anyhow::Result<_>>().or_exit(Exit::Unreachable)
}

/// What the text of `/metrics` says of the process.
pub(super) fn usage(text: &str) -> Option<Usage> {
    Some(Usage {
        cpu_ms: metric(text, "process_cpu_ms")?,
        resident_bytes: metric(text, "process_resident_bytes")?,
        threads: threads(text),
    })
}

fn threads(text: &str) -> BTreeMap<String, u64> {
    let lines = text.lines().filter_map(|line| {
        let rest = line.strip_prefix("process_thread_cpu_us{thread=\"")?;
        let (name, value) = rest.split_once("\"} ")?;
        Some((name.to_owned(), value.trim().parse().ok()?))
    });
    lines.collect()
}

/// The value of a metric without labels.
fn metric(text: &str, name: &str) -> Option<u64> {
    text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')?.trim().parse().ok())
}

/// A plain HTTP/1.0 GET: the admin listener is on loopback and has no TLS.
fn get(url: &str, path: &str) -> anyhow::Result<String> {
    let host = url.strip_prefix("http://").unwrap_or(url).trim_end_matches('/');
    let address = host.to_socket_addrs()?.next().context("no such host")?;
    let mut stream = TcpStream::connect_timeout(&address, METRICS_TIME)?;
    stream.set_read_timeout(Some(METRICS_TIME))?;
    write!(stream, "GET {path} HTTP/1.0\r\nhost: {host}\r\n\r\n")?;
    let mut text = String::new();
    stream.take(MAX_METRICS_BYTES).read_to_string(&mut text)?;
    let (head, body) = text.split_once("\r\n\r\n").context("the answer is no HTTP")?;
    if head.split(' ').nth(1) != Some("200") {
        bail!("{}", head.lines().next().unwrap_or_default());
    }
    Ok(body.to_owned())
}
