//! `syndic tx`: make, sign, submit, follow and read transactions.

mod compose;
mod file;
mod submit;

use super::files;
use super::node::{ClientMeaning, NodeArguments};
use super::output::Output;
use super::render;
use super::secret::KeystoreArguments;
use crate::exit::{Exit, Failure, Meaning, Outcome};
use anyhow::anyhow;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chainspec::document::DEFAULT_PREFIX;
use clap::{Args, Subcommand, ValueEnum};
use client::client::Client;
use client::dto::{TxState, TxView, Wait};
use client::view::{self, Names};
use client::wallet::{MAX_TX_BYTES, TxFile};
use std::path::{Path, PathBuf};
use std::time::Duration;
use types::{Address, AddressKind, Amount, Call, Role, SignedTx, TimestampMs, Tx, TxHash};

pub(crate) use compose::{ChainFacts, Options, now_ms, required_gas, signed};
pub(crate) use file::read_chain;
pub(crate) use submit::{Given, failed, give_and_follow};

/// Arguments of `syndic tx`.
#[derive(Args, Debug)]
pub(crate) struct TxArguments {
    #[command(subcommand)]
    command: TxCommand,
}

#[derive(Debug, Subcommand)]
enum TxCommand {
    /// Move money.
    Transfer {
        /// Receiver's address.
        #[arg(long, value_name = "ADDRESS", required_unless_present = "to_key")]
        to: Option<String>,
        /// Key file of the receiver, instead of an address.
        #[arg(long, value_name = "FILE", conflicts_with = "to")]
        to_key: Option<PathBuf>,
        /// Amount. Unit: the chain's smallest; from 1.
        #[arg(long, value_name = "N")]
        amount: u128,
        #[command(flatten)]
        send: SendArguments,
    },
    /// Give a role to an account; the sender holds the role operator.
    GrantRole {
        /// The account's address.
        #[arg(long, value_name = "ADDRESS")]
        account: String,
        /// The role's name, such as user, deployer, merchant, auditor.
        #[arg(long, value_parser = parse_role)]
        role: Role,
        /// Block time from which it no longer counts. Unit: ms since 1970; default: never.
        #[arg(long, value_name = "MS")]
        expires_ms: Option<u64>,
        #[command(flatten)]
        send: SendArguments,
    },
    /// Take a role away from an account.
    RevokeRole {
        /// The account's address.
        #[arg(long, value_name = "ADDRESS")]
        account: String,
        /// The role's name.
        #[arg(long, value_parser = parse_role)]
        role: Role,
        #[command(flatten)]
        send: SendArguments,
    },
    /// Make a transfer that nobody has signed yet, for one or several keys.
    Build(file::BuildArguments),
    /// Add a signature to a transaction file; no node is asked.
    Sign(file::SignArguments),
    /// Put the signatures of several files of one transaction together; no node is asked.
    Combine(file::CombineArguments),
    /// Submit a transaction file, or signed bytes in base64.
    Submit {
        /// The file, or base64.
        transaction: String,
        #[command(flatten)]
        follow: FollowArguments,
        #[command(flatten)]
        node: NodeArguments,
    },
    /// Where a transaction is.
    Status {
        /// Its hash: 64 hex digits.
        #[arg(value_parser = parse_hash)]
        hash: TxHash,
        /// Until when it could enter a block, to tell expired from unknown. Unit: ms since 1970.
        #[arg(long, value_name = "MS")]
        valid_until_ms: Option<u64>,
        #[command(flatten)]
        node: NodeArguments,
    },
    /// Read a transaction; no node is asked.
    Decode {
        /// A transaction file, or base64.
        transaction: String,
        /// What addresses of the chain begin with.
        #[arg(long, env = "SYNDIC_PREFIX", default_value = DEFAULT_PREFIX)]
        prefix: String,
    },
    /// What a transaction would do now; it need not be signed.
    Simulate {
        /// A transaction file, or base64.
        transaction: String,
        #[command(flatten)]
        node: NodeArguments,
    },
}

/// How a transaction of one's own is sent.
#[derive(Args, Debug)]
pub(crate) struct SendArguments {
    /// The sender's key: a file, or a name in the keystore.
    #[arg(long, env = "SYNDIC_KEY", value_name = "FILE")]
    key: PathBuf,
    /// Key of the account that pays the fee instead; a file, or a name in the keystore.
    #[arg(long, value_name = "FILE")]
    payer_key: Option<PathBuf>,
    #[command(flatten)]
    options: Options,
    #[command(flatten)]
    follow: FollowArguments,
    #[command(flatten)]
    keystore: KeystoreArguments,
    #[command(flatten)]
    pub(crate) node: NodeArguments,
}

