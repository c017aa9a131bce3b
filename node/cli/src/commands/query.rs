//! `syndic query`: ask a node.

use super::node::{self, ClientMeaning, NodeArguments};
use super::output::Output;
use super::render;
use crate::exit::{Exit, Failure, Meaning, Outcome};
use anyhow::anyhow;
use clap::{Args, Subcommand};
use client::client::Client;
use client::dto::{AddressText, Cursor, EventFilter, Finality, StreamItem};
use client::events::EventStream;
use serde::Serialize;
use std::io::{self, Write};
use std::time::Duration;
use types::{Height, TxHash};

/// How long one wait for an event lasts, before the stream is looked at again.
const EVENT_WAIT: Duration = Duration::from_secs(5);

/// Arguments of `syndic query`.
#[derive(Args, Debug)]
pub(crate) struct QueryArguments {
    #[command(flatten)]
    node: NodeArguments,
    #[command(subcommand)]
    command: QueryCommand,
}

#[derive(Debug, Subcommand)]
enum QueryCommand {
    /// Where the node stands.
    Status,
    /// An account's balance and nonce.
    Account {
        /// Its address.
        address: String,
        /// With a proof; `syndic proof get` makes one that stands alone.
        #[arg(long)]
        prove: bool,
    },
    /// What touched an account, newest first.
    History {
        /// Its address.
        address: String,
        /// Where the page begins, as the page before says in `next`; default: the newest.
        #[arg(long, value_parser = parse_cursor)]
        cursor: Option<Cursor>,
        /// Entries of the page, 1 to 100.
        #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=100))]
        limit: u32,
    },
    /// A block.
    Block {
        /// Its height; default: the newest.
        height: Option<u64>,
    },
    /// A transaction in a block, with its receipt.
    Tx {
        /// Its hash: 64 hex digits.
        #[arg(value_parser = super::tx::parse_hash)]
        hash: TxHash,
        /// With a proof of its receipt.
        #[arg(long)]
        prove: bool,
    },
    /// The validators of a height, or one validator.
    Validators {
        /// The height; default: the next one.
        #[arg(long)]
        height: Option<u64>,
        /// What is registered about this one.
        #[arg(long, value_name = "ADDRESS", conflicts_with = "height")]
        id: Option<String>,
    },
    /// All native money.
    Supply,
    /// The parameters in force: value, unit, limits.
    Params,
    /// The roles of an account.
    Roles {
        /// Its address.
        address: String,
    },
    /// The consortium's members.
    Members,
    /// A value of state.
    State {
        /// The raw key in hex: space, contract, key.
        key: String,
        /// The height after which it is read; default: the newest.
        #[arg(long)]
        height: Option<u64>,
        /// With a proof.
        #[arg(long)]
        prove: bool,
    },
    /// The node's peers.
    Net,
    /// The node's pool.
    Mempool,
    /// What consensus is doing, and whom it waits for.
    Consensus,
    /// Events, one JSON object a line, each exactly once and in order.
    Events(EventArguments),
}

#[derive(Args, Debug)]
struct EventArguments {
    /// Give what comes after this cursor, height:receipt:event; default: from now on if --follow is
    /// given, else from the beginning.
    #[arg(long, value_parser = parse_cursor)]
    from: Option<Cursor>,
    /// Go on for ever; default: stop at what is final now.
    #[arg(long)]
    follow: bool,
    /// Give committed heights too, about one round of seals earlier; default: final ones.
    #[arg(long)]
    committed: bool,
    /// Only those whose name begins so, such as `bank.`.
    #[arg(long)]
    name: Option<String>,
    /// Only native ones that name this account.
    #[arg(long, value_name = "ADDRESS")]
    account: Option<String>,
    /// Only those of this module or contract.
    #[arg(long, value_name = "ADDRESS")]
    source: Option<String>,
    /// Print a line after each height too, whether or not it had events.
    #[arg(long)]
    checkpoints: bool,
}

fn parse_cursor(text: &str) -> Result<Cursor, String> {
    text.parse().map_err(|error: client::dto::event::CursorError| error.to_string())
}

