//! Processes by id: started apart from us, found again by their home, stopped gently first.

use super::log_file;
use crate::home::Home;
use anyhow::{Context, bail};
use std::fs::{self, File, OpenOptions};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// How long a node has to stop by itself.
const STOP_WAIT: Duration = Duration::from_secs(10);
/// How often a stopping node is looked at.
const POLL: Duration = Duration::from_millis(20);

/// A node's process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Running {
    pub(crate) pid: u32,
}

fn pid_file(home: &Home) -> PathBuf {
    home.root().join("pid")
}

/// The process of a home, if it lives: its id is on file and its command line names the home.
pub(crate) fn running(home: &Home) -> Option<Running> {
    let pid: u32 = fs::read_to_string(pid_file(home)).ok()?.trim().parse().ok()?;
    let line = fs::read(format!("/proc/{pid}/cmdline")).ok()?;
    let wanted = absolute(home.root());
    let mut words = line.split(|byte| *byte == 0);
    words.any(|word| word == wanted.as_os_str().as_encoded_bytes()).then_some(Running { pid })
}

fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

/// Start a node apart from this process, its log appended to `node.log`.
///
/// # Errors
/// If it runs already or cannot be started.
pub(crate) fn spawn(program: &Path, home: &Home) -> anyhow::Result<Running> {
    if let Some(alive) = running(home) {
        bail!("{} runs already, as process {}", home.root().display(), alive.pid);
    }
    let log = OpenOptions::new()
        .create(true)
        .append(true)
        .open(log_file(home))
        .with_context(|| format!("log {}", log_file(home).display()))?;
    let child = Command::new(program)
        .arg("run")
        .arg("--home")
        .arg(absolute(home.root()))
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log)
        .process_group(0)
        .spawn()
        .with_context(|| format!("starting {}", program.display()))?;
    let running = Running { pid: child.id() };
    fs::write(pid_file(home), format!("{}\n", running.pid))?;
    File::open(home.root())?.sync_all()?;
    Ok(running)
}

/// Stop the node of a home: ask, wait, and end it if it does not go. Whether there was one.
///
/// # Errors
/// If the process cannot be signalled, or does not end.
pub(crate) fn stop(home: &Home) -> anyhow::Result<bool> {
    let Some(alive) = running(home) else { return Ok(false) };
    signal(alive, "TERM")?;
    if !gone_within(home, STOP_WAIT) {
        signal(alive, "KILL")?;
        if !gone_within(home, STOP_WAIT) {
            bail!("process {} does not end", alive.pid);
        }
    }
    fs::remove_file(pid_file(home)).with_context(|| format!("{}", pid_file(home).display()))?;
    Ok(true)
}

fn signal(alive: Running, name: &str) -> anyhow::Result<()> {
    let status = Command::new("kill")
        .arg(format!("-{name}"))
        .arg(alive.pid.to_string())
        .status()
        .context("running kill")?;
    if !status.success() && Path::new(&format!("/proc/{}", alive.pid)).exists() {
        bail!("process {} cannot be signalled", alive.pid);
    }
    Ok(())
}

fn gone_within(home: &Home, limit: Duration) -> bool {
    let deadline = Instant::now() + limit;
    while Instant::now() < deadline {
        if running(home).is_none() {
            return true;
        }
        std::thread::sleep(POLL);
    }
    running(home).is_none()
}
