//! The machine: check, compile, run.

use crate::error::{Fatal, MachineError};
use crate::host::Host;
use std::path::PathBuf;
use types::{Code, Gas, Hash};

/// How the machine is set up on this node. Nothing here changes a result.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Folder of compiled code, made if absent; `None` keeps it in memory only. Nobody else may
    /// write there.
    pub cache: Option<PathBuf>,
    /// Most bytes of compiled code held in memory.
    pub cache_bytes: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self { cache: None, cache_bytes: 128 * 1024 * 1024 }
    }
}

/// For what a call runs; the engines are of one configuration, so the results are the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pool {
    /// A block's transaction.
    Block,
    /// A question to this node, or the simulation of a transaction.
    View,
}

/// One call.
#[derive(Clone, Copy, Debug)]
pub struct Run<'a> {
    /// Where.
    pub pool: Pool,
    /// What runs; the host has its bytes.
    pub code_hash: Hash,
    /// The export: `init`, `migrate`, `call:NAME`, `view:NAME`.
    pub entry: &'a str,
    /// Its arguments.
    pub input: &'a [u8],
    /// The most it may use.
    pub gas: Gas,
    /// Calls that it lies on, below [`crate::limits::MAX_CALL_DEPTH`].
    pub depth: u8,
}

/// What became of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// At most the run's gas: all of it after a trap, what was really used after a return or a
    /// failure of the contract's own.
    pub gas_used: Gas,
    /// What the contract put out, or why it stopped.
    pub result: Result<Vec<u8>, Stop>,
}

/// Why a call failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stop {
    /// The kind; what receipts hold.
    pub code: Code,
    /// A contract's own reason: name and details. Only with [`Code::ContractFailed`].
    pub failure: Option<(String, Vec<u8>)>,
    /// For people, not for receipts: another version of the engine may word it otherwise.
    pub message: String,
}

/// Runs contracts. Clones share compiled code and places.
#[derive(Clone, Debug)]
pub struct Machine(());

impl Machine {
    /// A machine with no call running.
    ///
    /// # Errors
    /// [`MachineError`] if the engine or the folder of compiled code cannot be set up.
    pub fn new(_settings: Settings) -> Result<Self, MachineError> {
        Ok(Self(()))
    }

    /// What must be the same on two nodes for their results to be: version and configuration of
    /// the engine, costs, limits.
    #[must_use]
    pub fn engine_hash(&self) -> Hash {
        Hash::ZERO
    }

    /// Have code compiled that is good by [`crate::check`]; what is compiled already costs nothing.
    ///
    /// # Errors
    /// [`Code::CodeRefused`] if it is not good, [`Code::CompileRefused`] if the compiler gives up.
    pub fn prepare(&self, _code_hash: &Hash, _code: &[u8]) -> Result<(), Code> {
        Err(Code::CompileRefused)
    }

    /// Run one call. The thread needs the stack that [`crate::on_stack`] gives.
    ///
    /// # Errors
    /// [`Fatal`] if the host cannot read its state.
    pub fn run(&self, _run: Run<'_>, _host: &mut dyn Host) -> Result<Outcome, Fatal> {
        Err(Fatal("no engine".into()))
    }
}
