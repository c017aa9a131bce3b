//! Processes die, at any instant and at chosen ones. What was final stays, and nobody signs twice.

use crate::{ALL, in_lane, one_net};
use harness::cluster::{Cluster, PATIENCE, wait};
use harness::load::{Load, Wallet};
use std::time::Duration;
use types::{Amount, Height};

/// Heights that the others make while a node is down.
const HEIGHTS_DOWN: u64 = 2;
/// Heights that may go by while all are stopped, one after the other.
const HEIGHTS_TO_STOP: u64 = 30;
/// How long the last ones may live once too few are left to go on.
const LEFT_ALONE: Duration = Duration::from_secs(3);
/// SIGABRT: what a process that died on cue ended by.
const ABORTED: i32 = 6;
/// Kinds of actions at which all four die, each with how many of it a start should survive: some
/// heights' worth.
const KINDS: [(&str, u32); 10] = [
    ("append", 30),
    ("flush", 10),
    ("set-guard", 11),
    ("reset-journal", 5),
    ("send", 12),
    ("push-block", 2),
    ("commit-batch", 4),
    ("store-seal", 14),
    ("store-finality", 5),
    ("other", 300),
];

#[test]
fn one_of_four_killed_again_and_again_under_load_loses_nothing_and_signs_nothing_twice() {
    let _alone = one_net();
    let (mut cluster, load, before) = net_that_pays();
    for round in 0..in_lane(20, 100) {
        let victim = round % 4;
        let others: Vec<u16> = ALL.into_iter().filter(|node| *node != victim).collect();
        cluster.kill(victim).unwrap();
        let height = cluster.wait_more(&others, HEIGHTS_DOWN).unwrap();
        cluster.run(&[victim], &[]).unwrap();
        cluster.wait_final(&[victim], height, PATIENCE).unwrap();
    }
    nothing_is_lost(&mut cluster, load, before, 1);
}

#[test]
fn all_four_dying_between_the_precommits_and_the_batch_commit_the_same_block_when_they_return() {
    let _alone = one_net();
    let (mut cluster, load, before) = net_that_pays();
    let mut height = cluster.tip(0).unwrap().0 + HEIGHTS_TO_STOP;
    stop_all(&mut cluster);
    for round in 0..in_lane(20, 100) {
        // The first block after a start is the one that was decided before: die at it or after it.
        height += round % 3;
        let moment = format!("commit-batch@{height}");
        cluster.run(&ALL, &["--die-before", &moment]).unwrap();
        let died = wait_until_dead(&mut cluster);
        assert!(died >= 3, "{died} of 4 died at {moment}: more than two thirds had decided");
    }
    cluster.run(&ALL, &[]).unwrap();
    nothing_is_lost(&mut cluster, load, before, 2);
}

#[test]
fn all_four_dying_before_or_after_any_kind_of_action_return_and_agree() {
    let _alone = one_net();
    let (mut cluster, load, before) = net_that_pays();
    stop_all(&mut cluster);
    for (kind, number) in KINDS {
        for (option, number) in [("--die-before", number), ("--die-after", number + 1)] {
            let moment = format!("{kind}:{number}");
            cluster.run(&ALL, &[option, &moment]).unwrap();
            let died = wait_until_dead(&mut cluster);
            assert!(died >= 1, "nobody died at {option} {moment}");
        }
    }
    cluster.run(&ALL, &[]).unwrap();
    nothing_is_lost(&mut cluster, load, before, 2);
}

#[test]
fn all_four_killed_at_once_under_load_return_and_lose_nothing_final() {
    let _alone = one_net();
    let (mut cluster, load, before) = net_that_pays();
    for _ in 0..in_lane(3, 20) {
        let height = cluster.wait_more(&ALL, 3).unwrap();
        ALL.iter().for_each(|node| cluster.kill(*node).unwrap());
        cluster.run(&ALL, &[]).unwrap();
        cluster.wait_final(&ALL, Height(height.0 + 1), PATIENCE).unwrap();
    }
    nothing_is_lost(&mut cluster, load, before, 1);
}

/// Four validators, alice who pays bob without a pause, and what bob had before.
fn net_that_pays() -> (Cluster, Load, Amount) {
    let cluster = Cluster::start(4).unwrap();
    let before = Wallet::open(&cluster, "bob").unwrap().balance(&cluster, 0).unwrap();
    let load = Load::start(&cluster, "alice", "bob").unwrap();
    (cluster, load, before)
}

/// Stop paying; so many heights later all agree, nobody signed twice, and bob has every payment
/// that was said to be final.
fn nothing_is_lost(cluster: &mut Cluster, load: Load, before: Amount, heights: u64) {
    let paid = load.finish().unwrap();
    cluster.wait_more(&ALL, heights).unwrap();
    cluster.check_agreement(&ALL).unwrap();
    paid.check(cluster, &ALL, "bob", before).unwrap();
}

fn stop_all(cluster: &mut Cluster) {
    for node in ALL {
        let status = cluster.stop(node).unwrap();
        assert!(status.success(), "node {node} stops in order: {status}\n{}", cluster.log(node));
    }
}

/// Wait until all four are dead, and count those that died on cue. With two dead the others cannot
/// go on, and may wait for their own moment for ever: they are killed after a while.
fn wait_until_dead(cluster: &mut Cluster) -> usize {
    let dead = |cluster: &mut Cluster| {
        let ended = ALL.map(|node| cluster.exited(node).unwrap());
        ended.into_iter().flatten().count()
    };
    wait(PATIENCE, "two nodes to die on cue", || Ok(dead(cluster) >= 2)).unwrap();
    let _ = wait(LEFT_ALONE, "the others to follow", || Ok(dead(cluster) == ALL.len()));
    let mut died = 0;
    for node in ALL {
        match cluster.exited(node).unwrap() {
            Some(status) => {
                let signal = std::os::unix::process::ExitStatusExt::signal(&status);
                assert_eq!(signal, Some(ABORTED), "node {node}: {status}");
                died += 1;
            }
            None => cluster.kill(node).unwrap(),
        }
    }
    died
}
