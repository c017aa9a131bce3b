//! Run the modules of contracts under test in the node's own virtual machine.
//!
//! A test keeps the chain; this side has the machine, and asks back for whatever a contract asks.
//! They talk over a pipe (`sdk::testing::wire`). `syndic contract machine` is this function behind
//! a command; the program `contract-rig` is it without the rest of the node.
#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod host;

use host::Remote;
use sdk::testing::wire::{self, FromMachine, ToMachine};
use std::io::{Read, Write};
use std::path::PathBuf;
use vm::{Fatal, Machine, MachineError, Pool, Run, Settings};

/// Why serving a test ended early.
#[derive(Debug, thiserror::Error)]
pub enum RigError {
    /// The virtual machine cannot be set up.
    #[error("the virtual machine: {0}")]
    Machine(#[from] MachineError),
    /// The other side went away, or does not speak `sdk::testing::wire`.
    #[error("the test: {0}")]
    Pipe(#[from] std::io::Error),
    /// A run broke off.
    #[error(transparent)]
    Fatal(#[from] Fatal),
    /// The other side answered where it should have asked for a run.
    #[error("the test spoke out of turn")]
    OutOfTurn,
}

/// Serve one test until its end of the pipe closes. `cache` is a folder for compiled modules.
///
/// # Errors
/// [`RigError`].
pub fn serve(
    input: &mut (impl Read + Send),
    output: &mut (impl Write + Send),
    cache: Option<PathBuf>,
) -> Result<(), RigError> {
    let machine = Machine::new(Settings { cache, ..Settings::default() })?;
    vm::on_stack(|| {
        let mut remote = Remote::new(&machine, input, output);
        while let Some(message) = remote.receive()? {
            match message {
                ToMachine::Run { .. } => remote.run(message)?,
                ToMachine::Answer(_) => return Err(RigError::OutOfTurn),
            }
        }
        Ok(())
    })
}

impl<R: Read, W: Write> Remote<'_, R, W> {
    /// Carry out one run and say how it ended.
    fn run(&mut self, message: ToMachine) -> Result<(), RigError> {
        let ToMachine::Run { code_hash, entry, input, gas, depth } = message else {
            return Err(RigError::OutOfTurn);
        };
        let (entry, input) = (entry.as_str(), input.as_slice());
        let run = Run { pool: Pool::View, code_hash, entry, input, gas, depth };
        let outcome = self.machine().run(run, self)?;
        if let Err(stop) = &outcome.result {
            self.explain(entry, stop);
        }
        let result = outcome.result.map_err(|stop| (stop.code, stop.failure));
        self.send(&FromMachine::Done { gas_used: outcome.gas_used, result })
    }

    /// What only people need to know, for the log of a test that fails.
    fn explain(&self, entry: &str, stop: &vm::Stop) {
        if stop.failure.is_none() {
            eprintln!("machine: {entry}: {}: {}", stop.code, stop.message);
        }
    }

    fn receive(&mut self) -> Result<Option<ToMachine>, RigError> {
        Ok(wire::receive(self.input())?)
    }
}
