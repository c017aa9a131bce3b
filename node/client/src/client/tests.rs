use super::*;
use crate::dto::params::Nothing;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::sync::mpsc::{Receiver, channel};
use std::thread::{JoinHandle, spawn};

/// A node that answers its connections one after the other with what it is given, then ends.
struct Scripted {
    address: SocketAddr,
    seen: Receiver<String>,
    thread: JoinHandle<()>,
}

fn scripted(answers: Vec<(u16, String)>) -> Scripted {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (sender, seen) = channel();
    let thread = spawn(move || {
        let (socket, _) = listener.accept().unwrap();
        let mut reader = BufReader::new(socket.try_clone().unwrap());
        for (status, body) in answers {
            let (mut length, mut head) = (0, String::new());
            loop {
                let mut line = String::new();
                if reader.read_line(&mut line).unwrap() == 0 {
                    return;
                }
                let lower = line.to_ascii_lowercase();
                if let Some(value) = lower.strip_prefix("content-length:") {
                    length = value.trim().parse().unwrap();
                }
                head.push_str(&lower);
                if line == "\r\n" {
                    break;
                }
            }
            let mut sent = vec![0; length];
            reader.read_exact(&mut sent).unwrap();
            sender.send(format!("{head}{}", String::from_utf8(sent).unwrap())).unwrap();
            let answer =
                format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\n\r\n{body}", body.len());
            (&socket).write_all(answer.as_bytes()).unwrap();
        }
    });
    Scripted { address, seen, thread }
}

fn client(nodes: &[SocketAddr]) -> Client {
    let urls: Vec<String> = nodes.iter().map(ToString::to_string).collect();
    let mut config = Config::from_urls(&urls.join(",")).unwrap();
    config.timeout = Duration::from_secs(5);
    config.token = Some("secret".to_owned());
    Client::new(config).unwrap()
}

/// An address where nobody listens.
fn nobody() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

fn result(id: u64, result: &str) -> (u16, String) {
    (200, format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{result}}}"#))
}

fn fault(id: u64, code: Code) -> (u16, String) {
    let fault = serde_json::to_string(&Fault::new(code, "no")).unwrap();
    (200, format!(r#"{{"jsonrpc":"2.0","id":{id},"error":{fault}}}"#))
}

#[test]
fn calls_carry_method_parameters_and_token_over_one_connection() {
    let node = scripted(vec![result(1, "7"), result(2, "8")]);
    let client = client(&[node.address]);
    assert_eq!(client.call::<_, u32>("first", &Nothing {}).unwrap(), 7);
    assert_eq!(client.call::<_, u32>("second", &["x"]).unwrap(), 8);
    let first = node.seen.recv().unwrap();
    assert!(first.contains("post /rpc") && first.contains("authorization: bearer secret"));
    assert!(first.ends_with(r#"{"jsonrpc":"2.0","id":1,"method":"first","params":{}}"#), "{first}");
    let second = node.seen.recv().unwrap();
    assert!(second.ends_with(r#""method":"second","params":["x"]}"#), "{second}");
    node.thread.join().unwrap();
}

#[test]
fn the_next_node_is_asked_when_one_is_gone_or_overloaded() {
    let busy = scripted(vec![fault(2, Code::Overloaded)]);
    let good = scripted(vec![result(3, "9"), result(4, "10")]);
    let client = client(&[nobody(), busy.address, good.address]);
    assert_eq!(client.call::<_, u32>("m", &Nothing {}).unwrap(), 9);
    // The one that answered is asked first from now on.
    assert_eq!(client.call::<_, u32>("m", &Nothing {}).unwrap(), 10);
    busy.thread.join().unwrap();
    good.thread.join().unwrap();
}

#[test]
fn a_true_refusal_is_not_taken_to_another_node() {
    let node = scripted(vec![fault(1, Code::NonceTooLow)]);
    let client = client(&[node.address, nobody()]);
    let error = client.call::<_, u32>("m", &Nothing {}).unwrap_err();
    assert_eq!(error.code(), Some(Code::NonceTooLow));
    node.thread.join().unwrap();
}

#[test]
fn an_answer_to_another_call_is_none() {
    let node = scripted(vec![result(77, "1")]);
    let error = client(&[node.address]).call::<_, u32>("m", &Nothing {}).unwrap_err();
    assert!(matches!(error, ClientError::Protocol { .. }), "{error}");
    node.thread.join().unwrap();
}

#[test]
fn what_is_no_node_is_told_from_a_node_that_is_gone() {
    let page = scripted(vec![(404, "<html>".to_owned())]);
    let error = client(&[page.address]).call::<_, u32>("m", &Nothing {}).unwrap_err();
    assert!(matches!(error, ClientError::Protocol { .. }), "{error}");
    let error = client(&[nobody()]).call::<_, u32>("m", &Nothing {}).unwrap_err();
    assert!(matches!(error, ClientError::Unreachable { .. }), "{error}");
    page.thread.join().unwrap();
}

#[test]
fn https_without_certificates_to_trust_is_refused_at_once() {
    let config = Config::from_urls("https://node.example:1").unwrap();
    assert!(matches!(Client::new(config), Err(ClientError::Roots { .. })));
    assert!(matches!(Client::new(Config::new(Vec::new())), Err(ClientError::Url { .. })));
}

#[test]
fn a_token_is_never_shown() {
    assert!(!format!("{:?}", client(&[nobody()])).contains("secret"));
}
