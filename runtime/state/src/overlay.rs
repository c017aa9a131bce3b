//! Overlays: writes on top of a state that stays as it is, with nested checkpoints.

use crate::changes::{ChangeSet, Value};
use crate::key::{MAX_RAW_KEY_BYTES, MAX_VALUE_BYTES, PREFIX_BYTES};
use crate::path::NodePath;
use crate::reader::{Entry, NodeReader, Page, ReadError, scan_start};
use core::cmp::Ordering;
use std::collections::{BTreeMap, btree_map};
use std::iter::Peekable;
use std::ops::Bound;
use std::sync::{Mutex, PoisonError};

/// Most checkpoints open at once: a transaction, its calls nested eight deep, and room for the
/// native modules between them.
pub const MAX_CHECKPOINTS: usize = 16;
/// Most bytes of values read from below that an overlay remembers; beyond, it reads again.
pub const MAX_REMEMBERED_BYTES: usize = 32 * 1024 * 1024;

type Writes = BTreeMap<Vec<u8>, Value>;

/// State as a block or transaction sees it: its own writes first, then the state below.
///
/// It is a [`NodeReader`] itself, so typed reads ([`crate::read`]) work on it.
pub struct Overlay<'a> {
    base: &'a dyn NodeReader,
    /// The writes under the first checkpoint, then those of each open one. Never empty.
    layers: Vec<Writes>,
    /// What was read from below. Reads come through shared references, which is why there is a
    /// lock; an overlay has one user, so nobody waits for it.
    remembered: Mutex<Remembered>,
}

#[derive(Default)]
struct Remembered {
    values: BTreeMap<Vec<u8>, Value>,
    bytes: usize,
}

impl<'a> Overlay<'a> {
    /// An overlay without writes.
    #[must_use]
    pub fn new(base: &'a dyn NodeReader) -> Self {
        Self { base, layers: vec![Writes::new()], remembered: Mutex::default() }
    }

    /// The value under a raw key.
    ///
    /// # Errors
    /// [`ReadError`] if the state below cannot be read.
    pub fn get(&self, raw: &[u8]) -> Result<Value, ReadError> {
        match self.layers.iter().rev().find_map(|writes| writes.get(raw)) {
            Some(value) => Ok(value.clone()),
            None => self.below(raw),
        }
    }

    /// Write a value. The empty value is a value.
    ///
    /// # Panics
    /// If the key or value exceeds the limits of [`crate::key`]: callers check what comes from
    /// outside.
    pub fn set(&mut self, raw: &[u8], value: Vec<u8>) {
        assert!(value.len() <= MAX_VALUE_BYTES, "a value has at most 512 KiB");
        self.write(raw, Some(value));
    }

    /// Remove a key, whether it is there or not.
    ///
    /// # Panics
    /// If the key exceeds the limits of [`crate::key`].
    pub fn remove(&mut self, raw: &[u8]) {
        self.write(raw, None);
    }

    /// Keys with a prefix and their values, as [`NodeReader::scan`], with the writes merged in.
    ///
    /// # Errors
    /// [`ReadError`] if the state below cannot be read.
    pub fn scan(
        &self,
        prefix: &[u8],
        after: Option<&[u8]>,
        limit: usize,
    ) -> Result<Page, ReadError> {
        let mut above = Above::new(&self.layers, prefix, after);
        let mut below = Below::new(self.base, prefix, after, limit);
        let mut page = Page::new();
        while page.len() < limit {
            let order = match (above.peek(), below.peek()?) {
                (None, None) => break,
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (Some(upper), Some((lower, _))) => upper.cmp(lower.as_slice()),
            };
            if order == Ordering::Greater {
                page.extend(below.next()?);
                continue;
            }
            if order == Ordering::Equal {
                below.next()?;
            }
            // A removed key has no value to show.
            if let Some((key, Some(value))) = above.next() {
                page.push((key.clone(), value.clone()));
            }
        }
        Ok(page)
    }

    /// Open a checkpoint: what is written from here on can be undone as a whole.
    ///
    /// # Panics
    /// If 16 are open.
    pub fn checkpoint(&mut self) {
        assert!(self.layers.len() <= MAX_CHECKPOINTS, "at most 16 checkpoints are open");
        self.layers.push(Writes::new());
    }

    /// Close the newest checkpoint and keep what was written since.
    ///
    /// # Panics
    /// If none is open.
    pub fn commit(&mut self) {
        let newer = self.close();
        let writes = self.layers.last_mut().expect("the layer under a checkpoint exists");
        writes.extend(newer);
    }

    /// Close the newest checkpoint and drop what was written since.
    ///
    /// # Panics
    /// If none is open.
    pub fn rollback(&mut self) {
        self.close();
    }

    /// How many checkpoints are open.
    #[must_use]
    pub fn checkpoints(&self) -> usize {
        self.layers.len().saturating_sub(1)
    }

