//! The machine: prepare code, run calls, judge how they end.

use crate::cache::{Cache, Entry};
use crate::engine::{self, PLACES};
use crate::error::{Fatal, Halt, MachineError};
use crate::host::{Host, HostError};
use crate::{imports, lend, limits, stack};
use core::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex};
use types::{Code, Gas, Hash};
use wasmtime::{Global, Linker, Memory, ResourceLimiter, Store, Trap};

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

/// For what a call runs. The engines are of one configuration, so the results are the same.
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
    /// Its arguments, at most [`limits::MAX_INPUT_BYTES`].
    pub input: &'a [u8],
    /// The most it may use.
    pub gas: Gas,
    /// Contract calls that it lies on, below [`limits::MAX_CALL_DEPTH`]. One at 0 waits for a
    /// place in its pool; those above use the same place.
    pub depth: u8,
}

/// What became of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// At most the run's gas: all of it after a trap, what was really used after a return or a
    /// failure of the contract's own, nothing if it never began.
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
#[derive(Clone)]
pub struct Machine(Arc<Inner>);

struct Inner {
    cache: Cache,
    block: Places,
    view: Places,
}

impl Machine {
    /// A machine with no call running.
    ///
    /// # Errors
    /// [`MachineError`] if the engine or the folder of compiled code cannot be set up.
    pub fn new(settings: Settings) -> Result<Self, MachineError> {
        let linker = || {
            let mut linker = Linker::new(&engine::new()?);
            imports::link(&mut linker)
                .map_err(|error| MachineError::Engine { reason: error.to_string() })?;
            Ok(linker)
        };
        let cache = Cache::new(linker()?, linker()?, settings.cache, settings.cache_bytes)?;
        Ok(Self(Arc::new(Inner { cache, block: Places::new(), view: Places::new() })))
    }

    /// What must be the same on two nodes for their results to be: version and configuration of
    /// the engine, prices, limits.
    #[must_use]
    pub fn engine_hash(&self) -> Hash {
        engine::hash()
    }

    /// Have code compiled; what is compiled already costs nothing. Two threads that ask for the
    /// same code compile it once.
    ///
    /// # Errors
    /// [`Code::CodeRefused`] if [`crate::check`] refuses it, [`Code::CompileRefused`] if the
    /// compiler gives it up.
    pub fn prepare(&self, code_hash: &Hash, code: &[u8]) -> Result<(), Code> {
        self.0.cache.get_or_compile(code_hash, code).map(|_| ())
    }

    /// Run one call. The thread needs the stack that [`crate::on_stack`] gives.
    ///
    /// # Errors
    /// [`Fatal`] if the host cannot read its state, or the system gives no memory: then this node
    /// cannot tell what the call does.
    ///
    /// # Panics
    /// If the depth or the input exceeds its limit: the caller's to keep.
    pub fn run(&self, run: Run<'_>, host: &mut dyn Host) -> Result<Outcome, Fatal> {
        assert!(run.depth < limits::MAX_CALL_DEPTH, "the caller bounds the depth of calls");
        assert!(run.input.len() <= limits::MAX_INPUT_BYTES, "the caller bounds the input");
        let entry = match self.entry(&run.code_hash, host) {
            Ok(entry) => entry,
            Err(HostError::Fail(code)) => return Ok(not_begun(code)),
            Err(HostError::Fatal(fatal)) => return Err(fatal),
        };
        let (loaded, places) = match run.pool {
            Pool::Block => (&entry.block, &self.0.block),
            Pool::View => (&entry.view, &self.0.view),
        };
        if loaded.instance.module().get_export_index(run.entry).is_none() || !is_method(run.entry) {
            return Ok(not_begun(Code::MethodUnknown));
        }
        let Some(gas) = run.gas.0.checked_sub(loaded.start_gas) else {
            return Ok(stopped(run.gas, Code::OutOfGas, "out of gas at the start"));
        };
        let _place = (run.depth == 0).then(|| places.take());
        lend::with(host, |host| {
            let state = State::new(host, run.input);
            let mut store = Store::new(loaded.instance.module().engine(), state);
            store.limiter(|state| &mut state.growth);
            store.set_fuel(gas).expect("the engine counts fuel");
            let result = start(&mut store, &loaded.instance, run.entry);
            conclude(store, run.gas, result)
        })
    }

    fn entry(&self, code_hash: &Hash, host: &mut dyn Host) -> Result<Arc<Entry>, HostError> {
        if let Some(entry) = self.0.cache.get(code_hash) {
            return Ok(entry);
        }
        let code = host.code(code_hash)?.ok_or(HostError::Fail(Code::CodeUnknown))?;
        self.0.cache.get_or_compile(code_hash, &code).map_err(HostError::Fail)
    }
}

impl fmt::Debug for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Machine({})", self.engine_hash())
    }
}

