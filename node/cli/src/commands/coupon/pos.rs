//! The till: read a basket, judge the coupon, get the consumer's signature, submit, once.
//!
//! A sale is a file. It holds the request, and the signed transaction before that is sent for the
//! first time: whatever happens to the node or the till, `resume` gives the same bytes again, and
//! the sale is paid once.

use super::basket::{Basket, Products};
use super::fetch::{self, BoxArguments};
use super::merchant::hash_of;
use super::order::{Order, Place, Readers};
use super::passed::{self, ConsumerText, CouponText, Passed, RequestText};
use super::session::{Done, Session, Who};
use super::wallet::message;
use crate::commands::files;
use crate::commands::output::Output;
use crate::commands::render;
use crate::commands::tx::now_ms;
use crate::exit::{Exit, Meaning, Outcome};
use crate::run::fresh;
use anyhow::{Context, anyhow, bail};
use clap::{Args, Subcommand};
use client::dto::Base64;
use coupon::{Product, Progress, RedeemRequest, Serial, Settings, Terms, event};
use crypto::envelope::{ReaderKey, ReaderSecret};
use crypto::sign::SecretKey;
use serde::{Deserialize, Serialize};
use std::io::BufRead;
use std::path::{Path, PathBuf};
use types::{Amount, Hash, Signature, TimestampMs};

/// Largest sale file. Unit: bytes.
const MAX_SALE_BYTES: u64 = 512 * 1024;
/// The version of sale files.
const VERSION: u32 = 1;
/// How long a request may wait for its signature and its block. Unit: ms.
const REQUEST_MS: u64 = 10 * 60 * 1_000;

/// Arguments of `syndic coupon pos`.
#[derive(Args, Debug)]
pub(crate) struct PosArguments {
    #[command(subcommand)]
    command: PosCommand,
}

#[derive(Debug, Subcommand)]
enum PosCommand {
    /// Sell: print what the consumer must sign, read the signature from standard input, submit.
    Sell(Box<SellArguments>),
    /// Go on with a sale that was interrupted; it is paid once.
    Resume {
        /// The sale's file.
        #[arg(long, value_name = "FILE")]
        sale: PathBuf,
        #[command(flatten)]
        who: Who,
    },
}

#[derive(Args, Debug)]
struct SellArguments {
    /// The basket: JSON `{"lines": [{"gtin", "quantity", "price"}]}`, or CSV with these columns.
    #[arg(long, value_name = "FILE")]
    basket: PathBuf,
    /// The coupon's text.
    #[arg(long, value_name = "TEXT", required_unless_present = "fetch")]
    coupon: Option<String>,
    /// The coupon's fetch code, instead.
    #[arg(long, value_name = "DIGITS", conflicts_with = "coupon")]
    fetch: Option<String>,
    /// Who buys: the text of `wallet id`.
    #[arg(long, value_name = "TEXT")]
    consumer: String,
    /// Whose till it is: the merchant's text of `wallet id`; default: the till's key is the
    /// merchant's.
    #[arg(long, value_name = "TEXT")]
    merchant: Option<String>,
    /// The campaign's products, one GTIN a line, if it is for some only.
    #[arg(long, value_name = "FILE")]
    products: Option<PathBuf>,
    /// The receipt's number in your own books.
    #[arg(long, default_value = "", value_name = "TEXT")]
    number: String,
    /// Where the sale is kept until it is paid, and after.
    #[arg(long, value_name = "FILE")]
    sale: PathBuf,
    /// The consumer's signature, if it is here already; default: it is read from standard input.
    #[arg(long, value_name = "TEXT")]
    signature: Option<String>,
    #[command(flatten)]
    place: BoxArguments,
    #[command(flatten)]
    who: Who,
}

/// A sale on its way.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Sale {
    /// Format version, 1.
    version: u32,
    /// What the consumer signs, as text.
    request: String,
    /// The signed transaction, once there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    transaction: Option<Base64>,
    /// The redemption, once it is paid: 64 hex digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    redemption: Option<String>,
}

impl Sale {
    fn read(path: &Path) -> anyhow::Result<Self> {
        let name = || format!("sale {}", path.display());
        let bytes = files::read(path, MAX_SALE_BYTES).with_context(name)?;
        let sale: Self = serde_json::from_slice(&bytes).with_context(name)?;
        if sale.version != VERSION {
            bail!("{}: version {}, this program knows {VERSION}", name(), sale.version);
        }
        Ok(sale)
    }

    fn write(&self, path: &Path) -> anyhow::Result<()> {
        files::write(path, &serde_json::to_vec_pretty(self)?)
    }
}

/// What is printed when a sale is paid.
#[derive(Serialize)]
struct Paid {
    redemption: String,
    discount: String,
    to_pay: String,
}

