use super::*;
use proptest::prelude::*;
use std::collections::BTreeMap;

/// What is asked, and what the guard must say.
#[derive(Debug, PartialEq)]
enum Answer {
    New,
    Again,
    OtherValue,
    NotRising,
    Nil,
    SealRound,
    OtherChain,
}

fn answer(guard: &Guard, address: &SignedAddress, value: &Value) -> Answer {
    match guard.admit(address, value) {
        Ok(Admission::New) => Answer::New,
        Ok(Admission::Again(_)) => Answer::Again,
        Err(Refusal::OtherValue { .. }) => Answer::OtherValue,
        Err(Refusal::NotRising { .. }) => Answer::NotRising,
        Err(Refusal::Nil) => Answer::Nil,
        Err(Refusal::SealRound { .. }) => Answer::SealRound,
        Err(Refusal::OtherChain { .. }) => Answer::OtherChain,
    }
}

#[test]
fn a_lane_rises_and_gives_the_same_value_again() {
    let guard = guard_after(&[(at(5, 2, Step::Prevote), X), (at(4, 0, Step::Seal), X)]);
    let table = [
        // Votes: (height, round, step) strictly rising.
        (at(5, 2, Step::Precommit), X, Answer::New),
        (at(5, 2, Step::Precommit), None, Answer::New),
        (at(5, 3, Step::Proposal), Y, Answer::New),
        (at(6, 0, Step::Proposal), X, Answer::New),
        (at(5, 2, Step::Prevote), X, Answer::Again),
        (at(5, 2, Step::Prevote), Y, Answer::OtherValue),
        (at(5, 2, Step::Prevote), None, Answer::OtherValue),
        (at(5, 2, Step::Proposal), X, Answer::NotRising),
        (at(5, 1, Step::Precommit), X, Answer::NotRising),
        (at(4, 9, Step::Precommit), X, Answer::NotRising),
        (at(9, 0, Step::Proposal), None, Answer::Nil),
        // Seals: height strictly rising, whatever the votes did.
        (at(5, 0, Step::Seal), Y, Answer::New),
        (at(4, 0, Step::Seal), X, Answer::Again),
        (at(4, 0, Step::Seal), Y, Answer::OtherValue),
        (at(3, 0, Step::Seal), X, Answer::NotRising),
        (at(9, 0, Step::Seal), None, Answer::Nil),
        (at(9, 1, Step::Seal), X, Answer::SealRound),
    ];
    for (address, value, expected) in table {
        assert_eq!(answer(&guard, &address, &value), expected, "{address:?} {value:?}");
    }
    let elsewhere = SignedAddress { chain_id: OTHER_CHAIN, ..at(9, 0, Step::Prevote) };
    assert_eq!(answer(&guard, &elsewhere, &X), Answer::OtherChain);
}

#[test]
fn what_is_given_again_is_what_was_made_then() {
    let guard = guard_after(&[(at(5, 2, Step::Prevote), X)]);
    let again = guard.admit(&at(5, 2, Step::Prevote), &X);
    assert_eq!(again, Ok(Admission::Again(signed(X))));
}

#[test]
fn an_address_given_up_is_not_signed_even_once() {
    let mut guard = made();
    guard.give_up(Height(7), Height(8));
    assert_eq!(answer(&guard, &at(8, 5, Step::Precommit), &X), Answer::NotRising);
    assert_eq!(answer(&guard, &at(8, u32::MAX, Step::Precommit), &X), Answer::NotRising);
    assert_eq!(answer(&guard, &at(9, 0, Step::Proposal), &X), Answer::New);
    assert_eq!(answer(&guard, &at(7, 0, Step::Seal), &X), Answer::NotRising);
    assert_eq!(answer(&guard, &at(8, 0, Step::Seal), &X), Answer::New);
}

#[test]
fn giving_up_never_lowers_a_lane() {
    let mut guard = guard_after(&[(at(9, 1, Step::Precommit), X), (at(8, 0, Step::Seal), X)]);
    let before = guard.clone();
    guard.give_up(Height(3), Height(4));
    assert_eq!(guard, before);
}

#[test]
#[should_panic(expected = "only what the guard admits")]
fn recording_what_was_not_admitted_is_a_broken_invariant() {
    let mut guard = guard_after(&[(at(5, 0, Step::Precommit), X)]);
    guard.record(at(5, 0, Step::Precommit), signed(Y), None);
}

