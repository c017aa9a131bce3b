//! Bad input gets an error that names the field, the value and the limit; nothing hangs or is lost.

use crate::{WAIT, address, chain_id, http, now_ms, one_net, payment, signed, transfer, tx};
use client::dto::{Base64, Wait};
use harness::devnet::Devnet;
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use types::{Amount, ChainId, Gas, Nonce, TimestampMs, Tx};

/// A chain id that is not this chain's.
const SEVENS: &str = "0707070707070707070707070707070707070707070707070707070707070707";

/// What a case must be told: code, field, value, limit. A star stands for any text.
type Told = (&'static str, &'static str, &'static str, &'static str);

fn fits(found: &Value, expected: &str) -> bool {
    match expected {
        "*" => found.is_string(),
        "" => found.is_null(),
        expected => found == expected,
    }
}

fn check(what: &str, answer: &Value, (code, field, value, limit): Told) {
    let error = &answer["error"];
    let data = &error["data"];
    let held = [(code, "code"), (field, "field"), (value, "value"), (limit, "limit")];
    for (expected, name) in held {
        assert!(fits(&data[name], expected), "{what}: {name} should be {expected:?}: {answer}");
    }
    let message = error["message"].as_str().unwrap_or_default();
    assert!(message.starts_with(code), "{what}: {message}");
}

fn submit(net: &Devnet, tx: &[u8]) -> Value {
    let params = json!({ "tx": Base64(tx.to_vec()) });
    let body = json!({ "jsonrpc": "2.0", "id": 1, "method": "tx_submit", "params": params });
    http::call(net.port(0), &body.to_string())
}

#[test]
fn a_transaction_that_breaks_a_rule_is_told_which() {
    let _alone = one_net();
    let net = Devnet::start(1).unwrap();
    let (alice, bob) = (net.key("alice").unwrap(), address(&net.key("bob").unwrap()));
    let chain = chain_id(&net);
    let first = payment(&net, &alice, bob, 1, 0);
    net.client(0).unwrap().submit(&first, Wait::Final, WAIT).unwrap();

    let broken = |change: &dyn Fn(&mut Tx)| {
        let mut tx = tx(chain, address(&alice), 1, vec![transfer(bob, 1)]);
        change(&mut tx);
        signed(&alice, tx)
    };
    let cases: Vec<(&str, Vec<u8>, Told)> = vec![
        (
            "another chain",
            broken(&|tx| tx.chain_id = ChainId([7; 32])),
            ("WRONG_CHAIN", "chain_id", SEVENS, "*"),
        ),
        (
            "a nonce that was used",
            broken(&|tx| tx.nonce = Nonce(0)),
            ("NONCE_TOO_LOW", "nonce", "0", "1"),
        ),
        (
            "a nonce too far ahead",
            broken(&|tx| tx.nonce = Nonce(99)),
            ("NONCE_TOO_HIGH", "nonce", "99", "1, at most 16 above that may wait"),
        ),
        (
            "expired",
            broken(&|tx| tx.valid_until_ms = TimestampMs(1_000)),
            ("EXPIRED", "valid_until_ms", "1000", "*"),
        ),
        (
            "valid for too long",
            broken(&|tx| tx.valid_until_ms = TimestampMs(now_ms() + 100_000_000)),
            ("VALID_TOO_FAR", "valid_until_ms", "*", "*"),
        ),
        (
            "more than there is",
            broken(&|tx| tx.calls = vec![transfer(bob, 2_000_000_000_000)]),
            ("INSUFFICIENT_BALANCE", "sender.balance", "999999999999", "2000000000000"),
        ),
        (
            "oversized",
            broken(&|tx| tx.reference = vec![0; 140_000]),
            ("TOO_LARGE", "bytes", "140262", "131072"),
        ),
        (
            "a long reference",
            broken(&|tx| tx.reference = vec![0; 65]),
            ("TOO_LARGE", "reference", "65 bytes", "64"),
        ),
        ("no calls", broken(&|tx| tx.calls.clear()), ("BAD_FIELD", "calls", "empty", "1 to 16")),
        (
            "seventeen calls",
            broken(&|tx| tx.calls = vec![transfer(bob, 1); 17]),
            ("TOO_LARGE", "calls", "17 long", "16"),
        ),
        ("lane 64", broken(&|tx| tx.lane = 64), ("BAD_FIELD", "lane", "64", "0 to 63")),
        (
            "little gas",
            broken(&|tx| tx.gas_limit = Gas(1)),
            ("GAS_LIMIT_TOO_LOW", "gas_limit", "1", "*"),
        ),
        (
            "much gas",
            broken(&|tx| tx.gas_limit = Gas(u64::MAX)),
            ("GAS_LIMIT_TOO_HIGH", "gas_limit", "18446744073709551615", "60000000"),
        ),
        (
            "nothing",
            broken(&|tx| tx.calls = vec![transfer(bob, 0)]),
            ("AMOUNT_ZERO", "calls", "", "*"),
        ),
        (
            "to oneself",
            broken(&|tx| tx.calls = vec![transfer(address(&alice), 1)]),
            ("SELF_TRANSFER", "calls", "", "*"),
        ),
        ("no transaction", vec![1, 2, 3], ("MALFORMED", "bytes", "", "*")),
        ("a byte too many", [broken(&|_| ()), vec![0]].concat(), ("MALFORMED", "bytes", "", "*")),
        (
            "another key than the sender's",
            {
                let mut bytes = broken(&|_| ());
                let at = bytes.len() - 90;
                bytes[at] ^= 1;
                bytes
            },
            ("BAD_AUTH", "auth", "", "*"),
        ),
    ];
    for (what, tx, told) in cases {
        check(what, &submit(&net, &tx), told);
    }
    let mut forged = broken(&|_| ());
    let last = forged.len() - 2;
    forged[last] ^= 1;
    check("a bad signature", &submit(&net, &forged), ("BAD_SIGNATURE", "auth", "*", "*"));
    // Nothing of it was taken, and the next payment goes through.
    let next = payment(&net, &alice, bob, 1, 1);
    net.client(0).unwrap().submit(&next, Wait::Final, WAIT).unwrap();
    let account = net.client(0).unwrap().account(&crate::text(bob), false).unwrap();
    assert_eq!(account.balance, Amount(1_000_000_000_002));
}

