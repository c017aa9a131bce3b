//! Carry out a block's changes in one walk.

use super::history::Step;
use super::memory::Memory;
use super::node::{Content, Leaf, Node, Range, Record, SLOTS, Slot, slot_bit};
use crate::changes::ChangeSet;
use crate::hashing;
use crate::path::{NodePath, digit};
use crate::reader::{NodeReader, ReadError};
use std::collections::BTreeSet;
use types::Hash;

/// A key to write or remove, as hashes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Update {
    pub(super) key_hash: [u8; 32],
    /// `None` to remove it.
    pub(super) value_hash: Option<[u8; 32]>,
    /// Position in the change set.
    pub(super) entry: usize,
}

/// The updates of a change set, ascending by key hash: a walk meets them in this order.
pub(super) fn updates(changes: &ChangeSet) -> Vec<Update> {
    let mut updates: Vec<Update> = changes
        .entries()
        .iter()
        .enumerate()
        .map(|(entry, (key, value))| Update {
            key_hash: hashing::key_hash(key),
            value_hash: value.as_deref().map(hashing::value_hash),
            entry,
        })
        .collect();
    updates.sort_unstable_by_key(|update| update.key_hash);
    let distinct = updates.windows(2).all(|pair| pair[0].key_hash != pair[1].key_hash);
    assert!(distinct, "two raw keys never have one hash");
    updates
}

/// Note the values that the updates replace.
pub(super) fn note_values(step: &mut Step, updates: &[Update], changes: &ChangeSet) {
    let Some(replaced) = changes.replaced() else { return };
    for update in updates {
        step.replace(update.key_hash, &replaced[update.entry]);
    }
}

/// One walk over the tree.
pub(super) struct Walk<'w> {
    pub(super) reader: &'w dyn NodeReader,
    pub(super) memory: &'w mut Memory,
    /// Paths that no longer have a node, since the last flush.
    pub(super) deleted: &'w mut BTreeSet<NodePath>,
    pub(super) step: &'w mut Step,
    /// What slots held before: those of the nodes between the root and here that are not finished.
    pub(super) before: Vec<(u8, Option<Record>)>,
}

impl Walk<'_> {
    /// Carry out updates under a node; its new hash, or `None` if nothing changed.
    ///
    /// Recursion goes down one digit: 64 deep at most, as a key hash has 64 of them.
    pub(super) fn update(
        &mut self,
        node: &mut Node,
        path: &NodePath,
        updates: &[Update],
    ) -> Result<Option<Hash>, ReadError> {
        let bytes_before = node.bytes();
        let entry = self.step.open(*path);
        let frame = self.before.len();
        let mut changed = 0;
        for group in updates
            .chunk_by(|a, b| digit(&a.key_hash, path.digits()) == digit(&b.key_hash, path.digits()))
        {
            let at = digit(&group[0].key_hash, path.digits());
            let before = node.get(at).map(Slot::record);
            if self.update_slot(node, path, at, group)? {
                changed |= slot_bit(at);
                self.before.push((at, before));
            }
        }
        if changed == 0 {
            self.step.cancel(entry);
            return Ok(None);
        }
        if *path != NodePath::ROOT && node.content(Range::WHOLE) != Content::Several {
            // The node is about to go: what comes after must not shine through.
            self.complete(frame, node);
        }
        self.step.close(entry, self.before.drain(frame..));
        let hash = node.rehash(changed);
        self.memory.changed(node, bytes_before);
        Ok(Some(hash))
    }

    /// Carry out updates under a slot; whether anything changed.
    fn update_slot(
        &mut self,
        node: &mut Node,
        path: &NodePath,
        at: u8,
        updates: &[Update],
    ) -> Result<bool, ReadError> {
        let lone = match node.get_mut(at) {
            None => None,
            Some(Slot::Leaf(leaf)) => Some(*leaf),
            Some(Slot::Branch { hash, child }) => {
                let below = path.child(at);
                let mut loaded = match child.take() {
                    Some(loaded) => loaded,
                    None => self.load(&below, hash)?,
                };
                loaded.referenced = true;
                let Some(new_hash) = self.update(&mut loaded, &below, updates)? else {
                    *child = Some(loaded);
                    return Ok(false);
                };
                let left = match loaded.content(Range::WHOLE) {
                    Content::Several => {
                        (*hash, *child) = (new_hash, Some(loaded));
                        return Ok(true);
                    }
                    Content::Lone(leaf) => Some(Slot::Leaf(leaf)),
                    Content::Empty => None,
                };
                self.memory.removed(&loaded);
                self.deleted.insert(below);
                node.set(at, left);
                return Ok(true);
            }
        };
        let leaves = leaves(lone, updates);
        if lone.as_slice() == leaves {
            return Ok(false);
        }
        let slot = (!leaves.is_empty()).then(|| self.build(path, at, &leaves));
        node.set(at, slot);
        Ok(true)
    }

    /// A slot of `path` with these leaves, ascending, at least one.
    ///
    /// Recursion goes down one digit: 64 deep at most, as two key hashes part by then.
    fn build(&mut self, path: &NodePath, at: u8, leaves: &[Leaf]) -> Slot {
        if let [leaf] = leaves {
            return Slot::Leaf(*leaf);
        }
        let below = path.child(at);
        let depth = below.digits();
        let groups = leaves.chunk_by(|a, b| digit(&a.key_hash, depth) == digit(&b.key_hash, depth));
        let mut node = Node::from_slots(groups.map(|group| {
            let at = digit(&group[0].key_hash, depth);
            (at, self.build(&below, at, group))
        }));
        let hash = node.rehash(u16::MAX);
        self.memory.made(&mut node);
        self.deleted.remove(&below);
        Slot::Branch { hash, child: Some(Box::new(node)) }
    }

    fn load(&mut self, path: &NodePath, hash: &Hash) -> Result<Box<Node>, ReadError> {
        let node = super::load_node(self.reader, path, hash)?;
        self.memory.loaded(&node);
        Ok(Box::new(node))
    }

    /// Note also the slots of a node that did not change.
    fn complete(&mut self, frame: usize, node: &Node) {
        let changed: Vec<_> = self.before.drain(frame..).collect();
        self.before.extend((0..SLOTS).map(|at| {
            let known = changed.iter().find(|(digit, _)| *digit == at);
            *known.unwrap_or(&(at, node.get(at).map(Slot::record)))
        }));
    }
}

/// The leaves under a slot after the updates, ascending, given the one that was there.
fn leaves(lone: Option<Leaf>, updates: &[Update]) -> Vec<Leaf> {
    let written = |update: &Update| {
        update.value_hash.map(|value_hash| Leaf { key_hash: update.key_hash, value_hash })
    };
    let Some(lone) = lone else { return updates.iter().filter_map(written).collect() };
    let below = updates.partition_point(|update| update.key_hash < lone.key_hash);
    let (below, rest) = updates.split_at(below);
    let (kept, above) = match rest.split_first() {
        Some((same, above)) if same.key_hash == lone.key_hash => (written(same), above),
        _ => (Some(lone), rest),
    };
    let above = above.iter().filter_map(written);
    below.iter().filter_map(written).chain(kept).chain(above).collect()
}
