//! Results and gas are functions of code, input, gas and the host's answers alone.

#![allow(clippy::unwrap_used)]

mod script;

use script::{CONTRACT, Chain, Frame, OTHER, code_hash, run, run_on, wat};
use types::{Code, Gas, Hash};
use vm::{Fatal, HostError, Machine, Outcome, Pool, Run, Settings};

fn machine() -> Machine {
    Machine::new(Settings::default()).unwrap()
}

/// A module with work of every kind in it.
fn busy() -> Vec<u8> {
    wat(include_str!("modules/busy.wat"))
}

#[test]
fn the_same_call_is_the_same_in_every_pool_machine_and_cache() {
    let folder = tempfile::tempdir().unwrap();
    let on_disk = || {
        let cache = Some(folder.path().to_owned());
        Machine::new(Settings { cache, ..Settings::default() }).unwrap()
    };
    let code = busy();
    let call = |machine: &Machine, pool: Pool, gas: u64| {
        let mut chain = Chain::default();
        let outcome = run_on(machine, &mut chain, pool, &code, "call:go", b"input", gas);
        (outcome, chain.storage, chain.events)
    };
    let first = machine();
    let (cold, warm) = (on_disk(), on_disk());
    // Enough, and cut off at many places.
    for gas in (0..60).map(|at| at * 5_000).chain([1_000_000, 10_000_000]) {
        let expected = call(&first, Pool::Block, gas);
        for (machine, pool) in [
            (&first, Pool::View),
            (&machine(), Pool::Block),
            (&cold, Pool::Block),
            (&warm, Pool::View),
        ] {
            assert_eq!(call(machine, pool, gas), expected, "with {gas} gas");
        }
    }
    assert_eq!(call(&first, Pool::Block, 10_000_000).0.result, Ok(b"input".to_vec()));
}

#[test]
fn gas_used_is_what_was_used_after_a_return_and_all_of_it_after_a_trap() {
    let machine = machine();
    let used = |body: &str, gas: u64| {
        let code = wat(&format!(
            r#"(module
                 (import "chain_v1" "fail" (func $fail (param i32 i32 i32 i32)))
                 (memory (export "memory") 1) (data (i32.const 0) "SOLD_OUT")
                 (func (export "call:go") {body}))"#
        ));
        run(&machine, Pool::Block, &code, "call:go", gas)
    };
    let nothing = used("", 1_000_000);
    assert_eq!(nothing.result, Ok(Vec::new()));
    assert_eq!(used("", 2_000_000).gas_used, nothing.gas_used);
    assert_eq!(used("", nothing.gas_used.0).result, Ok(Vec::new()));
    // The engine looks at the gas where functions and loops begin: what little comes after the
    // last look is done, and costs all there is.
    let least = used("", nothing.gas_used.0 / 2);
    assert_eq!(least.result.unwrap_err().code, Code::OutOfGas);
    assert_eq!(least.gas_used.0, nothing.gas_used.0 / 2);

    let fail = "(call $fail (i32.const 0) (i32.const 8) (i32.const 0) (i32.const 4))";
    let failed = used(fail, 1_000_000);
    let stop = failed.result.unwrap_err();
    assert_eq!(stop.code, Code::ContractFailed);
    assert_eq!(stop.failure, Some(("SOLD_OUT".into(), b"SOLD".to_vec())));
    assert!(failed.gas_used > nothing.gas_used && failed.gas_used.0 < nothing.gas_used.0 + 500);

    let trapped = used("unreachable", 1_000_000);
    assert_eq!(trapped.result.unwrap_err().code, Code::ContractTrap);
    assert_eq!(trapped.gas_used, Gas(1_000_000));
}

