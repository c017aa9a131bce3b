//! Files that users hand over: read with a bound, written whole.

use anyhow::{Context, bail};
use std::fs::{self, File};
use std::io::Read;
use std::path::Path;

/// Largest proof, certificate or transaction file. Unit: bytes.
pub(crate) const MAX_DOCUMENT_BYTES: u64 = 64 * 1024 * 1024;

/// Read a file of at most `limit` bytes.
///
/// # Errors
/// If it is missing, cannot be read, or is larger.
pub(crate) fn read(path: &Path, limit: u64) -> anyhow::Result<Vec<u8>> {
    let file = File::open(path).with_context(|| format!("file {}", path.display()))?;
    let mut bytes = Vec::new();
    let count = file
        .take(limit.saturating_add(1))
        .read_to_end(&mut bytes)
        .with_context(|| format!("file {}", path.display()))?;
    if count as u64 > limit {
        bail!("file {}: more than {limit} bytes, which is the limit", path.display());
    }
    Ok(bytes)
}

/// Write a file whole: beside its place first, then renamed into it.
///
/// # Errors
/// If it cannot be written.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    let beside = path.with_file_name(name);
    fs::write(&beside, bytes).with_context(|| format!("file {}", beside.display()))?;
    fs::rename(&beside, path).with_context(|| format!("file {}", path.display()))
}
