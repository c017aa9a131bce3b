mod deep;
mod flush;
mod proofs;

use super::*;
use crate::hashing;
use crate::overlay::Overlay;
use crate::reader::MapReader;
use std::collections::BTreeMap;

/// A sequence of numbers that a seed decides (SplitMix64, Steele, Lea, Flood 2014).
pub(crate) struct Sequence(pub(crate) u64);

impl Sequence {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }
}

type State = BTreeMap<Vec<u8>, Vec<u8>>;

pub(super) fn raw(number: u64) -> Vec<u8> {
    let mut raw = vec![1; 33];
    raw.extend(number.to_be_bytes());
    raw
}

/// The definition of the root, word for word, over hashed keys and values in order.
fn root_by_definition(leaves: &[([u8; 32], [u8; 32])], depth: usize) -> Hash {
    match leaves {
        [] => Hash::ZERO,
        [(key, value)] => hashing::leaf(key, value),
        _ => {
            let bit = |key: &[u8; 32]| key[depth / 8] & (0x80 >> (depth % 8)) != 0;
            let split = leaves.partition_point(|(key, _)| !bit(key));
            let left = root_by_definition(&leaves[..split], depth + 1);
            hashing::branch(&left, &root_by_definition(&leaves[split..], depth + 1))
        }
    }
}

fn root_of(state: &State) -> Hash {
    let mut leaves: Vec<_> = state
        .iter()
        .map(|(key, value)| (hashing::key_hash(key), hashing::value_hash(value)))
        .collect();
    leaves.sort_unstable();
    root_by_definition(&leaves, 0)
}

/// A tree with its storage and everything it ever was.
struct Chain {
    tree: Tree,
    reader: MapReader,
    states: Vec<State>,
    roots: Vec<Hash>,
    changes: Vec<ChangeSet>,
    /// Height and root that storage has the tree of.
    stored: Option<(Height, Hash)>,
}

impl Chain {
    fn new(cache_bytes: usize) -> Self {
        Self {
            tree: Tree::new(cache_bytes),
            reader: MapReader::new(),
            states: Vec::new(),
            roots: Vec::new(),
            changes: Vec::new(),
            stored: None,
        }
    }

    fn next_height(&self) -> Height {
        Height(self.states.len() as u64)
    }

    /// One block: execute, apply, make durable.
    fn block(&mut self, writes: &[(u64, Option<Vec<u8>>)]) -> Hash {
        let height = self.next_height();
        let mut state = self.states.last().cloned().unwrap_or_default();
        let mut overlay = Overlay::new(&self.reader);
        for (key, value) in writes {
            let key = raw(*key);
            match value {
                Some(value) => {
                    overlay.set(&key, value.clone());
                    state.insert(key, value.clone());
                }
                None => {
                    overlay.remove(&key);
                    state.remove(&key);
                }
            }
        }
        let changes = overlay.into_changes().unwrap();
        let root = self.tree.apply(&self.reader, height, &changes).unwrap();
        self.reader.apply(&changes);
        self.tree.durable(height);
        self.states.push(state);
        self.roots.push(root);
        self.changes.push(changes);
        root
    }

    /// A block of random writes and removals among `keys` keys.
    fn random_block(&mut self, random: &mut Sequence, keys: u64, most: u64) -> Hash {
        let writes: Vec<_> = (0..random.below(most + 1))
            .map(|_| {
                let value = (random.below(3) != 0).then(|| vec![7; random.below(5) as usize]);
                (random.below(keys), value)
            })
            .collect();
        self.block(&writes)
    }

    fn write(&mut self, flush: &Flush) {
        let puts: BTreeSet<_> = flush.puts.iter().map(|(path, _)| *path).collect();
        let deletes = BTreeSet::from_iter(flush.deletes.iter().copied());
        assert!(puts.is_disjoint(&deletes), "the order of puts and deletes does not matter");
        self.reader.apply_nodes(&flush.puts, &flush.deletes);
        self.stored = Some((flush.height, flush.root));
        self.tree.flushed(flush.height);
    }

    fn flush(&mut self) {
        if let Some(flush) = self.tree.take_flush_early() {
            self.write(&flush);
        }
    }

    /// Lose everything in memory and start again from storage.
    fn crash(&mut self, cache_bytes: usize) {
        let tip = Height(self.states.len() as u64 - 1);
        let root = self.tree.root();
        let (mut tree, from) = match self.stored {
            Some((height, root)) => {
                let tree = Tree::load(&self.reader, cache_bytes, height, root).unwrap();
                (tree, height.0 as usize + 1)
            }
            None => (Tree::new(cache_bytes), 0),
        };
        let missing = self.changes[from..].iter().map(|changes| {
            // As a table gives it back.
            ChangeSet::decode(&changes.encode()).unwrap()
        });
        if let Some(merged) = missing.reduce(ChangeSet::merge) {
            assert_eq!(tree.catch_up(&self.reader, tip, &merged).unwrap(), root);
        }
        assert_eq!(tree.root(), root);
        self.tree = tree;
    }
}

