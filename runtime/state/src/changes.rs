//! Change sets: what a block does to state.

use crate::key::{MAX_RAW_KEY_BYTES, MAX_VALUE_BYTES, PREFIX_BYTES};
use borsh::io::{Error as IoError, ErrorKind, Read, Result as IoResult};
use borsh::{BorshDeserialize, BorshSerialize};
use core::cmp::Ordering;
use types::{DecodeError, Version};

/// Most bytes of an encoded change set. A block's stays far below: its gas pays for what it
/// writes; the merged one of a recovery is never encoded.
pub const MAX_CHANGE_SET_BYTES: usize = 256 * 1024 * 1024;

/// A value, or `None` for "not there".
pub type Value = Option<Vec<u8>>;

/// Raw keys with their new values, strictly ascending; `None` removes.
///
/// One made by an [`Overlay`](crate::Overlay) also knows the values it replaces. They serve the
/// proofs of earlier heights and are no part of its encoding or of equality.
#[derive(Clone, Debug, Default, BorshSerialize)]
pub struct ChangeSet {
    version: Version<1>,
    entries: Vec<(Vec<u8>, Value)>,
    #[borsh(skip)]
    replaced: Option<Vec<Value>>,
}

/// Why a list is not a change set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChangeSetError {
    /// Not strictly ascending.
    #[error("entry {at} is not above the one before by key")]
    Unsorted {
        /// Position of the later entry.
        at: usize,
    },
    /// No raw key has this size.
    #[error("the key of entry {at} has {bytes} bytes, a raw key has 33 to 289")]
    KeySize {
        /// Position of the entry.
        at: usize,
        /// Its key's size.
        bytes: usize,
    },
    /// The value is too large.
    #[error("the value of entry {at} has {bytes} bytes, the limit is {MAX_VALUE_BYTES}")]
    ValueSize {
        /// Position of the entry.
        at: usize,
        /// Its value's size.
        bytes: usize,
    },
}

impl ChangeSet {
    /// A change set from entries that are strictly ascending by raw key.
    ///
    /// # Errors
    /// [`ChangeSetError`] names the first breach of order or size.
    pub fn from_sorted(entries: Vec<(Vec<u8>, Value)>) -> Result<Self, ChangeSetError> {
        let mut before: Option<&[u8]> = None;
        for (at, (key, value)) in entries.iter().enumerate() {
            if !(PREFIX_BYTES..=MAX_RAW_KEY_BYTES).contains(&key.len()) {
                return Err(ChangeSetError::KeySize { at, bytes: key.len() });
            }
            if before.is_some_and(|before| before >= key.as_slice()) {
                return Err(ChangeSetError::Unsorted { at });
            }
            let bytes = value.as_ref().map_or(0, Vec::len);
            if bytes > MAX_VALUE_BYTES {
                return Err(ChangeSetError::ValueSize { at, bytes });
            }
            before = Some(key);
        }
        Ok(Self { version: Version, entries, replaced: None })
    }

    /// As [`ChangeSet::from_sorted`], with the value that each entry replaces.
    ///
    /// # Errors
    /// [`ChangeSetError`] names the first breach of order or size.
    ///
    /// # Panics
    /// If there is not one replaced value for each entry.
    pub fn from_sorted_replacing(
        entries: Vec<(Vec<u8>, Value)>,
        replaced: Vec<Value>,
    ) -> Result<Self, ChangeSetError> {
        assert_eq!(entries.len(), replaced.len(), "one replaced value an entry");
        let changes = Self::from_sorted(entries)?;
        Ok(Self { replaced: Some(replaced), ..changes })
    }

    /// The entries, ascending by raw key.
    #[must_use]
    pub fn entries(&self) -> &[(Vec<u8>, Value)] {
        &self.entries
    }

    /// The entries, owned.
    #[must_use]
    pub fn into_entries(self) -> Vec<(Vec<u8>, Value)> {
        self.entries
    }

    /// The value that each entry replaces, in order of the entries, if that is known.
    #[must_use]
    pub fn replaced(&self) -> Option<&[Value]> {
        self.replaced.as_deref()
    }

    /// What becomes of a raw key: the outer `None` says that it is not touched.
    #[must_use]
    pub fn get(&self, raw: &[u8]) -> Option<Option<&[u8]>> {
        let at = self.entries.binary_search_by(|(key, _)| key.as_slice().cmp(raw)).ok()?;
        self.entries.get(at).map(|(_, value)| value.as_deref())
    }

    /// How many keys it touches.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether it touches none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Put a newer change set on top: where both touch a key, the newer one decides.
    #[must_use]
    pub fn merge(self, newer: Self) -> Self {
        let mut entries =
            Vec::with_capacity(self.entries.len().saturating_add(newer.entries.len()));
        let mut old = self.entries.into_iter().peekable();
        let mut new = newer.entries.into_iter().peekable();
        loop {
            let order = match (old.peek(), new.peek()) {
                (None, None) => break,
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (Some((old, _)), Some((new, _))) => old.cmp(new),
            };
            match order {
                Ordering::Less => entries.extend(old.next()),
                Ordering::Greater => entries.extend(new.next()),
                Ordering::Equal => {
                    old.next();
                    entries.extend(new.next());
                }
            }
        }
        // A merged set spans several heights; what it replaces is of use to none of them.
        Self { version: Version, entries, replaced: None }
    }

    /// The bytes of the table value.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        types::encode(self)
    }

    /// Read a table value.
    ///
    /// # Errors
    /// [`DecodeError`] if the bytes are too many or are not the encoding of a change set.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        types::decode("change set", bytes, MAX_CHANGE_SET_BYTES)
    }
}

impl PartialEq for ChangeSet {
    fn eq(&self, other: &Self) -> bool {
        self.entries == other.entries
    }
}

impl Eq for ChangeSet {}

impl BorshDeserialize for ChangeSet {
    fn deserialize_reader<R: Read>(reader: &mut R) -> IoResult<Self> {
        Version::<1>::deserialize_reader(reader)?;
        Self::from_sorted(Vec::deserialize_reader(reader)?)
            .map_err(|error| IoError::new(ErrorKind::InvalidData, error.to_string()))
    }
}

#[cfg(test)]
mod tests;
