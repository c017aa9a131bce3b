//! What node and signer say, and its bytes: length (u32, little-endian), protocol version (u8), and
//! the message in borsh. The length counts the message alone.

use borsh::{BorshDeserialize, BorshSerialize};
use consensus::safety::{Guard, HandoverError, Refusal};
use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};
use types::{
    BlockId, ChainId, Hash, Height, PublicKey, Share, Signature, SignedAddress, ValidatorId, Value,
    VrfProof,
};

/// The protocol between node and signer. Both sides know one.
pub(super) const VERSION: u8 = 1;
/// Largest message. Unit: bytes. A guard, the largest part of any, has about 900.
pub(super) const MAX_MESSAGE_BYTES: usize = 8 * 1024;
/// How long the rest of a message may take once it has begun.
const REST_WITHIN: Duration = Duration::from_secs(2);
/// Bytes before a message.
const HEAD_BYTES: usize = 5;

/// From the node. The first is always [`Request::Hello`].
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[borsh(use_discriminant = true)]
#[repr(u8)]
pub(super) enum Request {
    /// Who asks, for which chain.
    Hello(Hello) = 0,
    /// Go on with this guard, which the node has judged.
    Adopt(Box<Guard>) = 1,
    /// `Signer::sign`.
    Sign {
        /// Where.
        address: SignedAddress,
        /// What.
        value: Value,
        /// Our newest message in the node's flushed journal.
        settled: Option<SignedAddress>,
    } = 2,
    /// `Signer::randomness`.
    Randomness {
        /// Of this height.
        height: Height,
        /// That of the height before.
        previous: Hash,
    } = 3,
    /// `Signer::ready`.
    Ready {
        /// Where the candidate stands.
        height: Height,
        /// Its block.
        block_id: BlockId,
        /// Its state.
        state_root: Hash,
    } = 4,
}

/// Who asks, for which chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(super) struct Hello {
    /// The node's chain.
    pub(super) chain_id: ChainId,
    /// Its header 0.
    pub(super) genesis_hash: BlockId,
    /// Whose keys the node has signed with so far; `None` at its start.
    pub(super) validator: Option<ValidatorId>,
}

/// From the signer: one for each request.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[borsh(use_discriminant = true)]
#[repr(u8)]
pub(super) enum Answer {
    /// To [`Request::Hello`].
    Welcome(Box<Welcome>) = 0,
    /// To [`Request::Adopt`]: the guard as it now lies on disk.
    Adopted(Box<Guard>) = 1,
    /// To [`Request::Sign`]: the guard that holds it is on disk.
    Signed(Signature, Share) = 2,
    /// To [`Request::Randomness`].
    Randomness(VrfProof, Hash) = 3,
    /// To [`Request::Ready`].
    Ready(Signature) = 4,
    /// To any: nothing was done.
    Denied(Denial) = 5,
}

/// Whose keys the signer holds, and what they have signed.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(super) struct Welcome {
    /// The validator.
    pub(super) validator: ValidatorId,
    /// Its consensus key.
    pub(super) consensus_key: PublicKey,
    /// What names the signer's machine; empty if nothing does.
    pub(super) machine: Vec<u8>,
    /// The guard as it lies on disk.
    pub(super) guard: Guard,
}

/// Why the signer does not do as it is asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, BorshSerialize, BorshDeserialize)]
#[borsh(use_discriminant = true)]
#[repr(u8)]
pub(crate) enum Denial {
    /// Another node is connected: a validator has one.
    #[error("SIGNER_BUSY: the signer serves another node")]
    Busy = 0,
    /// The other side speaks another protocol.
    #[error("SIGNER_VERSION: the signer speaks protocol {signer}, the node {node}")]
    Version {
        /// The signer's.
        signer: u8,
        /// The node's.
        node: u8,
    } = 1,
    /// A message is too large.
    #[error("SIGNER_FRAME: a message of {bytes} bytes, the limit is {MAX_MESSAGE_BYTES}")]
    TooLarge {
        /// Its bytes.
        bytes: u64,
    } = 2,
    /// A message cannot be read.
    #[error("SIGNER_FRAME: a message cannot be read")]
    Malformed = 3,
    /// Another request than a greeting came first, or a greeting came later.
    #[error("SIGNER_GREETING: a connection begins with one greeting")]
    Greeting = 4,
    /// The node is on another chain.
    #[error("SIGNER_CHAIN: the signer is of chain {signer}, the node of chain {node}")]
    OtherChain {
        /// The signer's.
        signer: ChainId,
        /// The node's.
        node: ChainId,
    } = 5,
    /// The node is on a chain with another header 0.
    #[error("SIGNER_GENESIS: the signer's header 0 is {signer}, the node's {node}")]
    OtherGenesis {
        /// The signer's.
        signer: BlockId,
        /// The node's.
        node: BlockId,
    } = 6,
    /// The node signed for another validator so far.
    #[error("SIGNER_VALIDATOR: the signer is validator {signer}'s, the node is validator {node}'s")]
    OtherValidator {
        /// The signer's.
        signer: ValidatorId,
        /// The node's.
        node: ValidatorId,
    } = 7,
    /// The guard is not armed for this connection.
    #[error("SIGNER_UNARMED: the node has not armed the guard")]
    Unarmed = 8,
    /// The node's judgement of the guard is not accepted.
    #[error("SIGNER_GUARD: {0}")]
    Handover(HandoverError) = 9,
    /// The guard does not admit the signature.
    #[error("{0}")]
    Guard(Refusal) = 10,
}

