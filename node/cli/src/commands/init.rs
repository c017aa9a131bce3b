//! `syndic init`: a chain's keys, sealed identities and spec, a home for each validator.

use super::output::Output;
use crate::exit::{Exit, Failure, Meaning, Outcome};
use crate::genesis::{self, Plan, PlannedAccount, PlannedNode};
use crate::home::Home;
use crate::keystore::Cost;
use anyhow::anyhow;
use chainspec::Preset;
use clap::{Args, Subcommand};
use serde::Serialize;
use std::net::SocketAddr;
use std::path::PathBuf;

/// Arguments of `syndic init`.
#[derive(Args, Debug)]
pub(crate) struct InitArguments {
    #[command(subcommand)]
    command: InitCommand,
}

#[derive(Debug, Subcommand)]
enum InitCommand {
    /// Make a new chain with its validators' homes, all on this machine.
    Chain(ChainArguments),
    /// Read a chain spec and say everything that is wrong with it.
    Validate {
        /// The chain spec.
        file: PathBuf,
    },
}

#[derive(Args, Debug)]
struct ChainArguments {
    /// CAIP-2 name, such as `syndic:mynet`.
    #[arg(long)]
    name: String,
    /// Where the homes go: node0, node1 and so on; made if missing.
    #[arg(long)]
    dir: PathBuf,
    /// First parameters: devnet, testnet or mainnet.
    #[arg(long, default_value = "devnet", value_parser = parse_preset)]
    preset: Preset,
    /// How many validators.
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=100))]
    validators: u16,
    /// Where the others reach node i, with `{i}` for its number; of a name, it listens on every
    /// address.
    #[arg(long, default_value = "/dns4/node{i}/tcp/7101")]
    p2p: String,
    /// Funded accounts, as name=amount; repeat for more.
    #[arg(long = "fund", value_parser = parse_fund)]
    fund: Vec<(String, u128)>,
}

#[derive(Serialize)]
struct Made {
    name: String,
    chain_id: String,
    genesis_hash: String,
    homes: Vec<PathBuf>,
    accounts: PathBuf,
}

pub(super) fn parse_preset(text: &str) -> Result<Preset, String> {
    let names: Vec<&str> = Preset::ALL.iter().map(|preset| preset.name()).collect();
    Preset::from_name(text).ok_or_else(|| format!("`{text}` is none of {}", names.join(", ")))
}

fn parse_fund(text: &str) -> Result<(String, u128), String> {
    let (name, amount) = text.split_once('=').ok_or("want name=amount")?;
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if name.is_empty() || name.len() > 32 || !name.chars().all(fits) {
        return Err("a name is 1 to 32 lower-case letters, digits and `-`".to_owned());
    }
    let amount = amount.parse().map_err(|error| format!("amount `{amount}`: {error}"))?;
    Ok((name.to_owned(), amount))
}

pub(crate) fn execute(arguments: &InitArguments, output: Output) -> Outcome {
    match &arguments.command {
        InitCommand::Chain(arguments) => make(arguments, output),
        InitCommand::Validate { file } => validate(file, output),
    }
}

fn make(arguments: &ChainArguments, output: Output) -> Outcome {
    let listen = SocketAddr::from(([127, 0, 0, 1], 7100));
    let admin = SocketAddr::from(([127, 0, 0, 1], 7102));
    let nodes: Vec<PlannedNode> = (0..arguments.validators)
        .map(|i| PlannedNode {
            home: Home::new(&arguments.dir.join(format!("node{i}"))),
            moniker: format!("node{i}"),
            rpc: listen,
            admin,
            p2p: arguments.p2p.replace("{i}", &i.to_string()),
        })
        .collect();
    let homes = nodes.iter().map(|node| node.home.root().to_owned()).collect();
    let accounts = arguments.dir.join("accounts");
    let plan = Plan {
        name: arguments.name.clone(),
        preset: arguments.preset,
        nodes,
        accounts: arguments
            .fund
            .iter()
            .map(|(name, balance)| PlannedAccount { name: name.clone(), balance: *balance })
            .collect(),
        accounts_dir: accounts.clone(),
        cost: if arguments.preset == Preset::Devnet { Cost::Devnet } else { Cost::Full },
    };
    let document = genesis::make(&plan).or_exit(Exit::Config)?;
    let header = crypto::id::genesis_header(&document.genesis).or_exit(Exit::Config)?;
    let made = Made {
        name: arguments.name.clone(),
        chain_id: header.chain_id.to_string(),
        genesis_hash: crypto::id::block_id(&header).to_string(),
        homes,
        accounts,
    };
    output.print(&made, |made| {
        let homes: Vec<String> =
            made.homes.iter().map(|home| format!("  {}", home.display())).collect();
        format!(
            "chain      {}\nchain id   {}\ngenesis    {}\naccounts   {}\nhomes\n{}\n\
             Start each with: syndic run --home <home>",
            made.name,
            made.chain_id,
            made.genesis_hash,
            made.accounts.display(),
            homes.join("\n")
        )
    })?;
    Ok(())
}

#[derive(Serialize)]
struct Verdict {
    valid: bool,
    problems: Vec<String>,
}

fn validate(file: &std::path::Path, output: Output) -> Outcome {
    let text = std::fs::read_to_string(file)
        .map_err(|error| anyhow!("{}: {error}", file.display()))
        .or_exit(Exit::Config)?;
    let document = chainspec::Document::parse(&text)
        .map_err(|error| anyhow!("{}: {error}", file.display()))
        .or_exit(Exit::Config)?;
    let found = chainspec::validate_document(&document);
    let problems: Vec<String> = found.iter().map(ToString::to_string).collect();
    let verdict = Verdict { valid: problems.is_empty(), problems };
    output.print(&verdict, |verdict| {
        if verdict.valid { "valid".to_owned() } else { verdict.problems.join("\n") }
    })?;
    if verdict.valid {
        return Ok(());
    }
    let count = verdict.problems.len();
    Err(Failure { exit: Exit::Config, error: anyhow!("{}: {count} problems", file.display()) })
}
