//! `syndic genesis draft`: what all parties agree on before any of them draws a key for it.

use super::check_draft;
use crate::commands::init::parse_preset;
use crate::commands::output::Output;
use crate::commands::tx::parse_role;
use crate::commands::{files, node, render};
use crate::exit::{Exit, Failure, Meaning, Outcome};
use crate::genesis::{salt, wall_ms};
use anyhow::anyhow;
use chainspec::document::DEFAULT_PREFIX;
use chainspec::draw::{FIRST_PROTOCOL, FIRST_SET_VERSION};
use chainspec::{Document, Preset};
use clap::Args;
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::PathBuf;
use types::genesis::Registrars;
use types::{Address, AddressKind, Amount, Genesis, Member, PublicKey, Role, TimestampMs, Version};

/// Arguments of `syndic genesis draft`.
#[derive(Args, Debug)]
pub(super) struct DraftArguments {
    /// CAIP-2 name, such as `syndic:mynet`.
    #[arg(long)]
    name: String,
    /// First parameters: devnet, testnet or mainnet; the file may be edited before it is sent.
    #[arg(long, default_value = "mainnet", value_parser = parse_preset)]
    preset: Preset,
    /// A member, as id=ADDRESS of its account; repeat for more. The id is its name at first.
    #[arg(long = "member", required = true, value_name = "ID=ADDRESS", value_parser = parse_pair)]
    members: Vec<(String, String)>,
    /// A registrar's public key, 64 hex digits; repeat for more.
    #[arg(long = "registrar", required = true, value_name = "HEX", value_parser = parse_key)]
    registrars: Vec<PublicKey>,
    /// How many registrars must attest.
    #[arg(long, default_value_t = 1)]
    threshold: u8,
    /// A first balance, as ADDRESS=amount; repeat for more. Unit: the chain's smallest.
    #[arg(long = "fund", value_name = "ADDRESS=N", value_parser = parse_pair)]
    fund: Vec<(String, String)>,
    /// A first role, as ADDRESS=role; repeat for more.
    #[arg(long = "role", value_name = "ADDRESS=ROLE", value_parser = parse_pair)]
    roles: Vec<(String, String)>,
    /// Where the draft goes.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

#[derive(Serialize)]
struct Drafted {
    draft: String,
    chain_id: String,
    file: PathBuf,
}

fn parse_pair(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("want two parts with `=` between them")?;
    Ok((name.to_owned(), value.to_owned()))
}

fn parse_key(text: &str) -> Result<PublicKey, String> {
    types::hash::parse_hex_32(text).map(PublicKey).ok_or_else(|| "want 64 hex digits".to_owned())
}

/// Reads addresses, and remembers which are no plain accounts.
#[derive(Default)]
struct Accounts(BTreeMap<Address, AddressKind>);

impl Accounts {
    fn read(&mut self, field: &str, text: &str) -> Outcome<Address> {
        let (kind, address) = node::address(field, text, DEFAULT_PREFIX)?;
        match kind {
            AddressKind::Account => {}
            AddressKind::Multisig | AddressKind::Module => {
                self.0.insert(address, kind);
            }
            AddressKind::Contract | AddressKind::Validator => {
                let error = anyhow!("{field} is {text}: a {}, want an account", kind.name());
                return Err(Failure { exit: Exit::Usage, error });
            }
        }
        Ok(address)
    }
}

pub(super) fn execute(arguments: &DraftArguments, output: Output) -> Outcome {
    let mut accounts = Accounts::default();
    let genesis = genesis(arguments, &mut accounts)?;
    let mut document = Document::from_genesis(genesis, DEFAULT_PREFIX);
    document.kinds = accounts.0;
    check_draft(&document, &arguments.out)?;
    files::write(&arguments.out, chainspec::render(&document).as_bytes())?;
    let genesis = &document.genesis;
    let drafted = Drafted {
        draft: chainspec::join::draft_hash(genesis).to_string(),
        chain_id: crypto::id::chain_id(&genesis.name, &genesis.salt).to_string(),
        file: arguments.out.clone(),
    };
    output.print(&drafted, render::lines)?;
    Ok(())
}

fn genesis(arguments: &DraftArguments, accounts: &mut Accounts) -> Outcome<Genesis> {
    let member = |(id, account): &(String, String)| -> Outcome<Member> {
        let account = accounts.read("--member", account)?;
        Ok(Member { id: id.clone(), name: id.clone(), account, network_keys: Vec::new() })
    };
    let members = arguments.members.iter().map(member).collect::<Outcome<Vec<_>>>()?;
    let fund = |(account, amount): &(String, String)| -> Outcome<(Address, Amount)> {
        let amount: u128 = amount
            .parse()
            .map_err(|error| anyhow!("--fund is {amount}: {error}"))
            .or_exit(Exit::Usage)?;
        Ok((accounts.read("--fund", account)?, Amount(amount)))
    };
    let mut balances = arguments.fund.iter().map(fund).collect::<Outcome<Vec<_>>>()?;
    let role = |(account, role): &(String, String)| -> Outcome<(Address, Role)> {
        let role = parse_role(role).map_err(|error| anyhow!("--role: {error}"));
        Ok((accounts.read("--role", account)?, role.or_exit(Exit::Usage)?))
    };
    let mut roles = arguments.roles.iter().map(role).collect::<Outcome<Vec<_>>>()?;
    let mut keys = arguments.registrars.clone();
    balances.sort();
    roles.sort();
    keys.sort();
    Ok(Genesis {
        version: Version,
        name: arguments.name.clone(),
        salt: salt(),
        time_ms: TimestampMs(wall_ms()),
        protocol: FIRST_PROTOCOL,
        params: arguments.preset.params(),
        members,
        registrars: Registrars {
            set_version: FIRST_SET_VERSION,
            threshold: arguments.threshold,
            keys,
        },
        validators: Vec::new(),
        balances,
        roles,
    })
}
