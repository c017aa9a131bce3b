//! Proofs: that a key has a value in the state of a root, or that it is not there.
//!
//! A proof holds the raw key, its value, and the siblings of the path from the root to where the
//! key lies or would lie. Empty siblings are left out and marked in a bitmap. A wallet needs
//! nothing but the proof, the root of a header it trusts, and [`verify_key`].

use crate::hashing;
use crate::key::{MAX_RAW_KEY_BYTES, MAX_VALUE_BYTES};
use borsh::{BorshDeserialize, BorshSerialize};
use types::{DecodeError, Hash, Version};

/// Most siblings: one for each bit of a key hash.
pub const MAX_SIBLINGS: usize = 256;
/// Most bytes of an encoded proof: key, value, another leaf, bitmap, siblings, and their counts.
pub const MAX_PROOF_BYTES: usize =
    1 + 4 + MAX_RAW_KEY_BYTES + 5 + MAX_VALUE_BYTES + 65 + 4 + 32 + 4 + MAX_SIBLINGS * 32;

/// A leaf that lies where a key would have to lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct OtherLeaf {
    /// Hash of its raw key.
    pub key_hash: [u8; 32],
    /// Hash of its value.
    pub value_hash: [u8; 32],
}

/// A proof about one raw key. There is one encoding of each proof.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Proof {
    /// Format version.
    pub version: Version<1>,
    /// The raw key.
    pub key: Vec<u8>,
    /// Its value; `None` if the key is not there.
    pub value: Option<Vec<u8>>,
    /// If the key is not there: the leaf in its place, `None` if the place is empty.
    pub other: Option<OtherLeaf>,
    /// Bit i, the highest of byte 0 first, says that the sibling i levels below the root is not
    /// empty. The last set bit is the lowest level: no byte follows it.
    pub bitmap: Vec<u8>,
    /// The siblings that are not empty, from the root down.
    pub siblings: Vec<Hash>,
}

/// What a proof says about its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Proven<'p> {
    /// The raw key.
    pub key: &'p [u8],
    /// Its value; `None` if the key is not there.
    pub value: Option<&'p [u8]>,
}

/// Why a proof was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// It is about another key than was asked for.
    #[error("the proof is about another key")]
    OtherKey,
    /// A value and another leaf in its place exclude each other.
    #[error("the proof holds a value and another leaf in its place")]
    ValueAndOther,
    /// The other leaf is the key's own, or lies elsewhere.
    #[error("the leaf in the key's place does not show that the key is not there")]
    OtherLeaf,
    /// The bitmap is longer than it may be, or ends in a byte without bits.
    #[error("the bitmap has {bytes} bytes, or ends in an empty one")]
    Bitmap {
        /// Its bytes.
        bytes: usize,
    },
    /// Bitmap and siblings disagree.
    #[error("the bitmap marks {marked} siblings, the proof holds {held}")]
    SiblingCount {
        /// How many the bitmap marks.
        marked: usize,
        /// How many there are.
        held: usize,
    },
    /// An empty sibling stands among those that are not.
    #[error("a sibling is empty although the bitmap marks it")]
    EmptySibling,
    /// It does not lead to this root.
    #[error("the proof leads to root {found}, expected {expected}")]
    Root {
        /// The root it leads to.
        found: Hash,
        /// The root it was checked against.
        expected: Hash,
    },
}

/// What the proof says about `key` in the state of `root`: its value, or `None` if it is not there.
///
/// # Errors
/// [`ProofError`] if the proof is about another key, malformed, or not of this root.
pub fn verify_key<'p>(
    proof: &'p Proof,
    root: &Hash,
    key: &[u8],
) -> Result<Option<&'p [u8]>, ProofError> {
    if proof.key != key {
        return Err(ProofError::OtherKey);
    }
    verify(proof, root).map(|proven| proven.value)
}

