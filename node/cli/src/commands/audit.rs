//! `syndic audit`: whether the books of contracts add up, on each node by itself.
//!
//! A contract that takes money has a view `audit`: named buckets whose sum is its balance. What the
//! view says is compared with the account in raw state, and both with what events alone tell:
//! native transfers in and out give the balance, the bucket changes in the contract's own events (a
//! field `changes` of bucket, party, amount and direction) give every bucket.

use super::contract::{InterfaceAbi, interface_of};
use super::node::{ClientMeaning, NodeArguments};
use super::output::Output;
use super::render;
use crate::exit::{Exit, Failure, Outcome};
use anyhow::{Context, anyhow};
use clap::{Args, Subcommand};
use client::abi::Codec;
use client::client::{Client, Config};
use client::dto::{AddressText, Contract, Cursor, EventFields, EventFilter, Finality, StreamItem};
use client::events::EventStream;
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};
use types::contract::MAX_RETURN_BYTES;
use types::record::MAX_RECORD_BYTES;
use types::{AccountRecord, Address, Amount, Code, Hash, Height};

/// The export that makes a contract one that can be audited.
const AUDIT: &str = "view:audit";
/// Contracts asked for at a time.
const PAGE: u32 = 100;
/// How long two reads of one contract may fall on different heights before it is an error.
const SETTLE: Duration = Duration::from_secs(30);
/// Longest silence of a node that streams what is final already.
const SILENCE: Duration = Duration::from_secs(30);

/// Arguments of `syndic audit`.
#[derive(Args, Debug)]
pub(crate) struct AuditArguments {
    #[command(subcommand)]
    command: AuditCommand,
}

#[derive(Debug, Subcommand)]
enum AuditCommand {
    /// Audit every contract that has a view `audit`, on each node given.
    All {
        #[command(flatten)]
        node: NodeArguments,
    },
}

/// One contract's books on one node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Books {
    contract: AddressText,
    height: String,
    buckets: BTreeMap<String, String>,
    sum: String,
    balance: String,
    /// What events alone make of the balance.
    balance_by_events: String,
    /// What events alone make of the buckets; absent if the contract's events tell no changes.
    #[serde(skip_serializing_if = "Option::is_none")]
    buckets_by_events: Option<BTreeMap<String, String>>,
    /// What does not agree.
    breaches: Vec<String>,
}

/// All contracts' books on one node.
#[derive(Serialize)]
struct NodeBooks {
    node: String,
    contracts: Vec<Books>,
}

pub(crate) fn execute(arguments: &AuditArguments, output: Output) -> Outcome {
    let AuditCommand::All { node } = &arguments.command;
    let mut nodes = Vec::new();
    for url in node.node.split(',').map(str::trim) {
        let config = node.config_of(url)?;
        let contracts = audit_node(config)?;
        nodes.push(NodeBooks { node: url.to_owned(), contracts });
    }
    output.print(&nodes, render::lines)?;
    let told: Vec<String> = nodes
        .iter()
        .flat_map(|node| node.contracts.iter().map(move |books| (&node.node, books)))
        .flat_map(|(node, books)| {
            let contract = books.contract.0.clone();
            books.breaches.iter().map(move |breach| format!("{node}: {contract}: {breach}"))
        })
        .collect();
    if told.is_empty() {
        return Ok(());
    }
    Err(Failure { exit: Exit::Rejected, error: anyhow!("{}", told.join("; ")) })
}

/// What events tell of one contract, up to the height that its view was asked at.
struct Ledger {
    contract: Contract,
    address: Address,
    interface: InterfaceAbi,
    height: Height,
    buckets: BTreeMap<String, u128>,
    balance: u128,
    /// Sums may fall below zero only if events are wrong.
    by_events: i128,
    changes: Option<BTreeMap<String, i128>>,
}

