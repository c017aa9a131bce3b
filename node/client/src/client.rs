//! Ask a node: a blocking JSON-RPC client that keeps its connections and knows several nodes.

mod calls;
mod proofs;

use crate::dto::Fault;
use crate::errors::ClientError;
use crate::transport::{NodeUrl, Roots, no_roots};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;
use types::Code;

/// Largest answer that is read. Unit: bytes. A node gives less.
pub const MAX_ANSWER_BYTES: u64 = 32 * 1024 * 1024;
/// Most nodes of one client.
pub const MAX_NODES: usize = 16;

/// Which nodes to ask, and how.
#[derive(Clone)]
pub struct Config {
    /// The nodes, 1 to 16: the first is asked, the next ones when it fails.
    pub nodes: Vec<NodeUrl>,
    /// A bearer token (RFC 6750), if the nodes ask for one.
    pub token: Option<String>,
    /// The certificates that nodes with https are trusted by.
    pub roots: Option<Roots>,
    /// How long to wait for a connection.
    pub connect_timeout: Duration,
    /// How long to wait for an answer, beyond what the call itself may wait on the node.
    pub timeout: Duration,
}

impl Config {
    /// Ask these nodes, without token, with the usual times.
    #[must_use]
    pub fn new(nodes: Vec<NodeUrl>) -> Self {
        Self {
            nodes,
            token: None,
            roots: None,
            connect_timeout: Duration::from_secs(3),
            timeout: Duration::from_secs(15),
        }
    }

    /// Read a list of URLs separated by commas, as `--node` gives it.
    ///
    /// # Errors
    /// [`ClientError::Url`] if one is none, or there are too many.
    pub fn from_urls(urls: &str) -> Result<Self, ClientError> {
        let nodes = urls.split(',').map(str::trim).filter(|url| !url.is_empty());
        Ok(Self::new(nodes.map(str::parse).collect::<Result<_, _>>()?))
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let token = self.token.as_ref().map(|_| "..");
        f.debug_struct("Config").field("nodes", &self.nodes).field("token", &token).finish()
    }
}

/// A blocking client. Shareable among threads: each call takes a connection from the pool.
#[derive(Debug)]
pub struct Client {
    config: Config,
    agent: ureq::Agent,
    /// The node that answered last.
    current: AtomicUsize,
    next_id: AtomicU64,
}

#[derive(Serialize)]
struct Call<'a, P> {
    jsonrpc: &'static str,
    id: u64,
    method: &'a str,
    params: &'a P,
}

#[derive(Deserialize)]
struct Answer<R> {
    id: Option<u64>,
    #[serde(default = "none")]
    result: Option<R>,
    error: Option<Fault>,
}

fn none<R>() -> Option<R> {
    None
}

impl Client {
    /// A client of these nodes. Nothing is sent yet.
    ///
    /// # Errors
    /// [`ClientError::Url`] without a node or with too many; [`ClientError::Roots`] if one has
    /// https and no certificates are given.
    pub fn new(config: Config) -> Result<Self, ClientError> {
        if config.nodes.is_empty() || config.nodes.len() > MAX_NODES {
            let reason = "1 to 16 nodes are needed";
            return Err(ClientError::Url { url: String::new(), reason });
        }
        if config.roots.is_none() && config.nodes.iter().any(NodeUrl::is_secure) {
            return Err(no_roots());
        }
        let mut builder = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .proxy(None)
            .timeout_connect(Some(config.connect_timeout))
            .user_agent(concat!("syndic/", env!("CARGO_PKG_VERSION")));
        if let Some(roots) = &config.roots {
            builder = builder.tls_config(roots.for_http());
        }
        let agent = builder.build().new_agent();
        Ok(Self { config, agent, current: AtomicUsize::new(0), next_id: AtomicU64::new(1) })
    }

    /// What it was made from.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Call a method.
    ///
    /// A node that cannot be reached, does not answer, or is overloaded or not synced is passed
    /// over; only calls that may be made twice may be made so, and all methods of a node are such.
    ///
    /// # Errors
    /// [`ClientError`]: the last node's, or that of the first one that gave a true answer.
    pub fn call<P: Serialize, R: DeserializeOwned>(
        &self,
        method: &str,
        params: &P,
    ) -> Result<R, ClientError> {
        self.call_within(method, params, self.config.timeout)
    }

