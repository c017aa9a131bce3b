//! The guard's file: two 4-KiB slots, written in turn, so that a torn write leaves the other.
//!
//! A slot is: magic (8 bytes), length of the record (u32, little-endian), the record in borsh,
//! zeros, and in the last 32 bytes a keyed blake3 of all before. The record's sequence number is
//! odd in slot 1 and even in slot 0.

use super::guard::Guard;
use crypto::{domain, hash};
use types::Hash;

/// Bytes of a slot: one page, so that a write of one does not touch the other.
pub const SLOT_BYTES: usize = 4096;

const MAGIC: &[u8; 8] = b"SYNGUARD";
const RECORD_AT: usize = MAGIC.len() + size_of::<u32>();
const HASH_AT: usize = SLOT_BYTES - size_of::<Hash>();
/// Most bytes of a record; it has about 900.
pub(super) const MAX_RECORD_BYTES: usize = HASH_AT - RECORD_AT;

/// One slot's bytes and where they go: at `position * SLOT_BYTES` of the guard's file.
#[derive(Clone, PartialEq, Eq)]
pub struct GuardSlot {
    /// 0 or 1.
    pub position: usize,
    /// The bytes.
    pub bytes: [u8; SLOT_BYTES],
}

impl std::fmt::Debug for GuardSlot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "GuardSlot({})", self.position)
    }
}

/// Why a guard file is not used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GuardError {
    /// The file has another size than two slots.
    #[error("a guard file has {} bytes, this one {bytes}", 2 * SLOT_BYTES)]
    Size {
        /// Its bytes.
        bytes: usize,
    },
    /// Neither slot holds a whole record.
    #[error("neither slot of the guard file is whole: what this key has signed is not known")]
    BothBad,
    /// A file that a guard was carried away in is not whole.
    #[error("{bytes} bytes are no whole guard: cut short, changed, or something else")]
    Record {
        /// Its bytes.
        bytes: usize,
    },
}

impl Guard {
    /// The next image of this guard, to be written and synced before a signature leaves.
    ///
    /// # Panics
    /// After 2^64 images.
    #[must_use]
    pub fn next_slot(&mut self) -> Box<GuardSlot> {
        self.sequence = self.sequence.checked_add(1).expect("a guard is written under 2^64 times");
        let record = types::encode(self);
        assert!(record.len() <= MAX_RECORD_BYTES, "a guard's record fits its slot");
        let length = u32::try_from(record.len()).expect("a record is shorter than a slot");
        let mut bytes = [0; SLOT_BYTES];
        bytes[..MAGIC.len()].copy_from_slice(MAGIC);
        bytes[MAGIC.len()..RECORD_AT].copy_from_slice(&length.to_le_bytes());
        bytes[RECORD_AT..RECORD_AT + record.len()].copy_from_slice(&record);
        let sum = checksum(&bytes[..HASH_AT]);
        bytes[HASH_AT..].copy_from_slice(sum.as_bytes());
        Box::new(GuardSlot { position: position(self.sequence), bytes })
    }

    /// The newer whole record of a guard file's two slots.
    ///
    /// # Errors
    /// [`GuardError`] if the size is wrong or neither slot is whole.
    pub fn decode(file: &[u8]) -> Result<Self, GuardError> {
        let size = || GuardError::Size { bytes: file.len() };
        let (first, second) = file.split_at_checked(SLOT_BYTES).ok_or_else(size)?;
        let first: &[u8; SLOT_BYTES] = first.try_into().map_err(|_| size())?;
        let second: &[u8; SLOT_BYTES] = second.try_into().map_err(|_| size())?;
        let slots = [decode_slot(0, first), decode_slot(1, second)];
        slots.into_iter().flatten().max_by_key(|guard| guard.sequence).ok_or(GuardError::BothBad)
    }
}

/// Which slot the image of this sequence number goes to.
fn position(sequence: u64) -> usize {
    usize::from(!sequence.is_multiple_of(2))
}

pub(super) fn checksum(bytes: &[u8]) -> Hash {
    hash::keyed(&hash::key(domain::GUARD), bytes)
}

fn decode_slot(place: usize, bytes: &[u8; SLOT_BYTES]) -> Option<Guard> {
    if bytes[..MAGIC.len()] != *MAGIC || bytes[HASH_AT..] != *checksum(&bytes[..HASH_AT]).as_bytes()
    {
        return None;
    }
    let length = u32::from_le_bytes(bytes[MAGIC.len()..RECORD_AT].try_into().ok()?);
    let length = usize::try_from(length).ok()?;
    let record = bytes[RECORD_AT..HASH_AT].get(..length)?;
    let guard: Guard = types::decode("guard", record, MAX_RECORD_BYTES).ok()?;
    (position(guard.sequence) == place).then_some(guard)
}
