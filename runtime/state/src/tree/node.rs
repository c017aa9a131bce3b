//! Nodes: sixteen slots, which are four levels of the binary tree.

use crate::hashing;
use crate::path::{MAX_DIGITS, NodePath, digit};
use types::Hash;

/// Slots of a node.
pub(super) const SLOTS: u8 = 16;
/// All of them.
const ALL: u16 = u16::MAX;
/// First byte of a stored node.
const VERSION: u8 = 1;
/// Bytes of a stored node before its slots: version, which slots are taken, which hold branches.
const HEAD_BYTES: usize = 5;
/// A node with this many slots keeps its inner hashes: fewer are as quickly made anew.
const KEEP_INNER_FROM: usize = 4;
/// Hashes between the slots and the node's own: 8 + 4 + 2.
const INNER: usize = 14;

/// A key and its value, as hashes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Leaf {
    pub(super) key_hash: [u8; 32],
    pub(super) value_hash: [u8; 32],
}

impl Leaf {
    fn hash(&self) -> Hash {
        hashing::leaf(&self.key_hash, &self.value_hash)
    }
}

/// What a slot holds, without what may be loaded under it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Record {
    /// The only leaf under the slot.
    Leaf(Leaf),
    /// The hash of a node: two leaves or more.
    Branch(Hash),
}

/// A slot that is not empty.
#[derive(Debug)]
pub(super) enum Slot {
    /// The only leaf under the slot.
    Leaf(Leaf),
    /// Two leaves or more.
    Branch {
        /// Hash of the node.
        hash: Hash,
        /// The node; `None` if it is in storage only.
        child: Option<Box<Node>>,
    },
}

impl Slot {
    pub(super) const fn record(&self) -> Record {
        match self {
            Self::Leaf(leaf) => Record::Leaf(*leaf),
            Self::Branch { hash, .. } => Record::Branch(*hash),
        }
    }

    fn hash(&self) -> Hash {
        match self {
            Self::Leaf(leaf) => leaf.hash(),
            Self::Branch { hash, .. } => *hash,
        }
    }
}

impl From<Record> for Slot {
    fn from(record: Record) -> Self {
        match record {
            Record::Leaf(leaf) => Self::Leaf(leaf),
            Record::Branch(hash) => Self::Branch { hash, child: None },
        }
    }
}

/// A node. Below the root it has at least two leaves under it, be it in one slot.
#[derive(Debug, Default)]
pub(super) struct Node {
    /// Which slots are not empty; the bit of a slot is 1 << its digit.
    occupied: u16,
    /// Which of them hold branches.
    branches: u16,
    /// The slots that are not empty, by digit.
    slots: Vec<Slot>,
    /// Hashes of pairs, fours and eights of slots, in the order of a heap without its top.
    inner: Option<Box<[Hash; INNER]>>,
    /// The flush that this node is waiting for, or the last one that held it.
    pub(super) generation: u64,
    /// Whether it was used since the cache last looked at it.
    pub(super) referenced: bool,
}

/// The slots `first..first + width`: one half, quarter, eighth or sixteenth of a node, or all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Range {
    first: u8,
    width: u8,
}

impl Range {
    /// The whole node.
    pub(super) const WHOLE: Self = Self { first: 0, width: SLOTS };

    /// Left and right half; `None` if it is one slot.
    pub(super) const fn halves(self) -> Option<(Self, Self)> {
        let width = self.width / 2;
        if width == 0 {
            return None;
        }
        let left = Self { first: self.first, width };
        Some((left, Self { first: self.first.saturating_add(width), width }))
    }

    pub(super) const fn contains(self, digit: u8) -> bool {
        self.first <= digit && digit < self.first.saturating_add(self.width)
    }

    const fn mask(self) -> u16 {
        let ones = match self.width {
            16 => ALL,
            8 => 0xff,
            4 => 0xf,
            2 => 0b11,
            _ => 0b1,
        };
        // The first slot of a range is a multiple of its width: nothing is shifted out.
        ones.wrapping_shl(self.first as u32)
    }

