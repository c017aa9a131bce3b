//! Run one WebAssembly call under limits.
//!
//! [`check`] judges a module by its bytes alone, [`Machine::prepare`] compiles it, [`Machine::run`]
//! carries out one call of one export against a [`Host`]. What a call returns and what gas it uses
//! are functions of code, input, gas and the host's answers: not of the processor, the thread, the
//! pool or the cache.
#![deny(unsafe_code)]
#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects, clippy::cast_possible_truncation))]
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod cache;
mod compile;
mod engine;
pub mod error;
mod gas;
pub mod host;
mod imports;
mod lend;
pub mod limits;
mod machine;
mod memory;
pub mod module;
mod stack;
mod work;

pub use error::{Fatal, MachineError};
pub use host::{CallReply, CallRequest, Host, HostError};
pub use machine::{Machine, Outcome, Pool, Run, Settings, Stop};
pub use module::{ModuleError, ModuleFacts, check};

/// Run `work` on a thread with the stack that contracts need, and wait for it: how deep the
/// caller's own stack is never decides a result (`docs/protocol.md` 8.2).
///
/// # Panics
/// If `work` does, or the system gives no thread: the node cannot go on without one.
pub fn on_stack<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().name("contracts".into());
        let thread = thread.stack_size(limits::THREAD_STACK_BYTES).spawn_scoped(scope, work);
        match thread.expect("the system gives a thread").join() {
            Ok(result) => result,
            Err(panic) => std::panic::resume_unwind(panic),
        }
    })
}
