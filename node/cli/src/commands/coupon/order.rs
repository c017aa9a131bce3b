//! The order behind a redemption: a text that consumer, merchant and auditor can read.

use super::basket::Basket;
use anyhow::{Context, bail};
use coupon::{ORDER_TEXT_DOMAIN, RedeemRequest, SealedOrder};
use crypto::envelope::{self, ReaderKey, ReaderSecret, WrappedKey};
use serde::{Deserialize, Serialize};
use types::{Address, ChainId, Hash};

/// The version of order texts.
const VERSION: u32 = 1;
/// Bytes of a wrapped key's first part.
const EPHEMERAL_BYTES: usize = 32;

/// What was bought, as the three readers see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Order {
    /// Format version, 1.
    pub(crate) version: u32,
    /// Random, so that nobody finds the order by guessing baskets: 64 hex digits.
    pub(crate) salt: String,
    /// The merchant's own number for it.
    pub(crate) number: String,
    /// What is bought.
    pub(crate) basket: Basket,
}

/// Who reads an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Reader {
    /// Who bought.
    Consumer,
    /// Who sold.
    Merchant,
    /// Who checks.
    Auditor,
}

/// Where the three copies of an order's key are addressed to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Readers {
    pub(crate) consumer: ReaderKey,
    pub(crate) merchant: ReaderKey,
    pub(crate) auditor: ReaderKey,
}

/// What an order belongs to: nothing of it opens for another chain, contract or campaign.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    pub(crate) chain_id: ChainId,
    pub(crate) contract: Address,
    pub(crate) campaign: Hash,
}

impl Place {
    fn context(&self, order_hash: &Hash) -> Vec<u8> {
        types::encode(&(self.chain_id, self.contract, self.campaign, order_hash))
    }
}

impl Order {
    /// An order of a basket.
    pub(crate) fn new(number: &str, basket: Basket, salt: &[u8; 32]) -> Self {
        Self { version: VERSION, salt: hex::encode(salt), number: number.to_owned(), basket }
    }

    /// Its hash, and its text under a key that the readers have.
    ///
    /// # Errors
    /// If a reader's key is none.
    pub(crate) fn seal(
        &self,
        place: &Place,
        readers: &Readers,
        fresh: &[u8; 32],
    ) -> anyhow::Result<(Hash, SealedOrder)> {
        let text = serde_json::to_vec(self)?;
        let hash = crypto::hash::derive(ORDER_TEXT_DOMAIN, &text);
        let all = [readers.consumer, readers.merchant, readers.auditor];
        let sealed = envelope::seal(&text, &all, &place.context(&hash), fresh)?;
        let [consumer, merchant, auditor] = sealed.keys.as_slice() else {
            bail!("an envelope has one key a reader");
        };
        let order = SealedOrder {
            content: sealed.content,
            consumer_key: join(consumer),
            merchant_key: join(merchant),
            auditor_key: join(auditor),
        };
        Ok((hash, order))
    }

    /// Open the order of a request as one of its readers.
    ///
    /// # Errors
    /// If the secret is not that reader's, or the text is not what was signed.
    pub(crate) fn open(
        request: &RedeemRequest,
        place: &Place,
        reader: Reader,
        secret: &ReaderSecret,
    ) -> anyhow::Result<Self> {
        let sealed = &request.order;
        let key = split(match reader {
            Reader::Consumer => &sealed.consumer_key,
            Reader::Merchant => &sealed.merchant_key,
            Reader::Auditor => &sealed.auditor_key,
        });
        let context = place.context(&request.order_hash);
        let text = envelope::open(&sealed.content, &key, secret, &context)?;
        if crypto::hash::derive(ORDER_TEXT_DOMAIN, &text) != request.order_hash {
            bail!("the order's text is not the one that was signed");
        }
        let order: Self = serde_json::from_slice(&text).context("the order's text")?;
        if order.version != VERSION {
            bail!("the order has version {}, this program knows {VERSION}", order.version);
        }
        Ok(order)
    }
}

fn join(key: &WrappedKey) -> [u8; 80] {
    let mut bytes = [0; 80];
    bytes[..EPHEMERAL_BYTES].copy_from_slice(&key.ephemeral);
    bytes[EPHEMERAL_BYTES..].copy_from_slice(&key.sealed);
    bytes
}

fn split(bytes: &[u8; 80]) -> WrappedKey {
    let (mut ephemeral, mut sealed) = ([0; 32], [0; 48]);
    ephemeral.copy_from_slice(&bytes[..EPHEMERAL_BYTES]);
    sealed.copy_from_slice(&bytes[EPHEMERAL_BYTES..]);
    WrappedKey { ephemeral, sealed }
}
