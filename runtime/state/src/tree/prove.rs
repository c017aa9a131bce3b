//! Prove a key at one of the last heights.

use super::history::View;
use super::node::{Content, Node, Range, Record, Slot};
use super::{Tree, load_node};
use crate::hashing;
use crate::key::MAX_RAW_KEY_BYTES;
use crate::path::{NodePath, digit};
use crate::proof::{OtherLeaf, Proof, verify_key};
use crate::reader::{NodeReader, ReadError};
use types::{Hash, Height};

/// Why there is no proof.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProveError {
    /// What the height needs is gone.
    #[error("state of that height is pruned, the oldest kept is {oldest}")]
    Pruned {
        /// The oldest height that can be proven.
        oldest: Height,
    },
    /// The height is not durable here yet.
    #[error("state of that height is not there yet")]
    NotYet {
        /// The newest height that can be proven; `None` before genesis.
        newest: Option<Height>,
    },
    /// No raw key is this long.
    #[error("the key has {bytes} bytes, the limit is {MAX_RAW_KEY_BYTES}")]
    KeySize {
        /// Its size.
        bytes: usize,
    },
    /// Storage failed.
    #[error(transparent)]
    Read(#[from] ReadError),
}

/// The node of today at a path, by which the view of an earlier height begins.
enum Today<'t> {
    /// In memory.
    Loaded(&'t Node),
    /// Read from storage for this proof.
    Read(Box<Node>),
    /// There is none; steps know the one that was there.
    Gone,
}

impl Today<'_> {
    fn node(&self) -> Option<&Node> {
        match self {
            Self::Loaded(node) => Some(node),
            Self::Read(node) => Some(node),
            Self::Gone => None,
        }
    }
}

/// Where the path of a key ends.
pub(super) enum End {
    /// Nothing is there.
    Empty,
    /// A leaf is, the key's own or another.
    Leaf(super::node::Leaf),
}

impl Tree {
    /// Prove what a raw key holds, or that it is not there, in the state after a height.
    ///
    /// The values of `reader` are those of the durable height, or of the height that is being made
    /// durable.
    ///
    /// # Errors
    /// [`ProveError::Pruned`] below the last 32 heights, and below what was caught up after a
    /// start; [`ProveError::NotYet`] above the durable height; [`ProveError::KeySize`] for what is
    /// no raw key; [`ProveError::Read`] if storage fails or does not fit the tree.
    pub fn prove(
        &self,
        reader: &dyn NodeReader,
        height: Height,
        raw: &[u8],
    ) -> Result<Proof, ProveError> {
        let root = self.root_at(height)?;
        if raw.len() > MAX_RAW_KEY_BYTES {
            return Err(ProveError::KeySize { bytes: raw.len() });
        }
        let key_hash = hashing::key_hash(raw);
        let (siblings, end) = self.descend(reader, height, &key_hash)?;
        let (value, other) = match end {
            End::Empty => (None, None),
            End::Leaf(leaf) if leaf.key_hash == key_hash => {
                (Some(self.value_at(reader, height, &key_hash, raw)?), None)
            }
            End::Leaf(leaf) => {
                let other = OtherLeaf { key_hash: leaf.key_hash, value_hash: leaf.value_hash };
                (None, Some(other))
            }
        };
        let proof = Proof::new(raw.to_vec(), value, other, &siblings);
        match verify_key(&proof, &root, raw) {
            Ok(_) => Ok(proof),
            Err(error) => {
                let reason = format!("a proof at height {height} does not hold: {error}");
                Err(ReadError::Corrupt { what: "state", reason }.into())
            }
        }
    }

    /// The root of a height that can be proven.
    ///
    /// # Errors
    /// As [`Tree::prove`].
    pub fn root_at(&self, height: Height) -> Result<Hash, ProveError> {
        if self.broken {
            return Err(ReadError::Broken.into());
        }
        let (Some(tip), Some(oldest)) = (self.height, self.oldest_provable()) else {
            return Err(ProveError::NotYet { newest: None });
        };
        if self.durable.is_none_or(|durable| height > durable) {
            return Err(ProveError::NotYet { newest: self.durable });
        }
        if height < oldest {
            return Err(ProveError::Pruned { oldest });
        }
        assert!(height <= tip, "what is durable was applied");
        Ok(self.history.root(height).unwrap_or(self.root_hash))
    }

    /// The siblings from the root down to where the path of a key ends, and what is there.
    pub(super) fn descend(
        &self,
        reader: &dyn NodeReader,
        height: Height,
        key_hash: &[u8; 32],
    ) -> Result<(Vec<Hash>, End), ReadError> {
        let mut siblings = Vec::new();
        let mut path = NodePath::ROOT;
        let mut today = Today::Loaded(&self.root);
        // One turn for each digit of a key hash, 64 at most: the path of the last is full.
        loop {
            let node = self.node_at(height, &path, &today);
            let at = digit(key_hash, path.digits());
            let mut range = Range::WHOLE;
            loop {
                match node.content(range) {
                    Content::Empty => return Ok((siblings, End::Empty)),
                    Content::Lone(leaf) => return Ok((siblings, End::Leaf(leaf))),
                    Content::Several => {}
                }
                let Some((left, right)) = range.halves() else { break };
                let (ours, other) = if left.contains(at) { (left, right) } else { (right, left) };
                siblings.push(node.hash(other));
                range = ours;
            }
            path = path.child(at);
            today = step_down(reader, &today, at, &path)?;
        }
    }

    /// A node as it was at a height, without what is loaded under it.
    fn node_at(&self, height: Height, path: &NodePath, today: &Today<'_>) -> Node {
        let mut view: View = [None; 16];
        for (digit, slot) in today.node().into_iter().flat_map(Node::iter) {
            view[usize::from(digit)] = Some(slot.record());
        }
        self.history.put_back(height, path, &mut view);
        let slots = (0..).zip(view).filter_map(|(digit, record): (u8, Option<Record>)| {
            record.map(|record| (digit, Slot::from(record)))
        });
        Node::from_slots(slots)
    }

    fn value_at(
        &self,
        reader: &dyn NodeReader,
        height: Height,
        key_hash: &[u8; 32],
        raw: &[u8],
    ) -> Result<Vec<u8>, ReadError> {
        let value = match self.history.value(height, key_hash) {
            Some(value) => value.map(<[u8]>::to_vec),
            None => reader.value(raw)?,
        };
        value.ok_or_else(|| {
            let reason = format!("a key that the tree holds at height {height} has no value");
            ReadError::Corrupt { what: "state", reason }
        })
    }
}

fn step_down<'t>(
    reader: &dyn NodeReader,
    today: &Today<'t>,
    digit: u8,
    path: &NodePath,
) -> Result<Today<'t>, ReadError> {
    // What was read from storage has nothing loaded under it, so only the first arm keeps `'t`.
    let slot = match today {
        Today::Loaded(node) => match node.get(digit) {
            Some(Slot::Branch { child: Some(child), .. }) => return Ok(Today::Loaded(child)),
            slot => slot,
        },
        Today::Read(node) => node.get(digit),
        Today::Gone => None,
    };
    match slot {
        Some(Slot::Branch { hash, .. }) => {
            Ok(Today::Read(Box::new(load_node(reader, path, hash)?)))
        }
        Some(Slot::Leaf(_)) | None => Ok(Today::Gone),
    }
}
