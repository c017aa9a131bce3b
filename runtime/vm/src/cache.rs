//! Keep compiled code: in memory, and in files of this node. Nothing here decides a result.
//!
//! One caller compiles, others that ask for the same code meanwhile wait for it. What lies in the
//! folder is used if its hash over code hash, engine and content is right; anything else is
//! compiled anew and written over. Old files go when there are too many.

use crate::compile::{self, Artifact, Loaded};
use crate::engine;
use crate::error::MachineError;
use crate::machine::State;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use types::{Code, Hash};
use wasmtime::Linker;

/// Most files of compiled code in the folder.
pub(crate) const MAX_FILES: usize = 2_048;
/// Most refusals remembered.
const MAX_REFUSED: usize = 1_024;
const ENDING: &str = "cwasm";
const MAGIC: &[u8; 8] = b"syndcw01";

/// One piece of code in both pools.
#[derive(Clone)]
pub(crate) struct Entry {
    pub(crate) block: Loaded,
    pub(crate) view: Loaded,
}

pub(crate) struct Cache {
    block: Linker<State>,
    view: Linker<State>,
    folder: Option<Folder>,
    max_bytes: usize,
    shelf: Mutex<Shelf>,
    compiled: Condvar,
}

#[derive(Default)]
struct Shelf {
    entries: BTreeMap<Hash, Slot>,
    /// Code that was refused: to check or compile it again would say the same.
    refused: BTreeMap<Hash, Code>,
    /// Code that somebody is compiling right now.
    working: BTreeSet<Hash>,
    bytes: usize,
    clock: u64,
}

struct Slot {
    entry: Arc<Entry>,
    bytes: usize,
    used: u64,
}

impl Cache {
    pub(crate) fn new(
        block: Linker<State>,
        view: Linker<State>,
        folder: Option<PathBuf>,
        max_bytes: usize,
    ) -> Result<Self, MachineError> {
        let artifact_hash = engine::artifact_hash(block.engine());
        let folder = folder.map(|path| Folder::open(path, artifact_hash)).transpose()?;
        Ok(Self {
            block,
            view,
            folder,
            max_bytes,
            shelf: Mutex::default(),
            compiled: Condvar::new(),
        })
    }

    /// What is at hand in memory.
    pub(crate) fn get(&self, code_hash: &Hash) -> Option<Arc<Entry>> {
        self.lock().get(code_hash)
    }

    /// The code ready to run, compiled if need be.
    ///
    /// # Errors
    /// As [`compile::compile`].
    pub(crate) fn get_or_compile(&self, code_hash: &Hash, code: &[u8]) -> Result<Arc<Entry>, Code> {
        let mut shelf = self.lock();
        loop {
            if let Some(entry) = shelf.get(code_hash) {
                return Ok(entry);
            }
            if let Some(refused) = shelf.refused.get(code_hash) {
                return Err(*refused);
            }
            if shelf.working.insert(*code_hash) {
                break;
            }
            shelf = self.compiled.wait(shelf).expect("nobody panics over the shelf");
        }
        drop(shelf);
        let working = Working { cache: self, code_hash: *code_hash };
        let produced = self.produce(code_hash, code);
        let (entry, bytes) =
            produced.inspect_err(|refused| self.lock().refuse(*code_hash, *refused))?;
        let entry = Arc::new(entry);
        self.lock().insert(*code_hash, Arc::clone(&entry), bytes, self.max_bytes);
        drop(working);
        Ok(entry)
    }

    fn produce(&self, code_hash: &Hash, code: &[u8]) -> Result<(Entry, usize), Code> {
        let kept = self.folder.as_ref().and_then(|folder| folder.read(code_hash));
        if let Some(artifact) = kept
            && let Some(entry) = self.load(&artifact)
        {
            return Ok((entry, artifact.code.len()));
        }
        let artifact = compile::compile(self.block.engine(), code)?;
        if let Some(folder) = &self.folder {
            folder.write(code_hash, &artifact);
        }
        // Every module within the limits fits a place: what fails here is this system, and a node
        // that cannot run what others run must stop.
        let entry = self.load(&artifact).expect("the engine takes what it compiled");
        Ok((entry, artifact.code.len()))
    }

    fn load(&self, artifact: &Artifact) -> Option<Entry> {
        let block = compile::load(&self.block, artifact)?;
        let view = compile::load(&self.view, artifact)?;
        Some(Entry { block, view })
    }

    fn lock(&self) -> MutexGuard<'_, Shelf> {
        self.shelf.lock().expect("nobody panics over the shelf")
    }
}

/// Says that the work on one piece of code is over, however it ended.
struct Working<'a> {
    cache: &'a Cache,
    code_hash: Hash,
}

