//! The node's configuration: `<home>/config.toml`, environment, flags, in rising order.

use crate::signer::MAX_SOCKET_PATH_BYTES;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// What an operator may set. Everything has a default.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// The interface for wallets.
    pub rpc: RpcConfig,
    /// Admin methods and metrics.
    pub admin: AdminConfig,
    /// Talking to peers.
    pub network: NetworkConfig,
    /// Whose keys sign.
    pub validator: ValidatorConfig,
    /// The database.
    pub storage: StorageConfig,
    /// What is logged, and how.
    pub log: LogConfig,
}

/// The interface for wallets.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct RpcConfig {
    /// Address and port; port 0 takes a free one.
    pub listen: SocketAddr,
    /// PEM file of the certificate chain; needed for an address that is not loopback.
    pub tls_certificate: Option<PathBuf>,
    /// PEM file of its private key.
    pub tls_key: Option<PathBuf>,
    /// File of `scope:token` lines; scopes are read, submit, admin.
    pub tokens: Option<PathBuf>,
    /// Serve any address without TLS and tokens.
    pub insecure: bool,
    /// Most connections at a time.
    pub max_connections: u32,
}

impl Default for RpcConfig {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 7100)),
            tls_certificate: None,
            tls_key: None,
            tokens: None,
            insecure: false,
            max_connections: 1_024,
        }
    }
}

/// Admin methods and metrics.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct AdminConfig {
    /// Address and port; loopback only.
    pub listen: SocketAddr,
}

impl Default for AdminConfig {
    fn default() -> Self {
        Self { listen: SocketAddr::from(([127, 0, 0, 1], 7102)) }
    }
}

/// Talking to peers.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct NetworkConfig {
    /// libp2p addresses to listen on, such as `/ip4/0.0.0.0/tcp/7101`.
    pub listen: Vec<String>,
    /// Peers to connect to, beside those of the chain spec: `<network key in hex>@<libp2p
    /// address>`.
    pub peers: Vec<String>,
    /// Network keys in hex that may connect although the state does not name them.
    pub extra_peers: Vec<String>,
}

impl Default for NetworkConfig {
    fn default() -> Self {
        Self {
            listen: vec!["/ip4/127.0.0.1/tcp/7101".to_owned()],
            peers: Vec::new(),
            extra_peers: Vec::new(),
        }
    }
}

/// Whose keys sign.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct ValidatorConfig {
    /// The socket of `syndic signer run`, which holds keys and guard in place of this home;
    /// relative paths begin at the home. Default: the home's own keys, if it has any.
    pub signer: Option<PathBuf>,
}

/// The database.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct StorageConfig {
    /// Memory for the database's cache, write buffers included, in MiB; 32 to 65,536.
    pub cache_mib: u32,
    /// Blocks and receipts kept; 0 keeps all.
    pub keep_heights: u64,
}

impl Default for StorageConfig {
    fn default() -> Self {
        Self { cache_mib: 96, keep_heights: 0 }
    }
}

/// What is logged, and how.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct LogConfig {
    /// A filter such as `info` or `info,consensus=debug`.
    pub filter: String,
    /// Whether lines are JSON objects.
    pub json: bool,
}

impl Default for LogConfig {
    fn default() -> Self {
        Self { filter: "info".to_owned(), json: false }
    }
}

/// Why a configuration was refused.
#[derive(Debug, PartialEq, Eq)]
pub struct ConfigError {
    /// The file.
    pub file: PathBuf,
    /// What is wrong, with line, key and the nearest known key.
    pub problem: String,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.file.display(), self.problem)
    }
}

impl std::error::Error for ConfigError {}

impl Config {
    /// Read a configuration file; a missing one means defaults.
    ///
    /// # Errors
    /// [`ConfigError`] names the file, the line and the key, and the nearest known key for a typo.
    pub fn read(file: &Path) -> Result<Self, ConfigError> {
        let refuse = |problem: String| ConfigError { file: file.to_owned(), problem };
        let text = match std::fs::read_to_string(file) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Ok(Self::default());
            }
            Err(error) => return Err(refuse(error.to_string())),
        };
        let config = Self::parse(&text).map_err(refuse)?;
        config.check().map_err(refuse)?;
        Ok(config)
    }

    fn parse(text: &str) -> Result<Self, String> {
        let reader = toml::Deserializer::parse(text).map_err(|error| error.to_string())?;
        serde_path_to_error::deserialize(reader).map_err(|error| {
            let path = error.path().to_string();
            let message = error.inner().message().to_owned();
            let line = error
                .inner()
                .span()
                .map(|span| text[..span.start.min(text.len())].matches('\n').count() + 1);
            let place = line.map_or_else(String::new, |line| format!("line {line}: "));
            let hint = nearest_known(&message)
                .map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
            format!("{place}`{path}`: {message}{hint}")
        })
    }

    fn check(&self) -> Result<(), String> {
        let rpc = &self.rpc;
        if rpc.tls_certificate.is_some() != rpc.tls_key.is_some() {
            return Err("`rpc.tls_certificate` and `rpc.tls_key` go together".to_owned());
        }
        let guarded = rpc.tls_certificate.is_some() && rpc.tokens.is_some();
        if !rpc.listen.ip().is_loopback() && !guarded && !rpc.insecure {
            return Err(format!(
                "`rpc.listen` is {}, which is not loopback: set `rpc.tls_certificate`, \
                 `rpc.tls_key` and `rpc.tokens`, or `rpc.insecure = true`",
                rpc.listen
            ));
        }
        if !self.admin.listen.ip().is_loopback() {
            return Err(format!("`admin.listen` is {}, it must be loopback", self.admin.listen));
        }
        let bytes = self.validator.signer.as_ref().map(|socket| socket.as_os_str().len());
        if let Some(bytes) = bytes.filter(|bytes| !(1..=MAX_SOCKET_PATH_BYTES).contains(bytes)) {
            return Err(format!(
                "`validator.signer` has {bytes} bytes, the limits are 1 and {MAX_SOCKET_PATH_BYTES}"
            ));
        }
        if !(32..=65_536).contains(&self.storage.cache_mib) {
            return Err(format!(
                "`storage.cache_mib` is {}, the limits are 32 and 65536",
                self.storage.cache_mib
            ));
        }
        if !(1..=65_536).contains(&rpc.max_connections) {
            return Err(format!(
                "`rpc.max_connections` is {}, the limits are 1 and 65536",
                rpc.max_connections
            ));
        }
        Ok(())
    }
}

/// The known name nearest to the one that serde did not know.
fn nearest_known(message: &str) -> Option<String> {
    let mut names = message.split('`').skip(1).step_by(2);
    let unknown = names.next()?;
    if !message.starts_with("unknown") {
        return None;
    }
    names
        .map(|known| (strsim::damerau_levenshtein(unknown, known), known))
        .filter(|(distance, known)| *distance <= known.len() / 2)
        .min()
        .map(|(_, known)| known.to_owned())
}

#[cfg(test)]
mod tests;
