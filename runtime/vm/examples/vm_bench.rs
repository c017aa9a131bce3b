//! Measure the machine: one JSON object a line.
//!
//! `cargo run --release --workspace --example vm_bench [MODULE.wasm...]`: picoseconds a gas for
//! kernels of every kind (ordinary code should take at most 500, the slowest at most 2,500), the
//! time of a call that does nothing, and of compiling, for the modules given and a small one.

#![allow(clippy::disallowed_methods, clippy::disallowed_types, clippy::expect_used)]

#[path = "../tests/script/mod.rs"]
mod script;

use script::{CONTRACT, Chain, Frame, code_hash, wat};
use std::time::Instant;
use types::Gas;
use vm::{Machine, Pool, Run, Settings};

const GAS: u64 = 60_000_000;
const SAMPLES: usize = 9;

fn print(name: &str, value: u128, unit: &str) {
    println!(r#"{{"name":"vm: {name}","value":{value},"unit":"{unit}"}}"#);
}

/// A module that does `body` again and again until its gas is used up; `$i` counts.
fn kernel(fields: &str, before: &str, body: &str) -> Vec<u8> {
    wat(&format!(
        r#"(module {fields} (memory (export "memory") 1)
             (func (export "call:go") (local $i i32) (local $x i64) (local $at i32) {before}
               (local.set $x (i64.const 0x123456789abcdef))
               (loop $again {body}
                 (local.set $i (i32.add (local.get $i) (i32.const 1))) (br $again))))"#
    ))
}

fn kernels() -> Vec<(&'static str, Vec<u8>)> {
    let whole = "(drop (memory.grow (i32.const 255)))";
    let many = |text: &str, times: usize| text.repeat(times);
    let chased = "(local.set $at (i32.and (i32.const 0xfffffc) (i32.add (i32.load (local.get $at))
        (i32.mul (local.get $i) (i32.const 0x9e3779b1)))))";
    let fibonacci = "(func $f (param i32) (result i32)
        (if (i32.lt_u (local.get 0) (i32.const 2)) (then (return (local.get 0))))
        (i32.add (call $f (i32.sub (local.get 0) (i32.const 1)))
          (call $f (i32.sub (local.get 0) (i32.const 2)))))";
    let table = "(type $t (func (param i64) (result i64))) (table 2 funcref)
        (elem (i32.const 0) $a $b)
        (func $a (type $t) (i64.add (local.get 0) (i64.const 1)))
        (func $b (type $t) (i64.mul (local.get 0) (i64.const 3)))";
    let import =
        |name: &str, kind: &str| format!(r#"(import "chain_v1" "{name}" (func $f {kind}))"#);
    vec![
        ("loop", kernel("", "", "")),
        (
            "sums",
            kernel("", "", &many("(local.set $x (i64.add (local.get $x) (i64.const 7)))", 16)),
        ),
        (
            "products",
            kernel("", "", &many("(local.set $x (i64.mul (local.get $x) (local.get $x)))", 16)),
        ),
        (
            "divisions",
            kernel(
                "",
                "",
                &many(
                    "(local.set $x (i64.div_u (i64.const -1) (i64.or (local.get $x) (i64.const 1))))",
                    16,
                ),
            ),
        ),
        ("calls", kernel(fibonacci, "", "(drop (call $f (i32.const 15)))")),
        (
            "indirect calls",
            kernel(
                table,
                "",
                "(local.set $x (call_indirect (type $t) (local.get $x) (i32.and (local.get $i) (i32.const 1))))",
            ),
        ),
        (
            "loads in order",
            kernel(
                "",
                whole,
                "(local.set $at (i32.add (local.get $at) (i64.eqz (i64.load (i32.and (local.get $i) (i32.const 0xfffff8))))))",
            ),
        ),
        ("loads anywhere", kernel("", whole, chased)),
        (
            "stores anywhere",
            kernel(
                "",
                whole,
                "(i32.store (i32.and (i32.mul (local.get $i) (i32.const 0x9e3779b1)) (i32.const 0xfffffc)) (local.get $i))",
            ),
        ),
        (
            "branch tables",
            kernel(
                "",
                "",
                "(block (block (block (br_table 0 1 2 (i32.and (i32.mul (local.get $i) (i32.const 0x9e3779b1)) (i32.const 3))))))",
            ),
        ),
        ("fill", kernel("", whole, "(memory.fill (i32.const 0) (i32.const 7) (i32.const 65536))")),
        (
            "fill of one byte",
            kernel("", "", "(memory.fill (i32.const 0) (i32.const 7) (i32.const 1))"),
        ),
        (
            "copy",
            kernel("", whole, "(memory.copy (i32.const 0) (i32.const 131072) (i32.const 65536))"),
        ),
        (
            "table fill",
            kernel(
                "(table 4096 funcref)",
                "",
                "(table.fill 0 (i32.const 0) (ref.null func) (i32.const 4096))",
            ),
        ),
        ("growth by nothing", kernel("", "", "(drop (memory.grow (i32.const 0)))")),
        ("input_len", kernel(&import("input_len", "(result i32)"), "", "(drop (call $f))")),
        (
            "context",
            kernel(
                &import("context", "(param i32 i32) (result i32)"),
                "",
                "(drop (call $f (i32.const 0) (i32.const 512)))",
            ),
        ),
        (
            "storage_get",
            kernel(
                &import("storage_get", "(param i32 i32 i32 i32) (result i64)"),
                "",
                "(drop (call $f (i32.const 0) (i32.const 8) (i32.const 8) (i32.const 8)))",
            ),
        ),
        (
            "blake3 of 64",
            kernel(
                &import("hash", "(param i32 i32 i32 i32)"),
                "",
                "(call $f (i32.const 0) (i32.const 0) (i32.const 64) (i32.const 64))",
            ),
        ),
        (
            "blake3 of 64 KiB",
            kernel(
                &import("hash", "(param i32 i32 i32 i32)"),
                "",
                "(call $f (i32.const 0) (i32.const 0) (i32.const 65536) (i32.const 64))",
            ),
        ),
        (
            "sha256 of 64 KiB",
            kernel(
                &import("hash", "(param i32 i32 i32 i32)"),
                "",
                "(call $f (i32.const 1) (i32.const 0) (i32.const 65536) (i32.const 64))",
            ),
        ),
    ]
}

