//! Turn a good module into code of this machine. [`load`] holds the one place that trusts bytes.

use crate::gas;
use crate::machine::State;
use crate::module::{self, ModuleError};
use crate::stack;
use std::panic::{AssertUnwindSafe, catch_unwind};
use types::Code;
use wasmtime::{Engine, InstancePre, Linker, Module};

/// Compiled code as it lies in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Artifact {
    /// What each call of it costs before it runs.
    pub(crate) start_gas: u64,
    /// The engine's own format.
    pub(crate) code: Vec<u8>,
}

/// Code ready to run in one pool.
#[derive(Clone)]
pub(crate) struct Loaded {
    pub(crate) start_gas: u64,
    pub(crate) instance: InstancePre<State>,
}

/// Check, rewrite, compile.
///
/// # Errors
/// [`Code::CodeRefused`] if the module breaks a rule, [`Code::CompileRefused`] if the compiler
/// gives it up, by an error or a panic: that is a verdict over the bytes under a pinned compiler,
/// too.
pub(crate) fn compile(engine: &Engine, code: &[u8]) -> Result<Artifact, Code> {
    let inspection = module::inspect(code).map_err(|ModuleError { .. }| Code::CodeRefused)?;
    let start_gas = gas::START
        .saturating_add(gas::first_pages(inspection.facts.memory_pages))
        .saturating_add(gas::each(inspection.segment_bytes, gas::SEGMENT_BYTE));
    let code = stack::instrument(code, &inspection);
    let compiled = catch_unwind(AssertUnwindSafe(|| engine.precompile_module(&code)));
    match compiled {
        Ok(Ok(code)) => Ok(Artifact { start_gas, code }),
        Ok(Err(_)) | Err(_) => Err(Code::CompileRefused),
    }
}

/// Make compiled code ready to run; `None` if the engine does not take it, so that it is compiled
/// anew.
#[allow(unsafe_code)]
pub(crate) fn load(linker: &Linker<State>, artifact: &Artifact) -> Option<Loaded> {
    // SAFETY: `deserialize` runs whatever code the bytes hold, so they must be the output of
    // `precompile_module`. They come from `compile` above, directly or through the node's own
    // folder, whose files `cache::read` compares with a hash over code hash, engine and content;
    // the engine checks its version and settings on top. They are never taken from a peer or a
    // user.
    let module = unsafe { Module::deserialize(linker.engine(), &artifact.code) }.ok()?;
    let instance = linker.instantiate_pre(&module).ok()?;
    Some(Loaded { start_gas: artifact.start_gas, instance })
}
