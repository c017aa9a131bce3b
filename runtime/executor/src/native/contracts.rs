//! Contracts: deploy their code, make them, call them, upgrade and pause them.
//!
//! Money that comes with a call is the contract's before its code runs. A contract's account and
//! storage stay when its code changes.

use super::{Calls, Setting, Stop, bank, roles};
use crate::host::Frame;
use crypto::id;
use state::{NodeReader, ReadError, key, read};
use types::contract::{MAX_CALL_DEPTH, MAX_INPUT_BYTES, is_method_name};
use types::params::Permission;
use types::receipt::NativeEvent;
use types::record::{CodeRecord, ContractRecord, Pause};
use types::{
    Address, AddressKind, Amount, Code, Context, Failure, Gas, Hash, Params, Role, TimestampMs,
    Version,
};
use vm::{Outcome, Run};

/// The export that makes a contract.
const INIT: &str = "init";
/// The export that brings storage from the code before to this one.
const MIGRATE: &str = "migrate";

/// Whether a call may write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum View {
    /// It may only read.
    Yes,
    /// It may write, if its method may.
    No,
}

/// One call of an export.
#[derive(Clone, Copy)]
pub(crate) struct Entry<'e> {
    pub(crate) contract: Address,
    pub(crate) code_hash: Hash,
    pub(crate) caller: Address,
    pub(crate) input: &'e [u8],
    pub(crate) value: Amount,
    pub(crate) view: View,
}

/// Why a call of a contract did not return.
pub(crate) type Refusal = (Code, Option<Failure>);

impl Calls<'_, '_> {
    /// Put code on the chain; the same code again changes nothing. Returns its hash.
    pub(super) fn deploy(&mut self, code: &[u8]) -> Result<(), Stop> {
        let (setting, by) = (self.setting, self.sender);
        let time_ms = setting.position.time_ms;
        if !may_deploy(self.overlay, &by, setting.params, time_ms)? {
            return Err(Stop::Failed(Code::NotPermitted));
        }
        let code_hash = crypto::hash::blake3(code);
        if read::code_record(self.overlay, &code_hash)?.is_none() {
            setting.machine.prepare(&code_hash, code).map_err(Stop::Failed)?;
            let bytes = u32::try_from(code.len()).map_err(|_| Stop::Failed(Code::CodeRefused))?;
            let deployed = setting.position.height;
            let record = CodeRecord { version: Version, bytes, deployer: by, deployed };
            self.overlay.set(&key::code(&code_hash), code.to_vec());
            self.overlay.set(&key::code_record(&code_hash), types::encode(&record));
            self.emit(&NativeEvent::Deployed { code_hash, by })?;
        }
        self.returned = code_hash.0.to_vec();
        Ok(())
    }

    /// Make a contract and run its `init`.
    pub(super) fn instantiate(
        &mut self,
        code_hash: &Hash,
        salt: &[u8],
        admin: Option<Address>,
        input: &[u8],
        value: Amount,
    ) -> Result<(), Stop> {
        if salt.len() > id::MAX_SALT_BYTES {
            return Err(Stop::Failed(Code::BadField));
        }
        if read::code_record(self.overlay, code_hash)?.is_none() {
            return Err(Stop::Failed(Code::CodeUnknown));
        }
        let creator = self.sender;
        let contract = id::contract_address(&creator, salt);
        if read::contract(self.overlay, &contract)?.is_some() {
            return Err(Stop::Failed(Code::ContractExists));
        }
        let height = self.setting.position.height;
        let record = ContractRecord {
            version: Version,
            code_hash: *code_hash,
            creator,
            admin,
            paused: Pause::No,
            created: height,
            upgraded: height,
        };
        self.set_contract(&contract, &record);
        bank::note_kind(self.overlay, &contract, AddressKind::Contract)?;
        self.emit(&NativeEvent::Instantiated { contract, code_hash: *code_hash, creator, admin })?;
        // Whoever sent something here sent it to an address that nobody had.
        let found = bank::balance(self.overlay, &contract)?;
        self.pay(&contract, &creator, found)?;
        self.pay(&creator, &contract, value)?;
        let view = View::No;
        let entry = Entry { contract, code_hash: *code_hash, caller: creator, input, value, view };
        self.run_export(&entry, INIT)
    }

