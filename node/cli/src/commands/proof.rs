//! `syndic proof` and `syndic cert`: fetch what stands alone, and check it with no node.

use super::files;
use super::node::{self, ClientMeaning, NodeArguments};
use super::output::Output;
use super::render;
use super::tx::{parse_hash, read_chain};
use crate::exit::{Exit, Failure, Meaning, Outcome};
use anyhow::{Context, anyhow};
use clap::{Args, Subcommand};
use client::client::Client;
use client::dto::text::decimal;
use client::dto::{Base64, ReceiptProof, SetStep, StateProof};
use client::verify::{MAX_CERTIFICATE_BYTES, Trust, VerifyError};
use serde::{Deserialize, Serialize};
use state::key::Space;
use std::path::{Path, PathBuf};
use types::{AccountRecord, CommitCertificate, Height, TxHash};

/// The version of certificate files.
const CERTIFICATE_FILE_VERSION: u32 = 1;

/// Arguments of `syndic proof`.
#[derive(Args, Debug)]
pub(crate) struct ProofArguments {
    #[command(subcommand)]
    command: ProofCommand,
}

#[derive(Debug, Subcommand)]
enum ProofCommand {
    /// Fetch a proof of a value or receipt, check it, and write it to a file that stands alone.
    Get {
        /// Raw key of state in hex: space, contract, key.
        #[arg(required_unless_present_any = ["account", "tx"])]
        key: Option<String>,
        /// Prove this account's balance.
        #[arg(long, value_name = "ADDRESS", conflicts_with = "key")]
        account: Option<String>,
        /// Prove this transaction's receipt.
        #[arg(long, value_name = "HASH", conflicts_with_all = ["key", "account"], value_parser = parse_hash)]
        tx: Option<TxHash>,
        /// Chain spec that is trusted; default: the genesis that the node tells, which proves
        /// nothing until it is checked against a chain spec.
        #[arg(long, value_name = "FILE")]
        chain: Option<PathBuf>,
        /// Where the proof goes.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        #[command(flatten)]
        node: NodeArguments,
    },
    /// Check a proof and say what it proves; no node is asked.
    Verify {
        /// The proof.
        file: PathBuf,
        /// Chain spec that is trusted.
        #[arg(long, value_name = "FILE")]
        chain: PathBuf,
    },
}

/// Arguments of `syndic cert`.
#[derive(Args, Debug)]
pub(crate) struct CertArguments {
    #[command(subcommand)]
    command: CertCommand,
}

#[derive(Debug, Subcommand)]
enum CertCommand {
    /// Fetch a certificate and write it to a file that stands alone.
    Get {
        /// Its height; default: the newest final one.
        #[arg(long)]
        height: Option<u64>,
        /// The commit certificate instead of the finality certificate.
        #[arg(long)]
        commit: bool,
        /// Where it goes.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        #[command(flatten)]
        node: NodeArguments,
    },
    /// Check a certificate, every signature and share of it; no node is asked.
    Verify {
        /// The certificate.
        file: PathBuf,
        /// Chain spec that is trusted.
        #[arg(long, value_name = "FILE")]
        chain: PathBuf,
    },
}

/// A certificate that stands alone.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CertificateFile {
    version: u32,
    pub(crate) kind: Kind,
    #[serde(with = "decimal")]
    height: Height,
    /// The certificate in borsh.
    pub(crate) certificate: Base64,
    /// The changes of the validator set since genesis, ascending.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) steps: Vec<SetStep>,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    Finality,
    Commit,
}

/// What was proven.
#[derive(Debug, Serialize)]
#[serde(tag = "proven", rename_all = "snake_case")]
enum Proven {
    Value {
        height: String,
        block_id: String,
        key: String,
        space: String,
        present: bool,
        #[serde(skip_serializing_if = "Option::is_none")]
        account: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        balance: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        value: Option<String>,
    },
    Receipt {
        height: String,
        block_id: String,
        index: u32,
        tx_hash: Option<String>,
        code: String,
        gas_used: String,
        fee: String,
    },
    Certificate {
        kind: Kind,
        height: String,
        block_id: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        round: Option<u32>,
        #[serde(skip_serializing_if = "Option::is_none")]
        state_root: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        receipts_root: Option<String>,
        signatures: usize,
        validators: usize,
    },
}

