//! `syndic signer guard`: a guard's state as one file, and what a guard would sign.

use crate::commands::files;
use crate::commands::output::Output;
use crate::commands::render;
use crate::commands::validator::{GuardView, read_guard_file};
use crate::exit::{Exit, Failure, Meaning, Outcome};
use crate::home::Home;
use crate::run::{Chain, GuardFile, machine_id};
use anyhow::{Context, anyhow, bail, ensure};
use clap::{Args, Subcommand, ValueEnum};
use consensus::safety::{Admission, Guard, Standing, machine_of};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use types::{ChainId, Hash, Height, Round, SignedAddress, Step};

/// Largest file that a guard is carried in. Unit: bytes.
const MAX_FILE_BYTES: u64 = 32 * 1024;
/// The version of that file.
const FILE_VERSION: u32 = 1;

/// Arguments of `syndic signer guard`.
#[derive(Args, Debug)]
pub(crate) struct GuardArguments {
    #[command(subcommand)]
    command: GuardCommand,
}

#[derive(Debug, Subcommand)]
enum GuardCommand {
    /// Write the guard of a stopped signer or node to a file. Don't start that one again.
    Export {
        /// The folder that holds the guard.
        #[arg(long, env = "SYNDIC_SIGNER_HOME", value_name = "DIR")]
        home: PathBuf,
        /// The file to write.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// Bring a guard from a file. It signs after the chain has gone on for long enough without its
    /// key, or after `syndic validator arm`.
    Import {
        /// The folder to bring it to: its chain spec says for which chain.
        #[arg(long, env = "SYNDIC_SIGNER_HOME", value_name = "DIR")]
        home: PathBuf,
        /// The file.
        file: PathBuf,
    },
    /// Would this guard sign that? Signs nothing, writes nothing; works while a process runs.
    Check(CheckArguments),
}

#[derive(Args, Debug)]
struct CheckArguments {
    /// The folder that holds the guard.
    #[arg(long, env = "SYNDIC_SIGNER_HOME", value_name = "DIR", required_unless_present = "file")]
    home: Option<PathBuf>,
    /// An exported guard, in place of a folder's.
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// Id of the chain, 64 hex digits; default: the guard's own.
    #[arg(long, value_name = "ID", value_parser = hash)]
    chain: Option<Hash>,
    /// The height.
    #[arg(long, value_name = "H")]
    height: u64,
    /// The round; a seal's is 0.
    #[arg(long, default_value_t = 0, value_name = "R")]
    round: u32,
    /// What would be signed there.
    #[arg(long)]
    step: StepName,
    /// The value, 64 hex digits; default: nil.
    #[arg(long, value_name = "HASH", value_parser = hash)]
    value: Option<Hash>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum StepName {
    Proposal,
    Prevote,
    Precommit,
    Seal,
}

fn hash(text: &str) -> Result<Hash, String> {
    types::hash::parse_hex_32(text).map(Hash).ok_or_else(|| "want 64 hex digits".to_owned())
}

pub(super) fn execute(arguments: &GuardArguments, output: Output) -> Outcome {
    match &arguments.command {
        GuardCommand::Export { home, out } => export(&Home::new(home), out, output),
        GuardCommand::Import { home, file } => import(&Home::new(home), file, output),
        GuardCommand::Check(arguments) => check(arguments, output),
    }
}

/// A guard on its way: `record` is what counts, the rest is for whoever reads it.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct GuardDocument {
    /// Always [`FILE_VERSION`].
    version: u32,
    chain_id: String,
    validator: String,
    votes_height: u64,
    seals_height: u64,
    /// `Guard::export` in hex.
    record: String,
}

impl GuardDocument {
    fn of(guard: &Guard) -> Self {
        Self {
            version: FILE_VERSION,
            chain_id: guard.chain_id().to_string(),
            validator: guard.validator().to_string(),
            votes_height: guard.votes().height().0,
            seals_height: guard.seals().height().0,
            record: hex::encode(guard.export()),
        }
    }

    fn read(path: &Path) -> anyhow::Result<Guard> {
        let bytes = files::read(path, MAX_FILE_BYTES)?;
        Self::parse(&bytes).with_context(|| format!("guard file {}", path.display()))
    }

