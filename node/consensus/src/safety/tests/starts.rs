use super::*;

const FRESH: [u8; 32] = [6; 32];

fn facts(tip: u64) -> StartFacts<'static> {
    StartFacts {
        chain_id: CHAIN,
        genesis_hash: GENESIS,
        validator: OWN,
        machine: MACHINE,
        data_path: DATA,
        fresh: FRESH,
        database_instance: None,
        tip: Height(tip),
        journal: &[],
        newest_seal: None,
        key_seen: Height::ZERO,
        import_wait: 20,
        went_back: false,
    }
}

fn arming(tip: u64) -> Arming<'static> {
    Arming {
        chain_id: CHAIN,
        genesis_hash: GENESIS,
        validator: OWN,
        machine: MACHINE,
        data_path: DATA,
        fresh: FRESH,
        tip: Height(tip),
        height: None,
    }
}

fn instance() -> Hash {
    instance_of(MACHINE, DATA, &FRESH)
}

/// Facts of a later start beside the same database.
fn later(tip: u64) -> StartFacts<'static> {
    StartFacts { database_instance: Some(instance()), fresh: [7; 32], ..facts(tip) }
}

fn armed(start_result: Result<Start, StartError>) -> Guard {
    match start_result {
        Ok(Start::Armed(guard)) => guard,
        other => panic!("not armed: {other:?}"),
    }
}

fn observer(start_result: Result<Start, StartError>) -> Observer {
    match start_result {
        Ok(Start::Observer { reason, .. }) => reason,
        other => panic!("no observer: {other:?}"),
    }
}

/// A guard after its first start, having signed these.
fn working(messages: &[(SignedAddress, Value)]) -> Guard {
    let mut guard = armed(start(Some(made()), &facts(0)));
    for (address, value) in messages {
        guard.record(*address, signed(*value), None);
    }
    guard
}

#[test]
fn a_guard_made_with_its_keys_here_is_armed_by_the_first_start() {
    let guard = armed(start(Some(made()), &facts(0)));
    assert_eq!(guard.genesis_hash(), Some(GENESIS));
    assert_eq!(guard.standing(), Standing::Armed { instance: instance(), nonce: FRESH });
    assert_eq!((guard.votes().top(), guard.seals().top()), (None, None));
}

#[test]
fn a_crash_between_database_and_guard_at_the_first_start_does_no_harm() {
    let again = StartFacts { fresh: [9; 32], ..later(0) };
    armed(start(Some(made()), &again));
}

#[test]
fn a_guard_made_elsewhere_observes() {
    let moved = StartFacts { machine: b"another", ..facts(0) };
    assert_eq!(observer(start(Some(made()), &moved)), Observer::OtherMachine);
}

#[test]
fn an_armed_guard_stays_armed_with_its_own_database() {
    let guard = working(&[(at(5, 0, Step::Precommit), X), (at(4, 0, Step::Seal), X)]);
    let restarted = armed(start(Some(guard.clone()), &later(5)));
    assert_eq!(restarted, guard);
}

#[test]
fn everything_else_observes() {
    let guard = working(&[(at(5, 0, Step::Precommit), X)]);
    let other_genesis = StartFacts { genesis_hash: BlockId([9; 32]), ..later(5) };
    let other_chain = StartFacts { chain_id: OTHER_CHAIN, ..later(5) };
    let other_validator = StartFacts { validator: ValidatorId([9; 32]), ..later(5) };
    let other_machine = StartFacts { machine: b"another", ..later(5) };
    let other_path = StartFacts { data_path: "/mnt/copy", ..later(5) };
    let new_database = StartFacts { database_instance: None, ..later(5) };
    let other_database = StartFacts { database_instance: Some(Hash([9; 32])), ..later(5) };
    let chain = Observer::OtherChain { chain_id: CHAIN, genesis_hash: Some(GENESIS) };
    let table = [
        (other_genesis, chain.clone()),
        (other_chain, chain),
        (other_validator, Observer::OtherValidator { validator: OWN }),
        (other_machine, Observer::OtherPlace),
        (other_path, Observer::OtherPlace),
        (new_database, Observer::OtherDatabase),
        (other_database, Observer::OtherDatabase),
    ];
    for (facts, expected) in table {
        assert_eq!(observer(start(Some(guard.clone()), &facts)), expected);
    }
    assert_eq!(observer(start(None, &later(5))), Observer::Missing);
}

