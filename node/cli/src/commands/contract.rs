//! `syndic contract`: check, deploy, make, call, read and verify contracts.

mod check;
mod deploy;
mod input;
mod project;

use super::files;
use super::node::{self, ClientMeaning, NodeArguments};
use super::output::Output;
use super::render;
use super::tx::{self, ChainFacts, SendArguments};
use crate::exit::{Exit, Failure, Meaning, Outcome};
use anyhow::anyhow;
use clap::{Args, Subcommand};
use client::client::Client;
use client::dto::{AddressText, TxState};
use input::{InputArguments, Interface};
use serde::Serialize;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use types::abi::{Abi, MethodKind};
use types::contract::MAX_CODE_BYTES;
use types::{AddressKind, Amount, Call, Code, Hash};

/// The interface of a module, if it carries one.
#[derive(Clone, Debug)]
pub(crate) struct InterfaceAbi(pub(crate) Option<Abi>);

/// The interface of a module that exports a method; `None` if it does not.
pub(crate) fn interface_of(code: &[u8], export: &str) -> Outcome<Option<InterfaceAbi>> {
    let exports = vm::check(code).is_ok_and(|facts| facts.methods.iter().any(|m| m == export));
    if !exports {
        return Ok(None);
    }
    let interface = Interface::of_module(code, "")?;
    Ok(Some(InterfaceAbi(interface.abi().cloned())))
}

/// Arguments of `syndic contract`.
#[derive(Args, Debug)]
pub(crate) struct ContractArguments {
    #[command(subcommand)]
    command: ContractCommand,
}

#[derive(Debug, Subcommand)]
enum ContractCommand {
    /// Write a new project, with all sources that it stands on.
    New {
        /// Its folder, which is made; the last part names the package.
        path: PathBuf,
    },
    /// Compile a project to a module beside it, and judge the module as a node would.
    Build {
        /// The project's folder.
        #[arg(default_value = ".")]
        project: PathBuf,
    },
    /// Run a project's tests.
    Test {
        /// The project's folder.
        #[arg(default_value = ".")]
        project: PathBuf,
        /// Run the module in the node's virtual machine instead of the same code natively.
        #[arg(long)]
        vm: bool,
    },
    /// Run modules for tests: they start it, and talk over standard input and output.
    #[command(hide = true)]
    Machine,
    /// Say what a node would say to a module; no node is asked.
    Check {
        /// The module: a .wasm file.
        file: PathBuf,
    },
    /// Put a module on the chain, once: what is there already is not paid again.
    Deploy {
        /// The module: a .wasm file.
        file: PathBuf,
        #[command(flatten)]
        send: SendArguments,
    },
    /// Make a contract from code that is on the chain.
    Instantiate(InstantiateArguments),
    /// Call a method.
    Call {
        /// The contract's address.
        contract: String,
        /// The method's name.
        method: String,
        #[command(flatten)]
        input: InputArguments,
        /// Money that goes along. Unit: the chain's smallest.
        #[arg(long, default_value_t = 0, value_name = "N")]
        value: u128,
        #[command(flatten)]
        send: SendArguments,
    },
    /// Ask a view; nothing is sent to the chain, nobody pays.
    View {
        /// The contract's address.
        contract: String,
        /// The view's name.
        method: String,
        #[command(flatten)]
        input: InputArguments,
        #[command(flatten)]
        node: NodeArguments,
    },
    /// Give a contract other code that is on the chain; its admin may.
    Upgrade {
        /// The contract's address.
        contract: String,
        /// The module, or BLAKE3 of it in hex.
        #[arg(long, value_name = "FILE|HASH")]
        code: String,
        #[command(flatten)]
        input: InputArguments,
        #[command(flatten)]
        send: SendArguments,
    },
    /// Stop a contract's calls; its views go on. Its admin may.
    Pause {
        /// The contract's address.
        contract: String,
        #[command(flatten)]
        send: SendArguments,
    },
    /// Let a paused contract's calls go on; its admin may.
    Resume {
        /// The contract's address.
        contract: String,
        #[command(flatten)]
        send: SendArguments,
    },
    /// Show a contract's methods, failures and events.
    Abi {
        /// The contract's address, or a .wasm file.
        contract: String,
        #[command(flatten)]
        node: NodeArguments,
    },
    /// Show a contract: code, admin, balance, whether it is paused.
    Show {
        /// The contract's address.
        contract: String,
        #[command(flatten)]
        node: NodeArguments,
    },
    /// Say whether a contract runs exactly the module in a file.
    Verify {
        /// The contract's address.
        contract: String,
        /// The module: a .wasm file.
        file: PathBuf,
        #[command(flatten)]
        node: NodeArguments,
    },
}

#[derive(Args, Debug)]
struct InstantiateArguments {
    /// The module, or BLAKE3 of it in hex.
    #[arg(long, value_name = "FILE|HASH")]
    code: String,
    /// Tells the sender's contracts apart, up to 32 bytes.
    #[arg(long, default_value = "", value_name = "TEXT")]
    salt: String,
    /// Who may upgrade and pause it: an address, or `none`; default: the sender.
    #[arg(long, value_name = "ADDRESS")]
    admin: Option<String>,
    #[command(flatten)]
    input: InputArguments,
    /// Money that goes along. Unit: the chain's smallest.
    #[arg(long, default_value_t = 0, value_name = "N")]
    value: u128,
    #[command(flatten)]
    send: SendArguments,
}

