//! The rules that need no network.

use super::harness::{CHAIN, key};
use crate::command::Offence;
use crate::config::Limits;
use crate::event::{Event, RefusalReason};
use crate::handshake::{AdmissionError, compare, find_admission_error};
use crate::limits::{BAN_POINTS, Bucket, Conduct, Traffic};
use crate::membership::{ListChange, Members, peer_id, public_key};
use crate::metrics::Counters;
use crate::peers::{Connections, Dialer, Direction, delay};
use crate::protocols::protocol_id;
use crate::queue::{self, Class, Dropped};
use crate::topics::{self, Topics};
use crate::{Rate, Topic};
use libp2p::PeerId;
use libp2p::swarm::ConnectionId;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};
use types::codec::Version;
use types::wire::{Handshake, TX_BATCH_TARGET_BYTES, TxBatch};
use types::{BlockId, ChainId, Height, PublicKey};

fn peer(seed: u8) -> PeerId {
    peer_id(&key(seed)).expect("a key made from a seed is one")
}

fn handshake() -> Handshake {
    Handshake {
        version: Version,
        chain_id: CHAIN,
        genesis_hash: BlockId([8; 32]),
        protocol_min: 2,
        protocol_max: 4,
        tip: Height(5),
        finalized: Height(4),
    }
}

#[test]
fn a_network_key_and_its_identity_name_each_other() {
    for seed in 0..50 {
        assert_eq!(public_key(&peer(seed)), Some(key(seed)));
    }
    assert_eq!(peer_id(&PublicKey([2; 32])), None);
    // An identity that is a mere hash of something holds no key.
    assert_eq!(public_key(&PeerId::random()), None);
}

#[test]
fn the_key_is_the_one_of_rfc_8032() {
    // Test 1 of section 7.1.
    let secret = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
    let public = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
    let secret = types::hash::parse_hex_32(secret).expect("64 digits");
    let public = types::hash::parse_hex_32(public).expect("64 digits");
    assert_eq!(crate::network_public_key(&secret), PublicKey(public));
}

#[test]
fn handshakes_match_when_chain_genesis_and_a_protocol_do() {
    let ours = handshake();
    assert_eq!(compare(&ours, &ours), Ok(()));
    for (protocol_min, protocol_max) in [(4, 9), (0, 2), (3, 3)] {
        assert_eq!(compare(&ours, &Handshake { protocol_min, protocol_max, ..ours }), Ok(()));
    }
    for theirs in [(5, 9), (0, 1)] {
        let (protocol_min, protocol_max) = theirs;
        let result = compare(&ours, &Handshake { protocol_min, protocol_max, ..ours });
        assert_eq!(result, Err(RefusalReason::WrongProtocol { ours: (2, 4), theirs }));
    }
    let theirs = Handshake { chain_id: ChainId::ZERO, genesis_hash: BlockId::ZERO, ..ours };
    let wrong_chain = RefusalReason::WrongChain { ours: CHAIN, theirs: ChainId::ZERO };
    assert_eq!(compare(&ours, &theirs), Err(wrong_chain));
}

#[test]
fn our_error_is_found_through_what_is_wrapped_around_it() {
    let refused = AdmissionError::Refused { peer: peer(1), reason: RefusalReason::NotAllowed };
    let wrapped = io::Error::other(io::Error::other(refused));
    assert!(matches!(
        find_admission_error(&wrapped),
        Some(AdmissionError::Refused { reason: RefusalReason::NotAllowed, .. })
    ));
    assert!(find_admission_error(&io::Error::other("something else")).is_none());
}

#[test]
fn protocol_ids_carry_sixteen_digits_of_the_chain() {
    assert_eq!(protocol_id(&CHAIN, "sync"), "/syndic/0707070707070707/sync/1");
    let (ours, theirs) = (Topics::new(&CHAIN), Topics::new(&ChainId::ZERO));
    for topic in Topic::ALL {
        assert_eq!(ours.find(&ours.hash(topic)), Some(topic));
        assert_eq!(ours.find(&theirs.hash(topic)), None);
    }
    assert_eq!(ours.hash(Topic::Consensus).as_str(), "/syndic/0707070707070707/vote/1");
}

#[test]
fn a_batch_above_the_target_holds_one_transaction() {
    let decode = |txs: Vec<Vec<u8>>| {
        topics::decode(Topic::Transactions, &types::encode(&TxBatch { version: Version, txs }))
    };
    let half = TX_BATCH_TARGET_BYTES / 2;
    assert!(decode(vec![vec![0; half - 20], vec![0; half - 20]]).is_ok());
    assert!(decode(vec![vec![0; half], vec![0; half]]).is_err());
    assert!(decode(vec![vec![0; 2 * TX_BATCH_TARGET_BYTES]]).is_ok());
    assert!(decode(Vec::new()).is_err());
}

