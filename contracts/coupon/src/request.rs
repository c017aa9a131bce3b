//! What merchant and consumer sign: the redemption of one coupon, and its rollback.

use alloc::{string::String, vec::Vec};
use borsh::{BorshDeserialize, BorshSerialize};
use sdk::Describe;
use types::{Address, Amount, Hash, PublicKey, TimestampMs};

/// Least bytes of a coupon's secret: 64 random bits.
pub const MIN_SERIAL_BYTES: usize = 8;
/// Most bytes of a coupon's secret.
pub const MAX_SERIAL_BYTES: usize = 32;
/// Most bytes of an encrypted order.
pub const MAX_ORDER_BYTES: usize = 16 * 1024;
/// Most hashes of a proof that a product is on the list: 2^32 products.
pub const MAX_PROOF_HASHES: usize = 32;
/// Longest time between signing and expiry: a day. Unit: ms.
pub const MAX_REQUEST_MS: u64 = 24 * 60 * 60 * 1_000;
/// Most bytes of a reason.
pub const MAX_REASON_BYTES: usize = 200;
/// Largest product number: 14 digits.
pub const MAX_GTIN: u64 = 99_999_999_999_999;

/// The name under which a coupon's secret is hashed: `H(SERIAL_DOMAIN, secret)`.
pub const SERIAL_DOMAIN: &str = "contract/coupon/serial";
/// The name under which a product number is hashed: `H(GTIN_DOMAIN, gtin as u64 LE)`.
pub const GTIN_DOMAIN: &str = "contract/coupon/gtin";
/// The name of an order at a merchant: `H(ORDER_DOMAIN, {order hash, merchant})`.
pub const ORDER_DOMAIN: &str = "contract/coupon/order";
/// The name under which an order's text is hashed: `H(ORDER_TEXT_DOMAIN, text)`.
pub const ORDER_TEXT_DOMAIN: &str = "contract/coupon/order-text";

/// An order that consumer, merchant and auditor can read (`crypto::envelope`).
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Describe)]
pub struct SealedOrder {
    /// The content.
    pub content: Vec<u8>,
    /// The data key for the consumer: one-time key and sealed key.
    pub consumer_key: [u8; 80],
    /// The data key for the merchant.
    pub merchant_key: [u8; 80],
    /// The data key for the auditor.
    pub auditor_key: [u8; 80],
}

/// A product on a campaign's list.
#[derive(Clone, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize, Describe)]
pub struct Product {
    /// Its GTIN as a number; ignored where the campaign is for any product.
    pub gtin: u64,
    /// Its place in the list.
    pub index: u64,
    /// The proof (RFC 6962 shape).
    pub proof: Vec<Hash>,
    /// How many of it are in the basket.
    pub quantity: u32,
}

/// One coupon used with one order. Merchant and consumer sign the same bytes: those of this
/// structure, as body of the message `redeem` that expires at `expiry_ms` (docs/protocol.md 5.1).
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Describe)]
pub struct RedeemRequest {
    /// The campaign.
    pub campaign: Hash,
    /// The coupon's secret.
    pub serial: Vec<u8>,
    /// The campaign's merchant.
    pub merchant: Address,
    /// The key that signs for the merchant: its own, or that of an agent such as a till.
    pub merchant_key: PublicKey,
    /// The consumer's key; the address follows from it.
    pub consumer_key: PublicKey,
    /// The order, encrypted.
    pub order: SealedOrder,
    /// `H("contract/coupon/order-text", text)` of the order before encryption.
    pub order_hash: Hash,
    /// What is taken off; at most the face value.
    pub discount: Amount,
    /// What the basket costs before that.
    pub basket_total: Amount,
    /// The product that the coupon is for.
    pub product: Product,
    /// When it was signed.
    pub signed_ms: TimestampMs,
    /// From this block time on it cannot be used.
    pub expiry_ms: TimestampMs,
}

/// A sale undone. Both sign these bytes, as body of the message `rollback`.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Describe)]
pub struct RollbackRequest {
    /// Which redemption.
    pub redemption: Hash,
    /// Why.
    pub reason: String,
    /// The key that signs for the merchant.
    pub merchant_key: PublicKey,
    /// The consumer's key.
    pub consumer_key: PublicKey,
    /// From this block time on it cannot be used.
    pub expiry_ms: TimestampMs,
}