#[test]
fn the_message_says_whose_chain_the_guard_belongs_to_and_how_to_arm() {
    let guard = working(&[]);
    let facts = StartFacts { chain_id: OTHER_CHAIN, ..later(0) };
    let text = observer(start(Some(guard), &facts)).to_string();
    assert!(text.contains(&CHAIN.to_string()), "{text}");
    assert!(text.contains("validator arm --i-run-this-key-nowhere-else"), "{text}");
}

#[test]
fn lanes_are_raised_to_the_journal_and_the_database() {
    let journal = [(at(6, 0, Step::Prevote), signed(X)), (at(6, 0, Step::Precommit), signed(X))];
    let newest_seal = Some((at(5, 0, Step::Seal), signed(Y)));
    let facts = StartFacts { journal: &journal, newest_seal, ..later(5) };
    let guard = armed(start(Some(working(&[(at(6, 0, Step::Prevote), X)])), &facts));
    assert_eq!(guard.votes().top(), Some(&at(6, 0, Step::Precommit)));
    assert_eq!(guard.seals().top(), Some(&at(5, 0, Step::Seal)));
}

#[test]
fn a_journal_that_contradicts_the_guard_stops_the_node() {
    let place = at(6, 0, Step::Prevote);
    let journal = [(place, signed(Y))];
    let facts = StartFacts { journal: &journal, ..later(5) };
    let found = start(Some(working(&[(place, X)])), &facts);
    assert_eq!(found, Err(StartError::Contradiction(Alarm::OtherValue(place))));
}

#[test]
fn a_guarded_message_that_the_journal_lacks_never_left() {
    // The guard may lead by one message; the journal holds the one before.
    let mut guard = working(&[(at(6, 0, Step::Prevote), X)]);
    let settled = at(6, 0, Step::Prevote);
    guard.record(at(6, 0, Step::Precommit), signed(X), Some(settled));
    let journal = [(settled, signed(X))];
    let facts = StartFacts { journal: &journal, ..later(5) };
    let guard = armed(start(Some(guard), &facts));
    // Its address stays burnt.
    assert!(guard.admit(&at(6, 0, Step::Precommit), &Y).is_err());
    assert_eq!(guard.admit(&at(6, 1, Step::Prevote), &Y), Ok(Admission::New));
}

#[test]
fn storage_that_went_back_signs_nothing_until_the_chain_is_past_the_guard() {
    let mut guard = working(&[(at(6, 0, Step::Prevote), X)]);
    guard.record(at(7, 3, Step::Precommit), signed(X), Some(at(7, 2, Step::Precommit)));
    let back = |tip| Observer::StorageWentBack { tip: Height(tip), signed: Height(7) };
    // An empty journal beside a tip below what was settled.
    assert_eq!(observer(start(Some(guard.clone()), &later(5))), back(5));
    let again = |tip| StartFacts { went_back: true, ..later(tip) };
    assert_eq!(observer(start(Some(guard.clone()), &again(6))), back(6));
    let guard = armed(start(Some(guard), &again(7)));
    assert!(guard.admit(&at(7, 3, Step::Precommit), &Y).is_err());
}

#[test]
fn a_seal_above_the_tip_means_that_the_database_went_back() {
    let guard = working(&[(at(5, 0, Step::Seal), X)]);
    let expected = Observer::StorageWentBack { tip: Height(4), signed: Height(5) };
    assert_eq!(observer(start(Some(guard.clone()), &later(4))), expected);
    armed(start(Some(guard), &later(5)));
}

#[test]
fn lanes_raised_while_storage_is_behind_are_not_forgotten() {
    let journal = [(at(9, 0, Step::Prevote), signed(X))];
    let facts = StartFacts { journal: &journal, ..later(4) };
    let guard = working(&[(at(5, 0, Step::Seal), X)]);
    let Ok(Start::Observer { write: Some(kept), .. }) = start(Some(guard), &facts) else {
        panic!("storage went back");
    };
    assert_eq!(kept.votes().top(), Some(&at(9, 0, Step::Prevote)));
}