#[test]
fn the_list_changes_by_difference_and_keeps_the_extra_keys() {
    let keys = |seeds: &[u8]| -> BTreeSet<PublicKey> { seeds.iter().map(|s| key(*s)).collect() };
    let mut members = Members::new([peer(9)].into());
    let now = Instant::now();
    assert_eq!(members.check(&peer(1), now), Err(RefusalReason::NotAllowed));

    let change = members.replace(&keys(&[1, 9]));
    assert_eq!(change, ListChange { added: vec![peer(1)], removed: vec![] });
    assert_eq!(members.check(&peer(1), now), Ok(()));

    let mut with_nonsense = keys(&[2]);
    with_nonsense.insert(PublicKey([2; 32]));
    let change = members.replace(&with_nonsense);
    assert_eq!(change, ListChange { added: vec![peer(2)], removed: vec![peer(1)] });
    assert_eq!(members.check(&peer(9), now), Ok(()));
}

#[test]
fn a_ban_ends_and_nothing_is_kept_about_strangers() {
    let mut members = Members::new([peer(1)].into());
    let now = Instant::now();
    let later = now + Duration::from_secs(60);
    members.ban(peer(1), later);
    members.ban(peer(2), later);
    members.remember(peer(2), handshake());
    assert_eq!(members.check(&peer(1), now), Err(RefusalReason::Banned));
    assert_eq!(members.check(&peer(2), now), Err(RefusalReason::NotAllowed));
    assert_eq!(members.handshake(&peer(2)), None);
    assert_eq!(members.expire_bans(now), []);
    assert_eq!(members.expire_bans(later), [peer(1)]);
    assert_eq!(members.check(&peer(1), later), Ok(()));
}

#[test]
fn dialing_waits_half_a_second_doubling_to_ten_with_a_quarter_taken_off_at_most() {
    let full_ms = [500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000];
    for (failures, full_ms) in (0..).zip(full_ms) {
        let waits: BTreeSet<Duration> =
            (1..50).map(|seed| delay(&peer(0), &peer(seed), failures)).collect();
        let full = Duration::from_millis(full_ms);
        assert!(waits.iter().all(|wait| *wait <= full && *wait > full * 3 / 4), "{waits:?}");
        assert!(waits.len() > 20, "peers must not all be dialed at the same moments");
    }
    assert!(delay(&peer(0), &peer(1), u32::MAX) <= Duration::from_secs(10));
    assert_ne!(delay(&peer(0), &peer(1), 0), delay(&peer(1), &peer(0), 0));
}

#[test]
fn a_known_peer_is_due_at_first_after_each_failure_and_after_a_loss() {
    let address = "/ip4/127.0.0.1/tcp/1".parse().expect("an address");
    let known = BTreeMap::from([(peer(0), vec![]), (peer(1), vec![address])]);
    let start = Instant::now();
    let mut dialer = Dialer::new(peer(0), &known, start);
    assert_eq!(dialer.due(start), [peer(1)]);
    dialer.on_dialing(&peer(1));
    assert_eq!(dialer.due(start + Duration::from_secs(60)), []);
    dialer.on_failed(&peer(1), start);
    assert_eq!(dialer.due(start), []);
    assert_eq!(dialer.due(start + Duration::from_millis(500)), [peer(1)]);

    // The peer's own dial wins; ours fails a moment later and changes nothing.
    dialer.on_dialing(&peer(1));
    dialer.on_connected(&peer(1));
    dialer.on_failed(&peer(1), start);
    assert_eq!(dialer.due(start + Duration::from_secs(60)), []);

    dialer.on_disconnected(&peer(1), start);
    assert_eq!(dialer.due(start), []);
    assert_eq!(dialer.due(start + Duration::from_millis(500)), [peer(1)]);
    dialer.on_failed(&peer(1), start);
    assert_eq!(dialer.due(start + Duration::from_millis(700)), []);
    assert_eq!(dialer.due(start + Duration::from_millis(1_000)), [peer(1)]);
}

#[test]
fn a_second_connection_in_the_same_direction_replaces_the_first() {
    let id = ConnectionId::new_unchecked;
    let mut connections = Connections::default();
    assert_eq!(connections.insert(peer(1), id(1), Direction::Inbound), None);
    assert_eq!(connections.insert(peer(1), id(2), Direction::Outbound), None);
    assert_eq!(connections.insert(peer(1), id(3), Direction::Inbound), Some(id(1)));
    assert!(!connections.remove(&peer(1), id(1)));
    assert!(!connections.remove(&peer(1), id(3)));
    assert!(connections.contains(&peer(1)));
    assert!(connections.remove(&peer(1), id(2)));
    assert!(!connections.remove(&peer(1), id(2)));
    assert!(!connections.contains(&peer(1)));
    assert_eq!(connections.len(), 0);
}

#[test]
fn a_bucket_holds_two_seconds_and_fills_at_its_rate() {
    let start = Instant::now();
    let mut bucket = Bucket::new(10, 1, start);
    let taken = (0..100).filter(|_| bucket.take_one(start)).count();
    assert_eq!(taken, 20);
    assert!(!bucket.take_one(start + Duration::from_millis(99)));
    assert!(bucket.take_one(start + Duration::from_millis(100)));
    assert!(!bucket.take_one(start + Duration::from_millis(100)));
    let much_later = start + Duration::from_secs(3_600);
    let taken = (0..100).filter(|_| bucket.take_one(much_later)).count();
    assert_eq!(taken, 20);
}

