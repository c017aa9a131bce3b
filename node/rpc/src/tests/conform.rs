//! Answers hold what the table says, and nothing else.

use super::world::{ALICE, CODE, COUNTER, World, transfer};
use crate::registry;
use crate::schema::{Field, Kind};
use client::dto::AddressText;
use client::{Client, Config};
use serde_json::{Value, json};
use types::AddressKind;

fn check(kind: Kind, value: &Value, path: &str) {
    let text = || value.as_str().unwrap_or_else(|| panic!("{path}: {value} is no text"));
    match kind {
        Kind::Boolean => assert!(value.is_boolean(), "{path}: {value}"),
        Kind::Integer => assert!(value.is_u64(), "{path}: {value}"),
        Kind::Decimal => assert!(text().parse::<u128>().is_ok(), "{path}: {value}"),
        Kind::Hash => assert_eq!(text().len(), 64, "{path}: {value}"),
        Kind::Hex => assert!(hex::decode(text()).is_ok(), "{path}: {value}"),
        Kind::Base64 | Kind::Text => drop(text()),
        Kind::Address => assert!(text().starts_with("syn1"), "{path}: {value}"),
        Kind::Cursor => assert_eq!(text().split(':').count(), 3, "{path}: {value}"),
        Kind::Choice(words) => assert!(words.contains(&text()), "{path}: {value}"),
        Kind::List(inner) => {
            let list = value.as_array().unwrap_or_else(|| panic!("{path}: {value} is no list"));
            list.iter().for_each(|one| check(*inner, one, path));
        }
        Kind::Object(record) => {
            fields(None, record.fields, value, &format!("{path}/{}", record.name))
        }
        Kind::Variants(variants) => {
            let word = value[variants.tag].as_str().unwrap_or_default();
            let form = variants.forms.iter().find(|(name, _)| *name == word);
            let (_, form) = form.unwrap_or_else(|| panic!("{path}: no form {word:?}"));
            fields(Some(variants.tag), form, value, &format!("{path}/{word}"));
        }
        Kind::Anything => {}
    }
}

fn fields(tag: Option<&str>, fields: &[Field], value: &Value, path: &str) {
    let object = value.as_object().unwrap_or_else(|| panic!("{path}: {value} is no object"));
    for field in fields {
        match object.get(field.name) {
            Some(held) => check(field.kind, held, &format!("{path}.{}", field.name)),
            None => assert!(!field.required, "{path}.{} is missing", field.name),
        }
    }
    for name in object.keys() {
        let known = Some(name.as_str()) == tag || fields.iter().any(|field| field.name == name);
        assert!(known, "{path}.{name} is not in the table");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_have_the_shapes_that_the_document_describes() {
    let world = World::new().await;
    world.commit(2);
    world.finalize();
    world.commit(1);
    let admin = world.server.admin.unwrap();
    tokio::task::spawn_blocking(move || {
        let client = Client::new(Config::from_urls(&admin.to_string()).unwrap()).unwrap();
        let alice = AddressText::new("syn", AddressKind::Account, &ALICE);
        let contract = AddressText::new("syn", AddressKind::Contract, &COUNTER);
        let hash = crypto::id::tx_hash(&transfer(1, 0)).to_string();
        let tx = client::dto::Base64(transfer(7, 7));
        let calls = [
            ("account", json!({"address": alice, "prove": true})),
            ("account_history", json!({"address": alice, "limit": 1})),
            ("admin_log_filter", json!({"filter": "info"})),
            ("block", json!({"height": "1"})),
            ("blocks", json!({"from": "0"})),
            ("commit", json!({})),
            ("consensus", json!({})),
            ("contract_abi", json!({"contract": contract})),
            ("contract_code", json!({"code_hash": crypto::hash::blake3(CODE).to_string()})),
            ("contract_get", json!({"contract": contract})),
            ("contract_list", json!({"limit": 1})),
            ("contract_view", json!({"contract": contract, "method": "count"})),
            ("contract_view", json!({"contract": contract, "method": "refuse"})),
            ("evidence_list", json!({})),
            ("finality", json!({})),
            ("genesis", json!({})),
            ("header", json!({})),
            ("members", json!({})),
            ("mempool_info", json!({})),
            ("net_info", json!({})),
            ("nonce", json!({"address": alice})),
            ("params", json!({})),
            ("proposals", json!({})),
            ("receipts", json!({"height": "1"})),
            ("roles", json!({"account": alice})),
            ("rpc.discover", json!({})),
            ("state_get", json!({"key": hex::encode(state::key::chain()), "prove": true})),
            ("status", json!({})),
            ("supply", json!({})),
            ("transaction", json!({"hash": hash, "prove": true})),
            ("tx_decode", json!({"tx": tx})),
            ("tx_simulate", json!({"tx": tx})),
            ("tx_status", json!({"hash": hash})),
            ("tx_submit", json!({"tx": tx})),
            ("tx_submit_batch", json!({"txs": [tx, tx]})),
            ("validators", json!({})),
            ("validators_registered", json!({})),
        ];
        for (method, params) in calls {
            let answer: Value = client.call(method, &params).unwrap_or_else(|error| {
                panic!("{method}: {error}");
            });
            check(registry::find(method).unwrap().result, &answer, method);
        }
    })
    .await
    .unwrap();
}
