//! Coins, campaigns and the positive offer file.

use crate::Coupon;
use crate::books::{Moves, need_role, need_value, pay};
use crate::error::CouponError;
use crate::event::{self, CLIP_ESCROW, COIN_ESCROW, REWARD_FUND};
use crate::rules::{self, MAX_COINS, MAX_DEPOSIT, add, subtract, times};
use crate::state::{CoinLot, Coins, Progress, Serial, Status, Terms};
use money::escrow;
use sdk::prelude::*;
use sdk::{caller, new_id, time_ms};

impl Coupon {
    pub(crate) fn buy(&mut self, count: u64) -> Result<(), CouponError> {
        need_role(Role::Merchant)?;
        check_count(count)?;
        let (merchant, price) = (caller(), self.load_settings().price);
        let sum = times(price, count)?;
        need_value(sum)?;
        let mut purse = self.purses.or_default(&merchant);
        purse.put(&Coins { lots: vec![CoinLot { price, count }] })?;
        self.purses.set(&merchant, &purse);
        let mut totals = self.load_totals();
        totals.coin_escrow = add(totals.coin_escrow, sum)?;
        totals.bought = totals.bought.checked_add(count).ok_or(CouponError::Overflow)?;
        totals.free = totals.free.checked_add(count).ok_or(CouponError::Overflow)?;
        self.totals.set(&totals);
        let mut moves = Moves::default();
        moves.credit(COIN_ESCROW, merchant, sum);
        self.emit(event::CoinsBought { merchant, count, price, changes: moves.finish() });
        Ok(())
    }

    pub(crate) fn refund(&mut self, count: u64) -> Result<Amount, CouponError> {
        need_role(Role::Merchant)?;
        check_count(count)?;
        let merchant = caller();
        let mut purse = self.purses.or_default(&merchant);
        let coins = purse.take(count)?;
        self.set_purse(&merchant, &purse);
        let sum = coins.value()?;
        let mut totals = self.load_totals();
        totals.coin_escrow = subtract(totals.coin_escrow, sum)?;
        totals.free = less(totals.free, count)?;
        totals.refunded = totals.refunded.checked_add(count).ok_or(CouponError::Overflow)?;
        self.totals.set(&totals);
        let mut moves = Moves::default();
        moves.debit(COIN_ESCROW, merchant, sum);
        let changes = moves.finish();
        self.emit(event::CoinsRefunded { merchant, lots: coins.lots, changes });
        pay(merchant, sum)?;
        Ok(sum)
    }

    fn set_purse(&mut self, merchant: &Address, purse: &Coins) {
        if purse.lots.is_empty() {
            self.purses.remove(merchant);
        } else {
            self.purses.set(merchant, purse);
        }
    }

    pub(crate) fn open(&mut self, terms: Terms, reserve: u64) -> Result<Hash, CouponError> {
        need_role(Role::Merchant)?;
        rules::check_terms(&terms, time_ms())?;
        let merchant = caller();
        let fee_each = escrow::fee(self.load_settings().price, terms.clip_fee)?;
        let fees = times(fee_each, terms.total_cap)?;
        need_value(fees)?;
        let mut purse = self.purses.or_default(&merchant);
        let coins = purse.take(reserve)?;
        self.set_purse(&merchant, &purse);
        let campaign = new_id();
        let status = Status::Open;
        let progress = Progress { merchant, status, coins, fee_each, clips: 0, redeemed: 0 };
        self.progress.set(&campaign, &progress);
        self.terms.set(&campaign, &terms);
        let mut totals = self.load_totals();
        totals.free = less(totals.free, reserve)?;
        totals.reserved = totals.reserved.checked_add(reserve).ok_or(CouponError::Overflow)?;
        totals.clip_escrow = add(totals.clip_escrow, fees)?;
        self.totals.set(&totals);
        let mut moves = Moves::default();
        moves.credit(CLIP_ESCROW, merchant, fees);
        let (reserved, changes) = (reserve, moves.finish());
        self.emit(event::CampaignOpened { campaign, merchant, terms, reserved, fee_each, changes });
        Ok(campaign)
    }

    pub(crate) fn load_campaign(&self, campaign: &Hash) -> Result<(Terms, Progress), CouponError> {
        let both = self.terms.get(campaign).zip(self.progress.get(campaign));
        both.ok_or(CouponError::UnknownCampaign)
    }

    /// The campaign, if the sender acts for its merchant.
    fn own_campaign(&self, campaign: &Hash) -> Result<(Terms, Progress), CouponError> {
        let (terms, progress) = self.load_campaign(campaign)?;
        let sender = caller();
        let acts =
            sender == progress.merchant || self.agents.contains(&(progress.merchant, sender));
        if acts { Ok((terms, progress)) } else { Err(CouponError::OtherMerchant) }
    }

