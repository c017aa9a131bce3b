use super::largest_remainder;
use crate::MoneyError;
use alloc::vec::Vec;
use proptest::prelude::*;
use types::Amount;

fn split(total: u128, weights: &[u128]) -> Vec<u128> {
    largest_remainder(Amount(total), weights).unwrap().iter().map(|part| part.0).collect()
}

proptest! {
    #[test]
    fn the_parts_add_up_and_each_is_within_one_of_its_share(
        total in any::<u128>(),
        weights in proptest::collection::vec(any::<u64>(), 1..12),
    ) {
        let weights: Vec<u128> = weights.into_iter().map(u128::from).collect();
        let sum: u128 = weights.iter().sum();
        match largest_remainder(Amount(total), &weights) {
            Ok(parts) => {
                let parts: Vec<u128> = parts.iter().map(|part| part.0).collect();
                let mut rest = total;
                for part in &parts {
                    rest = rest.checked_sub(*part).expect("never more than the total");
                }
                prop_assert_eq!(rest, 0);
                for (part, weight) in parts.iter().zip(&weights) {
                    let floor = crate::mul_div_floor(total, *weight, sum)?;
                    prop_assert!(*part == floor || *part == floor + 1);
                    prop_assert!(*weight != 0 || *part == 0);
                }
            }
            Err(error) => {
                prop_assert_eq!(error, MoneyError::NoWeight);
                prop_assert_eq!(sum, 0);
            }
        }
    }

    #[test]
    fn a_larger_weight_never_gets_less(
        total in any::<u128>(),
        a in 0_u128..1_000,
        b in 0_u128..1_000,
        c in 1_u128..1_000,
    ) {
        let parts = split(total, &[a, b, c]);
        prop_assert!(a < b || parts[0] >= parts[1] || a == b);
        prop_assert!(b < a || parts[1] + u128::from(a == b) >= parts[0]);
    }
}

#[test]
fn one_more_in_total_may_give_one_holder_less() {
    assert_eq!(split(10, &[6, 6, 2]), [4, 4, 2]);
    assert_eq!(split(11, &[6, 6, 2]), [5, 5, 1]);
}

#[test]
fn ties_go_to_the_lowest_index() {
    assert_eq!(split(1, &[1, 1]), [1, 0]);
    assert_eq!(split(666_001, &[5_000, 5_000]), [333_001, 333_000]);
    assert_eq!(split(1_001, &[3_333, 3_333, 3_334, 0]), [334, 333, 334, 0]);
}

#[test]
fn refuses_weights_without_a_sum() {
    assert_eq!(largest_remainder(Amount(1), &[]), Err(MoneyError::NoWeight));
    assert_eq!(largest_remainder(Amount(1), &[0, 0]), Err(MoneyError::NoWeight));
    assert_eq!(largest_remainder(Amount(1), &[u128::MAX, 1]), Err(MoneyError::Overflow));
}
