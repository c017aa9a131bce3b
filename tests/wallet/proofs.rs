//! A payment is proven to whoever trusts the genesis alone, and nothing else is.

use crate::{WAIT, address, http, one_net, payment, text};
use client::dto::{
    Base64, EventFilter, Finality, ReceiptProof, StateProof, StreamItem, TxState, Wait,
};
use client::verify::Trust;
use harness::devnet::{Devnet, syndic};
use serde_json::{Value, json};
use state::key;
use std::fs;
use std::time::Duration;
use types::{AccountRecord, Address, Height};

/// What a node answers, as its bytes.
fn result(net: &Devnet, node: u16, method: &str, params: &Value) -> Value {
    let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
    let mut answer = http::call(net.port(node), &body.to_string());
    assert!(answer["error"].is_null(), "{method}: {answer}");
    answer["result"].take()
}

fn trust(net: &Devnet) -> Trust {
    // The hash is as known from elsewhere: here from the chain spec, not from a node.
    let genesis = net.genesis().unwrap();
    let hash = crypto::id::block_id(&crypto::id::genesis_header(&genesis).unwrap());
    Trust::from_genesis(&genesis, Some(hash)).unwrap()
}

/// Flip each byte in turn, one bit and all of them, and count what is still accepted.
fn accepted_flips(bytes: &[u8], accepts: impl Fn(&[u8]) -> bool) -> Vec<usize> {
    assert!(accepts(bytes), "unchanged it is accepted");
    let mut changed = bytes.to_vec();
    let mut passed = Vec::new();
    for at in 0..bytes.len() {
        for flip in [1 << (at % 8), 0xff] {
            changed[at] = bytes[at] ^ flip;
            if accepts(&changed) {
                passed.push(at);
            }
        }
        changed[at] = bytes[at];
    }
    passed
}

/// Flip the lowest bit of each byte of a JSON text: that changes a letter, never only its case.
fn accepted_letters(text: &str, accepts: impl Fn(&str) -> bool) -> Vec<usize> {
    assert!(accepts(text), "unchanged it is accepted");
    let flipped = |at: usize| {
        let mut bytes = text.as_bytes().to_vec();
        bytes[at] ^= 1;
        String::from_utf8(bytes).unwrap()
    };
    (0..text.len()).filter(|at| accepts(&flipped(*at))).collect()
}

fn check_state(trust: &Trust, proof: &StateProof, raw: &[u8]) {
    let none: Vec<usize> = Vec::new();
    let changed = |part: fn(&mut StateProof) -> &mut Base64| {
        move |bytes: &[u8]| {
            let mut proof = proof.clone();
            *part(&mut proof) = Base64(bytes.to_vec());
            trust.verify_key(&proof, raw).is_ok()
        }
    };
    assert_eq!(accepted_flips(&proof.proof.0, changed(|proof| &mut proof.proof)), none);
    assert_eq!(accepted_flips(&proof.certificate.0, changed(|proof| &mut proof.certificate)), none);
    let json = serde_json::to_string(proof).unwrap();
    let reads = |json: &str| {
        serde_json::from_str(json).is_ok_and(|proof| trust.verify_key(&proof, raw).is_ok())
    };
    assert_eq!(accepted_letters(&json, reads), none);
}

#[test]
fn a_payment_is_proven_to_its_payee_and_no_changed_byte_passes() {
    let _alone = one_net();
    let net = Devnet::start(4).unwrap();
    let (alice, bob) = (net.key("alice").unwrap(), address(&net.key("bob").unwrap()));
    let before = net.client(3).unwrap().account(&text(bob), false).unwrap().balance.0;
    let tx = payment(&net, &alice, bob, 1_000, 0);
    let sent = net.client(1).unwrap().submit(&tx, Wait::Final, WAIT).unwrap();
    let TxState::Final(outcome) = sent.state else { panic!("{sent:?}") };
    net.wait_final(3, outcome.height, WAIT).unwrap();
    let trust = trust(&net);

    // Bob's balance, read with proof at node 3 and checked without it.
    let answer = result(&net, 3, "account", &json!({ "address": text(bob), "prove": true }));
    let proof: StateProof = serde_json::from_value(answer["proof"].clone()).unwrap();
    let raw = key::account(&bob);
    let proven = trust.verify_key(&proof, &raw).unwrap();
    assert!(proven.height >= outcome.height, "the newest provable height is picked");
    let record: AccountRecord = types::decode("account", &proven.value.unwrap(), 64).unwrap();
    assert_eq!(record.balance.0, before + 1_000);
    check_state(&trust, &proof, &raw);

    // That somebody has nothing.
    let nobody = key::account(&Address([9; 32]));
    let answer =
        result(&net, 3, "state_get", &json!({ "key": hex::encode(&nobody), "prove": true }));
    let absent: StateProof = serde_json::from_value(answer["proof"].clone()).unwrap();
    assert_eq!(trust.verify_key(&absent, &nobody).unwrap().value, None);
    check_state(&trust, &absent, &nobody);

    // The finality certificate of that height by itself.
    let answer = result(&net, 3, "finality", &json!({ "height": proof.height.to_string() }));
    let encoded: Base64 = serde_json::from_value(answer["encoded"].clone()).unwrap();
    let accepts = |bytes: &[u8]| trust.finality(bytes, proof.height).is_ok();
    assert_eq!(accepted_flips(&encoded.0, accepts), Vec::<usize>::new());

    // The payment's receipt.
    let hash = crypto::id::tx_hash(&tx);
    let answer =
        result(&net, 3, "transaction", &json!({ "hash": hash.to_string(), "prove": true }));
    let receipt: ReceiptProof = serde_json::from_value(answer["proof"].clone()).unwrap();
    let proven = trust.verify_transaction(&receipt, hash).unwrap();
    assert_eq!((proven.height, proven.receipt.code), (outcome.height, types::Code::Ok));
    let changed = |bytes: &[u8]| {
        let receipt = ReceiptProof { receipt: Base64(bytes.to_vec()), ..receipt.clone() };
        trust.verify_transaction(&receipt, hash).is_ok()
    };
    assert_eq!(accepted_flips(&receipt.receipt.0, changed), Vec::<usize>::new());
    let json = serde_json::to_string(&receipt).unwrap();
    let reads = |json: &str| {
        serde_json::from_str(json).is_ok_and(|proof| trust.verify_transaction(&proof, hash).is_ok())
    };
    assert_eq!(accepted_letters(&json, reads), Vec::<usize>::new());

    // Another chain's genesis proves nothing of this one.
    let mut other = net.genesis().unwrap();
    other.salt[0] ^= 1;
    assert!(Trust::from_genesis(&other, None).unwrap().verify_key(&proof, &raw).is_err());
}

