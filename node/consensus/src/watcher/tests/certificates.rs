//! Certificates from single entries, and who counts towards what.

use super::fixture::*;
use types::certificate::RoundCertificateKind;
use types::wire::ConsensusContent;
use types::{Height, Round, VoteKind, VotingPower};

const NOW: Height = Height(5);

#[test]
fn a_commit_certificate_holds_every_precommit_for_the_block_once_there_is_a_quorum() {
    let mut watcher = watcher_at(5);
    watcher.see(&precommit(0, 5, 1, Some(1)));
    watcher.see(&precommit(3, 5, 1, Some(1)));
    watcher.see(&precommit(2, 5, 1, None));
    assert_eq!(watcher.commit_certificate(NOW, Round(1), &block(1)), None);
    watcher.see(&precommit(1, 5, 1, Some(1)));
    let certificate = watcher.commit_certificate(NOW, Round(1), &block(1)).expect("a quorum");
    assert_eq!(ConsensusContent::Commit(certificate.clone()), commit(&[0, 1, 3], 5, 1, 1));
    assert_eq!(watcher.decided(NOW), Some(certificate));
    // Whoever precommitted both counts for both.
    watcher.see(&precommit(2, 5, 1, Some(1)));
    let richer = watcher.commit_certificate(NOW, Round(1), &block(1)).expect("a quorum");
    assert_eq!(richer.precommits.len(), 4);
    assert_eq!(watcher.commit_certificate(NOW, Round(0), &block(1)), None);
    assert_eq!(watcher.commit_certificate(NOW, Round(1), &block(2)), None);
}

#[test]
fn a_polka_is_more_than_two_thirds_for_one_block_and_never_for_nil() {
    let mut watcher = watcher_at(5);
    for from in 0..4 {
        watcher.see(&prevote(from, 5, 0, None));
    }
    assert_eq!(watcher.polka(NOW, Round(0)), None);
    for from in 0..3 {
        assert_eq!(watcher.polka(NOW, Round(1)), None);
        assert!(!watcher.has_quorum(NOW, Round(1), VoteKind::Prevote, &block(7)));
        watcher.see(&prevote(from, 5, 1, Some(7)));
    }
    let certificate = watcher.polka(NOW, Round(1)).expect("a polka");
    assert_eq!(ConsensusContent::Polka(certificate), polka(&[0, 1, 2], 5, 1, 7));
    assert!(watcher.has_quorum(NOW, Round(1), VoteKind::Prevote, &block(7)));
    assert!(!watcher.has_quorum(NOW, Round(1), VoteKind::Precommit, &block(7)));
}

#[test]
fn exactly_two_thirds_are_no_quorum() {
    let mut watcher = watcher_with(5, &set_of_power(&[1; 3]), 1 << 28);
    watcher.see(&prevote(0, 5, 0, Some(1)));
    watcher.see(&prevote(1, 5, 0, Some(1)));
    assert_eq!(watcher.polka(NOW, Round(0)), None);
}

#[test]
fn a_height_is_final_once_more_than_two_thirds_seal_one_value() {
    let mut watcher = watcher_at(5);
    watcher.see(&seal(0, 4, 1));
    watcher.see(&seal(1, 4, 1));
    watcher.see(&seal(2, 4, 2));
    assert_eq!(watcher.finality(Height(4)), None);
    watcher.see(&seal(3, 4, 1));
    let certificate = watcher.finality(Height(4)).expect("a quorum");
    assert_eq!(ConsensusContent::Finality(certificate), finality(&[0, 1, 3], 4, 1));
    assert_eq!(watcher.finality(Height(3)), None);
}

#[test]
fn power_that_seals_otherwise_counts_double_sealers_too() {
    let mut watcher = watcher_with(5, &set_of_power(&[1, 2, 4, 8]), 1 << 28);
    let ours = crypto::id::seal_value(&block(1), &types::Hash([1; 32]), &types::Hash([1; 32]));
    watcher.see(&seal(0, 4, 1));
    assert_eq!(
        watcher.power_sealing_otherwise(Height(4), &ours),
        Some((VotingPower(0), VotingPower(15)))
    );
    watcher.see(&seal(1, 4, 2));
    watcher.see(&seal(0, 4, 3));
    assert_eq!(
        watcher.power_sealing_otherwise(Height(4), &ours),
        Some((VotingPower(3), VotingPower(15)))
    );
    assert_eq!(watcher.power_sealing_otherwise(Height(90), &ours), None);
}