    pub(crate) fn deposit(&mut self, id: Hash, hashes: Vec<Hash>) -> Result<(), CouponError> {
        check_list(&hashes)?;
        let (terms, progress) = self.own_campaign(&id)?;
        if progress.status != Status::Open {
            return Err(CouponError::Closed);
        }
        if time_ms() >= terms.end_ms {
            return Err(CouponError::Ended);
        }
        for hash in &hashes {
            if self.serials.contains(&(id, *hash)) {
                return Err(CouponError::SerialTaken);
            }
            self.serials.set(&(id, *hash), &Serial::Deposited);
        }
        self.emit(event::SerialsDeposited { campaign: id, hashes, by: caller() });
        Ok(())
    }

    pub(crate) fn void(&mut self, id: Hash, hashes: Vec<Hash>) -> Result<(), CouponError> {
        check_list(&hashes)?;
        self.own_campaign(&id)?;
        for hash in &hashes {
            let serial = self.serials.get(&(id, *hash)).ok_or(CouponError::UnknownSerial)?;
            self.serials.set(&(id, *hash), &serial.void()?);
        }
        self.emit(event::SerialsVoided { campaign: id, hashes, by: caller() });
        Ok(())
    }

    pub(crate) fn take_coupon(&mut self, id: Hash, hash: Hash) -> Result<(), CouponError> {
        let consumer = caller();
        let holder = self.persons.get(&consumer).ok_or(CouponError::NotEnrolled)?;
        let (terms, mut progress) = self.load_campaign(&id)?;
        rules::check_window(&terms, time_ms())?;
        let own = self.clips.or_default(&(id, holder));
        let own = rules::count_clip(&terms, &mut progress, own)?;
        let serial = self.serials.get(&(id, hash)).ok_or(CouponError::UnknownSerial)?;
        self.serials.set(&(id, hash), &serial.clip(holder)?);
        self.clips.set(&(id, holder), &own);
        self.progress.set(&id, &progress);
        let mut moves = Moves::default();
        if let (Some(distributor), fee) = (terms.distributor, progress.fee_each) {
            self.pay_fee(&mut moves, progress.merchant, distributor, fee)?;
        }
        let (campaign, serial_hash, changes) = (id, hash, moves.finish());
        self.emit(event::Clipped { campaign, serial_hash, consumer, holder, changes });
        Ok(())
    }

    fn pay_fee(
        &mut self,
        moves: &mut Moves,
        merchant: Address,
        distributor: Address,
        fee: Amount,
    ) -> Result<(), CouponError> {
        if fee == Amount(0) {
            return Ok(());
        }
        self.mint(distributor, fee)?;
        let mut totals = self.load_totals();
        totals.clip_escrow = subtract(totals.clip_escrow, fee)?;
        totals.issue_own(fee)?;
        self.totals.set(&totals);
        moves.debit(CLIP_ESCROW, merchant, fee);
        moves.credit(REWARD_FUND, distributor, fee);
        Ok(())
    }

    pub(crate) fn close(&mut self, campaign: Hash) -> Result<(), CouponError> {
        let (terms, mut progress) = self.load_campaign(&campaign)?;
        let merchant = progress.merchant;
        if caller() != merchant && time_ms() < terms.end_ms {
            return Err(CouponError::OtherMerchant);
        }
        let first = progress.status == Status::Open;
        let coins = rules::close(&terms, &mut progress, time_ms())?;
        let (freed, kept) = (coins.count()?, progress.coins.count()?);
        let mut purse = self.purses.or_default(&merchant);
        purse.put(&coins)?;
        self.set_purse(&merchant, &purse);
        self.progress.set(&campaign, &progress);
        // Nothing is clipped any more: what was held for it goes back, once.
        let unclipped = if first { less(terms.total_cap, progress.clips)? } else { 0 };
        let rest = times(progress.fee_each, unclipped)?;
        let mut totals = self.load_totals();
        totals.reserved = less(totals.reserved, freed)?;
        totals.free = totals.free.checked_add(freed).ok_or(CouponError::Overflow)?;
        totals.clip_escrow = subtract(totals.clip_escrow, rest)?;
        self.totals.set(&totals);
        let mut moves = Moves::default();
        moves.debit(CLIP_ESCROW, merchant, rest);
        let (over, changes) = (progress.status == Status::Closed, moves.finish());
        self.emit(event::CampaignClosed { campaign, merchant, over, freed, kept, changes });
        pay(merchant, rest)
    }
}

fn check_count(count: u64) -> Result<(), CouponError> {
    if (1..=MAX_COINS).contains(&count) { Ok(()) } else { Err(CouponError::Amount) }
}

fn check_list(hashes: &[Hash]) -> Result<(), CouponError> {
    if (1..=MAX_DEPOSIT).contains(&hashes.len()) {
        return Ok(());
    }
    Err(CouponError::limit("hashes", MAX_DEPOSIT as u64))
}

pub(crate) fn less(from: u64, count: u64) -> Result<u64, CouponError> {
    from.checked_sub(count).ok_or(CouponError::Overflow)
}
