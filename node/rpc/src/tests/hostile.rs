use super::world::World;
use crate::{Limits, Scope, Scopes, Token};
use serde_json::Value;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Send bytes and read until the server closes or an answer's body is complete.
async fn exchange(address: SocketAddr, bytes: &[u8]) -> (u16, String) {
    let mut socket = TcpStream::connect(address).await.unwrap();
    socket.write_all(bytes).await.unwrap();
    let mut answer = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        let count = socket.read(&mut chunk).await.unwrap_or(0);
        answer.extend_from_slice(&chunk[..count]);
        let text = String::from_utf8_lossy(&answer).into_owned();
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
        let length = head.lines().find_map(|line| {
            line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse::<usize>().ok()
        });
        let empty = head.starts_with("HTTP/1.1 204");
        if count == 0 || empty || length.is_some_and(|length| body.len() >= length) {
            let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
            return (status.unwrap_or(0), body.to_owned());
        }
    }
}

fn post(body: &str, more: &str) -> Vec<u8> {
    let length = body.len();
    format!(
        "POST /rpc HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n{more}\
         content-length: {length}\r\n\r\n{body}"
    )
    .into_bytes()
}

pub(super) async fn call(world: &World, body: &str) -> (u16, Value) {
    let (status, body) = exchange(world.server.public, &post(body, "")).await;
    (status, serde_json::from_str(&body).unwrap_or(Value::Null))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_json_rpc_is_answered_as_json_rpc_says() {
    let world = World::new().await;
    let cases = [
        ("", -32_700),
        ("{", -32_700),
        ("nonsense", -32_700),
        ("[]", -32_600),
        ("{}", -32_600),
        ("7", -32_600),
        (r#"{"jsonrpc":"1.0","id":1,"method":"status"}"#, -32_600),
        (r#"{"jsonrpc":"2.0","id":{},"method":"status"}"#, -32_600),
        (r#"{"jsonrpc":"2.0","id":1,"method":"status","params":{"x":1}}"#, -32_602),
    ];
    for (body, number) in cases {
        let (status, answer) = call(&world, body).await;
        assert_eq!((status, &answer["error"]["code"]), (200, &number.into()), "{body}: {answer}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn deep_nesting_is_refused_not_followed() {
    let world = World::new().await;
    let deep = format!("{}{}", "[".repeat(200_000), "]".repeat(200_000));
    let body = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"status","params":{deep}}}"#);
    let (status, answer) = call(&world, &body).await;
    assert_eq!(status, 200);
    assert!(answer["error"]["code"].as_i64().unwrap() < 0, "{answer}");
    // A list is a batch: of one call, which is none.
    let (_, answer) = call(&world, &deep).await;
    assert_eq!(answer[0]["error"]["code"], -32_600, "{answer}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn batches_are_answered_in_order_up_to_twenty() {
    let world = World::new().await;
    let one = |id: u32| format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"supply"}}"#);
    let batch = |count| format!("[{}]", (0..count).map(one).collect::<Vec<_>>().join(","));
    let (_, answer) = call(&world, &batch(20)).await;
    let ids: Vec<_> = answer.as_array().unwrap().iter().map(|one| one["id"].clone()).collect();
    assert_eq!(ids, (0..20).map(Value::from).collect::<Vec<_>>());
    let (_, answer) = call(&world, &batch(21)).await;
    assert_eq!(answer["error"]["data"]["limit"], "20");
    let many = format!("[{}]", vec!["1"; 100_000].join(","));
    let (_, answer) = call(&world, &many).await;
    assert_eq!(answer["error"]["data"]["code"], "TOO_LARGE");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_notification_is_not_answered() {
    let world = World::new().await;
    let (status, answer) = call(&world, r#"{"jsonrpc":"2.0","method":"status"}"#).await;
    assert_eq!((status, answer), (204, Value::Null));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_body_above_the_limit_is_refused_before_it_is_read() {
    let world = World::new().await;
    let head = "POST /rpc HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1073741824\r\n\r\n";
    let (status, body) = exchange(world.server.public, head.as_bytes()).await;
    assert_eq!(status, 413);
    assert!(body.contains("TOO_LARGE") && body.contains("1048576"), "{body}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sender_that_is_slow_is_cut_off() {
    let limits = Limits {
        header_time: Duration::from_millis(200),
        body_time: Duration::from_millis(200),
        ..Limits::default()
    };
    let world = World::with(limits, |_| {}).await;
    let (status, _) = exchange(world.server.public, b"POST /rpc HTTP/1.1\r\nhost: loc").await;
    assert!(matches!(status, 0 | 408), "closed while the head was open: {status}");
    let head = "POST /rpc HTTP/1.1\r\nhost: localhost\r\ncontent-length: 100\r\n\r\n{";
    let (status, body) = exchange(world.server.public, head.as_bytes()).await;
    assert_eq!(status, 408);
    assert!(body.contains("TIMEOUT"), "{body}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_above_the_cap_are_refused_and_hurt_nobody() {
    const CAP: usize = 16;
    let limits = Limits { connections: CAP, ..Limits::default() };
    let world = World::with(limits, |_| {}).await;
    let body = r#"{"jsonrpc":"2.0","id":1,"method":"status"}"#;
    // One that is in before the flood.
    let mut early = TcpStream::connect(world.server.public).await.unwrap();
    early.write_all(&post(body, "")).await.unwrap();
    let mut first = [0; 12];
    early.read_exact(&mut first).await.unwrap();
    assert_eq!(&first, b"HTTP/1.1 200");
    let mut flood = Vec::new();
    for _ in 0..400 {
        flood.push(TcpStream::connect(world.server.public).await.unwrap());
    }
    // The last one is told so, or finds the door shut.
    let mut last = flood.pop().unwrap();
    let mut told = Vec::new();
    let _ = last.read_to_end(&mut told).await;
    assert!(told.is_empty() || told.starts_with(b"HTTP/1.1 503"), "{told:?}");
    early.write_all(&post(body, "")).await.unwrap();
    let mut answer = [0; 256];
    assert!(early.read(&mut answer).await.unwrap() > 0, "the early one is served on");
    drop(flood);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn strangers_hosts_pages_and_types_are_turned_away() {
    let world = World::new().await;
    let body = r#"{"jsonrpc":"2.0","id":1,"method":"status"}"#;
    let rebound = format!(
        "POST /rpc HTTP/1.1\r\nhost: evil.example\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    assert_eq!(exchange(world.server.public, rebound.as_bytes()).await.0, 403);
    let page = post(body, "origin: https://evil.example\r\n");
    assert_eq!(exchange(world.server.public, &page).await.0, 403);
    let form = format!(
        "POST /rpc HTTP/1.1\r\nhost: localhost\r\ncontent-type: text/plain\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    );
    assert_eq!(exchange(world.server.public, form.as_bytes()).await.0, 415);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_opens_what_its_scopes_say() {
    let world = World::with(Limits::default(), |listener| {
        listener.tokens = vec![Token::new("reader", Scopes::NONE.with(Scope::Read))];
    })
    .await;
    let status = r#"{"jsonrpc":"2.0","id":1,"method":"status"}"#;
    let submit = r#"{"jsonrpc":"2.0","id":1,"method":"tx_submit","params":["AQ=="]}"#;
    let with = "authorization: Bearer reader\r\n";
    let address = world.server.public;
    let (code, body) = exchange(address, &post(status, "")).await;
    assert!(code == 200 && body.contains("UNAUTHORIZED"), "{body}");
    let (_, body) = exchange(address, &post(status, with)).await;
    assert!(body.contains(r#""result""#), "{body}");
    let (_, body) = exchange(address, &post(submit, with)).await;
    assert!(body.contains("UNAUTHORIZED") && body.contains("submit"), "{body}");
    let (code, _) = exchange(address, &post(status, "authorization: Bearer x\r\n")).await;
    assert_eq!(code, 401);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn health_and_readiness_are_open_and_metrics_are_the_operators() {
    let world = World::new().await;
    let get = |path| format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n").into_bytes();
    let (public, admin) = (world.server.public, world.server.admin.unwrap());
    assert_eq!(exchange(public, &get("/health")).await.0, 200);
    assert_eq!(exchange(public, &get("/ready")).await.0, 200);
    world.set_not_ready("catching up");
    let (status, body) = exchange(public, &get("/ready")).await;
    assert!(status == 503 && body.contains("catching up"), "{body}");
    assert_eq!(exchange(public, &get("/metrics")).await.0, 404);
    call(&world, r#"{"jsonrpc":"2.0","id":1,"method":"status"}"#).await;
    let (status, body) = exchange(admin, &get("/metrics")).await;
    assert_eq!(status, 200);
    assert!(body.contains(r#"rpc_calls_total{method="status",code="OK"} 1"#), "{body}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_stops_lets_answers_out_and_closes() {
    let world = World::new().await;
    let address = world.server.public;
    world.server.stop().await;
    assert!(TcpStream::connect(address).await.is_err(), "nobody listens any more");
}
