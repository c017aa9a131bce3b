//! The tree over state: its root stands in headers, and single keys are proven against it.
//!
//! A binary sparse Merkle tree over the hashes of raw keys, in the shape of the Jellyfish Merkle
//! tree (Gao, Hu, Wu, 2021): a subtree of one leaf is that leaf, an empty one is 32 zero bytes,
//! anything else is the hash of its two halves. The root depends on what state holds and on nothing
//! else: not on order, history, or how nodes are stored.
//!
//! Four levels are stored as one node. Nodes that changed stay in memory until a flush writes them,
//! many heights at once and outside the synced batch of a block; storage holds the tree of the last
//! flush, and after a crash the change sets since then are applied once more. Nodes that storage
//! holds are dropped from memory when their share of it is full. A node read back is checked
//! against the hash that its parent has of it.
//!
//! What a height replaced is kept for the last 32 heights, so that they can be proven, too.

mod history;
mod memory;
mod node;
mod prove;
mod update;

use crate::changes::ChangeSet;
use crate::path::NodePath;
use crate::reader::{NodeReader, ReadError};
use history::{History, Step};
pub use history::{MAX_HISTORY_BYTES, PROVABLE_HEIGHTS};
use memory::Memory;
use node::Node;
pub use prove::ProveError;
use std::collections::BTreeSet;
use types::{Hash, Height};
use update::{Update, Walk};

/// A flush is due when changed nodes take this much memory. Unit: bytes.
pub const FLUSH_BYTES: usize = 32 * 1024 * 1024;
/// A flush is due after this many heights: no more have to be applied again after a crash.
pub const FLUSH_HEIGHTS: u64 = 256;

/// The tree of the newest state.
#[derive(Debug)]
pub struct Tree {
    root: Node,
    root_hash: Hash,
    /// `None` before genesis.
    height: Option<Height>,
    durable: Option<Height>,
    /// Height of the last flush that is written.
    flushed: Option<Height>,
    /// Height of the flush under way.
    flushing: Option<Height>,
    /// Nodes that are gone since the last flush was taken.
    deleted: BTreeSet<NodePath>,
    memory: Memory,
    cache_bytes: usize,
    history: History,
    /// A walk failed half-way.
    broken: bool,
}

/// Nodes to write, in one atomic batch together with height and root. Not synced. No path is both
/// put and deleted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flush {
    /// The height whose tree storage then holds; its own batch is durable.
    pub height: Height,
    /// The root of that height.
    pub root: Hash,
    /// Nodes with their stored form.
    pub puts: Vec<(NodePath, Vec<u8>)>,
    /// Paths that no longer have a node.
    pub deletes: Vec<NodePath>,
}

/// What a tree takes. Unit: bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TreeMemory {
    /// Nodes that storage holds, too.
    pub clean_bytes: usize,
    /// Nodes that wait for a flush, or for the one under way to be written.
    pub dirty_bytes: usize,
    /// What earlier heights need.
    pub history_bytes: usize,
}

impl Tree {
    /// The tree before genesis. Clean nodes take about `cache_bytes` at most.
    #[must_use]
    pub fn new(cache_bytes: usize) -> Self {
        let root = Node::default();
        Self {
            memory: Memory::new(&root),
            root,
            root_hash: Hash::ZERO,
            height: None,
            durable: None,
            flushed: None,
            flushing: None,
            deleted: BTreeSet::new(),
            cache_bytes,
            history: History::default(),
            broken: false,
        }
    }

    /// The tree that the last flush left in storage.
    ///
    /// # Errors
    /// [`ReadError`] if storage cannot be read, or holds no tree of this root.
    pub fn load(
        reader: &dyn NodeReader,
        cache_bytes: usize,
        height: Height,
        root: Hash,
    ) -> Result<Self, ReadError> {
        let mut tree = Self::new(cache_bytes);
        if root != Hash::ZERO {
            tree.root = load_node(reader, &NodePath::ROOT, &root)?;
            tree.memory = Memory::new(&tree.root);
        }
        tree.root_hash = root;
        tree.height = Some(height);
        tree.durable = Some(height);
        tree.flushed = Some(height);
        Ok(tree)
    }

