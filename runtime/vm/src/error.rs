//! Why the machine could not be made, or a call could not be carried out at all.

use std::path::PathBuf;
use types::Code;

/// Why there is no machine.
#[derive(Debug, thiserror::Error)]
pub enum MachineError {
    /// The engine refuses this processor or these settings.
    #[error("the WebAssembly engine cannot start: {reason}")]
    Engine {
        /// What the engine says.
        reason: String,
    },
    /// The folder of compiled code cannot be made or read.
    #[error("the folder of compiled code {}: {source}", folder.display())]
    Cache {
        /// Which.
        folder: PathBuf,
        /// What the system says.
        #[source]
        source: std::io::Error,
    },
}

/// This node cannot tell what the call does: it must stop, for others can tell.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a contract call cannot be carried out on this node: {0}")]
pub struct Fatal(pub String);

/// Why a host function ends the call instead of returning to it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Halt {
    /// The gas does not reach for it.
    #[error("out of gas in a host function")]
    OutOfGas,
    /// The contract refuses, with its own reason.
    #[error("the contract fails: {name}")]
    Failed { name: String, data: Vec<u8> },
    /// The contract may not do this.
    #[error("{message}")]
    Host { code: Code, message: String },
    /// This node cannot go on.
    #[error(transparent)]
    Fatal(Fatal),
}

impl Halt {
    pub(crate) fn fatal(message: &str) -> Self {
        Self::Fatal(Fatal(message.to_owned()))
    }

    pub(crate) fn bad_input(message: impl Into<String>) -> Self {
        Self::Host { code: Code::BadInput, message: message.into() }
    }
}