    /// What changed against the state below; a write of the value that was there is no change.
    ///
    /// # Errors
    /// [`ReadError`] if the state below cannot be read.
    ///
    /// # Panics
    /// If a checkpoint is open.
    pub fn into_changes(mut self) -> Result<ChangeSet, ReadError> {
        assert_eq!(self.checkpoints(), 0, "every checkpoint was committed or rolled back");
        let writes = self.layers.pop().expect("the lowest layer exists");
        let mut entries = Vec::with_capacity(writes.len());
        let mut replaced = Vec::with_capacity(writes.len());
        for (key, value) in writes {
            let before = self.below(&key)?;
            if before != value {
                entries.push((key, value));
                replaced.push(before);
            }
        }
        let changes = ChangeSet::from_sorted_replacing(entries, replaced);
        Ok(changes.expect("a map is ascending, and each write was checked against the limits"))
    }

    fn write(&mut self, raw: &[u8], value: Value) {
        let bytes = raw.len();
        assert!(
            (PREFIX_BYTES..=MAX_RAW_KEY_BYTES).contains(&bytes),
            "a raw key has 33 to 289 bytes"
        );
        let writes = self.layers.last_mut().expect("the lowest layer exists");
        writes.insert(raw.to_vec(), value);
    }

    fn close(&mut self) -> Writes {
        assert!(self.layers.len() > 1, "a checkpoint is open");
        self.layers.pop().expect("a checkpoint is open")
    }

    fn below(&self, raw: &[u8]) -> Result<Value, ReadError> {
        let mut remembered = self.remembered.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(value) = remembered.values.get(raw) {
            return Ok(value.clone());
        }
        let value = self.base.value(raw)?;
        let bytes = raw.len().saturating_add(value.as_ref().map_or(0, Vec::len));
        let total = remembered.bytes.saturating_add(bytes);
        if total <= MAX_REMEMBERED_BYTES {
            remembered.bytes = total;
            remembered.values.insert(raw.to_vec(), value.clone());
        }
        Ok(value)
    }
}

impl NodeReader for Overlay<'_> {
    fn value(&self, raw: &[u8]) -> Result<Value, ReadError> {
        self.get(raw)
    }

    fn scan(&self, prefix: &[u8], after: Option<&[u8]>, limit: usize) -> Result<Page, ReadError> {
        Overlay::scan(self, prefix, after, limit)
    }

    /// The nodes of the state below: writes have none until a tree takes them up.
    fn node(&self, path: &NodePath) -> Result<Option<Vec<u8>>, ReadError> {
        self.base.node(path)
    }
}

type Write<'w> = (&'w Vec<u8>, &'w Value);

/// The writes of all layers under a prefix, ascending, the newest of each key.
struct Above<'w> {
    /// Oldest layer first.
    layers: Vec<Peekable<btree_map::Range<'w, Vec<u8>, Value>>>,
    prefix: &'w [u8],
}

impl<'w> Above<'w> {
    fn new(layers: &'w [Writes], prefix: &'w [u8], after: Option<&'w [u8]>) -> Self {
        let range = (scan_start(prefix, after), Bound::Unbounded);
        let layers =
            layers.iter().map(|writes| writes.range::<[u8], _>(range).peekable()).collect();
        Self { layers, prefix }
    }

    fn peek(&mut self) -> Option<&'w [u8]> {
        let heads = self.layers.iter_mut().filter_map(|layer| layer.peek().map(|(key, _)| *key));
        heads.min().map(Vec::as_slice).filter(|key| key.starts_with(self.prefix))
    }

    fn next(&mut self) -> Option<Write<'w>> {
        let key = self.peek()?;
        let mut newest = None;
        for layer in &mut self.layers {
            if let Some(write) = layer.next_if(|(head, _)| head.as_slice() == key) {
                newest = Some(write);
            }
        }
        newest
    }
}

/// The keys under a prefix in the state below, ascending, read page by page.
struct Below<'r> {
    base: &'r dyn NodeReader,
    prefix: &'r [u8],
    after: Option<Vec<u8>>,
    limit: usize,
    page: std::vec::IntoIter<Entry>,
    last_page: bool,
}

impl<'r> Below<'r> {
    fn new(base: &'r dyn NodeReader, prefix: &'r [u8], after: Option<&[u8]>, limit: usize) -> Self {
        let after = after.map(<[u8]>::to_vec);
        Self { base, prefix, after, limit, page: Vec::new().into_iter(), last_page: false }
    }

    fn peek(&mut self) -> Result<Option<&Entry>, ReadError> {
        if self.page.len() == 0 && !self.last_page {
            let page = self.base.scan(self.prefix, self.after.as_deref(), self.limit)?;
            self.last_page = page.len() < self.limit;
            self.after = page.last().map(|(key, _)| key.clone());
            self.page = page.into_iter();
        }
        Ok(self.page.as_slice().first())
    }

    fn next(&mut self) -> Result<Option<Entry>, ReadError> {
        self.peek()?;
        Ok(self.page.next())
    }
}

#[cfg(test)]
mod tests;
