//! Why the machine could not be made, or a call could not be carried out at all.

use std::path::PathBuf;

/// Why there is no machine.
#[derive(Debug, thiserror::Error)]
pub enum MachineError {
    /// The engine refuses this processor or these settings.
    #[error("the WebAssembly engine cannot start: {reason}")]
    Engine {
        /// What the engine says.
        reason: String,
    },
    /// The folder of compiled code cannot be made.
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