/// Read a raw key of state.
pub(crate) fn parse_state_key(text: &str) -> Outcome<Vec<u8>> {
    let wrong = |why: String| Failure { exit: Exit::Usage, error: anyhow!("KEY is {text}: {why}") };
    let key = hex::decode(text).map_err(|error| wrong(error.to_string()))?;
    if state::key::parse(&key).is_none() {
        let limit = "want 33 to 289 bytes in hex: space, contract (32 bytes), key";
        return Err(wrong(limit.to_owned()));
    }
    Ok(key)
}

pub(crate) fn execute(arguments: &ProofArguments, output: Output) -> Outcome {
    match &arguments.command {
        ProofCommand::Get { key, account, tx, chain, out, node } => {
            let client = node.client()?;
            let trust = trust_of(&client, chain.as_deref())?;
            let (bytes, proven) = match (key, account, tx) {
                (_, _, Some(hash)) => {
                    let (_, proof) = client.prove_transaction(*hash, &trust).or_class()?;
                    let proven = receipt(&trust, &proof)?;
                    (serde_json::to_vec_pretty(&proof)?, proven)
                }
                (Some(key), _, _) => prove(&client, &trust, &parse_state_key(key)?)?,
                (None, Some(account), None) => {
                    let prefix = client.status().or_class()?.chain.prefix;
                    let address = node::address("--account", account, &prefix)?.1;
                    prove(&client, &trust, &state::key::account(&address))?
                }
                (None, None, None) => {
                    let error = anyhow!("give KEY, --account or --tx");
                    return Err(Failure { exit: Exit::Usage, error });
                }
            };
            files::write(out, &bytes)?;
            show(&proven, output)
        }
        ProofCommand::Verify { file, chain } => {
            let trust = trust_in(chain)?;
            let bytes = files::read(file, files::MAX_DOCUMENT_BYTES).or_exit(Exit::Usage)?;
            let proven = verify(&trust, &bytes)
                .with_context(|| format!("proof {}", file.display()))
                .or_exit(Exit::Rejected)?;
            show(&proven, output)
        }
    }
}

pub(crate) fn execute_certificate(arguments: &CertArguments, output: Output) -> Outcome {
    match &arguments.command {
        CertCommand::Get { height, commit, out, node } => {
            let client = node.client()?;
            let kind = if *commit { Kind::Commit } else { Kind::Finality };
            let height = height.map(Height);
            let held = match kind {
                Kind::Commit => client.commit(height),
                Kind::Finality => client.finality(height),
            };
            let held = held.or_class()?;
            let trust = trust_of(&client, None)?;
            let file = CertificateFile {
                version: CERTIFICATE_FILE_VERSION,
                kind,
                height: held.height,
                certificate: held.encoded,
                steps: client.set_steps(held.height, &trust).or_class()?,
            };
            let proven = verify_certificate(trust, &file).or_class()?;
            files::write(out, &serde_json::to_vec_pretty(&file)?)?;
            show(&proven, output)
        }
        CertCommand::Verify { file, chain } => {
            let trust = trust_in(chain)?;
            let bytes = files::read(file, files::MAX_DOCUMENT_BYTES).or_exit(Exit::Usage)?;
            let proven = read_certificate(&bytes)
                .and_then(|certificate| Ok(verify_certificate(trust, &certificate)?))
                .with_context(|| format!("certificate {}", file.display()))
                .or_exit(Exit::Rejected)?;
            show(&proven, output)
        }
    }
}

fn show(proven: &Proven, output: Output) -> Outcome {
    output.print(proven, render::lines)?;
    Ok(())
}

/// Trust in the genesis of a chain spec.
pub(crate) fn trust_in(chain: &Path) -> Outcome<Trust> {
    let genesis = read_chain(chain)?.to_genesis();
    Trust::from_genesis(&genesis, None)
        .with_context(|| format!("chain spec {}", chain.display()))
        .or_exit(Exit::Config)
}

/// Trust in a chain spec, or in what the node says its genesis is.
pub(crate) fn trust_of(client: &Client, chain: Option<&Path>) -> Outcome<Trust> {
    match chain {
        Some(chain) => trust_in(chain),
        None => Trust::from_genesis(&client.genesis().or_class()?, None).or_class(),
    }
}

fn prove(client: &Client, trust: &Trust, key: &[u8]) -> Outcome<(Vec<u8>, Proven)> {
    let (_, proof) = client.prove_state(key, None, trust).or_class()?;
    let proven = value(trust, &proof).or_class()?;
    Ok((serde_json::to_vec_pretty(&proof)?, proven))
}

