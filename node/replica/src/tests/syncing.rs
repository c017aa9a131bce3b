//! Catching up: what is fetched, how far it has come, and who is blamed.

use crate::testing::Net;
use crate::work::WorkDone;
use crate::{Action, Event, Log};
use consensus::sync::Progress;
use executor::Rejection;
use types::wire::SyncAnswer;
use types::{Code, Height};

/// Three nodes went on to a height while the last one heard nothing.
fn net_with_laggard(height: u64) -> Net {
    let mut net = Net::started(4);
    net.run_to(2);
    net.silent.insert(3);
    net.run_to(height);
    net.silent.clear();
    net.nodes[3].done.clear();
    net
}

fn logs(net: &Net, i: usize) -> Vec<&Log> {
    let log = |action: &'_ Action| matches!(action, Action::Log(_));
    let logs = net.nodes[i].done.iter().filter(|action| log(action));
    logs.filter_map(|action| match action {
        Action::Log(log) => Some(log),
        _ => None,
    })
    .collect()
}

#[test]
fn a_node_that_is_behind_fetches_the_chain_and_votes_again() {
    let mut net = net_with_laggard(40);
    net.run_until("the laggard", |net| net.nodes[3].tip() >= Height(40));
    let tip = net.nodes[0].tip().0;
    net.run_to(tip + 3);
    let roots = |i: usize| net.nodes[i].disk.parent().state_root;
    net.nodes.iter().for_each(|node| assert!(node.tip() >= Height(tip)));
    assert!(roots(0) != types::Hash::ZERO);
}

#[test]
fn progress_is_told_while_it_lasts_and_when_it_is_over() {
    let mut net = net_with_laggard(40);
    let from = net.nodes[3].tip();
    net.nodes[3].holds_work = true;
    net.advance(1_000);
    let progress = net.nodes[3].replica.status().sync.unwrap();
    assert_eq!((progress.from, progress.tip), (from, from));
    assert!(progress.target >= Height(40));
    assert_eq!(progress.remaining_ms(), None, "nothing is known of its pace yet");
    net.nodes[3].holds_work = false;
    for action in std::mem::take(&mut net.nodes[3].done) {
        if matches!(action, Action::Work(_)) {
            net.take(3, action);
        } else {
            net.nodes[3].done.push(action);
        }
    }
    net.run_until("the laggard", |net| net.nodes[3].tip() >= Height(40));
    net.advance(2_000);
    assert_eq!(net.nodes[3].replica.status().sync, None);
    let told = logs(&net, 3);
    let begun = |log: &&&Log| matches!(log, Log::Syncing(progress) if progress.from == from);
    assert!(told.iter().any(|log| begun(&log)));
    let over = told.iter().find_map(|log| match log {
        Log::Synced(progress) => Some(*progress),
        _ => None,
    });
    let Progress { from: begun_at, tip, .. } = over.unwrap();
    assert_eq!(begun_at, from);
    assert!(tip >= Height(40));
}

#[test]
fn whoever_gives_a_block_that_is_none_is_blamed_and_somebody_else_is_asked() {
    let mut net = net_with_laggard(20);
    net.nodes[3].holds_work = true;
    net.advance(1_000);
    let height = net.nodes[3].tip().next();
    let giver = net.nodes[3].done.iter().find_map(|action| match action {
        Action::RequestSync(peer, _) => Some(*peer),
        _ => None,
    });
    net.nodes[3].done.clear();
    let reason = Rejection::new(Code::BadCertificate, "certificate", "none", "one");
    net.give(3, Event::Done(Box::new(WorkDone::SyncRefused { height, reason })));
    let blamed = net.nodes[3].done.iter().find_map(|action| match action {
        Action::Blame(peer, _) => Some(*peer),
        _ => None,
    });
    assert_eq!(blamed, giver);
    let asked = net.nodes[3].done.iter().find_map(|action| match action {
        Action::RequestSync(peer, request) => Some((*peer, request.from)),
        _ => None,
    });
    let (peer, from) = asked.unwrap();
    assert!(Some(peer) != giver);
    assert_eq!(from, height);
}

#[test]
fn whoever_claims_a_chain_and_gives_other_blocks_of_it_holds_nobody_up() {
    let mut net = Net::started(4);
    net.run_to(3);
    net.advance(1_000);
    let (peer, tip) = (net.nodes[1].peer, net.nodes[0].tip());
    net.silent.extend(1..4);
    for failures in 1..4 {
        net.nodes[0].done.clear();
        let now = net.now().mono_ms();
        net.nodes[0].replica.sync.peer_tip(peer, Height(1 << 60), now);
        net.advance(60_000);
        net.nodes[0].replica.plan_sync();
        let blocks = net.nodes[1].disk.synced(Height(1), 1);
        assert_eq!(blocks.len(), 1);
        let (oldest, finality) = (Height(1), None);
        let version = types::Version;
        let answer = SyncAnswer { version, tip: Height(1 << 60), oldest, blocks, finality };
        net.give(0, Event::SyncAnswered { peer, answer: Box::new(answer) });
        let blamed = |action: &Action| matches!(action, Action::Blame(of, _) if *of == peer);
        assert!(net.nodes[0].done.iter().any(blamed), "time {failures}");
        assert!(!net.nodes[0].replica.sync.is_behind(tip), "voting does not wait for it");
    }
}