/// What the proof says about the key that it names, in the state of `root`.
///
/// Several absent keys can have the same path: whoever asked for a certain key compares it, or
/// uses [`verify_key`].
///
/// # Errors
/// [`ProofError`] if the proof is malformed or not of this root.
pub fn verify<'p>(proof: &'p Proof, root: &Hash) -> Result<Proven<'p>, ProofError> {
    let levels = levels(proof)?;
    let key_hash = hashing::key_hash(&proof.key);
    let mut hash = match (&proof.value, &proof.other) {
        (Some(_), Some(_)) => return Err(ProofError::ValueAndOther),
        (Some(value), None) => hashing::leaf(&key_hash, &hashing::value_hash(value)),
        (None, Some(other)) => {
            let same = (0..levels).all(|at| bit(&key_hash, at) == bit(&other.key_hash, at));
            if !same || other.key_hash == key_hash {
                return Err(ProofError::OtherLeaf);
            }
            hashing::leaf(&other.key_hash, &other.value_hash)
        }
        (None, None) => Hash::ZERO,
    };
    let mut siblings = proof.siblings.iter().rev();
    for level in (0..levels).rev() {
        let sibling = match is_marked(&proof.bitmap, level) {
            true => siblings.next().expect("there are as many siblings as marks"),
            false => &Hash::ZERO,
        };
        hash = match bit(&key_hash, level) {
            true => hashing::branch(sibling, &hash),
            false => hashing::branch(&hash, sibling),
        };
    }
    if hash != *root {
        return Err(ProofError::Root { found: hash, expected: *root });
    }
    Ok(Proven { key: &proof.key, value: proof.value.as_deref() })
}

/// How many levels the path has, 0 to 256, once bitmap and siblings are seen to fit each other.
///
/// The lowest sibling is never empty: a leaf or an empty place lies as high as it can. This leaves
/// one way to write a proof.
fn levels(proof: &Proof) -> Result<usize, ProofError> {
    let bytes = proof.bitmap.len();
    if bytes > MAX_SIBLINGS / 8 || proof.bitmap.last() == Some(&0) {
        return Err(ProofError::Bitmap { bytes });
    }
    let mut marks = (0..MAX_SIBLINGS).filter(|level| is_marked(&proof.bitmap, *level));
    let (marked, held) = (marks.clone().count(), proof.siblings.len());
    if marked != held {
        return Err(ProofError::SiblingCount { marked, held });
    }
    if proof.siblings.contains(&Hash::ZERO) {
        return Err(ProofError::EmptySibling);
    }
    Ok(marks.next_back().map_or(0, |lowest| lowest.saturating_add(1)))
}

fn is_marked(bitmap: &[u8], level: usize) -> bool {
    bitmap.get(level / 8).is_some_and(|byte| byte & (0x80 >> (level % 8)) != 0)
}

/// The bit of a key hash at a level, 0 to 255, the highest of byte 0 first.
fn bit(key_hash: &[u8; 32], level: usize) -> bool {
    is_marked(key_hash, level)
}

impl Proof {
    /// Put a proof together.
    ///
    /// `siblings` holds one entry a level from the root down, the empty ones as zero; the lowest
    /// is not empty.
    ///
    /// # Panics
    /// If there are more than 256 levels, or the lowest sibling is empty.
    pub(crate) fn new(
        key: Vec<u8>,
        value: Option<Vec<u8>>,
        other: Option<OtherLeaf>,
        levels: &[Hash],
    ) -> Self {
        assert!(levels.len() <= MAX_SIBLINGS, "a key hash has 256 bits");
        assert!(levels.last() != Some(&Hash::ZERO), "what is alone lies higher up");
        let mut bitmap = vec![0; levels.len().div_ceil(8)];
        let mut siblings = Vec::new();
        for (level, sibling) in levels.iter().enumerate() {
            if *sibling != Hash::ZERO {
                bitmap[level / 8] |= 0x80 >> (level % 8);
                siblings.push(*sibling);
            }
        }
        Self { version: Version, key, value, other, bitmap, siblings }
    }

    /// The bytes of a proof.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        types::encode(self)
    }

    /// Read a proof.
    ///
    /// # Errors
    /// [`DecodeError`] if the bytes are too many or are not the encoding of a proof.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        types::decode("state proof", bytes, MAX_PROOF_BYTES)
    }
}

#[cfg(test)]
mod tests;
