use super::*;

#[test]
fn storage_holds_exactly_the_nodes_of_its_state_after_each_flush() {
    for seed in 0..8 {
        let mut random = Sequence(seed);
        let mut chain = Chain::new(usize::MAX);
        let keys = [40, 400][seed as usize % 2];
        for _ in 0..80 {
            chain.random_block(&mut random, keys, 50);
            if random.below(3) == 0 {
                chain.flush();
                let mut expected = nodes_of(chain.states.last().unwrap());
                if chain.tree.root() == Hash::ZERO {
                    // An emptied root may stay.
                    expected.extend(chain.reader.nodes().clone());
                }
                assert_eq!(*chain.reader.nodes(), expected, "seed {seed}");
            }
        }
    }
}

#[test]
fn a_tree_loaded_from_a_flush_goes_on_as_if_nothing_had_happened() {
    for seed in 0..8 {
        let mut random = Sequence(100 + seed);
        let mut chain = Chain::new(usize::MAX);
        for _ in 0..60 {
            let root = chain.random_block(&mut random, 500, 80);
            assert_eq!(root, root_of(chain.states.last().unwrap()), "seed {seed}");
            if random.below(4) == 0 {
                chain.flush();
                let (height, root) = chain.stored.unwrap();
                chain.tree = Tree::load(&chain.reader, usize::MAX, height, root).unwrap();
            }
        }
    }
}

#[test]
fn a_crash_at_any_height_loses_nothing() {
    for seed in 0..8 {
        let mut random = Sequence(200 + seed);
        let cache_bytes = if seed % 2 == 0 { 0 } else { usize::MAX };
        let mut chain = Chain::new(cache_bytes);
        for _ in 0..80 {
            let root = chain.random_block(&mut random, 300, 40);
            assert_eq!(root, root_of(chain.states.last().unwrap()), "seed {seed}");
            match random.below(6) {
                0 => chain.flush(),
                // Taken, but lost before it was written.
                1 => drop(chain.tree.take_flush_early()),
                _ => {}
            }
            if random.below(8) == 0 || chain.tree.memory.in_flight() {
                chain.crash(cache_bytes);
            }
        }
    }
}

#[test]
fn a_full_cache_drops_nodes_and_changes_no_root() {
    let mut random = Sequence(7);
    let mut chain = Chain::new(64 * 1024);
    let mut dropped = false;
    for _ in 0..100 {
        let root = chain.random_block(&mut random, 4_000, 200);
        assert_eq!(root, root_of(chain.states.last().unwrap()));
        let (loaded, dirty) = count_bytes(&chain.tree);
        let memory = chain.tree.memory();
        assert_eq!(memory.clean_bytes + memory.dirty_bytes, loaded, "every node is counted");
        assert_eq!(memory.dirty_bytes, dirty, "with no flush under way");
        chain.flush();
        let memory = chain.tree.memory();
        assert_eq!(memory.dirty_bytes, 0);
        assert!(memory.clean_bytes <= 64 * 1024, "{memory:?}");
        dropped |= memory.clean_bytes < loaded;
    }
    assert!(dropped);
}

#[test]
fn changed_nodes_stay_in_memory_however_small_the_cache() {
    let mut chain = Chain::new(0);
    let writes: Vec<_> = (0..2_000).map(|key| (key, Some(vec![1]))).collect();
    chain.block(&writes);
    chain.block(&[(1, Some(vec![2]))]);
    let (loaded, _) = count_bytes(&chain.tree);
    assert_eq!(chain.tree.memory().dirty_bytes, loaded);
    assert!(chain.reader.nodes().is_empty());
}

#[test]
fn what_changes_while_a_flush_is_written_goes_into_the_next_one() {
    let mut chain = Chain::new(0);
    let writes: Vec<_> = (0..300).map(|key| (key, Some(vec![1]))).collect();
    chain.block(&writes);
    let first = chain.tree.take_flush_early().unwrap();
    for key in 0..150 {
        chain.block(&[(key, None)]);
        chain.block(&[(key + 1_000, Some(vec![3]))]);
        assert_eq!(chain.tree.take_flush_early(), None, "one at a time");
    }
    chain.write(&first);
    assert_eq!(*chain.reader.nodes(), nodes_of(&chain.states[0]));
    let (loaded, dirty) = count_bytes(&chain.tree);
    let memory = chain.tree.memory();
    assert_eq!((memory.clean_bytes + memory.dirty_bytes, memory.dirty_bytes), (loaded, dirty));
    chain.flush();
    assert_eq!(*chain.reader.nodes(), nodes_of(chain.states.last().unwrap()));
    chain.crash(0);
    chain.block(&[(2, Some(vec![9]))]);
    assert_eq!(chain.tree.root(), root_of(chain.states.last().unwrap()));
}

