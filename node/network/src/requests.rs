//! Remember requests under way, ours and theirs, and put the library's events in order.

use crate::event::{FailureReason, RequestId, RequestKind};
use crate::frame::Frame;
use crate::protocols::Exchange;
use libp2p::PeerId;
use libp2p::request_response::{
    Event, Message, OutboundFailure, OutboundRequestId, ResponseChannel,
};
use std::collections::BTreeMap;
use std::fmt;

/// Requests of peers that wait for the node's answer, of one protocol.
const MAX_UNANSWERED: usize = 1_024;

/// The channel that takes an answer to a peer.
type Channel<E> = ResponseChannel<Frame<<E as Exchange>::Answer>>;

/// Requests of one protocol, ours and theirs.
pub(crate) struct Requests<E: Exchange> {
    /// Theirs, by handle. A channel closes by itself when the protocol's time is over.
    unanswered: BTreeMap<RequestId, Channel<E>>,
    next: u64,
    /// Ours. Bounded by [`Requests::may_ask`]; the library reports an end for every one.
    asked: BTreeMap<OutboundRequestId, (PeerId, RequestKind)>,
}

impl<E: Exchange> fmt::Debug for Requests<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Requests")
            .field("protocol", &E::NAME)
            .field("unanswered", &self.unanswered.len())
            .field("asked", &self.asked)
            .finish_non_exhaustive()
    }
}

impl<E: Exchange> Requests<E> {
    /// None yet.
    pub(crate) fn new() -> Self {
        Self { unanswered: BTreeMap::new(), next: 0, asked: BTreeMap::new() }
    }

    /// Keep the way back to a peer; `None` if too many wait.
    pub(crate) fn open(&mut self, channel: Channel<E>) -> Option<RequestId> {
        if self.unanswered.len() >= MAX_UNANSWERED {
            self.forget_closed();
        }
        if self.unanswered.len() >= MAX_UNANSWERED {
            return None;
        }
        let id = RequestId(self.next);
        self.next += 1;
        self.unanswered.insert(id, channel);
        Some(id)
    }

    /// The way back to a peer, if it is still open.
    pub(crate) fn close(&mut self, id: RequestId) -> Option<Channel<E>> {
        self.unanswered.remove(&id).filter(ResponseChannel::is_open)
    }

    /// Forget requests whose time is over.
    pub(crate) fn forget_closed(&mut self) {
        self.unanswered.retain(|_, channel| channel.is_open());
    }

    /// Whether one more request may go to that peer. Streams are shared by both directions: half
    /// of them are left to the peer.
    pub(crate) fn may_ask(&self, peer: &PeerId) -> bool {
        let under_way = self.asked.values().filter(|(other, _)| other == peer).count();
        under_way < E::MAX_STREAMS / 2
    }

    /// A request went out.
    pub(crate) fn on_asked(&mut self, id: OutboundRequestId, peer: PeerId, kind: RequestKind) {
        self.asked.insert(id, (peer, kind));
    }

    /// A request came to its end; says what it was.
    pub(crate) fn on_ended(&mut self, id: OutboundRequestId) -> Option<RequestKind> {
        self.asked.remove(&id).map(|(_, kind)| kind)
    }

    /// Forget everything, and say what was under way.
    pub(crate) fn clear(&mut self) -> Vec<(PeerId, RequestKind)> {
        self.unanswered.clear();
        std::mem::take(&mut self.asked).into_values().collect()
    }
}

/// What happened to a request.
pub(crate) enum Happened<Q, A> {
    /// A peer asks.
    Asked {
        /// Who.
        peer: PeerId,
        /// What.
        frame: Frame<Q>,
        /// The way back.
        channel: ResponseChannel<Frame<A>>,
    },
    /// A peer answered.
    Answered {
        /// Who.
        peer: PeerId,
        /// Which request.
        id: OutboundRequestId,
        /// What.
        frame: Frame<A>,
    },
    /// A request of ours came to nothing.
    Failed {
        /// Who was asked.
        peer: PeerId,
        /// Which request.
        id: OutboundRequestId,
        /// Why.
        reason: FailureReason,
    },
    /// An answer of ours went out, or its peer is gone.
    Settled,
}

impl<Q, A> From<Event<Frame<Q>, Frame<A>>> for Happened<Q, A> {
    fn from(event: Event<Frame<Q>, Frame<A>>) -> Self {
        match event {
            Event::Message { peer, message: Message::Request { request, channel, .. }, .. } => {
                Self::Asked { peer, frame: request, channel }
            }
            Event::Message {
                peer, message: Message::Response { request_id, response }, ..
            } => Self::Answered { peer, id: request_id, frame: response },
            Event::OutboundFailure { peer, request_id, error, .. } => {
                Self::Failed { peer, id: request_id, reason: reason(&error) }
            }
            Event::InboundFailure { .. } | Event::ResponseSent { .. } => Self::Settled,
        }
    }
}

fn reason(error: &OutboundFailure) -> FailureReason {
    match error {
        OutboundFailure::DialFailure => FailureReason::NotConnected,
        OutboundFailure::Timeout => FailureReason::Timeout,
        OutboundFailure::UnsupportedProtocols => FailureReason::Unsupported,
        OutboundFailure::ConnectionClosed | OutboundFailure::Io(_) => FailureReason::Dropped,
    }
}
