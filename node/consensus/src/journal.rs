//! Write down what a height decides by, so that a restart votes as before (protocol 4.2, 4.4).
//!
//! One file a height. A frame is: length of the record (u32, little-endian), the same with all
//! bits flipped, eight bytes of a keyed blake3 over length and record, and the record in borsh
//! after a version byte. The first record names chain and height.
//!
//! A crash tears at most the end: what was being written was never relied on, since whatever
//! leaves the node waits for the flush. So a bad last frame is cut off, and so are zeros that the
//! file system left behind it; anything else that is wrong is damage, and the node must not guess.

use borsh::io::{Read, Result as IoResult, Write};
use borsh::{BorshDeserialize, BorshSerialize};
use crypto::{domain, hash, id};
use std::sync::Arc;
use types::wire::{BlockMessage, ConsensusContent, MAX_BLOCK_BYTES};
use types::{BlockId, ChainId, Height, Round, SignedAddress, Step, ValidatorId, Version, VoteKind};

use crate::safety::Signed;
use crate::timeouts::Timeout;

/// Most bytes of a record: a block, and room for what stands around it.
pub const MAX_RECORD_BYTES: usize = MAX_BLOCK_BYTES + 1024;
/// Most bytes of a journal that is read: 48 largest blocks. A height that needs more rounds than
/// that, each with another largest block, is not replayed.
pub const MAX_JOURNAL_BYTES: usize = 48 * MAX_RECORD_BYTES;

const SUM_BYTES: usize = 8;
const FRAME_BYTES: usize = 4 + 4 + SUM_BYTES;

/// One entry of the journal of a height.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[borsh(use_discriminant = true)]
#[repr(u8)]
#[expect(clippy::large_enum_variant, reason = "nearly all records are messages")]
pub enum JournalRecord {
    /// Always the first: whose journal this is.
    Header {
        /// The chain.
        chain_id: ChainId,
        /// The height.
        height: Height,
    } = 0,
    /// A block, before anything that depends on having it.
    Block(
        #[borsh(serialize_with = "write_shared", deserialize_with = "read_shared")]
        Arc<BlockMessage>,
    ) = 1,
    /// The verdict on a proposed block.
    Proposed {
        /// The round it was proposed in.
        round: Round,
        /// The round whose polka the proposal names.
        pol_round: Option<Round>,
        /// Who proposed it.
        proposer: ValidatorId,
        /// The block.
        block_id: BlockId,
        /// Whether it is valid.
        valid: bool,
    } = 2,
    /// A proposal, vote or polka certificate, ours or another's, verified.
    Message(ConsensusContent) = 3,
    /// A timer that ran out.
    Timeout(Timeout) = 4,
}

/// How a journal ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tail {
    /// With a whole record.
    Clean,
    /// With a torn one: the file is cut to this many bytes before it is appended to.
    Torn {
        /// Where the last whole record ends.
        at: usize,
    },
}

/// Why a journal is not used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JournalError {
    /// Larger than any journal this node writes.
    #[error("the journal has {bytes} bytes, the limit is {MAX_JOURNAL_BYTES}")]
    TooLarge {
        /// Its bytes.
        bytes: usize,
    },
    /// Damaged before its end.
    #[error("the journal is damaged at byte {at}, and more follows: restore it or sync anew")]
    Damaged {
        /// Where the bad frame begins.
        at: usize,
    },
    /// A whole frame that this version cannot read.
    #[error("the journal's record at byte {at} cannot be read: {reason}")]
    Unreadable {
        /// Where its frame begins.
        at: usize,
        /// What is wrong with it.
        reason: types::DecodeError,
    },
    /// The first record is not the header, or a header stands elsewhere.
    #[error("the journal's record at byte {at} is not where it belongs")]
    Misplaced {
        /// Where its frame begins.
        at: usize,
    },
}

/// The frame of a record, to be appended to the journal's file.
///
/// # Panics
/// If the record has more than [`MAX_RECORD_BYTES`]: no block that was decoded has.
#[must_use]
pub fn frame(record: &JournalRecord) -> Vec<u8> {
    let mut bytes = vec![0; FRAME_BYTES];
    (Version::<1>, record).serialize(&mut bytes).expect("writing to memory cannot fail");
    let length = bytes.len() - FRAME_BYTES;
    assert!(length <= MAX_RECORD_BYTES, "a journal record keeps its limit");
    let length = u32::try_from(length).expect("a record is shorter than 4 GiB");
    bytes[..4].copy_from_slice(&length.to_le_bytes());
    bytes[4..8].copy_from_slice(&(!length).to_le_bytes());
    let sum = checksum(length, &bytes[FRAME_BYTES..]);
    bytes[8..FRAME_BYTES].copy_from_slice(&sum);
    bytes
}

