use super::*;
use types::{TimestampMs, VotingPower};

fn consensus(present: u64, waiting_ms: u64) -> Consensus {
    Consensus {
        height: Height(8),
        round: 0,
        step: "prevote".to_owned(),
        since_ms: TimestampMs(10_000),
        waiting_ms,
        proposer: None,
        power_total: VotingPower(4),
        power_needed: VotingPower(3),
        power_present: VotingPower(present),
        unconnected: (present..4).map(|i| AddressText(format!("syn1missing{i}"))).collect(),
        votes: Vec::new(),
        finalized: Height(7),
        alarm: None,
        abstentions: 0,
        diagnosis: "waits".to_owned(),
    }
}

fn level(findings: &[Finding], check: &str) -> Level {
    findings.iter().find(|finding| finding.check == check).unwrap().level
}

#[test]
fn is_red_without_a_quorum_and_names_who_is_missing() {
    let mut findings = Vec::new();
    of_consensus(&consensus(2, 10), &mut findings);
    assert_eq!(level(&findings, "power"), Level::Red);
    assert!(findings[0].text.contains("syn1missing2, syn1missing3"), "{}", findings[0].text);
    assert!(findings[0].text.contains("2 of 4 present, 3 needed"), "{}", findings[0].text);
    findings.clear();
    of_consensus(&consensus(3, 10), &mut findings);
    assert_eq!(level(&findings, "power"), Level::Yellow);
    findings.clear();
    of_consensus(&consensus(4, STUCK_MS), &mut findings);
    assert_eq!(level(&findings, "power"), Level::Green);
    assert_eq!(level(&findings, "consensus"), Level::Red);
}

#[test]
fn judges_a_clock_only_by_what_the_way_there_and_back_cannot_explain() {
    let consensus = consensus(4, 500);
    assert_eq!(of_clock(&consensus, 10_400, 10_600).level, Level::Green);
    assert_eq!(of_clock(&consensus, 10_700, 10_800).level, Level::Yellow);
    assert_eq!(of_clock(&consensus, 9_000, 10_000).level, Level::Red);
}