    /// The newest height; `None` before genesis.
    #[must_use]
    pub const fn height(&self) -> Option<Height> {
        self.height
    }

    /// The root of the newest height: 32 zero bytes if state is empty.
    #[must_use]
    pub const fn root(&self) -> Hash {
        self.root_hash
    }

    /// The oldest height that can be proven; `None` before genesis.
    #[must_use]
    pub fn oldest_provable(&self) -> Option<Height> {
        self.history.oldest().or(self.height)
    }

    /// What it takes.
    #[must_use]
    pub const fn memory(&self) -> TreeMemory {
        TreeMemory {
            clean_bytes: self.memory.clean(),
            dirty_bytes: self.memory.pinned(),
            history_bytes: self.history.bytes(),
        }
    }

    /// Carry out the changes of the next height; its root. Genesis is height 0.
    ///
    /// Call it before the height's batch is written: proofs of the height before stay possible in
    /// between. Change sets that do not know what they replace end the proofs of earlier heights.
    ///
    /// # Errors
    /// [`ReadError`] if storage cannot be read; the tree is of no use then and says
    /// [`ReadError::Broken`] from there on.
    ///
    /// # Panics
    /// If `height` is not the next one.
    pub fn apply(
        &mut self,
        reader: &dyn NodeReader,
        height: Height,
        changes: &ChangeSet,
    ) -> Result<Hash, ReadError> {
        let next = self.height.map_or(Height::ZERO, Height::next);
        assert_eq!(height, next, "heights are applied in order");
        let updates = update::updates(changes);
        let mut step = self.walk(reader, height, &updates)?;
        update::note_values(&mut step, &updates, changes);
        if changes.replaced().is_some() && height != Height::ZERO {
            self.history.push(step, MAX_HISTORY_BYTES);
        } else {
            self.history.clear();
        }
        self.memory.shrink(&mut self.root, self.cache_bytes);
        Ok(self.root_hash)
    }

    /// Carry out the merged changes of all heights after this tree's up to a durable one: after a
    /// crash, or the whole state of a snapshot on an empty tree. The caller compares the root.
    ///
    /// # Errors
    /// As [`Tree::apply`].
    ///
    /// # Panics
    /// If `height` is not above the tree's.
    pub fn catch_up(
        &mut self,
        reader: &dyn NodeReader,
        height: Height,
        merged: &ChangeSet,
    ) -> Result<Hash, ReadError> {
        assert!(self.height.is_none_or(|own| own < height), "what is caught up lies ahead");
        self.walk(reader, height, &update::updates(merged))?;
        self.history.clear();
        self.durable = Some(height);
        self.memory.shrink(&mut self.root, self.cache_bytes);
        Ok(self.root_hash)
    }

    /// Say that the batch of a height is synced: from now on it may be flushed and proven.
    ///
    /// # Panics
    /// If the height was not applied, or lies below one that is durable.
    pub fn durable(&mut self, height: Height) {
        assert!(self.height.is_some_and(|own| height <= own), "what is durable was applied");
        assert!(self.durable.is_none_or(|durable| durable <= height), "durable heights rise");
        self.durable = Some(height);
    }

    /// The nodes to write now: when 32 MiB changed or 256 heights passed since the last flush, and
    /// the conditions of [`Tree::take_flush_early`] hold.
    #[must_use]
    pub fn take_flush(&mut self) -> Option<Flush> {
        let since = self.height?.0.saturating_sub(self.flushed.map_or(0, |height| height.0));
        let due = self.memory.dirty() >= FLUSH_BYTES || since >= FLUSH_HEIGHTS;
        if due { self.take_flush_early() } else { None }
    }