#[test]
fn messages_and_bytes_are_limited_apart_for_every_kind() {
    let rate = Rate { messages_per_s: 100, bytes_per_s: 50_000 };
    let limits = Limits { consensus: rate, ..Limits::default() };
    let now = Instant::now();
    let mut conduct = Conduct::new(&limits, now);
    assert!((0..3).all(|_| conduct.admit(Traffic::Consensus, 30_000, now)));
    assert!(!conduct.admit(Traffic::Consensus, 30_000, now));
    // What was refused for its size took nothing from the number of messages.
    assert!((0..197).all(|_| conduct.admit(Traffic::Consensus, 1, now)));
    assert!(!conduct.admit(Traffic::Consensus, 1, now));
    assert!(conduct.admit(Traffic::Status, 30_000, now));
}

#[test]
fn the_largest_message_fits_whatever_the_rate() {
    let rate = Rate { messages_per_s: 1, bytes_per_s: 1 };
    let limits = Limits { pushes: rate, ..Limits::default() };
    let now = Instant::now();
    let mut conduct = Conduct::new(&limits, now);
    assert!(conduct.admit(Traffic::Push, types::wire::MAX_BLOCK_BYTES, now));
}

#[test]
fn offences_add_up_and_fade() {
    let start = Instant::now();
    let mut conduct = Conduct::new(&Limits::default(), start);
    let grave = |conduct: &mut Conduct, now| conduct.offend(Offence::Malformed, now);
    assert!((0..4).all(|_| !grave(&mut conduct, start)));
    assert!(grave(&mut conduct, start));

    // What fades in between does not save who goes on: the fifth within 20 seconds is the last.
    let mut conduct = Conduct::new(&Limits::default(), start);
    let spread = |number| start + Duration::from_secs(5) * number;
    assert_eq!((0..9).find(|number| grave(&mut conduct, spread(*number))), Some(4));

    // One every 24 seconds fades as fast as it comes.
    let mut conduct = Conduct::new(&Limits::default(), start);
    assert!((0..50).all(|number| !grave(&mut conduct, start + Duration::from_secs(24) * number)));

    // Many small ones count up to the same.
    let mut conduct = Conduct::new(&Limits::default(), start);
    let small = (1..=BAN_POINTS).find(|_| conduct.offend(Offence::Flooding, start));
    assert_eq!(small, Some(BAN_POINTS));
    conduct.forgive();
    assert!(!conduct.offend(Offence::Flooding, start));
}

fn event(number: u8) -> Event {
    Event::PeerDisconnected { peer: PublicKey([number; 32]) }
}

fn number(event: &Event) -> Option<u8> {
    match event {
        Event::PeerDisconnected { peer } => Some(peer.0[0]),
        _ => None,
    }
}

#[tokio::test]
async fn transactions_are_dropped_first_then_requests_and_the_rest_waits_its_turn() {
    let counters = Arc::new(Counters::default());
    let (mut queue, mut receiver) = queue::queue(8, 1_000, Arc::clone(&counters));
    let mut taken = Vec::new();
    for number in 0..12 {
        let class = [Class::Transactions, Class::Repeatable, Class::Essential]
            .into_iter()
            .find(|class| queue.offer(*class, event(number), 1) == Ok(()))
            .expect("what is essential always finds room");
        taken.push(class);
    }
    let expected =
        [vec![Class::Transactions; 4], vec![Class::Repeatable; 2], vec![Class::Essential; 6]];
    assert_eq!(taken, expected.concat());
    let metrics = counters.read();
    assert_eq!((metrics.transactions_dropped, metrics.requests_dropped), (8, 6));
    assert_eq!(metrics.events_held, 4);

    // In order, the held ones last, and none is lost.
    assert!(queue.is_blocked());
    let mut got = Vec::new();
    while got.len() < 12 {
        tokio::select! {
            event = receiver.recv() => got.extend(event.as_ref().and_then(number)),
            drained = queue.drain_one(), if queue.is_blocked() => drained.expect("somebody reads"),
        }
    }
    assert_eq!(got, (0..12).collect::<Vec<u8>>());
    assert_eq!(queue.offer(Class::Transactions, event(0), 1), Ok(()));
}

#[tokio::test]
async fn bytes_that_wait_are_bounded_as_well() {
    let (mut queue, mut receiver) = queue::queue(100, 1_000, Arc::new(Counters::default()));
    assert_eq!(queue.offer(Class::Repeatable, event(1), 700), Ok(()));
    assert_eq!(queue.offer(Class::Repeatable, event(2), 700), Err(Dropped));
    assert_eq!(queue.offer(Class::Transactions, event(3), 10), Err(Dropped));
    assert_eq!(queue.offer(Class::Essential, event(4), 10), Ok(()));
    assert_eq!(receiver.recv().await.as_ref().and_then(number), Some(1));
    assert_eq!(queue.offer(Class::Repeatable, event(5), 700), Ok(()));
}
