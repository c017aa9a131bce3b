//! When a height starts, and that a restart goes on where it was.

use crate::replica::Signing;
use crate::testing::Net;
use crate::{Action, Event, Timer};
use types::Height;

fn is_running(net: &Net, i: usize) -> bool {
    net.nodes[i].replica.phase.is_running()
}

#[test]
fn a_starting_node_waits_for_its_peers_tips_but_not_for_ever() {
    let mut net = Net::new(4);
    net.silent.extend(1..4);
    net.start(0);
    net.settle();
    assert!(!is_running(&net, 0));
    net.advance(1_900);
    assert!(!is_running(&net, 0));
    net.advance(200);
    assert!(is_running(&net, 0));
}

#[test]
fn a_starting_node_goes_on_as_soon_as_all_have_answered() {
    let net = Net::started(4);
    assert_eq!(net.now().mono_ns, 0, "no time has passed");
    assert!((0..4).all(|i| is_running(&net, i) || net.nodes[i].tip() > Height::ZERO));
}

#[test]
fn a_height_without_work_starts_after_the_idle_time_and_with_work_after_the_interval() {
    let mut net = Net::started(1);
    net.run_to(3);
    let params = net.chain.genesis.params.clone();
    let between = |net: &mut Net| {
        let tip = net.nodes[0].tip();
        let begun = net.now().mono_ms();
        net.run_until("the next height", |net| net.nodes[0].tip() > tip);
        net.now().mono_ms() - begun
    };
    assert_eq!(between(&mut net), params.idle_interval_ms);
    let tx = net.chain.transfer(0, 0, net.now().wall_ms);
    net.give(0, Event::Submitted { request: 1, txs: vec![tx] });
    assert_eq!(between(&mut net), params.block_interval_ms);
    assert!(params.block_interval_ms < params.idle_interval_ms);
}

#[test]
fn a_chain_of_one_validator_decides_by_itself() {
    let mut net = Net::started(1);
    net.run_to(20);
    assert!(net.nodes[0].disk.finality.as_ref().unwrap().height >= Height(18));
}

#[test]
fn a_killed_node_replays_its_journal_and_signs_nothing_twice() {
    let mut net = Net::started(4);
    net.run_to(3);
    for i in 0..4 {
        // In the middle of a height: its votes are out, the block is not decided.
        net.silent.extend(0..4);
        net.advance(400);
        net.silent.clear();
        net.restart(i, Signing::Armed);
        net.settle();
        let tip = net.nodes[0].tip().0;
        net.run_to(tip + 2);
    }
    let stops = net.nodes.iter().flat_map(|node| &node.done);
    assert_eq!(stops.filter(|action| matches!(action, Action::Stop(_))).count(), 0);
    let pairs = net.nodes.iter().flat_map(|node| &node.done);
    assert_eq!(pairs.filter(|action| matches!(action, Action::GossipEvidence(_))).count(), 0);
}

#[test]
fn what_comes_after_a_stop_changes_nothing() {
    let mut net = Net::started(4);
    let reason = "the disk is gone".to_owned();
    net.give(0, Event::Done(Box::new(crate::WorkDone::Failed(reason))));
    assert!(matches!(net.nodes[0].done.last(), Some(Action::Stop(_))));
    net.nodes[0].done.clear();
    net.give(0, Event::Timer(Timer::Tick));
    assert!(net.nodes[0].done.is_empty());
}
