//! HTTP by hand, so that a test can send what no client would.

use serde_json::Value;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// Connect to a port of this machine.
pub(crate) fn connect(port: u16) -> io::Result<TcpStream> {
    let socket = TcpStream::connect(("127.0.0.1", port))?;
    socket.set_read_timeout(Some(PATIENCE))?;
    socket.set_write_timeout(Some(PATIENCE))?;
    Ok(socket)
}

/// The bytes of a POST of JSON to `/rpc`.
pub(crate) fn post(body: &[u8]) -> Vec<u8> {
    let head = format!(
        "POST /rpc HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n\
         content-length: {}\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

/// Read one answer: its status (0 if the node closed without one) and its body.
pub(crate) fn answer(stream: &mut impl Read) -> (u16, String) {
    let mut read = Vec::new();
    let mut chunk = [0; 8192];
    loop {
        let text = String::from_utf8_lossy(&read);
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| {
                line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse::<usize>().ok()
            });
            // An answer without content says so by its status.
            if body.len() >= length.unwrap_or(0) {
                let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
                return (status.unwrap_or(0), body.to_owned());
            }
        }
        match stream.read(&mut chunk) {
            Ok(0) | Err(_) => return (0, text.into_owned()),
            Ok(count) => read.extend_from_slice(&chunk[..count]),
        }
    }
}

/// Send bytes over a connection of their own and read one answer. A node may answer and close
/// before it has read everything.
pub(crate) fn send(port: u16, bytes: &[u8]) -> (u16, String) {
    let mut socket = connect(port).unwrap();
    let _ = socket.write_all(bytes);
    answer(&mut socket)
}

/// Call a method; the answer as JSON.
pub(crate) fn call(port: u16, body: &str) -> Value {
    let (status, body) = send(port, &post(body.as_bytes()));
    assert_eq!(status, 200, "{body}");
    serde_json::from_str(&body).unwrap_or_else(|error| panic!("{error}: {body}"))
}

/// Whether the node answers a simple call.
pub(crate) fn is_well(port: u16) -> bool {
    let body = br#"{"jsonrpc":"2.0","id":1,"method":"status"}"#;
    let (status, body) = send(port, &post(body));
    status == 200 && body.contains("\"result\"")
}