#[test]
fn the_commands_prove_at_the_newest_height_and_check_with_no_node() {
    let _alone = one_net();
    let net = Devnet::start(4).unwrap();
    let bob = address(&net.key("bob").unwrap());
    let (url, chain) = (net.url(2), net.home(0).join("chain.toml"));
    let (chain, account) = (chain.to_string_lossy().into_owned(), text(bob).0);
    let file = net.folder().join("proof.json");
    let file = file.to_string_lossy().into_owned();
    let get = ["--json", "proof", "get", "--account", &account, "--chain", &chain, "--node", &url];
    let made = syndic(&[&get[..], &["--out", &file]].concat()).unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let tip = net.client(2).unwrap().status().unwrap().finalized.height;
    let verify = ["--json", "proof", "verify", &file, "--chain", &chain];
    let verified = syndic(&verify).unwrap();
    let shown: Value = serde_json::from_slice(&verified.stdout).unwrap();
    let height: u64 = shown["height"].as_str().unwrap().parse().unwrap();
    assert!(height + 8 >= tip.0, "height {height} of {tip}");
    assert_eq!(shown["balance"], "1000000000000");
    // A proof with one changed letter is refused, with the code for a failed check.
    let text = fs::read_to_string(&file).unwrap();
    let at = text.find("\"proof\": \"").unwrap() + 40;
    let mut bytes = text.into_bytes();
    bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
    fs::write(&file, bytes).unwrap();
    assert_eq!(syndic(&verify).unwrap().status.code(), Some(5));

    let file = net.folder().join("certificate.json");
    let file = file.to_string_lossy().into_owned();
    let made = syndic(&["cert", "get", "--node", &url, "--out", &file]).unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let verified = syndic(&["--json", "cert", "verify", &file, "--chain", &chain]).unwrap();
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stderr));
}

#[test]
fn a_height_without_proofs_is_named_with_the_nearest_that_has_some() {
    let _alone = one_net();
    let net = Devnet::start(1).unwrap();
    let key = hex::encode(key::chain());
    let ask = |height: u64| {
        let params = json!({ "key": key, "prove": true, "height": height.to_string() });
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": "state_get", "params": params });
        http::call(net.port(0), &body.to_string())
    };
    let answer = ask(1_000_000);
    assert_eq!(answer["error"]["data"]["code"], "NOT_YET", "{answer}");
    // Genesis is final by trust, not by a certificate.
    let answer = ask(0);
    assert_eq!(answer["error"]["data"]["code"], "NOT_FOUND", "{answer}");
    assert_eq!(answer["error"]["data"]["value"], "0", "{answer}");
}

#[test]
fn an_event_stream_tells_a_payment_once_and_only_when_it_is_final() {
    let _alone = one_net();
    let net = Devnet::start(4).unwrap();
    let (alice, bob) = (net.key("alice").unwrap(), address(&net.key("bob").unwrap()));
    let urls: Vec<String> = (0..4).map(|node| net.url(node)).collect();
    let config = client::Config::from_urls(&urls.join(",")).unwrap();
    let filter = EventFilter { account: Some(text(bob)), ..EventFilter::default() };
    let mut stream =
        client::events::EventStream::new(config, None, Finality::Final, filter).unwrap();
    while stream.cursor().is_none() {
        stream.next(Duration::from_millis(200)).unwrap();
    }
    let tx = payment(&net, &alice, bob, 3, 0);
    net.client(0).unwrap().submit(&tx, Wait::None, WAIT).unwrap();
    let hash = crypto::id::tx_hash(&tx);
    let mut told = 0;
    let mut last = Height(0);
    for _ in 0..60 {
        match stream.next(WAIT).unwrap() {
            Some(StreamItem::Event { tx_hash, cursor, .. }) => {
                assert_eq!(tx_hash.map(|hash| hash.0), Some(hash));
                last = cursor.height;
                told += 1;
            }
            Some(StreamItem::Checkpoint { cursor, .. }) => {
                if told > 0 && cursor.height.0 > last.0 + 2 {
                    break;
                }
            }
            None => break,
        }
    }
    assert_eq!(told, 1, "once");
    assert!(net.client(0).unwrap().status().unwrap().finalized.height >= last);
}
