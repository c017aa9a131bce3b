//! Products before quotients, in 256 bits.

use crate::MoneyError;

/// Bits of a half product.
const HALF_BITS: u32 = 64;
/// Bits of a number.
const BITS: u32 = 128;
/// The lower half of a number.
const LOW: u128 = (1 << HALF_BITS) - 1;

/// `floor(a · b / divisor)`: whoever is paid the result loses the fraction.
///
/// # Errors
/// [`MoneyError::ZeroDivisor`]; [`MoneyError::Overflow`] if the quotient is not below 2^128.
pub fn mul_div_floor(a: u128, b: u128, divisor: u128) -> Result<u128, MoneyError> {
    mul_div_rem(a, b, divisor).map(|(quotient, _)| quotient)
}

/// `ceil(a · b / divisor)`: whoever is charged the result bears the fraction.
///
/// # Errors
/// [`MoneyError::ZeroDivisor`]; [`MoneyError::Overflow`] if the quotient is not below 2^128.
pub fn mul_div_ceil(a: u128, b: u128, divisor: u128) -> Result<u128, MoneyError> {
    let (quotient, remainder) = mul_div_rem(a, b, divisor)?;
    let up = u128::from(remainder != 0);
    quotient.checked_add(up).ok_or(MoneyError::Overflow)
}

/// Quotient and remainder of `a · b / divisor`.
///
/// # Errors
/// [`MoneyError::ZeroDivisor`]; [`MoneyError::Overflow`] if the quotient is not below 2^128.
pub fn mul_div_rem(a: u128, b: u128, divisor: u128) -> Result<(u128, u128), MoneyError> {
    // Nearly every product in practice fits: then the machine's own division does.
    if let Some(product) = a.checked_mul(b) {
        let quotient = product.checked_div(divisor).ok_or(MoneyError::ZeroDivisor)?;
        let remainder = product.checked_rem(divisor).ok_or(MoneyError::ZeroDivisor)?;
        return Ok((quotient, remainder));
    }
    let (high, low) = widening_mul(a, b);
    if divisor == 0 {
        return Err(MoneyError::ZeroDivisor);
    }
    // The quotient is below 2^128 exactly if the upper half is below the divisor.
    if high >= divisor {
        return Err(MoneyError::Overflow);
    }
    Ok(long_division(high, low, divisor))
}

/// The 256-bit product as (upper, lower) half, by the schoolbook rule on 64-bit digits.
fn widening_mul(a: u128, b: u128) -> (u128, u128) {
    let (a1, a0) = (a >> HALF_BITS, a & LOW);
    let (b1, b0) = (b >> HALF_BITS, b & LOW);
    // Each product of digits is at most (2^64 - 1)^2, so two digits more still fit: no sum wraps.
    let lowest = a0.wrapping_mul(b0);
    let middle = a1.wrapping_mul(b0).wrapping_add(lowest >> HALF_BITS);
    let other = a0.wrapping_mul(b1).wrapping_add(middle & LOW);
    let upper =
        a1.wrapping_mul(b1).wrapping_add(middle >> HALF_BITS).wrapping_add(other >> HALF_BITS);
    (upper, (other << HALF_BITS) | (lowest & LOW))
}

/// Binary long division of `high · 2^128 + low`; `high` is below `divisor`.
fn long_division(high: u128, low: u128, divisor: u128) -> (u128, u128) {
    let (mut remainder, mut quotient) = (high, 0);
    for place in (0..BITS).rev() {
        let carry = remainder >> (BITS - 1) == 1;
        remainder = (remainder << 1) | (low >> place & 1);
        quotient <<= 1;
        // With the carry the remainder stands for itself plus 2^128, which is above any divisor,
        // and below twice the divisor: the wrapped difference is the true one.
        if carry || remainder >= divisor {
            remainder = remainder.wrapping_sub(divisor);
            quotient |= 1;
        }
    }
    (quotient, remainder)
}

#[cfg(test)]
mod tests;
