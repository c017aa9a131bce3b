use super::world::{BOB, World};
use client::dto::{AddressText, Cursor, EventFilter, Finality, StreamItem};
use client::{ClientError, EventStream};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use types::{AddressKind, Height};

fn stream(world: &World, from: Option<Cursor>, finality: Finality, name: &str) -> EventStream {
    let filter = EventFilter { name: Some(name.to_owned()), ..EventFilter::default() };
    EventStream::new(world.config(), from, finality, filter).unwrap()
}

/// So many items, and the stream to go on with.
async fn take(mut stream: EventStream, count: usize) -> (Vec<String>, EventStream) {
    tokio::task::spawn_blocking(move || {
        let next = |_| {
            let item = stream.next(Duration::from_secs(20)).unwrap().expect("an item comes");
            let kind = if matches!(item, StreamItem::Event { .. }) { "event" } else { "end" };
            format!("{kind} {}", item.cursor().height)
        };
        let items = (0..count).map(next).collect();
        (items, stream)
    })
    .await
    .unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_gives_history_then_goes_on_live_without_gap_or_repetition() {
    let world = World::new().await;
    world.commit(2);
    world.commit(0);
    let following = stream(&world, Some(Cursor::START), Finality::Committed, "bank.");
    let (items, following) = take(following, 4).await;
    assert_eq!(items, ["event 1", "event 1", "end 1", "end 2"]);
    world.commit(1);
    let (items, _) = take(following, 2).await;
    assert_eq!(items, ["event 3", "end 3"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_resumes_right_after_any_cursor() {
    let world = World::new().await;
    world.commit(2);
    let first = Cursor { height: Height(1), receipt: 0, event: 0 };
    let (items, following) =
        take(stream(&world, Some(first), Finality::Committed, "bank."), 2).await;
    assert_eq!(items, ["event 1", "end 1"]);
    assert_eq!(following.cursor(), Some(Cursor::end_of(Height(1))));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_of_final_heights_waits_for_finality() {
    let world = World::new().await;
    world.commit(1);
    world.finalize();
    world.commit(1);
    let following = stream(&world, Some(Cursor::START), Finality::Final, "bank.");
    let (items, mut following) = take(following, 2).await;
    assert_eq!(items, ["event 1", "end 1"]);
    let (nothing, following) = tokio::task::spawn_blocking(move || {
        (following.next(Duration::from_millis(100)).unwrap(), following)
    })
    .await
    .unwrap();
    assert_eq!(nothing, None, "height 2 is committed, not final");
    world.finalize();
    assert_eq!(take(following, 2).await.0, ["event 2", "end 2"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_filter_holds_events_back_but_no_checkpoint() {
    let world = World::new().await;
    world.commit(2);
    let other = stream(&world, Some(Cursor::START), Finality::Committed, "roles.");
    assert_eq!(take(other, 1).await.0, ["end 1"]);
    let account = Some(AddressText::new("syn", AddressKind::Account, &BOB));
    let filter = EventFilter { account, ..EventFilter::default() };
    let of_bob = EventStream::new(world.config(), Some(Cursor::START), Finality::Committed, filter);
    assert_eq!(take(of_bob.unwrap(), 3).await.0, ["event 1", "event 1", "end 1"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_filter_with_a_wrong_address_is_refused() {
    let world = World::new().await;
    let source = Some(AddressText("syn1nonsense".to_owned()));
    let filter = EventFilter { source, ..EventFilter::default() };
    let mut refused = EventStream::new(world.config(), None, Finality::Final, filter).unwrap();
    let error =
        tokio::task::spawn_blocking(move || refused.next(Duration::from_secs(20)).unwrap_err())
            .await
            .unwrap();
    assert!(matches!(error, ClientError::Refused { .. }), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn server_sent_events_resume_from_the_last_event_id() {
    let world = World::new().await;
    world.commit(2);
    let mut socket = TcpStream::connect(world.server.public).await.unwrap();
    let request = "GET /events?finality=committed HTTP/1.1\r\nhost: localhost\r\n\
        last-event-id: 1:0:0\r\n\r\n";
    socket.write_all(request.as_bytes()).await.unwrap();
    let mut lines = BufReader::new(socket).lines();
    let mut ids = Vec::new();
    while ids.len() < 2 {
        let line = lines.next_line().await.unwrap().expect("the stream stays open");
        ids.extend(line.strip_prefix("id: ").map(str::to_owned));
    }
    assert_eq!(ids, ["1:1:0".to_owned(), Cursor::end_of(Height(1)).to_string()]);
}
