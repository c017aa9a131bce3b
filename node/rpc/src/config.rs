//! Where to serve, and for whom.

use crate::access::Token;
use crate::error::RpcError;
use crate::limits::Limits;
use std::fmt;
use std::net::SocketAddr;

/// Where to serve, and for whom.
#[derive(Clone, Debug)]
pub struct Config {
    /// For wallets and explorers: methods of the scopes read and submit, streams, health.
    pub public: Listener,
    /// For the operator: metrics and every method.
    pub admin: Option<Listener>,
    /// The bounds.
    pub limits: Limits,
}

/// One address.
#[derive(Clone, Debug)]
pub struct Listener {
    /// Where to listen. Port 0 takes a free one.
    pub address: SocketAddr,
    /// Serve by TLS under this identity.
    pub identity: Option<Identity>,
    /// Who may call what. Without tokens everybody may call everything that the listener serves.
    pub tokens: Vec<Token>,
    /// Serve beyond this machine without TLS or without tokens, where something in front has them.
    pub insecure: bool,
    /// Names that clients may call this node by, beside those of this machine itself: a page that
    /// lets its own name point here is refused by them (DNS rebinding).
    pub hosts: Vec<String>,
    /// Web pages that may call, such as `https://wallet.example`.
    pub origins: Vec<String>,
}

/// Who the node is in TLS.
#[derive(Clone)]
pub struct Identity {
    /// Its certificate and those above it, in PEM.
    pub chain_pem: Vec<u8>,
    /// The certificate's private key, in PEM.
    pub key_pem: Vec<u8>,
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Identity(..)")
    }
}

impl Listener {
    /// Plain HTTP for this machine alone, without tokens.
    #[must_use]
    pub const fn loopback(address: SocketAddr) -> Self {
        Self {
            address,
            identity: None,
            tokens: Vec::new(),
            insecure: false,
            hosts: Vec::new(),
            origins: Vec::new(),
        }
    }

    /// Whether it may be served so: beyond this machine only with TLS and tokens (protocol 11.2).
    ///
    /// # Errors
    /// [`RpcError::Exposed`] says what is missing.
    pub fn check(&self) -> Result<(), RpcError> {
        if self.address.ip().is_loopback() || self.insecure {
            return Ok(());
        }
        let missing = match (&self.identity, self.tokens.is_empty()) {
            (None, true) => "TLS and tokens",
            (None, false) => "TLS",
            (Some(_), true) => "tokens",
            (Some(_), false) => return Ok(()),
        };
        Err(RpcError::Exposed { address: self.address, missing })
    }
}