pub(crate) fn execute(arguments: &QueryArguments, output: Output) -> Outcome {
    let client = arguments.node.client()?;
    match &arguments.command {
        QueryCommand::Status => show(&client.status().or_class()?, output),
        QueryCommand::Account { address, prove } => {
            let address = address_of(&client, address)?;
            show(&client.account(&address, *prove).or_class()?, output)
        }
        QueryCommand::History { address, cursor, limit } => {
            let address = address_of(&client, address)?;
            show(&client.account_history(&address, *cursor, *limit).or_class()?, output)
        }
        QueryCommand::Block { height } => {
            show(&client.block(height.map(Height)).or_class()?, output)
        }
        QueryCommand::Tx { hash, prove } => {
            show(&client.transaction(*hash, *prove).or_class()?, output)
        }
        QueryCommand::Validators { id: Some(id), .. } => {
            show(&client.validator(&AddressText(id.clone())).or_class()?, output)
        }
        QueryCommand::Validators { height, id: None } => {
            show(&client.validators(height.map(Height)).or_class()?, output)
        }
        QueryCommand::Supply => show(&client.supply().or_class()?, output),
        QueryCommand::Params => show(&client.params().or_class()?, output),
        QueryCommand::Roles { address } => {
            let address = address_of(&client, address)?;
            show(&client.roles(&address).or_class()?, output)
        }
        QueryCommand::Members => show(&client.members().or_class()?, output),
        QueryCommand::State { key, height, prove } => {
            let key = super::proof::parse_state_key(key)?;
            show(&client.state(key, height.map(Height), *prove).or_class()?, output)
        }
        QueryCommand::Net => show(&client.net_info().or_class()?, output),
        QueryCommand::Mempool => show(&client.mempool_info().or_class()?, output),
        QueryCommand::Consensus => show(&client.consensus().or_class()?, output),
        QueryCommand::Events(events) => follow(&arguments.node, &client, events),
    }
}

fn show<T: Serialize>(value: &T, output: Output) -> Outcome {
    output.print(value, render::lines)?;
    Ok(())
}

/// An address, checked here, so that a typo names the flag and not a node's parameter.
fn address_of(client: &Client, text: &str) -> Outcome<AddressText> {
    let prefix = client.status().or_class()?.chain.prefix;
    node::address("ADDRESS", text, &prefix)?;
    Ok(AddressText(text.to_owned()))
}

/// Print events until there are no more, or for ever.
fn follow(node: &NodeArguments, client: &Client, arguments: &EventArguments) -> Outcome {
    let filter = EventFilter {
        source: arguments.source.clone().map(AddressText),
        name: arguments.name.clone(),
        account: arguments.account.clone().map(AddressText),
    };
    let finality = if arguments.committed { Finality::Committed } else { Finality::Final };
    let end = if arguments.follow {
        None
    } else {
        let status = client.status().or_class()?;
        let newest = if arguments.committed { status.tip } else { status.finalized };
        Some(Cursor::end_of(newest.height))
    };
    let from = match (arguments.from, end) {
        (Some(from), Some(end)) if from >= end => return Ok(()),
        (Some(from), _) => Some(from),
        (None, Some(_)) => Some(Cursor::START),
        (None, None) => None,
    };
    let mut stream = EventStream::new(node.config()?, from, finality, filter).or_class()?;
    let mut quiet = 0;
    loop {
        let Some(item) = stream.next(EVENT_WAIT).or_class()? else {
            quiet += 1;
            // Without --follow everything asked for exists: silence means that nobody serves.
            if end.is_some() && quiet >= 6 {
                let error = anyhow!("no node has served the stream for 30 s");
                return Err(Failure { exit: Exit::Unreachable, error });
            }
            continue;
        };
        quiet = 0;
        let cursor = item.cursor();
        if end.is_some_and(|end| cursor > end) {
            return Ok(());
        }
        let hidden = matches!(item, StreamItem::Checkpoint { .. }) && !arguments.checkpoints;
        if !hidden && !write_line(&item).or_exit(Exit::Failed)? {
            return Ok(());
        }
        if end.is_some_and(|end| cursor >= end) {
            return Ok(());
        }
    }
}

/// Write one line at once; whether anybody still reads.
fn write_line(item: &StreamItem) -> io::Result<bool> {
    let mut stdout = io::stdout().lock();
    let line = serde_json::to_vec(item)?;
    let written = stdout.write_all(&line).and_then(|()| stdout.write_all(b"\n"));
    match written.and_then(|()| stdout.flush()) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(false),
        Err(error) => Err(error),
    }
}
