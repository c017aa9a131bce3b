//! JSON-RPC 2.0, rule by rule (<https://www.jsonrpc.org/specification>).

use super::hostile::call;
use super::world::World;
use serde_json::{Value, json};

/// What a request is answered with: a result, an error number, or nothing.
#[derive(Clone, Copy, Debug)]
enum Answer {
    Result,
    Error(i64),
    Nothing,
}

use Answer::{Error, Nothing, Result};

/// Rule, request, identifier of the answer, answer.
const RULES: &[(&str, &str, &str, Answer)] = &[
    ("4: a call", r#"{"jsonrpc":"2.0","id":1,"method":"supply"}"#, "1", Result),
    (
        "4: version must be 2.0",
        r#"{"jsonrpc":"2","id":1,"method":"supply"}"#,
        "null",
        Error(-32_600),
    ),
    ("4: version must be there", r#"{"id":1,"method":"supply"}"#, "null", Error(-32_600)),
    ("4: version is a text", r#"{"jsonrpc":2.0,"id":1,"method":"supply"}"#, "null", Error(-32_600)),
    (
        "4: method is a text",
        r#"{"jsonrpc":"2.0","method":1,"params":"bar"}"#,
        "null",
        Error(-32_600),
    ),
    ("4: method must be there", r#"{"jsonrpc":"2.0","id":1}"#, "null", Error(-32_600)),
    ("4: id is a text", r#"{"jsonrpc":"2.0","id":"a b","method":"supply"}"#, r#""a b""#, Result),
    ("4: id is null", r#"{"jsonrpc":"2.0","id":null,"method":"supply"}"#, "null", Result),
    ("4: id is zero", r#"{"jsonrpc":"2.0","id":0,"method":"supply"}"#, "0", Result),
    ("4: id below zero", r#"{"jsonrpc":"2.0","id":-7,"method":"supply"}"#, "-7", Result),
    ("4: id with a fraction", r#"{"jsonrpc":"2.0","id":1.5,"method":"supply"}"#, "1.5", Result),
    (
        "4: id of any size",
        r#"{"jsonrpc":"2.0","id":123456789012345678901234567890,"method":"supply"}"#,
        "123456789012345678901234567890",
        Result,
    ),
    (
        "4: id is no object",
        r#"{"jsonrpc":"2.0","id":{},"method":"supply"}"#,
        "null",
        Error(-32_600),
    ),
    ("4: id is no list", r#"{"jsonrpc":"2.0","id":[1],"method":"supply"}"#, "null", Error(-32_600)),
    (
        "4: id is no boolean",
        r#"{"jsonrpc":"2.0","id":true,"method":"supply"}"#,
        "null",
        Error(-32_600),
    ),
    ("4.1: a notification", r#"{"jsonrpc":"2.0","method":"supply"}"#, "", Nothing),
    ("4.1: nor is its error told", r#"{"jsonrpc":"2.0","method":"foobar"}"#, "", Nothing),
    (
        "4.2: by name",
        r#"{"jsonrpc":"2.0","id":1,"method":"header","params":{"height":"0"}}"#,
        "1",
        Result,
    ),
    (
        "4.2: by position",
        r#"{"jsonrpc":"2.0","id":1,"method":"header","params":["0"]}"#,
        "1",
        Result,
    ),
    (
        "4.2: names in any case but their own",
        r#"{"jsonrpc":"2.0","id":1,"method":"header","params":{"Height":"0"}}"#,
        "1",
        Error(-32_602),
    ),
    ("4.2: empty list", r#"{"jsonrpc":"2.0","id":1,"method":"supply","params":[]}"#, "1", Result),
    (
        "4.2: too many",
        r#"{"jsonrpc":"2.0","id":1,"method":"supply","params":[1]}"#,
        "1",
        Error(-32_602),
    ),
    (
        "4.2: not structured",
        r#"{"jsonrpc":"2.0","id":1,"method":"header","params":"0"}"#,
        "1",
        Error(-32_602),
    ),
    (
        "4.2: not structured either",
        r#"{"jsonrpc":"2.0","id":1,"method":"header","params":7}"#,
        "1",
        Error(-32_602),
    ),
    (
        "5.1: parse error",
        r#"{"jsonrpc":"2.0","method":"foobar,"params":"bar","baz]"#,
        "null",
        Error(-32_700),
    ),
    ("5.1: nothing at all", "", "null", Error(-32_700)),
    (
        "5.1: no such method",
        r#"{"jsonrpc":"2.0","method":"foobar","id":"1"}"#,
        r#""1""#,
        Error(-32_601),
    ),
    ("5.1: a number is no call", "1", "null", Error(-32_600)),
    ("5.1: a text is no call", r#""supply""#, "null", Error(-32_600)),
    (
        "5.1: two calls are no batch",
        r#"{"jsonrpc":"2.0","id":1,"method":"supply"}{}"#,
        "null",
        Error(-32_700),
    ),
    ("6: an empty batch", "[]", "null", Error(-32_600)),
    (
        "6: a batch that is no JSON",
        r#"[{"jsonrpc":"2.0","method":"supply","id":"1"},{"jsonrpc":"2.0","method"]"#,
        "null",
        Error(-32_700),
    ),
    (
        "6: only notifications",
        r#"[{"jsonrpc":"2.0","method":"supply"},{"jsonrpc":"2.0","method":"status"}]"#,
        "",
        Nothing,
    ),
    (
        "8: rpc. is for the protocol itself",
        r#"{"jsonrpc":"2.0","id":1,"method":"rpc.nothing"}"#,
        "1",
        Error(-32_601),
    ),
];

/// A response object (section 5): version, identifier, and either a result or an error.
fn check(rule: &str, answer: &Value, id: &Value, expected: Answer) {
    let object = answer.as_object().unwrap_or_else(|| panic!("{rule}: {answer}"));
    assert_eq!(object["jsonrpc"], "2.0", "{rule}: {answer}");
    assert_eq!(&object["id"], id, "{rule}: {answer}");
    assert_eq!(object.len(), 3, "{rule}: a result or an error, and nothing else: {answer}");
    match expected {
        Result => assert!(object.contains_key("result"), "{rule}: {answer}"),
        Error(number) => {
            assert_eq!(object["error"]["code"], number, "{rule}: {answer}");
            assert!(object["error"]["message"].is_string(), "{rule}: {answer}");
        }
        Nothing => panic!("{rule}: {answer}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_rule_of_json_rpc_holds() {
    let world = World::new().await;
    for (rule, request, id, expected) in RULES {
        let (status, answer) = call(&world, request).await;
        match expected {
            Nothing => assert_eq!((status, &answer), (204, &Value::Null), "{rule}"),
            Result | Error(_) => {
                assert_eq!(status, 200, "{rule}: {answer}");
                let id = serde_json::from_str(id).unwrap();
                check(rule, &answer, &id, *expected);
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_is_answered_call_by_call_without_its_notifications() {
    let world = World::new().await;
    // The example of section 7, with methods of this node.
    let batch = json!([
        {"jsonrpc": "2.0", "method": "header", "params": ["0"], "id": "1"},
        {"jsonrpc": "2.0", "method": "supply"},
        {"jsonrpc": "2.0", "method": "blocks", "params": {"from": "0"}, "id": "2"},
        {"foo": "boo"},
        {"jsonrpc": "2.0", "method": "foo.get", "params": {"name": "myself"}, "id": "5"},
        {"jsonrpc": "2.0", "method": "supply", "id": "9"},
        1,
        [],
    ]);
    let (_, answer) = call(&world, &batch.to_string()).await;
    let expected = [
        (json!("1"), Result),
        (json!("2"), Result),
        (Value::Null, Error(-32_600)),
        (json!("5"), Error(-32_601)),
        (json!("9"), Result),
        (Value::Null, Error(-32_600)),
        (Value::Null, Error(-32_600)),
    ];
    let answers = answer.as_array().unwrap();
    assert_eq!(answers.len(), expected.len(), "{answer}");
    for (answer, (id, expected)) in answers.iter().zip(&expected) {
        check("7", answer, id, *expected);
    }
    // A batch of one that is none is still answered by a list.
    let (_, answer) = call(&world, "[1]").await;
    check("7: [1]", &answer[0], &Value::Null, Error(-32_600));
    // A list is no call, even if it holds what a call holds.
    let (_, answer) = call(&world, r#"[["2.0",1,"supply",{}]]"#).await;
    check("4: an object", &answer[0], &Value::Null, Error(-32_600));
}