/// The stored nodes of a state that was written in one go.
fn nodes_of(state: &State) -> BTreeMap<NodePath, Vec<u8>> {
    let entries = state.iter().map(|(key, value)| (key.clone(), Some(value.clone()))).collect();
    let mut reader = MapReader::new();
    let mut tree = Tree::new(0);
    tree.apply(&reader, Height(0), &ChangeSet::from_sorted(entries).unwrap()).unwrap();
    tree.durable(Height(0));
    if let Some(flush) = tree.take_flush_early() {
        reader.apply_nodes(&flush.puts, &flush.deletes);
    }
    reader.nodes().clone()
}

/// Bytes of all loaded nodes, and of those among them that the next flush writes.
fn count_bytes(tree: &Tree) -> (usize, usize) {
    fn count(tree: &Tree, node: &Node) -> (usize, usize) {
        let own = node.bytes();
        let dirty = if tree.memory.is_dirty(node) { own } else { 0 };
        node.iter().fold((own, dirty), |(all, dirty), (_, slot)| match slot {
            node::Slot::Branch { child: Some(child), .. } => {
                let (more, more_dirty) = count(tree, child);
                (all + more, dirty + more_dirty)
            }
            node::Slot::Branch { child: None, .. } | node::Slot::Leaf(_) => (all, dirty),
        })
    }
    count(tree, &tree.root)
}

#[test]
fn the_root_is_the_recursive_definition_after_every_random_block() {
    for seed in 0..12 {
        let mut random = Sequence(seed);
        let mut chain = Chain::new(usize::MAX);
        let keys = [3, 20, 300, 3_000][seed as usize % 4];
        for height in 0..120 {
            let root = chain.random_block(&mut random, keys, 60);
            let expected = root_of(chain.states.last().unwrap());
            assert_eq!(root, expected, "seed {seed}, height {height}");
        }
    }
}

#[test]
fn an_empty_state_has_the_zero_root_before_and_after_it_held_something() {
    let mut chain = Chain::new(0);
    assert_eq!(chain.tree.root(), Hash::ZERO);
    assert_eq!(chain.block(&[]), Hash::ZERO);
    let full = chain.block(&[(1, Some(vec![])), (2, Some(vec![2])), (3, Some(vec![3]))]);
    assert_ne!(full, Hash::ZERO);
    assert_eq!(chain.block(&[(1, None), (2, None), (3, None)]), Hash::ZERO);
}

#[test]
fn a_state_of_one_key_has_the_hash_of_its_leaf_for_root() {
    let mut chain = Chain::new(0);
    let root = chain.block(&[(5, Some(b"five".to_vec()))]);
    let leaf = hashing::leaf(&hashing::key_hash(&raw(5)), &hashing::value_hash(b"five"));
    assert_eq!(root, leaf);
    chain.block(&[(6, Some(vec![])), (7, Some(vec![]))]);
    assert_eq!(chain.block(&[(6, None), (7, None)]), leaf);
}

#[test]
fn the_same_state_has_the_same_root_whatever_the_order_of_its_blocks() {
    let writes: Vec<_> = (0..500).map(|key| (key, Some(vec![key as u8; 3]))).collect();
    let mut at_once = Chain::new(0);
    let expected = at_once.block(&writes);
    for seed in 0..4 {
        let mut random = Sequence(seed);
        let mut shuffled = writes.clone();
        for at in (1..shuffled.len()).rev() {
            shuffled.swap(at, random.below(at as u64 + 1) as usize);
        }
        let mut chain = Chain::new(0);
        for part in shuffled.chunks(37) {
            chain.block(part);
            // Something that comes and goes leaves no trace.
            chain.block(&[(9_999, Some(vec![1]))]);
            chain.block(&[(9_999, None)]);
        }
        assert_eq!(chain.tree.root(), expected, "seed {seed}");
    }
}

#[test]
fn an_absent_value_and_an_empty_value_are_two_things() {
    let mut chain = Chain::new(0);
    let empty = chain.block(&[(1, Some(vec![])), (2, Some(vec![2]))]);
    let absent = chain.block(&[(1, None)]);
    assert_ne!(empty, absent);
}

#[test]
#[should_panic(expected = "heights are applied in order")]
fn refuses_a_height_that_is_not_the_next() {
    let mut chain = Chain::new(0);
    chain.block(&[]);
    let _ = chain.tree.apply(&chain.reader, Height(2), &ChangeSet::default());
}
