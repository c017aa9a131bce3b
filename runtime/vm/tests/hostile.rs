//! Modules that want to hurt: each is refused or stopped, for the reason it names, alike in both
//! pools and with a cold and a warm cache, soon, and without taking the node's memory.
//!
//! `hostile/*.wat` begin with what is expected of them: `;; refused RULE`, or the code that the
//! first method ends with.

// It has a clock.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, clippy::disallowed_types)]

mod script;

use script::{Chain, run_on, wat};
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};
use types::Code;
use vm::{Machine, Outcome, Pool, Settings, check};

const GAS: u64 = 20_000_000;
const LIMIT: Duration = Duration::from_secs(2);

struct Case {
    name: String,
    expected: String,
    code: Vec<u8>,
}

fn written_cases() -> Vec<Case> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/hostile");
    let mut cases = Vec::new();
    for file in fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        let expected = text.lines().next().unwrap().strip_prefix(";; ").unwrap().to_owned();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        cases.push(Case { name, expected, code: wat(&text) });
    }
    cases.sort_by(|a, b| a.name.cmp(&b.name));
    cases
}

/// A module of one method, with `functions` before it.
fn module(fields: &str, body: &str) -> Vec<u8> {
    wat(&format!(
        r#"(module {fields} (memory (export "memory") 1) (func (export "call:go") {body}))"#
    ))
}