#[test]
fn what_a_flush_is_writing_stays_in_memory_while_other_nodes_are_dropped() {
    let mut random = Sequence(9);
    let mut chain = Chain::new(0);
    let writes: Vec<_> = (0..2_000).map(|key| (key, Some(vec![1]))).collect();
    chain.block(&writes);
    chain.flush();
    for _ in 0..20 {
        chain.random_block(&mut random, 2_000, 40);
        let Some(flush) = chain.tree.take_flush_early() else { continue };
        for _ in 0..3 {
            // Loads nodes that nothing keeps.
            chain.random_block(&mut random, 2_000, 40);
            let (loaded, dirty) = count_bytes(&chain.tree);
            let memory = chain.tree.memory();
            assert!(memory.dirty_bytes >= dirty && memory.dirty_bytes <= loaded);
        }
        chain.write(&flush);
        assert_eq!(chain.tree.root(), root_of(chain.states.last().unwrap()));
    }
}

#[test]
fn nothing_is_flushed_before_its_height_is_durable() {
    let mut chain = Chain::new(0);
    chain.block(&[(1, Some(vec![1]))]);
    let changes = ChangeSet::from_sorted(vec![(raw(2), Some(vec![2]))]).unwrap();
    chain.tree.apply(&chain.reader, Height(1), &changes).unwrap();
    assert_eq!(chain.tree.take_flush_early(), None);
    chain.tree.durable(Height(1));
    assert_eq!(chain.tree.take_flush_early().unwrap().height, Height(1));
}

#[test]
fn a_flush_is_due_after_256_heights() {
    let mut chain = Chain::new(0);
    for height in 0..FLUSH_HEIGHTS {
        chain.block(&[(height, Some(vec![1]))]);
        assert_eq!(chain.tree.take_flush(), None, "height {height}");
    }
    chain.block(&[]);
    let flush = chain.tree.take_flush().unwrap();
    chain.write(&flush);
    assert_eq!(chain.tree.take_flush_early(), None, "nothing is left to write");
    for _ in 1..FLUSH_HEIGHTS {
        chain.block(&[]);
        assert_eq!(chain.tree.take_flush(), None);
    }
    chain.block(&[]);
    let flush = chain.tree.take_flush().unwrap();
    assert_eq!((flush.height, flush.puts.len()), (Height(2 * FLUSH_HEIGHTS), 0));
}

#[test]
fn a_flush_is_due_once_changed_nodes_take_32_mib() {
    let mut chain = Chain::new(0);
    let mut keys = 0..;
    while chain.tree.memory().dirty_bytes < FLUSH_BYTES {
        assert_eq!(chain.tree.take_flush(), None);
        let entries = keys.by_ref().take(20_000).map(|key| (raw(key), Some(vec![1]))).collect();
        let changes = ChangeSet::from_sorted(entries).unwrap();
        let height = chain.tree.height().map_or(Height::ZERO, Height::next);
        chain.tree.apply(&chain.reader, height, &changes).unwrap();
        chain.tree.durable(height);
    }
    assert!(chain.tree.take_flush().is_some());
}

#[test]
fn a_damaged_or_missing_node_is_noticed_and_ends_the_use_of_the_tree() {
    let mut chain = Chain::new(0);
    let writes: Vec<_> = (0..300).map(|key| (key, Some(vec![1]))).collect();
    chain.block(&writes);
    chain.flush();
    let (height, root) = chain.stored.unwrap();
    let all: Vec<_> = (0..300).map(|key| (raw(key), Some(vec![2]))).collect();
    let changes = ChangeSet::from_sorted(all).unwrap();
    for (path, node) in chain.reader.nodes() {
        for damage in 0..2 {
            let mut reader = chain.reader.clone();
            let mut damaged = node.clone();
            *damaged.last_mut().unwrap() ^= 1;
            match damage {
                0 => reader.apply_nodes(&[(*path, damaged)], &[]),
                _ => reader.apply_nodes(&[], &[*path]),
            }
            let mut tree = match Tree::load(&reader, 0, height, root) {
                Ok(tree) => tree,
                Err(error) => {
                    assert!(matches!(error, ReadError::Corrupt { .. }));
                    assert_eq!(*path, NodePath::ROOT);
                    continue;
                }
            };
            let error = tree.apply(&reader, Height(1), &changes).unwrap_err();
            assert!(matches!(error, ReadError::Corrupt { .. }), "{path:?}: {error}");
            let after = tree.apply(&reader, Height(1), &changes);
            assert_eq!(after, Err(ReadError::Broken));
            assert_eq!(tree.take_flush_early(), None);
        }
    }
}

#[test]
fn a_tree_of_another_root_is_not_loaded() {
    let mut chain = Chain::new(0);
    chain.block(&[(1, Some(vec![1]))]);
    chain.flush();
    let error = Tree::load(&chain.reader, 0, Height(0), Hash([1; 32])).unwrap_err();
    assert!(matches!(error, ReadError::Corrupt { .. }));
}

#[test]
fn every_stored_node_has_the_hash_that_its_bytes_say() {
    let mut chain = Chain::new(0);
    let writes: Vec<_> = (0..300).map(|key| (key, Some(vec![1]))).collect();
    let root = chain.block(&writes);
    chain.flush();
    let bytes = &chain.reader.nodes()[&NodePath::ROOT];
    assert_eq!(stored_node_hash(&NodePath::ROOT, bytes), Ok(root));
}