pub(crate) fn execute(arguments: ContractArguments, output: Output) -> Outcome {
    match arguments.command {
        ContractCommand::New { path } => project::new(&path, output),
        ContractCommand::Build { project } => project::build(&project, output),
        ContractCommand::Test { project, vm } => project::test(&project, vm),
        ContractCommand::Machine => {
            rig::serve(&mut std::io::stdin(), &mut std::io::stdout(), None)?;
            Ok(())
        }
        ContractCommand::Check { file } => check::check(&file, output),
        ContractCommand::Deploy { file, send } => deploy::deploy(&file, &send, output),
        ContractCommand::Instantiate(arguments) => instantiate(&arguments, output),
        ContractCommand::Call { contract, method, input, value, send } => {
            call(&contract, &method, &input, value, &send, output)
        }
        ContractCommand::View { contract, method, input, node } => {
            view(&contract, &method, &input, &node, output)
        }
        ContractCommand::Upgrade { contract, code, input, send } => {
            upgrade(&contract, &code, &input, &send, output)
        }
        ContractCommand::Pause { contract, send } => pause(&contract, true, &send, output),
        ContractCommand::Resume { contract, send } => pause(&contract, false, &send, output),
        ContractCommand::Abi { contract, node } => abi(&contract, &node, output),
        ContractCommand::Show { contract, node } => {
            let client = node.client()?;
            let text = address(&client, &contract)?;
            output.print(&client.contract(&text).or_class()?, render::lines)?;
            Ok(())
        }
        ContractCommand::Verify { contract, file, node } => verify(&contract, &file, &node, output),
    }
}

/// What a call came to, with its values as the interface reads them.
#[derive(Serialize)]
struct Shown {
    #[serde(skip_serializing_if = "Option::is_none")]
    contract: Option<AddressText>,
    #[serde(flatten)]
    submitted: client::dto::Submitted,
    /// What the method returned.
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<Value>,
    /// What the contract says that refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<Value>,
}

fn instantiate(arguments: &InstantiateArguments, output: Output) -> Outcome {
    let InstantiateArguments { code, salt, admin, input, value, send } = arguments;
    let client = send.node.client()?;
    let facts = ChainFacts::ask(&client)?;
    let (code_hash, module) = code_of(code)?;
    let module = match module {
        Some(module) => module,
        None => client.contract_code(code_hash).or_class()?.code.0,
    };
    let interface = Interface::of_module(&module, &facts.prefix)?;
    let bytes = input.bytes(&interface, "init", &[MethodKind::Init])?;
    let sender = tx::sender(send)?;
    let admin = match admin.as_deref() {
        None => Some(sender),
        Some("none") => None,
        Some(text) => Some(node::address("--admin", text, &facts.prefix)?.1),
    };
    if salt.len() > crypto::id::MAX_SALT_BYTES {
        let limit = crypto::id::MAX_SALT_BYTES;
        let error = anyhow!("--salt has {} bytes, the limit is {limit}", salt.len());
        return Err(Failure { exit: Exit::Usage, error });
    }
    let salt = salt.clone().into_bytes();
    let contract = crypto::id::contract_address(&sender, &salt);
    let contract = AddressText::new(&facts.prefix, AddressKind::Contract, &contract);
    let value = Amount(*value);
    let call = Call::Instantiate { code_hash, salt, admin, input: bytes, value };
    finish(send, &client, &facts, call, &interface, "init", Some(contract), output)
}

fn call(
    contract: &str,
    method: &str,
    input: &InputArguments,
    value: u128,
    send: &SendArguments,
    output: Output,
) -> Outcome {
    let client = send.node.client()?;
    let facts = ChainFacts::ask(&client)?;
    let (_, address) = node::address("contract", contract, &facts.prefix)?;
    let interface = Interface::of_contract(&client, contract, &facts.prefix)?;
    let kinds = [MethodKind::Call, MethodKind::View];
    let bytes = input.bytes(&interface, method, &kinds)?;
    let (name, value) = (method.to_owned(), Amount(value));
    let call = Call::Call { contract: address, method: name, input: bytes, value };
    finish(send, &client, &facts, call, &interface, method, None, output)
}

fn upgrade(
    contract: &str,
    code: &str,
    input: &InputArguments,
    send: &SendArguments,
    output: Output,
) -> Outcome {
    let client = send.node.client()?;
    let facts = ChainFacts::ask(&client)?;
    let (_, address) = node::address("contract", contract, &facts.prefix)?;
    let (code_hash, module) = code_of(code)?;
    let module = match module {
        Some(module) => module,
        None => client.contract_code(code_hash).or_class()?.code.0,
    };
    let interface = Interface::of_module(&module, &facts.prefix)?;
    let bytes = input.bytes(&interface, "migrate", &[MethodKind::Migrate])?;
    let call = Call::Upgrade { contract: address, code_hash, input: bytes };
    finish(send, &client, &facts, call, &interface, "migrate", None, output)
}