    /// Call a method that may take as long as this on a node.
    pub(crate) fn call_within<P: Serialize, R: DeserializeOwned>(
        &self,
        method: &str,
        params: &P,
        timeout: Duration,
    ) -> Result<R, ClientError> {
        let first = self.current.load(Ordering::Relaxed);
        let count = self.config.nodes.len();
        let mut attempt = 0;
        loop {
            let at = (first + attempt) % count;
            match self.ask(&self.config.nodes[at], method, params, timeout) {
                Ok(result) => {
                    self.current.store(at, Ordering::Relaxed);
                    return Ok(result);
                }
                Err(error) if error.is_of_this_node() && attempt + 1 < count => attempt += 1,
                Err(error) => return Err(error),
            }
        }
    }

    /// One call of one node; a connection that was kept too long is made anew once.
    fn ask<P: Serialize, R: DeserializeOwned>(
        &self,
        node: &NodeUrl,
        method: &str,
        params: &P,
        timeout: Duration,
    ) -> Result<R, ClientError> {
        let id = self.next_id.fetch_add(1, Ordering::Relaxed);
        let call = Call { jsonrpc: "2.0", id, method, params };
        let body = serde_json::to_vec(&call).expect("parameters of our own types can be written");
        let answer = match self.post(node, &body, timeout) {
            Err(ClientError::Unreachable { .. }) => self.post(node, &body, timeout),
            first => first,
        };
        read_answer(node, id, &answer?)
    }

    fn post(
        &self,
        node: &NodeUrl,
        body: &[u8],
        timeout: Duration,
    ) -> Result<(u16, Vec<u8>), ClientError> {
        let mut request = self
            .agent
            .post(node.http("/rpc"))
            .config()
            .timeout_global(Some(timeout))
            .build()
            .header("content-type", "application/json");
        if let Some(token) = &self.config.token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let answer = request.send(body).and_then(|mut response| {
            let status = response.status().as_u16();
            let body = response.body_mut().with_config().limit(MAX_ANSWER_BYTES).read_to_vec();
            body.map(|body| (status, body))
        });
        answer.map_err(|error| from_http(node, timeout, &error))
    }
}

fn read_answer<R: DeserializeOwned>(
    node: &NodeUrl,
    id: u64,
    (status, body): &(u16, Vec<u8>),
) -> Result<R, ClientError> {
    let protocol = |reason: String| ClientError::Protocol { node: node.to_string(), reason };
    let answer: Answer<R> = serde_json::from_slice(body).map_err(|error| match status {
        200 => protocol(format!("the answer cannot be read: {error}")),
        503 => ClientError::Refused {
            fault: Fault::new(Code::Overloaded, "the node takes no more connections"),
        },
        _ => protocol(format!("HTTP status {status}")),
    })?;
    match (answer.result, answer.error) {
        (_, Some(fault)) => Err(ClientError::Refused { fault }),
        (Some(result), None) if answer.id == Some(id) => Ok(result),
        (Some(_), None) => Err(protocol(format!("the answer is to call {:?}", answer.id))),
        (None, None) => Err(protocol("the answer has neither result nor error".to_owned())),
    }
}

fn from_http(node: &NodeUrl, timeout: Duration, error: &ureq::Error) -> ClientError {
    let node = node.to_string();
    match error {
        // A connection that does not come is another matter than an answer that does not come:
        // there nothing was sent.
        ureq::Error::Timeout(ureq::Timeout::Connect | ureq::Timeout::Resolve)
        | ureq::Error::Io(_)
        | ureq::Error::HostNotFound
        | ureq::Error::ConnectionFailed => {
            ClientError::Unreachable { node, reason: error.to_string() }
        }
        ureq::Error::Timeout(_) => ClientError::Timeout { node, after: timeout },
        _ => ClientError::Protocol { node, reason: error.to_string() },
    }
}

#[cfg(test)]
mod tests;