/// Read a whole journal: its records from the header on, and how it ends.
///
/// # Errors
/// [`JournalError`] if it is damaged anywhere but at its end.
pub fn read_all(bytes: &[u8]) -> Result<(Vec<JournalRecord>, Tail), JournalError> {
    if bytes.len() > MAX_JOURNAL_BYTES {
        return Err(JournalError::TooLarge { bytes: bytes.len() });
    }
    let mut records = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let Some(payload) = whole_frame(&bytes[at..]) else {
            return ends_at(bytes, at).map(|tail| (records, tail));
        };
        let record = decode_record(at, payload)?;
        if records.is_empty() != matches!(record, JournalRecord::Header { .. }) {
            return Err(JournalError::Misplaced { at });
        }
        records.push(record);
        at += FRAME_BYTES + payload.len();
    }
    Ok((records, Tail::Clean))
}

/// Our own proposals and votes among a journal's records, in the order in which they were made.
#[must_use]
pub fn own_messages(
    records: &[JournalRecord],
    chain_id: ChainId,
    own: &ValidatorId,
) -> Vec<(SignedAddress, Signed)> {
    let own_message = |record: &JournalRecord| match record {
        JournalRecord::Message(content) => signed_by(content, chain_id, own),
        JournalRecord::Header { .. }
        | JournalRecord::Block(_)
        | JournalRecord::Proposed { .. }
        | JournalRecord::Timeout(_) => None,
    };
    records.iter().filter_map(own_message).collect()
}

/// The address of a proposal or vote and what was signed there, if this validator signed it.
pub(crate) fn signed_by(
    content: &ConsensusContent,
    chain_id: ChainId,
    own: &ValidatorId,
) -> Option<(SignedAddress, Signed)> {
    match content {
        ConsensusContent::Proposal(proposal) if proposal.validator == *own => {
            let &types::Proposal { height, round, signature, share, .. } = proposal;
            let value = Some(id::proposal_value(&proposal.block_id, proposal.pol_round));
            let address = SignedAddress { chain_id, height, round, step: Step::Proposal };
            Some((address, Signed { value, signature, share }))
        }
        ConsensusContent::Vote(vote) if vote.validator == *own => {
            let &types::Vote { kind, height, round, block_id, signature, share, .. } = vote;
            let value = block_id.map(|block_id| types::Hash(block_id.0));
            let address = SignedAddress { chain_id, height, round, step: VoteKind::step(kind) };
            Some((address, Signed { value, signature, share }))
        }
        ConsensusContent::Proposal(_)
        | ConsensusContent::Vote(_)
        | ConsensusContent::Seal(_)
        | ConsensusContent::Commit(_)
        | ConsensusContent::Finality(_)
        | ConsensusContent::Polka(_)
        | ConsensusContent::Round(_) => None,
    }
}

fn write_shared<W: Write>(block: &Arc<BlockMessage>, writer: &mut W) -> IoResult<()> {
    block.as_ref().serialize(writer)
}

fn read_shared<R: Read>(reader: &mut R) -> IoResult<Arc<BlockMessage>> {
    BlockMessage::deserialize_reader(reader).map(Arc::new)
}

fn checksum(length: u32, payload: &[u8]) -> [u8; SUM_BYTES] {
    // The length is under the hash, so that a record of another length cannot borrow its sum.
    let key = hash::keyed(&hash::key(domain::JOURNAL), &length.to_le_bytes());
    let sum = hash::keyed(&key.0, payload);
    sum.0[..SUM_BYTES].try_into().expect("a hash has more than eight bytes")
}

/// The length that a frame header names, if the header is consistent.
fn named_length(bytes: &[u8]) -> Option<u32> {
    let length = u32::from_le_bytes(bytes.get(..4)?.try_into().ok()?);
    let flipped = u32::from_le_bytes(bytes.get(4..8)?.try_into().ok()?);
    (length == !flipped).then_some(length)
}

/// The payload of the frame at the head of `bytes`, if the frame is whole.
fn whole_frame(bytes: &[u8]) -> Option<&[u8]> {
    let length = named_length(bytes)?;
    let size = usize::try_from(length).ok().filter(|size| *size <= MAX_RECORD_BYTES)?;
    let payload = bytes.get(FRAME_BYTES..)?.get(..size)?;
    (bytes[8..FRAME_BYTES] == checksum(length, payload)).then_some(payload)
}

/// A frame that is not whole begins at `at`: a torn end, or damage?
fn ends_at(bytes: &[u8], at: usize) -> Result<Tail, JournalError> {
    let rest = &bytes[at..];
    // Without a consistent header the frame's end is not known: only zeros may follow the header.
    let end = match named_length(rest) {
        Some(length) => usize::try_from(length).unwrap_or(usize::MAX).saturating_add(FRAME_BYTES),
        None => FRAME_BYTES,
    };
    match rest.get(end..) {
        Some(beyond) if beyond.iter().any(|byte| *byte != 0) => Err(JournalError::Damaged { at }),
        Some(_) | None => Ok(Tail::Torn { at }),
    }
}

fn decode_record(at: usize, payload: &[u8]) -> Result<JournalRecord, JournalError> {
    types::decode("journal record", payload, MAX_RECORD_BYTES)
        .map(|(Version::<1>, record)| record)
        .map_err(|reason| JournalError::Unreadable { at, reason })
}

#[cfg(test)]
mod tests;
