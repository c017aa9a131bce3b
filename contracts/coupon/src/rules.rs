//! The rules as plain functions: no storage, no host.

use crate::error::CouponError;
use crate::request::{
    MAX_GTIN, MAX_ORDER_BYTES, MAX_PROOF_HASHES, MAX_REASON_BYTES, MAX_REQUEST_MS,
    MAX_SERIAL_BYTES, MIN_SERIAL_BYTES, RedeemRequest, RollbackRequest,
};
use crate::state::{CoinLot, Coins, OrderUse, Progress, RewardShares, Serial, Status, Terms};
use alloc::{vec, vec::Vec};
use money::{WHOLE_BP, split};
use types::{Amount, Hash, TimestampMs};

/// Most prices whose coins one merchant or one campaign holds.
pub const MAX_LOTS: usize = 64;
/// Most coins of one purchase.
pub const MAX_COINS: u64 = 1_000_000_000;
/// Most coupons of one deposit.
pub const MAX_DEPOSIT: usize = 256;
/// Most campaigns whose coupons one order uses.
pub const MAX_STACKED: usize = 8;
/// Digits of an offer code.
pub const OFFER_CODE_DIGITS: usize = 6;
/// Longest campaign: ten years. Unit: ms.
pub const MAX_CAMPAIGN_MS: u64 = 10 * 366 * 24 * 60 * 60 * 1_000;
/// Longest grace: a year. Unit: ms.
pub const MAX_GRACE_MS: u64 = 366 * 24 * 60 * 60 * 1_000;

impl Coins {
    /// How many.
    ///
    /// # Errors
    /// [`CouponError::Overflow`].
    pub fn count(&self) -> Result<u64, CouponError> {
        let mut counts = self.lots.iter().map(|lot| lot.count);
        counts.try_fold(0_u64, u64::checked_add).ok_or(CouponError::Overflow)
    }

    /// What they are worth: each its own price.
    ///
    /// # Errors
    /// [`CouponError::Overflow`].
    pub fn value(&self) -> Result<Amount, CouponError> {
        let mut sum = Amount(0);
        for lot in &self.lots {
            sum = add(sum, times(lot.price, lot.count)?)?;
        }
        Ok(sum)
    }

    /// Put coins in. Coins of a price that is there join its lot.
    ///
    /// # Errors
    /// [`CouponError::Limit`] above [`MAX_LOTS`] prices, [`CouponError::Overflow`].
    pub fn put(&mut self, coins: &Self) -> Result<(), CouponError> {
        for lot in &coins.lots {
            let held = self.lots.iter().position(|held| held.price == lot.price);
            if let Some(at) = held {
                let sum = self.lots[at].count.checked_add(lot.count);
                self.lots[at].count = sum.ok_or(CouponError::Overflow)?;
            } else if self.lots.len() < MAX_LOTS {
                self.lots.push(*lot);
            } else {
                return Err(CouponError::limit("prices", MAX_LOTS as u64));
            }
        }
        Ok(())
    }

    /// Take `count` coins out, the oldest first.
    ///
    /// # Errors
    /// [`CouponError::NoCoins`] if there are fewer; they then stay as they are.
    pub fn take(&mut self, count: u64) -> Result<Self, CouponError> {
        let found = self.count()?;
        if found < count {
            return Err(CouponError::NoCoins { wanted: count, found });
        }
        let (mut left, mut taken) = (count, Self::default());
        for lot in &mut self.lots {
            let part = lot.count.min(left);
            if part == 0 {
                break;
            }
            lot.count = lot.count.saturating_sub(part);
            left = left.saturating_sub(part);
            taken.lots.push(CoinLot { price: lot.price, count: part });
        }
        self.lots.retain(|lot| lot.count > 0);
        Ok(taken)
    }
}

/// One coin that cost `price`.
#[must_use]
pub fn one_coin(price: Amount) -> Coins {
    Coins { lots: vec![CoinLot { price, count: 1 }] }
}

