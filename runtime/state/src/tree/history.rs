//! What proofs of earlier heights need: for each of the last heights, what it replaced.

use super::node::{Record, SLOTS, digits, slot_bit};
use crate::changes::Value;
use crate::path::NodePath;
use std::collections::VecDeque;
use types::{Hash, Height};

/// Heights that can be proven: the newest, and those that its predecessors replaced.
pub const PROVABLE_HEIGHTS: usize = 32;
/// Most memory for what they need. Blocks filled with nothing but transfers stay below it; beyond,
/// the oldest heights go first. Unit: bytes.
pub const MAX_HISTORY_BYTES: usize = 256 * 1024 * 1024;

/// What a node held in all slots, as far as it is known.
pub(super) type View = [Option<Record>; SLOTS as usize];

/// What one height replaced: put back, it leads to the height before.
#[derive(Debug)]
pub(super) struct Step {
    height: Height,
    root_before: Hash,
    /// Nodes that changed, in the order of their paths. Nodes that the height made have no entry:
    /// nothing of the height before leads to them.
    entries: Vec<Entry>,
    records: Vec<Record>,
    /// Values that changed, in the order of their key hashes.
    values: Vec<ReplacedValue>,
    /// The bytes of those that were there.
    value_bytes: Vec<u8>,
}

#[derive(Debug)]
struct Entry {
    path: NodePath,
    /// Slots that changed.
    changed: u16,
    /// Those of them that were not empty before.
    present: u16,
    /// Where the records of those begin.
    first: usize,
}

#[derive(Debug)]
struct ReplacedValue {
    key_hash: [u8; 32],
    /// Start and end of its bytes; `None` if the key was not there.
    bytes: Option<(usize, usize)>,
}

impl Step {
    pub(super) const fn new(height: Height, root_before: Hash) -> Self {
        Self {
            height,
            root_before,
            entries: Vec::new(),
            records: Vec::new(),
            values: Vec::new(),
            value_bytes: Vec::new(),
        }
    }

    /// Make room for a node before what lies under it is visited.
    pub(super) fn open(&mut self, path: NodePath) -> usize {
        let at = self.entries.len();
        self.entries.push(Entry { path, changed: 0, present: 0, first: 0 });
        at
    }

    /// Nothing changed in the node of the newest entry.
    pub(super) fn cancel(&mut self, entry: usize) {
        assert!(self.entries.len() == entry.saturating_add(1), "nothing changed under it either");
        self.entries.truncate(entry);
    }

    /// Note what slots held before, by ascending digit.
    pub(super) fn close(
        &mut self,
        entry: usize,
        before: impl IntoIterator<Item = (u8, Option<Record>)>,
    ) {
        let first = self.records.len();
        let (mut changed, mut present) = (0, 0);
        for (digit, record) in before {
            changed |= slot_bit(digit);
            if let Some(record) = record {
                present |= slot_bit(digit);
                self.records.push(record);
            }
        }
        let entry = &mut self.entries[entry];
        *entry = Entry { path: entry.path, changed, present, first };
    }

    /// Note what a key held before; keys come by ascending hash.
    pub(super) fn replace(&mut self, key_hash: [u8; 32], value: &Value) {
        let bytes = value.as_ref().map(|value| {
            let start = self.value_bytes.len();
            self.value_bytes.extend_from_slice(value);
            (start, self.value_bytes.len())
        });
        self.values.push(ReplacedValue { key_hash, bytes });
    }

    fn put_back(&self, path: &NodePath, view: &mut View) {
        let Ok(at) = self.entries.binary_search_by(|entry| entry.path.cmp(path)) else { return };
        let entry = &self.entries[at];
        let mut records = self.records[entry.first..].iter();
        for digit in digits(entry.changed) {
            let was = entry.present & slot_bit(digit) != 0;
            view[usize::from(digit)] = if was { records.next().copied() } else { None };
        }
    }

    fn value(&self, key_hash: &[u8; 32]) -> Option<Option<&[u8]>> {
        let at = self.values.binary_search_by(|value| value.key_hash.cmp(key_hash)).ok()?;
        Some(self.values[at].bytes.map(|(start, end)| &self.value_bytes[start..end]))
    }

    fn bytes(&self) -> usize {
        fn of<T>(list: &Vec<T>) -> usize {
            list.capacity().saturating_mul(size_of::<T>())
        }
        [of(&self.entries), of(&self.records), of(&self.values), of(&self.value_bytes)]
            .into_iter()
            .fold(size_of::<Self>(), usize::saturating_add)
    }
}

/// The steps of the last heights, without a gap.
#[derive(Debug, Default)]
pub(super) struct History {
    steps: VecDeque<Step>,
    bytes: usize,
}

impl History {
    /// Memory that it takes. Unit: bytes.
    pub(super) const fn bytes(&self) -> usize {
        self.bytes
    }

    /// Add the step of the next height, and forget the oldest ones that have no room.
    pub(super) fn push(&mut self, mut step: Step, max_bytes: usize) {
        let newest = self.steps.back();
        assert!(newest.is_none_or(|newest| newest.height.next() == step.height), "no gap");
        step.entries.shrink_to_fit();
        step.records.shrink_to_fit();
        step.values.shrink_to_fit();
        step.value_bytes.shrink_to_fit();
        self.bytes = self.bytes.saturating_add(step.bytes());
        self.steps.push_back(step);
        while self.steps.len() >= PROVABLE_HEIGHTS || self.bytes > max_bytes {
            let Some(oldest) = self.steps.pop_front() else { break };
            self.bytes = self.bytes.saturating_sub(oldest.bytes());
        }
    }

    /// Forget everything.
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    /// The oldest height that the steps lead back to.
    pub(super) fn oldest(&self) -> Option<Height> {
        self.steps.front().map(|step| step.height.previous())
    }

    /// The root of a height, if a step leads back to it.
    pub(super) fn root(&self, height: Height) -> Option<Hash> {
        self.after(height).next().map(|step| step.root_before)
    }

    /// Turn what a node holds now into what it held at a height.
    pub(super) fn put_back(&self, height: Height, path: &NodePath, view: &mut View) {
        self.after(height).rev().for_each(|step| step.put_back(path, view));
    }

    /// What a key held at a height; the outer `None` says that it has not changed since.
    pub(super) fn value(&self, height: Height, key_hash: &[u8; 32]) -> Option<Option<&[u8]>> {
        self.after(height).find_map(|step| step.value(key_hash))
    }

    fn after(&self, height: Height) -> impl DoubleEndedIterator<Item = &Step> {
        let from = self.steps.partition_point(|step| step.height <= height);
        self.steps.range(from..)
    }
}