    /// The nodes to write now, however few: after 30 s, or before a shutdown.
    ///
    /// `None` while the newest height is not durable, while a flush is under way, and when there
    /// is nothing to write. Until [`Tree::flushed`] says that they are written, they stay in
    /// memory.
    #[must_use]
    pub fn take_flush_early(&mut self) -> Option<Flush> {
        let height = self.height?;
        let ready = self.durable == self.height && !self.memory.in_flight() && !self.broken;
        if !ready || self.flushed == self.height {
            return None;
        }
        let mut puts = Vec::new();
        self.collect(&self.root, &NodePath::ROOT, &mut puts);
        let deletes = std::mem::take(&mut self.deleted).into_iter().collect();
        self.memory.take();
        self.flushing = Some(height);
        Some(Flush { height, root: self.root_hash, puts, deletes })
    }

    /// Say that the flush of a height is written, so that its nodes may leave memory.
    ///
    /// # Panics
    /// If it is not the flush that was taken last.
    pub fn flushed(&mut self, height: Height) {
        assert_eq!(self.flushing, Some(height), "this flush is under way");
        self.flushing = None;
        self.flushed = Some(height);
        self.memory.written();
        self.memory.shrink(&mut self.root, self.cache_bytes);
    }

    /// Carry out updates; what they replaced. The values that they replaced are not noted here.
    fn walk(
        &mut self,
        reader: &dyn NodeReader,
        height: Height,
        updates: &[Update],
    ) -> Result<Step, ReadError> {
        if self.broken {
            return Err(ReadError::Broken);
        }
        // An error leaves nodes of two heights behind; only success takes this back.
        self.broken = true;
        let mut step = Step::new(height, self.root_hash);
        let mut walk = Walk {
            reader,
            memory: &mut self.memory,
            deleted: &mut self.deleted,
            step: &mut step,
            before: Vec::new(),
        };
        if let Some(root) = walk.update(&mut self.root, &NodePath::ROOT, updates)? {
            self.root_hash = root;
        }
        self.height = Some(height);
        self.broken = false;
        Ok(step)
    }

    /// The stored form of every node that changed. A node that did not change has none under it
    /// that did. Recursion goes down one digit: 64 deep at most.
    fn collect(&self, node: &Node, path: &NodePath, puts: &mut Vec<(NodePath, Vec<u8>)>) {
        if !self.memory.is_dirty(node) {
            return;
        }
        puts.push((*path, node.encode()));
        for (digit, slot) in node.iter() {
            if let node::Slot::Branch { child: Some(child), .. } = slot {
                self.collect(child, &path.child(digit), puts);
            }
        }
    }
}

/// Read the node at a path and check that it is the one its parent means.
fn load_node(reader: &dyn NodeReader, path: &NodePath, hash: &Hash) -> Result<Node, ReadError> {
    let corrupt = |reason: &str| ReadError::Corrupt {
        what: "tree node",
        reason: format!("the node at {path:?} {reason}"),
    };
    let bytes = reader.node(path)?.ok_or_else(|| corrupt("is missing"))?;
    let mut node = Node::decode(path, &bytes).map_err(corrupt)?;
    if node.rehash(u16::MAX) != *hash {
        return Err(corrupt("has another hash than its parent says"));
    }
    Ok(node)
}

/// The hash of a stored node, for checking storage node by node.
///
/// # Errors
/// [`ReadError::Corrupt`] if the bytes are not the stored form of a node at this path.
pub fn stored_node_hash(path: &NodePath, bytes: &[u8]) -> Result<Hash, ReadError> {
    let node = Node::decode(path, bytes).map_err(|reason| ReadError::Corrupt {
        what: "tree node",
        reason: format!("the node at {path:?}: {reason}"),
    })?;
    Ok(node.hash(node::Range::WHOLE))
}

#[cfg(test)]
pub(crate) mod tests;
