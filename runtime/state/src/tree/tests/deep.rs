//! Key hashes that share long beginnings, as no raw keys at hand have them.

use super::node::{Content, Leaf, Node, Range, SLOTS, Slot};
use super::prove::End;
use super::*;

type Leaves = BTreeMap<[u8; 32], [u8; 32]>;

/// A tree over given key hashes, with its storage.
struct Deep {
    tree: Tree,
    reader: MapReader,
    leaves: Leaves,
    past: Vec<Leaves>,
}

impl Deep {
    fn new() -> Self {
        let tree = Tree::new(0);
        Self { tree, reader: MapReader::new(), leaves: Leaves::new(), past: Vec::new() }
    }

    fn block(&mut self, writes: &BTreeMap<[u8; 32], Option<[u8; 32]>>) -> Hash {
        for (key, value) in writes {
            match value {
                Some(value) => self.leaves.insert(*key, *value),
                None => self.leaves.remove(key),
            };
        }
        let updates: Vec<_> = writes
            .iter()
            .map(|(key_hash, value_hash)| Update {
                key_hash: *key_hash,
                value_hash: *value_hash,
                entry: 0,
            })
            .collect();
        let height = Height(self.past.len() as u64);
        let step = self.tree.walk(&self.reader, height, &updates).unwrap();
        if height != Height::ZERO {
            self.tree.history.push(step, MAX_HISTORY_BYTES);
        }
        self.tree.durable(height);
        self.past.push(self.leaves.clone());
        self.tree.root()
    }

    fn expected(&self) -> Hash {
        root_of_leaves(&self.leaves)
    }

    fn flush(&mut self) {
        if let Some(flush) = self.tree.take_flush_early() {
            self.reader.apply_nodes(&flush.puts, &flush.deletes);
            self.tree.flushed(flush.height);
        }
    }

    /// Follow a key's path at a height; what lies at its end, once the siblings lead to the root.
    fn look_up(&self, height: Height, key: &[u8; 32]) -> Option<[u8; 32]> {
        let (siblings, end) = self.tree.descend(&self.reader, height, key).unwrap();
        let (mut hash, found) = match end {
            End::Empty => (Hash::ZERO, None),
            End::Leaf(leaf) => {
                let found = (leaf.key_hash == *key).then_some(leaf.value_hash);
                (hashing::leaf(&leaf.key_hash, &leaf.value_hash), found)
            }
        };
        for (level, sibling) in siblings.iter().enumerate().rev() {
            hash = match key[level / 8] & (0x80 >> (level % 8)) != 0 {
                true => hashing::branch(sibling, &hash),
                false => hashing::branch(&hash, sibling),
            };
        }
        assert_eq!(hash, root_of_leaves(&self.past[height.0 as usize]));
        found
    }
}

fn root_of_leaves(leaves: &Leaves) -> Hash {
    let leaves: Vec<_> = leaves.iter().map(|(key, value)| (*key, *value)).collect();
    root_by_definition(&leaves, 0)
}

#[test]
fn two_keys_that_differ_in_the_last_bit_part_at_the_last_level() {
    let mut deep = Deep::new();
    let (mut low, mut high) = ([0xa5; 32], [0xa5; 32]);
    (low[31], high[31]) = (0x10, 0x11);
    let alone = deep.block(&BTreeMap::from([(low, Some([1; 32]))]));
    let both = deep.block(&BTreeMap::from([(high, Some([2; 32]))]));
    assert_eq!(both, deep.expected());
    deep.flush();
    assert_eq!(deep.reader.nodes().len(), 64, "a node for each digit");
    assert_eq!(deep.look_up(Height(1), &high), Some([2; 32]));
    let (siblings, _) = deep.tree.descend(&deep.reader, Height(1), &low).unwrap();
    assert_eq!(siblings.len(), 256);
    assert_eq!(deep.block(&BTreeMap::from([(high, None)])), alone);
    deep.flush();
    assert_eq!(deep.reader.nodes().len(), 1, "the chain of nodes is gone");
    assert_eq!(deep.look_up(Height(1), &high), Some([2; 32]), "and still known");
    assert_eq!(deep.look_up(Height(0), &high), None);
}

