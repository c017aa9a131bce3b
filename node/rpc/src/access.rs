//! Who may call what, and from where.

use crate::config::Listener;
use axum::http::HeaderMap;
use axum::http::header::{AUTHORIZATION, HOST, ORIGIN};
use std::fmt;
use types::Hash;

/// What a method needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Ask about the chain.
    Read,
    /// Submit transactions.
    Submit,
    /// Run the node.
    Admin,
}

impl Scope {
    /// Its name in configuration.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Submit => "submit",
            Self::Admin => "admin",
        }
    }

    /// The scope of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Read, Self::Submit, Self::Admin].into_iter().find(|scope| scope.name() == name)
    }

    const fn bit(self) -> u8 {
        match self {
            Self::Read => 1,
            Self::Submit => 2,
            Self::Admin => 4,
        }
    }
}

/// A set of scopes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Scopes(u8);

impl Scopes {
    /// None.
    pub const NONE: Self = Self(0);
    /// Read and submit.
    pub const PUBLIC: Self = Self::NONE.with(Scope::Read).with(Scope::Submit);
    /// All.
    pub const ALL: Self = Self::PUBLIC.with(Scope::Admin);

    /// This set and one scope more.
    #[must_use]
    pub const fn with(self, scope: Scope) -> Self {
        Self(self.0 | scope.bit())
    }

    /// Whether the scope is among them.
    #[must_use]
    pub const fn contains(self, scope: Scope) -> bool {
        self.0 & scope.bit() != 0
    }

    /// What both sets have.
    pub(crate) const fn both(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }
}

/// A bearer token (RFC 6750) and what it allows. Only its hash is kept.
#[derive(Clone, PartialEq, Eq)]
pub struct Token {
    hash: Hash,
    scopes: Scopes,
}

impl Token {
    /// A token from its secret text.
    #[must_use]
    pub fn new(secret: &str, scopes: Scopes) -> Self {
        Self { hash: crypto::hash::blake3(secret.as_bytes()), scopes }
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Token").field("scopes", &self.scopes).finish_non_exhaustive()
    }
}

/// The rules of one listener.
#[derive(Clone, Debug)]
pub(crate) struct Access {
    /// What the listener serves at all.
    serves: Scopes,
    tokens: Vec<Token>,
    hosts: Vec<String>,
    /// Whether a request must name one of the hosts.
    names_checked: bool,
    origins: Vec<String>,
}

/// Why a request is turned away before it is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Barred {
    #[error("the header Host names no host of this node")]
    Host,
    #[error("the web page in the header Origin may not call this node")]
    Origin,
    #[error("the bearer token is unknown")]
    Token,
}

impl Access {
    pub(crate) fn new(listener: &Listener, serves: Scopes) -> Self {
        let lower = |names: &[String]| names.iter().map(|name| name.to_ascii_lowercase()).collect();
        let local = listener.address.ip().is_loopback() && !listener.insecure;
        Self {
            serves,
            tokens: listener.tokens.clone(),
            hosts: lower(&listener.hosts),
            names_checked: local || !listener.hosts.is_empty(),
            origins: lower(&listener.origins),
        }
    }

    /// What the sender of these headers may call.
    ///
    /// # Errors
    /// [`Barred`] if it may not even ask.
    pub(crate) fn scopes(&self, headers: &HeaderMap) -> Result<Scopes, Barred> {
        let host = text(headers, HOST.as_str()).map(str::to_ascii_lowercase);
        let host = host.unwrap_or_default();
        let name = without_port(&host);
        if self.names_checked && !is_this_machine(name) && !self.hosts.iter().any(|h| h == name) {
            return Err(Barred::Host);
        }
        if let Some(origin) = text(headers, ORIGIN.as_str()) {
            let origin = origin.to_ascii_lowercase();
            let same = origin.split_once("://").is_some_and(|(_, rest)| rest == host);
            if !same && !self.origins.contains(&origin) {
                return Err(Barred::Origin);
            }
        }
        if self.tokens.is_empty() {
            return Ok(self.serves);
        }
        match text(headers, AUTHORIZATION.as_str()) {
            None => Ok(Scopes::NONE),
            Some(header) => {
                let (scheme, secret) = header.split_once(' ').ok_or(Barred::Token)?;
                // Hashes are compared, so the time taken tells nothing about the secret.
                let hash = crypto::hash::blake3(secret.trim().as_bytes());
                let token = self.tokens.iter().find(|token| token.hash == hash);
                let bearer = scheme.eq_ignore_ascii_case("bearer");
                let token = token.filter(|_| bearer).ok_or(Barred::Token)?;
                Ok(token.scopes.both(self.serves))
            }
        }
    }

    pub(crate) fn origins(&self) -> &[String] {
        &self.origins
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

fn without_port(host: &str) -> &str {
    let port_at = host.rfind(':').filter(|at| !host[*at..].contains(']'));
    port_at.map_or(host, |at| &host[..at])
}

fn is_this_machine(name: &str) -> bool {
    let bare = name.trim_start_matches('[').trim_end_matches(']');
    bare == "localhost" || bare.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests;