    /// Call a method.
    pub(super) fn call_contract(
        &mut self,
        contract: &Address,
        method: &str,
        input: &[u8],
        value: Amount,
    ) -> Result<(), Stop> {
        let record = self.contract(contract)?;
        let caller = self.sender;
        self.pay(&caller, contract, value)?;
        let (contract, code_hash, view) = (*contract, record.code_hash, View::No);
        let entry = Entry { contract, code_hash, caller, input, value, view };
        let gas = self.gas.left();
        let outcome = self.run_method(entry, method, record.paused.is_on(), gas)?;
        self.take_outcome(&contract, outcome)
    }

    /// Ask a view.
    ///
    /// # Errors
    /// [`Stop`]; a contract's own reason is in `failure`.
    pub(crate) fn ask(
        &mut self,
        contract: &Address,
        method: &str,
        input: &[u8],
    ) -> Result<(), Stop> {
        let code_hash = self.contract(contract)?.code_hash;
        let (caller, value, view) = (self.sender, Amount::ZERO, View::Yes);
        let entry = Entry { contract: *contract, code_hash, caller, input, value, view };
        let outcome = self.run_method(entry, method, false, self.gas.left())?;
        self.take_outcome(contract, outcome)
    }

    /// Give a contract other code and run its `migrate`.
    pub(super) fn upgrade(
        &mut self,
        contract: &Address,
        code_hash: &Hash,
        input: &[u8],
    ) -> Result<(), Stop> {
        let mut record = self.owned_contract(contract)?;
        if read::code_record(self.overlay, code_hash)?.is_none() {
            return Err(Stop::Failed(Code::CodeUnknown));
        }
        let (from, to, by) = (record.code_hash, *code_hash, self.sender);
        record.code_hash = to;
        record.upgraded = self.setting.position.height;
        self.set_contract(contract, &record);
        self.emit(&NativeEvent::Upgraded { contract: *contract, from, to, by })?;
        let (contract, value, view) = (*contract, Amount::ZERO, View::No);
        let entry = Entry { contract, code_hash: to, caller: by, input, value, view };
        self.run_export(&entry, MIGRATE)
    }

    /// Stop a contract's calls, or let them go on.
    pub(super) fn pause(&mut self, contract: &Address, paused: bool) -> Result<(), Stop> {
        let mut record = self.owned_contract(contract)?;
        if record.paused == Pause::Members {
            return Err(Stop::Failed(Code::NotPermitted));
        }
        record.paused = if paused { Pause::Admin } else { Pause::No };
        self.set_contract(contract, &record);
        self.touched.push(*contract);
        self.emit(&NativeEvent::Paused { contract: *contract, paused, by: self.sender })
    }

    /// Run a method: `call:NAME` if the contract has it, else `view:NAME`, which may only read. A
    /// view runs nothing but views, and so does a paused contract.
    ///
    /// # Errors
    /// [`Stop`] if nothing ran.
    pub(crate) fn run_method(
        &mut self,
        entry: Entry<'_>,
        method: &str,
        paused: bool,
        gas: Gas,
    ) -> Result<Outcome, Stop> {
        if !is_method_name(method) {
            return Err(Stop::Failed(Code::MethodUnknown));
        }
        let context = self.context(&entry)?;
        let may_write = entry.view == View::No;
        if may_write && !paused {
            let ran = self.enter(&entry, context.clone(), &format!("call:{method}"), gas)?;
            if let Some(outcome) = ran {
                return Ok(outcome);
            }
        }
        let unknown = if may_write && paused { Code::ContractPaused } else { Code::MethodUnknown };
        // A view takes no money: with some, there is no such method.
        if entry.value > Amount::ZERO {
            return Err(Stop::Failed(unknown));
        }
        let context = Context { view: true, ..context };
        let ran = self.enter(&entry, context, &format!("view:{method}"), gas)?;
        ran.ok_or(Stop::Failed(unknown))
    }

    /// Run `init` or `migrate` as the call of a transaction.
    fn run_export(&mut self, entry: &Entry<'_>, export: &str) -> Result<(), Stop> {
        let (gas, context) = (self.gas.left(), self.context(entry)?);
        let outcome = self.enter(entry, context, export, gas)?;
        self.take_outcome(&entry.contract, outcome.ok_or(Stop::Failed(Code::MethodUnknown))?)
    }

    /// What a transaction's call of a contract came to.
    fn take_outcome(&mut self, contract: &Address, outcome: Outcome) -> Result<(), Stop> {
        self.gas.take(outcome.gas_used);
        match outcome.result {
            Ok(returned) => {
                self.returned = returned;
                Ok(())
            }
            Err(stop) => {
                let (code, failure) = refusal(contract, stop);
                self.failure = failure;
                Err(Stop::Failed(code))
            }
        }
    }

