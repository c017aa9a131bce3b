//! Use a coupon with an order, and undo that.

use crate::Coupon;
use crate::books::Moves;
use crate::campaign::less;
use crate::error::CouponError;
use crate::event::{self, COIN_ESCROW, Change, REWARD_FUND};
use crate::request::{GTIN_DOMAIN, ORDER_DOMAIN, RedeemRequest, RollbackRequest, SERIAL_DOMAIN};
use crate::rules::{self, add, subtract};
use crate::state::{Redemption, Reward, Serial, Status, Terms};
use sdk::prelude::*;
use sdk::{derive, merkle_verify, message_hash, new_id, time_ms, verify};

/// What two people sign.
struct Signed<'a> {
    method: &'a str,
    body: Vec<u8>,
    expiry: TimestampMs,
    keys: [PublicKey; 2],
    signatures: [Signature; 2],
}

impl Signed<'_> {
    /// Both signed the same bytes.
    fn check(&self) -> Result<(), CouponError> {
        let message = message_hash(self.method, &self.body, self.expiry);
        let good = |at: usize| verify(&self.keys[at], message.as_bytes(), &self.signatures[at]);
        if !good(0) {
            return Err(CouponError::SigMerchant);
        }
        if good(1) { Ok(()) } else { Err(CouponError::SigConsumer) }
    }
}

impl Coupon {
    pub(crate) fn use_coupon(
        &mut self,
        request: &RedeemRequest,
        signatures: [Signature; 2],
    ) -> Result<Hash, CouponError> {
        rules::check_request(request, time_ms())?;
        let id = request.campaign;
        let (terms, mut progress) = self.load_campaign(&id)?;
        if request.merchant != progress.merchant {
            return Err(CouponError::OtherMerchant);
        }
        let consumer = account_address(&request.consumer_key);
        let holder = self.check_parties(request, consumer)?;
        Signed {
            method: "redeem",
            body: types::encode(request),
            expiry: request.expiry_ms,
            keys: [request.merchant_key, request.consumer_key],
            signatures,
        }
        .check()?;
        let order = derive(ORDER_DOMAIN, &types::encode(&(request.order_hash, request.merchant)));
        let mut uses = self.orders.or_default(&order);
        uses.redeem(id, terms.stackable)?;
        let serial_hash = derive(SERIAL_DOMAIN, &request.serial);
        let serial = self.serials.get(&(id, serial_hash)).ok_or(CouponError::UnknownSerial)?;
        let redemption = new_id();
        let serial = serial.redeem(holder, redemption)?;
        if progress.status == Status::Closed {
            return Err(CouponError::Closed);
        }
        rules::check_window(&terms, time_ms())?;
        rules::check_basket(&terms, request)?;
        check_product(&terms, request)?;
        let coin = progress.coins.take(1)?;
        progress.redeemed = progress.redeemed.checked_add(1).ok_or(CouponError::Overflow)?;
        self.orders.set(&order, &uses);
        self.serials.set(&(id, serial_hash), &serial);
        self.progress.set(&id, &progress);
        let price = coin.value()?;
        let record = Redemption {
            campaign: id,
            serial_hash,
            merchant: request.merchant,
            consumer,
            holder,
            discount: request.discount,
            price,
            rewards: self.reward_parts(&terms, request.merchant, consumer, price)?,
            at_ms: time_ms(),
            rolled_back: false,
        };
        self.redemptions.set(&redemption, &record);
        let mut event = event::Redeemed::new(request, redemption, &record);
        event.changes = self.pay_rewards(&record)?;
        self.emit(event);
        Ok(redemption)
    }

    /// The consumer's pseudonym, once the parties are seen to differ by key and by person, and the
    /// merchant's key to be its own or its agent's.
    fn check_parties(
        &self,
        request: &RedeemRequest,
        consumer: Address,
    ) -> Result<Hash, CouponError> {
        let signer = account_address(&request.merchant_key);
        if consumer == request.merchant || consumer == signer {
            return Err(CouponError::SelfRedeem);
        }
        let holder = self.persons.get(&consumer);
        if holder.is_some() && holder == self.persons.get(&request.merchant) {
            return Err(CouponError::SelfRedeem);
        }
        let holder = holder.ok_or(CouponError::NotEnrolled)?;
        let acts = signer == request.merchant || self.agents.contains(&(request.merchant, signer));
        if acts { Ok(holder) } else { Err(CouponError::SigMerchant) }
    }

    fn reward_parts(
        &self,
        terms: &Terms,
        merchant: Address,
        consumer: Address,
        price: Amount,
    ) -> Result<Vec<Reward>, CouponError> {
        let network = self.load_settings().network;
        // A campaign without distributor gives it no share, so the stand-in gets nothing.
        let parties = [consumer, merchant, network, terms.distributor.unwrap_or(network)];
        let parts = rules::rewards(price, &terms.shares)?;
        let rewards = parties.into_iter().zip(parts);
        let rewards = rewards.map(|(party, amount)| Reward { party, amount });
        Ok(rewards.filter(|reward| reward.amount != Amount(0)).collect())
    }

