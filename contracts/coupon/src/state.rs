//! What the contract stores.

use alloc::{string::String, vec::Vec};
use borsh::{BorshDeserialize, BorshSerialize};
use sdk::Describe;
use types::{Address, Amount, BasisPoints, Hash, TimestampMs};

/// Some coins that were bought at one price. A later price does not change them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Describe)]
pub struct CoinLot {
    /// What each cost, and is worth.
    pub price: Amount,
    /// How many; at least 1.
    pub count: u64,
}

/// Coins in the order they were bought; the oldest are spent first.
#[derive(Clone, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize, Describe)]
pub struct Coins {
    /// One lot a price.
    pub lots: Vec<CoinLot>,
}

/// How a redeemed coin's price is shared, in basis points; together 10,000.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Describe)]
pub struct RewardShares {
    /// To the consumer.
    pub consumer: BasisPoints,
    /// To the merchant; with the consumer's below 10,000, so that a sale to oneself loses money.
    pub merchant: BasisPoints,
    /// To the network.
    pub network: BasisPoints,
    /// To the distributor; 0 if there is none.
    pub distributor: BasisPoints,
}

/// What a merchant offers. It never changes once the campaign is open.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Describe)]
pub struct Terms {
    /// The offer's code, as in AI (8112): six digits.
    pub offer_code: String,
    /// Root of the list of products it is for (RFC 6962 shape); zero: any product.
    pub gtins_root: Hash,
    /// How many products that list has; 0 with a zero root.
    pub gtins_count: u64,
    /// Most that a coupon takes off. Unit: the basket's own, which the chain does not hold.
    pub face_value: Amount,
    /// Least basket. Same unit.
    pub min_basket: Amount,
    /// Least number of the product.
    pub min_quantity: u32,
    /// Most coupons that one person clips.
    pub per_consumer_cap: u32,
    /// Most coupons that all clip together.
    pub total_cap: u64,
    /// From this block time on coupons are clipped and redeemed.
    pub start_ms: TimestampMs,
    /// From this block time on they are not.
    pub end_ms: TimestampMs,
    /// How long after a redemption it can be rolled back.
    pub grace_ms: u64,
    /// Whether an order may use this coupon beside those of other stackable campaigns.
    pub stackable: bool,
    /// Who gets what of a coin.
    pub shares: RewardShares,
    /// Who distributes the coupons.
    pub distributor: Option<Address>,
    /// The distributor's fee for each clip, in basis points of a coin's price at the opening.
    pub clip_fee: BasisPoints,
}

/// How far a campaign is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Describe)]
#[borsh(use_discriminant = true)]
#[repr(u8)]
pub enum Status {
    /// Coupons are clipped and redeemed.
    Open = 0,
    /// Nothing is clipped any more; what was clipped is honoured until the end.
    Closing = 1,
    /// Over; no coin is reserved for it.
    Closed = 2,
}

/// What changes about a campaign.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Describe)]
pub struct Progress {
    /// Who pays.
    pub merchant: Address,
    /// Where it is.
    pub status: Status,
    /// Coins reserved and not spent.
    pub coins: Coins,
    /// The distributor's fee for each clip.
    pub fee_each: Amount,
    /// Coupons clipped so far.
    pub clips: u64,
    /// Coupons redeemed and not rolled back.
    pub redeemed: u64,
}

/// Where a deposited coupon is. What was never deposited has none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Describe)]
#[borsh(use_discriminant = true)]
#[repr(u8)]
pub enum Serial {
    /// Nobody has it.
    Deposited = 0,
    /// A person has it.
    Clipped {
        /// Who, by pseudonym.
        holder: Hash,
    } = 1,
    /// It was used.
    Redeemed {
        /// In which redemption.
        redemption: Hash,
    } = 2,
    /// It came back when a sale was rolled back; its holder may use it again.
    RolledBack {
        /// Who, by pseudonym.
        holder: Hash,
    } = 3,
    /// The merchant withdrew it before anybody had it.
    Void = 4,
}

/// What an order was used for.
#[derive(Clone, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize, Describe)]
pub struct OrderUse {
    /// Whether a coupon that does not stack was used.
    pub exclusive: bool,
    /// The campaigns whose coupons were used.
    pub campaigns: Vec<Hash>,
}

/// A part of a coin's price that somebody got as ownership coin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Describe)]
pub struct Reward {
    /// Who.
    pub party: Address,
    /// How much.
    pub amount: Amount,
}

/// A coupon used.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Describe)]
pub struct Redemption {
    /// Of which campaign.
    pub campaign: Hash,
    /// The coupon's hash.
    pub serial_hash: Hash,
    /// Who sold.
    pub merchant: Address,
    /// Who bought.
    pub consumer: Address,
    /// The buyer's pseudonym.
    pub holder: Hash,
    /// What was taken off.
    pub discount: Amount,
    /// The price of the coin that was spent.
    pub price: Amount,
    /// Who got what of it, in order consumer, merchant, network, distributor; nobody gets 0.
    pub rewards: Vec<Reward>,
    /// When. Block time.
    pub at_ms: TimestampMs,
    /// Whether it was rolled back.
    pub rolled_back: bool,
}

/// What the operator sets.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Describe)]
pub struct Settings {
    /// Whose the network's rewards are.
    pub network: Address,
    /// What a coin costs now.
    pub price: Amount,
    /// Where the auditor's copy of each order key is addressed to: an X25519 key.
    pub auditor_key: [u8; 32],
}

/// The books: money by purpose, and coins by what became of them.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize, Describe,
)]
pub struct Totals {
    /// Money behind the coins that are free or reserved.
    pub coin_escrow: Amount,
    /// Money for clips that may still come.
    pub clip_escrow: Amount,
    /// Money behind the ownership coin.
    pub reward_fund: Amount,
    /// Ownership coin there is; 1 is worth 1 unit of money.
    pub own_supply: Amount,
    /// Coins ever bought: free + reserved + burned + refunded.
    pub bought: u64,
    /// Coins no campaign has.
    pub free: u64,
    /// Coins that campaigns have.
    pub reserved: u64,
    /// Coins spent by redemptions that stand.
    pub burned: u64,
    /// Coins given back for their price.
    pub refunded: u64,
}