#[test]
fn keys_with_long_common_beginnings_keep_the_recursive_definition() {
    for seed in 0..8 {
        let mut random = Sequence(seed);
        let mut deep = Deep::new();
        let mut keys: Vec<[u8; 32]> = vec![[0; 32], [0xff; 32]];
        for _ in 0..60 {
            // A relative of a known key: the same up to some bit.
            let mut key = keys[random.below(keys.len() as u64) as usize];
            let bit = random.below(256) as usize;
            key[bit / 8] ^= 0x80 >> (bit % 8);
            keys.push(key);
        }
        for height in 0..60 {
            let writes: BTreeMap<_, _> = (0..random.below(12))
                .map(|_| {
                    let key = keys[random.below(keys.len() as u64) as usize];
                    (key, (random.below(2) == 0).then(|| [random.below(4) as u8; 32]))
                })
                .collect();
            assert_eq!(deep.block(&writes), deep.expected(), "seed {seed}, height {height}");
            if random.below(4) == 0 {
                deep.flush();
                deep.tree.memory.shrink(&mut deep.tree.root, 0);
            }
            for _ in 0..4 {
                let at = random.below(32.min(height + 1));
                let key = keys[random.below(keys.len() as u64) as usize];
                let past = &deep.past[(height - at) as usize];
                assert_eq!(deep.look_up(Height(height - at), &key), past.get(&key).copied());
            }
        }
    }
}

fn leaf(first: u8, second: u8) -> Slot {
    let mut key_hash = [0; 32];
    (key_hash[0], key_hash[1]) = (first, second);
    Slot::Leaf(Leaf { key_hash, value_hash: [7; 32] })
}

fn some_nodes() -> Vec<Node> {
    let branch = || Slot::Branch { hash: Hash([9; 32]), child: None };
    vec![
        Node::from_slots([(0, leaf(0x30, 0)), (15, leaf(0x3f, 0))]),
        Node::from_slots([(4, branch())]),
        Node::from_slots([(2, branch()), (3, leaf(0x33, 5)), (9, branch())]),
        Node::from_slots((0..SLOTS).map(|digit| (digit, leaf(0x30 | digit, 1)))),
    ]
}

#[test]
fn a_node_reads_back_as_it_was_stored() {
    let path = NodePath::ROOT.child(3);
    for mut node in some_nodes() {
        let mut back = Node::decode(&path, &node.encode()).unwrap();
        assert_eq!(back.encode(), node.encode());
        assert_eq!(back.rehash(u16::MAX), node.rehash(u16::MAX));
        assert_eq!(back.hash(Range::WHOLE), node.rehash(0), "kept inner hashes are the same");
    }
}

#[test]
fn refuses_stored_nodes_that_it_would_not_write() {
    let path = NodePath::ROOT.child(3);
    let refused = |bytes: &[u8]| Node::decode(&path, bytes).unwrap_err();
    let two = some_nodes()[0].encode();
    assert_eq!(refused(&two[..4]), "it is too short");
    assert_eq!(refused(&two[..two.len() - 1]), "it ends within a slot");
    assert_eq!(refused(&[two.as_slice(), &[0]].concat()), "bytes are left over");
    assert_eq!(refused(&[&[2], &two[1..]].concat()), "its version is unknown");
    assert_eq!(refused(&[1, 1, 0, 2, 0]), "an empty slot is marked as a branch");
    assert_eq!(refused(&[1, 0, 0, 0, 0]), "fewer than two leaves lie under it");
    let lone = Node::from_slots([(0, leaf(0x30, 0))]).encode();
    assert_eq!(refused(&lone), "fewer than two leaves lie under it");
    assert!(Node::decode(&NodePath::ROOT, &lone).is_err(), "the digit is another one there");
    let other = Node::decode(&NodePath::ROOT.child(4), &two).unwrap_err();
    assert_eq!(other, "a leaf lies under another path");
    let deepest = (0..63).fold(NodePath::ROOT, |path, _| path.child(0));
    let branch = some_nodes()[1].encode();
    let deeper = Node::decode(&deepest, &branch).unwrap_err();
    assert_eq!(deeper, "a branch lies below the last digit");
}

#[test]
fn no_bytes_make_the_node_decoder_panic() {
    let mut random = Sequence(3);
    let seeds: Vec<_> = some_nodes().iter().map(Node::encode).collect();
    for turn in 0..20_000 {
        let mut bytes = seeds[turn % seeds.len()].clone();
        for _ in 0..=random.below(4) {
            let at = random.below(bytes.len() as u64) as usize;
            bytes[at] = random.next() as u8;
        }
        bytes.truncate(random.below(bytes.len() as u64 + 1) as usize);
        if let Ok(node) = Node::decode(&NodePath::ROOT.child(3), &bytes) {
            assert_eq!(node.encode(), bytes, "one stored form a node");
            assert_eq!(node.content(Range::WHOLE), Content::Several);
        }
    }
}
