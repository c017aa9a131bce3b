use super::{mul_div_ceil, mul_div_floor, mul_div_rem, widening_mul};
use crate::MoneyError;
use proptest::prelude::*;

/// Any size of number equally often: uniform ones are nearly all huge.
fn sized() -> impl Strategy<Value = u128> {
    (any::<u128>(), 0_u32..128).prop_map(|(number, shift)| number >> shift)
}

/// `a · b = quotient · divisor + remainder`, compared in 256 bits.
fn holds(a: u128, b: u128, divisor: u128, quotient: u128, remainder: u128) -> bool {
    let (high, low) = widening_mul(quotient, divisor);
    let (low, carry) = low.overflowing_add(remainder);
    (high + u128::from(carry), low) == widening_mul(a, b)
}

/// The product by an independent way: shift and add, bit by bit.
fn by_shift_and_add(a: u128, b: u128) -> (u128, u128) {
    let (mut high, mut low) = (0_u128, 0_u128);
    for place in (0..128).rev() {
        high = high << 1 | low >> 127;
        low <<= 1;
        if b >> place & 1 == 1 {
            let (sum, carry) = low.overflowing_add(a);
            low = sum;
            high += u128::from(carry);
        }
    }
    (high, low)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn the_product_is_that_of_shift_and_add(a in sized(), b in sized()) {
        prop_assert_eq!(widening_mul(a, b), by_shift_and_add(a, b));
    }

    #[test]
    fn quotient_and_remainder_give_the_product_back(a in sized(), b in sized(), c in sized()) {
        let (high, _) = widening_mul(a, b);
        match mul_div_rem(a, b, c) {
            Ok((quotient, remainder)) => {
                prop_assert!(remainder < c);
                prop_assert!(holds(a, b, c, quotient, remainder));
            }
            Err(MoneyError::ZeroDivisor) => prop_assert_eq!(c, 0),
            Err(error) => {
                prop_assert_eq!(error, MoneyError::Overflow);
                prop_assert!(c != 0 && high >= c);
            }
        }
    }

    #[test]
    fn ceil_is_floor_or_one_more(a in sized(), b in sized(), c in 1_u128..) {
        let (floor, ceil) = (mul_div_floor(a, b, c), mul_div_ceil(a, b, c));
        if let (Ok(floor), Ok(ceil)) = (floor, ceil) {
            let exact = mul_div_rem(a, b, c)?.1 == 0;
            prop_assert_eq!(ceil - floor, u128::from(!exact));
        }
    }

    #[test]
    fn floor_never_falls_as_a_factor_grows(
        a in sized(),
        more in sized(),
        b in sized(),
        c in 1_u128..,
    ) {
        let larger = a.saturating_add(more);
        if let (Ok(small), Ok(large)) = (mul_div_floor(a, b, c), mul_div_floor(larger, b, c)) {
            prop_assert!(small <= large);
        }
    }
}

#[test]
fn the_ends_of_the_range_are_exact() {
    let max = u128::MAX;
    assert_eq!(mul_div_floor(max, max, max), Ok(max));
    assert_eq!(mul_div_ceil(max, max, max), Ok(max));
    assert_eq!(mul_div_floor(max, max - 1, max), Ok(max - 1));
    assert_eq!(mul_div_rem(max, max - 1, max - 2), Err(MoneyError::Overflow));
    assert_eq!(mul_div_rem(1 << 127, 2, 3), Ok((max / 3, 1)));
    assert_eq!(mul_div_floor(max, 1, 0), Err(MoneyError::ZeroDivisor));
    assert_eq!(mul_div_floor(max, max, 0), Err(MoneyError::ZeroDivisor));
    assert_eq!(mul_div_floor(0, 0, 1), Ok(0));
    // floor fits, ceil does not: (2^128 - 1) · 3 + 2 over 3.
    assert_eq!(mul_div_ceil(max, 5, 4), Err(MoneyError::Overflow));
}
