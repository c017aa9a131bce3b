//! `syndic genesis`: a chain that begins among organisations that share no machine.
//!
//! One of them writes the draft; each makes its keys (`syndic validator prepare`), has its sealed
//! identity attested, and answers with one join file; anybody assembles the chain spec, and each
//! checks that its join is in it unchanged and that all see the same genesis hash. Secrets never
//! leave the folder they were drawn in.

mod draft;
mod join;

use super::files;
use super::output::Output;
use super::render;
use super::tx::read_chain;
use crate::exit::{Exit, Failure, Meaning, Outcome};
use crate::home::Home;
use anyhow::anyhow;
use chainspec::join::{self as joining, FileProblem, MAX_JOIN_BYTES};
use chainspec::{Document, Join, Terms};
use clap::{Args, Subcommand};
use serde::Serialize;
use std::path::{Path, PathBuf};
use types::Genesis;

/// Arguments of `syndic genesis`.
#[derive(Args, Debug)]
pub(crate) struct GenesisArguments {
    #[command(subcommand)]
    command: GenesisCommand,
}

#[derive(Debug, Subcommand)]
enum GenesisCommand {
    /// Write what all must agree on first: name, salt, time, parameters, registrars, members.
    Draft(draft::DraftArguments),
    /// Answer a draft: one signed file with this member's entry and its validator.
    Join(join::JoinArguments),
    /// Make the chain spec of a draft and its joins, in any order.
    Assemble(AssembleArguments),
    /// Print the one hash that all compare, and whether your own join is in a spec unchanged.
    Verify(VerifyArguments),
}

#[derive(Args, Debug)]
struct AssembleArguments {
    /// The draft.
    draft: PathBuf,
    /// The joins.
    #[arg(required = true)]
    joins: Vec<PathBuf>,
    /// Where the chain spec goes.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Validators may differ in power and bond; default: a difference is refused.
    #[arg(long)]
    unequal_terms: bool,
}

#[derive(Args, Debug)]
struct VerifyArguments {
    /// The chain spec.
    spec: PathBuf,
    /// Your own join, as you sent it.
    #[arg(long, value_name = "FILE")]
    join: Option<PathBuf>,
    /// Your home, which gets the spec if all of it holds.
    #[arg(long, value_name = "DIR", requires = "join")]
    home: Option<PathBuf>,
}

/// A genesis, as all parties must see it.
#[derive(Serialize)]
struct Beginning {
    genesis_hash: String,
    chain_id: String,
    name: String,
    /// What was agreed before anybody joined.
    draft: String,
    members: usize,
    validators: Vec<Party>,
    /// Balances and bonds together.
    supply: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    own_join: Option<&'static str>,
}

/// A validator, as its join brought it.
#[derive(Serialize)]
struct Party {
    member: String,
    validator: String,
    power: String,
    bond: String,
}

pub(crate) fn execute(arguments: &GenesisArguments, output: Output) -> Outcome {
    match &arguments.command {
        GenesisCommand::Draft(arguments) => draft::execute(arguments, output),
        GenesisCommand::Join(arguments) => join::execute(arguments, output),
        GenesisCommand::Assemble(arguments) => assemble(arguments, output),
        GenesisCommand::Verify(arguments) => verify(arguments, output),
    }
}

fn assemble(arguments: &AssembleArguments, output: Output) -> Outcome {
    let draft = read_chain(&arguments.draft)?;
    let mut joins = Vec::new();
    let mut problems = Vec::new();
    for path in &arguments.joins {
        match read_join(path) {
            Ok(join) => joins.push((path.display().to_string(), join)),
            Err(error) => problems.push(format!("{error:#}")),
        }
    }
    let terms = if arguments.unequal_terms { Terms::AsJoined } else { Terms::Equal };
    let made = chainspec::assemble(&draft, &joins, terms);
    problems.extend(made.as_ref().err().into_iter().flatten().map(ToString::to_string));
    refuse("assemble", &problems)?;
    let document =
        made.map_err(|problems| anyhow!("{}", listed(&problems))).or_exit(Exit::Config)?;
    files::write(&arguments.out, chainspec::render(&document).as_bytes())?;
    output.print(&beginning(&document.genesis)?, render::lines)?;
    Ok(())
}

fn verify(arguments: &VerifyArguments, output: Output) -> Outcome {
    let spec = read_chain(&arguments.spec)?;
    let mut shown = beginning(&spec.genesis)?;
    let found = match &arguments.join {
        None => chainspec::validate_document(&spec),
        Some(path) => joining::verify(&spec, &read_join(path).or_exit(Exit::Config)?),
    };
    if arguments.join.is_some() && found.is_empty() {
        shown.own_join = Some("in it unchanged, and what the draft said");
    }
    let file = arguments.spec.display();
    refuse("verify", &found.iter().map(|one| format!("{file}: {one}")).collect::<Vec<_>>())?;
    if let Some(home) = &arguments.home {
        files::write(&Home::new(home).chain(), chainspec::render(&spec).as_bytes())?;
    }
    output.print(&shown, render::lines)?;
    Ok(())
}

fn beginning(genesis: &Genesis) -> Outcome<Beginning> {
    let header = crypto::id::genesis_header(genesis).or_exit(Exit::Config)?;
    let amounts = genesis.balances.iter().map(|(_, amount)| *amount);
    let mut amounts = amounts.chain(genesis.validators.iter().map(|validator| validator.bond));
    let supply = amounts.try_fold(types::Amount::ZERO, |sum, amount| sum.checked_add(amount));
    let party = |validator: &types::GenesisValidator| Party {
        member: validator.member.clone(),
        validator: crypto::id::validator_id(&validator.consensus_key).to_string(),
        power: validator.power.to_string(),
        bond: validator.bond.to_string(),
    };
    Ok(Beginning {
        genesis_hash: crypto::id::block_id(&header).to_string(),
        chain_id: header.chain_id.to_string(),
        name: genesis.name.clone(),
        draft: joining::draft_hash(genesis).to_string(),
        members: genesis.members.len(),
        validators: genesis.validators.iter().map(party).collect(),
        supply: supply.map_or_else(|| "more than 2^128 - 1".to_owned(), |sum| sum.to_string()),
        own_join: None,
    })
}

/// Read a join file.
///
/// # Errors
/// If it is missing, too large or no join file; the error names file, line and field.
fn read_join(path: &Path) -> anyhow::Result<Join> {
    let bytes = files::read(path, MAX_JOIN_BYTES as u64)?;
    let name = path.display();
    let text = String::from_utf8(bytes).map_err(|error| anyhow!("{name}: {error}"))?;
    Join::parse(&text).map_err(|error| anyhow!("{name}: {error}"))
}

/// Leave with all problems, if there are any.
fn refuse(what: &str, problems: &[String]) -> Outcome {
    if problems.is_empty() {
        return Ok(());
    }
    let (count, list) = (problems.len(), problems.join("\n  "));
    let error = anyhow!("{what}: {count} problems\n  {list}");
    Err(Failure { exit: Exit::Config, error })
}

fn listed(problems: &[FileProblem]) -> String {
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

/// Whether a draft is one that parties can join.
fn check_draft(draft: &Document, name: &Path) -> Outcome {
    let found = joining::draft_problems(draft);
    let name = name.display();
    refuse("draft", &found.iter().map(|one| format!("{name}: {one}")).collect::<Vec<_>>())
}
