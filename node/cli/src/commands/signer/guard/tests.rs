use super::*;
use types::{Share, Signature, ValidatorId};

const CHAIN: ChainId = ChainId([1; 32]);
const X: types::Value = Some(Hash([8; 32]));

fn at(height: u64, step: Step) -> SignedAddress {
    SignedAddress { chain_id: CHAIN, height: Height(height), round: Round::ZERO, step }
}

/// A guard made here that has signed a prevote.
fn guard() -> Guard {
    let mut guard = Guard::made(CHAIN, ValidatorId([2; 32]), machine_of(&machine_id()));
    let (signature, share) = (Signature([3; 64]), Share([4; 128]));
    let signed = consensus::safety::Signed { value: X, signature, share };
    guard.record(at(5, Step::Prevote), signed, None);
    guard
}

#[test]
fn a_question_is_answered_with_its_reason_and_changes_nothing() {
    let guard = guard();
    let before = guard.clone();
    let asked = |height, step, value| judge(&guard, &at(height, step), value);
    let higher = asked(6, Step::Prevote, None);
    assert!(higher.would_sign && !higher.again && higher.reason.is_none(), "{higher:?}");
    let same = asked(5, Step::Prevote, X);
    assert!(same.would_sign && same.again, "{same:?}");
    for (height, step, value, why) in [
        (5, Step::Prevote, None, "another value was signed there"),
        (4, Step::Prevote, X, "is not above height 5"),
        (6, Step::Seal, None, "a proposal or a seal of nil does not exist"),
    ] {
        let refused = asked(height, step, value);
        assert!(!refused.would_sign, "{refused:?}");
        assert!(refused.reason.as_ref().unwrap().contains(why), "{refused:?}");
    }
    let other = SignedAddress { chain_id: ChainId([9; 32]), ..at(6, Step::Prevote) };
    let reason = judge(&guard, &other, X).reason.unwrap();
    assert!(reason.contains(&other.chain_id.to_string()), "{reason}");
    assert_eq!(guard, before);
}

#[test]
fn an_imported_guard_says_that_it_signs_nothing_yet() {
    let verdict = judge(&guard().imported(), &at(6, Step::Prevote), X);
    assert!(!verdict.would_sign);
    assert!(verdict.reason.unwrap().contains("imported"));
}

#[test]
fn a_guard_comes_out_of_its_file_as_it_went_in() {
    let text = serde_json::to_vec(&GuardDocument::of(&guard())).unwrap();
    assert_eq!(GuardDocument::parse(&text).unwrap(), guard());
}

#[test]
fn a_file_that_says_other_than_its_record_is_refused_by_field() {
    let refuse = |change: &dyn Fn(&mut GuardDocument)| {
        let mut document = GuardDocument::of(&guard());
        change(&mut document);
        let text = serde_json::to_vec(&document).unwrap();
        format!("{:#}", GuardDocument::parse(&text).unwrap_err())
    };
    let other = ChainId([9; 32]).to_string();
    assert!(refuse(&|document| document.chain_id.clone_from(&other)).contains("chain_id"));
    assert!(refuse(&|document| document.validator.clone_from(&other)).contains("validator"));
    assert!(refuse(&|document| document.votes_height = 4).contains("votes and seals"));
    assert!(refuse(&|document| document.version = 2).contains("version is 2"));
    assert!(refuse(&|document| document.record.truncate(100)).contains("no whole guard"));
    assert!(refuse(&|document| document.record.push('x')).contains("record"));
}

#[test]
fn what_is_brought_never_lowers_what_lies_there() {
    let empty = Guard::made(CHAIN, ValidatorId([2; 32]), machine_of(&machine_id()));
    assert_eq!(join(empty, &guard()).unwrap().votes().height(), Height(5));
    let other = Guard::made(ChainId([9; 32]), ValidatorId([2; 32]), machine_of(&machine_id()));
    let error = join(guard(), &other).unwrap_err().to_string();
    assert!(error.contains(&other.chain_id().to_string()), "{error}");
}