/// What the machine keeps for one call.
pub(crate) struct State {
    pub(crate) host: &'static mut dyn Host,
    /// Found once: to look for it at every crossing would triple the crossing's cost.
    pub(crate) memory: Option<Memory>,
    /// What is left of the stack; see [`stack`].
    counter: Option<Global>,
    growth: Growth,
    pub(crate) input: Vec<u8>,
    pub(crate) output: Vec<u8>,
    /// What did not fit where the guest wanted it, or has no fixed size.
    pub(crate) buffer: Vec<u8>,
}

impl State {
    fn new(host: &'static mut dyn Host, input: &[u8]) -> Self {
        let input = input.to_vec();
        Self {
            host,
            memory: None,
            counter: None,
            growth: Growth,
            input,
            output: Vec::new(),
            buffer: Vec::new(),
        }
    }
}

/// Says how far memory and table may grow.
///
/// Growth that the rules allow and the system refuses is this node's failure, not the contract's.
struct Growth;

impl ResourceLimiter for Growth {
    fn memory_growing(
        &mut self,
        _current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        Ok(desired <= maximum.unwrap_or(usize::MAX).min(limits::MAX_MEMORY_BYTES))
    }

    /// Growth beyond the rules does not come here: the pass refuses more pages than any memory may
    /// have, and [`Self::memory_growing`] the rest.
    fn memory_grow_failed(&mut self, error: wasmtime::Error) -> wasmtime::Result<()> {
        Err(Halt::fatal(&format!("memory cannot grow: {error:#}")).into())
    }

    fn table_growing(
        &mut self,
        _current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let limit = usize::try_from(limits::MAX_TABLE_ELEMENTS).unwrap_or(usize::MAX);
        Ok(desired <= maximum.unwrap_or(usize::MAX).min(limit))
    }
}

fn start(
    store: &mut Store<State>,
    instance: &wasmtime::InstancePre<State>,
    entry: &str,
) -> wasmtime::Result<()> {
    let instance = instance.instantiate(&mut *store)?;
    store.data_mut().memory = instance.get_memory(&mut *store, "memory");
    store.data_mut().counter = instance.get_global(&mut *store, stack::COUNTER);
    instance.get_typed_func::<(), ()>(&mut *store, entry)?.call(store, ())
}

/// What a call's end means for its gas and its caller.
fn conclude(
    mut store: Store<State>,
    limit: Gas,
    result: wasmtime::Result<()>,
) -> Result<Outcome, Fatal> {
    let left = store.get_fuel().expect("the engine counts fuel");
    let used = Gas(limit.0.saturating_sub(left));
    let Err(error) = result else {
        return Ok(Outcome { gas_used: used, result: Ok(store.into_data().output) });
    };
    match error.downcast::<Halt>() {
        Ok(Halt::Failed { name, data }) => {
            let message = format!("the contract refuses: {name}");
            let (code, failure) = (Code::ContractFailed, Some((name, data)));
            Ok(Outcome { gas_used: used, result: Err(Stop { code, failure, message }) })
        }
        Ok(Halt::OutOfGas) => Ok(stopped(limit, Code::OutOfGas, "out of gas in a host function")),
        Ok(Halt::Host { code, message }) => Ok(stopped(limit, code, &message)),
        Ok(Halt::Fatal(fatal)) => Err(fatal),
        Err(error) => match error.downcast_ref::<Trap>() {
            Some(trap) => Ok(stopped(limit, code_of(&mut store, *trap), &trap.to_string())),
            None => Err(Fatal(format!("{error:#}"))),
        },
    }
}

fn code_of(store: &mut Store<State>, trap: Trap) -> Code {
    match trap {
        Trap::OutOfFuel => Code::OutOfGas,
        Trap::StackOverflow => Code::StackExhausted,
        Trap::UnreachableCodeReached => {
            let counter = store.data().counter;
            let counter = counter.map(|counter| counter.get(store).i32());
            match counter {
                Some(Some(left)) if left < 0 => Code::StackExhausted,
                _ => Code::ContractTrap,
            }
        }
        _ => Code::ContractTrap,
    }
}

fn is_method(entry: &str) -> bool {
    matches!(entry, "init" | "migrate") || entry.starts_with("call:") || entry.starts_with("view:")
}

fn not_begun(code: Code) -> Outcome {
    stopped(Gas::ZERO, code, code.meaning())
}

fn stopped(gas_used: Gas, code: Code, message: &str) -> Outcome {
    Outcome { gas_used, result: Err(Stop { code, failure: None, message: message.to_owned() }) }
}

/// The places of one pool: a call from outside takes one, waiting until there is one.
struct Places {
    free: Mutex<u32>,
    freed: Condvar,
}

struct Place<'a>(&'a Places);

impl Places {
    fn new() -> Self {
        Self { free: Mutex::new(PLACES), freed: Condvar::new() }
    }

    fn take(&self) -> Place<'_> {
        let free = self.free.lock().expect("nobody panics with places in hand");
        let mut free = self
            .freed
            .wait_while(free, |free| *free == 0)
            .expect("nobody panics with places in hand");
        *free = free.saturating_sub(1);
        Place(self)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut free = self.0.free.lock().expect("nobody panics with places in hand");
        *free = free.saturating_add(1);
        self.0.freed.notify_one();
    }
}
