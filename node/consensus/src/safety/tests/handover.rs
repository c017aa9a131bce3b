//! A guard handed on: lanes only rise, and nothing is armed that belongs elsewhere.

use super::*;

const WAIT: u64 = 20;

fn armed(guard: Guard) -> Guard {
    let nonce = [7; 32];
    let instance = instance_of(MACHINE, DATA, &nonce);
    Guard { standing: Standing::Armed { instance, nonce }, genesis_hash: Some(GENESIS), ..guard }
}

fn voted(height: u64, value: Value) -> Guard {
    guard_after(&[(at(height, 0, Step::Prevote), value)])
}

#[test]
fn a_made_guard_is_armed_on_its_own_machine_only() {
    let guard = made();
    let next = guard.followed_by(armed(made()), MACHINE, WAIT).unwrap();
    assert!(matches!(next.standing(), Standing::Armed { .. }));
    let elsewhere = guard.followed_by(armed(made()), b"another machine", WAIT);
    assert_eq!(elsewhere, Err(HandoverError::OtherMachine));
}

#[test]
fn a_lane_is_never_lowered_nor_changed_where_it_stands() {
    let guard = armed(voted(5, X));
    let higher = guard.followed_by(armed(voted(6, X)), MACHINE, WAIT).unwrap();
    assert_eq!(higher.votes().height(), Height(6));
    for lower in [armed(voted(4, X)), armed(voted(5, Y)), armed(made())] {
        let refused = guard.followed_by(lower, MACHINE, WAIT);
        assert_eq!(refused, Err(HandoverError::Lowered { height: Height(5) }));
    }
}

#[test]
fn an_armed_guard_stays_with_its_node() {
    let guard = armed(made());
    let nonce = [8; 32];
    let instance = instance_of(MACHINE, "/elsewhere", &nonce);
    let other = Guard { standing: Standing::Armed { instance, nonce }, ..armed(made()) };
    for next in [other, made(), made().imported()] {
        assert_eq!(guard.followed_by(next, MACHINE, WAIT), Err(HandoverError::OtherInstance));
    }
}

#[test]
fn an_imported_guard_is_armed_only_above_the_heights_it_waited_for() {
    let imported = voted(5, X).imported();
    let waits = Err(HandoverError::Waits { wait: WAIT });
    let given_up = |seals: u64| {
        let mut next = armed(voted(5, X));
        next.give_up(Height(seals), Height(seals + 1));
        next
    };
    assert_eq!(imported.followed_by(given_up(100), MACHINE, WAIT), waits, "it never began to wait");
    let since = Standing::Imported { since: Some(Height(10)) };
    let waiting = Guard { standing: since, ..imported.clone() };
    assert_eq!(imported.followed_by(waiting.clone(), MACHINE, WAIT), Ok(waiting.clone()));
    assert_eq!(waiting.followed_by(given_up(29), MACHINE, WAIT), waits);
    assert!(waiting.followed_by(given_up(30), MACHINE, WAIT).is_ok());
}

#[test]
fn a_guard_of_another_chain_genesis_or_validator_is_refused_by_name() {
    let (ours, theirs) = (CHAIN, OTHER_CHAIN);
    let stranger = Guard::made(OTHER_CHAIN, OWN, machine_of(MACHINE));
    let refused = made().followed_by(stranger, MACHINE, WAIT).unwrap_err();
    assert_eq!(refused, HandoverError::OtherChain { ours, theirs });
    assert!(refused.to_string().contains(&theirs.to_string()), "{refused}");
    let genesis = BlockId([9; 32]);
    let anew = Guard { genesis_hash: Some(genesis), ..armed(made()) };
    let refused = armed(made()).followed_by(anew, MACHINE, WAIT).unwrap_err();
    assert_eq!(refused, HandoverError::OtherGenesis { ours: GENESIS, theirs: genesis });
    let another = Guard::made(CHAIN, ValidatorId([5; 32]), machine_of(MACHINE));
    let refused = made().followed_by(another, MACHINE, WAIT).unwrap_err();
    assert!(matches!(refused, HandoverError::OtherValidator { .. }), "{refused}");
}

#[test]
fn two_guards_joined_have_the_higher_of_each_lane() {
    let seal = guard_after(&[(at(3, 0, Step::Seal), X)]);
    let joined = voted(5, X).joined(&seal).unwrap();
    assert_eq!((joined.votes().height(), joined.seals().height()), (Height(5), Height(3)));
    let lower = voted(5, X).joined(&voted(4, Y)).unwrap();
    assert_eq!(lower.votes(), voted(5, X).votes());
    let twice = voted(5, X).joined(&voted(5, Y));
    assert_eq!(twice, Err(Alarm::OtherValue(at(5, 0, Step::Prevote))));
}

#[test]
fn a_guard_carried_away_comes_back_whole_or_not_at_all() {
    let guard = armed(voted(5, X));
    let bytes = guard.export();
    assert_eq!(Guard::import(&bytes), Ok(guard));
    for cut in 0..bytes.len() {
        assert!(Guard::import(&bytes[..cut]).is_err(), "cut at {cut}");
    }
    for place in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[place] ^= 1;
        assert!(Guard::import(&changed).is_err(), "changed at {place}");
    }
}
