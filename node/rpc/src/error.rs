//! Why the node cannot serve.

use std::io;
use std::net::SocketAddr;

/// Why the node cannot serve.
#[derive(Debug, thiserror::Error)]
pub enum RpcError {
    /// The address is not this machine's own, and something that protects it is missing.
    #[error("{address} can be reached from other machines: {missing} missing (or set insecure)")]
    Exposed {
        /// The address.
        address: SocketAddr,
        /// What is missing.
        missing: &'static str,
    },
    /// Nobody can listen there.
    #[error("cannot listen at {address}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// Certificate and key are of no use.
    #[error("the TLS identity for {address} is of no use: {reason}")]
    Identity {
        /// The address.
        address: SocketAddr,
        /// Why.
        reason: String,
    },
}
