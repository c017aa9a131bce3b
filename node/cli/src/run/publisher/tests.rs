//! Why a node is not ready, and since when.

use super::*;
use types::{Height, Round, VotingPower};

fn status(present: u64, unconnected: Vec<ValidatorId>) -> Status {
    Status {
        tip: Height(9),
        finalized: Height(8),
        height: Height(10),
        round: Round(0),
        round_since_ns: 0,
        running: true,
        unconnected,
        step: None,
        proposer: None,
        prevote_power: VotingPower(0),
        precommit_power: VotingPower(0),
        missing_prevotes: Vec::new(),
        missing_precommits: Vec::new(),
        power_present: VotingPower(present),
        power_total: VotingPower(4),
        power_needed: VotingPower(3),
        observer: None,
        sync: None,
        alarm: None,
        abstentions: 0,
        pool_txs: 0,
        pool_bytes: 0,
        peers: 0,
        evidence_seen: 0,
        evidence_waiting: 0,
        evidence_left_out: 0,
        revealed: 0,
    }
}

#[test]
fn power_is_short_since_it_first_was_and_no_longer_once_it_is_back() {
    let at = |ms| TimestampMs(ms);
    assert_eq!(short_of_power(&status(3, Vec::new()), None, at(5)), None);
    assert_eq!(short_of_power(&status(2, Vec::new()), None, at(6)), Some(at(6)));
    assert_eq!(short_of_power(&status(1, Vec::new()), Some(at(6)), at(7)), Some(at(6)));
    assert_eq!(short_of_power(&status(3, Vec::new()), Some(at(6)), at(8)), None);
}

#[test]
fn a_certificate_above_the_tip_makes_final_what_is_there_and_no_more() {
    let heights = Heights::new(Height(9), Height(12));
    assert_eq!((heights.tip, heights.finalized), (Height(9), Height(9)));
}

#[test]
fn a_node_short_of_power_names_who_is_missing_how_much_is_needed_and_since_when() {
    let missing = ValidatorId([1; 32]);
    let heights = Heights::new(Height(9), Height(8));
    let head = head_of(&status(2, vec![missing]), heights, Some(TimestampMs(77)), "syn");
    let name = crypto::text::format_address("syn", AddressKind::Validator, &missing.0);
    let expected = format!("power 2 of 4 answers, 3 is needed, since 77 ms; absent: {name}");
    assert_eq!(head.not_ready, [expected]);
    let head = head_of(&status(3, vec![missing]), heights, None, "syn");
    assert!(head.not_ready.is_empty());
}
