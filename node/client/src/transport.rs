//! Reaching a node: its URL, the certificates it is trusted by, and a stream to it.

use crate::errors::ClientError;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, ServerName};
use std::fmt;
use std::io::{self, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;
use tokio_rustls::rustls::{
    ClientConfig, ClientConnection, RootCertStore, StreamOwned, crypto::ring, version,
};

/// Where a node serves: `http://host:port`, `https://host:port`, or `host:port` for the former.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeUrl {
    secure: bool,
    host: String,
    port: u16,
}

/// Port of validator 0 of a devnet; what a URL without a port means.
pub const DEFAULT_PORT: u16 = 7100;

impl NodeUrl {
    /// The URL of a path over HTTP.
    #[must_use]
    pub fn http(&self, path: &str) -> String {
        let scheme = if self.secure { "https" } else { "http" };
        format!("{scheme}://{}:{}{path}", self.host, self.port)
    }

    /// The URL of a path over WebSocket.
    #[must_use]
    pub fn websocket(&self, path: &str) -> String {
        let scheme = if self.secure { "wss" } else { "ws" };
        format!("{scheme}://{}:{}{path}", self.host, self.port)
    }

    /// Whether it is reached over TLS.
    #[must_use]
    pub const fn is_secure(&self) -> bool {
        self.secure
    }

    /// The host without the brackets that an IPv6 address has in a URL.
    fn bare_host(&self) -> &str {
        self.host.trim_start_matches('[').trim_end_matches(']')
    }
}

impl fmt::Display for NodeUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.http(""))
    }
}

impl FromStr for NodeUrl {
    type Err = ClientError;

    fn from_str(text: &str) -> Result<Self, ClientError> {
        let bad = |reason| ClientError::Url { url: text.to_owned(), reason };
        let (scheme, rest) = text.split_once("://").unwrap_or(("http", text));
        let secure = match scheme {
            "http" | "ws" => false,
            "https" | "wss" => true,
            _ => return Err(bad("the scheme is neither http nor https")),
        };
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        if rest.contains(['/', '?', '#', '@', ' ']) {
            return Err(bad("only scheme, host and port may be given"));
        }
        // The colons of an IPv6 address stand within brackets.
        let port_at = rest.rfind(':').filter(|at| !rest[*at..].contains(']'));
        let (host, port) = match port_at {
            Some(at) => (&rest[..at], rest[at + 1..].parse().ok()),
            None => (rest, Some(DEFAULT_PORT)),
        };
        let port = port.filter(|port| *port != 0).ok_or_else(|| bad("the port is none"))?;
        let bracketed = host.starts_with('[') && host.ends_with(']');
        if host.is_empty() || (host.contains([':', '[', ']']) && !bracketed) {
            return Err(bad("the host is none"));
        }
        Ok(Self { secure, host: host.to_ascii_lowercase(), port })
    }
}

/// The certificates that nodes are trusted by, from PEM.
#[derive(Clone, Debug)]
pub struct Roots {
    certificates: Vec<CertificateDer<'static>>,
    tls: Arc<ClientConfig>,
}

impl Roots {
    /// Read certificates in PEM (RFC 7468): authorities, or nodes' own self-signed ones.
    ///
    /// # Errors
    /// [`ClientError::Roots`] if there is none, or one of them is damaged.
    pub fn from_pem(pem: &[u8]) -> Result<Self, ClientError> {
        let bad = |reason: String| ClientError::Roots { reason };
        let certificates = CertificateDer::pem_slice_iter(pem)
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| bad(error.to_string()))?;
        if certificates.is_empty() {
            return Err(bad("no certificate in the file".to_owned()));
        }
        let mut store = RootCertStore::empty();
        for certificate in &certificates {
            store.add(certificate.clone()).map_err(|error| bad(error.to_string()))?;
        }
        let tls = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_protocol_versions(&[&version::TLS13, &version::TLS12])
            .map_err(|error| bad(error.to_string()))?
            .with_root_certificates(store)
            .with_no_client_auth();
        Ok(Self { certificates, tls: Arc::new(tls) })
    }

    /// The same for the HTTP client.
    pub(crate) fn for_http(&self) -> ureq::tls::TlsConfig {
        let certificates = self
            .certificates
            .iter()
            .map(|certificate| ureq::tls::Certificate::from_der(certificate.as_ref()).to_owned());
        ureq::tls::TlsConfig::builder()
            .provider(ureq::tls::TlsProvider::Rustls)
            .root_certs(certificates.collect::<Vec<_>>().into())
            .unversioned_rustls_crypto_provider(Arc::new(ring::default_provider()))
            .build()
    }
}

/// A byte stream to a node.
pub(crate) enum Stream {
    Plain(TcpStream),
    Secure(Box<StreamOwned<ClientConnection, TcpStream>>),
}

impl Stream {
    /// Connect, with TLS if the URL says so.
    pub(crate) fn open(
        node: &NodeUrl,
        roots: Option<&Roots>,
        timeout: Duration,
    ) -> Result<Self, ClientError> {
        let unreachable = |error: io::Error| ClientError::Unreachable {
            node: node.to_string(),
            reason: error.to_string(),
        };
        let socket = connect(node, timeout).map_err(unreachable)?;
        socket.set_nodelay(true).map_err(unreachable)?;
        socket.set_write_timeout(Some(timeout)).map_err(unreachable)?;
        socket.set_read_timeout(Some(timeout)).map_err(unreachable)?;
        if !node.secure {
            return Ok(Self::Plain(socket));
        }
        let roots = roots.ok_or_else(no_roots)?;
        let name = ServerName::try_from(node.bare_host().to_owned()).map_err(|_| {
            ClientError::Url { url: node.to_string(), reason: "the host is no name for TLS" }
        })?;
        let session = ClientConnection::new(Arc::clone(&roots.tls), name)
            .map_err(|error| unreachable(io::Error::other(error)))?;
        Ok(Self::Secure(Box::new(StreamOwned::new(session, socket))))
    }

    /// Let reads wait this long at most.
    pub(crate) fn set_read_timeout(&self, timeout: Duration) -> io::Result<()> {
        // The system takes zero for "for ever".
        let timeout = Some(timeout.max(Duration::from_millis(1)));
        match self {
            Self::Plain(socket) => socket.set_read_timeout(timeout),
            Self::Secure(stream) => stream.sock.set_read_timeout(timeout),
        }
    }
}

/// A URL with https needs certificates to trust: there is no list of public authorities here.
pub(crate) fn no_roots() -> ClientError {
    ClientError::Roots { reason: "https needs a file of trusted certificates in PEM".to_owned() }
}

fn connect(node: &NodeUrl, timeout: Duration) -> io::Result<TcpStream> {
    let mut last = io::Error::new(io::ErrorKind::NotFound, "the host has no address");
    for address in (node.bare_host(), node.port).to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, timeout) {
            Ok(socket) => return Ok(socket),
            Err(error) => last = error,
        }
    }
    Err(last)
}

impl Read for Stream {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(socket) => socket.read(into),
            Self::Secure(stream) => stream.read(into),
        }
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(socket) => socket.write(bytes),
            Self::Secure(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(socket) => socket.flush(),
            Self::Secure(stream) => stream.flush(),
        }
    }
}

#[cfg(test)]
mod tests;
