//! Count what the nodes in memory take, and drop clean ones that were not used of late.

use super::node::{Node, Slot};

/// Parts of the tree that the cache looks at one after another: one for each pair of first digits.
const CELLS: usize = 256;

/// Bytes of nodes in memory, by what must become of them.
#[derive(Debug)]
pub(super) struct Memory {
    /// All of them.
    loaded: usize,
    /// Those that the next flush writes.
    dirty: usize,
    /// Those that the flush under way writes.
    flushing: usize,
    /// The number of the next flush. Nodes changed since the last one was taken carry it; nodes
    /// from storage carry 0.
    generation: u64,
    /// Whether a flush was taken and is not written yet.
    in_flight: bool,
    /// The part that the cache looks at next.
    hand: u8,
}

impl Memory {
    /// A root that storage holds, or an empty one that it need not hold.
    pub(super) fn new(root: &Node) -> Self {
        Self {
            loaded: root.bytes(),
            dirty: 0,
            flushing: 0,
            generation: 1,
            in_flight: false,
            hand: 0,
        }
    }

    pub(super) const fn dirty(&self) -> usize {
        self.dirty
    }

    pub(super) const fn pinned(&self) -> usize {
        self.dirty.saturating_add(self.flushing)
    }

    pub(super) const fn clean(&self) -> usize {
        self.loaded.saturating_sub(self.pinned())
    }

    pub(super) const fn in_flight(&self) -> bool {
        self.in_flight
    }

    /// A node came from storage.
    pub(super) fn loaded(&mut self, node: &Node) {
        self.loaded = self.loaded.saturating_add(node.bytes());
    }

    /// A node is new.
    pub(super) fn made(&mut self, node: &mut Node) {
        node.generation = self.generation;
        self.loaded = self.loaded.saturating_add(node.bytes());
        self.dirty = self.dirty.saturating_add(node.bytes());
    }

    /// A node that took `before` bytes changed.
    pub(super) fn changed(&mut self, node: &mut Node, before: usize) {
        if self.is_dirty(node) {
            self.dirty = self.dirty.saturating_sub(before);
        } else if !self.is_clean(node) {
            self.flushing = self.flushing.saturating_sub(before);
        }
        self.loaded = self.loaded.saturating_sub(before);
        self.made(node);
    }

    /// A node that changed just now is no more.
    pub(super) fn removed(&mut self, node: &Node) {
        assert!(self.is_dirty(node), "a node goes because it changed");
        self.loaded = self.loaded.saturating_sub(node.bytes());
        self.dirty = self.dirty.saturating_sub(node.bytes());
    }

    /// Whether the next flush writes a node.
    pub(super) const fn is_dirty(&self, node: &Node) -> bool {
        node.generation == self.generation
    }

    /// Whether storage holds a node as it is.
    const fn is_clean(&self, node: &Node) -> bool {
        let oldest_unwritten = self.generation.saturating_sub(self.in_flight as u64);
        node.generation < oldest_unwritten
    }

    /// A flush takes everything dirty.
    pub(super) fn take(&mut self) {
        assert!(!self.in_flight, "one flush at a time");
        self.in_flight = true;
        self.flushing = self.dirty;
        self.dirty = 0;
        self.generation = self.generation.saturating_add(1);
    }

    /// The flush under way is written.
    pub(super) fn written(&mut self) {
        assert!(self.in_flight, "a flush is under way");
        self.in_flight = false;
        self.flushing = 0;
    }

    /// Drop clean nodes that were not used since the last look at them, until those left take at
    /// most `limit` bytes (the clock algorithm, Corbató 1968). The two upper levels stay.
    ///
    /// Two rounds are enough: the first one clears every mark, the second finds none.
    pub(super) fn shrink(&mut self, root: &mut Node, limit: usize) {
        for _ in 0..CELLS.saturating_mul(2) {
            if self.clean() <= limit {
                return;
            }
            let (first, second) = (self.hand >> 4, self.hand & 0x0f);
            self.hand = self.hand.wrapping_add(1);
            if let Some(Slot::Branch { child: Some(upper), .. }) = root.get_mut(first)
                && let Some(Slot::Branch { child, .. }) = upper.get_mut(second)
            {
                self.sweep(child);
            }
        }
    }

    /// Recursion goes down one digit: 64 deep at most.
    fn sweep(&mut self, child: &mut Option<Box<Node>>) {
        let Some(node) = child else { return };
        let mut keeps = false;
        for slot in node.slots_mut() {
            if let Slot::Branch { child: below, .. } = slot {
                self.sweep(below);
                keeps |= below.is_some();
            }
        }
        if keeps || node.referenced || !self.is_clean(node) {
            node.referenced = false;
            return;
        }
        self.loaded = self.loaded.saturating_sub(node.bytes());
        *child = None;
    }
}
