//! Contracts on four real processes: each step through another node, equal results on all.

use crate::{ALL, one_net};
use client::dto::tx::Outcome;
use client::dto::{AddressText, TxState, Wait};
use crypto::sign::SecretKey;
use harness::cluster::Cluster;
use serde_json::Value;
use std::time::Duration;
use types::{
    Address, AddressKind, Amount, Auth, Call, ChainId, Code, Gas, Hash, Height, Nonce, SignedTx,
    TimestampMs, Tx, Version,
};

pub(crate) const WAIT: Duration = Duration::from_secs(30);

/// Counts calls.
const COUNTER: &str = r#"(module
  (import "chain_v1" "output" (func $output (param i32 i32)))
  (import "chain_v1" "fail" (func $fail (param i32 i32 i32 i32)))
  (import "chain_v1" "storage_get" (func $get (param i32 i32 i32 i32) (result i64)))
  (import "chain_v1" "storage_set" (func $set (param i32 i32 i32 i32)))
  (import "chain_v1" "emit" (func $emit (param i32 i32 i32 i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "count")
  (data (i32.const 16) "Counted")
  (data (i32.const 32) "NOT_TODAY")
  (func $load
    (drop (call $get (i32.const 0) (i32.const 5) (i32.const 64) (i32.const 8))))
  (func (export "init")
    (call $set (i32.const 0) (i32.const 5) (i32.const 64) (i32.const 8)))
  (func $add (export "call:add")
    (call $load)
    (i64.store (i32.const 64) (i64.add (i64.load (i32.const 64)) (i64.const 1)))
    (call $set (i32.const 0) (i32.const 5) (i32.const 64) (i32.const 8))
    (call $emit (i32.const 16) (i32.const 7) (i32.const 64) (i32.const 8))
    (call $output (i32.const 64) (i32.const 8)))
  (func (export "call:refuse")
    (call $add)
    (call $fail (i32.const 32) (i32.const 9) (i32.const 0) (i32.const 5)))
  (func (export "call:spin") (loop $again (br $again)))
  (func (export "view:count") (call $load) (call $output (i32.const 64) (i32.const 8))))"#;

/// Floats differ between processors: no chain takes them.
const HOSTILE: &str = r#"(module (memory (export "memory") 1)
  (func (export "init") (drop (f64.add (f64.const 1) (f64.const 2)))))"#;

pub(crate) fn address(key: &SecretKey) -> Address {
    crypto::id::account_address(&key.public())
}

/// One account's way of sending calls to the net.
pub(crate) struct Wallet {
    pub(crate) chain_id: ChainId,
    pub(crate) key: SecretKey,
    /// The next nonce of each lane that is used.
    nonces: [u64; 2],
}

impl Wallet {
    pub(crate) fn new(cluster: &Cluster, name: &str) -> Self {
        let chain_id = cluster.client(0).unwrap().status().unwrap().chain.chain_id;
        Self { chain_id, key: cluster.key(name).unwrap(), nonces: [0; 2] }
    }

    fn sign(&self, calls: Vec<Call>, gas: u64) -> Vec<u8> {
        self.sign_in(0, calls, gas)
    }

    /// Sign for a lane, whose nonce is used then.
    pub(crate) fn take(&mut self, lane: u8, calls: Vec<Call>, gas: u64) -> Vec<u8> {
        let bytes = self.sign_in(lane, calls, gas);
        self.nonces[usize::from(lane)] += 1;
        bytes
    }

    fn sign_in(&self, lane: u8, calls: Vec<Call>, gas: u64) -> Vec<u8> {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
        let tx = Tx {
            version: Version,
            chain_id: self.chain_id,
            sender: address(&self.key),
            lane,
            nonce: Nonce(self.nonces[usize::from(lane)]),
            valid_until_ms: TimestampMs(u64::try_from(now.as_millis()).unwrap() + 60_000),
            gas_limit: Gas(gas),
            fee_limit: Amount(u128::MAX),
            payer: None,
            reference: Vec::new(),
            calls,
        };
        let signature = self.key.sign(&crypto::id::tx_signing_hash(&tx).0);
        let auth = Auth::Ed25519 { key: self.key.public(), signature };
        types::encode(&SignedTx { tx, auth, payer_auth: None })
    }