impl Drop for Working<'_> {
    fn drop(&mut self) {
        self.cache.lock().working.remove(&self.code_hash);
        self.cache.compiled.notify_all();
    }
}

impl Shelf {
    fn get(&mut self, code_hash: &Hash) -> Option<Arc<Entry>> {
        self.clock = self.clock.saturating_add(1);
        let slot = self.entries.get_mut(code_hash)?;
        slot.used = self.clock;
        Some(Arc::clone(&slot.entry))
    }

    /// Remember a refusal; above the limit all are forgotten.
    fn refuse(&mut self, code_hash: Hash, refused: Code) {
        if self.refused.len() >= MAX_REFUSED {
            self.refused.clear();
        }
        self.refused.insert(code_hash, refused);
    }

    /// Put it in; what was not used for longest makes room. One that is too large by itself stays
    /// until the next.
    fn insert(&mut self, code_hash: Hash, entry: Arc<Entry>, bytes: usize, max_bytes: usize) {
        // Each pool holds its own copy.
        let bytes = bytes.saturating_mul(2);
        while self.bytes.saturating_add(bytes) > max_bytes {
            let oldest = self.entries.iter().min_by_key(|(_, slot)| slot.used);
            let Some(oldest) = oldest.map(|(hash, _)| *hash) else { break };
            let slot = self.entries.remove(&oldest).expect("it was just found");
            self.bytes = self.bytes.saturating_sub(slot.bytes);
        }
        self.bytes = self.bytes.saturating_add(bytes);
        self.entries.insert(code_hash, Slot { entry, bytes, used: self.clock });
    }
}

/// The folder of compiled code. Every failure to read or write means compiling again, no more.
struct Folder {
    path: PathBuf,
    artifact_hash: Hash,
    written: AtomicU64,
}

impl Folder {
    fn open(path: PathBuf, artifact_hash: Hash) -> Result<Self, MachineError> {
        fs::create_dir_all(&path)
            .map_err(|source| MachineError::Cache { folder: path.clone(), source })?;
        Ok(Self { path, artifact_hash, written: AtomicU64::new(0) })
    }

    fn file(&self, code_hash: &Hash) -> PathBuf {
        let engine: String = self.artifact_hash.to_string().chars().take(16).collect();
        self.path.join(format!("{code_hash}.{engine}.{ENDING}"))
    }

    /// Magic, hash of the rest, gas of a start, code.
    fn read(&self, code_hash: &Hash) -> Option<Artifact> {
        let bytes = fs::read(self.file(code_hash)).ok()?;
        let (magic, rest) = bytes.split_at_checked(MAGIC.len())?;
        let (hash, rest) = rest.split_at_checked(32)?;
        let (start_gas, code) = rest.split_first_chunk::<8>()?;
        if magic != MAGIC || hash != self.seal(code_hash, rest).0 {
            return None;
        }
        Some(Artifact { start_gas: u64::from_le_bytes(*start_gas), code: code.to_vec() })
    }

    fn write(&self, code_hash: &Hash, artifact: &Artifact) {
        self.make_room();
        let mut rest = artifact.start_gas.to_le_bytes().to_vec();
        rest.extend(&artifact.code);
        let mut bytes = MAGIC.to_vec();
        bytes.extend(self.seal(code_hash, &rest).0);
        bytes.extend(rest);
        let number = self.written.fetch_add(1, Ordering::Relaxed);
        let process = std::process::id();
        let draft = self.path.join(format!("{code_hash}.{process}.{number}.draft"));
        let target = self.file(code_hash);
        // A full disk, say, only costs the next start the time to compile.
        if fs::write(&draft, bytes).and_then(|()| fs::rename(&draft, target)).is_err() {
            let _ = fs::remove_file(&draft);
        }
    }

    fn seal(&self, code_hash: &Hash, rest: &[u8]) -> Hash {
        let mut hasher = blake3::Hasher::new_derive_key("syndic/v1/compiled-code");
        hasher.update(&code_hash.0);
        hasher.update(&self.artifact_hash.0);
        hasher.update(rest);
        Hash(*hasher.finalize().as_bytes())
    }

    /// Remove the oldest files above the limit, drafts of a process that died included.
    fn make_room(&self) {
        let Ok(listing) = fs::read_dir(&self.path) else { return };
        let age = |path: &Path| fs::metadata(path).and_then(|file| file.modified()).ok();
        let mut files: Vec<_> =
            listing.filter_map(|file| file.ok().map(|file| file.path())).collect();
        if files.len() < MAX_FILES {
            return;
        }
        files.sort_by_cached_key(|path| age(path));
        let surplus = files.len().saturating_sub(MAX_FILES).saturating_add(1);
        for file in files.iter().take(surplus) {
            let _ = fs::remove_file(file);
        }
    }
}

#[cfg(test)]
mod tests;
