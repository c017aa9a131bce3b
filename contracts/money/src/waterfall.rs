//! Distribute one receipt down an ordered list of tiers.

use crate::{MoneyError, WHOLE_BP, mul_div_floor};
use alloc::vec::Vec;
use types::{Amount, BasisPoints};

/// One tier; senior ones come first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tier {
    /// `floor(receipt · bp / 10,000)` of each receipt.
    OfGross(BasisPoints),
    /// Everything until it was paid `cap` in total; `paid` says how much it was so far.
    UpTo {
        /// Most it gets in total.
        cap: Amount,
        /// What it got before this receipt.
        paid: Amount,
    },
    /// What is left: the last tier, once.
    Rest,
}

impl Tier {
    /// The tier that pays investors back: up to `floor(invested · bp / 10,000)`.
    ///
    /// # Errors
    /// [`MoneyError::Overflow`].
    pub fn recoup(invested: Amount, bp: BasisPoints, paid: Amount) -> Result<Self, MoneyError> {
        let cap = mul_div_floor(invested.0, u128::from(bp.0), u128::from(WHOLE_BP))?;
        Ok(Self::UpTo { cap: Amount(cap), paid })
    }
}

/// What each tier gets of `receipt`, in their order; the parts add up to the receipt. A tier gets
/// nothing while a senior one is not full, and never more than its cap.
///
/// # Errors
/// [`MoneyError::NoRest`] unless exactly the last tier is [`Tier::Rest`];
/// [`MoneyError::AboveWhole`] if the parts of the gross exceed it; [`MoneyError::Overpaid`] if a
/// tier was paid more than its cap.
pub fn distribute(receipt: Amount, tiers: &[Tier]) -> Result<Vec<Amount>, MoneyError> {
    check(tiers)?;
    let mut left = receipt.0;
    let mut parts = Vec::with_capacity(tiers.len());
    for tier in tiers {
        let wanted = match tier {
            Tier::OfGross(bp) => mul_div_floor(receipt.0, bp.0.into(), WHOLE_BP.into())?,
            Tier::UpTo { cap, paid } => {
                let error = MoneyError::Overpaid { paid: *paid, owed: *cap };
                cap.checked_sub(*paid).ok_or(error)?.0
            }
            Tier::Rest => left,
        };
        let part = wanted.min(left);
        left = left.saturating_sub(part);
        parts.push(Amount(part));
    }
    assert!(left == 0, "the last tier takes the rest");
    Ok(parts)
}

fn check(tiers: &[Tier]) -> Result<(), MoneyError> {
    let rests = tiers.iter().filter(|tier| **tier == Tier::Rest).count();
    if rests != 1 || tiers.last() != Some(&Tier::Rest) {
        return Err(MoneyError::NoRest);
    }
    let mut gross = 0_u128;
    for tier in tiers {
        if let Tier::OfGross(bp) = tier {
            gross = gross.saturating_add(bp.0.into());
        }
    }
    if gross > u128::from(WHOLE_BP) {
        return Err(MoneyError::AboveWhole { part: gross, whole: WHOLE_BP.into() });
    }
    Ok(())
}

#[cfg(test)]
mod tests;
