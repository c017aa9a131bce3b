use super::*;
use crate::dto::StreamItem;
use std::net::{SocketAddr, TcpListener};
use std::thread::{JoinHandle, spawn};
use types::{BlockId, Height, TimestampMs};

fn checkpoint(height: u64) -> StreamItem {
    StreamItem::Checkpoint {
        cursor: Cursor::end_of(Height(height)),
        block_id: BlockId([1; 32]),
        time_ms: TimestampMs(1),
        receipts: 0,
    }
}

/// What a scripted node sends after the answer to `events_subscribe`.
enum Send {
    Item(u64),
    Fault(Code),
}

/// A node that serves one connection: it answers with `chain`, sends, and hangs up. Tells where
/// the client wanted to begin.
fn node(chain: u8, from: u64, sends: Vec<Send>) -> (SocketAddr, JoinHandle<Option<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let thread = spawn(move || {
        let (socket, _) = listener.accept().unwrap();
        let mut socket = tungstenite::accept(socket).unwrap();
        let call: serde_json::Value =
            serde_json::from_str(socket.read().unwrap().to_text().unwrap()).unwrap();
        assert_eq!(call["method"], "events_subscribe");
        let subscribed = Subscribed {
            subscription: 1,
            from: Cursor::end_of(Height(from)),
            chain_id: ChainId([chain; 32]),
        };
        let answer = serde_json::json!({"jsonrpc": "2.0", "id": 1, "result": subscribed});
        socket.send(Message::text(answer.to_string())).unwrap();
        for send in sends {
            let params = match send {
                Send::Item(height) => {
                    serde_json::json!({"subscription": 1, "result": checkpoint(height)})
                }
                Send::Fault(code) => {
                    serde_json::json!({"subscription": 1, "error": Fault::new(code, "no")})
                }
            };
            let news = serde_json::json!({"jsonrpc": "2.0", "method": "events", "params": params});
            socket.send(Message::text(news.to_string())).unwrap();
        }
        call["params"]["from"].as_str().map(str::to_owned)
    });
    (address, thread)
}

fn stream(nodes: &[SocketAddr], from: Option<Cursor>) -> EventStream {
    let urls: Vec<String> = nodes.iter().map(ToString::to_string).collect();
    let config = Config::from_urls(&urls.join(",")).unwrap();
    EventStream::new(config, from, Finality::Final, EventFilter::default()).unwrap()
}

fn heights(stream: &mut EventStream, count: usize) -> Vec<u64> {
    let next = |_| {
        let item = stream.next(Duration::from_secs(20)).unwrap().expect("an item comes");
        item.cursor().height.0
    };
    (0..count).map(next).collect()
}

#[test]
fn every_item_comes_once_across_lost_connections_and_nodes() {
    // The second node repeats what the first has given already; the third is where it goes on.
    let (first, a) = node(1, 0, vec![Send::Item(1), Send::Item(2)]);
    let (second, b) = node(1, 0, vec![Send::Item(1), Send::Item(2), Send::Item(3)]);
    let (third, c) = node(1, 0, vec![Send::Item(4)]);
    let mut stream = stream(&[first, second, third], Some(Cursor::START));
    assert_eq!(heights(&mut stream, 4), [1, 2, 3, 4]);
    assert_eq!(a.join().unwrap().as_deref(), Some("0:0:0"));
    assert_eq!(b.join().unwrap(), Some(Cursor::end_of(Height(2)).to_string()));
    assert_eq!(c.join().unwrap(), Some(Cursor::end_of(Height(3)).to_string()));
    assert_eq!(stream.cursor(), Some(Cursor::end_of(Height(4))));
}

#[test]
fn a_stream_from_now_on_loses_nothing_if_the_connection_goes_before_anything_came() {
    let (first, a) = node(1, 41, Vec::new());
    let (second, b) = node(1, 50, vec![Send::Item(42)]);
    let mut stream = stream(&[first, second], None);
    assert_eq!(heights(&mut stream, 1), [42]);
    assert_eq!(a.join().unwrap(), None);
    assert_eq!(b.join().unwrap(), Some(Cursor::end_of(Height(41)).to_string()));
}

#[test]
fn a_node_that_drops_a_slow_reader_is_no_error_but_pruned_events_are() {
    let (first, a) = node(1, 0, vec![Send::Fault(Code::Overloaded)]);
    let (second, b) = node(1, 0, vec![Send::Fault(Code::Pruned)]);
    let mut stream = stream(&[first, second], Some(Cursor::START));
    let error = stream.next(Duration::from_secs(20)).unwrap_err();
    assert_eq!(error.code(), Some(Code::Pruned));
    a.join().unwrap();
    b.join().unwrap();
}

#[test]
fn a_node_of_another_chain_ends_the_stream() {
    let (first, a) = node(1, 0, vec![Send::Item(1)]);
    let (second, b) = node(2, 0, vec![Send::Item(2)]);
    let mut stream = stream(&[first, second], Some(Cursor::START));
    assert_eq!(heights(&mut stream, 1), [1]);
    let error = stream.next(Duration::from_secs(20)).unwrap_err();
    assert!(matches!(error, ClientError::OtherChain { .. }), "{error}");
    a.join().unwrap();
    b.join().unwrap();
}

#[test]
fn nothing_within_the_time_is_no_error() {
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut stream = stream(&[nobody], None);
    assert_eq!(stream.next(Duration::from_millis(20)).unwrap(), None);
}
