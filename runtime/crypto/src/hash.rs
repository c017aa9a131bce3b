//! Hash with BLAKE3: derived by name, keyed by name, or plain.

use crate::domain::{MAX_NAME_BYTES, PREFIX};
use blake3::Hasher;
use borsh::BorshSerialize;
use borsh::io::{Result as IoResult, Write};
use types::Hash;

/// `KEY("leaf")`.
pub const LEAF_KEY: [u8; 32] = [
    25, 39, 164, 157, 196, 4, 155, 100, 191, 55, 53, 181, 140, 132, 166, 201, 57, 153, 157, 208,
    183, 81, 66, 180, 212, 83, 154, 145, 177, 60, 47, 178,
];
/// `KEY("branch")`.
pub const BRANCH_KEY: [u8; 32] = [
    179, 24, 176, 40, 182, 193, 76, 40, 234, 55, 28, 42, 126, 163, 91, 139, 7, 189, 18, 188, 39,
    51, 250, 246, 171, 203, 132, 218, 14, 221, 227, 5,
];
/// `KEY("state-key")`.
pub const STATE_KEY_KEY: [u8; 32] = [
    113, 87, 69, 110, 75, 211, 104, 8, 157, 149, 237, 38, 135, 106, 50, 19, 148, 135, 107, 223, 46,
    246, 1, 84, 122, 129, 210, 175, 148, 101, 5, 150,
];
/// `KEY("state-value")`.
pub const STATE_VALUE_KEY: [u8; 32] = [
    51, 12, 62, 120, 180, 8, 225, 241, 82, 65, 152, 236, 8, 49, 38, 7, 249, 201, 40, 66, 234, 213,
    140, 248, 14, 188, 215, 167, 78, 29, 157, 65,
];
/// `KEY("state-leaf")`.
pub const STATE_LEAF_KEY: [u8; 32] = [
    179, 177, 106, 161, 225, 169, 47, 88, 242, 0, 193, 148, 53, 181, 33, 181, 157, 99, 40, 108, 64,
    130, 58, 196, 1, 142, 129, 185, 172, 73, 211, 67,
];
/// `KEY("state-branch")`.
pub const STATE_BRANCH_KEY: [u8; 32] = [
    39, 229, 110, 223, 6, 91, 182, 67, 149, 44, 19, 19, 39, 35, 44, 156, 145, 174, 177, 99, 111,
    209, 108, 22, 47, 145, 120, 73, 94, 66, 130, 179,
];

/// `H(name, bytes)`: BLAKE3 `derive_key` under the context `syndic/v1/<name>`, the name being one
/// of ours or, of any length, a contract's.
#[must_use]
pub fn derive(name: &str, bytes: &[u8]) -> Hash {
    let mut hasher = hasher(name);
    hasher.update(bytes);
    Hash(*hasher.finalize().as_bytes())
}

/// `H(name, borsh(value))`, encoded straight into the hasher.
///
/// # Panics
/// As [`derive()`].
#[must_use]
pub fn derive_value<T: BorshSerialize + ?Sized>(name: &str, value: &T) -> Hash {
    let mut hasher = hasher(name);
    absorb(&mut hasher, value);
    Hash(*hasher.finalize().as_bytes())
}

/// `KEY(name)` = `H(name, "")`, the key of a [`keyed`] hash. The hot ones are constants here.
///
/// # Panics
/// As [`derive()`].
#[must_use]
pub fn key(name: &str) -> [u8; 32] {
    derive(name, &[]).0
}

/// BLAKE3 `keyed_hash`. Up to 64 bytes it is a single compression, half of what a derivation costs.
#[must_use]
pub fn keyed(key: &[u8; 32], bytes: &[u8]) -> Hash {
    Hash(*blake3::keyed_hash(key, bytes).as_bytes())
}

/// [`keyed`] over two hashes side by side: the branch of a tree.
#[must_use]
pub fn keyed_pair(key: &[u8; 32], left: &Hash, right: &Hash) -> Hash {
    let mut bytes = [0; 64];
    let (first, second) = bytes.split_at_mut(32);
    first.copy_from_slice(&left.0);
    second.copy_from_slice(&right.0);
    keyed(key, &bytes)
}

/// Plain BLAKE3, for bytes that are named by nothing but themselves (code, records).
#[must_use]
pub fn blake3(bytes: &[u8]) -> Hash {
    Hash(*blake3::hash(bytes).as_bytes())
}

/// A hasher under the context of a name, its context put together without allocation: our own
/// names are short enough for that.
fn hasher(name: &str) -> Hasher {
    if name.len() > MAX_NAME_BYTES {
        return Hasher::new_derive_key(&format!("{PREFIX}{name}"));
    }
    let mut context = [0_u8; PREFIX.len() + MAX_NAME_BYTES];
    let (prefix, rest) = context.split_at_mut(PREFIX.len());
    prefix.copy_from_slice(PREFIX.as_bytes());
    rest[..name.len()].copy_from_slice(name.as_bytes());
    let length = PREFIX.len().saturating_add(name.len());
    let context = core::str::from_utf8(&context[..length]).expect("two strings joined are UTF-8");
    Hasher::new_derive_key(context)
}

fn absorb<T: BorshSerialize + ?Sized>(hasher: &mut Hasher, value: &T) {
    let mut writer = HashWriter::new(hasher);
    value.serialize(&mut writer).expect("hashing cannot fail, and no list reaches 2^32");
    writer.finish();
}

/// Feeds encoded fields to a hasher, small ones gathered: borsh writes many of one to eight bytes.
struct HashWriter<'a> {
    hasher: &'a mut Hasher,
    gathered: [u8; GATHER_BYTES],
    length: usize,
}

/// Bytes gathered before the hasher sees them: four blocks of BLAKE3.
const GATHER_BYTES: usize = 256;

impl<'a> HashWriter<'a> {
    const fn new(hasher: &'a mut Hasher) -> Self {
        Self { hasher, gathered: [0; GATHER_BYTES], length: 0 }
    }

    fn finish(&mut self) {
        self.hasher.update(&self.gathered[..self.length]);
        self.length = 0;
    }
}

impl Write for HashWriter<'_> {
    fn write(&mut self, bytes: &[u8]) -> IoResult<usize> {
        if let Some(end) = self.length.checked_add(bytes.len()).filter(|end| *end <= GATHER_BYTES) {
            self.gathered[self.length..end].copy_from_slice(bytes);
            self.length = end;
        } else {
            self.finish();
            self.hasher.update(bytes);
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> IoResult<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests;
