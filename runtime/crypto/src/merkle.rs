//! Hash lists to a root, in the shape of RFC 6962 section 2.1, and prove single entries.
//!
//! Leaf `keyed_hash(KEY("leaf"), entry hash)`, branch `keyed_hash(KEY("branch"), l ‖ r)`, empty
//! list 32 zero bytes. Different keys keep a branch from passing for a leaf.

use crate::hash::{BRANCH_KEY, LEAF_KEY, keyed, keyed_pair};
use types::Hash;

/// Longest proof: no list reaches 2^32 entries.
pub const MAX_PROOF_HASHES: usize = 32;

/// The root over a list of hashes of entries; 32 zero bytes if there are none.
#[must_use]
pub fn root(entries: &[Hash]) -> Hash {
    let mut level = leaves(entries);
    while level.len() > 1 {
        halve(&mut level);
    }
    level.first().copied().unwrap_or(Hash::ZERO)
}

/// The siblings from an entry up to the root, lowest first; `None` if there is no such entry.
#[must_use]
pub fn prove(entries: &[Hash], index: usize) -> Option<Vec<Hash>> {
    if index >= entries.len() {
        return None;
    }
    let mut level = leaves(entries);
    let mut position = index;
    let mut proof = Vec::new();
    while level.len() > 1 {
        // A last entry without a neighbour goes up a level unchanged: no sibling.
        if let Some(sibling) = level.get(position ^ 1) {
            proof.push(*sibling);
        }
        position >>= 1;
        halve(&mut level);
    }
    Some(proof)
}

/// Whether `entry` stands at `index` of the list of `count` entries that has this root
/// (RFC 9162 2.1.3.2).
#[must_use]
pub fn verify(root: &Hash, entry: &Hash, index: usize, count: usize, proof: &[Hash]) -> bool {
    if index >= count || proof.len() > MAX_PROOF_HASHES {
        return false;
    }
    let mut node = keyed(&LEAF_KEY, &entry.0);
    let (mut position, mut last) = (index, count.saturating_sub(1));
    for sibling in proof {
        if last == 0 {
            return false;
        }
        if position & 1 == 1 || position == last {
            node = keyed_pair(&BRANCH_KEY, sibling, &node);
            // Levels at which the node had no neighbour added nothing to the proof.
            while position & 1 == 0 && position != 0 {
                position >>= 1;
                last >>= 1;
            }
        } else {
            node = keyed_pair(&BRANCH_KEY, &node, sibling);
        }
        position >>= 1;
        last >>= 1;
    }
    last == 0 && node == *root
}

fn leaves(entries: &[Hash]) -> Vec<Hash> {
    entries.iter().map(|entry| keyed(&LEAF_KEY, &entry.0)).collect()
}

/// One level up, in place: pairs become branches, a last one alone stays as it is. Pairing from
/// below gives the same tree as RFC 6962's split at the largest power of two.
fn halve(level: &mut Vec<Hash>) {
    let parents = level.len().div_ceil(2);
    for parent in 0..parents {
        let left = parent.saturating_mul(2);
        level[parent] = match level.get(left.saturating_add(1)) {
            Some(right) => keyed_pair(&BRANCH_KEY, &level[left], right),
            None => level[left],
        };
    }
    level.truncate(parents);
}

#[cfg(test)]
mod tests;