fn pause(contract: &str, paused: bool, send: &SendArguments, output: Output) -> Outcome {
    let client = send.node.client()?;
    let facts = ChainFacts::ask(&client)?;
    let (_, address) = node::address("contract", contract, &facts.prefix)?;
    let call = Call::PauseContract { contract: address, paused };
    let none = Interface::none(&facts.prefix);
    finish(send, &client, &facts, call, &none, "", None, output)
}

/// Send a call, wait for it, and show what came of it.
#[allow(clippy::too_many_arguments)] // One call's parts, each of another kind.
fn finish(
    send: &SendArguments,
    client: &Client,
    facts: &ChainFacts,
    call: Call,
    interface: &Interface,
    method: &str,
    contract: Option<AddressText>,
    output: Output,
) -> Outcome {
    let bytes = tx::signed_call(send, client, facts, call)?;
    let (hash, state) = (crypto::id::tx_hash(&bytes), tx::follow(send, client, &bytes)?);
    let (mut result, mut reason) = (None, None);
    if let TxState::Committed(outcome) | TxState::Final(outcome) = &state {
        let returned = outcome.returned.as_ref();
        result = returned.and_then(|bytes| interface.output(method, &bytes.0));
        reason = outcome.failure.as_ref().map(|failure| interface.failure(failure));
    }
    let submitted = client::dto::Submitted { hash, state };
    let shown = Shown { contract, submitted, result, reason };
    output.print(&shown, render::lines)?;
    tx::failed(hash, &shown.submitted.state).map_or(Ok(()), Err)
}

fn view(
    contract: &str,
    method: &str,
    input: &InputArguments,
    node: &NodeArguments,
    output: Output,
) -> Outcome {
    let client = node.client()?;
    let prefix = client.status().or_class()?.chain.prefix;
    let interface = Interface::of_contract(&client, contract, &prefix)?;
    let bytes = input.bytes(&interface, method, &[MethodKind::View])?;
    let text = AddressText(contract.to_owned());
    let answer = client.contract_view(&text, method, &bytes).or_class()?;
    let failure = answer.failure.as_ref().map(|failure| interface.failure(failure));
    if answer.code != Code::Ok.name() {
        let told = failure.map_or_else(String::new, |told| format!(": {told}"));
        let error = anyhow!("{method}: {}{told}", answer.code);
        return Err(Failure { exit: Exit::Rejected, error });
    }
    let returned = answer.returned.clone().unwrap_or_default();
    match interface.output(method, &returned.0) {
        Some(value) => output.print(&value, render::lines)?,
        None => output.print(&answer, render::lines)?,
    }
    Ok(())
}

fn abi(contract: &str, node: &NodeArguments, output: Output) -> Outcome {
    let path = Path::new(contract);
    let interface = if path.exists() {
        Interface::of_module(&module(path)?, "syn")?
    } else {
        let client = node.client()?;
        let prefix = client.status().or_class()?.chain.prefix;
        Interface::of_contract(&client, contract, &prefix)?
    };
    let Some(abi) = interface.abi() else {
        let error = anyhow!("{contract}: the module has no section `abi`");
        return Err(Failure { exit: Exit::Rejected, error });
    };
    output.print(&client::abi::describe(abi), render::lines)?;
    Ok(())
}

fn verify(contract: &str, file: &Path, node: &NodeArguments, output: Output) -> Outcome {
    let client = node.client()?;
    let text = address(&client, contract)?;
    let on_chain = client.contract(&text).or_class()?.code_hash;
    let in_file = crypto::hash::blake3(&module(file)?);
    let same = on_chain == in_file;
    let shown = json!({
        "contract": text,
        "same": same,
        "on_chain": on_chain.to_string(),
        "in_file": in_file.to_string(),
    });
    output.print(&shown, render::lines)?;
    if same {
        return Ok(());
    }
    let error = anyhow!("contract {contract} runs code {on_chain}, the file is {in_file}");
    Err(Failure { exit: Exit::Rejected, error })
}

/// A contract's address, checked against the chain's prefix.
fn address(client: &Client, text: &str) -> Outcome<AddressText> {
    let prefix = client.status().or_class()?.chain.prefix;
    node::address("contract", text, &prefix)?;
    Ok(AddressText(text.to_owned()))
}

/// The bytes of a module.
fn module(file: &Path) -> Outcome<Vec<u8>> {
    let limit = u64::try_from(4 * MAX_CODE_BYTES).expect("it fits");
    files::read(file, limit).or_exit(Exit::Usage)
}

/// Code by file or by hash.
fn code_of(text: &str) -> Outcome<(Hash, Option<Vec<u8>>)> {
    if let Some(hash) = types::hash::parse_hex_32(text) {
        return Ok((Hash(hash), None));
    }
    let module = module(Path::new(text))?;
    Ok((crypto::hash::blake3(&module), Some(module)))
}