/// Whether coins may cost this.
///
/// # Errors
/// [`CouponError::Amount`] if it is 0.
pub fn check_price(price: Amount) -> Result<(), CouponError> {
    if price == Amount(0) { Err(CouponError::Amount) } else { Ok(()) }
}

/// `a + b`.
///
/// # Errors
/// [`CouponError::Overflow`].
pub fn add(a: Amount, b: Amount) -> Result<Amount, CouponError> {
    a.checked_add(b).ok_or(CouponError::Overflow)
}

/// `a − b`, where the books say that b is at most a.
///
/// # Errors
/// [`CouponError::Overflow`] if it is not.
pub fn subtract(a: Amount, b: Amount) -> Result<Amount, CouponError> {
    a.checked_sub(b).ok_or(CouponError::Overflow)
}

/// `amount · count`.
///
/// # Errors
/// [`CouponError::Overflow`].
pub fn times(amount: Amount, count: u64) -> Result<Amount, CouponError> {
    amount.0.checked_mul(u128::from(count)).map(Amount).ok_or(CouponError::Overflow)
}

/// Whether a merchant may offer this.
///
/// # Errors
/// The first rule that is broken.
pub fn check_terms(terms: &Terms, now: TimestampMs) -> Result<(), CouponError> {
    let code = terms.offer_code.as_bytes();
    if code.len() != OFFER_CODE_DIGITS || !code.iter().all(u8::is_ascii_digit) {
        return Err(CouponError::limit("offer_code", OFFER_CODE_DIGITS as u64));
    }
    if (terms.gtins_root == Hash::ZERO) != (terms.gtins_count == 0) {
        return Err(CouponError::limit("gtins_count", 0));
    }
    for (field, is_zero) in [
        ("face_value", terms.face_value == Amount(0)),
        ("per_consumer_cap", terms.per_consumer_cap == 0),
        ("total_cap", terms.total_cap == 0),
    ] {
        if is_zero {
            return Err(CouponError::limit(field, 1));
        }
    }
    let length = terms.end_ms.0.checked_sub(terms.start_ms.0).filter(|length| *length > 0);
    let length = length.ok_or(CouponError::Window)?;
    if terms.end_ms <= now {
        return Err(CouponError::Window);
    }
    if length > MAX_CAMPAIGN_MS {
        return Err(CouponError::limit("end_ms", MAX_CAMPAIGN_MS));
    }
    if terms.grace_ms > MAX_GRACE_MS {
        return Err(CouponError::limit("grace_ms", MAX_GRACE_MS));
    }
    check_shares(terms)
}

fn check_shares(terms: &Terms) -> Result<(), CouponError> {
    let RewardShares { consumer, merchant, network, distributor } = terms.shares;
    let sum = [consumer, merchant, network, distributor]
        .iter()
        .try_fold(0_u32, |sum, share| sum.checked_add(share.0));
    if sum != Some(WHOLE_BP) {
        return Err(CouponError::BpSum);
    }
    // No overflow: each is at most the sum, which is the whole.
    if consumer.0.saturating_add(merchant.0) >= WHOLE_BP {
        return Err(CouponError::PairGain);
    }
    if terms.distributor.is_none() && (distributor.0 > 0 || terms.clip_fee.0 > 0) {
        return Err(CouponError::NoDistributor);
    }
    if terms.clip_fee.0 > WHOLE_BP {
        return Err(CouponError::limit("clip_fee", u64::from(WHOLE_BP)));
    }
    Ok(())
}

/// How a coin's price is shared: consumer, merchant, network, distributor, by largest remainder,
/// ties to the first of them. The parts add up to the price.
///
/// # Errors
/// [`CouponError::Overflow`].
pub fn rewards(price: Amount, shares: &RewardShares) -> Result<[Amount; 4], CouponError> {
    let RewardShares { consumer, merchant, network, distributor } = *shares;
    let weights = [consumer, merchant, network, distributor].map(|share| u128::from(share.0));
    let parts = split::largest_remainder(price, &weights)?;
    parts.try_into().map_err(|_: Vec<Amount>| CouponError::Overflow)
}

