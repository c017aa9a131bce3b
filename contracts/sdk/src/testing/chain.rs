//! A chain of one process: what contracts can see of the real one, and nothing else.

use super::machine::{Machine, Run, TRANSACTION_GAS};
use crate::client::Request;
use crate::entry::{self, Entry};
use crate::error::StandardFailure;
use alloc::boxed::Box;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::rc::Rc;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::cell::RefCell;
use std::panic::{self, AssertUnwindSafe};
use types::contract::{MAX_CALL_DEPTH, is_method_name};
use types::{
    Address, Amount, ChainId, Code, Context, Event, Failure, Gas, Hash, Height, Role, TimestampMs,
    Version,
};

/// Why a call failed: what the receipt says, and what the contract said.
pub(crate) type Failed = (Code, Option<Failure>);

/// What the host ends a running contract with; it unwinds up to the call.
pub(crate) struct Stop(pub(crate) Code);

std::thread_local! {
    /// The chain whose contract runs on this thread.
    static RUNNING: RefCell<Option<Rc<RefCell<World>>>> = const { RefCell::new(None) };
}

/// Everything that the chain knows.
pub(crate) struct World {
    pub(crate) chain_id: ChainId,
    pub(crate) height: Height,
    pub(crate) time_ms: TimestampMs,
    pub(crate) balances: BTreeMap<Address, Amount>,
    pub(crate) storage: BTreeMap<(Address, Vec<u8>), Vec<u8>>,
    pub(crate) contracts: BTreeMap<Address, Deployed>,
    pub(crate) roles: BTreeSet<(Address, Role)>,
    pub(crate) randomness: BTreeMap<Height, Hash>,
    pub(crate) events: Vec<Event>,
    /// The node's virtual machine, if modules run in it.
    pub(crate) machine: Option<Rc<Machine>>,
    /// What the call that ended last has used.
    pub(crate) last_gas: Gas,
    /// What the last call of an account has used.
    pub(crate) called_gas: Gas,
    /// Transactions so far.
    pub(crate) transactions: u64,
    /// The calls that run, the outermost first.
    pub(crate) frames: Vec<Frame>,
    /// Calls of this transaction so far.
    nested: u32,
    /// What was there before each change of this transaction.
    undo: Vec<Undo>,
}

/// A contract at an address.
#[derive(Clone, Copy)]
pub(crate) struct Deployed {
    pub(crate) entries: &'static [Entry],
    /// The module, if it runs in the machine.
    pub(crate) code_hash: Option<Hash>,
    pub(crate) admin: Address,
    /// Calls are refused; views are answered.
    pub(crate) paused: bool,
}

impl Deployed {
    pub(crate) fn has_audit(&self) -> bool {
        self.entries.iter().any(|entry| entry.export == "view:audit")
    }
}

/// One running call.
pub(crate) struct Frame {
    pub(crate) context: Context,
    pub(crate) ids: u32,
}

enum Undo {
    Balance(Address, Option<Amount>),
    Storage((Address, Vec<u8>), Option<Vec<u8>>),
}

/// Where changes and events stood.
struct Mark {
    undo: usize,
    events: usize,
}

impl World {
    pub(crate) fn new(machine: Option<Rc<Machine>>) -> Self {
        Self {
            chain_id: ::crypto::id::chain_id("syndic:test", &[0; 16]),
            height: Height(1),
            time_ms: TimestampMs(1_700_000_000_000),
            balances: BTreeMap::new(),
            storage: BTreeMap::new(),
            contracts: BTreeMap::new(),
            roles: BTreeSet::new(),
            randomness: BTreeMap::new(),
            events: Vec::new(),
            machine,
            last_gas: Gas::ZERO,
            called_gas: Gas::ZERO,
            transactions: 0,
            frames: Vec::new(),
            nested: 0,
            undo: Vec::new(),
        }
    }

    pub(crate) fn balance(&self, account: &Address) -> Amount {
        self.balances.get(account).copied().unwrap_or_default()
    }

    pub(crate) fn set_balance(&mut self, account: Address, amount: Amount) {
        let before = self.balances.insert(account, amount);
        self.undo.push(Undo::Balance(account, before));
    }

