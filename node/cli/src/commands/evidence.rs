//! `syndic evidence` and `syndic forensics`: double signs as files that stand alone.

use super::files;
use super::node::{self, ClientMeaning, NodeArguments};
use super::output::Output;
use super::proof::{CertificateFile, Kind, read_certificate, trust_in, trust_of};
use super::render;
use crate::exit::{Exit, Meaning, Outcome};
use anyhow::{Context, anyhow};
use clap::{Args, Subcommand};
use client::client::Client;
use client::dto::{AddressText, EvidenceFile, Identity, Reveal};
use client::forensics::{self, Certificate, Findings};
use client::verify::{MAX_EVIDENCE_BYTES, MAX_STEPS, PROOF_VERSION, VerifiedEvidence, VerifyError};
use client::{Trust, view};
use serde::Serialize;
use std::path::{Path, PathBuf};
use types::Evidence;
use types::punishment::Opening;

/// Arguments of `syndic evidence`.
#[derive(Args, Debug)]
pub(crate) struct EvidenceArguments {
    #[command(subcommand)]
    command: EvidenceCommand,
}

#[derive(Debug, Subcommand)]
enum EvidenceCommand {
    /// Every validator that signed twice, and who it was.
    List {
        #[command(flatten)]
        node: NodeArguments,
    },
    /// How one validator ended: the pair, the identity it opened, the bond.
    Show {
        /// Its address.
        validator: String,
        #[command(flatten)]
        node: NodeArguments,
    },
    /// Write the proof of a double sign to a file that is checked with no node and no network.
    Export {
        /// The validator's address.
        validator: String,
        /// Where it goes.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        #[command(flatten)]
        node: NodeArguments,
    },
    /// Check such a file and say whom it names; no node is asked.
    Verify {
        /// The file.
        file: PathBuf,
        /// Chain spec that is trusted.
        #[arg(long, value_name = "FILE")]
        chain: PathBuf,
    },
    /// Hand such a file to a node, so that a block punishes what it proves.
    Import {
        /// The file.
        file: PathBuf,
        #[command(flatten)]
        node: NodeArguments,
    },
}

