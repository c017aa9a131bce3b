//! The virtual machine of the node, in a program of its own: [`super::VM`] names it.

use super::chain::{self, Failed, Stop};
use super::host;
use super::wire::{self, Answer, FromMachine, Question, ToMachine};
use crate::client::Request;
use alloc::collections::BTreeMap;
use alloc::rc::Rc;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::cell::{Cell, RefCell};
use std::ffi::OsStr;
use std::io::BufReader;
use std::panic::{self, AssertUnwindSafe};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::{env, fs};
use types::{Failure, Gas, Hash, Height, Version};

/// Gas of a transaction of a test: as much as the chain gives one.
pub(crate) const TRANSACTION_GAS: Gas = Gas(60_000_000);

std::thread_local! {
    /// The program that the environments of this thread share: it keeps compiled modules, and
    /// nothing of a chain.
    static SHARED: RefCell<Option<Rc<Machine>>> = const { RefCell::new(None) };
}

/// A running program, and the modules that it was shown.
pub(crate) struct Machine {
    program: RefCell<Program>,
    modules: RefCell<BTreeMap<Hash, Rc<Vec<u8>>>>,
    /// Runs that have begun and not ended: one that a panic broke off leaves the pipe in the middle
    /// of a message.
    open_runs: Cell<usize>,
}

struct Program {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Drop for Program {
    fn drop(&mut self) {
        // The program ends with its input.
        self.input = None;
        let _ = self.child.wait();
    }
}

/// One run of a module.
pub(crate) struct Run<'a> {
    pub(crate) code_hash: Hash,
    pub(crate) export: &'a str,
    pub(crate) request: Request<'a>,
    pub(crate) gas: Gas,
    pub(crate) depth: usize,
}

impl Machine {
    /// The program that [`super::VM`] names, started if this thread has none; `None` if it names
    /// none.
    pub(crate) fn from_environment() -> Option<Rc<Self>> {
        let path = env::var_os(super::VM)?;
        let idle = |machine: &Rc<Self>| machine.open_runs.get() == 0;
        if let Some(machine) = SHARED.with_borrow(Clone::clone).filter(idle) {
            return Some(machine);
        }
        let machine = Rc::new(Self::start(&path));
        SHARED.set(Some(Rc::clone(&machine)));
        Some(machine)
    }

    fn start(path: &OsStr) -> Self {
        let mut child = Command::new(path)
            .args(["contract", "machine"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{}={}: {error}", super::VM, path.display()));
        let input = child.stdin.take();
        let output = BufReader::new(child.stdout.take().expect("it is piped"));
        let program = RefCell::new(Program { child, input, output });
        Self { program, modules: RefCell::default(), open_runs: Cell::new(0) }
    }

    /// Take in the module of a package.
    pub(crate) fn load(&self, package: &str) -> Hash {
        let path = find_module(package);
        let module = fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let hash = ::crypto::hash::blake3(&module);
        self.modules.borrow_mut().insert(hash, Rc::new(module));
        hash
    }

    /// Run a module, answering what it asks.
    pub(crate) fn run(&self, run: &Run<'_>) -> (Gas, Result<Vec<u8>, Failed>) {
        let open = self.open_runs.get();
        self.open_runs.set(open.checked_add(1).expect("calls nest at most 8 deep"));
        self.send(&ToMachine::Run {
            code_hash: run.code_hash,
            entry: run.export.to_string(),
            input: run.request.input.to_vec(),
            gas: run.gas,
            depth: u8::try_from(run.depth).expect("calls nest at most 8 deep"),
        });
        loop {
            match self.receive() {
                FromMachine::Ask(question) => {
                    let answer = self.answer(question);
                    self.send(&ToMachine::Answer(answer));
                }
                FromMachine::Done { gas_used, result } => {
                    self.open_runs.set(open);
                    let contract = run.request.contract;
                    let failure = |(name, data)| Failure { version: Version, contract, name, data };
                    return (gas_used, result.map_err(|(code, own)| (code, own.map(failure))));
                }
            }
        }
    }

    fn answer(&self, question: Question) -> Answer {
        let answered = panic::catch_unwind(AssertUnwindSafe(|| self.ask(question)));
        match answered {
            Ok(answer) => answer,
            Err(payload) => match payload.downcast::<Stop>() {
                Ok(stop) => Answer::Stop(stop.0),
                Err(payload) => panic::resume_unwind(payload),
            },
        }
    }

    fn ask(&self, question: Question) -> Answer {
        match question {
            Question::Code(hash) => {
                let module = self.modules.borrow().get(&hash).cloned();
                Answer::Bytes(module.map(|module| module.to_vec()))
            }
            Question::Get(key) => Answer::Bytes(host::storage_get(&key)),
            Question::Set(key, value) => {
                host::storage_set(&key, &value);
                Answer::Done
            }
            Question::Remove(key) => Answer::Truth(host::storage_remove(&key)),
            Question::Has(key) => Answer::Truth(host::storage_has(&key)),
            Question::Scan { prefix, after, limit } => {
                Answer::Entries(host::storage_scan(&prefix, &after, limit))
            }
            Question::Emit(name, data) => {
                host::emit(&name, &data);
                Answer::Done
            }
            Question::Transfer(to, amount) => Answer::Paid(host::transfer(&to, amount)),
            Question::Call { contract, method, input, value, gas } => {
                let (input, method) = (input.as_slice(), method.as_str());
                let request = Request { contract, method, input, value, gas: Some(gas) };
                let result = host::call(request);
                Answer::Called { gas_used: chain::gas_of_last_call(), result }
            }
            Question::Context => Answer::Context(host::context()),
            Question::HasRole(account, role) => Answer::Truth(host::has_role(&account, role)),
            Question::Balance(account) => Answer::Amount(host::balance(&account)),
            Question::Randomness(height) => Answer::Hash(host::randomness(Height(height))),
            Question::NewId => Answer::Hash(Some(host::new_id())),
            Question::Log(line) => {
                host::log(&line);
                Answer::Done
            }
        }
    }

    fn send(&self, message: &ToMachine) {
        let mut program = self.program.borrow_mut();
        let input = program.input.as_mut().expect("it is open until the program is dropped");
        wire::send(input, message).unwrap_or_else(|error| panic!("the machine is gone: {error}"));
    }

    fn receive(&self) -> FromMachine {
        let received = wire::receive(&mut self.program.borrow_mut().output);
        match received {
            Ok(Some(message)) => message,
            Ok(None) => panic!("the machine ended in the middle of a call; its log is above"),
            Err(error) => panic!("the machine: {error}"),
        }
    }
}

/// Where the module of a package lies: in the folder that [`super::MODULES`] names, else in
/// `contracts/artifacts` or `artifacts` of a folder above the package under test.
fn find_module(package: &str) -> PathBuf {
    let file = package.replace('-', "_") + ".wasm";
    if let Some(folder) = env::var_os(super::MODULES) {
        return Path::new(&folder).join(file);
    }
    let package_folder = env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| ".".into());
    let package_folder = PathBuf::from(package_folder);
    let candidates = package_folder.ancestors().flat_map(|folder| {
        ["contracts/artifacts", "artifacts"].map(|artifacts| folder.join(artifacts).join(&file))
    });
    let found = candidates.into_iter().find(|path| path.is_file());
    found.unwrap_or_else(|| panic!("no module {file}: {}", build_first()))
}

fn build_first() -> String {
    alloc::format!("build it, or name its folder with {}", super::MODULES)
}
