//! Follow events: every one exactly once, across lost connections and over several nodes.
//!
//! The stream has one order, by [`Cursor`], and every node tells the same stream. After a lost
//! connection the next node is asked for what comes after the last cursor that was handed out, and
//! whatever lies at or below it is dropped. A program that keeps the last cursor with its own
//! books goes on after a restart without gap or repetition.

use crate::client::{Config, MAX_NODES};
use crate::dto::params::Subscribe;
use crate::dto::text::hex32;
use crate::dto::{Cursor, EventFilter, Fault, Finality, StreamItem};
use crate::errors::ClientError;
use crate::transport::{NodeUrl, Stream, no_roots};
use serde::Deserialize;
use std::fmt;
use std::io;
use std::time::{Duration, Instant};
use tungstenite::client::client_with_config;
use tungstenite::handshake::HandshakeError;
use tungstenite::protocol::WebSocketConfig;
use tungstenite::{ClientRequestBuilder, Message, WebSocket};
use types::{ChainId, Code};

/// A node speaks at least every 20 s; one that is silent for this long is gone. Unit: s.
const MAX_SILENCE: Duration = Duration::from_secs(60);
/// First pause after every node failed; doubled each time.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// Longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// Largest message of a node: one event of the largest size as JSON. Unit: bytes.
const MAX_MESSAGE_BYTES: usize = 1024 * 1024;

/// A stream of events from whichever node serves.
pub struct EventStream {
    config: Config,
    finality: Finality,
    filter: EventFilter,
    /// The last one handed out, or where the stream begins.
    last: Option<Cursor>,
    chain_id: Option<ChainId>,
    /// The node to ask next.
    node: usize,
    /// Nodes that failed since one last served.
    failed: usize,
    pause: Duration,
    connection: Option<Connection>,
}

struct Connection {
    socket: WebSocket<Stream>,
    heard: Instant,
}

/// What a node answers to `events_subscribe`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, Deserialize)]
pub struct Subscribed {
    /// The number of the subscription on this connection.
    pub subscription: u64,
    /// Where the stream begins.
    pub from: Cursor,
    /// The node's chain.
    #[serde(with = "hex32")]
    pub chain_id: ChainId,
}

/// A message of a node: an answer, or news of a subscription.
#[derive(Deserialize)]
struct Incoming {
    result: Option<Subscribed>,
    error: Option<Fault>,
    params: Option<News>,
}

#[derive(Deserialize)]
struct News {
    result: Option<StreamItem>,
    error: Option<Fault>,
}

impl EventStream {
    /// A stream of what comes after `from`, or from now on. Nothing is sent yet.
    ///
    /// # Errors
    /// [`ClientError::Url`] without a node or with too many; [`ClientError::Roots`] if one has
    /// https and no certificates are given.
    pub fn new(
        config: Config,
        from: Option<Cursor>,
        finality: Finality,
        filter: EventFilter,
    ) -> Result<Self, ClientError> {
        if config.nodes.is_empty() || config.nodes.len() > MAX_NODES {
            let reason = "1 to 16 nodes are needed";
            return Err(ClientError::Url { url: String::new(), reason });
        }
        if config.roots.is_none() && config.nodes.iter().any(NodeUrl::is_secure) {
            return Err(no_roots());
        }
        let (node, failed, pause) = (0, 0, FIRST_PAUSE);
        let (chain_id, connection) = (None, None);
        Ok(Self { config, finality, filter, last: from, chain_id, node, failed, pause, connection })
    }

    /// The last cursor handed out: where a new stream goes on.
    #[must_use]
    pub const fn cursor(&self) -> Option<Cursor> {
        self.last
    }