fn audit_node(config: Config) -> Outcome<Vec<Books>> {
    let client = Client::new(config.clone()).or_class()?;
    let prefix = client.status().or_class()?.chain.prefix;
    let mut interfaces: BTreeMap<Hash, Option<InterfaceAbi>> = BTreeMap::new();
    let mut ledgers = Vec::new();
    for contract in contracts(&client)? {
        let code_hash = contract.code_hash;
        let interface = match interfaces.get(&code_hash) {
            Some(known) => known.clone(),
            None => {
                let code = client.contract_code(code_hash).or_class()?.code.0;
                let found = interface_of(&code, AUDIT)?;
                interfaces.insert(code_hash, found.clone());
                found
            }
        };
        if let Some(interface) = interface {
            ledgers.push(open(&client, &prefix, contract, interface)?);
        }
    }
    read_events(config, &prefix, &mut ledgers)?;
    Ok(ledgers.into_iter().map(close).collect())
}

fn contracts(client: &Client) -> Outcome<Vec<Contract>> {
    let mut all: Vec<Contract> = Vec::new();
    loop {
        let after = all.last().map(|last| last.contract.clone());
        let page = client.contracts(after.as_ref(), PAGE).or_class()?;
        let last = page.len() < PAGE as usize;
        all.extend(page);
        if last {
            return Ok(all);
        }
    }
}

/// Buckets by the view and balance by raw state, both of one height.
fn open(
    client: &Client,
    prefix: &str,
    contract: Contract,
    interface: InterfaceAbi,
) -> Outcome<Ledger> {
    let (_, address) = contract.contract.parse(prefix)?;
    let deadline = Instant::now() + SETTLE;
    loop {
        let answer = client.contract_view(&contract.contract, "audit", &[]).or_class()?;
        if answer.code != Code::Ok.name() {
            let error = anyhow!("{}: audit: {}", contract.contract.0, answer.code);
            return Err(Failure { exit: Exit::Rejected, error });
        }
        let returned = answer.returned.unwrap_or_default().0;
        let listed: Vec<(String, Amount)> = types::decode("audit", &returned, MAX_RETURN_BYTES)
            .with_context(|| format!("{}: want a list of name and amount", contract.contract.0))?;
        let raw = client.state(state::key::account(&address), None, false).or_class()?;
        if raw.height == answer.height {
            let account = raw.value.map(|value| {
                types::decode::<AccountRecord>("account record", &value.0, MAX_RECORD_BYTES)
            });
            let balance = account.transpose()?.map_or(0, |account| account.balance.0);
            let mut buckets = BTreeMap::new();
            for (name, amount) in listed {
                let sum: &mut u128 = buckets.entry(name).or_default();
                *sum = sum.checked_add(amount.0).context("a bucket exceeds 2^128")?;
            }
            let (height, by_events, changes) = (answer.height, 0, None);
            return Ok(Ledger {
                contract,
                address,
                interface,
                height,
                buckets,
                balance,
                by_events,
                changes,
            });
        }
        if Instant::now() > deadline {
            let error = anyhow!("{}: no two reads fall on one height", contract.contract.0);
            return Err(Failure { exit: Exit::Timeout, error });
        }
    }
}

