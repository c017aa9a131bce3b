//! Reading state: the trait that store and simulation implement, and the in-memory one.

use crate::changes::ChangeSet;
use crate::path::NodePath;
use std::collections::BTreeMap;
use std::ops::Bound;
use types::DecodeError;

/// A raw key with its value.
pub type Entry = (Vec<u8>, Vec<u8>);

/// Entries ascending by raw key: what one scan finds.
pub type Page = Vec<Entry>;

/// The latest state: flat values, and the stored nodes of the tree over them.
pub trait NodeReader: Send + Sync {
    /// The value under a raw key.
    ///
    /// # Errors
    /// [`ReadError`] if storage cannot be read.
    fn value(&self, raw: &[u8]) -> Result<Option<Vec<u8>>, ReadError>;

    /// The first `limit` keys that begin with `prefix` and lie above `after` (the key itself left
    /// out), with their values, ascending. Fewer than `limit` means that there are no more.
    ///
    /// # Errors
    /// [`ReadError`] if storage cannot be read.
    fn scan(&self, prefix: &[u8], after: Option<&[u8]>, limit: usize) -> Result<Page, ReadError>;

    /// The stored tree node at a path, as last flushed.
    ///
    /// # Errors
    /// [`ReadError`] if storage cannot be read.
    fn node(&self, path: &NodePath) -> Result<Option<Vec<u8>>, ReadError>;
}

/// Why state could not be read. None of these has to do with what a wallet, contract or peer sent:
/// the node that meets one stops.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// Storage failed.
    #[error("storage failed: {reason}")]
    Storage {
        /// What it said.
        reason: String,
    },
    /// What is stored is not what was written.
    #[error("{what} in storage is corrupt: {reason}")]
    Corrupt {
        /// What was read.
        what: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// Something that is always there is not.
    #[error("{what} is missing in state")]
    Missing {
        /// What was looked for.
        what: &'static str,
    },
    /// An earlier call failed half-way: what is in memory is of no height.
    #[error("the state tree was left half-way by an earlier failure")]
    Broken,
}

impl From<DecodeError> for ReadError {
    fn from(error: DecodeError) -> Self {
        let (DecodeError::TooLarge { what, .. } | DecodeError::Malformed { what, .. }) = error;
        Self::Corrupt { what, reason: error.to_string() }
    }
}

/// State in memory, for tests and the simulation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MapReader {
    values: BTreeMap<Vec<u8>, Vec<u8>>,
    nodes: BTreeMap<NodePath, Vec<u8>>,
}

impl MapReader {
    /// Empty state.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Carry out a change set on the flat values.
    pub fn apply(&mut self, changes: &ChangeSet) {
        for (key, value) in changes.entries() {
            match value {
                Some(value) => self.values.insert(key.clone(), value.clone()),
                None => self.values.remove(key),
            };
        }
    }

    /// Carry out a flush of tree nodes.
    pub fn apply_nodes(&mut self, puts: &[(NodePath, Vec<u8>)], deletes: &[NodePath]) {
        for path in deletes {
            self.nodes.remove(path);
        }
        for (path, node) in puts {
            self.nodes.insert(*path, node.clone());
        }
    }

    /// The flat values.
    #[must_use]
    pub fn values(&self) -> &BTreeMap<Vec<u8>, Vec<u8>> {
        &self.values
    }

    /// The stored tree nodes.
    #[must_use]
    pub fn nodes(&self) -> &BTreeMap<NodePath, Vec<u8>> {
        &self.nodes
    }
}

impl NodeReader for MapReader {
    fn value(&self, raw: &[u8]) -> Result<Option<Vec<u8>>, ReadError> {
        Ok(self.values.get(raw).cloned())
    }

    fn scan(&self, prefix: &[u8], after: Option<&[u8]>, limit: usize) -> Result<Page, ReadError> {
        let page = self.values.range::<[u8], _>((scan_start(prefix, after), Bound::Unbounded));
        Ok(page
            .take_while(|(key, _)| key.starts_with(prefix))
            .take(limit)
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect())
    }

    fn node(&self, path: &NodePath) -> Result<Option<Vec<u8>>, ReadError> {
        Ok(self.nodes.get(path).cloned())
    }
}

/// Where a scan begins: at the prefix, or above `after` if that lies further on.
#[must_use]
pub fn scan_start<'a>(prefix: &'a [u8], after: Option<&'a [u8]>) -> Bound<&'a [u8]> {
    match after {
        Some(after) if after >= prefix => Bound::Excluded(after),
        Some(_) | None => Bound::Included(prefix),
    }
}

#[cfg(test)]
mod tests;