/// Check a proof of either kind: a receipt's has a field `receipt`.
fn verify(trust: &Trust, bytes: &[u8]) -> anyhow::Result<Proven> {
    let document: serde_json::Value = serde_json::from_slice(bytes).context("it is no JSON")?;
    if document.get("receipt").is_some() {
        let proof: ReceiptProof = serde_json::from_slice(bytes).context("it is no proof")?;
        return Ok(receipt(trust, &proof)?);
    }
    let proof: StateProof = serde_json::from_slice(bytes).context("it is no proof")?;
    Ok(value(trust, &proof)?)
}

fn value(trust: &Trust, proof: &StateProof) -> Result<Proven, VerifyError> {
    let found = trust.verify_state(proof)?;
    let parsed = state::key::parse(&found.key);
    let space = parsed.map_or_else(|| "none".to_owned(), |(space, ..)| format!("{space:?}"));
    let is_account = matches!(parsed, Some((Space::Account, ..)));
    let balance = match &found.value {
        Some(bytes) if is_account => {
            let limit = types::record::MAX_RECORD_BYTES;
            let record: AccountRecord = types::decode("account", bytes, limit)?;
            Some(record.balance.to_string())
        }
        None if is_account => Some("0".to_owned()),
        _ => None,
    };
    let account = parsed.filter(|_| is_account).map(|(_, _, key)| hex::encode(key));
    Ok(Proven::Value {
        height: found.height.to_string(),
        block_id: found.block_id.to_string(),
        key: hex::encode(&found.key),
        space,
        present: found.value.is_some(),
        account,
        balance,
        value: found.value.map(hex::encode),
    })
}

fn receipt(trust: &Trust, proof: &ReceiptProof) -> Result<Proven, VerifyError> {
    let found = trust.verify_receipt(proof)?;
    Ok(Proven::Receipt {
        height: found.height.to_string(),
        block_id: found.block_id.to_string(),
        index: found.index,
        tx_hash: found.receipt.tx_hash.map(|hash| hash.to_string()),
        code: found.receipt.code.name().to_owned(),
        gas_used: found.receipt.gas_used.to_string(),
        fee: found.receipt.fee.to_string(),
    })
}

pub(crate) fn read_certificate(bytes: &[u8]) -> anyhow::Result<CertificateFile> {
    let file: CertificateFile =
        serde_json::from_slice(bytes).context("it is no certificate file")?;
    if file.version != CERTIFICATE_FILE_VERSION {
        let found = file.version;
        anyhow::bail!("version is {found}, this program knows {CERTIFICATE_FILE_VERSION}");
    }
    Ok(file)
}

fn verify_certificate(mut trust: Trust, file: &CertificateFile) -> Result<Proven, VerifyError> {
    if file.steps.len() > client::verify::MAX_STEPS {
        return Err(VerifyError::TooManySteps { count: file.steps.len() });
    }
    file.steps.iter().try_for_each(|step| trust.advance(step))?;
    let (kind, bytes, height) = (file.kind, &file.certificate.0, file.height);
    let validators = trust.set().len();
    if kind == Kind::Finality {
        let found = trust.finality(bytes, height)?;
        return Ok(Proven::Certificate {
            kind,
            height: found.height.to_string(),
            block_id: found.block_id.to_string(),
            round: None,
            state_root: Some(found.state_root.to_string()),
            receipts_root: Some(found.receipts_root.to_string()),
            signatures: found.seals.len(),
            validators,
        });
    }
    let found: CommitCertificate =
        types::decode("commit certificate", bytes, MAX_CERTIFICATE_BYTES)?;
    if found.height != height {
        let what = "commit certificate";
        return Err(VerifyError::OtherHeight { what, found: found.height, expected: height });
    }
    if height < trust.height() {
        return Err(VerifyError::BeforeTrust { height, trusted: trust.height() });
    }
    crypto::certificate::verify_commit(&found, &trust.chain_id(), trust.set(), &|_| false)
        .map_err(|source| VerifyError::Certificate { height, source })?;
    Ok(Proven::Certificate {
        kind,
        height: found.height.to_string(),
        block_id: found.block_id.to_string(),
        round: Some(found.round.0),
        state_root: None,
        receipts_root: None,
        signatures: found.precommits.len(),
        validators,
    })
}