    /// Its place among the inner hashes; `None` for the whole and for single slots.
    const fn inner(self) -> Option<usize> {
        let at = match self.width {
            8 => self.first / 8,
            4 => (self.first / 4).saturating_add(2),
            2 => (self.first / 2).saturating_add(6),
            _ => return None,
        };
        Some(at as usize)
    }
}

/// The bit of a slot.
pub(super) const fn slot_bit(digit: u8) -> u16 {
    1_u16.wrapping_shl(digit as u32)
}

/// The digits whose bits are set, ascending.
pub(super) fn digits(mask: u16) -> impl Iterator<Item = u8> {
    (0..SLOTS).filter(move |digit| mask & slot_bit(*digit) != 0)
}

/// What lies under a range of slots.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Content {
    /// Nothing.
    Empty,
    /// One leaf, which stands for the whole range.
    Lone(Leaf),
    /// Two leaves or more.
    Several,
}

impl Node {
    /// A node of these slots, by ascending digit.
    pub(super) fn from_slots(slots: impl IntoIterator<Item = (u8, Slot)>) -> Self {
        let mut node = Self { referenced: true, ..Self::default() };
        for (digit, slot) in slots {
            node.set(digit, Some(slot));
        }
        node
    }

    /// What a slot holds.
    pub(super) fn get(&self, digit: u8) -> Option<&Slot> {
        self.position(digit).and_then(|at| self.slots.get(at))
    }

    /// As [`Node::get`]; the caller rehashes what it changes.
    pub(super) fn get_mut(&mut self, digit: u8) -> Option<&mut Slot> {
        self.position(digit).and_then(|at| self.slots.get_mut(at))
    }

    /// Where a slot lies among those that are not empty; `None` if it is empty.
    fn position(&self, digit: u8) -> Option<usize> {
        (self.occupied & slot_bit(digit) != 0).then(|| self.slots_before(digit))
    }

    /// How many slots before this one are not empty.
    fn slots_before(&self, digit: u8) -> usize {
        (self.occupied & slot_bit(digit).wrapping_sub(1)).count_ones() as usize
    }

    /// Put something into a slot, or empty it; the caller rehashes.
    pub(super) fn set(&mut self, digit: u8, slot: Option<Slot>) {
        let bit = slot_bit(digit);
        let at = self.slots_before(digit);
        let was = self.occupied & bit != 0;
        self.branches &= !bit;
        self.occupied &= !bit;
        if let Some(slot) = slot {
            self.occupied |= bit;
            if matches!(slot, Slot::Branch { .. }) {
                self.branches |= bit;
            }
            if was {
                self.slots[at] = slot;
            } else {
                self.slots.reserve_exact(1);
                self.slots.insert(at, slot);
            }
        } else if was {
            self.slots.remove(at);
        }
    }

