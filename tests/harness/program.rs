//! The programs under test.

use anyhow::{Context, ensure};
use std::path::{Path, PathBuf};

/// `syndic`.
///
/// # Errors
/// If it was not built.
pub fn syndic() -> anyhow::Result<PathBuf> {
    built("syndic")
}

/// A program of this workspace: built into the folder above this test's own.
///
/// # Errors
/// If it was not built.
pub fn built(name: &str) -> anyhow::Result<PathBuf> {
    let test = std::env::current_exe()?;
    let folder = test.parent().and_then(Path::parent).context("a test lies in a target folder")?;
    let program = folder.join(name);
    ensure!(
        program.exists(),
        "{} is missing; build it first: cargo build --release --workspace",
        program.display()
    );
    Ok(program)
}
