//! Split a growing pool among many who each fetch their own share, in constant work.
//!
//! Shares are constant: holder `i` has `s_i` of `S`. Everything that ever came in is the
//! cumulative pool `P`, which only grows.
//!
//! - Shares that stay where they are: [`claimable`], `floor(P·s/S) − paid`.
//! - Shares that move: each lot remembers the pool `P0` at which it was settled last; a new
//!   settlement pays [`settled`], `floor(P·s/S) − ceil(P0·s/S)`, and sets `P0 = P`. Rounding both
//!   down would pay a split lot's fraction twice: of 3 shares, a lot of 2 settled at pool 2 is paid
//!   1; split into two lots of 1, each would be paid 1 more at pool 3, and with the third share's
//!   1 that makes 4 of 3.
//!
//! What rounding leaves in the pool is dust. With constant shares it is less than a unit a holder;
//! it is shown in the audit and paid by [`crate::split::largest_remainder`] when the pool closes.

use crate::wide::{mul_div_ceil, mul_div_floor};
use crate::{MoneyError, split};
use alloc::vec::Vec;
use types::Amount;

/// What `share` of `shares` has earned of all that ever came in: `floor(pool · share / shares)`.
///
/// # Errors
/// [`MoneyError::NoWeight`] if there are no shares, [`MoneyError::AboveWhole`] if the share is
/// larger than all of them.
pub fn entitled(pool: Amount, share: u128, shares: u128) -> Result<Amount, MoneyError> {
    check(share, shares)?;
    mul_div_floor(pool.0, share, shares).map(Amount)
}

/// What a holder may fetch now: what it has earned less what it was paid.
///
/// # Errors
/// As [`entitled`]; [`MoneyError::Overpaid`] if more was paid than earned, which cannot happen
/// while the pool only grows and shares stay constant.
pub fn claimable(
    pool: Amount,
    share: u128,
    shares: u128,
    paid: Amount,
) -> Result<Amount, MoneyError> {
    let owed = entitled(pool, share, shares)?;
    owed.checked_sub(paid).ok_or(MoneyError::Overpaid { paid, owed })
}

/// What settling a lot of transferable shares pays: `floor(pool·share/shares) −
/// ceil(since·share/shares)`, not below 0, where `since` is the pool at its last settlement.
///
/// # Errors
/// As [`entitled`]; [`MoneyError::Overpaid`] if the pool was larger at the last settlement.
pub fn settled(
    pool: Amount,
    since: Amount,
    share: u128,
    shares: u128,
) -> Result<Amount, MoneyError> {
    if since > pool {
        return Err(MoneyError::Overpaid { paid: since, owed: pool });
    }
    let earned = entitled(pool, share, shares)?;
    let before = mul_div_ceil(since.0, share, shares)?;
    Ok(Amount(earned.0.saturating_sub(before)))
}

/// What each holder of constant shares still gets when the pool closes, dust included: afterwards
/// exactly `pool` was paid.
///
/// # Errors
/// As [`claimable`], for any of the holders given as (share, paid).
pub fn closing(pool: Amount, holders: &[(u128, Amount)]) -> Result<Vec<Amount>, MoneyError> {
    let shares: Vec<u128> = holders.iter().map(|(share, _)| *share).collect();
    let finals = split::largest_remainder(pool, &shares)?;
    // A holder's part is its floor or one more, so it is never below what it was paid.
    let rest = finals.iter().zip(holders).map(|(owed, (_, paid))| {
        owed.checked_sub(*paid).ok_or(MoneyError::Overpaid { paid: *paid, owed: *owed })
    });
    rest.collect()
}

fn check(share: u128, shares: u128) -> Result<(), MoneyError> {
    if shares == 0 {
        return Err(MoneyError::NoWeight);
    }
    if share > shares {
        return Err(MoneyError::AboveWhole { part: share, whole: shares });
    }
    Ok(())
}

#[cfg(test)]
mod tests;
