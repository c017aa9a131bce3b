//! The counter as its callers see it.
#![allow(clippy::unwrap_used)]

use counter::{Counted, CounterClient, CounterError, MAX_STEP, Reset};
use sdk::testing::{Account, GasTable, TestEnv};

fn counter_at(count: u64) -> (TestEnv, Account, CounterClient<Account>) {
    let env = TestEnv::new();
    let owner = env.account("owner", 1_000);
    let counter = CounterClient::instantiate(&owner, count).unwrap();
    (env, owner, counter)
}

#[test]
fn adds_and_keeps_what_each_caller_added() {
    let (env, owner, counter) = counter_at(40);
    let bob = env.account("bob", 0);

    assert_eq!(counter.add(2), Ok(42));
    assert_eq!(counter.by(&bob).add(8), Ok(50));

    assert_eq!(counter.count(), Ok(50));
    assert_eq!(counter.count_of(owner.address()), Ok(2));
    assert_eq!(counter.count_of(bob.address()), Ok(8));
    let counted = env.events_of::<Counted>(counter.contract());
    assert_eq!(counted[1], Counted { by: bob.address(), step: 8, count: 50 });
    assert_eq!(counted.len(), 2);
}

#[test]
fn refuses_steps_outside_their_bounds() {
    let (env, _, counter) = counter_at(7);
    for step in [0, MAX_STEP + 1, u64::MAX] {
        let refused = counter.add(step).unwrap_err();
        assert_eq!(refused.refused(), Some(&CounterError::Step { limit: MAX_STEP }));
    }
    assert_eq!(counter.add(MAX_STEP), Ok(7 + MAX_STEP));
    assert_eq!(env.events_of::<Counted>(counter.contract()).len(), 1);
}

#[test]
fn refuses_to_pass_the_largest_count() {
    let (_, owner, counter) = counter_at(u64::MAX - 1);
    assert_eq!(counter.add(2).unwrap_err().refused(), Some(&CounterError::Overflow));
    assert_eq!(counter.count_of(owner.address()), Ok(0));
    assert_eq!(counter.add(1), Ok(u64::MAX));
}

#[test]
fn only_the_owner_sets_it_back() {
    let (env, _, counter) = counter_at(5);
    let bob = env.account("bob", 0);
    let refused = counter.by(&bob).reset().unwrap_err();
    assert_eq!(refused.refused(), Some(&CounterError::NotOwner));
    assert_eq!(counter.count(), Ok(5));

    assert_eq!(counter.reset(), Ok(()));
    assert_eq!(counter.count(), Ok(0));
    assert_eq!(env.events_of::<Reset>(counter.contract()), [Reset { count: 5 }]);
}

#[test]
fn takes_no_money() {
    let (env, owner, counter) = counter_at(0);
    let refused = counter.paying(sdk::Amount(1)).add(1).unwrap_err();
    assert_eq!(refused.standard(), Some(sdk::StandardFailure::NotPayable));
    assert_eq!(env.balance(&owner.address()), sdk::Amount(1_000));
}

#[test]
fn what_each_call_costs() {
    let (env, _, counter) = counter_at(1);
    let mut gas = GasTable::new();
    gas.note("init", &env);
    counter.add(1).unwrap();
    gas.note("add, first of a caller", &env);
    counter.add(1).unwrap();
    gas.note("add", &env);
    counter.count().unwrap();
    gas.note("count", &env);
    counter.reset().unwrap();
    gas.note("reset", &env);
    gas.compare(file!());
}