/// Whether it is time to clip or redeem.
///
/// # Errors
/// [`CouponError::NotStarted`], [`CouponError::Ended`].
pub fn check_window(terms: &Terms, now: TimestampMs) -> Result<(), CouponError> {
    if now < terms.start_ms {
        return Err(CouponError::NotStarted);
    }
    if now >= terms.end_ms {
        return Err(CouponError::Ended);
    }
    Ok(())
}

/// Count one more clip of a person who has `own` so far.
///
/// # Errors
/// [`CouponError::Closed`], [`CouponError::Cap`], [`CouponError::TotalCap`].
pub fn count_clip(terms: &Terms, progress: &mut Progress, own: u32) -> Result<u32, CouponError> {
    if progress.status != Status::Open {
        return Err(CouponError::Closed);
    }
    if own >= terms.per_consumer_cap {
        return Err(CouponError::Cap { limit: terms.per_consumer_cap });
    }
    if progress.clips >= terms.total_cap {
        return Err(CouponError::TotalCap { limit: terms.total_cap });
    }
    progress.clips = progress.clips.checked_add(1).ok_or(CouponError::Overflow)?;
    own.checked_add(1).ok_or(CouponError::Overflow)
}

impl Serial {
    /// Given to a person.
    ///
    /// # Errors
    /// [`CouponError::SerialUsed`] unless nobody has it.
    pub fn clip(self, holder: Hash) -> Result<Self, CouponError> {
        match self {
            Self::Deposited => Ok(Self::Clipped { holder }),
            Self::Clipped { .. } | Self::Redeemed { .. } | Self::RolledBack { .. } | Self::Void => {
                Err(CouponError::SerialUsed)
            }
        }
    }

    /// Used by a person.
    ///
    /// # Errors
    /// [`CouponError::SerialUsed`] if it was used, [`CouponError::NotClipped`] if nobody has it,
    /// [`CouponError::NotHolder`] if somebody else does.
    pub fn redeem(self, by: Hash, redemption: Hash) -> Result<Self, CouponError> {
        match self {
            Self::Clipped { holder } | Self::RolledBack { holder } if holder == by => {
                Ok(Self::Redeemed { redemption })
            }
            Self::Clipped { .. } | Self::RolledBack { .. } => Err(CouponError::NotHolder),
            Self::Redeemed { .. } => Err(CouponError::SerialUsed),
            Self::Deposited | Self::Void => Err(CouponError::NotClipped),
        }
    }

    /// Withdrawn by the merchant.
    ///
    /// # Errors
    /// [`CouponError::SerialUsed`] unless nobody has it.
    pub fn void(self) -> Result<Self, CouponError> {
        self.clip(Hash::ZERO).map(|_| Self::Void)
    }
}

impl OrderUse {
    /// Use an order once more.
    ///
    /// # Errors
    /// [`CouponError::AlreadyRedeemed`] if it was used with this campaign,
    /// [`CouponError::Stacking`] if this coupon or the one before does not stack,
    /// [`CouponError::Limit`] above [`MAX_STACKED`] coupons.
    pub fn redeem(&mut self, campaign: Hash, stackable: bool) -> Result<(), CouponError> {
        if self.campaigns.contains(&campaign) {
            return Err(CouponError::AlreadyRedeemed);
        }
        if self.exclusive || (!stackable && !self.campaigns.is_empty()) {
            return Err(CouponError::Stacking);
        }
        if self.campaigns.len() >= MAX_STACKED {
            return Err(CouponError::limit("coupons of an order", MAX_STACKED as u64));
        }
        self.exclusive = !stackable;
        self.campaigns.push(campaign);
        Ok(())
    }
}

