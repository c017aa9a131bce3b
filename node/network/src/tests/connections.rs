//! Who gets in, who does not, and what becomes of a connection that breaks.

use super::harness::{CHAIN, Node, config, key, pair};
use crate::{Command, Config, Event, KnownPeer, RefusalReason};
use std::net::TcpListener;
use types::{BlockId, ChainId, Height, PublicKey};

fn refusal_of(peer: PublicKey) -> impl Fn(&Event) -> Option<RefusalReason> {
    move |event| match event {
        Event::Refused { peer: who, reason } if *who == peer => Some(*reason),
        _ => None,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_members_connect_and_learn_each_others_tip() {
    let mut first = Node::start(config(1)).await;
    first.allow(&[2]).await;
    let second = Config { peers: vec![first.known()], tip: Height(9), ..config(2) };
    let mut second = Node::start(second).await;
    second.allow(&[1]).await;

    let tip_of = |peer: PublicKey| {
        move |event: &Event| match event {
            Event::PeerConnected { peer: who, handshake } if *who == peer => Some(handshake.tip),
            _ => None,
        }
    };
    assert_eq!(first.wait("the second", tip_of(second.key)).await, Height(9));
    assert_eq!(second.wait("the first", tip_of(first.key)).await, Height(3));
    assert_eq!(first.connected().await, [second.key]);
    assert_eq!(first.metrics().connected_peers, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_later_handshake_carries_the_tip_that_was_set() {
    let mut first = Node::start(config(1)).await;
    first.allow(&[2]).await;
    first.send(Command::SetTip { tip: Height(40), finalized: Height(39) }).await;
    // An answer proves that the commands before it were carried out.
    assert!(first.connected().await.is_empty());
    let mut second = Node::start(Config { peers: vec![first.known()], ..config(2) }).await;
    second.allow(&[1]).await;

    let seen = second
        .wait("the first", |event| match event {
            Event::PeerConnected { handshake, .. } => Some((handshake.tip, handshake.finalized)),
            _ => None,
        })
        .await;
    assert_eq!(seen, (Height(40), Height(39)));
    first.wait_connected(second.key).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_is_refused_before_any_stream_and_hears_nothing_of_us() {
    let (mut member, friend) = pair(config(1), config(2)).await;
    // The stranger knows the address and allows the member. It is of another chain: had it seen our
    // handshake, its own gate would tell.
    let other_chain = ChainId([9; 32]);
    let stranger = Config { peers: vec![member.known()], chain_id: other_chain, ..config(3) };
    let mut stranger = Node::start(stranger).await;
    stranger.allow(&[1]).await;

    for _ in 0..2 {
        let reason = member.wait("a refusal", refusal_of(stranger.key)).await;
        assert_eq!(reason, RefusalReason::NotAllowed);
    }
    // A connection whose gate fails is never multiplexed, so the stranger's side has none either.
    assert_eq!(stranger.count(|event| matches!(event, Event::PeerConnected { .. })), 0);
    assert_eq!(stranger.count(|event| matches!(event, Event::Refused { .. })), 0);
    assert!(stranger.connected().await.is_empty());
    assert_eq!(member.connected().await, [friend.key]);
    assert_eq!(member.metrics().connected_peers, 1);
    assert!(member.metrics().connections_refused >= 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_is_not_dialed_though_its_address_is_known() {
    let mut listener = Node::start(config(1)).await;
    listener.allow(&[2]).await;
    let dialer = Node::start(Config { peers: vec![listener.known()], ..config(2) }).await;
    // Another node that may connect serves as the clock: when it is in, the dialer had its turn.
    let mut other = Node::start(Config { peers: vec![listener.known()], ..config(3) }).await;
    listener.allow(&[2, 3]).await;
    other.allow(&[1]).await;
    listener.wait_connected(other.key).await;
    other.wait_connected(listener.key).await;

    assert_eq!(listener.connected().await, [other.key]);
    assert!(dialer.connected().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_of_another_chain_is_refused_with_both_chain_ids() {
    let mut ours = Node::start(config(1)).await;
    ours.allow(&[2]).await;
    let other_chain = ChainId([9; 32]);
    let theirs = Config { peers: vec![ours.known()], chain_id: other_chain, ..config(2) };
    let mut theirs = Node::start(theirs).await;
    theirs.allow(&[1]).await;

    let reason = ours.wait("a refusal", refusal_of(theirs.key)).await;
    assert_eq!(reason, RefusalReason::WrongChain { ours: CHAIN, theirs: other_chain });
    let reason = theirs.wait("a refusal", refusal_of(ours.key)).await;
    assert_eq!(reason, RefusalReason::WrongChain { ours: other_chain, theirs: CHAIN });
    assert!(ours.connected().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_of_another_genesis_is_refused() {
    let mut ours = Node::start(config(1)).await;
    ours.allow(&[2]).await;
    let genesis_hash = BlockId([1; 32]);
    let theirs = Config { peers: vec![ours.known()], genesis_hash, ..config(2) };
    let theirs = Node::start(theirs).await;
    theirs.allow(&[1]).await;

    let reason = ours.wait("a refusal", refusal_of(theirs.key)).await;
    let expected = RefusalReason::WrongGenesis { ours: BlockId([8; 32]), theirs: genesis_hash };
    assert_eq!(reason, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn extra_peers_stay_on_whatever_list_the_state_gives() {
    let first = Config { extra_peers: vec![key(2)], ..config(1) };
    let mut first = Node::start(first).await;
    first.allow(&[]).await;
    let second = Config { peers: vec![first.known()], extra_peers: vec![key(1)], ..config(2) };
    let mut second = Node::start(second).await;
    first.wait_connected(second.key).await;
    second.wait_connected(first.key).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_drops_off_the_list_is_disconnected_and_then_refused() {
    let (mut first, mut second) = pair(config(1), config(2)).await;
    first.allow(&[]).await;
    first.wait_disconnected(second.key).await;
    second.wait_disconnected(first.key).await;
    let reason = first.wait("a refusal", refusal_of(second.key)).await;
    assert_eq!(reason, RefusalReason::NotAllowed);

    first.allow(&[2]).await;
    first.wait_connected(second.key).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_peer_that_restarts_on_its_port_is_found_again() {
    let (first, mut second) = pair(config(1), config(2)).await;
    let listen = vec![first.address.clone()];
    first.stop().await;
    second.wait_disconnected(key(1)).await;

    let mut first = Node::start(Config { listen, ..config(1) }).await;
    first.allow(&[2]).await;
    second.wait_connected(first.key).await;
    first.wait_connected(second.key).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_peer_that_starts_later_is_dialed_until_it_is_there() {
    let free = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = free.local_addr().expect("it is bound").port();
    drop(free);
    let address = format!("/ip4/127.0.0.1/tcp/{port}");
    let known = KnownPeer { key: key(1), addresses: vec![address.clone()] };
    let mut early = Node::start(Config { peers: vec![known], ..config(2) }).await;
    early.allow(&[1]).await;
    assert!(early.connected().await.is_empty());

    let late = Node::start(Config { listen: vec![address], ..config(1) }).await;
    late.allow(&[2]).await;
    early.wait_connected(late.key).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn names_are_looked_up() {
    let mut first = Node::start(config(1)).await;
    first.allow(&[2]).await;
    let address = first.address.replace("/ip4/127.0.0.1/", "/dns4/localhost/");
    let known = KnownPeer { key: first.key, addresses: vec![address] };
    let second = Node::start(Config { peers: vec![known], ..config(2) }).await;
    second.allow(&[1]).await;
    first.wait_connected(second.key).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_that_dial_each_other_count_as_one_peer() {
    let ports: Vec<TcpListener> =
        (0..2).map(|_| TcpListener::bind("127.0.0.1:0").expect("a free port")).collect();
    let addresses: Vec<String> = ports
        .iter()
        .map(|port| format!("/ip4/127.0.0.1/tcp/{}", port.local_addr().expect("bound").port()))
        .collect();
    drop(ports);
    let node = |own: u8, other: u8| {
        let addresses = addresses.clone();
        async move {
            let place = usize::from(own - 1);
            let known = KnownPeer {
                key: key(other),
                addresses: vec![addresses[usize::from(other - 1)].clone()],
            };
            let listen = vec![addresses[place].clone()];
            Node::start(Config { listen, peers: vec![known], ..config(own) }).await
        }
    };
    let (mut first, mut second) = tokio::join!(node(1, 2), node(2, 1));
    tokio::join!(first.allow(&[2]), second.allow(&[1]));
    first.wait_connected(second.key).await;
    second.wait_connected(first.key).await;

    assert_eq!(first.connected().await, [second.key]);
    assert_eq!(first.count(|event| matches!(event, Event::PeerConnected { .. })), 0);
    assert_eq!(first.metrics().connected_peers, 1);
}
