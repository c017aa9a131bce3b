//! Some are gone: with less than a third missing the chain goes on, with more it waits and says
//! for whom.

use crate::{ALL, in_lane, one_net};
use harness::cluster::{Cluster, PATIENCE, wait};
use serde_json::Value;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use types::Height;

/// Heights after which a dead validator gets no turn any more (protocol 2.5).
const SKIPPED_AFTER: u64 = 17;
/// Heights watched beyond that: three turns of each of four.
const WATCHED: u64 = 12;
/// How soon blocks must come once enough power is back.
const BACK_WITHIN: Duration = Duration::from_secs(10);

#[test]
fn a_dead_validator_costs_no_timeout_after_seventeen_heights() {
    let _alone = one_net();
    let mut cluster = Cluster::start(4).unwrap();
    let living = [0, 1, 2];
    cluster.stop(3).unwrap();
    let stopped_at = cluster.tip(0).unwrap();
    let free_from = Height(stopped_at.0 + SKIPPED_AFTER + 1);
    let last = Height(free_from.0 + WATCHED);
    cluster.wait_final(&living, last, PATIENCE).unwrap();
    let blocks = cluster.blocks(0, last).unwrap();
    // Its turns came up before, so that there was something to get rid of.
    let early = blocks.range(stopped_at..free_from).filter(|(_, (_, round))| *round > 0).count();
    assert!(early > 0, "no turn of the dead validator came up");
    let late: Vec<_> = blocks.range(free_from..).filter(|(_, (_, round))| *round > 0).collect();
    assert!(late.is_empty(), "the dead validator stopped at {stopped_at} still costs: {late:?}");
    // It returns to its turns.
    cluster.run(&[3], &[]).unwrap();
    cluster.wait_more(&ALL, 3).unwrap();
    cluster.check_agreement(&ALL).unwrap();
}

#[test]
fn two_of_four_missing_stop_the_chain_which_says_so_and_goes_on_when_they_return() {
    let _alone = one_net();
    let mut cluster = Cluster::start(4).unwrap();
    let missing = [2, 3].map(|node| cluster.status(node).unwrap().validator.unwrap().0);
    let since = now_ms();
    cluster.stop(2).unwrap();
    cluster.stop(3).unwrap();
    wait(PATIENCE, "node 0 to miss them", || Ok(cluster.ready(0)?.0 == 503)).unwrap();
    // The height that was being decided may have ended; from here on none can.
    let stalled = cluster.tip(0).unwrap();
    let until = Instant::now() + in_lane(Duration::from_secs(60), Duration::from_secs(600));
    let limit = in_lane(PATIENCE, Duration::from_secs(700));
    wait(limit, "the time of the outage to pass", || {
        let tips = [0, 1].map(|node| cluster.tip(node).unwrap());
        assert_eq!(tips, [stalled; 2], "two of four decide nothing");
        Ok(Instant::now() > until)
    })
    .unwrap();
    check_ready(&cluster, &missing, since);
    check_doctor(&cluster, &missing, since);
    let begun = Instant::now();
    cluster.run(&[2, 3], &[]).unwrap();
    cluster.wait_final(&[0, 1], stalled.next(), PATIENCE).unwrap();
    assert!(begun.elapsed() < BACK_WITHIN, "it took {:?}", begun.elapsed());
    cluster.wait_more(&ALL, 3).unwrap();
    cluster.check_agreement(&ALL).unwrap();
    assert_eq!(cluster.ready(0).unwrap().0, 200);
}

#[test]
fn two_of_four_that_hang_with_open_connections_are_missed_within_seconds() {
    let _alone = one_net();
    let mut cluster = Cluster::start(4).unwrap();
    cluster.freeze(2).unwrap();
    cluster.freeze(3).unwrap();
    wait(PATIENCE, "node 0 to miss two", || {
        let consensus = cluster.client(0)?.consensus()?;
        Ok(consensus.power_present.0 == 2 && consensus.unconnected.len() == 2)
    })
    .unwrap();
    let status = cluster.status(0).unwrap();
    assert!(!status.ready);
    assert!(status.not_ready.iter().any(|reason| reason.contains("power 2 of 4 answers")));
    cluster.thaw(2).unwrap();
    cluster.thaw(3).unwrap();
    cluster.wait_more(&ALL, 2).unwrap();
    wait(PATIENCE, "node 0 to be ready", || Ok(cluster.client(0)?.status()?.ready)).unwrap();
}

/// `/ready` names who is missing, how much power there is and is needed, and since when.
fn check_ready(cluster: &Cluster, missing: &[String; 2], stopped: u64) {
    let (code, body) = cluster.ready(0).unwrap();
    assert_eq!(code, 503);
    let json: Value = serde_json::from_str(&body).unwrap();
    let reason = json["not_ready"][0].as_str().unwrap();
    let start = "power 2 of 4 answers, 3 is needed, since ";
    let rest = reason.strip_prefix(start).unwrap_or_else(|| panic!("{reason}"));
    check_since(rest, stopped);
    assert!(missing.iter().all(|validator| reason.contains(validator)), "{reason}");
}

/// So does `syndic doctor`, which leaves with an error.
fn check_doctor(cluster: &Cluster, missing: &[String; 2], stopped: u64) {
    let output = cluster.try_syndic(&["doctor", "--json", "--node", &cluster.url(1)]).unwrap();
    assert!(!output.status.success());
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["level"], "red");
    let finding = |check: &str| {
        let findings = report["findings"].as_array().unwrap();
        let found = findings.iter().find(|finding| finding["check"] == check);
        let found = found.unwrap_or_else(|| panic!("doctor says nothing of {check}: {report}"));
        assert_eq!(found["level"], "red", "{found}");
        found["text"].as_str().unwrap().to_owned()
    };
    let power = finding("power");
    assert!(power.contains("2 of 4 present, 3 needed"), "{power}");
    assert!(missing.iter().all(|validator| power.contains(validator)), "{power}");
    let ready = finding("ready");
    check_since(ready.split("since ").nth(1).unwrap(), stopped);
}

/// A text that begins with a time after the nodes were stopped, and not long after.
fn check_since(text: &str, stopped: u64) {
    let since: u64 = text.split(' ').next().unwrap().parse().unwrap();
    assert!((stopped..stopped + 30_000).contains(&since), "since {since}, stopped at {stopped}");
}

fn now_ms() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    u64::try_from(now.as_millis()).unwrap()
}
