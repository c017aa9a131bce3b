//! Amounts that expire: the first to expire is spent first.

use crate::MoneyError;
use alloc::vec::Vec;
use borsh::{BorshDeserialize, BorshSerialize};
use types::{Amount, TimestampMs};

/// An amount that counts until a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Lot {
    /// From this block time on it no longer counts.
    pub expires_ms: TimestampMs,
    /// How much; at least 1.
    pub amount: Amount,
}

/// One holder's lots, ascending by expiry, one a time.
#[derive(Clone, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Lots {
    lots: Vec<Lot>,
}

impl Lots {
    /// The lots, ascending by expiry, expired ones included.
    #[must_use]
    pub fn as_slice(&self) -> &[Lot] {
        &self.lots
    }

    /// What counts at `now`.
    ///
    /// # Errors
    /// [`MoneyError::Overflow`].
    pub fn live(&self, now: TimestampMs) -> Result<Amount, MoneyError> {
        self.sum(|lot| now < lot.expires_ms)
    }

    /// What has expired at `now` and was not swept.
    ///
    /// # Errors
    /// [`MoneyError::Overflow`].
    pub fn expired(&self, now: TimestampMs) -> Result<Amount, MoneyError> {
        self.sum(|lot| now >= lot.expires_ms)
    }

    fn sum(&self, counts: impl Fn(&Lot) -> bool) -> Result<Amount, MoneyError> {
        let mut lots = self.lots.iter().filter(|lot| counts(lot));
        lots.try_fold(Amount(0), |sum, lot| sum.checked_add(lot.amount)).ok_or(MoneyError::Overflow)
    }

    /// Put a lot in; an equal expiry is merged. Above `limit` lots the two that expire first
    /// become one, with the *earlier* expiry: nobody gains time by having many lots.
    ///
    /// # Errors
    /// [`MoneyError::Overflow`] if a merged lot does not fit, [`MoneyError::TooManyLots`] if
    /// `limit` is 0; the lots then stay as they are.
    pub fn add(&mut self, lot: Lot, limit: usize) -> Result<(), MoneyError> {
        if lot.amount == Amount(0) {
            return Ok(());
        }
        let mut lots = self.lots.clone();
        match lots.binary_search_by_key(&lot.expires_ms, |held| held.expires_ms) {
            Ok(at) => lots[at].amount = merged(lots[at], lot)?,
            Err(at) => lots.insert(at, lot),
        }
        if lots.len() > limit {
            let error = MoneyError::TooManyLots { found: lots.len(), limit };
            let [first, second, ..] = lots.as_slice() else { return Err(error) };
            let amount = merged(*first, *second)?;
            lots[1] = Lot { expires_ms: first.expires_ms, amount };
            lots.remove(0);
        }
        self.lots = lots;
        Ok(())
    }

    /// Take `amount` of what counts at `now`, first to expire first; what is taken keeps its
    /// expiry. A lot that is spent in part stays with its rest.
    ///
    /// # Errors
    /// [`MoneyError::Insufficient`] if less counts; the lots then stay as they are.
    pub fn take(&mut self, amount: Amount, now: TimestampMs) -> Result<Vec<Lot>, MoneyError> {
        let found = self.live(now)?;
        if found < amount {
            return Err(MoneyError::Insufficient { wanted: amount, found });
        }
        let (mut left, mut taken) = (amount, Vec::new());
        for lot in self.lots.iter_mut().filter(|lot| now < lot.expires_ms) {
            let part = lot.amount.min(left);
            if part == Amount(0) {
                break;
            }
            left = left.checked_sub(part).expect("a part is at most what is left");
            lot.amount = lot.amount.checked_sub(part).expect("a part is at most its lot");
            taken.push(Lot { expires_ms: lot.expires_ms, amount: part });
        }
        self.lots.retain(|lot| lot.amount != Amount(0));
        Ok(taken)
    }

    /// Remove what has expired at `now`, at most `limit` lots, and say how much it was.
    ///
    /// # Errors
    /// [`MoneyError::Overflow`]; the lots then stay as they are.
    pub fn sweep(&mut self, now: TimestampMs, limit: usize) -> Result<Amount, MoneyError> {
        // They are in order of expiry, so the expired ones stand first.
        let count = self.lots.partition_point(|lot| now >= lot.expires_ms).min(limit);
        let swept = self.lots.iter().take(count);
        let sum = swept.map(|lot| lot.amount).try_fold(Amount(0), Amount::checked_add);
        let sum = sum.ok_or(MoneyError::Overflow)?;
        self.lots.drain(..count);
        Ok(sum)
    }
}

fn merged(one: Lot, other: Lot) -> Result<Amount, MoneyError> {
    one.amount.checked_add(other.amount).ok_or(MoneyError::Overflow)
}

#[cfg(test)]
mod tests;
