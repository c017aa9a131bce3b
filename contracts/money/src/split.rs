//! Split an amount among few, all at once.

use crate::MoneyError;
use crate::wide::mul_div_rem;
use alloc::vec::Vec;
use types::Amount;

/// Split `total` by weights, exactly: each gets the floor of its share, and the units left go one
/// each to the largest remainders, ties to the lowest index (Hamilton's rule).
///
/// The rule is **not monotone** in the total: weights 6:6:2 give 4, 4, 2 of 10 but 5, 5, 1 of 11.
/// So it is for one event each; never take it of a cumulative total less what was paid before
/// ([`crate::pull`] is for that).
///
/// # Errors
/// [`MoneyError::NoWeight`] if the weights add up to 0, [`MoneyError::Overflow`] if to 2^128.
pub fn largest_remainder(total: Amount, weights: &[u128]) -> Result<Vec<Amount>, MoneyError> {
    let sum = weights.iter().try_fold(0_u128, |sum, weight| sum.checked_add(*weight));
    let sum = sum.ok_or(MoneyError::Overflow)?;
    if sum == 0 {
        return Err(MoneyError::NoWeight);
    }
    let mut parts = Vec::with_capacity(weights.len());
    let mut order = Vec::with_capacity(weights.len());
    let mut left = total.0;
    for (index, weight) in weights.iter().enumerate() {
        let (part, remainder) = mul_div_rem(total.0, *weight, sum)?;
        left = left.checked_sub(part).expect("floors of shares add up to the total at most");
        parts.push(Amount(part));
        order.push((core::cmp::Reverse(remainder), index));
    }
    order.sort_unstable();
    // Fewer units are left than there are parts with a remainder.
    for (_, index) in order {
        let Some(less) = left.checked_sub(1) else { break };
        left = less;
        let part = &mut parts[index];
        part.0 = part.0.checked_add(1).ok_or(MoneyError::Overflow)?;
    }
    assert!(left == 0, "a unit is left for every part at most");
    Ok(parts)
}

#[cfg(test)]
mod tests;