fn made_cases() -> Vec<Case> {
    let table = "(table 1 funcref)";
    let many = |text: &str, times: usize| text.repeat(times);
    let bombs = [
        ("many_types", "TYPES", module(&types(5_001), "")),
        (
            "many_parameters",
            "PARAMETERS",
            module(&format!("(func (param{}))", many(" i32", 129)), ""),
        ),
        (
            "many_results",
            "RESULTS",
            module(&format!("(type (func (result{})))", many(" i32", 17)), ""),
        ),
        ("many_functions", "FUNCTIONS", module(&many("(func)", 5_000), "")),
        ("many_globals", "GLOBALS", module(&many("(global i32 (i32.const 0))", 1_001), "")),
        ("many_locals", "LOCALS", module("", &format!("(local{})", many(" i32", 1_001)))),
        ("huge_function", "BODY_BYTES", module("", &many("(drop (i32.const 1))", 30_000))),
        ("deep_blocks", "NESTING", module("", &(many("(block ", 257) + &many(")", 257)))),
        ("wide_branch", "BRANCH_TARGETS", module("", &wide_branch(1_025))),
        ("many_elements", "SEGMENT_BYTES", {
            let elements = format!("{table} (elem func{}) (func $f)", many(" $f", 65_537));
            module(&elements, "")
        }),
        ("huge_code", "CODE_BYTES", {
            module(&format!(r#"(data "{}")"#, many("0123456789abcdef", 32_768)), "")
        }),
    ];
    let bombs = bombs.map(|(name, rule, code)| (name, format!("refused {rule}"), code));
    let mut cases: Vec<Case> =
        bombs.map(|(name, expected, code)| Case { name: name.into(), expected, code }).into();
    cases.push(Case {
        name: "values_kept_over_recursion".into(),
        expected: "STACK".into(),
        code: keeping(),
    });
    let good = module("", "");
    for (name, code) in [
        ("empty", Vec::new()),
        ("text", b"(module)".to_vec()),
        ("cut_short", good[..good.len() - 3].to_vec()),
        ("longer", [good.as_slice(), &[1, 2, 3]].concat()),
        ("component", b"\0asm\x0d\0\x01\0".to_vec()),
    ] {
        cases.push(Case { name: name.into(), expected: "refused INVALID".into(), code });
    }
    cases
}

/// A recursion whose compiled frame is far larger than its weight: the compiler keeps what is
/// computed before the call for what is computed alike after it.
fn keeping() -> Vec<u8> {
    let sum = |at: i32| {
        format!(
            "(i64.store offset={} (i32.const 0) (i64.mul (local.get 0) (i64.const {})))",
            at * 8,
            at * 2 + 3
        )
    };
    let sums: String = (0..2_000).map(sum).collect();
    let function = format!(
        "(func $f (param i64) {sums} (call $f (i64.add (local.get 0) (i64.const 1))) {sums})"
    );
    module(&function, "(call $f (i64.const 5))")
}

/// So many different types.
fn types(count: usize) -> String {
    let letter = |bit: usize| if bit == 0 { " i32" } else { " i64" };
    let one = |number: usize| (0..13).map(|at| letter(number >> at & 1)).collect::<String>();
    (0..count).map(|number| format!("(type (func (param{})))", one(number))).collect()
}

fn wide_branch(targets: usize) -> String {
    format!("(block (br_table{} 0 (i32.const 0)))", " 0".repeat(targets))
}

fn entry(code: &[u8]) -> String {
    check(code).unwrap().methods.first().unwrap().clone()
}

fn outcome(machine: &Machine, pool: Pool, code: &[u8], name: &str) -> Outcome {
    let begun = Instant::now();
    let outcome = run_on(machine, &mut Chain::default(), pool, code, &entry(code), &[], GAS);
    assert!(begun.elapsed() < LIMIT, "{name}: {:?}", begun.elapsed());
    outcome
}

/// Resident memory of this process, in bytes.
fn resident() -> usize {
    let text = fs::read_to_string("/proc/self/statm").unwrap();
    text.split(' ').nth(1).unwrap().parse::<usize>().unwrap() * 4096
}

#[test]
fn every_hostile_module_is_refused_or_stopped_alike_everywhere() {
    let folder = tempfile::tempdir().unwrap();
    let settings = || Settings { cache: Some(folder.path().to_owned()), ..Settings::default() };
    let cold = Machine::new(settings()).unwrap();
    let cases: Vec<Case> = written_cases().into_iter().chain(made_cases()).collect();
    assert!(cases.len() >= 40, "{}", cases.len());
    let good: Vec<(&Case, Outcome)> =
        cases.iter().filter_map(|case| first_verdict(&cold, case)).collect();
    let warm = Machine::new(settings()).unwrap();
    let alone = Machine::new(Settings::default()).unwrap();
    let resident_before = resident();
    for (case, first) in &good {
        for (machine, pool) in [(&cold, Pool::View), (&warm, Pool::Block), (&alone, Pool::View)] {
            let again = outcome(machine, pool, &case.code, &case.name);
            assert_eq!(again, *first, "{}", case.name);
        }
    }
    let grown = resident().saturating_sub(resident_before);
    assert!(grown < 48 * 1024 * 1024, "{grown} bytes more are resident");
}

/// The outcome of a case that is no refusal, having compared either with what is expected.
fn first_verdict<'a>(machine: &Machine, case: &'a Case) -> Option<(&'a Case, Outcome)> {
    let (name, expected) = (&case.name, &case.expected);
    if let Some(rule) = expected.strip_prefix("refused ") {
        let error = check(&case.code).expect_err(name);
        assert_eq!(error.rule, rule, "{name}: {error}");
        let hash = script::code_hash(&case.code);
        assert_eq!(machine.prepare(&hash, &case.code), Err(Code::CodeRefused), "{name}");
        return None;
    }
    check(&case.code).unwrap_or_else(|error| panic!("{name}: {error}"));
    let outcome = outcome(machine, Pool::Block, &case.code, name);
    let code = outcome.result.as_ref().err().map_or(Code::Ok, |stop| stop.code);
    assert_eq!(code.name(), expected, "{name}: {outcome:?}");
    if code != Code::Ok {
        assert_eq!(outcome.gas_used.0, GAS, "{name}: a trap uses all its gas");
    }
    Some((case, outcome))
}

/// Functions of nothing but what keeps a compiler busy.
fn busy_modules() -> Vec<(&'static str, Vec<u8>)> {
    let locals = |count: usize| format!("(local{})", " i64".repeat(count));
    let used = |count: usize| {
        let one = |at| format!("(local.set {at} (i64.add (local.get {at}) (i64.const 1)))");
        (0..count).map(one).collect::<String>()
    };
    let nested = |count: usize, loops: usize| {
        let (open, close) = ("(loop ".repeat(loops), "(br_if 0 (i32.const 0)))".repeat(loops));
        module("", &format!("{} {open} {} {close}", locals(count), used(count)))
    };
    let in_order = |count: usize, loops: usize| {
        let loops = "(loop (br_if 0 (i32.const 0)))".repeat(loops);
        module("", &format!("{} {loops} {}", locals(count), used(count)))
    };
    let tables = |entries: usize, tables: usize, count: usize| {
        let list: String = (0..entries).map(|at| format!(" {}", at % 250)).collect();
        let table = format!("(block (br_table{list} 0 (i32.wrap_i64 (local.get 0))))");
        let (open, close) = ("(block ".repeat(250), format!("{} )", used(3)).repeat(250));
        let body =
            format!("{} {open} {} {close} {}", locals(count), table.repeat(tables), used(count));
        module("", &body)
    };
    let seven = |fields: &str, body: &str| {
        module(&format!("{fields} {}", format!("(func {body})").repeat(7)), "")
    };
    let indirect = |depth: usize| {
        let calls = "(call_indirect (type $i) (i32.const 0)) ".repeat(depth);
        let body = format!("{calls} {}", "drop ".repeat(depth));
        module("(type $i (func (result i64))) (table 1 funcref)", &body)
    };
    let add_one = "(func (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))";
    let names: String = (0..4_096).map(|at| format!(" {at}")).collect();
    let rest: String = (4_096..4_990).map(|at| format!(" {at}")).collect();
    let largest = format!(
        "(table 4096 funcref) (elem (i32.const 0) func{names}) (elem func{rest}) {} {}",
        "(global (mut i64) (i64.const 1))".repeat(1_000),
        "(func)".repeat(4_990)
    );
    vec![
        ("loops in order over 1,000 locals", in_order(1_000, 40)),
        ("loops in order over 20 locals", in_order(20, 1_450)),
        ("loops in loops over 1,000 locals", nested(1_000, 8)),
        ("loops in loops over 100 locals", nested(100, 90)),
        ("loops in loops over 20 locals", nested(20, 250)),
        ("branch tables", tables(1_000, 15, 8)),
        ("indirect calls over open operands", indirect(365)),
        (
            "sums",
            seven(
                "",
                &format!("(local i64) local.get 0 {} drop", " local.get 0 i64.add".repeat(21_000)),
            ),
        ),
        (
            "divisions",
            seven(
                "",
                &format!(
                    "(local i64) local.get 0 {} drop",
                    " local.get 0 i64.div_s".repeat(21_000)
                ),
            ),
        ),
        ("calls", seven("(func $f)", &"call $f ".repeat(32_000))),
        (
            "open operands",
            seven(
                "(func $f (result i64) i64.const 1)",
                &format!("{}{}", "call $f ".repeat(21_000), "drop ".repeat(21_000)),
            ),
        ),
        ("growth", seven("", &"(drop (memory.grow (i32.const 0))) ".repeat(12_000))),
        ("functions", module(&add_one.repeat(4_990), "")),
        ("the largest instance", module(&largest, "")),
    ]
}

/// Processor time of this thread.
fn thread_time() -> Duration {
    let text = fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    Duration::from_nanos(text.split(' ').next().unwrap().parse().unwrap())
}

#[test]
fn whatever_is_accepted_is_compiled_soon() {
    let machine = Machine::new(Settings::default()).unwrap();
    for (name, code) in busy_modules() {
        let facts = check(&code).unwrap_or_else(|error| panic!("{name}: {error}"));
        let begun = thread_time();
        machine.prepare(&script::code_hash(&code), &code).unwrap();
        let time = thread_time().saturating_sub(begun);
        println!("{name}: {} bytes, work {}, {time:?}", code.len(), facts.compile_work);
        assert!(time < LIMIT, "{name}: {time:?}");
        outcome(&machine, Pool::Block, &code, name);
    }
}

#[test]
fn what_would_keep_the_compiler_busy_is_refused() {
    let locals = format!("(local{})", " i64".repeat(1_000));
    let loops = |count: usize| "(loop (br_if 0 (i32.const 0)))".repeat(count);
    let indirect = "(call_indirect (type $i) (i32.const 0)) ".repeat(8_000);
    for code in [
        module("", &format!("{locals} {}", loops(7_000))),
        module("", &format!("{locals} {}{}", "(loop ".repeat(50), ")".repeat(50))),
        module(
            "(type $i (func (result i64))) (table 1 funcref)",
            &format!("{indirect} {}", "drop ".repeat(8_000)),
        ),
    ] {
        let error = check(&code).unwrap_err();
        assert_eq!(error.rule, "COMPILE_WORK", "{error}");
    }
}