impl SendArguments {
    /// The nodes that are asked.
    pub(crate) const fn node(&self) -> &NodeArguments {
        &self.node
    }
}

/// How long a command waits for a transaction.
#[derive(Args, Clone, Debug)]
struct FollowArguments {
    /// Wait until the pool has it, until a block does, or until that block is final.
    #[arg(long, value_enum, default_value_t = WaitFor::Final)]
    wait: WaitFor,
    /// Longest wait, lost connections included. Unit: s; 1 to 3600.
    #[arg(
        long,
        default_value_t = 60,
        value_name = "S",
        value_parser = clap::value_parser!(u64).range(1..=3_600)
    )]
    timeout: u64,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum WaitFor {
    None,
    Committed,
    Final,
}

impl FollowArguments {
    fn wait(&self) -> Wait {
        match self.wait {
            WaitFor::None => Wait::None,
            WaitFor::Committed => Wait::Committed,
            WaitFor::Final => Wait::Final,
        }
    }

    fn timeout(&self) -> Duration {
        Duration::from_secs(self.timeout)
    }
}

pub(crate) fn parse_role(text: &str) -> Result<Role, String> {
    let names: Vec<&str> = Role::ALL.iter().map(|role| role.name()).collect();
    Role::from_name(text).ok_or_else(|| format!("`{text}` is none of {}", names.join(", ")))
}

pub(crate) fn parse_hash(text: &str) -> Result<TxHash, String> {
    types::hash::parse_hex_32(text).map(TxHash).ok_or_else(|| "want 64 hex digits".to_owned())
}

pub(crate) fn execute(arguments: TxArguments, output: Output) -> Outcome {
    match arguments.command {
        TxCommand::Transfer { to, to_key, amount, send } => {
            let to = Receiver { to, to_key };
            send_calls(&send, output, |facts, keystore| {
                let to = to.address(facts, keystore)?;
                Ok(Call::Transfer { to, amount: Amount(amount) })
            })
        }
        TxCommand::GrantRole { account, role, expires_ms, send } => {
            send_calls(&send, output, |facts, _| {
                let account = super::node::address("--account", &account, &facts.prefix)?.1;
                let expires_ms = expires_ms.map(TimestampMs);
                Ok(Call::GrantRole { account, role, expires_ms })
            })
        }
        TxCommand::RevokeRole { account, role, send } => send_calls(&send, output, |facts, _| {
            let account = super::node::address("--account", &account, &facts.prefix)?.1;
            Ok(Call::RevokeRole { account, role })
        }),
        TxCommand::Build(arguments) => file::build(&arguments, output),
        TxCommand::Sign(arguments) => file::sign(&arguments, output),
        TxCommand::Combine(arguments) => file::combine(&arguments, output),
        TxCommand::Submit { transaction, follow, node } => {
            let bytes = match read(&transaction)? {
                Read::File(file) => types::encode(&file.finish().or_class()?),
                Read::Signed(_, bytes) => bytes,
                Read::Unsigned(_) => {
                    let error = anyhow!("the transaction is not signed: use tx build and tx sign");
                    return Err(Failure { exit: Exit::Usage, error });
                }
            };
            submit::submit(&node, bytes, &follow, output)
        }
        TxCommand::Status { hash, valid_until_ms, node } => {
            let state =
                node.client()?.tx_status(hash, valid_until_ms.map(TimestampMs)).or_class()?;
            submit::print(hash, &state, output)
        }
        TxCommand::Decode { transaction, prefix } => {
            let shown = decode(&transaction, &prefix)?;
            output.print(&shown, render::lines)?;
            Ok(())
        }
        TxCommand::Simulate { transaction, node } => {
            let bytes = match read(&transaction)? {
                Read::File(file) => file.tx.0,
                Read::Signed(_, bytes) => bytes,
                Read::Unsigned(tx) => types::encode(&tx),
            };
            let simulation = node.client()?.simulate(&bytes).or_class()?;
            output.print(&simulation, render::lines)?;
            Ok(())
        }
    }
}

/// Who receives: an address, or the account of a key.
struct Receiver {
    to: Option<String>,
    to_key: Option<PathBuf>,
}

