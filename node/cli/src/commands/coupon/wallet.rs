//! The wallet: take coupons, show them, sign for them, read orders, spend what they earned.

use super::fetch::{self, BoxArguments};
use super::merchant::{data_string, hash_of, parse_id};
use super::order::{Order, Place, Reader};
use super::passed::{self, ConsumerText, Passed, RequestText};
use super::session::{ContractArguments, KeyArguments, Session};
use crate::commands::node::{ClientMeaning, address};
use crate::commands::output::Output;
use crate::commands::render;
use crate::commands::tx::parse_hash;
use crate::exit::{Exit, Meaning, Outcome};
use anyhow::{Context, anyhow};
use clap::{Args, Subcommand};
use client::dto::CallView;
use coupon::{Progress, RedeemRequest, Serial, Terms};
use crypto::envelope::ReaderSecret;
use crypto::sign::SecretKey;
use serde::Serialize;
use types::{Address, Amount, Hash, Signature, TxHash};

/// Arguments of `syndic coupon wallet`.
#[derive(Args, Debug)]
pub(crate) struct WalletArguments {
    #[command(subcommand)]
    command: WalletCommand,
}

#[derive(Debug, Subcommand)]
enum WalletCommand {
    /// Print who you are, for a till: your key, and where your copy of an order is addressed to.
    Id {
        #[command(flatten)]
        key: KeyArguments,
    },
    /// Take a coupon: from now on only you can use it.
    Clip {
        /// The coupon's text.
        coupon: String,
        #[command(flatten)]
        key: KeyArguments,
        #[command(flatten)]
        contract: ContractArguments,
    },
    /// Show a coupon: what it is worth, its GS1 data string, and a fetch code for the cashier.
    Show {
        /// The coupon's text.
        coupon: String,
        /// The merchant's GS1 company prefix, for the data string: 6 to 12 digits.
        #[arg(long, value_name = "DIGITS")]
        funder: Option<String>,
        /// Put it into the distributor's box and print the code.
        #[arg(long)]
        code: bool,
        #[command(flatten)]
        place: BoxArguments,
        #[command(flatten)]
        contract: ContractArguments,
    },
    /// Look at what a till asks, and sign it. No node is asked.
    Sign {
        /// The request's text, as the till shows it.
        request: String,
        #[command(flatten)]
        key: KeyArguments,
    },
    /// How much ownership coin you have.
    Own {
        #[command(flatten)]
        key: KeyArguments,
        #[command(flatten)]
        contract: ContractArguments,
    },
    /// Turn ownership coin into money.
    Cash {
        /// How much. Unit: ownership coins, from 1.
        #[arg(long, value_name = "N")]
        amount: u128,
        #[command(flatten)]
        key: KeyArguments,
        #[command(flatten)]
        contract: ContractArguments,
    },
    /// Give ownership coin to somebody.
    Send {
        /// To whom.
        #[arg(long, value_name = "ADDRESS")]
        to: String,
        /// How much. Unit: ownership coins, from 1.
        #[arg(long, value_name = "N")]
        amount: u128,
        #[command(flatten)]
        key: KeyArguments,
        #[command(flatten)]
        contract: ContractArguments,
    },
    /// Read the order behind a redemption, as one of its three readers.
    Read {
        /// The redemption's transaction: 64 hex digits.
        #[arg(value_parser = parse_hash)]
        transaction: TxHash,
        /// As who.
        #[arg(long, value_enum, default_value_t = Reader::Consumer)]
        reader: Reader,
        #[command(flatten)]
        key: KeyArguments,
        #[command(flatten)]
        contract: ContractArguments,
    },
    /// Show a redemption.
    Redemption {
        /// Its identity.
        #[arg(value_parser = parse_id)]
        redemption: Hash,
        #[command(flatten)]
        contract: ContractArguments,
    },
}

#[derive(Serialize)]
struct Text {
    text: String,
}

#[derive(Serialize)]
struct Sent {
    transaction: String,
}

#[derive(Serialize)]
struct Shown {
    state: &'static str,
    face_value: String,
    min_basket: String,
    ends_ms: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    data_string: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fetch_code: Option<String>,
}

/// Run `syndic coupon wallet`.
pub(crate) fn execute(arguments: WalletArguments, output: Output) -> Outcome {
    let print = |text: String| output.print(&Text { text }, |shown| shown.text.clone());
    let sent = |hash: TxHash| output.print(&Sent { transaction: hash.to_string() }, render::lines);
    match arguments.command {
        WalletCommand::Id { key } => print(identity(&key.open()?).to_text())?,
        WalletCommand::Clip { coupon, key, contract } => {
            let coupon = passed::coupon(&coupon).or_exit(Exit::Usage)?;
            let (key, session) = (key.open()?, contract.open()?);
            let clip = (coupon.campaign, hash_of(&coupon.serial));
            sent(session.call(&key, "clip", &clip, Amount(0))?.hash)?;
        }
        WalletCommand::Show { coupon, funder, code, place, contract } => {
            let shown = show(&contract.open()?, &coupon, funder.as_deref())?;
            let fetch_code = if code { Some(fetch::put(&place, &coupon)?) } else { None };
            let fetch_code = fetch_code.map(|code| fetch::in_fours(&code));
            output.print(&Shown { fetch_code, ..shown }, render::lines)?;
        }
        WalletCommand::Sign { request, key } => {
            let request = passed::request(&request).or_exit(Exit::Usage)?;
            let signature = sign(&key.open()?, &request)?;
            print(Passed::Signature(signature).to_text())?;
        }
        WalletCommand::Own { key, contract } => {
            let (holder, session) = (account(&key.open()?), contract.open()?);
            let own: Amount = session.ask("own_balance", &holder)?;
            print(own.to_string())?;
        }
        WalletCommand::Cash { amount, key, contract } => {
            let (key, session) = (key.open()?, contract.open()?);
            sent(session.call(&key, "own_cash", &Amount(amount), Amount(0))?.hash)?;
        }
        WalletCommand::Send { to, amount, key, contract } => {
            let (key, session) = (key.open()?, contract.open()?);
            let to = address("--to", &to, &session.facts().prefix)?.1;
            sent(session.call(&key, "own_transfer", &(to, Amount(amount)), Amount(0))?.hash)?;
        }
        WalletCommand::Read { transaction, reader, key, contract } => {
            let (key, session) = (key.open()?, contract.open()?);
            let order = read(&session, transaction, reader, &ReaderSecret::of_account(&key))?;
            output.print(&order, render::lines)?;
        }
        WalletCommand::Redemption { redemption, contract } => {
            let session = contract.open()?;
            let found: Option<coupon::Redemption> = session.ask("redemption", &redemption)?;
            let found = found.context("no such redemption").or_exit(Exit::Rejected)?;
            print(describe(&session, &found))?;
        }
    }
    Ok(())
}

