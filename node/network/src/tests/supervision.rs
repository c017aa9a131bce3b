//! A swarm that fails is made anew; one that goes on failing is given up.

use super::harness::{Node, config, key, pair};
use crate::swarm::MAX_FAILURES;
use crate::{Command, Config, Event, NetworkError, StopReason, spawn};
use tokio::runtime::Handle;

fn stopped(event: &Event) -> Option<StopReason> {
    match event {
        Event::Stopped { reason } => Some(reason.clone()),
        _ => None,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_costs_the_connections_and_nothing_else() {
    let (mut first, mut second) = pair(config(1), config(2)).await;
    second.send(Command::Panic).await;
    second.wait_disconnected(first.key).await;
    first.wait_disconnected(second.key).await;
    // The list and the known addresses have outlived it.
    second.wait_connected(first.key).await;
    first.wait_connected(second.key).await;
    assert_eq!(second.metrics().restarts, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_swarm_that_goes_on_failing_is_given_up_with_its_reason() {
    let mut node = Node::start(config(1)).await;
    for _ in 0..MAX_FAILURES {
        node.send(Command::Panic).await;
    }
    let reason = node.wait("the end", stopped).await;
    assert_eq!(reason, StopReason::Failed { reason: "commanded to panic".to_owned() });
}

#[tokio::test(flavor = "multi_thread")]
async fn it_ends_when_it_is_told_to() {
    let mut node = Node::start(config(1)).await;
    node.send(Command::Stop).await;
    assert_eq!(node.wait("the end", stopped).await, StopReason::Commanded);
    (&mut node.task).await.expect("it ends without a panic");
    assert!(node.commands.send(Command::Stop).await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn it_ends_when_nobody_is_left_to_command_it() {
    let (commands, mut events, task) = spawn(config(1), &Handle::current()).expect("it starts");
    drop(commands);
    task.await.expect("it ends without a panic");
    let mut last = None;
    while let Some(event) = events.recv().await {
        last = Some(event);
    }
    let last = last.expect("it says that it ended");
    assert_eq!(stopped(&last), Some(StopReason::Commanded));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_in_use_is_an_error_at_once() {
    let node = Node::start(config(1)).await;
    let second = Config { listen: vec![node.address.clone()], ..config(2) };
    let error = spawn(second, &Handle::current()).expect_err("the port is taken");
    assert!(matches!(error, NetworkError::Listen { address, .. } if address == node.address));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_address_and_no_key_is_an_error_at_once() {
    let bad_address = Config { listen: vec!["localhost:7101".to_owned()], ..config(1) };
    let error = spawn(bad_address, &Handle::current()).expect_err("that is no multiaddress");
    assert!(matches!(error, NetworkError::Address { address, .. } if address == "localhost:7101"));

    // No point of the curve has this y coordinate.
    let no_key = types::PublicKey([2; 32]);
    let bad_key = Config { extra_peers: vec![no_key], ..config(1) };
    let error = spawn(bad_key, &Handle::current()).expect_err("that is no key");
    assert!(matches!(error, NetworkError::Key { key } if key == no_key));
    assert_ne!(key(1), no_key);
}
