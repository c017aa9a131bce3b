//! The books: who may, what came with a call, and how money moves between buckets.

use crate::Coupon;
use crate::error::CouponError;
use crate::event::{CLIP_ESCROW, COIN_ESCROW, Change, REWARD_FUND};
use crate::rules::{add, subtract};
use crate::state::{Settings, Totals};
use sdk::prelude::*;
use sdk::{caller, has_role, transfer, value};

/// The call comes with exactly this.
pub(crate) fn need_value(required: Amount) -> Result<(), CouponError> {
    let attached = value();
    if attached == required { Ok(()) } else { Err(CouponError::Value { required, attached }) }
}

/// The sender holds a role.
pub(crate) fn need_role(role: Role) -> Result<(), CouponError> {
    if has_role(&caller(), role) { Ok(()) } else { Err(CouponError::Role) }
}

/// Money that moves between buckets in one call.
#[derive(Default)]
pub(crate) struct Moves(Vec<Change>);

impl Moves {
    /// Into a bucket.
    pub(crate) fn credit(&mut self, bucket: &str, party: Address, amount: Amount) {
        self.push(bucket, party, amount, false);
    }

    /// Out of a bucket.
    pub(crate) fn debit(&mut self, bucket: &str, party: Address, amount: Amount) {
        self.push(bucket, party, amount, true);
    }

    fn push(&mut self, bucket: &str, party: Address, amount: Amount, out: bool) {
        if amount != Amount(0) {
            self.0.push(Change { bucket: bucket.into(), party, amount, out });
        }
    }

    pub(crate) fn finish(self) -> Vec<Change> {
        self.0
    }
}

impl Coupon {
    /// The counts and sums, as they are when a call begins.
    pub(crate) fn load_totals(&self) -> Totals {
        self.totals.or_default()
    }

    /// Give somebody ownership coin. The books are the caller's to change.
    pub(crate) fn mint(&mut self, to: Address, amount: Amount) -> Result<(), CouponError> {
        if amount == Amount(0) {
            return Ok(());
        }
        let held = self.own.or_default(&to);
        self.own.set(&to, &add(held, amount)?);
        Ok(())
    }

    /// Take ownership coin from somebody.
    ///
    /// # Errors
    /// [`CouponError::Insufficient`] with what there is.
    pub(crate) fn burn(&mut self, from: Address, amount: Amount) -> Result<(), CouponError> {
        let found = self.own.or_default(&from);
        let rest = found.checked_sub(amount).ok_or(CouponError::Insufficient { found })?;
        if rest == Amount(0) {
            self.own.remove(&from);
        } else {
            self.own.set(&from, &rest);
        }
        Ok(())
    }

    pub(crate) fn books(&self) -> Vec<Bucket> {
        let totals = self.load_totals();
        vec![
            Bucket::new(COIN_ESCROW, totals.coin_escrow),
            Bucket::new(CLIP_ESCROW, totals.clip_escrow),
            Bucket::new(REWARD_FUND, totals.reward_fund),
        ]
    }

    pub(crate) fn load_settings(&self) -> Settings {
        self.settings.get().expect("init has set them")
    }
}

impl Totals {
    /// Ownership coin comes to be, with the money behind it.
    pub(crate) fn issue_own(&mut self, amount: Amount) -> Result<(), CouponError> {
        self.reward_fund = add(self.reward_fund, amount)?;
        self.own_supply = add(self.own_supply, amount)?;
        Ok(())
    }

    /// Ownership coin goes, and the money behind it is free.
    pub(crate) fn retire_own(&mut self, amount: Amount) -> Result<(), CouponError> {
        self.reward_fund = subtract(self.reward_fund, amount)?;
        self.own_supply = subtract(self.own_supply, amount)?;
        Ok(())
    }
}

/// Pay somebody out of the contract's own money.
pub(crate) fn pay(to: Address, amount: Amount) -> Result<(), CouponError> {
    if amount == Amount(0) {
        return Ok(());
    }
    transfer(&to, amount).map_err(|_| CouponError::Transfer)
}