impl Receiver {
    fn address(&self, facts: &ChainFacts, keystore: &KeystoreArguments) -> Outcome<Address> {
        match (&self.to, &self.to_key) {
            (Some(text), _) => Ok(super::node::address("--to", text, &facts.prefix)?.1),
            (None, Some(file)) => Ok(crypto::id::account_address(&keystore.open(file)?.public())),
            (None, None) => {
                Err(Failure { exit: Exit::Usage, error: anyhow!("give --to or --to-key") })
            }
        }
    }
}

/// Make, sign, submit and follow a transaction of one call.
pub(crate) fn send_calls(
    send: &SendArguments,
    output: Output,
    call: impl FnOnce(&ChainFacts, &KeystoreArguments) -> Outcome<Call>,
) -> Outcome {
    let client = send.node.client()?;
    let facts = ChainFacts::ask(&client)?;
    let call = call(&facts, &send.keystore)?;
    let bytes = signed_call(send, &client, &facts, call)?;
    submit::run(&client, &bytes, &send.follow, output)
}

/// A transaction of one call, signed as the arguments say.
pub(crate) fn signed_call(
    send: &SendArguments,
    client: &Client,
    facts: &ChainFacts,
    call: Call,
) -> Outcome<Vec<u8>> {
    let key = send.keystore.open(&send.key)?;
    let payer = send.payer_key.as_ref().map(|file| send.keystore.open(file)).transpose()?;
    compose::signed(client, facts, &send.options, &key, payer.as_ref(), call)
}

/// The account that sends.
pub(crate) fn sender(send: &SendArguments) -> Outcome<Address> {
    Ok(crypto::id::account_address(&send.keystore.open(&send.key)?.public()))
}

/// Give signed bytes to the net and wait as long as the arguments say.
pub(crate) fn follow(send: &SendArguments, client: &Client, bytes: &[u8]) -> Outcome<TxState> {
    let given = Given::new(bytes)?;
    give_and_follow(client, &given, send.follow.wait(), send.follow.timeout())
}

/// A transaction as a user hands it over.
enum Read {
    File(Box<TxFile>),
    Signed(Box<SignedTx>, Vec<u8>),
    Unsigned(Box<Tx>),
}

/// Read a transaction file or base64; a file may hold JSON, base64, or the bytes themselves.
fn read(text: &str) -> Outcome<Read> {
    let path = Path::new(text);
    let bytes = if text.len() < 4_096 && path.exists() {
        files::read(path, files::MAX_DOCUMENT_BYTES).or_exit(Exit::Usage)?
    } else {
        text.as_bytes().to_vec()
    };
    let blank = |byte: &u8| byte.is_ascii_whitespace();
    if bytes.iter().find(|byte| !blank(byte)) == Some(&b'{') {
        let file: TxFile = serde_json::from_slice(&bytes)
            .map_err(|error| anyhow!("transaction file {text}: {error}"))
            .or_exit(Exit::Usage)?;
        return Ok(Read::File(Box::new(file)));
    }
    let digits: Vec<u8> = bytes.iter().copied().filter(|byte| !blank(byte)).collect();
    let raw = STANDARD.decode(&digits).unwrap_or(bytes);
    if let Ok(signed) = types::decode::<SignedTx>("signed transaction", &raw, MAX_TX_BYTES) {
        return Ok(Read::Signed(Box::new(signed), raw));
    }
    match types::decode::<Tx>("transaction", &raw, MAX_TX_BYTES) {
        Ok(tx) => Ok(Read::Unsigned(Box::new(tx))),
        Err(error) => {
            let shown: String = text.chars().take(64).collect();
            let error = anyhow!("{shown}: no transaction file, no file and no base64: {error}");
            Err(Failure { exit: Exit::Usage, error })
        }
    }
}

fn decode(text: &str, prefix: &str) -> Outcome<TxView> {
    if !crypto::text::is_prefix(prefix) {
        let error = anyhow!("--prefix is {prefix:?}: want 1 to 16 lower-case letters and digits");
        return Err(Failure { exit: Exit::Usage, error });
    }
    // Offline only the signatories' kinds are known; others are shown as accounts.
    let kind = |_: &Address| AddressKind::Account;
    let names = Names::new(prefix, &kind);
    Ok(match read(text)? {
        Read::File(file) => match file.finish() {
            Ok(signed) => {
                let hash = crypto::id::tx_hash(&types::encode(&signed));
                view::signed_tx(&names, &signed, hash)
            }
            Err(_) => view::tx(&names, &file.tx().or_class()?),
        },
        Read::Signed(signed, bytes) => {
            view::signed_tx(&names, &signed, crypto::id::tx_hash(&bytes))
        }
        Read::Unsigned(tx) => view::tx(&names, &tx),
    })
}

#[cfg(test)]
mod tests;