/// Arguments of `syndic forensics`.
#[derive(Args, Debug)]
pub(crate) struct ForensicsArguments {
    /// A certificate file, as `syndic cert get` writes it.
    first: PathBuf,
    /// Another one of the same height and kind.
    second: PathBuf,
    /// Chain spec that is trusted.
    #[arg(long, value_name = "FILE")]
    chain: PathBuf,
    /// Write what names each guilty validator into this folder, as evidence in borsh.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

/// What an evidence file proves.
#[derive(Debug, Serialize)]
struct Offence {
    id: String,
    validator: String,
    height: String,
    round: u32,
    step: &'static str,
    value_a: String,
    value_b: String,
    hidden_point: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    identity: Option<Identity>,
    #[serde(skip_serializing_if = "Option::is_none")]
    registrar_fault: Option<&'static str>,
}

/// Whom two certificates name.
#[derive(Debug, Serialize)]
struct Named {
    height: String,
    guilty: Vec<String>,
    guilty_power: String,
    total_power: String,
    meaning: String,
}

pub(crate) fn execute(arguments: &EvidenceArguments, output: Output) -> Outcome {
    match &arguments.command {
        EvidenceCommand::List { node } => {
            output.print(&node.client()?.reveals().or_class()?, render::lines)?;
        }
        EvidenceCommand::Show { validator, node } => {
            let (_, reveal) = reveal(node, validator)?;
            output.print(&reveal, render::lines)?;
        }
        EvidenceCommand::Export { validator, out, node } => {
            let (client, reveal) = reveal(node, validator)?;
            let trust = trust_of(&client, None)?;
            let file = export(&client, &trust, &reveal)?;
            let proven = trust.verify_evidence(&file).or_class()?;
            files::write(out, &serde_json::to_vec_pretty(&file)?)?;
            output.print(&offence(&proven), render::lines)?;
        }
        EvidenceCommand::Verify { file, chain } => {
            let trust = trust_in(chain)?;
            let proven = read(file)
                .and_then(|found| Ok(trust.verify_evidence(&found)?))
                .with_context(|| format!("evidence {}", file.display()))
                .or_exit(Exit::Rejected)?;
            output.print(&offence(&proven), render::lines)?;
        }
        EvidenceCommand::Import { file, node } => {
            let pair = read(file)
                .and_then(|found| pair_of(&found))
                .with_context(|| format!("evidence {}", file.display()))
                .or_exit(Exit::Rejected)?;
            output.print(&node.client()?.submit_evidence(&pair).or_class()?, render::lines)?;
        }
    }
    Ok(())
}

fn reveal(node: &NodeArguments, validator: &str) -> Outcome<(Client, Reveal)> {
    let client = node.client()?;
    let prefix = client.status().or_class()?.chain.prefix;
    node::validator("VALIDATOR", validator, &prefix)?;
    let reveal = client.reveal(&AddressText(validator.to_owned())).or_class()?;
    Ok((client, reveal))
}

fn export(client: &Client, trust: &Trust, reveal: &Reveal) -> Outcome<EvidenceFile> {
    let raw = state::key::hidden_information(&reveal.consensus_key);
    let sealed = client.state(raw, None, false).or_class()?.value;
    let sealed = sealed
        .ok_or_else(|| anyhow!("the node's state has no sealed identity of {}", reveal.validator.0))
        .or_exit(Exit::Rejected)?;
    Ok(EvidenceFile {
        version: PROOF_VERSION,
        chain_id: trust.chain_id(),
        evidence: reveal.evidence.encoded.clone(),
        sealed,
        steps: client.set_steps(reveal.evidence.height, trust).or_class()?,
    })
}

fn read(path: &Path) -> anyhow::Result<EvidenceFile> {
    let bytes = files::read(path, files::MAX_DOCUMENT_BYTES)?;
    serde_json::from_slice(&bytes).context("it is no evidence file")
}

fn pair_of(file: &EvidenceFile) -> anyhow::Result<Evidence> {
    Ok(types::decode("evidence", &file.evidence.0, MAX_EVIDENCE_BYTES)?)
}

fn offence(proven: &VerifiedEvidence) -> Offence {
    let Evidence { address, value_a, value_b, .. } = &proven.evidence;
    let value = |value: &types::Value| value.map_or_else(|| "nil".to_owned(), |v| v.to_string());
    let (identity, registrar_fault) = match &proven.opening {
        Opening::Opened(identity) => (Some(view::identity(identity)), None),
        Opening::RegistrarFault(fault) => (None, Some(fault.name())),
    };
    Offence {
        id: proven.id.to_string(),
        validator: proven.validator.id.to_string(),
        height: address.height.to_string(),
        round: address.round.0,
        step: view::step_name(address.step),
        value_a: value(value_a),
        value_b: value(value_b),
        hidden_point: hex::encode(proven.hidden_point.0),
        identity,
        registrar_fault,
    }
}

pub(crate) fn execute_forensics(arguments: &ForensicsArguments, output: Output) -> Outcome {
    let trust = trust_in(&arguments.chain)?;
    let found = examine(trust, &arguments.first, &arguments.second)
        .context("forensics")
        .or_exit(Exit::Rejected)?;
    if let Some(folder) = &arguments.out {
        for pair in &found.evidence {
            let path = folder.join(format!("{}.evidence", pair.validator));
            files::write(&path, &types::encode(pair))?;
        }
    }
    output.print(&named(&found), render::lines)?;
    Ok(())
}

fn examine(trust: Trust, first: &Path, second: &Path) -> anyhow::Result<Findings> {
    let read = |path: &Path| -> anyhow::Result<CertificateFile> {
        let bytes = files::read(path, files::MAX_DOCUMENT_BYTES)?;
        read_certificate(&bytes).with_context(|| format!("certificate {}", path.display()))
    };
    let (first, second) = (read(first)?, read(second)?);
    let certificate = |file: &CertificateFile| match file.kind {
        Kind::Commit => Certificate::commit(&file.certificate.0),
        Kind::Finality => Certificate::finality(&file.certificate.0),
    };
    let trust = advanced(trust, &first)?;
    Ok(forensics::examine(&trust, &certificate(&first)?, &certificate(&second)?)?)
}

/// Trust in the set of a certificate's height.
fn advanced(mut trust: Trust, file: &CertificateFile) -> Result<Trust, VerifyError> {
    if file.steps.len() > MAX_STEPS {
        return Err(VerifyError::TooManySteps { count: file.steps.len() });
    }
    file.steps.iter().try_for_each(|step| trust.advance(step))?;
    Ok(trust)
}

fn named(found: &Findings) -> Named {
    let meaning = match found.rounds {
        None => "each of these signed both; the evidence of it opens who they are".to_owned(),
        Some((first, second)) => format!(
            "the certificates are of rounds {first} and {second}: an honest validator may stand in \
             both, so nobody is named; compare the finality certificates of this height"
        ),
    };
    Named {
        height: found.height.to_string(),
        guilty: found.evidence.iter().map(|pair| pair.validator.to_string()).collect(),
        guilty_power: found.power.to_string(),
        total_power: found.total.to_string(),
        meaning,
    }
}
