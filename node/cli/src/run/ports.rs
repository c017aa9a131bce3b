//! The files that keep a validator honest: the journal of the height in progress, and the guard.
//!
//! Formats and rules are `consensus`'; here is only how bytes reach the disk. Both folders lie
//! beside the data folder, not inside: a data folder put back from a copy takes neither along.

use anyhow::Context;
use consensus::journal::{self, JournalRecord, Tail};
use consensus::safety::{Guard, GuardSlot, SLOT_BYTES};
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use types::{ChainId, Height};

/// Bytes of the guard's file: two slots.
const FILE_BYTES: usize = 2 * SLOT_BYTES;

/// The journal of one height, in one file that is emptied for the next.
pub struct JournalFile {
    file: File,
    path: PathBuf,
    buffer: Vec<u8>,
    /// The journal is of this height, which is yet to come; it is not written meanwhile.
    kept_for: Option<Height>,
}

/// What a start finds in the journal.
pub struct JournalFound {
    /// Its records, the header first; none if it is empty.
    pub records: Vec<JournalRecord>,
    /// Whether the last record was torn and dropped: a crash in the middle of an append.
    pub torn: bool,
}

impl JournalFile {
    /// Open or make the journal in `folder`, and read it.
    ///
    /// # Errors
    /// If the folder or file cannot be made or read, or if the journal is damaged before its end.
    pub fn open(folder: &Path) -> anyhow::Result<(Self, JournalFound)> {
        std::fs::create_dir_all(folder)?;
        let path = folder.join("journal");
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&path)?;
        File::open(folder)?.sync_all()?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        let (records, tail) =
            journal::read_all(&bytes).with_context(|| format!("journal {}", path.display()))?;
        let (torn, end) = match tail {
            Tail::Clean => (false, bytes.len()),
            Tail::Torn { at } => (true, at),
        };
        if torn {
            file.set_len(end as u64)?;
        }
        // What was read may not have been synced by the process that wrote it: it is relied on now.
        file.sync_all()?;
        file.seek(SeekFrom::Start(end as u64))?;
        let journal = Self { file, path, buffer: Vec::new(), kept_for: None };
        Ok((journal, JournalFound { records, torn }))
    }

    /// Add a record; it is durable only after [`JournalFile::flush`].
    pub fn append(&mut self, record: &JournalRecord) {
        if self.kept_for.is_some() {
            return;
        }
        self.buffer.extend_from_slice(&journal::frame(record));
    }

    /// Make everything appended durable.
    ///
    /// # Errors
    /// If writing or syncing fails: the node must stop and sign nothing.
    pub fn flush(&mut self) -> io::Result<()> {
        if self.buffer.is_empty() {
            return Ok(());
        }
        self.file.write_all(&self.buffer)?;
        self.buffer.clear();
        self.file.sync_data()
    }

    /// Keep the journal as it is until its height begins. Until then nothing is written: only a
    /// node that signs nothing may run so.
    pub fn keep_for(&mut self, height: Height) {
        self.kept_for = Some(height);
    }

    /// Begin the journal of another height; what the old one held is committed. A journal that was
    /// kept for this height is gone on with; one kept for a higher height stays.
    ///
    /// # Errors
    /// If the file cannot be emptied.
    pub fn reset(&mut self, chain_id: ChainId, height: Height) -> io::Result<()> {
        match self.kept_for {
            Some(kept) if height < kept => return Ok(()),
            Some(kept) if height == kept => {
                self.kept_for = None;
                return Ok(());
            }
            Some(_) | None => self.kept_for = None,
        }
        self.buffer.clear();
        self.file.set_len(0)?;
        self.file.seek(SeekFrom::Start(0))?;
        self.append(&JournalRecord::Header { chain_id, height });
        Ok(())
    }

    /// Where it lies.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// The guard's file: two slots, written in turn, never renamed, locked for one process.
pub struct GuardFile {
    file: File,
    path: PathBuf,
}

impl GuardFile {
    /// Open or make the guard in `folder`, lock it, and read its two slots; an empty file gives
    /// none.
    ///
    /// # Errors
    /// If another process holds it, or it cannot be made or read.
    pub fn open(folder: &Path) -> anyhow::Result<(Self, Option<Guard>)> {
        std::fs::create_dir_all(folder)?;
        let path = folder.join("guard");
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&path)?;
        if let Err(error) = file.try_lock() {
            anyhow::bail!(
                "guard {}: another process signs with this home ({error}); stop it first",
                path.display()
            );
        }
        File::open(folder)?.sync_all()?;
        let mut bytes = Vec::new();
        (&mut file).take(FILE_BYTES as u64 + 1).read_to_end(&mut bytes)?;
        if bytes.is_empty() {
            // A file with room for both slots and nothing in them yet.
            file.set_len(FILE_BYTES as u64)?;
            file.sync_all()?;
        }
        let blank = bytes.iter().all(|byte| *byte == 0);
        let guard = if blank {
            None
        } else {
            Some(Guard::decode(&bytes).with_context(|| format!("guard {}", path.display()))?)
        };
        Ok((Self { file, path }, guard))
    }

    /// Write one slot and make it durable.
    ///
    /// # Errors
    /// If writing or syncing fails: the node must stop and sign nothing.
    pub fn write(&self, slot: &GuardSlot) -> io::Result<()> {
        let offset = (slot.position * SLOT_BYTES) as u64;
        self.file.write_all_at(&slot.bytes, offset)?;
        self.file.sync_data()
    }

    /// Where it lies.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

#[cfg(test)]
mod tests;