/// Run `syndic coupon pos`.
pub(crate) fn execute(arguments: PosArguments, output: Output) -> Outcome {
    match arguments.command {
        PosCommand::Sell(sell) => {
            if sell.sale.exists() {
                let path = sell.sale.display();
                let error = anyhow!("--sale {path} exists: resume it, or name another");
                return Err(error).or_exit(Exit::Usage);
            }
            // What is wrong with basket or key is said before any node is asked.
            let basket = Basket::read(&sell.basket).or_exit(Exit::Usage)?;
            let (key, session) = sell.who.open()?;
            let text = prepare(&session, &key, &sell, basket)?;
            let request = Passed::Request(Box::new(text)).to_text();
            let sale = Sale { version: VERSION, request, transaction: None, redemption: None };
            sale.write(&sell.sale)?;
            go_on(&session, &key, sale, &sell.sale, sell.signature.as_deref(), output)
        }
        PosCommand::Resume { sale: path, who } => {
            let sale = Sale::read(&path).or_exit(Exit::Usage)?;
            let (key, session) = who.open()?;
            go_on(&session, &key, sale, &path, None, output)
        }
    }
}

/// From the basket to what the consumer must sign.
fn prepare(
    session: &Session,
    key: &SecretKey,
    sell: &SellArguments,
    basket: Basket,
) -> Outcome<RequestText> {
    let coupon = match (&sell.coupon, &sell.fetch) {
        (Some(text), _) => text.clone(),
        (None, Some(code)) => fetch::get(&sell.place, code)?,
        (None, None) => return Err(anyhow!("give --coupon or --fetch")).or_exit(Exit::Usage),
    };
    let coupon = passed::coupon(&coupon).or_exit(Exit::Usage)?;
    let consumer = passed::consumer(&sell.consumer).or_exit(Exit::Usage)?;
    let merchant = match &sell.merchant {
        Some(text) => passed::consumer(text).or_exit(Exit::Usage)?,
        None => {
            ConsumerText { key: key.public(), reader: ReaderSecret::of_account(key).public().0 }
        }
    };
    let products = match &sell.products {
        Some(file) => Products::read(file).or_exit(Exit::Usage)?,
        None => Products::default(),
    };
    let parts = Parts { coupon, consumer, merchant, products, number: sell.number.clone(), basket };
    make_request(session, key, parts)
}

/// What a sale is made of.
pub(crate) struct Parts {
    pub(crate) coupon: CouponText,
    pub(crate) consumer: ConsumerText,
    pub(crate) merchant: ConsumerText,
    pub(crate) products: Products,
    pub(crate) number: String,
    pub(crate) basket: Basket,
}

/// The request of a sale, once the coupon is seen to be for it.
pub(crate) fn make_request(
    session: &Session,
    key: &SecretKey,
    parts: Parts,
) -> Outcome<RequestText> {
    let Parts { coupon, consumer, merchant, products, number, basket } = parts;
    if coupon.contract != session.contract() {
        return Err(anyhow!("the coupon is of another contract")).or_exit(Exit::Usage);
    }
    let campaign: Option<(Terms, Progress)> = session.ask("campaign", &coupon.campaign)?;
    let (terms, _) =
        campaign.context("the coupon's campaign is unknown").or_exit(Exit::Rejected)?;
    let serial: Option<Serial> =
        session.ask("serial", &(coupon.campaign, hash_of(&coupon.serial)))?;
    let product = judge(&terms, serial, &products, &basket).or_exit(Exit::Rejected)?;
    let settings: Option<Settings> = session.ask("settings", &())?;
    let auditor = settings.context("the contract has no settings").or_exit(Exit::Rejected)?;
    let place = Place {
        chain_id: session.facts().chain_id,
        contract: session.contract(),
        campaign: coupon.campaign,
    };
    let readers = Readers {
        consumer: ReaderKey(consumer.reader),
        merchant: ReaderKey(merchant.reader),
        auditor: ReaderKey(auditor.auditor_key),
    };
    let total = basket.total();
    let order = Order::new(&number, basket, &fresh());
    let (order_hash, sealed) = order.seal(&place, &readers, &fresh()).or_exit(Exit::Usage)?;
    let now = now_ms();
    let request = RedeemRequest {
        campaign: coupon.campaign,
        serial: coupon.serial,
        merchant: crypto::id::account_address(&merchant.key),
        merchant_key: key.public(),
        consumer_key: consumer.key,
        order: sealed,
        order_hash,
        discount: terms.face_value.min(Amount(total)),
        basket_total: Amount(total),
        product,
        signed_ms: TimestampMs(now),
        expiry_ms: TimestampMs(now.saturating_add(REQUEST_MS)),
    };
    Ok(RequestText { chain_id: place.chain_id, contract: place.contract, request })
}