/// Whether a request keeps its bounds and is in time.
///
/// # Errors
/// [`CouponError::Limit`], [`CouponError::Expired`].
pub fn check_request(request: &RedeemRequest, now: TimestampMs) -> Result<(), CouponError> {
    let serial = request.serial.len();
    if !(MIN_SERIAL_BYTES..=MAX_SERIAL_BYTES).contains(&serial) {
        return Err(CouponError::limit("serial", MAX_SERIAL_BYTES as u64));
    }
    if request.order.content.len() > MAX_ORDER_BYTES {
        return Err(CouponError::limit("order", MAX_ORDER_BYTES as u64));
    }
    if request.product.proof.len() > MAX_PROOF_HASHES {
        return Err(CouponError::limit("proof", MAX_PROOF_HASHES as u64));
    }
    if request.product.gtin > MAX_GTIN {
        return Err(CouponError::limit("gtin", MAX_GTIN));
    }
    let life = request.expiry_ms.0.checked_sub(request.signed_ms.0).filter(|life| *life > 0);
    if life.is_none_or(|life| life > MAX_REQUEST_MS) {
        return Err(CouponError::limit("expiry_ms", MAX_REQUEST_MS));
    }
    check_expiry(request.expiry_ms, now)
}

/// Whether a message has not expired: block time decides.
///
/// # Errors
/// [`CouponError::Expired`].
pub fn check_expiry(expiry: TimestampMs, now: TimestampMs) -> Result<(), CouponError> {
    if now < expiry { Ok(()) } else { Err(CouponError::Expired) }
}

/// Whether the basket is what the campaign asks for. The product's place in the list is proved
/// elsewhere.
///
/// # Errors
/// [`CouponError::BelowMin`], [`CouponError::BelowQuantity`], [`CouponError::AboveFace`].
pub fn check_basket(terms: &Terms, request: &RedeemRequest) -> Result<(), CouponError> {
    if request.basket_total < terms.min_basket {
        let (basket, least) = (request.basket_total, terms.min_basket);
        return Err(CouponError::BelowMin { basket, least });
    }
    if request.product.quantity < terms.min_quantity {
        return Err(CouponError::BelowQuantity { least: terms.min_quantity });
    }
    let most = terms.face_value.min(request.basket_total);
    if request.discount > most || request.discount == Amount(0) {
        return Err(CouponError::AboveFace { most });
    }
    Ok(())
}

/// Whether a rollback keeps its bounds and is in time.
///
/// # Errors
/// [`CouponError::Limit`], [`CouponError::Expired`].
pub fn check_rollback(request: &RollbackRequest, now: TimestampMs) -> Result<(), CouponError> {
    if request.reason.len() > MAX_REASON_BYTES {
        return Err(CouponError::limit("reason", MAX_REASON_BYTES as u64));
    }
    check_expiry(request.expiry_ms, now)
}

/// Whether a redemption of `at` can still be rolled back.
///
/// # Errors
/// [`CouponError::GraceOver`].
pub fn check_grace(terms: &Terms, at: TimestampMs, now: TimestampMs) -> Result<(), CouponError> {
    let until = at.0.saturating_add(terms.grace_ms);
    if now.0 < until { Ok(()) } else { Err(CouponError::GraceOver) }
}

/// How many coins a campaign must keep: one for each coupon that somebody may still use.
#[must_use]
pub fn needed_coins(terms: &Terms, progress: &Progress, now: TimestampMs) -> u64 {
    if now >= terms.end_ms { 0 } else { progress.clips.saturating_sub(progress.redeemed) }
}

/// Close a campaign as far as it goes: its next status, and the coins that become free.
///
/// # Errors
/// [`CouponError::Closed`] if nothing is left to close.
pub fn close(
    terms: &Terms,
    progress: &mut Progress,
    now: TimestampMs,
) -> Result<Coins, CouponError> {
    let next = if now >= terms.end_ms { Status::Closed } else { Status::Closing };
    match (progress.status, next) {
        (Status::Open, _) | (Status::Closing, Status::Closed) => {}
        (Status::Closing | Status::Closed, _) => return Err(CouponError::Closed),
    }
    progress.status = next;
    let reserved = progress.coins.count()?;
    let kept = needed_coins(terms, progress, now).min(reserved);
    progress.coins.take(reserved.saturating_sub(kept))
}
