//! Read and write one message on a stream: its length in four bytes, lowest first, then its bytes.
//!
//! The length is checked before anything is allocated, and memory grows only as bytes arrive.

use borsh::BorshDeserialize;
use futures::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Bytes that are reserved ahead of their arrival.
const FIRST_CAPACITY: usize = 64 * 1024;

/// What a peer sent instead of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BadFrame {
    /// It announced more bytes than such a message may have.
    Oversized,
    /// Its bytes are not one whole encoding.
    Malformed,
}

/// A message of type `T` on its way.
#[derive(Clone, Debug)]
pub(crate) enum Frame<T> {
    /// To be written.
    Outbound(Arc<[u8]>),
    /// Was read.
    Inbound {
        /// The message.
        value: Box<T>,
        /// Its size.
        bytes: usize,
    },
    /// Was read, and is none. Kept as a value: the library reports no error of a request that
    /// could not be read, and its sender must be known.
    Bad(BadFrame),
}

/// Write a message.
pub(crate) async fn write<S>(io: &mut S, bytes: &[u8]) -> io::Result<()>
where
    S: AsyncWrite + Unpin + Send,
{
    let length = u32::try_from(bytes.len()).map_err(io::Error::other)?;
    io.write_all(&length.to_le_bytes()).await?;
    io.write_all(bytes).await?;
    io.flush().await
}

/// Read a message of at most `limit` bytes.
///
/// # Errors
/// If the stream breaks or ends early, or if too much is being read at once already.
pub(crate) async fn read<S, T>(
    io: &mut S,
    what: &'static str,
    limit: usize,
    budget: &ReadBudget,
) -> io::Result<Frame<T>>
where
    S: AsyncRead + Unpin + Send,
    T: BorshDeserialize,
{
    let mut length = [0; 4];
    io.read_exact(&mut length).await?;
    let Ok(length) = usize::try_from(u32::from_le_bytes(length)) else {
        return Ok(Frame::Bad(BadFrame::Oversized));
    };
    if length > limit {
        return Ok(Frame::Bad(BadFrame::Oversized));
    }
    let _reserved = budget.reserve(length)?;
    let mut bytes = Vec::with_capacity(length.min(FIRST_CAPACITY));
    io.take(u64::try_from(length).map_err(io::Error::other)?).read_to_end(&mut bytes).await?;
    if bytes.len() != length {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(match types::decode(what, &bytes, limit) {
        Ok(value) => Frame::Inbound { value: Box::new(value), bytes: length },
        Err(_) => Frame::Bad(BadFrame::Malformed),
    })
}

/// How many bytes may be in the middle of being read, over all streams.
#[derive(Clone, Debug)]
pub(crate) struct ReadBudget {
    free: Arc<AtomicUsize>,
}

impl ReadBudget {
    /// A budget of that many bytes.
    pub(crate) fn new(bytes: usize) -> Self {
        Self { free: Arc::new(AtomicUsize::new(bytes)) }
    }

    fn reserve(&self, bytes: usize) -> io::Result<Reserved> {
        self.free
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, |free| free.checked_sub(bytes))
            .map_err(|_| io::Error::from(io::ErrorKind::OutOfMemory))?;
        Ok(Reserved { free: Arc::clone(&self.free), bytes })
    }
}

/// Bytes taken from a budget, given back when dropped: a stream that ends in any way frees them.
struct Reserved {
    free: Arc<AtomicUsize>,
    bytes: usize,
}

impl Drop for Reserved {
    fn drop(&mut self) {
        self.free.fetch_add(self.bytes, Ordering::AcqRel);
    }
}