#[test]
fn a_request_that_is_none_is_told_why_and_the_node_goes_on() {
    let _alone = one_net();
    let net = Devnet::start(1).unwrap();
    let port = net.port(0);
    let numbered = |body: &[u8]| {
        let (status, answer) = http::send(port, &http::post(body));
        assert_eq!(status, 200, "{answer}");
        let answer: Value = serde_json::from_str(&answer).unwrap();
        answer["error"]["code"].as_i64().unwrap_or_else(|| panic!("{answer}"))
    };
    let call = |method: &str, params: &str| {
        let body = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"{method}","params":{params}}}"#);
        http::call(port, &body)
    };

    let answer = call("acount", "{}");
    assert_eq!(answer["error"]["code"], -32_601);
    assert_eq!(answer["error"]["data"]["code"], "UNKNOWN_METHOD", "{answer}");
    assert_eq!(answer["error"]["data"]["limit"], "account", "the nearest is named: {answer}");
    let answer = call("account", r#"{"adress":"syn1"}"#);
    let message = answer["error"]["message"].as_str().unwrap();
    assert!(message.contains("adress") && message.contains("address"), "{message}");
    let answer = call("account", r#"{"address":"syn1qqqqqq"}"#);
    assert_eq!(answer["error"]["data"]["value"], "syn1qqqqqq", "{answer}");
    let answer = call("blocks", r#"{"from":"0","count":101}"#);
    assert_eq!(answer["error"]["data"]["limit"], "1 to 100", "{answer}");
    let answer = call("header", r#"{"height":"-1"}"#);
    assert_eq!(answer["error"]["data"]["field"], "height", "{answer}");
    let answer = call("header", r#"{"height":"18446744073709551616"}"#);
    assert_eq!(answer["error"]["data"]["field"], "height", "{answer}");
    let answer = call("header", r#"{"height":"999999999"}"#);
    assert_eq!(answer["error"]["data"]["code"], "NOT_YET", "{answer}");

    assert_eq!(numbered(b"{"), -32_700, "malformed JSON");
    assert_eq!(numbered(b"\xff\xfe{}"), -32_700, "no UTF-8");
    let torn = br#"{"jsonrpc":"2.0","id":1,"method":"status","params":{"x":"Z"}}"#;
    let mut torn = torn.to_vec();
    let at = torn.iter().position(|byte| *byte == b'Z').unwrap();
    torn[at] = 0xc0;
    assert_eq!(numbered(&torn), -32_700, "no UTF-8 within");
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let nested = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"status","params":{deep}}}"#);
    assert!(numbered(nested.as_bytes()) < 0, "deep nesting");
    let objects = r#"{"a":"#.repeat(100_000);
    assert_eq!(numbered(objects.as_bytes()), -32_700, "deep objects");
    assert!(http::is_well(port));
}

#[test]
fn a_batch_of_a_hundred_thousand_is_refused_at_once() {
    let _alone = one_net();
    let net = Devnet::start(1).unwrap();
    let port = net.port(0);
    // Within the size of a request: the number is what is refused.
    let batch = format!("[{}1]", "1,".repeat(99_999));
    let begun = Instant::now();
    let answer = http::call(port, &batch);
    assert_eq!(answer["error"]["data"]["code"], "TOO_LARGE", "{answer}");
    assert_eq!(answer["error"]["data"]["limit"], "20", "{answer}");
    // Real calls are more than a request may hold.
    let calls = r#"{"jsonrpc":"2.0","id":1,"method":"supply"},"#.repeat(100_000);
    let batch = format!("[{}]", calls.trim_end_matches(','));
    let (status, answer) = http::send(port, &http::post(batch.as_bytes()));
    assert!(matches!(status, 413 | 0), "{status} {answer}");
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    let txs = vec![Value::from("AQ=="); 1_001];
    let body = json!({ "jsonrpc": "2.0", "id": 1, "method": "tx_submit_batch", "params": [txs] });
    let answer = http::call(port, &body.to_string());
    assert_eq!(answer["error"]["data"]["limit"], "1 to 1000", "{answer}");
    assert!(http::is_well(port));
}

#[test]
fn heads_that_are_too_large_or_say_two_things_are_turned_away() {
    let _alone = one_net();
    let net = Devnet::start(1).unwrap();
    let port = net.port(0);
    let body = r#"{"jsonrpc":"2.0","id":1,"method":"admin_stop"}"#;
    let hidden = format!("POST /rpc HTTP/1.1\r\nhost: localhost\r\n\r\n{body}");
    let head = |more: &str| format!("POST /rpc HTTP/1.1\r\nhost: localhost\r\n{more}\r\n");
    let cases: Vec<(&str, String)> = vec![
        ("a huge header", head(&format!("x: {}\r\n", "a".repeat(20_000)))),
        ("many headers", head(&"x: y\r\n".repeat(5_000))),
        ("a huge path", format!("GET /{} HTTP/1.1\r\nhost: localhost\r\n\r\n", "a".repeat(70_000))),
        ("two lengths", head("content-length: 4\r\ncontent-length: 5\r\n") + "AAAAA"),
        (
            "a length and chunks",
            head("content-length: 4\r\ntransfer-encoding: chunked\r\n") + "0\r\n\r\n" + &hidden,
        ),
        (
            "an encoding that is none",
            head("transfer-encoding: xchunked\r\n") + "0\r\n\r\n" + &hidden,
        ),
        ("a chunk without a size", head("transfer-encoding: chunked\r\n") + "zz\r\n" + &hidden),
        ("a length that is none", head("content-length: +5\r\n") + "AAAAA"),
        ("a blank before the colon", head("content-length : 5\r\n") + "AAAAA"),
        ("a folded header", head("x: a\r\n content-length: 5\r\n") + "AAAAA"),
        ("no HTTP", "\x16\x03\x01\x02\x00\x01\x00\x01\r\n\r\n".to_owned()),
        ("a later HTTP", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_owned()),
    ];
    for (what, request) in cases {
        let begun = Instant::now();
        let (status, answer) = http::send(port, request.as_bytes());
        // What has a length and chunks is read by its chunks alone: here an empty body.
        let refused = (400..=599).contains(&status) || answer.contains("-32700");
        assert!(status == 0 || refused, "{what}: {status} {answer}");
        assert!(!answer.contains("\"result\""), "{what}: {answer}");
        assert!(begun.elapsed() < Duration::from_secs(12), "{what}: {:?}", begun.elapsed());
        assert!(http::is_well(port), "{what}: the node goes on");
    }
    // A method of the admin's is not served here, however it is asked for.
    let answer = http::call(port, body);
    assert_eq!(answer["error"]["data"]["code"], "UNAUTHORIZED", "{answer}");
}