    /// Send through a node and wait until it is final.
    pub(crate) fn send(
        &mut self,
        cluster: &Cluster,
        node: u16,
        calls: Vec<Call>,
        gas: u64,
    ) -> Outcome {
        let bytes = self.take(0, calls, gas);
        let submitted = cluster.client(node).unwrap().submit(&bytes, Wait::Final, WAIT);
        match submitted.unwrap().state {
            TxState::Final(outcome) => outcome,
            other => panic!("not final: {other:?}"),
        }
    }
}

fn call(contract: Address, method: &str) -> Vec<Call> {
    let (method, input) = (method.to_owned(), Vec::new());
    vec![Call::Call { contract, method, input, value: Amount(0) }]
}

pub(crate) fn text(contract: Address) -> AddressText {
    AddressText::new("syn", AddressKind::Contract, &contract)
}

/// What the counter says on a node.
fn count(cluster: &Cluster, node: u16, contract: Address) -> u64 {
    let answer = cluster.client(node).unwrap().contract_view(&text(contract), "count", &[]);
    let returned = answer.unwrap().returned.unwrap().0;
    u64::from_le_bytes(returned.try_into().unwrap())
}

/// State root and receipts root after a height, as a node's next header has them.
fn roots(cluster: &Cluster, node: u16, height: Height) -> (Hash, Hash) {
    let header = cluster.client(node).unwrap().header(Some(height.next())).unwrap();
    (header.prev_state_root, header.prev_receipts_root)
}

fn assert_equal(cluster: &mut Cluster, contract: Address, expected: u64) {
    let tip = (0..4).filter_map(|node| cluster.finalized(node)).max().unwrap();
    cluster.wait_final(&ALL, tip.next(), WAIT).unwrap();
    for node in 0..4 {
        assert_eq!(count(cluster, node, contract), expected, "node {node}");
        assert_eq!(roots(cluster, node, tip), roots(cluster, 0, tip), "node {node}");
    }
}

#[test]
fn a_contract_is_deployed_made_and_called_through_different_nodes_with_equal_results() {
    let _alone = one_net();
    let mut cluster = Cluster::start(4).unwrap();
    let code = wat::parse_str(COUNTER).unwrap();
    let code_hash = crypto::hash::blake3(&code);
    let mut alice = Wallet::new(&cluster, "alice");
    let contract = crypto::id::contract_address(&address(&alice.key), b"one");

    let deployed = alice.send(&cluster, 0, vec![Call::Deploy { code: code.clone() }], 5_000_000);
    assert_eq!(deployed.code, "OK");
    let make = Call::Instantiate {
        code_hash,
        salt: b"one".to_vec(),
        admin: None,
        input: Vec::new(),
        value: Amount(0),
    };
    assert_eq!(alice.send(&cluster, 1, vec![make], 5_000_000).code, "OK");
    for (node, expected) in [(2, 1_u64), (3, 2), (0, 3)] {
        let outcome = alice.send(&cluster, node, call(contract, "add"), 5_000_000);
        assert_eq!(outcome.returned.unwrap().0, expected.to_le_bytes());
    }
    assert_equal(&mut cluster, contract, 3);

    let refused = alice.send(&cluster, 1, call(contract, "refuse"), 5_000_000);
    let failure = refused.failure.unwrap();
    assert_eq!((refused.code.as_str(), failure.name.as_str()), ("CONTRACT_FAILED", "NOT_TODAY"));
    let endless = alice.send(&cluster, 2, call(contract, "spin"), 5_000_000);
    assert_eq!((endless.code.as_str(), endless.gas_used), ("OUT_OF_GAS", Gas(5_000_000)));
    assert_equal(&mut cluster, contract, 3);

    // Every node gives a bad module the same answer, and none takes it.
    let hostile = wat::parse_str(HOSTILE).unwrap();
    let bytes = alice.sign(vec![Call::Deploy { code: hostile }], 5_000_000);
    for node in 0..4 {
        let refused = cluster.client(node).unwrap().submit(&bytes, Wait::None, WAIT).unwrap_err();
        assert_eq!(refused.code(), Some(Code::CodeRefused), "node {node}: {refused}");
    }

    // What a node that was away fetches gives it the same state, compiled code or none.
    cluster.kill(3).unwrap();
    for _ in 0..2 {
        assert_eq!(alice.send(&cluster, 0, call(contract, "add"), 5_000_000).code, "OK");
    }
    std::fs::remove_dir_all(cluster.home(3).join("compiled")).unwrap();
    cluster.run(&[3], &[]).unwrap();
    let tip = cluster.finalized(0).unwrap();
    cluster.wait_final(&ALL, tip.next(), WAIT).unwrap();
    assert_eq!(alice.send(&cluster, 3, call(contract, "add"), 5_000_000).code, "OK");
    assert_equal(&mut cluster, contract, 6);
    for node in 0..4 {
        let shown = cluster.client(node).unwrap().contract(&text(contract)).unwrap();
        assert_eq!((shown.code_hash, shown.paused), (code_hash, false));
        let held = cluster.client(node).unwrap().contract_code(code_hash).unwrap();
        assert_eq!(held.code.0, code);
    }
}