#[test]
fn an_imported_guard_waits_until_the_chain_went_on_without_its_key() {
    let guard = working(&[(at(5, 0, Step::Precommit), X)]).imported();
    let first = start(Some(guard), &later(100));
    let Ok(Start::Observer { reason, write: Some(guard) }) = first else {
        panic!("an import observes first: {first:?}");
    };
    assert_eq!(reason, Observer::Imported { from: Height(120) });
    let wait = |tip, seen| StartFacts { key_seen: Height(seen), ..later(tip) };
    let still = |from| Observer::Imported { from: Height(from) };
    assert_eq!(observer(start(Some(guard.clone()), &wait(119, 0))), still(120));
    assert_eq!(observer(start(Some(guard.clone()), &wait(125, 110))), still(130));
    let guard = armed(start(Some(guard), &wait(130, 110)));
    // Whoever ran the key before may have sealed the tip and voted above it.
    assert!(guard.admit(&at(131, 4, Step::Precommit), &X).is_err());
    assert_eq!(guard.admit(&at(132, 0, Step::Prevote), &X), Ok(Admission::New));
    assert!(guard.admit(&at(130, 0, Step::Seal), &X).is_err());
    assert_eq!(guard.admit(&at(131, 0, Step::Seal), &X), Ok(Admission::New));
}

#[test]
fn the_operator_arms_above_the_peers_tip() {
    let guard = arm(None, &arming(40));
    assert!(guard.admit(&at(41, 9, Step::Precommit), &X).is_err());
    assert_eq!(guard.admit(&at(42, 0, Step::Proposal), &X), Ok(Admission::New));
    assert!(guard.admit(&at(40, 0, Step::Seal), &X).is_err());
    assert_eq!(guard.admit(&at(41, 0, Step::Seal), &X), Ok(Admission::New));
    // It signs once the node has caught up with that tip.
    let behind = observer(start(Some(guard.clone()), &later(39)));
    assert!(matches!(behind, Observer::StorageWentBack { .. }));
    armed(start(Some(guard), &later(40)));
}

#[test]
fn arming_never_goes_below_what_the_old_guard_signed() {
    let old = working(&[(at(50, 0, Step::Precommit), X), (at(49, 0, Step::Seal), X)]);
    let lower = Arming { height: Some(Height(3)), ..arming(40) };
    for arming in [arming(40), lower] {
        let guard = arm(Some(old.clone()), &arming);
        assert_eq!(guard.votes().top(), Some(&at(50, 0, Step::Precommit)));
        assert_eq!(guard.seals().top(), Some(&at(49, 0, Step::Seal)));
    }
}

#[test]
fn arming_at_a_height_of_the_operators_own_starts_there() {
    let guard = arm(None, &Arming { height: Some(Height(10)), ..arming(40) });
    assert!(guard.admit(&at(9, 9, Step::Precommit), &X).is_err());
    assert_eq!(guard.admit(&at(10, 0, Step::Proposal), &X), Ok(Admission::New));
    assert!(guard.admit(&at(9, 0, Step::Seal), &X).is_err());
    assert_eq!(guard.admit(&at(10, 0, Step::Seal), &X), Ok(Admission::New));
}

#[test]
fn arming_takes_nothing_over_from_another_chain() {
    let old = working(&[(at(50, 0, Step::Precommit), X)]);
    let guard = arm(Some(old), &Arming { chain_id: OTHER_CHAIN, ..arming(2) });
    assert_eq!(guard.chain_id(), OTHER_CHAIN);
    assert_eq!(guard.votes().height(), Height(3));
    assert_eq!(guard.votes().signed(), None);
}

#[test]
fn a_guard_that_was_put_back_with_its_journal_signs_nothing_the_chain_may_know_otherwise() {
    let guard = working(&[(at(3, 0, Step::Precommit), X)]);
    let known = StartFacts { key_seen: Height(3), ..later(4) };
    assert_eq!(armed(start(Some(guard.clone()), &known)).votes().height(), Height(3));
    let newer = StartFacts { key_seen: Height(9), ..later(10) };
    let guard = armed(start(Some(guard), &newer));
    assert!(guard.votes().height() > Height(10), "it may have voted at the height after the tip");
    assert!(guard.seals().height() >= Height(10));
}