    pub(crate) fn store(&mut self, key: (Address, Vec<u8>), value: Option<Vec<u8>>) -> bool {
        let before = match value {
            Some(value) => self.storage.insert(key.clone(), value),
            None => self.storage.remove(&key),
        };
        let existed = before.is_some();
        self.undo.push(Undo::Storage(key, before));
        existed
    }

    /// Move money, by the rules of the bank.
    pub(crate) fn transfer(
        &mut self,
        from: Address,
        to: Address,
        amount: Amount,
    ) -> Result<(), Code> {
        if amount == Amount::ZERO {
            return Err(Code::AmountZero);
        }
        if from == to {
            return Err(Code::SelfTransfer);
        }
        let rest = self.balance(&from).checked_sub(amount).ok_or(Code::InsufficientBalance)?;
        let sum = self.balance(&to).checked_add(amount).ok_or(Code::Overflow)?;
        self.set_balance(from, rest);
        self.set_balance(to, sum);
        Ok(())
    }

    fn mark(&self) -> Mark {
        Mark { undo: self.undo.len(), events: self.events.len() }
    }

    fn roll_back(&mut self, mark: &Mark) {
        self.events.truncate(mark.events);
        for change in self.undo.drain(mark.undo..).rev() {
            match change {
                Undo::Balance(account, Some(amount)) => {
                    self.balances.insert(account, amount);
                }
                Undo::Balance(account, None) => {
                    self.balances.remove(&account);
                }
                Undo::Storage(key, Some(value)) => {
                    self.storage.insert(key, value);
                }
                Undo::Storage(key, None) => {
                    self.storage.remove(&key);
                }
            }
        }
    }

    /// A frame for a call, its money moved; what may not be called is refused.
    fn enter(&mut self, call: &Entering<'_>) -> Result<(Entry, Option<Hash>), Code> {
        if self.frames.len() >= usize::from(MAX_CALL_DEPTH) {
            return Err(Code::CallDepth);
        }
        let contract = call.request.contract;
        let deployed = *self.contracts.get(&contract).ok_or(Code::ContractUnknown)?;
        if self.frames.iter().any(|frame| frame.context.contract == contract) {
            return Err(Code::Reentered);
        }
        let (entry, is_view) = call.entry(&deployed).ok_or(Code::MethodUnknown)?;
        if deployed.paused && !is_view {
            return Err(Code::ContractPaused);
        }
        let view = is_view || self.frames.last().is_some_and(|frame| frame.context.view);
        let value = call.request.value;
        if value > Amount::ZERO {
            if view {
                return Err(Code::ViewWrites);
            }
            self.transfer(call.caller, contract, value)?;
        }
        let origin = self.frames.first().map_or(call.caller, |first| first.context.origin);
        let tx = Hash(*::crypto::hash::derive_value("tx", &self.transactions).as_bytes());
        let call_id = ::crypto::id::call_id(&tx, 0, self.nested);
        self.nested = self.nested.checked_add(1).ok_or(Code::Overflow)?;
        let context = Context {
            version: Version,
            chain_id: self.chain_id,
            height: self.height,
            time_ms: self.time_ms,
            contract,
            caller: call.caller,
            origin,
            value,
            call_id,
            view,
        };
        self.frames.push(Frame { context, ids: 0 });
        Ok((entry, deployed.code_hash))
    }
}

/// A call that is about to begin.
pub(crate) struct Entering<'a> {
    pub(crate) caller: Address,
    /// The export, such as `init`; by the method's name otherwise.
    pub(crate) export: Option<&'a str>,
    pub(crate) request: Request<'a>,
}

impl Entering<'_> {
    /// What runs, and whether it is a view.
    fn entry(&self, deployed: &Deployed) -> Option<(Entry, bool)> {
        let find = |export: &str| deployed.entries.iter().find(|entry| entry.export == export);
        if let Some(export) = self.export {
            return find(export).map(|entry| (*entry, false));
        }
        let method = self.request.method;
        if !is_method_name(method) {
            return None;
        }
        match find(&alloc::format!("call:{method}")) {
            Some(entry) => Some((*entry, false)),
            None => find(&alloc::format!("view:{method}")).map(|entry| (*entry, true)),
        }
    }
}

