//! Run a node: wire the replica to disk, network and wallets, and perform its actions.

mod bridge;
mod committer;
pub(crate) mod descriptors;
mod metrics;
mod node;
mod ports;
mod process;
mod publisher;
mod serve;
mod start;
mod telemetry;
#[cfg(test)]
mod tests;
mod timers;
mod verified;
mod wallets;
mod workers;

use crate::config::Config;
use crate::exit::Outcome;
use crate::home::Home;
use consensus::Signer;
use crypto::ballot::ConsensusSecret;
use replica::{Action, ActionKind};
use std::path::PathBuf;
use types::ChainId;

pub use ports::{GuardFile, JournalFile};
pub use start::{Chain, fresh, machine_id};
pub(crate) use start::{begin_with, open_store};
pub(crate) use telemetry::start as start_log;

/// What a run is made of.
#[derive(Clone, Debug)]
pub struct RunOptions {
    /// The node's folder.
    pub home: Home,
    /// What the operator set.
    pub config: Config,
    /// File with the passphrase of the validator's secrets, if not the home's own.
    pub passphrase_file: Option<PathBuf>,
}

/// Makes a signer of a validator's secrets for a chain.
pub type MakeSigner = Box<dyn FnOnce(ChainId, ConsensusSecret) -> Box<dyn Signer> + Send>;
/// Called before each action.
pub type BeforeHook = Box<dyn FnMut(&Action) + Send>;
/// Called after each action.
pub type AfterHook = Box<dyn FnMut(ActionKind) + Send>;

/// Where a test program takes hold of a node; `syndic` itself leaves all of it empty.
#[derive(Default)]
pub struct Hooks {
    /// Makes the signer, instead of the one behind the guard's file, which is not opened then:
    /// such a node signs whatever it is asked to.
    pub signer: Option<MakeSigner>,
    /// Called before each action is performed.
    pub before: Option<BeforeHook>,
    /// Called after each action was performed.
    pub after: Option<AfterHook>,
}

/// Run a node until it is told to stop, or must.
///
/// # Errors
/// [`crate::exit::Failure`] with the exit code that says why.
pub fn run(options: RunOptions, hooks: Hooks) -> Outcome {
    telemetry::start(&options.config.log)?;
    serve::run(options, hooks)
}
