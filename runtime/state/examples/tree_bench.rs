//! Measure the tree in memory: one JSON object a line.
//!
//! `cargo run --release -p state --example tree_bench [KEYS...]`, by default 10,000 and 1,000,000
//! keys of 8 bytes with values of 32, changed in blocks of 2,000 random keys.
//!
//! `apply` is hashing and one walk with every node in memory; `apply with a full cache` has the
//! clean nodes bounded to 64 MiB and reads the others from a map, which leaves out the disk.

#![allow(clippy::disallowed_methods, clippy::disallowed_types)] // A bench reads the clock.

use state::proof::verify_key;
use state::{ChangeSet, MapReader, Overlay, Tree};
use std::time::Instant;
use types::Height;

const BLOCKS: u64 = 64;
const UPDATES: u64 = 2_000;
const CACHE_BYTES: usize = 64 * 1024 * 1024;

fn raw(number: u64) -> Vec<u8> {
    let mut raw = vec![0; 33];
    raw[0] = 1;
    raw.extend(number.to_be_bytes());
    raw
}

fn value(number: u64, height: u64) -> Vec<u8> {
    let mut value = vec![0; 32];
    value[..8].copy_from_slice(&number.to_be_bytes());
    value[8..16].copy_from_slice(&height.to_be_bytes());
    value
}

/// A number that looks random, from its position (SplitMix64).
fn scatter(position: u64) -> u64 {
    let mut z = position.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

fn block(reader: &MapReader, keys: u64, height: u64) -> ChangeSet {
    let mut overlay = Overlay::new(reader);
    for at in 0..UPDATES {
        let number = scatter(height * UPDATES + at) % keys;
        overlay.set(&raw(number), value(number, height));
    }
    overlay.into_changes().expect("memory can be read")
}

fn print(name: &str, keys: u64, value: u128, unit: &str) {
    println!(r#"{{"name":"state tree: {name}","keys":{keys},"value":{value},"unit":"{unit}"}}"#);
}

fn flush(tree: &mut Tree, reader: &mut MapReader) -> u128 {
    let Some(flush) = tree.take_flush_early() else { return 0 };
    reader.apply_nodes(&flush.puts, &flush.deletes);
    tree.flushed(flush.height);
    flush.puts.len() as u128
}

/// Apply blocks one after another; nanoseconds for each update.
fn apply(tree: &mut Tree, reader: &mut MapReader, keys: u64, flush_every: u64) -> u128 {
    let mut updates = 0;
    let mut elapsed = 0;
    for _ in 0..BLOCKS {
        let height = tree.height().expect("genesis was applied").next();
        let changes = block(reader, keys, height.0);
        let start = Instant::now();
        tree.apply(reader, height, &changes).expect("memory can be read");
        elapsed += start.elapsed().as_nanos();
        updates += changes.len() as u128;
        reader.apply(&changes);
        tree.durable(height);
        if height.0.is_multiple_of(flush_every) {
            flush(tree, reader);
        }
    }
    elapsed / updates
}

fn measure(keys: u64) {
    let entries = (0..keys).map(|number| (raw(number), Some(value(number, 0)))).collect();
    let genesis = ChangeSet::from_sorted(entries).expect("ascending and small");
    let mut reader = MapReader::new();
    let mut tree = Tree::new(usize::MAX);
    let start = Instant::now();
    tree.apply(&reader, Height(0), &genesis).expect("memory can be read");
    print("load", keys, start.elapsed().as_nanos() / u128::from(keys), "ns/key");
    reader.apply(&genesis);
    tree.durable(Height(0));

    let start = Instant::now();
    let nodes = flush(&mut tree, &mut reader);
    print("flush", keys, start.elapsed().as_nanos() / nodes, "ns/node");
    print("nodes in memory", keys, tree.memory().clean_bytes as u128 / u128::from(keys), "B/key");

    print("apply", keys, apply(&mut tree, &mut reader, keys, u64::MAX), "ns/update");
    let dirty = tree.memory().dirty_bytes as u128 / u128::from(BLOCKS * UPDATES);
    print("changed nodes", keys, dirty, "B/update");
    let history = tree.memory().history_bytes as u128 / u128::from(31 * UPDATES);
    print("history", keys, history, "B/update");

    prove(&tree, &reader, keys);

    flush(&mut tree, &mut reader);
    let (height, root) = (tree.height().expect("genesis was applied"), tree.root());
    let mut tree = Tree::load(&reader, CACHE_BYTES, height, root).expect("the flush is whole");
    apply(&mut tree, &mut reader, keys, 16);
    let each = apply(&mut tree, &mut reader, keys, 16);
    print("apply with a full cache", keys, each, "ns/update");
}

fn prove(tree: &Tree, reader: &MapReader, keys: u64) {
    const PROOFS: u64 = 2_000;
    let newest = tree.height().expect("genesis was applied");
    for (name, height) in [("newest height", newest), ("31 heights back", Height(newest.0 - 31))] {
        let root = tree.root_at(height).expect("it is one of the last 32");
        let raws: Vec<_> = (0..PROOFS).map(|at| raw(scatter(at) % keys)).collect();
        let start = Instant::now();
        let proofs: Vec<_> = raws
            .iter()
            .map(|raw| tree.prove(reader, height, raw).expect("it is one of the last 32"))
            .collect();
        let each = start.elapsed().as_nanos() / u128::from(PROOFS);
        print(&format!("prove, {name}"), keys, each, "ns/proof");
        let start = Instant::now();
        for (proof, raw) in proofs.iter().zip(&raws) {
            verify_key(proof, &root, raw).expect("an honest proof holds");
        }
        print("verify", keys, start.elapsed().as_nanos() / u128::from(PROOFS), "ns/proof");
        let bytes: usize = proofs.iter().map(|proof| proof.encode().len()).sum();
        print("proof", keys, bytes as u128 / u128::from(PROOFS), "B");
    }
}

fn main() {
    let keys: Vec<u64> = std::env::args().skip(1).filter_map(|keys| keys.parse().ok()).collect();
    let keys = if keys.is_empty() { vec![10_000, 1_000_000] } else { keys };
    keys.into_iter().for_each(measure);
}