/// Follow all final events up to the highest height that a view was asked at.
fn read_events(config: Config, prefix: &str, ledgers: &mut [Ledger]) -> Outcome {
    let Some(end) = ledgers.iter().map(|ledger| ledger.height).max() else { return Ok(()) };
    let mut by_address: BTreeMap<Address, usize> = BTreeMap::new();
    for (at, ledger) in ledgers.iter().enumerate() {
        by_address.insert(ledger.address, at);
    }
    let filter = EventFilter::default();
    let stream = EventStream::new(config, Some(Cursor::START), Finality::Final, filter);
    let mut stream = stream.or_class()?;
    let mut heard = Instant::now();
    loop {
        let Some(item) = stream.next(Duration::from_secs(1)).or_class()? else {
            if heard.elapsed() > SILENCE {
                let error = anyhow!("height {end} does not become final on this node");
                return Err(Failure { exit: Exit::Timeout, error });
            }
            continue;
        };
        heard = Instant::now();
        let StreamItem::Event { cursor, event, .. } = item else {
            if item.cursor() >= Cursor::end_of(end) {
                return Ok(());
            }
            continue;
        };
        if cursor.height > end {
            return Ok(());
        }
        let find = |text: &AddressText| {
            let (_, address) = text.parse(prefix).ok()?;
            by_address.get(&address).copied()
        };
        if let Some(EventFields::Transfer { from, to, amount }) = &event.fields {
            let amount = i128::try_from(amount.0).context("an amount exceeds 2^127")?;
            for (party, sign) in [(from, -1), (to, 1)] {
                let ledger = find(party).and_then(|at| ledgers.get_mut(at));
                if let Some(ledger) = ledger.filter(|ledger| cursor.height <= ledger.height) {
                    ledger.by_events += sign * amount;
                }
            }
        } else if let Some(ledger) = find(&event.source).and_then(|at| ledgers.get_mut(at))
            && cursor.height <= ledger.height
            && let Some(abi) = &ledger.interface.0
        {
            let codec = Codec { abi, prefix };
            if let Some(Ok(fields)) = codec.event(&event.name, &event.bytes.0) {
                note_changes(&mut ledger.changes, &fields)?;
            }
        }
    }
}

/// Add up the changes that an event tells.
fn note_changes(books: &mut Option<BTreeMap<String, i128>>, fields: &Value) -> Outcome {
    let Some(changes) = fields.get("changes").and_then(Value::as_array) else { return Ok(()) };
    let books = books.get_or_insert_default();
    for change in changes {
        let bucket = change.get("bucket").and_then(Value::as_str);
        let amount = change.get("amount").and_then(Value::as_str);
        let out = change.get("out").and_then(Value::as_bool);
        let (Some(bucket), Some(amount), Some(out)) = (bucket, amount, out) else {
            return Err(anyhow!("changes: want bucket, amount and out, found {change}").into());
        };
        let amount: i128 = amount.parse().context("changes: an amount")?;
        *books.entry(bucket.to_owned()).or_default() += if out { -amount } else { amount };
    }
    Ok(())
}

/// What does not agree.
fn close(ledger: Ledger) -> Books {
    let Ledger { contract, height, buckets, balance, by_events, changes, .. } = ledger;
    let mut breaches = Vec::new();
    let sum = buckets.values().try_fold(0_u128, |sum, amount| sum.checked_add(*amount));
    if sum != Some(balance) {
        let sum = sum.map_or_else(|| "more than 2^128".to_owned(), |sum| sum.to_string());
        breaches.push(format!("the buckets are {sum} together, the balance is {balance}"));
    }
    if i128::try_from(balance) != Ok(by_events) {
        breaches.push(format!("the balance is {balance}, by events it is {by_events}"));
    }
    let names = buckets.keys().chain(changes.iter().flat_map(BTreeMap::keys));
    let names: std::collections::BTreeSet<&String> = names.collect();
    for name in names.into_iter().filter(|_| changes.is_some()) {
        let shown = buckets.get(name).copied().unwrap_or_default();
        let told = changes.as_ref().and_then(|told| told.get(name)).copied().unwrap_or_default();
        if i128::try_from(shown) != Ok(told) {
            breaches.push(format!("bucket {name} is {shown}, by events it is {told}"));
        }
    }
    let text = |(name, amount): (&String, &u128)| (name.clone(), amount.to_string());
    let told = |(name, amount): (&String, &i128)| (name.clone(), amount.to_string());
    Books {
        contract: contract.contract,
        height: height.to_string(),
        sum: sum.unwrap_or(u128::MAX).to_string(),
        buckets: buckets.iter().map(text).collect(),
        balance: balance.to_string(),
        balance_by_events: by_events.to_string(),
        buckets_by_events: changes.as_ref().map(|told_of| told_of.iter().map(told).collect()),
        breaches,
    }
}

#[cfg(test)]
mod tests;
