//! Ownership coin: who holds it may give it away or turn it into money.

use crate::Coupon;
use crate::books::{Moves, pay};
use crate::error::CouponError;
use crate::event::{self, REWARD_FUND};
use sdk::caller;
use sdk::prelude::*;

impl Coupon {
    pub(crate) fn move_own(&mut self, to: Address, amount: Amount) -> Result<(), CouponError> {
        let from = caller();
        if amount == Amount(0) || to == from {
            return Err(CouponError::Amount);
        }
        self.burn(from, amount)?;
        self.mint(to, amount)?;
        let mut moves = Moves::default();
        moves.debit(REWARD_FUND, from, amount);
        moves.credit(REWARD_FUND, to, amount);
        self.emit(event::OwnTransferred { from, to, amount, changes: moves.finish() });
        Ok(())
    }

    pub(crate) fn cash(&mut self, amount: Amount) -> Result<(), CouponError> {
        if amount == Amount(0) {
            return Err(CouponError::Amount);
        }
        let owner = caller();
        self.burn(owner, amount)?;
        let mut totals = self.load_totals();
        totals.retire_own(amount)?;
        self.totals.set(&totals);
        let mut moves = Moves::default();
        moves.debit(REWARD_FUND, owner, amount);
        self.emit(event::OwnCashed { owner, amount, changes: moves.finish() });
        pay(owner, amount)
    }
}