    fn parse(bytes: &[u8]) -> anyhow::Result<Guard> {
        let document: Self = serde_json::from_slice(bytes).context("no exported guard")?;
        let version = document.version;
        ensure!(version == FILE_VERSION, "version is {version}, this program knows {FILE_VERSION}");
        let record = hex::decode(&document.record).map_err(|error| anyhow!("record: {error}"))?;
        let guard = Guard::import(&record).context("record")?;
        let meant = Self::of(&guard);
        for (field, said, holds) in [
            ("chain_id", &document.chain_id, &meant.chain_id),
            ("validator", &document.validator, &meant.validator),
        ] {
            ensure!(said == holds, "{field} is {said}, the record says {holds}");
        }
        let said = (document.votes_height, document.seals_height);
        let holds = (meant.votes_height, meant.seals_height);
        ensure!(said == holds, "votes and seals are {said:?}, the record says {holds:?}");
        Ok(guard)
    }
}

#[derive(Serialize)]
struct Carried {
    file: PathBuf,
    guard: GuardView,
}

fn export(home: &Home, out: &Path, output: Output) -> Outcome {
    let guard = held(home)?;
    let mut text = serde_json::to_vec_pretty(&GuardDocument::of(&guard))?;
    text.push(b'\n');
    files::write(out, &text).or_exit(Exit::Config)?;
    let carried = Carried { file: out.to_owned(), guard: GuardView::of(&guard) };
    output.print(&carried, render::lines)?;
    Ok(())
}

/// The guard of a home that no process uses: what is carried away must be its last word.
fn held(home: &Home) -> Outcome<Guard> {
    let missing = || anyhow!("{}: no guard here", home.guard().display());
    if !home.guard().join("guard").exists() {
        return Err(missing()).or_exit(Exit::Guard);
    }
    let (_file, guard) = GuardFile::open(&home.guard()).or_exit(Exit::Guard)?;
    guard.ok_or_else(missing).or_exit(Exit::Guard)
}

#[derive(Serialize)]
struct Imported {
    guard: GuardView,
    /// What is to happen before it signs.
    signs: String,
}

fn import(home: &Home, file: &Path, output: Output) -> Outcome {
    let chain = Chain::read(home)?;
    let brought = GuardDocument::read(file).or_exit(Exit::Guard)?;
    let validator = brought.validator();
    brought
        .check_owner(chain.chain_id, chain.genesis_hash, validator)
        .map_err(|error| anyhow!("guard file {}: {error}", file.display()))
        .or_exit(Exit::Guard)?;
    let (lock, old) = GuardFile::open(&home.guard()).or_exit(Exit::Guard)?;
    let joined = match old {
        None => brought,
        Some(old) => join(brought, &old)
            .with_context(|| format!("guard {}", lock.path().display()))
            .or_exit(Exit::Guard)?,
    };
    let mut guard = joined.imported();
    lock.write(&guard.next_slot()).or_exit(Exit::Guard)?;
    let wait = chain.genesis.params.import_wait_heights;
    let signs = format!(
        "once the chain has gone on for {wait} heights without this key, or after `syndic \
         validator arm --i-run-this-key-nowhere-else`"
    );
    output.print(&Imported { guard: GuardView::of(&guard), signs }, render::lines)?;
    Ok(())
}

/// A guard that lies there already is not lowered by what is brought.
fn join(brought: Guard, old: &Guard) -> anyhow::Result<Guard> {
    if old.chain_id() != brought.chain_id() {
        bail!("belongs to chain {}, the file to {}", old.chain_id(), brought.chain_id());
    }
    if old.validator() != brought.validator() {
        bail!("belongs to validator {}, the file to {}", old.validator(), brought.validator());
    }
    Ok(brought.joined(old)?)
}

/// What a guard says to a wish to sign.
#[derive(Debug, Serialize)]
struct Verdict {
    would_sign: bool,
    /// Whether the signature was made before and is only given again.
    again: bool,
    /// Why not.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    guard: GuardView,
}

fn check(arguments: &CheckArguments, output: Output) -> Outcome {
    let guard = match (&arguments.file, &arguments.home) {
        (Some(file), _) => GuardDocument::read(file).or_exit(Exit::Guard)?,
        (None, Some(home)) => {
            let path = Home::new(home).guard().join("guard");
            let guard = read_guard_file(&path).or_exit(Exit::Guard)?;
            guard
                .ok_or_else(|| anyhow!("{}: no guard here", path.display()))
                .or_exit(Exit::Guard)?
        }
        (None, None) => return Err(anyhow!("give --home or --file")).or_exit(Exit::Usage),
    };
    let address = SignedAddress {
        chain_id: arguments.chain.map_or_else(|| guard.chain_id(), |id| ChainId(id.0)),
        height: Height(arguments.height),
        round: Round(arguments.round),
        step: match arguments.step {
            StepName::Proposal => Step::Proposal,
            StepName::Prevote => Step::Prevote,
            StepName::Precommit => Step::Precommit,
            StepName::Seal => Step::Seal,
        },
    };
    let verdict = judge(&guard, &address, arguments.value);
    output.print(&verdict, render::lines)?;
    match verdict.reason {
        None => Ok(()),
        Some(reason) => Err(Failure { exit: Exit::Rejected, error: anyhow!("no: {reason}") }),
    }
}

fn judge(guard: &Guard, address: &SignedAddress, value: types::Value) -> Verdict {
    let (again, refusal) = match guard.admit(address, &value) {
        Ok(Admission::New) => (false, None),
        Ok(Admission::Again(_)) => (true, None),
        Err(refusal) => (false, Some(refusal.to_string())),
    };
    let reason = refusal.or_else(|| unarmed(guard));
    Verdict { would_sign: reason.is_none(), again, reason, guard: GuardView::of(guard) }
}

/// Why a guard signs nothing as it stands, if that can be told without its node.
fn unarmed(guard: &Guard) -> Option<String> {
    match guard.standing() {
        Standing::Imported { since: None } => {
            Some("it was imported, and no node has run with it yet".to_owned())
        }
        Standing::Imported { since: Some(since) } => {
            Some(format!("it was imported, and waits since height {since} for its key to be quiet"))
        }
        Standing::Made { machine } if machine != machine_of(&machine_id()) => {
            Some("it was made on another machine".to_owned())
        }
        Standing::Made { .. } | Standing::Armed { .. } => None,
    }
}

#[cfg(test)]
mod tests;