/// The shortest time of one call, in nanoseconds, and the gas it used.
fn call(machine: &Machine, code: &[u8], gas: u64) -> (u128, u128) {
    let mut chain = Chain::default();
    chain.contracts.insert(CONTRACT, code.to_vec());
    let mut frame = Frame::outermost(machine, &mut chain, Pool::Block);
    let code_hash = code_hash(code);
    let run =
        Run { pool: Pool::Block, code_hash, entry: "call:go", input: &[], gas: Gas(gas), depth: 0 };
    vm::on_stack(|| {
        let mut best = (u128::MAX, 0);
        for _ in 0..SAMPLES {
            let begun = Instant::now();
            let outcome = machine.run(run, &mut frame).expect("the host never breaks");
            let time = begun.elapsed().as_nanos();
            if time < best.0 {
                best = (time, u128::from(outcome.gas_used.0));
            }
        }
        best
    })
}

fn main() {
    let machine = Machine::new(Settings::default()).expect("the engine starts");
    for (name, code) in kernels() {
        let (time, gas) = call(&machine, &code, GAS);
        print(name, time * 1_000 / gas, "ps a gas");
    }
    let nothing = wat(r#"(module (memory (export "memory") 1) (func (export "call:go")))"#);
    let (time, gas) = call(&machine, &nothing, GAS);
    print("a call of nothing", time, "ns");
    print("a call of nothing", time * 1_000 / gas, "ps a gas");
    // Touches every page of the largest memory, once.
    let touched =
        wat(r#"(module (memory (export "memory") 256) (func (export "call:go") (local $at i32)
             (loop $again (i32.store (local.get $at) (i32.const 1))
               (br_if $again (i32.lt_u
                 (local.tee $at (i32.add (local.get $at) (i32.const 4096)))
                 (i32.const 16777216))))))"#);
    let (time, gas) = call(&machine, &touched, GAS);
    print("16 MiB touched once", time * 1_000 / gas, "ps a gas");
    compile(&[("one function".to_owned(), nothing)]);
    let given = std::env::args().skip(1);
    let given: Vec<_> =
        given.map(|file| (file.clone(), std::fs::read(file).expect("it can be read"))).collect();
    compile(&given);
}

fn compile(modules: &[(String, Vec<u8>)]) {
    for (name, code) in modules {
        let mut best = u128::MAX;
        for _ in 0..3 {
            let machine = Machine::new(Settings::default()).expect("the engine starts");
            let begun = Instant::now();
            machine.prepare(&code_hash(code), code).expect("it is good");
            best = best.min(begun.elapsed().as_micros());
        }
        let facts = vm::check(code).expect("it is good");
        print(&format!("compile {name}, {} bytes", code.len()), best, "us");
        print(&format!("compile work of {name}"), facts.compile_work.into(), "units");
    }
}
