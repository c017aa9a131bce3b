//! Transactions on their way to their signatures: JSON files, made, signed and combined offline.

use super::compose::{self, ChainFacts, Options};
use super::decode;
use crate::commands::files;
use crate::commands::node::{self, ClientMeaning, NodeArguments};
use crate::commands::output::Output;
use crate::commands::render;
use crate::commands::secret::KeystoreArguments;
use crate::exit::{Exit, Failure, Meaning, Outcome};
use anyhow::{Context, anyhow};
use clap::Args;
use client::client::Client;
use client::wallet::{Signatory, TxFile};
use std::path::{Path, PathBuf};
use types::{Amount, Call, PublicKey};

/// Arguments of `syndic tx build`.
#[derive(Args, Debug)]
pub(super) struct BuildArguments {
    /// The sender's public key, 64 hex digits; repeat it for a multisig.
    #[arg(long, required = true, value_name = "HEX", value_parser = parse_key)]
    sender_key: Vec<PublicKey>,
    /// How many of the sender's keys must sign; default: one key's account, no multisig.
    #[arg(long, value_name = "N")]
    threshold: Option<u8>,
    /// Public key of the account that pays the fee instead, 64 hex digits.
    #[arg(long, value_name = "HEX", value_parser = parse_key)]
    payer_public_key: Option<PublicKey>,
    /// Receiver's address.
    #[arg(long, value_name = "ADDRESS")]
    to: String,
    /// Amount. Unit: the chain's smallest; from 1.
    #[arg(long, value_name = "N")]
    amount: u128,
    /// Chain spec; with it no node is asked, and --nonce must be given.
    #[arg(long, value_name = "FILE", requires = "nonce")]
    chain: Option<PathBuf>,
    /// Where the transaction goes.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    #[command(flatten)]
    options: Options,
    #[command(flatten)]
    node: NodeArguments,
}

/// Arguments of `syndic tx sign`.
#[derive(Args, Debug)]
pub(super) struct SignArguments {
    /// The transaction file.
    file: PathBuf,
    /// The signer's key: a file, or a name in the keystore.
    #[arg(long, env = "SYNDIC_KEY", value_name = "FILE")]
    key: PathBuf,
    /// Where the signed file goes; default: in place.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// What addresses of the chain begin with.
    #[arg(long, env = "SYNDIC_PREFIX", default_value = chainspec::document::DEFAULT_PREFIX)]
    prefix: String,
    #[command(flatten)]
    keystore: KeystoreArguments,
}

/// Arguments of `syndic tx combine`.
#[derive(Args, Debug)]
pub(super) struct CombineArguments {
    /// Two or more files of the same transaction.
    #[arg(required = true, num_args = 2..=64)]
    files: Vec<PathBuf>,
    /// Where the combined file goes.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

fn parse_key(text: &str) -> Result<PublicKey, String> {
    let bytes = types::hash::parse_hex_32(text).ok_or("want 64 hex digits")?;
    let key = PublicKey(bytes);
    let valid = crypto::sign::is_valid_key(&key);
    valid.then_some(key).ok_or_else(|| "this is no ed25519 public key".to_owned())
}

/// Read a chain spec that a user hands over.
pub(crate) fn read_chain(path: &Path) -> Outcome<chainspec::Document> {
    let limit = chainspec::document::MAX_DOCUMENT_BYTES as u64;
    let bytes = files::read(path, limit).or_exit(Exit::Config)?;
    let text = String::from_utf8(bytes)
        .with_context(|| format!("chain spec {}", path.display()))
        .or_exit(Exit::Config)?;
    chainspec::Document::parse(&text)
        .with_context(|| format!("chain spec {}", path.display()))
        .or_exit(Exit::Config)
}

pub(super) fn build(arguments: &BuildArguments, output: Output) -> Outcome {
    let sender = signatory(arguments)?;
    let payer = arguments.payer_public_key.map(|key| Signatory::Ed25519 { key });
    let client: Option<Client> = match arguments.chain {
        Some(_) => None,
        None => Some(arguments.node.client()?),
    };
    let facts = match (&arguments.chain, &client) {
        (Some(path), _) => ChainFacts::of(&read_chain(path)?),
        (None, Some(client)) => ChainFacts::ask(client)?,
        (None, None) => unreachable!("a client is made where no chain spec is given"),
    };
    let to = node::address("--to", &arguments.to, &facts.prefix)?.1;
    let call = Call::Transfer { to, amount: Amount(arguments.amount) };
    let options = &arguments.options;
    let file = compose::unsigned(&facts, options, sender, payer, vec![call], |address| {
        let client = client.as_ref().ok_or_else(|| anyhow!("give --nonce")).or_exit(Exit::Usage)?;
        compose::next_nonce(client, address, options.lane)
    })?;
    keep(&arguments.out, &file)?;
    show(&arguments.out, &facts.prefix, output)
}

fn signatory(arguments: &BuildArguments) -> Outcome<Signatory> {
    match (arguments.threshold, arguments.sender_key.as_slice()) {
        (None, [key]) => Ok(Signatory::Ed25519 { key: *key }),
        (None, keys) => {
            let error = anyhow!("{} --sender-key need a --threshold", keys.len());
            Err(Failure { exit: Exit::Usage, error })
        }
        (Some(threshold), keys) => Signatory::multi(threshold, keys.to_vec())
            .map_err(anyhow::Error::from)
            .or_exit(Exit::Usage),
    }
}

pub(super) fn sign(arguments: &SignArguments, output: Output) -> Outcome {
    let mut file = read(&arguments.file)?;
    let key = arguments.keystore.open(&arguments.key)?;
    file.sign(&key).or_class()?;
    let out = arguments.out.as_ref().unwrap_or(&arguments.file);
    keep(out, &file)?;
    show(out, &arguments.prefix, output)
}

pub(super) fn combine(arguments: &CombineArguments, output: Output) -> Outcome {
    let mut files = arguments.files.iter();
    let first =
        files.next().ok_or_else(|| anyhow!("give two files or more")).or_exit(Exit::Usage)?;
    let mut all = read(first)?;
    for path in files {
        all.combine(&read(path)?)
            .with_context(|| format!("{} and {}", first.display(), path.display()))
            .or_exit(Exit::Usage)?;
    }
    keep(&arguments.out, &all)?;
    let count = all.signatures.len();
    output
        .print(&serde_json::json!({"file": arguments.out, "signatures": count}), render::lines)?;
    Ok(())
}

fn read(path: &Path) -> Outcome<TxFile> {
    let bytes = files::read(path, files::MAX_DOCUMENT_BYTES).or_exit(Exit::Usage)?;
    serde_json::from_slice(&bytes)
        .with_context(|| format!("transaction file {}", path.display()))
        .or_exit(Exit::Usage)
}

fn keep(path: &Path, file: &TxFile) -> Outcome {
    let mut bytes = serde_json::to_vec_pretty(file)?;
    bytes.push(b'\n');
    files::write(path, &bytes)?;
    Ok(())
}

fn show(path: &Path, prefix: &str, output: Output) -> Outcome {
    let shown = decode(&path.to_string_lossy(), prefix)?;
    output.print(&shown, |shown| format!("file: {}\n{}", path.display(), render::lines(shown)))?;
    Ok(())
}
