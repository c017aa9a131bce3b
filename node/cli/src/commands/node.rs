//! Reaching a node: which ones to ask, with what token, and what a failed call means.

use crate::exit::{Exit, Failure, Meaning, Outcome};
use crate::home::read_secret;
use anyhow::{Context, anyhow};
use clap::Args;
use client::client::{Client, Config};
use client::dto::AddressText;
use client::errors::{ClientError, ExitClass};
use client::transport::Roots;
use std::path::PathBuf;
use types::{Address, AddressKind, ValidatorId};

/// Largest file of trusted certificates. Unit: bytes.
const MAX_ROOTS_BYTES: u64 = 1024 * 1024;

/// Which nodes to ask, and how.
#[derive(Args, Clone, Debug)]
pub(crate) struct NodeArguments {
    /// URLs of up to 16 nodes, separated by commas: the next one is asked when one fails.
    #[arg(
        long,
        env = "SYNDIC_NODE",
        default_value = "http://127.0.0.1:7100",
        value_name = "URL[,URL..]"
    )]
    pub(crate) node: String,
    /// File whose first line is the bearer token; default: no token.
    #[arg(long, env = "SYNDIC_TOKEN_FILE", value_name = "FILE")]
    pub(crate) token_file: Option<PathBuf>,
    /// PEM file of the certificates that https nodes are trusted by; needed for https only.
    #[arg(long, env = "SYNDIC_TLS_ROOTS", value_name = "FILE")]
    pub(crate) tls_roots: Option<PathBuf>,
}

impl NodeArguments {
    /// The configuration of a client of these nodes.
    pub(crate) fn config(&self) -> Outcome<Config> {
        self.config_of(&self.node)
    }

    /// The same for other nodes.
    pub(crate) fn config_of(&self, urls: &str) -> Outcome<Config> {
        let mut config = Config::from_urls(urls).or_class()?;
        if let Some(path) = &self.token_file {
            let bytes = read_secret(path).or_exit(Exit::Config)?;
            let text = String::from_utf8(bytes)
                .with_context(|| format!("token file {}", path.display()))
                .or_exit(Exit::Config)?;
            let token = text.lines().next().unwrap_or_default().trim();
            if token.is_empty() {
                let error = anyhow!("token file {}: its first line is empty", path.display());
                return Err(Failure { exit: Exit::Config, error });
            }
            config.token = Some(token.to_owned());
        }
        if let Some(path) = &self.tls_roots {
            let pem = super::files::read(path, MAX_ROOTS_BYTES).or_exit(Exit::Config)?;
            config.roots = Some(Roots::from_pem(&pem).or_class()?);
        }
        Ok(config)
    }

    /// A client of these nodes; nothing is sent yet.
    pub(crate) fn client(&self) -> Outcome<Client> {
        Client::new(self.config()?).or_class()
    }
}

/// The exit code of a failed call.
pub(crate) const fn exit_of(class: ExitClass) -> Exit {
    match class {
        ExitClass::General => Exit::Failed,
        ExitClass::Usage => Exit::Usage,
        ExitClass::Config => Exit::Config,
        ExitClass::Unreachable => Exit::Unreachable,
        ExitClass::Refused => Exit::Rejected,
        ExitClass::Pending => Exit::Timeout,
        ExitClass::Key => Exit::Key,
        ExitClass::Corrupt => Exit::Corrupt,
    }
}

/// Give a client's error the exit code of its class.
pub(crate) trait ClientMeaning<T> {
    /// On error, leave with the exit code of its class.
    fn or_class(self) -> Outcome<T>;
}

impl<T, E: Into<ClientError>> ClientMeaning<T> for Result<T, E> {
    fn or_class(self) -> Outcome<T> {
        self.map_err(|error| {
            let error = error.into();
            Failure { exit: exit_of(error.exit_class()), error: error.into() }
        })
    }
}

/// Read an address that a user gave.
pub(crate) fn address(field: &str, text: &str, prefix: &str) -> Outcome<(AddressKind, Address)> {
    AddressText(text.to_owned())
        .parse(prefix)
        .with_context(|| format!("{field} is {text}: want an address such as {prefix}1.."))
        .or_exit(Exit::Usage)
}

/// Read a validator's address that a user gave.
pub(crate) fn validator(field: &str, text: &str, prefix: &str) -> Outcome<ValidatorId> {
    AddressText(text.to_owned())
        .parse_validator(prefix)
        .with_context(|| format!("{field} is {text}: want a validator's address"))
        .or_exit(Exit::Usage)
}

#[cfg(test)]
mod tests;