    fn pay_rewards(&mut self, record: &Redemption) -> Result<Vec<Change>, CouponError> {
        let mut moves = Moves::default();
        moves.debit(COIN_ESCROW, record.merchant, record.price);
        for reward in &record.rewards {
            self.mint(reward.party, reward.amount)?;
            moves.credit(REWARD_FUND, reward.party, reward.amount);
        }
        let mut totals = self.load_totals();
        totals.coin_escrow = subtract(totals.coin_escrow, record.price)?;
        totals.issue_own(record.price)?;
        totals.reserved = less(totals.reserved, 1)?;
        totals.burned = totals.burned.checked_add(1).ok_or(CouponError::Overflow)?;
        self.totals.set(&totals);
        Ok(moves.finish())
    }

    pub(crate) fn undo(
        &mut self,
        request: &RollbackRequest,
        signatures: [Signature; 2],
    ) -> Result<(), CouponError> {
        rules::check_rollback(request, time_ms())?;
        let id = request.redemption;
        let mut record = self.redemptions.get(&id).ok_or(CouponError::UnknownRedemption)?;
        if record.rolled_back {
            return Err(CouponError::RolledBack);
        }
        self.check_rollback_parties(request, &record, signatures)?;
        let (terms, mut progress) = self.load_campaign(&record.campaign)?;
        rules::check_grace(&terms, record.at_ms, time_ms())?;
        let mut moves = Moves::default();
        for reward in &record.rewards {
            // One party may hold several parts: each is taken from what the others left.
            self.burn(reward.party, reward.amount).map_err(|_| CouponError::RewardSpent)?;
            moves.debit(REWARD_FUND, reward.party, reward.amount);
        }
        moves.credit(COIN_ESCROW, record.merchant, record.price);
        let back = Serial::RolledBack { holder: record.holder };
        self.serials.set(&(record.campaign, record.serial_hash), &back);
        progress.redeemed = less(progress.redeemed, 1)?;
        self.return_coin(&record, &mut progress)?;
        self.progress.set(&record.campaign, &progress);
        record.rolled_back = true;
        self.redemptions.set(&id, &record);
        self.emit(event::RolledBack {
            redemption: id,
            campaign: record.campaign,
            serial_hash: record.serial_hash,
            merchant: record.merchant,
            consumer: record.consumer,
            discount: record.discount,
            price: record.price,
            rewards: record.rewards,
            reason: request.reason.clone(),
            changes: moves.finish(),
        });
        Ok(())
    }

    fn check_rollback_parties(
        &self,
        request: &RollbackRequest,
        record: &Redemption,
        signatures: [Signature; 2],
    ) -> Result<(), CouponError> {
        let signer = account_address(&request.merchant_key);
        if signer != record.merchant && !self.agents.contains(&(record.merchant, signer)) {
            return Err(CouponError::SigMerchant);
        }
        if account_address(&request.consumer_key) != record.consumer {
            return Err(CouponError::SigConsumer);
        }
        Signed {
            method: "rollback",
            body: types::encode(request),
            expiry: request.expiry_ms,
            keys: [request.merchant_key, request.consumer_key],
            signatures,
        }
        .check()
    }

    /// The coin goes back to the campaign, or to its merchant if that is over.
    fn return_coin(
        &mut self,
        record: &Redemption,
        progress: &mut crate::Progress,
    ) -> Result<(), CouponError> {
        let coin = rules::one_coin(record.price);
        let mut totals = self.load_totals();
        totals.coin_escrow = add(totals.coin_escrow, record.price)?;
        totals.retire_own(record.price)?;
        totals.burned = less(totals.burned, 1)?;
        if progress.status == Status::Closed {
            let mut purse = self.purses.or_default(&record.merchant);
            purse.put(&coin)?;
            self.purses.set(&record.merchant, &purse);
            totals.free = totals.free.checked_add(1).ok_or(CouponError::Overflow)?;
        } else {
            progress.coins.put(&coin)?;
            totals.reserved = totals.reserved.checked_add(1).ok_or(CouponError::Overflow)?;
        }
        self.totals.set(&totals);
        Ok(())
    }
}

/// The product is on the campaign's list, if it has one.
fn check_product(terms: &Terms, request: &RedeemRequest) -> Result<(), CouponError> {
    if terms.gtins_root == Hash::ZERO {
        return Ok(());
    }
    let product = &request.product;
    let leaf = derive(GTIN_DOMAIN, &product.gtin.to_le_bytes());
    let (root, count) = (&terms.gtins_root, terms.gtins_count);
    if merkle_verify(root, &leaf, product.index, count, &product.proof) {
        Ok(())
    } else {
        Err(CouponError::Gtin)
    }
}

/// The account of a key (docs/protocol.md 5.2).
fn account_address(key: &PublicKey) -> Address {
    const ACCOUNT: &str = "address/account";
    Address(derive(ACCOUNT, &types::encode(&(0_u8, key))).0)
}