    /// The next item; `None` if none came within `timeout`.
    ///
    /// # Errors
    /// [`ClientError::Refused`] if a node refuses the stream for good, above all `PRUNED` when it
    /// begins too far back; [`ClientError::OtherChain`]. A node that is lost is no error.
    pub fn next(&mut self, timeout: Duration) -> Result<Option<StreamItem>, ClientError> {
        let deadline = Instant::now() + timeout;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let outcome = match self.connection.take() {
                None => self.connect(left),
                Some(connection) => self.read(connection, left),
            };
            match outcome {
                Ok(Some(item)) if self.last.is_none_or(|last| item.cursor() > last) => {
                    self.last = Some(item.cursor());
                    return Ok(Some(item));
                }
                Ok(_) => {}
                Err(error) if error.is_of_this_node() => self.fail(deadline),
                Err(error) => return Err(error),
            }
            if Instant::now() >= deadline {
                return Ok(None);
            }
        }
    }

    /// Turn to the next node; after all of them failed, pause.
    fn fail(&mut self, deadline: Instant) {
        self.node = (self.node + 1) % self.config.nodes.len();
        self.failed += 1;
        if self.failed.is_multiple_of(self.config.nodes.len()) {
            let left = deadline.saturating_duration_since(Instant::now());
            std::thread::sleep(self.pause.min(left));
            self.pause = self.pause.saturating_mul(2).min(LONGEST_PAUSE);
        }
    }

    /// Connect to a node and ask for what comes after the last cursor.
    fn connect(&mut self, left: Duration) -> Result<Option<StreamItem>, ClientError> {
        let node = self.config.nodes[self.node].clone();
        let timeout = self.config.connect_timeout.min(left.max(Duration::from_millis(50)));
        let stream = Stream::open(&node, self.config.roots.as_ref(), timeout)?;
        let uri = node
            .websocket("/ws")
            .parse()
            .map_err(|_| ClientError::Url { url: node.to_string(), reason: "it is no URI" })?;
        let mut request = ClientRequestBuilder::new(uri);
        if let Some(token) = &self.config.token {
            request = request.with_header("authorization", format!("Bearer {token}"));
        }
        let limits = WebSocketConfig::default()
            .max_message_size(Some(MAX_MESSAGE_BYTES))
            .max_frame_size(Some(MAX_MESSAGE_BYTES));
        let (mut socket, _) =
            client_with_config(request, stream, Some(limits)).map_err(|error| match error {
                HandshakeError::Failure(error) => broken(&node, &error),
                HandshakeError::Interrupted(_) => {
                    ClientError::Timeout { node: node.to_string(), after: timeout }
                }
            })?;
        let params =
            Subscribe { from: self.last, finality: self.finality, filter: self.filter.clone() };
        let call = serde_json::json!({
            "jsonrpc": "2.0", "id": 1, "method": "events_subscribe", "params": params,
        });
        socket.send(Message::text(call.to_string())).map_err(|error| broken(&node, &error))?;
        self.connection = Some(Connection { socket, heard: Instant::now() });
        Ok(None)
    }

    /// Read one message, waiting no longer than asked for.
    fn read(
        &mut self,
        mut connection: Connection,
        left: Duration,
    ) -> Result<Option<StreamItem>, ClientError> {
        let node = self.config.nodes[self.node].clone();
        let silent = connection.heard.elapsed();
        if silent >= MAX_SILENCE {
            return Err(ClientError::Timeout { node: node.to_string(), after: MAX_SILENCE });
        }
        let wait = left.min(MAX_SILENCE - silent);
        let set = connection.socket.get_ref().set_read_timeout(wait);
        set.map_err(|error| broken(&node, &tungstenite::Error::Io(error)))?;
        let message = match connection.socket.read() {
            Ok(message) => message,
            Err(tungstenite::Error::Io(error)) if is_timeout(&error) => {
                self.connection = Some(connection);
                return Ok(None);
            }
            Err(error) => return Err(broken(&node, &error)),
        };
        connection.heard = Instant::now();
        let item = match message {
            Message::Text(text) => self.take(&node, text.as_str())?,
            Message::Binary(_)
            | Message::Ping(_)
            | Message::Pong(_)
            | Message::Close(_)
            | Message::Frame(_) => None,
        };
        self.connection = Some(connection);
        Ok(item)
    }

    fn take(&mut self, node: &NodeUrl, text: &str) -> Result<Option<StreamItem>, ClientError> {
        let incoming: Incoming = serde_json::from_str(text).map_err(|error| {
            let reason = format!("a message cannot be read: {error}");
            ClientError::Protocol { node: node.to_string(), reason }
        })?;
        let news = incoming.params.map(|news| (news.result, news.error));
        let (item, fault) = news.unwrap_or((None, None));
        if let Some(fault) = incoming.error.or(fault) {
            return Err(ClientError::Refused { fault });
        }
        if let Some(subscribed) = incoming.result {
            let expected = *self.chain_id.get_or_insert(subscribed.chain_id);
            if expected != subscribed.chain_id {
                let (node, found) = (node.to_string(), subscribed.chain_id);
                return Err(ClientError::OtherChain { node, found, expected });
            }
            // From here on a lost connection loses nothing, even if no event ever came.
            self.last.get_or_insert(subscribed.from);
            (self.failed, self.pause) = (0, FIRST_PAUSE);
        }
        Ok(item)
    }
}

impl fmt::Debug for EventStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventStream")
            .field("config", &self.config)
            .field("last", &self.last)
            .finish_non_exhaustive()
    }
}

fn is_timeout(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut)
}

fn broken(node: &NodeUrl, error: &tungstenite::Error) -> ClientError {
    let node = node.to_string();
    match error {
        // A node that refuses the handshake says why by its status.
        tungstenite::Error::Http(response) => match response.status().as_u16() {
            401 | 403 => ClientError::Refused {
                fault: Fault::new(Code::Unauthorized, format!("{node} refuses this client")),
            },
            status => ClientError::Unreachable { node, reason: format!("HTTP status {status}") },
        },
        error => ClientError::Unreachable { node, reason: error.to_string() },
    }
}

#[cfg(test)]
mod tests;