fn account(key: &SecretKey) -> Address {
    crypto::id::account_address(&key.public())
}

/// Who a key's holder is, for a till.
pub(crate) fn identity(key: &SecretKey) -> Passed {
    let reader = ReaderSecret::of_account(key).public().0;
    Passed::Consumer(ConsumerText { key: key.public(), reader })
}

fn show(session: &Session, coupon: &str, funder: Option<&str>) -> Outcome<Shown> {
    let coupon = passed::coupon(coupon).or_exit(Exit::Usage)?;
    let campaign: Option<(Terms, Progress)> = session.ask("campaign", &coupon.campaign)?;
    let (terms, _) = campaign.context("no such campaign").or_exit(Exit::Rejected)?;
    let place = (coupon.campaign, hash_of(&coupon.serial));
    let state: Option<Serial> = session.ask("serial", &place)?;
    let data = funder.map(|funder| data_string(funder, &terms, &coupon.serial));
    Ok(Shown {
        state: match state {
            None => "unknown",
            Some(Serial::Deposited) => "free",
            Some(Serial::Clipped { .. } | Serial::RolledBack { .. }) => "taken",
            Some(Serial::Redeemed { .. }) => "used",
            Some(Serial::Void) => "withdrawn",
        },
        face_value: terms.face_value.to_string(),
        min_basket: terms.min_basket.to_string(),
        ends_ms: terms.end_ms.to_string(),
        data_string: data.transpose().or_exit(Exit::Usage)?,
        fetch_code: None,
    })
}

/// Sign a request as its consumer, once what it says was told.
pub(crate) fn sign(key: &SecretKey, text: &RequestText) -> Outcome<Signature> {
    let request = &text.request;
    if request.consumer_key != key.public() {
        let error = anyhow!("the request is for another consumer's key");
        return Err(error).or_exit(Exit::Key);
    }
    eprintln!(
        "{} off a basket of {}, for coupon of campaign {}",
        request.discount, request.basket_total, request.campaign
    );
    let place =
        Place { chain_id: text.chain_id, contract: text.contract, campaign: request.campaign };
    let secret = ReaderSecret::of_account(key);
    // Whoever signs for an order must be able to read it.
    let order = Order::open(request, &place, Reader::Consumer, &secret).or_exit(Exit::Rejected)?;
    if order.basket.total() != request.basket_total.0 {
        let (found, said) = (order.basket.total(), request.basket_total);
        let error = anyhow!("the order comes to {found}, the request says {said}: not signed");
        return Err(error).or_exit(Exit::Rejected);
    }
    Ok(key.sign(message(text).as_bytes()))
}

/// What merchant and consumer sign.
pub(crate) fn message(text: &RequestText) -> Hash {
    let body = types::encode(&text.request);
    let expiry = text.request.expiry_ms;
    crypto::id::message_hash(&text.chain_id, &text.contract, "redeem", &body, expiry)
}

/// Read the order of a redemption's transaction.
pub(crate) fn read(
    session: &Session,
    transaction: TxHash,
    reader: Reader,
    secret: &ReaderSecret,
) -> Outcome<Order> {
    let request = request_of(session, transaction)?;
    let place = Place {
        chain_id: session.facts().chain_id,
        contract: session.contract(),
        campaign: request.campaign,
    };
    Order::open(&request, &place, reader, secret).or_exit(Exit::Key)
}

/// The request that a transaction carried.
fn request_of(session: &Session, transaction: TxHash) -> Outcome<RedeemRequest> {
    let found = session.client().transaction(transaction, false).or_class()?;
    let own = session.name();
    let request = found.tx.calls.iter().find_map(|call| match call {
        CallView::Call { contract, method, input, .. }
            if *contract == own && method == "redeem" =>
        {
            let read: Result<(RedeemRequest, Signature, Signature), _> =
                borsh::from_slice(&input.0);
            read.ok().map(|(request, _, _)| request)
        }
        _ => None,
    });
    request.context("the transaction is no redemption of this contract").or_exit(Exit::Usage)
}

fn describe(session: &Session, redemption: &coupon::Redemption) -> String {
    let state = if redemption.rolled_back { "rolled back" } else { "stands" };
    let mut text = format!(
        "{state}: {} off, by {} at {}\n",
        redemption.discount,
        session.text(&redemption.consumer),
        session.text(&redemption.merchant)
    );
    for reward in &redemption.rewards {
        text += &format!("{} to {}\n", reward.amount, session.text(&reward.party));
    }
    text
}
