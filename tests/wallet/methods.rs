//! What a node says about its own methods works on that node.

use crate::{WAIT, address, http, one_net, payment};
use client::dto::Wait;
use harness::devnet::Devnet;
use serde_json::{Map, Value, json};

#[test]
fn every_method_has_an_example_that_works_as_it_stands() {
    let _alone = one_net();
    let net = Devnet::start(4).unwrap();
    let (alice, bob) = (net.key("alice").unwrap(), address(&net.key("bob").unwrap()));
    let tx = payment(&net, &alice, bob, 5, 0);
    net.client(0).unwrap().submit(&tx, Wait::Final, WAIT).unwrap();
    let (port, admin) = (net.port(0), net.port(0) + 2);
    let discover = r#"{"jsonrpc":"2.0","id":1,"method":"rpc.discover"}"#;
    let document = http::call(port, discover)["result"].take();
    let methods = document["methods"].as_array().unwrap();
    assert!(methods.len() > 30, "{}", methods.len());
    for method in methods {
        let name = method["name"].as_str().unwrap();
        if matches!(name, "evidence" | "evidence_submit") {
            // Nobody signed twice here.
            continue;
        }
        let examples = method["examples"].as_array().unwrap();
        assert_eq!(examples.len(), 1, "{name} has an example");
        let given = examples[0]["params"].as_array().unwrap();
        let pair =
            |given: &Value| (given["name"].as_str().unwrap().to_owned(), given["value"].clone());
        let by_name: Map<String, Value> = given.iter().map(pair).collect();
        // In the order of the table, as far as they are given.
        let order = method["params"].as_array().unwrap().iter();
        let by_position: Vec<Value> = order
            .map_while(|param| by_name.get(param["name"].as_str().unwrap()).cloned())
            .collect();
        match name {
            // What it does is another test's.
            "admin_stop" => continue,
            "events_subscribe" | "events_unsubscribe" => {
                let body = call(name, &Value::Object(by_name));
                let answer = http::call(port, &body);
                let message = answer["error"]["message"].as_str().unwrap_or_default();
                assert!(message.contains("WebSocket"), "{name}: {answer}");
                continue;
            }
            _ => {}
        }
        let port = if method["x-scope"] == "admin" { admin } else { port };
        let answer = http::call(port, &call(name, &Value::Object(by_name.clone())));
        assert!(answer.get("result").is_some(), "{name} {by_name:?}: {answer}");
        if by_position.len() == by_name.len() {
            let again = http::call(port, &call(name, &Value::Array(by_position)));
            assert!(again.get("result").is_some(), "{name}, by position: {again}");
        }
    }
}

fn call(method: &str, params: &Value) -> String {
    json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params }).to_string()
}