    /// The slots that are not empty, with their digits.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u8, &Slot)> {
        digits(self.occupied).zip(&self.slots)
    }

    /// The slots that are not empty.
    pub(super) fn slots_mut(&mut self) -> impl Iterator<Item = &mut Slot> {
        self.slots.iter_mut()
    }

    /// What lies under a range of slots.
    pub(super) fn content(&self, range: Range) -> Content {
        let occupied = self.occupied & range.mask();
        if occupied == 0 {
            return Content::Empty;
        }
        if occupied.is_power_of_two()
            && let Some(Slot::Leaf(leaf)) = digits(occupied).next().and_then(|at| self.get(at))
        {
            return Content::Lone(*leaf);
        }
        Content::Several
    }

    /// Bring the hashes up to date after the slots of `changed` (bits) changed; the node's hash.
    pub(super) fn rehash(&mut self, changed: u16) -> Hash {
        let (mut inner, changed) = match self.inner.take() {
            _ if self.slots.len() < KEEP_INNER_FROM => (None, ALL),
            Some(inner) => (Some(inner), changed),
            None => (Some(Box::new([Hash::ZERO; INNER])), ALL),
        };
        let hash = self.fold(Range::WHOLE, changed, inner.as_deref_mut());
        self.inner = inner;
        hash
    }

    /// The hash of a range of slots.
    pub(super) fn hash(&self, range: Range) -> Hash {
        self.fold(range, ALL, None)
    }

    /// Recursion halves the range: five deep at most.
    ///
    /// Only ranges of several leaves keep their hash. One of a lone leaf is not looked into, so
    /// what is kept of its halves would be out of date once a second leaf comes.
    fn fold(&self, range: Range, changed: u16, mut inner: Option<&mut [Hash; INNER]>) -> Hash {
        match self.content(range) {
            Content::Empty => return Hash::ZERO,
            Content::Lone(leaf) => return leaf.hash(),
            Content::Several => {}
        }
        let Some((left, right)) = range.halves() else {
            return self.get(range.first).map_or(Hash::ZERO, Slot::hash);
        };
        let kept = range.inner();
        if let (Some(inner), Some(at)) = (&inner, kept)
            && changed & range.mask() == 0
        {
            return inner[at];
        }
        let left = self.fold(left, changed, inner.as_deref_mut());
        let right = self.fold(right, changed, inner.as_deref_mut());
        let hash = hashing::branch(&left, &right);
        if let (Some(inner), Some(at)) = (inner, kept) {
            inner[at] = hash;
        }
        hash
    }

    /// Memory that it takes, without what is loaded under it. Unit: bytes.
    pub(super) fn bytes(&self) -> usize {
        let slots = self.slots.capacity().saturating_mul(size_of::<Slot>());
        let inner = self.inner.as_ref().map_or(0, |_| size_of::<[Hash; INNER]>());
        size_of::<Self>().saturating_add(slots).saturating_add(inner)
    }

    /// The stored form: version, two bit masks (little-endian), then for each slot that is not
    /// empty key hash ‖ value hash of its leaf, or the hash of its branch.
    pub(super) fn encode(&self) -> Vec<u8> {
        let slots = self.slots.iter().map(|slot| match slot {
            Slot::Leaf(_) => 64,
            Slot::Branch { .. } => 32,
        });
        let mut bytes = Vec::with_capacity(slots.fold(HEAD_BYTES, usize::saturating_add));
        bytes.push(VERSION);
        bytes.extend_from_slice(&self.occupied.to_le_bytes());
        bytes.extend_from_slice(&self.branches.to_le_bytes());
        for slot in &self.slots {
            match slot {
                Slot::Leaf(leaf) => {
                    bytes.extend_from_slice(&leaf.key_hash);
                    bytes.extend_from_slice(&leaf.value_hash);
                }
                Slot::Branch { hash, .. } => bytes.extend_from_slice(&hash.0),
            }
        }
        bytes
    }

    /// Read the stored form of the node at a path; what is wrong with it, otherwise.
    pub(super) fn decode(path: &NodePath, bytes: &[u8]) -> Result<Self, &'static str> {
        let [version, a, b, c, d, rest @ ..] = bytes else { return Err("it is too short") };
        if *version != VERSION {
            return Err("its version is unknown");
        }
        let occupied = u16::from_le_bytes([*a, *b]);
        let branches = u16::from_le_bytes([*c, *d]);
        if branches & !occupied != 0 {
            return Err("an empty slot is marked as a branch");
        }
        if branches != 0 && path.digits() == MAX_DIGITS {
            return Err("a branch lies below the last digit");
        }
        let mut rest = rest;
        let mut slots = Vec::with_capacity(occupied.count_ones() as usize);
        for at in digits(occupied) {
            let first = take_hash(&mut rest)?;
            slots.push(if branches & slot_bit(at) != 0 {
                Slot::Branch { hash: Hash(first), child: None }
            } else {
                if !path.contains(&first) || digit(&first, path.digits()) != at {
                    return Err("a leaf lies under another path");
                }
                Slot::Leaf(Leaf { key_hash: first, value_hash: take_hash(&mut rest)? })
            });
        }
        if !rest.is_empty() {
            return Err("bytes are left over");
        }
        let node = Self { occupied, branches, slots, referenced: true, ..Self::default() };
        if *path != NodePath::ROOT && node.content(Range::WHOLE) != Content::Several {
            return Err("fewer than two leaves lie under it");
        }
        Ok(node)
    }
}

fn take_hash(rest: &mut &[u8]) -> Result<[u8; 32], &'static str> {
    let (hash, after) = rest.split_first_chunk().ok_or("it ends within a slot")?;
    *rest = after;
    Ok(*hash)
}