/// Run a transaction of one call: what fails leaves nothing.
pub(crate) fn transact(world: &Rc<RefCell<World>>, call: &Entering<'_>) -> Result<Vec<u8>, Failed> {
    {
        let mut world = world.borrow_mut();
        assert!(
            world.frames.is_empty(),
            "a contract calls through a client of its own, not a test's"
        );
        world.transactions = world.transactions.checked_add(1).expect("fewer than 2^64 calls");
        world.nested = 0;
        world.undo.clear();
    }
    let before = RUNNING.replace(Some(Rc::clone(world)));
    let result = run(world, call);
    RUNNING.set(before);
    result
}

/// Run a call within the transaction that runs.
pub(crate) fn call_nested(request: Request<'_>) -> Result<Vec<u8>, Failed> {
    let world = running();
    let caller = with(|world| frame(world).context.contract);
    run(&world, &Entering { caller, export: None, request })
}

fn run(world: &Rc<RefCell<World>>, call: &Entering<'_>) -> Result<Vec<u8>, Failed> {
    let mark = world.borrow().mark();
    let entered = world.borrow_mut().enter(call);
    world.borrow_mut().last_gas = Gas::ZERO;
    let result = match entered {
        Ok((entry, code_hash)) => {
            let result = match code_hash {
                Some(code_hash) => run_module(world, code_hash, &entry, call.request),
                None => answer(&entry, call.request),
            };
            world.borrow_mut().frames.pop();
            result
        }
        Err(code) => Err((code, None)),
    };
    if result.is_err() {
        world.borrow_mut().roll_back(&mark);
    }
    result
}

fn run_module(
    world: &Rc<RefCell<World>>,
    code_hash: Hash,
    entry: &Entry,
    request: Request<'_>,
) -> Result<Vec<u8>, Failed> {
    let (machine, frames) = {
        let world = world.borrow();
        (world.machine.clone().expect("modules run in a machine"), world.frames.len())
    };
    let depth = frames.checked_sub(1).expect("the call has its frame");
    let gas = request.gas.unwrap_or(TRANSACTION_GAS);
    let (used, result) = machine.run(&Run { code_hash, export: entry.export, request, gas, depth });
    world.borrow_mut().last_gas = used;
    result
}

/// What the call that ended last has used.
pub(crate) fn gas_of_last_call() -> Gas {
    with(|world| world.last_gas)
}

fn answer(entry: &Entry, request: Request<'_>) -> Result<Vec<u8>, Failed> {
    let failed = |name: &str, data: Vec<u8>| {
        let (contract, name) = (request.contract, name.to_string());
        (Code::ContractFailed, Some(Failure { version: Version, contract, name, data }))
    };
    let run = || entry::answer(entry.payable, entry.handler, request.input);
    match panic::catch_unwind(AssertUnwindSafe(run)) {
        Ok(Ok(output)) => Ok(output),
        Ok(Err(refusal)) => Err(failed(refusal.name, refusal.data)),
        Err(payload) => match payload.downcast::<Stop>() {
            Ok(stop) => Err((stop.0, None)),
            Err(payload) => {
                let failure = StandardFailure::Panic { message: said(&payload) };
                Err(failed(failure.name(), failure.encode()))
            }
        },
    }
}

fn said(payload: &Box<dyn core::any::Any + Send>) -> String {
    match payload.downcast_ref::<String>() {
        Some(text) => text.clone(),
        None => payload.downcast_ref::<&str>().map_or_else(String::new, ToString::to_string),
    }
}

fn running() -> Rc<RefCell<World>> {
    RUNNING
        .with_borrow(Clone::clone)
        .expect("storage and context belong to a call: use a client, not the contract itself")
}

/// Look at the chain whose contract runs.
pub(crate) fn with<T>(look: impl FnOnce(&mut World) -> T) -> T {
    look(&mut running().borrow_mut())
}

/// The call that runs.
pub(crate) fn frame(world: &mut World) -> &mut Frame {
    world.frames.last_mut().expect("a contract runs within a call")
}
