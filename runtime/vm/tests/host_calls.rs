//! `chain_v1` with pointers, lengths and numbers of every kind: it answers or refuses, alike in
//! both pools, and never panics.

#![allow(clippy::unwrap_used)]

mod script;

use script::{Chain, run_on, wat};
use types::Code;
use vm::{Machine, Pool, Settings};

/// Every function with its parameters and whether it has a result.
const FUNCTIONS: &[(&str, &str, &str)] = &[
    ("input_len", "", "i32"),
    ("input_read", "i32", ""),
    ("output", "i32 i32", ""),
    ("fail", "i32 i32 i32 i32", ""),
    ("storage_get", "i32 i32 i32 i32", "i64"),
    ("storage_set", "i32 i32 i32 i32", ""),
    ("storage_remove", "i32 i32", "i32"),
    ("storage_has", "i32 i32", "i32"),
    ("storage_scan", "i32 i32 i32 i32 i32", "i32"),
    ("buffer_len", "", "i32"),
    ("buffer_read", "i32", ""),
    ("emit", "i32 i32 i32 i32", ""),
    ("transfer", "i32 i32", "i32"),
    ("call", "i32 i32 i32 i32 i32 i32 i64", "i32"),
    ("context", "i32 i32", "i32"),
    ("hash", "i32 i32 i32 i32", ""),
    ("verify", "i32 i32 i32 i32 i32", "i32"),
    ("merkle_verify", "i32 i32 i64 i64 i32 i32", "i32"),
    ("has_role", "i32 i32", "i32"),
    ("balance", "i32 i32", ""),
    ("randomness", "i64 i32", "i32"),
    ("new_id", "i32", ""),
    ("log", "i32 i32", ""),
];

/// A module with a method for each function, which takes the arguments from the input, 8 bytes
/// each.
fn every_function() -> Vec<u8> {
    let (mut imports, mut methods) = (String::new(), String::new());
    for (name, parameters, result) in FUNCTIONS {
        imports += &format!(
            r#"(import "chain_v1" "{name}" (func ${name} (param {parameters}) (result {result})))"#
        );
        let arguments: String = parameters
            .split_whitespace()
            .enumerate()
            .map(|(at, kind)| format!("({kind}.load offset={} (i32.const 0))", at * 8))
            .collect();
        let drop = if result.is_empty() { "" } else { "drop" };
        methods += &format!(
            r#"(func (export "call:{name}")
                 (call $input_read (i32.const 0)) (call ${name} {arguments}) {drop}
                 (call $output (i32.const 0) (i32.const 65536)))"#
        );
    }
    wat(&format!(r#"(module {imports} (memory (export "memory") 1) {methods})"#))
}

/// A number that looks random, from its position (SplitMix64).
fn scatter(position: u64) -> u64 {
    let mut z = position.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// Numbers at the edges of memory, of the limits and of their type, and any.
fn argument(seed: u64) -> u64 {
    const EDGES: [u64; 16] = [
        0,
        1,
        2,
        3,
        4,
        32,
        64,
        256,
        257,
        65_503,
        65_504,
        65_535,
        65_536,
        0x7fff_ffff,
        0xffff_ffff,
        u64::MAX,
    ];
    match seed % 3 {
        0 => scatter(seed),
        1 => scatter(seed) % 65_536,
        _ => EDGES[(scatter(seed) % 16) as usize],
    }
}

#[test]
fn no_argument_makes_the_host_panic_and_both_pools_answer_alike() {
    let machine = Machine::new(Settings::default()).unwrap();
    let code = every_function();
    let mut seen = std::collections::BTreeSet::new();
    for (function, (name, parameters, _)) in FUNCTIONS.iter().enumerate() {
        let count = parameters.split_whitespace().count() as u64;
        for round in 0..120 {
            let seed = (function as u64 * 1_000 + round) * 16;
            let input: Vec<u8> =
                (0..count).flat_map(|at| argument(seed + at).to_le_bytes()).collect();
            let call = |pool| {
                let mut chain = Chain::default();
                let entry = format!("call:{name}");
                let outcome = run_on(&machine, &mut chain, pool, &code, &entry, &input, 1_500_000);
                (outcome, chain.storage, chain.events)
            };
            let first = call(Pool::Block);
            assert_eq!(call(Pool::View), first, "{name} {input:?}");
            seen.insert(first.0.result.map_or_else(|stop| stop.code, |_| Code::Ok));
        }
    }
    for code in [Code::Ok, Code::BadInput, Code::StorageLimit, Code::ReturnTooLarge, Code::OutOfGas]
    {
        assert!(seen.contains(&code), "never met {code}");
    }
}

/// Call one function with these arguments and look at the memory after it.
fn call(name: &str, chain: &mut Chain, arguments: &[u64]) -> Result<Vec<u8>, Code> {
    let machine = Machine::new(Settings::default()).unwrap();
    let code = every_function();
    let input: Vec<u8> = arguments.iter().flat_map(|number| number.to_le_bytes()).collect();
    let entry = format!("call:{name}");
    let outcome = run_on(&machine, chain, Pool::Block, &code, &entry, &input, 10_000_000);
    outcome.result.map_err(|stop| stop.code)
}

#[test]
fn answers_stand_where_they_were_asked_for() {
    let mut chain = Chain::default();
    // The key is the byte at 8, where the second argument stands: 1.
    let stored = [(vec![1], vec![1, 2, 3])];
    chain.storage.entry(script::CONTRACT).or_default().extend(stored);
    let memory = call("storage_get", &mut chain, &[8, 1, 100, 3]).unwrap();
    assert_eq!(memory[100..104], [1, 2, 3, 0]);
    let memory = call("storage_get", &mut chain, &[8, 1, 100, 2]).unwrap();
    assert_eq!(memory[100..104], [0; 4], "it does not fit: it lies in the buffer");
    let memory = call("balance", &mut chain, &[64, 600]).unwrap();
    assert_eq!(memory[600..616], [0; 16]);
    let memory = call("new_id", &mut chain, &[200]).unwrap();
    assert_eq!(memory[200..232], [1; 32]);
    let memory = call("randomness", &mut chain, &[10, 300]).unwrap();
    assert_eq!(memory[300..332], [10; 32]);
    let memory = call("randomness", &mut chain, &[11, 300]).unwrap();
    assert_eq!(memory[300..332], [0; 32]);
    let memory = call("hash", &mut chain, &[0, 400, 0, 400]).unwrap();
    assert_eq!(memory[400..432], *blake3::hash(b"").as_bytes());
    let memory = call("context", &mut chain, &[500, 400]).unwrap();
    let length = 1 + 32 + 8 + 8 + 32 + 32 + 32 + 16 + 32 + 1;
    let context: types::Context = borsh::from_slice(&memory[500..500 + length]).unwrap();
    assert_eq!(context.contract, script::CONTRACT);
}