    /// What the contract is told about a call on top of those that are running.
    ///
    /// # Errors
    /// [`Stop::Failed`] if the contract is being called already, too many are, or the input is too
    /// large.
    fn context(&mut self, entry: &Entry<'_>) -> Result<Context, Stop> {
        let Setting { chain_id, position, .. } = self.setting;
        // Only beside code that is deployed can a transaction hold as much.
        if entry.input.len() > MAX_INPUT_BYTES {
            return Err(Stop::Failed(Code::TooLarge));
        }
        if self.stack.contains(&entry.contract) {
            return Err(Stop::Failed(Code::Reentered));
        }
        if self.stack.len() >= usize::from(MAX_CALL_DEPTH) {
            return Err(Stop::Failed(Code::CallDepth));
        }
        let nested = self.nested;
        self.nested = nested.checked_add(1).expect("gas bounds the calls of a transaction");
        Ok(Context {
            version: Version,
            chain_id,
            height: position.height,
            time_ms: position.time_ms,
            contract: entry.contract,
            caller: entry.caller,
            origin: self.sender,
            value: entry.value,
            call_id: id::call_id(&self.signing_hash, self.index, nested),
            view: entry.view == View::Yes,
        })
    }

    /// Run an export; `None` if the code has none of this name.
    fn enter(
        &mut self,
        entry: &Entry<'_>,
        context: Context,
        export: &str,
        gas: Gas,
    ) -> Result<Option<Outcome>, Stop> {
        let Setting { machine, pool, .. } = self.setting;
        let depth = u8::try_from(self.stack.len()).expect("the stack has at most eight contracts");
        self.stack.push(entry.contract);
        self.touched.push(entry.contract);
        let (code_hash, input) = (entry.code_hash, entry.input);
        let run = Run { pool, code_hash, entry: export, input, gas, depth };
        let mut frame = Frame::new(self, context);
        let ran = machine.run(run, &mut frame);
        let broken = frame.into_broken();
        self.stack.pop();
        let outcome = ran.map_err(|fatal| {
            let reason = fatal.to_string();
            broken.unwrap_or(ReadError::Corrupt { what: "contract code", reason })
        })?;
        assert!(outcome.gas_used <= gas, "a call uses at most what it was given");
        // Nothing ran then, so nothing is charged, whatever the machine would.
        let unknown = matches!(&outcome.result, Err(stop) if stop.code == Code::MethodUnknown);
        Ok((!unknown).then_some(outcome))
    }

    /// Move what comes with a call.
    pub(crate) fn pay(&mut self, from: &Address, to: &Address, value: Amount) -> Result<(), Stop> {
        if value == Amount::ZERO { Ok(()) } else { self.carry(from, to, value) }
    }

    fn contract(&self, address: &Address) -> Result<ContractRecord, Stop> {
        let record = read::contract(self.overlay, address)?;
        record.ok_or(Stop::Failed(Code::ContractUnknown))
    }

    /// A contract whose admin the sender is.
    fn owned_contract(&self, address: &Address) -> Result<ContractRecord, Stop> {
        let record = self.contract(address)?;
        let owned = record.admin == Some(self.sender);
        if owned { Ok(record) } else { Err(Stop::Failed(Code::NotAdmin)) }
    }

    fn set_contract(&mut self, address: &Address, record: &ContractRecord) {
        self.overlay.set(&key::contract(address), types::encode(record));
    }
}

/// Why a contract's call did not return, with what the contract says about it.
pub(crate) fn refusal(contract: &Address, stop: vm::Stop) -> Refusal {
    let told = |(name, data)| Failure { version: Version, contract: *contract, name, data };
    assert_ne!(stop.code, Code::Ok, "a failure has a reason");
    (stop.code, stop.failure.map(told))
}

/// Whether the chain lets an account deploy code.
///
/// # Errors
/// [`ReadError`] if state cannot be read.
pub(crate) fn may_deploy(
    reader: &dyn NodeReader,
    account: &Address,
    params: &Params,
    time_ms: TimestampMs,
) -> Result<bool, ReadError> {
    match params.deploy {
        Permission::Anyone => Ok(true),
        Permission::Role => roles::holds_role(reader, account, Role::Deployer, time_ms),
    }
}
