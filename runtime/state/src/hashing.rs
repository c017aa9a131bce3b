//! The hashes of the tree, each under its own key.

use crypto::hash::{STATE_BRANCH_KEY, STATE_KEY_KEY, STATE_LEAF_KEY, STATE_VALUE_KEY};
use crypto::hash::{keyed, keyed_pair};
use types::Hash;

/// Where a raw key lies in the tree.
#[must_use]
pub fn key_hash(raw: &[u8]) -> [u8; 32] {
    keyed(&STATE_KEY_KEY, raw).0
}

/// What a leaf says about its value.
#[must_use]
pub fn value_hash(value: &[u8]) -> [u8; 32] {
    keyed(&STATE_VALUE_KEY, value).0
}

/// The hash of a leaf, and of every subtree that holds this leaf alone. Of exactly 64 bytes, as
/// every hash of a branch: one compression each.
#[must_use]
pub fn leaf(key_hash: &[u8; 32], value_hash: &[u8; 32]) -> Hash {
    keyed_pair(&STATE_LEAF_KEY, &Hash(*key_hash), &Hash(*value_hash))
}

/// The hash of a subtree of two leaves or more. An empty half is 32 zero bytes.
#[must_use]
pub fn branch(left: &Hash, right: &Hash) -> Hash {
    keyed_pair(&STATE_BRANCH_KEY, left, right)
}
