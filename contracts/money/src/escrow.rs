//! Hold money for somebody until it is earned or goes back.
//!
//! Taken is rounded up, owed is rounded down, so what was taken for a whole always pays for its
//! parts; what is left when the escrow closes goes back to the payer.

use crate::{MoneyError, WHOLE_BP, mul_div_ceil, mul_div_floor};
use borsh::{BorshDeserialize, BorshSerialize};
use types::{Amount, BasisPoints};

/// What is taken into escrow for `quantity` at `price` for each `lot` of it, rounded up.
///
/// # Errors
/// [`MoneyError::ZeroDivisor`] if the lot is 0, [`MoneyError::Overflow`].
pub fn taken(quantity: u128, price: Amount, lot: u128) -> Result<Amount, MoneyError> {
    mul_div_ceil(quantity, price.0, lot).map(Amount)
}

/// What is owed for `quantity` at `price` for each `lot` of it, rounded down.
///
/// # Errors
/// [`MoneyError::ZeroDivisor`] if the lot is 0, [`MoneyError::Overflow`].
pub fn owed(quantity: u128, price: Amount, lot: u128) -> Result<Amount, MoneyError> {
    mul_div_floor(quantity, price.0, lot).map(Amount)
}

/// A fee of `rate` on an amount, rounded up.
///
/// # Errors
/// [`MoneyError::AboveWhole`] if the rate is more than the whole.
pub fn fee(amount: Amount, rate: BasisPoints) -> Result<Amount, MoneyError> {
    if rate.0 > WHOLE_BP {
        return Err(MoneyError::AboveWhole { part: rate.0.into(), whole: WHOLE_BP.into() });
    }
    mul_div_ceil(amount.0, rate.0.into(), WHOLE_BP.into()).map(Amount)
}

/// Money held for one purpose.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Escrow {
    held: Amount,
}

impl Escrow {
    /// An escrow that holds `amount`.
    #[must_use]
    pub const fn new(amount: Amount) -> Self {
        Self { held: amount }
    }

    /// What it holds.
    #[must_use]
    pub const fn held(&self) -> Amount {
        self.held
    }

    /// Put more in.
    ///
    /// # Errors
    /// [`MoneyError::Overflow`].
    pub fn deposit(&mut self, amount: Amount) -> Result<(), MoneyError> {
        self.held = self.held.checked_add(amount).ok_or(MoneyError::Overflow)?;
        Ok(())
    }

    /// Take out what was earned.
    ///
    /// # Errors
    /// [`MoneyError::Insufficient`] if it holds less; it then stays as it is.
    pub fn pay(&mut self, amount: Amount) -> Result<(), MoneyError> {
        let error = MoneyError::Insufficient { wanted: amount, found: self.held };
        self.held = self.held.checked_sub(amount).ok_or(error)?;
        Ok(())
    }

    /// Empty it: what goes back to the payer.
    #[must_use]
    pub fn close(&mut self) -> Amount {
        core::mem::take(&mut self.held)
    }
}

#[cfg(test)]
mod tests;
