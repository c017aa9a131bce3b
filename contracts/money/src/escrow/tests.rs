use super::{Escrow, fee, owed, taken};
use crate::MoneyError;
use proptest::prelude::*;
use types::{Amount, BasisPoints};

proptest! {
    #[test]
    fn what_was_taken_for_the_whole_pays_for_every_part(
        parts in proptest::collection::vec(0_u128..1_000_000, 0..20),
        price in 0_u128..1_000_000_000,
        lot in 1_u128..10_000,
    ) {
        let whole: u128 = parts.iter().sum();
        let all = taken(whole, Amount(price), lot)?;
        let mut escrow = Escrow::new(all);
        let mut paid = 0;
        for part in parts {
            let amount = owed(part, Amount(price), lot)?;
            escrow.pay(amount).expect("floors of parts fit into the ceiling of the whole");
            paid += amount.0;
        }
        prop_assert_eq!(paid + escrow.close().0, all.0);
        prop_assert_eq!(escrow.held(), Amount(0));
    }

    #[test]
    fn a_fee_is_never_below_its_share_and_never_above_the_amount(
        amount in any::<u128>(),
        rate in 0_u32..=10_000,
    ) {
        let charged = fee(Amount(amount), BasisPoints(rate))?.0;
        prop_assert!(charged <= amount);
        let exact_floor = crate::mul_div_floor(amount, rate.into(), 10_000)?;
        prop_assert!(charged == exact_floor || charged == exact_floor + 1);
    }
}

#[test]
fn pays_no_more_than_it_holds() {
    let mut escrow = Escrow::new(Amount(10));
    let (wanted, found) = (Amount(11), Amount(10));
    assert_eq!(escrow.pay(wanted), Err(MoneyError::Insufficient { wanted, found }));
    assert_eq!(escrow.held(), found);
    assert_eq!(escrow.deposit(Amount(u128::MAX)), Err(MoneyError::Overflow));
    assert_eq!(escrow.deposit(Amount(1)), Ok(()));
    assert_eq!(escrow.pay(wanted), Ok(()));
}

#[test]
fn refuses_a_rate_above_the_whole() {
    let error = MoneyError::AboveWhole { part: 10_001, whole: 10_000 };
    assert_eq!(fee(Amount(1), BasisPoints(10_001)), Err(error));
}

#[test]
fn a_part_of_a_lot_is_taken_whole_and_owed_down() {
    assert_eq!(taken(1, Amount(10), 3), Ok(Amount(4)));
    assert_eq!(owed(1, Amount(10), 3), Ok(Amount(3)));
    assert_eq!(taken(1, Amount(10), 0), Err(MoneyError::ZeroDivisor));
}