/// The JSON that a command printed, and its exit code.
fn told(cluster: &Cluster, arguments: &[&str]) -> (Value, i32) {
    let output = cluster.try_syndic(&[&["--json"], arguments].concat()).unwrap();
    let printed = serde_json::from_slice(&output.stdout).unwrap_or(Value::Null);
    let code = output.status.code().unwrap();
    if code != 0 {
        println!("{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    }
    (printed, code)
}

#[test]
fn commands_check_deploy_once_make_call_ask_verify_and_audit() {
    let _alone = one_net();
    let cluster = Cluster::start(4).unwrap();
    let folder = cluster.folder();
    let file = |name: &str, text: &str| {
        let path = folder.join(name);
        std::fs::write(&path, wat::parse_str(text).unwrap()).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let (counter, hostile) = (file("counter.wasm", COUNTER), file("hostile.wasm", HOSTILE));
    let key = folder.join("accounts/alice.key");
    let key = key.to_str().unwrap();
    let urls: Vec<String> = (0..4).map(|node| cluster.url(node)).collect();

    let (verdict, exit) = told(&cluster, &["contract", "check", &counter]);
    assert_eq!((verdict["code"].as_str(), exit), (Some("OK"), 0));
    let (verdict, exit) = told(&cluster, &["contract", "check", &hostile]);
    assert_eq!((verdict["code"].as_str(), exit), (Some("CODE_REFUSED"), 5));
    assert!(verdict["rule"].is_string() && verdict["value"].is_string(), "{verdict}");

    let deploy = ["contract", "deploy", &counter, "--key", key, "--node", &urls[0]];
    let (first, exit) = told(&cluster, &deploy);
    assert_eq!((first["status"].as_str(), exit), (Some("final"), 0), "{first}");
    let (second, exit) = told(&cluster, &deploy);
    assert_eq!((second["status"].as_str(), exit), (Some("already there"), 0), "{second}");
    let refused = ["contract", "deploy", &hostile, "--key", key, "--node", &urls[0]];
    assert_eq!(told(&cluster, &refused).1, 5, "it is not even sent");

    let make = ["contract", "instantiate", "--code", &counter, "--salt", "one", "--key", key];
    let (made, exit) = told(&cluster, &[&make[..], &["--node", &urls[1]]].concat());
    assert_eq!(exit, 0, "{made}");
    let contract = made["contract"].as_str().unwrap();
    let call = ["contract", "call", contract, "add", "--key", key, "--node", &urls[2]];
    let (called, exit) = told(&cluster, &call);
    assert_eq!((called["returned"].as_str(), exit), (Some("AQAAAAAAAAA="), 0), "{called}");
    let call = ["contract", "call", contract, "refuse", "--key", key, "--node", &urls[3]];
    assert_eq!(told(&cluster, &call).1, 5, "a call that would fail is not sent");
    for url in &urls {
        let (shown, exit) = told(&cluster, &["contract", "view", contract, "count", "--node", url]);
        assert_eq!((shown["returned"].as_str(), exit), (Some("AQAAAAAAAAA="), 0), "{shown}");
    }
    let unknown = ["contract", "view", contract, "coutn", "--node", &urls[0]];
    assert_eq!(told(&cluster, &unknown).1, 5);
    for (module, expected) in [(&counter, 0), (&hostile, 5)] {
        let verify = ["contract", "verify", contract, module, "--node", &urls[0]];
        assert_eq!(told(&cluster, &verify).1, expected, "{module}");
    }
    let (books, exit) = told(&cluster, &["audit", "all", "--node", &urls.join(",")]);
    assert_eq!((books.as_array().map(Vec::len), exit), (Some(4), 0), "{books}");
}
