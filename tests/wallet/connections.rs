//! Many connections, slow ones, and readers that do not read.

use crate::{http, one_net};
use harness::devnet::Devnet;
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::process::Command;
use std::time::{Duration, Instant};

/// Connections of the flood.
const FLOOD: usize = 10_000;
/// Files that the flood needs, beside its sockets.
const SPARE_FILES: usize = 500;
/// What a node takes that may have 1,024 files.
const TAKEN: usize = 128;

/// Let this process, and those that it starts from here on, have that many files.
fn set_file_limit(files: usize) {
    let pid = std::process::id().to_string();
    let limit = format!("--nofile={files}:");
    let raised = Command::new("prlimit").args(["--pid", &pid, &limit]).status();
    assert!(raised.is_ok_and(|status| status.success()), "prlimit gives {files} files");
}

/// Whether the node has neither closed a connection nor said that it has too many.
fn is_open(socket: &mut TcpStream) -> bool {
    let mut told = [0; 64];
    match socket.read(&mut told) {
        Ok(0) => false,
        Ok(count) => {
            assert!(told[..count].starts_with(b"HTTP/1.1 503"), "{:?}", &told[..count]);
            false
        }
        Err(error) => error.kind() == ErrorKind::WouldBlock,
    }
}

#[test]
fn ten_thousand_connections_are_refused_beyond_the_limit_and_others_are_served() {
    let _alone = one_net();
    // The node gets what most shells give, and this test what it needs.
    set_file_limit(1_024);
    let net = Devnet::start(1).unwrap();
    set_file_limit(FLOOD + SPARE_FILES);
    let port = net.port(0);
    let status = http::post(br#"{"jsonrpc":"2.0","id":1,"method":"status"}"#);
    // One that is in before the flood, and is served all along.
    let mut early = http::connect(port).unwrap();
    early.write_all(&status).unwrap();
    assert_eq!(http::answer(&mut early).0, 200);

    let begun = Instant::now();
    let mut flood: Vec<TcpStream> = Vec::with_capacity(FLOOD);
    while flood.len() < FLOOD {
        flood.push(http::connect(port).unwrap());
        // All along, so that it never counts as idle either.
        if flood.len().is_multiple_of(500) {
            early.write_all(&status).unwrap();
            assert_eq!(http::answer(&mut early).0, 200, "after {} connections", flood.len());
        }
    }
    // The operator's own interface is another one.
    assert!(http::is_well(net.port(0) + 2), "admin");
    // Beyond the limit a connection is told so, or closed: none of them is left to wait.
    for socket in &flood {
        socket.set_nonblocking(true).unwrap();
    }
    harness::cluster::wait(Duration::from_secs(20), "the rest to be refused", || {
        flood.retain_mut(is_open);
        Ok(flood.len() <= TAKEN)
    })
    .unwrap();
    let refused = FLOOD - flood.len();
    println!("{FLOOD} connections in {:?}, {refused} refused", begun.elapsed());
    drop(flood);
    // The chain never noticed, and newcomers are served again.
    harness::cluster::wait(Duration::from_secs(20), "the node to take connections again", || {
        let mut socket = http::connect(port)?;
        socket.write_all(&status)?;
        Ok(http::answer(&mut socket).0 == 200)
    })
    .unwrap();
    let tip = net.client(0).unwrap().status().unwrap().tip.height;
    net.wait_final(0, types::Height(tip.0 + 2), Duration::from_secs(20)).unwrap();
}

#[test]
fn senders_that_dawdle_are_cut_off_and_hold_nobody_up() {
    let _alone = one_net();
    set_file_limit(4_096);
    let net = Devnet::start(1).unwrap();
    let port = net.port(0);
    // Heads and bodies that never end, a byte now and then.
    let mut heads: Vec<TcpStream> = (0..300).map(|_| http::connect(port).unwrap()).collect();
    for socket in &mut heads {
        socket.write_all(b"POST /rpc HTTP/1.1\r\nhost: localhost\r\nx-").unwrap();
    }
    let mut bodies: Vec<TcpStream> = (0..300).map(|_| http::connect(port).unwrap()).collect();
    for socket in &mut bodies {
        socket
            .write_all(b"POST /rpc HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1000\r\n\r\n{")
            .unwrap();
    }
    let begun = Instant::now();
    let mut slowest = Duration::ZERO;
    let mut status = 0;
    while status == 0 && begun.elapsed() < Duration::from_secs(20) {
        for socket in heads.iter_mut().chain(&mut bodies) {
            // A connection that was closed refuses more: that is what is waited for.
            let _ = socket.write_all(b"a");
        }
        let asked = Instant::now();
        assert!(http::is_well(port));
        slowest = slowest.max(asked.elapsed());
        let first = &mut bodies[0];
        first.set_read_timeout(Some(Duration::from_millis(500))).unwrap();
        status = http::answer(first).0;
    }
    assert_eq!(status, 408, "a body must come within ten seconds");
    assert!(slowest < Duration::from_secs(2), "others were answered within {slowest:?}");
}

#[test]
fn readers_that_do_not_read_are_bounded_in_number_and_hold_nobody_up() {
    let _alone = one_net();
    set_file_limit(4_096);
    let net = Devnet::start(1).unwrap();
    let port = net.port(0);
    let follow = b"GET /events?from=0:0:0&finality=committed HTTP/1.1\r\nhost: localhost\r\n\r\n";
    let mut streams: Vec<TcpStream> = Vec::new();
    for _ in 0..256 {
        let mut socket = http::connect(port).unwrap();
        socket.write_all(follow).unwrap();
        // Only the first bytes are taken, so that it is known to be open.
        let mut first = [0; 12];
        socket.read_exact(&mut first).unwrap();
        assert_eq!(&first, b"HTTP/1.1 200");
        streams.push(socket);
    }
    let (status, answer) = http::send(port, follow);
    assert_eq!(status, 503, "{answer}");
    assert!(answer.contains("OVERLOADED") && answer.contains("256"), "{answer}");
    assert!(http::is_well(port));
    let tip = net.client(0).unwrap().status().unwrap().tip.height;
    net.wait_final(0, types::Height(tip.0 + 3), Duration::from_secs(20)).unwrap();
    drop(streams);
    harness::cluster::wait(Duration::from_secs(20), "a stream to be free again", || {
        let mut socket = http::connect(port)?;
        socket.write_all(follow)?;
        let mut first = [0; 12];
        socket.read_exact(&mut first)?;
        Ok(&first == b"HTTP/1.1 200")
    })
    .unwrap();
}
