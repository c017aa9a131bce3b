use super::{Tier, distribute};
use crate::MoneyError;
use alloc::vec::Vec;
use proptest::prelude::*;
use types::{Amount, BasisPoints};

fn tier() -> impl Strategy<Value = Tier> {
    prop_oneof![
        (0_u32..2_000).prop_map(|bp| Tier::OfGross(BasisPoints(bp))),
        (0_u128..5_000, 0_u128..5_000)
            .prop_map(|(paid, more)| Tier::UpTo { cap: Amount(paid + more), paid: Amount(paid) }),
    ]
}

proptest! {
    #[test]
    fn parts_add_up_no_cap_is_passed_and_no_junior_goes_first(
        receipt in 0_u128..20_000,
        mut tiers in proptest::collection::vec(tier(), 0..5),
    ) {
        tiers.push(Tier::Rest);
        let parts = distribute(Amount(receipt), &tiers)?;
        prop_assert_eq!(parts.iter().map(|part| part.0).sum::<u128>(), receipt);
        let mut full = true;
        for (tier, part) in tiers.iter().zip(&parts) {
            prop_assert!(full || part.0 == 0, "a junior was paid before a senior was full");
            let wanted = match tier {
                Tier::OfGross(bp) => receipt * u128::from(bp.0) / 10_000,
                Tier::UpTo { cap, paid } => cap.0 - paid.0,
                Tier::Rest => part.0,
            };
            prop_assert!(part.0 <= wanted);
            full = full && part.0 == wanted;
        }
    }
}

/// The receipts of a film with 1,000,000 invested: distributor 15 %, collection 1 %, expenses
/// 100,000, investors back at 120 %, deferral 50,000, and the rest.
#[test]
fn two_receipts_of_a_film_run_down_their_tiers() {
    let invested = Amount(1_000_000);
    let tiers = |expenses, equity, deferral| {
        [
            Tier::OfGross(BasisPoints(1_500)),
            Tier::OfGross(BasisPoints(100)),
            Tier::UpTo { cap: Amount(100_000), paid: Amount(expenses) },
            Tier::recoup(invested, BasisPoints(12_000), Amount(equity)).unwrap(),
            Tier::UpTo { cap: Amount(50_000), paid: Amount(deferral) },
            Tier::Rest,
        ]
    };
    let run = |receipt, tiers: &[Tier]| -> Vec<u128> {
        distribute(Amount(receipt), tiers).unwrap().iter().map(|part| part.0).collect()
    };
    let first = run(400_001, &tiers(0, 0, 0));
    assert_eq!(first, [60_000, 4_000, 100_000, 236_001, 0, 0]);
    let second = run(2_000_000, &tiers(100_000, 236_001, 0));
    assert_eq!(second, [300_000, 20_000, 0, 963_999, 50_000, 666_001]);
}

#[test]
fn refuses_tiers_that_cannot_be_run() {
    let rest = Tier::Rest;
    let gross = Tier::OfGross(BasisPoints(6_000));
    assert_eq!(distribute(Amount(1), &[]), Err(MoneyError::NoRest));
    assert_eq!(distribute(Amount(1), &[rest, gross]), Err(MoneyError::NoRest));
    assert_eq!(distribute(Amount(1), &[rest, rest]), Err(MoneyError::NoRest));
    let above = Err(MoneyError::AboveWhole { part: 12_000, whole: 10_000 });
    assert_eq!(distribute(Amount(1), &[gross, gross, rest]), above);
    let (cap, paid) = (Amount(1), Amount(2));
    let overpaid = Err(MoneyError::Overpaid { paid, owed: cap });
    assert_eq!(distribute(Amount(1), &[Tier::UpTo { cap, paid }, rest]), overpaid);
}
