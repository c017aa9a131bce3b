//! Why a network cannot be started.

use std::io;
use types::PublicKey;

/// Why the network cannot be started.
#[derive(Debug, thiserror::Error)]
pub enum NetworkError {
    /// An address that is no multiaddress.
    #[error("{address:?} is no multiaddress such as /ip4/127.0.0.1/tcp/7101")]
    Address {
        /// The text.
        address: String,
        /// What its parser met.
        #[source]
        source: libp2p::multiaddr::Error,
    },
    /// A network key that is no ed25519 public key.
    #[error("{key:?} is no ed25519 public key")]
    Key {
        /// The bytes.
        key: PublicKey,
    },
    /// An address that cannot be listened on.
    #[error("cannot listen on {address}")]
    Listen {
        /// The address.
        address: String,
        /// Why.
        #[source]
        source: libp2p::TransportError<io::Error>,
    },
    /// The Noise keys could not be made from the network key.
    #[error("cannot make the keys of the secure channel")]
    Noise(#[source] libp2p::noise::Error),
    /// The gossip protocol refuses its settings.
    #[error("gossip refuses its settings: {reason}")]
    Gossip {
        /// What it says.
        reason: String,
    },
}