/// The purchase rule: whether the coupon is for this basket, and which product it counts.
fn judge(
    terms: &Terms,
    serial: Option<Serial>,
    products: &Products,
    basket: &Basket,
) -> anyhow::Result<Product> {
    match serial {
        Some(Serial::Clipped { .. } | Serial::RolledBack { .. }) => {}
        Some(Serial::Redeemed { .. }) => bail!("the coupon was used before"),
        Some(Serial::Deposited) => bail!("the consumer's wallet must take the coupon first"),
        Some(Serial::Void) => bail!("the merchant withdrew the coupon"),
        None => bail!("the coupon is not in the campaign's file"),
    }
    let total = basket.total();
    if total < terms.min_basket.0 {
        bail!("the basket comes to {total}, the coupon asks for {} or more", terms.min_basket);
    }
    if terms.gtins_root == Hash::ZERO {
        let most = basket.lines.iter().map(|line| line.quantity).max().unwrap_or_default();
        let product = Product { quantity: most, ..Product::default() };
        return check_quantity(terms, product);
    }
    if products.root() != (terms.gtins_root, terms.gtins_count) {
        bail!("the campaign is for certain products, and --products is not its list");
    }
    let product = products.find(basket).context("nothing in the basket is what it is for")?;
    check_quantity(terms, product)
}

fn check_quantity(terms: &Terms, product: Product) -> anyhow::Result<Product> {
    if product.quantity < terms.min_quantity {
        let (found, least) = (product.quantity, terms.min_quantity);
        bail!("the basket has {found} of the product, the coupon asks for {least} or more");
    }
    Ok(product)
}

/// From where the sale is to its end.
fn go_on(
    session: &Session,
    key: &SecretKey,
    mut sale: Sale,
    path: &Path,
    signature: Option<&str>,
    output: Output,
) -> Outcome {
    let text = passed::request(&sale.request).or_exit(Exit::Usage)?;
    if sale.redemption.is_none() {
        let bytes = match sale.transaction.take() {
            Some(bytes) => bytes.0,
            None => {
                let consumer = consumer_signature(&sale.request, &text, signature)?;
                sign_sale(session, key, &text, consumer)?
            }
        };
        // It is on disk before it is sent for the first time.
        sale.transaction = Some(Base64(bytes.clone()));
        sale.write(path)?;
        sale.redemption = Some(pay(session, &text, &bytes)?);
        sale.write(path)?;
    }
    let request = &text.request;
    let paid = Paid {
        redemption: sale.redemption.unwrap_or_default(),
        discount: request.discount.to_string(),
        to_pay: request.basket_total.0.saturating_sub(request.discount.0).to_string(),
    };
    output.print(&paid, render::lines)?;
    Ok(())
}

/// The consumer's signature: given, or read from standard input.
fn consumer_signature(shown: &str, text: &RequestText, given: Option<&str>) -> Outcome<Signature> {
    let line = match given {
        Some(text) => text.to_owned(),
        None => {
            eprintln!("The consumer signs this (syndic coupon wallet sign TEXT):\n\n{shown}\n");
            eprintln!("The signature's text:");
            let mut line = String::new();
            std::io::stdin().lock().read_line(&mut line)?;
            line
        }
    };
    let signature = passed::signature(&line).or_exit(Exit::Usage)?;
    let key = &text.request.consumer_key;
    if crypto::sign::verify(key, message(text).as_bytes(), &signature) {
        return Ok(signature);
    }
    Err(anyhow!("the signature is not the consumer's for this request")).or_exit(Exit::Rejected)
}

/// The transaction of a sale that both have signed.
pub(crate) fn sign_sale(
    session: &Session,
    key: &SecretKey,
    text: &RequestText,
    consumer: Signature,
) -> Outcome<Vec<u8>> {
    let merchant = key.sign(message(text).as_bytes());
    session.sign(key, "redeem", &(text.request.clone(), merchant, consumer), Amount(0))
}

/// Give the sale to the chain: the redemption's identity. An order that is paid already is no
/// mistake: it was this sale, whose answer was lost.
fn pay(session: &Session, text: &RequestText, bytes: &[u8]) -> Outcome<String> {
    match session.give(bytes) {
        Ok(done) => redemption_of(&done),
        Err(failure) => match redeemed_before(session, text)? {
            Some(redemption) => Ok(redemption.to_string()),
            None => Err(failure),
        },
    }
}

fn redemption_of(done: &Done) -> Outcome<String> {
    let redeemed: event::Redeemed = done.event()?;
    Ok(redeemed.redemption.to_string())
}

/// The redemption of this sale's coupon with this sale's order, if there is one.
fn redeemed_before(session: &Session, text: &RequestText) -> Outcome<Option<Hash>> {
    let request = &text.request;
    let place = (request.campaign, hash_of(&request.serial));
    let serial: Option<Serial> = session.ask("serial", &place)?;
    let Some(Serial::Redeemed { redemption }) = serial else { return Ok(None) };
    let order = types::encode(&(request.order_hash, request.merchant));
    let order = crypto::hash::derive(coupon::ORDER_DOMAIN, &order);
    let uses: Option<coupon::OrderUse> = session.ask("order", &order)?;
    let same = uses.is_some_and(|uses| uses.campaigns.contains(&request.campaign));
    Ok(same.then_some(redemption))
}
