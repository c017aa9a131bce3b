//! The folder: is it empty, ours, or somebody else's?

use crate::error::StoreError;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

/// The file that says whose folder this is. It is the first one written and never changes.
pub(crate) const MARKER: &str = "STORE";
const MARKER_TEXT: &str = "A chain's blocks, state and indexes, kept by syndic in RocksDB.\n";

/// What a folder held before it was opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// Nothing, or the beginning of a store that was never used.
    Nothing,
    /// A database.
    Database,
}

/// Make sure that the folder is there and ours, and say what it held.
///
/// # Errors
/// [`StoreError::Foreign`] if it holds something else, [`StoreError::Headless`] if it holds what is
/// left of a database, [`StoreError::Folder`] or [`StoreError::DiskFull`] if the system refuses.
pub(crate) fn claim(path: &Path) -> Result<Found, StoreError> {
    let names = names(path).map_err(|error| StoreError::from_io(path, "open the folder", error))?;
    if names.iter().any(|name| name == MARKER) {
        if names.iter().any(|name| name == "CURRENT") {
            return Ok(Found::Database);
        }
        // RocksDB would begin a new database over the remains of the old one.
        if names.iter().any(|name| name.ends_with(".sst") || name.ends_with(".log")) {
            return Err(StoreError::Headless { path: path.to_path_buf() });
        }
        return Ok(Found::Nothing);
    }
    match names.into_iter().next() {
        Some(entry) => Err(StoreError::Foreign { path: path.to_path_buf(), entry }),
        None => {
            mark(path).map_err(|error| StoreError::from_io(path, "mark the folder", error))?;
            Ok(Found::Nothing)
        }
    }
}

/// Write the marker, durably.
pub(crate) fn mark(path: &Path) -> io::Result<()> {
    let mut file = File::create(path.join(MARKER))?;
    file.write_all(MARKER_TEXT.as_bytes())?;
    file.sync_all()?;
    File::open(path)?.sync_all()
}

/// The folder's entries, ascending; the folder is made if it is missing.
fn names(path: &Path) -> io::Result<Vec<String>> {
    fs::create_dir_all(path)?;
    let mut names = Vec::new();
    for entry in fs::read_dir(path)? {
        names.push(entry?.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    Ok(names)
}
