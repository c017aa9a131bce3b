//! The merchant: coins, campaigns, coupons, and the day's settlement.

use super::basket::Products;
use super::gs1::{Code, PositiveOffer};
use super::passed::{CouponText, Passed};
use super::session::{Session, Who};
use super::settlement;
use crate::commands::files;
use crate::commands::node::address;
use crate::commands::output::Output;
use crate::commands::render;
use crate::exit::{Exit, Meaning, Outcome};
use crate::run::fresh;
use anyhow::{Context, anyhow};
use clap::{Args, Subcommand};
use coupon::{RewardShares, SERIAL_DOMAIN, Settings, Terms, event};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use types::hash::parse_hex_32;
use types::{Address, Amount, BasisPoints, Hash, TimestampMs};

/// Largest description of a campaign. Unit: bytes.
const MAX_CAMPAIGN_BYTES: u64 = 64 * 1024;
/// Bytes of a coupon's secret: 128 random bits.
const SECRET_BYTES: usize = 16;
/// Coupons of one deposit.
const DEPOSIT: usize = coupon::rules::MAX_DEPOSIT;
/// Most coupons of one command.
const MAX_COUPONS: u32 = 100_000;

/// Arguments of `syndic coupon merchant`.
#[derive(Args, Debug)]
pub(crate) struct MerchantArguments {
    #[command(subcommand)]
    command: MerchantCommand,
}

#[derive(Debug, Subcommand)]
enum MerchantCommand {
    /// Buy coins; each pays for one redemption.
    Buy {
        /// How many.
        #[arg(long, value_name = "N")]
        coins: u64,
        #[command(flatten)]
        who: Who,
    },
    /// Give free coins back for what they cost.
    Refund {
        /// How many.
        #[arg(long, value_name = "N")]
        coins: u64,
        #[command(flatten)]
        who: Who,
    },
    /// Open a campaign.
    Open {
        /// What it offers: a JSON file.
        #[arg(long, value_name = "FILE")]
        file: PathBuf,
        /// How many coins to reserve for it.
        #[arg(long, value_name = "N")]
        reserve: u64,
        #[command(flatten)]
        who: Who,
    },
    /// Make coupons: draw their secrets, put their hashes into the positive offer file, and write
    /// one coupon a line.
    Coupons {
        /// The campaign.
        #[arg(long, value_parser = parse_id, value_name = "ID")]
        campaign: Hash,
        /// How many.
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=i64::from(MAX_COUPONS)))]
        count: u32,
        /// Where the coupons are written: whoever has a line has a coupon.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        #[command(flatten)]
        who: Who,
    },
    /// Let a till sign for you, or stop that.
    Till {
        /// The till's address.
        #[arg(long, value_name = "ADDRESS")]
        till: String,
        /// Stop it.
        #[arg(long)]
        revoke: bool,
        #[command(flatten)]
        who: Who,
    },
    /// Close a campaign; coupons that are out are honoured until its end.
    Close {
        /// The campaign.
        #[arg(long, value_parser = parse_id, value_name = "ID")]
        campaign: Hash,
        #[command(flatten)]
        who: Who,
    },
    /// Write a day's redemptions and rollbacks as CSV, with totals.
    Settle {
        /// The day in UTC, such as 2026-11-24.
        #[arg(long, value_parser = settlement::parse_day, value_name = "DAY")]
        day: settlement::Day,
        /// Where it is written.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        #[command(flatten)]
        who: Who,
    },
}

/// Read a campaign's or redemption's identity.
pub(crate) fn parse_id(text: &str) -> Result<Hash, String> {
    parse_hex_32(text).map(Hash).ok_or_else(|| "want 64 hex digits".to_owned())
}