#[test]
fn unknown_methods_and_codes_cost_nothing() {
    let machine = machine();
    let code = wat(r#"(module (memory (export "memory") 1) (func (export "call:go")))"#);
    for entry in ["call:stop", "view:go", "init", "memory", "go", "chain_v1_internal.stack", ""] {
        let outcome = run(&machine, Pool::Block, &code, entry, 1_000_000);
        assert_eq!(outcome.gas_used, Gas(0), "{entry}");
        assert_eq!(outcome.result.unwrap_err().code, Code::MethodUnknown, "{entry}");
    }
    let mut chain = Chain::default();
    let mut frame = Frame::outermost(&machine, &mut chain, Pool::Block);
    let outcome = start(&machine, Hash([5; 32]), &mut frame).unwrap();
    assert_eq!(outcome.result.unwrap_err().code, Code::CodeUnknown);
}

fn start(machine: &Machine, code_hash: Hash, frame: &mut Frame<'_>) -> Result<Outcome, Fatal> {
    let run = Run {
        pool: Pool::Block,
        code_hash,
        entry: "call:go",
        input: &[],
        gas: Gas(1_000_000),
        depth: 0,
    };
    vm::on_stack(|| machine.run(run, frame))
}

const READS: &str = r#"(module
    (import "chain_v1" "storage_has" (func $has (param i32 i32) (result i32)))
    (memory (export "memory") 1)
    (func (export "call:go") (drop (call $has (i32.const 0) (i32.const 1)))))"#;

#[test]
fn a_host_that_cannot_read_stops_the_node_and_one_that_refuses_fails_the_call() {
    let machine = machine();
    let code = wat(READS);
    let mut chain = Chain::default();
    chain.contracts.insert(CONTRACT, code.clone());
    let mut frame = Frame::outermost(&machine, &mut chain, Pool::Block);
    frame.broken = Some(HostError::Fatal(Fatal("the disk is gone".into())));
    let result = start(&machine, code_hash(&code), &mut frame);
    assert_eq!(result, Err(Fatal("the disk is gone".into())));
    frame.broken = Some(HostError::Fail(Code::StorageLimit));
    let outcome = start(&machine, code_hash(&code), &mut frame).unwrap();
    assert_eq!(outcome.result.unwrap_err().code, Code::StorageLimit);
    assert_eq!(outcome.gas_used, Gas(1_000_000));
}

#[test]
fn code_is_asked_for_once() {
    let machine = machine();
    let code = wat(READS);
    let mut chain = Chain::default();
    chain.contracts.insert(CONTRACT, code.clone());
    let mut frame = Frame::outermost(&machine, &mut chain, Pool::Block);
    for _ in 0..3 {
        start(&machine, code_hash(&code), &mut frame).unwrap().result.unwrap();
    }
    assert_eq!(frame.fetched, 1);
}

/// Calls `other` with the gas in its input and returns the answer's code and the buffer.
const CALLER: &str = r#"(module
    (import "chain_v1" "call" (func $call (param i32 i32 i32 i32 i32 i32 i64) (result i32)))
    (import "chain_v1" "input_read" (func $input (param i32)))
    (import "chain_v1" "buffer_len" (func $len (result i32)))
    (import "chain_v1" "buffer_read" (func $read (param i32)))
    (import "chain_v1" "output" (func $output (param i32 i32)))
    (memory (export "memory") 1)
    (data (i32.const 0) "go")
    (data (i32.const 64) "\08\08\08\08\08\08\08\08\08\08\08\08\08\08\08\08\08\08\08\08\08\08\08\08\08\08\08\08\08\08\08\08")
    (func (export "call:go")
      (call $input (i32.const 256))
      (i32.store (i32.const 512)
          (call $call (i32.const 64) (i32.const 0) (i32.const 2) (i32.const 0)
        (i32.const 0) (i32.const 128) (i64.load (i32.const 256))))
      (call $read (i32.const 516))
      (call $output (i32.const 512) (i32.add (i32.const 4) (call $len)))))"#;