#[test]
fn precommits_of_more_than_two_thirds_end_a_round() {
    let mut watcher = watcher_at(5);
    watcher.see(&precommit(0, 5, 2, None));
    watcher.see(&precommit(1, 5, 2, Some(1)));
    assert_eq!(watcher.round_certificate(NOW, Round(2)), None);
    watcher.see(&precommit(3, 5, 2, Some(2)));
    let certificate = watcher.round_certificate(NOW, Round(2)).expect("leads to round 3");
    let votes = [
        (0, VoteKind::Precommit, None),
        (1, VoteKind::Precommit, Some(1)),
        (3, VoteKind::Precommit, Some(2)),
    ];
    let expected = round_certificate(RoundCertificateKind::Precommit, 5, 2, &votes);
    assert_eq!(ConsensusContent::Round(certificate), expected);
    assert_eq!(watcher.round_certificate(NOW, Round(3)), None);
}

#[test]
fn votes_of_more_than_one_third_let_one_skip_to_their_round() {
    let mut watcher = watcher_at(5);
    watcher.see(&prevote(0, 5, 6, None));
    watcher.see(&precommit(0, 5, 6, None));
    assert_eq!(watcher.round_certificate(NOW, Round(2)), None, "one validator counts once");
    watcher.see(&prevote(2, 5, 6, Some(1)));
    let certificate = watcher.round_certificate(NOW, Round(2)).expect("leads to round 6");
    let votes = [(0, VoteKind::Precommit, None), (2, VoteKind::Prevote, Some(1))];
    let expected = round_certificate(RoundCertificateKind::Skip, 5, 6, &votes);
    assert_eq!(ConsensusContent::Round(certificate), expected);
    // Who is in round 6 need not skip to it.
    assert_eq!(watcher.round_certificate(NOW, Round(6)), None);
}

#[test]
fn the_votes_that_lead_highest_are_chosen() {
    let mut watcher = watcher_at(5);
    for from in 0..4 {
        watcher.see(&precommit(from, 5, 1, None));
    }
    for from in 0..2 {
        watcher.see(&prevote(from, 5, 4, None));
    }
    let certificate = watcher.round_certificate(NOW, Round(0)).expect("some");
    assert_eq!((certificate.round, certificate.kind), (Round(4), RoundCertificateKind::Skip));
}

#[test]
fn names_who_has_not_voted_and_who_has_prevoted() {
    let mut watcher = watcher_at(5);
    watcher.see(&prevote(1, 5, 0, Some(1)));
    watcher.see(&prevote(3, 5, 1, Some(1)));
    watcher.see(&prevote(2, 5, 0, None));
    watcher.see(&precommit(0, 5, 0, Some(1)));
    assert_eq!(watcher.missing(NOW, Round(0), VoteKind::Prevote), vec![id(0), id(3)]);
    assert_eq!(watcher.missing(NOW, Round(0), VoteKind::Precommit), vec![id(1), id(2), id(3)]);
    assert_eq!(watcher.prevoters(NOW, &block(1)), vec![id(1), id(3)]);
    assert_eq!(watcher.missing(Height(99), Round(0), VoteKind::Prevote), vec![]);
}

#[test]
fn everything_held_of_a_height_comes_by_round_and_step_without_seals() {
    let mut watcher = watcher_at(5);
    assert!(!watcher.has_messages(Height(6)));
    watcher.see(&seal(0, 6, 1));
    assert!(!watcher.has_messages(Height(6)));
    let contents = vec![
        proposal(1, 6, 0, 1),
        prevote(0, 6, 0, Some(1)),
        prevote(2, 6, 0, None),
        prevote(2, 6, 0, Some(1)),
        precommit(0, 6, 0, Some(1)),
        prevote(0, 6, 1, None),
    ];
    for content in [5, 2, 0, 4, 3, 1].map(|at: usize| &contents[at]) {
        watcher.see(content);
    }
    assert!(watcher.has_messages(Height(6)));
    assert_eq!(watcher.held(Height(6)), contents);
}
