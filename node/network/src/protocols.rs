//! Ask and answer: the five request-response protocols, their sizes, times and numbers of streams.

use crate::frame::{self, Frame, ReadBudget};
use borsh::{BorshDeserialize, BorshSerialize};
use futures::io::{AsyncRead, AsyncWrite};
use libp2p::StreamProtocol;
use libp2p::request_response::{self, Codec, ProtocolSupport};
use std::io;
use std::marker::PhantomData;
use std::time::Duration;
use types::ChainId;
use types::wire::{
    BlockAnswer, BlockMessage, BlockRequest, MAX_BLOCK_BYTES, MAX_STATUS_ANSWER_BYTES,
    MAX_STATUS_BYTES, MAX_SYNC_BYTES, MAX_TX_BATCH_BYTES, StatusAnswer, StatusRequest, SyncAnswer,
    SyncRequest, TxBatch,
};

/// Largest request that is a few numbers.
const MAX_SMALL_REQUEST_BYTES: usize = 64;

/// `/syndic/<16 hex of the chain id>/<name>/1` (protocol 1.8).
pub(crate) fn protocol_id(chain_id: &ChainId, name: &str) -> String {
    const CHAIN_DIGITS: usize = 16;
    let chain = chain_id.to_string();
    let digits = chain.get(..CHAIN_DIGITS).expect("a chain id is 64 hexadecimal digits");
    format!("/syndic/{digits}/{name}/1")
}

/// A protocol of one question and one answer.
pub(crate) trait Exchange: Clone + Send + Sync + 'static {
    /// Its part of the protocol id.
    const NAME: &'static str;
    /// What is asked.
    type Request: BorshSerialize + BorshDeserialize + Send + std::fmt::Debug + 'static;
    /// Largest request in bytes.
    const MAX_REQUEST_BYTES: usize;
    /// What is answered.
    type Answer: BorshSerialize + BorshDeserialize + Send + std::fmt::Debug + 'static;
    /// Largest answer in bytes.
    const MAX_ANSWER_BYTES: usize;
    /// How long question and answer may take together.
    const TIMEOUT: Duration;
    /// Streams of this protocol on one connection, both directions together.
    const MAX_STREAMS: usize;
}

/// A proposer sends its block; the answer is empty.
#[derive(Clone, Debug)]
pub(crate) struct BlockPush;

impl Exchange for BlockPush {
    const NAME: &'static str = "block-push";
    type Request = BlockMessage;
    const MAX_REQUEST_BYTES: usize = MAX_BLOCK_BYTES;
    type Answer = ();
    const MAX_ANSWER_BYTES: usize = 0;
    const TIMEOUT: Duration = Duration::from_secs(10);
    const MAX_STREAMS: usize = 8;
}

/// Transactions that have waited go straight to the next proposer; the answer is empty.
#[derive(Clone, Debug)]
pub(crate) struct TxPush;

impl Exchange for TxPush {
    const NAME: &'static str = "tx-push";
    type Request = TxBatch;
    const MAX_REQUEST_BYTES: usize = MAX_TX_BATCH_BYTES;
    type Answer = ();
    const MAX_ANSWER_BYTES: usize = 0;
    const TIMEOUT: Duration = Duration::from_secs(5);
    const MAX_STREAMS: usize = 8;
}

/// A block not yet committed is fetched by its id.
#[derive(Clone, Debug)]
pub(crate) struct BlockFetch;

impl Exchange for BlockFetch {
    const NAME: &'static str = "block";
    type Request = BlockRequest;
    const MAX_REQUEST_BYTES: usize = MAX_SMALL_REQUEST_BYTES;
    type Answer = BlockAnswer;
    const MAX_ANSWER_BYTES: usize = MAX_BLOCK_BYTES;
    const TIMEOUT: Duration = Duration::from_secs(5);
    const MAX_STREAMS: usize = 8;
}

/// Two nodes compare where they stand.
#[derive(Clone, Debug)]
pub(crate) struct StatusExchange;