fn call_other(other: &str, gas: u64, child_gas: u64) -> (Outcome, Code) {
    let machine = machine();
    let mut chain = Chain::default();
    let other = wat(&format!(
        r#"(module
             (import "chain_v1" "fail" (func $fail (param i32 i32 i32 i32)))
             (import "chain_v1" "storage_set" (func $set (param i32 i32 i32 i32)))
             (memory (export "memory") 1) (data (i32.const 0) "NO")
             (func (export "call:go")
               (call $set (i32.const 0) (i32.const 1) (i32.const 0) (i32.const 1)) {other}))"#
    ));
    chain.contracts.insert(OTHER, other);
    let code = wat(CALLER);
    let input = child_gas.to_le_bytes();
    let outcome = run_on(&machine, &mut chain, Pool::Block, &code, "call:go", &input, gas);
    let answer = outcome
        .result
        .as_ref()
        .map_or(0, |bytes| u16::from_le_bytes(bytes[..2].try_into().unwrap()));
    let kept = chain.storage.get(&OTHER).is_some_and(|storage| !storage.is_empty());
    let code = Code::from_number(answer).unwrap();
    assert_eq!(kept, code == Code::Ok && outcome.result.is_ok(), "a failed call keeps nothing");
    (outcome, code)
}

#[test]
fn a_caller_pays_what_its_callee_used_and_goes_on_after_its_trap() {
    let (done, code) = call_other("", 10_000_000, 0);
    assert_eq!((code, done.result.is_ok()), (Code::Ok, true));
    let (failed, code) = call_other(
        "(call $fail (i32.const 0) (i32.const 2) (i32.const 0) (i32.const 0))",
        10_000_000,
        0,
    );
    assert_eq!(code, Code::ContractFailed);
    let failure: types::Failure = borsh::from_slice(&failed.result.unwrap()[4..]).unwrap();
    assert_eq!((failure.name.as_str(), failure.contract), ("NO", OTHER));
    assert!(failed.gas_used.0 < done.gas_used.0 + 1_000);
    let (trapped, code) = call_other("unreachable", 10_000_000, 1_000_000);
    assert_eq!(code, Code::ContractTrap);
    assert_eq!(trapped.result.unwrap().len(), 4, "a trap leaves nothing in the buffer");
    let own = trapped.gas_used.0 - 1_000_000;
    assert!(own < done.gas_used.0, "the callee's allotment and the caller's own");
    // Unlimited: 63/64 of what is left go, the caller keeps the rest and finishes.
    let (trapped, code) = call_other("unreachable", 10_000_000, 0);
    assert_eq!((code, trapped.result.is_ok()), (Code::ContractTrap, true));
    assert!(trapped.gas_used.0 < 10_000_000 && trapped.gas_used.0 > 9_800_000);
    let (endless, code) = call_other("(loop (br 0))", 10_000_000, u64::MAX);
    assert_eq!((code, endless.result.is_ok()), (Code::OutOfGas, true));
}

#[test]
fn a_function_returns_what_it_did_before_the_pass_over_it() {
    let machine = machine();
    let code = wat(include_str!("modules/shapes.wat"));
    let outcome = run(&machine, Pool::Block, &code, "call:go", 10_000_000);
    assert_eq!(outcome.result.map_err(|stop| stop.message), Ok(b"right".to_vec()));
}

#[test]
fn a_stack_of_any_depth_under_the_call_changes_nothing() {
    let machine = machine();
    let code = wat(include_str!("hostile/recursion.wat"));
    let shallow = run(&machine, Pool::Block, &code, "call:go", 20_000_000);
    fn deeper(levels: u32, machine: &Machine, code: &[u8]) -> Outcome {
        let ballast = [levels; 256];
        if levels == 0 {
            return run(machine, Pool::Block, code, "call:go", 20_000_000);
        }
        let outcome = deeper(levels - 1, machine, code);
        assert_eq!(std::hint::black_box(ballast)[0], levels);
        outcome
    }
    assert_eq!(deeper(500, &machine, &code), shallow);
}

#[test]
fn the_engine_hash_is_the_same_for_every_machine() {
    assert_eq!(machine().engine_hash(), machine().engine_hash());
    assert_ne!(machine().engine_hash(), Hash::ZERO);
}
