//! What is passed between merchant, wallet and till as a text or a QR code.
//!
//! A text is `syndic-coupon:` and base64url (RFC 4648, 5) of a kind, the content in borsh, and four
//! bytes of its BLAKE3: a torn or mistyped text is noticed before anything is signed.

use anyhow::{Context, bail};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use borsh::{BorshDeserialize, BorshSerialize};
use coupon::RedeemRequest;
use types::{Address, ChainId, Hash, PublicKey, Signature};

const PREFIX: &str = "syndic-coupon:";
const CHECK_BYTES: usize = 4;
/// Largest text that is read. Unit: bytes. A request with the largest order fits.
pub(crate) const MAX_TEXT_BYTES: usize = 32 * 1024;

/// A coupon in somebody's hands: who knows `serial` can clip it, who clipped it can use it.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) struct CouponText {
    pub(crate) contract: Address,
    pub(crate) campaign: Hash,
    /// The secret.
    pub(crate) serial: Vec<u8>,
}

/// A consumer, as a till must know it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) struct ConsumerText {
    pub(crate) key: PublicKey,
    /// Where the consumer's copy of the order is addressed to.
    pub(crate) reader: [u8; 32],
}

/// A redemption that waits for the consumer's signature.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) struct RequestText {
    pub(crate) chain_id: ChainId,
    pub(crate) contract: Address,
    pub(crate) request: RedeemRequest,
}

/// What is passed.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[borsh(use_discriminant = true)]
#[repr(u8)]
pub(crate) enum Passed {
    Coupon(CouponText) = 0,
    Consumer(ConsumerText) = 1,
    Request(Box<RequestText>) = 2,
    Signature(Signature) = 3,
}

impl Passed {
    fn kind(&self) -> &'static str {
        match self {
            Self::Coupon(_) => "a coupon",
            Self::Consumer(_) => "a consumer",
            Self::Request(_) => "a request to sign",
            Self::Signature(_) => "a signature",
        }
    }

    /// The text.
    pub(crate) fn to_text(&self) -> String {
        let mut bytes = types::encode(self);
        let check = crypto::hash::blake3(&bytes).0;
        bytes.extend_from_slice(&check[..CHECK_BYTES]);
        format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes))
    }

    /// Read a text.
    ///
    /// # Errors
    /// If it is none, torn or mistyped.
    pub(crate) fn from_text(text: &str) -> anyhow::Result<Self> {
        let text = text.trim();
        if text.len() > MAX_TEXT_BYTES {
            bail!("the text has {} characters, the limit is {MAX_TEXT_BYTES}", text.len());
        }
        let shown: String = text.chars().take(20).collect();
        let encoded = text
            .strip_prefix(PREFIX)
            .with_context(|| format!("the text begins with {shown:?}: want {PREFIX}.."))?;
        let bytes = URL_SAFE_NO_PAD.decode(encoded).context("the text is torn or mistyped")?;
        let split = bytes
            .len()
            .checked_sub(CHECK_BYTES)
            .context("the text is torn or mistyped: too short")?;
        let (body, check) = bytes.split_at(split);
        if crypto::hash::blake3(body).0[..CHECK_BYTES] != *check {
            bail!("the text is torn or mistyped: its check bytes do not fit");
        }
        Ok(types::decode("coupon text", body, MAX_TEXT_BYTES)?)
    }

    fn other(&self, wanted: &str) -> anyhow::Error {
        anyhow::anyhow!("the text is {}, want {wanted}", self.kind())
    }
}

/// Read a coupon.
pub(crate) fn coupon(text: &str) -> anyhow::Result<CouponText> {
    match Passed::from_text(text)? {
        Passed::Coupon(coupon) => Ok(coupon),
        other => Err(other.other("a coupon")),
    }
}

/// Read a consumer.
pub(crate) fn consumer(text: &str) -> anyhow::Result<ConsumerText> {
    match Passed::from_text(text)? {
        Passed::Consumer(consumer) => Ok(consumer),
        other => Err(other.other("a consumer")),
    }
}

/// Read a request.
pub(crate) fn request(text: &str) -> anyhow::Result<RequestText> {
    match Passed::from_text(text)? {
        Passed::Request(request) => Ok(*request),
        other => Err(other.other("a request to sign")),
    }
}

/// Read a signature.
pub(crate) fn signature(text: &str) -> anyhow::Result<Signature> {
    match Passed::from_text(text)? {
        Passed::Signature(signature) => Ok(signature),
        other => Err(other.other("a signature")),
    }
}

#[cfg(test)]
mod tests;