/// A campaign as a merchant writes it.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CampaignFile {
    /// Six digits.
    pub(crate) offer_code: String,
    /// A file of GTINs, one a line, beside this one; left out: any product.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) products: Option<PathBuf>,
    /// Most that is taken off. Unit: the currency's smallest.
    pub(crate) face_value: u128,
    /// Least basket. Same unit.
    pub(crate) min_basket: u128,
    /// Least number of the product.
    #[serde(default)]
    pub(crate) min_quantity: u32,
    /// Most coupons of one person.
    pub(crate) per_consumer_cap: u32,
    /// Most coupons of all.
    pub(crate) total_cap: u64,
    /// First moment. Unit: ms since 1970.
    pub(crate) start_ms: u64,
    /// First moment after. Unit: ms since 1970.
    pub(crate) end_ms: u64,
    /// How long a sale can be rolled back. Unit: ms.
    pub(crate) grace_ms: u64,
    /// Whether an order may use it beside other stackable coupons.
    #[serde(default)]
    pub(crate) stackable: bool,
    /// Shares of a coin in basis points: consumer, merchant, network, distributor.
    pub(crate) shares: [u32; 4],
    /// The distributor's address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) distributor: Option<String>,
    /// The distributor's fee for a clip, in basis points of a coin.
    #[serde(default)]
    pub(crate) clip_fee: u32,
}

impl CampaignFile {
    fn read(path: &Path) -> anyhow::Result<Self> {
        let name = || format!("campaign {}", path.display());
        let bytes = files::read(path, MAX_CAMPAIGN_BYTES).with_context(name)?;
        let mut reader = serde_json::Deserializer::from_slice(&bytes);
        serde_path_to_error::deserialize(&mut reader).with_context(name)
    }

    /// The terms as the contract stores them.
    pub(crate) fn terms(&self, folder: &Path, prefix: &str) -> Outcome<Terms> {
        let products = match &self.products {
            Some(file) => Products::read(&folder.join(file)).or_exit(Exit::Usage)?,
            None => Products::default(),
        };
        let (gtins_root, gtins_count) = products.root();
        let distributor = match &self.distributor {
            Some(text) => Some(address("distributor", text, prefix)?.1),
            None => None,
        };
        let [consumer, merchant, network, share] = self.shares.map(BasisPoints);
        Ok(Terms {
            offer_code: self.offer_code.clone(),
            gtins_root,
            gtins_count,
            face_value: Amount(self.face_value),
            min_basket: Amount(self.min_basket),
            min_quantity: self.min_quantity,
            per_consumer_cap: self.per_consumer_cap,
            total_cap: self.total_cap,
            start_ms: TimestampMs(self.start_ms),
            end_ms: TimestampMs(self.end_ms),
            grace_ms: self.grace_ms,
            stackable: self.stackable,
            shares: RewardShares { consumer, merchant, network, distributor: share },
            distributor,
            clip_fee: BasisPoints(self.clip_fee),
        })
    }
}

/// What the commands print.
#[derive(Serialize)]
struct Printed {
    transaction: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    campaign: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    coins: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    units: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    coupons: Option<PathBuf>,
}

impl Printed {
    fn new(transaction: impl ToString) -> Self {
        let transaction = transaction.to_string();
        Self { transaction, campaign: None, coins: None, units: None, coupons: None }
    }
}

/// Run `syndic coupon merchant`.
pub(crate) fn execute(arguments: MerchantArguments, output: Output) -> Outcome {
    let none = Amount(0);
    let printed = match arguments.command {
        MerchantCommand::Buy { coins, who } => {
            let (key, session) = who.open()?;
            let sum = price(&session)?.0.checked_mul(coins.into());
            let sum = sum.ok_or_else(|| anyhow!("--coins is {coins}: they cost too much"));
            let sum = Amount(sum.or_exit(Exit::Usage)?);
            let done = session.call(&key, "buy_coins", &coins, sum)?;
            let units = Some(sum.to_string());
            Printed { coins: Some(coins), units, ..Printed::new(done.hash) }
        }
        MerchantCommand::Refund { coins, who } => {
            let (key, session) = who.open()?;
            let done = session.call(&key, "refund_coins", &coins, none)?;
            Printed { coins: Some(coins), ..Printed::new(done.hash) }
        }
        MerchantCommand::Open { file, reserve, who } => {
            let (key, session) = who.open()?;
            let description = CampaignFile::read(&file).or_exit(Exit::Usage)?;
            let folder = file.parent().unwrap_or(Path::new("."));
            let terms = description.terms(folder, &session.facts().prefix)?;
            let (campaign, hash) = open(&session, &key, terms, reserve)?;
            Printed { campaign: Some(campaign.to_string()), ..Printed::new(hash) }
        }
        MerchantCommand::Coupons { campaign, count, out, who } => {
            let (key, session) = who.open()?;
            let (text, last) = make_coupons(&session, &key, campaign, count)?;
            files::write(&out, text.as_bytes())?;
            Printed { coupons: Some(out), ..Printed::new(last) }
        }
        MerchantCommand::Till { till, revoke, who } => {
            let (key, session) = who.open()?;
            let till = address("--till", &till, &session.facts().prefix)?.1;
            Printed::new(session.call(&key, "set_agent", &(till, !revoke), none)?.hash)
        }
        MerchantCommand::Close { campaign, who } => {
            let (key, session) = who.open()?;
            let done = session.call(&key, "close_campaign", &campaign, none)?;
            let closed: event::CampaignClosed = done.event()?;
            Printed { coins: Some(closed.freed), ..Printed::new(done.hash) }
        }
        MerchantCommand::Settle { day, out, who } => {
            let (key, session) = who.open()?;
            let merchant = crypto::id::account_address(&key.public());
            return settle(&session, merchant, day, &out, output);
        }
    };
    output.print(&printed, render::lines)?;
    Ok(())
}