impl Exchange for StatusExchange {
    const NAME: &'static str = "status";
    type Request = StatusRequest;
    const MAX_REQUEST_BYTES: usize = MAX_STATUS_BYTES;
    type Answer = StatusAnswer;
    const MAX_ANSWER_BYTES: usize = MAX_STATUS_ANSWER_BYTES;
    const TIMEOUT: Duration = Duration::from_secs(3);
    const MAX_STREAMS: usize = 16;
}

/// Committed blocks are fetched by height.
#[derive(Clone, Debug)]
pub(crate) struct BlockSync;

impl Exchange for BlockSync {
    const NAME: &'static str = "sync";
    type Request = SyncRequest;
    const MAX_REQUEST_BYTES: usize = MAX_SMALL_REQUEST_BYTES;
    type Answer = SyncAnswer;
    const MAX_ANSWER_BYTES: usize = MAX_SYNC_BYTES;
    const TIMEOUT: Duration = Duration::from_secs(20);
    const MAX_STREAMS: usize = 4;
}

/// Streams of all five on one connection.
pub(crate) const MAX_EXCHANGE_STREAMS: usize = BlockPush::MAX_STREAMS
    + TxPush::MAX_STREAMS
    + BlockFetch::MAX_STREAMS
    + StatusExchange::MAX_STREAMS
    + BlockSync::MAX_STREAMS;

/// Make the protocol.
pub(crate) fn behaviour<E: Exchange>(
    chain_id: &ChainId,
    budget: &ReadBudget,
) -> request_response::Behaviour<WireCodec<E>> {
    let protocol = StreamProtocol::try_from_owned(protocol_id(chain_id, E::NAME))
        .expect("a protocol id begins with a slash");
    let config = request_response::Config::default()
        .with_request_timeout(E::TIMEOUT)
        .with_max_concurrent_streams(E::MAX_STREAMS);
    let codec = WireCodec { budget: budget.clone(), exchange: PhantomData };
    request_response::Behaviour::with_codec(codec, [(protocol, ProtocolSupport::Full)], config)
}

/// Reads and writes one protocol's messages. It runs in the connection's task, so that decoding a
/// large block does not hold up the swarm.
#[derive(Clone, Debug)]
pub(crate) struct WireCodec<E> {
    budget: ReadBudget,
    exchange: PhantomData<E>,
}

impl<E: Exchange> Codec for WireCodec<E> {
    type Protocol = StreamProtocol;
    type Request = Frame<E::Request>;
    type Response = Frame<E::Answer>;

    async fn read_request<S>(&mut self, _: &StreamProtocol, io: &mut S) -> io::Result<Self::Request>
    where
        S: AsyncRead + Unpin + Send,
    {
        frame::read(io, E::NAME, E::MAX_REQUEST_BYTES, &self.budget).await
    }

    async fn read_response<S>(
        &mut self,
        _: &StreamProtocol,
        io: &mut S,
    ) -> io::Result<Self::Response>
    where
        S: AsyncRead + Unpin + Send,
    {
        frame::read(io, E::NAME, E::MAX_ANSWER_BYTES, &self.budget).await
    }

    async fn write_request<S>(
        &mut self,
        _: &StreamProtocol,
        io: &mut S,
        request: Self::Request,
    ) -> io::Result<()>
    where
        S: AsyncWrite + Unpin + Send,
    {
        write(io, request).await
    }

    async fn write_response<S>(
        &mut self,
        _: &StreamProtocol,
        io: &mut S,
        answer: Self::Response,
    ) -> io::Result<()>
    where
        S: AsyncWrite + Unpin + Send,
    {
        write(io, answer).await
    }
}

async fn write<S, T>(io: &mut S, frame: Frame<T>) -> io::Result<()>
where
    S: AsyncWrite + Unpin + Send,
    T: Send,
{
    match frame {
        Frame::Outbound(bytes) => frame::write(io, &bytes).await,
        // What was read is never written: the swarm's task makes outbound frames only.
        Frame::Inbound { .. } | Frame::Bad(_) => Err(io::ErrorKind::InvalidInput.into()),
    }
}
