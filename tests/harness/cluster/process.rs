//! One node's process: a child of the test, started again and again in one home.

use anyhow::{Context, ensure};
use std::fs::OpenOptions;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};

/// A home, and the process that runs in it or has run last.
pub(super) struct Process {
    home: PathBuf,
    child: Option<Child>,
}

impl Process {
    /// Nothing runs in this home yet.
    pub(super) fn new(home: PathBuf) -> Self {
        Self { home, child: None }
    }

    /// Where it writes down what it sends.
    pub(super) fn ledger(&self) -> PathBuf {
        self.home.join("ledger")
    }

    /// Start a node; its log is appended to.
    pub(super) fn start(&mut self, program: &Path, faults: &[&str]) -> anyhow::Result<()> {
        if let Some(child) = &mut self.child {
            let ended = child.try_wait()?.is_some();
            ensure!(ended, "process {} runs in {} already", child.id(), self.home.display());
        }
        let log = OpenOptions::new().create(true).append(true).open(self.home.join("node.log"))?;
        let child = Command::new(program)
            .args(["run", "--home"])
            .arg(&self.home)
            .arg("--ledger")
            .arg(self.ledger())
            .args(faults)
            .current_dir(&self.home)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .with_context(|| program.display().to_string())?;
        self.child = Some(child);
        Ok(())
    }

    /// End the process at once and wait until it is gone.
    pub(super) fn kill(&mut self) -> anyhow::Result<()> {
        let child = self.child()?;
        child.kill()?;
        child.wait()?;
        Ok(())
    }

    /// Send the process a signal.
    pub(super) fn signal(&mut self, name: &str) -> anyhow::Result<()> {
        let pid = self.child()?.id();
        let status = Command::new("kill").arg(format!("-{name}")).arg(pid.to_string()).status()?;
        ensure!(status.success(), "process {pid} cannot be signalled");
        Ok(())
    }

    /// How the process ended; `None` while it runs.
    pub(super) fn exited(&mut self) -> anyhow::Result<Option<ExitStatus>> {
        Ok(self.child()?.try_wait()?)
    }

    fn child(&mut self) -> anyhow::Result<&mut Child> {
        self.child.as_mut().with_context(|| format!("nothing runs in {}", self.home.display()))
    }
}