#[test]
fn settled_only_rises() {
    let mut guard = made();
    guard.record(at(1, 0, Step::Prevote), signed(X), Some(at(1, 0, Step::Proposal)));
    guard.record(at(2, 0, Step::Prevote), signed(X), None);
    assert_eq!(guard.settled(), Some(&at(1, 0, Step::Proposal)));
}

#[test]
fn raising_meets_our_own_past_and_contradictions() {
    let top = at(5, 2, Step::Prevote);
    let mut guard = guard_after(&[(top, X)]);
    guard.raise(at(5, 1, Step::Prevote), signed(Y)).unwrap();
    guard.raise(top, signed(X)).unwrap();
    assert_eq!(guard.votes().top(), Some(&top));
    assert_eq!(guard.raise(top, signed(Y)), Err(Alarm::OtherValue(top)));
    guard.raise(at(5, 2, Step::Precommit), signed(Y)).unwrap();
    assert_eq!(guard.votes().top(), Some(&at(5, 2, Step::Precommit)));
    assert_eq!(guard.votes().signed(), Some(&signed(Y)));
}

#[test]
fn our_key_used_elsewhere_raises_the_alarm() {
    let top = at(5, 2, Step::Prevote);
    let guard = guard_after(&[(top, X), (at(4, 0, Step::Seal), X)]);
    assert_eq!(guard.judge_own(&at(5, 1, Step::Prevote), &Y), None);
    assert_eq!(guard.judge_own(&top, &X), None);
    assert_eq!(guard.judge_own(&top, &Y), Some(Alarm::OtherValue(top)));
    let above = at(5, 2, Step::Precommit);
    assert_eq!(guard.judge_own(&above, &X), Some(Alarm::Above(above)));
    let seal = at(5, 0, Step::Seal);
    assert_eq!(guard.judge_own(&seal, &X), Some(Alarm::Above(seal)));
}

fn wishes() -> impl Strategy<Value = Vec<(SignedAddress, Value)>> {
    let step = prop_oneof![
        Just(Step::Proposal),
        Just(Step::Prevote),
        Just(Step::Precommit),
        Just(Step::Seal)
    ];
    let value = prop_oneof![Just(None), Just(X), Just(Y)];
    let wish = (1_u64..4, 0_u32..3, step, value)
        .prop_map(|(height, round, step, value)| (at(height, round, step), value));
    proptest::collection::vec(wish, 0..80)
}

proptest! {
    /// Whatever is asked in whatever order, no address ever gets two values.
    #[test]
    fn no_address_gets_two_values(wishes in wishes()) {
        let mut guard = made();
        let mut given: BTreeMap<SignedAddress, Value> = BTreeMap::new();
        for (address, value) in wishes {
            let Ok(admission) = guard.admit(&address, &value) else { continue };
            if admission == Admission::New {
                guard.record(address, signed(value), None);
            }
            let first = *given.entry(address).or_insert(value);
            prop_assert_eq!(first, value);
        }
    }
}

#[test]
fn two_keys_sign_behind_one_guard_and_a_third_is_not_held() {
    let secret = |number: u8| {
        let key = crypto::sign::SecretKey::from_seed([number; 32]);
        crypto::ballot::ConsensusSecret::new(key, [number; 32], CHAIN)
    };
    let key = |number| secret(number).consensus_key();
    let mut signer =
        GuardedSigner::new(secret(1), made(), Box::new(|| [0; 32])).with_other(Some(secret(2)));
    let mut sign = |by: u8, address, value| {
        assert!(signer.use_key(&key(by)));
        signer.sign(&address, &value, &None).map(|(signature, _)| signature)
    };
    let old = sign(1, at(5, 0, Step::Prevote), X).unwrap();
    let new = sign(2, at(6, 0, Step::Prevote), X).unwrap();
    let expected = |by, address| secret(by).sign(&address, &X, [0; 32]).0;
    assert_eq!(old, expected(1, at(5, 0, Step::Prevote)));
    assert_eq!(new, expected(2, at(6, 0, Step::Prevote)));
    // Whichever key it falls to, an address is signed once.
    let refused = sign(1, at(6, 0, Step::Prevote), Y).unwrap_err();
    assert!(matches!(refused, SignError::Refused(Refusal::OtherValue { .. })), "{refused}");
    assert!(sign(1, at(5, 9, Step::Precommit), X).is_err());
    assert!(!signer.use_key(&key(3)));
    assert!(signer.use_key(&key(2)), "what it held it holds");
}
