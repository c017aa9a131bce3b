use super::{claimable, closing, entitled, settled};
use crate::MoneyError;
use crate::wide::mul_div_floor;
use alloc::vec;
use alloc::vec::Vec;
use proptest::prelude::*;
use types::Amount;

/// A step of a random history.
#[derive(Clone, Debug)]
enum Step {
    PayIn(u64),
    Claim(usize),
    /// Give a part of a lot to a new one, both settled first.
    Split(usize, u64),
    /// Put two lots together, both settled first.
    Merge(usize, usize),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (0_u64..50).prop_map(Step::PayIn),
        any::<usize>().prop_map(Step::Claim),
        (any::<usize>(), any::<u64>()).prop_map(|(lot, part)| Step::Split(lot, part)),
        (any::<usize>(), any::<usize>()).prop_map(|(one, other)| Step::Merge(one, other)),
    ]
}

type Rule = fn(Amount, Amount, u128, u128) -> Result<Amount, MoneyError>;

/// Play a history with a settlement rule: (pool, paid, lots).
fn play(holders: &[u64], steps: &[Step], rule: Rule) -> (u128, u128) {
    let mut lots: Vec<(u128, Amount)> =
        holders.iter().map(|share| (u128::from(*share), Amount(0))).collect();
    let shares: u128 = lots.iter().map(|(share, _)| share).sum();
    let (mut pool, mut paid) = (Amount(0), 0);
    let mut settle = |lot: &mut (u128, Amount), pool: Amount| {
        paid += rule(pool, lot.1, lot.0, shares).unwrap().0;
        lot.1 = pool;
    };
    for step in steps {
        match step {
            Step::PayIn(amount) => pool.0 += u128::from(*amount),
            Step::Claim(at) => {
                let at = at % lots.len();
                settle(&mut lots[at], pool);
            }
            Step::Split(at, part) => {
                let at = at % lots.len();
                settle(&mut lots[at], pool);
                let part = u128::from(*part) % (lots[at].0 + 1);
                lots[at].0 -= part;
                lots.push((part, pool));
            }
            Step::Merge(one, other) => {
                let (one, other) = (one % lots.len(), other % lots.len());
                if one != other {
                    settle(&mut lots[one], pool);
                    settle(&mut lots[other], pool);
                    lots[one].0 += lots[other].0;
                    lots.swap_remove(other);
                }
            }
        }
    }
    for lot in &mut lots {
        settle(lot, pool);
    }
    (pool.0, paid)
}

/// The rule that looks right and is not.
fn floor_less_floor(
    pool: Amount,
    since: Amount,
    share: u128,
    shares: u128,
) -> Result<Amount, MoneyError> {
    let now = mul_div_floor(pool.0, share, shares)?;
    Ok(Amount(now - mul_div_floor(since.0, share, shares)?))
}

proptest! {
    #[test]
    fn constant_shares_are_never_overpaid_and_leave_less_than_a_unit_each(
        shares in proptest::collection::vec(0_u64..1_000, 1..10),
        receipts in proptest::collection::vec((0_u64..1_000, any::<usize>()), 0..40),
    ) {
        let all: u128 = shares.iter().map(|share| u128::from(*share)).sum();
        prop_assume!(all > 0);
        let mut paid = vec![Amount(0); shares.len()];
        let mut pool = Amount(0);
        for (amount, who) in receipts {
            let who = who % shares.len();
            let before = entitled(pool, shares[who].into(), all)?;
            pool.0 += u128::from(amount);
            let after = entitled(pool, shares[who].into(), all)?;
            prop_assert!(before <= after, "what is owed never falls");
            paid[who].0 += claimable(pool, shares[who].into(), all, paid[who])?.0;
            prop_assert!(paid.iter().map(|paid| paid.0).sum::<u128>() <= pool.0);
        }
        for (paid, share) in paid.iter_mut().zip(&shares) {
            paid.0 += claimable(pool, (*share).into(), all, *paid)?.0;
        }
        let total: u128 = paid.iter().map(|paid| paid.0).sum();
        prop_assert!(total <= pool.0 && pool.0 - total < shares.len() as u128);
        let holders: Vec<_> = shares.iter().map(|s| u128::from(*s)).zip(paid).collect();
        let rest = closing(pool, &holders)?;
        prop_assert_eq!(total + rest.iter().map(|rest| rest.0).sum::<u128>(), pool.0);
    }

    #[test]
    fn moving_shares_are_never_overpaid(
        holders in proptest::collection::vec(1_u64..20, 1..6),
        steps in proptest::collection::vec(step(), 0..60),
    ) {
        let (pool, paid) = play(&holders, &steps, settled);
        prop_assert!(paid <= pool, "{paid} of {pool}");
    }
}

#[test]
fn rounding_both_down_pays_more_than_came_in() {
    let steps = [Step::PayIn(2), Step::Claim(0), Step::Split(0, 1), Step::PayIn(1)];
    assert_eq!(play(&[2, 1], &steps, floor_less_floor), (3, 4));
    assert_eq!(play(&[2, 1], &steps, settled), (3, 2));
}

#[test]
fn refuses_broken_books_by_name() {
    let (one, two) = (Amount(1), Amount(2));
    assert_eq!(entitled(one, 1, 0), Err(MoneyError::NoWeight));
    assert_eq!(entitled(one, 3, 2), Err(MoneyError::AboveWhole { part: 3, whole: 2 }));
    let overpaid = Err(MoneyError::Overpaid { paid: two, owed: one });
    assert_eq!(claimable(one, 1, 1, two), overpaid);
    assert_eq!(settled(one, two, 1, 1), overpaid);
}
