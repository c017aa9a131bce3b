use super::{Lot, Lots};
use crate::MoneyError;
use alloc::vec::Vec;
use proptest::prelude::*;
use types::{Amount, TimestampMs};

fn lot(expires_ms: u64, amount: u128) -> Lot {
    Lot { expires_ms: TimestampMs(expires_ms), amount: Amount(amount) }
}

fn lots(list: &[(u64, u128)]) -> Lots {
    let mut lots = Lots::default();
    for (expires_ms, amount) in list {
        lots.add(lot(*expires_ms, *amount), 100).unwrap();
    }
    lots
}

#[derive(Clone, Debug)]
enum Step {
    Add(u64, u128),
    Take(u128),
    Sweep(usize),
    Wait(u64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (0_u64..100, 0_u128..50).prop_map(|(validity, amount)| Step::Add(validity, amount)),
        (0_u128..100).prop_map(Step::Take),
        (0_usize..4).prop_map(Step::Sweep),
        (0_u64..30).prop_map(Step::Wait),
    ]
}

proptest! {
    #[test]
    fn nothing_is_lost_nothing_expired_is_spent_and_the_order_holds(
        steps in proptest::collection::vec(step(), 0..80),
        limit in 2_usize..8,
    ) {
        let (mut lots, mut now) = (Lots::default(), 0);
        let (mut added, mut spent, mut swept) = (0, 0, 0);
        for step in steps {
            match step {
                Step::Add(validity, amount) => {
                    lots.add(lot(now + validity, amount), limit)?;
                    added += amount;
                }
                Step::Take(amount) => {
                    let live = lots.live(TimestampMs(now))?;
                    let before = lots.clone();
                    match lots.take(Amount(amount), TimestampMs(now)) {
                        Ok(taken) => {
                            prop_assert!(taken.iter().all(|lot| lot.expires_ms.0 > now));
                            let sum: u128 = taken.iter().map(|lot| lot.amount.0).sum();
                            prop_assert_eq!(sum, amount);
                            // Nothing that is left and alive expires before what was taken.
                            let last = taken.last().map_or(0, |lot| lot.expires_ms.0);
                            let mut left = lots.as_slice().iter();
                            let earliest = left.find(|lot| lot.expires_ms.0 > now);
                            prop_assert!(earliest.is_none_or(|lot| lot.expires_ms.0 >= last));
                            spent += amount;
                        }
                        Err(_) => {
                            prop_assert!(amount > live.0);
                            prop_assert_eq!(&lots, &before);
                        }
                    }
                }
                Step::Sweep(most) => swept += lots.sweep(TimestampMs(now), most)?.0,
                Step::Wait(ms) => now += ms,
            }
            let (live, expired) = (lots.live(TimestampMs(now))?, lots.expired(TimestampMs(now))?);
            prop_assert_eq!(added, live.0 + expired.0 + spent + swept);
            prop_assert!(lots.as_slice().len() <= limit);
            let mut pairs = lots.as_slice().windows(2);
            prop_assert!(pairs.all(|two| two[0].expires_ms < two[1].expires_ms));
        }
    }
}

/// 120 minutes until 12 s and 60 until 17 s: 150 are paid at 6 s.
#[test]
fn the_first_to_expire_goes_first_and_keeps_its_expiry() {
    let mut from = lots(&[(17_000, 60), (12_000, 120)]);
    let taken = from.take(Amount(150), TimestampMs(6_000)).unwrap();
    assert_eq!(taken, [lot(12_000, 120), lot(17_000, 30)]);
    assert_eq!(from, lots(&[(17_000, 30)]));
    let mut to = Lots::default();
    taken.into_iter().try_for_each(|lot| to.add(lot, 100)).unwrap();
    // At the expiry itself a lot is over.
    assert_eq!(to.live(TimestampMs(11_999)), Ok(Amount(150)));
    assert_eq!(to.live(TimestampMs(12_000)), Ok(Amount(30)));
    let error = MoneyError::Insufficient { wanted: Amount(31), found: Amount(30) };
    assert_eq!(to.take(Amount(31), TimestampMs(12_000)), Err(error));
    assert_eq!(to.sweep(TimestampMs(12_000), 10), Ok(Amount(120)));
    assert_eq!(to, lots(&[(17_000, 30)]));
}

#[test]
fn a_sweep_takes_no_more_lots_than_it_may() {
    let mut held = lots(&[(10, 1), (20, 2), (30, 4)]);
    assert_eq!(held.sweep(TimestampMs(20), 1), Ok(Amount(1)));
    assert_eq!(held.sweep(TimestampMs(20), 5), Ok(Amount(2)));
    assert_eq!(held, lots(&[(30, 4)]));
}

#[test]
fn too_many_lots_become_fewer_with_the_earlier_expiry() {
    let mut few = Lots::default();
    for at in 1..=4_u64 {
        few.add(lot(at * 10, 1), 3).unwrap();
    }
    let held: Vec<Lot> = few.as_slice().to_vec();
    assert_eq!(held, [lot(10, 2), lot(30, 1), lot(40, 1)]);
    let error = MoneyError::TooManyLots { found: 1, limit: 0 };
    assert_eq!(Lots::default().add(lot(1, 1), 0), Err(error));
}