impl Denial {
    /// Whether the same greeting may be accepted later.
    pub(super) const fn passes(&self) -> bool {
        matches!(self, Self::Busy)
    }
}

/// Why no message came or went.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FrameError {
    /// It is too large.
    #[error("a message of {bytes} bytes, the limit is {MAX_MESSAGE_BYTES}")]
    TooLarge {
        /// Its bytes.
        bytes: u64,
    },
    /// The other side speaks another protocol.
    #[error("the other side speaks protocol {theirs}, this one {VERSION}")]
    Version {
        /// What it speaks.
        theirs: u8,
    },
    /// It cannot be read.
    #[error("a message cannot be read: {0}")]
    Malformed(#[from] types::DecodeError),
    /// It did not come or go in time.
    #[error("no answer in time")]
    Late,
    /// The other side has gone.
    #[error("the connection is closed")]
    Closed,
    /// Reading or writing failed.
    #[error("{0}")]
    Io(#[from] io::Error),
}

/// Send one message before `deadline`.
pub(super) fn write<T: BorshSerialize>(
    stream: &mut UnixStream,
    message: &T,
    deadline: Instant,
) -> Result<(), FrameError> {
    let message = types::encode(message);
    assert!(message.len() <= MAX_MESSAGE_BYTES, "our own messages fit");
    let length = u32::try_from(message.len()).expect("a message is shorter than its limit");
    let mut frame = Vec::with_capacity(HEAD_BYTES + message.len());
    frame.extend_from_slice(&length.to_le_bytes());
    frame.push(VERSION);
    frame.extend_from_slice(&message);
    // Both sides leave room for a frame: this waits only for one that has stopped reading.
    stream.set_write_timeout(Some(left(deadline)?))?;
    stream.write_all(&frame).map_err(of_io)
}

/// Take one message: it begins before `deadline` if there is one, and then comes without a pause.
pub(super) fn read<T: BorshDeserialize>(
    stream: &mut UnixStream,
    deadline: Option<Instant>,
) -> Result<T, FrameError> {
    let mut head = [0; HEAD_BYTES];
    let (first, rest) = head.split_at_mut(1);
    fill(stream, first, deadline)?;
    let deadline = deadline.unwrap_or_else(|| Instant::now() + REST_WITHIN);
    fill(stream, rest, Some(deadline))?;
    let [a, b, c, d, version] = head;
    if version != VERSION {
        return Err(FrameError::Version { theirs: version });
    }
    let length = u32::from_le_bytes([a, b, c, d]);
    let bytes = usize::try_from(length).ok().filter(|bytes| *bytes <= MAX_MESSAGE_BYTES);
    let bytes = bytes.ok_or(FrameError::TooLarge { bytes: length.into() })?;
    let mut message = vec![0; bytes];
    fill(stream, &mut message, Some(deadline))?;
    Ok(types::decode("signer message", &message, MAX_MESSAGE_BYTES)?)
}

fn fill(
    stream: &mut UnixStream,
    bytes: &mut [u8],
    deadline: Option<Instant>,
) -> Result<(), FrameError> {
    let mut at = 0;
    while at < bytes.len() {
        stream.set_read_timeout(deadline.map(left).transpose()?)?;
        match stream.read(&mut bytes[at..]) {
            Ok(0) => return Err(FrameError::Closed),
            Ok(count) => at += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(of_io(error)),
        }
    }
    Ok(())
}

fn of_io(error: io::Error) -> FrameError {
    match error.kind() {
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => FrameError::Late,
        io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset => FrameError::Closed,
        _ => FrameError::Io(error),
    }
}

/// What is left until a deadline; never zero, which would mean no limit.
fn left(deadline: Instant) -> Result<Duration, FrameError> {
    let left = deadline.saturating_duration_since(Instant::now());
    if left.is_zero() { Err(FrameError::Late) } else { Ok(left) }
}