fn price(session: &Session) -> Outcome<Amount> {
    let settings: Option<Settings> = session.ask("settings", &())?;
    Ok(settings.context("the contract has no settings").or_exit(Exit::Rejected)?.price)
}

/// Open a campaign: its identity.
pub(crate) fn open(
    session: &Session,
    key: &crypto::sign::SecretKey,
    terms: Terms,
    reserve: u64,
) -> Outcome<(Hash, types::TxHash)> {
    let each = money::escrow::fee(price(session)?, terms.clip_fee).or_exit(Exit::Usage)?;
    let fees = each.0.checked_mul(terms.total_cap.into());
    let fees = fees.ok_or_else(|| anyhow!("total_cap: the clip fees are too much"));
    let fees = Amount(fees.or_exit(Exit::Usage)?);
    let done = session.call(key, "create_campaign", &(terms, reserve), fees)?;
    let opened: event::CampaignOpened = done.event()?;
    Ok((opened.campaign, done.hash))
}

/// Draw and deposit coupons: their texts, one a line.
fn make_coupons(
    session: &Session,
    key: &crypto::sign::SecretKey,
    campaign: Hash,
    count: u32,
) -> Outcome<(String, types::TxHash)> {
    let mut secrets = Vec::new();
    for _ in 0..count {
        secrets.push(fresh()[..SECRET_BYTES].to_vec());
    }
    let mut last = types::TxHash::ZERO;
    for some in secrets.chunks(DEPOSIT) {
        let hashes: Vec<Hash> = some.iter().map(|secret| hash_of(secret)).collect();
        last = session.call(key, "deposit_serials", &(campaign, hashes), Amount(0))?.hash;
    }
    let contract = session.contract();
    let text = |serial: Vec<u8>| {
        Passed::Coupon(CouponText { contract, campaign, serial }).to_text() + "\n"
    };
    Ok((secrets.into_iter().map(text).collect(), last))
}

/// The name of a coupon in the positive offer file.
pub(crate) fn hash_of(secret: &[u8]) -> Hash {
    crypto::hash::derive(SERIAL_DOMAIN, secret)
}

/// The AI (8112) of a coupon: its serial is fifteen digits of the hash, which give nothing of the
/// secret away.
pub(crate) fn data_string(funder: &str, terms: &Terms, secret: &[u8]) -> anyhow::Result<String> {
    const SERIALS: u64 = 1_000_000_000_000_000;
    let hash = hash_of(secret).0;
    let number = hash.iter().take(8).fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte));
    let offer = PositiveOffer {
        format: 0,
        funder: funder.to_owned(),
        offer_code: terms.offer_code.clone(),
        serial: format!("{:015}", number % SERIALS),
    };
    Ok(Code::Positive(offer).build()?)
}

fn settle(
    session: &Session,
    merchant: Address,
    day: settlement::Day,
    out: &Path,
    output: Output,
) -> Outcome {
    let settlement = settlement::of_day(session, merchant, day)?;
    files::write(out, settlement.to_csv().as_bytes())?;
    output.print(&settlement.totals(), render::lines)?;
    Ok(())
}
