//! What a few modules cost, to the unit: a change of any price, of the pass or of the engine shows
//! here, and is a protocol change. `vectors/gas.txt` has a name and its gas on each line.

#![allow(clippy::unwrap_used)]

mod script;

use script::{Chain, run_on, wat};
use vm::{Machine, Pool, Settings};

fn module(imports: &str, body: &str) -> Vec<u8> {
    wat(&format!(
        r#"(module {imports} (memory (export "memory") 1) (data (i32.const 0) "Sold")
             (func $nothing)
             (func (export "call:go") (local i32) {body}))"#
    ))
}

fn modules() -> Vec<(&'static str, Vec<u8>)> {
    let import =
        |name: &str, kind: &str| format!(r#"(import "chain_v1" "{name}" (func $f {kind}))"#);
    let loop_of = |body: &str| {
        format!(
            "(loop $again {body} (br_if $again (i32.lt_u
               (local.tee 0 (i32.add (local.get 0) (i32.const 1))) (i32.const 100))))"
        )
    };
    let get = import("storage_get", "(param i32 i32 i32 i32) (result i64)");
    let set = import("storage_set", "(param i32 i32 i32 i32)");
    let event = import("emit", "(param i32 i32 i32 i32)");
    let hash = import("hash", "(param i32 i32 i32 i32)");
    let four = "(call $f (i32.const 0) (i32.const 4) (i32.const 0) (i32.const 64))";
    vec![
        ("nothing", module("", "")),
        ("100 rounds of a loop", module("", &loop_of(""))),
        ("100 calls of a function", module("", &loop_of("(call $nothing)"))),
        ("100 loads", module("", &loop_of("(drop (i32.load (i32.const 8)))"))),
        ("100 stores", module("", &loop_of("(i32.store (i32.const 8) (local.get 0))"))),
        ("100 divisions", module("", &loop_of("(drop (i32.div_u (i32.const 8) (i32.const 3)))"))),
        ("10 pages", module("", "(drop (memory.grow (i32.const 10)))")),
        (
            "fill of 10,000 bytes",
            module("", "(memory.fill (i32.const 0) (i32.const 7) (i32.const 10000))"),
        ),
        ("storage_get of nothing", module(&get, &format!("(drop {four})"))),
        ("storage_set of 64 bytes", module(&set, four)),
        ("emit of 64 bytes", module(&event, four)),
        ("blake3 of 4 bytes", module(&hash, four)),
        ("everything", wat(include_str!("modules/busy.wat"))),
    ]
}

#[test]
fn every_module_costs_what_is_written_down() {
    let machine = Machine::new(Settings::default()).unwrap();
    let mut found = String::new();
    for (name, code) in modules() {
        let mut chain = Chain::default();
        let outcome = run_on(&machine, &mut chain, Pool::Block, &code, "call:go", &[], 50_000_000);
        outcome.result.unwrap_or_else(|stop| panic!("{name}: {stop:?}"));
        found += &format!("{name}: {}\n", outcome.gas_used.0);
    }
    found += &format!("engine: {}\n", machine.engine_hash());
    assert_eq!(found, include_str!("vectors/gas.txt"), "found:\n{found}");
}
