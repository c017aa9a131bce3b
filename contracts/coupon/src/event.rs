//! What happened. Every change of money is in `changes`, so that the books follow from events
//! alone.

use crate::request::RedeemRequest;
use crate::state::{CoinLot, Reward, Settings, Terms};
use alloc::{string::String, vec::Vec};
use borsh::{BorshDeserialize, BorshSerialize};
use sdk::{Describe, Event};
use types::{Address, Amount, Hash};

/// Money behind coins; the party is their merchant.
pub const COIN_ESCROW: &str = "coin_escrow";
/// Money for clips to come; the party is the campaign's merchant.
pub const CLIP_ESCROW: &str = "clip_escrow";
/// Money behind ownership coin; the party is who holds it.
pub const REWARD_FUND: &str = "reward_fund";

/// Money into or out of one party's part of a bucket.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Describe)]
pub struct Change {
    /// Which bucket.
    pub bucket: String,
    /// Whose part.
    pub party: Address,
    /// How much.
    pub amount: Amount,
    /// Whether it went out; else it came in.
    pub out: bool,
}

/// The operator set the price, the auditor or the network's account.
#[derive(Event, Clone, Debug, PartialEq, Eq)]
pub struct SettingsChanged {
    /// What holds from now on.
    pub settings: Settings,
    /// Who set it.
    pub by: Address,
}

/// A person's account was named.
#[derive(Event, Clone, Debug, PartialEq, Eq)]
pub struct Enrolled {
    /// The account.
    pub account: Address,
    /// The person, by pseudonym.
    pub pseudonym: Hash,
    /// Who vouches for it.
    pub by: Address,
}

/// A merchant let an agent act for it, or stopped that.
#[derive(Event, Clone, Debug, PartialEq, Eq)]
pub struct AgentSet {
    /// The merchant.
    pub merchant: Address,
    /// The agent, such as a till.
    pub agent: Address,
    /// Whether it may act.
    pub allowed: bool,
}

/// A merchant bought coins.
#[derive(Event, Clone, Debug, PartialEq, Eq)]
pub struct CoinsBought {
    /// Who.
    pub merchant: Address,
    /// How many.
    pub count: u64,
    /// What each cost.
    pub price: Amount,
    /// Money moved.
    pub changes: Vec<Change>,
}

/// A merchant gave coins back for what they cost.
#[derive(Event, Clone, Debug, PartialEq, Eq)]
pub struct CoinsRefunded {
    /// Who.
    pub merchant: Address,
    /// How many, at which price.
    pub lots: Vec<CoinLot>,
    /// Money moved.
    pub changes: Vec<Change>,
}

/// A campaign was opened.
#[derive(Event, Clone, Debug, PartialEq, Eq)]
pub struct CampaignOpened {
    /// Its identity.
    pub campaign: Hash,
    /// Who pays.
    pub merchant: Address,
    /// What it offers.
    pub terms: Terms,
    /// Coins reserved.
    pub reserved: u64,
    /// The distributor's fee for each clip.
    pub fee_each: Amount,
    /// Money moved.
    pub changes: Vec<Change>,
}

/// Coupons were put into the positive offer file.
#[derive(Event, Clone, Debug, PartialEq, Eq)]
pub struct SerialsDeposited {
    /// Of which campaign.
    pub campaign: Hash,
    /// Their hashes.
    pub hashes: Vec<Hash>,
    /// Who put them there.
    pub by: Address,
}

/// Coupons were withdrawn from it.
#[derive(Event, Clone, Debug, PartialEq, Eq)]
pub struct SerialsVoided {
    /// Of which campaign.
    pub campaign: Hash,
    /// Their hashes.
    pub hashes: Vec<Hash>,
    /// Who withdrew them.
    pub by: Address,
}

/// A person took a coupon.
#[derive(Event, Clone, Debug, PartialEq, Eq)]
pub struct Clipped {
    /// Of which campaign.
    pub campaign: Hash,
    /// Its hash.
    pub serial_hash: Hash,
    /// The account.
    pub consumer: Address,
    /// The person, by pseudonym.
    pub holder: Hash,
    /// Money moved: the distributor's fee.
    pub changes: Vec<Change>,
}

/// A coupon was used.
#[derive(Event, Clone, Debug, PartialEq, Eq)]
pub struct Redeemed {
    /// Its identity.
    pub redemption: Hash,
    /// Of which campaign.
    pub campaign: Hash,
    /// The coupon's hash.
    pub serial_hash: Hash,
    /// The order's hash.
    pub order_hash: Hash,
    /// Who sold.
    pub merchant: Address,
    /// Who bought.
    pub consumer: Address,
    /// What was taken off.
    pub discount: Amount,
    /// What the basket cost before.
    pub basket_total: Amount,
    /// The price of the coin that was spent.
    pub price: Amount,
    /// Who got what of it as ownership coin.
    pub rewards: Vec<Reward>,
    /// Money moved.
    pub changes: Vec<Change>,
}

/// A redemption was undone.
#[derive(Event, Clone, Debug, PartialEq, Eq)]
pub struct RolledBack {
    /// Which.
    pub redemption: Hash,
    /// Of which campaign.
    pub campaign: Hash,
    /// The coupon's hash.
    pub serial_hash: Hash,
    /// Who sold.
    pub merchant: Address,
    /// Who bought.
    pub consumer: Address,
    /// What had been taken off.
    pub discount: Amount,
    /// The price of the coin that came back.
    pub price: Amount,
    /// Who gave what of it back.
    pub rewards: Vec<Reward>,
    /// Why.
    pub reason: String,
    /// Money moved.
    pub changes: Vec<Change>,
}

/// Ownership coin changed hands.
#[derive(Event, Clone, Debug, PartialEq, Eq)]
pub struct OwnTransferred {
    /// Who gave it.
    pub from: Address,
    /// Who got it.
    pub to: Address,
    /// How much.
    pub amount: Amount,
    /// Money moved.
    pub changes: Vec<Change>,
}

/// Ownership coin was turned into money.
#[derive(Event, Clone, Debug, PartialEq, Eq)]
pub struct OwnCashed {
    /// Whose.
    pub owner: Address,
    /// How much.
    pub amount: Amount,
    /// Money moved.
    pub changes: Vec<Change>,
}

/// A campaign was closed, as far as it could be.
#[derive(Event, Clone, Debug, PartialEq, Eq)]
pub struct CampaignClosed {
    /// Which.
    pub campaign: Hash,
    /// Whose.
    pub merchant: Address,
    /// Whether it is over; else coupons that are out are honoured until its end.
    pub over: bool,
    /// Coins that became free.
    pub freed: u64,
    /// Coins that it keeps for coupons that are out.
    pub kept: u64,
    /// Money moved: what was held for clips that did not come.
    pub changes: Vec<Change>,
}

impl Redeemed {
    /// The event of a request that was carried out.
    #[must_use]
    pub fn new(request: &RedeemRequest, redemption: Hash, record: &crate::Redemption) -> Self {
        Self {
            redemption,
            campaign: request.campaign,
            serial_hash: record.serial_hash,
            order_hash: request.order_hash,
            merchant: record.merchant,
            consumer: record.consumer,
            discount: request.discount,
            basket_total: request.basket_total,
            price: record.price,
            rewards: record.rewards.clone(),
            changes: Vec::new(),
        }
    }
}
