//! What a node says about its own methods works on that node.

use crate::{WAIT, address, chain_id, http, one_net, payment, signed, tx};
use client::dto::{TxState, Wait};
use crypto::sign::SecretKey;
use harness::devnet::Devnet;
use serde_json::{Map, Value, json};
use std::path::Path;
use types::{Amount, Call, Gas};

#[test]
fn every_method_has_an_example_that_works_as_it_stands() {
    let _alone = one_net();
    let net = Devnet::start(4).unwrap();
    let (alice, bob) = (net.key("alice").unwrap(), address(&net.key("bob").unwrap()));
    let tx = payment(&net, &alice, bob, 5, 0);
    net.client(0).unwrap().submit(&tx, Wait::Final, WAIT).unwrap();
    make_counter(&net, &alice, 1);
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

/// The smallest contract, so that there is one to ask about.
fn make_counter(net: &Devnet, creator: &SecretKey, nonce: u64) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../contracts/artifacts/counter.wasm");
    let code = std::fs::read(file).unwrap();
    let make = Call::Instantiate {
        code_hash: crypto::hash::blake3(&code),
        salt: Vec::new(),
        admin: None,
        input: types::encode(&0_u64),
        value: Amount(0),
    };
    let mut deploy = tx(chain_id(net), address(creator), nonce, vec![Call::Deploy { code }, make]);
    deploy.gas_limit = Gas(10_000_000);
    deploy.fee_limit = Amount(1_000_000_000);
    let answer = net.client(0).unwrap().submit(&signed(creator, deploy), Wait::Final, WAIT);
    let TxState::Final(outcome) = answer.unwrap().state else { panic!("it is final") };
    assert_eq!(outcome.code, "OK");
}

fn call(method: &str, params: &Value) -> String {
    json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params }).to_string()
}
